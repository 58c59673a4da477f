//! The service that ties payments, outbox and chain together.

use crate::{
    chain::ReceiptChain,
    keys::DeviceKeys,
    outbox::{Flushed, Outbox, OutboxError},
    payment::{check_amount, CheckedPayment, NewPayment, Payment, PaymentError},
    store::Store,
    ticket,
};
use bizkey_primitives::{party::Device, ticket::Ticket, AccountId, CustomerIndex, DeviceId, Hash};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::RwLock;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

pub use crate::store::Stored;

/// How a gateway works.
#[derive(Clone, Debug)]
pub struct GatewayConfig {
    /// The network's accounting currency, ISO 4217.
    pub currency: String,
    /// How often waiting receipts are sent to the chain.
    pub flush_every: Duration,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self { currency: "USD".to_owned(), flush_every: Duration::from_secs(2) }
    }
}

/// Longest time for which a device's or customer's record is trusted without
/// asking the chain again.
const CACHE_FOR: Duration = Duration::from_secs(60);

type Cache<K, V> = RwLock<HashMap<K, (std::time::Instant, V)>>;

/// Where the gateway takes the time from.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The gateway. Clone it freely: clones share everything.
pub struct Gateway<C> {
    inner: Arc<Inner<C>>,
}

struct Inner<C> {
    config: GatewayConfig,
    store: Store,
    chain: Arc<C>,
    outbox: Outbox<C>,
    clock: Clock,
    devices: Cache<DeviceId, Device>,
    customers: Cache<CustomerIndex, AccountId>,
}

