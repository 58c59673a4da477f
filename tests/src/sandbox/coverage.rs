//! Which messages were carried out and which errors were seen, held against
//! what the bundles say of themselves.

use bizkey_client::{ContractError, ContractKind};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What was tried at each contract so far.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    carried_out: BTreeMap<ContractKind, BTreeSet<String>>,
    refused: BTreeMap<ContractKind, BTreeSet<String>>,
}

impl Coverage {
    /// Notes a message that was carried out.
    pub fn carried_out(&mut self, kind: ContractKind, message: &str) {
        self.carried_out.entry(kind).or_default().insert(message.to_owned());
    }

    /// Notes an error.
    pub fn refused(&mut self, kind: ContractKind, error: ContractError) {
        self.refused.entry(kind).or_default().insert(error.name());
    }

    /// Checks that every message of a contract was carried out at least once
    /// and each of its errors seen, but for `unreachable` messages and errors,
    /// which must not have been: each with the reason why it cannot be.
    ///
    /// # Panics
    /// With what is missing.
    pub fn assert_complete(&self, kind: ContractKind, unreachable: &[(&str, &str)]) {
        let (messages, errors) = declared(kind);
        let none = BTreeSet::new();
        let carried_out = self.carried_out.get(&kind).unwrap_or(&none);
        let refused = self.refused.get(&kind).unwrap_or(&none);
        let excused: BTreeSet<String> = unreachable.iter().map(|(name, _)| (*name).to_owned()).collect();
        let untried: Vec<_> = messages.difference(carried_out).filter(|message| !excused.contains(*message)).collect();
        let unknown: Vec<_> =
            excused.iter().filter(|name| !errors.contains(*name) && !messages.contains(*name)).collect();
        let seen: Vec<_> =
            excused.iter().filter(|name| refused.contains(*name) || carried_out.contains(*name)).collect();
        let unseen: Vec<_> = errors.difference(refused).filter(|error| !excused.contains(*error)).collect();
        let complete = untried.is_empty() && unseen.is_empty() && unknown.is_empty() && seen.is_empty();
        assert!(
            complete,
            "{kind}: messages never carried out: {untried:?}; errors never seen: {unseen:?}; \
             excused ones that it does not have: {unknown:?}, or that were seen: {seen:?}"
        );
    }
}

/// Labels of a bundle's messages, and the variants of its `Error`.
fn declared(kind: ContractKind) -> (BTreeSet<String>, BTreeSet<String>) {
    let bundle = bundle(kind);
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let name = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let messages = list(&bundle["spec"]["messages"]).iter().map(|message| name(&message["label"])).collect();
    let mut errors = BTreeSet::new();
    for entry in list(&bundle["types"]) {
        let path: Vec<String> = list(&entry["type"]["path"]).iter().map(name).collect();
        let of_suite = path.first().is_some_and(|crate_name| crate_name == "bizkey_primitives");
        if of_suite && path.last().is_some_and(|last| last == "Error") && is_own(kind, &path) {
            let variants = list(&entry["type"]["def"]["variant"]["variants"]);
            errors.extend(variants.iter().map(|variant| name(&variant["name"])));
        }
    }
    assert!(!errors.is_empty(), "{kind} has no Error of its own");
    (messages, errors)
}

/// A committed bundle's text.
///
/// # Panics
/// When it cannot be read.
#[must_use]
pub fn bundle(kind: ContractKind) -> Value {
    let path = format!("{}/../contracts/artifacts/{}.contract", env!("CARGO_MANIFEST_DIR"), kind.name());
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Whether a type's path is that of the contract's own `Error`, not of one
/// that it calls: the token contracts share PSP22's.
fn is_own(kind: ContractKind, path: &[String]) -> bool {
    let module = match kind {
        ContractKind::Bzky | ContractKind::Time => "psp22",
        kind => kind.name(),
    };
    path.iter().any(|part| part == module)
}
