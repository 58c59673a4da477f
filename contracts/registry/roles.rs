//! Who governs the registry, and whether its code may still change.

use bizkey_primitives::{errors::registry::Error, AccountId};

/// The deployer's one use, and the admin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Roles {
    /// Who instantiated it.
    pub deployer: AccountId,
    /// Who governs it: the deployer until it hands over.
    pub admin: AccountId,
    /// Whether it did.
    pub handed_over: bool,
    /// Whether the code is final.
    pub ossified: bool,
}

impl Roles {
    /// The deployer governs at first.
    pub fn new(deployer: AccountId) -> Self {
        Self { deployer, admin: deployer, handed_over: false, ossified: false }
    }

    /// Names who governs from now on, for good.
    ///
    /// # Errors
    /// `NotDeployer`, `AlreadyBound`, `ZeroAccount`: nobody could govern.
    pub fn hand_over(&mut self, caller: AccountId, admin: AccountId) -> Result<(), Error> {
        if caller != self.deployer {
            return Err(Error::NotDeployer);
        }
        if self.handed_over {
            return Err(Error::AlreadyBound);
        }
        if admin == AccountId::from([0; 32]) {
            return Err(Error::ZeroAccount);
        }
        self.admin = admin;
        self.handed_over = true;
        Ok(())
    }

    /// # Errors
    /// `NotAdmin`.
    pub fn only_admin(&self, caller: AccountId) -> Result<(), Error> {
        if caller == self.admin {
            Ok(())
        } else {
            Err(Error::NotAdmin)
        }
    }

    /// Whether the code may be changed by this caller.
    ///
    /// # Errors
    /// `NotAdmin`, `Ossified`.
    pub fn may_change_code(&self, caller: AccountId) -> Result<(), Error> {
        self.only_admin(caller)?;
        if self.ossified {
            return Err(Error::Ossified);
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;

    fn account(n: u8) -> AccountId {
        AccountId::from([n; 32])
    }

    #[test]
    fn the_deployer_hands_over_once_and_is_nobody_then() {
        let mut roles = Roles::new(account(1));
        assert_eq!(roles.only_admin(account(1)), Ok(()));
        assert_eq!(roles.hand_over(account(2), account(2)), Err(Error::NotDeployer));
        assert_eq!(roles.hand_over(account(1), account(0)), Err(Error::ZeroAccount));
        assert_eq!(roles.hand_over(account(1), account(2)), Ok(()));
        assert_eq!(roles.only_admin(account(1)), Err(Error::NotAdmin));
        assert_eq!(roles.only_admin(account(2)), Ok(()));
        assert_eq!(roles.hand_over(account(1), account(1)), Err(Error::AlreadyBound));
        assert_eq!(roles.hand_over(account(2), account(3)), Err(Error::NotDeployer));
    }

    #[test]
    fn ossified_code_stays() {
        let mut roles = Roles::new(account(1));
        assert_eq!(roles.may_change_code(account(2)), Err(Error::NotAdmin));
        assert_eq!(roles.may_change_code(account(1)), Ok(()));
        roles.ossified = true;
        assert_eq!(roles.may_change_code(account(1)), Err(Error::Ossified));
    }
}
