//! Deposits by their plain definition: a list of them, who has what, what is
//! pledged until when, and every amount that an account ever had locked.

use super::stage::ANSWERS;
use bizkey_primitives::{Balance, Epoch};
use bizkey_tests::sandbox::PENALTY_WINDOW;
use std::collections::{BTreeMap, BTreeSet};

/// Who takes part: the shop, the neighbour, and the agent.
pub const PARTIES: usize = 3;
pub const AGENT: usize = 2;
/// The first two are the shop's, the others the neighbour's.
pub const DEVICES: usize = 4;

/// An account: a party's first, second and so on.
pub type Account = (usize, usize);

pub struct Lock {
    pub device: usize,
    pub account: Account,
    pub amount: Balance,
    pub releasable_ms: Option<u64>,
    /// Numbers that its terminal had, and until when it answers for them.
    answers: BTreeMap<usize, u64>,
}

impl Lock {
    /// From when on it may go back: after its return's window, and once it
    /// answers for no number that its terminal had before.
    fn free_ms(&self) -> Option<u64> {
        let answers = self.answers.values().copied();
        self.releasable_ms.map(|releasable_ms| answers.fold(releasable_ms, u64::max))
    }
}

#[derive(Default)]
pub struct Model {
    pub now_ms: u64,
    pub stamp: u32,
    pub locks: Vec<Lock>,
    /// How many accounts a party has had, less the first.
    pub moves: [usize; PARTIES],
    pub free: BTreeMap<Account, Balance>,
    /// What was paid to beneficiary, vault and board.
    pub taken: [Balance; 3],
    pub offers: BTreeMap<usize, usize>,
    pub agents: [Option<Account>; DEVICES],
    pub stopped: BTreeSet<usize>,
    /// When a party last had another account: at most once an epoch.
    pub moved: [Option<u32>; PARTIES],
    pledges: BTreeMap<Account, Vec<(Epoch, Balance)>>,
    history: BTreeMap<Account, Vec<(u32, Balance)>>,
}

impl Model {
    pub fn present(&self, party: usize) -> Account {
        (party, self.moves[party])
    }

    fn at(&self, device: usize) -> Option<usize> {
        self.locks.iter().position(|lock| lock.device == device)
    }

    pub fn lock_of(&self, device: usize) -> Option<&Lock> {
        self.at(device).map(|position| &self.locks[position])
    }

    pub fn balance(&self, account: Account) -> Balance {
        self.locks.iter().filter(|lock| lock.account == account).map(|lock| lock.amount).sum()
    }

    fn live(&self, account: Account, at: Epoch) -> Balance {
        let pledges = self.pledges.get(&account).into_iter().flatten();
        pledges.filter(|(until, _)| *until >= at).map(|(_, amount)| amount).sum()
    }

    pub fn pledged(&self, account: Account) -> Balance {
        self.live(account, self.stamp - 1).min(self.balance(account))
    }

    /// Notes what an account has locked now.
    fn book(&mut self, account: Account) {
        let balance = self.balance(account);
        self.history.entry(account).or_default().push((self.stamp, balance));
    }

    /// Gives a deposit, with all that its account pledged, to the account that
    /// its party has now.
    fn follow(&mut self, position: usize) {
        let before = self.locks[position].account;
        let account = self.present(before.0);
        if before != account {
            self.locks[position].account = account;
            self.book(before);
            self.book(account);
            let moved = self.pledges.remove(&before).unwrap_or_default();
            self.pledges.entry(account).or_default().extend(moved);
        }
    }

    fn may_lock(&self, party: usize, device: usize) -> bool {
        device / 2 == party || party == AGENT && self.agents[device] == Some(self.present(AGENT))
    }

    /// Whether a deposit that a device had lies elsewhere.
    fn moved(&self, device: usize) -> bool {
        self.locks.iter().any(|lock| lock.answers.contains_key(&device))
    }

    fn in_use(&self, device: usize) -> Option<usize> {
        self.at(device).filter(|position| self.locks[*position].releasable_ms.is_none())
    }

    pub fn lock(&mut self, party: usize, device: usize, amount: Balance) -> bool {
        let account = self.present(party);
        let free = self.free.get(&account).copied().unwrap_or(0);
        if amount == 0 || amount > free || !self.may_lock(party, device) {
            return false;
        }
        match self.at(device) {
            Some(position) => {
                let lock = &self.locks[position];
                if lock.releasable_ms.is_some() || lock.account.0 != party {
                    return false;
                }
                self.follow(position);
                self.locks[position].amount += amount;
            }
            None if self.moved(device) => return false,
            None => {
                self.locks.push(Lock { device, account, amount, releasable_ms: None, answers: BTreeMap::new() });
            }
        }
        self.free.insert(account, free - amount);
        self.book(account);
        true
    }

