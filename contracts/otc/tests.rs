//! The messages on ink!'s off-chain environment, which cannot call `bzky`:
//! steps that move no Bzky go through the messages, with real signatures of
//! both kinds; the others are put into the books directly.

use crate::{
    books::DECISION_MS,
    otc::Otc,
    terms::{tests::terms, MIN_DISPUTE_MS, MIN_PAY_MS},
};
use bizkey_primitives::{
    action::{otc::Action, signed_bytes, Authorization},
    errors::otc::Error,
    events::{
        OtcDeskChanged, OtcDisputed, OtcHandedOver, OtcOfferClosed, OtcOssified, OtcPaymentDeclared, OtcQuoteRevoked,
        OtcReserved, OtcSettled,
    },
    otc::{Ending, Origin, Quote, QuoteSide, Stage, Terms, Trader},
    signature::{PublicKey, Signature},
    AccountId, Calendar, Hash,
};
use ink::env::{test, DefaultEnvironment};

const CALENDAR: Calendar = Calendar { genesis_ms: 1_000, epoch_ms: 100 };
const DEPLOYER: u8 = 10;
const BOARD: u8 = 11;
const MAKER: u8 = 1;
const TAKER: u8 = 2;
const DESK: u8 = 3;

fn account(number: u8) -> AccountId {
    AccountId::from([number; 32])
}

fn hash(number: u8) -> Hash {
    Hash::from([number; 32])
}

fn by(caller: u8) {
    test::set_caller::<DefaultEnvironment>(account(caller));
}

fn at(now_ms: u64) {
    test::set_block_timestamp::<DefaultEnvironment>(now_ms);
}

fn events() -> Vec<Vec<u8>> {
    test::recorded_events().map(|event| event.data).collect()
}

fn encoded(event: &impl scale::Encode) -> Vec<u8> {
    event.encode()
}

/// Governed by the board.
fn contract() -> Otc {
    let mut contract = Otc::open(CALENDAR, hash(9), account(12), account(DEPLOYER));
    by(DEPLOYER);
    contract.hand_over(account(BOARD)).unwrap();
    contract
}

/// Terms without a bond, so that no Bzky moves when a part is reserved.
fn free() -> Terms {
    Terms { bond_bps: 0, ..terms() }
}

/// With offer 1 of 1,000 by the maker.
fn offering() -> Otc {
    let mut contract = contract();
    contract.books.open_offer(account(MAKER), free(), 1_000, 0).unwrap();
    contract
}

fn wallet_key() -> schnorrkel::Keypair {
    schnorrkel::MiniSecretKey::from_bytes(&[5; 32]).unwrap().expand_to_keypair(schnorrkel::ExpansionMode::Ed25519)
}

fn wallet() -> AccountId {
    AccountId::from(wallet_key().public.to_bytes())
}

fn sign(key: &schnorrkel::Keypair, bytes: &[u8]) -> Signature {
    Signature::Sr25519(key.sign_simple(b"substrate", bytes).to_bytes())
}

fn authorize(action: &Action, nonce: u64, expires_ms: u64) -> Authorization {
    let contract = ink::env::account_id::<DefaultEnvironment>();
    let bytes = signed_bytes(&hash(9), &contract, &wallet(), nonce, expires_ms, action);
    Authorization { account: wallet(), nonce, expires_ms, signature: sign(&wallet_key(), &bytes) }
}

/// Carries an action that the wallet signed.
fn carry(contract: &mut Otc, action: Action) -> Result<(), Error> {
    by(20);
    let nonce = contract.nonce_of(wallet());
    contract.relay(action, authorize(&action, nonce, 2_000_000_000))
}

fn desk_key() -> secp256k1::SecretKey {
    secp256k1::SecretKey::from_slice(&[6; 32]).unwrap()
}

