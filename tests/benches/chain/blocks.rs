//! How full the blocks were.

use anyhow::Context as _;
use bizkey_client::RpcClient;
use bizkey_devchain::runtime::{Runtime, RuntimeCall, UncheckedExtrinsic};
use codec::{Decode, DecodeAll, Encode as _};
use frame_support::{
    dispatch::{DispatchClass, PerDispatchClass},
    traits::Get,
    weights::Weight,
};
use serde::Deserialize;
use std::ops::RangeInclusive;
use subxt::rpcs::client::rpc_params;

/// What a range of blocks holds, and what they could hold. Of ordinary
/// transactions: the timestamp is of another class.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fullness {
    /// Blocks.
    pub blocks: u32,
    /// Batches in them.
    pub batches: u64,
    /// Weight used, picoseconds.
    pub ref_time: u64,
    /// The most weight that one block takes.
    pub most_ref_time: u64,
    /// Bytes of the batches' extrinsics.
    pub length: u64,
    /// The most bytes that one block takes.
    pub most_length: u64,
}

#[derive(Deserialize)]
struct SignedBlock {
    block: Body,
}

#[derive(Deserialize)]
struct Body {
    extrinsics: Vec<String>,
}

impl Fullness {
    /// Reads the blocks over the chain's own interface.
    ///
    /// # Errors
    /// When a block cannot be read.
    pub async fn of(rpc: &RpcClient, numbers: RangeInclusive<u32>) -> anyhow::Result<Self> {
        let weights = <<Runtime as frame_system::Config>::BlockWeights as Get<_>>::get();
        let weights: frame_system::limits::BlockWeights = weights;
        let lengths: frame_system::limits::BlockLength =
            <<Runtime as frame_system::Config>::BlockLength as Get<_>>::get();
        let normal = DispatchClass::Normal;
        let mut sum = Self {
            most_ref_time: weights.get(normal).max_total.unwrap_or(weights.max_block).ref_time(),
            most_length: u64::from(*lengths.max.get(normal)),
            ..Self::default()
        };
        let key = [sp_io::hashing::twox_128(b"System"), sp_io::hashing::twox_128(b"BlockWeight")].concat();
        let key = format!("0x{}", hex::encode(key));
        for number in numbers {
            let hash: String = rpc.request("chain_getBlockHash", rpc_params![number]).await?;
            let block: SignedBlock = rpc.request("chain_getBlock", rpc_params![&hash]).await?;
            let weight: String = rpc.request("state_getStorage", rpc_params![&key, &hash]).await?;
            let weight = PerDispatchClass::<Weight>::decode_all(&mut &bytes(&weight)?[..])?;
            sum.blocks += 1;
            sum.ref_time += weight.get(normal).ref_time();
            for extrinsic in &block.block.extrinsics {
                let bytes = bytes(extrinsic)?;
                let decoded = UncheckedExtrinsic::decode(&mut &bytes[..])?;
                if matches!(decoded.function, RuntimeCall::Contracts(_)) {
                    sum.batches += 1;
                    sum.length += u64::try_from(decoded.encoded_size())?;
                }
            }
        }
        Ok(sum)
    }

    /// Share of the blocks' weight that was used, 0 to 1.
    pub fn weight_share(&self) -> f64 {
        self.ref_time as f64 / (self.most_ref_time as f64 * f64::from(self.blocks.max(1)))
    }

    /// Share of the blocks' length that was used, 0 to 1.
    pub fn length_share(&self) -> f64 {
        self.length as f64 / (self.most_length as f64 * f64::from(self.blocks.max(1)))
    }

    /// Batches that a block of this chain takes: by weight and by length.
    pub fn batches_a_full_block(&self) -> (f64, f64) {
        let batches = self.batches as f64;
        let by = |most: u64, used: u64| most as f64 * batches / used.max(1) as f64;
        (by(self.most_ref_time, self.ref_time), by(self.most_length, self.length))
    }
}

fn bytes(text: &str) -> anyhow::Result<Vec<u8>> {
    hex::decode(text.trim_start_matches("0x")).context("the chain answered no hex")
}
