//! What the rules find, what they leave alone, and that what they say is the
//! same everywhere.

use crate::{
    facts, findings, of,
    town::{town, BAR, CALENDAR, DAYS},
    with,
};
use bizkey_oracle::persona::{
    evaluate::Trial,
    rules::{Distances, Habits, Spread, LEAST_SCORE},
    Facts, Finding, Kind, Sale,
};
use bizkey_primitives::Side;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn in_an_honest_town_nobody_is_accused_whatever_the_seed() {
    for seed in 1..=5 {
        let sales = town(seed);
        let facts = facts(&sales);
        let found = findings(sales, facts);
        assert!(found.is_empty(), "seed {seed}: {:?}", found.iter().map(|finding| &finding.reason).collect::<Vec<_>>());
    }
}

#[test]
fn a_finding_shows_what_it_rests_on() {
    let trial = Trial::new(town(4), CALENDAR).unwrap();
    let (injected, found) = trial.findings(100, 3).unwrap();
    let sales: BTreeMap<_, _> = injected.sales.iter().map(|sale| (sale.id, *sale)).collect();
    assert!(found.len() > 5, "{found:?}");
    for finding in &found {
        assert!((LEAST_SCORE..=1_000).contains(&finding.score), "{finding:?}");
        assert!(finding.measures.iter().all(|measure| measure.value >= measure.threshold && !measure.why.is_empty()));
        assert!(!finding.receipts.is_empty() && finding.receipts.is_sorted() && !finding.reason.is_empty());
        assert!(!finding.suspects.is_empty() && finding.suspects.is_sorted());
        for (side, index) in &finding.suspects {
            let parties = if *side == Side::Merchant { &finding.merchants } else { &finding.customers };
            assert!(parties.contains(index), "{finding:?}");
        }
        for id in &finding.receipts {
            let sale = sales[id];
            assert!(finding.merchants.contains(&sale.merchant) && finding.customers.contains(&sale.customer));
            assert!((finding.epochs.0..=finding.epochs.1).contains(&sale.epoch));
        }
        let pairs: BTreeSet<_> = finding.receipts.iter().map(|id| (sales[id].merchant, sales[id].customer)).collect();
        let Habits { pairs: told, hours_of_day, distance, .. } = &finding.habits;
        let Distances { neighbour, two_steps, far, nowhere_else } = *distance;
        assert_eq!((*told, neighbour + two_steps + far + nowhere_else), (pairs.len() as u64, pairs.len() as u64));
        assert!(!hours_of_day.is_empty() && hours_of_day.is_sorted() && hours_of_day.iter().all(|hour| *hour < 24));
        assert_eq!(finding.in_words(), format!("{} {}", finding.reason, finding.habits));
    }
}

#[test]
fn a_finding_tells_frequency_spread_amounts_hours_and_distance_of_its_pairs() {
    // Customer 1 has baskets of 100, 200 and 300 at shop 1 on five days at ten.
    let first = (0..5).flat_map(|day| (0..3).map(move |piece| (1, 1, 100 + 100 * piece, day, 600 + piece)));
    // Customer 2 has three times 50 there on two days after nine in the evening,
    // and buys at shop 2 as well.
    let second = (5..7).flat_map(|day| (0..3).map(move |piece| (1, 2, 50, day, 1_300 + piece)));
    let sales = with(vec![], first.chain(second).chain([(2, 2, 50, 7, 300)]));
    let found = findings(sales, Facts::new(CALENDAR));
    let [finding] = &found[..] else { panic!("{found:?}") };
    assert_eq!((finding.kind, finding.receipts.len()), (Kind::Splitting, 21));
    let spread = |least, middle, most| Spread { least, middle, most };
    let expected = Habits {
        epochs: DAYS,
        pairs: 2,
        receipts: spread(6, 15, 15),
        days: spread(2, 5, 5),
        shops: spread(1, 2, 2),
        // 300 - 100 is the mean of 200; the others are all the same.
        amount_spread: spread(0, 1_000, 1_000),
        hours: spread(1, 1, 1),
        hours_of_day: vec![10, 21],
        // Nobody else joins the two shops.
        distance: Distances { far: 1, nowhere_else: 1, ..Distances::default() },
    };
    assert_eq!(finding.habits, expected);
    let words = finding.habits.to_string();
    for part in ["(2 in all)", "6 to 15 (15 in the middle) receipts", "in the hours 10, 21", "1 buy nowhere else"] {
        assert!(words.contains(part), "{part}: {words}");
    }
}

