//! The order of a device's batches and their rolling hash (architecture.md,
//! receipts).

use bizkey_primitives::{
    errors::receipts::Error,
    party::Device,
    receipt::{next_head, KEPT_HEADS, MAX_BATCHES_PER_EPOCH, MAX_PAYLOAD_BYTES, MIN_RECEIPT_BYTES},
    signature::PublicKey,
    MerchantIndex, Stamp,
};

/// The rolling hash with which a device's epoch closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct ClosedHead {
    /// The epoch, as a stamp.
    pub stamp: Stamp,
    /// The hash.
    pub head: [u8; 32],
}

/// A device that has recorded nothing yet.
pub fn new_device(merchant: MerchantIndex, key: PublicKey) -> Device {
    Device { merchant, key, active: true, next_seq: 0, head: [0; 32], head_stamp: 0, batches: 0 }
}

/// Checks all of a batch but its signature. `now` is the stamp of a started epoch.
///
/// # Errors
/// The first that applies of `DeviceStopped`, `BadCount`, `PayloadTooLarge`,
/// `SequenceReplayed`, `SequenceGap`, `TooManyBatches`.
pub fn check(device: &Device, now: Stamp, seq: u64, count: u16, payload_bytes: usize) -> Result<(), Error> {
    if !device.active {
        return Err(Error::DeviceStopped);
    }
    // The largest product is 65,535 · 20.
    if count == 0 || usize::from(count).saturating_mul(MIN_RECEIPT_BYTES) > payload_bytes {
        return Err(Error::BadCount);
    }
    if payload_bytes > MAX_PAYLOAD_BYTES {
        return Err(Error::PayloadTooLarge);
    }
    if seq < device.next_seq {
        return Err(Error::SequenceReplayed);
    }
    if seq > device.next_seq {
        return Err(Error::SequenceGap);
    }
    if device.head_stamp == now && device.batches >= MAX_BATCHES_PER_EPOCH {
        return Err(Error::TooManyBatches);
    }
    Ok(())
}

/// Books a checked batch. Returns the head of the device's earlier epoch if
/// this batch is its first of a new one.
pub fn book(device: &mut Device, now: Stamp, batch: &[u8; 32]) -> Option<ClosedHead> {
    let mut closed = None;
    if device.head_stamp != now {
        if device.head_stamp != 0 {
            closed = Some(ClosedHead { stamp: device.head_stamp, head: device.head });
        }
        device.head = [0; 32];
        device.head_stamp = now;
        device.batches = 0;
    }
    device.head = next_head(&device.head, batch);
    // Bounded by `check`; and at 1,024 an epoch a u64 is never used up.
    device.batches = device.batches.saturating_add(1);
    device.next_seq = device.next_seq.saturating_add(1);
    closed
}

/// Where a closed head is kept. Among any 32 epochs in a row no two share a slot.
pub const fn slot(stamp: Stamp) -> u32 {
    stamp % KEPT_HEADS
}

/// The head with which the epoch `at` closed, seen from the epoch `now`:
/// one of the last 32 closed epochs, in which the device recorded. `kept`
/// reads a slot. All epochs as stamps.
pub fn closed_head(
    device: &Device,
    at: Stamp,
    now: Stamp,
    kept: impl FnOnce(u32) -> Option<ClosedHead>,
) -> Option<[u8; 32]> {
    let age = now.checked_sub(at)?;
    if at == 0 || age == 0 || age > KEPT_HEADS {
        return None;
    }
    if device.head_stamp == at {
        return Some(device.head);
    }
    kept(slot(at)).filter(|closed| closed.stamp == at).map(|closed| closed.head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const BYTES: usize = 20;

    fn device() -> Device {
        new_device(1, PublicKey::Sr25519([1; 32]))
    }

    #[test]
    fn the_first_error_in_order_is_named() {
        let mut device = device();
        device.next_seq = 5;
        device.head_stamp = 7;
        device.batches = MAX_BATCHES_PER_EPOCH;
        let too_large = MAX_PAYLOAD_BYTES + 1;
        assert_eq!(check(&device, 7, 5, 1, BYTES), Err(Error::TooManyBatches));
        assert_eq!(check(&device, 8, 5, 1, BYTES), Ok(()));
        assert_eq!(check(&device, 7, 6, 1, BYTES), Err(Error::SequenceGap));
        assert_eq!(check(&device, 7, u64::MAX, 1, BYTES), Err(Error::SequenceGap));
        assert_eq!(check(&device, 7, 4, 1, BYTES), Err(Error::SequenceReplayed));
        assert_eq!(check(&device, 7, 4, 1, too_large), Err(Error::PayloadTooLarge));
        assert_eq!(check(&device, 8, 5, 1, MAX_PAYLOAD_BYTES), Ok(()));
        for (count, bytes) in [(0, BYTES), (1, BYTES - 1), (2, 2 * BYTES - 1), (u16::MAX, too_large)] {
            assert_eq!(check(&device, 7, 4, count, bytes), Err(Error::BadCount));
        }
        device.active = false;
        assert_eq!(check(&device, 7, 4, 0, too_large), Err(Error::DeviceStopped));
    }

    #[test]
    fn an_epoch_takes_1024_batches_and_no_more() {
        let mut device = device();
        for seq in 0..1_024 {
            assert_eq!(check(&device, 1, seq, 1, BYTES), Ok(()));
            book(&mut device, 1, &[0; 32]);
        }
        assert_eq!(check(&device, 1, 1_024, 1, BYTES), Err(Error::TooManyBatches));
        assert_eq!(check(&device, 2, 1_024, 1, BYTES), Ok(()));
    }

    proptest! {
        /// Sequence numbers never skip or repeat, and a closed epoch's head is
        /// the fold over its batches for 32 epochs, then gone.
        #[test]
        fn heads_are_kept_for_the_last_32_closed_epochs(
            steps in proptest::collection::vec((prop_oneof![4 => 0u32..2, 1 => 2u32..40], any::<[u8; 32]>()), 1..120),
            rest in 0u32..40,
        ) {
            let mut device = device();
            let mut kept: BTreeMap<u32, ClosedHead> = BTreeMap::new();
            let mut heads: BTreeMap<Stamp, [u8; 32]> = BTreeMap::new();
            let mut now = 1;
            for (number, (step, batch)) in steps.iter().enumerate() {
                now += step;
                let seq = number as u64;
                prop_assert_eq!(check(&device, now, seq + 1, 1, BYTES), Err(Error::SequenceGap));
                prop_assert_eq!(check(&device, now, seq, 1, BYTES), Ok(()));
                if let Some(closed) = book(&mut device, now, batch) { kept.insert(slot(closed.stamp), closed); }
                prop_assert_eq!(check(&device, now, seq, 1, BYTES), Err(Error::SequenceReplayed));
                let head = heads.entry(now).or_insert([0; 32]);
                *head = next_head(head, batch);
            }
            prop_assert!(kept.len() <= 32);
            now += rest;
            for at in 0..now + 2 {
                let expected = (at < now && at + 32 >= now).then(|| heads.get(&at).copied()).flatten();
                prop_assert_eq!(closed_head(&device, at, now, |slot| kept.get(&slot).copied()), expected);
            }
        }
    }
}
