//! Reports, disputes, challenges and finality: what the rules of
//! [`crate::machine`] change in storage, and what that moves.

use crate::{
    bonds, claims, committee,
    machine::{self, Moment, Step, Turn},
    rewards::Rewards,
    settlement, suite,
};
use bizkey_primitives::{
    challenge::{Branch, Charge},
    emission,
    emit::emit,
    errors::rewards::Error,
    events::{
        BondChanged, BondSlashed, ClaimsExpired, DisputeDecided, EpochFinalised, EpochReserved, EpochVoided,
        ReportDisputed, ReportPending, ReportStruck, ReportSubmitted,
    },
    report::{self, EpochRecord, EpochState, Payout, Report},
    tree::Domain,
    AccountId, Balance, Epoch, Side, Status,
};
use ink::{
    codegen::Env as _,
    prelude::{vec, vec::Vec},
};

/// A dispute of an epoch's round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Dispute {
    /// Who disputes.
    pub disputer: AccountId,
    /// What it put at stake, smallest unit of Bzky.
    pub bond: Balance,
}

/// Bzky that leaves this contract beside what epochs give back.
#[derive(Default)]
struct Outflow {
    payments: Vec<(AccountId, Balance)>,
    burn: Balance,
}

impl Rewards {
    pub(crate) fn report_by(&mut self, member: AccountId, epoch: Epoch, report: Report) -> Result<(), Error> {
        let now = self.running()?;
        if !self.calendar.is_closed(epoch, now.ms) {
            return Err(Error::EpochNotClosed);
        }
        let before = self.epochs.get(epoch);
        let round = machine::open_round(before.as_ref())?;
        // A bond can have left by then. A first round waits for its members,
        // whose bonds stay until its epoch has had its turn.
        if round > 0 {
            let (from_ms, window_ms) = machine::deadline(&self.calendar, epoch, before.as_ref())?;
            if self.is_over(from_ms, window_ms) {
                return Err(Error::ReportsClosed);
            }
        }
        let members = self.committees.of(epoch);
        if !members.contains(&member) {
            return Err(Error::NotMember);
        }
        self.bonds.stake(member, epoch)?;
        if !report.is_consistent() {
            return Err(Error::InconsistentReport);
        }
        if report.algorithm_version != self.committees.algorithm_at(epoch) {
            return Err(Error::WrongAlgorithm);
        }
        let tally = self.committees.vote(epoch, round, member, &members, &report)?;
        emit(&ReportSubmitted { epoch, round, member, report });
        if committee::is_majority(tally, members.len()) {
            self.epochs.insert(epoch, &machine::pend(before, now, report));
            emit(&ReportPending { epoch, round, report });
        }
        Ok(())
    }

    pub(crate) fn bond_by(&mut self, member: AccountId, amount: Balance) -> Result<(), Error> {
        let bond = self.bonds.add(member, amount)?;
        emit(&BondChanged { member, amount: bond.amount, withdrawable_ms: None });
        suite::take(&self.contracts, member, self.env().account_id(), amount)
    }

    pub(crate) fn unbond_by(&mut self, member: AccountId) -> Result<(), Error> {
        let bond = self.bonds.leave(member, self.next_epoch(), self.env().block_timestamp())?;
        let withdrawable_ms = Some(bond.leaving_ms.saturating_add(self.hold_ms()));
        emit(&BondChanged { member, amount: bond.amount, withdrawable_ms });
        Ok(())
    }

    pub(crate) fn give_bond_back(&mut self, member: AccountId) -> Result<(), Error> {
        let hold_ms = self.hold_ms();
        let left = self.bonds.of(member).leaving_ms;
        let is_over = self.is_over(left, hold_ms);
        let amount = self.bonds.withdraw(member, is_over)?;
        emit(&BondChanged { member, amount: 0, withdrawable_ms: None });
        self.send(Outflow { payments: vec![(member, amount)], burn: 0 })
    }

    fn hold_ms(&self) -> u64 {
        bonds::hold_ms(&self.calendar, self.window_ms)
    }

    pub(crate) fn dispute_by(&mut self, disputer: AccountId, epoch: Epoch) -> Result<(), Error> {
        let now = self.now();
        let mut record = self.epochs.get(epoch).ok_or(Error::NotPending)?;
        let window_over = self.window_is_over(&record, now);
        machine::dispute(&mut record, window_over, now)?;
        let round = record.round;
        if self.disputes.contains((epoch, round)) {
            return Err(Error::AlreadyDisputed);
        }
        let (_, bond) = self.bonds.required();
        // Without a bond a stranger could freeze every epoch.
        if bond == 0 && disputer != self.governance()?.admin {
            return Err(Error::NotAdmin);
        }
        self.disputes.insert((epoch, round), &Dispute { disputer, bond });
        self.epochs.insert(epoch, &record);
        emit(&ReportDisputed { epoch, round, disputer, bond });
        if bond == 0 {
            return Ok(());
        }
        suite::take(&self.contracts, disputer, self.env().account_id(), bond)
    }