/// A ring of so many people who begin on day 60 and come on two of three days,
/// up to a day; the last of them begins later.
pub fn ring(size: u32, last: u32, late: u32) -> Vec<(u32, u32, u64, u32, u64)> {
    let days = (60..=last).filter(|day| day % 3 != 0);
    let begins = move |member: u32| if member == size { 60 + late } else { 60 };
    let visits = days
        .flat_map(move |day| (1..=size).filter(move |member| day >= begins(*member)).map(move |member| (day, member)));
    visits.map(|(day, member)| (30, member * 40, 700, day, 600 + u64::from(member))).collect()
}

#[test]
fn a_ring_is_found_and_friends_and_long_time_regulars_are_none() {
    // Size, last day, how much later the last one begins.
    let rings = [
        ((2, 81, 0), 0),
        ((3, 81, 0), 1),
        // Three who do not begin together.
        ((3, 81, 8), 0),
        // Three who still come may have moved in; five may not.
        ((3, DAYS - 1, 0), 0),
        ((5, DAYS - 1, 0), 1),
        ((5, 81, 0), 1),
        ((5, 81, 3), 1),
        ((9, 81, 0), 1),
    ];
    for ((size, last, late), expected) in rings {
        let sales = with(town(1), ring(size, last, late));
        let facts = facts(&sales);
        let found = findings(sales, facts);
        let collusion = of(Kind::Collusion, &found);
        assert_eq!(collusion.len(), expected, "{size} members to day {last}, one {late} days late: {collusion:?}");
        for finding in collusion {
            assert_eq!(finding.merchants, [30]);
            assert!((1..=size).all(|member| finding.customers.contains(&(member * 40))), "{finding:?}");
            assert!(finding.suspects.contains(&(Side::Merchant, 30)));
        }
    }
    // The same people, who have come all along.
    let all_along = (0..DAYS).filter(|day| day % 3 != 0);
    let regulars =
        all_along.flat_map(|day| (1..=9).map(move |member| (30, member * 40, 700, day, 600 + u64::from(member))));
    let sales = with(town(1), regulars);
    let facts = facts(&sales);
    assert_eq!(of(Kind::Collusion, &findings(sales, facts)), Vec::<&Finding>::new());
}

/// A basket of shop 20 on every second day from day 60 on, in so many pieces.
pub fn split(pieces: u64) -> Vec<(u32, u32, u64, u32, u64)> {
    let days = (60..90).filter(|day| day % 2 == 0);
    days.flat_map(|day| (0..pieces).map(move |piece| (20, 300 + day, 900, day, 700 + piece))).collect()
}

#[test]
fn a_habit_of_splitting_is_found_from_three_pieces_on_and_two_are_no_habit() {
    for (pieces, expected) in [(1, 0), (2, 0), (3, 1), (6, 1)] {
        let sales = with(town(1), split(pieces));
        let facts = facts(&sales);
        let found = findings(sales, facts);
        let splitting = of(Kind::Splitting, &found);
        assert_eq!(splitting.len(), expected, "{pieces} pieces: {splitting:?}");
        // The customers were at the till, and did not hold it.
        assert!(splitting.iter().all(|finding| finding.suspects == [(Side::Merchant, 20)]));
    }
}

#[test]
fn a_clock_that_stands_still_or_goes_back_hides_no_split_basket() {
    let clocks: [fn(u32, u64) -> u64; 2] = [|_, piece| piece * 60_000, |day, piece| u64::from(200 - day) + piece];
    for clock in clocks {
        let honest = town(1);
        let count = honest.len();
        // One customer, whose days would run into each other.
        let mut pieces = split(3);
        pieces.iter_mut().for_each(|(_, customer, ..)| *customer = 300);
        let mut sales = with(honest, pieces);
        for (piece, sale) in (0..).zip(&mut sales[count..]) {
            sale.at_ms = clock(sale.epoch, piece % 3);
        }
        let facts = facts(&sales);
        let found = findings(sales, facts);
        let splitting = of(Kind::Splitting, &found);
        assert!(splitting.iter().any(|finding| finding.suspects == [(Side::Merchant, 20)]), "{splitting:?}");
    }
}

#[test]
fn a_customer_who_splits_everywhere_is_found_and_no_shop_with_it() {
    let days = 60..68u32;
    let visits = days.flat_map(|day| (0..4).map(move |piece| (day - 59, 555, 800, day, 700 + piece)));
    let sales = with(town(1), visits);
    let facts = facts(&sales);
    let found = findings(sales, facts);
    let suspects: Vec<_> = of(Kind::Splitting, &found).iter().flat_map(|finding| finding.suspects.clone()).collect();
    assert_eq!(suspects, [(Side::Customer, 555)]);
}

