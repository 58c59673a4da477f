//! The built contracts: code to deploy and names of their events.

use crate::{contract_kind::PerContract, rpc, ClientError, ContractKind, Result};
use bizkey_primitives::events::Event;
use serde::Deserialize;
use std::{
    borrow::Cow,
    collections::HashMap,
    path::Path,
    sync::{Arc, OnceLock},
};

/// The bundles committed with this source.
const EMBEDDED: PerContract<&[u8]> = PerContract {
    vault: include_bytes!("../../artifacts/vault.contract"),
    vesting: include_bytes!("../../artifacts/vesting.contract"),
    bzky: include_bytes!("../../artifacts/bzky.contract"),
    time: include_bytes!("../../artifacts/time.contract"),
    registry: include_bytes!("../../artifacts/registry.contract"),
    receipts: include_bytes!("../../artifacts/receipts.contract"),
    pos_deposit: include_bytes!("../../artifacts/pos_deposit.contract"),
    rewards: include_bytes!("../../artifacts/rewards.contract"),
    redemption: include_bytes!("../../artifacts/redemption.contract"),
    otc: include_bytes!("../../artifacts/otc.contract"),
    foundation: include_bytes!("../../artifacts/foundation.contract"),
};

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
    contracts: PerContract<Bundle>,
    events: EventNames,
}

/// How the suite's events are told apart. Every bundle lists all of them.
#[derive(Debug, Default)]
struct EventNames {
    /// By the hash of their signature.
    signed: HashMap<[u8; 32], &'static str>,
    /// The one event without a signature, if there is one.
    anonymous: Option<&'static str>,
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
        BUNDLES.get_or_init(|| Self::read(|kind| Ok(Cow::Borrowed(*EMBEDDED.get(kind))))).clone()
    }

    /// The bundles in a directory, `NAME.contract` each.
    ///
    /// # Errors
    /// [`ClientError::Bundle`] if one is missing or unreadable.
    pub fn load(directory: impl AsRef<Path>) -> Result<Self> {
        Self::read(|kind| {
            let path = directory.as_ref().join(format!("{}.contract", kind.name()));
            let refuse = |error| ClientError::Bundle { name: path.display().to_string(), reason: format!("{error}") };
            std::fs::read(&path).map(Cow::Owned).map_err(refuse)
        })
    }

    fn read(mut file: impl FnMut(ContractKind) -> Result<Cow<'static, [u8]>>) -> Result<Self> {
        let mut events = EventNames::default();
        let contracts = PerContract::KINDS.try_map(|kind| parse(kind, &file(kind)?, &mut events))?;
        Ok(Self(Arc::new(Inner { contracts, events })))
    }

    /// One built contract.
    #[must_use]
    pub fn bundle(&self, kind: ContractKind) -> &Bundle {
        self.0.contracts.get(kind)
    }

    /// The name of the event with this signature, or of the suite's one event
    /// without any.
    #[must_use]
    pub fn event_name(&self, signature: Option<&[u8; 32]>) -> Option<&'static str> {
        let events = &self.0.events;
        match signature {
            Some(signature) => events.signed.get(signature).copied(),
            None => events.anonymous,
        }
    }
}

fn parse(kind: ContractKind, text: &[u8], events: &mut EventNames) -> Result<Bundle> {
    let refuse = |reason: String| ClientError::Bundle { name: kind.name().into(), reason };
    let file: BundleFile = serde_json::from_slice(text).map_err(|error| refuse(error.to_string()))?;
    let bytes = |text: &str| rpc::from_hex(text).map_err(|error| refuse(error.to_string()));
    let hash = |text: &str| {
        <[u8; 32]>::try_from(bytes(text)?).map_err(|_| refuse(format!("{text:?} is not a hash of 32 bytes")))
    };
    for event in &file.spec.events {
        let Some(name) = Event::NAMES.iter().find(|name| **name == event.label) else { continue };
        match &event.signature_topic {
            Some(topic) => {
                events.signed.insert(hash(topic)?, name);
            }
            None => match events.anonymous.replace(name) {
                Some(other) if other != *name => {
                    return Err(refuse(format!("{other} and {name} are both anonymous: neither can be told")));
                }
                _ => {}
            },
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
    fn bundles_give_code_and_the_names_of_events() {
        let hash = bizkey_primitives::hash::blake2x256(b"wasm");
        let bundles = Bundles::read(|_| Ok(file(b"wasm", hash).into())).unwrap();
        assert_eq!(&*bundles.bundle(ContractKind::Bzky).code, b"wasm");
        assert_eq!(bundles.bundle(ContractKind::Bzky).code_hash, hash);
        assert_eq!(bundles.event_name(Some(&[5; 32])), Some("Transfer"));
        assert_eq!(bundles.event_name(Some(&[6; 32])), None);
        assert_eq!(bundles.event_name(None), Some("Approval"));
    }

    #[test]
    fn code_that_does_not_match_its_hash_is_refused() {
        let outcome = Bundles::read(|_| Ok(file(b"wasm", [1; 32]).into()));
        assert!(matches!(outcome, Err(ClientError::Bundle { .. })), "{outcome:?}");
    }

    #[test]
    fn the_built_contracts_know_every_event_of_the_suite() {
        let bundles = Bundles::embedded().unwrap();
        let EventNames { signed, anonymous } = &bundles.0.events;
        let mut known: Vec<_> = signed.values().chain(anonymous).copied().collect();
        let mut all = Event::NAMES.to_vec();
        known.sort_unstable();
        all.sort_unstable();
        assert_eq!(known, all);
    }
}
