//! Sending: each relayer hands over one extrinsic after the other and follows
//! all of them to their final blocks, as the gateway's client does.

use anyhow::{bail, Context as _};
use bizkey_client::RpcClient;
use std::{sync::Arc, time::Duration};
use subxt::rpcs::{
    client::{rpc_params, RpcSubscription},
    methods::legacy::TransactionStatus,
};
use tokio::{sync::Semaphore, task::JoinSet};

/// The longest time that a transaction may take to be final.
const PATIENCE: Duration = Duration::from_secs(300);

type Status = TransactionStatus<subxt::utils::H256>;

/// Sends a relayer's extrinsics, `in_flight` at a time, and returns when the
/// last is final.
///
/// # Errors
/// The first that the chain does not take, or that does not become final.
pub async fn relay(rpc: RpcClient, extrinsics: Vec<Vec<u8>>, in_flight: usize) -> anyhow::Result<()> {
    let room = Arc::new(Semaphore::new(in_flight.max(1)));
    let mut followed = JoinSet::new();
    for (nonce, extrinsic) in extrinsics.into_iter().enumerate() {
        let place = room.clone().acquire_owned().await?;
        let params = rpc_params![format!("0x{}", hex::encode(extrinsic))];
        let statuses: RpcSubscription<Status> = rpc
            .subscribe("author_submitAndWatchExtrinsic", params, "author_unwatchExtrinsic")
            .await
            .with_context(|| format!("the chain does not take the batch of nonce {nonce}"))?;
        followed.spawn(async move {
            let outcome = tokio::time::timeout(PATIENCE, until_final(statuses)).await;
            drop(place);
            outcome.context("a batch is not final in time")?
        });
        while let Some(done) = followed.try_join_next() {
            done??;
        }
    }
    while let Some(done) = followed.join_next().await {
        done??;
    }
    Ok(())
}

async fn until_final(mut statuses: RpcSubscription<Status>) -> anyhow::Result<()> {
    while let Some(status) = statuses.next().await {
        match status? {
            Status::Finalized(_) => return Ok(()),
            Status::Usurped(_) | Status::Dropped | Status::Invalid => bail!("a batch left the pool without a block"),
            _ => {}
        }
    }
    bail!("the chain stopped telling what became of a batch")
}
