//! Reports, rewards, debts.

use super::{account, hash, one_for, treasury, Contract, History};
use bizkey_primitives::{
    events::*,
    report::{Payout, Report, SideReport},
    AccountId, Balance, Epoch, Side, TOKEN,
};
use std::collections::{BTreeMap, VecDeque};

/// Members of the committee.
const MEMBERS: u64 = 5;
/// Rewards of one event, and of one block.
const REWARDS_AN_EVENT: usize = 100;
const REWARDS_A_BLOCK: usize = 1_000;

#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    Debt(Side),
    PayDebt,
    PayDeferred,
}

impl Deed {
    /// How often each happens in an epoch.
    pub fn counts(shops: u64) -> Vec<(u64, Deed)> {
        vec![
            (one_for(2_000, shops), Deed::Debt(Side::Merchant)),
            (one_for(2_000, shops), Deed::Debt(Side::Customer)),
            (one_for(1_500, shops), Deed::PayDebt),
            (one_for(400, shops), Deed::PayDeferred),
        ]
    }
}

/// What becomes of an epoch's first report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Final,
    Dismissed,
    Struck,
    Void,
}

impl Fate {
    fn of(epoch: Epoch) -> Self {
        match (epoch % 7, epoch % 29) {
            (2, _) => Fate::Dismissed,
            (4, _) => Fate::Struck,
            (_, 6) => Fate::Void,
            _ => Fate::Final,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Rewards {
    /// Epochs that are reported and not final, with whom they pay.
    waiting: VecDeque<(Epoch, Vec<u32>, Vec<u32>)>,
    debts: BTreeMap<(Side, u32), Balance>,
    deferred: Vec<(Epoch, u32, Balance)>,
}

impl History {
    /// The committee reports the epoch that is over; the one before is paid.
    pub(super) fn settle_epochs(&mut self) {
        let Some(over) = self.epoch().checked_sub(1) else {
            let members = (0..MEMBERS).map(member).collect();
            let event = CommitteeChanged { from_epoch: 0, members };
            return self.emit(Contract::Rewards, Event::CommitteeChanged(event));
        };
        if let Some((epoch, sellers, buyers)) = self.rewards.waiting.pop_front() {
            self.pay_epoch(epoch, &sellers, &buyers);
        }
        let sellers: Vec<u32> = std::mem::take(&mut self.trade.sellers).into_iter().collect();
        let buyers: Vec<u32> = std::mem::take(&mut self.trade.buyers).into_iter().collect();
        self.report(over, &sellers, &buyers);
        if Fate::of(over) != Fate::Void {
            self.rewards.waiting.push_back((over, sellers, buyers));
        }
        self.close_block();
    }

    fn report(&mut self, epoch: Epoch, sellers: &[u32], buyers: &[u32]) {
        let side = |those: &[u32]| SideReport {
            root: hash("root", u64::from(epoch)),
            count: those.len() as u32,
            sum_v1: 1_000_000_000_000_000_000 * those.len() as u128,
            sum_v2: TOKEN * those.len() as u128,
        };
        let (merchants, customers) = (side(sellers), SideReport { sum_v2: 0, ..side(buyers) });
        let report = Report { algorithm_version: self.algorithm_from(epoch), merchants, customers };
        let challenger = account("challenger", 0);
        let fate = Fate::of(epoch);
        for round in 0..if matches!(fate, Fate::Struck | Fate::Void) { 2 } else { 1 } {
            for number in 0..MEMBERS / 2 + 1 {
                let event = ReportSubmitted { epoch, round, member: member(number), report };
                self.emit(Contract::Rewards, Event::ReportSubmitted(event));
            }
            self.emit(Contract::Rewards, Event::ReportPending(ReportPending { epoch, round, report }));
            let stands = match fate {
                Fate::Final => continue,
                Fate::Dismissed => true,
                Fate::Struck => round == 1,
                Fate::Void => false,
            };
            if stands && round == 1 {
                continue;
            }
            let (disputer, bond, upheld) = (challenger, 1_000 * TOKEN, !stands);
            self.emit(Contract::Rewards, Event::ReportDisputed(ReportDisputed { epoch, round, disputer, bond }));
            self.emit(Contract::Rewards, Event::DisputeDecided(DisputeDecided { epoch, round, upheld }));
            if upheld {
                let slashed = BondSlashed { epoch, round, member: member(0), amount: 500 * TOKEN };
                self.emit(Contract::Rewards, Event::BondSlashed(slashed));
                let struck = ReportStruck { epoch, round, challenger, reward: 100 * TOKEN };
                self.emit(Contract::Rewards, Event::ReportStruck(struck));
            }
        }
        if fate == Fate::Void {
            self.emit(Contract::Rewards, Event::EpochVoided(EpochVoided { epoch }));
        }
    }

    fn pay_epoch(&mut self, epoch: Epoch, sellers: &[u32], buyers: &[u32]) {
        let payout = Payout { emission: 1_000_000 * TOKEN, reserved: 900_000 * TOKEN, paid: 0 };
        let finalised = EpochFinalised { epoch, merchants: payout, customers: payout };
        self.emit(Contract::Rewards, Event::EpochFinalised(finalised));
        for (side, those) in [(Side::Merchant, sellers), (Side::Customer, buyers)] {
            for (position, some) in those.chunks(REWARDS_AN_EVENT).enumerate() {
                self.pay_some(epoch, side, some);
                if (position + 1) % (REWARDS_A_BLOCK / REWARDS_AN_EVENT) == 0 {
                    self.close_block();
                }
            }
        }
    }

    fn pay_some(&mut self, epoch: Epoch, side: Side, those: &[u32]) {
        let mut rewards = Vec::new();
        for index in those {
            let account = self.parties.account(side, *index);
            let amount = TOKEN / 100 * Balance::from(self.draws.one_to(10_000));
            match side {
                Side::Merchant => drop(self.pay(Contract::Bzky, treasury(), account, amount)),
                Side::Customer => self.mint(Contract::Time, account, amount),
            }
            if side == Side::Merchant && self.draws.once_in(50) {
                self.withhold(epoch, *index, amount);
                let event = RewardDeferred { epoch, index: *index, amount };
                self.rewards.deferred.push((epoch, *index, amount));
                self.emit(Contract::Rewards, Event::RewardDeferred(event));
            }
            rewards.push(PaidReward { index: *index, account, amount });
        }
        self.emit(Contract::Rewards, Event::RewardsPaid(RewardsPaid { side, epoch, rewards }));
    }

    /// What a shop owes is taken from its reward first.
    fn withhold(&mut self, epoch: Epoch, index: u32, most: Balance) {
        let Some(debt) = self.rewards.debts.get_mut(&(Side::Merchant, index)) else { return };
        let amount = most.min(*debt);
        *debt -= amount;
        if amount > 0 {
            let event = DebtPaid { side: Side::Merchant, index, amount, epoch: Some(epoch) };
            self.emit(Contract::Rewards, Event::DebtPaid(event));
        }
    }

    pub(super) fn owe(&mut self, side: Side, index: u32, amount: Balance) {
        *self.rewards.debts.entry((side, index)).or_default() += amount;
        let reason = self.reason();
        self.emit(Contract::Rewards, Event::DebtBooked(DebtBooked { side, index, amount, reason }));
    }

    pub(super) fn perform_reward(&mut self, deed: Deed) -> Option<()> {
        match deed {
            Deed::Debt(side) => {
                let index = self.busy(side);
                self.owe(side, index, 10 * TOKEN);
            }
            Deed::PayDebt => {
                let owing: Vec<_> = self.rewards.debts.keys().copied().collect();
                let (side, index) = *self.draws.pick(&owing)?;
                let amount = self.rewards.debts.remove(&(side, index)).filter(|amount| *amount > 0)?;
                self.emit(Contract::Rewards, Event::DebtPaid(DebtPaid { side, index, amount, epoch: None }));
            }
            Deed::PayDeferred => {
                let at = self.draws.below(self.rewards.deferred.len() as u32) as usize;
                let (epoch, index, left) = self.rewards.deferred.get_mut(at)?;
                let (epoch, index, amount) = (*epoch, *index, *left / 2);
                *left -= amount;
                let account = self.parties.account(Side::Merchant, index);
                self.pay(Contract::Bzky, treasury(), account, amount);
                let event = DeferredRewardPaid { epoch, index, account, amount };
                self.emit(Contract::Rewards, Event::DeferredRewardPaid(event));
            }
        }
        Some(())
    }
}

fn member(number: u64) -> AccountId {
    account("member", number)
}