impl<C> Clone for Gateway<C> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<C: ReceiptChain + 'static> Gateway<C> {
    /// A gateway over a store and a chain, holding its devices' keys. `clock`
    /// gives Unix milliseconds.
    #[must_use]
    pub fn new(config: GatewayConfig, store: Store, chain: C, keys: DeviceKeys, clock: Clock) -> Self {
        let chain = Arc::new(chain);
        let outbox = Outbox::new(store.clone(), Arc::clone(&chain), keys);
        let inner =
            Inner { config, store, chain, outbox, clock, devices: Cache::default(), customers: Cache::default() };
        Self { inner: Arc::new(inner) }
    }

    /// Takes one payment.
    ///
    /// # Errors
    /// See [`PaymentError`]; nothing was stored.
    pub async fn create(&self, request: &NewPayment, idempotency_key: &str) -> Result<Stored, PaymentError> {
        let checked = self.check(request, idempotency_key).await?;
        let mut answers = self.inner.store.insert_payments(&[checked]).await?;
        // One payment in, one answer out.
        answers.pop().unwrap_or_else(|| Err(PaymentError::NotFound(idempotency_key.to_owned())))
    }

    /// Takes many payments in one database transaction; each has its own
    /// answer, in order.
    ///
    /// # Errors
    /// When the database fails; then nothing was stored.
    pub async fn create_many(
        &self,
        requests: &[(NewPayment, String)],
    ) -> Result<Vec<Result<Stored, PaymentError>>, sqlx::Error> {
        let mut answers: Vec<Option<PaymentError>> = Vec::with_capacity(requests.len());
        let mut checked = Vec::with_capacity(requests.len());
        for (request, key) in requests {
            match self.check(request, key).await {
                Ok(payment) => {
                    checked.push(payment);
                    answers.push(None);
                }
                Err(refused) => answers.push(Some(refused)),
            }
        }
        let mut stored = self.inner.store.insert_payments(&checked).await?.into_iter();
        Ok(answers
            .into_iter()
            .filter_map(|refused| match refused {
                Some(refused) => Some(Err(refused)),
                None => stored.next(),
            })
            .collect())
    }

    /// One payment by its id.
    ///
    /// # Errors
    /// [`PaymentError::NotFound`], [`PaymentError::Store`].
    pub async fn payment(&self, id: &str) -> Result<Payment, PaymentError> {
        self.inner.store.payment(id).await?.ok_or_else(|| PaymentError::NotFound(id.to_owned()))
    }

    /// A device's payments, `limit` at most, after the payment `after`.
    ///
    /// # Errors
    /// [`PaymentError::Store`].
    pub async fn payments_of(&self, device: DeviceId, after: &str, limit: u32) -> Result<Vec<Payment>, PaymentError> {
        Ok(self.inner.store.payments_of(device, after, limit).await?)
    }

    /// Sends all that waits to the chain and waits until it is final.
    ///
    /// # Errors
    /// See [`OutboxError`].
    pub async fn flush(&self) -> Result<Flushed, OutboxError> {
        self.inner.outbox.flush().await
    }

    /// Payments in no batch yet, and batches not known to be on chain.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn backlog(&self) -> Result<(u64, u64), sqlx::Error> {
        self.inner.store.backlog().await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        self.inner.store.ping().await
    }

    /// Sends waiting receipts every [`GatewayConfig::flush_every`] until `shutdown`.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut ticks = tokio::time::interval(self.inner.config.flush_every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = ticks.tick() => match self.flush().await {
                    Ok(flushed) if flushed.batches > 0 => {
                        info!(batches = flushed.batches, receipts = flushed.receipts, "receipts are on chain");
                    }
                    Ok(_) => {}
                    Err(failure) => error!(%failure, "receipts wait; the next run tries again"),
                },
            }
        }
    }

    async fn check(&self, request: &NewPayment, idempotency_key: &str) -> Result<CheckedPayment, PaymentError> {
        let config = &self.inner.config;
        if idempotency_key.is_empty() || idempotency_key.len() > 255 {
            return Err(PaymentError::IdempotencyKey);
        }
        let amount = check_amount(request.amount)?;
        let currency = request.currency.clone().unwrap_or_else(|| config.currency.clone());
        if currency != config.currency {
            return Err(PaymentError::Currency { given: currency, accepted: config.currency.clone() });
        }
        let device = self.device(request.device).await?;
        let now_ms = (self.inner.clock)();
        let mut reference = [0u8; 16];
        match (request.customer, &request.ticket) {
            (None, Some(_)) => return Err(PaymentError::TicketWithoutCustomer),
            (None, None) => {}
            (Some(customer), signed) => {
                let account = self.customer(customer).await?;
                if let Some(signed) = signed {
                    let (genesis, contract) = self.inner.chain.domain();
                    let ticket = Ticket {
                        genesis: Hash::from(genesis),
                        contract,
                        merchant: device.merchant,
                        customer,
                        nonce: signed.nonce,
                        amount,
                        expiry: signed.expiry,
                    };
                    let now = self.inner.chain.calendar().epoch_at(now_ms).unwrap_or(0);
                    ticket::verify(&ticket, signed, &account, now)?;
                    reference = ticket.reference();
                }
            }
        }
        let ticket = request.ticket.as_ref().map(as_json).transpose()?;
        Ok(CheckedPayment {
            payment: Payment {
                id: uuid::Uuid::now_v7().to_string(),
                state: "paid".to_owned(),
                amount,
                currency,
                method: request.method.name().to_owned(),
                channel: request.channel.name().to_owned(),
                device: request.device,
                merchant: device.merchant,
                customer: request.customer,
                at_ms: request.at_ms.unwrap_or(now_ms),
                receipt: None,
            },
            idempotency_key: idempotency_key.to_owned(),
            fingerprint: as_json(request)?,
            reference,
            ticket,
        })
    }

    async fn device(&self, number: DeviceId) -> Result<Device, PaymentError> {
        let device = match fresh(&self.inner.devices, &number).await {
            Some(device) => device,
            None => {
                let found = self.inner.chain.device(number).await.map_err(PaymentError::Chain)?;
                let device = found.ok_or(PaymentError::UnknownDevice(number))?;
                keep(&self.inner.devices, number, device).await;
                device
            }
        };
        if device.active {
            Ok(device)
        } else {
            Err(PaymentError::DeviceStopped(number))
        }
    }

    async fn customer(&self, index: CustomerIndex) -> Result<AccountId, PaymentError> {
        if let Some(account) = fresh(&self.inner.customers, &index).await {
            return Ok(account);
        }
        let found = self.inner.chain.customer_account(index).await.map_err(PaymentError::Chain)?;
        let account = found.ok_or(PaymentError::UnknownCustomer(index))?;
        keep(&self.inner.customers, index, account).await;
        Ok(account)
    }
}

/// Plain data as JSON: the fingerprint of a request is the request itself, so
/// that no two can share one.
fn as_json<T: serde::Serialize>(value: &T) -> Result<String, PaymentError> {
    serde_json::to_string(value).map_err(|error| PaymentError::Store(sqlx::Error::Encode(Box::new(error))))
}

async fn fresh<K: std::hash::Hash + Eq, V: Clone>(cache: &Cache<K, V>, key: &K) -> Option<V> {
    let cache = cache.read().await;
    cache.get(key).filter(|(since, _)| since.elapsed() < CACHE_FOR).map(|(_, value)| value.clone())
}

async fn keep<K: std::hash::Hash + Eq, V>(cache: &Cache<K, V>, key: K, value: V) {
    cache.write().await.insert(key, (std::time::Instant::now(), value));
}
