//! Trie nodes on disk. Hashes are scattered, so writing each block's nodes
//! straight into one large tree would rewrite a page a node. A block's nodes
//! are therefore written as one value and kept in memory; when enough have
//! gathered they are moved into the large tree in order of their hashes.

use super::StoreError;
use crate::runtime::Hash;
use codec::{DecodeAll, Encode};
use parking_lot::RwLock;
use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition, WriteTransaction};
use std::{collections::HashMap, sync::Arc};

/// Node hash to encoded node.
const NODES: TableDefinition<[u8; 32], &[u8]> = TableDefinition::new("nodes");
/// Block hash to the SCALE-encoded list of (hash, node) of that block.
const RECENT: TableDefinition<[u8; 32], &[u8]> = TableDefinition::new("recent_nodes");

/// How many bytes of nodes gather before they are moved, which bounds the
/// memory they take and the time a start needs to load them.
const MOVE_AT_BYTES: usize = 32 * 1024 * 1024;

/// The nodes of the blocks that are not yet in the large tree.
#[derive(Default)]
pub(super) struct RecentNodes {
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    nodes: HashMap<Hash, Arc<[u8]>>,
    bytes: usize,
}

/// A block's hash and its new nodes by hash.
pub(super) type BlockNodes = (Hash, Vec<(Hash, Vec<u8>)>);

/// What a write transaction did with nodes, to be made visible once
/// the transaction is committed.
pub(super) enum Written {
    /// The nodes were added, a value a block.
    Added(Vec<BlockNodes>),
    /// All recent nodes and the new ones are now in the large tree.
    Moved,
}

pub(super) fn create_tables(transaction: &WriteTransaction) -> Result<(), StoreError> {
    transaction.open_table(NODES)?;
    transaction.open_table(RECENT)?;
    Ok(())
}

/// Writes nodes, sorted by hash, into the large tree.
pub(super) fn insert<'a>(
    transaction: &WriteTransaction,
    sorted: impl Iterator<Item = (&'a Hash, &'a [u8])>,
) -> Result<(), StoreError> {
    let mut tree = transaction.open_table(NODES)?;
    for (hash, node) in sorted {
        tree.insert(hash.to_fixed_bytes(), node)?;
    }
    Ok(())
}

/// Reads a node from the large tree.
pub(super) fn read(database: &Database, hash: &Hash) -> Result<Option<Vec<u8>>, StoreError> {
    let transaction = database.begin_read()?;
    let table = transaction.open_table(NODES)?;
    let node = table.get(hash.to_fixed_bytes())?;
    Ok(node.map(|node| node.value().to_vec()))
}

impl Inner {
    fn add(&mut self, nodes: Vec<(Hash, Vec<u8>)>) {
        for (hash, node) in nodes {
            let length = node.len();
            if self.nodes.insert(hash, node.into()).is_none() {
                self.bytes = self.bytes.saturating_add(length);
            }
        }
    }
}

impl RecentNodes {
    /// Loads what the last run had not moved.
    pub(super) fn load(&self, database: &Database) -> Result<(), StoreError> {
        let transaction = database.begin_read()?;
        let table = transaction.open_table(RECENT)?;
        let mut inner = self.inner.write();
        for entry in table.iter()? {
            let (_, value) = entry?;
            inner.add(Vec::<(Hash, Vec<u8>)>::decode_all(&mut value.value())?);
        }
        Ok(())
    }

    /// Calls `each` with every node on disk and in memory; some come twice.
    pub(super) fn for_each<E: From<StoreError>>(
        &self,
        database: &Database,
        mut each: impl FnMut(&Hash, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let transaction = database.begin_read().map_err(StoreError::from)?;
        let table = transaction.open_table(NODES).map_err(StoreError::from)?;
        for entry in table.iter().map_err(StoreError::from)? {
            let (hash, node) = entry.map_err(StoreError::from)?;
            each(&Hash::from(hash.value()), node.value())?;
        }
        let recent: Vec<(Hash, Arc<[u8]>)> = {
            let inner = self.inner.read();
            inner.nodes.iter().map(|(hash, node)| (*hash, node.clone())).collect()
        };
        recent.iter().try_for_each(|(hash, node)| each(hash, node))
    }

    pub(super) fn get(&self, hash: &Hash) -> Option<Vec<u8>> {
        let inner = self.inner.read();
        inner.nodes.get(hash).map(|node| node.to_vec())
    }

    /// Writes the nodes of `blocks` inside `transaction`.
    pub(super) fn write(&self, transaction: &WriteTransaction, blocks: Vec<BlockNodes>) -> Result<Written, StoreError> {
        let mut recent = transaction.open_table(RECENT)?;
        let inner = self.inner.read();
        if inner.bytes < MOVE_AT_BYTES {
            for (block, nodes) in &blocks {
                recent.insert(block.to_fixed_bytes(), nodes.encode().as_slice())?;
            }
            return Ok(Written::Added(blocks));
        }
        let mut all: Vec<(&Hash, &[u8])> = inner
            .nodes
            .iter()
            .map(|(hash, node)| (hash, &node[..]))
            .chain(blocks.iter().flat_map(|(_, nodes)| nodes).map(|(hash, node)| (hash, &node[..])))
            .collect();
        all.sort_unstable_by_key(|(hash, _)| *hash);
        insert(transaction, all.into_iter())?;
        if !recent.is_empty()? {
            recent.retain(|_, _| false)?;
        }
        Ok(Written::Moved)
    }

    /// Makes visible what a committed transaction wrote.
    pub(super) fn committed(&self, written: Written) {
        let mut inner = self.inner.write();
        match written {
            Written::Added(blocks) => blocks.into_iter().for_each(|(_, nodes)| inner.add(nodes)),
            Written::Moved => *inner = Inner::default(),
        }
    }
}
