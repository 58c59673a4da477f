//! `otc`: offers and quotes, and reservations at every stage of theirs.

use crate::{
    case::Stage,
    site::{account, hash, Site, Wallet},
};
use bizkey_client::ContractKind as Kind;
use bizkey_primitives::{
    action::otc::Action,
    otc::{Currency, OfferId, Price, Quote, QuoteSide, ReservationId, Terms, Trader},
    signature::{PublicKey, Signature},
    Balance, Epoch, Hash, TOKEN,
};
use bizkey_tests::{party::DeviceKey, DAY, HOUR};

const KIND: Kind = Kind::Otc;
/// When the oldest dispute is overdue.
const TODAY: Epoch = 30;
/// What is offered, and what is reserved of it.
const WHOLE: Balance = 1_000 * TOKEN;
const PART: Balance = 100 * TOKEN;

struct Traders {
    maker: Wallet,
    taker: Wallet,
    desk: Wallet,
    desk_key: DeviceKey,
}

/// The stage.
pub fn stage() -> Stage {
    let mut site = Site::new();
    let traders = Traders {
        maker: Wallet::named("maker"),
        taker: Wallet::named("taker"),
        desk: Wallet::named("desk"),
        desk_key: DeviceKey::ecdsa("desk"),
    };
    let otc = site.network.contracts.otc;
    for trader in [&traders.maker, &traders.taker, &traders.desk] {
        site.equip(trader.account(), 100 * WHOLE, otc);
    }
    let key: PublicKey = traders.desk_key.public();
    site.done(account("admin"), KIND, "set_desk", &(traders.desk.account(), Some(key)));
    site.done(traders.desk.account(), KIND, "fund", &WHOLE);
    site.network.enter_epoch(TODAY - 15);
    let overdue = disputed(&mut site, &traders, PART, &traders.maker);
    site.done(traders.maker.account(), KIND, "close_offer", &overdue.0);
    site.network.enter_epoch(TODAY - 1);
    let sold = reserved(&mut site, &traders, WHOLE);
    let closed = reserved(&mut site, &traders, PART);
    site.done(traders.maker.account(), KIND, "close_offer", &closed.0);
    let paid = reserved(&mut site, &traders, PART);
    site.done(traders.taker.account(), KIND, "declare_paid", &(paid.1, hash("payment")));
    let open = reserved(&mut site, &traders, PART);
    let to_decide = disputed(&mut site, &traders, WHOLE, &traders.taker);
    site.network.enter_epoch(TODAY);
    of_offers(&mut site, &traders, open);
    of_quotes(&mut site, &traders);
    of_payments(&mut site, &traders, open.1, paid.1);
    of_endings(&mut site, &traders, sold.1, closed.1);
    let decided = (to_decide.1, Trader::Buyer, hash("reason"));
    site.case(KIND, "decide", "for the buyer, nothing is left of the offer", account("admin"), &decided);
    let situation = "undecided, both have something back, the offer is closed";
    site.case(KIND, "settle", situation, account("stranger"), &overdue.1);
    of_desks(&mut site, &traders);
    site.stage("otc")
}

fn terms(site: &Site) -> Terms {
    Terms {
        currency: Currency(*b"USDT-TRON\0\0\0"),
        price: Price { minor_units: 350, tokens: 10 },
        minimum: TOKEN,
        bond_bps: 1_000,
        pay_within_ms: 72 * HOUR,
        dispute_within_ms: 14 * DAY,
        expires_ms: site.network.state.now_ms() + 100 * DAY,
        instructions: hash("instructions"),
    }
}

/// An offer of which `amount` is reserved.
fn reserved(site: &mut Site, traders: &Traders, amount: Balance) -> (OfferId, ReservationId) {
    let terms = terms(site);
    let offer: OfferId = site.made(traders.maker.account(), KIND, "open_offer", &(terms, WHOLE));
    let arguments = (offer, amount, hash("reference"));
    (offer, site.made(traders.taker.account(), KIND, "reserve", &arguments))
}

/// A reservation in a dispute.
fn disputed(site: &mut Site, traders: &Traders, amount: Balance, opener: &Wallet) -> (OfferId, ReservationId) {
    let (offer, reservation) = reserved(site, traders, amount);
    site.done(traders.taker.account(), KIND, "declare_paid", &(reservation, hash("payment")));
    site.done(opener.account(), KIND, "dispute", &(reservation, hash("evidence")));
    (offer, reservation)
}

