//! The books alone, rule by rule.

use crate::{
    books::{Books, Leaving, Totals, DECISION_MS, MAX_OPEN},
    terms::{tests::terms, MIN_DISPUTE_MS, MIN_PAY_MS},
};
use bizkey_primitives::{
    errors::otc::Error,
    otc::{Ending, Origin, Quote, QuoteSide, Stage, Terms, Trader},
    AccountId, Balance, Hash,
};
use ink::env::{test, DefaultEnvironment};

const MAKER: u8 = 1;
const TAKER: u8 = 2;
pub(crate) const DESK: u8 = 3;
pub(crate) const STRANGER: u8 = 4;

pub(crate) fn account(number: u8) -> AccountId {
    AccountId::from([number; 32])
}

pub(crate) fn hash() -> Hash {
    Hash::from([6; 32])
}

pub(crate) fn quote(side: QuoteSide, id: u64, maximum: Balance) -> Quote {
    let bond_bps = if side == QuoteSide::Sell { 500 } else { 0 };
    Quote {
        genesis: hash(),
        contract: account(9),
        desk: account(DESK),
        id,
        side,
        taker: None,
        maximum,
        not_before_ms: 0,
        terms: Terms { bond_bps, ..terms() },
    }
}

/// Empty books; whatever a test had before is gone, since all of them share
/// one storage.
pub(crate) fn empty() -> Books {
    test::run_test::<DefaultEnvironment, _>(|_| Ok(())).unwrap();
    Books::default()
}

/// Books with offer 1 of 1,000 by the maker, and reservation 1 of 400 of it.
fn reserved() -> Books {
    let mut books = empty();
    books.open_offer(account(MAKER), terms(), 1_000, 0).unwrap();
    let (id, reservation) = books.reserve(account(TAKER), 1, 400, hash(), 0).unwrap();
    assert_eq!((id, reservation.bond, reservation.stage), (1, 20, Stage::Reserved { pay_by_ms: MIN_PAY_MS }));
    books
}

fn paid() -> Books {
    let mut books = reserved();
    assert_eq!(books.declare_paid(account(TAKER), 1, 10), Ok(10 + MIN_DISPUTE_MS));
    books
}

fn disputed(opener: u8) -> Books {
    let mut books = paid();
    let role = if opener == MAKER { Trader::Seller } else { Trader::Buyer };
    assert_eq!(books.dispute(account(opener), 1, 20), Ok((role, 20, 20 + DECISION_MS)));
    books
}

fn payments(leaving: &Leaving) -> Vec<(u8, Balance)> {
    leaving.payments.iter().map(|(to, amount)| (AsRef::<[u8]>::as_ref(to)[0], *amount)).collect()
}

pub(crate) fn escrowed(books: &Books) -> Balance {
    books.totals().escrowed
}

#[ink::test]
fn an_offer_is_the_minimum_at_least() {
    let mut books = empty();
    assert_eq!(books.open_offer(account(MAKER), terms(), 99, 0), Err(Error::AmountOutOfBounds));
    assert_eq!(books.open_offer(account(MAKER), terms(), 100, 1_000_000), Err(Error::TermsExpired));
    let wrong = Terms { minimum: 0, ..terms() };
    assert_eq!(books.open_offer(account(MAKER), wrong, 100, 0), Err(Error::BadTerms));
    assert_eq!(books.open_offer(account(MAKER), terms(), 100, 0), Ok(1));
    assert_eq!(books.open_offer(account(MAKER), terms(), u128::MAX, 0), Err(Error::Overflow));
    assert_eq!(books.totals(), Totals { offers: 1, reservations: 0, escrowed: 100 });
}

#[ink::test]
fn a_part_is_reserved_at_its_price() {
    let mut books = reserved();
    let (offer, reservation) = (books.offer(1).unwrap(), books.reservation(1).unwrap());
    assert_eq!((offer.left, offer.open), (600, 1));
    assert_eq!((reservation.seller, reservation.buyer), (account(MAKER), account(TAKER)));
    assert_eq!((reservation.origin, reservation.cost), (Origin::Offer(1), 1), "rounded up");
    assert_eq!(escrowed(&books), 1_020);
    for (taker, offer, amount, now_ms, error) in [
        (TAKER, 2, 400, 0, Error::UnknownOffer),
        (TAKER, 1, 400, 1_000_000, Error::TermsExpired),
        (MAKER, 1, 400, 0, Error::SelfTrade),
        (TAKER, 1, 601, 0, Error::AmountOutOfBounds),
        (TAKER, 1, 99, 0, Error::AmountOutOfBounds),
        (TAKER, 1, 0, 0, Error::AmountOutOfBounds),
    ] {
        assert_eq!(books.reserve(account(taker), offer, amount, hash(), now_ms), Err(error));
    }
    // What is left may be under the minimum.
    books.reserve(account(STRANGER), 1, 550, hash(), 0).unwrap();
    books.reserve(account(STRANGER), 1, 50, hash(), 0).unwrap();
    assert_eq!(books.offer(1).unwrap().left, 0);
}

