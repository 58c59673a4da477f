//! Batches: their order, what a device signs of them, what they may hold, and
//! what an epoch counts of them. A batch of 64 bytes or more that is not its
//! device's first of an epoch goes a short way of its own through the
//! contract, so whatever is said here is said of both ways.

use super::stage::{fold, plain, Stage, FOREIGN, KIND, SECOND, TILL, UNKNOWN};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    errors::receipts::Error,
    events::{BatchRecorded, Event},
    hash::blake2x256,
    receipt::{batch_hash, void_hash, MAX_BATCHES_PER_EPOCH, MAX_PAYLOAD_BYTES},
    signature::Signature,
    DeviceId, Hash, Side,
};
use bizkey_tests::{
    party::{Batch, Device},
    sandbox::Layouts,
    DAY,
};

/// The group order of secp256k1, big endian.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc,
    0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

/// The other signature that the same key and message have: s from the upper half.
pub fn with_high_s(signature: &Signature) -> Option<Signature> {
    let Signature::Ecdsa(mut bytes) = *signature else { return None };
    let mut borrow = 0i16;
    for (position, order) in ORDER.iter().enumerate().rev() {
        let difference = i16::from(*order) - i16::from(bytes[32 + position]) - borrow;
        borrow = i16::from(difference < 0);
        bytes[32 + position] = difference.rem_euclid(256) as u8;
    }
    bytes[64] ^= 1;
    Some(Signature::Ecdsa(bytes))
}

/// Bytes that are no payload at all: the contract does not look.
fn opaque(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|position| (position % 251) as u8 ^ 0x5a).collect()
}

fn refused(stage: &mut Stage, batch: &Batch, error: Error) {
    let Batch { device, seq, count, payload, signature } = batch;
    let relayer = stage.account("relayer");
    stage.refuses(relayer, "record", &(device, seq, count, payload, signature), error);
}

/// Everything is wrong with a batch at first; each wrong thing is mended once
/// it was told.
pub fn the_first_error_is_told(stage: &mut Stage) {
    let (admin, registry) = (stage.account("admin"), stage.network.contracts.registry);
    let till = stage.id(TILL);
    let start_ms = stage.network.calendar.genesis_ms;
    stage.network.state.set_time(start_ms - 1);
    stage.done(admin, "pause", &(start_ms + DAY));
    let signature = stage.batch(TILL, 0, 1, plain(1)).signature;
    let mut batch = Batch { device: UNKNOWN, seq: 7, count: 0, payload: opaque(MAX_PAYLOAD_BYTES + 1), signature };
    refused(stage, &batch, Error::BeforeGenesis);
    stage.network.state.set_time(start_ms);
    refused(stage, &batch, Error::Paused);
    stage.network.state.set_time(start_ms + DAY);
    refused(stage, &batch, Error::UnknownDevice);
    for _ in 0..MAX_BATCHES_PER_EPOCH {
        stage.record_as(TILL, 3, plain(3));
    }
    stage.done(registry, "set_device_active", &(till, false));
    batch.device = till;
    refused(stage, &batch, Error::DeviceStopped);
    stage.done(registry, "set_device_active", &(till, true));
    refused(stage, &batch, Error::BadCount);
    batch.count = 801;
    refused(stage, &batch, Error::BadCount);
    batch.count = 800;
    refused(stage, &batch, Error::PayloadTooLarge);
    batch.payload.pop();
    refused(stage, &batch, Error::SequenceReplayed);
    for seq in [1_025, u64::MAX] {
        batch.seq = seq;
        refused(stage, &batch, Error::SequenceGap);
    }
    batch.seq = 1_023;
    refused(stage, &batch, Error::SequenceReplayed);
    batch.seq = 1_024;
    refused(stage, &batch, Error::TooManyBatches);
    stage.network.state.set_time(start_ms + 2 * DAY);
    refused(stage, &batch, Error::BadSignature);
    let good = stage.batch(TILL, 1_024, batch.count, batch.payload);
    stage.send(&good).unwrap();
    // Past an epoch's first batch, on the short way.
    for (seq, error) in [(1_026, Error::SequenceGap), (1_024, Error::SequenceReplayed)] {
        let batch = stage.batch(TILL, seq, 3, plain(3));
        refused(stage, &batch, error);
    }
}

