//! A shop's epoch as it goes.
//!
//! The rules are those of the epoch's algorithm (architecture.md, BizPower,
//! exactly) read at every moment: the counts of what is recorded so far, less
//! what is voided so far. At the epoch's close the score is the one that the
//! oracle reports.

use super::{
    rules::{buyers_of, clamped, orders_of, Algorithm, BuyerKind},
    tickets::{Change, Tickets},
};
use bizkey_primitives::{
    bizpower::{Buyers, Counts},
    membership::Clamp,
    party::Status,
    receipt::Channel,
    ticket::Reference,
    CustomerIndex, Epoch,
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// What an epoch begins with, at one shop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// Its standing.
    pub status: Status,
    /// What scores the epoch.
    pub algorithm: Algorithm,
    /// Between what a customer's total counts under `bizpower-2`.
    pub clamp: Option<Clamp>,
    /// area · rent + staff · wage, minor units a month, at least the board's
    /// floor under `bizpower-2`; 0 when none is attested.
    pub capital: u128,
    /// Those of the epoch's customers who were buyers here in an earlier epoch.
    pub known: HashSet<CustomerIndex>,
    /// Those of the epoch's references that counted in the seven epochs
    /// before; `None` under `bizpower-1` where nobody asks which count.
    pub spent: Option<HashSet<Reference>>,
    /// Buyers of the 29 epochs before, summed.
    pub last_epochs: Buyers,
}

/// Something that bears on a shop's score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happening {
    /// In which block.
    pub block: u32,
    /// That block's time, Unix milliseconds.
    pub at_ms: u64,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A receipt with a valid amount was recorded.
    Receipt(Sale),
    /// A receipt of this epoch was voided: it never was.
    Voided(Sale),
    /// A valid receipt of an earlier epoch was voided: it takes an order and a
    /// buyer off this epoch. Under `bizpower-2` the order is the buyer's.
    LaterVoided {
        /// How it was sold.
        channel: Channel,
        /// As what its customer counted in the receipt's epoch, if the customer
        /// was known; under `bizpower-2` only if the receipt was ticketed.
        buyer: Option<BuyerKind>,
    },
    /// The shop's standing changed.
    Standing(Status),
}

/// What a score depends on of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sale {
    /// The receipt's number, in chain order.
    pub receipt: u64,
    /// The ticket's reference; zero without a ticket.
    pub reference: Reference,
    /// The customer, if known.
    pub customer: Option<CustomerIndex>,
    /// How it was sold.
    pub channel: Channel,
    /// Minor units, at least 1 and below 2^48.
    pub amount: u64,
}

/// A score from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The block that brought it.
    pub block: u32,
    /// Unix milliseconds.
    pub at_ms: u64,
    /// BizPower, scale 10^18.
    pub score: u128,
}

/// A shop's epoch, as far as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochRun {
    /// The epoch.
    pub epoch: Epoch,
    /// What it began with.
    pub opening: Opening,
    /// Its changes of score, in order; before the first it is zero.
    pub points: Vec<Point>,
    status: Status,
    /// Valid receipts, whatever they count for.
    receipts: u64,
    recorded: Counts,
    taken: Counts,
    /// What each customer bought by each channel.
    bought: HashMap<(CustomerIndex, Channel), Bought>,
    tickets: Option<Tickets>,
}

/// What a customer bought by receipts that make buyers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bought {
    receipts: u64,
    /// Minor units.
    total: u128,
}

impl Bought {
    fn step(&mut self, sale: &Sale, adds: bool) {
        step(&mut self.receipts, adds);
        step_by(&mut self.total, sale.amount.into(), adds);
    }

    /// What it adds to the sales of `bizpower-2`.
    fn clamped(&self, clamp: Option<Clamp>) -> u128 {
        if self.receipts == 0 {
            return 0;
        }
        clamped(self.total, clamp)
    }
}

impl EpochRun {
    /// An epoch in which nothing has happened yet.
    #[must_use]
    pub fn new(epoch: Epoch, opening: Opening) -> Self {
        let has_tickets = opening.spent.is_some() || opening.algorithm == Algorithm::Bizpower2;
        Self {
            epoch,
            status: opening.status,
            opening,
            points: Vec::new(),
            receipts: 0,
            recorded: Counts::default(),
            taken: Counts::default(),
            bought: HashMap::new(),
            tickets: has_tickets.then(Tickets::default),
        }
    }

    /// Goes on with what happened next, in the order of blocks. One score a
    /// block counts: what stood in the middle of a block never held.
    pub fn extend(&mut self, happenings: &[Happening]) {
        for block in happenings.chunk_by(|a, b| a.block == b.block) {
            // Receipts first: a block may void what it records.
            let is_receipt = |happening: &&Happening| matches!(happening.what, What::Receipt(_));
            let (receipts, others): (Vec<&Happening>, Vec<&Happening>) = block.iter().partition(is_receipt);
            for happening in receipts.into_iter().chain(others) {
                self.take(&happening.what);
            }
            let (Some(last), score) = (block.last(), self.score()) else { continue };
            if self.points.last().map_or(0, |point| point.score) != score {
                self.points.push(Point { block: last.block, at_ms: last.at_ms, score });
            }
        }
    }

    /// The score now, scale 10^18. A shop that may not trade for rewards has
    /// none.
    #[must_use]
    pub fn score(&self) -> u128 {
        if !self.status.is_rewarded() {
            return 0;
        }
        let counts = self.counts();
        // No valid receipts make a score that passes its type (`Counts::score`).
        counts.score(self.shares(), self.opening.capital).unwrap_or(u128::MAX)
    }

