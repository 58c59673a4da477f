//! What is measured, by hand and as properties.

use crate::{
    facts, findings,
    town::{sale, CALENDAR, DAYS},
    whole, with,
};
use bizkey_oracle::persona::{
    features::{baskets, Distance, BASKET_MS, PIECE_MS},
    Facts, Features, FeaturesError, Sale, Window,
};
use proptest::prelude::*;

/// Two shops, three customers, by hand: minutes of days.
fn by_hand() -> Features {
    let rows = [
        // Customer 1 at shop 1: one basket of three, one of one, one at the day's end.
        (1, 1, 100, 2, 600),
        (1, 1, 200, 2, 604),
        (1, 1, 300, 2, 609),
        (1, 1, 400, 2, 615),
        (1, 1, 1_000, 5, 1_410),
        // At shop 2: two receipts are no split basket.
        (2, 1, 50, 6, 600),
        (2, 1, 60, 6, 602),
        // A newcomer of shop 2, and an old customer of both.
        (2, 2, 500, 8, 700),
        (1, 3, 80, 1, 500),
        (2, 3, 80, 2, 500),
        (2, 3, 80, 3, 500),
    ];
    let mut facts = Facts::new(CALENDAR);
    facts.joined = [(1, 2), (2, 8)].into();
    Features::new(with(vec![], rows), whole(), facts).unwrap()
}

#[test]
fn a_pair_is_measured_by_days_hours_amounts_and_baskets() {
    let features = by_hand();
    let pair = features.pair(1, 1).unwrap();
    // Frequency and spread: 5 receipts on days 2 and 5.
    assert_eq!((pair.receipts(), pair.days), (5, 0b10_0100));
    assert_eq!((pair.days_in(5, 3), pair.days_in(5, 4), pair.days_in(4, 2)), (1, 2, 0));
    // Hours 10 and 23.
    assert_eq!(pair.hours, (1 << 10) | (1 << 23));
    // Amounts: 2000 together, 400 a receipt; 1000 - 100 is 2.25 times that.
    assert_eq!((pair.total, pair.least, pair.most, pair.amount_spread()), (2_000, 100, 1_000, 2_250));
    // Minutes 600, 604 and 609 follow each other within five; 615 does not.
    assert_eq!((pair.baskets, pair.split), (3, 1));
    // The last half hour begins with minute 1410.
    assert_eq!(pair.at_end, 1);
    let pieces: Vec<usize> = baskets(features.sales_of(pair)).map(|basket| basket.pieces.len()).collect();
    assert_eq!(pieces, [3, 1, 1]);
    let two = features.pair(2, 1).unwrap();
    assert_eq!((two.baskets, two.split, two.at_end), (1, 0, 0));
    assert_eq!(features.pair(1, 2), None);
}

#[test]
fn a_basket_ends_after_fifteen_minutes_however_small_the_steps() {
    let rows = (0..20u64).map(|minute| (1, 1, 10, 0, 600 + minute));
    let features = Features::new(with(vec![], rows), whole(), Facts::new(CALENDAR)).unwrap();
    let pair = features.pair(1, 1).unwrap();
    let pieces: Vec<usize> = baskets(features.sales_of(pair)).map(|basket| basket.pieces.len()).collect();
    assert_eq!(pieces, [16, 4], "minutes 600 to 615, and 616 to 619");
}

#[test]
fn a_clock_that_stands_still_makes_no_basket_of_a_week() {
    let same_time = (0..7u32).map(|day| Sale { epoch: day, ..sale(u64::from(day), 1, 1, 10, 3, 600) });
    let features = Features::new(same_time.collect(), whole(), Facts::new(CALENDAR)).unwrap();
    assert_eq!(features.pair(1, 1).map(|pair| (pair.baskets, pair.split)), Some((7, 0)));
}

#[test]
fn a_customer_has_a_home_where_it_is_on_most_days() {
    let features = by_hand();
    let first = features.customer(1).unwrap();
    assert_eq!((first.receipts, first.total, first.shops()), (7, 2_110, 2));
    assert_eq!((first.home, first.second, first.joined), (1, Some(2), Some(2)));
    // 5 of 7.
    assert_eq!(first.home_share, 714);
    assert_eq!((first.home_beside(1), first.home_beside(2)), (Some(2), Some(1)));
    let old = features.customer(3).unwrap();
    assert_eq!((old.home, old.second, old.home_share, old.joined), (2, Some(1), 666, None));
    let lone = |merchant, customer| features.is_lone_newcomer(features.pair(merchant, customer).unwrap());
    assert!(lone(2, 2) && !lone(1, 1) && !lone(2, 3));
}