fn sign_quote(quote: &Quote) -> Signature {
    let message = secp256k1::Message::from_digest(quote.hash());
    let (id, rs) = secp256k1::SECP256K1.sign_ecdsa_recoverable(&message, &desk_key()).serialize_compact();
    let mut bytes = [0; 65];
    bytes[..64].copy_from_slice(&rs);
    bytes[64] = u8::try_from(id.to_i32()).unwrap();
    Signature::Ecdsa(bytes)
}

fn quote() -> Quote {
    Quote {
        genesis: hash(9),
        contract: ink::env::account_id::<DefaultEnvironment>(),
        desk: account(DESK),
        id: 5,
        side: QuoteSide::Sell,
        taker: None,
        maximum: 700,
        not_before_ms: 0,
        terms: free(),
    }
}

/// With a desk that has a float of 1,000.
fn trading() -> Otc {
    let mut contract = contract();
    by(BOARD);
    let key = PublicKey::Ecdsa(desk_key().public_key(secp256k1::SECP256K1).serialize());
    contract.set_desk(account(DESK), Some(key)).unwrap();
    contract.books.fund(account(DESK), 1_000).unwrap();
    contract
}

#[ink::test]
fn the_deployer_hands_over_once_and_keeps_nothing() {
    let mut contract = Otc::open(CALENDAR, hash(9), account(12), account(DEPLOYER));
    assert_eq!((contract.admin(), contract.calendar()), (account(DEPLOYER), CALENDAR));
    by(BOARD);
    assert_eq!(contract.hand_over(account(BOARD)), Err(Error::NotDeployer));
    by(DEPLOYER);
    contract.hand_over(account(BOARD)).unwrap();
    assert_eq!(contract.admin(), account(BOARD));
    assert_eq!(contract.hand_over(account(DEPLOYER)), Err(Error::AlreadyBound));
    assert_eq!(contract.set_desk(account(DESK), None), Err(Error::NotAdmin));
    assert_eq!(contract.decide(1, Trader::Buyer, hash(1)), Err(Error::NotAdmin));
    assert_eq!(contract.set_code(hash(1)), Err(Error::NotAdmin));
    assert_eq!(contract.ossify(), Err(Error::NotAdmin));
    assert_eq!(events(), [encoded(&OtcHandedOver { admin: account(BOARD) })]);
}

#[ink::test]
fn ossified_code_changes_no_more() {
    let mut contract = contract();
    by(BOARD);
    assert!(!contract.is_ossified());
    contract.ossify().unwrap();
    assert!(contract.is_ossified());
    assert_eq!(contract.set_code(hash(1)), Err(Error::Ossified));
    assert_eq!(contract.ossify(), Err(Error::Ossified));
    assert_eq!(events().last().unwrap(), &encoded(&OtcOssified { admin: account(BOARD) }));
}

#[ink::test]
fn the_board_names_and_stops_desks() {
    let mut contract = contract();
    let key = PublicKey::Sr25519([1; 32]);
    by(BOARD);
    for key in [Some(key), Some(key), None, None] {
        contract.set_desk(account(DESK), key).unwrap();
        assert_eq!(contract.desk_key(account(DESK)), key);
    }
    let desk = account(DESK);
    let changes = [encoded(&OtcDeskChanged { desk, key: Some(key) }), encoded(&OtcDeskChanged { desk, key: None })];
    assert_eq!(events()[1..], changes, "a repeat has no event");
}

#[ink::test]
fn what_the_terms_or_the_books_refuse_never_reaches_the_token() {
    let mut contract = offering();
    by(MAKER);
    assert_eq!(contract.open_offer(Terms { minimum: 0, ..terms() }, 100), Err(Error::BadTerms));
    assert_eq!(contract.open_offer(terms(), 99), Err(Error::AmountOutOfBounds));
    assert_eq!(contract.reserve(1, 100, hash(1)), Err(Error::SelfTrade));
    assert_eq!(contract.close_offer(2), Err(Error::UnknownOffer));
    by(TAKER);
    assert_eq!(contract.close_offer(1), Err(Error::NotMaker));
    assert_eq!(contract.reserve(2, 100, hash(1)), Err(Error::UnknownOffer));
    assert_eq!(contract.fund(1), Err(Error::UnknownDesk));
    assert_eq!(contract.withdraw(1), Err(Error::FloatTooLow));
    assert_eq!(contract.revoke_quote(1), Err(Error::UnknownDesk));
    at(1_000_000);
    assert_eq!(contract.reserve(1, 100, hash(1)), Err(Error::TermsExpired));
    assert_eq!(contract.open_offer(terms(), 100), Err(Error::TermsExpired));
}

