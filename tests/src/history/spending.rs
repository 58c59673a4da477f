//! Tasks, privileges, and Time that is sold.

use super::{account, hash, one_for, Contract, Draws, History, CALENDAR};
use bizkey_primitives::{
    events::*,
    hash::blake2x256,
    redemption::{PrivilegeTerms, TaskTerms, PRICE_SCALE},
    AccountId, Balance, Hash, Side, TOKEN,
};
use std::collections::HashSet;

#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    Task,
    Restock,
    Fulfil,
    CloseTask,
    Privilege,
    ChangePrivilege,
    ClosePrivilege,
    Collect,
    Refund,
    Settle,
    Price,
    Sale,
    FiatSale,
    EndFiatSale,
}

impl Deed {
    /// How often each happens in an epoch.
    pub fn counts(receipts: u64, shops: u64) -> Vec<(u64, Deed)> {
        vec![
            (one_for(400, shops), Deed::Task),
            (one_for(4_000, shops), Deed::Restock),
            (one_for(100, receipts), Deed::Fulfil),
            (one_for(1_000, shops), Deed::CloseTask),
            (one_for(400, shops), Deed::Privilege),
            (one_for(2_000, shops), Deed::ChangePrivilege),
            (one_for(1_000, shops), Deed::ClosePrivilege),
            (one_for(100, receipts), Deed::Collect),
            (one_for(2_000, receipts), Deed::Refund),
            (one_for(150, receipts), Deed::Settle),
            (24, Deed::Price),
            (one_for(300, receipts), Deed::Sale),
            (one_for(600, receipts), Deed::FiatSale),
            (one_for(700, receipts), Deed::EndFiatSale),
        ]
    }
}

/// A task or a privilege.
#[derive(Clone, Copy, Debug)]
struct Offered {
    merchant: u32,
    price: Balance,
    stock: u32,
    version: u32,
    refund_ms: u64,
    /// The number of its text.
    text: u64,
    is_open: bool,
}

/// Time that may still go back.
#[derive(Clone, Copy, Debug)]
struct Held {
    ticket: Hash,
    account: AccountId,
    amount: Balance,
}

#[derive(Debug, Default)]
pub(super) struct Spending {
    /// Task t is the one at t - 1; privileges likewise.
    tasks: Vec<Offered>,
    privileges: Vec<Offered>,
    fulfilled: HashSet<(u32, u32)>,
    tickets: u64,
    held: Vec<Held>,
    payments: u64,
    pending: Vec<Hash>,
    texts: u64,
}

impl Spending {
    pub fn tasks(&self) -> u32 {
        self.tasks.len() as u32
    }

    pub fn privileges(&self) -> u32 {
        self.privileges.len() as u32
    }

    /// The hash of the text of some task or privilege.
    pub fn conditions(&self, draws: &mut Draws) -> Hash {
        let those = if draws.once_in(2) { &self.tasks } else { &self.privileges };
        conditions(draws.pick(those).map_or(1, |one| one.text))
    }

    fn new_text(&mut self) -> u64 {
        self.texts += 1;
        self.texts
    }
}

/// Syllables of words.
const SYLLABLES: [&str; 16] =
    ["ba", "co", "di", "fa", "go", "hu", "ka", "lo", "mi", "no", "pe", "ri", "sa", "te", "vu", "wo"];
/// Words, and characters of texts that have no words.
const WORDS: u32 = 4_000;
const CHARACTERS: u32 = 3_000;

/// Some word; a few are in many texts.
pub(super) fn word(draws: &mut Draws) -> String {
    let mut left = draws.skewed(WORDS) as usize + 16;
    let mut word = String::new();
    while left > 0 {
        word.push_str(SYLLABLES[left % 16]);
        left /= 16;
    }
    word
}

/// Chinese characters, likewise; of every second one the next is often the same.
pub(super) fn characters(draws: &mut Draws, count: usize) -> String {
    let pairs = (0..count.div_ceil(2)).flat_map(|_| {
        let first = 0x4e00 + draws.skewed(CHARACTERS);
        let second = 0x4e00 + (first * 7 + draws.below(3)) % CHARACTERS;
        [first, second]
    });
    pairs.take(count).filter_map(char::from_u32).collect()
}

