//! Offers of Bzky, and what was reserved of them and of desks' quotes.

use super::{Place, Writer};
use crate::{
    error::contradiction,
    model::ReservationStage,
    store::{
        codes::{code, STAGES, TRADERS},
        relations,
        sql::values,
    },
    Result,
};
use bizkey_primitives::{
    events::{OtcDisputed, OtcOfferClosed, OtcOfferOpened, OtcPaymentDeclared, OtcReserved, OtcSettled},
    otc::{Ending, OfferId, Origin, Trader},
    Balance,
};
use codec::Encode;

/// Where a reservation's Bzky comes from, as the column `origin` has it.
pub(in crate::store) const OFFER: u8 = 0;
pub(in crate::store) const DESK_SELLS: u8 = 1;
pub(in crate::store) const DESK_BUYS: u8 = 2;

/// What is left of an offer.
struct Left {
    amount: Balance,
    reservations: u32,
    is_closed: bool,
}

impl Writer<'_> {
    pub(super) async fn otc_offer_opened(&mut self, place: Place, event: &OtcOfferOpened) -> Result<()> {
        let sql = "INSERT INTO offers (offer, maker, amount, currency, terms, block, left_over, reservations)
                   VALUES ($1, $2, $3, $4, $5, $6, $3, 0)";
        let (currency, terms) = (&event.terms.currency.0[..], event.terms.encode());
        let values = values![event.offer, &event.maker, event.amount, currency, terms, place.block];
        self.add(&relations::OFFERS, "storing an offer", sql, values).await
    }

    pub(super) async fn otc_offer_closed(&mut self, place: Place, event: &OtcOfferClosed) -> Result<()> {
        let sql = "UPDATE offers SET left_over = $2, closed_block = $3, returned = $4 WHERE offer = $1";
        let values = values![event.offer, 0u128, place.block, event.returned];
        self.change(&relations::OFFERS, "storing the end of an offer", sql, values).await
    }

    pub(super) async fn otc_reserved(&mut self, place: Place, event: &OtcReserved) -> Result<()> {
        let (origin, origin_id) = match event.origin {
            Origin::Offer(offer) => (OFFER, offer),
            Origin::DeskSells(quote) => (DESK_SELLS, quote),
            Origin::DeskBuys(quote) => (DESK_BUYS, quote),
        };
        if let Origin::Offer(offer) = event.origin {
            self.change_offer(place, offer, |left| {
                let amount = left.amount.checked_sub(event.amount)?;
                Some(Left { amount, reservations: left.reservations.checked_add(1)?, ..left })
            })
            .await?;
        }
        let sql = "INSERT INTO reservations (reservation, origin, origin_id, seller, buyer, amount, bond, currency,
                                             cost, reference, block, stage, until_ms)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let values = values![
            event.reservation,
            origin,
            origin_id,
            &event.seller,
            &event.buyer,
            event.amount,
            event.bond,
            &event.currency.0[..],
            event.cost,
            &event.reference,
            place.block,
            code(&STAGES, &ReservationStage::Reserved),
            event.pay_by_ms,
        ];
        self.add(&relations::RESERVATIONS, "storing a reservation", sql, values).await
    }

    pub(super) async fn otc_payment_declared(&mut self, event: &OtcPaymentDeclared) -> Result<()> {
        let sql = "UPDATE reservations SET stage = $2, until_ms = $3, payment = $4 WHERE reservation = $1";
        let stage = code(&STAGES, &ReservationStage::Paid);
        let values = values![event.reservation, stage, event.dispute_by_ms, &event.payment];
        self.change(&relations::RESERVATIONS, "storing a payment", sql, values).await
    }

    pub(super) async fn otc_disputed(&mut self, event: &OtcDisputed) -> Result<()> {
        let sql = "UPDATE reservations SET stage = $2, until_ms = $3, opener = $4, opener_bond = $5, evidence = $6
                   WHERE reservation = $1";
        let (stage, opener) = (code(&STAGES, &ReservationStage::Disputed), code(&TRADERS, &event.opener));
        let values = values![event.reservation, stage, event.decide_by_ms, opener, event.bond, &event.evidence];
        self.change(&relations::RESERVATIONS, "storing a dispute of a reservation", sql, values).await
    }

    /// What goes back joins its offer, if that is not closed (`otc`, books).
    pub(super) async fn otc_settled(&mut self, place: Place, event: &OtcSettled) -> Result<()> {
        let sql = "SELECT origin, origin_id, amount FROM reservations WHERE reservation = $1";
        let found = self.find("reading a reservation", sql, values![event.reservation], |row| {
            Ok((row.integer::<u8>("origin")?, row.wide("origin_id")?, row.amount("amount")?))
        });
        if let Some((OFFER, offer, amount)) = found.await? {
            let back = if goes_back(event.ending) { amount } else { 0 };
            self.change_offer(place, offer, |left| {
                let amount = if left.is_closed { left.amount } else { left.amount.checked_add(back)? };
                Some(Left { amount, reservations: left.reservations.checked_sub(1)?, ..left })
            })
            .await?;
        }
        let sql = "UPDATE reservations SET stage = $2, ending = $3, settled_block = $4 WHERE reservation = $1";
        let stage = code(&STAGES, &ReservationStage::Ended);
        let values = values![event.reservation, stage, event.ending.encode(), place.block];
        self.change(&relations::RESERVATIONS, "storing the end of a reservation", sql, values).await
    }

    async fn change_offer(&mut self, place: Place, offer: OfferId, with: impl Fn(Left) -> Option<Left>) -> Result<()> {
        let sql = "SELECT left_over, reservations, closed_block FROM offers WHERE offer = $1";
        let left = self.find("reading an offer", sql, values![offer], |row| {
            let (amount, reservations) = (row.amount("left_over")?, row.integer("reservations")?);
            Ok(Left { amount, reservations, is_closed: row.optional::<u32>("closed_block")?.is_some() })
        });
        let left = left.await?.and_then(with).ok_or_else(|| {
            let what = format!("offer {offer} is not known, or what is left of it would pass its bounds");
            contradiction(place.block, place.event, what)
        })?;
        let sql = "UPDATE offers SET left_over = $2, reservations = $3 WHERE offer = $1";
        let values = values![offer, left.amount, left.reservations];
        self.change(&relations::OFFERS, "storing what is left of an offer", sql, values).await
    }
}

/// Whether a reservation's Bzky goes back where it came from (`otc`, outcome).
const fn goes_back(ending: Ending) -> bool {
    !matches!(ending, Ending::Confirmed | Ending::Decided { winner: Trader::Buyer, .. })
}
