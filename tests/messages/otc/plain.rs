//! What `otc` owes to whom, as plainly as it can be said: a list of offers, a
//! list of reservations, a float and four purses. Nothing is kept as a sum.

use super::market::{DECISION_MS, DISPUTE_MS, MINIMUM, PURSE, TRADERS};
use bizkey_primitives::{
    otc::{QuoteSide, Trader},
    Balance,
};
use std::collections::BTreeMap;

/// Number of the desk among the traders.
pub const DESK: usize = 3;
/// Time to pay in these histories, milliseconds.
pub const PAY_MS: u64 = 60_000;
/// What a quote of any number sells or buys at most.
pub const MAXIMUM: Balance = 5 * MINIMUM;
/// A seller's quotes ask this bond, in hundredths of a percent.
pub const QUOTE_BPS: u16 = 700;
const MOST_OPEN: usize = 16;

/// An offer that is open.
pub struct Offered {
    pub maker: usize,
    left: Balance,
    bps: u16,
    expires_ms: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Source {
    Offer(u64),
    Float,
    Taker,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Reserved,
    Paid,
    Disputed,
}

/// A reservation that has not ended.
#[derive(Clone, Copy)]
pub struct Deal {
    source: Source,
    pub seller: usize,
    pub buyer: usize,
    amount: Balance,
    bond: Balance,
    /// Who opened the dispute, and put up another bond.
    opener: Option<usize>,
    stage: Stage,
    until_ms: u64,
}

impl Deal {
    fn taker(&self) -> usize {
        if self.source == Source::Taker {
            self.seller
        } else {
            self.buyer
        }
    }

    /// All that lies in escrow for it.
    fn escrow(&self) -> Balance {
        self.amount + self.bond + self.opener.map_or(0, |_| self.bond)
    }
}

pub struct Plain {
    pub now_ms: u64,
    pub purses: [Balance; TRADERS.len()],
    pub float: Balance,
    pub offers: BTreeMap<u64, Offered>,
    pub deals: BTreeMap<u64, Deal>,
    taken: BTreeMap<u64, Option<Balance>>,
    pub burned: Balance,
    pub counts: (u64, u64),
}

impl Plain {
    pub fn new(now_ms: u64) -> Self {
        Self {
            now_ms,
            purses: [PURSE; TRADERS.len()],
            float: 0,
            offers: BTreeMap::new(),
            deals: BTreeMap::new(),
            taken: BTreeMap::new(),
            burned: 0,
            counts: (0, 0),
        }
    }

    /// All that is owed to anybody.
    pub fn owed(&self) -> Balance {
        let offers: Balance = self.offers.values().map(|offer| offer.left).sum();
        let deals: Balance = self.deals.values().map(Deal::escrow).sum();
        offers + deals + self.float
    }

    /// Takes from a purse; `None` when it holds less.
    fn put_up(&mut self, who: usize, amount: Balance) -> Option<()> {
        self.purses[who] = self.purses[who].checked_sub(amount)?;
        Some(())
    }

    pub fn open(&mut self, maker: usize, amount: Balance, bps: u16, lasts_ms: u64) -> Option<()> {
        if amount < MINIMUM || lasts_ms == 0 {
            return None;
        }
        self.put_up(maker, amount)?;
        self.counts.0 += 1;
        let expires_ms = self.now_ms + lasts_ms;
        self.offers.insert(self.counts.0, Offered { maker, left: amount, bps, expires_ms });
        Some(())
    }

    pub fn close(&mut self, who: usize, offer: u64) -> Option<()> {
        let Offered { maker, left, expires_ms, .. } = *self.offers.get(&offer)?;
        if who != maker && self.now_ms < expires_ms {
            return None;
        }
        self.offers.remove(&offer);
        self.purses[maker] += left;
        Some(())
    }

    fn begin(&mut self, source: Source, seller: usize, buyer: usize, amount: Balance, bond: Balance) -> Option<()> {
        let until_ms = self.now_ms + PAY_MS;
        let deal = Deal { source, seller, buyer, amount, bond, opener: None, stage: Stage::Reserved, until_ms };
        let taker = deal.taker();
        if self.deals.values().filter(|deal| deal.taker() == taker).count() >= MOST_OPEN {
            return None;
        }
        self.put_up(taker, if source == Source::Taker { amount } else { bond })?;
        self.counts.1 += 1;
        self.deals.insert(self.counts.1, deal);
        Some(())
    }

    pub fn reserve(&mut self, taker: usize, number: u64, amount: Balance) -> Option<()> {
        let Offered { maker, left, bps, expires_ms } = *self.offers.get(&number)?;
        if taker == maker || self.now_ms >= expires_ms || !is_a_part(amount, left) {
            return None;
        }
        self.begin(Source::Offer(number), maker, taker, amount, amount * Balance::from(bps) / 10_000)?;
        self.offers.get_mut(&number)?.left -= amount;
        Some(())
    }

    pub fn take(&mut self, taker: usize, side: QuoteSide, number: u64, amount: Balance) -> Option<()> {
        let taken = self.taken.get(&number).copied().unwrap_or(Some(0))?;
        if taker == DESK || !is_a_part(amount, MAXIMUM - taken) {
            return None;
        }
        match side {
            QuoteSide::Sell => {
                let left = self.float.checked_sub(amount)?;
                let bond = amount * Balance::from(QUOTE_BPS) / 10_000;
                self.begin(Source::Float, DESK, taker, amount, bond)?;
                self.float = left;
            }
            QuoteSide::Buy => self.begin(Source::Taker, taker, DESK, amount, 0)?,
        }
        self.taken.insert(number, Some(taken + amount));
        Some(())
    }

