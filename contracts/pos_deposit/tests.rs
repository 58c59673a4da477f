//! Deposits in ink!'s off-chain environment, which cannot ask other contracts:
//! the rules and roles are tested here, with the other contracts on the
//! embedded chain.

use crate::{
    deposits::{Deposits, Transferred},
    pos_deposit::PosDeposit,
    roles::Setup,
};
use bizkey_primitives::{
    action::{pos_deposit::Action, signed_bytes, Authorization},
    errors::pos_deposit::Error,
    signature::Signature,
    AccountId, Balance, Calendar, Hash, Stamp,
};
use ink::env::{test, DefaultEnvironment};
use proptest::prelude::*;
use std::collections::BTreeMap;

const CALENDAR: Calendar = Calendar { genesis_ms: 1_000, epoch_ms: 100 };
const WINDOW_MS: u64 = 50;
/// Deployer, admin and platform at first.
const DEPLOYER: u8 = 3;

fn account(number: u8) -> AccountId {
    AccountId::from([number; 32])
}

fn setup() -> Setup {
    Setup::new(account(DEPLOYER), Hash::from([9; 32]), account(1), account(2), WINDOW_MS)
}

fn contract() -> PosDeposit {
    PosDeposit::empty(CALENDAR, setup()).unwrap()
}

fn by(number: u8) {
    test::set_caller::<DefaultEnvironment>(account(number));
}

#[ink::test]
fn an_unusable_calendar_is_refused() {
    let refused = PosDeposit::empty(Calendar { genesis_ms: 0, epoch_ms: 0 }, setup()).map(|_| ());
    assert_eq!(refused, Err(Error::BadCalendar));
}

#[ink::test]
fn only_the_deployer_binds_and_hands_over_and_each_once() {
    let mut contract = contract();
    by(4);
    assert_eq!(contract.bind(account(5), account(6)), Err(Error::NotDeployer));
    assert_eq!(contract.hand_over(account(4)), Err(Error::NotDeployer));
    by(DEPLOYER);
    contract.bind(account(5), account(6)).unwrap();
    assert_eq!(contract.bind(account(5), account(6)), Err(Error::AlreadyBound));
    contract.set_platform(account(8)).unwrap();
    contract.hand_over(account(7)).unwrap();
    assert_eq!(contract.hand_over(account(8)), Err(Error::AlreadyBound));
    assert_eq!(contract.admin(), account(7));
    assert_eq!(contract.set_platform(account(3)), Err(Error::NotAdmin), "nothing is left to the deployer");
    assert_eq!(contract.settings().unwrap().platform, account(8));
}

#[ink::test]
fn each_role_has_its_messages_and_no_other() {
    let mut contract = contract();
    by(4);
    assert_eq!(contract.set_platform(account(4)), Err(Error::NotAdmin));
    assert_eq!(contract.set_schedule(0, None), Err(Error::NotAdmin));
    assert_eq!(contract.set_code(Hash::default()), Err(Error::NotAdmin));
    assert_eq!(contract.ossify(), Err(Error::NotAdmin));
    assert_eq!(contract.seize(1, 1, account(4)), Err(Error::NotAdmin));
    assert_eq!(contract.assign_class(1, 1), Err(Error::NotPlatform));
    assert_eq!(contract.confirm_return(1), Err(Error::NotPlatform));
    assert_eq!(contract.confirm_transfer(1, 2), Err(Error::NotPlatform));
    assert_eq!(contract.penalise(1, 1, account(4), 1, account(4)), Err(Error::NotBound));
    assert_eq!(contract.pledge(account(4), 1, 9), Err(Error::NotBound));
    by(DEPLOYER);
    contract.bind(account(5), account(6)).unwrap();
    assert_eq!(contract.penalise(1, 1, account(4), 1, account(4)), Err(Error::NotReceipts));
    assert_eq!(contract.pledge(account(4), 1, 9), Err(Error::NotRewards));
    by(6);
    assert_eq!(contract.penalise(1, 1, account(4), 1, account(4)), Err(Error::NotReceipts));
    by(5);
    assert_eq!(contract.pledge(account(4), 1, 9), Err(Error::NotRewards));
    assert_eq!(contract.penalise(1, 1, account(4), 1, account(4)), Ok(0), "nothing to take");
    by(DEPLOYER);
    assert_eq!(contract.seize(1, 1, account(4)), Ok(0), "nothing to take");
    assert_eq!(contract.confirm_return(1), Err(Error::NoDeposit));
    assert_eq!(contract.confirm_transfer(1, 2), Err(Error::NoDeposit));
    assert_eq!(contract.release(1), Err(Error::NoDeposit));
    assert_eq!(contract.follow_depositor(1), Err(Error::NoDeposit));
    assert_eq!(contract.offer_transfer(1, Some(2)), Err(Error::NoDeposit));
    assert_eq!(contract.lock(1, 0), Err(Error::ZeroAmount));
}

