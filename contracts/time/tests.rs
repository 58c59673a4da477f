//! Time in ink!'s off-chain environment, which cannot ask other contracts:
//! the gate is tested as a rule here and with `registry` on the embedded chain.

use crate::{
    points::{is_gift, Points, OTHER_CAUSES_CAP},
    Time,
};
use bizkey_primitives::{
    action::{signed_bytes, time::Action, Authorization},
    emission::CUSTOMER_EMISSION_CAP,
    errors::psp22::Error,
    pause::{COOL_DOWN_MS, MAX_PAUSE_MS},
    psp22::{PSP22Burnable, PSP22},
    redemption::MintCause,
    signature::Signature,
    AccountId, Balance, Calendar, Hash, Side, CUSTOMER_POOL, TIME_CAP,
};
use ink::env::{test, DefaultEnvironment};
use proptest::prelude::*;
use std::collections::BTreeMap;

const CALENDAR: Calendar = Calendar { genesis_ms: 1_000, epoch_ms: 100 };
const DEPLOYER: u8 = 1;
const REWARDS: u8 = 8;
const REGISTRY: u8 = 9;
const REDEMPTION: u8 = 10;
const FOUNDATION: u8 = 11;
const TASK: MintCause = MintCause::Task { task: 1 };

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
    Time::empty(CALENDAR, genesis()).unwrap()
}

fn genesis() -> Hash {
    Hash::from([7; 32])
}

fn bind(time: &mut Time) -> Result<(), Error> {
    time.bind(account(REWARDS), account(REGISTRY), account(REDEMPTION), account(FOUNDATION))
}

fn bound() -> Time {
    let mut time = unbound();
    bind(&mut time).unwrap();
    time
}

#[ink::test]
fn it_is_bound_once_and_by_the_deployer() {
    let mut time = unbound();
    assert_eq!(time.mint_many(0, vec![]), Err(Error::NotBound));
    assert_eq!(time.transfer(account(2), 1, vec![]), Err(Error::NotBound));
    assert_eq!(time.mint(TASK, account(2), 1), Err(Error::NotBound));
    assert_eq!(time.give(account(2), account(3), 1), Err(Error::NotBound));
    assert_eq!(time.collect(account(2), 1), Err(Error::NotBound));
    assert_eq!(time.pause(1), Err(Error::NotBound));
    caller(2);
    assert_eq!(bind(&mut time), Err(Error::NotDeployer));
    caller(DEPLOYER);
    bind(&mut time).unwrap();
    assert_eq!(bind(&mut time), Err(Error::AlreadyBound));
}

