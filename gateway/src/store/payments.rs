//! Payments.

use super::{signed, unsigned, unsigned32, Store};
use crate::payment::{CheckedPayment, Payment, PaymentError, ReceiptPlace};
use sqlx::{any::AnyRow, Row};

const COLUMNS: &str = "SELECT p.id, p.merchant, p.device, p.method, p.channel, p.currency, p.amount, p.customer, \
     p.state, p.at_ms, p.batch_seq, p.batch_position, p.fingerprint, b.recorded, b.block \
     FROM payments p LEFT JOIN batches b ON b.device = p.device AND b.seq = p.batch_seq ";

/// The outcome of storing a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is new.
    New(Payment),
    /// The same request came before; this is its payment.
    Replayed(Payment),
}

impl Store {
    /// Stores payments in one transaction. The answer to each is its own: a
    /// key used for something else refuses that payment and no other.
    ///
    /// # Errors
    /// When the database fails; then nothing was stored.
    pub async fn insert_payments(
        &self,
        payments: &[CheckedPayment],
    ) -> Result<Vec<Result<Stored, PaymentError>>, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        let mut answers = Vec::with_capacity(payments.len());
        for checked in payments {
            let payment = &checked.payment;
            // One statement: the arrival number and the row, or nothing when the key is taken.
            let inserted = sqlx::query(
                "INSERT INTO payments (id, merchant, idempotency_key, fingerprint, device, method, channel, currency, \
                 amount, customer, reference, ticket, state, at_ms, arrival) \
                 SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \
                 COALESCE((SELECT MAX(arrival) + 1 FROM payments WHERE device = $5), 0) \
                 WHERE NOT EXISTS (SELECT 1 FROM payments WHERE merchant = $2 AND idempotency_key = $3)",
            )
            .bind(&payment.id)
            .bind(i64::from(payment.merchant))
            .bind(&checked.idempotency_key)
            .bind(&checked.fingerprint)
            .bind(i64::from(payment.device))
            .bind(&payment.method)
            .bind(&payment.channel)
            .bind(&payment.currency)
            .bind(signed(payment.amount)?)
            .bind(payment.customer.map(i64::from))
            .bind(checked.reference.to_vec())
            .bind(checked.ticket.as_deref())
            .bind(&payment.state)
            .bind(signed(payment.at_ms)?)
            .execute(&mut *transaction)
            .await?;
            if inserted.rows_affected() == 1 {
                answers.push(Ok(Stored::New(payment.clone())));
                continue;
            }
            let row =
                sqlx::query(sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE p.merchant = $1 AND p.idempotency_key = $2")))
                    .bind(i64::from(payment.merchant))
                    .bind(&checked.idempotency_key)
                    .fetch_one(&mut *transaction)
                    .await?;
            let fingerprint: String = row.try_get("fingerprint")?;
            answers.push(if fingerprint == checked.fingerprint {
                Ok(Stored::Replayed(payment_from(&row)?))
            } else {
                Err(PaymentError::IdempotencyKeyReused(checked.idempotency_key.clone()))
            });
        }
        transaction.commit().await?;
        Ok(answers)
    }

    /// One payment.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn payment(&self, id: &str) -> Result<Option<Payment>, sqlx::Error> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE p.id = $1")))
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(payment_from).transpose()
    }

    /// Payments of a device in the order of their ids, `limit` at most, after
    /// the id `after`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn payments_of(&self, device: u32, after: &str, limit: u32) -> Result<Vec<Payment>, sqlx::Error> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "{COLUMNS} WHERE p.device = $1 AND p.id > $2 ORDER BY p.id LIMIT $3"
        )))
        .bind(i64::from(device))
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(payment_from).collect()
    }
}

fn payment_from(row: &AnyRow) -> Result<Payment, sqlx::Error> {
    let receipt = match (row.try_get::<Option<i64>, _>("batch_seq")?, row.try_get::<Option<i64>, _>("batch_position")?)
    {
        (Some(seq), Some(position)) => Some(ReceiptPlace {
            seq: unsigned(seq)?,
            position: u16::try_from(position)
                .map_err(|_| sqlx::Error::Decode("a stored position passes 16 bits".into()))?,
            recorded: row.try_get::<Option<i64>, _>("recorded")? == Some(1),
            block: row.try_get::<Option<i64>, _>("block")?.map(unsigned).transpose()?,
        }),
        _ => None,
    };
    Ok(Payment {
        id: row.try_get("id")?,
        state: row.try_get("state")?,
        amount: unsigned(row.try_get("amount")?)?,
        currency: row.try_get("currency")?,
        method: row.try_get("method")?,
        channel: row.try_get("channel")?,
        device: unsigned32(row.try_get("device")?)?,
        merchant: unsigned32(row.try_get("merchant")?)?,
        customer: row.try_get::<Option<i64>, _>("customer")?.map(unsigned32).transpose()?,
        at_ms: unsigned(row.try_get("at_ms")?)?,
        receipt,
    })
}
