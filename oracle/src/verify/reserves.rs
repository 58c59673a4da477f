//! What epochs take out of the pools, and give back (architecture.md,
//! Rewards, exactly: Q, E and what is reserved).

use super::{audit::Audit, difference::Place, epoch::find, moves::Flow, Difference, Field, Value};
use bizkey_primitives::{
    emission::{self, blend},
    events::{ClaimsExpired, EpochFinalised, EpochReserved, PoolReleased},
    report::{EpochState, Payout, Report, SideReport},
    Balance, Epoch, Side, CUSTOMER_POOL,
};
use std::collections::BTreeMap;

/// What all epochs together have taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Reserves {
    /// Bzky that the vault has yet to release.
    unreleased: BTreeMap<Epoch, Balance>,
    /// Time that epochs have reserved.
    customers: Balance,
}

impl Reserves {
    /// Time that all epochs together have reserved.
    pub(super) fn customers(&self) -> Balance {
        self.customers
    }

    /// After a block: what was reserved was released.
    pub(super) fn check(&self, block: u32) -> Result<(), Difference> {
        match self.unreleased.first_key_value() {
            None => Ok(()),
            Some((epoch, amount)) => {
                Err(Place::epoch(*epoch, block).side(Side::Merchant).number(Field::Released, *amount, 0))
            }
        }
    }
}

/// E and the reservation.
fn payout(side: Side, epoch: Epoch, participants: u32, pool: Balance, report: &SideReport) -> Payout {
    let emission = emission::emission(side, participants, pool);
    let reserved = emission::reserved(emission, blend(side, epoch), report.sum_v1, report.sum_v2);
    Payout { emission, reserved, paid: 0 }
}

impl Audit {
    /// The epoch's turn is now, or was.
    pub(super) fn turn_has_come(&self, place: Place, epoch: Epoch) -> Result<(), Difference> {
        if epoch <= self.turn {
            return Ok(());
        }
        Err(place.number(Field::Turn, self.turn.into(), epoch.into()))
    }

    /// If it is the epoch's turn, the next one's comes.
    pub(super) fn pass_turn(&mut self, epoch: Epoch) {
        if epoch == self.turn {
            self.turn = epoch.saturating_add(1);
        }
    }

    /// What a report pays on both sides, whatever it claims: of the pools, or
    /// of `earlier`, if its epoch's turn has passed.
    fn payouts(&self, epoch: Epoch, report: &Report, earlier: Option<(Balance, Balance)>) -> (Payout, Payout) {
        let counts = self.ledger.counts(epoch);
        // The merchants' pool is what the vault holds before it releases this epoch.
        let pools = earlier.unwrap_or_else(|| {
            let vault = self.ledger.bzky().balance(&self.contracts.vault);
            (vault, CUSTOMER_POOL.saturating_sub(self.reserves.customers))
        });
        let receipts_in = u32::try_from(counts.receipts_in).unwrap_or(u32::MAX);
        let merchants = report.merchants.count.min(counts.merchants_seen);
        let customers = report.customers.count.min(receipts_in).min(self.ledger.registered(Side::Customer));
        (
            payout(Side::Merchant, epoch, merchants, pools.0, &report.merchants),
            payout(Side::Customer, epoch, customers, pools.1, &report.customers),
        )
    }

    /// A report becomes final in its turn, or later with no more than its
    /// epoch has reserved, once its window is over.
    pub(super) fn finalised(&mut self, done: &EpochFinalised) -> Result<(), Difference> {
        let (epoch, now) = (done.epoch, self.clock.now());
        let place = Place::epoch(epoch, self.block());
        self.clock.check_running(place)?;
        let is_pending = self.epochs.get(&epoch).is_some_and(|audit| audit.state == EpochState::Pending);
        if epoch != self.turn && !(epoch < self.turn && is_pending) {
            return Err(place.number(Field::Turn, self.turn.into(), epoch.into()));
        }
        let audit = find(&mut self.epochs, epoch, EpochState::Final, &[EpochState::Pending], place.block)?;
        self.clock.check_challenge_over(place, audit.since)?;
        audit.compare_reports()?;
        let before = audit.reserved();
        let report = audit.report.report();
        let emitted = (audit.merchants.payout.emission, audit.customers.payout.emission);
        let earlier = (epoch < self.turn).then_some(emitted);
        let expected = self.payouts(epoch, &report, earlier);
        self.settle(place, epoch, expected, (done.merchants, done.customers))?;
        find(&mut self.epochs, epoch, EpochState::Final, &[EpochState::Pending], place.block)?
            .enter(EpochState::Final, now);
        self.pass_turn(epoch);
        self.shift(epoch, before);
        Ok(())
    }

