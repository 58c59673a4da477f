//! Everything a trader or desk does by its signature, carried by somebody else.

use super::market::{hash, refused, Market, KIND, MINIMUM, OFFERED, PART};
use bizkey_primitives::{
    action::otc::Action,
    errors::otc::Error,
    otc::{Origin, QuoteSide},
};

pub fn parts(market: &mut Market) {
    market.rolled_back(a_trade_without_native_coin);
    market.rolled_back(a_desk_without_native_coin);
    market.rolled_back(a_refused_action_uses_no_nonce);
}

/// An offer, reservations and all that can become of them.
fn a_trade_without_native_coin(market: &mut Market) {
    let (maker, taker, terms, reference) =
        (market.network.actor("maker"), market.network.actor("taker"), market.terms(), hash(1));
    let network = &mut *market.network;
    let other = Action::OpenOffer { terms, amount: OFFERED + 1 };
    let action = Action::OpenOffer { terms, amount: OFFERED };
    network.relay_as_called(KIND, &maker, ("open_offer", &(terms, OFFERED)), &action, &other);
    let (offer, _) = network.read::<(u64, u64)>(KIND, "counts", &());
    let reserve = Action::Reserve { offer, amount: PART, reference };
    for other in [
        Action::Reserve { offer, amount: PART + 1, reference },
        Action::Reserve { offer, amount: PART, reference: hash(2) },
    ] {
        network.relay_as_called(KIND, &taker, ("reserve", &(offer, PART, reference)), &reserve, &other);
    }
    let (_, second) = network.read::<(u64, u64)>(KIND, "counts", &());
    let first = second - 1;
    let declare = |reservation| Action::DeclarePaid { reservation, payment: hash(2) };
    let called = ("declare_paid", &(first, hash(2)));
    network.relay_as_called(KIND, &taker, called, &declare(first), &declare(second));
    let give_up = |reservation| Action::GiveUp { reservation };
    network.relay_as_called(KIND, &taker, ("give_up", &second), &give_up(second), &give_up(first));
    let dispute = |evidence| Action::Dispute { reservation: first, evidence };
    let called = ("dispute", &(first, hash(3)));
    network.relay_as_called(KIND, &taker, called, &dispute(hash(3)), &dispute(hash(4)));
    let close = Action::CloseOffer { offer };
    let confirm = |reservation| Action::Confirm { reservation };
    network.relay_as_called(KIND, &maker, ("confirm", &first), &confirm(first), &close);
    network.relay_as_called(KIND, &maker, ("close_offer", &offer), &close, &confirm(first));
    let float = market.float();
    market.escrow_is(float);
}

/// Its float and quotes; and the taker of one.
fn a_desk_without_native_coin(market: &mut Market) {
    let (desk, taker) = (market.network.actor("desk"), market.network.actor("taker"));
    let float = market.float();
    let quote = market.quote(QuoteSide::Sell, 70);
    let (signature, reference) = (market.signed(&quote), hash(1));
    let network = &mut *market.network;
    let fund = |amount| Action::Fund { amount };
    network.relay_as_called(KIND, &desk, ("fund", &OFFERED), &fund(OFFERED), &fund(MINIMUM));
    let take = |amount| Action::TakeQuote { quote, signature, amount, reference };
    let called = ("take_quote", &(quote, signature, PART, reference));
    network.relay_as_called(KIND, &taker, called, &take(PART), &take(MINIMUM));
    let revoke = |id| Action::RevokeQuote { id };
    network.relay_as_called(KIND, &desk, ("revoke_quote", &70u64), &revoke(70), &revoke(71));
    let withdraw = |amount| Action::Withdraw { amount };
    network.relay_as_called(KIND, &desk, ("withdraw", &PART), &withdraw(PART), &withdraw(MINIMUM));
    let (_, id) = network.read::<(u64, u64)>(KIND, "counts", &());
    let reservation = market.reservation(id).unwrap();
    assert_eq!((reservation.buyer, reservation.origin), (taker.account(), Origin::DeskSells(70)), "the signer's");
    assert_eq!(market.float(), float + OFFERED - 2 * PART);
}

/// Each action is refused as its message would be, for its signer; and can be
/// carried again when what was in its way is gone.
fn a_refused_action_uses_no_nonce(market: &mut Market) {
    let (maker, taker, stranger) =
        (market.network.actor("maker"), market.network.actor("taker"), market.network.actor("stranger"));
    let offer = market.open();
    let reservation = market.reserve(offer);
    let quote = market.quote(QuoteSide::Sell, 9);
    let (signature, reference, terms) = (market.signed(&quote), hash(1), market.terms());
    let network = &mut *market.network;
    for (signer, action, error) in [
        (&maker, Action::OpenOffer { terms, amount: 0 }, Error::AmountOutOfBounds),
        (&taker, Action::CloseOffer { offer }, Error::NotMaker),
        (&maker, Action::Reserve { offer, amount: PART, reference }, Error::SelfTrade),
        (&taker, Action::TakeQuote { quote, signature, amount: 0, reference }, Error::AmountOutOfBounds),
        (&maker, Action::DeclarePaid { reservation, payment: reference }, Error::NotBuyer),
        (&taker, Action::Confirm { reservation }, Error::NotSeller),
        (&maker, Action::GiveUp { reservation }, Error::NotBuyer),
        (&stranger, Action::Dispute { reservation, evidence: reference }, Error::NotParty),
        (&stranger, Action::Fund { amount: 1 }, Error::UnknownDesk),
        (&stranger, Action::Withdraw { amount: 1 }, Error::FloatTooLow),
        (&stranger, Action::RevokeQuote { id: 1 }, Error::UnknownDesk),
    ] {
        let before = network.snapshot();
        assert_eq!(network.relay(KIND, signer, &action), refused(error), "{action:?}");
        assert!(network.snapshot() == before, "{action:?} was refused and changed something");
    }
    let dispute = Action::Dispute { reservation, evidence: reference };
    let authorization = network.authorize(KIND, &taker, &dispute);
    assert_eq!(network.carry(KIND, &dispute, authorization), refused(Error::NotPaid));
    network.call::<()>(taker.account(), KIND, "declare_paid", &(reservation, reference)).unwrap();
    assert_eq!(network.carry(KIND, &dispute, authorization), Ok(()));
}
