//! Blocks and state on disk. Everything of a block is written in one
//! transaction, so a process killed at any moment leaves a whole block or none.
//!
//! One redb file holds headers, bodies, the number index and the trie nodes.
//! Blocks of all branches and their nodes are addressed by hash and never
//! deleted, so the state of every past block stays readable; which branch is
//! the chain is said by the number index and the heads. See [`nodes`] for how
//! nodes are written and [`archive`] for a whole chain as one file.

mod archive;
mod error;
mod nodes;

pub use archive::ArchiveError;
pub use error::StoreError;

use crate::runtime::{BlockNumber, Hash, Header};
use codec::{Decode, DecodeAll, Encode};
use nodes::RecentNodes;
use parking_lot::RwLock;
use redb::{
    Database, Durability, ReadableDatabase, ReadableTable, StorageBackend, Table, TableDefinition, WriteTransaction,
};
use std::{path::Path, sync::Arc};

/// Block hash to SCALE-encoded header.
const HEADERS: TableDefinition<[u8; 32], &[u8]> = TableDefinition::new("headers");
/// Block hash to the SCALE-encoded list of encoded extrinsics.
const BODIES: TableDefinition<[u8; 32], &[u8]> = TableDefinition::new("bodies");
/// Number to hash of the block of that number on the best chain.
const NUMBERS: TableDefinition<u32, [u8; 32]> = TableDefinition::new("numbers");
/// Named single values.
const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");

const META_VERSION: &str = "version";
const META_GENESIS: &str = "genesis";
const META_BEST: &str = "best";
const META_FINALIZED: &str = "finalized";

/// Version of the layout above; another one is refused.
const LAYOUT_VERSION: u32 = 1;
/// Memory redb may use for pages, in bytes.
const PAGE_CACHE_BYTES: usize = 128 * 1024 * 1024;

/// An encoded extrinsic, length prefix included.
pub type EncodedExtrinsic = Vec<u8>;

/// A block ready to be written, with the trie nodes its execution made.
pub struct NewBlock<'a> {
    /// Hash of `header`.
    pub hash: Hash,
    /// The sealed header.
    pub header: &'a Header,
    /// Encoded extrinsics in order.
    pub body: &'a [EncodedExtrinsic],
    /// New trie nodes by hash.
    pub nodes: Vec<(Hash, Vec<u8>)>,
}

/// When a commit must be on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persist {
    /// Before it returns.
    Now,
    /// With the next one that says [`Persist::Now`].
    Later,
}

/// The hashes a store remembers between runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode, Encode)]
pub struct StoredHeads {
    /// Block 0.
    pub genesis: Hash,
    /// The block new blocks build on.
    pub best: Hash,
    /// The last block that can no longer be undone.
    pub finalized: Hash,
}

/// Blocks and trie nodes; shared by all readers, written by the block author.
pub struct Store {
    /// `None` once closed.
    database: RwLock<Option<Arc<Database>>>,
    /// Whether a crash must be survived: false for the in-memory store.
    durable: bool,
    recent: RecentNodes,
}

impl Store {
    /// Opens or creates the store at `path` (the file `chain.redb` inside that
    /// folder), or an in-memory one that vanishes on drop.
    ///
    /// # Errors
    /// When the folder cannot be made, the file is damaged or in use by another
    /// process, or it was written by another layout version.
    pub fn open(path: Option<&Path>) -> Result<Self, StoreError> {
        let Some(folder) = path else {
            return Self::open_backend(redb::backends::InMemoryBackend::new(), false);
        };
        let failed = |source| StoreError::Folder { path: folder.to_path_buf(), source };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let path = folder.join("chain.redb");
        if !path.try_exists().map_err(failed)? {
            Self::create(folder, &path)?;
        }
        Self::prepared(Self::builder().open(path)?, true)
    }

    /// Makes the file under another name first: one that a kill left half made
    /// could never be opened again.
    fn create(folder: &Path, path: &Path) -> Result<(), StoreError> {
        let failed = |source| StoreError::Folder { path: folder.to_path_buf(), source };
        let file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        drop(Self::prepared(Self::builder().create(file.path())?, true)?);
        match file.persist_noclobber(path) {
            // Another process was faster: whose file it is, the lock decides.
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            done => done.map(drop).map_err(|error| failed(error.error)),
        }?;
        // The name is on disk once the folder is.
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }

