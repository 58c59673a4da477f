//! Sets of numbers, one bit each, 128 to a word: which leaves of a tree have
//! been claimed, and who has debts.

use bizkey_primitives::tree::SUBTREE_LEAVES;

/// Where a number's bit lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Number of the word.
    pub word: u32,
    /// Position inside the word, below 128.
    pub bit: u32,
}

/// The place of `position`: a leaf's in its tree, or an index.
pub const fn place(position: u32) -> Place {
    Place { word: position / SUBTREE_LEAVES, bit: position % SUBTREE_LEAVES }
}

/// Whether bit `bit` is set. A bit past the word's end is never set.
pub fn is_set(word: u128, bit: u32) -> bool {
    word.checked_shr(bit).unwrap_or(0) & 1 == 1
}

/// `word` with bit `bit` set. A bit past the word's end changes nothing.
pub fn set(word: u128, bit: u32) -> u128 {
    word | 1u128.checked_shl(bit).unwrap_or(0)
}

/// `word` with bit `bit` cleared. A bit past the word's end changes nothing.
pub fn clear(word: u128, bit: u32) -> u128 {
    word & !set(0, bit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_has_a_bit_of_its_own() {
        let mut words = [0u128; 3];
        for position in 0..384u32 {
            let place = place(position);
            let word = &mut words[place.word as usize];
            assert!(!is_set(*word, place.bit), "position {position} was set by another");
            *word = set(*word, place.bit);
            assert!(is_set(*word, place.bit));
            assert_eq!(set(clear(*word, place.bit), place.bit), *word);
            assert!(!is_set(clear(*word, place.bit), place.bit));
        }
        assert_eq!(words, [u128::MAX; 3]);
    }

    #[test]
    fn a_bit_past_the_word_is_nothing() {
        assert!(!is_set(u128::MAX, 128));
        assert_eq!(set(0, 128), 0);
        assert_eq!(clear(u128::MAX, 128), u128::MAX);
    }
}
