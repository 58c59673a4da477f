//! An explanation as data: what programs read, and what the text is made of.
//!
//! Numbers that may pass 2^53 are decimal strings in JSON. Amounts of Bzky and
//! Time are in the smallest unit (12 decimals), receipts in minor units.

use super::{decimal, grade::GradeExplanation, tree::TreeExplanation};
use bizkey_primitives::Epoch;
use num_bigint::BigUint;
use serde::{Deserialize, Serialize};

/// A shop's or a customer's epoch, receipts to reward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The epoch.
    pub epoch: Epoch,
    /// First millisecond of the epoch, Unix time.
    pub start_ms: u64,
    /// First millisecond after it.
    pub end_ms: u64,
    /// Version of the algorithm that scored it.
    pub algorithm_version: u16,
    /// Whose share each of the paper's weights is: `own`, which the chain pays
    /// by, or `printed`, which roots, score and reward then follow.
    pub weights: String,
    /// Root of the merchants' tree, hex after `0x`; zeros for an empty one.
    pub merchant_root: String,
    /// Root of the customers' tree, likewise.
    pub customer_root: String,
    /// The last block that was read.
    pub head: u32,
    /// Where the epoch stands on chain.
    pub state: String,
    /// What the committee agreed on, and whether this recomputation agrees.
    pub committee: Option<Committee>,
    /// The shop's side, if one was asked for.
    pub merchant: Option<MerchantExplanation>,
    /// The customer's side, if one was asked for.
    pub customer: Option<CustomerExplanation>,
}

/// What more than half of the committee reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committee {
    /// The block of the majority.
    pub block: u32,
    /// Whether it is what the receipts make it by the weights that the chain
    /// pays by.
    pub agrees: bool,
}

/// A shop's epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MerchantExplanation {
    /// Index in `registry`.
    pub merchant: u32,
    /// Its account at the epoch's close, SS58.
    pub account: String,
    /// Its status at the epoch's close.
    pub status: String,
    /// Its receipts, in chain order.
    pub receipts: Vec<ReceiptLine>,
    /// Receipts that its batches announce and that nobody can read.
    pub unreadable: u64,
    /// Earlier receipts that were voided in the epoch.
    pub later_voids: Vec<VoidLine>,
    /// The counts; `None` without a valid receipt: then there is no leaf.
    pub score: Option<ScoreExplanation>,
    /// What it held; likewise.
    pub holding: Option<HoldingExplanation>,
    /// Its grade at the epoch's close; `None` if it did not trade in the last
    /// 30 epochs.
    pub grade: Option<GradeExplanation>,
    /// Its leaf, and how that leads to the root.
    pub tree: TreeExplanation,
    /// What it gets.
    pub reward: RewardExplanation,
}

/// A customer's epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerExplanation {
    /// Index in `registry`.
    pub customer: u32,
    /// Its account at the epoch's close, SS58.
    pub account: String,
    /// Its status at the epoch's close.
    pub status: String,
    /// Receipts that name it, in chain order.
    pub receipts: Vec<ReceiptLine>,
    /// Its earlier receipts that were voided in the epoch.
    pub later_voids: Vec<VoidLine>,
    /// How its sales come about.
    pub sales: SalesExplanation,
    /// Its leaf, and how that leads to the root.
    pub tree: TreeExplanation,
    /// What it gets.
    pub reward: RewardExplanation,
}

/// One receipt and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptLine {
    /// The block that holds it.
    pub block: u32,
    /// The device.
    pub device: u32,
    /// Its batch.
    pub seq: u64,
    /// Its position in the batch, from 0.
    pub index: u16,
    /// The shop.
    pub merchant: u32,
    /// The registered customer that it names.
    pub customer: Option<u32>,
    /// `in store` or `outside`.
    pub channel: String,
    /// Minor units.
    pub amount: u64,
    /// Whether it was paid in cash or through a foreign terminal.
    pub is_cash: bool,
    /// Whether it counts for the shop.
    pub counted: bool,
    /// As what it counts at the shop, or why it does not count.
    pub reason: String,
    /// What it adds to the customer's sales, before a cap, minor units.
    pub sales: u64,
    /// Why it adds that.
    pub sales_reason: String,
}

