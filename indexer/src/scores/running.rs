//! A shop's epoch as it goes.
//!
//! The rules are `bizpower-1` (architecture.md, BizPower, exactly) read at
//! every moment: the counts of what is recorded so far, less what is voided so
//! far. At the epoch's close the score is the one that the oracle reports.

use bizkey_primitives::{
    bizpower::{Buyers, Counts},
    party::Status,
    receipt::Channel,
    CustomerIndex, Epoch,
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// What an epoch begins with, at one shop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// Its standing.
    pub status: Status,
    /// area · rent + staff · wage, minor units a month; 0 when none is attested.
    pub capital: u128,
    /// Those of the epoch's customers who bought here in an earlier epoch.
    pub known: HashSet<CustomerIndex>,
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
    /// buyer off this epoch.
    LaterVoided {
        /// How it was sold.
        channel: Channel,
        /// As what its customer had counted, if the customer was known.
        buyer: Option<BuyerKind>,
    },
    /// The shop's standing changed.
    Standing(Status),
}

/// What a score depends on of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sale {
    /// The customer, if known.
    pub customer: Option<CustomerIndex>,
    /// How it was sold.
    pub channel: Channel,
    /// Minor units, at least 1 and below 2^48.
    pub amount: u64,
}

/// As what a customer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuyerKind {
    /// In store, never here in an earlier epoch.
    First,
    /// In store, here in an earlier epoch.
    Repeat,
    /// Outside.
    Outside,
}

impl BuyerKind {
    /// The kind of a buyer by this channel, `known` from earlier epochs or not.
    #[must_use]
    pub fn of(channel: Channel, known: bool) -> Self {
        match channel {
            Channel::Outside => BuyerKind::Outside,
            Channel::InStore if known => BuyerKind::Repeat,
            Channel::InStore => BuyerKind::First,
        }
    }
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
    recorded: Counts,
    taken: Counts,
    /// How many receipts each customer has by each channel.
    orders: HashMap<(CustomerIndex, Channel), u64>,
}

impl EpochRun {
    /// An epoch in which nothing has happened yet.
    #[must_use]
    pub fn new(epoch: Epoch, opening: Opening) -> Self {
        Self {
            epoch,
            status: opening.status,
            opening,
            points: Vec::new(),
            recorded: Counts::default(),
            taken: Counts::default(),
            orders: HashMap::new(),
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
        Counts {
            pl: recorded.pl.saturating_sub(taken.pl),
            um: recorded.um.saturating_sub(taken.um),
            un: recorded.un.saturating_sub(taken.un),
            uo: recorded.uo.saturating_sub(taken.uo),
            uom: recorded.uom.saturating_sub(taken.uom),
            pm: recorded.pm,
            uon: recorded.uon,
        }
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
        self.status.is_rewarded() && self.recorded.pl.saturating_add(self.recorded.uom) > 0
    }

    /// The standing now.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// The customers who bought here, if the epoch closes now: they are known
    /// in the epochs that follow.
    #[must_use]
    pub fn buyers(&self) -> BTreeSet<CustomerIndex> {
        if !self.status.is_rewarded() {
            return BTreeSet::new();
        }
        self.orders.iter().filter(|(_, orders)| **orders > 0).map(|((customer, _), _)| *customer).collect()
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
        let step = |count: &mut u64| *count = if adds { count.saturating_add(1) } else { count.saturating_sub(1) };
        let amount = u128::from(sale.amount);
        let (orders, sales) = orders_of(&mut self.recorded, sale.channel);
        step(orders);
        *sales = if adds { sales.saturating_add(amount) } else { sales.saturating_sub(amount) };
        let Some(customer) = sale.customer else { return };
        let orders = self.orders.entry((customer, sale.channel)).or_default();
        let before = *orders;
        step(orders);
        if (before == 0) != (*orders == 0) {
            let kind = BuyerKind::of(sale.channel, self.opening.known.contains(&customer));
            step(buyers_of(&mut self.recorded, kind));
        }
    }
}

/// Orders and sales of a channel.
fn orders_of(counts: &mut Counts, channel: Channel) -> (&mut u64, &mut u128) {
    match channel {
        Channel::InStore => (&mut counts.pl, &mut counts.pm),
        Channel::Outside => (&mut counts.uom, &mut counts.uon),
    }
}

fn buyers_of(counts: &mut Counts, kind: BuyerKind) -> &mut u64 {
    match kind {
        BuyerKind::First => &mut counts.um,
        BuyerKind::Repeat => &mut counts.un,
        BuyerKind::Outside => &mut counts.uo,
    }
}
