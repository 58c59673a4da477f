//! An ordinary batch is read from the call's bytes by hand, before ink! would:
//! every bit of them counts.

use super::stage::{plain, Stage, SECOND, TILL};
use bizkey_primitives::events::{BatchRecorded, Event};
use bizkey_tests::{party::Batch, sandbox::input};

/// The bytes of a call of `record`, with a batch that goes the short way, and
/// what was recorded.
fn ordinary(stage: &mut Stage, device: usize) -> (Vec<u8>, BatchRecorded) {
    stage.record_as(device, 1, plain(1));
    let Batch { device, seq, count, payload, signature } = stage.batch(device, 1, 3, plain(3));
    let bytes = input("record", &(device, seq, count, &payload, signature));
    (bytes, BatchRecorded { device, merchant: stage.shop.index, seq, count, payload })
}

#[test]
fn no_bit_of_a_batch_can_be_changed() {
    let mut stage = Stage::with(Default::default());
    let (carrier, receipts) = (stage.account("relayer"), stage.network.contracts.receipts);
    for device in [TILL, SECOND] {
        let (bytes, recorded) = ordinary(&mut stage, device);
        let before = stage.network.state.storage_of(receipts);
        let tried = |stage: &mut Stage, bytes: &[u8], what: &dyn Fn() -> String| {
            let executed = stage.network.state.execute(carrier, receipts, bytes.to_vec());
            assert!(executed.result.is_err() && executed.events.is_empty(), "{}", what());
        };
        for position in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[position] ^= 1 << bit;
                tried(&mut stage, &changed, &|| format!("byte {position}, bit {bit}"));
            }
            tried(&mut stage, &bytes[..position], &|| format!("only {position} bytes"));
        }
        assert!(before == stage.network.state.storage_of(receipts), "what was refused left a trace");
        let executed = stage.network.state.execute(carrier, receipts, bytes);
        assert_eq!(executed.result, Ok(vec![0, 0]), "what ink! answers");
        assert_eq!(executed.events, [Event::BatchRecorded(recorded)]);
    }
}

/// Bytes after a batch, if they are taken at all, are no part of it: neither
/// recorded nor a way around the sequence.
#[test]
fn what_follows_a_batch_is_no_part_of_it() {
    let mut stage = Stage::with(Default::default());
    let (carrier, receipts) = (stage.account("relayer"), stage.network.contracts.receipts);
    for device in [TILL, SECOND] {
        let (bytes, recorded) = ordinary(&mut stage, device);
        for more in [&[0][..], &[1; 66], &bytes] {
            let longer = [&bytes, more].concat();
            let executed = stage.network.rolled_back(|network| network.state.execute(carrier, receipts, longer));
            if executed.result.is_ok() {
                assert_eq!(executed.events, [Event::BatchRecorded(recorded.clone())]);
            }
        }
    }
}
