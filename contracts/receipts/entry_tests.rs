//! Both ways through `record`, held to the same outcome.

use super::*;
use crate::{
    receipts::Receipts,
    tests::{account, address, genesis, receipts, sign},
};
use bizkey_primitives::{events::BatchRecorded, receipt::batch_hash};
use ink::{
    env::{test, DefaultEnvironment},
    storage::traits::StorageKey,
};
use proptest::prelude::*;
use scale::{Decode, Encode, Error, Input, Output};
use std::cell::RefCell;

const ROOT_KEY: u32 = <Receipts as StorageKey>::KEY;

thread_local! {
    static EMITTED: RefCell<Vec<Vec<u8>>> = const { RefCell::new(vec![]) };
}

/// Bytes as they are, without their length.
struct Raw(Vec<u8>);

impl Encode for Raw {
    fn encode_to<T: Output + ?Sized>(&self, out: &mut T) {
        out.write(&self.0);
    }
}

impl Decode for Raw {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let mut bytes = vec![0; input.remaining_len()?.unwrap()];
        input.read(&mut bytes)?;
        Ok(Raw(bytes))
    }
}

fn cell(key: &[u8]) -> Option<Vec<u8>> {
    ink::env::get_contract_storage::<_, Raw>(&Raw(key.to_vec())).unwrap().map(|raw| raw.0)
}

fn put(key: &[u8], value: &[u8]) {
    ink::env::set_contract_storage(&Raw(key.to_vec()), &Raw(value.to_vec()));
}

/// ink!'s off-chain environment.
struct OffChain;

impl Chain for OffChain {
    fn read(key: &[u8], value: &mut [u8]) -> Option<usize> {
        let stored = cell(key)?;
        value[..stored.len()].copy_from_slice(&stored);
        Some(stored.len())
    }

    fn write(key: &[u8], value: &[u8]) {
        put(key, value);
    }

    fn address(to: &mut [u8]) {
        to.copy_from_slice(&address());
    }

    fn emit(event: &[u8]) {
        EMITTED.with_borrow_mut(|emitted| emitted.push(event.to_vec()));
    }

    fn now_ms() -> u64 {
        ink::env::block_timestamp::<DefaultEnvironment>()
    }
}

/// One batch of a random history.
#[derive(Clone, Debug)]
struct Step {
    wait_ms: u64,
    device: u32,
    skip: u64,
    count: u16,
    payload: Vec<u8>,
    /// What the batch announces, what is signed and what stands around it are right.
    flaw: Flaw,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    Signature,
    OtherKind,
    Stopped,
    Paused,
    Full,
    TrailingByte,
}

fn step() -> impl Strategy<Value = Step> {
    let flaw = prop_oneof![
        24 => Just(Flaw::None),
        1 => Just(Flaw::Signature),
        1 => Just(Flaw::OtherKind),
        1 => Just(Flaw::Stopped),
        1 => Just(Flaw::Paused),
        1 => Just(Flaw::Full),
        1 => Just(Flaw::TrailingByte),
    ];
    let wait_ms = prop_oneof![8 => 0u64..20, 1 => 0u64..2_500];
    let count = prop_oneof![3 => 0u16..4, 2 => 300u16..800];
    let skip = prop_oneof![12 => Just(0u64), 1 => 1u64..3];
    (wait_ms, 1u32..4, skip, count, any::<u8>(), 0usize..40, flaw).prop_map(
        |(wait_ms, device, skip, count, byte, more, flaw)| {
            // Now and then a byte too short.
            let length = (usize::from(count) * 20 + more).saturating_sub(usize::from(more == 1) * 2);
            Step { wait_ms, device, skip, count, payload: vec![byte; length], flaw }
        },
    )
}

