//! Disputes, decisions, struck reports, and epochs that are void
//! (architecture.md, Rewards, exactly).

use super::{
    audit::Audit,
    difference::Place,
    epoch::{find, Dispute, EpochAudit},
    moves::Flow,
    Difference, Field, Value,
};
use bizkey_primitives::{
    events::{BondSlashed, DisputeDecided, EpochVoided, ReportDisputed, ReportStruck},
    report::{EpochState, Report},
    AccountId, Balance, Epoch,
};
use std::collections::{BTreeMap, BTreeSet};

/// A report can be struck while it is pending or disputed.
const STRIKABLE: [EpochState; 2] = [EpochState::Pending, EpochState::Disputed];

/// What was said of an epoch and has to be followed by something else in the
/// same block.
#[derive(Clone, Debug, Default)]
pub(super) struct Proceedings {
    /// Upheld disputes, whose reports have to be struck for who disputed them.
    upheld: BTreeMap<Epoch, AccountId>,
    /// What was slashed for reports that have to be struck.
    slashed: BTreeMap<Epoch, Balance>,
    /// Struck reports after which the epoch has to be void.
    voiding: BTreeSet<Epoch>,
}

impl Proceedings {
    /// After a block: everything that was begun was ended.
    pub(super) fn check(&self, block: u32) -> Result<(), Difference> {
        let unstruck = self.upheld.keys().chain(self.slashed.keys()).next();
        if let Some(epoch) = unstruck {
            return Err(Place::epoch(*epoch, block).number(Field::Strikes, 1, 0));
        }
        match self.voiding.first() {
            None => Ok(()),
            Some(epoch) => Err(Place::epoch(*epoch, block).number(Field::Voids, 1, 0)),
        }
    }
}

/// What a challenger gets of a slash, and what burns: at most half, and the rest.
fn halves(slashed: Balance) -> (Balance, Balance) {
    let reward = slashed / 2;
    (reward, slashed.saturating_sub(reward))
}

/// The report that can be struck, in the round that is meant.
fn strikable(audit: &EpochAudit, place: Place, round: u8) -> Result<Report, Difference> {
    place.numbers(Field::Round, audit.round.into(), round.into())?;
    // Whatever is pending or disputed was reported.
    audit.reported.map(|(report, _)| report).ok_or_else(|| place.number(Field::Votes, 1, 0))
}

impl Audit {
    /// Anybody freezes a report in its window, once a round, with a bond; the
    /// admin alone while none is asked for.
    pub(super) fn disputed(&mut self, said: &ReportDisputed) -> Result<(), Difference> {
        let ReportDisputed { epoch, round, disputer, bond } = *said;
        let (now, place) = (self.clock.now(), Place::epoch(epoch, self.block()).holder(disputer));
        let audit = find(&mut self.epochs, epoch, EpochState::Disputed, &[EpochState::Pending], place.block)?;
        place.numbers(Field::Round, audit.round.into(), round.into())?;
        self.clock.check_challenge_open(place, audit.since)?;
        if audit.disputes.contains_key(&round) {
            return Err(place.number(Field::Disputes, 1, 2));
        }
        place.numbers(Field::DisputeBond, self.bonds.of_dispute(), bond)?;
        if let Some(admin) = self.admin.filter(|_| bond == 0) {
            place.same(Field::Disputer, Value::Account(admin), Value::Account(disputer))?;
        }
        audit.disputes.insert(round, Dispute { disputer, bond });
        audit.enter(EpochState::Disputed, now);
        self.due(Flow::Stake(disputer), bond, place);
        Ok(())
    }

    /// The board decides in 14 days. A dispute that it does not uphold burns
    /// its bond, and the report is pending for another window.
    pub(super) fn decided(&mut self, said: &DisputeDecided) -> Result<(), Difference> {
        let DisputeDecided { epoch, round, upheld } = *said;
        let (now, place) = (self.clock.now(), Place::epoch(epoch, self.block()));
        let to = if upheld { EpochState::Open } else { EpochState::Pending };
        let audit = find(&mut self.epochs, epoch, to, &[EpochState::Disputed], place.block)?;
        place.numbers(Field::Round, audit.round.into(), round.into())?;
        self.clock.check_within(place, self.clock.decision(audit.since))?;
        let dispute = audit.open_dispute().ok_or_else(|| place.number(Field::Disputes, 1, 0))?;
        if !upheld {
            audit.enter(EpochState::Pending, now);
            self.due(Flow::Burn, dispute.bond, place);
            return Ok(());
        }
        match self.proceedings.upheld.insert(epoch, dispute.disputer) {
            None => Ok(()),
            Some(_) => Err(place.number(Field::Decisions, 1, 2)),
        }
    }

