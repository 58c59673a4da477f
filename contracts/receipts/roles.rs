//! Who administers the contract, what it works with, and whether its code may
//! still change.

use bizkey_primitives::{administration::Administration, errors::receipts::Error, opening::OpeningRules, AccountId};

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
    /// Who administers it, and whether the code is final.
    pub administration: Administration,
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
        Self { administration: Administration::new(deployer), bzky, registry, bound: None, rules }
    }

    /// Names the contracts it works with.
    ///
    /// # Errors
    /// `NotDeployer`, `AlreadyBound`.
    pub fn bind(&mut self, caller: AccountId, bound: Bound) -> Result<(), Error> {
        self.administration.only_deployer(caller)?;
        if self.bound.is_some() {
            return Err(Error::AlreadyBound);
        }
        self.bound = Some(bound);
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
