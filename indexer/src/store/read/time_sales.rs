//! Time that was sold, and Bzky's price.

use super::select::{position, Select};
use crate::{
    model::{page_size, BzkyPrice, Paid, Position, TimeSale},
    store::{
        codes::SALE_STATES,
        sql::{fetch, fetch_one, values, Columns},
        Store,
    },
    Error, Result,
};
use bizkey_primitives::AccountId;

fn sale(row: &Columns) -> Result<TimeSale> {
    let amount = row.amount("paid")?;
    let altered = |_| Error::Altered { column: "paid", value: amount.to_string() };
    let paid = match row.optional_hash("payment")? {
        None => Paid::Bzky(amount),
        Some(payment) => Paid::Fiat { amount: u64::try_from(amount).map_err(altered)?, payment },
    };
    Ok(TimeSale {
        position: position(row)?,
        buyer: row.account("buyer")?,
        amount: row.amount("amount")?,
        paid,
        state: row.choice("state", &SALE_STATES)?,
        settled_block: row.optional("settled_block")?,
    })
}

fn price(row: &Columns) -> Result<BzkyPrice> {
    let dated_ms = row.optional_wide("dated_ms")?;
    Ok(BzkyPrice { position: position(row)?, price: row.wide("price")?, dated_ms })
}

impl Store {
    /// A page of sales of Time, of one buyer or all, in chain order, those
    /// after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn time_sales_after(
        &self,
        buyer: Option<&AccountId>,
        after: Position,
        limit: u32,
    ) -> Result<Vec<TimeSale>> {
        let sql = "SELECT block, event, buyer, amount, paid, payment, state, settled_block FROM time_sales
                   WHERE (block, event) > ($1, $2)";
        let select = Select::new(sql, values![after.block, after.event]).equal("buyer", buyer);
        let (sql, values) = select.page("block, event", limit);
        fetch(self.reader(), "reading sales of Time", sql, values, sale).await
    }

    /// A page of Bzky's prices, in chain order, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn bzky_prices_after(&self, after: Position, limit: u32) -> Result<Vec<BzkyPrice>> {
        let sql = "SELECT block, event, price, dated_ms FROM bzky_prices WHERE (block, event) > ($1, $2)
                   ORDER BY block, event LIMIT $3";
        let values = values![after.block, after.event, page_size(limit)];
        fetch(self.reader(), "reading Bzky's prices", sql, values, price).await
    }

    /// Bzky's price now; `None` before the first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn bzky_price(&self) -> Result<Option<BzkyPrice>> {
        let sql = "SELECT block, event, price, dated_ms FROM bzky_prices ORDER BY block DESC, event DESC LIMIT 1";
        fetch_one(self.reader(), "reading Bzky's price", sql, values![], price).await
    }
}
