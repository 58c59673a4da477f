//! The words of architecture.md about an epoch, as a plain model: one window,
//! a dispute, a second round, turns, and where every token is.

use super::stage::tokens;
use bizkey_primitives::{
    errors::rewards::Error,
    report::{Bond, EpochState, Report},
    Balance, Epoch, Side,
};
use bizkey_tests::{world::report, Sandbox, Tree, DAY, WINDOW};
use std::collections::{BTreeMap, BTreeSet};

/// Epochs that are played: in month 2, so that scores and holdings are paid.
pub const FIRST: Epoch = 30;
pub const EPOCHS: Epoch = 3;
/// Shops and customers; a report may name more.
pub const PARTIES: u32 = 3;
pub const REQUIRED: Balance = tokens(100) + 1;
pub const DISPUTE: Balance = tokens(40) + 1;
/// Little enough to be used up by three epochs.
pub const POOL: Balance = tokens(550) + 7;

/// What a committee can say of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    pub merchants: u32,
    pub customers: u32,
    pub scores: bool,
    pub holdings: bool,
    /// Its sum of scores is not its tree's.
    pub is_false: bool,
}

pub const SAYINGS: [Said; 5] = [
    Said { merchants: 3, customers: 3, scores: true, holdings: true, is_false: false },
    Said { merchants: 5, customers: 1, scores: true, holdings: false, is_false: false },
    Said { merchants: 1, customers: 0, scores: false, holdings: true, is_false: false },
    Said { merchants: 2, customers: 2, scores: true, holdings: true, is_false: true },
    Said { merchants: 1, customers: 3, scores: false, holdings: false, is_false: true },
];

impl Said {
    pub fn merchants(&self, network: &Sandbox, epoch: Epoch) -> Tree {
        let leaf = |index| (index, u128::from(self.scores), u128::from(self.holdings));
        network.tree(Side::Merchant, epoch, &(1..=self.merchants).map(leaf).collect::<Vec<_>>())
    }

    pub fn report(&self, network: &Sandbox, epoch: Epoch) -> Report {
        let customers: Vec<_> = (1..=self.customers).map(|index| (index, u128::from(self.scores), 0)).collect();
        let customers = network.tree(Side::Customer, epoch, &customers);
        let mut report = report(&self.merchants(network, epoch), &customers);
        report.merchants.sum_v1 += u128::from(self.is_false);
        report
    }
}

/// A message, or time that passes.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    Wait(u64),
    Vote(usize, Epoch, usize),
    Bond(usize),
    Unbond(usize),
    Withdraw(usize),
    Dispute(Epoch),
    Decide(Epoch, bool),
    Challenge(Epoch),
    Finalise(Epoch),
    Void(Epoch),
    Claim(Epoch, u32),
    Expire(Epoch),
}

/// An epoch in plain words: E and what is reserved of it, by side.
#[derive(Clone, Copy, Debug)]
pub struct Day {
    pub state: EpochState,
    pub round: u8,
    pub since: u64,
    pub said: Option<Said>,
    pub emission: [Balance; 2],
    pub reserved: [Balance; 2],
    pub paid: Balance,
}

#[derive(Debug)]
pub struct Model {
    pub now: u64,
    pub genesis: u64,
    pub next: Epoch,
    pub days: BTreeMap<Epoch, Day>,
    pub votes: BTreeMap<(Epoch, u8, usize), Said>,
    pub disputed: BTreeSet<(Epoch, u8)>,
    pub claimed: BTreeSet<(Epoch, u32)>,
    pub bonds: [Bond; 3],
    pub wallets: [Balance; 3],
    pub disputer: Balance,
    pub hunter: Balance,
    pub vault: Balance,
    pub held: Balance,
    pub burned: Balance,
    pub customer_reserved: Balance,
}

pub type Answer = Result<(), Error>;

impl Model {
    fn open_round(&self, epoch: Epoch) -> Result<u8, Error> {
        match self.days.get(&epoch) {
            None => Ok(0),
            Some(day) if day.state == EpochState::Open => Ok(day.round),
            Some(_) => Err(Error::ReportsClosed),
        }
    }

    fn vote(&mut self, member: usize, epoch: Epoch, said: Said) -> Answer {
        let round = self.open_round(epoch)?;
        // Anybody could void it: a bond behind it may be gone by now.
        if round > 0 && self.now >= self.days[&epoch].since + 7 * DAY {
            return Err(Error::ReportsClosed);
        }
        if self.bonds[member].amount < REQUIRED || self.bonds[member].leaving_ms != 0 {
            return Err(Error::NotBonded);
        }
        if self.votes.get(&(epoch, round, member)) == Some(&said) {
            return Err(Error::AlreadyReported);
        }
        self.bonds[member].reported = self.bonds[member].reported.max(epoch + 1);
        self.votes.insert((epoch, round, member), said);
        if self.voters(epoch, round, said).len() >= 2 {
            let blank = Day {
                state: EpochState::Pending,
                round,
                since: 0,
                said: None,
                emission: [0; 2],
                reserved: [0; 2],
                paid: 0,
            };
            let day = self.days.entry(epoch).or_insert(blank);
            (day.state, day.since, day.said) = (EpochState::Pending, self.now, Some(said));
        }
        Ok(())
    }