/// Neither its 1,025th, nor does that stop the shop's other device.
pub fn a_device_records_1024_batches_an_epoch(stage: &mut Stage) {
    for number in 0..1_024u16 {
        let count = 1 + number % 4;
        stage.record_as(TILL, count, plain(count));
    }
    for count in [1, 3] {
        let batch = stage.batch(TILL, 1_024, count, plain(count));
        refused(stage, &batch, Error::TooManyBatches);
    }
    stage.record_as(SECOND, 1, plain(1));
    let (today, till) = (stage.epoch(), stage.id(TILL));
    stage.network.enter_epoch(today + 1);
    stage.record_as(TILL, 3, plain(3));
    let head = fold(&stage.tapes[&(till, today)]);
    assert_eq!(stage.read::<Option<Hash>>("head", &(till, today)), Some(Hash::from(head)));
    assert_eq!(stage.read::<(u32, u64)>("epoch_counts", &today), (1, 2_560 + 1));
}

/// Short and long batches, of either kind of key, sent by whomever: the same
/// event, the same head, the same counts, and replays of both are refused.
pub fn two_ways_with_one_outcome(stage: &mut Stage) {
    let carriers = stage.all_but(&[]);
    let (today, receipts) = (stage.epoch(), stage.network.contracts.receipts);
    let mut receipts_so_far = 0;
    let sizes = [64, 60, 63, 64, 65, 127, MAX_PAYLOAD_BYTES - 1, MAX_PAYLOAD_BYTES, 61, 100];
    for (number, bytes) in sizes.into_iter().enumerate() {
        for device in [TILL, SECOND] {
            let Device { id, next_seq: seq, .. } = stage.devices[device].clone();
            let (count, payload) = (1 + number as u16 % 3, opaque(bytes));
            let Batch { signature, .. } = stage.batch(device, seq, count, payload.clone());
            let carrier = carriers[(2 * number + device) % carriers.len()];
            let sent = stage.call::<()>(carrier, "record", &(id, seq, count, &payload, signature));
            assert_eq!(sent, Ok(()), "{bytes} bytes");
            let merchant = stage.shop.index;
            let recorded = BatchRecorded { device: id, merchant, seq, count, payload: payload.clone() };
            assert_eq!(stage.network.events, [Event::BatchRecorded(recorded)]);
            assert_eq!(stage.network.emitters, [receipts]);
            let hash = stage.hash(id, seq, count, &payload);
            let recorded = super::stage::Recorded { seq, count, payload, hash };
            let tape = stage.tapes.entry((id, today)).or_default();
            tape.push(recorded);
            let head = fold(tape);
            stage.devices[device].next_seq += 1;
            receipts_so_far += u64::from(count);
            let record = stage.device_of(device);
            assert_eq!((record.next_seq, record.head, record.head_stamp), (seq + 1, head, today + 1));
            assert_eq!(u64::from(record.batches), seq + 1);
            assert_eq!(stage.read::<(u32, u64)>("epoch_counts", &today), (1, receipts_so_far));
            let again = stage.batch(device, seq, count, opaque(bytes));
            refused(stage, &again, Error::SequenceReplayed);
        }
    }
}

