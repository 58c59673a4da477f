//! How transactions come in: checked by the runtime on the best block's state,
//! then queued.

use super::{Chain, Command};
use crate::{
    block_builder::decode_extrinsic,
    faults::Fate,
    pool::{Checked, PoolError, Ready, TransactionStatus, Watcher},
    runtime::{max_block_length, BlockNumber, Executive, Hash, Hashing},
};
use sp_runtime::{
    traits::Hash as _,
    transaction_validity::{TransactionSource, TransactionValidityError},
};
use std::sync::Arc;

/// A transaction held back outside the pool.
pub(super) struct Delayed {
    /// The block after which it is queued.
    until: BlockNumber,
    transaction: Ready,
    watcher: Option<Watcher>,
}

impl Chain {
    /// Checks an encoded extrinsic (length prefix included) and queues it. Runs
    /// the runtime: call it on a thread with a large stack.
    ///
    /// # Errors
    /// Why the pool refused it.
    pub fn submit(&self, bytes: Vec<u8>, watcher: Option<Watcher>) -> Result<Hash, PoolError> {
        let hash = Hashing::hash(&bytes);
        self.pool.precheck(&hash)?;
        let transaction = Ready { hash, bytes: bytes.into() };
        let checked = self.metrics.check.time(|| self.check(transaction.clone()))?;
        match self.transaction_faults.next() {
            Fate::Pass => {
                if self.pool.insert(checked, watcher)? {
                    self.wake();
                }
            }
            Fate::Drop { silent } => self.lose(watcher, silent),
            Fate::Delay { blocks } => {
                let until = self.best().header.number.saturating_add(blocks);
                self.delayed.lock().push(Delayed { until, transaction, watcher });
            }
        }
        Ok(hash)
    }

    /// Tells a lost transaction's follower that it was dropped, or lets it wait
    /// for ever.
    fn lose(&self, watcher: Option<Watcher>, silent: bool) {
        let Some(watcher) = watcher else {
            return;
        };
        // Whoever follows may have gone.
        let _ = watcher.send(TransactionStatus::Ready);
        if silent {
            let mut lost = self.lost.lock();
            lost.retain(|watcher| !watcher.is_closed());
            lost.push(watcher);
        } else {
            let _ = watcher.send(TransactionStatus::Dropped);
        }
    }

    /// Drops every transaction that waits, anywhere, and lets its followers know.
    pub(crate) fn drop_transactions(&self) {
        self.delayed.lock().clear();
        self.lost.lock().clear();
        self.pool.clear();
    }

    /// Queues the delayed transactions whose time has come.
    pub(super) fn release_delayed(&self) {
        let number = self.best().header.number;
        let due: Vec<Delayed> = {
            let mut delayed = self.delayed.lock();
            let (due, waiting) = std::mem::take(&mut *delayed).into_iter().partition(|entry| entry.until <= number);
            *delayed = waiting;
            due
        };
        for Delayed { transaction, watcher, .. } in due {
            let hash = transaction.hash;
            let queued = self.check(transaction).and_then(|checked| self.pool.insert(checked, watcher.clone()));
            match queued {
                Ok(_) => self.wake(),
                Err(error) => {
                    tracing::debug!(?hash, %error, "a delayed transaction is no longer accepted");
                    if let Some(watcher) = watcher {
                        // Whoever follows may have gone.
                        let _ = watcher.send(TransactionStatus::Invalid);
                    }
                }
            }
        }
    }

    /// Asks the runtime about a transaction.
    pub(super) fn check(&self, transaction: Ready) -> Result<Checked, PoolError> {
        let Ready { hash, bytes } = transaction;
        let longest = max_block_length();
        if bytes.len() > longest as usize {
            return Err(PoolError::BadFormat(format!(
                "{} bytes are longer than a block, {longest} bytes",
                bytes.len()
            )));
        }
        let extrinsic = decode_extrinsic(&bytes).map_err(|error| PoolError::BadFormat(error.to_string()))?;
        let best = self.best();
        let validity = self
            .states
            .run(best.header.state_root, || {
                Executive::validate_transaction(TransactionSource::External, extrinsic, best.hash)
            })
            .map_err(|error| PoolError::Chain(error.to_string()))?
            .map_err(|error| match error {
                TransactionValidityError::Invalid(invalid) => PoolError::Invalid(invalid),
                TransactionValidityError::Unknown(unknown) => PoolError::Unknown(unknown),
            })?;
        if validity.provides.is_empty() {
            return Err(PoolError::BadFormat(
                "the transaction provides no tag, so it could be included without end".into(),
            ));
        }
        Ok(Checked { hash, bytes: Arc::clone(&bytes), validity, at: best.header.number })
    }

    /// Checks waiting transactions again after a block.
    pub(super) fn recheck(&self, waiting: Vec<Ready>) {
        for transaction in waiting {
            let hash = transaction.hash;
            match self.check(transaction) {
                Ok(checked) => self.pool.recheck(checked),
                Err(PoolError::Chain(_)) => {}
                Err(_) => self.pool.invalidate(&hash),
            }
        }
    }

    /// Tells the block author that transactions may be ready.
    pub(crate) fn wake(&self) {
        if let Some(commands) = self.commands.lock().as_ref() {
            // A stopped author needs no waking.
            let _ = commands.send(Command::Wake);
        }
    }
}