/// An earlier receipt that was voided in the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoidLine {
    /// The device.
    pub device: u32,
    /// Its batch.
    pub seq: u64,
    /// Its position in the batch.
    pub index: u16,
    /// The shop.
    pub merchant: u32,
    /// The epoch in which it counted.
    pub epoch: Epoch,
    /// `in store` or `outside`.
    pub channel: String,
    /// Whether it takes an order off the shop's counts.
    pub takes_order: bool,
    /// The kind of buyer that is taken off; `None` for none.
    pub buyer: Option<String>,
    /// What is carried against the customer's sales, minor units; in the
    /// customer's explanation only.
    pub carried: Option<String>,
}

/// The counts of a shop (whitepaper 4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the whitepaper's names
pub struct CountLines {
    pub pl: u64,
    #[serde(with = "decimal")]
    pub pm: u128,
    pub um: u64,
    pub un: u64,
    pub uo: u64,
    pub uom: u64,
    #[serde(with = "decimal")]
    pub uon: u128,
}

/// Buyers of an epoch by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuyerLine {
    /// The epoch.
    pub epoch: Epoch,
    /// First-time buyers.
    pub first: u64,
    /// Repeat buyers.
    pub repeat: u64,
    /// Outside buyers.
    pub outside: u64,
}

/// What one buyer of a channel spent at the shop with tickets (`bizpower-2`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotalLine {
    /// The customer.
    pub customer: u32,
    /// `in store` or `outside`.
    pub channel: String,
    /// Minor units.
    #[serde(with = "decimal")]
    pub total: u128,
    /// Raised to the clamp's lower end or cut at its upper one.
    #[serde(with = "decimal")]
    pub counted: u128,
}

/// Between what a buyer's total counts, minor units (`bizpower-2`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClampLine {
    /// A smaller total counts as this.
    pub lo: u64,
    /// A larger total counts as this.
    pub hi: u64,
}

/// What a shop's place and people cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapitalLine {
    /// Square metres.
    pub area_m2: u32,
    /// Minor units a square metre and month.
    pub rent_per_m2_month: u64,
    /// People.
    pub staff: u32,
    /// Minor units a month.
    pub wage_month: u64,
}

/// An exact fraction, not reduced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fraction {
    /// Above the line.
    #[serde(with = "decimal")]
    pub numerator: BigUint,
    /// Below it; never zero.
    #[serde(with = "decimal")]
    pub denominator: BigUint,
}

/// How a score comes about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreExplanation {
    /// Of the epoch's own receipts.
    pub own: CountLines,
    /// With the later voids taken off: what is scored.
    pub counts: CountLines,
    /// Whether it is scored by `bizpower-2`: one order a buyer, buyers only by
    /// ticket, their totals clamped.
    pub is_hardened: bool,
    /// What each buyer spent; empty under `bizpower-1`.
    pub totals: Vec<TotalLine>,
    /// The clamp of the shop's trade; `None` where there is none.
    pub clamp: Option<ClampLine>,
    /// Whether the shares are those of the epoch's own buyers; else of the
    /// last 30 epochs together.
    pub shares_are_own: bool,
    /// The epochs with buyers that make the shares.
    pub share_epochs: Vec<BuyerLine>,
    /// First-time buyers in the shares.
    pub first: u64,
    /// Repeat buyers in the shares.
    pub repeat: u64,
    /// Outside buyers in the shares.
    pub outside: u64,
    /// Whether the weights are bound as printed: the outside share weighs
    /// first-time buyers, and the first-time share outside ones.
    pub is_as_printed: bool,
    /// The shares' numerators as they weigh first-time, repeat and outside
    /// buyers.
    pub weights: [u64; 3],
    /// The figures; `None` when none are attested.
    pub capital_figures: Option<CapitalLine>,
    /// The board's floor for the shop's trade and region, minor units a
    /// month; 0 for none, and under `bizpower-1`.
    #[serde(with = "decimal")]
    pub capital_floor: u128,
    /// area · rent + staff · wage, at least the floor; minor units a month.
    #[serde(with = "decimal")]
    pub capital: u128,
    /// The terms of first-time, repeat and outside buyers.
    pub terms: [Fraction; 3],
    /// Their sum over the capital, before scaling; 0/1 without capital.
    pub exact: Fraction,
    /// `floor(10^18 · exact)`: the leaf's first value.
    #[serde(with = "decimal")]
    pub score: u128,
}

