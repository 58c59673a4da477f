//! Bzky's price, and Time for Bzky.

use super::{
    administration::another,
    stage::{Stage, CUSTOMERS_TIME, FUNDS, OFFICIAL, POOL, PRICE, SHOPS_TIME, TODAY},
};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    errors::redemption::Error,
    events::{BzkyPriceSet, Event, TimeSold},
    redemption::{MintCause, Price, RedemptionRole},
    Balance, Hash, CUSTOMER_POOL, TIME_CAP, TOKEN,
};
use bizkey_tests::{DAY, HOUR};

/// Ten percent up and down, as the bounds are at first.
const UP: u64 = PRICE / 100 * 110;
const DOWN: u64 = PRICE / 100 * 90;

/// Only the price setter moves the price, and not before the board said where it starts.
pub fn a_price_needs_its_setter_and_a_start(stage: &mut Stage) {
    let (setter, now_ms) = (stage.account("price setter"), stage.now() + 1);
    stage.pass(1);
    stage.only(&[setter], "set_price", &(PRICE, now_ms), Error::NotPriceSetter);
    stage.set_price(UP).unwrap();
    stage.told(Event::BzkyPriceSet(BzkyPriceSet { price: UP, dated_ms: now_ms }));
    let kept = Price { price: UP, dated_ms: now_ms, anchor: PRICE, day: TODAY + 1 };
    assert_eq!(stage.read::<Price>("price", &()), kept);
    another(stage);
    let admin = stage.account("admin");
    stage.call(admin, "set_role", &(RedemptionRole::PriceSetter, Some(setter))).unwrap();
    for price in [0, 1, PRICE] {
        assert_eq!(stage.set_price(price), Err(Error::PriceOutOfBounds), "no start yet");
    }
    // With a price of Bzky but none of Time nothing is sold either.
    stage.call(admin, "anchor_price", &PRICE).unwrap();
    stage.set_price(PRICE).unwrap();
    assert_eq!(stage.quote(TOKEN), Err(Error::SaleClosed));
}

/// However often it moves on a day, it stays within the bounds around the last
/// price of an earlier one; days without a price give no more room.
pub fn a_day_moves_the_price_within_its_bounds(stage: &mut Stage) {
    let mut steps = 0;
    let mut try_price = |stage: &mut Stage, price: u64, expected: Result<(), Error>| {
        stage.pass(1);
        steps += 1;
        assert_eq!(stage.set_price(price), expected, "step {steps}: {price}");
    };
    let outside = Err(Error::PriceOutOfBounds);
    for price in [UP, DOWN, PRICE, UP] {
        try_price(stage, price, Ok(()));
        try_price(stage, UP + 1, outside);
        try_price(stage, DOWN - 1, outside);
        try_price(stage, 0, outside);
    }
    // The next day: around UP. Five days without a price later: no further.
    for (epoch, last) in [(TODAY + 1, UP), (TODAY + 6, UP / 100 * 90)] {
        stage.network.enter_epoch(epoch);
        try_price(stage, last / 100 * 110 + 1, outside);
        try_price(stage, last / 100 * 90 - 1, outside);
        try_price(stage, last / 100 * 110, Ok(()));
        try_price(stage, last / 100 * 90, Ok(()));
    }
    // The board's own bounds count at once.
    stage.set_parameters(|parameters| parameters.change_percent = 50);
    let anchor = UP / 100 * 90;
    try_price(stage, anchor / 100 * 150, Ok(()));
    try_price(stage, anchor / 100 * 150 + 1, outside);
    try_price(stage, anchor / 100 * 50, Ok(()));
}

