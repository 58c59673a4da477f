//! Executes extrinsics one after another on top of a parent block and seals
//! the result. Knows nothing of the pool or of where blocks are stored.

use crate::{
    runtime::{BlockNumber, Executive, Hash, Header, RuntimeCall, UncheckedExtrinsic, MAX_EXTRINSIC_DEPTH},
    state::{new_nodes, run_in, Overlay, RuntimePanic, StateBackend, States, STATE_VERSION},
    store::EncodedExtrinsic,
};
use codec::{DecodeLimit, Encode};
use sp_runtime::{
    traits::Header as _, transaction_validity::TransactionValidityError, ConsensusEngineId, Digest, DigestItem,
    DispatchResult,
};

/// Decodes an extrinsic from its bytes, length prefix included.
///
/// # Errors
/// When the bytes are no extrinsic of this runtime, or nest too deep.
pub fn decode_extrinsic(bytes: &[u8]) -> Result<UncheckedExtrinsic, codec::Error> {
    UncheckedExtrinsic::decode_all_with_depth_limit(MAX_EXTRINSIC_DEPTH, &mut &bytes[..])
}

/// Why an extrinsic did not enter the block; the block is as if it had never
/// been tried.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Bytes that are no extrinsic.
    #[error("the bytes are no extrinsic of this chain: {0}")]
    Decode(#[from] codec::Error),
    /// The runtime refused it.
    #[error("the runtime refused the extrinsic: {0:?}")]
    Refused(TransactionValidityError),
    /// The runtime panicked on it.
    #[error(transparent)]
    Panicked(#[from] RuntimePanic),
}

/// Why a block could not be built; nothing was kept.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A part every block has failed.
    #[error("the block could not be built: {0}")]
    Panicked(#[from] RuntimePanic),
    /// The timestamp was refused.
    #[error("the block's timestamp was refused: {0}")]
    Timestamp(ApplyError),
    /// The state changes could not be collected.
    #[error("the block's state changes could not be collected: {0}")]
    Changes(String),
}

/// Which of possibly several blocks after the same parent a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The ordinary one.
    Best,
    /// One that takes the place of so many others. Its header says so, else a
    /// block of the same content at the same time would be the same block.
    Fork(u32),
}

/// Names the digest item of a fork's block.
const FORK_ENGINE: ConsensusEngineId = *b"fork";

impl Origin {
    fn digest(self) -> Digest {
        match self {
            Self::Best => Digest::default(),
            Self::Fork(number) => Digest { logs: vec![DigestItem::PreRuntime(FORK_ENGINE, number.encode())] },
        }
    }
}

/// A sealed block with the trie nodes its execution made.
pub struct BuiltBlock {
    /// Hash of `header`.
    pub hash: Hash,
    /// The header, its state root included.
    pub header: Header,
    /// Encoded extrinsics, the timestamp first.
    pub body: Vec<EncodedExtrinsic>,
    /// New trie nodes by hash.
    pub nodes: Vec<(Hash, Vec<u8>)>,
}

/// A block in the making.
pub struct BlockBuilder {
    backend: StateBackend,
    overlay: Overlay,
    body: Vec<EncodedExtrinsic>,
}

impl BlockBuilder {
    /// Starts the block after `parent` and sets its time, in milliseconds since
    /// the Unix epoch, which must be later than the parent's.
    ///
    /// # Errors
    /// When the runtime cannot start the block on the parent's state or refuses
    /// the time.
    pub fn begin(
        states: &States,
        parent_hash: Hash,
        parent: &Header,
        timestamp_ms: u64,
        origin: Origin,
    ) -> Result<Self, BuildError> {
        let mut builder =
            Self { backend: states.for_authoring(parent.state_root), overlay: Overlay::default(), body: Vec::new() };
        let number: BlockNumber = parent.number.saturating_add(1);
        let header = Header::new(number, Hash::default(), Hash::default(), parent_hash, origin.digest());
        builder.run(|| Executive::initialize_block(&header))?;
        let set_time =
            UncheckedExtrinsic::new_bare(RuntimeCall::Timestamp(pallet_timestamp::Call::set { now: timestamp_ms }));
        // A mandatory extrinsic whose call fails is refused, never included.
        let _included = builder.apply(&set_time.encode()).map_err(BuildError::Timestamp)?;
        Ok(builder)
    }

    /// Executes an encoded extrinsic. Once included it stays, whether or not its
    /// call succeeded; the call's result is returned.
    ///
    /// # Errors
    /// When it was not included; the block can go on without it.
    pub fn apply(&mut self, extrinsic: &[u8]) -> Result<DispatchResult, ApplyError> {
        let decoded = decode_extrinsic(extrinsic)?;
        self.overlay.start_transaction();
        let applied = match self.run(|| Executive::apply_extrinsic(decoded)) {
            Ok(Ok(dispatch_result)) => Ok(dispatch_result),
            Ok(Err(refused)) => Err(ApplyError::Refused(refused)),
            Err(panic) => Err(ApplyError::Panicked(panic)),
        };
        let closed = match applied {
            Ok(_) => self.overlay.commit_transaction(),
            Err(_) => self.overlay.rollback_transaction(),
        };
        if closed.is_err() {
            return Err(RuntimePanic("the extrinsic left the state out of step".into()).into());
        }
        let dispatch_result = applied?;
        self.body.push(extrinsic.to_vec());
        Ok(dispatch_result)
    }

    /// Changes the state by hand.
    ///
    /// # Errors
    /// When `change` panics.
    pub fn change(&mut self, change: impl FnOnce()) -> Result<(), BuildError> {
        Ok(self.run(change)?)
    }

    /// Extrinsics included so far, the timestamp among them.
    pub fn len(&self) -> usize {
        self.body.len()
    }

    /// Seals the block.
    ///
    /// # Errors
    /// When the runtime panics while finishing or its changes cannot be read.
    pub fn finish(mut self) -> Result<BuiltBlock, BuildError> {
        let header = self.run(Executive::finalize_block)?;
        let changes = self
            .overlay
            .drain_storage_changes(&self.backend, STATE_VERSION)
            .map_err(|error| BuildError::Changes(error.to_string()))?;
        if changes.transaction_storage_root != header.state_root {
            return Err(BuildError::Changes(format!(
                "the header's state root {:?} is not that of the changes, {:?}",
                header.state_root, changes.transaction_storage_root
            )));
        }
        Ok(BuiltBlock { hash: header.hash(), header, body: self.body, nodes: new_nodes(changes.transaction) })
    }

    fn run<R>(&mut self, call: impl FnOnce() -> R) -> Result<R, RuntimePanic> {
        run_in(&mut self.overlay, &self.backend, call)
    }
}
