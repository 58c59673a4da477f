//! Every rule of `rewards`, recomputed block by block.

use super::{difference::Place, moves, payments::Payments, Difference, Field, Value};
use crate::{
    book::Judge,
    chain::{Ledger, LedgerError},
    report::{EpochReport, Network, ReportError},
};
use bizkey_client::{Block, ContractAddresses, ContractEvent, ContractKind};
use bizkey_primitives::{
    emission::{self, blend},
    events::{DeferredRewardPaid, EpochFinalised, Event, PoolReleased, RewardDeferred, RewardsPaid},
    report::{EpochState, Payout, Report, SideReport, BIZPOWER_2},
    AccountId, Balance, Calendar, Epoch, Side, CUSTOMER_POOL,
};
use std::collections::{BTreeMap, BTreeSet};

/// Why an audit cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// The chain differs from what its receipts make it.
    #[error("{0}")]
    Difference(Box<Difference>),
    /// The blocks make no sense together.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// An epoch cannot be judged.
    #[error(transparent)]
    Report(#[from] ReportError),
}

impl From<Difference> for AuditError {
    fn from(difference: Difference) -> Self {
        AuditError::Difference(Box::new(difference))
    }
}

/// One side of an epoch that was settled.
#[derive(Clone, Debug, Default)]
struct SideAudit {
    payout: Payout,
    paid: BTreeSet<u32>,
}

/// An epoch as recomputed.
#[derive(Clone, Debug)]
struct EpochAudit {
    report: EpochReport,
    state: EpochState,
    /// The committee's report that is pending or final, and its block.
    reported: Option<(Report, u32)>,
    merchants: SideAudit,
    customers: SideAudit,
    /// What the vault has yet to release for it.
    unreleased: Balance,
}

impl EpochAudit {
    /// Whether a merchant's reward may wait for its receipts to be demanded:
    /// from bizpower-2 on.
    fn may_defer(&self, side: Side) -> bool {
        side == Side::Merchant && self.report.scores.algorithm.version() >= BIZPOWER_2
    }

    fn side_mut(&mut self, side: Side) -> &mut SideAudit {
        match side {
            Side::Merchant => &mut self.merchants,
            Side::Customer => &mut self.customers,
        }
    }
}

/// A closed epoch, for a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditedEpoch {
    /// The epoch.
    pub epoch: Epoch,
    /// Where it stands.
    pub state: EpochState,
    /// The report that its receipts make.
    pub report: Report,
    /// Merchants' payout; zeros until it is final.
    pub merchants: Payout,
    /// Customers' payout; zeros until it is final.
    pub customers: Payout,
    /// Leaves of both sides that are not paid.
    pub unpaid: u32,
}

/// Follows a network's blocks and stops at the first figure that its receipts
/// do not make. Give it every block from deployment on, in order.
#[derive(Clone, Debug)]
pub struct Audit {
    contracts: ContractAddresses,
    ledger: Ledger,
    judge: Judge,
    epochs: BTreeMap<Epoch, EpochAudit>,
    payments: Payments,
    /// The epoch whose turn it is to be settled.
    turn: Epoch,
    /// Time that customers' epochs have not reserved yet.
    customer_pool: Balance,
    block: u32,
}

impl Audit {
    /// An audit before a network's first block. `genesis` is the chain's hash.
    #[must_use]
    pub fn new(genesis: [u8; 32], contracts: ContractAddresses, calendar: Calendar) -> Self {
        let network = Network { genesis: genesis.into(), rewards: contracts.rewards };
        Self {
            contracts,
            ledger: Ledger::new(calendar),
            judge: Judge::new(network),
            epochs: BTreeMap::new(),
            payments: Payments::default(),
            turn: 0,
            customer_pool: CUSTOMER_POOL,
            block: 0,
        }
    }