#[test]
fn a_shop_and_the_network_are_the_sums_of_their_pairs() {
    let features = by_hand();
    let shop = features.shop(1).unwrap();
    assert_eq!((shop.receipts, shop.baskets, shop.split, shop.total), (6, 4, 1, 2_080));
    let other = features.shop(2).unwrap();
    assert_eq!((other.receipts, other.baskets, other.split, other.total), (5, 4, 0, 770));
    let network = features.network();
    assert_eq!((network.receipts, network.baskets, network.split), (11, 8, 1));
    assert_eq!((network.pairs, network.total), (5, 2_850));
}

#[test]
fn rows_outside_the_window_and_windows_that_are_too_long_are_refused() {
    let facts = Facts::new(CALENDAR);
    let row = sale(0, 1, 1, 100, 5, 600);
    let refused = |window| Features::new(vec![row], window, facts.clone()).err();
    let outside = FeaturesError::OutsideWindow { epoch: 5, first: 6, last: 9 };
    assert_eq!(refused(Window { first: 6, last: 9 }), Some(outside));
    assert_eq!(refused(Window { first: 0, last: 128 }), Some(FeaturesError::Window { first: 0, last: 128 }));
    assert_eq!(refused(Window { first: 9, last: 5 }), Some(FeaturesError::Window { first: 9, last: 5 }));
    assert_eq!(refused(Window { first: 0, last: 127 }), None);
}

#[test]
fn shops_are_as_far_apart_as_their_customers_make_them() {
    // Three customers of shop 1 buy at 2, three of shop 2 at 3; shop 9 stands alone.
    let mut rows = vec![];
    let mut visits = |customer: u32, home: u32, other: u32| {
        for day in 0..3 {
            rows.push((home, customer, 100, day, 600));
        }
        rows.push((other, customer, 100, 4, 600));
    };
    (1..=3).for_each(|customer| visits(customer, 1, 2));
    (4..=6).for_each(|customer| visits(customer, 2, 3));
    visits(7, 1, 2);
    visits(8, 1, 3);
    visits(9, 1, 9);
    let sales = with(vec![], rows);
    let features = Features::new(sales, whole(), Facts::new(CALENDAR)).unwrap();
    let distance = |merchant, customer| features.distance(features.pair(merchant, customer).unwrap());
    assert_eq!(distance(2, 7), Distance::Neighbour);
    assert_eq!(distance(3, 8), Distance::TwoSteps);
    assert_eq!(distance(9, 9), Distance::Far);
    let alone = Features::new(with(vec![], [(1, 1, 5, 0, 0)]), whole(), Facts::new(CALENDAR)).unwrap();
    assert_eq!(alone.distance(alone.pair(1, 1).unwrap()), Distance::NowhereElse);
}

fn rows() -> impl Strategy<Value = Vec<Sale>> {
    let row = (1u32..6, 1u32..12, 1u64..5_000, 0u32..DAYS, 0u64..1_440);
    prop::collection::vec(row, 0..400).prop_map(|rows| with(vec![], rows))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_rows_changes_nothing(sales in rows(), seed in any::<u64>()) {
        use rand::{seq::SliceRandom, SeedableRng};
        let mut shuffled = sales.clone();
        shuffled.shuffle(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
        let known = facts(&sales);
        prop_assert_eq!(findings(sales, known.clone()), findings(shuffled, known));
    }

    #[test]
    fn every_row_is_in_one_pair_and_one_basket(sales in rows()) {
        let known = facts(&sales);
        let features = Features::new(sales.clone(), whole(), known).unwrap();
        let in_pairs: usize = features.pairs().iter().map(|pair| features.sales_of(pair).len()).sum();
        prop_assert_eq!(in_pairs, sales.len());
        let network = features.network();
        prop_assert_eq!(network.receipts, sales.len() as u64);
        prop_assert_eq!(network.total, sales.iter().map(|sale| u128::from(sale.amount)).sum::<u128>());
        for pair in features.pairs() {
            let own = features.sales_of(pair);
            let mut seen = 0;
            let mut before: Option<u64> = None;
            for basket in baskets(own) {
                let (first, last) = (basket.pieces[0].at_ms, basket.pieces[basket.pieces.len() - 1].at_ms);
                prop_assert!(last - first <= BASKET_MS);
                prop_assert!(basket.pieces.windows(2).all(|two| two[1].at_ms - two[0].at_ms <= PIECE_MS));
                prop_assert!(before.is_none_or(|before| before <= first));
                before = Some(last);
                seen += basket.pieces.len();
            }
            prop_assert_eq!(seen, own.len());
            prop_assert_eq!(pair.days.count_ones() as usize, own.iter().map(|sale| sale.epoch).collect::<std::collections::BTreeSet<_>>().len());
        }
        let by_customer: usize = features.customers().iter().map(|customer| features.pairs_of_customer(customer.customer).count()).sum();
        prop_assert_eq!(by_customer, features.pairs().len());
    }
}
