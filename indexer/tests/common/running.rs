//! An indexer at work.

use bizkey_indexer::{run, sync::Status, Config, Progress, Result};
use std::time::Duration;
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

/// Longest that something is waited for on a made-up chain.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// An indexer that runs until it is ended.
pub struct Running {
    pub progress: Progress,
    pub task: JoinHandle<Result<()>>,
    stop: CancellationToken,
}

impl Running {
    pub fn start(config: Config) -> Self {
        let (progress, stop) = (config.progress.clone(), CancellationToken::new());
        Self { progress, stop: stop.clone(), task: tokio::spawn(run(config, stop)) }
    }

    /// Waits until the status is as wanted.
    pub async fn until(&self, patience: Duration, wanted: impl Fn(&Status) -> bool) {
        let mut changes = self.progress.subscribe();
        let came = timeout(patience, changes.wait_for(|status| wanted(status))).await.is_ok();
        assert!(came, "{:?}", self.progress.status());
    }

    /// Waits until block `number` is stored.
    pub async fn reach(&self, number: u32) {
        self.until(PATIENCE, |status| status.indexed >= Some(number)).await;
    }

    pub async fn end(self) {
        self.stop.cancel();
        timeout(PATIENCE, self.task).await.unwrap().unwrap().unwrap();
    }
}
