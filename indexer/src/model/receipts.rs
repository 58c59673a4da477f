//! Receipts and voids.

use bizkey_primitives::{
    receipt::{Channel, Rail, MAX_AMOUNT},
    ticket::Reference,
    CustomerIndex, DeviceId, Epoch, MerchantIndex,
};

/// Whether a receipt can count, judged when it was recorded
/// (architecture.md, BizPower: amount from 1 to 2^48 - 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Validity {
    /// It counts.
    Valid,
    /// Its amount is zero.
    ZeroAmount,
    /// Its amount is 2^48 or more.
    AmountTooLarge,
}

impl Validity {
    /// Judges an amount in minor units.
    #[must_use]
    pub const fn of(amount: u64) -> Self {
        match amount {
            0 => Validity::ZeroAmount,
            1..=MAX_AMOUNT => Validity::Valid,
            _ => Validity::AmountTooLarge,
        }
    }

    /// The name that APIs and files use; `None` for a valid receipt.
    #[must_use]
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Validity::Valid => None,
            Validity::ZeroAmount => Some("zero amount"),
            Validity::AmountTooLarge => Some("amount too large"),
        }
    }
}

/// One decoded receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Number in chain order, from 1.
    pub id: u64,
    /// The device that recorded it.
    pub device: DeviceId,
    /// Its batch.
    pub seq: u64,
    /// Its position in the batch.
    pub position: u16,
    /// The block that holds it.
    pub block: u32,
    /// The epoch of that block.
    pub epoch: Epoch,
    /// The device's shop.
    pub merchant: MerchantIndex,
    /// The customer, if registered when the receipt was recorded.
    pub customer: Option<CustomerIndex>,
    /// Where it was made.
    pub channel: Channel,
    /// How it was paid.
    pub rail: Rail,
    /// Minor units of the accounting currency.
    pub amount: u64,
    /// The ticket's reference; zero without a ticket.
    pub reference: Reference,
    /// Device time, Unix milliseconds; data only.
    pub at_ms: u64,
    /// Whether its own figures let it count.
    pub validity: Validity,
    /// The epoch in which it was voided.
    pub voided_epoch: Option<Epoch>,
}

impl Receipt {
    /// Whether it counts in its epoch: valid, and not voided in the same epoch
    /// (architecture.md, BizPower).
    #[must_use]
    pub fn counts(&self) -> bool {
        self.validity == Validity::Valid && self.voided_epoch != Some(self.epoch)
    }
}

/// Which receipts to list; `None` is any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceiptFilter {
    /// Of one shop.
    pub merchant: Option<MerchantIndex>,
    /// Of one customer.
    pub customer: Option<CustomerIndex>,
    /// Of one epoch.
    pub epoch: Option<Epoch>,
}

/// A void that counts: of a known receipt, the first for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Void {
    /// The epoch in which it is booked.
    pub epoch: Epoch,
    /// The block that holds it.
    pub block: u32,
    /// The receipt.
    pub receipt: Receipt,
}

/// Which voids to list; `None` is any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VoidFilter {
    /// Of receipts of one shop.
    pub merchant: Option<MerchantIndex>,
    /// Booked in one epoch.
    pub epoch: Option<Epoch>,
}