#[ink::test]
fn final_code_stays() {
    let mut contract = contract();
    by(DEPLOYER);
    assert!(!contract.is_ossified());
    contract.ossify().unwrap();
    assert!(contract.is_ossified());
    assert_eq!(contract.ossify(), Err(Error::Ossified));
    assert_eq!(contract.set_code(Hash::default()), Err(Error::Ossified));
}

#[ink::test]
fn classes_and_the_schedule_are_read_as_set() {
    let mut contract = contract();
    by(DEPLOYER);
    assert_eq!(contract.class_of(7), (0, None));
    contract.set_schedule(2, Some(500)).unwrap();
    contract.assign_class(7, 2).unwrap();
    contract.assign_class(7, 2).unwrap();
    assert_eq!(contract.class_of(7), (2, Some(500)));
    assert_eq!((contract.schedule_of(2), contract.schedule_of(0)), (Some(500), None));
    contract.set_schedule(2, None).unwrap();
    assert_eq!(contract.class_of(7), (2, None));
    // The class once assigned, the others' events: two schedules, one class.
    assert_eq!(test::recorded_events().count(), 3);
}

#[ink::test]
fn a_pledge_holds_what_is_locked_until_its_epoch_ends() {
    let mut contract = contract();
    by(DEPLOYER);
    contract.bind(account(5), account(6)).unwrap();
    contract.deposits.lock(1, 7, account(4), 100).unwrap();
    by(6);
    test::set_block_timestamp::<DefaultEnvironment>(1_000);
    assert_eq!(contract.pledge(account(4), 70, 2), Ok(70));
    assert_eq!(contract.pledge(account(4), 70, 3), Ok(30));
    assert_eq!(contract.pledge(account(4), 70, 3), Ok(0));
    assert_eq!((contract.pledged_of(account(4)), contract.unpledged_of(account(4))), (100, 0));
    test::set_block_timestamp::<DefaultEnvironment>(1_300);
    assert_eq!((contract.pledged_of(account(4)), contract.unpledged_of(account(4))), (30, 70));
    test::set_block_timestamp::<DefaultEnvironment>(1_400);
    assert_eq!((contract.pledged_of(account(4)), contract.unpledged_of(account(4))), (0, 100));
    assert_eq!(test::recorded_events().count(), 2);
}

