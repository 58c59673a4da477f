//! The token through its messages, in ink!'s off-chain environment.

use crate::Bzky;
use bizkey_primitives::{
    errors::psp22::Error,
    psp22::{PSP22Burnable, PSP22},
    AccountId, Balance, Calendar, Epoch, Hash, BZKY_SUPPLY, MERCHANT_POOL,
};
use ink::env::{test, DefaultEnvironment};
use proptest::prelude::*;
use std::collections::BTreeMap;

const GENESIS_MS: u64 = 1_000;
const EPOCH_MS: u64 = 100;

fn account(number: u8) -> AccountId {
    AccountId::from([number; 32])
}

const TREASURY: u8 = 1;
const VAULT: u8 = 9;

fn clock(now_ms: u64) {
    test::set_block_timestamp::<DefaultEnvironment>(now_ms);
}

fn caller(number: u8) {
    test::set_caller::<DefaultEnvironment>(account(number));
}

fn token() -> Bzky {
    // Resets the environment of this thread: property tests need a new one a case.
    test::run_test::<DefaultEnvironment, _>(|_| Ok(())).unwrap();
    clock(0);
    caller(TREASURY);
    let calendar = Calendar { genesis_ms: GENESIS_MS, epoch_ms: EPOCH_MS };
    Bzky::new(Hash::from([7; 32]), calendar, account(TREASURY), account(VAULT)).unwrap()
}

fn events() -> usize {
    test::recorded_events().count()
}

/// Lowest balance in `epoch` by the index that the contract itself names.
fn low(token: &Bzky, number: u8, epoch: Epoch) -> Balance {
    token.low_at(account(number), epoch, token.checkpoint_index(account(number), epoch)).unwrap()
}

#[ink::test]
fn the_supply_is_minted_once_to_vault_and_treasury() {
    let token = token();
    assert_eq!(token.total_supply(), BZKY_SUPPLY);
    assert_eq!(token.balance_of(account(VAULT)), MERCHANT_POOL);
    assert_eq!(token.balance_of(account(TREASURY)), BZKY_SUPPLY - MERCHANT_POOL);
    assert_eq!(events(), 2);
}

#[ink::test]
fn an_unusable_calendar_is_refused() {
    let calendar = Calendar { genesis_ms: 0, epoch_ms: 0 };
    let refused = Bzky::new(Hash::default(), calendar, account(1), account(2)).map(|_| ());
    assert_eq!(refused, Err(Error::BadCalendar));
}

#[ink::test]
fn a_payment_above_the_balance_changes_nothing() {
    let mut token = token();
    caller(2);
    assert_eq!(token.transfer(account(3), 1, vec![]), Err(Error::InsufficientBalance));
    assert_eq!(token.burn(1), Err(Error::InsufficientBalance));
    assert_eq!(token.transfer_many(vec![(account(3), 1)]), Err(Error::InsufficientBalance));
    assert_eq!(events(), 2);
}

#[ink::test]
fn zero_and_self_transfers_move_nothing_and_leave_the_low_alone() {
    let mut token = token();
    clock(GENESIS_MS);
    let whole = token.balance_of(account(TREASURY));
    token.transfer(account(TREASURY), whole, vec![]).unwrap();
    token.transfer(account(2), 0, vec![]).unwrap();
    token.transfer_many(vec![(account(TREASURY), whole), (account(2), 0)]).unwrap();
    clock(GENESIS_MS + EPOCH_MS);
    assert_eq!(low(&token, TREASURY, 0), whole);
    assert_eq!(token.balance_of(account(TREASURY)), whole);
}

#[ink::test]
fn payments_to_oneself_need_the_money_too() {
    let mut token = token();
    let whole = token.balance_of(account(TREASURY));
    let payments = vec![(account(TREASURY), whole), (account(2), 1)];
    assert_eq!(token.transfer_many(payments), Err(Error::InsufficientBalance));
    assert_eq!(token.transfer_many(vec![(account(2), u128::MAX), (account(3), 1)]), Err(Error::Overflow));
    assert_eq!(token.balance_of(account(2)), 0);
}

