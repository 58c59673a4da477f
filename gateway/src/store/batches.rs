//! Batches: the second half of the outbox.

use super::{signed, unsigned, unsigned32, Store};
use crate::chain::SignedBatch;
use bizkey_primitives::{
    receipt::{Channel, Rail, Receipt},
    signature::Signature,
    DeviceId,
};
use codec::{Decode, Encode};
use sqlx::Row;

/// A receipt that waits for a batch.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Order of arrival at its device.
    pub arrival: u64,
    /// ISO 4217.
    pub currency: String,
    /// Time of the sale, Unix milliseconds.
    pub at_ms: u64,
    /// The receipt; its `delta_seconds` is set when it is batched.
    pub receipt: Receipt,
}

impl Store {
    /// Devices with payments that are in no batch yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn devices_waiting(&self) -> Result<Vec<DeviceId>, sqlx::Error> {
        let rows = sqlx::query("SELECT DISTINCT device FROM payments WHERE batch_seq IS NULL ORDER BY device")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| unsigned32(row.try_get("device")?)).collect()
    }

    /// The first `limit` receipts of a device that are in no batch yet, in
    /// the order of their arrival.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drafts(&self, device: DeviceId, limit: u32) -> Result<Vec<Draft>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT arrival, currency, at_ms, amount, customer, channel, method, reference FROM payments \
             WHERE device = $1 AND batch_seq IS NULL ORDER BY arrival LIMIT $2",
        )
        .bind(i64::from(device))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let reference: Vec<u8> = row.try_get("reference")?;
                let channel: String = row.try_get("channel")?;
                let method: String = row.try_get("method")?;
                Ok(Draft {
                    arrival: unsigned(row.try_get("arrival")?)?,
                    currency: row.try_get("currency")?,
                    at_ms: unsigned(row.try_get("at_ms")?)?,
                    receipt: Receipt {
                        delta_seconds: 0,
                        amount: unsigned(row.try_get("amount")?)?,
                        customer: row.try_get::<Option<i64>, _>("customer")?.map(unsigned32).transpose()?.unwrap_or(0),
                        channel: if channel == "outside" { Channel::Outside } else { Channel::InStore },
                        rail: if method == "cash" { Rail::Cash } else { Rail::External },
                        reference: reference
                            .try_into()
                            .map_err(|_| sqlx::Error::Decode("a stored reference is not 16 bytes".into()))?,
                    },
                })
            })
            .collect()
    }

    /// Number after the last batch of a device that is stored here; `None` without one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_seq(&self, device: DeviceId) -> Result<Option<u64>, sqlx::Error> {
        let row = sqlx::query("SELECT MAX(seq) AS seq FROM batches WHERE device = $1")
            .bind(i64::from(device))
            .fetch_one(&self.pool)
            .await?;
        row.try_get::<Option<i64>, _>("seq")?.map(|seq| Ok(unsigned(seq)?.saturating_add(1))).transpose()
    }

    /// Stores signed batches and gives each its payments, by arrival number,
    /// in one transaction. `members[i]` are the arrivals of `batches[i]`, in order.
    ///
    /// # Errors
    /// When the database fails, or a payment is in a batch already: then
    /// nothing was stored.
    pub async fn insert_batches(&self, batches: &[(SignedBatch, Vec<u64>)]) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        for (batch, arrivals) in batches {
            sqlx::query("INSERT INTO batches (device, seq, count, payload, signature) VALUES ($1, $2, $3, $4, $5)")
                .bind(i64::from(batch.device))
                .bind(signed(batch.seq)?)
                .bind(i64::from(batch.count))
                .bind(batch.payload.clone())
                .bind(batch.signature.encode())
                .execute(&mut *transaction)
                .await?;
            for (position, arrival) in (0i64..).zip(arrivals) {
                let updated = sqlx::query(
                    "UPDATE payments SET batch_seq = $1, batch_position = $2 \
                     WHERE device = $3 AND arrival = $4 AND batch_seq IS NULL",
                )
                .bind(signed(batch.seq)?)
                .bind(position)
                .bind(i64::from(batch.device))
                .bind(signed(*arrival)?)
                .execute(&mut *transaction)
                .await?;
                if updated.rows_affected() != 1 {
                    return Err(sqlx::Error::RowNotFound);
                }
            }
        }
        transaction.commit().await
    }

    /// Batches that are not known to be on chain, by device and number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unrecorded(&self) -> Result<Vec<SignedBatch>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT device, seq, count, payload, signature FROM batches WHERE recorded = 0 ORDER BY device, seq",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let signature: Vec<u8> = row.try_get("signature")?;
                Ok(SignedBatch {
                    device: unsigned32(row.try_get("device")?)?,
                    seq: unsigned(row.try_get("seq")?)?,
                    count: u16::try_from(row.try_get::<i64, _>("count")?)
                        .map_err(|_| sqlx::Error::Decode("a stored count passes 16 bits".into()))?,
                    payload: row.try_get("payload")?,
                    signature: Signature::decode(&mut &signature[..])
                        .map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
                })
            })
            .collect()
    }

    /// Marks batches as final on chain: device, number and, where known, the block.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mark_recorded(&self, batches: &[(DeviceId, u64, Option<u32>)]) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        for (device, seq, block) in batches {
            sqlx::query("UPDATE batches SET recorded = 1, block = $1 WHERE device = $2 AND seq = $3")
                .bind(block.map(i64::from))
                .bind(i64::from(*device))
                .bind(signed(*seq)?)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await
    }

    /// Payments that are in no batch, and batches that are not known to be on chain.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn backlog(&self) -> Result<(u64, u64), sqlx::Error> {
        let row = sqlx::query(
            "SELECT (SELECT COUNT(*) FROM payments WHERE batch_seq IS NULL) AS waiting, \
             (SELECT COUNT(*) FROM batches WHERE recorded = 0) AS unrecorded",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok((unsigned(row.try_get("waiting")?)?, unsigned(row.try_get("unrecorded")?)?))
    }
}
