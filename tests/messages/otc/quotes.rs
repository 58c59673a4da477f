//! A desk's float and its signed quotes: what is taken is what the desk signed,
//! on this chain, at this contract, in its time, by whom it is for, and no more
//! than its maximum, however it is put.

use super::market::{hash, Market, BOND, DECISION_MS, KIND, MINIMUM, OFFERED, PART, PAY_MS, PURSE};
use bizkey_primitives::{
    errors::otc::Error,
    events::{Event, OtcDeskFunded, OtcDeskWithdrew, OtcQuoteRevoked},
    otc::{Currency, Origin, Price, Quote, QuoteSide, Terms},
    signature::{PublicKey, Signature},
    AccountId, Balance,
};
use bizkey_tests::{party::DeviceKey, DAY};

pub fn parts(market: &mut Market) {
    market.rolled_back(the_float);
    market.by::<()>("desk", "fund", &OFFERED).unwrap();
    for part in [
        taking_of_a_desk_that_sells,
        taking_of_a_desk_that_buys,
        what_was_not_signed,
        for_whom_and_when,
        the_maximum_is_shared_and_spent_once,
        stopping,
    ] {
        market.rolled_back(part);
    }
}

fn take(market: &mut Market, origin: AccountId, quote: &Quote, signature: Signature, error: Error) {
    market.refuses(origin, "take_quote", &(quote, signature, PART, hash(1)), error);
}

/// A desk funds it out of its allowance, and takes out what is not reserved.
fn the_float(market: &mut Market) {
    let (desk, otc) = (market.account("desk"), market.network.contracts.otc);
    for origin in market.all_but(&[desk]) {
        market.refuses(origin, "fund", &OFFERED, Error::UnknownDesk);
        market.refuses(origin, "revoke_quote", &1u64, Error::UnknownDesk);
        market.refuses(origin, "withdraw", &1u128, Error::FloatTooLow);
    }
    market.refuses(desk, "fund", &0u128, Error::ZeroAmount);
    market.refuses(desk, "withdraw", &0u128, Error::ZeroAmount);
    market.refuses(desk, "fund", &(PURSE + 1), Error::PaymentRefused);
    for part in 1..=2 {
        market.by::<()>("desk", "fund", &PART).unwrap();
        assert_eq!(market.network.events[0], Event::OtcDeskFunded(OtcDeskFunded { desk, amount: PART }));
        market.escrow_is(part * PART);
        assert_eq!(market.float(), part * PART);
    }
    market.refuses(desk, "fund", &u128::MAX, Error::Overflow);
    market.refuses(desk, "withdraw", &(2 * PART + 1), Error::FloatTooLow);
    market.by::<()>("desk", "withdraw", &PART).unwrap();
    assert_eq!(market.network.events[0], Event::OtcDeskWithdrew(OtcDeskWithdrew { desk, amount: PART }));
    market.by::<()>("desk", "withdraw", &PART).unwrap();
    assert_eq!((market.float(), market.purse("desk"), market.network.bzky_of(otc)), (0, PURSE, 0));
}

fn taking_of_a_desk_that_sells(market: &mut Market) {
    let (desk, taker) = (market.account("desk"), market.account("taker"));
    let quote = market.quote(QuoteSide::Sell, 7);
    let id = market.take("taker", &quote, PART).unwrap();
    let reservation = market.reservation(id).unwrap();
    assert_eq!((reservation.origin, reservation.seller, reservation.buyer), (Origin::DeskSells(7), desk, taker));
    assert_eq!((reservation.amount, reservation.bond, reservation.cost), (PART, BOND, 1_400));
    assert_eq!((market.float(), market.purse("taker")), (OFFERED - PART, PURSE - BOND));
    market.escrow_is(OFFERED + BOND);
    let more = Quote { maximum: 10 * OFFERED, ..market.quote(QuoteSide::Sell, 8) };
    let signature = market.signed(&more);
    let arguments = (more, signature, OFFERED - PART + 1, hash(1));
    market.refuses(taker, "take_quote", &arguments, Error::FloatTooLow);
    let poor = market.account("stranger");
    take(market, poor, &more, signature, Error::PaymentRefused);
}

