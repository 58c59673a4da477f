//! Every rule of `rewards`, recomputed block by block.

use super::{
    bonds::Bonds,
    clock::Clock,
    committee::Committees,
    difference::Place,
    disputes::Proceedings,
    epoch::{AuditedEpoch, EpochAudit},
    moves::{Flow, Moves},
    payments::Payments,
    reserves::Reserves,
    Difference,
};
use crate::{
    book::Judge,
    chain::{Ledger, LedgerError},
    report::{EpochReport, Network, ReportError},
};
use bizkey_client::{Block, ContractAddresses, ContractEvent, ContractKind};
use bizkey_primitives::{events::Event, report::Bond, AccountId, Balance, Calendar, Epoch};
use std::collections::BTreeMap;

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

/// Follows a network's blocks and stops at the first figure that its receipts
/// and the rules do not make. Give it every block from deployment on, in order.
///
/// Reports, disputes, bonds and claims are followed by the rules of
/// architecture.md, and whatever an event says is compared with what follows
/// from the events and receipts before it. Two things cannot be derived and
/// are taken as they are told: what the board decides, and how much of a
/// deposit could be pledged for a reward.
#[derive(Clone, Debug)]
pub struct Audit {
    pub(super) contracts: ContractAddresses,
    pub(super) ledger: Ledger,
    judge: Judge,
    pub(super) clock: Clock,
    pub(super) epochs: BTreeMap<Epoch, EpochAudit>,
    pub(super) committees: Committees,
    pub(super) bonds: Bonds,
    pub(super) proceedings: Proceedings,
    pub(super) reserves: Reserves,
    pub(super) payments: Payments,
    moves: Moves,
    /// The epoch whose turn it is to be settled.
    pub(super) turn: Epoch,
    /// Who governs `rewards`, once the deployer has handed it over.
    pub(super) admin: Option<AccountId>,
    /// The transaction whose events are followed.
    transaction: Option<u32>,
}

impl Audit {
    /// An audit before a network's first block. `genesis` is the chain's hash,
    /// `challenge_ms` the challenge window of `rewards`, milliseconds.
    #[must_use]
    pub fn new(genesis: [u8; 32], contracts: ContractAddresses, calendar: Calendar, challenge_ms: u64) -> Self {
        let network = Network { genesis: genesis.into(), rewards: contracts.rewards };
        Self {
            contracts,
            ledger: Ledger::new(calendar),
            judge: Judge::new(network),
            clock: Clock::new(calendar, challenge_ms),
            epochs: BTreeMap::new(),
            committees: Committees::default(),
            bonds: Bonds::default(),
            proceedings: Proceedings::default(),
            reserves: Reserves::default(),
            payments: Payments::default(),
            moves: Moves::default(),
            turn: 0,
            admin: None,
            transaction: None,
        }
    }

    /// Follows one block.
    ///
    /// # Errors
    /// [`AuditError`]; the audit ends with it.
    pub fn follow(&mut self, block: &Block) -> Result<(), AuditError> {
        self.clock.enter(block);
        for facts in self.ledger.enter(block)? {
            let audit = EpochAudit::new(self.judge.judge(facts)?, self.clock.now());
            self.epochs.insert(audit.report.epoch(), audit);
        }
        for event in &block.events {
            self.ledger.apply(event)?;
            self.transaction = event.extrinsic;
            self.check(event)?;
        }
        self.payments.check_announced(block.number)?;
        self.proceedings.check(block.number)?;
        self.reserves.check(block.number)?;
        self.moves.check(block.number)?;
        Ok(())
    }

    fn check(&mut self, event: &ContractEvent) -> Result<(), Difference> {
        self.moves.moved(event, &self.contracts);
        match (event.kind, &event.event) {
            (ContractKind::Rewards, event) => self.check_rewards(event),
            (ContractKind::Vault, Event::PoolReleased(released)) => self.released(released),
            _ => Ok(()),
        }
    }

    fn check_rewards(&mut self, event: &Event) -> Result<(), Difference> {
        match event {
            Event::ReportSubmitted(said) => self.submitted(said),
            Event::ReportPending(pending) => self.pending(pending),
            Event::ReportDisputed(said) => self.disputed(said),
            Event::DisputeDecided(said) => self.decided(said),
            Event::BondSlashed(said) => self.slashed(said),
            Event::ReportStruck(said) => self.struck(said),
            Event::EpochVoided(said) => self.voided(said),
            Event::EpochFinalised(done) => self.finalised(done),
            Event::EpochReserved(done) => self.reserved(done),
            Event::ClaimsExpired(over) => self.expired(over),
            Event::RewardsPaid(paid) => self.paid(paid),
            Event::DeferredRewardPaid(paid) => self.deferred_paid(paid),
            Event::RewardDeferred(deferred) => self.deferred(deferred),
            Event::DebtPaid(paid) => self.payments.debt_paid(paid, self.clock.now().block),
            Event::BondChanged(said) => self.bond_changed(said),
            Event::RewardsPaused(paused) => self.clock.pause(paused.until_ms),
            _ => {
                self.note(event);
                Ok(())
            }
        }
    }

    /// Books what the board or the deployer decides.
    fn note(&mut self, event: &Event) {
        match event {
            Event::DebtBooked(booked) => self.payments.debt_booked(booked),
            Event::CommitteeChanged(changed) => self.committees.change(changed.from_epoch, &changed.members),
            Event::BondsSet(set) => self.bonds.require(set.member_bond, set.dispute_bond),
            Event::RewardsHandedOver(handed) => self.admin = Some(handed.admin),
            _ => {}
        }
    }

    /// The block that is followed.
    pub(super) fn block(&self) -> u32 {
        self.clock.now().block
    }

    /// The present transaction has to move so much.
    pub(super) fn due(&mut self, flow: Flow, amount: Balance, place: Place) {
        self.moves.due(self.transaction, flow, amount, place);
    }

    /// After the last block: reports that are pending or disputed must be
    /// right too. Returns all closed epochs, in order.
    ///
    /// # Errors
    /// The first difference.
    pub fn finish(&self) -> Result<Vec<AuditedEpoch>, Difference> {
        for audit in self.epochs.values() {
            audit.compare_reports()?;
        }
        Ok(self.epochs.values().map(EpochAudit::summary).collect())
    }

    /// The epochs that are closed so far.
    #[must_use]
    pub fn closed_epochs(&self) -> Epoch {
        self.judge.next_epoch()
    }

    /// The first epoch that is not settled.
    #[must_use]
    pub fn next_unsettled(&self) -> Epoch {
        self.turn
    }

    /// Time that all epochs together have reserved, smallest unit.
    #[must_use]
    pub fn customer_reserved(&self) -> Balance {
        self.reserves.customers()
    }

    /// Everybody who has something at stake for its reports, and what.
    pub fn bonds(&self) -> impl Iterator<Item = (AccountId, Bond)> + '_ {
        self.bonds.all()
    }

    /// An epoch's report as its receipts make it, once it is closed.
    #[must_use]
    pub fn report(&self, epoch: Epoch) -> Option<&EpochReport> {
        self.epochs.get(&epoch).map(|audit| &audit.report)
    }
}
