//! What the engine needs to know of one epoch.

use super::rules::{Algorithm, Parameters};
use bizkey_primitives::{
    membership::{Business, Clamp},
    party::Capital,
    receipt::{Channel, Rail},
    ticket::Reference,
    CustomerIndex, DeviceId, Epoch, MerchantIndex, Status,
};
use std::collections::BTreeMap;

/// Where a receipt stands on chain: the only name that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceiptId {
    /// The device that signed it.
    pub device: DeviceId,
    /// Its batch.
    pub seq: u64,
    /// Its position in the batch, from 0.
    pub index: u16,
}

/// One receipt as recorded, valid or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptInput {
    /// Where it stands on chain.
    pub id: ReceiptId,
    /// The device's shop when the batch was recorded.
    pub merchant: MerchantIndex,
    /// The customer it names; `None` when it names none, or one that was not
    /// registered when the receipt was recorded.
    pub customer: Option<CustomerIndex>,
    /// In store or outside.
    pub channel: Channel,
    /// How it was paid.
    pub rail: Rail,
    /// Minor units of the accounting currency.
    pub amount: u64,
    /// The ticket's reference; zero without a ticket.
    pub reference: Reference,
}

/// Everybody's status at an epoch's close, on one side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing(BTreeMap<u32, Status>);

impl Standing {
    /// All parties are active except those in `marked`.
    #[must_use]
    pub fn new(marked: BTreeMap<u32, Status>) -> Self {
        Self(marked)
    }

    /// The parties that were named, ascending by index.
    pub(crate) fn marked(&self) -> impl Iterator<Item = (u32, Status)> + '_ {
        self.0.iter().map(|(index, status)| (*index, *status))
    }

    /// The status of `index`.
    #[must_use]
    pub fn status(&self, index: u32) -> Status {
        self.0.get(&index).copied().unwrap_or_default()
    }

    /// Whether `index` is active or demoted.
    #[must_use]
    pub fn is_rewarded(&self, index: u32) -> bool {
        self.status(index).is_rewarded()
    }
}

/// Everything that decides an epoch's scores, as the chain stood when the last
/// block stamped before the epoch's end was finalised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EpochInput {
    /// The epoch.
    pub epoch: Epoch,
    /// The algorithm that scores it.
    pub algorithm: Algorithm,
    /// The board's parameters in force in the epoch.
    pub parameters: Parameters,
    /// Receipts of the epoch's blocks, in chain order.
    pub receipts: Vec<ReceiptInput>,
    /// Voids of the epoch's blocks; unknown and repeated ones are ignored.
    pub voids: Vec<ReceiptId>,
    /// Merchants at the epoch's close.
    pub merchants: Standing,
    /// Capital in force in the epoch; a merchant without an entry has none.
    pub capital: BTreeMap<MerchantIndex, Capital>,
    /// Trades and regions in force in the epoch; a merchant without an entry
    /// has none.
    pub businesses: BTreeMap<MerchantIndex, Business>,
    /// Customers at the epoch's close.
    pub customers: Standing,
}

impl EpochInput {
    /// Between what a customer's total at a merchant counts; `None` if it
    /// counts as it is, as always under `bizpower-1`.
    #[must_use]
    pub fn clamp(&self, merchant: MerchantIndex) -> Option<Clamp> {
        self.limits().and_then(|limits| limits.clamp(self.businesses.get(&merchant)))
    }

    /// The least capital by which a merchant is scored, minor units a month; 0
    /// if there is none, as always under `bizpower-1`.
    #[must_use]
    pub fn capital_floor(&self, merchant: MerchantIndex) -> u128 {
        self.limits().map_or(0, |limits| limits.capital_floor(self.businesses.get(&merchant)))
    }

    /// How much of a customer's cash and external payments counts, minor units;
    /// `None` for all of it, as always under `bizpower-1`.
    #[must_use]
    pub fn cash_cap(&self) -> Option<u128> {
        self.limits().and_then(|limits| limits.cash_cap).map(u128::from)
    }

    fn limits(&self) -> Option<&Parameters> {
        match self.algorithm {
            Algorithm::Bizpower1 => None,
            Algorithm::Bizpower2 => Some(&self.parameters),
        }
    }
}
