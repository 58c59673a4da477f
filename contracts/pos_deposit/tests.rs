//! Deposits in ink!'s off-chain environment, which cannot ask other contracts:
//! the rules are tested here, with `bzky` and `registry` on the embedded chain.

use crate::{
    deposits::Deposits,
    pos_deposit::{PosDeposit, Setup},
};
use bizkey_primitives::{errors::pos_deposit::Error, AccountId, Balance, Calendar, Stamp};
use ink::env::{test, DefaultEnvironment};
use proptest::prelude::*;

const CALENDAR: Calendar = Calendar { genesis_ms: 1_000, epoch_ms: 100 };

fn account(number: u8) -> AccountId {
    AccountId::from([number; 32])
}

fn contract() -> PosDeposit {
    let setup = Setup { bzky: account(1), registry: account(2), platform: account(3), penalty_window_ms: 50 };
    PosDeposit::empty(CALENDAR, setup).unwrap()
}

#[ink::test]
fn an_unusable_calendar_is_refused() {
    let setup = Setup { bzky: account(1), registry: account(2), platform: account(3), penalty_window_ms: 50 };
    let refused = PosDeposit::empty(Calendar { genesis_ms: 0, epoch_ms: 0 }, setup).map(|_| ());
    assert_eq!(refused, Err(Error::BadCalendar));
}

#[ink::test]
fn only_the_platform_confirms_a_return() {
    let mut contract = contract();
    test::set_caller::<DefaultEnvironment>(account(4));
    assert_eq!(contract.confirm_return(1), Err(Error::NotPlatform));
    test::set_caller::<DefaultEnvironment>(account(3));
    assert_eq!(contract.confirm_return(1), Err(Error::NoDeposit));
    assert_eq!(contract.release(1), Err(Error::NoDeposit));
    assert_eq!(contract.lock(1, 0), Err(Error::ZeroAmount));
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
fn a_deposit_goes_back_after_the_return_and_the_window() {
    let mut deposits = Deposits::default();
    deposits.lock(1, 7, account(4), 10).unwrap();
    assert_eq!(deposits.releasable(7, u64::MAX), Err(Error::ReturnNotConfirmed));
    assert_eq!(deposits.confirm_return(7, 1_000, u64::MAX), Err(Error::Overflow));
    assert_eq!(deposits.confirm_return(7, 1_000, 50), Ok(1_050));
    assert_eq!(deposits.confirm_return(7, 1_001, 50), Err(Error::ReturnConfirmed));
    assert_eq!(deposits.lock(1, 7, account(4), 1), Err(Error::ReturnConfirmed));
    assert_eq!(deposits.releasable(7, 1_049), Err(Error::WindowOpen));
    let deposit = deposits.releasable(7, 1_050).unwrap();
    assert_eq!((deposit.depositor, deposit.amount), (account(4), 10));
    deposits.release(2, 7, &deposit).unwrap();
    assert_eq!(deposits.holdings.balance_of(account(4)), 0);
    assert_eq!(deposits.releasable(7, 1_050), Err(Error::NoDeposit));
}

#[ink::test]
fn what_is_locked_and_released_in_one_epoch_was_never_held() {
    let mut deposits = Deposits::default();
    deposits.lock(3, 7, account(4), 10).unwrap();
    deposits.confirm_return(7, 0, 0).unwrap();
    let deposit = deposits.releasable(7, 0).unwrap();
    deposits.release(3, 7, &deposit).unwrap();
    deposits.lock(4, 8, account(4), 10).unwrap();
    let low =
        |epoch| deposits.holdings.low_at(account(4), epoch, deposits.holdings.checkpoint_index(account(4), epoch));
    // Stamps 3, 4 and 5 are epochs 2, 3 and 4.
    assert_eq!((low(2), low(3), low(4)), (Some(0), Some(0), Some(10)));
}

/// One step of a random history: devices 1 to 4, depositors 1 to 3.
#[derive(Clone, Debug)]
enum Step {
    Wait(Stamp),
    Lock(u32, u8, Balance),
    Return(u32),
    Release(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0u32..2).prop_map(Step::Wait),
        (1u32..5, 1u8..4, 0u128..100).prop_map(|(device, who, amount)| Step::Lock(device, who, amount)),
        (1u32..5).prop_map(Step::Return),
        (1u32..5).prop_map(Step::Release),
    ]
}

proptest! {
    /// What accounts have locked is what is locked for devices, and what went
    /// in less what came out; each deposit is counted once, for its depositor.
    #[test]
    fn deposits_are_counted_once(steps in proptest::collection::vec(step(), 1..60)) {
        test::run_test::<DefaultEnvironment, _>(|_| Ok(())).unwrap();
        let mut deposits = Deposits::default();
        let (mut now, mut kept) = (0, 0u128);
        for step in steps {
            match step {
                Step::Wait(epochs) => now += epochs,
                Step::Lock(device, who, amount) => {
                    if deposits.lock(now, device, account(who), amount).is_ok() { kept += amount; }
                }
                Step::Return(device) => { let _ = deposits.confirm_return(device, 0, 0); }
                Step::Release(device) => {
                    if let Ok(deposit) = deposits.releasable(device, 0) {
                        deposits.release(now, device, &deposit).unwrap();
                        kept -= deposit.amount;
                    }
                }
            }
            let mut all = 0;
            for who in 1..4 {
                let own: Balance = (1..5)
                    .filter_map(|device| deposits.of(device))
                    .filter(|deposit| deposit.depositor == account(who))
                    .map(|deposit| deposit.amount)
                    .sum();
                prop_assert_eq!(deposits.holdings.balance_of(account(who)), own);
                all += own;
            }
            prop_assert_eq!(all, kept);
        }
    }
}