/// A price is dated: not in the future, later than the last, not too old.
pub fn a_price_is_dated(stage: &mut Stage) {
    let first_ms = stage.now();
    let dated = |stage: &mut Stage, dated_ms: u64| stage.by("price setter", "set_price", &(PRICE, dated_ms));
    for dated_ms in [0, first_ms - 1, first_ms, first_ms + 1, u64::MAX] {
        assert_eq!(dated(stage, dated_ms), Err(Error::BadPriceDate), "{dated_ms}");
    }
    stage.pass(2 * DAY);
    let now_ms = stage.now();
    assert_eq!(dated(stage, now_ms - DAY - 1), Err(Error::BadPriceDate), "of no use any more");
    assert_eq!(dated(stage, now_ms - DAY), Ok(()));
    assert_eq!(dated(stage, now_ms - DAY), Err(Error::BadPriceDate), "a repeat");
    assert_eq!(stage.quote(TOKEN), Ok(TOKEN / 10 * 18), "it counts until its last moment");
    stage.pass(1);
    assert_eq!(stage.quote(TOKEN), Err(Error::SaleClosed));
    stage.refused("friend", "buy", &(TOKEN, Balance::MAX), Error::SaleClosed);
    let (board, terms) = (stage.admin(), stage.task(TOKEN, 1));
    assert_eq!(stage.call(board, "create_task", &terms), Err(Error::SaleClosed), "Bizkey buys at it too");
    stage.create_task(terms);
    stage.set_parameters(|parameters| parameters.price_age_ms = 0);
    stage.set_price(PRICE).unwrap();
    stage.buy("friend", TOKEN).unwrap();
    stage.pass(1);
    stage.refused("friend", "buy", &(TOKEN, Balance::MAX), Error::SaleClosed);
}

/// The board says where the price starts from; nothing is sold until the
/// setter confirms it, on that day or a later one, within the bounds around it.
pub fn the_boards_price_waits_for_the_setter(stage: &mut Stage) {
    let board = stage.admin();
    for (epoch, waits) in [(TODAY, 0), (TODAY + 1, 3)] {
        stage.network.enter_epoch(epoch);
        stage.pass(HOUR);
        let price = stage.read::<Price>("price", &()).price * 3;
        stage.call(board, "anchor_price", &price).unwrap();
        stage.refused("friend", "buy", &(TOKEN, Balance::MAX), Error::SaleClosed);
        stage.network.enter_epoch(epoch + waits);
        stage.pass(HOUR);
        for far in [price / 3, price / 100 * 90 - 1, price / 100 * 110 + 1] {
            assert_eq!(stage.set_price(far), Err(Error::PriceOutOfBounds));
        }
        assert_eq!(stage.quote(TOKEN), Err(Error::SaleClosed));
        stage.set_price(price / 100 * 110).unwrap();
        stage.pass(1);
        assert_eq!(stage.set_price(price / 100 * 110 + 1), Err(Error::PriceOutOfBounds), "still around the board's");
        stage.buy("friend", TOKEN).unwrap();
    }
}

/// Anybody buys at the discount, rounded up; half is burned, rounded down, the
/// rest is the pool's; and the Time has its cause.
pub fn a_purchase(stage: &mut Stage) {
    assert_eq!(OFFICIAL, 2 * PRICE);
    let supply = stage.supply(ContractKind::Bzky);
    let (mut pool, mut burned, mut spent) = (POOL, 0, 0);
    // A smallest unit of Time costs 1.8 of Bzky.
    for (amount, paid) in [(1, 2), (2, 4), (5, 9), (10, 18), (11, 20), (TOKEN, TOKEN / 10 * 18)] {
        assert_eq!(stage.quote(amount), Ok(paid));
        stage.refused("friend", "buy", &(amount, paid - 1), Error::CostTooHigh);
        stage.by("friend", "buy", &(amount, paid)).unwrap();
        let buyer = stage.friend.account();
        stage.told(Event::TimeSold(TimeSold { buyer, amount, paid }));
        assert_eq!(stage.causes(), [(MintCause::BzkySale { paid }, buyer, amount)]);
        (pool, burned, spent) = (pool + paid - paid / 2, burned + paid / 2, spent + paid);
        assert_eq!((stage.pool(), stage.bzky_of("friend")), (pool, FUNDS - spent));
        assert_eq!(stage.supply(ContractKind::Bzky), supply - burned);
    }
    assert_eq!(stage.time_of("friend"), 29 + TOKEN);
    let stranger = stage.account("stranger");
    stage.network.give(stranger, TOKEN);
    let here = stage.contract;
    stage.network.approve(stranger, here, 18);
    stage.by("stranger", "buy", &(10u128, 18u128)).unwrap();
    assert_eq!(stage.time_of("stranger"), 10, "who is no party");
    stage.set_parameters(|parameters| (parameters.burn_percent, parameters.discount_percent) = (0, 0));
    assert_eq!(stage.quote(TOKEN), Ok(2 * TOKEN));
    let pool = stage.pool();
    stage.buy("friend", TOKEN).unwrap();
    assert_eq!(stage.pool(), pool + 2 * TOKEN, "nothing is burned of it");
    assert_eq!(stage.held(), 0);
}

