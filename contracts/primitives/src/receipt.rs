//! Batches of receipts as devices sign them (architecture.md, receipts).
//!
//! The contract never reads a payload; it emits it. Off chain, and when one
//! receipt is opened, it is a [`Header`] followed by `count` [`Receipt`]s.

use crate::{hash::blake2x256, ticket::Reference, CustomerIndex, DeviceId, Hash};
use alloc::vec::Vec;
use codec::{Compact, Decode, Encode, Error, Input, Output};

/// Prefix of a batch's message; ties the signature to its purpose.
pub const BATCH_CONTEXT: &[u8] = b"bizkey/receipts/1";
/// Prefix of a void's message.
pub const VOID_CONTEXT: &[u8] = b"bizkey/void/1";

/// Fewest bytes that one receipt takes; bounds `count` by the payload's length.
pub const MIN_RECEIPT_BYTES: usize = 20;
/// Longest payload of a batch: what fits an event of 16 KiB beside its other fields.
pub const MAX_PAYLOAD_BYTES: usize = 16_000;
/// Batches that one device may record in one epoch.
pub const MAX_BATCHES_PER_EPOCH: u32 = 1_024;
/// Closed heads of the rolling hash kept for each device.
pub const KEPT_HEADS: u32 = 32;
/// Largest amount of a valid receipt, minor units: 2^48 - 1.
pub const MAX_AMOUNT: u64 = (1 << 48) - 1;

/// The message a device signs for a batch: `Blake2x256(context ‖ genesis hash ‖
/// contract ‖ device LE ‖ seq LE ‖ count LE ‖ payload)`.
#[must_use]
pub fn batch_hash(
    genesis: &Hash,
    contract: &[u8; 32],
    device: DeviceId,
    seq: u64,
    count: u16,
    payload: &[u8],
) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(payload.len().saturating_add(96));
    bytes.extend_from_slice(BATCH_CONTEXT);
    bytes.extend_from_slice(genesis.as_ref());
    bytes.extend_from_slice(contract);
    bytes.extend_from_slice(&device.to_le_bytes());
    bytes.extend_from_slice(&seq.to_le_bytes());
    bytes.extend_from_slice(&count.to_le_bytes());
    bytes.extend_from_slice(payload);
    blake2x256(&bytes)
}

/// The message a device signs to void one of its receipts.
#[must_use]
pub fn void_hash(genesis: &Hash, contract: &[u8; 32], device: DeviceId, seq: u64, index: u16) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(96);
    bytes.extend_from_slice(VOID_CONTEXT);
    bytes.extend_from_slice(genesis.as_ref());
    bytes.extend_from_slice(contract);
    bytes.extend_from_slice(&device.to_le_bytes());
    bytes.extend_from_slice(&seq.to_le_bytes());
    bytes.extend_from_slice(&index.to_le_bytes());
    blake2x256(&bytes)
}

/// The rolling hash of a device's batches in one epoch: `Blake2x256(head ‖ batch hash)`,
/// from 32 zero bytes at the epoch's start.
#[must_use]
pub fn next_head(head: &[u8; 32], batch: &[u8; 32]) -> [u8; 32] {
    let mut bytes = [0u8; 64];
    bytes[..32].copy_from_slice(head);
    bytes[32..].copy_from_slice(batch);
    blake2x256(&bytes)
}

/// Where a sale was made (whitepaper 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// In the shop.
    InStore,
    /// Delivery, takeaway.
    Outside,
}

/// How a sale was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rail {
    /// Cash.
    Cash,
    /// A terminal that is not ours.
    External,
    /// Card through a payment service provider.
    Card,
    /// Alipay.
    Alipay,
    /// WeChat Pay.
    WechatPay,
    /// An EVM chain.
    Evm,
    /// A chain of unspent outputs, such as Litecoin.
    Utxo,
    /// Bzky on this chain.
    Bzky,
}

impl Rail {
    /// Every rail, in the order of its code.
    pub const ALL: [Rail; 8] =
        [Rail::Cash, Rail::External, Rail::Card, Rail::Alipay, Rail::WechatPay, Rail::Evm, Rail::Utxo, Rail::Bzky];

    /// The rail's code in a receipt: its position in [`Rail::ALL`].
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Rail::Cash => 0,
            Rail::External => 1,
            Rail::Card => 2,
            Rail::Alipay => 3,
            Rail::WechatPay => 4,
            Rail::Evm => 5,
            Rail::Utxo => 6,
            Rail::Bzky => 7,
        }
    }
}

/// The start of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    /// Layout of the payload; 1.
    pub version: u8,
    /// ISO 4217 code of the currency in which the customer paid.
    pub currency: [u8; 3],
    /// Device time of the first receipt, Unix milliseconds. Data only: the
    /// epoch is that of the block.
    pub at_ms: u64,
}

/// Layout of a payload written today.
pub const PAYLOAD_VERSION: u8 = 1;

