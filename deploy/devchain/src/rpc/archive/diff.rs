//! `archive_v1_storageDiff`: what differs between the states of two blocks.

use crate::{
    chain::Chain,
    devchain::Devchain,
    error::Error,
    rpc::{
        error::RpcResult,
        params::{send, Bytes},
        storage_query::{child_info, Found},
    },
    runtime::{Hash, Hashing},
    state::StateBackend,
};
use jsonrpsee::{core::SubscriptionError, types::Params, PendingSubscriptionSink};
use serde::{Deserialize, Serialize};
use sp_runtime::traits::Hash as _;
use sp_state_machine::{Backend as _, IterArgs};
use std::{cmp::Ordering, collections::VecDeque, sync::Arc};

/// How many entries are compared before a thread is given back.
const STEP_ENTRIES: usize = 4_096;

/// How a differing value is told.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
enum ReturnType {
    Value,
    Hash,
}

/// What to compare.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DiffQuery {
    /// The beginning of keys; all, if not given.
    #[serde(default)]
    key: Option<Bytes>,
    return_type: ReturnType,
    #[serde(default)]
    child_trie_key: Option<Bytes>,
}

impl DiffQuery {
    fn prefix(&self) -> &[u8] {
        self.key.as_ref().map_or(&[], |key| &key.0[..])
    }

    /// Whether everything that `other` finds is found by this one too.
    fn covers(&self, other: &Self) -> bool {
        self.child_trie_key == other.child_trie_key
            && self.return_type == other.return_type
            && other.prefix().starts_with(self.prefix())
    }
}

/// What happened to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Change {
    Added,
    Modified,
    Deleted,
}

/// A notification of `archive_v1_storageDiff`.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum DiffEvent {
    StorageDiff(Difference),
    StorageDiffError { error: String },
    StorageDiffDone,
}

/// One entry that differs, with its new value or, if it was deleted, the old.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Difference {
    key: Bytes,
    #[serde(flatten)]
    found: Found,
    #[serde(rename = "type")]
    change: Change,
    #[serde(skip_serializing_if = "Option::is_none")]
    child_trie_key: Option<Bytes>,
}

/// Sends every difference and ends.
pub async fn subscribe(
    params: Params<'static>,
    pending: PendingSubscriptionSink,
    devchain: Arc<Devchain>,
) -> Result<(), SubscriptionError> {
    let (block, queries, previous) = match parse(&params) {
        Ok(parsed) => parsed,
        Err(error) => {
            pending.reject(error).await;
            return Ok(());
        }
    };
    let sink = pending.accept().await?;
    let chain = Arc::clone(devchain.chain());
    // The subscription itself must not keep the chain running.
    drop(devchain);
    let source = chain.clone();
    let mut comparison = match chain.workers.run(move || Comparison::new(&source, block, previous, queries)).await? {
        Ok(comparison) => comparison,
        Err(error) => return send(&sink, &DiffEvent::StorageDiffError { error: error.to_string() }).await,
    };
    while !comparison.queries.is_empty() {
        let source = chain.clone();
        let (rest, step) = chain
            .workers
            .run(move || {
                let step = comparison.step(&source);
                (comparison, step)
            })
            .await?;
        comparison = rest;
        match step {
            Ok(differences) => {
                for difference in differences {
                    send(&sink, &DiffEvent::StorageDiff(difference)).await?;
                }
            }
            Err(error) => return send(&sink, &DiffEvent::StorageDiffError { error: error.to_string() }).await,
        }
        if sink.is_closed() {
            return Ok(());
        }
    }
    send(&sink, &DiffEvent::StorageDiffDone).await
}

type Parsed = (Hash, Vec<DiffQuery>, Option<Hash>);

fn parse(params: &Params<'_>) -> RpcResult<Parsed> {
    let mut params = params.sequence();
    let block: Hash = params.next()?;
    let queries: Option<Vec<DiffQuery>> = params.optional_next()?;
    let previous: Option<Hash> = params.optional_next()?;
    let mut queries = queries.unwrap_or_default();
    if queries.is_empty() {
        queries.push(DiffQuery { key: None, return_type: ReturnType::Value, child_trie_key: None });
    }
    Ok((block, queries, previous))
}

/// A comparison under way.
struct Comparison {
    block: Hash,
    previous: Hash,
    queries: VecDeque<DiffQuery>,
    /// The last key of the first query that has been compared.
    last: Option<Vec<u8>>,
}

