//! How far the index is, for readiness and for those who wait for a block.

use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Most blocks behind the chain's head that still count as caught up.
pub const READY_WITHIN: u32 = 2;

/// How far the index is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The chain's endpoint answers.
    pub connected: bool,
    /// The chain's best block.
    pub head: Option<u32>,
    /// The chain's last final block.
    pub finalized_head: Option<u32>,
    /// Highest block stored.
    pub indexed: Option<u32>,
    /// Highest block stored as final.
    pub finalized: Option<u32>,
    /// How often stored blocks were undone since the start.
    pub rollbacks: u64,
    /// Since when the rows are behind the chain's head; `None` while they are level.
    pub behind_since: Option<Instant>,
    /// An empty index is being filled: the indexes that answers need are put off.
    pub is_filling: bool,
    /// The chain's head has not moved for longer than the configured time,
    /// although blocks are due.
    pub stalled: bool,
    /// The last failure, until something works again.
    pub last_error: Option<String>,
    /// Where the time went.
    pub work: Work,
}

/// Time spent on the blocks stored since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Waiting for a block below the head to come from the source.
    pub fetching: Duration,
    /// Writing rows.
    pub storing: Duration,
}

impl Status {
    /// Blocks between the chain's head and the last stored one; `None` while
    /// either is unknown.
    #[must_use]
    pub fn lag(&self) -> Option<u32> {
        Some(self.head?.saturating_sub(self.indexed?))
    }

    /// For how long the rows have been behind the chain's head; zero while they
    /// are level.
    #[must_use]
    pub fn lag_time(&self) -> Duration {
        self.behind_since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Whether readers see the chain as it is, and soon: connected to a chain that
    /// moves, within two blocks of its head, no empty index being filled.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.connected && !self.stalled && !self.is_filling && self.lag().is_some_and(|lag| lag <= READY_WITHIN)
    }
}

/// A [`Status`] that one task writes and many read. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Progress(watch::Sender<Status>);

impl Default for Progress {
    fn default() -> Self {
        Self(watch::Sender::new(Status::default()))
    }
}

impl Progress {
    /// The status now.
    #[must_use]
    pub fn status(&self) -> Status {
        self.0.borrow().clone()
    }

    /// Every change from now on.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Status> {
        self.0.subscribe()
    }

    /// Waits until block `number` is stored.
    pub async fn reached(&self, number: u32) {
        // The sender lives in `self`, so the channel cannot close meanwhile.
        let _ = self.0.subscribe().wait_for(|status| status.indexed >= Some(number)).await;
    }

    /// Waits until block `number` is stored as final: what is read of it and of
    /// earlier blocks then stays.
    pub async fn finalized(&self, number: u32) {
        let _ = self.0.subscribe().wait_for(|status| status.finalized >= Some(number)).await;
    }

    /// Waits until at most so many blocks are missing.
    pub(super) async fn near(&self, blocks: u32) {
        let near = |status: &Status| status.lag().is_some_and(|lag| lag <= blocks);
        let _ = self.0.subscribe().wait_for(near).await;
    }

    /// Waits until the index is caught up.
    pub async fn ready(&self) {
        let _ = self.0.subscribe().wait_for(Status::is_ready).await;
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut Status)) {
        self.0.send_if_modified(|status| {
            let before = status.clone();
            change(status);
            status.behind_since = match status.lag() {
                Some(0) => None,
                _ => before.behind_since.or_else(|| Some(Instant::now())),
            };
            *status != before
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_is_connected_and_within_two_blocks_of_the_head() {
        let status = |connected, head, indexed| Status { connected, head, indexed, ..Status::default() };
        assert!(status(true, Some(9), Some(7)).is_ready());
        assert!(!status(true, Some(9), Some(6)).is_ready());
        assert!(!status(false, Some(9), Some(9)).is_ready());
        assert!(!status(true, Some(0), None).is_ready());
        assert!(!status(true, None, Some(4)).is_ready());
        assert!(!Status { is_filling: true, ..status(true, Some(9), Some(9)) }.is_ready());
        assert!(!Status { stalled: true, ..status(true, Some(9), Some(9)) }.is_ready());
    }
}