/// Everything that a device's signature could be misused for.
fn forged(stage: &Stage, device: usize, batch: &Batch) -> Vec<(&'static str, Batch)> {
    let Batch { device: id, seq, count, payload, .. } = batch;
    let (id, seq, count) = (*id, *seq, *count);
    let (genesis, contract, key) = (stage.network.genesis, stage.contract(), &stage.devices[device].key);
    let elsewhere = *AsRef::<[u8; 32]>::as_ref(&stage.network.contracts.registry);
    let hash = batch_hash(&genesis, &contract, id, seq, count, payload);
    let signed = |hash: [u8; 32]| Batch { signature: key.sign(&hash), ..batch.clone() };
    let with = |signature: Signature| Batch { signature, ..batch.clone() };
    let mut changed = payload.clone();
    changed[10] ^= 1;
    let mut longer = payload.clone();
    longer.push(0);
    let mut forged = vec![
        ("of another chain", signed(batch_hash(&Hash::from([1; 32]), &contract, id, seq, count, payload))),
        ("of another contract", signed(batch_hash(&genesis, &elsewhere, id, seq, count, payload))),
        ("of another device", signed(batch_hash(&genesis, &contract, id + 1, seq, count, payload))),
        ("of a later batch", signed(batch_hash(&genesis, &contract, id, seq + 1, count, payload))),
        ("of another count", signed(batch_hash(&genesis, &contract, id, seq, count + 1, payload))),
        ("of another payload", signed(batch_hash(&genesis, &contract, id, seq, count, &changed))),
        ("of a void", signed(void_hash(&genesis, &contract, id, seq, count))),
        ("without a purpose", signed(blake2x256(payload))),
        ("by another of the shop's devices", with(stage.devices[TILL + SECOND - device].key.sign(&hash))),
        ("of no key", with(Signature::Sr25519([0; 64]))),
        ("of no key of the other kind", with(Signature::Ecdsa([0; 65]))),
        ("with fewer receipts announced", Batch { count: count - 1, ..batch.clone() }),
        ("with a changed payload", Batch { payload: changed.clone(), ..batch.clone() }),
        ("with a longer payload", Batch { payload: longer, ..batch.clone() }),
    ];
    if device == TILL {
        // The other one has come as far.
        forged.push(("carried for another device", Batch { device: stage.id(SECOND), ..batch.clone() }));
    }
    forged.extend(with_high_s(&batch.signature).map(|signature| ("with a high s", with(signature))));
    forged
}

pub fn a_signature_covers_every_part(stage: &mut Stage) {
    for round in 0..3 {
        for device in [TILL, SECOND] {
            // The first of an epoch, then a short one and a long one.
            let payload = opaque([70, 45, 200][round]);
            let batch = stage.batch(device, stage.devices[device].next_seq, 2, payload);
            for (what, other) in forged(stage, device, &batch) {
                assert_eq!(stage.send(&other), Err(Error::BadSignature), "round {round}, {what}");
            }
            stage.send(&batch).unwrap();
            refused(stage, &batch, Error::SequenceReplayed);
            stage.devices[device].next_seq += 1;
        }
    }
    let till = stage.id(TILL);
    assert_eq!(stage.read::<Option<u64>>("next_seq", &till), Some(3));
}

/// A batch announces one receipt at least, and at most one for 20 of its bytes.
pub fn counts_and_sizes(stage: &mut Stage) {
    for round in 0..2 {
        let seq = stage.devices[TILL].next_seq;
        for (count, bytes) in [(0, 0), (0, 400), (1, 0), (1, 19), (2, 39), (4, 79), (11, 219), (u16::MAX, 16_001)] {
            let batch = stage.batch(TILL, seq, count, opaque(bytes));
            refused(stage, &batch, Error::BadCount);
        }
        let batch = stage.batch(TILL, seq, 800, opaque(MAX_PAYLOAD_BYTES + 1));
        refused(stage, &batch, Error::PayloadTooLarge);
        for (count, bytes) in [(1, 20), (4, 80), (800, MAX_PAYLOAD_BYTES), (1, MAX_PAYLOAD_BYTES)] {
            stage.record_as(TILL, count, opaque(bytes));
        }
        assert_eq!(stage.devices[TILL].next_seq, 4 * (round + 1));
    }
}