#[ink::test]
fn a_taker_has_a_bounded_number_of_reservations() {
    let mut books = empty();
    books.open_offer(account(MAKER), terms(), 100_000, 0).unwrap();
    for _ in 0..MAX_OPEN {
        books.reserve(account(TAKER), 1, 100, hash(), 0).unwrap();
    }
    assert_eq!(books.reserve(account(TAKER), 1, 100, hash(), 0), Err(Error::TooManyReservations));
    books.reserve(account(STRANGER), 1, 100, hash(), 0).unwrap();
    books.confirm(account(MAKER), 3).unwrap();
    assert_eq!(books.open_of(account(TAKER)), MAX_OPEN - 1);
    books.reserve(account(TAKER), 1, 100, hash(), 0).unwrap();
}

#[ink::test]
fn the_seller_confirms_at_any_stage() {
    for make in [reserved, paid] {
        let mut books = make();
        assert_eq!(books.confirm(account(TAKER), 1), Err(Error::NotSeller));
        let leaving = books.confirm(account(MAKER), 1).unwrap();
        assert_eq!((payments(&leaving), leaving.burned), (vec![(TAKER, 420)], 0));
        assert_eq!((escrowed(&books), books.offer(1).unwrap().open), (600, 0));
        assert_eq!(books.confirm(account(MAKER), 1), Err(Error::UnknownReservation));
    }
    for opener in [MAKER, TAKER] {
        assert_eq!(payments(&disputed(opener).confirm(account(MAKER), 1).unwrap()), [(TAKER, 440)]);
    }
}

#[ink::test]
fn the_buyer_gives_up_and_loses_the_bond() {
    let mut books = reserved();
    assert_eq!(books.give_up(account(MAKER), 1), Err(Error::NotBuyer));
    let leaving = books.give_up(account(TAKER), 1).unwrap();
    assert_eq!((payments(&leaving), leaving.burned), (vec![], 20));
    assert_eq!((escrowed(&books), books.offer(1).unwrap().left), (1_000, 1_000));
    for opener in [MAKER, TAKER] {
        let leaving = disputed(opener).give_up(account(TAKER), 1).unwrap();
        assert_eq!((payments(&leaving), leaving.burned), (vec![(MAKER, 40)], 0));
    }
}

#[ink::test]
fn a_payment_is_declared_once_in_time_by_the_buyer() {
    let mut books = reserved();
    assert_eq!(books.declare_paid(account(TAKER), 2, 0), Err(Error::UnknownReservation));
    assert_eq!(books.declare_paid(account(MAKER), 1, 0), Err(Error::NotBuyer));
    assert_eq!(books.declare_paid(account(TAKER), 1, MIN_PAY_MS), Err(Error::TooLate));
    books.declare_paid(account(TAKER), 1, MIN_PAY_MS - 1).unwrap();
    assert_eq!(books.declare_paid(account(TAKER), 1, MIN_PAY_MS - 1), Err(Error::AlreadyPaid));
}

#[ink::test]
fn a_reservation_that_is_not_paid_lapses() {
    let mut books = reserved();
    assert_eq!(books.settle(1, MIN_PAY_MS - 1), Err(Error::WindowOpen));
    let (ending, leaving) = books.settle(1, MIN_PAY_MS).unwrap();
    assert_eq!((ending, payments(&leaving), leaving.burned), (Ending::Lapsed, vec![], 20));
    assert_eq!(books.offer(1).unwrap().left, 1_000);
    assert_eq!(books.settle(1, MIN_PAY_MS), Err(Error::UnknownReservation));
}