#[ink::test]
fn a_carried_action_is_done_once_and_for_its_signer() {
    let mut contract = contract();
    let key =
        schnorrkel::MiniSecretKey::from_bytes(&[5; 32]).unwrap().expand_to_keypair(schnorrkel::ExpansionMode::Ed25519);
    let signer = AccountId::from(key.public.to_bytes());
    let action = Action::Lock { device: 1, amount: 0 };
    let sign = |nonce, expires_ms, action: &Action| {
        let address = ink::env::account_id::<DefaultEnvironment>();
        let bytes = signed_bytes(&Hash::from([9; 32]), &address, &signer, nonce, expires_ms, action);
        let signature = Signature::Sr25519(key.sign_simple(b"substrate", &bytes).to_bytes());
        Authorization { account: signer, nonce, expires_ms, signature }
    };
    test::set_block_timestamp::<DefaultEnvironment>(2_000);
    assert_eq!(contract.relay(action, sign(0, 1_999, &action)), Err(Error::Expired));
    assert_eq!(contract.relay(action, sign(1, 2_000, &action)), Err(Error::BadNonce));
    let other = Action::Lock { device: 2, amount: 0 };
    assert_eq!(contract.relay(other, sign(0, 2_000, &action)), Err(Error::BadSignature));
    let for_another = Authorization { account: account(4), ..sign(0, 2_000, &action) };
    assert_eq!(contract.relay(action, for_another), Err(Error::BadSignature));
    assert_eq!(contract.nonce_of(signer), 0);
    // It reaches the action, which refuses; on chain that reverts the nonce too.
    assert_eq!(contract.relay(action, sign(0, 2_000, &action)), Err(Error::ZeroAmount));
    assert_eq!(contract.relay(action, sign(0, 2_000, &action)), Err(Error::BadNonce));
    let offer = Action::OfferTransfer { device: 1, to: None };
    assert_eq!(contract.relay(offer, sign(1, 2_000, &offer)), Err(Error::NoDeposit));
    assert_eq!(contract.nonce_of(signer), 2);
}

#[ink::test]
fn an_offer_can_be_repeated_and_taken_back() {
    let mut contract = contract();
    contract.deposits.lock(1, 7, account(4), 100).unwrap();
    assert_eq!(contract.deposits.offer(7, account(4), Some(8)), Ok(true));
    assert_eq!(contract.deposits.offer(7, account(4), Some(8)), Ok(false));
    assert_eq!(contract.offer_of(7), Some(8));
    assert_eq!(contract.deposits.offer(7, account(4), Some(7)), Err(Error::SameDevice));
    by(DEPLOYER);
    assert_eq!(contract.confirm_transfer(7, 9), Err(Error::NotOffered));
    assert_eq!(contract.confirm_transfer(7, 8), Err(Error::NotBound), "then `receipts` is asked");
    assert_eq!(contract.deposits.offer(7, account(4), None), Ok(true));
    assert_eq!(contract.offer_of(7), None);
}

#[ink::test]
fn lows_are_read_for_closed_epochs_only() {
    let contract = contract();
    test::set_block_timestamp::<DefaultEnvironment>(1_100);
    assert_eq!(contract.lows_at(1, vec![]), Err(Error::EpochNotClosed));
    assert_eq!(contract.lows_at(0, vec![(account(4), 0); 257]), Err(Error::TooManyQueries));
    assert_eq!(contract.lows_at(0, vec![(account(4), 0), (account(4), 1)]), Ok(vec![Some(0), None]));
}

#[ink::test]
fn a_device_has_one_depositor() {
    let mut deposits = Deposits::default();
    assert_eq!(deposits.lock(1, 7, account(4), 0), Err(Error::ZeroAmount));
    deposits.lock(1, 7, account(4), 10).unwrap();
    assert_eq!(deposits.lock(1, 7, account(5), 10), Err(Error::OtherDepositor));
    deposits.lock(1, 7, account(4), 5).unwrap();
    assert_eq!(deposits.lock(1, 7, account(4), u128::MAX), Err(Error::Overflow));
    assert_eq!(deposits.of(7).unwrap().amount, 15);
    deposits.lock(1, 8, account(4), 1).unwrap();
    assert_eq!(deposits.holdings.balance_of(account(4)), 16);
}

