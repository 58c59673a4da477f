//! Who administers the contract, what it works with, and whether its code may
//! still change.

use bizkey_primitives::{errors::receipts::Error, opening::OpeningRules, AccountId};

/// The contracts named by `bind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Bound {
    /// Takes penalties from deposits.
    pub pos_deposit: AccountId,
    /// Books what a deposit cannot pay.
    pub rewards: AccountId,
    /// Gets the half of a penalty that is not the demander's.
    pub vault: AccountId,
}

/// Everything that recording a batch does not need, in a cell of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Setup {
    /// Who instantiated it.
    pub deployer: AccountId,
    /// Who administers it: the deployer until it hands over.
    pub admin: AccountId,
    /// Whether it did.
    pub handed_over: bool,
    /// Whether the code is final.
    pub ossified: bool,
    /// The token.
    pub bzky: AccountId,
    /// Names devices, knows parties.
    pub registry: AccountId,
    /// Named once, by the deployer.
    pub bound: Option<Bound>,
    /// What a demand costs, and a failed opening does.
    pub rules: OpeningRules,
}

impl Setup {
    /// The deployer administers at first.
    pub fn new(deployer: AccountId, bzky: AccountId, registry: AccountId) -> Self {
        let rules = OpeningRules::default();
        Self { deployer, admin: deployer, handed_over: false, ossified: false, bzky, registry, bound: None, rules }
    }

    /// Names the contracts it works with.
    ///
    /// # Errors
    /// `NotDeployer`, `AlreadyBound`.
    pub fn bind(&mut self, caller: AccountId, bound: Bound) -> Result<(), Error> {
        if caller != self.deployer {
            return Err(Error::NotDeployer);
        }
        if self.bound.is_some() {
            return Err(Error::AlreadyBound);
        }
        self.bound = Some(bound);
        Ok(())
    }

    /// Names who administers from now on, for good.
    ///
    /// # Errors
    /// `NotDeployer`, `AlreadyBound`.
    pub fn hand_over(&mut self, caller: AccountId, admin: AccountId) -> Result<(), Error> {
        if caller != self.deployer {
            return Err(Error::NotDeployer);
        }
        if self.handed_over {
            return Err(Error::AlreadyBound);
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

    /// Whether `caller` may change the code.
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

    /// The bound contracts.
    ///
    /// # Errors
    /// `NotBound`.
    pub fn bound(&self) -> Result<Bound, Error> {
        self.bound.ok_or(Error::NotBound)
    }
}