/// A text by its number; every fifth is Chinese.
fn text(number: u64) -> String {
    let mut draws = Draws::new(number);
    if draws.once_in(5) {
        return format!("{}{number}", characters(&mut draws, 40));
    }
    let words: Vec<_> = (0..12 + draws.below(20)).map(|_| word(&mut draws)).collect();
    format!("{} {number}.", words.join(" "))
}

fn conditions(number: u64) -> Hash {
    Hash::from(blake2x256(text(number).as_bytes()))
}

impl History {
    /// The texts whose hashes tasks and privileges name in the end.
    pub fn texts(&self) -> impl Iterator<Item = String> + '_ {
        self.spending.tasks.iter().chain(&self.spending.privileges).map(|one| text(one.text))
    }

    pub(super) fn perform_spending(&mut self, deed: Deed) -> Option<()> {
        let event = match deed {
            Deed::Task => {
                // Every tenth is Bizkey's own.
                let merchant = if self.draws.once_in(10) { 0 } else { self.busy(Side::Merchant) };
                let (price, stock) = (self.price(), 100 + self.draws.below(5_000));
                let text = self.spending.new_text();
                let offered = Offered { merchant, price, stock, version: 1, refund_ms: 0, text, is_open: true };
                self.spending.tasks.push(offered);
                let task = self.spending.tasks();
                let (conditions, expires_ms) = (conditions(text), self.later());
                let terms = TaskTerms { conditions, reward: price, stock, expires_ms };
                Event::TaskCreated(TaskCreated { task, merchant, terms })
            }
            Deed::Restock => {
                let task = open(&self.spending.tasks, &mut self.draws, 0)?;
                let more = self.draws.one_to(100);
                self.spending.tasks[task as usize - 1].stock += more;
                Event::TaskRestocked(TaskRestocked { task, more })
            }
            Deed::Fulfil => {
                let task = open(&self.spending.tasks, &mut self.draws, 1)?;
                let customer = self.busy(Side::Customer);
                if !self.spending.fulfilled.insert((task, customer)) {
                    return None;
                }
                let found = &mut self.spending.tasks[task as usize - 1];
                found.stock -= 1;
                let (reward, account) = (found.price, self.parties.account(Side::Customer, customer));
                self.mint(Contract::Time, account, reward);
                Event::TaskFulfilled(TaskFulfilled { task, customer, account, reward })
            }
            Deed::CloseTask => {
                let task = open(&self.spending.tasks, &mut self.draws, 0)?;
                let found = &mut self.spending.tasks[task as usize - 1];
                found.is_open = false;
                Event::TaskClosed(TaskClosed { task, left: found.price * Balance::from(found.stock) })
            }
            Deed::Privilege | Deed::ChangePrivilege | Deed::ClosePrivilege => self.offer_privilege(deed)?,
            Deed::Collect | Deed::Refund | Deed::Settle => self.spend(deed)?,
            Deed::Price | Deed::Sale | Deed::FiatSale | Deed::EndFiatSale => self.sell_time(deed)?,
        };
        self.emit(Contract::Redemption, event);
        Some(())
    }

    fn offer_privilege(&mut self, deed: Deed) -> Option<Event> {
        if matches!(deed, Deed::ClosePrivilege) {
            let privilege = open(&self.spending.privileges, &mut self.draws, 0)?;
            self.spending.privileges[privilege as usize - 1].is_open = false;
            return Some(Event::PrivilegeClosed(PrivilegeClosed { privilege }));
        }
        let (price, stock) = (self.price(), 100 + self.draws.below(5_000));
        let refund_ms = if self.draws.once_in(2) { 5 * CALENDAR.epoch_ms } else { 0 };
        let text = self.spending.new_text();
        let (expires_ms, conditions) = (self.later(), conditions(text));
        let terms = PrivilegeTerms { conditions, price, stock, expires_ms, opens: 540, closes: 1_200, refund_ms };
        if matches!(deed, Deed::ChangePrivilege) {
            let privilege = open(&self.spending.privileges, &mut self.draws, 0)?;
            let found = &mut self.spending.privileges[privilege as usize - 1];
            let version = found.version + 1;
            *found = Offered { price, stock, version, refund_ms, text, ..*found };
            return Some(Event::PrivilegeChanged(PrivilegeChanged { privilege, version, terms }));
        }
        let merchant = self.busy(Side::Merchant);
        let offered = Offered { merchant, price, stock, version: 1, refund_ms, text, is_open: true };
        self.spending.privileges.push(offered);
        let privilege = self.spending.privileges();
        Some(Event::PrivilegeCreated(PrivilegeCreated { privilege, merchant, terms }))
    }

    fn spend(&mut self, deed: Deed) -> Option<Event> {
        if matches!(deed, Deed::Collect) {
            let privilege = open(&self.spending.privileges, &mut self.draws, 1)?;
            let Offered { merchant, price: amount, refund_ms, .. } = self.spending.privileges[privilege as usize - 1];
            let customer = self.neighbour(merchant);
            let ticket = hash("ticket", self.spending.tickets);
            self.spending.tickets += 1;
            self.spending.privileges[privilege as usize - 1].stock -= 1;
            let held = if refund_ms > 0 { amount } else { 0 };
            let account = self.parties.account(Side::Customer, customer);
            self.spending.held.push(Held { ticket, account, amount: held });
            return Some(Event::TimeCollected(TimeCollected { ticket, merchant, privilege, customer, amount }));
        }
        let at = self.draws.below(self.spending.held.len() as u32) as usize;
        if at >= self.spending.held.len() {
            return None;
        }
        let Held { ticket, account, amount } = self.spending.held.swap_remove(at);
        Some(match deed {
            Deed::Refund if amount > 0 => Event::CollectionRefunded(CollectionRefunded { ticket, account, amount }),
            _ => Event::CollectionSettled(CollectionSettled { ticket, burned: amount }),
        })
    }

    fn sell_time(&mut self, deed: Deed) -> Option<Event> {
        let amount = self.price();
        Some(match deed {
            Deed::Price => {
                let price = 40 * PRICE_SCALE + u64::from(self.draws.below(1_000_000));
                let dated_ms = self.now_ms;
                if self.draws.once_in(100) || self.spending.payments == 0 {
                    Event::BzkyPriceAnchored(BzkyPriceAnchored { price })
                } else {
                    Event::BzkyPriceSet(BzkyPriceSet { price, dated_ms })
                }
            }
            Deed::Sale => {
                let buyer = self.busy_account(Side::Customer);
                Event::TimeSold(TimeSold { buyer, amount, paid: amount * 2 })
            }
            Deed::FiatSale => {
                let payment = hash("payment", self.spending.payments);
                self.spending.payments += 1;
                self.spending.pending.push(payment);
                let (to, paid) = (self.busy_account(Side::Customer), (amount / TOKEN * 100) as u64);
                Event::FiatSaleBooked(FiatSaleBooked { payment, to, paid, amount })
            }
            _ => {
                let payment = self.spending.pending.pop()?;
                if self.draws.once_in(20) {
                    Event::FiatSaleChargedBack(FiatSaleChargedBack { payment })
                } else {
                    Event::FiatSaleReleased(FiatSaleReleased { payment })
                }
            }
        })
    }

    fn price(&mut self) -> Balance {
        TOKEN * Balance::from(self.draws.one_to(100))
    }

    fn later(&self) -> u64 {
        self.now_ms + 60 * CALENDAR.epoch_ms
    }
}

/// The number of one that is open and has this stock at least, if the draw finds one.
fn open(those: &[Offered], draws: &mut Draws, stock: u32) -> Option<u32> {
    let at = draws.below(those.len() as u32);
    those.get(at as usize).filter(|one| one.is_open && one.stock >= stock).map(|_| at + 1)
}

/// An account that trades, by its number.
pub(super) fn trader(number: u32) -> AccountId {
    account("trader", u64::from(number))
}
