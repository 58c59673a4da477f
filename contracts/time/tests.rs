//! Time in ink!'s off-chain environment, which cannot ask other contracts:
//! the gate is tested as a rule here and with `registry` on the embedded chain.

use crate::{
    points::{is_gift, Points},
    Time,
};
use bizkey_primitives::{
    emission::CUSTOMER_EMISSION_CAP,
    errors::psp22::Error,
    psp22::{PSP22Burnable, PSP22},
    AccountId, Balance, Calendar, Side, CUSTOMER_POOL, TIME_CAP,
};
use ink::env::{test, DefaultEnvironment};
use proptest::prelude::*;
use std::collections::BTreeMap;

const CALENDAR: Calendar = Calendar { genesis_ms: 1_000, epoch_ms: 100 };
const DEPLOYER: u8 = 1;
const REWARDS: u8 = 8;
const REGISTRY: u8 = 9;

fn account(number: u8) -> AccountId {
    AccountId::from([number; 32])
}

fn caller(number: u8) {
    test::set_caller::<DefaultEnvironment>(account(number));
}

fn clock(now_ms: u64) {
    test::set_block_timestamp::<DefaultEnvironment>(now_ms);
}

fn unbound() -> Time {
    // Resets the environment of this thread: property tests need a new one a case.
    test::run_test::<DefaultEnvironment, _>(|_| Ok(())).unwrap();
    caller(DEPLOYER);
    Time::empty(CALENDAR).unwrap()
}

fn bound() -> Time {
    let mut time = unbound();
    time.bind(account(REWARDS), account(REGISTRY)).unwrap();
    time
}

#[ink::test]
fn it_is_bound_once_and_by_the_deployer() {
    let mut time = unbound();
    assert_eq!(time.mint_many(0, vec![]), Err(Error::NotBound));
    assert_eq!(time.transfer(account(2), 1, vec![]), Err(Error::NotBound));
    caller(2);
    assert_eq!(time.bind(account(2), account(2)), Err(Error::NotDeployer));
    caller(DEPLOYER);
    time.bind(account(REWARDS), account(REGISTRY)).unwrap();
    assert_eq!(time.bind(account(2), account(2)), Err(Error::AlreadyBound));
}

#[ink::test]
fn an_unusable_calendar_is_refused() {
    let refused = Time::empty(Calendar { genesis_ms: 0, epoch_ms: 0 }).map(|_| ());
    assert_eq!(refused, Err(Error::BadCalendar));
}

#[ink::test]
fn only_rewards_mints_and_only_for_a_closed_epoch() {
    let mut time = bound();
    clock(1_100);
    assert_eq!(time.mint_many(0, vec![(account(2), 1)]), Err(Error::NotMinter));
    caller(REWARDS);
    assert_eq!(time.mint_many(1, vec![(account(2), 1)]), Err(Error::EpochNotClosed));
    assert_eq!(time.mint_many(0, vec![(account(2), 0); 257]), Err(Error::TooManyPayments));
    time.mint_many(0, vec![(account(2), 1), (account(3), 0), (account(2), 5)]).unwrap();
    assert_eq!((time.balance_of(account(2)), time.minted_for(0), time.total_supply()), (6, 6, 6));
    assert_eq!(test::recorded_events().count(), 3);
}

#[ink::test]
fn an_epoch_mints_a_million_and_no_unit_more() {
    let mut time = bound();
    clock(1_200);
    caller(REWARDS);
    let all_but_one = CUSTOMER_EMISSION_CAP - 1;
    assert_eq!(CUSTOMER_EMISSION_CAP, 1_000_000 * bizkey_primitives::TOKEN);
    time.mint_many(0, vec![(account(2), all_but_one)]).unwrap();
    assert_eq!(time.mint_many(0, vec![(account(2), 1), (account(3), 1)]), Err(Error::EpochCap));
    assert_eq!(time.mint_many(0, vec![(account(2), u128::MAX), (account(3), 1)]), Err(Error::Overflow));
    assert_eq!(time.mint_many(0, vec![(account(2), u128::MAX)]), Err(Error::EpochCap));
    time.mint_many(0, vec![(account(3), 1)]).unwrap();
    time.mint_many(1, vec![(account(3), CUSTOMER_EMISSION_CAP)]).unwrap();
}

#[ink::test]
fn receipts_mint_a_billion_ever_whatever_is_burned() {
    let mut points = Points::default();
    for epoch in 0..1_000 {
        points.mint_many(epoch, &[(account(2), CUSTOMER_EMISSION_CAP)]).unwrap();
        points.burn(account(2), CUSTOMER_EMISSION_CAP).unwrap();
    }
    assert_eq!(points.minted_total(), CUSTOMER_POOL);
    assert_eq!(points.supply(), 0);
    assert_eq!(points.mint_many(1_000, &[(account(2), 1)]), Err(Error::RewardCap));
    const { assert!(CUSTOMER_POOL <= TIME_CAP) };
}

