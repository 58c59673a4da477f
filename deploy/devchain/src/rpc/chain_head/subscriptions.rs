//! The followers of the chain's head: which blocks each has pinned and which
//! operations it is running. Every state stays readable for ever, so a pin
//! holds nothing; it is counted because clients rely on the rules.

use super::events::FollowEvent;
use crate::runtime::Hash;
use jsonrpsee::ConnectionId;
use parking_lot::Mutex;
use std::{
    collections::{HashMap, HashSet},
    sync::{
        atomic::{AtomicU64, Ordering},
        Arc,
    },
};
use tokio::sync::{mpsc, watch, OwnedSemaphorePermit, Semaphore};

/// Most followers of one connection. Clients in this process share one.
pub const MAX_FOLLOWERS: usize = 16;
/// Most blocks a follower may have pinned; with one more it is stopped.
pub const MAX_PINNED: usize = 2_048;
/// Most operations of a follower at a time, each storage query counted.
pub const MAX_OPERATIONS: usize = 16;
/// Answers that may wait for a slow follower before operations wait too.
const WAITING_EVENTS: usize = 16;

type Key = (ConnectionId, String);

/// All followers of a server.
#[derive(Default)]
pub struct Subscriptions {
    known: Mutex<HashMap<Key, Arc<Subscription>>>,
}

impl Subscriptions {
    /// Enters a follower; `None` when the connection has too many. Its answers
    /// come out of the receiver. It leaves when the guard is dropped.
    pub fn enter(
        self: &Arc<Self>,
        connection: ConnectionId,
        id: String,
        with_runtime: bool,
    ) -> Option<(Entered, mpsc::Receiver<FollowEvent>)> {
        let mut known = self.known.lock();
        if known.keys().filter(|(other, _)| *other == connection).count() >= MAX_FOLLOWERS {
            return None;
        }
        let (events, receiver) = mpsc::channel(WAITING_EVENTS);
        let subscription = Arc::new(Subscription {
            with_runtime,
            pinned: Mutex::default(),
            permits: Arc::new(Semaphore::new(MAX_OPERATIONS)),
            operations: Mutex::default(),
            next_operation: AtomicU64::new(0),
            events,
        });
        let key = (connection, id);
        known.insert(key.clone(), subscription.clone());
        Some((Entered { subscriptions: self.clone(), key, subscription }, receiver))
    }

    /// The follower `id` of that connection; those of others are not found.
    pub fn get(&self, connection: ConnectionId, id: &str) -> Option<Arc<Subscription>> {
        self.known.lock().get(&(connection, id.to_owned())).cloned()
    }
}

/// A follower that has been entered.
pub struct Entered {
    subscriptions: Arc<Subscriptions>,
    key: Key,
    /// The follower.
    pub subscription: Arc<Subscription>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.subscriptions.known.lock().remove(&self.key);
        for operation in self.subscription.operations.lock().values() {
            operation.send_replace(Progress::Stopped);
        }
    }
}

/// One follower.
pub struct Subscription {
    /// Whether it asked for runtimes.
    pub with_runtime: bool,
    pinned: Mutex<HashSet<Hash>>,
    permits: Arc<Semaphore>,
    operations: Mutex<HashMap<String, Arc<watch::Sender<Progress>>>>,
    next_operation: AtomicU64,
    events: mpsc::Sender<FollowEvent>,
}

/// Where an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Running,
    /// The follower has to ask for more.
    Waiting,
    Stopped,
}

/// Why an operation was not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The block is not pinned.
    NotPinned,
    /// Too many are running.
    LimitReached,
}

/// Why nothing was unpinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnpinError {
    /// A block is not pinned.
    NotPinned,
    /// A block was named twice.
    Duplicate,
}

impl Subscription {
    /// Pins a block; `false` when that is one too many.
    pub fn pin(&self, hash: Hash) -> bool {
        let mut pinned = self.pinned.lock();
        pinned.insert(hash);
        pinned.len() <= MAX_PINNED
    }

    /// Whether the block was announced and not unpinned since.
    pub fn is_pinned(&self, hash: &Hash) -> bool {
        self.pinned.lock().contains(hash)
    }

