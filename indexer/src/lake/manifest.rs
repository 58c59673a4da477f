//! What an epoch consists of, and whose lake it is, as JSON.

use super::{error::Result, Error, FORMAT};
use crate::model::{hex, Network};
use bizkey_primitives::{hash::blake2x256, Epoch};
use object_store::path::Path;
use serde::{de::DeserializeOwned, Deserialize, Serialize};

/// 32 bytes, as `0x` and hex in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Blake2b with a 256-bit digest, as `b2sum -l 256` prints it.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake2x256(bytes))
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        hex(&digest.0)
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bytes = text.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok());
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or_else(|| format!("{text} is not 32 bytes in hex"))
    }
}

/// Whose lake it is: `lake.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    format: u32,
    genesis_hash: Digest,
    genesis_ms: u64,
    epoch_ms: u64,
    first_block: u32,
    contracts: Vec<Digest>,
}

impl From<&Network> for Identity {
    fn from(network: &Network) -> Self {
        let contracts = &network.contracts;
        let all = [
            &contracts.vault,
            &contracts.bzky,
            &contracts.time,
            &contracts.registry,
            &contracts.receipts,
            &contracts.pos_deposit,
            &contracts.rewards,
        ];
        Self {
            format: FORMAT,
            genesis_hash: Digest(network.genesis_hash),
            genesis_ms: network.calendar.genesis_ms,
            epoch_ms: network.calendar.epoch_ms,
            first_block: network.first_block,
            contracts: all.into_iter().map(|account| Digest(*account.as_ref())).collect(),
        }
    }
}

impl Identity {
    pub(super) fn genesis_hash(&self) -> Digest {
        self.genesis_hash
    }

    /// The first figure in which two networks differ.
    pub(super) fn difference(&self, other: &Self) -> Option<&'static str> {
        let differences = [
            ("genesis hash", self.genesis_hash != other.genesis_hash),
            ("calendar", (self.genesis_ms, self.epoch_ms) != (other.genesis_ms, other.epoch_ms)),
            ("first block", self.first_block != other.first_block),
            ("set of contracts", self.contracts != other.contracts),
        ];
        first(differences)
    }
}

/// The last block stamped in an epoch or before it: the block after which the
/// epoch is judged (architecture.md, Calendar).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosingBlock {
    /// Its number.
    pub number: u32,
    /// Its hash.
    pub hash: Digest,
}

/// One Parquet file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Where it is, from the lake's root.
    pub path: String,
    /// Number of its first receipt; of a part of voids, the position of its
    /// first row in the epoch, from 0.
    pub first: u64,
    /// Its rows, at least one.
    pub rows: u64,
    /// Its length.
    pub bytes: u64,
    /// Blake2b-256 of its bytes.
    pub blake2b_256: Digest,
}

/// The receipts recorded in an epoch, by number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptParts {
    /// Number of the first receipt; of an epoch without one, the number that
    /// the next receipt gets.
    pub first_id: u64,
    /// Number of the first receipt after the epoch.
    pub end_id: u64,
    /// Rows of all parts: numbers have no gaps.
    pub rows: u64,
    /// In order; none for an epoch without receipts.
    pub parts: Vec<Part>,
}

/// The voids booked in an epoch, in chain order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoidParts {
    /// Rows of all parts.
    pub rows: u64,
    /// In order; none for an epoch without voids.
    pub parts: Vec<Part>,
}

/// What an epoch consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the lake's format.
    pub format: u32,
    /// Hash of the chain's block 0.
    pub genesis_hash: Digest,
    /// The epoch.
    pub epoch: Epoch,
    /// `None` before the first block of the network.
    pub closing_block: Option<ClosingBlock>,
    /// The receipts recorded in it.
    pub receipts: ReceiptParts,
    /// The voids booked in it, of its own and of earlier receipts.
    pub voids: VoidParts,
}

impl Manifest {
    /// The first figure in which two manifests differ.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        let range = |manifest: &Self| (manifest.receipts.first_id, manifest.receipts.end_id);
        first([
            ("format", self.format != other.format),
            ("genesis hash", self.genesis_hash != other.genesis_hash),
            ("epoch", self.epoch != other.epoch),
            ("closing block", self.closing_block != other.closing_block),
            ("range of receipts", range(self) != range(other)),
            ("receipts", self.receipts != other.receipts),
            ("voids", self.voids != other.voids),
        ])
    }

    /// Every part, receipts first.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.receipts.parts.iter().chain(&self.voids.parts)
    }
}

fn first<const N: usize>(differences: [(&'static str, bool); N]) -> Option<&'static str> {
    differences.into_iter().find(|(_, differs)| *differs).map(|(field, _)| field)
}

/// The text of a manifest or identity, the same each time.
pub(super) fn text(path: &Path, value: &impl Serialize) -> Result<Vec<u8>> {
    let failed = |cause: serde_json::Error| Error::Unreadable { path: path.to_string(), cause: cause.to_string() };
    let mut text = serde_json::to_vec_pretty(value).map_err(failed)?;
    text.push(b'\n');
    Ok(text)
}

/// Reads a manifest or identity of the format that this program knows.
pub(super) fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T> {
    #[derive(Deserialize)]
    struct Versioned {
        format: u32,
    }
    let failed = |cause: serde_json::Error| Error::Unreadable { path: path.to_string(), cause: cause.to_string() };
    // The version first: another one may have other fields.
    let Versioned { format } = serde_json::from_slice(bytes).map_err(failed)?;
    if format != FORMAT {
        return Err(Error::Format { path: path.to_string(), found: format, known: FORMAT });
    }
    serde_json::from_slice(bytes).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_of_another_format_is_refused_by_its_number() {
        let path = Path::from("manifests/epoch=000001.json");
        let later = br#"{"format": 2, "whatever": []}"#;
        assert!(matches!(parse::<Manifest>(&path, later), Err(Error::Format { found: 2, known: FORMAT, .. })));
        assert!(matches!(parse::<Manifest>(&path, b""), Err(Error::Unreadable { .. })));
        assert!(matches!(parse::<Manifest>(&path, br#"{"format": 1}"#), Err(Error::Unreadable { .. })));
    }
}
