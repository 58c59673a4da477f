//! Offers of Bzky, and what was reserved of them.

use super::select::Select;
use crate::{
    model::{Offer, OfferFilter, Reservation, ReservationDispute, ReservationFilter},
    store::{
        codes::{STAGES, TRADERS},
        sql::{fetch, fetch_one, values, Columns},
        write::otc::{DESK_BUYS, DESK_SELLS, OFFER},
        Store,
    },
    Error, Result,
};
use bizkey_primitives::otc::{Currency, OfferId, Origin, ReservationId};

const OFFERS: &str = "SELECT offer, maker, amount, terms, block, left_over, reservations, closed_block, returned
                      FROM offers WHERE offer";
const RESERVATIONS: &str = "SELECT reservation, origin, origin_id, seller, buyer, amount, bond, currency, cost,
                                   reference, block, stage, until_ms, payment, opener, opener_bond, evidence, ending,
                                   settled_block FROM reservations WHERE reservation";

fn offer(row: &Columns) -> Result<Offer> {
    Ok(Offer {
        offer: row.wide("offer")?,
        maker: row.account("maker")?,
        amount: row.amount("amount")?,
        terms: row.scale("terms")?,
        left: row.amount("left_over")?,
        open: row.integer("reservations")?,
        block: row.integer("block")?,
        closed_block: row.optional("closed_block")?,
        returned: row.optional_amount("returned")?,
    })
}

fn reservation(row: &Columns) -> Result<Reservation> {
    let number = row.wide("origin_id")?;
    let origin = match row.integer("origin")? {
        OFFER => Origin::Offer(number),
        DESK_SELLS => Origin::DeskSells(number),
        DESK_BUYS => Origin::DeskBuys(number),
        origin => return Err(Error::Altered { column: "origin", value: origin.to_string() }),
    };
    let dispute = match row.optional_choice("opener", &TRADERS)? {
        None => None,
        Some(opener) => {
            Some(ReservationDispute { opener, bond: row.amount("opener_bond")?, evidence: row.hash("evidence")? })
        }
    };
    Ok(Reservation {
        reservation: row.wide("reservation")?,
        origin,
        seller: row.account("seller")?,
        buyer: row.account("buyer")?,
        amount: row.amount("amount")?,
        bond: row.amount("bond")?,
        currency: Currency(row.bytes("currency")?),
        cost: row.amount("cost")?,
        reference: row.hash("reference")?,
        block: row.integer("block")?,
        stage: row.choice("stage", &STAGES)?,
        until_ms: row.wide("until_ms")?,
        payment: row.optional_hash("payment")?,
        dispute,
        ending: row.optional_scale("ending")?,
        settled_block: row.optional("settled_block")?,
    })
}

impl Store {
    /// A page of offers, by number, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn offers_after(&self, filter: OfferFilter, after: OfferId, limit: u32) -> Result<Vec<Offer>> {
        let currency = filter.currency.as_ref().map(|currency| &currency.0[..]);
        let select = Select::new(format!("{OFFERS} > $1"), values![after.min(i64::MAX as u64)])
            .equal("maker", filter.maker.as_ref());
        let select = select.equal("currency", currency).null("closed_block", filter.open);
        let (sql, values) = select.page("offer", limit);
        fetch(self.reader(), "reading offers", sql, values, offer).await
    }

    /// An offer.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn offer(&self, number: OfferId) -> Result<Option<Offer>> {
        fetch_one(self.reader(), "reading an offer", format!("{OFFERS} = $1"), values![number], offer).await
    }

    /// A page of reservations, by number, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn reservations_after(
        &self,
        filter: ReservationFilter,
        after: ReservationId,
        limit: u32,
    ) -> Result<Vec<Reservation>> {
        let select = Select::new(format!("{RESERVATIONS} > $1"), values![after.min(i64::MAX as u64)]);
        let select = select.equal("origin", filter.offer.map(|_| OFFER)).equal("origin_id", filter.offer);
        let (sql, values) = select.either(["seller", "buyer"], filter.trader.as_ref()).page("reservation", limit);
        fetch(self.reader(), "reading reservations", sql, values, reservation).await
    }
}
