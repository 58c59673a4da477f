//! What `redemption` should do, in plain words: balances, promises and days,
//! without contracts, to hold the real one against.

use super::stage::{FEE, OFFICIAL, PRICE};
use bizkey_primitives::{errors::redemption::Error, pause::COOL_DOWN_MS, Balance, TOKEN};
use bizkey_tests::DAY;
use std::collections::{BTreeMap, BTreeSet};

/// Who acts: two shops, then two customers, who count on.
pub const SHOPS: usize = 2;
pub const PEOPLE: usize = 4;
/// Who owns Bizkey's tasks.
pub const BIZKEY: usize = PEOPLE;
/// Most Time of a day, for Bzky and for fiat.
pub const BZKY_CAP: Balance = 400 * TOKEN;
pub const FIAT_CAP: Balance = 300 * TOKEN;
/// A chargeback period.
pub const LOCK_MS: u64 = DAY;

pub type Outcome = Result<(), Error>;

#[derive(Clone, Debug)]
struct Task {
    owner: usize,
    reward: Balance,
    stock: u32,
    from_ms: u64,
    life_ms: u64,
    done: BTreeSet<usize>,
}

#[derive(Clone, Debug)]
struct Privilege {
    shop: usize,
    version: u32,
    price: Balance,
    stock: u32,
    from_ms: u64,
    life_ms: u64,
    refund_ms: u64,
}

#[derive(Clone, Debug)]
struct Collection {
    shop: usize,
    customer: usize,
    held: Balance,
    from_ms: u64,
    refund_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sale {
    Pending { to: usize, amount: Balance, from_ms: u64 },
    Settled,
}

/// A ticket as its customer signed it. Tickets are numbered; each is another.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    pub shop: usize,
    pub customer: usize,
    pub privilege: u32,
    pub version: u32,
    pub amount: Balance,
    pub expires_ms: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Model {
    pub now_ms: u64,
    /// The present day, and its number.
    pub day: u64,
    pub bzky: [Balance; PEOPLE],
    pub time: [Balance; PEOPLE],
    pub pool: Balance,
    pub burned: Balance,
    pub minted: Balance,
    /// Bzky's price, when it was observed, where today's moves start from, and when it last moved.
    pub price: u64,
    pub dated_ms: u64,
    pub anchor: u64,
    pub moved_on: u64,
    tasks: BTreeMap<u32, Task>,
    last_task: u32,
    privileges: BTreeMap<u32, Privilege>,
    last_privilege: u32,
    collections: BTreeMap<usize, Collection>,
    sales: BTreeMap<u8, Sale>,
    sold: BTreeMap<u64, Balance>,
    booked: BTreeMap<u64, Balance>,
    pauses: Vec<(u64, u64)>,
}

fn check(holds: bool, error: Error) -> Outcome {
    if holds {
        Ok(())
    } else {
        Err(error)
    }
}

impl Model {
    /// With the price set just now, and nothing offered yet.
    pub fn new(now_ms: u64, day: u64, bzky: [Balance; PEOPLE], time: [Balance; PEOPLE], pool: Balance) -> Self {
        let (price, anchor, minted) = (PRICE, PRICE, time.iter().sum());
        let (dated_ms, moved_on) = (now_ms, day);
        Self { now_ms, day, bzky, time, pool, minted, price, dated_ms, anchor, moved_on, ..Self::default() }
    }

    /// Time that the contract has to have: promised for tasks, and held.
    pub fn owed(&self) -> Balance {
        let aside: Balance = self.tasks.values().map(|task| task.reward * Balance::from(task.stock)).sum();
        aside + self.collections.values().map(|collection| collection.held).sum::<Balance>()
    }

    /// Time in existence.
    pub fn supply(&self) -> Balance {
        self.time.iter().sum::<Balance>() + self.owed()
    }

