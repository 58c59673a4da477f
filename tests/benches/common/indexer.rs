//! The indexer at work.

use super::load::Sums;
use anyhow::bail;
use bizkey_client::{Client, Deployment};
use bizkey_indexer::{
    model::{Network, Receipt},
    sync::{ClientSource, Config, Progress, Work},
    Store,
};
use bizkey_primitives::Epoch;
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The indexer, following.
pub struct Indexer {
    store: Store,
    progress: Progress,
    stop: CancellationToken,
    task: JoinHandle<bizkey_indexer::Result<()>>,
}

impl Indexer {
    /// Opens the database and starts to follow the chain as deployed, as
    /// `bizkey up` does.
    ///
    /// # Errors
    /// When the database does not open.
    pub async fn start(url: &str, client: Client, deployment: &Deployment) -> anyhow::Result<Self> {
        let store = Store::open(url, &Network::from(deployment)).await?;
        let progress = Progress::default();
        let source = Arc::new(ClientSource::new(client, deployment));
        let stop = CancellationToken::new();
        let config = Config::new(store.clone(), source, progress.clone());
        let task = tokio::spawn(bizkey_indexer::run(config, stop.clone()));
        Ok(Self { store, progress, stop, task })
    }

    /// Waits until block `number` is stored, or the indexer stops.
    ///
    /// # Errors
    /// When it stops first.
    pub async fn reached(&mut self, number: u32) -> anyhow::Result<()> {
        tokio::select! {
            () = self.progress.reached(number) => Ok(()),
            stopped = &mut self.task => {
                stopped??;
                bail!("the indexer stopped before block {number}")
            }
        }
    }

    /// Where its time went so far.
    pub fn work(&self) -> Work {
        self.progress.status().work
    }

    /// The receipts of an epoch in chain order.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn receipts(&self, epoch: Epoch) -> anyhow::Result<Vec<Receipt>> {
        Ok(self.store.receipts_of_epoch(epoch).await?)
    }

    /// Receipts and sums of the rows of the first `epochs` epochs.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn sums(&self, epochs: Epoch) -> anyhow::Result<Sums> {
        let mut sums = Sums::new();
        for epoch in 0..epochs {
            for receipt in self.receipts(epoch).await? {
                let (receipts, sum) = sums.entry(receipt.device).or_default();
                *receipts += 1;
                *sum += u128::from(receipt.amount);
            }
        }
        Ok(sums)
    }

    /// Stops it and closes the database.
    ///
    /// # Errors
    /// When it had stopped with one.
    pub async fn end(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.task.await??;
        self.store.close().await;
        Ok(())
    }
}