    pub fn offer(&mut self, party: usize, device: usize, to: Option<usize>) -> bool {
        let Some(position) = self.in_use(device) else { return false };
        if self.locks[position].account.0 != party || to == Some(device) {
            return false;
        }
        self.follow(position);
        match to {
            Some(to) => self.offers.insert(device, to),
            None => self.offers.remove(&device),
        };
        true
    }

    pub fn give_back(&mut self, device: usize) -> bool {
        let Some(position) = self.in_use(device) else { return false };
        if !self.stopped.contains(&device) {
            return false;
        }
        self.locks[position].releasable_ms = Some(self.now_ms + PENALTY_WINDOW);
        self.offers.remove(&device);
        true
    }

    pub fn transfer(&mut self, device: usize, to: usize) -> bool {
        let Some(position) = self.in_use(device) else { return false };
        if self.offers.get(&device) != Some(&to) || !self.stopped.contains(&device) {
            return false;
        }
        if self.at(to).is_some() {
            if self.in_use(to).is_none() {
                return false;
            }
            self.follow(position);
            return self.give_back(device);
        }
        if !self.may_lock(self.locks[position].account.0, to) || self.moved(to) {
            return false;
        }
        self.follow(position);
        let lock = &mut self.locks[position];
        lock.device = to;
        lock.answers.insert(device, self.now_ms + ANSWERS);
        self.offers.remove(&device);
        true
    }

    pub fn release(&mut self, device: usize) -> bool {
        let Some(position) = self.at(device) else { return false };
        let free_ms = self.locks[position].free_ms();
        let Lock { account, amount, .. } = self.locks[position];
        let present = self.present(account.0);
        // As it would be once the deposit has followed.
        let (mut locked, mut pledged) = (self.balance(present), self.live(present, self.stamp - 1));
        if account != present {
            locked += amount;
            pledged += self.live(account, self.stamp - 1);
        }
        let covered = amount <= locked.saturating_sub(pledged.min(locked));
        if free_ms.is_none_or(|ms| self.now_ms < ms) || !self.stopped.contains(&device) || !covered {
            return false;
        }
        self.follow(position);
        self.locks.remove(position);
        self.offers.remove(&device);
        *self.free.entry(present).or_default() += amount;
        self.book(present);
        true
    }

    /// The deposit that answers for a device.
    fn answering(&self, device: usize) -> Option<usize> {
        self.locks.iter().position(|lock| {
            lock.device == device || lock.answers.get(&device).is_some_and(|until_ms| self.now_ms < *until_ms)
        })
    }

    /// A penalty: what is taken, of which up to `first` goes to the
    /// beneficiary, but nothing of an agent's.
    pub fn penalise(&mut self, device: usize, amount: Balance, first: Balance) -> Balance {
        let depositor = self.answering(device).map(|position| self.locks[position].account);
        let first = if depositor.is_some_and(|account| account.0 == AGENT) { 0 } else { first };
        let taken = self.take(device, amount);
        self.taken[0] += taken.min(first);
        self.taken[1] += taken - taken.min(first);
        taken
    }

    /// What is taken for a device, out of the deposit that answers for it.
    pub fn take(&mut self, device: usize, amount: Balance) -> Balance {
        let Some(position) = self.answering(device) else { return 0 };
        let Lock { account, amount: locked, device: holder, .. } = self.locks[position];
        let taken = amount.min(locked);
        if taken > 0 {
            self.locks[position].amount -= taken;
            if taken == locked {
                self.locks.remove(position);
                self.offers.remove(&holder);
            }
            self.book(account);
        }
        taken
    }

    pub fn follow_device(&mut self, device: usize) -> bool {
        let position = self.at(device);
        if let Some(position) = position {
            self.follow(position);
        }
        position.is_some()
    }

    pub fn pledge(&mut self, account: Account, amount: Balance, until: Epoch) -> Balance {
        let today = self.stamp - 1;
        let amount = amount.min(self.balance(account).saturating_sub(self.live(account, today)));
        if until < today {
            return 0;
        }
        self.pledges.entry(account).or_default().push((until, amount));
        amount
    }

    /// The lowest of what was locked as the epoch opened and of what was in it.
    pub fn low(&self, account: Account, epoch: Epoch) -> Balance {
        let stamp = epoch + 1;
        let history = self.history.get(&account).map_or(&[][..], Vec::as_slice);
        let opened = history.iter().rev().find(|(at, _)| *at < stamp).map_or(0, |(_, balance)| *balance);
        history.iter().filter(|(at, _)| *at == stamp).map(|(_, balance)| *balance).fold(opened, Balance::min)
    }

    /// The last of an account's epochs with a change up to this one; the first
    /// one where there is none.
    pub fn index(&self, account: Account, epoch: Epoch) -> u32 {
        let history = self.history.get(&account).into_iter().flatten();
        let stamps: BTreeSet<u32> = history.map(|(at, _)| *at).filter(|at| *at <= epoch + 1).collect();
        u32::try_from(stamps.len().saturating_sub(1)).unwrap()
    }
}
