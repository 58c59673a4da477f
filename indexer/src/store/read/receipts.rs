//! Receipts and voids.

use super::select::Select;
use crate::{
    model::{all_pages, page_size, Receipt, ReceiptFilter, Void, MAX_PAGE},
    store::{
        codes::{CHANNELS, RAILS, VALIDITIES},
        sql::{fetch, fetch_one, values, Columns},
        Store,
    },
    Result,
};
use bizkey_primitives::{DeviceId, Epoch, MerchantIndex};

pub(super) const COLUMNS: &str =
    "r.id, r.device, r.seq, r.position, r.block, r.epoch, r.merchant, r.customer, r.channel, r.rail,
                       r.amount, r.reference, r.at_ms, r.validity, r.voided_epoch";

pub(super) fn receipt(row: &Columns) -> Result<Receipt> {
    Ok(Receipt {
        id: row.wide("id")?,
        device: row.integer("device")?,
        seq: row.wide("seq")?,
        position: row.integer("position")?,
        block: row.integer("block")?,
        epoch: row.integer("epoch")?,
        merchant: row.integer("merchant")?,
        customer: row.optional("customer")?,
        channel: row.choice("channel", &CHANNELS)?,
        rail: row.choice("rail", &RAILS)?,
        amount: row.wide("amount")?,
        reference: row.bytes("reference")?,
        at_ms: row.wide("at_ms")?,
        validity: row.choice("validity", &VALIDITIES)?,
        voided_epoch: row.optional("voided_epoch")?,
    })
}

/// The receipts with these numbers, so far.
fn numbered(numbers: std::ops::Range<u64>) -> Select {
    let sql = format!("SELECT {COLUMNS} FROM receipts r WHERE r.id >= $1 AND r.id < $2");
    Select::new(sql, values![numbers.start, numbers.end])
}

impl Store {
    /// A page of receipts in chain order, those after the receipt numbered
    /// `after`; at most `limit`, itself at most [`MAX_PAGE`].
    ///
    /// # Errors
    /// Those of the database.
    pub async fn receipts(&self, filter: ReceiptFilter, after: u64, limit: u32) -> Result<Vec<Receipt>> {
        // An epoch is a range of numbers, so it needs no index of its own.
        let range = match filter.epoch {
            Some(epoch) => self.receipts_range(epoch).await?,
            None => 0..i64::MAX as u64,
        };
        let first = range.start.max(after.saturating_add(1));
        if first >= range.end {
            return Ok(Vec::new());
        }
        let (sql, values) = numbered(first..range.end)
            .equal("r.merchant", filter.merchant)
            .equal("r.customer", filter.customer)
            .equal("r.epoch", filter.epoch)
            .page("r.id", limit);
        fetch(self.reader(), "reading receipts", sql, values, receipt).await
    }

    /// Receipts with these numbers, of one shop or of all; at most `limit`,
    /// itself at most [`MAX_PAGE`].
    ///
    /// # Errors
    /// Those of the database.
    pub async fn receipts_numbered(
        &self,
        numbers: std::ops::Range<u64>,
        merchant: Option<MerchantIndex>,
        limit: u32,
    ) -> Result<Vec<Receipt>> {
        let (sql, values) = numbered(numbers).equal("r.merchant", merchant).page("r.id", limit);
        fetch(self.reader(), "reading receipts", sql, values, receipt).await
    }

    /// All receipts of an epoch in chain order, invalid and voided ones too.
    /// For an epoch of many millions, page through [`Store::receipts`] instead.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn receipts_of_epoch(&self, epoch: Epoch) -> Result<Vec<Receipt>> {
        let filter = ReceiptFilter { epoch: Some(epoch), ..ReceiptFilter::default() };
        all_pages(|after| self.receipts(filter, after.unwrap_or(0), MAX_PAGE), |receipt| receipt.id).await
    }

    /// One receipt by its place on chain.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn receipt(&self, device: DeviceId, seq: u64, position: u16) -> Result<Option<Receipt>> {
        let sql = format!(
            "SELECT {COLUMNS}
             FROM batches b JOIN receipts r ON r.id = b.first_receipt + $3 AND r.epoch = b.epoch
             WHERE b.device = $1 AND b.seq = $2 AND r.device = $1 AND r.seq = $2 AND r.position = $3"
        );
        fetch_one(self.reader(), "reading a receipt", sql, values![device, seq, position], receipt).await
    }

    /// The voids booked in an epoch, in chain order, with their receipts, which
    /// may be of this or an earlier epoch.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn voids_of_epoch(&self, epoch: Epoch) -> Result<Vec<Void>> {
        let page = |after: Option<(u32, u32)>| self.voids_after(epoch, after.unwrap_or((0, 0)), MAX_PAGE);
        let voids = all_pages(page, |(place, _)| *place).await?;
        Ok(voids.into_iter().map(|(_, void)| void).collect())
    }

    /// A page of the voids booked in an epoch, in chain order, each with its
    /// place: the block and its event. Those after the place `after`; at most
    /// `limit`, itself at most [`MAX_PAGE`].
    ///
    /// # Errors
    /// Those of the database.
    pub async fn voids_after(&self, epoch: Epoch, after: (u32, u32), limit: u32) -> Result<Vec<((u32, u32), Void)>> {
        let sql = format!(
            "SELECT {COLUMNS}, v.block AS void_block, v.event AS void_event
             FROM voids v JOIN receipts r ON r.id = v.receipt
             WHERE v.epoch = $1 AND (v.block, v.event) > ($2, $3) ORDER BY v.block, v.event LIMIT $4"
        );
        let values = values![epoch, after.0, after.1, page_size(limit)];
        fetch(self.reader(), "reading voids", sql, values, |row| {
            let block: u32 = row.integer("void_block")?;
            Ok(((block, row.integer("void_event")?), Void { epoch, block, receipt: receipt(row)? }))
        })
        .await
    }

    /// Merchants with a batch in an epoch, as `receipts.merchants_seen`
    /// counts, and receipts announced in it, as `receipts.receipts_in`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn epoch_counts(&self, epoch: Epoch) -> Result<(u32, u64)> {
        let sql = "SELECT COUNT(*) AS merchants FROM (SELECT DISTINCT merchant FROM batches WHERE epoch = $1) seen";
        let read = |row: &Columns| row.integer("merchants");
        let merchants = fetch_one(self.reader(), "counting merchants", sql, values![epoch], read).await?;
        let announced = self.epoch(epoch).await?.map_or(0, |summary| summary.announced);
        Ok((merchants.unwrap_or(0), announced))
    }

    /// The last batch of a device: its sequence number.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn last_seq(&self, device: DeviceId) -> Result<Option<u64>> {
        let sql = "SELECT seq FROM batches WHERE device = $1 ORDER BY seq DESC LIMIT 1";
        fetch_one(self.reader(), "reading a device's last batch", sql, values![device], |row| row.wide("seq")).await
    }
}
