//! The chain's state: a Merkle trie read from the store, and the runtime run
//! on top of it.

use crate::{
    runtime::{Hash, Hashing},
    store::Store,
};
use sp_core::storage::{ChildInfo, StateVersion, Storage};
use sp_runtime::traits::Hash as _;
use sp_state_machine::{
    Backend as _, BackendTransaction, Ext, OverlayedChanges, TrieBackend, TrieBackendBuilder, TrieBackendStorage,
};
use sp_trie::cache::{CacheSize, SharedTrieCache};
use std::{
    any::Any,
    panic::{catch_unwind, AssertUnwindSafe},
    sync::Arc,
};

/// How values are laid out in the trie: long ones in nodes of their own.
pub const STATE_VERSION: StateVersion = StateVersion::V1;
/// Memory for decoded trie nodes and values, in bytes.
const TRIE_CACHE_BYTES: usize = 192 * 1024 * 1024;

/// The trie of one block.
pub type StateBackend = TrieBackend<NodeStorage, Hashing>;
/// Changes on top of a [`StateBackend`].
pub type Overlay = OverlayedChanges<Hashing>;

/// The runtime stopped with a panic; nothing of what it did was kept.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the runtime panicked: {0}")]
pub struct RuntimePanic(pub String);

/// Gives the trie code its nodes by hash.
#[derive(Clone)]
pub struct NodeStorage {
    store: Arc<Store>,
    empty_node: Hash,
}

/// The node of an empty trie.
const EMPTY_NODE: &[u8] = &[0];

impl TrieBackendStorage<Hashing> for NodeStorage {
    fn get(&self, key: &Hash, _: hash_db::Prefix<'_>) -> Result<Option<Vec<u8>>, String> {
        if *key == self.empty_node {
            return Ok(Some(EMPTY_NODE.to_vec()));
        }
        self.store.node(key).map_err(|error| error.to_string())
    }
}

/// Opens the state of any stored block.
pub struct States {
    storage: NodeStorage,
    cache: SharedTrieCache<Hashing>,
}

impl States {
    /// States over the nodes of `store`.
    pub fn new(store: Arc<Store>) -> Self {
        Self {
            storage: NodeStorage { store, empty_node: Hashing::hash(EMPTY_NODE) },
            cache: SharedTrieCache::new(CacheSize::new(TRIE_CACHE_BYTES), None),
        }
    }

    /// The state with root `root`, for reading.
    pub fn at(&self, root: Hash) -> StateBackend {
        TrieBackendBuilder::new(self.storage.clone(), root).with_cache(self.cache.local_cache_untrusted()).build()
    }

    /// The state with root `root`, for building a block: what it reads and
    /// makes is all kept for the next block.
    pub fn for_authoring(&self, root: Hash) -> StateBackend {
        TrieBackendBuilder::new(self.storage.clone(), root).with_cache(self.cache.local_cache_trusted()).build()
    }

    /// Runs `call` on the state with root `root` and forgets its changes.
    ///
    /// # Errors
    /// [`RuntimePanic`] when it panics, which bad arguments or a missing state
    /// can cause.
    pub fn run<R>(&self, root: Hash, call: impl FnOnce() -> R) -> Result<R, RuntimePanic> {
        run_in(&mut Overlay::default(), &self.at(root), call)
    }

    /// The root and nodes of the trie that holds exactly `storage`.
    pub fn build(&self, storage: Storage) -> (Hash, Vec<(Hash, Vec<u8>)>) {
        let empty = TrieBackendBuilder::new(self.storage.clone(), self.storage.empty_node).build();
        let children: Vec<(ChildInfo, Vec<_>)> = storage
            .children_default
            .into_values()
            .map(|child| (child.child_info, child.data.into_iter().collect()))
            .collect();
        let (root, transaction) = empty.full_storage_root(
            storage.top.iter().map(|(key, value)| (&key[..], Some(&value[..]))),
            children.iter().map(|(info, data)| {
                let delta = data.iter().map(|(key, value): &(Vec<u8>, Vec<u8>)| (&key[..], Some(&value[..])));
                (info, delta)
            }),
            STATE_VERSION,
        );
        (root, new_nodes(transaction))
    }
}

/// The nodes that `transaction` adds, by hash. Its keys are the node's place in
/// the trie followed by the hash; the place is dropped.
pub fn new_nodes(mut transaction: BackendTransaction<Hashing>) -> Vec<(Hash, Vec<u8>)> {
    transaction
        .drain()
        .into_iter()
        .filter(|(_, (_, references))| *references > 0)
        .filter_map(|(key, (node, _))| {
            let start = key.len().checked_sub(32)?;
            Some((Hash::from_slice(&key[start..]), node))
        })
        .collect()
}

/// Runs `call` with its storage access going to `overlay` on top of `backend`.
///
/// # Errors
/// [`RuntimePanic`]; storage transactions it left open are then rolled back.
pub fn run_in<R>(overlay: &mut Overlay, backend: &StateBackend, call: impl FnOnce() -> R) -> Result<R, RuntimePanic> {
    overlay.enter_runtime().map_err(|_| RuntimePanic("a call is already running on this state".into()))?;
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut ext = Ext::new(overlay, backend, None);
        sp_externalities::set_and_run_with_externalities(&mut ext, call)
    }));
    overlay.exit_runtime().map_err(|_| RuntimePanic("the call left the state out of step".into()))?;
    result.map_err(|payload| RuntimePanic(panic_message(&*payload)))
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}