    /// Follows one block.
    ///
    /// # Errors
    /// [`AuditError`]; the audit ends with it.
    pub fn follow(&mut self, block: &Block) -> Result<(), AuditError> {
        self.block = block.number;
        for facts in self.ledger.enter(block)? {
            let report = self.judge.judge(facts)?;
            let audit = EpochAudit {
                state: EpochState::Open,
                reported: None,
                merchants: SideAudit::default(),
                customers: SideAudit::default(),
                unreleased: 0,
                report,
            };
            self.epochs.insert(audit.report.epoch(), audit);
        }
        for event in &block.events {
            self.ledger.apply(event)?;
            self.check(event)?;
        }
        self.payments.check_announced(block.number)?;
        moves::check(block, &self.contracts)?;
        Ok(())
    }

    fn check(&mut self, event: &ContractEvent) -> Result<(), Difference> {
        match (event.kind, &event.event) {
            (ContractKind::Rewards, Event::ReportPending(pending)) => {
                let block = self.block;
                let epoch = self.epoch(pending.epoch, EpochState::Pending, &[EpochState::Open])?;
                epoch.reported = Some((pending.report, block));
                epoch.state = EpochState::Pending;
                Ok(())
            }
            (ContractKind::Rewards, Event::EpochFinalised(done)) => self.finalised(done),
            (ContractKind::Rewards, Event::EpochVoided(done)) => {
                self.take_turn(done.epoch)?;
                self.epoch(done.epoch, EpochState::Void, &[EpochState::Open])?.state = EpochState::Void;
                Ok(())
            }
            (ContractKind::Rewards, Event::RewardsPaid(paid)) => self.paid(paid),
            (ContractKind::Rewards, Event::DeferredRewardPaid(paid)) => self.deferred_paid(paid),
            (ContractKind::Rewards, Event::RewardDeferred(deferred)) => self.deferred(deferred),
            (ContractKind::Rewards, Event::DebtPaid(paid)) => self.payments.debt_paid(paid, self.block),
            (ContractKind::Rewards, Event::DebtBooked(booked)) => {
                self.payments.debt_booked(booked);
                Ok(())
            }
            (ContractKind::Vault, Event::PoolReleased(released)) => self.released(released),
            _ => Ok(()),
        }
    }

    fn epoch(&mut self, epoch: Epoch, to: EpochState, from: &[EpochState]) -> Result<&mut EpochAudit, Difference> {
        find(&mut self.epochs, epoch, to, from, self.block)
    }

    fn take_turn(&mut self, epoch: Epoch) -> Result<(), Difference> {
        let (expected, found) = (Value::Number(self.turn.into()), Value::Number(epoch.into()));
        let place = Place { epoch: Some(epoch), side: None, account: None, block: self.block };
        place.same(Field::Turn, expected, found)?;
        self.turn = epoch.saturating_add(1);
        Ok(())
    }

    fn finalised(&mut self, done: &EpochFinalised) -> Result<(), Difference> {
        let epoch = done.epoch;
        self.take_turn(epoch)?;
        let counts = self.ledger.counts(epoch);
        let registered = self.ledger.registered(Side::Customer);
        // The merchants' pool is what the vault holds before it releases this epoch.
        let merchant_pool = self.ledger.bzky().balance(&self.contracts.vault);
        let (customer_pool, block) = (self.customer_pool, self.block);
        let audit = self.epoch(epoch, EpochState::Final, &[EpochState::Pending])?;
        compare_reports(epoch, audit)?;

        let report = audit.report.report();
        let receipts_in = u32::try_from(counts.receipts_in).unwrap_or(u32::MAX);
        let merchants = report.merchants.count.min(counts.merchants_seen);
        let customers = report.customers.count.min(receipts_in).min(registered);
        let sides = [
            (Side::Merchant, merchants, merchant_pool, &report.merchants, &done.merchants),
            (Side::Customer, customers, customer_pool, &report.customers, &done.customers),
        ];
        for (side, participants, pool, report, found) in sides {
            let expected = payout(side, epoch, participants, pool, report);
            let place = Place { epoch: Some(epoch), side: Some(side), account: None, block };
            place.numbers(Field::Emission, expected.emission, found.emission)?;
            place.numbers(Field::Reserved, expected.reserved, found.reserved)?;
            place.numbers(Field::Paid, 0, found.paid)?;
            match side {
                Side::Merchant => audit.merchants.payout = expected,
                Side::Customer => audit.customers.payout = expected,
            }
        }
        audit.state = EpochState::Final;
        audit.unreleased = audit.merchants.payout.reserved;
        let customers = audit.customers.payout.reserved;
        // A reservation never passes what its pool has.
        self.customer_pool = self.customer_pool.saturating_sub(customers);
        Ok(())
    }

