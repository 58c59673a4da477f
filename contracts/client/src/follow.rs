//! Waiting: for a transaction's final block, and for the chain's next one.

use crate::{
    block::{BlockHash, BlockRef},
    rpc::{Header, TransactionStatus},
    submit::{send, Answer, Pending},
    Client, ClientError, Result,
};
use bizkey_primitives::AccountId;
use futures::{stream, Stream};
use std::time::Duration;
use subxt::rpcs::client::RpcSubscription;
use tokio::time::{timeout, timeout_at, Instant};

/// Pause between two looks at the chain.
const PAUSE: Duration = Duration::from_millis(250);
/// Without a word for so long, the chain is asked.
const SILENCE: Duration = Duration::from_secs(20);

/// How a watched transaction ended.
enum Watched {
    Final(BlockHash),
    /// Another transaction took its nonce.
    Usurped,
    /// Something that came before made it invalid.
    Invalid,
    /// The pool has no room for it.
    NoRoom,
    /// The subscription broke off.
    Lost,
}

/// Waits for the final block that holds the transaction.
pub async fn until_final(pending: &mut Pending) -> Result<BlockHash> {
    let after = pending.client.limits().finality;
    let deadline = Instant::now() + after;
    let (call, hash) = (pending.subject.name(), pending.hash);
    let dropped = |reason: &str| ClientError::Dropped { call, hash, reason: reason.into() };
    let mut search = Search { client: pending.client.clone(), next: pending.sent_after };
    loop {
        if let Some(subscription) = pending.subscription.take() {
            match timeout_at(deadline, watch(subscription)).await {
                Ok(Watched::Final(block)) => return Ok(block),
                Ok(Watched::Usurped) => return Err(pending.overtaken()),
                // A node says no more when another of the nonce is in a block.
                Ok(Watched::Invalid) => {
                    let is_used = is_used(&pending.client, &pending.account, pending.nonce).await;
                    return Err(if is_used { pending.overtaken() } else { dropped("it is no longer valid") });
                }
                Ok(Watched::NoRoom) => return Err(dropped("the pool is full")),
                Ok(Watched::Lost) => tracing::debug!(call, "lost sight of a transaction"),
                Err(_) => return Err(ClientError::NotFinal { call, hash, after }),
            }
        }
        // Sent again before the search: if its nonce is used by now, its block,
        // if there is one, is found by a search that begins after.
        let answer = send(&pending.client, &pending.bytes).await;
        match answer {
            Ok(Answer::Taken(subscription)) => pending.subscription = Some(subscription),
            Ok(Answer::Refused(reason)) => match search.find(&hash).await {
                Ok(Some(block)) => return Ok(block),
                Ok(None) => return Err(dropped(&reason)),
                Err(error) => tracing::debug!(%error, "searching a transaction"),
            },
            Ok(Answer::Known | Answer::NonceUsed | Answer::PoolFull(_)) => {
                let settled = pending.client.account(&pending.account).await.map(|account| account.nonce);
                match search.find(&hash).await {
                    Ok(Some(block)) => return Ok(block),
                    Ok(None) if settled.is_ok_and(|nonce| u64::from(nonce) > pending.nonce) => {
                        return Err(pending.overtaken());
                    }
                    Ok(None) => {}
                    Err(error) => tracing::debug!(%error, "searching a transaction"),
                }
            }
            Err(error) => tracing::debug!(%error, "sending a transaction again"),
        }
        if Instant::now() >= deadline {
            return Err(ClientError::NotFinal { call, hash, after });
        }
        if pending.subscription.is_none() {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Whether the nonce is used in the block that the node builds on.
async fn is_used(client: &Client, account: &AccountId, nonce: u64) -> bool {
    let Ok(best) = client.best_head().await else { return false };
    client.account_at(account, &best.hash).await.is_ok_and(|account| u64::from(account.nonce) > nonce)
}

async fn watch(mut subscription: RpcSubscription<TransactionStatus>) -> Watched {
    loop {
        match subscription.next().await {
            Some(Ok(TransactionStatus::Finalized(hash))) => return Watched::Final(hash.0),
            Some(Ok(TransactionStatus::Usurped(_))) => return Watched::Usurped,
            Some(Ok(TransactionStatus::Dropped)) => return Watched::NoRoom,
            Some(Ok(TransactionStatus::Invalid)) => return Watched::Invalid,
            Some(Ok(TransactionStatus::FinalityTimeout(_)) | Err(_)) | None => return Watched::Lost,
            Some(Ok(_)) => {}
        }
    }
}

/// Looks through final blocks once, onwards from `next`.
struct Search {
    client: Client,
    next: u32,
}

impl Search {
    async fn find(&mut self, hash: &[u8; 32]) -> Result<Option<BlockHash>> {
        let head = self.client.finalized_head().await?.number;
        while self.next <= head {
            let block = self.client.block_hash(self.next).await?;
            let block = block.ok_or_else(|| ClientError::NoBlock(self.next.to_string()))?;
            if self.client.block_body(&block).await?.position(hash).is_some() {
                return Ok(Some(block));
            }
            self.next = self.next.saturating_add(1);
        }
        Ok(None)
    }
}

/// Every final block from `next` on, without gaps, across lost connections.
pub fn finalized_blocks(client: Client, next: u32) -> impl Stream<Item = Result<BlockRef>> + Unpin + Send + 'static {
    let state = Follow { client, next, known: None, subscription: None };
    Box::pin(stream::unfold(state, |mut state| async move {
        let item = state.step().await;
        if item.is_err() {
            // Whoever polls again after an error begins with a new subscription.
            state.subscription = None;
            tokio::time::sleep(PAUSE).await;
        }
        Some((item, state))
    }))
}

struct Follow {
    client: Client,
    next: u32,
    /// The highest number known to be final.
    known: Option<u32>,
    subscription: Option<RpcSubscription<Header>>,
}

impl Follow {
    async fn step(&mut self) -> Result<BlockRef> {
        while self.known.is_none_or(|known| known < self.next) {
            self.wait().await?;
        }
        let number = self.next;
        let hash = self.client.block_hash(number).await?;
        let hash = hash.ok_or_else(|| ClientError::NoBlock(number.to_string()))?;
        self.next = number.saturating_add(1);
        Ok(BlockRef { number, hash })
    }

    /// Waits for news of a final block.
    async fn wait(&mut self) -> Result<()> {
        let Some(subscription) = &mut self.subscription else {
            self.subscription = Some(self.client.rpc().subscribe_finalized().await?);
            // Blocks may have become final before the subscription began.
            self.known = Some(self.client.finalized_head().await?.number);
            return Ok(());
        };
        match timeout(SILENCE, subscription.next()).await {
            Ok(Some(Ok(header))) => self.known = self.known.max(Some(header.number)),
            Ok(Some(Err(error))) => {
                tracing::debug!(%error, "subscribing to final blocks again");
                self.subscription = None;
            }
            Ok(None) => {
                self.subscription = None;
                tokio::time::sleep(PAUSE).await;
            }
            Err(_) => self.known = self.known.max(Some(self.client.finalized_head().await?.number)),
        }
        Ok(())
    }
}
