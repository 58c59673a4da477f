//! Who administers a contract, and whether its code may still change: the same
//! rule in every contract that its deployer hands over to the board
//! (architecture.md, foundation).

use crate::AccountId;
use codec::{Decode, Encode, MaxEncodedLen};

/// The deployer's one use, and the administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Administration {
    /// Who instantiated the contract.
    pub deployer: AccountId,
    /// Who administers it: the deployer until it hands over.
    pub admin: AccountId,
    /// Whether it did.
    pub handed_over: bool,
    /// Whether the code is final.
    pub ossified: bool,
}

/// Why a caller is refused. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdministrationError {
    /// Only the deployer may do this.
    NotDeployer,
    /// Done before; it is done once.
    AlreadyBound,
    /// Only the administrator may do this.
    NotAdmin,
    /// The code is final.
    Ossified,
}

impl Administration {
    /// The deployer administers at first.
    #[must_use]
    pub const fn new(deployer: AccountId) -> Self {
        Self { deployer, admin: deployer, handed_over: false, ossified: false }
    }

    /// # Errors
    /// `NotDeployer`.
    pub fn only_deployer(&self, caller: AccountId) -> Result<(), AdministrationError> {
        if caller == self.deployer {
            Ok(())
        } else {
            Err(AdministrationError::NotDeployer)
        }
    }

    /// Names who administers from now on, for good.
    ///
    /// # Errors
    /// `NotDeployer`, `AlreadyBound`.
    pub fn hand_over(&mut self, caller: AccountId, admin: AccountId) -> Result<(), AdministrationError> {
        self.only_deployer(caller)?;
        if self.handed_over {
            return Err(AdministrationError::AlreadyBound);
        }
        self.admin = admin;
        self.handed_over = true;
        Ok(())
    }

    /// # Errors
    /// `NotAdmin`.
    pub fn only_admin(&self, caller: AccountId) -> Result<(), AdministrationError> {
        if caller == self.admin {
            Ok(())
        } else {
            Err(AdministrationError::NotAdmin)
        }
    }

    /// Whether `caller` may change the code.
    ///
    /// # Errors
    /// `NotAdmin`, `Ossified`.
    pub fn may_change_code(&self, caller: AccountId) -> Result<(), AdministrationError> {
        self.only_admin(caller)?;
        if self.ossified {
            return Err(AdministrationError::Ossified);
        }
        Ok(())
    }

    /// Makes the code final.
    ///
    /// # Errors
    /// `NotAdmin`, `Ossified`.
    pub fn ossify(&mut self, caller: AccountId) -> Result<(), AdministrationError> {
        self.may_change_code(caller)?;
        self.ossified = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(n: u8) -> AccountId {
        AccountId::from([n; 32])
    }

    #[test]
    fn the_deployer_hands_over_once_and_is_nobody_then() {
        let mut administration = Administration::new(account(1));
        assert_eq!(administration.only_admin(account(1)), Ok(()));
        assert_eq!(administration.hand_over(account(2), account(2)), Err(AdministrationError::NotDeployer));
        assert_eq!(administration.hand_over(account(1), account(2)), Ok(()));
        assert_eq!(administration.only_admin(account(1)), Err(AdministrationError::NotAdmin));
        assert_eq!(administration.only_admin(account(2)), Ok(()));
        assert_eq!(administration.hand_over(account(1), account(1)), Err(AdministrationError::AlreadyBound));
        assert_eq!(administration.hand_over(account(2), account(3)), Err(AdministrationError::NotDeployer));
    }

    #[test]
    fn ossified_code_stays() {
        let mut administration = Administration::new(account(1));
        assert_eq!(administration.may_change_code(account(2)), Err(AdministrationError::NotAdmin));
        assert_eq!(administration.may_change_code(account(1)), Ok(()));
        assert_eq!(administration.ossify(account(2)), Err(AdministrationError::NotAdmin));
        assert_eq!(administration.ossify(account(1)), Ok(()));
        assert_eq!(administration.may_change_code(account(1)), Err(AdministrationError::Ossified));
        assert_eq!(administration.ossify(account(1)), Err(AdministrationError::Ossified));
    }
}