#[ink::test]
fn a_first_deposit_reaches_the_schedule() {
    let mut deposits = Deposits::default();
    deposits.set_schedule(1, Some(100));
    deposits.set_class(7, 1);
    assert_eq!(deposits.lock(1, 7, account(4), 99), Err(Error::BelowSchedule));
    deposits.lock(1, 7, account(4), 100).unwrap();
    deposits.lock(1, 7, account(4), 1).unwrap();
    deposits.lock(1, 8, account(4), 1).unwrap();
    // A deposit that was used up is a first one again.
    assert_eq!(deposits.take(1, 0, 7, 1_000), Ok(Some((account(4), 101))));
    assert_eq!(deposits.lock(1, 7, account(4), 99), Err(Error::BelowSchedule));
}

#[ink::test]
fn a_deposit_goes_back_after_the_return_and_the_window() {
    let mut deposits = Deposits::default();
    deposits.lock(1, 7, account(4), 10).unwrap();
    assert_eq!(deposits.releasable(7, u64::MAX), Err(Error::ReturnNotConfirmed));
    assert_eq!(deposits.confirm_return(7, 1_000, u64::MAX), Err(Error::Overflow));
    assert_eq!(deposits.confirm_return(7, 1_000, 50), Ok(1_050));
    assert_eq!(deposits.confirm_return(7, 1_001, 50), Err(Error::ReturnConfirmed));
    assert_eq!(deposits.lock(1, 7, account(4), 1), Err(Error::ReturnConfirmed));
    assert_eq!(deposits.offer(7, account(4), Some(8)), Err(Error::ReturnConfirmed));
    assert_eq!(deposits.releasable(7, 1_049), Err(Error::WindowOpen));
    let deposit = deposits.releasable(7, 1_050).unwrap();
    assert_eq!((deposit.depositor, deposit.amount), (account(4), 10));
    assert_eq!(deposits.release(2, 7), Ok((account(4), 10)));
    assert_eq!(deposits.holdings.balance_of(account(4)), 0);
    assert_eq!(deposits.releasable(7, 1_050), Err(Error::NoDeposit));
    deposits.lock(3, 7, account(5), 10).unwrap();
}

#[ink::test]
fn what_is_locked_and_released_in_one_epoch_was_never_held() {
    let mut deposits = Deposits::default();
    deposits.lock(3, 7, account(4), 10).unwrap();
    deposits.confirm_return(7, 0, 0).unwrap();
    deposits.release(3, 7).unwrap();
    deposits.lock(4, 8, account(4), 10).unwrap();
    let low =
        |epoch| deposits.holdings.low_at(account(4), epoch, deposits.holdings.checkpoint_index(account(4), epoch));
    // Stamps 3, 4 and 5 are epochs 2, 3 and 4.
    assert_eq!((low(2), low(3), low(4)), (Some(0), Some(0), Some(10)));
}

#[ink::test]
fn a_penalty_lowers_what_is_held() {
    let mut deposits = Deposits::default();
    deposits.lock(3, 7, account(4), 10).unwrap();
    assert_eq!(deposits.take(5, 0, 8, 10), Ok(None), "another device");
    assert_eq!(deposits.take(5, 0, 7, 0), Ok(None));
    assert_eq!(deposits.take(5, 0, 7, 4), Ok(Some((account(4), 4))));
    assert_eq!(deposits.of(7).unwrap().amount, 6);
    assert_eq!(deposits.take(6, 0, 7, 9), Ok(Some((account(4), 6))), "no more than there is");
    assert_eq!(deposits.of(7), None);
    let low =
        |epoch| deposits.holdings.low_at(account(4), epoch, deposits.holdings.checkpoint_index(account(4), epoch));
    // Stamps 4 to 7 are epochs 3 to 6.
    assert_eq!([3, 4, 5, 6].map(low), [Some(10), Some(6), Some(0), Some(0)]);
}