    /// Who is behind a struck report loses all that it has at stake.
    pub(super) fn slashed(&mut self, said: &BondSlashed) -> Result<(), Difference> {
        let BondSlashed { epoch, round, member, amount } = *said;
        let place = Place::epoch(epoch, self.block()).holder(member);
        let audit = find(&mut self.epochs, epoch, EpochState::Open, &STRIKABLE, place.block)?;
        let report = strikable(audit, place, round)?;
        let is_reporter = self.committees.reporters(epoch, round, &report).contains(&member);
        let expected = if is_reporter { self.bonds.amount(member) } else { 0 };
        place.numbers(Field::Slashed, expected, amount)?;
        self.bonds.slash(member);
        let slashed = self.proceedings.slashed.entry(epoch).or_default();
        // Parts of the supply of Bzky.
        *slashed = slashed.saturating_add(amount);
        Ok(())
    }

    /// A report is struck that the board rejects, or that a challenge shows to
    /// break a rule: a right one breaks none. Half of what its reporters lose
    /// goes to the challenger, the rest burns, and the dispute's bond goes
    /// back. There is one second round, if there is time for one.
    pub(super) fn struck(&mut self, said: &ReportStruck) -> Result<(), Difference> {
        let ReportStruck { epoch, round, challenger, reward } = *said;
        let (now, place) = (self.clock.now(), Place::epoch(epoch, self.block()));
        let audit = find(&mut self.epochs, epoch, EpochState::Open, &STRIKABLE, place.block)?;
        let report = strikable(audit, place, round)?;
        match self.proceedings.upheld.remove(&epoch) {
            Some(disputer) => {
                place.same(Field::Challenger, Value::Account(disputer), Value::Account(challenger))?;
            }
            None if report == audit.report.report() => return Err(place.number(Field::Strikes, 0, 1)),
            None => {}
        }
        for member in self.committees.reporters(epoch, round, &report) {
            // What is left was not slashed.
            place.holder(member).numbers(Field::Slashed, self.bonds.amount(member), 0)?;
        }
        let slashed = self.proceedings.slashed.remove(&epoch).unwrap_or(0);
        let (expected, burned) = halves(slashed);
        place.holder(challenger).numbers(Field::ChallengerReward, expected, reward)?;

        let before = audit.reserved();
        let dispute = audit.open_dispute();
        let is_overdue = dispute.is_some() && self.clock.is_over(self.clock.decision(audit.since));
        if round > 0 || is_overdue {
            audit.void(now);
            self.proceedings.voiding.insert(epoch);
        } else {
            audit.reopen(now);
            self.committees.report_again(epoch, self.clock.open_epoch().unwrap_or(epoch));
        }
        self.due(Flow::Bzky(challenger), reward, place);
        self.due(Flow::Burn, burned, place);
        if let Some(Dispute { disputer, bond }) = dispute {
            self.due(Flow::Bzky(disputer), bond, place);
        }
        self.shift(epoch, before);
        Ok(())
    }

    /// An epoch is void after its second report was struck, without a majority
    /// in 7 epochs, or without a decision in 14 days: then half of the
    /// dispute's bond burns.
    pub(super) fn voided(&mut self, said: &EpochVoided) -> Result<(), Difference> {
        let epoch = said.epoch;
        if self.proceedings.voiding.remove(&epoch) {
            return Ok(());
        }
        let (now, place) = (self.clock.now(), Place::epoch(epoch, self.block()));
        self.turn_has_come(place, epoch)?;
        let from = [EpochState::Open, EpochState::Disputed];
        let audit = find(&mut self.epochs, epoch, EpochState::Void, &from, place.block)?;
        let window = match (audit.state, audit.round) {
            (EpochState::Disputed, _) => self.clock.decision(audit.since),
            (_, 0) => self.clock.first_round(epoch),
            _ => self.clock.second_round(audit.since),
        };
        self.clock.check_over(place, window)?;
        let (before, dispute) = (audit.reserved(), audit.open_dispute());
        audit.void(now);
        self.pass_turn(epoch);
        if let Some(Dispute { disputer, bond }) = dispute {
            let (back, burned) = halves(bond);
            self.due(Flow::Bzky(disputer), back, place);
            self.due(Flow::Burn, burned, place);
        }
        self.shift(epoch, before);
        Ok(())
    }
}
