//! One waiting transaction.

use super::TransactionStatus;
use crate::runtime::{BlockNumber, Hash};
use sp_runtime::transaction_validity::ValidTransaction;
use std::{cmp::Reverse, sync::Arc};
use tokio::sync::mpsc::UnboundedSender;

/// Where a transaction's statuses go. A transaction has a handful of them, so
/// the queue needs no bound.
pub type Watcher = UnboundedSender<TransactionStatus>;

/// A transaction the runtime called valid.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Blake2b-256 of `bytes`.
    pub hash: Hash,
    /// The encoded extrinsic, length prefix included.
    pub bytes: Arc<[u8]>,
    /// The runtime's answer.
    pub validity: ValidTransaction,
    /// The block on whose state it was checked.
    pub at: BlockNumber,
}

impl Checked {
    /// The last block number by which it must be included.
    pub fn valid_till(&self) -> u64 {
        u64::from(self.at).saturating_add(self.validity.longevity)
    }
}

/// A transaction as a block builder sees it.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Blake2b-256 of `bytes`.
    pub hash: Hash,
    /// The encoded extrinsic, length prefix included.
    pub bytes: Arc<[u8]>,
}

/// Order of taking: the highest priority first, then the earliest arrival.
pub type Rank = (Reverse<u64>, u64);

/// How a transaction waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    /// For a transaction that comes before it.
    Future,
    /// For a block.
    Ready,
}

pub(super) struct Entry {
    pub(super) checked: Checked,
    pub(super) order: u64,
    pub(super) ready: bool,
    /// What the followers heard last of its waiting.
    pub(super) told: Option<Waiting>,
    pub(super) watchers: Watchers,
}

impl Entry {
    pub(super) fn new(checked: Checked, order: u64, watchers: Watchers) -> Self {
        Self { checked, order, ready: false, told: None, watchers }
    }

    pub(super) fn priority(&self) -> u64 {
        self.checked.validity.priority
    }

    pub(super) fn rank(&self) -> Rank {
        (Reverse(self.priority()), self.order)
    }

    /// Lets the followers know how it waits, unless they do.
    pub(super) fn tell(&mut self, waiting: Waiting) {
        if self.told != Some(waiting) {
            self.told = Some(waiting);
            self.watchers.tell(&match waiting {
                Waiting::Future => TransactionStatus::Future,
                Waiting::Ready => TransactionStatus::Ready,
            });
        }
    }

    pub(super) fn as_ready(&self) -> Ready {
        Ready { hash: self.checked.hash, bytes: self.checked.bytes.clone() }
    }
}

/// Those who follow a transaction.
#[derive(Default)]
pub(super) struct Watchers(Vec<Watcher>);

impl Watchers {
    pub(super) fn new(watcher: Option<Watcher>) -> Self {
        Self(watcher.into_iter().collect())
    }

    pub(super) fn tell(&mut self, status: &TransactionStatus) {
        self.0.retain(|watcher| watcher.send(status.clone()).is_ok());
    }
}
