//! What a till asks for and what it gets.

use bizkey_primitives::{
    receipt::{Channel, Rail, MAX_AMOUNT},
    CustomerIndex, DeviceId, Epoch, MerchantIndex,
};
use serde::{Deserialize, Serialize};

/// How the customer paid. Cash and external terminals need no rail of ours:
/// the cashier's word settles them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Cash at the till.
    Cash,
    /// A terminal that is not ours.
    External,
}

impl Method {
    /// The rail that the receipt names.
    #[must_use]
    pub fn rail(self) -> Rail {
        match self {
            Method::Cash => Rail::Cash,
            Method::External => Rail::External,
        }
    }

    /// The name in the API and the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Method::Cash => "cash",
            Method::External => "external",
        }
    }
}

/// Where the sale was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaleChannel {
    /// In the shop.
    #[default]
    InStore,
    /// Delivery, takeaway.
    Outside,
}

impl SaleChannel {
    /// As the receipt carries it.
    #[must_use]
    pub fn channel(self) -> Channel {
        match self {
            SaleChannel::InStore => Channel::InStore,
            SaleChannel::Outside => Channel::Outside,
        }
    }

    /// The name in the API and the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            SaleChannel::InStore => "in_store",
            SaleChannel::Outside => "outside",
        }
    }
}

/// What the customer's wallet signed; the other fields of the ticket are the
/// payment's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedTicket {
    /// Chosen by the wallet.
    pub nonce: u64,
    /// Last epoch in which the receipt may be recorded.
    pub expiry: Epoch,
    /// sr25519 signature over the wrapped hash, hex with or without `0x`.
    pub signature: String,
}

/// A payment as a till asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    /// Minor units of `currency`, 1 to 2^48 - 1.
    pub amount: i64,
    /// ISO 4217; the network's accounting currency by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// How the customer paid.
    pub method: Method,
    /// The till.
    pub device: DeviceId,
    /// Where the sale was made.
    #[serde(default)]
    pub channel: SaleChannel,
    /// The customer, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerIndex>,
    /// What the customer's wallet signed. Without it the sale counts for the
    /// shop, and earns the customer nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<SignedTicket>,
    /// Time of the sale, Unix milliseconds; now by default. Data only: the
    /// receipt's epoch is that of the block that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<u64>,
}

/// A payment as the gateway keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// UUID, version 7.
    pub id: String,
    /// Always `paid`: cash and external terminals settle at once.
    pub state: String,
    /// Minor units.
    pub amount: u64,
    /// ISO 4217.
    pub currency: String,
    /// How the customer paid.
    pub method: String,
    /// Where the sale was made.
    pub channel: String,
    /// The till.
    pub device: DeviceId,
    /// The till's shop.
    pub merchant: MerchantIndex,
    /// The customer, where known.
    pub customer: Option<CustomerIndex>,
    /// Time of the sale, Unix milliseconds.
    pub at_ms: u64,
    /// Where the receipt is; `None` until it is in a batch.
    pub receipt: Option<ReceiptPlace>,
}

/// Where on chain a payment's receipt is, or will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptPlace {
    /// Sequence number of the device's batch.
    pub seq: u64,
    /// Position in the batch.
    pub position: u16,
    /// Whether the batch is final on chain.
    pub recorded: bool,
    /// The block that holds it, where known.
    pub block: Option<u64>,
}

