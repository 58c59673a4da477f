//! Storage queries of the `chainHead` and `archive` groups: what is asked for,
//! and reading it page by page.

use super::params::Bytes;
use crate::{
    chain::Chain,
    error::Error,
    runtime::{Hash, Hashing},
    state::StateBackend,
};
use serde::{Deserialize, Serialize};
use sp_core::storage::ChildInfo;
use sp_runtime::traits::Hash as _;
use sp_state_machine::{Backend as _, IterArgs};
use sp_trie::MerkleValue;
use std::collections::VecDeque;

/// Most items of one page.
const PAGE_ITEMS: usize = 256;
/// A page ends with the item that makes its keys and values this long.
const PAGE_BYTES: usize = 1024 * 1024;

/// What is asked about a key.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum QueryType {
    /// The value under the key.
    Value,
    /// The hash of that value.
    Hash,
    /// The Merkle value of the first trie node at or below the key.
    ClosestDescendantMerkleValue,
    /// All keys that begin with the key, with their values.
    DescendantsValues,
    /// All keys that begin with the key, with the hashes of their values.
    DescendantsHashes,
}

impl QueryType {
    /// Whether the answer may have many items.
    pub fn is_descendants(self) -> bool {
        matches!(self, Self::DescendantsValues | Self::DescendantsHashes)
    }
}

/// One question.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageQuery {
    /// The key or the beginning of keys.
    pub key: Bytes,
    /// What is asked about it.
    #[serde(rename = "type")]
    pub query_type: QueryType,
    /// Descendants begin after this key.
    #[serde(default)]
    pub pagination_start_key: Option<Bytes>,
}

/// One answer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageItem {
    /// The key.
    pub key: Bytes,
    /// What was asked about it.
    #[serde(flatten)]
    pub found: Found,
    /// The child trie the key is in, if the group tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub child_trie_key: Option<Bytes>,
}

/// What was asked for; named like that in the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Found {
    /// A value.
    Value(Bytes),
    /// The hash of a value.
    Hash(Hash),
    /// A node, or its hash if that is shorter.
    ClosestDescendantMerkleValue(Bytes),
}

/// Questions about one block's state, answered page by page so that neither a
/// thread nor the subscriber is occupied for long.
#[derive(Debug)]
pub struct StorageReader {
    at: Hash,
    child: Option<ChildInfo>,
    tell_child: bool,
    queries: VecDeque<StorageQuery>,
}

impl StorageReader {
    /// Will answer `queries` about the state after block `at`, in the child trie
    /// with the unprefixed key `child` if one is given. `tell_child` repeats
    /// that key in every answer.
    pub fn new(at: Hash, child: Option<Bytes>, tell_child: bool, queries: Vec<StorageQuery>) -> Self {
        Self { at, child: child.map(child_info), tell_child, queries: queries.into() }
    }

    /// Whether every query has been answered.
    pub fn is_done(&self) -> bool {
        self.queries.is_empty()
    }

    /// The next answers; empty if nothing more was found.
    ///
    /// # Errors
    /// When the block is not known or its state cannot be read.
    pub fn next_page(&mut self, chain: &Chain) -> Result<Vec<StorageItem>, Error> {
        let state = chain.state(Some(self.at))?;
        let mut page = Page::default();
        while !page.is_full() {
            let Some(query) = self.queries.pop_front() else {
                break;
            };
            if query.query_type.is_descendants() {
                if let Some(last) = self.descendants(&state, &query, &mut page)? {
                    self.queries.push_front(StorageQuery { pagination_start_key: Some(Bytes(last)), ..query });
                    break;
                }
            } else if let Some(found) = self.single(&state, &query)? {
                page.add(self.item(query.key.0, found));
            }
        }
        Ok(page.items)
    }

    fn single(&self, state: &StateBackend, query: &StorageQuery) -> Result<Option<Found>, Error> {
        let key = &query.key.0[..];
        let child = self.child.as_ref();
        let found = match query.query_type {
            QueryType::Hash => match child {
                Some(child) => state.child_storage_hash(child, key),
                None => state.storage_hash(key),
            }
            .map(|hash| hash.map(Found::Hash)),
            QueryType::ClosestDescendantMerkleValue => match child {
                Some(child) => state.child_closest_merkle_value(child, key),
                None => state.closest_merkle_value(key),
            }
            .map(|value| value.map(merkle_value)),
            QueryType::Value | QueryType::DescendantsValues | QueryType::DescendantsHashes => match child {
                Some(child) => state.child_storage(child, key),
                None => state.storage(key),
            }
            .map(|value| value.map(|value| Found::Value(Bytes(value)))),
        };
        found.map_err(|error| Error::State(error.to_string()))
    }

    /// Adds what begins with the query's key. Returns the last key read if the
    /// page became full before the end.
    fn descendants(
        &self,
        state: &StateBackend,
        query: &StorageQuery,
        page: &mut Page,
    ) -> Result<Option<Vec<u8>>, Error> {
        let mut arguments = IterArgs::default();
        arguments.prefix = Some(&query.key.0);
        arguments.start_at = query.pagination_start_key.as_ref().map(|key| &key.0[..]);
        arguments.start_at_exclusive = true;
        arguments.child_info = self.child.clone();
        let pairs = state.pairs(arguments).map_err(|error| Error::State(error.to_string()))?;
        let mut last = None;
        for pair in pairs {
            // Looked at only when there is another pair: a page that ends with
            // the last one is the last page.
            if page.is_full() {
                return Ok(last);
            }
            let (key, value) = pair.map_err(|error| Error::State(error.to_string()))?;
            let found = match query.query_type {
                QueryType::DescendantsHashes => Found::Hash(Hashing::hash(&value)),
                _ => Found::Value(Bytes(value)),
            };
            page.add(self.item(key.clone(), found));
            last = Some(key);
        }
        Ok(None)
    }

    fn item(&self, key: Vec<u8>, found: Found) -> StorageItem {
        let child_trie_key = match &self.child {
            Some(child) if self.tell_child => Some(Bytes(child.storage_key().to_vec())),
            _ => None,
        };
        StorageItem { key: Bytes(key), found, child_trie_key }
    }
}

/// The child trie with the unprefixed key `key` in the default namespace.
pub fn child_info(key: Bytes) -> ChildInfo {
    ChildInfo::new_default_from_vec(key.0)
}

fn merkle_value(value: MerkleValue<Hash>) -> Found {
    Found::ClosestDescendantMerkleValue(Bytes(match value {
        MerkleValue::Node(node) => node,
        MerkleValue::Hash(hash) => hash.as_bytes().to_vec(),
    }))
}

#[derive(Default)]
struct Page {
    items: Vec<StorageItem>,
    bytes: usize,
}

impl Page {
    fn is_full(&self) -> bool {
        self.items.len() >= PAGE_ITEMS || self.bytes >= PAGE_BYTES
    }

    fn add(&mut self, item: StorageItem) {
        let value = match &item.found {
            Found::Value(bytes) | Found::ClosestDescendantMerkleValue(bytes) => bytes.len(),
            Found::Hash(hash) => hash.as_bytes().len(),
        };
        self.bytes = self.bytes.saturating_add(item.key.len()).saturating_add(value);
        self.items.push(item);
    }
}
