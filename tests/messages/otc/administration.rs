//! Who governs `otc`: the deployer until it hands over, the board then, the
//! code until it is ossified. And what is asked of a new instance.

use super::market::{desk_key, hash, refused, Market, KIND, MINIMUM, PART, PURSE};
use bizkey_client::Bundles;
use bizkey_primitives::{
    errors::otc::Error,
    events::{Event, OtcCodeChanged, OtcDeskChanged, OtcHandedOver, OtcOssified},
    otc::Trader,
    signature::PublicKey,
    AccountId, Calendar, Hash,
};

pub fn parts(market: &mut Market) {
    construction(market);
    handing_over(market);
    the_boards_messages(market);
    desks(market);
    code(market);
}

fn construction(market: &mut Market) {
    let network = &mut *market.network;
    let (admin, stranger, bzky) =
        (network.actor("admin").account(), network.actor("stranger").account(), network.contracts.bzky);
    let calendar = network.calendar;
    for wrong in [
        Calendar { genesis_ms: calendar.genesis_ms + 1, ..calendar },
        Calendar { epoch_ms: calendar.epoch_ms - 1, ..calendar },
        Calendar { epoch_ms: 0, ..calendar },
    ] {
        assert_eq!(network.instantiate(admin, KIND, &(wrong, bzky)).map(drop), refused(Error::BadCalendar));
    }
    assert_eq!(network.instantiate(admin, KIND, &(calendar, stranger)).map(drop), refused(Error::CalleeFailed));
    assert_eq!(network.read::<Calendar>(KIND, "calendar", &()), calendar);
    assert_eq!(network.read::<Option<AccountId>>(KIND, "bzky", &()), Some(bzky));
    assert_eq!(network.read::<(u64, u64)>(KIND, "counts", &()), (0, 0));
    // In place of the token a contract that knows the calendar and no tokens: who does
    // not answer is not taken for one who agreed.
    let registry = network.contracts.registry;
    let made = network.instantiate(admin, KIND, &(calendar, registry)).unwrap();
    let terms = market.terms();
    let opened = market.network.call_at::<u64>(made, admin, KIND, "open_offer", &(terms, MINIMUM));
    assert_eq!(opened, refused(Error::CalleeFailed));
    assert_eq!(market.network.read_at::<(u64, u64)>(made, KIND, "counts", &()), (0, 0));
}

/// By the deployer, once; then it is nobody. The sandbox's was handed over already.
fn handing_over(market: &mut Market) {
    let network = &mut *market.network;
    let [admin, stranger, next] = ["admin", "stranger", "next"].map(|name| network.actor(name).account());
    let (calendar, bzky) = (network.calendar, network.contracts.bzky);
    let made = network.instantiate(admin, KIND, &(calendar, bzky)).unwrap();
    let hand_over = |network: &mut bizkey_tests::Sandbox, origin, to: AccountId| {
        network.call_at::<()>(made, origin, KIND, "hand_over", &to)
    };
    assert_eq!(network.read_at::<AccountId>(made, KIND, "admin", &()), admin);
    assert_eq!(hand_over(network, stranger, stranger), refused(Error::NotDeployer));
    hand_over(network, admin, next).unwrap();
    assert_eq!(network.events, [Event::OtcHandedOver(OtcHandedOver { admin: next })]);
    assert_eq!(network.read_at::<AccountId>(made, KIND, "admin", &()), next);
    assert_eq!(hand_over(network, admin, admin), refused(Error::AlreadyBound));
    assert_eq!(hand_over(network, next, stranger), refused(Error::NotDeployer), "the admin cannot pass it on");
    let board = market.board();
    assert_eq!(market.network.read::<AccountId>(KIND, "admin", &()), board);
    market.refuses(admin, "hand_over", &admin, Error::AlreadyBound);
    for origin in market.all_but(&[admin]) {
        market.refuses(origin, "hand_over", &origin, Error::NotDeployer);
    }
}

/// What is the board's is nobody else's, the former deployer's least of all.
fn the_boards_messages(market: &mut Market) {
    for origin in market.all_but(&[market.board()]) {
        market.refuses(origin, "set_code", &hash(1), Error::NotAdmin);
        market.refuses(origin, "ossify", &(), Error::NotAdmin);
        market.refuses(origin, "set_desk", &(origin, Some(desk_key().public())), Error::NotAdmin);
        market.refuses(origin, "set_desk", &(market.account("desk"), None::<PublicKey>), Error::NotAdmin);
        market.refuses(origin, "decide", &(1u64, Trader::Seller, hash(1)), Error::NotAdmin);
    }
}

/// A key is set, changed and taken; a repeat is no news.
fn desks(market: &mut Market) {
    let (board, desk) = (market.board(), market.account("another desk"));
    let (one, two) = (PublicKey::Sr25519([1; 32]), PublicKey::Ecdsa([2; 33]));
    for (key, news) in [(Some(one), true), (Some(one), false), (Some(two), true), (None, true), (None, false)] {
        market.call::<()>(board, "set_desk", &(desk, key)).unwrap();
        let told = Event::OtcDeskChanged(OtcDeskChanged { desk, key });
        assert_eq!(market.network.events, news.then_some(told).into_iter().collect::<Vec<_>>());
        assert_eq!(market.network.read::<Option<PublicKey>>(KIND, "desk_key", &desk), key);
    }
}

/// Code is changed by the board to code that is there, until it is ossified.
fn code(market: &mut Market) {
    let board = market.board();
    market.refuses(board, "set_code", &hash(1), Error::BadCode);
    let code_hash = market.network.code_hash(KIND);
    market.call::<()>(board, "set_code", &code_hash).unwrap();
    assert_eq!(market.network.events, [Event::OtcCodeChanged(OtcCodeChanged { code_hash })]);
    // To code that is not the present one, with an offer open: a section more that nobody reads.
    market.rolled_back(|market| {
        let (offer, admin) = (market.open(), market.account("admin"));
        let mut code = Bundles::embedded().unwrap().bundle(KIND).code.to_vec();
        code.extend_from_slice(b"\x00\x05\x04note");
        let other = Hash::from(market.network.state.upload(admin, code));
        assert_ne!(other, code_hash);
        market.call::<()>(board, "set_code", &other).unwrap();
        assert_eq!(market.network.events, [Event::OtcCodeChanged(OtcCodeChanged { code_hash: other })]);
        let reservation = market.reserve(offer);
        market.by::<()>("maker", "confirm", &reservation).unwrap();
        assert_eq!(market.purse("taker"), PURSE + PART);
    });
    market.rolled_back(|market| {
        assert!(!market.network.read::<bool>(KIND, "is_ossified", &()));
        market.call::<()>(board, "ossify", &()).unwrap();
        assert_eq!(market.network.events, [Event::OtcOssified(OtcOssified { admin: board })]);
        assert!(market.network.read::<bool>(KIND, "is_ossified", &()));
        market.refuses(board, "set_code", &code_hash, Error::Ossified);
        market.refuses(board, "ossify", &(), Error::Ossified);
        // Trade goes on, and so do the board's other powers.
        let (offer, desk) = (market.open(), market.account("another desk"));
        market.reserve(offer);
        market.call::<()>(board, "set_desk", &(desk, Some(desk_key().public()))).unwrap();
    });
}
