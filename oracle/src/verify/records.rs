//! What `rewards` keeps must be what its events said.

use super::{difference::Place, epoch::same_report, Audit, AuditedEpoch, Difference, Field, Value};
use bizkey_client::{BlockRef, ClientError, Suite};
use bizkey_primitives::{
    report::{EpochRecord, EpochState},
    Side,
};

/// Compares everything that `rewards` keeps at `head` with what was followed
/// up to it; the first difference.
pub(super) async fn compare(
    suite: &Suite,
    audit: &Audit,
    epochs: &[AuditedEpoch],
    head: &BlockRef,
) -> Result<Option<Difference>, ClientError> {
    let (rewards, at) = (suite.rewards(), Some(head.hash));
    for epoch in epochs {
        let record = rewards.epoch(epoch.epoch, at).await?;
        if let Err(difference) = compare_record(epoch, record.as_ref(), head.number) {
            return Ok(Some(difference));
        }
    }
    let place = Place::block(head.number);
    let (next, reserved) = (rewards.next_epoch(at).await?, rewards.customer_reserved(at).await?);
    let totals = place.numbers(Field::NextEpoch, audit.next_unsettled().into(), next.into()).and_then(|()| {
        place.side(Side::Customer).numbers(Field::CustomerReserved, audit.customer_reserved(), reserved)
    });
    if let Err(difference) = totals {
        return Ok(Some(difference));
    }
    for (member, expected) in audit.bonds() {
        let found = rewards.bond_of(member, at).await?;
        let place = place.holder(member);
        let same = place
            .numbers(Field::Bond, expected.amount, found.amount)
            .and_then(|()| place.numbers(Field::Withdrawable, expected.leaving_ms.into(), found.leaving_ms.into()));
        if let Err(difference) = same {
            return Ok(Some(difference));
        }
    }
    Ok(None)
}

/// Compares one epoch. Nothing is kept of one before its first majority.
fn compare_record(epoch: &AuditedEpoch, record: Option<&EpochRecord>, block: u32) -> Result<(), Difference> {
    let place = Place::epoch(epoch.epoch, block);
    let state = Value::State(epoch.state);
    let Some(record) = record else {
        let is_untouched = epoch.state == EpochState::Open && epoch.round == 0;
        return if is_untouched { Ok(()) } else { Err(place.differs(Field::State, state, Value::Nothing)) };
    };
    place.same(Field::State, state, Value::State(record.state))?;
    place.numbers(Field::Round, epoch.round.into(), record.round.into())?;
    if matches!(epoch.state, EpochState::Pending | EpochState::Disputed | EpochState::Final) {
        same_report(place, &epoch.report, &record.report)?;
    }
    for (side, expected, found) in
        [(Side::Merchant, epoch.merchants, record.merchants), (Side::Customer, epoch.customers, record.customers)]
    {
        let place = place.side(side);
        place.numbers(Field::Emission, expected.emission, found.emission)?;
        place.numbers(Field::Reserved, expected.reserved, found.reserved)?;
        place.numbers(Field::Paid, expected.paid, found.paid)?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::*;
    use bizkey_primitives::report::{Payout, Report, SideReport};

    fn side(count: u32) -> SideReport {
        SideReport { root: [7; 32].into(), count, sum_v1: 400, sum_v2: 30 }
    }

    fn epoch(state: EpochState) -> AuditedEpoch {
        let payout = Payout { emission: 500, reserved: 400, paid: 300 };
        AuditedEpoch {
            epoch: 3,
            state,
            round: 1,
            report: Report { algorithm_version: 1, merchants: side(5), customers: side(9) },
            merchants: payout,
            customers: Payout { emission: 50, ..payout },
            unpaid: 0,
        }
    }

    fn record(epoch: &AuditedEpoch) -> EpochRecord {
        EpochRecord {
            state: epoch.state,
            round: epoch.round,
            since_ms: 1,
            since_block: 1,
            report: epoch.report,
            merchants: epoch.merchants,
            customers: epoch.customers,
        }
    }

    #[test]
    fn every_figure_that_a_node_alters_is_found_and_so_is_silence() {
        let ours = epoch(EpochState::Final);
        assert_eq!(compare_record(&ours, Some(&record(&ours)), 9), Ok(()));
        let found = |alter: fn(&mut EpochRecord)| {
            let mut theirs = record(&ours);
            alter(&mut theirs);
            let difference = compare_record(&ours, Some(&theirs), 9).expect_err("a difference");
            assert_eq!((difference.epoch, difference.block), (Some(3), 9));
            (difference.side, difference.field)
        };
        let (merchants, customers) = (Some(Side::Merchant), Some(Side::Customer));
        assert_eq!(found(|record| record.state = EpochState::Pending), (None, Field::State));
        assert_eq!(found(|record| record.round = 0), (None, Field::Round));
        assert_eq!(found(|record| record.report.merchants.root = [8; 32].into()), (merchants, Field::Root));
        assert_eq!(found(|record| record.report.customers.count += 1), (customers, Field::Count));
        assert_eq!(found(|record| record.merchants.emission += 1), (merchants, Field::Emission));
        assert_eq!(found(|record| record.customers.reserved -= 1), (customers, Field::Reserved));
        assert_eq!(found(|record| record.customers.paid += 1), (customers, Field::Paid));

        let silent = compare_record(&ours, None, 9).expect_err("a difference");
        assert_eq!((silent.expected, silent.found), (Value::State(EpochState::Final), Value::Nothing));
    }

    #[test]
    fn nothing_is_kept_of_an_epoch_that_nobody_has_reported_nor_compared_of_a_struck_report() {
        let open = AuditedEpoch { round: 0, ..epoch(EpochState::Open) };
        assert_eq!(compare_record(&open, None, 9), Ok(()));
        assert!(compare_record(&epoch(EpochState::Open), None, 9).is_err(), "its first report was struck");
        let struck = epoch(EpochState::Open);
        let mut theirs = record(&struck);
        theirs.report.merchants.sum_v1 += 1;
        assert_eq!(compare_record(&struck, Some(&theirs), 9), Ok(()));
    }
}
