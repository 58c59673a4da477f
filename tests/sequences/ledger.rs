//! What the events say, kept by hand: balances, lowest balances of each day,
//! what every epoch paid. The contracts' storage is held against it.

use bizkey_client::ContractKind;
use bizkey_primitives::{events::Event, AccountId, Balance, Epoch, Side};
use std::collections::{BTreeMap, BTreeSet};

/// An account's balance, and the lowest and last one of each day on which it
/// changed. A day is an epoch's stamp: the epoch and 1, or 0 before epoch 0.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub balance: Balance,
    days: Vec<(u32, Balance, Balance)>,
}

impl History {
    fn set(&mut self, day: u32, balance: Balance) {
        match self.days.last_mut() {
            Some((last, low, close)) if *last == day => {
                *low = (*low).min(balance);
                *close = balance;
            }
            _ => self.days.push((day, balance.min(self.balance), balance)),
        }
        self.balance = balance;
    }

    /// The lowest balance of a day, opening included.
    pub fn low_on(&self, day: u32) -> Balance {
        match self.days.iter().rev().find(|(at, _, _)| *at <= day) {
            Some((at, low, _)) if *at == day => *low,
            Some((_, _, close)) => *close,
            None => 0,
        }
    }
}

/// Accounts of one token, or of the deposits.
#[derive(Clone, Debug, Default)]
pub struct Accounts(pub BTreeMap<AccountId, History>);

impl Accounts {
    pub fn of(&self, account: AccountId) -> Balance {
        self.0.get(&account).map_or(0, |history| history.balance)
    }

    pub fn low_on(&self, account: AccountId, day: u32) -> Balance {
        self.0.get(&account).map_or(0, |history| history.low_on(day))
    }

    /// Takes over a balance from before the books were opened.
    pub fn open(&mut self, account: AccountId, day: u32, balance: Balance) {
        // It was there all day: what it was at its lowest before, nobody asks.
        self.0.insert(account, History { balance, days: vec![(day, balance, balance)] });
    }

    pub fn sum(&self) -> Balance {
        self.0.values().map(|history| history.balance).sum()
    }

    fn add(&mut self, account: AccountId, day: u32, amount: Balance) {
        let history = self.0.entry(account).or_default();
        history.set(day, history.balance + amount);
    }

    fn take(&mut self, account: AccountId, day: u32, amount: Balance) {
        let history = self.0.entry(account).or_default();
        let left = history.balance.checked_sub(amount).expect("an event moves no more than there is");
        history.set(day, left);
    }
}

/// All that was said.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub bzky: Accounts,
    pub time: Accounts,
    pub deposits: Accounts,
    /// Bzky destroyed.
    pub burned: Balance,
    /// Time minted for receipts, by epoch, and for other causes.
    pub rewarded: BTreeMap<Epoch, Balance>,
    pub minted: Balance,
    /// Paid by each side and epoch, deferred rewards when they are paid.
    pub paid: BTreeMap<(Side, Epoch), Balance>,
    /// Leaves that were spent.
    pub spent: BTreeSet<(Side, Epoch, u32)>,
    /// Deferred and not paid yet.
    pub deferred: BTreeMap<(Epoch, u32), Balance>,
    /// What came into the pool from elsewhere.
    pub into_pool: Balance,
}

impl Ledger {
    /// Books one event. `day` is the stamp of the present epoch.
    pub fn book(&mut self, day: u32, vault: AccountId, rewards: AccountId, kind: ContractKind, event: &Event) {
        match (kind, event) {
            (ContractKind::Bzky, Event::Transfer(moved)) => {
                match moved.from {
                    Some(from) => self.bzky.take(from, day, moved.value),
                    None => panic!("Bzky is made once, at issue"),
                }
                match moved.to {
                    Some(to) => self.bzky.add(to, day, moved.value),
                    None => self.burned += moved.value,
                }
                if moved.to == Some(vault) && moved.from != Some(rewards) {
                    self.into_pool += moved.value;
                }
            }
            (ContractKind::Time, Event::Transfer(moved)) => {
                if let Some(from) = moved.from {
                    self.time.take(from, day, moved.value);
                }
                if let Some(to) = moved.to {
                    self.time.add(to, day, moved.value);
                }
            }
            (ContractKind::Time, Event::TimeMinted(minted)) => self.minted += minted.amount,
            (_, Event::RewardsPaid(paid)) => {
                for reward in &paid.rewards {
                    let spent = self.spent.insert((paid.side, paid.epoch, reward.index));
                    assert!(spent, "{:?} {} of epoch {} is paid twice", paid.side, reward.index, paid.epoch);
                    *self.paid.entry((paid.side, paid.epoch)).or_default() += reward.amount;
                    if paid.side == Side::Customer {
                        *self.rewarded.entry(paid.epoch).or_default() += reward.amount;
                    }
                }
            }
            (_, Event::RewardDeferred(deferred)) => {
                let before = self.deferred.insert((deferred.epoch, deferred.index), deferred.amount);
                assert_eq!(before, None, "a reward is deferred once");
            }
            (_, Event::DeferredRewardPaid(paid)) => {
                let left = self.deferred.get_mut(&(paid.epoch, paid.index)).expect("it was deferred");
                *left = left.checked_sub(paid.amount).expect("no more is paid than was deferred");
                *self.paid.entry((Side::Merchant, paid.epoch)).or_default() += paid.amount;
            }
            (_, Event::DepositLocked(deposit)) => self.deposits.add(deposit.depositor, day, deposit.amount),
            (_, Event::DepositReleased(deposit)) => self.deposits.take(deposit.depositor, day, deposit.amount),
            (_, Event::DepositPenalised(deposit)) => self.deposits.take(deposit.depositor, day, deposit.amount),
            (_, Event::DepositSeized(deposit)) => self.deposits.take(deposit.depositor, day, deposit.amount),
            (_, Event::DepositorChanged(change)) => {
                self.deposits.take(change.before, day, change.amount);
                self.deposits.add(change.account, day, change.amount);
            }
            _ => {}
        }
    }
}
