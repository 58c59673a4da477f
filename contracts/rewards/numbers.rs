//! Everything that is kept as one number for a side and two positions: each
//! mapping type of its own would take half a kilobyte of code.

use bizkey_primitives::Side;
use ink::storage::Mapping;

/// What a number says, and what its two positions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Kind {
    /// 128 leaves that were claimed, lowest bit first: epoch, word.
    Claimed,
    /// What is claimed of a merchant's reward and not paid yet: epoch, merchant.
    Deferred,
    /// What a party owes: its index, 0.
    Debt,
    /// 128 parties that owe anything, lowest bit first: word, 0.
    Debtors,
}

/// What a number says, of which side, and its two positions.
type Key = (Kind, Side, u32, u32);

/// Numbers; 0 has no cell.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Numbers {
    cells: Mapping<Key, u128>,
}

impl Numbers {
    /// A number; 0 if it was never set.
    pub fn get(&self, kind: Kind, side: Side, first: u32, second: u32) -> u128 {
        self.cells.get((kind, side, first, second)).unwrap_or_default()
    }

    /// Sets a number.
    pub fn set(&mut self, kind: Kind, side: Side, first: u32, second: u32, value: u128) {
        if value > 0 {
            self.cells.insert((kind, side, first, second), &value);
        } else {
            self.cells.remove((kind, side, first, second));
        }
    }
}
