//! What became of each receipt of one party: the slow account beside the
//! engine's fast one.
//!
//! The engine keeps what later epochs need and nothing else, so it cannot say
//! why a receipt did not count. This follows one merchant and one customer
//! through every epoch with reasons. Whoever explains compares the two: an
//! explanation that does not add up to the engine's numbers is refused.

use crate::scoring::{Algorithm, EpochInput, ReceiptId, ReceiptInput, Sales};
use bizkey_indexer::scores::rules::BuyerKind;
use bizkey_primitives::{
    receipt::{Channel, MAX_AMOUNT},
    ticket::{Reference, REFERENCE_BYTES, REFERENCE_EPOCHS},
    CustomerIndex, Epoch, MerchantIndex, Status,
};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

/// Why a receipt counts for nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotCounted {
    /// Its amount is zero.
    NoAmount,
    /// Its amount passes 2^48 - 1.
    AmountTooLarge,
    /// It was voided in its own epoch.
    Voided,
    /// Its merchant's status at the epoch's close.
    Merchant(Status),
}

/// As what a counted receipt's customer counts at the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buyer {
    /// The first purchase in store.
    First,
    /// Bought here before, first in this epoch.
    Repeat(Epoch),
    /// Bought outside.
    Outside,
    /// Counted already, by an earlier receipt of this epoch and channel.
    Already,
    /// No registered customer is named.
    Unknown,
    /// There is no ticket that counts, which `bizpower-2` wants of a buyer.
    NoTicket,
}

/// What a counted receipt adds to its customer's sales.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sale {
    /// Its amount, minor units.
    Adds(u64),
    /// Nothing: there is no ticket.
    NoTicket,
    /// Nothing: the ticket's reference counted in this epoch already.
    Spent(Epoch),
    /// Nothing: no registered customer is named.
    Unknown,
}

/// What became of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It counts.
    Counted {
        /// At the shop.
        buyer: Buyer,
        /// For the customer.
        sale: Sale,
    },
    /// It does not.
    Not(NotCounted),
}

/// A receipt of the party that is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The receipt.
    pub receipt: ReceiptInput,
    /// What became of it.
    pub fate: Fate,
}

/// A receipt of an earlier epoch that was voided in this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaterVoid {
    /// The receipt.
    pub receipt: ReceiptInput,
    /// The epoch in which it counted.
    pub epoch: Epoch,
    /// As what its customer bought; `None` without a known customer.
    pub buyer: Option<BuyerKind>,
    /// What it had added to the customer's sales, before a cap, minor units.
    pub sales: u64,
    /// What is carried against the customer, if it is the one that is
    /// followed: by how much less would have counted without the receipt.
    pub carried: Option<u128>,
}

/// An epoch of the party.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrailEpoch {
    /// Its receipts, in chain order.
    pub receipts: Vec<Judged>,
    /// Its earlier receipts that were voided now.
    pub later_voids: Vec<LaterVoid>,
    /// What voids before this epoch left against the customer, minor units.
    pub debt_before: u128,
    /// The customer's sales of the epoch.
    pub gross: Gross,
}

/// A customer's sales with a ticket, minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gross {
    /// In cash and through foreign terminals.
    pub cash: u128,
    /// By every other means.
    pub other: u128,
    /// How much of the cash counts at most; `None` for all of it.
    pub cap: Option<u128>,
}

impl Gross {
    /// What counts.
    #[must_use]
    pub fn counted(&self) -> u128 {
        self.other.saturating_add(self.cap.map_or(self.cash, |cap| self.cash.min(cap)))
    }
}

/// Whose receipts are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Focus {
    /// A merchant.
    pub merchant: Option<MerchantIndex>,
    /// A customer.
    pub customer: Option<CustomerIndex>,
}

impl Focus {
    fn holds(&self, receipt: &ReceiptInput) -> bool {
        Some(receipt.merchant) == self.merchant || (receipt.customer.is_some() && receipt.customer == self.customer)
    }
}

/// Follows one merchant and one customer. Give it every epoch, in order.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    focus: Focus,
    /// First epoch of each pair with a valid receipt, of the party's.
    seen: HashMap<(MerchantIndex, CustomerIndex), Epoch>,
    /// References that counted, of everybody, in the last epochs.
    references: VecDeque<(Epoch, HashSet<(MerchantIndex, Reference)>)>,
    voidable: HashMap<ReceiptId, LaterVoid>,
    /// Epochs whose cash passed the cap: what is not voided of it, and the cap.
    capped: HashMap<Epoch, (u128, u128)>,
    /// What is left against the customer, minor units.
    debt: u128,
}

impl Trail {
    /// A trail that begins before epoch 0.
    #[must_use]
    pub fn new(focus: Focus) -> Self {
        Self { focus, ..Self::default() }
    }

