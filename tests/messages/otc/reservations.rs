//! A reservation from its begin to its end: who may do what, and in which
//! time, to the millisecond.

use super::market::{hash, Market, BOND, DECISION_MS, DISPUTE_MS, OFFERED, PART, PAY_MS, PURSE};
use bizkey_primitives::{
    errors::otc::Error,
    events::{Event, OtcDisputed, OtcOfferClosed, OtcPaymentDeclared, OtcSettled},
    otc::{Ending, ReservationId, Stage, Trader},
};

pub fn parts(market: &mut Market) {
    let reservation = market.rolled_back(|market| {
        let offer = market.open();
        market.reserve(offer)
    });
    market.rolled_back(|market| one_that_is_not_there(market, reservation));
    for part in [paying, disputing, deciding, ending_by_word, the_time_is_over, sold_out] {
        market.rolled_back(|market| {
            let offer = market.open();
            let reservation = market.reserve(offer);
            part(market, reservation);
        });
    }
}

fn one_that_is_not_there(market: &mut Market, id: ReservationId) {
    let (taker, board, unknown) = (market.account("taker"), market.board(), Error::UnknownReservation);
    market.refuses(taker, "declare_paid", &(id, hash(2)), unknown);
    market.refuses(taker, "confirm", &id, unknown);
    market.refuses(taker, "give_up", &id, unknown);
    market.refuses(taker, "dispute", &(id, hash(2)), unknown);
    market.refuses(taker, "settle", &id, unknown);
    market.refuses(board, "decide", &(id, Trader::Buyer, hash(2)), unknown);
    assert_eq!(market.reservation(id), None);
}

pub fn declare(market: &mut Market, id: ReservationId) {
    market.by::<()>("taker", "declare_paid", &(id, hash(2))).unwrap();
}

/// By the buyer, before the time to pay is over, once.
fn paying(market: &mut Market, id: ReservationId) {
    let (taker, now_ms) = (market.account("taker"), market.now_ms());
    for origin in market.all_but(&[taker]) {
        market.refuses(origin, "declare_paid", &(id, hash(2)), Error::NotBuyer);
    }
    market.network.state.set_time(now_ms + PAY_MS);
    market.refuses(taker, "declare_paid", &(id, hash(2)), Error::TooLate);
    market.network.state.set_time(now_ms + PAY_MS - 1);
    declare(market, id);
    let dispute_by_ms = market.now_ms() + DISPUTE_MS;
    let told = OtcPaymentDeclared { reservation: id, payment: hash(2), dispute_by_ms };
    assert_eq!(market.network.events, [Event::OtcPaymentDeclared(told)]);
    assert_eq!(market.reservation(id).unwrap().stage, Stage::Paid { dispute_by_ms });
    market.refuses(taker, "declare_paid", &(id, hash(3)), Error::AlreadyPaid);
    market.escrow_is(OFFERED + BOND);
}

/// By the seller or the buyer, of a declared payment, before its time is over,
/// once, with a bond as large as the buyer's.
fn disputing(market: &mut Market, id: ReservationId) {
    let [maker, taker] = ["maker", "taker"].map(|name| market.account(name));
    for origin in [maker, taker] {
        market.refuses(origin, "dispute", &(id, hash(3)), Error::NotPaid);
    }
    declare(market, id);
    for origin in market.all_but(&[maker, taker]) {
        market.refuses(origin, "dispute", &(id, hash(3)), Error::NotParty);
    }
    let Stage::Paid { dispute_by_ms } = market.reservation(id).unwrap().stage else { panic!("paid") };
    market.network.state.set_time(dispute_by_ms);
    for origin in [maker, taker] {
        market.refuses(origin, "dispute", &(id, hash(3)), Error::TooLate);
    }
    market.network.state.set_time(dispute_by_ms - 1);
    let decide_by_ms = market.now_ms() + DECISION_MS;
    for (name, opener) in [("maker", Trader::Seller), ("taker", Trader::Buyer)] {
        market.rolled_back(|market| {
            let (account, before) = (market.account(name), market.purse(name));
            market.network.approve(account, market.network.contracts.otc, BOND - 1);
            market.refuses(account, "dispute", &(id, hash(3)), Error::PaymentRefused);
            market.network.approve(account, market.network.contracts.otc, BOND);
            market.by::<()>(name, "dispute", &(id, hash(3))).unwrap();
            let told = OtcDisputed { reservation: id, opener, bond: BOND, evidence: hash(3), decide_by_ms };
            assert_eq!(market.network.events[0], Event::OtcDisputed(told));
            assert_eq!(market.reservation(id).unwrap().stage, Stage::Disputed { opener, bond: BOND, decide_by_ms });
            assert_eq!(market.purse(name), before - BOND);
            market.escrow_is(OFFERED + 2 * BOND);
            for origin in [maker, taker] {
                market.refuses(origin, "dispute", &(id, hash(4)), Error::AlreadyDisputed);
            }
            market.refuses(taker, "declare_paid", &(id, hash(2)), Error::AlreadyPaid);
        });
    }
}

