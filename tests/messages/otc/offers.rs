//! Opening, closing and reserving: bounds of the terms, parts, who may, and
//! what goes into and out of escrow.

use super::market::{hash, Market, BOND, DISPUTE_MS, KIND, MINIMUM, OFFERED, PART, PAY_MS, PURSE};
use bizkey_primitives::{
    errors::otc::Error,
    events::{Event, OtcOfferClosed, OtcOfferOpened, OtcReserved, Transfer},
    otc::{Currency, Offer, Origin, Price, QuoteSide, Reservation, Stage, Terms},
    AccountId, Balance, TOKEN,
};
use bizkey_tests::{DAY, HOUR};

const MINUTE: u64 = 60_000;
/// Most reservations of one taker.
const MOST_OPEN: usize = 16;

pub fn parts(market: &mut Market) {
    bounds_of_terms(market);
    market.rolled_back(opening);
    market.rolled_back(parts_of_an_offer);
    market.rolled_back(reserving_what_cannot_be);
    market.rolled_back(closing);
    market.rolled_back(a_taker_blocks_sixteen_parts_at_most);
}

fn bounds_of_terms(market: &mut Market) {
    let (maker, sound) = (market.account("maker"), market.terms());
    for wrong in [
        Terms { currency: Currency([0; 12]), ..sound },
        Terms { currency: Currency(*b"C\0\0\0\0\0\0\0\0\0\0\0"), ..sound },
        Terms { currency: Currency(*b"cny\0\0\0\0\0\0\0\0\0"), ..sound },
        Terms { currency: Currency(*b"CNY\0CNY\0\0\0\0\0"), ..sound },
        Terms { price: Price { minor_units: 0, ..sound.price }, ..sound },
        Terms { price: Price { tokens: 0, ..sound.price }, ..sound },
        Terms { minimum: 0, ..sound },
        Terms { bond_bps: 1_001, ..sound },
        Terms { bond_bps: u16::MAX, ..sound },
        Terms { pay_within_ms: MINUTE - 1, ..sound },
        Terms { pay_within_ms: 72 * HOUR + 1, ..sound },
        Terms { dispute_within_ms: HOUR - 1, ..sound },
        Terms { dispute_within_ms: 14 * DAY + 1, ..sound },
    ] {
        market.refuses(maker, "open_offer", &(wrong, OFFERED), Error::BadTerms);
    }
    for edge in [
        Terms { bond_bps: 0, pay_within_ms: MINUTE, dispute_within_ms: HOUR, ..sound },
        Terms { bond_bps: 1_000, pay_within_ms: 72 * HOUR, dispute_within_ms: 14 * DAY, ..sound },
        Terms { expires_ms: market.now_ms() + 1, minimum: OFFERED, ..sound },
        Terms { expires_ms: u64::MAX, ..sound },
    ] {
        market.rolled_back(|market| market.by::<u64>("maker", "open_offer", &(edge, OFFERED)).unwrap());
    }
    let over = Terms { expires_ms: market.now_ms(), ..sound };
    market.refuses(maker, "open_offer", &(over, OFFERED), Error::TermsExpired);
    market.refuses(maker, "open_offer", &(sound, MINIMUM - 1), Error::AmountOutOfBounds);
    market.refuses(maker, "open_offer", &(sound, 0u128), Error::AmountOutOfBounds);
    market.refuses(maker, "open_offer", &(sound, PURSE + 1), Error::PaymentRefused);
    // Enough Bzky, and no allowance.
    let (treasury, otc) = (market.account("treasury"), market.network.contracts.otc);
    market.refuses(treasury, "open_offer", &(sound, OFFERED), Error::PaymentRefused);
    market.network.approve(treasury, otc, OFFERED - 1);
    market.refuses(treasury, "open_offer", &(sound, OFFERED), Error::PaymentRefused);
}