/// The taker puts up the Bzky; a desk asks no bond of itself.
fn taking_of_a_desk_that_buys(market: &mut Market) {
    let (desk, taker, poor) = (market.account("desk"), market.account("taker"), market.account("stranger"));
    let quote = market.quote(QuoteSide::Buy, 7);
    let bonded = Quote { terms: Terms { bond_bps: 1, ..quote.terms }, ..quote };
    let signature = market.signed(&bonded);
    take(market, taker, &bonded, signature, Error::BadTerms);
    let signature = market.signed(&quote);
    take(market, poor, &quote, signature, Error::PaymentRefused);
    let id = market.take("taker", &quote, PART).unwrap();
    let reservation = market.reservation(id).unwrap();
    assert_eq!((reservation.origin, reservation.seller, reservation.buyer), (Origin::DeskBuys(7), taker, desk));
    assert_eq!((reservation.amount, reservation.bond), (PART, 0));
    assert_eq!((market.float(), market.purse("taker")), (OFFERED, PURSE - PART));
    market.escrow_is(OFFERED + PART);
    // The desk pays off chain; the taker alone gives it the Bzky, into its float.
    market.refuses(desk, "confirm", &id, Error::NotSeller);
    market.by::<()>("taker", "confirm", &id).unwrap();
    assert_eq!((market.float(), market.purse("desk")), (OFFERED + PART, PURSE - OFFERED));
}

/// Each part of a quote is signed, by the key of this desk, low s, for this
/// contract and chain.
fn what_was_not_signed(market: &mut Market) {
    let (taker, other) = (market.account("taker"), market.account("other"));
    let quote = Quote { taker: Some(taker), ..market.quote(QuoteSide::Sell, 7) };
    let (signature, terms) = (market.signed(&quote), quote.terms);
    let changed = |terms: Terms| Quote { terms, ..quote };
    for forged in [
        Quote { id: 8, ..quote },
        Quote { side: QuoteSide::Buy, terms: Terms { bond_bps: 0, ..terms }, ..quote },
        Quote { taker: None, ..quote },
        Quote { maximum: quote.maximum + 1, ..quote },
        Quote { not_before_ms: 1, ..quote },
        changed(Terms { currency: Currency(*b"USD\0\0\0\0\0\0\0\0\0"), ..terms }),
        changed(Terms { price: Price { minor_units: 34, ..terms.price }, ..terms }),
        changed(Terms { price: Price { tokens: 11, ..terms.price }, ..terms }),
        changed(Terms { minimum: 1, ..terms }),
        changed(Terms { bond_bps: 0, ..terms }),
        changed(Terms { pay_within_ms: PAY_MS + 1, ..terms }),
        changed(Terms { dispute_within_ms: terms.dispute_within_ms - 1, ..terms }),
        changed(Terms { expires_ms: u64::MAX, ..terms }),
        changed(Terms { instructions: hash(8), ..terms }),
    ] {
        take(market, taker, &forged, signature, Error::BadQuoteSignature);
    }
    // Another chain's or contract's, signed as such.
    for foreign in
        [Quote { genesis: hash(9), ..quote }, Quote { contract: market.network.contracts.redemption, ..quote }]
    {
        let signature = market.signed(&foreign);
        take(market, taker, &foreign, signature, Error::ForeignQuote);
    }
    // By other keys, of both kinds; and one desk's for another's.
    for key in [DeviceKey::ecdsa("thief"), DeviceKey::sr25519("thief")] {
        take(market, taker, &quote, key.sign(&quote.hash()), Error::BadQuoteSignature);
    }
    let (board, thief) = (market.board(), DeviceKey::sr25519("thief"));
    take(market, taker, &Quote { desk: other, ..quote }, signature, Error::UnknownDesk);
    market.call::<()>(board, "set_desk", &(other, Some(thief.public()))).unwrap();
    take(market, taker, &Quote { desk: other, ..quote }, signature, Error::BadQuoteSignature);
    take(market, taker, &quote, thief.sign(&quote.hash()), Error::BadQuoteSignature);
    take(market, taker, &quote, other_form(signature), Error::BadQuoteSignature);
    // And as it was signed it is good.
    market.take("taker", &quote, PART).unwrap();
    // A desk with a key of the other kind.
    market.by::<()>("other", "fund", &OFFERED).unwrap();
    let quote = Quote { desk: other, ..quote };
    let arguments = (quote, thief.sign(&quote.hash()), PART, hash(1));
    market.call::<u64>(taker, "take_quote", &arguments).unwrap();
    // And one with a key for which anybody could sign: s = 0 is good for all of them.
    market.call::<()>(board, "set_desk", &(other, Some(PublicKey::Sr25519([0; 32])))).unwrap();
    let mut anybodys = [0; 64];
    anybodys[63] = 0x80;
    take(market, taker, &Quote { id: 8, ..quote }, Signature::Sr25519(anybodys), Error::BadQuoteSignature);
}