/// By the board, of a dispute, in its 14 days, once.
fn deciding(market: &mut Market, id: ReservationId) {
    let board = market.board();
    let decision = (id, Trader::Buyer, hash(4));
    market.refuses(board, "decide", &decision, Error::NotDisputed);
    declare(market, id);
    market.refuses(board, "decide", &decision, Error::NotDisputed);
    market.by::<()>("maker", "dispute", &(id, hash(3))).unwrap();
    let begun_ms = market.now_ms();
    for origin in market.all_but(&[board]) {
        market.refuses(origin, "decide", &decision, Error::NotAdmin);
    }
    market.network.state.set_time(begun_ms + DECISION_MS);
    market.refuses(board, "decide", &decision, Error::TooLate);
    market.network.state.set_time(begun_ms + DECISION_MS - 1);
    market.call::<()>(board, "decide", &decision).unwrap();
    let ending = Ending::Decided { winner: Trader::Buyer, reason: hash(4) };
    assert_eq!(market.network.events[0], Event::OtcSettled(OtcSettled { reservation: id, ending }));
    market.refuses(board, "decide", &decision, Error::UnknownReservation);
}

/// The seller's word gives the Bzky, the buyer's gives it up; nobody else's,
/// and neither says the other's.
fn ending_by_word(market: &mut Market, id: ReservationId) {
    let [maker, taker] = ["maker", "taker"].map(|name| market.account(name));
    let stages: [fn(&mut Market, ReservationId); 3] = [
        |_, _| (),
        declare,
        |market, id| {
            declare(market, id);
            market.by::<()>("taker", "dispute", &(id, hash(3))).unwrap();
        },
    ];
    for stage in stages {
        market.rolled_back(|market| {
            stage(market, id);
            for origin in market.all_but(&[maker]) {
                market.refuses(origin, "confirm", &id, Error::NotSeller);
            }
            for origin in market.all_but(&[taker]) {
                market.refuses(origin, "give_up", &id, Error::NotBuyer);
            }
            // Also when the time is over, as long as nobody has settled it.
            market.network.pass(DECISION_MS);
            for (name, message, ending) in
                [("maker", "confirm", Ending::Confirmed), ("taker", "give_up", Ending::GivenUp)]
            {
                market.rolled_back(|market| {
                    market.by::<()>(name, message, &id).unwrap();
                    let told = OtcSettled { reservation: id, ending };
                    assert_eq!(market.network.events[0], Event::OtcSettled(told));
                    one_that_is_not_there(market, id);
                });
            }
        });
    }
}

/// Whoever asks: a reservation ends when the time of its stage is over, and not before.
fn the_time_is_over(market: &mut Market, id: ReservationId) {
    let (stranger, begun_ms) = (market.account("stranger"), market.now_ms());
    let over = |market: &mut Market, end_ms: u64, ending| {
        market.rolled_back(|market| {
            market.network.state.set_time(end_ms - 1);
            for origin in market.all_but(&[]) {
                market.refuses(origin, "settle", &id, Error::WindowOpen);
            }
            market.network.state.set_time(end_ms);
            market.call::<()>(stranger, "settle", &id).unwrap();
            assert_eq!(market.network.events[0], Event::OtcSettled(OtcSettled { reservation: id, ending }));
            one_that_is_not_there(market, id);
        });
    };
    over(market, begun_ms + PAY_MS, Ending::Lapsed);
    market.network.pass(PAY_MS / 2);
    declare(market, id);
    over(market, begun_ms + PAY_MS / 2 + DISPUTE_MS, Ending::Unclaimed);
    market.network.pass(DISPUTE_MS / 2);
    market.by::<()>("taker", "dispute", &(id, hash(3))).unwrap();
    over(market, begun_ms + PAY_MS / 2 + DISPUTE_MS / 2 + DECISION_MS, Ending::Undecided);
}

/// An offer of which nothing is left and nothing is reserved is no more.
fn sold_out(market: &mut Market, id: ReservationId) {
    let offer = 1;
    let rest: ReservationId = market.by("other", "reserve", &(offer, OFFERED - PART, hash(1))).unwrap();
    market.by::<()>("maker", "confirm", &id).unwrap();
    assert_eq!(market.offer(offer).map(|offer| (offer.left, offer.open)), Some((0, 1)), "it may come back");
    market.by::<()>("maker", "confirm", &rest).unwrap();
    let closed = Event::OtcOfferClosed(OtcOfferClosed { offer, returned: 0 });
    assert_eq!(market.network.events[1], closed);
    assert_eq!(market.offer(offer), None);
    assert_eq!(market.purse("maker"), PURSE - OFFERED);
    market.escrow_is(0);
    market.refuses(market.account("taker"), "reserve", &(offer, PART, hash(1)), Error::UnknownOffer);
}