fn opening(market: &mut Market) {
    let (maker, otc, terms) = (market.account("maker"), market.network.contracts.otc, market.terms());
    for offer in 1..=2 {
        assert_eq!(market.call::<u64>(maker, "open_offer", &(terms, OFFERED)), Ok(offer), "a repeat is another offer");
        let events = market.network.events.clone();
        assert_eq!(events[0], Event::OtcOfferOpened(OtcOfferOpened { offer, maker, amount: OFFERED, terms }));
        let paid = Transfer { from: Some(maker), to: Some(otc), value: OFFERED };
        assert_eq!(events.last(), Some(&Event::Transfer(paid)));
        assert_eq!(market.offer(offer), Some(Offer { maker, terms, left: OFFERED, open: 0 }));
        market.escrow_is(OFFERED * Balance::from(offer));
    }
    assert_eq!(market.purse("maker"), PURSE - 2 * OFFERED);
    assert_eq!(market.network.read::<(u64, u64)>(KIND, "counts", &()), (2, 0));
    market.refuses(maker, "open_offer", &(terms, u128::MAX), Error::Overflow);
}

/// Several take parts; none less than the minimum but the last, and none more than is left.
fn parts_of_an_offer(market: &mut Market) {
    let (maker, taker, offer) = (market.account("maker"), market.account("taker"), market.open());
    for amount in [0, 1, MINIMUM - 1, OFFERED + 1, u128::MAX] {
        market.refuses(taker, "reserve", &(offer, amount, hash(1)), Error::AmountOutOfBounds);
    }
    let number: u64 = market.call(taker, "reserve", &(offer, PART, hash(1))).unwrap();
    // 400 tokens at 35 minor units for 10.
    let (pay_by_ms, currency, cost) = (market.now_ms() + PAY_MS, market.terms().currency, 1_400);
    let (reference, origin) = (hash(1), Origin::Offer(offer));
    let told = OtcReserved {
        reservation: number,
        origin,
        seller: maker,
        buyer: taker,
        amount: PART,
        bond: BOND,
        currency,
        cost,
        reference,
        pay_by_ms,
    };
    assert_eq!(market.network.events[0], Event::OtcReserved(told));
    let kept = Reservation {
        origin,
        seller: maker,
        buyer: taker,
        amount: PART,
        bond: BOND,
        currency,
        cost,
        reference,
        dispute_within_ms: DISPUTE_MS,
        stage: Stage::Reserved { pay_by_ms },
    };
    assert_eq!(market.reservation(number), Some(kept));
    market.escrow_is(OFFERED + BOND);
    let left = OFFERED - PART;
    market.refuses(taker, "reserve", &(offer, left + 1, hash(1)), Error::AmountOutOfBounds);
    // Leaves less than the minimum, which can only be taken whole. Costs are rounded up, bonds down.
    let rest = MINIMUM / 2 + 1;
    let second: u64 = market.by("other", "reserve", &(offer, left - rest, hash(2))).unwrap();
    market.refuses(taker, "reserve", &(offer, rest - 1, hash(1)), Error::AmountOutOfBounds);
    let third: u64 = market.call(taker, "reserve", &(offer, rest, hash(3))).unwrap();
    let Reservation { bond, cost, .. } = market.reservation(third).unwrap();
    assert_eq!((bond, cost), (rest / 20, 176), "50 tokens and a unit");
    let offer_now = market.offer(offer).unwrap();
    assert_eq!((offer_now.left, offer_now.open), (0, 3));
    market.refuses(taker, "reserve", &(offer, 1u128, hash(1)), Error::AmountOutOfBounds);
    // What a taker gives up can be taken by another, under the same terms.
    market.by::<()>("other", "give_up", &second).unwrap();
    market.call::<u64>(taker, "reserve", &(offer, left - rest, hash(1))).unwrap();
    market.escrow_is(OFFERED + BOND + (left - rest) / 20 + rest / 20);
}