pub fn refused_purchases(stage: &mut Stage) {
    let here = stage.contract;
    stage.refused("friend", "buy", &(0u128, Balance::MAX), Error::ZeroAmount);
    stage.refused("friend", "buy", &(Balance::MAX, Balance::MAX), Error::Overflow);
    assert_eq!(stage.quote(Balance::MAX), Err(Error::Overflow));
    stage.refused("stranger", "buy", &(TOKEN, Balance::MAX), Error::PaymentRefused);
    let friend = stage.friend.account();
    stage.network.approve(friend, here, TOKEN / 10 * 18 - 1);
    stage.refused("friend", "buy", &(TOKEN, Balance::MAX), Error::PaymentRefused);
    stage.network.approve(friend, here, Balance::MAX);
    stage.refused("friend", "buy", &(6_000 * TOKEN, Balance::MAX), Error::PaymentRefused);
    stage.pause_time(HOUR);
    stage.refused("friend", "buy", &(TOKEN, Balance::MAX), Error::TimeRefused);
    stage.pass(HOUR);
    stage.buy("friend", TOKEN).unwrap();
}

/// A day sells its cap and no more, and leaves nothing of it to the next; what
/// is sold for fiat does not count.
pub fn a_days_sales_have_a_cap(stage: &mut Stage) {
    let sold = SHOPS_TIME + CUSTOMERS_TIME;
    let cap = sold + 100 * TOKEN;
    stage.set_parameters(|parameters| parameters.bzky_cap = cap);
    let customer = stage.customer.account();
    stage.by_seller(Hash::from([1; 32]), customer, 1_000).unwrap();
    stage.refused("friend", "buy", &(100 * TOKEN + 1, Balance::MAX), Error::DailyCap);
    stage.buy("friend", 99 * TOKEN).unwrap();
    stage.refused("shop", "buy", &(TOKEN + 1, Balance::MAX), Error::DailyCap);
    stage.buy("shop", TOKEN).unwrap();
    stage.refused("friend", "buy", &(1u128, Balance::MAX), Error::DailyCap);
    let next_ms = stage.network.calendar.start_ms(TODAY + 1);
    stage.at(next_ms - 1);
    stage.set_price(PRICE).unwrap();
    stage.refused("friend", "buy", &(1u128, Balance::MAX), Error::DailyCap);
    stage.at(next_ms + 3 * DAY);
    stage.set_price(PRICE).unwrap();
    stage.refused("friend", "buy", &(cap + 1, Balance::MAX), Error::DailyCap);
    stage.buy("friend", cap).unwrap();
    stage.pass(1);
    stage.set_parameters(|parameters| parameters.bzky_cap = cap - 1);
    stage.refused("friend", "buy", &(1u128, Balance::MAX), Error::DailyCap);
    stage.set_parameters(|parameters| parameters.bzky_cap = cap + 1);
    stage.buy("friend", 1).unwrap();
}

/// Sales and Bizkey's tasks together mint 9,000,000,000 Time, and not a unit more.
pub fn no_sale_passes_the_cap_of_time(stage: &mut Stage) {
    let (here, board, sink) = (stage.contract, stage.admin(), stage.account("sink"));
    stage.set_parameters(|parameters| parameters.lock_epochs = 0);
    let payment = Hash::from([1; 32]);
    stage.by_seller(payment, sink, 100).unwrap();
    let minted: Balance = stage.network.read(ContractKind::Time, "minted_total", &());
    let rest = TIME_CAP - CUSTOMER_POOL - minted - 1;
    let cause = MintCause::Task { task: 0 };
    let filled: Result<(), _> = stage.network.call(here, ContractKind::Time, "mint", &(cause, sink, rest));
    filled.unwrap();
    stage.refused("friend", "buy", &(2u128, Balance::MAX), Error::TimeRefused);
    stage.refused("stranger", "release_sale", &payment, Error::TimeRefused);
    let before = stage.kept();
    assert_eq!(stage.call(board, "create_task", &stage.task(2, 1)), Err(Error::TimeRefused));
    assert!(before == stage.kept(), "the pool burned something for it");
    stage.buy("friend", 1).unwrap();
    stage.refused("friend", "buy", &(1u128, Balance::MAX), Error::TimeRefused);
    // What exists goes on.
    let task = stage.create_task(stage.task(TOKEN, 1));
    stage.by("shop", "fulfil", &(task, stage.customer.index)).unwrap();
    assert!(stage.causes().is_empty());
}
