//! A closed epoch as it was recomputed, and where the chain has it.

use super::{clock::Moment, difference::Place, Difference, Field, Value};
use crate::report::EpochReport;
use bizkey_primitives::{
    report::{EpochState, Payout, Report, BIZPOWER_2},
    AccountId, Balance, Epoch, Side,
};
use std::collections::{BTreeMap, BTreeSet};

/// One side of an epoch.
#[derive(Clone, Debug, Default)]
pub(super) struct SideAudit {
    /// What was reserved for it, and what of that is paid.
    pub(super) payout: Payout,
    /// Leaves that were paid.
    pub(super) paid: BTreeSet<u32>,
}

/// A dispute of an epoch's round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dispute {
    pub(super) disputer: AccountId,
    /// Smallest unit of Bzky.
    pub(super) bond: Balance,
}

/// An epoch as recomputed.
#[derive(Clone, Debug)]
pub(super) struct EpochAudit {
    /// What its receipts make it.
    pub(super) report: EpochReport,
    pub(super) state: EpochState,
    /// Round of reports: 0, or 1 after a struck report.
    pub(super) round: u8,
    /// When it came into its state.
    pub(super) since: Moment,
    /// The committee's report that is pending, disputed or final, and its block.
    pub(super) reported: Option<(Report, u32)>,
    pub(super) merchants: SideAudit,
    pub(super) customers: SideAudit,
    /// Disputes by round.
    pub(super) disputes: BTreeMap<u8, Dispute>,
}

impl EpochAudit {
    /// A closed epoch that nobody has reported.
    pub(super) fn new(report: EpochReport, closed: Moment) -> Self {
        Self {
            report,
            state: EpochState::Open,
            round: 0,
            since: closed,
            reported: None,
            merchants: SideAudit::default(),
            customers: SideAudit::default(),
            disputes: BTreeMap::new(),
        }
    }

    /// Whether a merchant's reward may wait for its receipts to be demanded:
    /// from bizpower-2 on.
    pub(super) fn may_defer(&self, side: Side) -> bool {
        side == Side::Merchant && self.report.scores.algorithm.version() >= BIZPOWER_2
    }

    pub(super) fn side_mut(&mut self, side: Side) -> &mut SideAudit {
        match side {
            Side::Merchant => &mut self.merchants,
            Side::Customer => &mut self.customers,
        }
    }

    /// What it has reserved: merchants, customers.
    pub(super) fn reserved(&self) -> (Balance, Balance) {
        (self.merchants.payout.reserved, self.customers.payout.reserved)
    }

    pub(super) fn enter(&mut self, state: EpochState, now: Moment) {
        (self.state, self.since) = (state, now);
    }

    /// It pays nothing, for good. It keeps its round.
    pub(super) fn void(&mut self, now: Moment) {
        self.enter(EpochState::Void, now);
        self.reported = None;
        (self.merchants, self.customers) = Default::default();
    }

    /// Its first report does not count; a second one emits no more than this
    /// one reserved.
    pub(super) fn reopen(&mut self, now: Moment) {
        self.enter(EpochState::Open, now);
        (self.round, self.reported) = (1, None);
        for payout in [&mut self.merchants.payout, &mut self.customers.payout] {
            payout.emission = payout.reserved;
        }
    }

    /// The dispute that is open.
    pub(super) fn open_dispute(&self) -> Option<Dispute> {
        (self.state == EpochState::Disputed).then(|| self.disputes.get(&self.round).copied()).flatten()
    }

    /// Compares the committee's report, if there is one, with ours.
    pub(super) fn compare_reports(&self) -> Result<(), Difference> {
        let Some((found, block)) = self.reported else { return Ok(()) };
        same_report(Place::epoch(self.report.epoch(), block), &self.report.report(), &found)
    }

    pub(super) fn summary(&self) -> AuditedEpoch {
        let report = self.report.report();
        let leaves = report.merchants.count.saturating_add(report.customers.count);
        let paid = self.merchants.paid.len().saturating_add(self.customers.paid.len());
        AuditedEpoch {
            epoch: self.report.epoch(),
            state: self.state,
            round: self.round,
            report,
            merchants: self.merchants.payout,
            customers: self.customers.payout,
            unpaid: leaves.saturating_sub(u32::try_from(paid).unwrap_or(u32::MAX)),
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
    /// Round of reports: 0, or 1 after a struck report.
    pub round: u8,
    /// The report that its receipts make.
    pub report: Report,
    /// Merchants' payout; zeros until it is reserved.
    pub merchants: Payout,
    /// Customers' payout; zeros until it is reserved.
    pub customers: Payout,
    /// Leaves of both sides that are not paid.
    pub unpaid: u32,
}

/// Compares a report figure by figure.
pub(super) fn same_report(place: Place, expected: &Report, found: &Report) -> Result<(), Difference> {
    place.numbers(Field::AlgorithmVersion, expected.algorithm_version.into(), found.algorithm_version.into())?;
    for side in Side::ALL {
        let place = place.side(side);
        let (expected, found) = (expected.side(side), found.side(side));
        place.numbers(Field::Count, expected.count.into(), found.count.into())?;
        place.numbers(Field::SumV1, expected.sum_v1, found.sum_v1)?;
        place.numbers(Field::SumV2, expected.sum_v2, found.sum_v2)?;
        place.same(Field::Root, Value::Hash(expected.root), Value::Hash(found.root))?;
    }
    Ok(())
}

/// The epoch, which must be closed and in one of the states `from` to come into `to`.
pub(super) fn find<'a>(
    epochs: &'a mut BTreeMap<Epoch, EpochAudit>,
    epoch: Epoch,
    to: EpochState,
    from: &[EpochState],
    block: u32,
) -> Result<&'a mut EpochAudit, Difference> {
    let found = epochs.get_mut(&epoch);
    let state = found.as_ref().map_or(Value::Nothing, |audit| Value::State(audit.state));
    match found {
        Some(audit) if from.contains(&audit.state) => Ok(audit),
        _ => Err(Place::epoch(epoch, block).differs(Field::State, state, Value::State(to))),
    }
}
