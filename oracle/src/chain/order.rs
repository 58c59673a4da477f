//! Whether blocks follow one another.

use bizkey_client::Block;

/// Why a block does not follow the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// Blocks are read one after the other.
    #[error("block {found} came where block {expected} was due")]
    WrongBlock {
        /// The number that continues.
        expected: u32,
        /// The number that came.
        found: u32,
    },
    /// A block is of another fork.
    #[error("block {number} does not continue the block before it; the node answered from two forks")]
    ParentMismatch {
        /// The block.
        number: u32,
    },
    /// Time stamps never go back.
    #[error("block {number} is stamped before its parent")]
    TimeWentBack {
        /// The block.
        number: u32,
    },
}

/// Takes a chain's blocks, of which each must be the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockOrder(Option<Last>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Last {
    number: u32,
    hash: [u8; 32],
    timestamp_ms: u64,
}

impl BlockOrder {
    /// Takes the next block; the first one may be any. One that is refused
    /// changes nothing.
    ///
    /// # Errors
    /// [`OrderError`].
    pub fn enter(&mut self, block: &Block) -> Result<(), OrderError> {
        let Block { number, hash, parent_hash, timestamp_ms, .. } = *block;
        if let Some(last) = self.0 {
            let expected = last.number.saturating_add(1);
            if number != expected {
                return Err(OrderError::WrongBlock { expected, found: number });
            }
            if parent_hash != last.hash {
                return Err(OrderError::ParentMismatch { number });
            }
            if timestamp_ms < last.timestamp_ms {
                return Err(OrderError::TimeWentBack { number });
            }
        }
        self.0 = Some(Last { number, hash, timestamp_ms });
        Ok(())
    }

    /// The number of the last block that was taken; `None` before the first.
    #[must_use]
    pub fn last(&self) -> Option<u32> {
        self.0.map(|last| last.number)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn block(number: u32, timestamp_ms: u64) -> Block {
        let hash = |number: u32| [number as u8; 32];
        Block { number, hash: hash(number), parent_hash: hash(number - 1), timestamp_ms, events: Vec::new() }
    }

    #[test]
    fn a_block_continues_the_last_one_by_number_hash_and_time_or_is_refused() {
        let mut order = BlockOrder::default();
        assert_eq!(order.last(), None);
        order.enter(&block(5, 100)).unwrap();
        let fork = Block { parent_hash: [77; 32], ..block(6, 100) };
        for (refused, error) in [
            (block(5, 100), OrderError::WrongBlock { expected: 6, found: 5 }),
            (block(7, 100), OrderError::WrongBlock { expected: 6, found: 7 }),
            (fork, OrderError::ParentMismatch { number: 6 }),
            (block(6, 99), OrderError::TimeWentBack { number: 6 }),
        ] {
            assert_eq!(order.enter(&refused), Err(error));
            assert_eq!(order.last(), Some(5));
        }
        // Two blocks may have one stamp.
        order.enter(&block(6, 100)).unwrap();
        assert_eq!(order.last(), Some(6));
    }
}
