//! Blocks and what the suite's contracts did in them.

use crate::{
    runtime::{ChainConfig, Runtime},
    Bundles, ClientError, ContractAddresses, ContractKind, Result,
};
use bizkey_primitives::{events::Event, AccountId};
use codec::Decode;
use std::collections::BTreeMap;
use subxt::events::Phase;

/// Hash of a block.
pub type BlockHash = [u8; 32];

/// Storage key of `System.Events`.
pub const EVENTS_KEY: [u8; 32] = [
    0x26, 0xaa, 0x39, 0x4e, 0xea, 0x56, 0x30, 0xe0, 0x7c, 0x48, 0xae, 0x0c, 0x95, 0x58, 0xce, 0xf7, 0x80, 0xd4, 0x1e,
    0x5e, 0x16, 0x05, 0x67, 0x65, 0xbc, 0x84, 0x61, 0x85, 0x10, 0x72, 0xc9, 0xd7,
];
/// Storage key of `Timestamp.Now`.
pub const TIMESTAMP_KEY: [u8; 32] = [
    0xf0, 0xc3, 0x65, 0xc3, 0xcf, 0x59, 0xd6, 0x71, 0xeb, 0x72, 0xda, 0x0e, 0x7a, 0x41, 0x13, 0xc4, 0x9f, 0x1f, 0x05,
    0x15, 0xf4, 0x62, 0xcd, 0xcf, 0x84, 0xe0, 0xf1, 0xd6, 0x04, 0x5d, 0xfc, 0xbb,
];
/// Storage key of `System.LastRuntimeUpgrade`: a runtime notes its version there
/// as soon as it carries out its first block.
pub const LAST_RUNTIME_UPGRADE_KEY: [u8; 32] = [
    0x26, 0xaa, 0x39, 0x4e, 0xea, 0x56, 0x30, 0xe0, 0x7c, 0x48, 0xae, 0x0c, 0x95, 0x58, 0xce, 0xf7, 0xf9, 0xcc, 0xe9,
    0xc8, 0x88, 0x46, 0x9b, 0xb1, 0xa0, 0xdc, 0xea, 0xa1, 0x29, 0x67, 0x2e, 0xf8,
];

/// A block by number and hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockRef {
    /// Position in the chain.
    pub number: u32,
    /// Hash.
    pub hash: BlockHash,
}

/// A block and what the suite's contracts did in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Position in the chain.
    pub number: u32,
    /// Hash.
    pub hash: BlockHash,
    /// Hash of the block before.
    pub parent_hash: BlockHash,
    /// The block's time, Unix milliseconds; 0 for the chain's first block.
    pub timestamp_ms: u64,
    /// Events of the suite's contracts, in order.
    pub events: Vec<ContractEvent>,
}

/// An event of one of the suite's contracts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractEvent {
    /// Position among all events of the block, those of others included.
    pub index: u32,
    /// Position of the extrinsic that caused it; `None` for the block itself.
    pub extrinsic: Option<u32>,
    /// Who emitted it.
    pub contract: AccountId,
    /// Which contract of the suite that is: `bzky` and `time` both have `Transfer`.
    pub kind: ContractKind,
    /// What happened.
    pub event: Event,
}

/// What the client keeps of a block's body.
#[derive(Clone, Debug)]
pub struct BlockBody {
    pub number: u32,
    pub parent_hash: BlockHash,
    /// Hashes of its extrinsics, in order.
    pub extrinsics: Vec<[u8; 32]>,
}

impl BlockBody {
    /// Where an extrinsic is in the block.
    pub fn position(&self, extrinsic: &[u8; 32]) -> Option<u32> {
        let position = self.extrinsics.iter().position(|hash| hash == extrinsic)?;
        u32::try_from(position).ok()
    }
}

/// An event of any contract, not decoded yet.
#[derive(Clone, Debug)]
struct Emitted {
    index: u32,
    extrinsic: Option<u32>,
    contract: AccountId,
    topic: Option<[u8; 32]>,
    data: Vec<u8>,
}

/// What the client keeps of a block's events.
#[derive(Clone, Debug, Default)]
pub struct BlockEvents {
    emitted: Vec<Emitted>,
    /// By extrinsic: the chain's reason where it failed.
    failures: BTreeMap<u32, String>,
}

impl BlockEvents {
    /// Reads the value of `System.Events`.
    pub fn decode(runtime: &Runtime, bytes: Vec<u8>) -> Result<Self> {
        let unreadable = |error: &dyn std::fmt::Display| ClientError::decode("the block's events", error);
        let mut block = BlockEvents::default();
        let events = runtime.at().events().from_bytes(bytes);
        for event in events.iter() {
            let event: subxt::events::Event<'_, ChainConfig> = event.map_err(|error| unreadable(&error))?;
            let extrinsic = match event.phase() {
                Phase::ApplyExtrinsic(position) => Some(position),
                Phase::Finalization | Phase::Initialization => None,
            };
            let mut fields = event.field_bytes();
            match (event.pallet_name(), event.event_name()) {
                ("Contracts", "ContractEmitted") => {
                    let (contract, data) = Decode::decode(&mut fields).map_err(|error| unreadable(&error))?;
                    let topic = event.topics().first().map(|topic| topic.0);
                    block.emitted.push(Emitted { index: event.index(), extrinsic, contract, topic, data });
                }
                ("System", "ExtrinsicFailed") => {
                    if let Some(position) = extrinsic {
                        block.failures.insert(position, runtime.dispatch_error(fields));
                    }
                }
                _ => {}
            }
        }
        Ok(block)
    }

    /// The chain's reason why an extrinsic failed; `None` if it did not.
    pub fn failure(&self, extrinsic: u32) -> Option<&str> {
        self.failures.get(&extrinsic).map(String::as_str)
    }

    /// Events of the suite's contracts; of one extrinsic if `only` is given.
    pub fn of_suite(
        &self,
        contracts: &ContractAddresses,
        bundles: &Bundles,
        only: Option<u32>,
    ) -> Result<Vec<ContractEvent>> {
        let mut events = Vec::new();
        for emitted in &self.emitted {
            if only.is_some() && emitted.extrinsic != only {
                continue;
            }
            let Some(kind) = contracts.kind_of(&emitted.contract) else { continue };
            let event = bundles
                .event_name(emitted.topic.as_ref())
                .and_then(|name| Event::decode(name, &emitted.data))
                .ok_or_else(|| {
                    let topic = emitted.topic.map(hex::encode).unwrap_or_default();
                    let what = format!("event {} of the block, by `{kind}`", emitted.index);
                    ClientError::decode(what, format!("unknown to this version (topic 0x{topic})"))
                })?;
            events.push(ContractEvent {
                index: emitted.index,
                extrinsic: emitted.extrinsic,
                contract: emitted.contract,
                kind,
                event,
            });
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sp_crypto_hashing::twox_128;

    #[test]
    fn storage_keys_are_the_hashes_of_their_names() {
        assert_eq!(EVENTS_KEY, *[twox_128(b"System"), twox_128(b"Events")].concat());
        assert_eq!(TIMESTAMP_KEY, *[twox_128(b"Timestamp"), twox_128(b"Now")].concat());
        assert_eq!(LAST_RUNTIME_UPGRADE_KEY, *[twox_128(b"System"), twox_128(b"LastRuntimeUpgrade")].concat());
    }
}
