//! A chain whose runtime is upgraded: each block's events are read in the
//! language of the runtime that wrote them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use bizkey_client::{Client, RpcClient};
use bizkey_devchain::{Devchain, InProcessRpc};
use bizkey_primitives::events::Event;
use bizkey_tests::World;
use codec::{Compact, Decode, Encode};
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use scale_info::TypeDef;
use std::sync::Arc;
use subxt::{
    config::substrate::{SpecVersionForRange, SubstrateConfig},
    rpcs::client::{RawRpcFuture, RawRpcSubscription, RawValue, RpcClientT},
    Metadata, OfflineClient,
};

/// The number that the new runtime gives to the pallet of contracts.
const NEW_INDEX: u8 = 77;
/// `System.LastRuntimeUpgrade`: the runtime that carried the block out.
const LAST_RUNTIME_UPGRADE_KEY: &str = "0x26aa394eea5630e07c48ae0c9558cef7f9cce9c888469bb1a0dceaa129672ef8";
/// `System.Events`.
const EVENTS_KEY: &str = "0x26aa394eea5630e07c48ae0c9558cef780d41e5e16056765bc8461851072c9d7";

/// A node of a chain that upgraded its runtime in block `at`: from then on its
/// state has the new runtime, and from the next block on it is in force.
struct Upgraded {
    chain: Devchain,
    inner: InProcessRpc,
    at: u32,
    old: OfflineClient<SubstrateConfig>,
    new_metadata: Vec<u8>,
}

impl Upgraded {
    async fn at(chain: &Devchain, at: u32) -> Self {
        let inner = InProcessRpc::new(chain).unwrap();
        let best = hex::encode(chain.best().hash);
        let metadata: String = RpcClient::new(InProcessRpc::new(chain).unwrap())
            .request("state_getMetadata", subxt::rpcs::client::rpc_params![format!("0x{best}")])
            .await
            .unwrap();
        let metadata = hex::decode(&metadata[2..]).unwrap();
        let old = SubstrateConfig::builder()
            .set_metadata_for_spec_versions([(1, Arc::new(Metadata::decode(&mut &metadata[..]).unwrap()))])
            .set_spec_version_for_block_ranges([SpecVersionForRange {
                block_range: 0..u64::MAX,
                spec_version: 1,
                transaction_version: 1,
            }])
            .build();
        let new_metadata = renumbered(&metadata);
        Self { chain: chain.clone(), inner, at, old: OfflineClient::new_with_config(old), new_metadata }
    }

    async fn number(&self, hash: &str) -> u32 {
        for number in 0..=self.chain.best().header.number {
            let stored = self.chain.block_hash(number).await.unwrap().unwrap();
            if format!("{stored:?}") == hash {
                return number;
            }
        }
        panic!("{hash} is no block");
    }

    /// The events of a block as the new runtime would have written them.
    fn rewritten(&self, events: Vec<u8>) -> Vec<u8> {
        let at = self.old.at_block(0u64).unwrap();
        let events = at.events().from_bytes(events);
        let mut out = Compact(events.len()).encode();
        for event in events.iter() {
            let event = event.unwrap();
            let mut bytes = event.bytes().to_vec();
            if event.pallet_name() == "Contracts" {
                bytes[event.phase().encoded_size()] = NEW_INDEX;
            }
            out.extend(bytes);
        }
        out
    }

    /// A value of storage as the new runtime would have written it.
    fn rewrite(&self, key: &str, value: &mut serde_json::Value) {
        let stored = || hex::decode(&value.as_str().unwrap()[2..]).unwrap();
        let written = match key {
            EVENTS_KEY => self.rewritten(stored()),
            LAST_RUNTIME_UPGRADE_KEY => {
                let (Compact(spec_version), name) = <(Compact<u32>, String)>::decode(&mut &stored()[..]).unwrap();
                (Compact(spec_version + 1), name).encode()
            }
            _ => return,
        };
        *value = format!("0x{}", hex::encode(written)).into();
    }
}