    fn voters(&self, epoch: Epoch, round: u8, said: Said) -> Vec<usize> {
        (0..3).filter(|member| self.votes.get(&(epoch, round, *member)) == Some(&said)).collect()
    }

    fn bond(&mut self, member: usize) -> Answer {
        if self.wallets[member] < REQUIRED {
            return Err(Error::PaymentRefused);
        }
        self.wallets[member] -= REQUIRED;
        self.held += REQUIRED;
        self.bonds[member].amount += REQUIRED;
        self.bonds[member].leaving_ms = 0;
        Ok(())
    }

    fn unbond(&mut self, member: usize) -> Answer {
        let bond = &mut self.bonds[member];
        if bond.amount == 0 {
            return Err(Error::NoBond);
        }
        if bond.leaving_ms == 0 {
            if bond.reported > self.next {
                return Err(Error::ReportsUnsettled);
            }
            bond.leaving_ms = self.now;
        }
        Ok(())
    }

    fn withdraw(&mut self, member: usize) -> Answer {
        let bond = self.bonds[member];
        if bond.leaving_ms == 0 {
            return Err(Error::NoBond);
        }
        if self.now < bond.leaving_ms + 21 * DAY + 2 * WINDOW {
            return Err(Error::BondLocked);
        }
        self.bonds[member] = Bond::default();
        self.wallets[member] += bond.amount;
        self.held -= bond.amount;
        Ok(())
    }

    fn dispute(&mut self, epoch: Epoch) -> Answer {
        let now = self.now;
        let day = self.days.get_mut(&epoch).filter(|day| day.state == EpochState::Pending).ok_or(Error::NotPending)?;
        if now >= day.since + WINDOW {
            return Err(Error::WindowOver);
        }
        if !self.disputed.insert((epoch, day.round)) {
            return Err(Error::AlreadyDisputed);
        }
        (day.state, day.since) = (EpochState::Disputed, now);
        self.disputer -= DISPUTE;
        self.held += DISPUTE;
        Ok(())
    }

    fn decide(&mut self, epoch: Epoch, upheld: bool) -> Answer {
        let now = self.now;
        let day =
            self.days.get_mut(&epoch).filter(|day| day.state == EpochState::Disputed).ok_or(Error::NotDisputed)?;
        if now >= day.since + 14 * DAY {
            return Err(Error::DecisionOverdue);
        }
        if upheld {
            let reward = self.strike(epoch);
            self.disputer += reward;
        } else {
            (day.state, day.since) = (EpochState::Pending, now);
            self.held -= DISPUTE;
            self.burned += DISPUTE;
        }
        Ok(())
    }

    fn challenge(&mut self, epoch: Epoch) -> Answer {
        let under = |day: &&Day| matches!(day.state, EpochState::Pending | EpochState::Disputed);
        let day = self.days.get(&epoch).filter(under).ok_or(Error::NotPending)?;
        if !day.said.is_some_and(|said| said.is_false) {
            return Err(Error::NoViolation);
        }
        let reward = self.strike(epoch);
        self.hunter += reward;
        Ok(())
    }

    /// Takes a report away; returns the reward.
    fn strike(&mut self, epoch: Epoch) -> Balance {
        let mut day = self.days[&epoch];
        let mut slashed = 0;
        for member in self.voters(epoch, day.round, day.said.expect("a report")) {
            slashed += self.bonds[member].amount;
            self.bonds[member] = Bond::default();
        }
        self.held -= slashed;
        self.burned += slashed - slashed / 2;
        let disputed = day.state == EpochState::Disputed;
        if disputed {
            self.held -= DISPUTE;
            self.disputer += DISPUTE;
        }
        if day.round == 1 || disputed && self.now >= day.since + 14 * DAY {
            self.void(epoch);
        } else {
            (day.state, day.round, day.since) = (EpochState::Open, 1, self.now);
            day.emission = day.reserved;
            self.days.insert(epoch, day);
        }
        slashed / 2
    }

    fn void(&mut self, epoch: Epoch) {
        let round = self.days.get(&epoch).map_or(0, |day| day.round);
        let blank = Day {
            state: EpochState::Void,
            round,
            since: self.now,
            said: None,
            emission: [0; 2],
            reserved: [0; 2],
            paid: 0,
        };
        self.reserve(epoch, blank);
    }

    /// Stores a day; the difference of what it reserves moves.
    fn reserve(&mut self, epoch: Epoch, day: Day) {
        let before = self.days.insert(epoch, day).map_or([0; 2], |before| before.reserved);
        self.vault = self.vault + before[0] - day.reserved[0];
        self.held = self.held + day.reserved[0] - before[0];
        self.customer_reserved = self.customer_reserved + day.reserved[1] - before[1];
    }