type Entry = (Vec<u8>, Vec<u8>);

impl Comparison {
    fn new(chain: &Chain, block: Hash, previous: Option<Hash>, queries: Vec<DiffQuery>) -> Result<Self, Error> {
        let header = chain.header(Some(block))?;
        let previous = match previous {
            Some(previous) => {
                if !chain.route(previous, block)?.retracted.is_empty() {
                    return Err(Error::UnknownBlock(format!("{previous:?} (among the ancestors of {block:?})")));
                }
                previous
            }
            None if header.number == 0 => {
                return Err(Error::UnknownBlock("before the first (name another previousHash)".into()));
            }
            None => header.parent_hash,
        };
        Ok(Self { block, previous, queries: without_covered(queries).into(), last: None })
    }

    /// Compares some more entries.
    fn step(&mut self, chain: &Chain) -> Result<Vec<Difference>, Error> {
        let Some(query) = self.queries.pop_front() else {
            return Ok(Vec::new());
        };
        let (new, old) = (chain.state(Some(self.block))?, chain.state(Some(self.previous))?);
        let (differences, last) = compare(&new, &old, &query, self.last.take().as_deref())?;
        if last.is_some() {
            self.last = last;
            self.queries.push_front(query);
        }
        Ok(differences)
    }
}

/// Compares entries after the key `after`; returns the last key looked at if
/// there may be more.
fn compare(
    new: &StateBackend,
    old: &StateBackend,
    query: &DiffQuery,
    after: Option<&[u8]>,
) -> Result<(Vec<Difference>, Option<Vec<u8>>), Error> {
    let mut new = pairs(new, query, after)?.peekable();
    let mut old = pairs(old, query, after)?.peekable();
    let mut differences = Vec::new();
    let mut last = None;
    for _ in 0..STEP_ENTRIES {
        let order = match (new.peek(), old.peek()) {
            (None, None) => return Ok((differences, None)),
            // Errors come out below.
            (Some(_), None) | (Some(Err(_)), _) => Ordering::Less,
            (None, Some(_)) | (_, Some(Err(_))) => Ordering::Greater,
            (Some(Ok((new_key, _))), Some(Ok((old_key, _)))) => new_key.cmp(old_key),
        };
        let added = if order.is_le() { new.next().transpose()? } else { None };
        let removed = if order.is_ge() { old.next().transpose()? } else { None };
        last = added.as_ref().or(removed.as_ref()).map(|(key, _)| key.clone());
        differences.extend(difference(query, added, removed));
    }
    Ok((differences, last))
}

/// Leaves out what another query finds as well.
fn without_covered(queries: Vec<DiffQuery>) -> Vec<DiffQuery> {
    let mut kept: Vec<DiffQuery> = Vec::new();
    for query in queries {
        if !kept.iter().any(|other| other.covers(&query)) {
            kept.retain(|other| !query.covers(other));
            kept.push(query);
        }
    }
    kept
}

fn pairs<'a>(
    state: &'a StateBackend,
    query: &'a DiffQuery,
    after: Option<&'a [u8]>,
) -> Result<impl Iterator<Item = Result<Entry, Error>> + 'a, Error> {
    let mut arguments = IterArgs::default();
    arguments.prefix = Some(query.prefix());
    arguments.start_at = after;
    arguments.start_at_exclusive = true;
    arguments.child_info = query.child_trie_key.clone().map(child_info);
    let pairs = state.pairs(arguments).map_err(|error| Error::State(error.to_string()))?;
    Ok(pairs.map(|pair| pair.map_err(|error| Error::State(error.to_string()))))
}

fn difference(query: &DiffQuery, new: Option<Entry>, old: Option<Entry>) -> Option<Difference> {
    let (change, (key, value)) = match (new, old) {
        (Some((_, new)), Some((_, old))) if new == old => return None,
        (Some(new), Some(_)) => (Change::Modified, new),
        (Some(new), None) => (Change::Added, new),
        (None, Some(old)) => (Change::Deleted, old),
        (None, None) => return None,
    };
    let found = match query.return_type {
        ReturnType::Value => Found::Value(Bytes(value)),
        ReturnType::Hash => Found::Hash(Hashing::hash(&value)),
    };
    Some(Difference { key: Bytes(key), found, change, child_trie_key: query.child_trie_key.clone() })
}