/// What a shop held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldingExplanation {
    /// Lowest free balance in the epoch.
    #[serde(with = "decimal")]
    pub balance_low: u128,
    /// Lowest own deposit in the epoch.
    #[serde(with = "decimal")]
    pub deposit_low: u128,
    /// Both: the leaf's second value.
    #[serde(with = "decimal")]
    pub holding: u128,
}

/// How a customer's sales come about, minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SalesExplanation {
    /// In cash and through foreign terminals, with tickets.
    #[serde(with = "decimal")]
    pub cash: u128,
    /// How much of that counts at most; `None` for all of it.
    pub cash_cap: Option<u64>,
    /// By every other means, with tickets.
    #[serde(with = "decimal")]
    pub other: u128,
    /// What counts of both.
    #[serde(with = "decimal")]
    pub gross: u128,
    /// What voids before the epoch left against it.
    #[serde(with = "decimal")]
    pub debt_before: u128,
    /// What voids in the epoch add to that.
    #[serde(with = "decimal")]
    pub debt_added: u128,
    /// `max(gross - debt_before - debt_added, 0)`: the leaf's first value.
    #[serde(with = "decimal")]
    pub sales: u128,
    /// What is left against it afterwards.
    #[serde(with = "decimal")]
    pub debt_after: u128,
}

/// How a reward comes about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RewardExplanation {
    /// `merchant` or `customer`.
    pub side: String,
    /// Whether the party has a leaf.
    pub has_leaf: bool,
    /// Leaves of its side.
    pub leaves: u32,
    /// Merchants with a batch, or receipts announced, in the epoch.
    pub seen: u64,
    /// Registered customers at the settlement; `None` for merchants.
    pub registered: Option<u32>,
    /// Qm or Qc: the least of these.
    pub participants: u32,
    /// Emission for each of them.
    #[serde(with = "decimal")]
    pub each: u128,
    /// How many of them count at most.
    pub cap: u32,
    /// What the pool had not reserved yet.
    #[serde(with = "decimal")]
    pub pool: u128,
    /// E.
    #[serde(with = "decimal")]
    pub emission: u128,
    /// Whether the chain has settled it; else it is what it would be now.
    pub is_settled: bool,
    /// E on chain, where it differs from what the rules make it here: after a
    /// struck report, for example. The reward is computed from it.
    pub emission_on_chain: Option<String>,
    /// The month since launch, from 1.
    pub month: u32,
    /// Percent by score or sales.
    pub score_percent: u8,
    /// Percent by holding.
    pub holding_percent: u8,
    /// The party's score or sales.
    #[serde(with = "decimal")]
    pub v1: u128,
    /// The network's.
    #[serde(with = "decimal")]
    pub sum_v1: u128,
    /// The party's holding.
    #[serde(with = "decimal")]
    pub v2: u128,
    /// The network's.
    #[serde(with = "decimal")]
    pub sum_v2: u128,
    /// By score or sales.
    pub score_part: Part,
    /// By holding.
    pub holding_part: Part,
    /// Both parts' floors.
    #[serde(with = "decimal")]
    pub reward: u128,
    /// What the chain did with it.
    pub payments: Vec<PaymentLine>,
    /// Where it stands, in words.
    pub standing: String,
}

/// One part of a reward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Exactly; 0/1 where the network's sum is zero.
    pub exact: Fraction,
    /// Rounded down.
    #[serde(with = "decimal")]
    pub floor: u128,
}

/// What the chain did with a reward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentLine {
    /// The block.
    pub block: u32,
    /// `paid`, `deferred`, `deferred part paid`, or `withheld for a debt`.
    pub what: String,
    /// Smallest unit.
    #[serde(with = "decimal")]
    pub amount: u128,
    /// Who was paid, SS58.
    pub account: Option<String>,
}