    fn turn(&self, epoch: Epoch) -> Result<bool, Error> {
        if epoch > self.next {
            return Err(Error::EarlierEpochOpen);
        }
        Ok(epoch == self.next)
    }

    fn finalise(&mut self, epoch: Epoch) -> Answer {
        let is_now = self.turn(epoch)?;
        let mut day = *self.days.get(&epoch).ok_or(Error::NotPending)?;
        match (day.state, is_now) {
            (EpochState::Pending, _) if self.now < day.since + WINDOW => return Err(Error::WindowOpen),
            (EpochState::Pending, _) => (day.state, day.since) = (EpochState::Final, self.now),
            (EpochState::Disputed, true) => {}
            (EpochState::Void, true) => {
                self.next += 1;
                return Ok(());
            }
            _ => return Err(Error::NotPending),
        }
        let said = day.said.expect("a report");
        // 100 Bzky a shop and 10 Time a customer, of those that had receipts.
        let most = if is_now { [self.vault, Balance::MAX] } else { day.emission };
        let quota = [tokens(100) * u128::from(said.merchants.min(PARTIES)), tokens(10) * u128::from(said.customers)];
        day.emission = [quota[0].min(most[0]), quota[1].min(most[1])];
        let lost = |share: u128, any: bool| if any { 0 } else { day.emission[0] * share / 100 };
        day.reserved = [
            day.emission[0] - lost(90, said.scores || said.is_false) - lost(10, said.holdings),
            if said.scores { day.emission[1] } else { 0 },
        ];
        self.next += u32::from(is_now);
        self.reserve(epoch, day);
        Ok(())
    }

    fn void_overdue(&mut self, epoch: Epoch) -> Answer {
        let deadline = match self.days.get(&epoch) {
            None => self.genesis + u64::from(epoch + 1) * DAY + 7 * DAY,
            Some(day) if day.state == EpochState::Open => day.since + 7 * DAY,
            Some(day) if day.state == EpochState::Disputed => day.since + 14 * DAY,
            Some(_) => return Err(Error::ReportsClosed),
        };
        let is_now = self.turn(epoch)?;
        if self.now < deadline {
            return Err(Error::NotOverdue);
        }
        self.next += u32::from(is_now);
        if self.days.get(&epoch).is_some_and(|day| day.state == EpochState::Disputed) {
            self.held -= DISPUTE;
            self.disputer += DISPUTE / 2;
            self.burned += DISPUTE - DISPUTE / 2;
        }
        self.void(epoch);
        Ok(())
    }

    fn claim(&mut self, epoch: Epoch, position: u32) -> Answer {
        let mut day = *self.final_day(epoch)?;
        if self.now >= day.since + 400 * DAY {
            return Err(Error::ClaimsExpired);
        }
        let said = day.said.expect("a report");
        let position = position % said.merchants;
        if said.is_false {
            return Err(Error::BadProof);
        }
        if self.claimed.contains(&(epoch, position)) {
            return Err(Error::AlreadyClaimed);
        }
        if position >= PARTIES {
            return Err(Error::UnknownParty);
        }
        self.claimed.insert((epoch, position));
        let part = |share: u128, any: bool| {
            if any {
                day.emission[0] * share / (100 * u128::from(said.merchants))
            } else {
                0
            }
        };
        let amount = part(90, said.scores) + part(10, said.holdings);
        day.paid += amount;
        self.held -= amount;
        self.days.insert(epoch, day);
        Ok(())
    }

    fn final_day(&self, epoch: Epoch) -> Result<&Day, Error> {
        self.days.get(&epoch).filter(|day| day.state == EpochState::Final).ok_or(Error::NotFinal)
    }

    fn expire(&mut self, epoch: Epoch) -> Answer {
        let mut day = *self.final_day(epoch)?;
        if self.now < day.since + 400 * DAY {
            return Err(Error::ClaimsOpen);
        }
        if day.reserved == [day.paid, 0] {
            return Err(Error::ClaimsExpired);
        }
        day.reserved = [day.paid, 0];
        self.reserve(epoch, day);
        Ok(())
    }

    pub fn answer(&mut self, action: Action) -> Answer {
        match action {
            Action::Wait(ms) => {
                self.now += ms;
                Ok(())
            }
            Action::Vote(member, epoch, said) => self.vote(member, epoch, SAYINGS[said]),
            Action::Bond(member) => self.bond(member),
            Action::Unbond(member) => self.unbond(member),
            Action::Withdraw(member) => self.withdraw(member),
            Action::Dispute(epoch) => self.dispute(epoch),
            Action::Decide(epoch, upheld) => self.decide(epoch, upheld),
            Action::Challenge(epoch) => self.challenge(epoch),
            Action::Finalise(epoch) => self.finalise(epoch),
            Action::Void(epoch) => self.void_overdue(epoch),
            Action::Claim(epoch, at) => self.claim(epoch, at),
            Action::Expire(epoch) => self.expire(epoch),
        }
    }
}
