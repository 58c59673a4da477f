//! The rules of sales against their plain definitions.

use super::*;
use bizkey_primitives::{redemption::PRICE_SCALE, TOKEN};
use ink::env::{test, DefaultEnvironment};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Time at one minor unit; a price counts for 100 ms; a chargeback period of 50 ms.
fn parameters() -> RedemptionParameters {
    RedemptionParameters { official_price: PRICE_SCALE, price_age_ms: 100, ..RedemptionParameters::initial(1) }
}

fn payment(number: u8) -> Hash {
    Hash::from([number; 32])
}

fn account(number: u8) -> AccountId {
    AccountId::from([number; 32])
}

#[test]
fn a_price_stays_within_its_bounds_to_the_unit() {
    assert!(is_within(110, 100, 10) && is_within(90, 100, 10));
    assert!(!is_within(111, 100, 10) && !is_within(89, 100, 10));
    // 10 % of 15 is 1.5: 16 and 14 are within, 17 and 13 are not.
    assert!(is_within(16, 15, 10) && is_within(14, 15, 10) && !is_within(17, 15, 10) && !is_within(13, 15, 10));
    assert!(is_within(u64::MAX, u64::MAX, 1));
    assert!(!is_within(1, 0, 50), "nothing leads away from no price");
}

#[ink::test]
fn a_price_needs_an_anchor_and_then_a_confirmation() {
    let (mut sales, parameters) = (Sales::default(), parameters());
    assert_eq!(sales.set_price(&parameters, 1_000, 1, 100, 999), Err(Error::PriceOutOfBounds));
    assert_eq!(sales.anchor(1, 0), Err(Error::ZeroAmount));
    sales.anchor(1, 100).unwrap();
    assert_eq!(sales.cost(&parameters, 1_000, TOKEN, 0), Err(Error::SaleClosed));
    assert_eq!(sales.set_price(&parameters, 1_000, 1, 0, 999), Err(Error::PriceOutOfBounds));
    sales.set_price(&parameters, 1_000, 1, 100, 999).unwrap();
    assert_eq!(sales.cost(&parameters, 1_000, 100, 0), Ok(PRICE_SCALE.into()));
}

#[ink::test]
fn a_price_is_dated_and_counts_until_it_is_too_old() {
    let (mut sales, parameters) = (Sales::default(), parameters());
    sales.anchor(1, 100).unwrap();
    assert_eq!(sales.set_price(&parameters, 1_000, 1, 100, 1_001), Err(Error::BadPriceDate), "of the future");
    assert_eq!(sales.set_price(&parameters, 1_000, 1, 100, 899), Err(Error::BadPriceDate), "too old");
    sales.set_price(&parameters, 1_000, 1, 100, 950).unwrap();
    assert_eq!(sales.set_price(&parameters, 1_000, 1, 100, 950), Err(Error::BadPriceDate), "a repeat");
    assert!(sales.cost(&parameters, 1_050, TOKEN, 0).is_ok());
    assert_eq!(sales.cost(&parameters, 1_051, TOKEN, 0), Err(Error::SaleClosed));
    let unpriced = RedemptionParameters { official_price: 0, ..parameters };
    assert_eq!(sales.cost(&unpriced, 1_050, TOKEN, 0), Err(Error::SaleClosed));
}

#[ink::test]
fn days_without_a_price_give_no_more_room() {
    let (mut sales, parameters) = (Sales::default(), parameters());
    sales.anchor(1, 100).unwrap();
    sales.set_price(&parameters, 1_000, 1, 110, 1_000).unwrap();
    assert_eq!(sales.set_price(&parameters, 1_001, 1, 120, 1_001), Err(Error::PriceOutOfBounds), "from the anchor");
    assert_eq!(sales.set_price(&parameters, 9_000, 9, 122, 9_000), Err(Error::PriceOutOfBounds));
    sales.set_price(&parameters, 9_000, 9, 121, 9_000).unwrap();
}