/// Metadata in which the pallet of contracts has another number.
fn renumbered(metadata: &[u8]) -> Vec<u8> {
    let mut metadata = RuntimeMetadataPrefixed::decode(&mut &*metadata).unwrap();
    let RuntimeMetadata::V14(runtime) = &mut metadata.1 else { panic!("another version of metadata") };
    for pallet in &mut runtime.pallets {
        if pallet.name == "Contracts" {
            pallet.index = NEW_INDEX;
        }
    }
    for found in &mut runtime.types.types {
        let outer = ["RuntimeEvent", "RuntimeCall", "RuntimeError"];
        if found.ty.path.segments.last().is_some_and(|name| outer.contains(&name.as_str())) {
            let TypeDef::Variant(variants) = &mut found.ty.type_def else { continue };
            for variant in variants.variants.iter_mut().filter(|variant| variant.name == "Contracts") {
                variant.index = NEW_INDEX;
            }
        }
    }
    metadata.encode()
}

impl RpcClientT for Upgraded {
    fn request_raw<'a>(&'a self, method: &'a str, params: Option<Box<RawValue>>) -> RawRpcFuture<'a, Box<RawValue>> {
        Box::pin(async move {
            let asked: Vec<serde_json::Value> =
                params.as_ref().map_or_else(Vec::new, |params| serde_json::from_str(params.get()).unwrap());
            let answer = self.inner.request_raw(method, params).await?;
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            let mut value: serde_json::Value = serde_json::from_str(answer.get()).unwrap();
            match method {
                "state_getRuntimeVersion" if self.number(&text(&asked[0])).await >= self.at => {
                    value["specVersion"] = (value["specVersion"].as_u64().unwrap() + 1).into();
                }
                "state_getMetadata" if self.number(&text(&asked[0])).await >= self.at => {
                    value = format!("0x{}", hex::encode(&self.new_metadata)).into();
                }
                "state_getStorage" if asked[0] == EVENTS_KEY && self.number(&text(&asked[1])).await > self.at => {
                    self.rewrite(EVENTS_KEY, &mut value);
                }
                "state_queryStorageAt" if self.number(&text(&asked[1])).await > self.at => {
                    for change in value[0]["changes"].as_array_mut().unwrap() {
                        let key = text(&change[0]);
                        self.rewrite(&key, &mut change[1]);
                    }
                }
                _ => return Ok(answer),
            }
            Ok(RawValue::from_string(value.to_string()).unwrap())
        })
    }

    fn subscribe_raw<'a>(
        &'a self,
        sub: &'a str,
        params: Option<Box<RawValue>>,
        unsub: &'a str,
    ) -> RawRpcFuture<'a, RawRpcSubscription> {
        self.inner.subscribe_raw(sub, params, unsub)
    }
}

#[tokio::test]
async fn each_block_is_read_by_the_runtime_that_wrote_it() {
    let world = World::new().await;
    let mut sent = Vec::new();
    for value in 1..=5u128 {
        let transfer = world.suite.bzky().transfer(world.stranger.account_id(), value);
        sent.push((value, transfer.send(&world.treasury).await.unwrap().block));
    }

    // Upgraded in the third of these blocks.
    let node = Upgraded::at(&world.chain, sent[2].1.number).await;
    let reader = Client::from_rpc(RpcClient::new(node)).await.unwrap();
    for (value, block) in sent {
        let read = reader.block(block.hash, &world.suite.deployment().contracts).await;
        let read = read.unwrap_or_else(|error| panic!("block {} of transfer {value}: {error}", block.number));
        let values: Vec<u128> = read
            .events
            .iter()
            .filter_map(|event| match &event.event {
                Event::Transfer(transfer) => Some(transfer.value),
                _ => None,
            })
            .collect();
        assert_eq!(values, [value]);
    }
}
