//! Threads that run the runtime for readers. Contracts may call each other many
//! levels deep, natively, which takes more stack than an asynchronous
//! runtime's own threads have; and a long call must not hold those up.

use crate::runtime::{limits, Limits};
use std::{
    sync::{mpsc, Arc},
    thread,
};

use parking_lot::Mutex;

/// Stack of a thread that runs the runtime, in bytes; reserved, not used up.
pub const RUNTIME_STACK_BYTES: usize = 128 * 1024 * 1024;

type Job = Box<dyn FnOnce() + Send>;

/// The work was not done: the chain is shutting down.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the chain is shutting down")]
pub struct WorkersGone;

/// A fixed set of threads.
pub struct Workers {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
}

impl Workers {
    /// Starts `count` threads whose runtime keeps to `limits`.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(count: usize, limits: Limits) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel::<Job>();
        let receiver = Arc::new(Mutex::new(receiver));
        for index in 0..count {
            let receiver = receiver.clone();
            thread::Builder::new().name(format!("devchain-read-{index}")).stack_size(RUNTIME_STACK_BYTES).spawn(
                move || {
                    limits::set_for_thread(limits);
                    loop {
                        // The guard is dropped before the job runs.
                        let job = receiver.lock().recv();
                        match job {
                            Ok(job) => job(),
                            Err(mpsc::RecvError) => break,
                        }
                    }
                },
            )?;
        }
        Ok(Self { jobs: Mutex::new(Some(sender)) })
    }

    /// Runs `work` on one of the threads.
    ///
    /// # Errors
    /// [`WorkersGone`] after [`Workers::stop`].
    pub async fn run<R: Send + 'static>(&self, work: impl FnOnce() -> R + Send + 'static) -> Result<R, WorkersGone> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let job: Job = Box::new(move || {
            // Nobody may be waiting any more.
            let _ = sender.send(work());
        });
        self.jobs.lock().as_ref().ok_or(WorkersGone)?.send(job).map_err(|_| WorkersGone)?;
        receiver.await.map_err(|_| WorkersGone)
    }

    /// Takes no more work; the threads end when the queue is empty.
    pub fn stop(&self) {
        *self.jobs.lock() = None;
    }
}