#[ink::test]
fn time_for_bzky_has_a_price_a_limit_and_a_cap() {
    let mut sales = Sales::default();
    let parameters = RedemptionParameters { bzky_cap: 10 * TOKEN, ..parameters() };
    sales.anchor(1, 2 * PRICE_SCALE).unwrap();
    assert_eq!(sales.buy(&parameters, 1_000, 1, TOKEN, u128::MAX), Err(Error::SaleClosed));
    sales.set_price(&parameters, 1_000, 1, 2 * PRICE_SCALE, 1_000).unwrap();
    // Half a Bzky a Time, less 10 %.
    let cost = TOKEN * 10 * 9 / 20;
    assert_eq!(sales.buy(&parameters, 1_000, 1, 0, 0), Err(Error::ZeroAmount));
    assert_eq!(sales.buy(&parameters, 1_000, 1, 10 * TOKEN, cost - 1), Err(Error::CostTooHigh));
    assert_eq!(sales.buy(&parameters, 1_000, 1, 10 * TOKEN, cost), Ok(cost));
    assert_eq!(sales.buy(&parameters, 1_000, 1, 1, cost), Err(Error::DailyCap));
    assert_eq!(sales.buy(&parameters, 1_000, 2, 10 * TOKEN, cost), Ok(cost));
}

#[ink::test]
fn a_payment_is_booked_once_ever_and_minted_after_its_period() {
    let (mut sales, parameters, pauses) = (Sales::default(), parameters(), Pauses::default());
    let book = |sales: &mut Sales, number, paid| {
        sales.book(&parameters, (1_000, 1, 50), payment(number), account(number), paid)
    };
    assert_eq!(book(&mut sales, 1, 0), Err(Error::ZeroAmount));
    assert_eq!(book(&mut sales, 1, 3), Ok(3 * TOKEN));
    assert_eq!(book(&mut sales, 1, 3), Err(Error::PaymentUsed));
    assert_eq!(sales.release(&pauses, 2_000, payment(9)), Err(Error::UnknownPayment));
    assert_eq!(sales.release(&pauses, 1_049, payment(1)), Err(Error::WindowOpen));
    assert_eq!(sales.charge_back(&pauses, 1_050, payment(1)), Err(Error::WindowOver));
    assert_eq!(sales.release(&pauses, 1_050, payment(1)), Ok((account(1), 3 * TOKEN)));
    assert_eq!(sales.release(&pauses, 1_050, payment(1)), Err(Error::PaymentSettled));
    book(&mut sales, 2, 3).unwrap();
    sales.charge_back(&pauses, 1_049, payment(2)).unwrap();
    assert_eq!(sales.release(&pauses, 2_000, payment(2)), Err(Error::PaymentSettled));
    assert_eq!(sales.charge_back(&pauses, 1_049, payment(2)), Err(Error::PaymentSettled));
    for number in [1, 2] {
        assert_eq!(book(&mut sales, number, 3), Err(Error::PaymentUsed), "remembered for good");
    }
    assert_eq!(book(&mut sales, 3, u64::MAX), Err(Error::DailyCap));
    let unpriced = RedemptionParameters { official_price: 0, ..parameters };
    let refused = sales.book(&unpriced, (1_000, 1, 50), payment(4), account(4), 3);
    assert_eq!(refused, Err(Error::SaleClosed));
}

#[ink::test]
fn a_pause_makes_the_chargeback_period_longer() {
    let (mut sales, parameters, mut pauses) = (Sales::default(), parameters(), Pauses::default());
    sales.book(&parameters, (1_000, 1, 50), payment(1), account(1), 3).unwrap();
    pauses.begin(1_010, 1_030).unwrap();
    assert_eq!(sales.release(&pauses, 1_069, payment(1)), Err(Error::WindowOpen));
    assert!(sales.release(&pauses, 1_070, payment(1)).is_ok());
}

