//! The chain behind the handle: what readers ask (`query`), how transactions
//! come in (`submit`), and the thread that makes blocks (`author`).

mod author;
mod query;
mod submit;

pub use author::{run as run_author, BlockInfo, Command};

use crate::{
    clock::SettableClock,
    config::{DevchainConfig, Sealing},
    error::Error,
    pool::Pool,
    runtime::{build_genesis_storage, BlockNumber, Hash, Hashing, Header, Timestamp},
    state::States,
    store::{NewBlock, Store},
    workers::Workers,
};
use parking_lot::Mutex;
use sp_runtime::{
    traits::{Hash as _, Header as _},
    Digest,
};
use std::sync::{mpsc, Arc};
use tokio::sync::watch;

/// A block new ones build on.
#[derive(Clone, Debug)]
pub struct Head {
    /// Hash of the header.
    pub hash: Hash,
    /// The header.
    pub header: Arc<Header>,
    /// Its time in milliseconds since the Unix epoch; 0 for genesis.
    pub timestamp_ms: u64,
}

/// The chain's two ends; equal while finality is immediate.
#[derive(Clone, Debug)]
pub struct Heads {
    /// The block new ones build on.
    pub best: Head,
    /// The last block that can no longer be undone.
    pub finalized: Head,
}

/// The parts of a running chain.
pub struct Chain {
    pub(crate) store: Arc<Store>,
    pub(crate) states: States,
    pub(crate) pool: Pool,
    pub(crate) clock: SettableClock,
    pub(crate) heads: watch::Sender<Heads>,
    pub(crate) workers: Workers,
    pub(crate) genesis_hash: Hash,
    pub(crate) name: String,
    pub(crate) sealing: Sealing,
    pub(crate) commands: Mutex<Option<mpsc::Sender<Command>>>,
}

impl Chain {
    /// Opens the chain's data, writing the genesis block if there is none.
    ///
    /// # Errors
    /// When the store cannot be opened, or its genesis is not this configuration's.
    pub fn open(config: DevchainConfig, commands: mpsc::Sender<Command>) -> Result<Arc<Self>, Error> {
        let store = Arc::new(Store::open(config.path.as_deref())?);
        let states = States::new(store.clone());
        let genesis_hash = write_genesis(&store, &states, &config)?;
        let stored = store.heads()?.ok_or(Error::Damaged("the chain's heads are missing"))?;
        let heads = Heads {
            best: load_head(&store, &states, stored.best)?,
            finalized: load_head(&store, &states, stored.finalized)?,
        };
        Ok(Arc::new(Self {
            store,
            states,
            pool: Pool::new(config.pool),
            clock: SettableClock::new(config.clock),
            heads: watch::Sender::new(heads),
            workers: Workers::start(config.read_threads.max(1)).map_err(Error::Thread)?,
            genesis_hash,
            name: config.chain_name,
            sealing: config.sealing,
            commands: Mutex::new(Some(commands)),
        }))
    }

    /// The best block.
    pub fn best(&self) -> Head {
        self.heads.borrow().best.clone()
    }

    /// The last finalised block.
    pub fn finalized(&self) -> Head {
        self.heads.borrow().finalized.clone()
    }
}

/// Makes the genesis block of `config`; stores it in an empty store, compares
/// it with the stored one otherwise. Returns its hash.
fn write_genesis(store: &Store, states: &States, config: &DevchainConfig) -> Result<Hash, Error> {
    let storage = build_genesis_storage(&config.endowed).map_err(Error::Genesis)?;
    let (state_root, nodes) = states.build(storage);
    let number: BlockNumber = 0;
    let header = Header::new(
        number,
        Hashing::ordered_trie_root(Vec::new(), crate::state::STATE_VERSION),
        state_root,
        Hash::default(),
        Digest::default(),
    );
    let hash = header.hash();
    match store.heads()? {
        Some(heads) if heads.genesis == hash => {}
        Some(heads) => return Err(Error::GenesisMismatch { stored: heads.genesis, configured: hash }),
        None => store.commit(NewBlock { hash, header: &header, body: &[], nodes })?,
    }
    Ok(hash)
}

fn load_head(store: &Store, states: &States, hash: Hash) -> Result<Head, Error> {
    let header = store.header(&hash)?.ok_or(Error::Damaged("the best block's header is missing"))?;
    let timestamp_ms = states.run(header.state_root, Timestamp::now_ms)?;
    Ok(Head { hash, header: Arc::new(header), timestamp_ms })
}

/// Reads the time of the block whose state is being run.
trait NowMs {
    /// Milliseconds since the Unix epoch; 0 for genesis.
    fn now_ms() -> u64;
}

impl NowMs for Timestamp {
    fn now_ms() -> u64 {
        pallet_timestamp::Now::<crate::runtime::Runtime>::get()
    }
}
