//! The C library's four functions on memory, by the word.
//!
//! ink! links a version of them that takes one byte a turn. Each Wasm
//! instruction costs gas, and a batch is copied four times between the host's
//! buffer, its payload, the signed message and the event. Wasm loads and
//! stores words at any address.
//!
//! All four are here: if one were missing, ink!'s would be linked for its
//! sake, and the others would be there twice.
//!
//! Off chain they are compiled for the tests only, under no name of the C library's.
//!
//! No sum below wraps and no address leaves its range: `done` never passes
//! `count`.
#![allow(unsafe_code)]

/// Bytes of a word.
const WORD: usize = 8;
/// Words copied in one turn.
const TURN: usize = 4 * WORD;

/// Copies the word at `offset`.
///
/// # Safety
/// `source` is readable and `target` writable for `WORD` bytes from `offset` on.
#[inline(always)]
unsafe fn copy_word(target: *mut u8, source: *const u8, offset: usize) {
    // SAFETY: the caller's promise; neither access asks for alignment.
    unsafe { target.add(offset).cast::<u64>().write_unaligned(source.add(offset).cast::<u64>().read_unaligned()) };
}

/// Copies upwards, word after word: right also where `target` begins below
/// `source` in overlapping ranges, as a word is read before it is overwritten.
///
/// # Safety
/// `source` is readable and `target` writable for `count` bytes.
#[inline(always)]
unsafe fn copy_up(target: *mut u8, source: *const u8, count: usize) {
    let mut done = 0usize;
    // SAFETY: each access ends at or before `count`.
    unsafe {
        while count.wrapping_sub(done) >= TURN {
            copy_word(target, source, done);
            copy_word(target, source, done.wrapping_add(WORD));
            copy_word(target, source, done.wrapping_add(2 * WORD));
            copy_word(target, source, done.wrapping_add(3 * WORD));
            done = done.wrapping_add(TURN);
        }
        while count.wrapping_sub(done) >= WORD {
            copy_word(target, source, done);
            done = done.wrapping_add(WORD);
        }
        while done < count {
            *target.add(done) = *source.add(done);
            done = done.wrapping_add(1);
        }
    }
}

/// Copies bytes between ranges that do not overlap.
///
/// # Safety
/// `source` is readable and `target` writable for `count` bytes.
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub unsafe extern "C" fn memcpy(target: *mut u8, source: *const u8, count: usize) -> *mut u8 {
    // SAFETY: the caller's promise.
    unsafe { copy_up(target, source, count) };
    target
}

/// Copies bytes between ranges that may overlap.
///
/// # Safety
/// `source` is readable and `target` writable for `count` bytes.
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub unsafe extern "C" fn memmove(target: *mut u8, source: *const u8, count: usize) -> *mut u8 {
    // SAFETY: each access lies within `count` bytes.
    unsafe {
        if (target as usize) < (source as usize) {
            copy_up(target, source, count);
        } else {
            let mut left = count;
            while left >= WORD {
                left = left.wrapping_sub(WORD);
                copy_word(target, source, left);
            }
            while left > 0 {
                left = left.wrapping_sub(1);
                *target.add(left) = *source.add(left);
            }
        }
    }
    target
}

/// Sets bytes to the lowest byte of `value`.
///
/// # Safety
/// `target` is writable for `count` bytes.
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub unsafe extern "C" fn memset(target: *mut u8, value: i32, count: usize) -> *mut u8 {
    let byte = value.to_le_bytes()[0];
    let word = u64::from_ne_bytes([byte; WORD]);
    let mut done = 0usize;
    // SAFETY: each access ends at or before `count`.
    unsafe {
        while count.wrapping_sub(done) >= WORD {
            target.add(done).cast::<u64>().write_unaligned(word);
            done = done.wrapping_add(WORD);
        }
        while done < count {
            *target.add(done) = byte;
            done = done.wrapping_add(1);
        }
    }
    target
}

/// Compares bytes: negative, zero or positive by the first that differ.
///
/// # Safety
/// Both are readable for `count` bytes.
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, count: usize) -> i32 {
    let mut done = 0usize;
    // SAFETY: each access ends at or before `count`.
    unsafe {
        while count.wrapping_sub(done) >= WORD
            && left.add(done).cast::<u64>().read_unaligned() == right.add(done).cast::<u64>().read_unaligned()
        {
            done = done.wrapping_add(WORD);
        }
        while done < count {
            let (a, b) = (*left.add(done), *right.add(done));
            if a != b {
                return i32::from(a).wrapping_sub(i32::from(b));
            }
            done = done.wrapping_add(1);
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn copies_agree_with_the_standard_library(
            bytes in proptest::collection::vec(any::<u8>(), 0..200), from in 0usize..40, to in 0usize..40, value: i32,
        ) {
            let count = bytes.len().saturating_sub(from.max(to));
            let mut expected = bytes.clone();
            let mut copied = bytes.clone();
            if count > 0 {
                expected.copy_within(from..from + count, to);
                let start = copied.as_mut_ptr();
                // SAFETY: both ranges lie within the vector.
                unsafe { memmove(start.add(to), start.add(from), count) };
            }
            prop_assert_eq!(&copied, &expected);

            let mut other = vec![0; bytes.len()];
            // SAFETY: two vectors of that length.
            unsafe { memcpy(other.as_mut_ptr(), bytes.as_ptr(), bytes.len()) };
            prop_assert_eq!(&other, &bytes);
            // SAFETY: one vector of that length, less where the range begins.
            unsafe { memset(other.as_mut_ptr().add(bytes.len() - count), value, count) };
            let (kept, set) = other.split_at(bytes.len() - count);
            prop_assert_eq!(kept, &bytes[..bytes.len() - count]);
            prop_assert!(set.iter().all(|byte| *byte == value as u8));
        }

        #[test]
        fn comparisons_agree_with_the_standard_library(
            left in proptest::collection::vec(any::<u8>(), 0..60), changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        ) {
            let mut right = left.clone();
            if !right.is_empty() {
                for (position, byte) in changes { *position.get_mut(&mut right) = byte; }
            }
            // SAFETY: two vectors of that length.
            let order = unsafe { memcmp(left.as_ptr(), right.as_ptr(), left.len()) };
            prop_assert_eq!(order.cmp(&0), left.cmp(&right));
        }
    }
}