#[ink::test]
fn a_payment_that_nobody_confirms_or_disputes_is_none() {
    let mut books = paid();
    let end_ms = 10 + MIN_DISPUTE_MS;
    assert_eq!(books.settle(1, end_ms - 1), Err(Error::WindowOpen));
    let (ending, leaving) = books.settle(1, end_ms).unwrap();
    assert_eq!((ending, payments(&leaving), leaving.burned), (Ending::Unclaimed, vec![], 20));
}

#[ink::test]
fn only_a_declared_payment_is_disputed_in_time_by_its_parties() {
    assert_eq!(reserved().dispute(account(TAKER), 1, 0), Err(Error::NotPaid));
    let mut books = paid();
    assert_eq!(books.dispute(account(STRANGER), 1, 20), Err(Error::NotParty));
    assert_eq!(books.dispute(account(TAKER), 1, 10 + MIN_DISPUTE_MS), Err(Error::TooLate));
    assert_eq!(books.dispute(account(TAKER), 2, 20), Err(Error::UnknownReservation));
    let mut books = disputed(TAKER);
    assert_eq!(escrowed(&books), 1_040);
    assert_eq!(books.dispute(account(MAKER), 1, 20), Err(Error::AlreadyDisputed));
    assert_eq!(books.declare_paid(account(TAKER), 1, 20), Err(Error::AlreadyPaid));
}

#[ink::test]
fn the_board_decides_a_dispute_in_fourteen_days() {
    let end_ms = 20 + DECISION_MS;
    assert_eq!(paid().decide(1, Trader::Buyer, hash(), 20), Err(Error::NotDisputed));
    let mut books = disputed(MAKER);
    assert_eq!(books.decide(1, Trader::Buyer, hash(), end_ms), Err(Error::TooLate));
    let (ending, leaving) = books.decide(1, Trader::Buyer, hash(), end_ms - 1).unwrap();
    assert_eq!(ending, Ending::Decided { winner: Trader::Buyer, reason: hash() });
    assert_eq!(payments(&leaving), [(TAKER, 440)]);
    let mut books = disputed(TAKER);
    let (_, leaving) = books.decide(1, Trader::Seller, hash(), 20).unwrap();
    assert_eq!((payments(&leaving), books.offer(1).unwrap().left), (vec![(MAKER, 40)], 1_000));
}

#[ink::test]
fn without_a_decision_each_has_back_what_it_put_up() {
    let end_ms = 20 + DECISION_MS;
    for (opener, expected) in [(MAKER, vec![(MAKER, 20), (TAKER, 20)]), (TAKER, vec![(TAKER, 40)])] {
        let mut books = disputed(opener);
        assert_eq!(books.settle(1, end_ms - 1), Err(Error::WindowOpen));
        let (ending, leaving) = books.settle(1, end_ms).unwrap();
        assert_eq!((ending, payments(&leaving), leaving.burned), (Ending::Undecided, expected, 0));
        assert_eq!(escrowed(&books), 1_000);
    }
}

#[ink::test]
fn an_offer_is_closed_by_its_maker_or_after_its_time_and_its_reservations_go_on() {
    let mut books = reserved();
    assert_eq!(books.close_offer(account(TAKER), 1, 999_999), Err(Error::NotMaker));
    assert_eq!(reserved().close_offer(account(TAKER), 1, 1_000_000), Ok((account(MAKER), 600)));
    let mut other = paid();
    assert_eq!(other.close_offer(account(MAKER), 1, 0), Ok((account(MAKER), 600)));
    assert_eq!(other.close_offer(account(MAKER), 1, 0), Err(Error::UnknownOffer));
    // The reserved part goes to the maker itself, now that the offer is gone.
    let leaving = other.give_up(account(TAKER), 1).unwrap();
    assert_eq!((payments(&leaving), leaving.burned, escrowed(&other)), (vec![(MAKER, 400)], 20, 0));
}

#[ink::test]
fn an_offer_of_which_nothing_is_left_is_gone_with_its_last_reservation() {
    let mut books = reserved();
    books.reserve(account(STRANGER), 1, 600, hash(), 0).unwrap();
    assert_eq!(books.confirm(account(MAKER), 1).unwrap().spent_offer, None);
    assert!(books.offer(1).is_some(), "the other may lapse");
    assert_eq!(books.confirm(account(MAKER), 2).unwrap().spent_offer, Some(1));
    assert_eq!((books.offer(1), escrowed(&books)), (None, 0));
}