    fn released(&mut self, released: &PoolReleased) -> Result<(), Difference> {
        let block = self.block;
        let audit = self.epoch(released.epoch, EpochState::Final, &[EpochState::Final])?;
        let place = Place { epoch: Some(released.epoch), side: Some(Side::Merchant), account: None, block };
        place.numbers(Field::Released, audit.unreleased, released.amount)?;
        audit.unreleased = 0;
        Ok(())
    }

    fn paid(&mut self, paid: &RewardsPaid) -> Result<(), Difference> {
        let (side, epoch, block) = (paid.side, paid.epoch, self.block);
        let audit = find(&mut self.epochs, epoch, EpochState::Final, &[EpochState::Final], block)?;
        let may_defer = audit.may_defer(side);
        for reward in &paid.rewards {
            let place = Place { epoch: Some(epoch), side: Some(side), account: Some(reward.index), block };
            if audit.report.tree(side).position(reward.index).is_none() {
                place.numbers(Field::Payments, 0, 1)?;
            }
            if !audit.side_mut(side).paid.insert(reward.index) {
                place.numbers(Field::Payments, 1, 2)?;
            }
            let payout = audit.side_mut(side).payout;
            let due = audit.report.reward(side, reward.index, &payout);
            let expected = self.payments.claimed(place, (side, epoch, reward.index), due, may_defer)?;
            place.numbers(Field::Reward, expected, reward.amount)?;
            check_account(place, &self.ledger, side, reward.index, reward.account)?;
            book_paid(place, &mut audit.side_mut(side).payout, reward.amount)?;
        }
        Ok(())
    }

    fn deferred(&mut self, deferred: &RewardDeferred) -> Result<(), Difference> {
        self.epoch(deferred.epoch, EpochState::Final, &[EpochState::Final])?;
        self.payments.reward_deferred(deferred);
        Ok(())
    }

    fn deferred_paid(&mut self, paid: &DeferredRewardPaid) -> Result<(), Difference> {
        let (side, block) = (Side::Merchant, self.block);
        let audit = find(&mut self.epochs, paid.epoch, EpochState::Final, &[EpochState::Final], block)?;
        let place = Place { epoch: Some(paid.epoch), side: Some(side), account: Some(paid.index), block };
        self.payments.deferred_paid(place, paid)?;
        check_account(place, &self.ledger, side, paid.index, paid.account)?;
        book_paid(place, &mut audit.merchants.payout, paid.amount)
    }

    /// After the last block: reports that are pending must be right too, and
    /// the vault must have released every reservation. Returns all closed
    /// epochs, in order.
    ///
    /// # Errors
    /// The first difference.
    pub fn finish(&self) -> Result<Vec<AuditedEpoch>, Difference> {
        for (epoch, audit) in &self.epochs {
            compare_reports(*epoch, audit)?;
            let place = Place { epoch: Some(*epoch), side: Some(Side::Merchant), account: None, block: self.block };
            place.numbers(Field::Released, audit.merchants.payout.reserved, released(audit))?;
        }
        Ok(self.epochs.iter().map(|(epoch, audit)| summary(*epoch, audit)).collect())
    }

