//! The chain behind the handle: what readers ask (`query`), how transactions
//! come in (`submit`), how blocks are made (`seal`), undone (`reorg`) and become
//! final (`branch`), what tests may do besides (`controls`), and the one thread
//! that does all of it (`author`).

mod author;
mod branch;
mod controls;
mod query;
mod reorg;
mod seal;
mod submit;

pub use author::{run as run_author, Command};
pub use branch::Route;
pub use controls::StorageChange;
pub use reorg::{Reorg, RetractedTransactions};
pub use seal::BlockInfo;

use crate::{
    clock::SettableClock,
    config::{DevchainConfig, Sealing},
    error::Error,
    faults::{MethodFaults, TransactionFaults},
    metrics::Metrics,
    pool::{Pool, Watcher},
    runtime::{build_genesis_storage, BlockNumber, Hash, Hashing, Header, Limits, Timestamp},
    state::States,
    store::{NewBlock, Persist, Store, StoredHeads},
    workers::Workers,
};
use branch::Unfinalized;
use controls::Snapshot;
use parking_lot::Mutex;
use sp_runtime::{
    traits::{Hash as _, Header as _},
    Digest,
};
use std::{
    fs::File,
    io::BufReader,
    path::Path,
    sync::{mpsc, Arc},
};
use submit::Delayed;
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
    /// How often the chain was set back to an earlier state or to another
    /// chain's. A follower that sees another number has to start anew.
    pub revision: u64,
}

/// What can be changed while the chain runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// When blocks are made.
    pub sealing: Sealing,
    /// How many blocks the finalised block stays behind the best one.
    pub finality_lag: u32,
}

/// The parts of a running chain.
pub struct Chain {
    pub(crate) store: Arc<Store>,
    pub(crate) states: States,
    pub(crate) pool: Pool,
    pub(crate) clock: SettableClock,
    pub(crate) heads: watch::Sender<Heads>,
    pub(crate) workers: Workers,
    pub(crate) metrics: Metrics,
    pub(crate) genesis_hash: Hash,
    pub(crate) name: String,
    pub(crate) limits: Limits,
    pub(crate) transaction_faults: TransactionFaults,
    pub(crate) method_faults: Arc<MethodFaults>,
    settings: Mutex<Settings>,
    unfinalized: Mutex<Unfinalized>,
    snapshots: Mutex<Vec<Snapshot>>,
    delayed: Mutex<Vec<Delayed>>,
    /// Followers of transactions that were lost without a word: they wait for ever.
    lost: Mutex<Vec<Watcher>>,
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
        let genesis_hash = match &config.load {
            None => write_genesis(&store, &states, &config)?,
            Some(dump) => load_dump(&store, dump)?,
        };
        let stored = store.heads()?.ok_or(Error::Damaged("the chain's heads are missing"))?;
        let heads = Heads {
            best: load_head(&store, &states, stored.best)?,
            finalized: load_head(&store, &states, stored.finalized)?,
            revision: 0,
        };
        let unfinalized = Unfinalized::load(&heads.best, &heads.finalized, |hash| load_head(&store, &states, hash))?;
        let settings = Settings { sealing: config.sealing, finality_lag: config.finality_lag };
        Ok(Arc::new(Self {
            store,
            states,
            pool: Pool::new(config.pool),
            clock: SettableClock::new(config.clock),
            heads: watch::Sender::new(heads),
            workers: Workers::start(config.read_threads.max(1), config.limits).map_err(Error::Thread)?,
            metrics: Metrics::default(),
            genesis_hash,
            name: config.chain_name,
            limits: config.limits,
            transaction_faults: TransactionFaults::default(),
            method_faults: Arc::default(),
            settings: Mutex::new(settings),
            unfinalized: Mutex::new(unfinalized),
            snapshots: Mutex::default(),
            delayed: Mutex::default(),
            lost: Mutex::default(),
            commands: Mutex::new(Some(commands)),
        }))
    }

    /// The present settings.
    pub fn settings(&self) -> Settings {
        *self.settings.lock()
    }

    /// Changes settings; blocks follow them from now on.
    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings.lock());
        self.wake();
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
        None => store.commit(
            vec![NewBlock { hash, header: &header, body: &[], nodes }],
            StoredHeads { genesis: hash, best: hash, finalized: hash },
            Persist::Now,
        )?,
    }
    Ok(hash)
}

/// Fills an empty store from the dump at `path`; returns its genesis hash.
fn load_dump(store: &Store, path: &Path) -> Result<Hash, Error> {
    if let Some(heads) = store.heads()? {
        return Err(Error::NotEmpty(heads.genesis));
    }
    let file = File::open(path).map_err(|source| Error::DumpFile { path: path.to_path_buf(), source })?;
    Ok(store.load(BufReader::new(file), None)?.genesis)
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