    /// When a window is over: only time outside of pauses counts.
    fn end(&self, from_ms: u64, window_ms: u64) -> u64 {
        let mut end_ms = from_ms + window_ms;
        for (since_ms, until_ms) in &self.pauses {
            if *since_ms < end_ms && *until_ms > from_ms {
                end_ms += until_ms - from_ms.max(*since_ms);
            }
        }
        end_ms
    }

    fn running(&self) -> Outcome {
        let paused = self.pauses.iter().any(|(since_ms, until_ms)| (*since_ms..*until_ms).contains(&self.now_ms));
        check(!paused, Error::Paused)
    }

    pub fn pause(&mut self, ms: u64) -> Outcome {
        let free_ms = self.pauses.last().map_or(0, |(_, until_ms)| until_ms + COOL_DOWN_MS);
        check(self.now_ms >= free_ms, Error::PauseCoolingDown)?;
        self.pauses.push((self.now_ms, self.now_ms + ms));
        Ok(())
    }

    fn cost(&self, amount: Balance, percent: Balance) -> Result<Balance, Error> {
        check(self.now_ms - self.dated_ms <= DAY, Error::SaleClosed)?;
        let below = 100 * Balance::from(self.price);
        Ok((amount * Balance::from(OFFICIAL) * percent).div_ceil(below))
    }

    fn charge(&mut self, who: usize, amount: Balance) -> Outcome {
        self.bzky[who] = self.bzky[who].checked_sub(amount).ok_or(Error::PaymentRefused)?;
        self.burned += amount / 2;
        self.pool += amount - amount / 2;
        Ok(())
    }

    fn mint(&mut self, who: Option<usize>, amount: Balance) {
        self.minted += amount;
        if let Some(who) = who {
            self.time[who] += amount;
        }
    }

    pub fn set_price(&mut self, price: u64) -> Outcome {
        check(self.now_ms > self.dated_ms, Error::BadPriceDate)?;
        let anchor = if self.moved_on == self.day { self.anchor } else { self.price };
        let within = price > 0 && price * 100 >= anchor * 90 && price * 100 <= anchor * 110;
        check(within, Error::PriceOutOfBounds)?;
        (self.price, self.dated_ms, self.anchor, self.moved_on) = (price, self.now_ms, anchor, self.day);
        Ok(())
    }

    pub fn buy(&mut self, who: usize, amount: Balance) -> Outcome {
        self.running()?;
        let cost = self.cost(amount, 90)?;
        let sold = self.sold.entry(self.day).or_default();
        check(*sold + amount <= BZKY_CAP, Error::DailyCap)?;
        *sold += amount;
        self.charge(who, cost)?;
        self.mint(Some(who), amount);
        Ok(())
    }

    pub fn sell(&mut self, payment: u8, to: usize, amount: Balance) -> Outcome {
        check(!self.sales.contains_key(&payment), Error::PaymentUsed)?;
        let booked = self.booked.entry(self.day).or_default();
        check(*booked + amount <= FIAT_CAP, Error::DailyCap)?;
        *booked += amount;
        self.sales.insert(payment, Sale::Pending { to, amount, from_ms: self.now_ms });
        Ok(())
    }

    fn pending(&self, payment: u8) -> Result<(usize, Balance, bool), Error> {
        match self.sales.get(&payment) {
            None => Err(Error::UnknownPayment),
            Some(Sale::Settled) => Err(Error::PaymentSettled),
            Some(Sale::Pending { to, amount, from_ms }) => {
                Ok((*to, *amount, self.now_ms >= self.end(*from_ms, LOCK_MS)))
            }
        }
    }

    pub fn release(&mut self, payment: u8) -> Outcome {
        self.running()?;
        let (to, amount, over) = self.pending(payment)?;
        check(over, Error::WindowOpen)?;
        self.sales.insert(payment, Sale::Settled);
        self.mint(Some(to), amount);
        Ok(())
    }

