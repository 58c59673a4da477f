//! What a follower of the chain's head is told, in the form of the
//! specification.

use crate::{
    rpc::{params::Bytes, storage_query::StorageItem},
    runtime::{Hash, VERSION},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// A notification of `chainHead_v1_follow`.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FollowEvent {
    /// The first one: the latest final blocks, oldest first.
    Initialized {
        /// Their hashes.
        finalized_block_hashes: Vec<Hash>,
        /// The runtime of the last one, if the follower asked for runtimes.
        #[serde(skip_serializing_if = "Option::is_none")]
        finalized_block_runtime: Option<RuntimeEvent>,
    },
    /// A block whose parent was announced before.
    NewBlock {
        /// Its hash.
        block_hash: Hash,
        /// Its parent's hash.
        parent_block_hash: Hash,
        /// Absent if the follower did not ask for runtimes, `null` if the
        /// runtime is the parent's.
        #[serde(skip_serializing_if = "Option::is_none")]
        new_runtime: Option<Option<RuntimeEvent>>,
    },
    /// Another announced block is the best one.
    BestBlockChanged {
        /// Its hash.
        best_block_hash: Hash,
    },
    /// Announced blocks became final, others can no longer become it.
    Finalized {
        /// The final ones, oldest first.
        finalized_block_hashes: Vec<Hash>,
        /// Those of branches that were left for good.
        pruned_block_hashes: Vec<Hash>,
    },
    /// The body that was asked for.
    OperationBodyDone {
        /// The operation.
        operation_id: String,
        /// The encoded extrinsics.
        value: Vec<Bytes>,
    },
    /// The result of the runtime call that was asked for.
    OperationCallDone {
        /// The operation.
        operation_id: String,
        /// The encoded result.
        output: Bytes,
    },
    /// Some of the storage that was asked for.
    OperationStorageItems {
        /// The operation.
        operation_id: String,
        /// The answers.
        items: Vec<StorageItem>,
    },
    /// There is more storage to read; `chainHead_v1_continue` reads it.
    OperationWaitingForContinue {
        /// The operation.
        operation_id: String,
    },
    /// All storage that was asked for has been sent.
    OperationStorageDone {
        /// The operation.
        operation_id: String,
    },
    /// The chain cannot answer now.
    OperationInaccessible {
        /// The operation.
        operation_id: String,
    },
    /// The operation failed and would again.
    OperationError {
        /// The operation.
        operation_id: String,
        /// Why.
        error: String,
    },
    /// The subscription is over.
    Stop,
}

/// The runtime of a block.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum RuntimeEvent {
    /// It is this one.
    Valid {
        /// Its names and versions.
        spec: RuntimeSpec,
    },
}

impl RuntimeEvent {
    /// This program's runtime, which all its blocks have.
    pub fn present() -> Self {
        let apis = VERSION.apis.iter().map(|(id, version)| (format!("0x{}", hex::encode(id)), *version)).collect();
        Self::Valid {
            spec: RuntimeSpec {
                spec_name: VERSION.spec_name.to_string(),
                impl_name: VERSION.impl_name.to_string(),
                spec_version: VERSION.spec_version,
                impl_version: VERSION.impl_version,
                transaction_version: VERSION.transaction_version,
                apis,
            },
        }
    }
}

/// Names and versions of a runtime.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeSpec {
    spec_name: String,
    impl_name: String,
    spec_version: u32,
    impl_version: u32,
    transaction_version: u32,
    /// Version by the hash of a runtime API's name, `0x…`.
    apis: BTreeMap<String, u32>,
}

/// The answer to a call that starts an operation.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "result", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum MethodResponse {
    /// Notifications with this operation's name will follow.
    Started {
        /// The operation.
        operation_id: String,
        /// How many storage queries, counted from the last, were left out.
        #[serde(skip_serializing_if = "Option::is_none")]
        discarded_items: Option<usize>,
    },
    /// Too many operations are running, or there is no such subscription.
    LimitReached,
}
