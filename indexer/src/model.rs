//! The rows, as Rust types.

use crate::Result;
use bizkey_primitives::{
    calendar::Calendar,
    party::{Capital, Status},
    receipt::{Channel, Rail, MAX_AMOUNT},
    report::{EpochState, Payout, Report},
    signature::PublicKey,
    ticket::Reference,
    AccountId, Balance, CustomerIndex, DeviceId, Epoch, Hash, MerchantIndex, Side, Stamp,
};

/// Bytes as `0x` and lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// The network that a database follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Hash of the chain's block 0.
    pub genesis_hash: [u8; 32],
    /// When epochs start.
    pub calendar: Calendar,
    /// The first block that can hold an event of the suite.
    pub first_block: u32,
    /// Where the contracts are.
    pub contracts: Contracts,
}

/// Addresses of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Contracts {
    pub vault: AccountId,
    pub bzky: AccountId,
    pub time: AccountId,
    pub registry: AccountId,
    pub receipts: AccountId,
    pub pos_deposit: AccountId,
    pub rewards: AccountId,
}

/// The highest stored block: all rows are those of the chain up to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Block number.
    pub number: u32,
    /// Block hash.
    pub hash: [u8; 32],
    /// Block time, Unix milliseconds.
    pub timestamp_ms: u64,
    /// Epoch of the block, as a stamp.
    pub stamp: Stamp,
}

/// A stored block, with the numbers of its receipts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBlock {
    /// The block.
    pub checkpoint: Checkpoint,
    /// Whether it may still go back.
    pub hot: bool,
    /// Numbers of the receipts that it holds.
    pub receipts: std::ops::Range<u64>,
}

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

/// A merchant or customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// Which half of the network.
    pub side: Side,
    /// Index in `registry`.
    pub index: u32,
    /// Its account.
    pub account: AccountId,
    /// Commitment to its identity papers.
    pub commitment: Hash,
    /// Epoch of registration, as a stamp.
    pub stamp: Stamp,
}

/// A shop's capital from an epoch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapitalFrom {
    /// First epoch scored by it.
    pub from_epoch: Epoch,
    /// The figures.
    pub capital: Capital,
}

/// A change of standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusChange {
    /// Epoch of the change, as a stamp.
    pub stamp: Stamp,
    /// The block that holds it.
    pub block: u32,
    /// The standing from then on.
    pub status: Status,
    /// Hash of the reason given.
    pub reason: Hash,
}

/// A terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its number.
    pub device: DeviceId,
    /// Its shop.
    pub merchant: MerchantIndex,
    /// The key that signs its batches.
    pub key: PublicKey,
    /// Whether it may record.
    pub active: bool,
}

/// Lowest balance in an epoch, and the position that proves it to a contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Low {
    /// Position of the checkpoint that covers the epoch.
    pub position: u32,
    /// Lowest balance, smallest unit of Bzky.
    pub low: Balance,
}

/// What a merchant held in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The merchant.
    pub merchant: MerchantIndex,
    /// Its account.
    pub account: AccountId,
    /// Free Bzky.
    pub bzky: Low,
    /// Own deposits.
    pub deposit: Low,
}

impl Holding {
    /// Lowest free balance + lowest own deposit (architecture.md, Rewards).
    /// Bounded by the supply of Bzky, so it cannot overflow.
    #[must_use]
    pub fn total(&self) -> Balance {
        self.bzky.low.saturating_add(self.deposit.low)
    }
}

/// A deposit for a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// The device.
    pub device: DeviceId,
    /// Whose Bzky.
    pub depositor: AccountId,
    /// Smallest unit; 0 once released.
    pub amount: Balance,
    /// When it may be released, Unix milliseconds.
    pub releasable_ms: Option<u64>,
}

/// An epoch: what was recorded in it, and what `rewards` made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochSummary {
    /// The epoch.
    pub epoch: Epoch,
    /// Batches recorded.
    pub batches: u64,
    /// Receipts that they announce, as `receipts_in` of the contract counts.
    pub announced: u64,
    /// Receipts that could be read.
    pub receipts: u64,
    /// Where it stands.
    pub state: EpochState,
    /// Round of reports.
    pub round: u8,
    /// When the state was entered, Unix milliseconds; 0 while open.
    pub since_ms: u64,
    /// Block in which the state was entered; 0 while open.
    pub since_block: u32,
    /// The report that is pending or final.
    pub report: Option<Report>,
    /// Merchants' payout once final.
    pub merchants: Payout,
    /// Customers' payout once final.
    pub customers: Payout,
}

impl EpochSummary {
    /// An epoch in which nothing has happened yet.
    #[must_use]
    pub fn empty(epoch: Epoch) -> Self {
        Self {
            epoch,
            batches: 0,
            announced: 0,
            receipts: 0,
            state: EpochState::Open,
            round: 0,
            since_ms: 0,
            since_block: 0,
            report: None,
            merchants: Payout::default(),
            customers: Payout::default(),
        }
    }
}

/// A committee member's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubmittedReport {
    /// The epoch.
    pub epoch: Epoch,
    /// Round of reports.
    pub round: u8,
    /// Who.
    pub member: AccountId,
    /// The block that holds it.
    pub block: u32,
    /// What.
    pub report: Report,
}

/// A reward that was claimed or pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reward {
    /// Which half of the network.
    pub side: Side,
    /// Index in `registry`.
    pub index: u32,
    /// The epoch it is for.
    pub epoch: Epoch,
    /// The account that was paid.
    pub account: AccountId,
    /// Smallest unit of Bzky or Time.
    pub amount: Balance,
    /// The block that holds the payment.
    pub block: u32,
}

/// Members that report from an epoch on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committee {
    /// First epoch that they report.
    pub from_epoch: Epoch,
    /// The members.
    pub members: Vec<AccountId>,
}

/// At most so many rows in a page of the API.
pub const MAX_PAGE: u32 = 500;

/// Bounds what one query reads: a page, and one row more to see whether another follows.
#[must_use]
pub fn page_size(limit: u32) -> u32 {
    limit.clamp(1, MAX_PAGE + 1)
}

/// Reads all pages of a list. `page` takes the cursor after which to go on;
/// `cursor` is that of an item.
///
/// # Errors
/// Those of `page`.
pub(crate) async fn all_pages<T, C, F>(mut page: impl FnMut(Option<C>) -> F, cursor: impl Fn(&T) -> C) -> Result<Vec<T>>
where
    F: std::future::Future<Output = Result<Vec<T>>>,
{
    let mut all = Vec::new();
    loop {
        let items = page(all.last().map(&cursor)).await?;
        if items.is_empty() {
            return Ok(all);
        }
        all.extend(items);
    }
}