    /// The epochs that are closed so far.
    #[must_use]
    pub fn closed_epochs(&self) -> Epoch {
        self.judge.next_epoch()
    }

    /// An epoch's report as its receipts make it, once it is closed.
    #[must_use]
    pub fn report(&self, epoch: Epoch) -> Option<&EpochReport> {
        self.epochs.get(&epoch).map(|audit| &audit.report)
    }
}

/// The epoch, which must be closed and in one of the states `from` to come into `to`.
fn find<'a>(
    epochs: &'a mut BTreeMap<Epoch, EpochAudit>,
    epoch: Epoch,
    to: EpochState,
    from: &[EpochState],
    block: u32,
) -> Result<&'a mut EpochAudit, Difference> {
    let found = epochs.get_mut(&epoch);
    let state = found.as_ref().map(|audit| audit.state);
    match found {
        Some(audit) if from.contains(&audit.state) => Ok(audit),
        _ => Err(Difference {
            epoch: Some(epoch),
            side: None,
            account: None,
            field: Field::State,
            expected: state.map_or(Value::Nothing, Value::State),
            found: Value::State(to),
            block,
        }),
    }
}

/// A reward goes to the party's present account.
fn check_account(place: Place, ledger: &Ledger, side: Side, index: u32, paid: AccountId) -> Result<(), Difference> {
    let account = ledger.account(side, index).map_or(Value::Nothing, Value::Account);
    place.same(Field::PaidAccount, account, Value::Account(paid))
}

/// No epoch pays more than it has reserved.
fn book_paid(place: Place, payout: &mut Payout, amount: Balance) -> Result<(), Difference> {
    payout.paid = payout.paid.saturating_add(amount);
    if payout.paid > payout.reserved {
        let place = Place { account: None, ..place };
        return Err(place.number(Field::Paid, payout.reserved, payout.paid));
    }
    Ok(())
}

fn released(audit: &EpochAudit) -> Balance {
    audit.merchants.payout.reserved.saturating_sub(audit.unreleased)
}

fn summary(epoch: Epoch, audit: &EpochAudit) -> AuditedEpoch {
    let report = audit.report.report();
    let leaves = report.merchants.count.saturating_add(report.customers.count);
    let paid = audit.merchants.paid.len().saturating_add(audit.customers.paid.len());
    AuditedEpoch {
        epoch,
        state: audit.state,
        report,
        merchants: audit.merchants.payout,
        customers: audit.customers.payout,
        unpaid: leaves.saturating_sub(u32::try_from(paid).unwrap_or(u32::MAX)),
    }
}

/// E and the reservation (architecture.md, Rewards).
fn payout(side: Side, epoch: Epoch, participants: u32, pool: Balance, report: &SideReport) -> Payout {
    let emission = emission::emission(side, participants, pool);
    let reserved = emission::reserved(emission, blend(side, epoch), report.sum_v1, report.sum_v2);
    Payout { emission, reserved, paid: 0 }
}

/// Compares the committee's report, if there is one, with ours.
fn compare_reports(epoch: Epoch, audit: &EpochAudit) -> Result<(), Difference> {
    let Some((found, block)) = audit.reported else { return Ok(()) };
    let expected = audit.report.report();
    let place = Place { epoch: Some(epoch), side: None, account: None, block };
    place.numbers(Field::AlgorithmVersion, expected.algorithm_version.into(), found.algorithm_version.into())?;
    for side in Side::ALL {
        let place = Place { side: Some(side), ..place };
        let (expected, found) = (expected.side(side), found.side(side));
        place.numbers(Field::Count, expected.count.into(), found.count.into())?;
        place.numbers(Field::SumV1, expected.sum_v1, found.sum_v1)?;
        place.numbers(Field::SumV2, expected.sum_v2, found.sum_v2)?;
        place.same(Field::Root, Value::Hash(expected.root), Value::Hash(found.root))?;
    }
    Ok(())
}