/// One sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Seconds since the receipt before it in the batch, or since the header.
    pub delta_seconds: u32,
    /// Minor units of the accounting currency.
    pub amount: u64,
    /// The customer; 0 for an unknown one.
    pub customer: CustomerIndex,
    /// Where it was made.
    pub channel: Channel,
    /// How it was paid.
    pub rail: Rail,
    /// The ticket's reference; zero for a sale without a ticket.
    pub reference: Reference,
}

impl Encode for Receipt {
    fn encode_to<T: Output + ?Sized>(&self, out: &mut T) {
        Compact(self.delta_seconds).encode_to(out);
        Compact(self.amount).encode_to(out);
        Compact(self.customer).encode_to(out);
        // Bit 0: channel. Bits 1 to 7: rail.
        out.push_byte((self.rail.code() << 1) | u8::from(self.channel == Channel::Outside));
        self.reference.encode_to(out);
    }
}

impl Decode for Receipt {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let delta_seconds = Compact::<u32>::decode(input)?.0;
        let amount = Compact::<u64>::decode(input)?.0;
        let customer = Compact::<u32>::decode(input)?.0;
        let kind = input.read_byte()?;
        Ok(Receipt {
            delta_seconds,
            amount,
            customer,
            channel: if kind & 1 == 0 { Channel::InStore } else { Channel::Outside },
            rail: *Rail::ALL.get(usize::from(kind >> 1)).ok_or("unknown rail")?,
            reference: Reference::decode(input)?,
        })
    }
}

/// A payload as read: what decodes is used, what does not is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Start of the payload.
    pub header: Header,
    /// The receipts, in order.
    pub receipts: Vec<Receipt>,
    /// Receipts that the batch announced and that did not decode. Where one
    /// breaks, those after it have no known start and are lost with it.
    pub undecodable: u16,
}

/// Writes a payload.
#[must_use]
pub fn encode_payload(header: &Header, receipts: &[Receipt]) -> Vec<u8> {
    let mut bytes = header.encode();
    for receipt in receipts {
        receipt.encode_to(&mut bytes);
    }
    bytes
}

/// Reads a payload of `count` receipts; `None` when not even its header is readable.
#[must_use]
pub fn decode_payload(count: u16, payload: &[u8]) -> Option<Payload> {
    let mut input = payload;
    let header = Header::decode(&mut input).ok().filter(|h| h.version == PAYLOAD_VERSION)?;
    let mut receipts = Vec::new();
    for position in 0..count {
        match Receipt::decode(&mut input) {
            Ok(receipt) => receipts.push(receipt),
            Err(_) => {
                return Some(Payload { header, receipts, undecodable: count.saturating_sub(position) });
            }
        }
    }
    Some(Payload { header, receipts, undecodable: 0 })
}

/// The receipt at a position of a payload; `None` when it, or anything before
/// it, does not decode. The caller has bounded `index` by the batch's count.
#[must_use]
pub fn receipt_at(payload: &[u8], index: u16) -> Option<Receipt> {
    let mut input = payload;
    Header::decode(&mut input).ok().filter(|h| h.version == PAYLOAD_VERSION)?;
    for _ in 0..index {
        Receipt::decode(&mut input).ok()?;
    }
    Receipt::decode(&mut input).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn receipt()(delta_seconds: u32, amount: u64, customer: u32, outside: bool, rail in 0usize..8, reference: [u8; 16]) -> Receipt {
            let channel = if outside { Channel::Outside } else { Channel::InStore };
            Receipt { delta_seconds, amount, customer, channel, rail: Rail::ALL[rail], reference }
        }
    }

    proptest! {
        #[test]
        fn a_payload_reads_back_and_no_receipt_is_shorter_than_the_bound(
            receipts in proptest::collection::vec(receipt(), 1..50), at_ms: u64,
        ) {
            let header = Header { version: PAYLOAD_VERSION, currency: *b"USD", at_ms };
            let bytes = encode_payload(&header, &receipts);
            prop_assert!(receipts.iter().all(|r| r.encode().len() >= MIN_RECEIPT_BYTES));
            let count = receipts.len() as u16;
            let payload = decode_payload(count, &bytes).unwrap();
            prop_assert_eq!(&payload.receipts, &receipts);
            for index in 0..=count {
                prop_assert_eq!(receipt_at(&bytes, index), receipts.get(usize::from(index)).copied());
            }
            // Cut anywhere: what is whole is read, the rest is counted, nothing panics.
            for cut in 12..bytes.len() {
                let payload = decode_payload(count, &bytes[..cut]).unwrap();
                prop_assert_eq!(payload.receipts.len() + usize::from(payload.undecodable), receipts.len());
                prop_assert_eq!(&payload.receipts[..], &receipts[..payload.receipts.len()]);
            }
        }

        #[test]
        fn garbage_never_panics(count: u16, bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = decode_payload(count, &bytes);
            let _ = receipt_at(&bytes, count);
        }
    }
}
