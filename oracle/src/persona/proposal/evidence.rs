//! What a proposal rests on, in the one form that is hashed.

use super::{Place, Recovery, Severity};
use crate::persona::{
    features::Features,
    provider::{Service, Verdict},
    rules::{Finding, Measure},
};
use crate::scoring::ReceiptId;
use bizkey_primitives::{hash::blake2x256, opening, AccountId, Balance, Epoch, Hash, Side};
use codec::Encode;
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;

/// Prefix of what is hashed; ties the hash to its purpose and form.
pub const EVIDENCE_CONTEXT: &[u8] = b"bizkey/persona/1";

/// Everything that speaks against one party. Its fields are encoded in this
/// order; as JSON it is what the board and the party read.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize)]
pub struct Evidence {
    /// The chain's genesis hash.
    #[serde(serialize_with = "hex_of")]
    pub genesis: Hash,
    /// Address of `registry`.
    #[serde(serialize_with = "hex_of")]
    pub registry: AccountId,
    /// Whom it is about: the side.
    #[serde(serialize_with = "side_name")]
    pub side: Side,
    /// Whom it is about: the index in `registry`.
    pub index: u32,
    /// What is proposed.
    pub severity: Severity,
    /// What is to be taken back, smallest unit of Bzky for a shop, of Time for
    /// a customer: see [`Recovery`]. As text in JSON, whose numbers end earlier.
    #[serde(serialize_with = "as_text")]
    pub take_back: Balance,
    /// Epochs of suspected receipts for which nothing was paid yet, ascending.
    pub unpaid_epochs: Vec<Epoch>,
    /// What the rules found.
    pub findings: Vec<EvidenceFinding>,
    /// What providers said.
    pub verdicts: Vec<EvidenceVerdict>,
    /// Proofs that the party's receipts among those of the findings stand on
    /// chain, one for each batch: SCALE bytes of what `receipts` takes when a
    /// receipt is demanded. Of epochs before the last 32 there are none.
    #[serde(serialize_with = "hex_of_each")]
    pub proofs: Vec<opening::Evidence>,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize)]
pub struct EvidenceFinding {
    /// The rule's name.
    pub kind: String,
    /// 500 to 1000.
    pub score: u16,
    /// First epoch of its receipts.
    pub first_epoch: Epoch,
    /// Last epoch of its receipts.
    pub last_epoch: Epoch,
    /// In words, with what is usual between those who take part.
    pub reason: String,
    /// What was measured.
    pub measures: Vec<EvidenceMeasure>,
    /// The receipts, ascending.
    pub receipts: Vec<EvidenceReceipt>,
}

/// A measure.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize)]
pub struct EvidenceMeasure {
    /// What.
    pub name: String,
    /// What was found.
    pub value: u64,
    /// From where on it speaks.
    pub threshold: u64,
    /// Why there.
    pub why: String,
}

/// A receipt's place on chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Serialize)]
pub struct EvidenceReceipt {
    /// The device that signed it.
    pub device: u32,
    /// Its batch.
    pub seq: u64,
    /// Its position in the batch.
    pub index: u16,
}

/// A provider's verdict.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize)]
pub struct EvidenceVerdict {
    /// Whose.
    pub provider: String,
    /// What it was asked for.
    pub service: Service,
    /// When, Unix milliseconds.
    pub asked_ms: u64,
    /// Hash of what it was asked.
    #[serde(serialize_with = "hex_of")]
    pub request_hash: [u8; 32],
    /// Its answer to the letter.
    pub raw: String,
}

impl Evidence {
    pub(super) fn new(
        place: &Place,
        (side, index): (Side, u32),
        severity: Severity,
        findings: &[&Finding],
        verdicts: &[&Verdict],
        recovery: Recovery,
        proofs: Vec<opening::Evidence>,
    ) -> Self {
        Self {
            genesis: place.genesis,
            registry: place.registry,
            side,
            index,
            severity,
            take_back: recovery.amount,
            unpaid_epochs: recovery.unpaid,
            findings: findings.iter().map(|finding| EvidenceFinding::from(*finding)).collect(),
            verdicts: verdicts.iter().map(|verdict| EvidenceVerdict::from(*verdict)).collect(),
            proofs,
        }
    }

    /// `Blake2x256(context ‖ SCALE bytes)`.
    #[must_use]
    pub fn hash(&self) -> Hash {
        let mut bytes = EVIDENCE_CONTEXT.to_vec();
        self.encode_to(&mut bytes);
        blake2x256(&bytes).into()
    }
}

/// The receipts of findings that are a party's own, ascending.
pub(super) fn own_receipts((side, index): (Side, u32), findings: &[&Finding], features: &Features) -> Vec<ReceiptId> {
    let own: BTreeSet<ReceiptId> = match side {
        Side::Merchant => features
            .shop(index)
            .map_or_else(BTreeSet::new, |shop| features.sales_of_shop(shop).iter().map(|sale| sale.id).collect()),
        Side::Customer => {
            features.pairs_of_customer(index).flat_map(|pair| features.sales_of(pair)).map(|sale| sale.id).collect()
        }
    };
    let suspected: BTreeSet<ReceiptId> = findings.iter().flat_map(|finding| finding.receipts.iter().copied()).collect();
    suspected.intersection(&own).copied().collect()
}

impl From<&Finding> for EvidenceFinding {
    fn from(finding: &Finding) -> Self {
        Self {
            kind: finding.kind.name().to_owned(),
            score: finding.score,
            first_epoch: finding.epochs.0,
            last_epoch: finding.epochs.1,
            reason: finding.in_words(),
            measures: finding.measures.iter().map(EvidenceMeasure::from).collect(),
            receipts: finding.receipts.iter().map(EvidenceReceipt::from).collect(),
        }
    }
}

impl From<&Measure> for EvidenceMeasure {
    fn from(measure: &Measure) -> Self {
        let Measure { name, value, threshold, why } = *measure;
        Self { name: name.to_owned(), value, threshold, why: why.to_owned() }
    }
}

impl From<&ReceiptId> for EvidenceReceipt {
    fn from(id: &ReceiptId) -> Self {
        Self { device: id.device, seq: id.seq, index: id.index }
    }
}

impl From<&Verdict> for EvidenceVerdict {
    fn from(verdict: &Verdict) -> Self {
        Self {
            provider: verdict.provider.clone(),
            service: verdict.service,
            asked_ms: verdict.asked_ms,
            request_hash: verdict.request_hash,
            raw: verdict.raw.clone(),
        }
    }
}

fn as_text<S: Serializer>(amount: &Balance, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

fn hex_of<S: Serializer>(bytes: &impl AsRef<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("0x{}", hex::encode(bytes)))
}

fn hex_of_each<S: Serializer>(proofs: &[opening::Evidence], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(proofs.iter().map(|proof| format!("0x{}", hex::encode(proof.encode()))))
}

fn side_name<S: Serializer>(side: &Side, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(side.name())
}