    /// The epoch in numbers, later voids taken off, none below zero.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let (recorded, taken) = (&self.recorded, &self.taken);
        let (um, un) = (recorded.um.saturating_sub(taken.um), recorded.un.saturating_sub(taken.un));
        let uo = recorded.uo.saturating_sub(taken.uo);
        let (pl, uom) = match self.opening.algorithm {
            Algorithm::Bizpower1 => (recorded.pl.saturating_sub(taken.pl), recorded.uom.saturating_sub(taken.uom)),
            // One order a buyer.
            Algorithm::Bizpower2 => (um.saturating_add(un), uo),
        };
        Counts { pl, um, un, uo, uom, pm: recorded.pm, uon: recorded.uon }
    }

    /// The buyers whose proportions weigh the score.
    #[must_use]
    pub fn shares(&self) -> Buyers {
        let (counts, last) = (self.counts(), self.opening.last_epochs);
        let own = counts.buyers();
        counts.share_buyers(Buyers {
            first: own.first.saturating_add(last.first),
            repeat: own.repeat.saturating_add(last.repeat),
            outside: own.outside.saturating_add(last.outside),
        })
    }

    /// Whether the shop has a leaf if the epoch closes now: a valid receipt,
    /// and a standing that is rewarded.
    #[must_use]
    pub fn has_leaf(&self) -> bool {
        self.status.is_rewarded() && self.receipts > 0
    }

    /// The standing now.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// The customers who are buyers here, if the epoch closes now: they are
    /// known in the epochs that follow.
    #[must_use]
    pub fn buyers(&self) -> BTreeSet<CustomerIndex> {
        if !self.status.is_rewarded() {
            return BTreeSet::new();
        }
        self.bought.iter().filter(|(_, bought)| bought.receipts > 0).map(|((customer, _), _)| *customer).collect()
    }

    /// The references that counted here, if the epoch closes now: they count
    /// in none of the seven epochs that follow. None where nobody asked.
    #[must_use]
    pub fn spent(&self) -> BTreeSet<Reference> {
        self.closing_tickets().map(Tickets::spent).unwrap_or_default()
    }

    /// The receipts, by number, that are not ticketed because their reference
    /// had counted before, if the epoch closes now. None where nobody asked.
    #[must_use]
    pub fn repeated(&self) -> BTreeSet<u64> {
        self.closing_tickets().map(Tickets::repeated).unwrap_or_default()
    }

    /// The receipts of a shop that is stopped at the close are valid for nobody.
    fn closing_tickets(&self) -> Option<&Tickets> {
        self.tickets.as_ref().filter(|_| self.status.is_rewarded())
    }

    fn take(&mut self, what: &What) {
        match *what {
            What::Receipt(sale) => self.record(sale, true),
            What::Voided(sale) => self.record(sale, false),
            What::LaterVoided { channel, buyer } => {
                let orders = orders_of(&mut self.taken, channel).0;
                *orders = orders.saturating_add(1);
                if let Some(kind) = buyer {
                    let buyers = buyers_of(&mut self.taken, kind);
                    *buyers = buyers.saturating_add(1);
                }
            }
            What::Standing(status) => self.status = status,
        }
    }

    /// Adds a sale, or takes it out as if it never was.
    fn record(&mut self, sale: Sale, adds: bool) {
        step(&mut self.receipts, adds);
        let change = self.change_tickets(sale, adds);
        match self.opening.algorithm {
            Algorithm::Bizpower1 => {
                let (orders, sales) = orders_of(&mut self.recorded, sale.channel);
                step(orders, adds);
                step_by(sales, sale.amount.into(), adds);
                self.buy(&sale, adds);
            }
            Algorithm::Bizpower2 => {
                for (sale, adds) in [(change.lost, false), (change.gained, true)] {
                    let Some(sale) = sale else { continue };
                    let (before, after) = self.buy(&sale, adds);
                    let clamp = self.opening.clamp;
                    let sales = orders_of(&mut self.recorded, sale.channel).1;
                    *sales = sales.saturating_add(after.clamped(clamp)).saturating_sub(before.clamped(clamp));
                }
            }
        }
    }

    fn change_tickets(&mut self, sale: Sale, adds: bool) -> Change {
        let Some(tickets) = &mut self.tickets else { return Change::default() };
        if !adds {
            return tickets.take_out(&sale);
        }
        let is_spent = self.opening.spent.as_ref().is_some_and(|spent| spent.contains(&sale.reference));
        tickets.add(sale, is_spent)
    }

    /// A known customer bought, or did not after all; returns what the
    /// customer had bought by this channel before and after.
    fn buy(&mut self, sale: &Sale, adds: bool) -> (Bought, Bought) {
        let Some(customer) = sale.customer else { return Default::default() };
        let bought = self.bought.entry((customer, sale.channel)).or_default();
        let before = *bought;
        bought.step(sale, adds);
        let after = *bought;
        if (before.receipts == 0) != (after.receipts == 0) {
            let kind = BuyerKind::of(sale.channel, self.opening.known.contains(&customer));
            step(buyers_of(&mut self.recorded, kind), adds);
        }
        (before, after)
    }
}

/// One more, or one less.
fn step(count: &mut u64, adds: bool) {
    *count = if adds { count.saturating_add(1) } else { count.saturating_sub(1) };
}

fn step_by(sum: &mut u128, amount: u128, adds: bool) {
    *sum = if adds { sum.saturating_add(amount) } else { sum.saturating_sub(amount) };
}