fn of_offers(site: &mut Site, traders: &Traders, open: (OfferId, ReservationId)) {
    let (terms, reference) = (terms(site), hash("reference"));
    let (maker, taker) = (&traders.maker, &traders.taker);
    site.case(KIND, "open_offer", "a new offer", maker.account(), &(terms, WHOLE));
    site.relayed(KIND, "OpenOffer", maker, &Action::OpenOffer { terms, amount: WHOLE });
    site.case(KIND, "close_offer", "something is left of it", maker.account(), &open.0);
    site.relayed(KIND, "CloseOffer", maker, &Action::CloseOffer { offer: open.0 });
    site.case(KIND, "reserve", "with a bond", taker.account(), &(open.0, PART, reference));
    let action = Action::Reserve { offer: open.0, amount: PART, reference };
    site.relayed(KIND, "Reserve", taker, &action);
}

fn of_quotes(site: &mut Site, traders: &Traders) {
    let (taker, reference) = (&traders.taker, hash("reference"));
    let signed = |site: &Site, side: QuoteSide| -> (Quote, Signature) {
        let bond_bps = if side == QuoteSide::Buy { 0 } else { 1_000 };
        let quote = Quote {
            genesis: site.network.genesis,
            contract: site.network.contracts.otc,
            desk: traders.desk.account(),
            id: 1,
            side,
            taker: Some(taker.account()),
            maximum: WHOLE,
            not_before_ms: 0,
            terms: Terms { bond_bps, ..terms(site) },
        };
        (quote, traders.desk_key.sign(&quote.hash()))
    };
    let (quote, signature) = signed(site, QuoteSide::Sell);
    let sells = "the first of its number, the desk sells";
    site.case(KIND, "take_quote", sells, taker.account(), &(quote, signature, PART, reference));
    let action = Action::TakeQuote { quote, signature, amount: PART, reference };
    site.relayed(KIND, "TakeQuote, the desk sells", taker, &action);
    let (quote, signature) = signed(site, QuoteSide::Buy);
    let buys = "the first of its number, the desk buys";
    site.case(KIND, "take_quote", buys, taker.account(), &(quote, signature, PART, reference));
}

fn of_payments(site: &mut Site, traders: &Traders, reservation: ReservationId, paid: ReservationId) {
    let (taker, payment, evidence): (&Wallet, Hash, Hash) = (&traders.taker, hash("payment"), hash("evidence"));
    site.case(KIND, "declare_paid", "in time", taker.account(), &(reservation, payment));
    site.relayed(KIND, "DeclarePaid", taker, &Action::DeclarePaid { reservation, payment });
    site.case(KIND, "dispute", "with a bond", taker.account(), &(paid, evidence));
    site.relayed(KIND, "Dispute", taker, &Action::Dispute { reservation: paid, evidence });
}

fn of_endings(site: &mut Site, traders: &Traders, sold: ReservationId, closed: ReservationId) {
    let (maker, taker) = (&traders.maker, &traders.taker);
    site.case(KIND, "confirm", "nothing is left of the offer", maker.account(), &sold);
    site.relayed(KIND, "Confirm, nothing is left of the offer", maker, &Action::Confirm { reservation: sold });
    let situation = "the offer is closed, the bond burns";
    site.case(KIND, "give_up", situation, taker.account(), &closed);
    let action = Action::GiveUp { reservation: closed };
    site.relayed(KIND, "GiveUp, the offer is closed, the bond burns", taker, &action);
}

fn of_desks(site: &mut Site, traders: &Traders) {
    let desk = &traders.desk;
    let key = Some(DeviceKey::ecdsa("another desk").public());
    site.case(KIND, "set_desk", "a new one with an ECDSA key", account("admin"), &(account("another desk"), key));
    site.case(KIND, "fund", "more", desk.account(), &PART);
    site.relayed(KIND, "Fund", desk, &Action::Fund { amount: PART });
    site.case(KIND, "withdraw", "a part", desk.account(), &PART);
    site.relayed(KIND, "Withdraw", desk, &Action::Withdraw { amount: PART });
    site.case(KIND, "revoke_quote", "before any was taken", desk.account(), &9u64);
    site.relayed(KIND, "RevokeQuote", desk, &Action::RevokeQuote { id: 9 });
}
