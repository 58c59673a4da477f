//! The receipts of an export, page by page, all of one chain.

use super::broken_off;
use crate::{
    model::{Receipt, ReceiptFilter, MAX_PAGE},
    store::Store,
    Result,
};
use bizkey_primitives::Epoch;

/// Rows are read while the chain goes on. New blocks only add receipts after
/// `end`; if one that was there at the start is undone, the rows before and
/// after would not belong together, and the export breaks off.
///
/// A void that is booked meanwhile may show in rows that were not read yet.
pub(super) struct Rows {
    store: Store,
    filter: ReceiptFilter,
    /// The last receipt sent.
    after: u64,
    /// The first receipt not wanted.
    end: u64,
    /// The highest block at the start.
    block: Option<(u32, [u8; 32])>,
}

impl Rows {
    pub async fn start(store: Store, filter: ReceiptFilter, epoch: Epoch) -> Result<Self> {
        let last = loop {
            let Some(checkpoint) = store.checkpoint().await? else {
                return Ok(Self { store, filter, after: 0, end: 0, block: None });
            };
            // There is none if the chain turned away from the block in between.
            if let Some(last) = store.blocks_after(checkpoint.number.saturating_sub(1), 1).await?.pop() {
                break last;
            }
        };
        let range = store.receipts_range(epoch).await?;
        Ok(Self {
            store,
            filter,
            after: range.start.saturating_sub(1),
            end: range.end.min(last.receipts.end),
            block: Some((last.checkpoint.number, last.checkpoint.hash)),
        })
    }

    /// The next page; `None` once all were given.
    ///
    /// # Errors
    /// When the chain has turned, and those of the database.
    pub async fn next(&mut self) -> Result<Option<Vec<Receipt>>, Box<dyn std::error::Error + Send + Sync>> {
        let is_open = self.after.saturating_add(1) < self.end;
        let mut page = if is_open { self.store.receipts(self.filter, self.after, MAX_PAGE).await? } else { Vec::new() };
        // Of the end too: it was read after the block.
        if let Some((number, hash)) = self.block {
            if self.store.block_hash(number).await? != Some(hash) {
                return Err(broken_off(format!("the chain turned away from block {number}")).into());
            }
        }
        page.retain(|receipt| receipt.id < self.end);
        let Some(last) = page.last() else { return Ok(None) };
        self.after = last.id;
        Ok(Some(page))
    }
}