#[ink::test]
fn many_payments_are_one_debit_and_an_event_each() {
    let mut token = token();
    clock(GENESIS_MS);
    token.transfer_many(vec![(account(2), 5), (account(3), 0), (account(2), 7)]).unwrap();
    assert_eq!(token.balance_of(account(2)), 12);
    assert_eq!(events(), 2 + 3);
    assert_eq!(token.transfer_many(vec![(account(2), 0); 257]), Err(Error::TooManyPayments));
    token.transfer_many(vec![(account(2), 1); 256]).unwrap();
    assert_eq!(token.balance_of(account(2)), 268);
}

#[ink::test]
fn an_allowance_is_used_up() {
    let mut token = token();
    token.approve(account(2), 10).unwrap();
    token.increase_allowance(account(2), 5).unwrap();
    assert_eq!(token.increase_allowance(account(2), u128::MAX), Err(Error::Overflow));
    assert_eq!(token.decrease_allowance(account(2), 16), Err(Error::InsufficientAllowance));
    token.decrease_allowance(account(2), 3).unwrap();
    caller(2);
    assert_eq!(token.transfer_from(account(TREASURY), account(3), 13, vec![]), Err(Error::InsufficientAllowance));
    token.transfer_from(account(TREASURY), account(3), 12, vec![]).unwrap();
    assert_eq!(token.allowance(account(TREASURY), account(2)), 0);
    assert_eq!(token.balance_of(account(3)), 12);
    assert_eq!(token.transfer_from(account(TREASURY), account(3), 1, vec![]), Err(Error::InsufficientAllowance));
}

#[ink::test]
fn a_low_is_read_for_closed_epochs_by_the_right_index_only() {
    let mut token = token();
    clock(GENESIS_MS);
    token.transfer(account(2), 10, vec![]).unwrap();
    clock(GENESIS_MS + 3 * EPOCH_MS);
    token.transfer(account(2), 1, vec![]).unwrap();
    let (two, stranger) = (account(2), account(4));
    assert_eq!(token.low_at(two, 3, 1), Err(Error::EpochNotClosed));
    assert_eq!(token.lows_at(3, vec![]), Err(Error::EpochNotClosed));
    assert_eq!(token.low_at(two, 0, 0), Ok(0));
    assert_eq!(token.low_at(two, 1, 0), Ok(10));
    assert_eq!(token.low_at(two, 2, 1), Err(Error::WrongCheckpoint));
    assert_eq!(
        token.lows_at(2, vec![(two, 0), (two, 1), (stranger, 0), (stranger, 1)]),
        Ok(vec![Some(10), None, Some(0), None])
    );
    assert_eq!(token.lows_at(2, vec![(two, 0); 257]), Err(Error::TooManyPayments));
}

#[test]
fn selectors_are_those_of_the_standard() {
    // From the PSP22 standard's text.
    assert_eq!(ink::selector_bytes!("PSP22::total_supply"), [0x16, 0x2d, 0xf8, 0xc2]);
    assert_eq!(ink::selector_bytes!("PSP22::balance_of"), [0x65, 0x68, 0x38, 0x2f]);
    assert_eq!(ink::selector_bytes!("PSP22::transfer"), [0xdb, 0x20, 0xf9, 0xf5]);
    assert_eq!(ink::selector_bytes!("PSP22::transfer_from"), [0x54, 0xb3, 0xc7, 0x6e]);
    assert_eq!(ink::selector_bytes!("PSP22::approve"), [0xb2, 0x0f, 0x1b, 0xbd]);
}

/// One step of a random history among accounts 1 to 4.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Pay { from: u8, to: u8, value: Balance },
    PayMany { from: u8, payments: Vec<(u8, Balance)> },
    Burn { from: u8, value: Balance },
}

fn step() -> impl Strategy<Value = Step> {
    let who = 1u8..5;
    prop_oneof![
        (0..EPOCH_MS * 2).prop_map(Step::Wait),
        (who.clone(), who.clone(), 0u128..60).prop_map(|(from, to, value)| Step::Pay { from, to, value }),
        (who.clone(), proptest::collection::vec((who.clone(), 0u128..30), 0..5))
            .prop_map(|(from, payments)| Step::PayMany { from, payments }),
        (who, 0u128..5).prop_map(|(from, value)| Step::Burn { from, value }),
    ]
}