/// The same signature with the other half's s and recovery id.
fn other_form(signature: Signature) -> Signature {
    let Signature::Ecdsa(mut bytes) = signature else { unreachable!("an ECDSA signature") };
    // The order of secp256k1.
    let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    let order = primitive_types::U256::from_big_endian(&hex::decode(order).unwrap());
    let s = primitive_types::U256::from_big_endian(&bytes[32..64]);
    bytes[32..64].copy_from_slice(&(order - s).to_big_endian());
    bytes[64] ^= 1;
    Signature::Ecdsa(bytes)
}

fn for_whom_and_when(market: &mut Market) {
    let (desk, taker, other) = (market.account("desk"), market.account("taker"), market.account("other"));
    let now_ms = market.now_ms();
    let expires_ms = now_ms + DAY;
    let quote = market.quote(QuoteSide::Sell, 7);
    let quote = Quote { not_before_ms: now_ms + 10, terms: Terms { expires_ms, ..quote.terms }, ..quote };
    let signature = market.signed(&quote);
    market.network.state.set_time(now_ms + 9);
    take(market, taker, &quote, signature, Error::QuoteNotYet);
    market.network.state.set_time(now_ms + 10);
    market.rolled_back(|market| market.take("taker", &quote, PART).unwrap());
    take(market, desk, &quote, signature, Error::SelfTrade);
    let addressed = Quote { taker: Some(other), ..quote };
    let signed = market.signed(&addressed);
    take(market, taker, &addressed, signed, Error::NotAddressee);
    market.rolled_back(|market| market.take("other", &addressed, PART).unwrap());
    market.network.state.set_time(expires_ms - 1);
    market.rolled_back(|market| market.take("taker", &quote, PART).unwrap());
    market.network.state.set_time(expires_ms);
    take(market, taker, &quote, signature, Error::TermsExpired);
    // Nor can a desk sign what nobody could offer.
    let absurd = Quote { terms: Terms { pay_within_ms: DECISION_MS, expires_ms: u64::MAX, ..quote.terms }, ..quote };
    let signature = market.signed(&absurd);
    take(market, taker, &absurd, signature, Error::BadTerms);
}