    /// A store on `backend`; `durable` if it can survive a crash.
    fn open_backend(backend: impl StorageBackend, durable: bool) -> Result<Self, StoreError> {
        Self::prepared(Self::builder().create_with_backend(backend)?, durable)
    }

    fn builder() -> redb::Builder {
        let mut builder = Database::builder();
        builder.set_cache_size(PAGE_CACHE_BYTES);
        builder
    }

    fn prepared(database: Database, durable: bool) -> Result<Self, StoreError> {
        let database = RwLock::new(Some(Arc::new(database)));
        let store = Self { database, durable, recent: RecentNodes::default() };
        store.prepare()?;
        Ok(store)
    }

    /// Makes missing tables, checks the layout and loads the recent nodes.
    fn prepare(&self) -> Result<(), StoreError> {
        let transaction = self.begin_write(Persist::Now)?;
        {
            transaction.open_table(HEADERS)?;
            transaction.open_table(BODIES)?;
            transaction.open_table(NUMBERS)?;
            nodes::create_tables(&transaction)?;
            let mut meta = transaction.open_table(META)?;
            let found = meta.get(META_VERSION)?.map(|value| u32::decode_all(&mut value.value())).transpose()?;
            match found {
                None => {
                    meta.insert(META_VERSION, LAYOUT_VERSION.encode().as_slice())?;
                }
                Some(LAYOUT_VERSION) => {}
                Some(found) => return Err(StoreError::Layout { found, expected: LAYOUT_VERSION }),
            }
        }
        transaction.commit()?;
        self.recent.load(&*self.database()?)
    }

    /// Closes the file; every later use of the store fails with
    /// [`StoreError::Closed`] and the path may be opened again.
    pub fn close(&self) {
        *self.database.write() = None;
    }

    fn database(&self) -> Result<Arc<Database>, StoreError> {
        self.database.read().clone().ok_or(StoreError::Closed)
    }

    fn begin_write(&self, persist: Persist) -> Result<WriteTransaction, StoreError> {
        let mut transaction = self.database()?.begin_write()?;
        match persist {
            // Records the allocator with the commit: opening after a kill needs
            // no scan of the whole file.
            Persist::Now => transaction.set_quick_repair(self.durable),
            Persist::Later => transaction.set_durability(Durability::None)?,
        }
        Ok(transaction)
    }

