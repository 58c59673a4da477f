//! Time for fiat.

use super::{
    administration::another,
    stage::{Stage, TODAY},
};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    errors::redemption::Error,
    events::{Event, FiatSaleBooked, FiatSaleChargedBack, FiatSaleReleased},
    redemption::{FiatSale, MintCause, RedemptionParameters, RedemptionRole, PRICE_SCALE},
    Balance, Hash, TOKEN,
};
use bizkey_tests::{DAY, HOUR};

/// Days of a chargeback period at first.
const LOCK_MS: u64 = 120 * DAY;

fn payment(number: u8) -> Hash {
    Hash::from([number; 32])
}

fn sale(stage: &mut Stage, number: u8) -> Option<FiatSale> {
    stage.read("sale", &payment(number))
}

/// A booked sale mints nothing until its chargeback period is over; then
/// anybody has it minted, to the buyer, once.
pub fn a_sale(stage: &mut Stage) {
    let (seller, buyer) = (stage.account("fiat seller"), stage.account("buyer"));
    stage.only(&[seller], "sell_for_fiat", &(payment(1), buyer, 250u64), Error::NotFiatSeller);
    let (supply, from_ms, amount) = (stage.supply(ContractKind::Time), stage.now(), TOKEN / 2 * 5);
    assert_eq!(stage.by_seller(payment(1), buyer, 250), Ok(amount), "2.50 at 1.00");
    stage.told(Event::FiatSaleBooked(FiatSaleBooked { payment: payment(1), to: buyer, paid: 250, amount }));
    assert!(stage.causes().is_empty());
    let pending = FiatSale::Pending { to: buyer, amount, from_ms, lock_ms: LOCK_MS };
    assert_eq!((sale(stage, 1), sale(stage, 2)), (Some(pending), None));
    // Another period is for later sales.
    stage.set_parameters(|parameters| parameters.lock_epochs = 0);
    for at_ms in [from_ms, from_ms + LOCK_MS - 1] {
        stage.at(at_ms);
        stage.refused("buyer", "release_sale", &payment(1), Error::WindowOpen);
    }
    assert_eq!(stage.supply(ContractKind::Time), supply);
    stage.pass(1);
    stage.pause_time(HOUR);
    stage.refused("buyer", "release_sale", &payment(1), Error::TimeRefused);
    stage.pass(HOUR);
    stage.by("stranger", "release_sale", &payment(1)).unwrap();
    stage.told(Event::FiatSaleReleased(FiatSaleReleased { payment: payment(1) }));
    assert_eq!(stage.causes(), [(MintCause::FiatSale { payment: payment(1) }, buyer, amount)]);
    assert_eq!((sale(stage, 1), stage.time_of("buyer")), (Some(FiatSale::Released), amount));
    stage.refused("stranger", "release_sale", &payment(1), Error::PaymentSettled);
    stage.refused("fiat seller", "charge_back", &payment(1), Error::PaymentSettled);
    stage.refused("stranger", "release_sale", &payment(2), Error::UnknownPayment);
}

/// A payment that was charged back within its period never becomes Time, by
/// that id or a repeat of it; after the period the sale is the buyer's.
pub fn a_charge_back(stage: &mut Stage) {
    let (seller, buyer, from_ms) = (stage.account("fiat seller"), stage.account("buyer"), stage.now());
    for number in [1, 2] {
        stage.by_seller(payment(number), buyer, 100).unwrap();
    }
    stage.only(&[seller], "charge_back", &payment(1), Error::NotFiatSeller);
    stage.refused("fiat seller", "charge_back", &payment(3), Error::UnknownPayment);
    stage.at(from_ms + LOCK_MS - 1);
    stage.by("fiat seller", "charge_back", &payment(1)).unwrap();
    stage.told(Event::FiatSaleChargedBack(FiatSaleChargedBack { payment: payment(1) }));
    assert_eq!(sale(stage, 1), Some(FiatSale::ChargedBack));
    stage.refused("fiat seller", "charge_back", &payment(1), Error::PaymentSettled);
    stage.refused("fiat seller", "sell_for_fiat", &(payment(1), buyer, 100u64), Error::PaymentUsed);
    stage.pass(1);
    stage.refused("stranger", "release_sale", &payment(1), Error::PaymentSettled);
    stage.refused("fiat seller", "charge_back", &payment(2), Error::WindowOver);
    stage.by("buyer", "release_sale", &payment(2)).unwrap();
    stage.refused("fiat seller", "sell_for_fiat", &(payment(2), buyer, 100u64), Error::PaymentUsed);
    assert_eq!(stage.time_of("buyer"), TOKEN);
}

/// A day sells 100,000 Time for fiat; a charge-back gives nothing of it back,
/// and what a day leaves is gone. Sales for Bzky do not count.
pub fn a_days_quota(stage: &mut Stage) {
    const CAP: u64 = 10_000_000; // minor units: 100,000 Time at 100
    let buyer = stage.account("buyer");
    stage.refused("fiat seller", "sell_for_fiat", &(payment(1), buyer, 0u64), Error::ZeroAmount);
    stage.refused("fiat seller", "sell_for_fiat", &(payment(1), buyer, CAP + 1), Error::DailyCap);
    stage.refused("fiat seller", "sell_for_fiat", &(payment(1), buyer, u64::MAX), Error::DailyCap);
    assert_eq!(stage.by_seller(payment(1), buyer, CAP - 1), Ok(100_000 * TOKEN - TOKEN / 100));
    stage.by("fiat seller", "charge_back", &payment(1)).unwrap();
    stage.refused("fiat seller", "sell_for_fiat", &(payment(2), buyer, 2u64), Error::DailyCap);
    stage.by_seller(payment(2), buyer, 1).unwrap();
    let next_ms = stage.network.calendar.start_ms(TODAY + 1);
    stage.at(next_ms - 1);
    stage.refused("fiat seller", "sell_for_fiat", &(payment(3), buyer, 1u64), Error::DailyCap);
    stage.at(next_ms + 2 * DAY);
    stage.refused("fiat seller", "sell_for_fiat", &(payment(3), buyer, CAP + 1), Error::DailyCap);
    stage.by_seller(payment(3), buyer, CAP).unwrap();
}

/// The amount is rounded down, so nobody sells below the official price;
/// without one nothing is sold.
pub fn the_official_price_is_a_floor(stage: &mut Stage) {
    let (admin, seller, buyer) = (stage.account("admin"), stage.account("fiat seller"), stage.account("buyer"));
    another(stage);
    stage.call(admin, "set_role", &(RedemptionRole::FiatSeller, Some(seller))).unwrap();
    stage.refused("fiat seller", "sell_for_fiat", &(payment(1), buyer, 1u64), Error::SaleClosed);
    let three = RedemptionParameters { official_price: 3 * PRICE_SCALE, ..RedemptionParameters::initial(DAY) };
    stage.call(admin, "set_parameters", &three).unwrap();
    assert_eq!(stage.by_seller(payment(1), buyer, 1), Ok(333_333_333_333));
    assert_eq!(stage.by_seller(payment(2), buyer, 3), Ok(TOKEN));
    // Another instance than the network's mints nothing.
    stage.pass(LOCK_MS);
    stage.refused("buyer", "release_sale", &payment(2), Error::TimeRefused);
    let nothing: Balance = stage.time_of("buyer");
    assert_eq!(nothing, 0);
}