#[ink::test]
fn a_part_is_reserved_paid_disputed_and_left_undecided() {
    let mut contract = offering();
    by(TAKER);
    assert_eq!(contract.reserve(1, 400, hash(1)), Ok(1));
    assert_eq!(
        (contract.counts(), contract.escrowed(), contract.open_reservations(account(TAKER))),
        ((1, 1), 1_000, 1)
    );
    assert_eq!(contract.dispute(1, hash(2)), Err(Error::NotPaid));
    assert_eq!(contract.settle(1), Err(Error::WindowOpen));
    by(MAKER);
    assert_eq!(contract.declare_paid(1, hash(2)), Err(Error::NotBuyer));
    assert_eq!(contract.give_up(1), Err(Error::NotBuyer));
    by(TAKER);
    assert_eq!(contract.confirm(1), Err(Error::NotSeller));
    contract.declare_paid(1, hash(2)).unwrap();
    by(MAKER);
    contract.dispute(1, hash(3)).unwrap();
    assert_eq!(contract.dispute(1, hash(3)), Err(Error::AlreadyDisputed));
    by(4);
    at(DECISION_MS);
    contract.settle(1).unwrap();
    assert_eq!(contract.settle(1), Err(Error::UnknownReservation));
    assert_eq!(contract.offer(1).unwrap().left, 1_000, "without a decision it goes back");
    let reserved = OtcReserved {
        reservation: 1,
        origin: Origin::Offer(1),
        seller: account(MAKER),
        buyer: account(TAKER),
        amount: 400,
        bond: 0,
        currency: free().currency,
        cost: 1,
        reference: hash(1),
        pay_by_ms: MIN_PAY_MS,
    };
    let (opener, evidence) = (Trader::Seller, hash(3));
    assert_eq!(
        events()[1..],
        [
            encoded(&reserved),
            encoded(&OtcPaymentDeclared { reservation: 1, payment: hash(2), dispute_by_ms: MIN_DISPUTE_MS }),
            encoded(&OtcDisputed { reservation: 1, opener, bond: 0, evidence, decide_by_ms: DECISION_MS }),
            encoded(&OtcSettled { reservation: 1, ending: Ending::Undecided }),
        ]
    );
}

#[ink::test]
fn the_board_alone_decides_and_only_disputes() {
    let mut contract = offering();
    by(TAKER);
    contract.reserve(1, 400, hash(1)).unwrap();
    by(BOARD);
    assert_eq!(contract.decide(1, Trader::Seller, hash(4)), Err(Error::NotDisputed));
    assert_eq!(contract.decide(2, Trader::Seller, hash(4)), Err(Error::UnknownReservation));
    by(TAKER);
    contract.declare_paid(1, hash(2)).unwrap();
    contract.dispute(1, hash(3)).unwrap();
    by(DEPLOYER);
    assert_eq!(contract.decide(1, Trader::Seller, hash(4)), Err(Error::NotAdmin));
    by(BOARD);
    contract.decide(1, Trader::Seller, hash(4)).unwrap();
    let ending = Ending::Decided { winner: Trader::Seller, reason: hash(4) };
    assert_eq!(events().last().unwrap(), &encoded(&OtcSettled { reservation: 1, ending }));
    assert_eq!(contract.reservation(1), None);
}