    /// Unpins all of `hashes` or, if there is an error, none.
    ///
    /// # Errors
    /// When one is not pinned or named twice.
    pub fn unpin(&self, hashes: &[Hash]) -> Result<(), UnpinError> {
        let mut pinned = self.pinned.lock();
        let distinct: HashSet<&Hash> = hashes.iter().collect();
        if distinct.len() != hashes.len() {
            return Err(UnpinError::Duplicate);
        }
        if distinct.iter().any(|hash| !pinned.contains(*hash)) {
            return Err(UnpinError::NotPinned);
        }
        pinned.retain(|hash| !distinct.contains(hash));
        Ok(())
    }

    /// Starts an operation on block `at` of up to `wanted` parts.
    ///
    /// # Errors
    /// When the block is not pinned or no part could be done now.
    pub fn start(self: &Arc<Self>, at: &Hash, wanted: usize) -> Result<Operation, Refused> {
        if !self.is_pinned(at) {
            return Err(Refused::NotPinned);
        }
        let granted = wanted.clamp(1, MAX_OPERATIONS).min(self.permits.available_permits());
        let count = u32::try_from(granted).map_err(|_| Refused::LimitReached)?;
        if count == 0 {
            return Err(Refused::LimitReached);
        }
        // Another call may have taken them since.
        let permit = self.permits.clone().try_acquire_many_owned(count).map_err(|_| Refused::LimitReached)?;
        let id = self.next_operation.fetch_add(1, Ordering::Relaxed).to_string();
        let progress = Arc::new(watch::Sender::new(Progress::Running));
        self.operations.lock().insert(id.clone(), progress.clone());
        Ok(Operation { id, granted, progress, permit: Some(permit), subscription: self.clone() })
    }

    /// Lets a waiting operation go on. `false` if it is running and not
    /// waiting; one that does not exist any more is none of the caller's faults.
    pub fn continue_operation(&self, id: &str) -> bool {
        let operations = self.operations.lock();
        let Some(progress) = operations.get(id) else {
            return true;
        };
        progress.send_if_modified(|progress| {
            let waiting = *progress == Progress::Waiting;
            if waiting {
                *progress = Progress::Running;
            }
            waiting
        })
    }

    /// Stops an operation if it is still running.
    pub fn stop_operation(&self, id: &str) {
        if let Some(progress) = self.operations.lock().get(id) {
            progress.send_replace(Progress::Stopped);
        }
    }
}

/// A running operation. It counts until it is finished or dropped.
pub struct Operation {
    /// Its name within the subscription.
    pub id: String,
    /// How many parts it may do.
    pub granted: usize,
    progress: Arc<watch::Sender<Progress>>,
    permit: Option<OwnedSemaphorePermit>,
    subscription: Arc<Subscription>,
}

impl Operation {
    /// Tells the follower something. `false` when it need not go on: it was
    /// stopped or the follower has gone.
    pub async fn tell(&self, event: FollowEvent) -> bool {
        let mut progress = self.progress.subscribe();
        tokio::select! {
            biased;
            _ = progress.wait_for(|progress| *progress == Progress::Stopped) => false,
            sent = self.subscription.events.send(event) => sent.is_ok(),
        }
    }

    /// Tells the follower that there is more and waits until it asks for it.
    /// `false` when it was stopped instead.
    pub async fn wait_for_continue(&self) -> bool {
        let mut progress = self.progress.subscribe();
        // First, so that an answer at once to the notification is not refused.
        self.progress.send_if_modified(|progress| {
            let running = *progress == Progress::Running;
            if running {
                *progress = Progress::Waiting;
            }
            running
        });
        let event = FollowEvent::OperationWaitingForContinue { operation_id: self.id.clone() };
        if !self.tell(event).await {
            return false;
        }
        let next = progress.wait_for(|progress| *progress != Progress::Waiting).await;
        next.is_ok_and(|progress| *progress == Progress::Running)
    }

    /// Ends the operation with its last notification. It no longer counts when
    /// the follower sees that.
    pub async fn finish(mut self, event: FollowEvent) {
        self.release();
        self.tell(event).await;
    }

    fn release(&mut self) {
        self.subscription.operations.lock().remove(&self.id);
        self.permit = None;
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        self.release();
    }
}
