//! The built contracts: code to deploy and names of their events.

use crate::{contract_kind::PerContract, rpc, ClientError, ContractKind, Result};
use bizkey_primitives::events::Event;
use serde::Deserialize;
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, OnceLock},
};

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// One built contract.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The Wasm.
    pub code: Arc<[u8]>,
    /// Blake2x256 of the Wasm.
    pub code_hash: [u8; 32],
}

/// The built contracts of the suite. A cheap clone.
#[derive(Clone, Debug)]
pub struct Bundles(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    contracts: PerContract<Option<Bundle>>,
    /// Names of events by the hash of their signature.
    events: HashMap<[u8; 32], &'static str>,
}

/// What is read of a `.contract` file.
#[derive(Deserialize)]
struct BundleFile {
    source: Source,
    spec: Spec,
}

#[derive(Deserialize)]
struct Source {
    hash: String,
    wasm: String,
}

#[derive(Deserialize)]
struct Spec {
    events: Vec<EventSpec>,
}

#[derive(Deserialize)]
struct EventSpec {
    label: String,
    signature_topic: Option<String>,
}

impl Bundles {
    /// The bundles built into this program.
    ///
    /// # Errors
    /// [`ClientError::Bundle`] if one is unreadable.
    pub fn embedded() -> Result<Self> {
        static BUNDLES: OnceLock<Result<Bundles>> = OnceLock::new();
        BUNDLES.get_or_init(|| Self::read(|kind| Ok(embedded(kind).map(<[u8]>::to_vec)))).clone()
    }

    /// The bundles in a directory, `NAME.contract` each.
    ///
    /// # Errors
    /// [`ClientError::Bundle`] if one is missing or unreadable.
    pub fn load(directory: impl AsRef<Path>) -> Result<Self> {
        Self::read(|kind| {
            let path = directory.as_ref().join(format!("{}.contract", kind.name()));
            let refuse = |error| ClientError::Bundle { name: path.display().to_string(), reason: format!("{error}") };
            std::fs::read(&path).map(Some).map_err(refuse)
        })
    }

    fn read(mut file: impl FnMut(ContractKind) -> Result<Option<Vec<u8>>>) -> Result<Self> {
        let mut events = HashMap::new();
        let kinds = PerContract {
            vault: ContractKind::Vault,
            bzky: ContractKind::Bzky,
            time: ContractKind::Time,
            registry: ContractKind::Registry,
            receipts: ContractKind::Receipts,
            pos_deposit: ContractKind::PosDeposit,
            rewards: ContractKind::Rewards,
        };
        let contracts = kinds.try_map(|kind| match file(kind)? {
            Some(text) => parse(kind, &text, &mut events).map(Some),
            None => Ok(None),
        })?;
        Ok(Self(Arc::new(Inner { contracts, events })))
    }

    /// One built contract.
    ///
    /// # Errors
    /// [`ClientError::Bundle`] if this program was built without it.
    pub fn bundle(&self, kind: ContractKind) -> Result<&Bundle> {
        self.0.contracts.get(kind).as_ref().ok_or_else(|| ClientError::Bundle {
            name: kind.name().into(),
            reason: "this program was built without it".into(),
        })
    }

    /// The name of the event with this signature.
    #[must_use]
    pub fn event_name(&self, topic: &[u8; 32]) -> Option<&'static str> {
        self.0.events.get(topic).copied()
    }
}

fn parse(kind: ContractKind, text: &[u8], events: &mut HashMap<[u8; 32], &'static str>) -> Result<Bundle> {
    let refuse = |reason: String| ClientError::Bundle { name: kind.name().into(), reason };
    let file: BundleFile = serde_json::from_slice(text).map_err(|error| refuse(error.to_string()))?;
    let bytes = |text: &str| rpc::from_hex(text).map_err(|error| refuse(error.to_string()));
    let hash = |text: &str| {
        <[u8; 32]>::try_from(bytes(text)?).map_err(|_| refuse(format!("{text:?} is not a hash of 32 bytes")))
    };
    for event in &file.spec.events {
        let name = Event::NAMES.iter().find(|name| **name == event.label);
        if let (Some(name), Some(topic)) = (name, &event.signature_topic) {
            events.insert(hash(topic)?, name);
        }
    }
    let (code, code_hash) = (bytes(&file.source.wasm)?, hash(&file.source.hash)?);
    if bizkey_primitives::hash::blake2x256(&code) != code_hash {
        return Err(refuse("its code does not have the hash that it states".into()));
    }
    Ok(Bundle { code: code.into(), code_hash })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(wasm: &[u8], hash: [u8; 32]) -> Vec<u8> {
        serde_json::json!({
            "source": { "hash": rpc::to_hex(&hash), "wasm": rpc::to_hex(wasm), "language": "ink! 5.1.1" },
            "spec": { "events": [
                { "label": "Transfer", "signature_topic": rpc::to_hex(&[5; 32]), "args": [] },
                { "label": "SomethingElse", "signature_topic": rpc::to_hex(&[6; 32]) },
                { "label": "Approval", "signature_topic": null },
            ] },
            "version": 5,
        })
        .to_string()
        .into_bytes()
    }

    #[test]
    fn a_bundle_gives_its_code_and_the_names_of_its_events() {
        let hash = bizkey_primitives::hash::blake2x256(b"wasm");
        let read = |kind| Ok((kind == ContractKind::Bzky).then(|| file(b"wasm", hash)));
        let bundles = Bundles::read(read).unwrap();
        assert_eq!(&*bundles.bundle(ContractKind::Bzky).unwrap().code, b"wasm");
        assert_eq!(bundles.bundle(ContractKind::Bzky).unwrap().code_hash, hash);
        assert!(matches!(bundles.bundle(ContractKind::Time), Err(ClientError::Bundle { .. })));
        assert_eq!(bundles.event_name(&[5; 32]), Some("Transfer"));
        assert_eq!(bundles.event_name(&[6; 32]), None);
    }

    #[test]
    fn code_that_does_not_match_its_hash_is_refused() {
        let read = |_| Ok(Some(file(b"wasm", [1; 32])));
        assert!(matches!(Bundles::read(read), Err(ClientError::Bundle { .. })));
    }
}
