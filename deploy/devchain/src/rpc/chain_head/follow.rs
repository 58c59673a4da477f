//! `chainHead_v1_follow`: tells a follower every block of the branches that
//! were best, which one is best, and which became final.

use super::{
    events::{FollowEvent, RuntimeEvent},
    subscriptions::{Subscription, Subscriptions, MAX_FOLLOWERS, MAX_PINNED},
};
use crate::{
    chain::{Chain, Head, Heads},
    devchain::Devchain,
    error::Error,
    rpc::{error::plain, params::send},
    runtime::{BlockNumber, Hash},
};
use jsonrpsee::{
    core::SubscriptionError,
    types::{Params, SubscriptionId},
    PendingSubscriptionSink,
};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

/// How many final blocks the first notification names at most.
const INITIAL_FINALIZED: usize = 16;

/// Why a follower is stopped.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error("it has more than {MAX_PINNED} blocks pinned or is more blocks than that behind")]
    TooManyBlocks,
    #[error("the chain was set back to an earlier state")]
    SetBack,
    #[error(transparent)]
    Chain(#[from] Error),
}

/// Serves one follower until it goes or has to be stopped.
pub async fn follow(
    params: Params<'static>,
    pending: PendingSubscriptionSink,
    devchain: Arc<Devchain>,
    subscriptions: Arc<Subscriptions>,
) -> Result<(), SubscriptionError> {
    let with_runtime: bool = match params.one() {
        Ok(with_runtime) => with_runtime,
        Err(error) => {
            pending.reject(error).await;
            return Ok(());
        }
    };
    // Entered before the client learns the name, so that it can use it at once.
    let id = text(&pending.subscription_id());
    let Some((entered, mut answers)) = subscriptions.enter(pending.connection_id(), id, with_runtime) else {
        let reason = format!("Maximum number of chainHead_follow has been reached: {MAX_FOLLOWERS} a connection");
        pending.reject(plain(super::code::REACHED_LIMITS, reason)).await;
        return Ok(());
    };
    let sink = pending.accept().await?;
    let mut heads = devchain.follow();
    let chain = Arc::clone(devchain.chain());
    // The subscription itself must not keep the chain running.
    drop(devchain);
    let first = heads.borrow_and_update().clone();
    let mut view = View::new(chain, entered.subscription.clone(), &first);
    let mut step = view.begin(&first);
    loop {
        let events = match step {
            Ok(events) => events,
            Err(stop) => {
                tracing::debug!(%stop, "a follower of the chain's head is stopped");
                // Before it is told, so that it may follow anew at once.
                drop(entered);
                return send(&sink, &FollowEvent::Stop).await;
            }
        };
        for event in events {
            send(&sink, &event).await?;
        }
        step = loop {
            tokio::select! {
                () = sink.closed() => return Ok(()),
                changed = heads.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    let now = heads.borrow_and_update().clone();
                    break view.advance(&now);
                }
                Some(answer) = answers.recv() => send(&sink, &answer).await?,
            }
        };
    }
}

fn text(id: &SubscriptionId<'_>) -> String {
    match id {
        SubscriptionId::Num(number) => number.to_string(),
        SubscriptionId::Str(text) => text.to_string(),
    }
}

/// What a follower has been told.
struct View {
    chain: Arc<Chain>,
    subscription: Arc<Subscription>,
    revision: u64,
    best: Head,
    finalized: Head,
    /// The announced blocks that are not final, with number and parent.
    announced: HashMap<Hash, (BlockNumber, Hash)>,
}

impl View {
    fn new(chain: Arc<Chain>, subscription: Arc<Subscription>, heads: &Heads) -> Self {
        let finalized = heads.finalized.clone();
        Self {
            chain,
            subscription,
            revision: heads.revision,
            best: finalized.clone(),
            finalized,
            announced: HashMap::new(),
        }
    }

    /// The first notifications: the latest final blocks, all that are not final,
    /// the best one.
    fn begin(&mut self, heads: &Heads) -> Result<Vec<FollowEvent>, Stop> {
        self.check_distance(&heads.finalized, &heads.best)?;
        let mut finalized_block_hashes = VecDeque::from([heads.finalized.hash]);
        let mut oldest = heads.finalized.header.clone();
        while oldest.number > 0 && finalized_block_hashes.len() < INITIAL_FINALIZED {
            finalized_block_hashes.push_front(oldest.parent_hash);
            oldest = Arc::new(self.chain.header(Some(oldest.parent_hash))?);
        }
        for hash in &finalized_block_hashes {
            self.pin(*hash)?;
        }
        let mut events = vec![FollowEvent::Initialized {
            finalized_block_hashes: finalized_block_hashes.into(),
            finalized_block_runtime: self.subscription.with_runtime.then(RuntimeEvent::present),
        }];
        self.announce_forks(heads, &mut events)?;
        self.change_best(heads, &mut events)?;
        Ok(events)
    }