    pub fn charge_back(&mut self, payment: u8) -> Outcome {
        let (_, _, over) = self.pending(payment)?;
        check(!over, Error::WindowOver)?;
        self.sales.insert(payment, Sale::Settled);
        Ok(())
    }

    /// Brings what a task promises into the contract's hands.
    fn set_aside(&mut self, owner: usize, amount: Balance) -> Outcome {
        if owner < SHOPS {
            self.time[owner] = self.time[owner].checked_sub(amount).ok_or(Error::TimeRefused)?;
            return Ok(());
        }
        self.running()?;
        let cost = self.cost(amount, 100)?;
        self.pool = self.pool.checked_sub(cost).ok_or(Error::PaymentRefused)?;
        self.burned += cost;
        self.mint(None, amount);
        Ok(())
    }

    fn only_owner(who: usize) -> Outcome {
        check(who < SHOPS || who == BIZKEY, Error::NotShop)
    }

    pub fn create_task(&mut self, who: usize, reward: Balance, stock: u32, life_ms: u64) -> Outcome {
        Self::only_owner(who)?;
        self.last_task += 1;
        if who != BIZKEY {
            self.charge(who, FEE)?;
        }
        self.set_aside(who, reward * Balance::from(stock))?;
        let task = Task { owner: who, reward, stock, from_ms: self.now_ms, life_ms, done: BTreeSet::new() };
        self.tasks.insert(self.last_task, task);
        Ok(())
    }

    fn running_task(&self, who: usize, task: u32) -> Result<Task, Error> {
        let found = self.tasks.get(&task).cloned().ok_or(Error::UnknownTask)?;
        check(found.owner == who, Error::NotOwner)?;
        check(self.now_ms < self.end(found.from_ms, found.life_ms), Error::OfferExpired)?;
        Ok(found)
    }

    pub fn restock(&mut self, who: usize, task: u32, more: u32) -> Outcome {
        Self::only_owner(who)?;
        let mut found = self.running_task(who, task)?;
        self.set_aside(who, found.reward * Balance::from(more))?;
        found.stock += more;
        self.tasks.insert(task, found);
        Ok(())
    }

    pub fn fulfil(&mut self, who: usize, task: u32, customer: usize) -> Outcome {
        self.running()?;
        let mut found = self.running_task(who, task)?;
        check(found.stock > 0, Error::OutOfStock)?;
        check(found.done.insert(customer), Error::AlreadyFulfilled)?;
        found.stock -= 1;
        self.time[customer] += found.reward;
        self.tasks.insert(task, found);
        Ok(())
    }

    pub fn close_task(&mut self, who: usize, task: u32) -> Outcome {
        let found = self.tasks.get(&task).cloned().ok_or(Error::UnknownTask)?;
        if self.now_ms < self.end(found.from_ms, found.life_ms) {
            Self::only_owner(who)?;
            check(found.owner == who, Error::NotOwner)?;
        }
        self.tasks.remove(&task);
        if found.owner != BIZKEY {
            self.time[found.owner] += found.reward * Balance::from(found.stock);
        }
        Ok(())
    }

    pub fn create_privilege(&mut self, who: usize, terms: (Balance, u32, u64, u64)) -> Outcome {
        check(who < SHOPS, Error::NotShop)?;
        self.charge(who, FEE)?;
        self.last_privilege += 1;
        self.set_terms(self.last_privilege, who, 1, terms);
        Ok(())
    }

    fn set_terms(&mut self, privilege: u32, shop: usize, version: u32, terms: (Balance, u32, u64, u64)) {
        let (price, stock, life_ms, refund_ms) = terms;
        let record = Privilege { shop, version, price, stock, from_ms: self.now_ms, life_ms, refund_ms };
        self.privileges.insert(privilege, record);
    }

