//! What a provider is asked.

use crate::persona::features::Sale;
use bizkey_primitives::{calendar::EPOCHS_PER_MONTH, hash::blake2x256, Epoch, Hash, Side};
use serde::{Deserialize, Serialize};

/// Most receipts of a request: a hundred bytes each.
pub const MAX_RECEIPTS: usize = 1_000;

/// What a provider is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, codec::Encode)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// Whether receipts are true.
    AntiCheat,
    /// Whether a shop or customer exists.
    Identity,
}

impl Service {
    /// The name used in requests.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Service::AntiCheat => "anti-cheat",
            Service::Identity => "identity",
        }
    }
}

/// A party about which a provider is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The chain's genesis hash: which network.
    pub genesis: Hash,
    /// The party's side.
    pub side: Side,
    /// Its index in `registry`.
    pub index: u32,
    /// The commitment to its identity that stands in `registry`, if it is given on.
    pub commitment: Option<Hash>,
    /// First and last epoch that are looked at.
    pub epochs: (Epoch, Epoch),
    /// The receipts that are asked about; of more than [`MAX_RECEIPTS`], the
    /// last ones are sent.
    pub receipts: Vec<CaseReceipt>,
}

/// A receipt as a provider sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CaseReceipt {
    /// The device that signed it.
    pub device: u32,
    /// Its batch.
    pub seq: u64,
    /// Its position in the batch.
    pub index: u16,
    /// Minor units.
    pub amount: u64,
    /// When the sale was made, Unix milliseconds.
    pub at_ms: u64,
}

impl From<&Sale> for CaseReceipt {
    fn from(sale: &Sale) -> Self {
        let Sale { id, amount, at_ms, .. } = *sale;
        Self { device: id.device, seq: id.seq, index: id.index, amount, at_ms }
    }
}

/// The request's JSON, its fields in this order.
#[derive(Serialize)]
struct Request<'a> {
    version: u16,
    service: Service,
    genesis: String,
    side: &'static str,
    index: u32,
    commitment: Option<String>,
    first_epoch: Epoch,
    last_epoch: Epoch,
    receipts: &'a [CaseReceipt],
}

impl Case {
    /// First and last epoch that a service is asked about. Who somebody is does
    /// not change with every receipt: an identity is asked for once a month of
    /// the calendar.
    #[must_use]
    pub fn epochs_for(&self, service: Service) -> (Epoch, Epoch) {
        match service {
            Service::AntiCheat => self.epochs,
            Service::Identity => {
                let first = self.epochs.1 - self.epochs.1 % EPOCHS_PER_MONTH;
                (first, first.saturating_add(EPOCHS_PER_MONTH - 1))
            }
        }
    }

    /// Blake2x256 of the request's bytes: the key by which a provider and the
    /// record know the case again.
    #[must_use]
    pub fn request_hash(&self, service: Service) -> [u8; 32] {
        blake2x256(self.request(service).as_bytes())
    }

    /// The request's bytes: the same for the same case. Receipts are for those
    /// who judge receipts.
    #[must_use]
    pub fn request(&self, service: Service) -> String {
        let hex = |hash: &Hash| format!("0x{}", hex::encode(hash));
        let (first_epoch, last_epoch) = self.epochs_for(service);
        let receipts = match service {
            Service::AntiCheat => &self.receipts[self.receipts.len().saturating_sub(MAX_RECEIPTS)..],
            Service::Identity => &[],
        };
        let request = Request {
            version: 1,
            service,
            genesis: hex(&self.genesis),
            side: self.side.name(),
            index: self.index,
            commitment: self.commitment.as_ref().map(hex),
            first_epoch,
            last_epoch,
            receipts,
        };
        // Numbers and text in named fields: nothing that JSON cannot say.
        serde_json::to_string(&request).unwrap_or_default()
    }
}
