//! Offers and reservations.

use super::{hash, pick, Kind, Offer, Reservation, Step, World};
use crate::common::account;
use bizkey_primitives::{
    events::*,
    otc::{Currency, Ending, Origin, Price, Terms, Trader},
};
use std::collections::BTreeMap;

impl World {
    pub(super) fn otc(&mut self, step: &Step) -> Option<Vec<Event>> {
        let Step { kind, pick: at, amount, flag } = *step;
        let (wanted, to) = (u128::from(amount), account(1 + (amount % 6) as u8));
        let currency = Currency(if flag { *b"CNY\0\0\0\0\0\0\0\0\0" } else { *b"USDT-TRON\0\0\0" });
        let at_stage = |least: u8, most: u8, those: &BTreeMap<u64, Reservation>| {
            let these: Vec<_> =
                those.iter().filter(|(_, one)| (least..=most).contains(&one.stage)).map(|(id, _)| *id).collect();
            pick(at, these.into_iter())
        };
        Some(match kind {
            Kind::Offer => {
                let offer = self.offers.len() as u64 + 1;
                self.offers.insert(offer, Offer { left: wanted, open: 0, is_closed: false });
                let terms = Terms {
                    currency,
                    price: Price { minor_units: u128::MAX, tokens: u64::MAX },
                    minimum: 1,
                    bond_bps: 100,
                    pay_within_ms: 10,
                    dispute_within_ms: 20,
                    expires_ms: 30,
                    instructions: hash(11, at),
                };
                vec![Event::OtcOfferOpened(OtcOfferOpened { offer, maker: to, amount: wanted, terms })]
            }
            Kind::CloseOffer => {
                let open = self.offers.iter().filter(|(_, one)| !one.is_closed).map(|(offer, _)| *offer);
                let offer = pick(at, open)?;
                let found = self.offers.get_mut(&offer)?;
                found.is_closed = true;
                let returned = std::mem::take(&mut found.left);
                vec![Event::OtcOfferClosed(OtcOfferClosed { offer, returned })]
            }
            Kind::Reserve => {
                let open = self.offers.iter().filter(|(_, one)| one.left > 0).map(|(offer, _)| *offer);
                let (origin, amount) = match (pick(at, open), amount % 4) {
                    (Some(offer), 1..) => {
                        let found = self.offers.get_mut(&offer)?;
                        let amount = wanted.min(found.left);
                        (found.left, found.open) = (found.left - amount, found.open + 1);
                        (Origin::Offer(offer), amount)
                    }
                    _ if flag => (Origin::DeskSells(at as u64), wanted),
                    _ => (Origin::DeskBuys(at as u64), wanted),
                };
                let reservation = self.reservations.len() as u64 + 1;
                let offer = if let Origin::Offer(offer) = origin { Some(offer) } else { None };
                self.reservations.insert(reservation, Reservation { offer, amount, stage: 0 });
                vec![Event::OtcReserved(OtcReserved {
                    reservation,
                    origin,
                    seller: account(1),
                    buyer: to,
                    amount,
                    bond: 1,
                    currency,
                    cost: 1 << 90,
                    reference: hash(12, at),
                    pay_by_ms: 10,
                })]
            }
            Kind::Pay => {
                let reservation = at_stage(0, 0, &self.reservations)?;
                self.reservations.get_mut(&reservation)?.stage = 1;
                let payment = hash(13, at);
                vec![Event::OtcPaymentDeclared(OtcPaymentDeclared { reservation, payment, dispute_by_ms: 20 })]
            }
            Kind::Dispute => {
                let reservation = at_stage(1, 1, &self.reservations)?;
                self.reservations.get_mut(&reservation)?.stage = 2;
                let (opener, evidence) = (if flag { Trader::Seller } else { Trader::Buyer }, hash(14, at));
                vec![Event::OtcDisputed(OtcDisputed { reservation, opener, bond: 1, evidence, decide_by_ms: 30 })]
            }
            Kind::End => {
                let reservation = at_stage(0, 2, &self.reservations)?;
                let found = self.reservations.get_mut(&reservation)?;
                let winner = if flag { Trader::Seller } else { Trader::Buyer };
                let ending = match (found.stage, amount % 3) {
                    (_, 0) => Ending::Confirmed,
                    (_, 1) => Ending::GivenUp,
                    (0, _) => Ending::Lapsed,
                    (1, _) => Ending::Unclaimed,
                    (_, _) if amount % 2 == 0 => Ending::Undecided,
                    (_, _) => Ending::Decided { winner, reason: hash(15, at) },
                };
                found.stage = 3;
                let mut events = vec![Event::OtcSettled(OtcSettled { reservation, ending })];
                let to_buyer =
                    ending == Ending::Confirmed || matches!(ending, Ending::Decided { winner: Trader::Buyer, .. });
                if let Some(number) = found.offer {
                    let offer = self.offers.get_mut(&number)?;
                    offer.open -= 1;
                    if !to_buyer && !offer.is_closed {
                        offer.left += found.amount;
                    }
                    if !offer.is_closed && offer.left == 0 && offer.open == 0 {
                        offer.is_closed = true;
                        events.push(Event::OtcOfferClosed(OtcOfferClosed { offer: number, returned: 0 }));
                    }
                }
                events
            }
            _ => return None,
        })
    }
}