    /// Announces the blocks above the final one, those of left branches too.
    fn announce_forks(&mut self, heads: &Heads, events: &mut Vec<FollowEvent>) -> Result<(), Stop> {
        let mut number = heads.finalized.header.number;
        loop {
            number = number.saturating_add(1);
            let hashes = self.chain.hashes_at(number)?;
            if hashes.is_empty() {
                return Ok(());
            }
            for hash in hashes {
                let parent = self.chain.header(Some(hash))?.parent_hash;
                if parent == self.finalized.hash || self.announced.contains_key(&parent) {
                    self.announce(hash, number, parent, events)?;
                }
            }
        }
    }

    /// The notifications that lead from what the follower knows to `heads`.
    fn advance(&mut self, heads: &Heads) -> Result<Vec<FollowEvent>, Stop> {
        if heads.revision != self.revision {
            return Err(Stop::SetBack);
        }
        self.check_distance(&self.best, &heads.best)?;
        let mut events = Vec::new();
        self.change_best(heads, &mut events)?;
        self.finalize(heads, &mut events)?;
        Ok(events)
    }

    fn change_best(&mut self, heads: &Heads, events: &mut Vec<FollowEvent>) -> Result<(), Stop> {
        if heads.best.hash == self.best.hash {
            return Ok(());
        }
        for (hash, header) in self.chain.route(self.best.hash, heads.best.hash)?.enacted {
            self.announce(hash, header.number, header.parent_hash, events)?;
        }
        self.best = heads.best.clone();
        events.push(FollowEvent::BestBlockChanged { best_block_hash: self.best.hash });
        Ok(())
    }

    fn finalize(&mut self, heads: &Heads, events: &mut Vec<FollowEvent>) -> Result<(), Stop> {
        if heads.finalized.hash == self.finalized.hash {
            return Ok(());
        }
        let route = self.chain.route(self.finalized.hash, heads.finalized.hash)?;
        if !route.retracted.is_empty() {
            return Err(Stop::SetBack);
        }
        let finalized_block_hashes: Vec<Hash> = route.enacted.into_iter().map(|(hash, _)| hash).collect();
        self.finalized = heads.finalized.clone();
        let pruned_block_hashes = self.prune(&finalized_block_hashes);
        events.push(FollowEvent::Finalized { finalized_block_hashes, pruned_block_hashes });
        Ok(())
    }

    /// Forgets the blocks that became final and those that no longer can, which
    /// are returned.
    fn prune(&mut self, finalized: &[Hash]) -> Vec<Hash> {
        let mut by_number: Vec<(Hash, (BlockNumber, Hash))> = self.announced.drain().collect();
        by_number.sort_unstable_by_key(|(_, (number, _))| *number);
        let finalized: HashSet<&Hash> = finalized.iter().collect();
        let mut pruned = Vec::new();
        for (hash, (number, parent)) in by_number {
            if parent == self.finalized.hash || self.announced.contains_key(&parent) {
                self.announced.insert(hash, (number, parent));
            } else if !finalized.contains(&hash) {
                pruned.push(hash);
            }
        }
        pruned
    }

    fn announce(
        &mut self,
        hash: Hash,
        number: BlockNumber,
        parent: Hash,
        events: &mut Vec<FollowEvent>,
    ) -> Result<(), Stop> {
        if self.announced.insert(hash, (number, parent)).is_some() {
            return Ok(());
        }
        self.pin(hash)?;
        events.push(FollowEvent::NewBlock {
            block_hash: hash,
            parent_block_hash: parent,
            // No block changes the runtime.
            new_runtime: self.subscription.with_runtime.then_some(None),
        });
        Ok(())
    }

    fn pin(&self, hash: Hash) -> Result<(), Stop> {
        if self.subscription.pin(hash) {
            Ok(())
        } else {
            Err(Stop::TooManyBlocks)
        }
    }

    /// A follower that is too far behind is stopped before the way is read.
    fn check_distance(&self, from: &Head, to: &Head) -> Result<(), Stop> {
        let distance = to.header.number.saturating_sub(from.header.number);
        if usize::try_from(distance).unwrap_or(usize::MAX) > MAX_PINNED {
            return Err(Stop::TooManyBlocks);
        }
        Ok(())
    }
}
