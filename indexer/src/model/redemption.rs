//! What Time is earned by and spent on, and how it is sold.

use super::Position;
use bizkey_primitives::{
    redemption::{PrivilegeId, PrivilegeTerms, TaskId, TaskTerms},
    AccountId, Balance, CustomerIndex, Hash, MerchantIndex,
};

/// What customers do for Time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its number.
    pub task: TaskId,
    /// Its shop, 0 for Bizkey itself.
    pub merchant: MerchantIndex,
    /// What it asks and gives, with the stock that is left.
    pub terms: TaskTerms,
    /// The block that created it.
    pub block: u32,
    /// How it ended; `None` while it has not.
    pub closed: Option<ClosedTask>,
}

/// The end of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosedTask {
    /// The block that ended it.
    pub block: u32,
    /// Time that nobody earned: back to the shop, or burned if the task was
    /// Bizkey's. Smallest unit.
    pub left: Balance,
}

/// Which tasks or privileges to list; `None` is any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfferedFilter {
    /// Of one shop, 0 for Bizkey itself.
    pub merchant: Option<MerchantIndex>,
    /// Closed or not. One that expired is open until somebody closes it.
    pub open: Option<bool>,
}

/// A customer's fulfilment of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskFulfilment {
    /// The task.
    pub task: TaskId,
    /// Who.
    pub customer: CustomerIndex,
    /// The account that got the Time.
    pub account: AccountId,
    /// Smallest unit of Time.
    pub reward: Balance,
    /// Where it stands on chain.
    pub position: Position,
}

/// What Time buys at a shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privilege {
    /// Its number.
    pub privilege: PrivilegeId,
    /// Its shop.
    pub merchant: MerchantIndex,
    /// Version of the terms, from 1.
    pub version: u32,
    /// What is given for what, with the stock that is left.
    pub terms: PrivilegeTerms,
    /// The block that created it.
    pub block: u32,
    /// The block from which these terms hold.
    pub changed_block: u32,
    /// The block that ended it.
    pub closed_block: Option<u32>,
}

/// Where collected Time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CollectionState {
    /// With the contract: the shop can give it back, or could and nobody has
    /// burned it yet.
    Held,
    /// Back with the customer.
    Refunded,
    /// Burned: at once if it could not be given back, else when its time was over.
    Burned,
}

impl CollectionState {
    /// The name that APIs and files use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            CollectionState::Held => "held",
            CollectionState::Refunded => "refunded",
            CollectionState::Burned => "burned",
        }
    }
}

/// A ticket that was used: Time that a customer spent on a privilege.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Hash of the ticket.
    pub ticket: Hash,
    /// The shop.
    pub merchant: MerchantIndex,
    /// What was bought.
    pub privilege: PrivilegeId,
    /// Version of its terms.
    pub version: u32,
    /// The customer.
    pub customer: CustomerIndex,
    /// Smallest unit of Time.
    pub amount: Balance,
    /// Where it stands on chain.
    pub position: Position,
    /// How long the shop could give it back from then on, milliseconds.
    pub refund_ms: u64,
    /// The block in which it went back.
    pub refunded_block: Option<u32>,
    /// The block from which on the ticket is forgotten, and what was held of it burned.
    pub settled_block: Option<u32>,
}

impl Collection {
    /// Where its Time is.
    #[must_use]
    pub const fn state(&self) -> CollectionState {
        match (self.refunded_block, self.settled_block) {
            (Some(_), _) => CollectionState::Refunded,
            (None, None) if self.refund_ms > 0 => CollectionState::Held,
            (None, _) => CollectionState::Burned,
        }
    }
}

/// Which collections to list; `None` is any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CollectionFilter {
    /// At one shop.
    pub merchant: Option<MerchantIndex>,
    /// Of one customer.
    pub customer: Option<CustomerIndex>,
}

/// What became of a sale of Time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaleState {
    /// The buyer has the Time: sold for Bzky, or for fiat and minted since.
    Done,
    /// Sold for fiat; the chargeback period runs, or nobody asked for the Time yet.
    Pending,
    /// The payment was charged back: no Time is minted.
    ChargedBack,
}

impl SaleState {
    /// The name that APIs and files use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            SaleState::Done => "done",
            SaleState::Pending => "pending",
            SaleState::ChargedBack => "charged_back",
        }
    }
}

/// What Time was sold for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paid {
    /// Bzky, smallest unit.
    Bzky(Balance),
    /// Fiat.
    Fiat {
        /// Minor units of the accounting currency.
        amount: u64,
        /// Hash of the payment's id.
        payment: Hash,
    },
}

/// A sale of Time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSale {
    /// Where it stands on chain.
    pub position: Position,
    /// Who gets the Time.
    pub buyer: AccountId,
    /// Smallest unit of Time.
    pub amount: Balance,
    /// What for.
    pub paid: Paid,
    /// What became of it.
    pub state: SaleState,
    /// The block that ended a sale for fiat.
    pub settled_block: Option<u32>,
}

/// Bzky's price from a block on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BzkyPrice {
    /// Where it stands on chain.
    pub position: Position,
    /// Of one Bzky, millionths of a minor unit.
    pub price: u64,
    /// When it was observed, Unix milliseconds; `None` for one that the admin
    /// anchored, which counts only once it is confirmed.
    pub dated_ms: Option<u64>,
}