/// The plain definition beside the contract: balances, and the minimum over
/// the opening balance and every balance in each epoch.
#[derive(Default)]
struct Model {
    balances: BTreeMap<u8, Balance>,
    lows: BTreeMap<(u8, Epoch), Balance>,
    epoch: Option<Epoch>,
}

impl Model {
    fn advance(&mut self, epoch: Option<Epoch>) {
        let first = self.epoch.map_or(0, |e| e + 1);
        for opened in first..epoch.map_or(0, |e| e + 1) {
            for (who, balance) in &self.balances {
                self.lows.insert((*who, opened), *balance);
            }
        }
        self.epoch = epoch;
    }

    /// Books payments as one change: nothing at all when the payer has too little.
    fn pay(&mut self, from: u8, payments: &[(Option<u8>, Balance)]) -> bool {
        let total: Balance = payments.iter().map(|p| p.1).sum();
        if total > self.balances[&from] {
            return false;
        }
        let mut next = self.balances.clone();
        *next.get_mut(&from).unwrap() -= total;
        for (to, value) in payments {
            if let Some(to) = to {
                *next.get_mut(to).unwrap() += value;
            }
        }
        self.balances = next;
        if let Some(epoch) = self.epoch {
            for (who, balance) in &self.balances {
                let low = self.lows.get_mut(&(*who, epoch)).unwrap();
                *low = (*low).min(*balance);
            }
        }
        true
    }
}

proptest! {
    /// Whatever happens, balances add up to the supply, every balance and
    /// every low of a closed epoch is the plain definition's, and a refused
    /// payment leaves no trace.
    #[test]
    fn sums_are_conserved_and_lows_are_the_lowest_balances(steps in proptest::collection::vec(step(), 1..60)) {
        let mut token = token();
        let mut model = Model::default();
        for who in 1..5 {
            model.balances.insert(who, if who == TREASURY { BZKY_SUPPLY - MERCHANT_POOL } else { 0 });
        }
        // The treasury is kept too poor to pay for everything, so that refusals happen.
        let rest = model.balances[&TREASURY] - 100;
        token.transfer(account(VAULT), rest, vec![]).unwrap();
        *model.balances.get_mut(&TREASURY).unwrap() = 100;
        let (mut now_ms, mut burned) = (GENESIS_MS - EPOCH_MS, 0);
        clock(now_ms);
        let calendar = token.calendar();
        for step in steps {
            match step {
                Step::Wait(ms) => {
                    now_ms += ms;
                    clock(now_ms);
                    model.advance(calendar.epoch_at(now_ms));
                }
                Step::Pay { from, to, value } => {
                    caller(from);
                    // PSP22: a transfer to oneself does nothing, whatever its value.
                    let expected = from == to || model.pay(from, &[(Some(to), value)]);
                    prop_assert_eq!(token.transfer(account(to), value, vec![]).is_ok(), expected);
                }
                Step::PayMany { from, payments } => {
                    caller(from);
                    let expected = model.pay(from, &payments.iter().map(|(to, v)| (Some(*to), *v)).collect::<Vec<_>>());
                    let payments = payments.into_iter().map(|(to, value)| (account(to), value)).collect();
                    prop_assert_eq!(token.transfer_many(payments).is_ok(), expected);
                }
                Step::Burn { from, value } => {
                    caller(from);
                    let expected = model.pay(from, &[(None, value)]);
                    prop_assert_eq!(token.burn(value).is_ok(), expected);
                    if expected { burned += value; }
                }
            }
            let mut sum = token.balance_of(account(VAULT));
            for (who, balance) in &model.balances {
                prop_assert_eq!(token.balance_of(account(*who)), *balance);
                sum += balance;
            }
            prop_assert_eq!(sum, token.total_supply());
            prop_assert_eq!(token.total_supply(), BZKY_SUPPLY - burned);
        }
        let closed = calendar.epoch_at(now_ms).unwrap_or(0);
        for epoch in 0..closed {
            for who in 1..5 {
                prop_assert_eq!(low(&token, who, epoch), model.lows[&(who, epoch)], "account {} epoch {}", who, epoch);
            }
        }
    }
}
