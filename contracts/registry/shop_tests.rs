//! Figures, parameters and devices of shops.

use crate::{
    registry::Registry,
    tests::{account, at_epoch, by, capital, events, hash, registry, ADMIN, ANYBODY, FIRST, SECOND},
};
use bizkey_primitives::{
    errors::registry::Error,
    membership::{Business, Clamp},
    receipt::MAX_AMOUNT,
    Side,
};

const BAKERY: Business = Business { trade: 7, region: 1 };
const ELSEWHERE: Business = Business { trade: 7, region: 2 };

/// With merchants 1 and 2 and customer 1, whose accounts are 10, 11 and 12,
/// before genesis.
fn with_shops() -> Registry {
    let mut registry = registry();
    by(FIRST);
    registry.register(Side::Merchant, account(10), hash(1), hash(5)).unwrap();
    registry.register(Side::Merchant, account(11), hash(2), hash(6)).unwrap();
    registry.register(Side::Customer, account(12), hash(1), hash(7)).unwrap();
    registry
}

fn say(registry: &mut Registry, attestor: u8, merchant: u32, business: Business) -> Result<(), Error> {
    by(attestor);
    registry.attest_business(merchant, business)
}

#[ink::test]
fn trade_and_region_take_two_attestors_that_agree() {
    let mut registry = with_shops();
    at_epoch(4);
    say(&mut registry, FIRST, 1, BAKERY).unwrap();
    assert_eq!(say(&mut registry, FIRST, 1, BAKERY), Err(Error::SameAttestor));
    assert_eq!(say(&mut registry, ANYBODY, 1, BAKERY), Err(Error::NotAttestor));
    assert_eq!(say(&mut registry, FIRST, 3, BAKERY), Err(Error::UnknownParty));
    say(&mut registry, SECOND, 1, ELSEWHERE).unwrap();
    assert_eq!(registry.business_of(1, 99), None);
    say(&mut registry, FIRST, 1, ELSEWHERE).unwrap();
    assert_eq!((registry.business_of(1, 4), registry.business_of(1, 5)), (None, Some(ELSEWHERE)));
    at_epoch(5);
    say(&mut registry, FIRST, 1, BAKERY).unwrap();
    say(&mut registry, SECOND, 1, BAKERY).unwrap();
    assert_eq!((registry.business_of(1, 29), registry.business_of(1, 30)), (Some(ELSEWHERE), Some(BAKERY)));
    assert_eq!(registry.business_of(2, 99), None);
}

#[ink::test]
fn figures_and_trades_of_a_shop_do_not_mix() {
    let mut registry = with_shops();
    for attestor in [FIRST, SECOND] {
        by(attestor);
        registry.attest_capital(1, capital(3)).unwrap();
    }
    assert_eq!((registry.capital_of(1, 0), registry.business_of(1, 0)), (Some(capital(3)), None));
    say(&mut registry, FIRST, 1, BAKERY).unwrap();
    by(SECOND);
    registry.attest_capital(1, capital(4)).unwrap();
    assert_eq!(registry.business_of(1, 0), None);
    say(&mut registry, SECOND, 1, BAKERY).unwrap();
    assert_eq!((registry.capital_of(1, 0), registry.business_of(1, 0)), (Some(capital(3)), Some(BAKERY)));
}