    /// Follows the next epoch.
    pub fn follow(&mut self, input: &EpochInput) -> TrailEpoch {
        let epoch = input.epoch;
        let later_voids = self.later_voids(input);
        let voided: HashSet<ReceiptId> = input.voids.iter().copied().collect();
        let mut spent_now = HashSet::new();
        let mut counted = HashSet::new();
        let mut receipts = Vec::new();
        for receipt in &input.receipts {
            let not = not_counted(receipt, input, &voided);
            let ours = self.focus.holds(receipt);
            if let Some(not) = not {
                if ours {
                    receipts.push(Judged { receipt: *receipt, fate: Fate::Not(not) });
                }
                continue;
            }
            // Everybody's references: one that a stranger spent is spent.
            let sale = self.sale(receipt, epoch, &mut spent_now);
            if !ours {
                continue;
            }
            let kind = receipt.customer.map(|customer| (customer, self.kind(receipt, customer)));
            let makes_buyer = input.algorithm == Algorithm::Bizpower1 || matches!(sale, Sale::Adds(_));
            let buyer = match kind {
                None => Buyer::Unknown,
                Some(_) if !makes_buyer => Buyer::NoTicket,
                Some((customer, _)) if !counted.insert((receipt.merchant, customer, receipt.channel)) => Buyer::Already,
                Some((_, (_, buyer))) => buyer,
            };
            receipts.push(Judged { receipt: *receipt, fate: Fate::Counted { buyer, sale } });
            let sales = if let Sale::Adds(amount) = sale { amount } else { 0 };
            let buyer = kind.map(|(_, (kind, _))| kind);
            self.voidable.insert(receipt.id, LaterVoid { receipt: *receipt, epoch, buyer, sales, carried: None });
        }
        for (merchant, customer, _) in counted {
            self.seen.entry((merchant, customer)).or_insert(epoch);
        }
        self.references.push_back((epoch, spent_now));
        while self.references.front().is_some_and(|(earlier, _)| epoch.saturating_sub(*earlier) >= REFERENCE_EPOCHS - 1)
        {
            self.references.pop_front();
        }
        let debt_before = self.debt;
        let gross = self.settle(input, &receipts, &later_voids);
        TrailEpoch { receipts, later_voids, debt_before, gross }
    }

    /// Receipts of earlier epochs that this one voids, each once.
    fn later_voids(&mut self, input: &EpochInput) -> Vec<LaterVoid> {
        let mut voided = BTreeMap::new();
        for id in &input.voids {
            if let Some(receipt) = self.voidable.remove(id) {
                voided.insert(*id, receipt);
            }
        }
        let mut voided: Vec<LaterVoid> = voided.into_values().collect();
        let customer = self.focus.customer;
        // In the order of their ids, as the engine takes them.
        for void in voided.iter_mut().filter(|void| void.receipt.customer == customer) {
            void.carried = customer.map(|_| self.counted_less(void));
        }
        voided
    }

    /// By how much less counts in the receipt's epoch without it.
    fn counted_less(&mut self, void: &LaterVoid) -> u128 {
        match self.capped.get_mut(&void.epoch).filter(|_| Sales::is_cash(void.receipt.rail)) {
            None => void.sales.into(),
            Some((cash, cap)) => {
                let before = (*cash).min(*cap);
                *cash = cash.saturating_sub(void.sales.into());
                before.saturating_sub((*cash).min(*cap))
            }
        }
    }

    fn kind(&self, receipt: &ReceiptInput, customer: CustomerIndex) -> (BuyerKind, Buyer) {
        match (receipt.channel, self.seen.get(&(receipt.merchant, customer))) {
            (Channel::Outside, _) => (BuyerKind::Outside, Buyer::Outside),
            (Channel::InStore, Some(since)) => (BuyerKind::Repeat, Buyer::Repeat(*since)),
            (Channel::InStore, None) => (BuyerKind::First, Buyer::First),
        }
    }

    fn sale(&self, receipt: &ReceiptInput, epoch: Epoch, spent_now: &mut HashSet<(MerchantIndex, Reference)>) -> Sale {
        if receipt.customer.is_none() {
            return Sale::Unknown;
        }
        if receipt.reference == [0; REFERENCE_BYTES] {
            return Sale::NoTicket;
        }
        let key = (receipt.merchant, receipt.reference);
        if let Some((earlier, _)) = self.references.iter().find(|(_, spent)| spent.contains(&key)) {
            return Sale::Spent(*earlier);
        }
        if spent_now.insert(key) {
            Sale::Adds(receipt.amount)
        } else {
            Sale::Spent(epoch)
        }
    }

    /// The customer's sales; they meet what is left against it.
    fn settle(&mut self, input: &EpochInput, receipts: &[Judged], later_voids: &[LaterVoid]) -> Gross {
        let Some(customer) = self.focus.customer else { return Gross::default() };
        let mut gross = Gross::default();
        for Judged { receipt, fate } in receipts.iter().filter(|judged| judged.receipt.customer == Some(customer)) {
            if let Fate::Counted { sale: Sale::Adds(amount), .. } = fate {
                let sum = if Sales::is_cash(receipt.rail) { &mut gross.cash } else { &mut gross.other };
                // Amounts are below 2^48 and receipts fewer than 2^64.
                *sum = sum.saturating_add((*amount).into());
            }
        }
        gross.cap = input.cash_cap();
        if let Some(cap) = gross.cap.filter(|cap| gross.cash > *cap) {
            self.capped.insert(input.epoch, (gross.cash, cap));
        }
        let carried = later_voids.iter().filter_map(|void| void.carried);
        let debt = carried.fold(self.debt, |debt, carried| debt.saturating_add(carried));
        self.debt = debt.saturating_sub(gross.counted());
        gross
    }
}

fn not_counted(receipt: &ReceiptInput, input: &EpochInput, voided: &HashSet<ReceiptId>) -> Option<NotCounted> {
    let status = input.merchants.status(receipt.merchant);
    match receipt.amount {
        0 => Some(NotCounted::NoAmount),
        amount if amount > MAX_AMOUNT => Some(NotCounted::AmountTooLarge),
        _ if voided.contains(&receipt.id) => Some(NotCounted::Voided),
        _ if !status.is_rewarded() => Some(NotCounted::Merchant(status)),
        _ => None,
    }
}