#[ink::test]
fn a_decision_comes_in_time() {
    let mut contract = offering();
    by(TAKER);
    contract.reserve(1, 400, hash(1)).unwrap();
    contract.declare_paid(1, hash(2)).unwrap();
    contract.dispute(1, hash(3)).unwrap();
    at(DECISION_MS);
    by(BOARD);
    assert_eq!(contract.decide(1, Trader::Buyer, hash(4)), Err(Error::TooLate));
}

#[ink::test]
fn an_offer_sold_out_is_told_as_closed() {
    let mut contract = offering();
    by(TAKER);
    contract.reserve(1, 1_000, hash(1)).unwrap();
    // The payment of a confirmation needs `bzky`: the books alone, then the event.
    let mut leaving = contract.books.confirm(account(MAKER), 1).unwrap();
    assert_eq!(leaving.payments, [(account(TAKER), 1_000)]);
    leaving.payments.clear();
    contract.settled(1, Ending::Confirmed, leaving).unwrap();
    assert_eq!(events().last().unwrap(), &encoded(&OtcOfferClosed { offer: 1, returned: 0 }));
    assert_eq!((contract.offer(1), contract.escrowed()), (None, 0));
}

#[ink::test]
fn a_quote_is_taken_as_the_desk_signed_it() {
    let mut contract = trading();
    by(TAKER);
    let quote = quote();
    let signature = sign_quote(&quote);
    let stranger = Quote { desk: account(MAKER), ..quote };
    assert_eq!(contract.take_quote(stranger, signature, 300, hash(1)), Err(Error::UnknownDesk));
    let foreign = Quote { genesis: hash(8), ..quote };
    assert_eq!(contract.take_quote(foreign, sign_quote(&foreign), 300, hash(1)), Err(Error::ForeignQuote));
    let more = Quote { maximum: 701, ..quote };
    assert_eq!(contract.take_quote(more, signature, 300, hash(1)), Err(Error::BadQuoteSignature));
    let other_key = sign(&wallet_key(), &quote.hash());
    assert_eq!(contract.take_quote(quote, other_key, 300, hash(1)), Err(Error::BadQuoteSignature));
    assert_eq!(contract.take_quote(quote, signature, 701, hash(1)), Err(Error::AmountOutOfBounds));
    assert_eq!(contract.take_quote(quote, signature, 700, hash(1)), Ok(1));
    assert_eq!(contract.take_quote(quote, signature, 1, hash(1)), Err(Error::AmountOutOfBounds));
    assert_eq!((contract.quote_taken(account(DESK), 5), contract.float_of(account(DESK))), (700, 300));
    let reservation = contract.reservation(1).unwrap();
    assert_eq!((reservation.origin, reservation.seller), (Origin::DeskSells(5), account(DESK)));
    let second = Quote { id: 6, ..quote };
    assert_eq!(contract.take_quote(second, sign_quote(&second), 301, hash(1)), Err(Error::FloatTooLow));
    at(MIN_PAY_MS);
    contract.settle(1).unwrap();
    assert_eq!(contract.float_of(account(DESK)), 1_000);
}

#[ink::test]
fn a_quote_out_of_its_dates_or_for_somebody_else_is_refused() {
    let mut contract = trading();
    let take = |contract: &mut Otc, quote: Quote, caller| {
        by(caller);
        contract.take_quote(quote, sign_quote(&quote), 300, hash(1))
    };
    let quote = quote();
    assert_eq!(take(&mut contract, quote, DESK), Err(Error::SelfTrade));
    assert_eq!(take(&mut contract, Quote { not_before_ms: 1, ..quote }, TAKER), Err(Error::QuoteNotYet));
    assert_eq!(take(&mut contract, Quote { taker: Some(account(MAKER)), ..quote }, TAKER), Err(Error::NotAddressee));
    let bonded = Quote { side: QuoteSide::Buy, terms: terms(), ..quote };
    assert_eq!(take(&mut contract, bonded, TAKER), Err(Error::BadTerms));
    at(1_000_000);
    assert_eq!(take(&mut contract, quote, TAKER), Err(Error::TermsExpired));
    at(0);
    by(BOARD);
    contract.set_desk(account(DESK), None).unwrap();
    assert_eq!(take(&mut contract, quote, TAKER), Err(Error::UnknownDesk));
}