    /// The turn passes of an epoch that is disputed, whose reward is reserved
    /// as its report has it, right or wrong; or of one that is void already.
    pub(super) fn reserved(&mut self, done: &EpochReserved) -> Result<(), Difference> {
        let epoch = done.epoch;
        let place = Place::epoch(epoch, self.block());
        self.clock.check_running(place)?;
        place.numbers(Field::Turn, self.turn.into(), epoch.into())?;
        let from = [EpochState::Disputed, EpochState::Void];
        let audit = find(&mut self.epochs, epoch, EpochState::Disputed, &from, place.block)?;
        let (before, reported) = (audit.reserved(), audit.reported);
        // A void epoch has no report any more, and reserves nothing.
        let expected = reported.map_or_else(Default::default, |(report, _)| self.payouts(epoch, &report, None));
        self.settle(place, epoch, expected, (done.merchants, done.customers))?;
        self.pass_turn(epoch);
        self.shift(epoch, before);
        Ok(())
    }

    fn settle(
        &mut self,
        place: Place,
        epoch: Epoch,
        expected: (Payout, Payout),
        found: (Payout, Payout),
    ) -> Result<(), Difference> {
        for (side, expected, found) in [(Side::Merchant, expected.0, found.0), (Side::Customer, expected.1, found.1)] {
            let place = place.side(side);
            place.numbers(Field::Emission, expected.emission, found.emission)?;
            place.numbers(Field::Reserved, expected.reserved, found.reserved)?;
            place.numbers(Field::Paid, 0, found.paid)?;
        }
        if let Some(audit) = self.epochs.get_mut(&epoch) {
            (audit.merchants.payout, audit.customers.payout) = expected;
        }
        Ok(())
    }

    /// Moves what a changed reservation moves: out of the pools, or back.
    pub(super) fn shift(&mut self, epoch: Epoch, before: (Balance, Balance)) {
        let after = self.epochs.get(&epoch).map_or((0, 0), super::epoch::EpochAudit::reserved);
        // No epoch reserves more than its pool has, nor gives back more than it took.
        let others = self.reserves.customers.saturating_sub(before.1);
        self.reserves.customers = others.saturating_add(after.1);
        let (taken, returned) = (after.0.saturating_sub(before.0), before.0.saturating_sub(after.0));
        if taken > 0 {
            self.reserves.unreleased.insert(epoch, taken);
        }
        let place = Place::epoch(epoch, self.block()).side(Side::Merchant);
        self.due(Flow::Bzky(self.contracts.vault), returned, place);
    }

    /// The vault releases what was reserved, once.
    pub(super) fn released(&mut self, released: &PoolReleased) -> Result<(), Difference> {
        let PoolReleased { epoch, amount } = *released;
        let place = Place::epoch(epoch, self.block()).side(Side::Merchant);
        let from = [EpochState::Final, EpochState::Disputed];
        find(&mut self.epochs, epoch, EpochState::Final, &from, place.block)?;
        let expected = self.reserves.unreleased.remove(&epoch).unwrap_or(0);
        place.numbers(Field::Released, expected, amount)?;
        self.due(Flow::Pool(self.contracts.rewards), amount, place);
        Ok(())
    }

    /// 400 epochs after finality what was not paid goes back: unclaimed,
    /// rounded and withheld amounts alike.
    pub(super) fn expired(&mut self, over: &ClaimsExpired) -> Result<(), Difference> {
        let epoch = over.epoch;
        let place = Place::epoch(epoch, self.block());
        let audit = find(&mut self.epochs, epoch, EpochState::Final, &[EpochState::Final], place.block)?;
        self.clock.check_over(place, self.clock.claims(audit.since))?;
        let before = audit.reserved();
        let mut returned: Balance = 0;
        for (side, found) in [(Side::Merchant, over.merchants), (Side::Customer, over.customers)] {
            let payout = &mut audit.side_mut(side).payout;
            let unpaid = payout.reserved.saturating_sub(payout.paid);
            place.side(side).numbers(Field::Expired, unpaid, found)?;
            payout.reserved = payout.paid;
            returned = returned.saturating_add(unpaid);
        }
        if returned == 0 {
            // Claims end once, and only if something is left.
            return Err(place.differs(Field::Expired, Value::Nothing, Value::Number(0)));
        }
        self.shift(epoch, before);
        Ok(())
    }
}
