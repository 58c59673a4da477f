//! Who reports, the votes, and the majority (architecture.md, Rewards,
//! exactly: committee).

use super::{
    audit::Audit,
    difference::Place,
    epoch::{find, same_report},
    Difference, Field, Value,
};
use bizkey_primitives::{
    events::{ReportPending, ReportSubmitted},
    report::{EpochState, Report},
    AccountId, Epoch,
};
use std::collections::BTreeMap;

/// Committees and their members' reports.
#[derive(Clone, Debug, Default)]
pub(super) struct Committees {
    /// By the first epoch that each reports.
    members: BTreeMap<Epoch, Vec<AccountId>>,
    /// Epochs whose first report was struck, and when that was: the committee
    /// of that epoch reports them again.
    struck_in: BTreeMap<Epoch, Epoch>,
    /// By epoch and round. Who votes again replaces what it said.
    votes: BTreeMap<(Epoch, u8), BTreeMap<AccountId, Report>>,
}

impl Committees {
    /// A committee from an epoch on. Those set for it or later ones are dropped.
    pub(super) fn change(&mut self, from_epoch: Epoch, members: &[AccountId]) {
        self.members.retain(|earlier, _| *earlier < from_epoch);
        self.members.insert(from_epoch, members.to_vec());
    }

    /// Leaves an epoch's second round to the committee of the epoch `now`.
    pub(super) fn report_again(&mut self, epoch: Epoch, now: Epoch) {
        self.struck_in.insert(epoch, now);
    }

    /// Who reports an epoch.
    fn of(&self, epoch: Epoch) -> &[AccountId] {
        let reporting = self.struck_in.get(&epoch).copied().unwrap_or(epoch);
        self.members.range(..=reporting).next_back().map_or(&[], |(_, members)| members)
    }

    /// A member's report of a round; what it said before.
    fn vote(&mut self, epoch: Epoch, round: u8, member: AccountId, report: Report) -> Option<Report> {
        self.votes.entry((epoch, round)).or_default().insert(member, report)
    }

    /// The members behind a report of a round.
    pub(super) fn reporters(&self, epoch: Epoch, round: u8, report: &Report) -> Vec<AccountId> {
        let votes = self.votes.get(&(epoch, round));
        let votes_so = |member: &&AccountId| votes.and_then(|votes| votes.get(*member)) == Some(report);
        self.of(epoch).iter().filter(votes_so).copied().collect()
    }

    /// The report that most members of a round are behind.
    fn foremost(&self, epoch: Epoch, round: u8) -> Option<Report> {
        let votes = self.votes.get(&(epoch, round))?;
        votes.values().copied().max_by_key(|report| self.reporters(epoch, round, report).len())
    }
}

impl Audit {
    /// A member in good standing reports an open epoch, by its algorithm.
    pub(super) fn submitted(&mut self, said: &ReportSubmitted) -> Result<(), Difference> {
        let ReportSubmitted { epoch, round, member, report } = *said;
        let place = Place::epoch(epoch, self.block()).holder(member);
        self.clock.check_running(place)?;
        let audit = find(&mut self.epochs, epoch, EpochState::Open, &[EpochState::Open], place.block)?;
        place.numbers(Field::Round, audit.round.into(), round.into())?;
        if round > 0 {
            self.clock.check_within(place, self.clock.second_round(audit.since))?;
        }
        if !self.committees.of(epoch).contains(&member) {
            return Err(Place::epoch(epoch, place.block).differs(
                Field::Member,
                Value::Nothing,
                Value::Account(member),
            ));
        }
        self.bonds.stake(place, member, epoch)?;
        let version = audit.report.scores.algorithm.version();
        place.numbers(Field::AlgorithmVersion, version.into(), report.algorithm_version.into())?;
        if self.committees.vote(epoch, round, member, report) == Some(report) {
            // Who says the same again is refused.
            return Err(place.number(Field::Votes, 1, 2));
        }
        Ok(())
    }

    /// A report is pending when more than half of the committee is behind it.
    pub(super) fn pending(&mut self, pending: &ReportPending) -> Result<(), Difference> {
        let ReportPending { epoch, round, report } = *pending;
        let (now, place) = (self.clock.now(), Place::epoch(epoch, self.block()));
        let audit = find(&mut self.epochs, epoch, EpochState::Pending, &[EpochState::Open], place.block)?;
        place.numbers(Field::Round, audit.round.into(), round.into())?;
        let (votes, members) =
            (self.committees.reporters(epoch, round, &report).len(), self.committees.of(epoch).len());
        if let Some(foremost) = self.committees.foremost(epoch, round).filter(|_| votes == 0) {
            // Nobody said so: where it differs from what most said.
            same_report(place, &foremost, &report)?;
        }
        if votes.saturating_mul(2) <= members {
            let needed = (members as u128 / 2).saturating_add(1);
            return Err(place.number(Field::Votes, needed, votes as u128));
        }
        audit.reported = Some((report, place.block));
        audit.enter(EpochState::Pending, now);
        Ok(())
    }
}