fn reserving_what_cannot_be(market: &mut Market) {
    let (maker, taker, offer) = (market.account("maker"), market.account("taker"), market.open());
    market.refuses(taker, "reserve", &(offer + 1, PART, hash(1)), Error::UnknownOffer);
    market.refuses(taker, "reserve", &(0u64, PART, hash(1)), Error::UnknownOffer);
    market.refuses(maker, "reserve", &(offer, PART, hash(1)), Error::SelfTrade);
    // Who cannot put up the bond reserves nothing.
    let (poor, otc) = (market.account("stranger"), market.network.contracts.otc);
    market.refuses(poor, "reserve", &(offer, PART, hash(1)), Error::PaymentRefused);
    market.network.give(poor, BOND);
    market.refuses(poor, "reserve", &(offer, PART, hash(1)), Error::PaymentRefused);
    market.network.approve(poor, otc, BOND);
    market.rolled_back(|market| market.call::<u64>(poor, "reserve", &(offer, PART, hash(1))).unwrap());
    // A cost beyond its type.
    let dear = Terms { price: Price { minor_units: u128::MAX, tokens: 1 }, ..market.terms() };
    let dear: u64 = market.call(maker, "open_offer", &(dear, OFFERED)).unwrap();
    market.refuses(taker, "reserve", &(dear, 100 * TOKEN, hash(1)), Error::Overflow);
    // Until the last moment, and not after it.
    let expires_ms = market.offer(offer).unwrap().terms.expires_ms;
    market.network.state.set_time(expires_ms - 1);
    market.rolled_back(|market| market.reserve(offer));
    market.network.state.set_time(expires_ms);
    market.refuses(taker, "reserve", &(offer, PART, hash(1)), Error::TermsExpired);
}

/// By its maker at any time, by anybody once it has expired; what is reserved stays.
fn closing(market: &mut Market) {
    let (maker, offer) = (market.account("maker"), market.open());
    let reservation = market.reserve(offer);
    let others = market.all_but(&[maker]);
    market.refuses(maker, "close_offer", &(offer + 1), Error::UnknownOffer);
    let expires_ms = market.offer(offer).unwrap().terms.expires_ms;
    market.network.state.set_time(expires_ms - 1);
    for origin in &others {
        market.refuses(*origin, "close_offer", &offer, Error::NotMaker);
    }
    let close = |market: &mut Market, origin: AccountId| {
        market.call::<()>(origin, "close_offer", &offer).unwrap();
        let told = OtcOfferClosed { offer, returned: OFFERED - PART };
        assert_eq!(market.network.events[0], Event::OtcOfferClosed(told));
        assert_eq!((market.offer(offer), market.purse("maker")), (None, PURSE - PART), "it goes to the maker alone");
        market.escrow_is(PART + BOND);
        market.refuses(origin, "close_offer", &offer, Error::UnknownOffer);
        market.refuses(maker, "close_offer", &offer, Error::UnknownOffer);
    };
    market.rolled_back(|market| close(market, maker));
    market.network.state.set_time(expires_ms);
    for origin in &others {
        market.rolled_back(|market| close(market, *origin));
    }
    // The reservation is as good as before.
    close(market, maker);
    market.call::<()>(maker, "confirm", &reservation).unwrap();
    assert_eq!((market.purse("maker"), market.purse("taker")), (PURSE - PART, PURSE + PART));
    market.escrow_is(0);
}

fn a_taker_blocks_sixteen_parts_at_most(market: &mut Market) {
    let terms = Terms { minimum: 1, ..market.terms() };
    let (taker, offer) = (market.account("taker"), market.by::<u64>("maker", "open_offer", &(terms, OFFERED)).unwrap());
    for _ in 0..MOST_OPEN {
        market.call::<u64>(taker, "reserve", &(offer, TOKEN, hash(1))).unwrap();
    }
    assert_eq!(market.network.read::<u32>(KIND, "open_reservations", &taker), 16);
    market.refuses(taker, "reserve", &(offer, TOKEN, hash(1)), Error::TooManyReservations);
    market.by::<u64>("other", "reserve", &(offer, TOKEN, hash(1))).unwrap();
    // Quotes are counted with them, also of a desk that buys.
    for side in [QuoteSide::Sell, QuoteSide::Buy] {
        market.by::<()>("desk", "fund", &OFFERED).unwrap();
        let quote = market.quote(side, 1);
        let arguments = (quote, market.signed(&quote), MINIMUM, hash(1));
        market.refuses(taker, "take_quote", &arguments, Error::TooManyReservations);
    }
    // Whatever ends makes room for one.
    market.call::<()>(taker, "give_up", &1u64).unwrap();
    market.by::<()>("maker", "confirm", &2u64).unwrap();
    market.call::<u64>(taker, "reserve", &(offer, TOKEN, hash(1))).unwrap();
    let quote = market.quote(QuoteSide::Buy, 1);
    market.take("taker", &quote, MINIMUM).unwrap();
    market.refuses(taker, "reserve", &(offer, TOKEN, hash(1)), Error::TooManyReservations);
    assert_eq!(market.network.read::<u32>(KIND, "open_reservations", &taker), 16);
}