    pub(crate) fn decide_on(&mut self, epoch: Epoch, upheld: bool) -> Result<(), Error> {
        self.only_admin()?;
        let now = self.now();
        let mut record = self.epochs.get(epoch).ok_or(Error::NotDisputed)?;
        machine::may_decide(&record, self.decision_is_overdue(&record))?;
        let round = record.round;
        let dispute = self.disputes.get((epoch, round)).ok_or(Error::NotDisputed)?;
        emit(&DisputeDecided { epoch, round, upheld });
        if upheld {
            return self.strike(epoch, record, dispute.disputer, now);
        }
        machine::dismiss(&mut record, now);
        self.epochs.insert(epoch, &record);
        self.send(Outflow { payments: Vec::new(), burn: dispute.bond })
    }

    pub(crate) fn challenge_by(
        &mut self,
        challenger: AccountId,
        epoch: Epoch,
        side: Side,
        branch: &Branch,
        charge: Charge,
    ) -> Result<(), Error> {
        let record = self.epochs.get(epoch).ok_or(Error::NotPending)?;
        if !matches!(record.state, EpochState::Pending | EpochState::Disputed) {
            return Err(Error::NotPending);
        }
        let domain = self.domain(side, epoch, &record.report);
        let is_broken = branch.is_broken(&domain, side, record.report.side(side)).map_err(|_| Error::BadProof)?;
        if !is_broken && !self.is_false(epoch, side, branch, charge)? {
            return Err(Error::NoViolation);
        }
        self.strike(epoch, record, challenger, self.now())
    }

    /// Whether a leaf at the end of a sound branch says what is not so.
    fn is_false(&self, epoch: Epoch, side: Side, branch: &Branch, charge: Charge) -> Result<bool, Error> {
        let Some(leaf) = &branch.leaf else { return Ok(false) };
        match charge {
            Charge::Structure => Ok(false),
            Charge::Status => {
                let status = suite::status_at(&self.contracts, side, leaf.account, epoch)?;
                Ok(!status.is_some_and(Status::is_rewarded))
            }
            Charge::Holding(index) => claims::overstates(&self.contracts, side, epoch, leaf, index),
        }
    }

    pub(crate) fn finalise_or_reserve(&mut self, epoch: Epoch) -> Result<(), Error> {
        let now = self.running()?;
        let turn = Turn::of(epoch, self.next_epoch())?;
        let mut record = self.epochs.get(epoch).ok_or(Error::NotPending)?;
        let before = machine::reserved(Some(&record));
        let step = machine::step(record.state, turn, self.window_is_over(&record, now))?;
        self.pass_turn(epoch, turn)?;
        if step == Step::Pass {
            emit(&EpochReserved { epoch, merchants: record.merchants, customers: record.customers });
            return Ok(());
        }
        let earlier = (turn == Turn::Past).then_some((record.merchants.emission, record.customers.emission));
        let (merchants, customers) = self.payouts(epoch, &record.report, earlier)?;
        machine::settle(&mut record, step, merchants, customers, now);
        if step == Step::Finalise {
            emit(&EpochFinalised { epoch, merchants, customers });
        } else {
            emit(&EpochReserved { epoch, merchants, customers });
        }
        self.store(epoch, before, &record, Outflow::default())
    }

    pub(crate) fn void_if_overdue(&mut self, epoch: Epoch) -> Result<(), Error> {
        let record = self.epochs.get(epoch);
        let (from_ms, window_ms) = machine::deadline(&self.calendar, epoch, record.as_ref())?;
        let turn = Turn::of(epoch, self.next_epoch())?;
        if !self.is_over(from_ms, window_ms) {
            return Err(Error::NotOverdue);
        }
        self.pass_turn(epoch, turn)?;
        let before = machine::reserved(record.as_ref());
        let mut outflow = Outflow::default();
        if let Some(dispute) = record.as_ref().and_then(|record| self.open_dispute(epoch, record)) {
            let (back, burn) = bonds::split_slash(dispute.bond);
            outflow = Outflow { payments: vec![(dispute.disputer, back)], burn };
        }
        emit(&EpochVoided { epoch });
        self.store(epoch, before, &machine::void_overdue(record, self.now()), outflow)
    }

    pub(crate) fn expire_claims(&mut self, epoch: Epoch) -> Result<(), Error> {
        let mut record = self.final_record(epoch)?;
        if !self.claims_are_over(&record) {
            return Err(Error::ClaimsOpen);
        }
        let before = machine::reserved(Some(&record));
        let (merchants, customers) = machine::expire(&mut record)?;
        emit(&ClaimsExpired { epoch, merchants, customers });
        self.store(epoch, before, &record, Outflow::default())
    }

    pub(crate) fn final_record(&self, epoch: Epoch) -> Result<EpochRecord, Error> {
        self.epochs.get(epoch).filter(|record| record.state == EpochState::Final).ok_or(Error::NotFinal)
    }

    pub(crate) fn claims_are_over(&self, record: &EpochRecord) -> bool {
        self.is_over(record.since_ms, self.calendar.epoch_ms.saturating_mul(machine::CLAIM_EPOCHS))
    }

