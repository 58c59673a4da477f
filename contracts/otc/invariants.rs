//! Random histories of the books: whatever happens, the escrow is the sum of
//! its records, and all of it is paid out in the end.

use crate::{
    books::{Books, Leaving, Totals, DECISION_MS},
    books_tests::{account, empty, escrowed, hash, quote, DESK, STRANGER},
    terms::{tests::terms, MIN_DISPUTE_MS, MIN_PAY_MS},
};
use bizkey_primitives::{
    errors::otc::Error,
    otc::{Ending, QuoteSide, Reservation, Stage, Terms, Trader},
    AccountId, Balance,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// One step of a random history among accounts 1 to 4; the third has a desk.
/// Offers and reservations are picked by any number among those made so far; a
/// `stranger` makes the step in place of whoever may.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Open { maker: u8, amount: Balance, bond_bps: u16, lasts_ms: u64 },
    Close { stranger: Option<u8>, offer: u64 },
    Reserve { taker: u8, offer: u64, amount: Balance },
    Take { taker: u8, side: QuoteSide, id: u64, amount: Balance },
    Declare { stranger: Option<u8>, id: u64 },
    Confirm { stranger: Option<u8>, id: u64 },
    GiveUp { stranger: Option<u8>, id: u64 },
    Dispute { opener: Trader, stranger: Option<u8>, id: u64 },
    Decide { id: u64, winner: Trader },
    Settle { id: u64 },
    Fund(Balance),
    Withdraw(Balance),
    Revoke(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let (who, id, amount) = (1u8..5, any::<u64>(), 50u128..400);
    let stranger = || proptest::option::weighted(0.2, 1u8..5);
    let side = prop_oneof![Just(QuoteSide::Sell), Just(QuoteSide::Buy)];
    let trader = prop_oneof![Just(Trader::Seller), Just(Trader::Buyer)];
    let wait = prop_oneof![6 => 0..MIN_PAY_MS / 2, 2 => Just(MIN_DISPUTE_MS), 1 => Just(DECISION_MS)];
    prop_oneof![
        3 => wait.prop_map(Step::Wait),
        4 => (who.clone(), 100u128..1_500, 0u16..1_001, 0..DECISION_MS)
            .prop_map(|(maker, amount, bond_bps, lasts_ms)| Step::Open { maker, amount, bond_bps, lasts_ms }),
        1 => (stranger(), id).prop_map(|(stranger, offer)| Step::Close { stranger, offer }),
        6 => (who.clone(), id, amount.clone()).prop_map(|(taker, offer, amount)| Step::Reserve { taker, offer, amount }),
        4 => (who, side, 0u64..6, amount).prop_map(|(taker, side, id, amount)| Step::Take { taker, side, id, amount }),
        9 => (stranger(), id).prop_map(|(stranger, id)| Step::Declare { stranger, id }),
        2 => (stranger(), id).prop_map(|(stranger, id)| Step::Confirm { stranger, id }),
        1 => (stranger(), id).prop_map(|(stranger, id)| Step::GiveUp { stranger, id }),
        9 => (trader.clone(), stranger(), id)
            .prop_map(|(opener, stranger, id)| Step::Dispute { opener, stranger, id }),
        3 => (id, trader).prop_map(|(id, winner)| Step::Decide { id, winner }),
        2 => id.prop_map(|id| Step::Settle { id }),
        2 => (1u128..900).prop_map(Step::Fund),
        1 => (1u128..900).prop_map(Step::Withdraw),
        1 => (0u64..6).prop_map(Step::Revoke),
    ]
}

/// What each account has put in and taken out, beside the books, and what it
/// should have gained or lost by reservations that ended.
#[derive(Default)]
struct Ledger {
    /// Out less in.
    balance: BTreeMap<AccountId, i128>,
    /// Gained less lost by the endings' own rules.
    gained: BTreeMap<AccountId, i128>,
    burned: Balance,
}

impl Ledger {
    fn put(&mut self, account: AccountId, amount: Balance) {
        *self.balance.entry(account).or_default() -= amount as i128;
    }

    fn take(&mut self, account: AccountId, amount: Balance) {
        *self.balance.entry(account).or_default() += amount as i128;
    }

    fn moved(&mut self, from: AccountId, to: Option<AccountId>, amount: Balance) {
        *self.gained.entry(from).or_default() -= amount as i128;
        if let Some(to) = to {
            *self.gained.entry(to).or_default() += amount as i128;
        }
    }

    /// Books an ending by its plain meaning: who wins what of whom.
    fn ended(&mut self, reservation: &Reservation, ending: Ending, leaving: &Leaving) {
        let (seller, buyer) = (reservation.seller, reservation.buyer);
        let opened = match reservation.stage {
            Stage::Disputed { opener, bond, .. } => Some((opener, bond)),
            _ => None,
        };
        match (ending, opened) {
            (Ending::Confirmed | Ending::Decided { winner: Trader::Buyer, .. }, _) => {
                self.moved(seller, Some(buyer), reservation.amount);
                if let Some((Trader::Seller, bond)) = opened {
                    self.moved(seller, Some(buyer), bond);
                }
            }
            (Ending::Decided { winner: Trader::Seller, .. }, Some((opener, bond)))
            | (Ending::GivenUp, Some((opener, bond))) => {
                self.moved(buyer, Some(seller), reservation.bond);
                if opener == Trader::Buyer {
                    self.moved(buyer, Some(seller), bond);
                }
            }
            (Ending::Undecided, _) => (),
            _ => self.moved(buyer, None, reservation.bond),
        }
        for (account, amount) in &leaving.payments {
            self.take(*account, *amount);
        }
        self.burned += leaving.burned;
    }
}

/// Everything in escrow, counted from the records themselves.
fn counted(books: &Books) -> Balance {
    let Totals { offers, reservations, .. } = books.totals();
    let offered: Balance = (1..=offers).filter_map(|id| books.offer(id)).map(|offer| offer.left).sum();
    let reserved: Balance = (1..=reservations)
        .filter_map(|id| books.reservation(id))
        .map(|one| {
            let opened = if let Stage::Disputed { bond, .. } = one.stage { bond } else { 0 };
            one.amount + one.bond + opened
        })
        .sum();
    offered + reserved + (1..5).map(|who| books.float_of(account(who))).sum::<Balance>()
}

/// Who makes a step.
fn caller(stranger: Option<u8>, entitled: Option<AccountId>) -> AccountId {
    stranger.map(account).or(entitled).unwrap_or(account(STRANGER))
}

/// One step, as the contract does it.
fn apply(books: &mut Books, ledger: &mut Ledger, now_ms: u64, step: &Step) {
    let end = |ledger: &mut Ledger, before: Option<_>, ended: Result<(Ending, Leaving), Error>| {
        if let (Some(reservation), Ok((ending, leaving))) = (before, ended) {
            ledger.ended(&reservation, ending, &leaving);
        }
    };
    // The one among those that have not ended which `number` falls on.
    let pick = |number: u64, all: Vec<u64>| {
        let count = all.len().max(1);
        all.get(number as usize % count).copied().unwrap_or(0)
    };
    let Totals { offers, reservations, .. } = books.totals();
    let offer_of = |books: &Books, number| pick(number, (1..=offers).filter(|id| books.offer(*id).is_some()).collect());
    let reservation_of = |books: &Books, number| {
        let id = pick(number, (1..=reservations).filter(|id| books.reservation(*id).is_some()).collect());
        (id, books.reservation(id))
    };
    match *step {
        Step::Wait(_) => (),
        Step::Open { maker, amount, bond_bps, lasts_ms } => {
            let terms = Terms { bond_bps, expires_ms: now_ms + lasts_ms, ..terms() };
            if books.open_offer(account(maker), terms, amount, now_ms).is_ok() {
                ledger.put(account(maker), amount);
            }
        }
        Step::Close { stranger, offer } => {
            let offer = offer_of(books, offer);
            let maker = books.offer(offer).map(|offer| offer.maker);
            if let Ok((maker, returned)) = books.close_offer(caller(stranger, maker), offer, now_ms) {
                ledger.take(maker, returned);
            }
        }
        Step::Reserve { taker, offer, amount } => {
            let offer = offer_of(books, offer);
            if let Ok((_, reservation)) = books.reserve(account(taker), offer, amount, hash(), now_ms) {
                ledger.put(account(taker), reservation.bond);
            }
        }
        Step::Take { taker, side, id, amount } => {
            // The contract refuses the desk itself before it asks the books.
            if account(taker) != account(DESK) {
                let quote = quote(side, id, 1_000);
                if let Ok((_, reservation)) = books.take_quote(account(taker), &quote, amount, hash(), now_ms) {
                    ledger.put(account(taker), if side == QuoteSide::Sell { reservation.bond } else { amount });
                }
            }
        }
        Step::Declare { stranger, id } => {
            let (id, before) = reservation_of(books, id);
            let _ = books.declare_paid(caller(stranger, before.map(|one| one.buyer)), id, now_ms);
        }
        Step::Confirm { stranger, id } => {
            let (id, before) = reservation_of(books, id);
            let ended = books.confirm(caller(stranger, before.map(|one| one.seller)), id);
            end(ledger, before, ended.map(|leaving| (Ending::Confirmed, leaving)));
        }
        Step::GiveUp { stranger, id } => {
            let (id, before) = reservation_of(books, id);
            let ended = books.give_up(caller(stranger, before.map(|one| one.buyer)), id);
            end(ledger, before, ended.map(|leaving| (Ending::GivenUp, leaving)));
        }
        Step::Dispute { opener, stranger, id } => {
            let (id, before) = reservation_of(books, id);
            let opener = before.map(|one| if opener == Trader::Seller { one.seller } else { one.buyer });
            let opener = caller(stranger, opener);
            if let Ok((_, bond, _)) = books.dispute(opener, id, now_ms) {
                ledger.put(opener, bond);
            }
        }
        Step::Decide { id, winner } => {
            let (id, before) = reservation_of(books, id);
            let ended = books.decide(id, winner, hash(), now_ms);
            end(ledger, before, ended);
        }
        Step::Settle { id } => {
            let (id, before) = reservation_of(books, id);
            let ended = books.settle(id, now_ms);
            end(ledger, before, ended);
        }
        Step::Fund(amount) => {
            books.fund(account(DESK), amount).unwrap();
            ledger.put(account(DESK), amount);
        }
        Step::Withdraw(amount) => {
            if books.withdraw(account(DESK), amount).is_ok() {
                ledger.take(account(DESK), amount);
            }
        }
        Step::Revoke(id) => {
            books.revoke_quote(account(DESK), id);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    /// After every step the escrow is the sum of its records and what went in
    /// less what came out; in the end all of it is paid out, and everybody has
    /// what it put up, more or less by what it won and lost.
    #[test]
    fn the_escrow_is_the_sum_of_its_records_and_all_of_it_is_paid_out(
        steps in proptest::collection::vec(step(), 1..120),
    ) {
        let (mut books, mut ledger, mut now_ms) = (empty(), Ledger::default(), 0);
        books.fund(account(DESK), 500).unwrap();
        ledger.put(account(DESK), 500);
        for step in &steps {
            if let Step::Wait(ms) = step { now_ms += ms; }
            apply(&mut books, &mut ledger, now_ms, step);
            let outside: i128 = ledger.balance.values().sum::<i128>() + ledger.burned as i128;
            prop_assert_eq!(escrowed(&books), counted(&books));
            prop_assert_eq!(outside, -(escrowed(&books) as i128), "in less out is what is here");
        }
        let Totals { offers, reservations, .. } = books.totals();
        now_ms += 3 * DECISION_MS;
        for _ in 1..=offers {
            apply(&mut books, &mut ledger, now_ms, &Step::Close { stranger: Some(STRANGER), offer: 0 });
        }
        for _ in 1..=reservations {
            apply(&mut books, &mut ledger, now_ms, &Step::Settle { id: 0 });
        }
        let float = books.float_of(account(DESK));
        apply(&mut books, &mut ledger, now_ms, &Step::Withdraw(float));
        prop_assert_eq!((escrowed(&books), counted(&books)), (0, 0));
        for who in 1..5 {
            prop_assert_eq!(books.open_of(account(who)), 0);
            let of = |sums: &BTreeMap<AccountId, i128>| sums.get(&account(who)).copied().unwrap_or(0);
            prop_assert_eq!(of(&ledger.balance), of(&ledger.gained), "account {}", who);
        }
    }
}
