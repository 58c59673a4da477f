//! When an epoch may be settled, how much it pays, and what is left of it
//! (whitepaper 3.4; architecture.md, Rewards).

use bizkey_primitives::{
    calendar::Calendar,
    emission::{self, Blend},
    errors::rewards::Error,
    report::{EpochRecord, EpochState, Payout, Report, SideReport},
    Balance, Epoch, Side, CUSTOMER_POOL,
};

/// Epochs after its own end in which an epoch can find a majority before
/// anybody may void it.
pub const REPORT_EPOCHS: u32 = 7;

/// The block in which a message runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Unix time, milliseconds.
    pub ms: u64,
    /// Block number.
    pub block: u32,
}

/// A record that enters `state` now.
pub fn enter(state: EpochState, now: Moment, round: u8, report: Report) -> EpochRecord {
    EpochRecord {
        state,
        round,
        since_ms: now.ms,
        since_block: now.block,
        report,
        merchants: Payout::default(),
        customers: Payout::default(),
    }
}

/// A report that says nothing, for an epoch that is void without one.
pub fn no_report() -> Report {
    Report { algorithm_version: 0, merchants: SideReport::default(), customers: SideReport::default() }
}

/// Whether the challenge window of a pending record is over: its time has
/// passed, and at least one block lies between.
pub fn window_is_over(record: &EpochRecord, window_ms: u64, now: Moment) -> bool {
    now.block > record.since_block && now.ms >= record.since_ms.saturating_add(window_ms)
}

/// Whether `epoch` has been over for [`REPORT_EPOCHS`] epochs.
pub fn is_overdue(calendar: &Calendar, epoch: Epoch, now_ms: u64) -> bool {
    // An epoch so late that the sum saturates is never overdue by mistake: its own end bounds it.
    calendar.is_closed(epoch.saturating_add(REPORT_EPOCHS), now_ms) && calendar.is_closed(epoch, now_ms)
}

/// Qm: merchants that the report names, no more than `receipts` saw.
pub fn merchants_paid_for(report: &Report, merchants_seen: u32) -> u32 {
    report.merchants.count.min(merchants_seen)
}

/// Qc: customers that the report names, no more than there were receipts or
/// than are registered.
pub fn customers_paid_for(report: &Report, receipts_in: u64, registered: u32) -> u32 {
    let receipts_in = u32::try_from(receipts_in).unwrap_or(u32::MAX);
    report.customers.count.min(receipts_in).min(registered)
}

/// E and the part of it that leaves can claim, for `participants` and what
/// the pool has not reserved yet.
pub fn payout(side: Side, blend: Blend, participants: u32, pool: Balance, report: &SideReport) -> Payout {
    let emission = emission::emission(side, participants, pool);
    let reserved = emission::reserved(emission, blend, report.sum_v1, report.sum_v2);
    Payout { emission, reserved, paid: 0 }
}

/// What the customers' pool has left, given what was reserved of it so far.
pub fn customer_pool_left(reserved_so_far: Balance) -> Balance {
    CUSTOMER_POOL.saturating_sub(reserved_so_far)
}

/// One side's payout.
pub fn payout_mut(record: &mut EpochRecord, side: Side) -> &mut Payout {
    match side {
        Side::Merchant => &mut record.merchants,
        Side::Customer => &mut record.customers,
    }
}

/// Books `amounts` as paid.
///
/// # Errors
/// [`Error::OverReservation`] when more would be paid than was reserved: the
/// tree's own rules forbid it, and this holds even if they did not.
pub fn pay(payout: &mut Payout, amounts: impl IntoIterator<Item = Balance>) -> Result<(), Error> {
    let mut paid = payout.paid;
    for amount in amounts {
        paid = paid.checked_add(amount).ok_or(Error::Overflow)?;
    }
    if paid > payout.reserved {
        return Err(Error::OverReservation);
    }
    payout.paid = paid;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bizkey_primitives::TOKEN;

    fn report(merchants: u32, customers: u32) -> Report {
        let side = |count| SideReport { root: [1; 32].into(), count, sum_v1: 400, sum_v2: 0 };
        Report { algorithm_version: 1, merchants: side(merchants), customers: side(customers) }
    }

    #[test]
    fn the_window_needs_its_time_and_a_block_of_its_own() {
        let record = enter(EpochState::Pending, Moment { ms: 1_000, block: 5 }, 0, report(1, 1));
        assert!(!window_is_over(&record, 100, Moment { ms: 1_099, block: 9 }));
        assert!(window_is_over(&record, 100, Moment { ms: 1_100, block: 6 }));
        assert!(!window_is_over(&record, 0, Moment { ms: 1_000, block: 5 }), "same block");
        assert!(window_is_over(&record, 0, Moment { ms: 1_001, block: 6 }));
        assert!(!window_is_over(&record, u64::MAX, Moment { ms: u64::MAX - 1, block: 6 }));
    }

    #[test]
    fn an_epoch_is_overdue_seven_epochs_after_its_end() {
        let calendar = Calendar::new(1_000, 10).unwrap();
        // Epoch 2 ends at 1,030; seven epochs later it is 1,100.
        assert!(!is_overdue(&calendar, 2, 1_099));
        assert!(is_overdue(&calendar, 2, 1_100));
    }

    #[test]
    fn a_report_cannot_raise_the_emission() {
        assert_eq!(merchants_paid_for(&report(900, 0), 5), 5);
        assert_eq!(merchants_paid_for(&report(4, 0), 5), 4);
        assert_eq!(customers_paid_for(&report(0, 900), 50, 70), 50);
        assert_eq!(customers_paid_for(&report(0, 900), 5_000, 70), 70);
        assert_eq!(customers_paid_for(&report(0, 60), u64::MAX, 70), 60);
    }

    #[test]
    fn the_last_epoch_pays_what_the_pool_has() {
        let blend = emission::blend(Side::Customer, 0);
        let left = customer_pool_left(CUSTOMER_POOL - 7 * TOKEN);
        let payout = payout(Side::Customer, blend, 3, left, &report(0, 3).customers);
        assert_eq!((payout.emission, payout.reserved), (7 * TOKEN, 7 * TOKEN));
        assert_eq!(customer_pool_left(CUSTOMER_POOL), 0);
    }

    #[test]
    fn nothing_is_paid_over_the_reservation() {
        let mut payout = Payout { emission: 10, reserved: 9, paid: 0 };
        assert_eq!(pay(&mut payout, [4, 5]), Ok(()));
        assert_eq!(pay(&mut payout, [1]), Err(Error::OverReservation));
        assert_eq!(pay(&mut payout, [u128::MAX]), Err(Error::Overflow));
        assert_eq!(payout.paid, 9);
    }
}
