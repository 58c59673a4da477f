//! Who has what when a reservation ends: every ending in every stage, of an
//! offer, of one that was closed meanwhile, and of a desk that sells or buys.
//! And that what is reserved cannot be taken out before.

use super::market::{hash, Market, BOND, DECISION_MS, MINIMUM, OFFERED, PART, PURSE};
use bizkey_primitives::{
    errors::otc::Error,
    otc::{OfferId, QuoteSide, ReservationId, Trader},
    Balance, BZKY_SUPPLY,
};
use bizkey_tests::Sandbox;

#[derive(Clone, Copy, Debug, PartialEq)]
enum From {
    Offer,
    ClosedOffer,
    DeskSells,
    DeskBuys,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Reserved,
    Paid,
    DisputedBySeller,
    DisputedByBuyer,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Confirmed,
    GivenUp,
    TimeOver,
    ForSeller,
    ForBuyer,
}

/// What the two have more or less than before, counted in amounts (`A`) and
/// buyer's bonds (`B`), and the bonds that burn. The README's rules, line by line.
const TABLE: [(Stage, End, (i8, i8), (i8, i8), u8); 16] = {
    use {End::*, Stage::*};
    // Seller A and B, buyer A and B, burned B.
    [
        (Reserved, Confirmed, (-1, 0), (1, 0), 0),
        (Paid, Confirmed, (-1, 0), (1, 0), 0),
        (DisputedBySeller, Confirmed, (-1, -1), (1, 1), 0),
        (DisputedByBuyer, Confirmed, (-1, 0), (1, 0), 0),
        (Reserved, GivenUp, (0, 0), (0, -1), 1),
        (Paid, GivenUp, (0, 0), (0, -1), 1),
        (DisputedBySeller, GivenUp, (0, 1), (0, -1), 0),
        (DisputedByBuyer, GivenUp, (0, 2), (0, -2), 0),
        (Reserved, TimeOver, (0, 0), (0, -1), 1),
        (Paid, TimeOver, (0, 0), (0, -1), 1),
        (DisputedBySeller, TimeOver, (0, 0), (0, 0), 0),
        (DisputedByBuyer, TimeOver, (0, 0), (0, 0), 0),
        (DisputedBySeller, ForSeller, (0, 1), (0, -1), 0),
        (DisputedByBuyer, ForSeller, (0, 2), (0, -2), 0),
        (DisputedBySeller, ForBuyer, (-1, -1), (1, 1), 0),
        (DisputedByBuyer, ForBuyer, (-1, 0), (1, 0), 0),
    ]
};

/// A reservation of [`PART`], and the two sides' names.
struct Trade {
    id: ReservationId,
    offer: OfferId,
    seller: &'static str,
    buyer: &'static str,
    bond: Balance,
}

fn begin(market: &mut Market, from: From) -> Trade {
    match from {
        From::Offer | From::ClosedOffer => {
            let offer = market.open();
            let id = market.reserve(offer);
            if from == From::ClosedOffer {
                market.by::<()>("maker", "close_offer", &offer).unwrap();
            }
            Trade { id, offer, seller: "maker", buyer: "taker", bond: BOND }
        }
        From::DeskSells => {
            market.by::<()>("desk", "fund", &OFFERED).unwrap();
            let id = market.take("taker", &market.quote(QuoteSide::Sell, 1), PART).unwrap();
            Trade { id, offer: 0, seller: "desk", buyer: "taker", bond: BOND }
        }
        From::DeskBuys => {
            let id = market.take("taker", &market.quote(QuoteSide::Buy, 1), PART).unwrap();
            Trade { id, offer: 0, seller: "taker", buyer: "desk", bond: 0 }
        }
    }
}

fn bring_to(market: &mut Market, trade: &Trade, stage: Stage) {
    if stage != Stage::Reserved {
        market.by::<()>(trade.buyer, "declare_paid", &(trade.id, hash(2))).unwrap();
    }
    let opener = match stage {
        Stage::DisputedBySeller => trade.seller,
        Stage::DisputedByBuyer => trade.buyer,
        Stage::Reserved | Stage::Paid => return,
    };
    market.by::<()>(opener, "dispute", &(trade.id, hash(3))).unwrap();
}

fn end(market: &mut Market, trade: &Trade, end: End) {
    let (board, stranger) = (market.board(), market.account("stranger"));
    let decide = |market: &mut Market, winner: Trader| market.call(board, "decide", &(trade.id, winner, hash(4)));
    let ended: Result<(), _> = match end {
        End::Confirmed => market.by(trade.seller, "confirm", &trade.id),
        End::GivenUp => market.by(trade.buyer, "give_up", &trade.id),
        End::TimeOver => {
            market.network.pass(DECISION_MS);
            market.call(stranger, "settle", &trade.id)
        }
        End::ForSeller => decide(market, Trader::Seller),
        End::ForBuyer => decide(market, Trader::Buyer),
    };
    ended.unwrap();
}

