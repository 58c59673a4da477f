//! Lists of voids.

use super::{
    receipts::{receipt, COLUMNS},
    select::Select,
};
use crate::{
    model::{Position, Void, VoidFilter},
    store::{
        sql::{fetch, values},
        Store,
    },
    Result,
};

impl Store {
    /// A page of voids, in chain order, each with its place: those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn voids(&self, filter: VoidFilter, after: Position, limit: u32) -> Result<Vec<(Position, Void)>> {
        let sql = format!(
            "SELECT {COLUMNS}, v.epoch AS void_epoch, v.block AS void_block, v.event AS void_event
             FROM voids v JOIN receipts r ON r.id = v.receipt WHERE (v.block, v.event) > ($1, $2)"
        );
        let select = Select::new(sql, values![after.block, after.event]);
        let select = select.equal("v.merchant", filter.merchant).equal("v.epoch", filter.epoch);
        let (sql, values) = select.page("v.block, v.event", limit);
        fetch(self.reader(), "reading voids", sql, values, |row| {
            let position = Position { block: row.integer("void_block")?, event: row.integer("void_event")? };
            let void = Void { epoch: row.integer("void_epoch")?, block: position.block, receipt: receipt(row)? };
            Ok((position, void))
        })
        .await
    }
}
