//! Shops, customers and devices, with their keys.

use bizkey_client::Signer;
use bizkey_primitives::{
    hash::blake2x256,
    receipt::{self, Channel, Header, Rail, Receipt},
    signature::{PublicKey, Signature},
    AccountId, CustomerIndex, DeviceId, Hash, MerchantIndex,
};
use subxt_signer::{ecdsa, sr25519};

/// A registered shop with one device.
#[derive(Clone)]
pub struct Shop {
    /// Its number.
    pub index: MerchantIndex,
    /// Its account's key.
    pub signer: Signer,
    /// Its device.
    pub device: Device,
}

impl Shop {
    /// Its account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.signer.account_id()
    }
}

/// A registered customer.
#[derive(Clone)]
pub struct Customer {
    /// Its number.
    pub index: CustomerIndex,
    /// Its account's key.
    pub signer: Signer,
}

impl Customer {
    /// Its account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.signer.account_id()
    }
}

/// A device's key, of either kind.
#[derive(Clone)]
pub enum DeviceKey {
    /// secp256k1.
    Ecdsa(ecdsa::Keypair),
    /// Schnorrkel.
    Sr25519(sr25519::Keypair),
}

impl DeviceKey {
    /// A key that follows from `name`; ECDSA, as terminals mostly have.
    #[must_use]
    pub fn ecdsa(name: &str) -> Self {
        let secret = blake2x256(name.as_bytes());
        Self::Ecdsa(ecdsa::Keypair::from_secret_key(secret).expect("a hash is a key"))
    }

    /// A key that follows from `name`.
    #[must_use]
    pub fn sr25519(name: &str) -> Self {
        let seed = blake2x256(name.as_bytes());
        Self::Sr25519(sr25519::Keypair::from_secret_key(seed).expect("a hash is a seed"))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        match self {
            Self::Ecdsa(key) => PublicKey::Ecdsa(key.public_key().0),
            Self::Sr25519(key) => PublicKey::Sr25519(key.public_key().0),
        }
    }

    /// Signs a hash.
    #[must_use]
    pub fn sign(&self, hash: &[u8; 32]) -> Signature {
        match self {
            Self::Ecdsa(key) => Signature::Ecdsa(key.sign_prehashed(hash).0),
            Self::Sr25519(key) => Signature::Sr25519(key.sign(hash).0),
        }
    }
}

/// A registered device.
#[derive(Clone)]
pub struct Device {
    /// Its number.
    pub id: DeviceId,
    /// Its key.
    pub key: DeviceKey,
    /// Sequence number of its next batch.
    pub next_seq: u64,
}

/// A batch as a device signs it.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The device.
    pub device: DeviceId,
    /// Its sequence number.
    pub seq: u64,
    /// Receipts that it announces.
    pub count: u16,
    /// Header and receipts.
    pub payload: Vec<u8>,
    /// By the device.
    pub signature: Signature,
}

impl Device {
    /// Its next batch: one sale of each amount to each customer (0 for an
    /// unknown one). The sequence number is not used up by this.
    #[must_use]
    pub fn batch(&self, genesis: [u8; 32], receipts: AccountId, sales: &[(CustomerIndex, u64)]) -> Batch {
        self.batch_at(self.next_seq, genesis, receipts, sales)
    }

    /// As [`Device::batch`], with another sequence number.
    #[must_use]
    pub fn batch_at(&self, seq: u64, genesis: [u8; 32], receipts: AccountId, sales: &[(CustomerIndex, u64)]) -> Batch {
        let header = Header { version: receipt::PAYLOAD_VERSION, currency: *b"USD", at_ms: 0 };
        let sale = |(customer, amount): &(CustomerIndex, u64)| Receipt {
            delta_seconds: 1,
            amount: *amount,
            customer: *customer,
            channel: Channel::InStore,
            rail: Rail::Cash,
            reference: [7; 16],
        };
        let sales: Vec<Receipt> = sales.iter().map(sale).collect();
        let payload = receipt::encode_payload(&header, &sales);
        let count = sales.len() as u16;
        let hash = receipt::batch_hash(&Hash::from(genesis), receipts.as_ref(), self.id, seq, count, &payload);
        Batch { device: self.id, seq, count, payload, signature: self.key.sign(&hash) }
    }
}