#[ink::test]
fn a_deposit_goes_over_to_a_number_without_one_and_answers_for_both_for_a_while() {
    let mut deposits = Deposits::default();
    deposits.set_schedule(1, Some(11));
    deposits.set_class(8, 1);
    deposits.lock(1, 7, account(4), 10).unwrap();
    assert_eq!(deposits.transferable(7, 8).map(|_| ()), Err(Error::NotOffered));
    assert_eq!(deposits.offer(7, account(5), Some(8)), Err(Error::NotDepositor));
    deposits.offer(7, account(4), Some(8)).unwrap();
    assert!(deposits.transferable(7, 8).unwrap().1);
    assert_eq!(deposits.transfer(7, 8, 100, 50, 0), Err(Error::BelowSchedule), "too little for its class");
    deposits.lock(1, 7, account(4), 5).unwrap();
    let moved = Transferred { depositor: account(4), amount: 15, releasable_ms: None };
    assert_eq!(deposits.transfer(7, 8, 100, 50, 0), Ok(moved));
    assert_eq!((deposits.of(7), deposits.of(8).unwrap().amount), (None, 15));
    assert_eq!(deposits.holdings.balance_of(account(4)), 15);
    assert_eq!(deposits.lock(1, 7, account(5), 1), Err(Error::DepositMoved));
    assert_eq!(deposits.confirm_return(7, 0, 0), Err(Error::NoDeposit));
    // For what number 7 recorded, until the window's end.
    assert_eq!(deposits.take(1, 149, 7, 2), Ok(Some((account(4), 2))));
    assert_eq!(deposits.take(1, 150, 7, 2), Ok(None));
    assert_eq!(deposits.take(1, 150, 8, 3), Ok(Some((account(4), 3))));
    // It can go on to a third number, and back to the first cannot.
    deposits.offer(8, account(4), Some(9)).unwrap();
    deposits.transfer(8, 9, 200, 50, 0).unwrap();
    deposits.offer(9, account(4), Some(7)).unwrap();
    assert_eq!(deposits.transfer(9, 7, 200, 50, 0), Err(Error::DepositMoved));
    deposits.confirm_return(9, 200, 40).unwrap();
    assert_eq!(deposits.releasable(9, 249), Err(Error::WindowOpen), "it answers for number 8 until 250");
    assert!(deposits.releasable(9, 250).is_ok());
    assert_eq!(deposits.release(2, 9), Ok((account(4), 10)));
    assert_eq!(deposits.take(2, 201, 8, 1), Ok(None), "it has gone back");
    deposits.lock(2, 7, account(5), 1).unwrap();
    assert_eq!(deposits.take(2, 201, 8, 1), Ok(None), "a later deposit is another one");
}

#[ink::test]
fn where_the_new_number_has_its_own_deposit_the_old_one_goes_back() {
    let mut deposits = Deposits::default();
    deposits.lock(1, 7, account(4), 10).unwrap();
    deposits.lock(1, 8, account(5), 20).unwrap();
    deposits.offer(7, account(4), Some(8)).unwrap();
    assert!(!deposits.transferable(7, 8).unwrap().1);
    let returned = Transferred { depositor: account(4), amount: 10, releasable_ms: Some(150) };
    assert_eq!(deposits.transfer(7, 8, 100, 50, 0), Ok(returned));
    assert_eq!(deposits.offer_of(7), None);
    assert_eq!(deposits.releasable(7, 149), Err(Error::WindowOpen));
    assert_eq!(deposits.release(1, 7), Ok((account(4), 10)));
    assert_eq!(deposits.of(8).unwrap().amount, 20);
    // But not while the new one's own return is confirmed.
    deposits.lock(1, 6, account(4), 10).unwrap();
    deposits.confirm_return(8, 0, 0).unwrap();
    deposits.offer(6, account(4), Some(8)).unwrap();
    assert_eq!(deposits.transfer(6, 8, 100, 50, 0), Err(Error::ReturnConfirmed));
}

#[ink::test]
fn a_deposit_follows_its_depositor_to_another_account() {
    let mut deposits = Deposits::default();
    deposits.lock(3, 7, account(4), 10).unwrap();
    assert_eq!(deposits.credit(3, 8, account(5)), Err(Error::NoDeposit));
    assert_eq!(deposits.credit(4, 7, account(4)), Ok(None));
    assert_eq!(deposits.credit(5, 7, account(5)), Ok(Some(account(4))));
    assert_eq!(deposits.of(7).unwrap().depositor, account(5));
    assert_eq!([4, 5].map(|n| deposits.holdings.balance_of(account(n))), [0, 10]);
    deposits.lock(5, 7, account(5), 1).unwrap();
}

