//! What the three subscriptions to headers have sent and have to send next.

use crate::{
    chain::{Chain, Head, Heads},
    error::Error,
    runtime::{BlockNumber, Hash, Header},
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

type Headers = Vec<Arc<Header>>;

/// A subscriber's view of the chain.
pub trait HeadsView {
    /// The header to begin with.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn begin(&mut self, chain: &Chain, heads: &Heads) -> Result<Headers, Error>;

    /// The headers that lead from what was sent to `heads`.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn advance(&mut self, chain: &Chain, heads: &Heads) -> Result<Headers, Error>;
}

/// Every block that becomes best; after a reorganisation all of the new branch.
#[derive(Default)]
pub struct BestHeads {
    last: Option<Hash>,
}

/// Every final block, once and in order.
#[derive(Default)]
pub struct FinalizedHeads {
    last: Option<Hash>,
}

impl HeadsView for BestHeads {
    fn begin(&mut self, _: &Chain, heads: &Heads) -> Result<Headers, Error> {
        Ok(begin_at(&mut self.last, &heads.best))
    }

    fn advance(&mut self, chain: &Chain, heads: &Heads) -> Result<Headers, Error> {
        advance_to(&mut self.last, chain, heads.best.hash)
    }
}

impl HeadsView for FinalizedHeads {
    fn begin(&mut self, _: &Chain, heads: &Heads) -> Result<Headers, Error> {
        Ok(begin_at(&mut self.last, &heads.finalized))
    }

    fn advance(&mut self, chain: &Chain, heads: &Heads) -> Result<Headers, Error> {
        advance_to(&mut self.last, chain, heads.finalized.hash)
    }
}

fn begin_at(last: &mut Option<Hash>, head: &Head) -> Headers {
    *last = Some(head.hash);
    vec![head.header.clone()]
}

fn advance_to(last: &mut Option<Hash>, chain: &Chain, to: Hash) -> Result<Headers, Error> {
    let from = last.replace(to).unwrap_or(to);
    if from == to {
        return Ok(Vec::new());
    }
    Ok(chain.route(from, to)?.enacted.into_iter().map(|(_, header)| header).collect())
}

/// Every block, of whatever branch, once.
#[derive(Default)]
pub struct AllHeads {
    best: Option<Hash>,
    finalized: BlockNumber,
    /// Blocks above the final one that have been sent or were there before.
    known: BTreeMap<BlockNumber, HashSet<Hash>>,
}

impl HeadsView for AllHeads {
    fn begin(&mut self, chain: &Chain, heads: &Heads) -> Result<Headers, Error> {
        self.known.clear();
        self.finalized = heads.finalized.header.number;
        // What is there already is not new; of it only the best block is sent.
        self.unknown(chain)?;
        self.know(heads.best.header.number, heads.best.hash);
        self.best = Some(heads.best.hash);
        Ok(vec![heads.best.header.clone()])
    }

    fn advance(&mut self, chain: &Chain, heads: &Heads) -> Result<Headers, Error> {
        // What became final since belongs to the way to the best block; blocks of
        // other branches are found by their numbers.
        let from = self.best.replace(heads.best.hash).unwrap_or(heads.best.hash);
        let mut headers = Vec::new();
        for (hash, header) in chain.route(from, heads.best.hash)?.enacted {
            if self.know(header.number, hash) {
                headers.push(header);
            }
        }
        headers.extend(self.unknown(chain)?);
        self.finalized = heads.finalized.header.number;
        self.known = self.known.split_off(&self.finalized.saturating_add(1));
        Ok(headers)
    }
}

impl AllHeads {
    /// Remembers a block; whether it was unknown.
    fn know(&mut self, number: BlockNumber, hash: Hash) -> bool {
        self.known.entry(number).or_default().insert(hash)
    }

    /// The unknown blocks above the final one, which are known from now on.
    fn unknown(&mut self, chain: &Chain) -> Result<Headers, Error> {
        let mut headers = Vec::new();
        let mut number = self.finalized;
        loop {
            number = number.saturating_add(1);
            let hashes = chain.hashes_at(number)?;
            if hashes.is_empty() {
                return Ok(headers);
            }
            for hash in hashes {
                if self.know(number, hash) {
                    headers.push(Arc::new(chain.header(Some(hash))?));
                }
            }
        }
    }
}
