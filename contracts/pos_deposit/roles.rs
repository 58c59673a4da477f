//! Who administers the contract, what it works with, and whether its code may
//! still change.

use bizkey_primitives::{administration::Administration, errors::pos_deposit::Error, AccountId, Hash};

/// The contracts named by `bind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Bound {
    /// Knows which devices record, and takes penalties.
    pub receipts: AccountId,
    /// Pledges deposits for what it paid.
    pub rewards: AccountId,
}

/// Whom the contract works with, and by what rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Setup {
    /// The chain's genesis hash, part of every signed message.
    pub genesis: Hash,
    /// Holds what is locked.
    pub bzky: AccountId,
    /// Knows devices, shops, agents and holds.
    pub registry: AccountId,
    /// Confirms returns and transfers: the deployer at first.
    pub platform: AccountId,
    /// From a confirmed return to the release, milliseconds.
    pub penalty_window_ms: u64,
    /// Who administers it, and whether the code is final.
    pub administration: Administration,
    /// Named once, by the deployer.
    pub bound: Option<Bound>,
}

impl Setup {
    /// The deployer administers and is the platform at first.
    pub fn new(
        deployer: AccountId,
        genesis: Hash,
        bzky: AccountId,
        registry: AccountId,
        penalty_window_ms: u64,
    ) -> Self {
        Self {
            genesis,
            bzky,
            registry,
            platform: deployer,
            penalty_window_ms,
            administration: Administration::new(deployer),
            bound: None,
        }
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

    /// # Errors
    /// `NotPlatform`.
    pub fn only_platform(&self, caller: AccountId) -> Result<(), Error> {
        if caller == self.platform {
            Ok(())
        } else {
            Err(Error::NotPlatform)
        }
    }

    /// The bound contracts.
    ///
    /// # Errors
    /// `NotBound`.
    pub fn bound(&self) -> Result<Bound, Error> {
        self.bound.ok_or(Error::NotBound)
    }
}
