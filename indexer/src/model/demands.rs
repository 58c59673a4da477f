//! Demands to show a receipt's ticket.

use super::Position;
use bizkey_primitives::{AccountId, Balance, CustomerIndex, DeviceId, Epoch, MerchantIndex};

/// Whether a demanded ticket was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemandState {
    /// The shop has time to show it, or had and nobody said that it is over.
    Open,
    /// It was shown; the bond is the shop's.
    Opened,
    /// It was not: the bond went back, the receipt is void.
    Failed,
}

impl DemandState {
    /// The name that APIs and files use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            DemandState::Open => "open",
            DemandState::Opened => "opened",
            DemandState::Failed => "failed",
        }
    }
}

/// A demand that a receipt's ticket be shown; one a receipt at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The device that recorded the receipt.
    pub device: DeviceId,
    /// Its batch.
    pub seq: u64,
    /// Its position in the batch.
    pub position: u16,
    /// The device's shop.
    pub merchant: MerchantIndex,
    /// The epoch in which the receipt was recorded.
    pub epoch: Epoch,
    /// The customer that the receipt names.
    pub customer: CustomerIndex,
    /// Who asks.
    pub demander: AccountId,
    /// Smallest unit of Bzky, here and below.
    pub bond: Balance,
    /// When the time to show it ends, Unix milliseconds; a later pause makes it longer.
    pub until_ms: u64,
    /// Where the demand stands on chain.
    pub demanded: Position,
    /// What became of it.
    pub state: DemandState,
    /// The block that settled it.
    pub settled_block: Option<u32>,
    /// Penalty taken from the device's deposit, which is among the penalties too.
    pub taken: Option<Balance>,
    /// Penalty booked as the shop's debt, which is among the changes of debts too.
    pub debt: Option<Balance>,
}

/// Which demands to list; `None` is any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DemandFilter {
    /// Against one shop.
    pub merchant: Option<MerchantIndex>,
    /// In one state.
    pub state: Option<DemandState>,
}
