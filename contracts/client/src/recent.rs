//! A few values by block, each loaded once.

use crate::{block::BlockHash, Result};
use std::{
    collections::VecDeque,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::OnceCell;

/// Blocks kept. Transactions of one block ask for it at about the same time,
/// and the indexer soon after.
const KEPT: usize = 8;

/// One entry: filled by the first who asks.
type Slot<T> = Arc<OnceCell<Arc<T>>>;

/// A few values by block, each loaded once, however many ask at once.
#[derive(Debug)]
pub struct Recent<T>(Mutex<VecDeque<(BlockHash, Slot<T>)>>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Recent<T> {
    /// The value of a block; `load` is called if nobody has it.
    ///
    /// # Errors
    /// Those of `load`; they are not kept.
    pub async fn get<F: Future<Output = Result<T>>>(
        &self,
        block: &BlockHash,
        load: impl FnOnce() -> F,
    ) -> Result<Arc<T>> {
        let slot = self.slot(block);
        slot.get_or_try_init(|| async { load().await.map(Arc::new) }).await.cloned()
    }

    fn slot(&self, block: &BlockHash) -> Slot<T> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, slot)) = entries.iter().find(|(hash, _)| hash == block) {
            return slot.clone();
        }
        if entries.len() >= KEPT {
            entries.pop_front();
        }
        let slot = Slot::default();
        entries.push_back((*block, slot.clone()));
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClientError;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn a_value_is_loaded_once_and_an_error_is_not_kept() {
        let recent = Recent::default();
        let loads = AtomicU32::new(0);
        let load = || async {
            loads.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Ok(7)
        };
        let failed = recent.get(&[1; 32], || async { Err(ClientError::Connection("none".into())) }).await;
        assert!(failed.is_err());
        let (one, two) = tokio::join!(recent.get(&[1; 32], load), recent.get(&[1; 32], load));
        assert_eq!((*one.unwrap(), *two.unwrap()), (7, 7));
        assert_eq!(loads.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn old_blocks_make_room() {
        let recent = Recent::default();
        for block in 0..=u8::try_from(KEPT).unwrap() {
            recent.get(&[block; 32], || async { Ok(block) }).await.unwrap();
        }
        assert_eq!(*recent.get(&[0; 32], || async { Ok(99) }).await.unwrap(), 99);
        assert_eq!(*recent.get(&[8; 32], || async { Ok(99) }).await.unwrap(), 8);
    }
}