#[ink::test]
fn a_float_is_funded_and_withdrawn() {
    let mut books = empty();
    assert_eq!(books.fund(account(DESK), 0), Err(Error::ZeroAmount));
    books.fund(account(DESK), 500).unwrap();
    assert_eq!(books.fund(account(DESK), u128::MAX), Err(Error::Overflow));
    assert_eq!(books.withdraw(account(DESK), 0), Err(Error::ZeroAmount));
    assert_eq!(books.withdraw(account(DESK), 501), Err(Error::FloatTooLow));
    assert_eq!(books.withdraw(account(TAKER), 1), Err(Error::FloatTooLow));
    books.withdraw(account(DESK), 200).unwrap();
    assert_eq!((books.float_of(account(DESK)), escrowed(&books)), (300, 300));
}

#[ink::test]
fn a_desk_sells_out_of_its_float_and_no_quote_fills_past_its_maximum() {
    let mut books = empty();
    books.fund(account(DESK), 1_000).unwrap();
    let quote = quote(QuoteSide::Sell, 5, 700);
    let take = |books: &mut Books, amount| books.take_quote(account(TAKER), &quote, amount, hash(), 0);
    let (_, reservation) = take(&mut books, 600).unwrap();
    assert_eq!((reservation.seller, reservation.buyer), (account(DESK), account(TAKER)));
    assert_eq!((reservation.origin, reservation.bond), (Origin::DeskSells(5), 30));
    assert_eq!((books.float_of(account(DESK)), escrowed(&books)), (400, 1_030));
    assert_eq!(take(&mut books, 101).map(drop), Err(Error::AmountOutOfBounds));
    // A lapse fills the float again, but not the quote.
    books.settle(1, MIN_PAY_MS).unwrap();
    assert_eq!((books.float_of(account(DESK)), books.taken(account(DESK), 5)), (1_000, 600));
    assert_eq!(take(&mut books, 101).map(drop), Err(Error::AmountOutOfBounds));
    take(&mut books, 100).unwrap();
    assert_eq!(payments(&books.confirm(account(DESK), 2).unwrap()), [(TAKER, 105)]);
    assert_eq!(take(&mut books, 1).map(drop), Err(Error::AmountOutOfBounds));
    assert_eq!((books.float_of(account(DESK)), escrowed(&books)), (900, 900));
}

#[ink::test]
fn a_desk_sells_no_more_than_its_float() {
    let mut books = empty();
    books.fund(account(DESK), 99).unwrap();
    let quote = quote(QuoteSide::Sell, 5, 700);
    assert_eq!(books.take_quote(account(TAKER), &quote, 100, hash(), 0).map(drop), Err(Error::FloatTooLow));
}

#[ink::test]
fn a_desk_buys_into_its_float_or_the_taker_has_all_back() {
    let mut books = empty();
    let quote = quote(QuoteSide::Buy, 5, 700);
    let (_, reservation) = books.take_quote(account(TAKER), &quote, 300, hash(), 0).unwrap();
    assert_eq!((reservation.seller, reservation.buyer), (account(TAKER), account(DESK)));
    assert_eq!((reservation.bond, escrowed(&books)), (0, 300));
    assert_eq!(books.declare_paid(account(TAKER), 1, 0), Err(Error::NotBuyer));
    books.declare_paid(account(DESK), 1, 0).unwrap();
    assert_eq!(payments(&books.confirm(account(TAKER), 1).unwrap()), []);
    assert_eq!((books.float_of(account(DESK)), escrowed(&books)), (300, 300));
    books.take_quote(account(TAKER), &quote, 200, hash(), 0).unwrap();
    assert_eq!(books.open_of(account(TAKER)), 1);
    assert_eq!(payments(&books.settle(2, MIN_PAY_MS).unwrap().1), [(TAKER, 200)]);
    assert_eq!(books.open_of(account(TAKER)), 0);
}

#[ink::test]
fn a_revoked_number_fills_no_more() {
    let mut books = empty();
    books.fund(account(DESK), 1_000).unwrap();
    assert!(books.revoke_quote(account(DESK), 5));
    assert!(!books.revoke_quote(account(DESK), 5));
    let take = |books: &mut Books, id| {
        books.take_quote(account(TAKER), &quote(QuoteSide::Sell, id, u128::MAX), 100, hash(), 0).map(drop)
    };
    assert_eq!(take(&mut books, 5), Err(Error::AmountOutOfBounds));
    assert_eq!(take(&mut books, 6), Ok(()));
}