#[test]
fn the_burned_part_is_rounded_down() {
    assert_eq!([burned_part(101, 50), burned_part(1, 99), burned_part(7, 0), burned_part(7, 100)], [50, 0, 0, 7]);
    assert_eq!(burned_part(u128::MAX, 100), u128::MAX);
}

proptest! {
    /// Against the quotient in 256 bits.
    #[test]
    fn the_burned_part_is_exact(paid: u128, percent in 0u8..=100) {
        prop_assert_eq!(burned_part(paid, percent), bizkey_primitives::emission::mul_div(paid, percent.into(), 100));
    }

    /// However often a day's price is set, it ends within the bounds around
    /// the last price of the last earlier day that had one.
    #[test]
    fn no_day_moves_the_price_beyond_its_bounds(
        asked in proptest::collection::vec((0u32..2, 1u64..400), 1..60),
        change_percent in 1u8..=50,
    ) {
        test::run_test::<DefaultEnvironment, _>(|_| Ok(())).unwrap();
        let mut sales = Sales::default();
        let parameters = RedemptionParameters { change_percent, ..parameters() };
        let (mut today, mut now_ms) = (1, 1_000);
        sales.anchor(today, 100).unwrap();
        let mut closes = BTreeMap::from([(0, 100u64)]);
        for (wait, price) in asked {
            today += wait;
            now_ms += 1;
            let anchor = *closes.range(..today).next_back().unwrap().1;
            let distance = u128::from(price.abs_diff(anchor)) * 100;
            let fits = distance <= u128::from(anchor) * u128::from(change_percent);
            let answer = sales.set_price(&parameters, now_ms, today, price, now_ms);
            prop_assert_eq!(answer, if fits { Ok(()) } else { Err(Error::PriceOutOfBounds) });
            if fits { closes.insert(today, price); }
        }
    }

    /// Every payment ends once: minted, charged back or still pending; a
    /// day's bookings stay within the cap, whatever was charged back.
    #[test]
    fn payments_end_once_and_days_stay_within_the_cap(
        steps in proptest::collection::vec((0u64..40, 0u8..6, 0u8..3, 1u64..60), 1..80),
    ) {
        test::run_test::<DefaultEnvironment, _>(|_| Ok(())).unwrap();
        let (mut sales, pauses) = (Sales::default(), Pauses::default());
        let parameters = RedemptionParameters { fiat_cap: 100 * TOKEN, ..parameters() };
        let mut now_ms = 1_000;
        let mut days: BTreeMap<Stamp, Balance> = BTreeMap::new();
        let mut booked: BTreeMap<u8, (u64, Balance)> = BTreeMap::new();
        let mut ended: BTreeMap<u8, bool> = BTreeMap::new();
        for (wait, number, kind, paid) in steps {
            now_ms += wait;
            let today = (now_ms / 100) as Stamp;
            match kind {
                0 => if let Ok(amount) = sales.book(&parameters, (now_ms, today, 50), payment(number), account(1), paid) {
                    prop_assert_eq!(amount, Balance::from(paid) * TOKEN);
                    prop_assert!(booked.insert(number, (now_ms, amount)).is_none(), "booked twice");
                    *days.entry(today).or_default() += amount;
                    prop_assert!(days[&today] <= parameters.fiat_cap);
                },
                1 => if let Ok((_, amount)) = sales.release(&pauses, now_ms, payment(number)) {
                    prop_assert_eq!(amount, booked[&number].1);
                    prop_assert!(now_ms >= booked[&number].0 + 50);
                    prop_assert!(ended.insert(number, true).is_none(), "ended twice");
                },
                _ => if sales.charge_back(&pauses, now_ms, payment(number)).is_ok() {
                    prop_assert!(now_ms < booked[&number].0 + 50);
                    prop_assert!(ended.insert(number, false).is_none(), "ended twice");
                },
            }
        }
    }
}