    pub fn revoke(&mut self, number: u64) {
        self.taken.insert(number, None);
    }

    pub fn declare(&mut self, who: usize, id: u64) -> Option<()> {
        let (now_ms, deal) = (self.now_ms, self.deals.get_mut(&id)?);
        if who != deal.buyer || deal.stage != Stage::Reserved || now_ms >= deal.until_ms {
            return None;
        }
        (deal.stage, deal.until_ms) = (Stage::Paid, now_ms + DISPUTE_MS);
        Some(())
    }

    pub fn dispute(&mut self, who: usize, id: u64) -> Option<()> {
        let (now_ms, deal) = (self.now_ms, *self.deals.get(&id)?);
        let party = who == deal.seller || who == deal.buyer;
        if !party || deal.stage != Stage::Paid || now_ms >= deal.until_ms {
            return None;
        }
        self.put_up(who, deal.bond)?;
        let deal = self.deals.get_mut(&id)?;
        (deal.stage, deal.until_ms, deal.opener) = (Stage::Disputed, now_ms + DECISION_MS, Some(who));
        Some(())
    }

    pub fn confirm(&mut self, who: usize, id: u64) -> Option<()> {
        let deal = *self.deals.get(&id)?;
        (who == deal.seller).then(|| self.won(id, deal, Trader::Buyer))
    }

    pub fn give_up(&mut self, who: usize, id: u64) -> Option<()> {
        let deal = *self.deals.get(&id)?;
        if who != deal.buyer {
            return None;
        }
        if deal.stage == Stage::Disputed {
            self.won(id, deal, Trader::Seller);
        } else {
            self.fell_through(id, deal);
        }
        Some(())
    }

    pub fn decide(&mut self, id: u64, winner: Trader) -> Option<()> {
        let deal = *self.deals.get(&id)?;
        let open = deal.stage == Stage::Disputed && self.now_ms < deal.until_ms;
        open.then(|| self.won(id, deal, winner))
    }

    pub fn settle(&mut self, id: u64) -> Option<()> {
        let deal = *self.deals.get(&id)?;
        if self.now_ms < deal.until_ms {
            return None;
        }
        let Some(opener) = deal.opener else {
            self.fell_through(id, deal);
            return Some(());
        };
        // Nobody decided: each has back what it put up.
        self.amount_back(&deal);
        self.pay(&deal, deal.buyer, deal.bond);
        self.pay(&deal, opener, deal.bond);
        self.ended(id, &deal);
        Some(())
    }

    pub fn fund(&mut self, who: usize, amount: Balance) -> Option<()> {
        if who != DESK {
            return None;
        }
        self.put_up(DESK, amount)?;
        self.float += amount;
        Some(())
    }

    pub fn withdraw(&mut self, who: usize, amount: Balance) -> Option<()> {
        if who != DESK {
            return None;
        }
        self.float = self.float.checked_sub(amount)?;
        self.purses[DESK] += amount;
        Some(())
    }

    /// One has everything but what is the other's own: all bonds, and the buyer the amount.
    fn won(&mut self, id: u64, deal: Deal, winner: Trader) {
        let bonds = deal.escrow() - deal.amount;
        match winner {
            Trader::Buyer => self.pay(&deal, deal.buyer, deal.amount + bonds),
            Trader::Seller => {
                self.amount_back(&deal);
                self.pay(&deal, deal.seller, bonds);
            }
        }
        self.ended(id, &deal);
    }

    /// No payment that anybody spoke up for: the bond is nobody's.
    fn fell_through(&mut self, id: u64, deal: Deal) {
        self.amount_back(&deal);
        self.burned += deal.bond;
        self.ended(id, &deal);
    }

    fn amount_back(&mut self, deal: &Deal) {
        let offer = match deal.source {
            Source::Offer(number) => self.offers.get_mut(&number),
            Source::Float | Source::Taker => None,
        };
        match offer {
            Some(offer) => offer.left += deal.amount,
            None => self.pay(deal, deal.seller, deal.amount),
        }
    }

    /// What a desk gets by its quotes it gets into its float.
    fn pay(&mut self, deal: &Deal, who: usize, amount: Balance) {
        let by_quote = deal.source != Source::Float && deal.source != Source::Taker;
        if who == DESK && !by_quote {
            self.float += amount;
        } else {
            self.purses[who] += amount;
        }
    }

    /// An offer of which nothing is left and nothing is reserved is no more.
    fn ended(&mut self, id: u64, deal: &Deal) {
        self.deals.remove(&id);
        let Source::Offer(number) = deal.source else { return };
        let reserved = self.deals.values().any(|other| other.source == deal.source);
        if !reserved && self.offers.get(&number).is_some_and(|offer| offer.left == 0) {
            self.offers.remove(&number);
        }
    }
}

/// The minimum or more, or all that is left.
fn is_a_part(amount: Balance, left: Balance) -> bool {
    amount > 0 && amount <= left && (amount >= MINIMUM || amount == left)
}