#[ink::test]
fn a_parameter_counts_from_a_coming_epoch_and_keeps_its_past() {
    let mut registry = with_shops();
    by(ADMIN);
    let clamp = |lo| Clamp { lo, hi: 100 };
    registry.set_clamp(7, clamp(1), 0).unwrap();
    registry.set_capital_floor(BAKERY, 500, 0).unwrap();
    registry.set_cash_cap(900, 0).unwrap();
    at_epoch(2);
    assert_eq!(registry.set_clamp(7, clamp(2), 2), Err(Error::EpochBegun));
    assert_eq!(registry.set_capital_floor(BAKERY, 600, 2), Err(Error::EpochBegun));
    assert_eq!(registry.set_cash_cap(800, 2), Err(Error::EpochBegun));
    registry.set_clamp(7, clamp(9), 50).unwrap();
    registry.set_clamp(7, clamp(2), 3).unwrap();
    registry.set_capital_floor(BAKERY, 600, 3).unwrap();
    registry.set_cash_cap(800, 3).unwrap();
    assert_eq!([2, 3, 50].map(|epoch| registry.clamp_of(7, epoch)), [1, 2, 2].map(|lo| Some(clamp(lo))));
    assert_eq!([2, 3].map(|epoch| registry.capital_floor(BAKERY, epoch)), [Some(500), Some(600)]);
    assert_eq!([2, 3].map(|epoch| registry.cash_cap(epoch)), [Some(900), Some(800)]);
    assert_eq!((registry.clamp_of(8, 9), registry.capital_floor(ELSEWHERE, 9)), (None, None));
    at_epoch(9);
    registry.set_clamp(7, clamp(4), 10).unwrap();
    assert_eq!([0, 2, 3, 9, 10].map(|epoch| registry.clamp_of(7, epoch)), [1, 1, 2, 2, 4].map(|lo| Some(clamp(lo))));
}

#[ink::test]
fn the_board_alone_sets_parameters_that_make_sense() {
    let mut registry = with_shops();
    for caller in [FIRST, ANYBODY] {
        by(caller);
        assert_eq!(registry.set_clamp(7, Clamp { lo: 1, hi: 2 }, 0), Err(Error::NotAdmin));
        assert_eq!(registry.set_capital_floor(BAKERY, 1, 0), Err(Error::NotAdmin));
        assert_eq!(registry.set_cash_cap(1, 0), Err(Error::NotAdmin));
    }
    by(ADMIN);
    for clamp in [Clamp { lo: 0, hi: 2 }, Clamp { lo: 3, hi: 2 }, Clamp { lo: 1, hi: MAX_AMOUNT + 1 }] {
        assert_eq!(registry.set_clamp(7, clamp, 0), Err(Error::BadClamp));
    }
    let largest = crate::capital::LARGEST.total();
    assert_eq!(registry.set_capital_floor(BAKERY, largest + 1, 0), Err(Error::CapitalOutOfBounds));
    assert_eq!(registry.set_capital_floor(BAKERY, largest, 0), Ok(()));
    assert_eq!(registry.cash_cap(0), None);
}

#[ink::test]
fn a_device_is_retired_by_its_shop_and_for_good() {
    let mut registry = with_shops();
    let device = registry.devices.register(1).unwrap();
    for (caller, error) in
        [(11, Error::NotDeviceMerchant), (12, Error::NotDeviceMerchant), (ADMIN, Error::NotDeviceMerchant)]
    {
        by(caller);
        assert_eq!(registry.retire_device(device), Err(error), "{caller}");
        assert_eq!(registry.retire_device(device + 1), Err(Error::UnknownDevice));
    }
    // `receipts` is not bound here, which would revert the rest on chain.
    by(10);
    assert_eq!(registry.retire_device(device), Err(Error::NotBound));
    assert!(registry.is_retired(device));
    assert_eq!(registry.retire_device(device), Err(Error::DeviceRetired));
    by(FIRST);
    assert_eq!(registry.set_device_active(device, true), Err(Error::DeviceRetired));
    assert_eq!(registry.merchant_of_device(device), Some(1), "its deposit remains");
    assert!(!registry.is_retired(device + 1));
}

#[ink::test]
fn every_change_has_its_event() {
    let mut registry = with_shops();
    by(ADMIN);
    let before = events();
    registry.set_clamp(7, Clamp { lo: 1, hi: 2 }, 0).unwrap();
    registry.set_capital_floor(BAKERY, 1, 0).unwrap();
    registry.set_cash_cap(1, 0).unwrap();
    say(&mut registry, FIRST, 1, BAKERY).unwrap();
    say(&mut registry, SECOND, 1, BAKERY).unwrap();
    assert_eq!(events() - before, 5);
    assert_eq!(registry.commitment_of(Side::Merchant, 2), Some(hash(6)));
    assert_eq!(registry.commitment_of(Side::Customer, 2), None);
}