/// What a trader has in its purse, its float and what is left of its offer.
fn wealth(market: &mut Market, name: &str, offer: OfferId) -> Balance {
    let account = market.account(name);
    let left = market.offer(offer).filter(|offer| offer.maker == account).map_or(0, |offer| offer.left);
    let float: Balance = market.network.read(super::KIND, "float_of", &account);
    market.purse(name) + float + left
}

#[test]
fn every_ending_pays_as_the_rules_say() {
    let mut network = Sandbox::new();
    let mut market = Market::new(&mut network);
    for from in [From::Offer, From::ClosedOffer, From::DeskSells, From::DeskBuys] {
        for (stage, ending, seller, buyer, burned) in TABLE {
            market.rolled_back(|market| {
                let what = format!("{from:?} {stage:?} {ending:?}");
                let trade = begin(market, from);
                bring_to(market, &trade, stage);
                end(market, &trade, ending);
                let counted = |(amounts, bonds): (i8, i8)| {
                    let had = PURSE.cast_signed();
                    (had + i128::from(amounts) * PART.cast_signed() + i128::from(bonds) * trade.bond.cast_signed())
                        .cast_unsigned()
                };
                assert_eq!(wealth(market, trade.seller, trade.offer), counted(seller), "the seller, {what}");
                assert_eq!(wealth(market, trade.buyer, trade.offer), counted(buyer), "the buyer, {what}");
                let supply: Balance =
                    market.network.read(bizkey_client::ContractKind::Bzky, "PSP22::total_supply", &());
                assert_eq!(supply, BZKY_SUPPLY - Balance::from(burned) * trade.bond, "{what}");
                // Nothing stays but what the maker still offers and the desk has in its float.
                let left = market.offer(trade.offer).map_or(0, |offer| offer.left) + market.float();
                market.escrow_is(left);
                assert_eq!(market.network.read::<u32>(super::KIND, "open_reservations", &market.account("taker")), 0);
            });
        }
    }
}

/// The maker closes, the desk withdraws, is stopped by the board, sends Bzky or
/// signs more: the reserved part and the buyer's bond stay until the end.
#[test]
fn nobody_takes_out_what_is_reserved() {
    let mut network = Sandbox::new();
    let mut market = Market::new(&mut network);
    let of_offer = begin(&mut market, From::Offer);
    let of_desk = begin(&mut market, From::DeskSells);
    let (maker, desk, board) = (market.account("maker"), market.account("desk"), market.board());
    let reserved = 2 * (PART + BOND);
    market.escrow_is(2 * OFFERED + 2 * BOND);
    market.refuses(desk, "withdraw", &(OFFERED - PART + 1), Error::FloatTooLow);
    market.refuses(maker, "withdraw", &1u128, Error::FloatTooLow);
    market.refuses(market.account("taker"), "withdraw", &BOND, Error::FloatTooLow);
    market.by::<()>("maker", "close_offer", &of_offer.offer).unwrap();
    market.refuses(maker, "close_offer", &of_offer.offer, Error::UnknownOffer);
    market.by::<()>("desk", "withdraw", &(OFFERED - PART)).unwrap();
    market.refuses(desk, "withdraw", &1u128, Error::FloatTooLow);
    market.escrow_is(reserved);
    market.call::<()>(board, "set_desk", &(desk, None::<bizkey_primitives::signature::PublicKey>)).unwrap();
    for (origin, id) in [(maker, of_desk.id), (desk, of_offer.id), (maker, of_offer.id), (desk, of_desk.id)] {
        market.refuses(origin, "give_up", &id, Error::NotBuyer);
        market.refuses(origin, "settle", &id, Error::WindowOpen);
    }
    // Another offer and its close do not reach it either.
    let terms = market.terms();
    let other: OfferId = market.by("maker", "open_offer", &(terms, MINIMUM)).unwrap();
    market.by::<()>("maker", "close_offer", &other).unwrap();
    market.escrow_is(reserved);
    // Bzky that is sent here is nobody's, and nobody can take it.
    let otc = market.network.contracts.otc;
    let sent = 5 * BOND;
    let arguments = (otc, sent, Vec::<u8>::new());
    market.network.call::<()>(desk, bizkey_client::ContractKind::Bzky, "PSP22::transfer", &arguments).unwrap();
    market.refuses(desk, "withdraw", &1u128, Error::FloatTooLow);
    assert_eq!(market.network.read::<Balance>(super::KIND, "escrowed", &()), reserved);
    // Both sellers, one of a closed offer and one of a stopped desk, can still keep their word.
    for trade in [&of_offer, &of_desk] {
        end(&mut market, trade, End::Confirmed);
    }
    assert_eq!(market.purse("taker"), PURSE + 2 * PART);
    assert_eq!(market.network.read::<Balance>(super::KIND, "escrowed", &()), 0);
    assert_eq!(market.network.bzky_of(otc), sent);
}
