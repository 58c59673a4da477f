//! How transactions come in: checked by the runtime on the best block's state,
//! then queued.

use super::{Chain, Command};
use crate::{
    block_builder::decode_extrinsic,
    pool::{Checked, PoolError, Ready, TransactionStatus},
    runtime::{Executive, Hash, Hashing, MAX_BLOCK_LENGTH},
};
use sp_runtime::{
    traits::Hash as _,
    transaction_validity::{TransactionSource, TransactionValidityError},
};
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;

impl Chain {
    /// Checks an encoded extrinsic (length prefix included) and queues it. Runs
    /// the runtime: call it on a thread with a large stack.
    ///
    /// # Errors
    /// Why the pool refused it.
    pub fn submit(
        &self,
        bytes: Vec<u8>,
        watcher: Option<UnboundedSender<TransactionStatus>>,
    ) -> Result<Hash, PoolError> {
        let hash = Hashing::hash(&bytes);
        self.pool.precheck(&hash)?;
        let checked = self.check(Ready { hash, bytes: bytes.into() })?;
        if self.pool.insert(checked, watcher)? {
            self.wake();
        }
        Ok(hash)
    }

    /// Asks the runtime about a transaction.
    fn check(&self, transaction: Ready) -> Result<Checked, PoolError> {
        let Ready { hash, bytes } = transaction;
        if bytes.len() > MAX_BLOCK_LENGTH as usize {
            return Err(PoolError::BadFormat(format!(
                "{} bytes are longer than a block, {MAX_BLOCK_LENGTH} bytes",
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