    pub fn change_privilege(&mut self, who: usize, privilege: u32, terms: (Balance, u32, u64, u64)) -> Outcome {
        check(who < SHOPS, Error::NotShop)?;
        let found = self.privileges.get(&privilege).ok_or(Error::UnknownPrivilege)?;
        check(found.shop == who, Error::NotOwner)?;
        let version = found.version + 1;
        self.set_terms(privilege, who, version, terms);
        Ok(())
    }

    pub fn close_privilege(&mut self, who: usize, privilege: u32) -> Outcome {
        let found = self.privileges.get(&privilege).ok_or(Error::UnknownPrivilege)?;
        if self.now_ms < self.end(found.from_ms, found.life_ms) {
            Self::only_owner(who)?;
            check(found.shop == who, Error::NotOwner)?;
        }
        self.privileges.remove(&privilege);
        Ok(())
    }

    /// Whose a task is; the first shop's, if it is over.
    pub fn owner_of(&self, task: u32) -> usize {
        self.tasks.get(&task).map_or(0, |found| found.owner)
    }

    /// Whose a privilege is, likewise.
    pub fn shop_of(&self, privilege: u32) -> usize {
        self.privileges.get(&privilege).map_or(0, |found| found.shop)
    }

    /// Version and price that an honest ticket for a privilege names.
    pub fn terms_of(&self, privilege: u32) -> (u32, Balance) {
        self.privileges.get(&privilege).map_or((1, TOKEN), |found| (found.version, found.price))
    }

    pub fn collect(&mut self, who: usize, number: usize, ticket: &Ticket) -> Outcome {
        self.running()?;
        check(ticket.shop == who, Error::WrongTicket)?;
        let mut found = self.privileges.get(&ticket.privilege).cloned().ok_or(Error::UnknownPrivilege)?;
        check(found.shop == who, Error::NotOwner)?;
        check((found.version, found.price) == (ticket.version, ticket.amount), Error::OtherTerms)?;
        check(self.now_ms < self.end(found.from_ms, found.life_ms), Error::OfferExpired)?;
        check(found.stock > 0, Error::OutOfStock)?;
        check(self.now_ms <= ticket.expires_ms, Error::TicketExpired)?;
        check(!self.collections.contains_key(&number), Error::TicketUsed)?;
        let customer = ticket.customer;
        self.time[customer] = self.time[customer].checked_sub(ticket.amount).ok_or(Error::TimeRefused)?;
        found.stock -= 1;
        let refund_ms = found.refund_ms;
        let held = if refund_ms == 0 { 0 } else { ticket.amount };
        self.privileges.insert(ticket.privilege, found);
        let collection = Collection { shop: who, customer, held, from_ms: self.now_ms, refund_ms };
        self.collections.insert(number, collection);
        Ok(())
    }

    pub fn refund(&mut self, who: usize, number: usize) -> Outcome {
        let found = self.collections.get(&number).cloned().ok_or(Error::UnknownCollection)?;
        check(found.shop == who, Error::NotOwner)?;
        check(self.now_ms < self.end(found.from_ms, found.refund_ms), Error::WindowOver)?;
        check(found.held > 0, Error::NothingHeld)?;
        self.time[found.customer] += found.held;
        self.collections.insert(number, Collection { held: 0, ..found });
        Ok(())
    }

    /// How many are settled of all tickets.
    pub fn settle(&mut self, tickets: &[Ticket]) -> u32 {
        let over: Vec<usize> = self
            .collections
            .iter()
            .filter(|(number, found)| {
                let open = self.now_ms < self.end(found.from_ms, found.refund_ms);
                !open && self.now_ms > tickets[**number].expires_ms
            })
            .map(|(number, _)| *number)
            .collect();
        over.iter().for_each(|number| drop(self.collections.remove(number)));
        over.len() as u32
    }

    /// A gift of Time from a shop to a customer, at `time`.
    pub fn gift(&mut self, from: usize, to: usize, amount: Balance) -> bool {
        let enough = self.time[from] >= amount;
        if enough {
            self.time[from] -= amount;
            self.time[to] += amount;
        }
        enough
    }
}
