//! The thread that makes blocks and does whatever else changes the chain, one
//! thing after another.

use super::Chain;
use crate::{config::Sealing, runtime::limits};
use std::{
    sync::{mpsc, Arc},
    time::{Duration, Instant},
};

/// What the author is asked to do.
pub enum Command {
    /// Transactions may be ready, or the way of sealing has changed.
    Wake,
    /// Do this.
    Do(Box<dyn FnOnce(&Chain) + Send>),
    /// Finish.
    Stop,
}

/// Works off `commands` until [`Command::Stop`] or until every sender is gone.
pub fn run(chain: &Arc<Chain>, commands: &mpsc::Receiver<Command>) {
    limits::set_for_thread(chain.limits);
    let mut slot = Slot::default();
    loop {
        match slot.next(chain.settings().sealing, commands) {
            Next::Command(Command::Wake) => {
                if chain.settings().sealing == Sealing::Instant {
                    drain(chain);
                }
            }
            Next::Command(Command::Do(work)) => {
                work(chain);
                // What was done may have made transactions possible.
                if chain.settings().sealing == Sealing::Instant {
                    drain(chain);
                }
            }
            Next::Slot => {
                if let Err(error) = chain.seal(true) {
                    tracing::error!(%error, "no block could be sealed");
                }
            }
            Next::Command(Command::Stop) | Next::Closed => break,
        }
    }
}

/// Seals until nothing is ready. A failure ends the round: the next transaction
/// or call starts another.
fn drain(chain: &Chain) {
    while chain.pool.has_ready() {
        match chain.seal(false) {
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(error) => {
                tracing::error!(%error, "no block could be sealed");
                break;
            }
        }
    }
}

enum Next {
    Command(Command),
    Slot,
    Closed,
}

/// When the next block of an interval is due.
#[derive(Default)]
struct Slot {
    due: Option<(Duration, Instant)>,
}

impl Slot {
    /// Waits for a command or, where blocks come at intervals, for the next
    /// block's time. A late block is followed by the next a whole interval later.
    fn next(&mut self, sealing: Sealing, commands: &mpsc::Receiver<Command>) -> Next {
        let Sealing::Interval(interval) = sealing else {
            self.due = None;
            return commands.recv().map_or(Next::Closed, Next::Command);
        };
        let now = Instant::now();
        let due = match self.due {
            Some((of, due)) if of == interval => due,
            _ => now.checked_add(interval).unwrap_or(now),
        };
        self.due = Some((interval, due));
        match commands.recv_timeout(due.saturating_duration_since(now)) {
            Ok(command) => Next::Command(command),
            Err(mpsc::RecvTimeoutError::Disconnected) => Next::Closed,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let now = Instant::now();
                let next = due.checked_add(interval).unwrap_or(now);
                self.due = Some((interval, next.max(now)));
                Next::Slot
            }
        }
    }
}
