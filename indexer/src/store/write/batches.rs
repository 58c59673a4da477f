//! Devices, batches of receipts, voids.

use super::{Applied, Place, Writer};
use crate::{
    error::before_genesis,
    model::Validity,
    store::{
        codes::{code, CHANNELS, RAILS, VALIDITIES},
        insert::{Insert, Rows},
        relations,
        sql::{cells, execute, fetch_one, values, Value},
    },
    sync::source::{Block, ContractEvent},
    Result,
};
use bizkey_primitives::{
    events::{BatchRecorded, DeviceRegistered, DeviceStateChanged, Event, ReceiptVoided},
    receipt::decode_payload,
    CustomerIndex, Epoch, MerchantIndex, Side,
};
use codec::Encode;
use std::collections::BTreeMap;

const BATCHES: Insert = Insert {
    table: "batches",
    columns: "device, seq, block, event, epoch, merchant, announced, undecodable, first_receipt, currency, at_ms",
    tail: "",
};

const RECEIPTS: Insert = Insert {
    table: "receipts",
    columns:
        "id, device, seq, position, block, epoch, merchant, customer, channel, rail, amount, reference, at_ms, validity",
    tail: "",
};

/// What batches brought.
#[derive(Default)]
pub(super) struct Recorded {
    /// How much of it.
    pub applied: Applied,
    /// Number of the next receipt.
    pub receipts_end: u64,
    /// The same, after each block with batches.
    ends: BTreeMap<u32, u64>,
    announced: u64,
    rows: Vec<Value>,
}

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

    /// Books batches that follow one another, by whatever blocks: their
    /// receipts are written while the next are being read.
    pub(super) async fn batches_recorded(&mut self, batches: &[(&Block, &ContractEvent)]) -> Result<()> {
        let customers = self.known_customers().await?;
        let Some(epoch) = self.stamp.checked_sub(1) else {
            let (block, event) = batches.first().map_or((0, 0), |(block, event)| (block.number, event.index));
            return Err(before_genesis(block, event));
        };
        let batches = batches.iter().filter_map(|(block, event)| match &event.event {
            Event::BatchRecorded(batch) => Some((Place { block: block.number, event: event.index }, batch)),
            _ => None,
        });
        let announced: usize = batches.clone().map(|(_, batch)| usize::from(batch.count)).sum();
        let mut receipts = RECEIPTS.begin(self.connection, "storing receipts", announced).await?;
        for (place, batch) in batches {
            self.log.added(&relations::BATCHES, &[batch.device.into(), batch.seq.into()]);
            self.recorded.batch(place, epoch, batch, customers, &mut receipts).await?;
        }
        receipts.finish().await?;
        let rows = std::mem::take(&mut self.recorded.rows);
        BATCHES.run(self.connection, "storing batches", rows).await
    }

    /// Books a void. Of an unknown receipt, or one voided before, it means
    /// nothing (architecture.md, receipts).
    pub(super) async fn receipt_voided(&mut self, place: Place, void: &ReceiptVoided) -> Result<()> {
        let epoch = self.epoch(place)?;
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

    /// Adds what the block recorded to its epoch.
    pub(super) async fn count_receipts(&mut self) -> Result<()> {
        let Some(epoch) = self.stamp.checked_sub(1).filter(|_| self.recorded.applied.batches > 0) else {
            return Ok(());
        };
        self.log.changing(self.connection, &relations::EPOCHS, values![epoch]).await?;
        let sql = "UPDATE epochs SET batches = batches + $2, announced = announced + $3, receipts = receipts + $4
                   WHERE epoch = $1";
        let Recorded { applied, announced, .. } = &self.recorded;
        let values = values![epoch, applied.batches, *announced, applied.receipts];
        execute(self.connection, "counting an epoch's receipts", sql, values).await.map(drop)
    }
}

impl Recorded {
    /// None yet; the first receipt gets this number.
    pub fn from(receipts_end: u64) -> Self {
        Self { receipts_end, ..Self::default() }
    }

    /// Number of the first receipt after a block, given that after the one
    /// before it.
    pub fn end_of(&self, block: u32, before: u64) -> u64 {
        self.ends.get(&block).copied().unwrap_or(before)
    }

    async fn batch(
        &mut self,
        place: Place,
        epoch: Epoch,
        batch: &BatchRecorded,
        customers: CustomerIndex,
        receipts: &mut Rows<'_>,
    ) -> Result<()> {
        let payload = decode_payload(batch.count, &batch.payload);
        self.applied.batches += 1;
        self.announced += u64::from(batch.count);
        self.rows.extend(values![
            batch.device,
            batch.seq,
            place.block,
            place.event,
            epoch,
            batch.merchant,
            batch.count,
            payload.as_ref().map_or(batch.count, |payload| payload.undecodable),
            self.receipts_end,
        ]);
        let Some(payload) = payload else {
            self.rows.extend([Value::NoBytes, Value::NoInteger]);
            return Ok(());
        };
        self.rows.extend(values![&payload.header.currency[..], payload.header.at_ms]);
        let mut at_ms = payload.header.at_ms;
        for (position, receipt) in (0u16..).zip(&payload.receipts) {
            at_ms = at_ms.saturating_add(u64::from(receipt.delta_seconds).saturating_mul(1000));
            let customer = Some(receipt.customer).filter(|customer| (1..=customers).contains(customer));
            let row = cells![
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
            ];
            receipts.push(&row).await?;
            self.receipts_end += 1;
            self.applied.receipts += 1;
        }
        self.ends.insert(place.block, self.receipts_end);
        Ok(())
    }
}