    pub(crate) fn domain(&self, side: Side, epoch: Epoch, report: &Report) -> Domain {
        report::domain(&self.genesis, self.env().account_id().as_ref(), side, epoch, report)
    }

    fn window_is_over(&self, record: &EpochRecord, now: Moment) -> bool {
        now.block > record.since_block && self.is_over(record.since_ms, self.window_ms)
    }

    fn decision_is_overdue(&self, record: &EpochRecord) -> bool {
        record.state == EpochState::Disputed && self.is_over(record.since_ms, machine::DECISION_MS)
    }

    fn open_dispute(&self, epoch: Epoch, record: &EpochRecord) -> Option<Dispute> {
        let round = (record.state == EpochState::Disputed).then_some(record.round)?;
        self.disputes.get((epoch, round))
    }

    fn pass_turn(&mut self, epoch: Epoch, turn: Turn) -> Result<(), Error> {
        if turn == Turn::Now {
            self.next_epoch.set(&epoch.checked_add(1).ok_or(Error::Overflow)?);
        }
        Ok(())
    }

    /// Takes a report away, and the bonds of those behind it: at most half to
    /// the challenger, the rest burns. A dispute's bond goes back.
    fn strike(
        &mut self,
        epoch: Epoch,
        mut record: EpochRecord,
        challenger: AccountId,
        now: Moment,
    ) -> Result<(), Error> {
        let (before, round) = (machine::reserved(Some(&record)), record.round);
        let mut slashed: Balance = 0;
        for member in self.committees.reporters(epoch, &record) {
            let amount = self.bonds.slash(member);
            if amount > 0 {
                slashed = slashed.checked_add(amount).ok_or(Error::Overflow)?;
                emit(&BondSlashed { epoch, round, member, amount });
            }
        }
        let (reward, burn) = bonds::split_slash(slashed);
        let mut payments = vec![(challenger, reward)];
        if let Some(dispute) = self.open_dispute(epoch, &record) {
            payments.push((dispute.disputer, dispute.bond));
        }
        let overdue = self.decision_is_overdue(&record);
        machine::strike(&mut record, overdue, now);
        emit(&ReportStruck { epoch, round, challenger, reward });
        if record.state == EpochState::Void {
            emit(&EpochVoided { epoch });
        } else {
            self.committees.report_again(epoch, self.calendar.epoch_at(now.ms).unwrap_or(epoch));
        }
        self.store(epoch, before, &record, Outflow { payments, burn })
    }

    /// What an epoch pays on both sides, whatever its report claims: of the
    /// pools, or of what was reserved for it earlier.
    fn payouts(
        &self,
        epoch: Epoch,
        report: &Report,
        earlier: Option<(Balance, Balance)>,
    ) -> Result<(Payout, Payout), Error> {
        let (seen, receipts) = suite::epoch_counts(&self.contracts, epoch)?;
        let payout =
            |side, count, pool| settlement::payout(side, emission::blend(side, epoch), count, pool, report.side(side));
        let merchants = match (settlement::merchants_paid_for(report, seen), earlier) {
            (0, _) => Payout::default(),
            (count, Some((emission, _))) => payout(Side::Merchant, count, emission),
            (count, None) => payout(Side::Merchant, count, suite::merchant_pool(&self.contracts)?),
        };
        let registered = suite::registered_customers(&self.contracts)?;
        let count = settlement::customers_paid_for(report, receipts, registered);
        let pool = match earlier {
            Some((_, emission)) => emission,
            None => settlement::customer_pool_left(self.customer_reserved()),
        };
        Ok((merchants, payout(Side::Customer, count, pool)))
    }

    /// Stores a record whose reservation was `before`, then moves what that
    /// changes, and `outflow`.
    fn store(
        &mut self,
        epoch: Epoch,
        before: (Balance, Balance),
        record: &EpochRecord,
        mut outflow: Outflow,
    ) -> Result<(), Error> {
        let after = machine::reserved(Some(record));
        self.epochs.insert(epoch, record);
        let customer_reserved = self.customer_reserved();
        let shift = machine::shift(before, after, customer_reserved)?;
        if shift.customer_reserved != customer_reserved {
            self.customer_reserved.set(&shift.customer_reserved);
        }
        if shift.to_vault > 0 {
            outflow.payments.push((self.contracts.vault, shift.to_vault));
        }
        self.send(outflow)?;
        if shift.from_vault > 0 {
            suite::release(&self.contracts, epoch, shift.from_vault)?;
        }
        Ok(())
    }

    fn send(&self, mut outflow: Outflow) -> Result<(), Error> {
        outflow.payments.retain(|(_, amount)| *amount > 0);
        if !outflow.payments.is_empty() {
            // Bzky is not paid for an epoch.
            suite::pay(&self.contracts, Side::Merchant, 0, &outflow.payments)?;
        }
        if outflow.burn > 0 {
            suite::burn(&self.contracts, outflow.burn)?;
        }
        Ok(())
    }
}
