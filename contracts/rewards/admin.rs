//! Who governs the contract, and its pauses.

use crate::{machine::Moment, rewards::Rewards};
use bizkey_primitives::{
    emit::emit,
    errors::rewards::Error,
    events::{RewardsCodeChanged, RewardsHandedOver, RewardsOssified, RewardsPaused},
    AccountId, Epoch, Hash,
};
use ink::codegen::Env as _;

/// Who governs the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Governance {
    /// The deployer at first.
    pub admin: AccountId,
    /// Whether it is the one that stays.
    pub handed_over: bool,
    /// Whether the code is final.
    pub ossified: bool,
}

impl Rewards {
    pub(crate) fn governance(&self) -> Result<Governance, Error> {
        // The constructor sets it.
        self.governance.get().ok_or(Error::NotAdmin)
    }

    /// The governance, if the admin calls.
    pub(crate) fn only_admin(&self) -> Result<Governance, Error> {
        let governance = self.governance()?;
        if self.env().caller() == governance.admin {
            Ok(governance)
        } else {
            Err(Error::NotAdmin)
        }
    }

    pub(crate) fn hand_over_to(&mut self, admin: AccountId) -> Result<(), Error> {
        let governance = self.governance()?;
        if governance.handed_over {
            return Err(Error::AlreadyBound);
        }
        if self.env().caller() != governance.admin {
            return Err(Error::NotDeployer);
        }
        self.governance.set(&Governance { admin, handed_over: true, ..governance });
        emit(&RewardsHandedOver { admin });
        Ok(())
    }

    pub(crate) fn only_unossified(&self) -> Result<Governance, Error> {
        let governance = self.only_admin()?;
        if governance.ossified {
            Err(Error::Ossified)
        } else {
            Ok(governance)
        }
    }

    pub(crate) fn change_code(&mut self, code_hash: Hash) -> Result<(), Error> {
        self.only_unossified()?;
        self.env().set_code_hash(&code_hash).map_err(|_| Error::UnknownCode)?;
        emit(&RewardsCodeChanged { code_hash });
        Ok(())
    }

    pub(crate) fn fix_code(&mut self) -> Result<(), Error> {
        let governance = self.only_unossified()?;
        self.governance.set(&Governance { ossified: true, ..governance });
        emit(&RewardsOssified {});
        Ok(())
    }

    pub(crate) fn pause_until(&mut self, until_ms: u64) -> Result<(), Error> {
        self.only_admin()?;
        self.pauses.begin(self.env().block_timestamp(), until_ms)?;
        emit(&RewardsPaused { until_ms });
        Ok(())
    }

    /// The present block, if the contract does not stand still.
    pub(crate) fn running(&self) -> Result<Moment, Error> {
        let now = self.now();
        if self.pauses.is_on(now.ms) {
            Err(Error::Paused)
        } else {
            Ok(now)
        }
    }

    pub(crate) fn now(&self) -> Moment {
        Moment { ms: self.env().block_timestamp(), block: self.env().block_number() }
    }

    /// Whether a window of `window_ms` from `from_ms` on is over, pauses not
    /// counted in. Earlier pauses are read only when it would be over without them.
    pub(crate) fn is_over(&self, from_ms: u64, window_ms: u64) -> bool {
        let now_ms = self.env().block_timestamp();
        now_ms >= from_ms.saturating_add(window_ms) && now_ms >= self.pauses.end_of(from_ms, window_ms)
    }

    /// Refuses what would change an epoch that has begun.
    pub(crate) fn only_future(&self, epoch: Epoch) -> Result<(), Error> {
        if self.env().block_timestamp() < self.calendar.start_ms(epoch) {
            Ok(())
        } else {
            Err(Error::EpochBegun)
        }
    }
}