/// Why a payment is refused. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    /// Zero.
    #[error("the amount is zero: a receipt is worth at least one minor unit")]
    ZeroAmount,
    /// Below zero.
    #[error("the amount {0} is negative: refund the original payment instead")]
    NegativeAmount(i64),
    /// Above 2^48 - 1.
    #[error("the amount {0} passes 281474976710655 minor units, the most a receipt can hold")]
    AmountTooLarge(i64),
    /// Not three upper-case letters, or a currency without a published rate.
    #[error("the currency {given:?} is not accepted here: use {accepted}")]
    Currency {
        /// What was asked.
        given: String,
        /// What is accepted.
        accepted: String,
    },
    /// The device is not registered, or its key is not held by this gateway.
    #[error("device {0} is unknown: register it, or check the number printed on the till")]
    UnknownDevice(DeviceId),
    /// The device may not record.
    #[error("device {0} is stopped: ask the operator why")]
    DeviceStopped(DeviceId),
    /// No such customer.
    #[error("customer {0} is not registered")]
    UnknownCustomer(CustomerIndex),
    /// A ticket names nobody.
    #[error("a ticket needs the customer who signed it: set `customer`")]
    TicketWithoutCustomer,
    /// The signature does not hold.
    #[error("the ticket's signature is not that of customer {0} over this shop, amount, nonce and expiry")]
    TicketSignature(CustomerIndex),
    /// The ticket can no longer be recorded, or lives too long.
    #[error("the ticket expires in epoch {expiry}; now, in epoch {now}, it must be from {now} to {latest}")]
    TicketExpiry {
        /// The ticket's.
        expiry: Epoch,
        /// The present epoch.
        now: Epoch,
        /// Last epoch a ticket may name now.
        latest: Epoch,
    },
    /// The key is missing or too long.
    #[error("the Idempotency-Key header must have 1 to 255 characters: send a new one for each payment")]
    IdempotencyKey,
    /// The key was used for something else.
    #[error("the Idempotency-Key {0:?} was used for a different payment: send a new one")]
    IdempotencyKeyReused(String),
    /// No such payment.
    #[error("there is no payment {0:?}")]
    NotFound(String),
    /// The database failed; try again with the same key.
    #[error("the database did not answer; try again with the same Idempotency-Key")]
    Store(#[from] sqlx::Error),
    /// The chain failed; try again with the same key.
    #[error("the chain did not answer; try again with the same Idempotency-Key")]
    Chain(#[source] crate::chain::ChainError),
}

impl PaymentError {
    /// A stable name for the cause, for programs and for the demo's files.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            PaymentError::ZeroAmount => "zero_amount",
            PaymentError::NegativeAmount(_) => "negative_amount",
            PaymentError::AmountTooLarge(_) => "amount_too_large",
            PaymentError::Currency { .. } => "currency_not_accepted",
            PaymentError::UnknownDevice(_) => "unknown_device",
            PaymentError::DeviceStopped(_) => "device_stopped",
            PaymentError::UnknownCustomer(_) => "unknown_customer",
            PaymentError::TicketWithoutCustomer => "ticket_without_customer",
            PaymentError::TicketSignature(_) => "ticket_signature",
            PaymentError::TicketExpiry { .. } => "ticket_expiry",
            PaymentError::IdempotencyKey => "idempotency_key",
            PaymentError::IdempotencyKeyReused(_) => "idempotency_key_reused",
            PaymentError::NotFound(_) => "not_found",
            PaymentError::Store(_) => "store_unavailable",
            PaymentError::Chain(_) => "chain_unavailable",
        }
    }
}

/// The amount as a receipt holds it.
///
/// # Errors
/// [`PaymentError::ZeroAmount`], [`PaymentError::NegativeAmount`],
/// [`PaymentError::AmountTooLarge`].
pub fn check_amount(amount: i64) -> Result<u64, PaymentError> {
    match u64::try_from(amount) {
        Err(_) => Err(PaymentError::NegativeAmount(amount)),
        Ok(0) => Err(PaymentError::ZeroAmount),
        Ok(amount_u64) if amount_u64 > MAX_AMOUNT => Err(PaymentError::AmountTooLarge(amount)),
        Ok(amount_u64) => Ok(amount_u64),
    }
}

/// A payment that was checked and can be stored.
#[derive(Clone, Debug)]
pub struct CheckedPayment {
    /// The payment.
    pub payment: Payment,
    /// Key under which a retry finds it.
    pub idempotency_key: String,
    /// Fingerprint of the request.
    pub fingerprint: String,
    /// What the receipt carries of the ticket; zeros without one.
    pub reference: [u8; 16],
    /// The ticket as JSON, kept to open the receipt on demand.
    pub ticket: Option<String>,
}