    /// The remembered heads, or `None` before the genesis block is written.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn heads(&self) -> Result<Option<StoredHeads>, StoreError> {
        let transaction = self.database()?.begin_read()?;
        let meta = transaction.open_table(META)?;
        let read = |name: &str| -> Result<Option<Hash>, StoreError> {
            Ok(meta.get(name)?.map(|value| Hash::decode_all(&mut value.value())).transpose()?)
        };
        match (read(META_GENESIS)?, read(META_BEST)?, read(META_FINALIZED)?) {
            (Some(genesis), Some(best), Some(finalized)) => Ok(Some(StoredHeads { genesis, best, finalized })),
            _ => Ok(None),
        }
    }

    /// Writes `blocks` and makes `heads` the chain's ends, all or nothing; the
    /// number index then names the ancestors of the best block and nothing
    /// else. When this returns with [`Persist::Now`], all of it survives the
    /// death of the process.
    ///
    /// # Errors
    /// When the file cannot be written, or a block between the old chain and
    /// the new best block is not stored; nothing is then changed.
    pub fn commit(&self, blocks: Vec<NewBlock<'_>>, heads: StoredHeads, persist: Persist) -> Result<(), StoreError> {
        let transaction = self.begin_write(persist)?;
        let mut written = Vec::new();
        {
            let mut headers = transaction.open_table(HEADERS)?;
            let mut bodies = transaction.open_table(BODIES)?;
            for block in blocks {
                let hash = block.hash.to_fixed_bytes();
                headers.insert(hash, block.header.encode().as_slice())?;
                bodies.insert(hash, block.body.encode().as_slice())?;
                written.push((block.hash, block.nodes));
            }
            set_canonical(&mut transaction.open_table(NUMBERS)?, &headers, heads.best)?;
            let mut meta = transaction.open_table(META)?;
            for (name, hash) in
                [(META_GENESIS, heads.genesis), (META_BEST, heads.best), (META_FINALIZED, heads.finalized)]
            {
                meta.insert(name, hash.as_bytes())?;
            }
        }
        let written = self.recent.write(&transaction, written)?;
        transaction.commit()?;
        self.recent.committed(written);
        Ok(())
    }

    /// Writes a block without making it part of the chain.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&self, block: NewBlock<'_>) -> Result<(), StoreError> {
        let transaction = self.begin_write(Persist::Later)?;
        let hash = block.hash.to_fixed_bytes();
        transaction.open_table(HEADERS)?.insert(hash, block.header.encode().as_slice())?;
        transaction.open_table(BODIES)?.insert(hash, block.body.encode().as_slice())?;
        let written = self.recent.write(&transaction, vec![(block.hash, block.nodes)])?;
        transaction.commit()?;
        self.recent.committed(written);
        Ok(())
    }

    /// Writes trie nodes of no block in particular.
    ///
    /// # Errors
    /// When the file cannot be written.
    fn add_nodes(&self, mut nodes: Vec<(Hash, Vec<u8>)>) -> Result<(), StoreError> {
        nodes.sort_unstable_by_key(|(hash, _)| *hash);
        let transaction = self.begin_write(Persist::Later)?;
        nodes::insert(&transaction, nodes.iter().map(|(hash, node)| (hash, &node[..])))?;
        transaction.commit()?;
        Ok(())
    }

    /// The header of the block `hash`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn header(&self, hash: &Hash) -> Result<Option<Header>, StoreError> {
        self.read_block_part(HEADERS, hash)
    }

    /// The encoded extrinsics of the block `hash`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn body(&self, hash: &Hash) -> Result<Option<Vec<EncodedExtrinsic>>, StoreError> {
        self.read_block_part(BODIES, hash)
    }

    fn read_block_part<T: Decode>(
        &self,
        table: TableDefinition<[u8; 32], &'static [u8]>,
        hash: &Hash,
    ) -> Result<Option<T>, StoreError> {
        let transaction = self.database()?.begin_read()?;
        let table = transaction.open_table(table)?;
        let value = table.get(hash.to_fixed_bytes())?;
        Ok(value.map(|value| T::decode_all(&mut value.value())).transpose()?)
    }

    /// The hash of block `number` on the best chain.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn hash_at(&self, number: BlockNumber) -> Result<Option<Hash>, StoreError> {
        let transaction = self.database()?.begin_read()?;
        let numbers = transaction.open_table(NUMBERS)?;
        let hash = numbers.get(number)?;
        Ok(hash.map(|hash| Hash::from(hash.value())))
    }

    /// The trie node `hash`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn node(&self, hash: &Hash) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(node) = self.recent.get(hash) {
            return Ok(Some(node));
        }
        nodes::read(&*self.database()?, hash)
    }
}

/// Makes `numbers` name `best` and its ancestors.
fn set_canonical(
    numbers: &mut Table<'_, u32, [u8; 32]>,
    headers: &impl ReadableTable<[u8; 32], &'static [u8]>,
    best: Hash,
) -> Result<(), StoreError> {
    let mut hash = best;
    let mut highest = None;
    loop {
        let header = headers.get(hash.to_fixed_bytes())?.ok_or(StoreError::Detached(hash))?;
        let header = Header::decode_all(&mut header.value())?;
        highest.get_or_insert(header.number);
        if numbers.get(header.number)?.map(|named| named.value()) == Some(hash.to_fixed_bytes()) {
            break;
        }
        numbers.insert(header.number, hash.to_fixed_bytes())?;
        if header.number == 0 {
            break;
        }
        hash = header.parent_hash;
    }
    let Some(above) = highest.and_then(|number| number.checked_add(1)) else {
        return Ok(());
    };
    if numbers.range(above..)?.next().is_some() {
        numbers.retain_in(above.., |_, _| false)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