#[test]
fn owners_in_a_circle_are_found_if_they_are_known_and_one_way_trade_is_none() {
    let shops = [3, 7, 11];
    let owner = |shop: u32| 600 + shop;
    let days = || (70..98u32).filter(|day| day % 2 == 0);
    let round = |legs: usize| {
        let leg = move |at: usize| (shops[(at + 1) % 3], owner(shops[at]), 5_000 + 100 * at as u64);
        days().flat_map(move |day| {
            (0..legs).map(move |at| {
                let (to, who, amount) = leg(at);
                (to, who, amount, day, 660 + at as u64)
            })
        })
    };
    let known = |sales: &[Sale]| {
        let mut facts = facts(sales);
        facts.owners = shops.iter().map(|shop| (*shop, owner(*shop))).collect();
        facts
    };
    let circle = with(town(1), round(3));
    let with_owners = known(&circle);
    let found = findings(circle.clone(), with_owners);
    let circular = of(Kind::Circular, &found);
    assert_eq!(circular.len(), 1, "{circular:?}");
    assert_eq!((circular[0].merchants.as_slice(), circular[0].receipts.len()), (&shops[..], 42));
    let unknown = facts(&circle);
    assert!(of(Kind::Circular, &findings(circle, unknown)).is_empty(), "owners are not guessed");
    // The last owner keeps the money.
    let chain = with(town(1), round(2));
    let with_owners = known(&chain);
    assert!(of(Kind::Circular, &findings(chain, with_owners)).is_empty());
}

#[test]
fn made_up_customers_of_one_shop_are_found_and_newcomers_who_look_around_are_none() {
    let newcomers = |second_shop: bool| {
        (0..12u32).flat_map(move |number| {
            let customer = 10_000 + number;
            let first = (25, customer, 900, 70 + number % 6, 800);
            let later =
                if second_shop { (26 + number % 10, customer, 400, 79, 900) } else { (25, customer, 300, 79, 810) };
            [first, later]
        })
    };
    for (second_shop, expected) in [(false, 1), (true, 0)] {
        let sales = with(town(1), newcomers(second_shop));
        let facts = facts(&sales);
        let found = findings(sales, facts);
        assert_eq!(of(Kind::Sybil, &found).len(), expected, "looking around: {second_shop}");
    }
    // Old customers are no newcomers, however few receipts a window has of them.
    let sales = with(town(1), newcomers(false));
    let mut old = facts(&sales);
    old.joined.retain(|customer, _| *customer < 10_000);
    assert!(of(Kind::Sybil, &findings(sales, old)).is_empty());
}

#[test]
fn a_burst_before_the_close_is_found_and_a_bar_has_none() {
    let burst = |shop: u32| (0..15u64).map(move |number| (shop, 50 + 3 * number as u32, 1_200, 90, 1_415 + number));
    let sales = with(town(1), burst(12));
    let known = facts(&sales);
    let found = findings(sales, known);
    assert_eq!(of(Kind::Burst, &found).iter().map(|finding| finding.merchants[0]).collect::<Vec<_>>(), [12]);
    // Ten guests in the last half hour of every day.
    let guests = (0..DAYS).flat_map(|day| (0..10u64).map(move |n| (BAR, 7 + 11 * n as u32, 600, day, 1_412 + 2 * n)));
    let sales = with(town(1), guests);
    let known = facts(&sales);
    assert!(of(Kind::Burst, &findings(sales, known)).is_empty());
}

#[test]
fn an_owner_who_is_the_best_customer_is_found_and_one_who_has_lunch_is_none() {
    let purchases =
        |amount: u64| (60..80u32).flat_map(move |day| [(35, 640, amount, day, 700), (35, 640, amount, day, 1_000)]);
    for (amount, expected) in [(9_000, 1), (60, 0)] {
        let sales = with(town(1), purchases(amount));
        let mut known = facts(&sales);
        known.owners = BTreeMap::from([(35, 640)]);
        let found = findings(sales, known);
        assert_eq!(of(Kind::SelfDealing, &found).len(), expected, "{amount}");
    }
}

#[test]
fn two_owners_are_a_circle_only_if_they_buy_at_each_others_most_of_the_time() {
    let (shops, owner) = ([5, 9], |shop: u32| 600 + shop);
    for (days, expected) in [(8, 0), (12, 1)] {
        let visits = (70..70 + 2 * days).step_by(2);
        let both = visits.flat_map(|day| [(9, owner(5), 6_000, day, 660), (5, owner(9), 5_500, day, 700)]);
        let sales = with(town(1), both);
        let mut known = facts(&sales);
        known.owners = shops.iter().map(|shop| (*shop, owner(*shop))).collect();
        let found = findings(sales, known);
        let circular = of(Kind::Circular, &found);
        assert_eq!(circular.len(), expected, "{days} days: {circular:?}");
        // 5500 of 6000 came back, 12 times; what they buy beside that differs.
        for finding in circular {
            let measured: Vec<u64> = finding.measures.iter().map(|measure| measure.value).collect();
            assert!(measured[0] >= 12 && (600..=1_000).contains(&measured[1]), "{measured:?}");
        }
    }
}
