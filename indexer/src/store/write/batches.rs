//! Devices, batches of receipts, voids.

use super::{Place, Writer};
use crate::{
    model::Validity,
    store::{
        codes::{code, CHANNELS, RAILS, VALIDITIES},
        insert::Insert,
        relations,
        sql::{execute, fetch_one, values, Value},
    },
    Result,
};
use bizkey_primitives::{
    events::{BatchRecorded, DeviceRegistered, DeviceStateChanged, ReceiptVoided},
    receipt::decode_payload,
    CustomerIndex, Epoch, MerchantIndex, Side,
};
use codec::Encode;

const BATCHES: Insert = Insert {
    head: "INSERT INTO batches (device, seq, block, event, epoch, merchant, announced, undecodable, first_receipt,
                                currency, at_ms)",
    columns: 11,
    tail: "",
};

const RECEIPTS: Insert = Insert {
    head: "INSERT INTO receipts (id, device, seq, position, block, epoch, merchant, customer, channel, rail, amount,
                                 reference, at_ms, validity)",
    columns: 14,
    tail: "",
};

/// Rows held back before they are written, so that a full block needs bounded memory.
const HELD_VALUES: usize = 16_384 * 14;

impl Writer<'_> {
    pub(super) async fn device_registered(&mut self, event: &DeviceRegistered) -> Result<()> {
        let sql = "INSERT INTO devices (device, merchant, key, active, block) VALUES ($1, $2, $3, 1, $4)";
        let values = values![event.device, event.merchant, event.key.encode(), self.block.number];
        self.log.added(&relations::DEVICES, &values[..1]);
        execute(self.connection, "storing a device", sql, values).await.map(drop)
    }

    pub(super) async fn device_state_changed(&mut self, event: &DeviceStateChanged) -> Result<()> {
        self.log.changing(self.connection, &relations::DEVICES, values![event.device]).await?;
        let sql = "UPDATE devices SET active = $2 WHERE device = $1";
        execute(self.connection, "storing a device's state", sql, values![event.device, event.active]).await.map(drop)
    }

    pub(super) async fn batch_recorded(&mut self, place: Place, batch: &BatchRecorded) -> Result<()> {
        let epoch = self.epoch(place)?;
        let payload = decode_payload(batch.count, &batch.payload);
        let first_receipt = self.receipts_end;
        self.applied.batches += 1;
        self.announced += u64::from(batch.count);
        let mut row = values![
            batch.device,
            batch.seq,
            place.block,
            place.event,
            epoch,
            batch.merchant,
            batch.count,
            payload.as_ref().map_or(batch.count, |payload| payload.undecodable),
            first_receipt,
        ];
        self.log.added(&relations::BATCHES, &row[..2]);
        let Some(payload) = payload else {
            row.extend([Value::NoBytes, Value::NoInteger]);
            self.batch_rows.extend(row);
            return Ok(());
        };
        row.extend(values![&payload.header.currency[..], payload.header.at_ms]);
        self.batch_rows.extend(row);
        let customers = self.known_customers().await?;
        let mut at_ms = payload.header.at_ms;
        for (position, receipt) in (0u16..).zip(&payload.receipts) {
            at_ms = at_ms.saturating_add(u64::from(receipt.delta_seconds).saturating_mul(1000));
            let customer = Some(receipt.customer).filter(|customer| (1..=customers).contains(customer));
            self.receipt_rows.extend(values![
                self.receipts_end,
                batch.device,
                batch.seq,
                position,
                place.block,
                epoch,
                batch.merchant,
                customer,
                code(&CHANNELS, &receipt.channel),
                code(&RAILS, &receipt.rail),
                receipt.amount,
                &receipt.reference[..],
                at_ms,
                code(&VALIDITIES, &Validity::of(receipt.amount)),
            ]);
            self.receipts_end += 1;
            self.applied.receipts += 1;
        }
        if self.receipt_rows.len() >= HELD_VALUES {
            self.flush_receipts().await?;
        }
        Ok(())
    }

    /// Books a void. Of an unknown receipt, or one voided before, it means
    /// nothing (architecture.md, receipts).
    pub(super) async fn receipt_voided(&mut self, place: Place, void: &ReceiptVoided) -> Result<()> {
        let epoch = self.epoch(place)?;
        // The receipt may stand in this very block.
        self.flush_receipts().await?;
        let Some((id, merchant, recorded)) = self.open_receipt(void).await? else { return Ok(()) };
        self.log.changing(self.connection, &relations::RECEIPTS, values![id]).await?;
        let sql = "UPDATE receipts SET voided_epoch = $2 WHERE id = $1 AND epoch = $3";
        execute(self.connection, "voiding a receipt", sql, values![id, epoch, recorded]).await?;
        let sql = "INSERT INTO voids (receipt, epoch, block, event, merchant) VALUES ($1, $2, $3, $4, $5)";
        let values = values![id, epoch, place.block, place.event, merchant];
        self.add(&relations::VOIDS, "storing a void", sql, values).await
    }

    /// Number, shop and epoch of the receipt that a void names, if it stands and is not
    /// voided.
    async fn open_receipt(&mut self, void: &ReceiptVoided) -> Result<Option<(u64, MerchantIndex, Epoch)>> {
        // A batch's receipts are numbered one after the other.
        let sql = "SELECT r.id, r.merchant, r.epoch, r.voided_epoch FROM batches b
                   JOIN receipts r ON r.id = b.first_receipt + $3 AND r.epoch = b.epoch
                   WHERE b.device = $1 AND b.seq = $2 AND r.device = $1 AND r.seq = $2 AND r.position = $3";
        let values = values![void.device, void.seq, void.index];
        let found = fetch_one(&mut *self.connection, "finding a receipt to void", sql, values, |row| {
            Ok((
                (row.wide("id")?, row.integer("merchant")?, row.integer("epoch")?),
                row.optional::<Epoch>("voided_epoch")?,
            ))
        });
        Ok(found.await?.filter(|(_, voided)| voided.is_none()).map(|(receipt, _)| receipt))
    }

    /// The highest customer index: indices count up from 1 without gaps.
    async fn known_customers(&mut self) -> Result<CustomerIndex> {
        if let Some(customers) = self.customers {
            return Ok(customers);
        }
        let sql = "SELECT MAX(party) AS customers FROM parties WHERE side = $1";
        let customers = fetch_one(&mut *self.connection, "counting customers", sql, values![Side::Customer], |row| {
            row.optional("customers")
        });
        let customers = customers.await?.flatten().unwrap_or(0);
        self.customers = Some(customers);
        Ok(customers)
    }

    pub(super) async fn flush_receipts(&mut self) -> Result<()> {
        let batches = std::mem::take(&mut self.batch_rows);
        BATCHES.run(self.connection, "storing batches", batches).await?;
        let receipts = std::mem::take(&mut self.receipt_rows);
        RECEIPTS.run(self.connection, "storing receipts", receipts).await
    }

    /// Adds what the block recorded to its epoch.
    pub(super) async fn count_receipts(&mut self) -> Result<()> {
        let Some(epoch) = self.stamp.checked_sub(1).filter(|_| self.applied.batches > 0) else { return Ok(()) };
        self.log.changing(self.connection, &relations::EPOCHS, values![epoch]).await?;
        let sql = "UPDATE epochs SET batches = batches + $2, announced = announced + $3, receipts = receipts + $4
                   WHERE epoch = $1";
        let values = values![epoch, self.applied.batches, self.announced, self.applied.receipts];
        execute(self.connection, "counting an epoch's receipts", sql, values).await.map(drop)
    }
}