/// Shops are counted once an epoch, whatever their devices and batches, and
/// receipts as announced, up to 30,000 and 100,000.
pub fn epochs_count_exactly_up_to_their_caps(stage: &mut Stage) {
    let today = stage.epoch();
    let counts = |stage: &mut Stage, epoch: u32| {
        let counts: (u32, u64) = stage.read("epoch_counts", &epoch);
        assert_eq!(counts, (stage.read("merchants_seen", &epoch), stage.read("receipts_in", &epoch)));
        counts
    };
    assert_eq!(counts(stage, today), (0, 0));
    for (device, expected) in [(TILL, (1, 3)), (SECOND, (1, 6)), (FOREIGN, (2, 9)), (TILL, (2, 12))] {
        stage.record_as(device, 3, plain(3));
        assert_eq!(counts(stage, today), expected);
    }
    stage.network.enter_epoch(today + 2);
    for _ in 0..124 {
        stage.record_as(TILL, 800, opaque(MAX_PAYLOAD_BYTES));
    }
    for (count, expected) in [(799, 99_999), (1, 100_000), (1, 100_000), (800, 100_000)] {
        stage.record_as(TILL, count, opaque(MAX_PAYLOAD_BYTES));
        assert_eq!(counts(stage, today + 2), (1, expected));
    }
    stage.record_as(SECOND, 800, opaque(MAX_PAYLOAD_BYTES));
    assert_eq!(counts(stage, today + 2), (1, 100_000));
    stage.network.enter_epoch(today + 3);
    stage.record_as(SECOND, 2, plain(2));
    assert_eq!(
        [0, 1, 2, 3, 4].map(|ahead| counts(stage, today + ahead)),
        [(2, 12), (0, 0), (1, 100_000), (1, 2), (0, 0)]
    );
    set_merchants(stage, 29_998);
    stage.record_as(FOREIGN, 1, plain(1));
    assert_eq!(counts(stage, today + 3), (29_999, 3));
    for (name, expected) in [("third", 30_000), ("fourth", 30_000)] {
        let shop = stage.network.register(Side::Merchant, name);
        let device = stage.network.device(shop.index, name);
        stage.devices[FOREIGN] = device;
        stage.record_as(FOREIGN, 1, plain(1));
        assert_eq!(counts(stage, today + 3).0, expected, "{name}");
    }
    stage.record_as(SECOND, 3, plain(3));
    assert_eq!(counts(stage, today + 3), (30_000, 8));
}

/// Writes by hand how many shops the present epoch has seen.
fn set_merchants(stage: &mut Stage, merchants: u32) {
    /// Where pallet-contracts' hash ends and the contract's own key begins.
    const KEY: usize = 16;
    /// Where the count lies in the root cell: after calendar, genesis hash and stamp.
    const COUNT: usize = 52;
    let (receipts, root) = (stage.network.contracts.receipts, Layouts::read().key(KIND, ""));
    let cells = stage.network.state.storage_of(receipts);
    let (key, mut value) = cells.into_iter().find(|(key, _)| key[KEY..] == root).unwrap();
    assert_eq!(value[COUNT..COUNT + 4], 1u32.to_le_bytes(), "one shop so far");
    value[COUNT..COUNT + 4].copy_from_slice(&merchants.to_le_bytes());
    stage.network.state.overwrite(receipts, &key, &value);
}

/// A number is never given again, so neither can a batch be for an earlier
/// device of that number.
#[test]
fn numbers_of_devices_ascend() {
    let mut stage = Stage::with(Default::default());
    let ids: Vec<DeviceId> = (0..3).map(|n| stage.network.device(1, &format!("device {n}")).id).collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
    stage.other("shop", ContractKind::Registry, "retire_device", &ids[2]);
    assert!(stage.network.device(1, "after a retirement").id > ids[2]);
}