fn device_key(device: u32) -> Vec<u8> {
    (DEVICES_KEY, device).encode()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]
    /// Whatever goes the short way leaves what the long way leaves; what
    /// does not, changes nothing; and an ordinary batch goes it.
    #[test]
    fn both_ways_lead_to_the_same(steps in proptest::collection::vec(step(), 1..40), receipts_before in 0u64..100_001) {
        test::run_test::<DefaultEnvironment, _>(|_| Ok(())).unwrap();
        let mut contract = receipts();
        let mut now_ms = ink::env::block_timestamp::<DefaultEnvironment>();
        let mut started = false;
        for Step { wait_ms, device, skip, count, payload, flaw } in steps {
            now_ms += wait_ms;
            test::set_block_timestamp::<DefaultEnvironment>(now_ms);
            let known = contract.device(device);
            let seq = known.map_or(0, |known| known.next_seq) + skip;
            if let Some(mut changed) = known {
                changed.active = flaw != Flaw::Stopped;
                if flaw == Flaw::Full { changed.batches = 1_024; }
                contract.devices.insert(device, &changed);
            }
            ink::env::set_contract_storage(&ROOT_KEY, &contract);
            let root_key = ROOT_KEY.encode();
            let mut root = Root(cell(&root_key).unwrap().try_into().unwrap());
            if started && receipts_before > root.receipts() { root.set_receipts(receipts_before); }
            if flaw == Flaw::Paused {
                root.0[64..72].copy_from_slice(&now_ms.to_le_bytes());
                root.0[72..80].copy_from_slice(&(now_ms + 1).to_le_bytes());
            } else {
                root.0[64..80].fill(0);
            }
            put(&root_key, &root.0);
            contract = ink::env::get_contract_storage(&ROOT_KEY).unwrap().unwrap();

            let mut hash = batch_hash(&genesis(), &address(), device, seq, count, &payload);
            if flaw == Flaw::Signature { hash[0] ^= 1; }
            let signer = if flaw == Flaw::OtherKind { 3 - device.min(2) } else { device };
            let signature = sign(signer, hash);
            let before = (cell(&root_key), cell(&device_key(device)));
            let now = contract.calendar().stamp_at(now_ms);
            let ordinary = known.is_some_and(|known| known.head_stamp == now)
                && root.latest() == now && payload.len() >= 64 && flaw != Flaw::TrailingByte;

            let done = contract.record(device, seq, count, payload.clone(), signature);
            ink::env::set_contract_storage(&ROOT_KEY, &contract);
            let after = (cell(&root_key), cell(&device_key(device)));

            put(&root_key, before.0.as_ref().unwrap());
            if let Some(stored) = &before.1 { put(&device_key(device), stored); }
            let mut bytes = vec![0; SIGNED_BEFORE];
            (device, seq, count, payload.clone(), signature).encode_to(&mut bytes);
            if flaw == Flaw::TrailingByte { bytes.push(0); }
            EMITTED.with_borrow_mut(Vec::clear);
            let short = record::<OffChain>(ROOT_KEY, &mut bytes).is_some();
            prop_assert_eq!(short, ordinary && done.is_ok(), "{:?}", done);
            let now_stored = (cell(&root_key), cell(&device_key(device)));
            let emitted = EMITTED.with_borrow(Clone::clone);
            if short {
                prop_assert_eq!(&now_stored, &after);
                let merchant = contract.device(device).unwrap().merchant;
                prop_assert_eq!(emitted, vec![BatchRecorded { device, merchant, seq, count, payload }.encode()]);
            } else {
                prop_assert_eq!(&now_stored, &before);
                prop_assert!(emitted.is_empty());
            }
            put(&root_key, after.0.as_ref().unwrap());
            if let Some(stored) = &after.1 { put(&device_key(device), stored); }
            started |= done.is_ok();
            if let Some(mut changed) = contract.device(device) {
                if flaw == Flaw::Full { changed.batches = 0; }
                contract.devices.insert(device, &changed);
            }
        }
    }
}

/// Most of a batch's way is the short one, for either kind of key: else
/// the property above would hold of nothing.
#[ink::test]
fn an_ordinary_batch_goes_the_short_way() {
    let mut contract = receipts();
    test::set_caller::<DefaultEnvironment>(account(9));
    for device in [1, 2] {
        let payload = vec![3; 7_812];
        let arguments = |seq: u64| {
            let hash = batch_hash(&genesis(), &address(), device, seq, 300, &payload);
            (device, seq, 300u16, payload.clone(), sign(device, hash))
        };
        let (_, seq, count, first, signature) = arguments(0);
        contract.record(device, seq, count, first, signature).unwrap();
        ink::env::set_contract_storage(&ROOT_KEY, &contract);
        for seq in 1..4 {
            let mut bytes = vec![0; SIGNED_BEFORE];
            arguments(seq).encode_to(&mut bytes);
            assert_eq!(record::<OffChain>(ROOT_KEY, &mut bytes.clone()), Some(()));
            assert_eq!(record::<OffChain>(ROOT_KEY, &mut bytes), None, "a repeat");
            assert_eq!(contract.next_seq(device), Some(seq + 1));
        }
        contract = ink::env::get_contract_storage(&ROOT_KEY).unwrap().unwrap();
    }
    assert_eq!(contract.epoch_counts(0), (1, 2_400));
    assert_eq!(cell(&ROOT_KEY.encode()).unwrap().len(), ROOT_BYTES);
}