/// All quotes of a number share one maximum, whatever they say; what lapses
/// does not come back to it, so no quote is taken twice.
fn the_maximum_is_shared_and_spent_once(market: &mut Market) {
    let (desk, taker) = (market.account("desk"), market.account("taker"));
    let quote = Quote { maximum: PART, ..market.quote(QuoteSide::Sell, 7) };
    let taken = |market: &mut Market| market.network.read::<Balance>(KIND, "quote_taken", &(desk, 7u64));
    let refused = |market: &mut Market, quote: &Quote, amount: Balance| {
        let signature = market.signed(quote);
        market.refuses(taker, "take_quote", &(*quote, signature, amount, hash(1)), Error::AmountOutOfBounds);
    };
    for amount in [0, MINIMUM - 1, PART + 1, u128::MAX] {
        refused(market, &quote, amount);
    }
    let first = market.take("taker", &quote, MINIMUM + 1).unwrap();
    assert_eq!(taken(market), MINIMUM + 1);
    let left = PART - MINIMUM - 1;
    refused(market, &quote, left + 1);
    market.take("other", &quote, left).unwrap();
    refused(market, &quote, 1);
    assert_eq!(taken(market), PART);
    // The same number again, larger or of the other side: what was taken counts.
    let larger = Quote { maximum: PART + MINIMUM, ..quote };
    refused(market, &larger, MINIMUM + 1);
    refused(market, &Quote { maximum: PART, ..market.quote(QuoteSide::Buy, 7) }, MINIMUM);
    // The first lapses and is given back to the float, not to the quote.
    let float = market.float();
    market.network.pass(PAY_MS);
    market.by::<()>("desk", "settle", &first).unwrap();
    assert_eq!((market.float(), taken(market)), (float + MINIMUM + 1, PART));
    refused(market, &quote, MINIMUM);
    market.take("taker", &larger, MINIMUM).unwrap();
    refused(market, &larger, MINIMUM);
    // Another number has its own.
    market.take("taker", &Quote { id: 8, ..quote }, MINIMUM).unwrap();
}

/// A revoked number, a changed key and a stopped desk take no more; what is
/// reserved goes on, and the float stays the desk's.
fn stopping(market: &mut Market) {
    let (desk, taker, board) = (market.account("desk"), market.account("taker"), market.board());
    let quote = market.quote(QuoteSide::Sell, 7);
    let (signature, id) = (market.signed(&quote), market.take("taker", &quote, PART).unwrap());
    market.rolled_back(|market| {
        for news in [true, false] {
            market.by::<()>("desk", "revoke_quote", &7u64).unwrap();
            let told = Event::OtcQuoteRevoked(OtcQuoteRevoked { desk, id: 7 });
            assert_eq!(market.network.events, news.then_some(told).into_iter().collect::<Vec<_>>());
        }
        assert_eq!(market.network.read::<Balance>(KIND, "quote_taken", &(desk, 7u64)), u128::MAX);
        let endless = Quote { maximum: u128::MAX, ..quote };
        for quote in [quote, endless, Quote { maximum: u128::MAX, ..market.quote(QuoteSide::Buy, 7) }] {
            let signature = market.signed(&quote);
            take(market, taker, &quote, signature, Error::AmountOutOfBounds);
        }
        market.by::<()>("desk", "confirm", &id).unwrap();
        market.take("taker", &market.quote(QuoteSide::Sell, 8), PART).unwrap();
    });
    market.rolled_back(|market| {
        let key = DeviceKey::ecdsa("the desk's next key");
        market.call::<()>(board, "set_desk", &(desk, Some(key.public()))).unwrap();
        take(market, taker, &quote, signature, Error::BadQuoteSignature);
        let arguments = (quote, key.sign(&quote.hash()), MINIMUM, hash(1));
        market.call::<u64>(taker, "take_quote", &arguments).unwrap();
    });
    market.call::<()>(board, "set_desk", &(desk, None::<PublicKey>)).unwrap();
    take(market, taker, &quote, signature, Error::UnknownDesk);
    market.refuses(desk, "fund", &1u128, Error::UnknownDesk);
    market.refuses(desk, "revoke_quote", &7u64, Error::UnknownDesk);
    market.by::<()>("desk", "withdraw", &(OFFERED - PART)).unwrap();
    market.by::<()>("taker", "give_up", &id).unwrap();
    market.by::<()>("desk", "withdraw", &PART).unwrap();
    assert_eq!(market.purse("desk"), PURSE);
    market.escrow_is(0);
}