#[ink::test]
fn nobody_spends_for_another() {
    let mut time = bound();
    assert_eq!(time.approve(account(2), 1), Err(Error::TransferRefused));
    assert_eq!(time.increase_allowance(account(2), 1), Err(Error::TransferRefused));
    assert_eq!(time.decrease_allowance(account(2), 1), Err(Error::TransferRefused));
    assert_eq!(time.transfer_from(account(1), account(2), 1, vec![]), Err(Error::TransferRefused));
    assert_eq!(time.allowance(account(1), account(2)), 0);
}

#[test]
fn only_a_shop_gives_and_only_to_a_customer() {
    let parties = [None, Some((Side::Merchant, 1)), Some((Side::Customer, 1))];
    for from in parties {
        for to in parties {
            let expected = from == Some((Side::Merchant, 1)) && to == Some((Side::Customer, 1));
            assert_eq!(is_gift(from, to), expected);
        }
    }
}

#[ink::test]
fn a_holder_burns_what_it_has() {
    let mut time = bound();
    clock(1_100);
    caller(REWARDS);
    time.mint_many(0, vec![(account(2), 5)]).unwrap();
    caller(2);
    assert_eq!(time.burn(6), Err(Error::InsufficientBalance));
    time.burn(5).unwrap();
    assert_eq!((time.balance_of(account(2)), time.total_supply(), time.minted_total()), (0, 0, 5));
}

/// One step of a random history among accounts 1 to 4.
#[derive(Clone, Debug)]
enum Step {
    Mint(u32, Vec<(u8, Balance)>),
    Give(u8, u8, Balance),
    Burn(u8, Balance),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 1u8..5;
    // Up to half an epoch's cap each, so that the cap is met.
    let payment = (who.clone(), 0..CUSTOMER_EMISSION_CAP / 2);
    prop_oneof![
        (0u32..3, proptest::collection::vec(payment, 0..4)).prop_map(|(epoch, payments)| Step::Mint(epoch, payments)),
        (who.clone(), who.clone(), 0..CUSTOMER_EMISSION_CAP).prop_map(|(from, to, value)| Step::Give(from, to, value)),
        (who, 0..CUSTOMER_EMISSION_CAP).prop_map(|(from, value)| Step::Burn(from, value)),
    ]
}

proptest! {
    /// Balances add up to the supply, the supply to minted less burned, no
    /// epoch passes its cap, and a refusal leaves no trace.
    #[test]
    fn sums_are_conserved(steps in proptest::collection::vec(step(), 1..40)) {
        test::run_test::<DefaultEnvironment, _>(|_| Ok(())).unwrap();
        let mut points = Points::default();
        let mut balances: BTreeMap<u8, Balance> = (1..5).map(|who| (who, 0)).collect();
        let mut epochs: BTreeMap<u32, Balance> = BTreeMap::new();
        let mut burned = 0;
        for step in steps {
            match step {
                Step::Mint(epoch, payments) => {
                    let sum: Balance = payments.iter().map(|p| p.1).sum();
                    let fits = epochs.get(&epoch).copied().unwrap_or(0) + sum <= CUSTOMER_EMISSION_CAP;
                    let ours: Vec<_> = payments.iter().map(|(to, value)| (account(*to), *value)).collect();
                    prop_assert_eq!(points.mint_many(epoch, &ours), if fits { Ok(()) } else { Err(Error::EpochCap) });
                    if fits {
                        *epochs.entry(epoch).or_default() += sum;
                        for (to, value) in payments { *balances.get_mut(&to).unwrap() += value; }
                    }
                }
                Step::Give(from, to, value) => {
                    let expected = if from == to || value == 0 { Ok(false) }
                        else if value > balances[&from] { Err(Error::InsufficientBalance) }
                        else { Ok(true) };
                    prop_assert_eq!(points.transfer(account(from), account(to), value), expected);
                    if expected == Ok(true) {
                        *balances.get_mut(&from).unwrap() -= value;
                        *balances.get_mut(&to).unwrap() += value;
                    }
                }
                Step::Burn(from, value) => {
                    let has = value <= balances[&from];
                    prop_assert_eq!(points.burn(account(from), value).is_ok(), has);
                    if has { *balances.get_mut(&from).unwrap() -= value; burned += value; }
                }
            }
            for (who, balance) in &balances {
                prop_assert_eq!(points.balance_of(account(*who)), *balance);
            }
            prop_assert_eq!(points.supply(), balances.values().sum::<Balance>());
            prop_assert_eq!(points.minted_total(), points.supply() + burned);
            prop_assert_eq!(points.minted_total(), epochs.values().sum::<Balance>());
        }
    }
}
