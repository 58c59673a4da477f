//! What readers ask about blocks and states.

use super::Chain;
use crate::{
    error::Error,
    runtime::{api, BlockNumber, EventRecord, Hash, Header, System},
    state::StateBackend,
    store::EncodedExtrinsic,
};
use sp_core::storage::ChildInfo;
use sp_state_machine::{backend::AsTrieBackend as _, Backend as _, IterArgs};

impl Chain {
    /// The header of block `at`, the best block's if not given.
    ///
    /// # Errors
    /// [`Error::UnknownBlock`], or when the store cannot be read.
    pub fn header(&self, at: Option<Hash>) -> Result<Header, Error> {
        let best = self.best();
        match at {
            Some(hash) if hash != best.hash => {
                self.store.header(&hash)?.ok_or_else(|| Error::UnknownBlock(format!("{hash:?}")))
            }
            _ => Ok(Header::clone(&best.header)),
        }
    }

    /// Header and encoded extrinsics of block `hash`, if it exists.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn block(&self, hash: &Hash) -> Result<Option<(Header, Vec<EncodedExtrinsic>)>, Error> {
        match (self.store.header(hash)?, self.store.body(hash)?) {
            (Some(header), Some(body)) => Ok(Some((header, body))),
            _ => Ok(None),
        }
    }

    /// Hash of block `number` on the best chain.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn hash_at(&self, number: BlockNumber) -> Result<Option<Hash>, Error> {
        Ok(self.store.hash_at(number)?)
    }

    /// The state after block `at`, the best block if not given.
    ///
    /// # Errors
    /// As [`Chain::header`].
    pub fn state(&self, at: Option<Hash>) -> Result<StateBackend, Error> {
        Ok(self.states.at(self.header(at)?.state_root))
    }

    /// Runs `call` on the state after block `at` and forgets its changes.
    ///
    /// # Errors
    /// As [`Chain::header`], or when the runtime panics.
    pub fn run<R>(&self, at: Option<Hash>, call: impl FnOnce() -> R) -> Result<R, Error> {
        Ok(self.states.run(self.header(at)?.state_root, call)?)
    }

    /// Calls the runtime API function `method` with SCALE-encoded arguments;
    /// `None` if there is no such function.
    ///
    /// # Errors
    /// As [`Chain::run`]; arguments that do not decode make the runtime panic.
    pub fn call(&self, at: Option<Hash>, method: &str, arguments: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.run(at, || api::dispatch(method, arguments))
    }

    /// The events of block `at`.
    ///
    /// # Errors
    /// As [`Chain::run`].
    pub fn events(&self, at: Hash) -> Result<Vec<EventRecord>, Error> {
        self.run(Some(at), || System::read_events_no_consensus().map(|event| *event).collect())
    }

    /// The value under `key`, in the child trie `child` if one is given.
    ///
    /// # Errors
    /// As [`Chain::header`], or when the state cannot be read.
    pub fn storage(&self, at: Option<Hash>, child: Option<&ChildInfo>, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let state = self.state(at)?;
        match child {
            Some(child) => state.child_storage(child, key),
            None => state.storage(key),
        }
        .map_err(|error| Error::State(error.to_string()))
    }

    /// At most `count` keys that begin with `prefix`, in order, after `start`.
    ///
    /// # Errors
    /// As [`Chain::storage`].
    pub fn keys(
        &self,
        at: Option<Hash>,
        child: Option<ChildInfo>,
        prefix: &[u8],
        start: Option<&[u8]>,
        count: usize,
    ) -> Result<Vec<Vec<u8>>, Error> {
        let state = self.state(at)?;
        let mut arguments = IterArgs::default();
        arguments.prefix = Some(prefix);
        arguments.start_at = start;
        arguments.start_at_exclusive = true;
        arguments.child_info = child;
        state
            .keys(arguments)
            .map_err(|error| Error::State(error.to_string()))?
            .take(count)
            .map(|key| key.map_err(|error| Error::State(error.to_string())))
            .collect()
    }

    /// The trie nodes that prove the values of `keys` after block `at`.
    ///
    /// # Errors
    /// As [`Chain::storage`].
    pub fn read_proof(
        &self,
        at: Option<Hash>,
        child: Option<&ChildInfo>,
        keys: &[Vec<u8>],
    ) -> Result<Vec<Vec<u8>>, Error> {
        let state = self.state(at)?;
        let state = state.as_trie_backend();
        let proof = match child {
            Some(child) => sp_state_machine::prove_child_read_on_trie_backend(state, child, keys),
            None => sp_state_machine::prove_read_on_trie_backend(state, keys),
        }
        .map_err(|error| Error::State(error.to_string()))?;
        Ok(proof.into_iter_nodes().collect())
    }
}
