//! Who administers the contract, what it works with, and whether its code may
//! still change.

use bizkey_primitives::{errors::pos_deposit::Error, AccountId, Hash};

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
    /// Who instantiated it.
    pub deployer: AccountId,
    /// Who administers it: the deployer until it hands over.
    pub admin: AccountId,
    /// Whether it did.
    pub handed_over: bool,
    /// Whether the code is final.
    pub ossified: bool,
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
            deployer,
            admin: deployer,
            handed_over: false,
            ossified: false,
            bound: None,
        }
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

    /// # Errors
    /// `NotPlatform`.
    pub fn only_platform(&self, caller: AccountId) -> Result<(), Error> {
        if caller == self.platform {
            Ok(())
        } else {
            Err(Error::NotPlatform)
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