#[ink::test]
fn a_desk_revokes_its_quotes() {
    let mut contract = trading();
    by(DESK);
    contract.revoke_quote(5).unwrap();
    contract.revoke_quote(5).unwrap();
    assert_eq!(events().len(), 3, "a repeat has no event");
    assert_eq!(events()[2], encoded(&OtcQuoteRevoked { desk: account(DESK), id: 5 }));
    by(TAKER);
    assert_eq!(contract.take_quote(quote(), sign_quote(&quote()), 300, hash(1)), Err(Error::AmountOutOfBounds));
}

#[ink::test]
fn a_taker_without_native_coin_does_everything_by_signature() {
    let mut contract = offering();
    carry(&mut contract, Action::Reserve { offer: 1, amount: 400, reference: hash(1) }).unwrap();
    assert_eq!(contract.reservation(1).unwrap().buyer, wallet());
    carry(&mut contract, Action::DeclarePaid { reservation: 1, payment: hash(2) }).unwrap();
    carry(&mut contract, Action::Dispute { reservation: 1, evidence: hash(3) }).unwrap();
    assert!(matches!(contract.reservation(1).unwrap().stage, Stage::Disputed { opener: Trader::Buyer, .. }));
    carry(&mut contract, Action::GiveUp { reservation: 1 }).unwrap();
    assert_eq!((contract.offer(1).unwrap().left, contract.nonce_of(wallet())), (1_000, 4));
}

#[ink::test]
fn every_signed_action_is_the_message_of_its_name() {
    let mut contract = trading();
    contract.books.open_offer(account(MAKER), free(), 1_000, 0).unwrap();
    let (quote, signature, reference) = (quote(), sign_quote(&quote()), hash(1));
    let bad = Terms { minimum: 0, ..terms() };
    for (action, answer) in [
        (Action::OpenOffer { terms: bad, amount: 1 }, Err(Error::BadTerms)),
        (Action::CloseOffer { offer: 1 }, Err(Error::NotMaker)),
        (Action::Reserve { offer: 2, amount: 1, reference }, Err(Error::UnknownOffer)),
        (Action::TakeQuote { quote, signature, amount: 300, reference }, Ok(())),
        (Action::DeclarePaid { reservation: 1, payment: reference }, Ok(())),
        (Action::Confirm { reservation: 1 }, Err(Error::NotSeller)),
        (Action::Dispute { reservation: 1, evidence: reference }, Ok(())),
        (Action::GiveUp { reservation: 1 }, Ok(())),
        (Action::Fund { amount: 1 }, Err(Error::UnknownDesk)),
        (Action::Withdraw { amount: 1 }, Err(Error::FloatTooLow)),
        (Action::RevokeQuote { id: 5 }, Err(Error::UnknownDesk)),
    ] {
        assert_eq!(carry(&mut contract, action), answer, "{action:?}");
    }
}

#[ink::test]
fn a_signed_action_is_carried_once_unchanged_and_in_time() {
    let mut contract = offering();
    by(20);
    at(500);
    let action = Action::Reserve { offer: 1, amount: 400, reference: hash(1) };
    assert_eq!(contract.relay(action, authorize(&action, 0, 499)), Err(Error::Expired));
    assert_eq!(contract.relay(action, authorize(&action, 1, 500)), Err(Error::BadNonce));
    let signed = authorize(&action, 0, 500);
    let changed = Action::Reserve { offer: 1, amount: 401, reference: hash(1) };
    assert_eq!(contract.relay(changed, signed), Err(Error::BadSignature));
    assert_eq!(contract.relay(action, Authorization { account: account(TAKER), ..signed }), Err(Error::BadSignature));
    contract.relay(action, signed).unwrap();
    assert_eq!(contract.relay(action, signed), Err(Error::BadNonce));
    assert_eq!(contract.counts(), (1, 1));
}