/// One step of a random history: devices 1 to 4, depositors 1 to 3.
#[derive(Clone, Debug)]
enum Step {
    Wait(Stamp, u64),
    Lock(u32, u8, Balance),
    Return(u32),
    Release(u32),
    Take(u32, Balance),
    Offer(u32, u8, Option<u32>),
    Transfer(u32, u32),
    Credit(u32, u8),
}

fn step() -> impl Strategy<Value = Step> {
    let device = 1u32..5;
    let who = 1u8..4;
    prop_oneof![
        2 => (0u32..2, 0u64..40).prop_map(|(epochs, ms)| Step::Wait(epochs, ms)),
        4 => (device.clone(), who.clone(), 0u128..100).prop_map(|(device, who, amount)| Step::Lock(device, who, amount)),
        1 => device.clone().prop_map(Step::Return),
        2 => device.clone().prop_map(Step::Release),
        2 => (device.clone(), 0u128..120).prop_map(|(device, amount)| Step::Take(device, amount)),
        2 => (device.clone(), who.clone(), proptest::option::of(device.clone())).prop_map(|(d, who, to)| Step::Offer(d, who, to)),
        3 => (device.clone(), device.clone()).prop_map(|(device, to)| Step::Transfer(device, to)),
        1 => (device, who).prop_map(|(device, who)| Step::Credit(device, who)),
    ]
}

