//! Time that was sold, and Bzky's price.

use super::{Place, Writer};
use crate::{
    model::SaleState,
    store::{
        codes::{code, SALE_STATES},
        relations,
        sql::values,
    },
    Result,
};
use bizkey_primitives::{
    events::{BzkyPriceAnchored, BzkyPriceSet, FiatSaleBooked, TimeSold},
    Balance, Hash,
};

impl Writer<'_> {
    pub(super) async fn bzky_price_anchored(&mut self, place: Place, event: &BzkyPriceAnchored) -> Result<()> {
        self.price(place, event.price, None).await
    }

    pub(super) async fn bzky_price_set(&mut self, place: Place, event: &BzkyPriceSet) -> Result<()> {
        self.price(place, event.price, Some(event.dated_ms)).await
    }

    async fn price(&mut self, place: Place, price: u64, dated_ms: Option<u64>) -> Result<()> {
        let sql = "INSERT INTO bzky_prices (block, event, price, dated_ms) VALUES ($1, $2, $3, $4)";
        let values = values![place.block, place.event, price, dated_ms];
        self.add(&relations::BZKY_PRICES, "storing Bzky's price", sql, values).await
    }

    pub(super) async fn time_sold(&mut self, place: Place, event: &TimeSold) -> Result<()> {
        let sql = "INSERT INTO time_sales (block, event, buyer, amount, paid, state) VALUES ($1, $2, $3, $4, $5, $6)";
        let state = code(&SALE_STATES, &SaleState::Done);
        let values = values![place.block, place.event, &event.buyer, event.amount, event.paid, state];
        self.add(&relations::TIME_SALES, "storing a sale of Time", sql, values).await
    }

    pub(super) async fn fiat_sale_booked(&mut self, place: Place, event: &FiatSaleBooked) -> Result<()> {
        let sql = "INSERT INTO time_sales (block, event, buyer, amount, paid, payment, state)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let (paid, state) = (Balance::from(event.paid), code(&SALE_STATES, &SaleState::Pending));
        let values = values![place.block, place.event, &event.to, event.amount, paid, &event.payment, state];
        self.add(&relations::TIME_SALES, "storing a sale of Time", sql, values).await
    }

    /// A sale for fiat ended: its Time was minted, or never will be.
    pub(super) async fn fiat_sale_settled(&mut self, place: Place, payment: &Hash, state: SaleState) -> Result<()> {
        let sql = "SELECT block, event FROM time_sales WHERE payment = $1";
        let sale = self.find("finding a sale of Time", sql, values![payment], |row| {
            Ok((row.integer::<u32>("block")?, row.integer::<u32>("event")?))
        });
        let Some((block, event)) = sale.await? else { return Ok(()) };
        let sql = "UPDATE time_sales SET state = $3, settled_block = $4 WHERE block = $1 AND event = $2";
        let values = values![block, event, code(&SALE_STATES, &state), place.block];
        self.change(&relations::TIME_SALES, "storing the end of a sale", sql, values).await
    }
}
