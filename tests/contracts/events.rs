//! What the bundles' metadata promises to everybody who reads the chain.

use bizkey_primitives::{events::Event, hash::selector};
use serde_json::Value;
use std::collections::BTreeMap;

const NAMES: [&str; 11] = [
    "vault",
    "vesting",
    "bzky",
    "time",
    "registry",
    "receipts",
    "pos_deposit",
    "rewards",
    "redemption",
    "otc",
    "foundation",
];

fn bundle(name: &str) -> Value {
    let path = format!("{}/../contracts/artifacts/{name}.contract", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

fn labels(bundle: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let events = bundle["spec"]["events"].as_array().unwrap().iter();
    events.map(|event| (event["label"].as_str().unwrap(), &event["signature_topic"]))
}

/// The one event without a signature: all others have one.
const ANONYMOUS: &str = "BatchRecorded";

#[test]
fn every_event_but_one_has_a_signature_topic_the_same_in_every_bundle() {
    let bundles: Vec<Value> = NAMES.iter().map(|name| bundle(name)).collect();
    let mut topics: BTreeMap<&str, &str> = BTreeMap::new();
    for bundle in &bundles {
        for (label, topic) in labels(bundle) {
            let Some(topic) = topic.as_str() else {
                assert_eq!(label, ANONYMOUS, "an event without a signature topic");
                continue;
            };
            assert_ne!(label, ANONYMOUS, "it has a signature topic");
            assert_eq!(*topics.entry(label).or_insert(topic), topic, "{label} differs between bundles");
        }
    }
    for name in Event::NAMES.iter().filter(|name| **name != ANONYMOUS) {
        assert!(topics.contains_key(name), "no bundle knows the event {name}");
    }
    let mut distinct: Vec<&str> = topics.values().copied().collect();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), topics.len(), "two events share a topic");
}

#[test]
fn every_message_has_the_selector_of_its_name() {
    for name in NAMES {
        let bundle = bundle(name);
        for message in bundle["spec"]["messages"].as_array().unwrap() {
            let label = message["label"].as_str().unwrap();
            let expected = format!("0x{}", hex::encode(selector(label)));
            assert_eq!(message["selector"].as_str().unwrap(), expected, "{name}: {label}");
        }
    }
}