/// The plain model: a list of deposits, each with its device and the devices
/// that it still answers for.
#[derive(Clone, Debug)]
struct Model {
    device: u32,
    depositor: u8,
    amount: Balance,
    releasable_ms: Option<u64>,
    answers: BTreeMap<u32, u64>,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    /// Against the plain model: every deposit is counted once, for its
    /// depositor, whatever becomes of devices; what went in less what came out
    /// is there; and a device is answered for as long as it should.
    #[test]
    fn deposits_are_counted_once(steps in proptest::collection::vec(step(), 1..80)) {
        test::run_test::<DefaultEnvironment, _>(|_| Ok(())).unwrap();
        let mut deposits = Deposits::default();
        let mut model: Vec<Model> = vec![];
        let mut offers: BTreeMap<u32, u32> = BTreeMap::new();
        let (mut now, mut now_ms, mut kept) = (0, 0u64, 0u128);
        const WINDOW: u64 = 50;
/// How long a demand can be answered.
const OPENING: u64 = 7;
        for step in steps {
            let at = |model: &Vec<Model>, device: u32| model.iter().position(|m| m.device == device);
            match step {
                Step::Wait(epochs, ms) => { now += epochs; now_ms += ms; }
                Step::Lock(device, who, amount) => {
                    let moved = model.iter().any(|m| m.device != device && m.answers.contains_key(&device));
                    let expected = amount > 0 && match at(&model, device) {
                        Some(i) => model[i].releasable_ms.is_none() && model[i].depositor == who,
                        None => !moved,
                    };
                    prop_assert_eq!(deposits.lock(now, device, account(who), amount).is_ok(), expected);
                    if expected {
                        kept += amount;
                        match at(&model, device) {
                            Some(i) => model[i].amount += amount,
                            None => {
                                for other in &mut model { other.answers.remove(&device); }
                                model.push(Model { device, depositor: who, amount, releasable_ms: None, answers: BTreeMap::new() });
                            }
                        }
                    }
                }
                Step::Return(device) => {
                    let expected = at(&model, device).filter(|i| model[*i].releasable_ms.is_none());
                    prop_assert_eq!(deposits.confirm_return(device, now_ms, WINDOW).is_ok(), expected.is_some());
                    if let Some(i) = expected { model[i].releasable_ms = Some(now_ms + WINDOW); offers.remove(&device); }
                }
                Step::Release(device) => {
                    // Not while it answers for another device too.
                    let until = |m: &Model| m.answers.values().copied().max().unwrap_or(0);
                    let expected = at(&model, device).filter(|i| model[*i].releasable_ms.is_some_and(|ms| now_ms >= ms.max(until(&model[*i]))));
                    prop_assert_eq!(deposits.releasable(device, now_ms).is_ok(), expected.is_some());
                    if let Some(i) = expected {
                        let gone = model.remove(i);
                        offers.remove(&device);
                        kept -= gone.amount;
                        prop_assert_eq!(deposits.release(now, device), Ok((account(gone.depositor), gone.amount)));
                    }
                }
                Step::Take(device, amount) => {
                    let answers = |m: &Model| m.device == device || m.answers.get(&device).is_some_and(|until| now_ms < *until);
                    let found = model.iter().position(answers).filter(|_| amount > 0);
                    let expected = found.map(|i| (account(model[i].depositor), amount.min(model[i].amount)));
                    prop_assert_eq!(deposits.take(now, now_ms, device, amount), Ok(expected));
                    if let (Some(i), Some((_, taken))) = (found, expected) {
                        kept -= taken;
                        model[i].amount -= taken;
                        if model[i].amount == 0 { offers.remove(&model.remove(i).device); }
                    }
                }
                Step::Offer(device, who, to) => {
                    let expected = at(&model, device).is_some_and(|i| model[i].releasable_ms.is_none() && model[i].depositor == who)
                        && to != Some(device);
                    prop_assert_eq!(deposits.offer(device, account(who), to).is_ok(), expected);
                    if expected { match to { Some(to) => { offers.insert(device, to); } None => { offers.remove(&device); } } }
                }
                Step::Transfer(device, to) => {
                    let Some(i) = at(&model, device).filter(|i| model[*i].releasable_ms.is_none() && offers.get(&device) == Some(&to)) else {
                        prop_assert!(deposits.transferable(device, to).is_err());
                        continue;
                    };
                    prop_assert_eq!(deposits.transferable(device, to).map(|(_, over)| over), Ok(at(&model, to).is_none()));
                    let taken = model.iter().any(|m| m.answers.contains_key(&to));
                    let expected = match at(&model, to) { Some(j) => model[j].releasable_ms.is_none(), None => !taken };
                    prop_assert_eq!(deposits.transfer(device, to, now_ms, WINDOW, OPENING).is_ok(), expected);
                    if expected {
                        offers.remove(&device);
                        if at(&model, to).is_some() {
                            model[i].releasable_ms = Some(now_ms + WINDOW);
                        } else {
                            model[i].device = to;
                            model[i].answers.insert(device, now_ms + WINDOW + OPENING);
                        }
                    }
                }
                Step::Credit(device, who) => {
                    let credited = deposits.credit(now, device, account(who));
                    match at(&model, device) {
                        None => prop_assert_eq!(credited, Err(Error::NoDeposit)),
                        Some(i) => {
                            let before = model[i].depositor;
                            prop_assert_eq!(credited, Ok((before != who).then(|| account(before))));
                            model[i].depositor = who;
                        }
                    }
                }
            }
            for device in 1..5 {
                let found = deposits.of(device).map(|d| (d.depositor, d.amount, d.releasable_ms));
                let expected = at(&model, device).map(|i| (account(model[i].depositor), model[i].amount, model[i].releasable_ms));
                prop_assert_eq!(found, expected);
            }
            for who in 1..4 {
                let own: Balance = model.iter().filter(|m| m.depositor == who).map(|m| m.amount).sum();
                prop_assert_eq!(deposits.holdings.balance_of(account(who)), own);
            }
            prop_assert_eq!(model.iter().map(|m| m.amount).sum::<Balance>(), kept);
        }
    }
}