#[ink::test]
fn an_unusable_calendar_is_refused() {
    let refused = Time::empty(Calendar { genesis_ms: 0, epoch_ms: 0 }, genesis()).map(|_| ());
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
fn only_redemption_mints_for_another_cause_and_each_mint_names_it() {
    let mut time = bound();
    for other in [DEPLOYER, REWARDS, REGISTRY, FOUNDATION, 2] {
        caller(other);
        assert_eq!(time.mint(TASK, account(2), 1), Err(Error::NotMinter));
    }
    caller(REDEMPTION);
    assert_eq!(time.mint_many(0, vec![]), Err(Error::NotMinter));
    time.mint(TASK, account(2), 0).unwrap();
    assert_eq!(test::recorded_events().count(), 0, "nothing was minted");
    time.mint(TASK, account(2), 5).unwrap();
    assert_eq!((time.balance_of(account(2)), time.total_supply(), time.minted_total()), (5, 5, 5));
    assert_eq!(test::recorded_events().count(), 2, "TimeMinted and Transfer");
    assert_eq!(time.mint(TASK, account(2), u128::MAX), Err(Error::SupplyCap));
}

#[ink::test]
fn other_causes_leave_room_for_every_reward_whatever_is_burned() {
    let mut points = Points::default();
    assert_eq!(OTHER_CAUSES_CAP + CUSTOMER_POOL, TIME_CAP);
    points.mint(account(2), OTHER_CAUSES_CAP).unwrap();
    points.burn(account(2), OTHER_CAUSES_CAP).unwrap();
    assert_eq!(points.mint(account(2), 1), Err(Error::SupplyCap));
    for epoch in 0..1_000 {
        points.mint_many(epoch, &[(account(3), CUSTOMER_EMISSION_CAP)]).unwrap();
    }
    assert_eq!(points.minted_total(), TIME_CAP);
    assert_eq!(points.mint_many(1_000, &[(account(3), 1)]), Err(Error::RewardCap));
    assert_eq!(points.mint(account(2), 1), Err(Error::SupplyCap));
}

#[ink::test]
fn only_redemption_collects_and_moves_time_into_and_out_of_its_hands() {
    let mut time = bound();
    caller(REDEMPTION);
    time.mint(TASK, account(2), 10).unwrap();
    for other in [DEPLOYER, REWARDS, REGISTRY, FOUNDATION, 2] {
        caller(other);
        assert_eq!(time.give(account(2), account(REDEMPTION), 1), Err(Error::NotRedemption));
        assert_eq!(time.collect(account(2), 1), Err(Error::NotRedemption));
    }
    caller(REDEMPTION);
    assert_eq!(time.give(account(2), account(3), 1), Err(Error::TransferRefused), "past its hands");
    assert_eq!(time.give(account(2), account(REDEMPTION), 11), Err(Error::InsufficientBalance));
    time.give(account(2), account(REDEMPTION), 8).unwrap();
    time.give(account(REDEMPTION), account(3), 5).unwrap();
    time.collect(account(REDEMPTION), 3).unwrap();
    time.collect(account(2), 2).unwrap();
    time.collect(account(2), 0).unwrap();
    assert_eq!(time.collect(account(2), 1), Err(Error::InsufficientBalance));
    let balances = [2, 3, REDEMPTION].map(|who| time.balance_of(account(who)));
    assert_eq!((balances, time.total_supply(), time.minted_total()), ([0, 5, 0], 5, 10));
}

#[ink::test]
fn a_pause_by_the_foundation_stops_minting_and_nothing_else() {
    let mut time = bound();
    clock(1_100);
    caller(REDEMPTION);
    time.mint(TASK, account(2), 10).unwrap();
    assert_eq!(time.pause(1_101), Err(Error::NotFoundation));
    caller(DEPLOYER);
    assert_eq!(time.pause(1_101), Err(Error::NotFoundation));
    caller(FOUNDATION);
    assert_eq!(time.pause(1_101 + MAX_PAUSE_MS), Err(Error::PauseTooLong));
    time.pause(1_200).unwrap();
    assert_eq!(time.pause(1_300), Err(Error::PauseCoolingDown));
    caller(REWARDS);
    assert_eq!(time.mint_many(0, vec![(account(2), 1)]), Err(Error::Paused));
    caller(REDEMPTION);
    assert_eq!(time.mint(TASK, account(2), 1), Err(Error::Paused));
    time.give(account(2), account(REDEMPTION), 4).unwrap();
    time.collect(account(REDEMPTION), 4).unwrap();
    caller(2);
    time.burn(1).unwrap();
    clock(1_200);
    caller(REWARDS);
    time.mint_many(0, vec![(account(2), 1)]).unwrap();
    clock(1_200 + COOL_DOWN_MS);
    caller(FOUNDATION);
    time.pause(1_201 + COOL_DOWN_MS).unwrap();
}

/// A holder's account with a key of each kind.
fn wallets() -> [AccountId; 2] {
    let ecdsa = secp256k1_key().public_key(secp256k1::SECP256K1).serialize();
    let hashed = bizkey_primitives::hash::blake2x256(&ecdsa);
    [AccountId::from(schnorrkel_key().public.to_bytes()), AccountId::from(hashed)]
}

fn schnorrkel_key() -> schnorrkel::Keypair {
    schnorrkel::MiniSecretKey::from_bytes(&[5; 32]).unwrap().expand_to_keypair(schnorrkel::ExpansionMode::Ed25519)
}

fn secp256k1_key() -> secp256k1::SecretKey {
    secp256k1::SecretKey::from_slice(&[6; 32]).unwrap()
}

fn authorize(account: AccountId, nonce: u64, expires_ms: u64, action: &Action) -> Authorization {
    let contract = ink::env::account_id::<DefaultEnvironment>();
    let bytes = signed_bytes(&genesis(), &contract, &account, nonce, expires_ms, action);
    let signature = if account == wallets()[0] {
        Signature::Sr25519(schnorrkel_key().sign_simple(b"substrate", &bytes).to_bytes())
    } else {
        let message = secp256k1::Message::from_digest(bizkey_primitives::hash::blake2x256(&bytes));
        let (id, rs) = secp256k1::SECP256K1.sign_ecdsa_recoverable(&message, &secp256k1_key()).serialize_compact();
        let mut bytes = [0; 65];
        bytes[..64].copy_from_slice(&rs);
        bytes[64] = u8::try_from(id.to_i32()).unwrap();
        Signature::Ecdsa(bytes)
    };
    Authorization { account, nonce, expires_ms, signature }
}

#[ink::test]
fn a_signed_burn_is_done_for_its_signer_once_and_in_time() {
    let mut time = bound();
    for wallet in wallets() {
        clock(1_000);
        caller(REDEMPTION);
        time.mint(TASK, wallet, 10).unwrap();
        caller(2);
        let (action, other) = (Action::Burn { value: 4 }, Action::Burn { value: 5 });
        let authorization = authorize(wallet, 0, 1_010, &action);
        assert_eq!(time.relay(other, authorization), Err(Error::BadSignature));
        assert_eq!(time.relay(action, authorize(wallet, 1, 1_010, &action)), Err(Error::BadNonce));
        assert_eq!(time.relay(action, authorize(wallet, 0, 999, &action)), Err(Error::Expired));
        time.relay(action, authorization).unwrap();
        assert_eq!((time.balance_of(wallet), time.nonce_of(wallet)), (6, 1));
        assert_eq!(time.relay(action, authorization), Err(Error::BadNonce));
        let all = Action::Burn { value: 7 };
        assert_eq!(time.relay(all, authorize(wallet, 1, 1_010, &all)), Err(Error::InsufficientBalance));
    }
}

#[ink::test]
fn a_signed_gift_passes_the_gate_too() {
    let mut time = unbound();
    let [wallet, _] = wallets();
    let gift = Action::Gift { to: account(2), value: 1 };
    assert_eq!(time.relay(gift, authorize(wallet, 0, 1_000, &gift)), Err(Error::NotBound));
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
    Reward(u32, Vec<(u8, Balance)>),
    Mint(u8, Balance),
    Give(u8, u8, Balance),
    Burn(u8, Balance),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 1u8..5;
    // Up to half an epoch's cap each, so that the cap is met.
    let payment = (who.clone(), 0..CUSTOMER_EMISSION_CAP / 2);
    prop_oneof![
        (0u32..3, proptest::collection::vec(payment, 0..4)).prop_map(|(epoch, payments)| Step::Reward(epoch, payments)),
        (who.clone(), 0..OTHER_CAUSES_CAP / 4).prop_map(|(to, value)| Step::Mint(to, value)),
        (who.clone(), who.clone(), 0..CUSTOMER_EMISSION_CAP).prop_map(|(from, to, value)| Step::Give(from, to, value)),
        (who, 0..CUSTOMER_EMISSION_CAP).prop_map(|(from, value)| Step::Burn(from, value)),
    ]
}

proptest! {
    /// Balances add up to the supply, the supply to minted less burned, no
    /// epoch and no cause passes its cap, and a refusal leaves no trace.
    #[test]
    fn sums_are_conserved(steps in proptest::collection::vec(step(), 1..40)) {
        test::run_test::<DefaultEnvironment, _>(|_| Ok(())).unwrap();
        let mut points = Points::default();
        let mut balances: BTreeMap<u8, Balance> = (1..5).map(|who| (who, 0)).collect();
        let mut epochs: BTreeMap<u32, Balance> = BTreeMap::new();
        let (mut burned, mut others) = (0, 0);
        for step in steps {
            match step {
                Step::Mint(to, value) => {
                    let fits = others + value <= OTHER_CAUSES_CAP;
                    let expected = if fits { Ok(()) } else { Err(Error::SupplyCap) };
                    prop_assert_eq!(points.mint(account(to), value), expected);
                    if fits { others += value; *balances.get_mut(&to).unwrap() += value; }
                }
                Step::Reward(epoch, payments) => {
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
            prop_assert_eq!(points.minted_total(), epochs.values().sum::<Balance>() + others);
            prop_assert!(points.minted_total() <= TIME_CAP);
        }
    }
}
