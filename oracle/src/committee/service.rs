//! The roles of one process, run until they are told to stop.

use super::{Claimer, DeferredClaimer, Keeper, Member};
use crate::{Book, BookError};
use bizkey_client::{ClientError, Signer, Suite};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// What a process does for the network.
#[derive(Clone, Debug)]
pub struct ServiceConfig {
    /// Keys of the committee's members in this process; none for an onlooker.
    pub members: Vec<Signer>,
    /// Who settles epochs, if this process does.
    pub keeper: Option<Signer>,
    /// Who pushes rewards and claims what waits of them, if this process does.
    pub claimer: Option<Signer>,
    /// Pause between two looks at the chain.
    pub interval: Duration,
    /// Longest pause after failures in a row.
    pub longest_pause: Duration,
}

impl Default for ServiceConfig {
    /// An onlooker that looks every second.
    fn default() -> Self {
        Self {
            members: Vec::new(),
            keeper: None,
            claimer: None,
            interval: Duration::from_secs(1),
            longest_pause: Duration::from_secs(30),
        }
    }
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// An epoch could not be judged.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The chain did not do what it was asked.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Judges epochs as they close and plays the configured roles.
pub struct Service {
    book: Arc<Book>,
    members: Vec<Member>,
    keeper: Option<Keeper>,
    claimer: Option<Claimer>,
    deferred: Option<DeferredClaimer>,
    interval: Duration,
    longest_pause: Duration,
}

impl Service {
    /// The roles of `config` on `suite`, fed by `book`.
    #[must_use]
    pub fn new(suite: &Suite, book: Arc<Book>, config: ServiceConfig) -> Self {
        let member = |signer: Signer| Member::new(suite.clone(), signer, book.clone());
        Self {
            members: config.members.into_iter().map(member).collect(),
            keeper: config.keeper.map(|signer| Keeper::new(suite.clone(), signer)),
            deferred: config.claimer.clone().map(|signer| DeferredClaimer::new(suite.clone(), signer, book.clone())),
            claimer: config.claimer.map(|signer| Claimer::new(suite.clone(), signer, book.clone())),
            book,
            interval: config.interval,
            longest_pause: config.longest_pause,
        }
    }

    /// Everything that there is to do now, once: judge, report, settle, pay.
    ///
    /// # Errors
    /// The first failure; what was done before it stays done.
    pub async fn step(&mut self) -> Result<(), StepError> {
        let next = self.book.advance().await?;
        for member in &mut self.members {
            for reported in member.step().await? {
                tracing::info!(epoch = reported.epoch, block = reported.block, "reported");
            }
        }
        if let Some(keeper) = &self.keeper {
            for settled in keeper.step().await? {
                tracing::info!(epoch = settled.epoch, state = ?settled.state, block = settled.block, "settled");
            }
        }
        if let Some(claimer) = &mut self.claimer {
            let pushed = claimer.step().await?;
            if !pushed.is_empty() {
                tracing::info!(pushes = pushed.len(), next_epoch = next, "paid");
            }
        }
        if let Some(deferred) = &mut self.deferred {
            let payments = deferred.step().await?;
            if !payments.is_empty() {
                tracing::info!(payments = payments.len(), next_epoch = next, "paid of what waits");
            }
        }
        Ok(())
    }

    /// Steps until `shutdown`. Failures are logged and tried again, ever more
    /// slowly: nothing here can be done twice, so trying again is safe.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut pause = self.interval;
        loop {
            match shutdown.run_until_cancelled(self.step()).await {
                None => return,
                Some(Ok(())) => pause = self.interval,
                Some(Err(error)) => {
                    tracing::warn!(%error, ?pause, "the oracle tries again");
                    pause = pause.saturating_mul(2).min(self.longest_pause);
                }
            }
            if shutdown.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
        }
    }
}
