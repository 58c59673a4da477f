//! How much an epoch pays, and what is left of it (whitepaper 3.4;
//! architecture.md, Rewards).

use bizkey_primitives::{
    emission::{self, Blend},
    errors::rewards::Error,
    report::{EpochRecord, Payout, Report, SideReport},
    Balance, Side, CUSTOMER_POOL,
};

/// A report that says nothing, for an epoch that is void without one.
pub fn no_report() -> Report {
    Report { algorithm_version: 0, merchants: SideReport::default(), customers: SideReport::default() }
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

/// Books `amounts` as paid; returns their sum.
///
/// # Errors
/// [`Error::OverReservation`] when more would be paid than was reserved: the
/// tree's own rules forbid it, and this holds even if they did not.
pub fn pay(payout: &mut Payout, amounts: impl IntoIterator<Item = Balance>) -> Result<Balance, Error> {
    let mut sum: Balance = 0;
    for amount in amounts {
        sum = sum.checked_add(amount).ok_or(Error::Overflow)?;
    }
    let paid = payout.paid.checked_add(sum).ok_or(Error::Overflow)?;
    if paid > payout.reserved {
        return Err(Error::OverReservation);
    }
    payout.paid = paid;
    Ok(sum)
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
        assert_eq!(pay(&mut payout, [4, 5]), Ok(9));
        assert_eq!(pay(&mut payout, [1]), Err(Error::OverReservation));
        assert_eq!(pay(&mut payout, [u128::MAX]), Err(Error::Overflow));
        assert_eq!(payout.paid, 9);
    }
}
