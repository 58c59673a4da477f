//! The messages on ink!'s off-chain environment, with real signatures of both
//! kinds.

use crate::receipts::Receipts;
use bizkey_primitives::{
    errors::receipts::Error,
    receipt::{batch_hash, next_head, void_hash},
    signature::{PublicKey, Signature},
    AccountId, Calendar, Hash,
};
use ink::env::{test, DefaultEnvironment};

const EPOCH_MS: u64 = 1_000;
const GENESIS_MS: u64 = 10_000;
/// The device of shop 7 with a key of each kind.
const SR25519: u32 = 1;
const ECDSA: u32 = 2;
const SHOP: u32 = 7;

fn account(n: u8) -> AccountId {
    AccountId::from([n; 32])
}

fn address() -> [u8; 32] {
    *ink::env::account_id::<DefaultEnvironment>().as_ref()
}

fn genesis() -> Hash {
    Hash::from([9; 32])
}

fn by(caller: u8) {
    test::set_caller::<DefaultEnvironment>(account(caller));
}

fn at_epoch(epoch: u64) {
    test::set_block_timestamp::<DefaultEnvironment>(GENESIS_MS + epoch * EPOCH_MS);
}

fn schnorrkel_key() -> schnorrkel::Keypair {
    schnorrkel::MiniSecretKey::from_bytes(&[5; 32]).unwrap().expand_to_keypair(schnorrkel::ExpansionMode::Ed25519)
}

fn secp256k1_key() -> secp256k1::SecretKey {
    secp256k1::SecretKey::from_slice(&[6; 32]).unwrap()
}

fn sign(device: u32, hash: [u8; 32]) -> Signature {
    if device == ECDSA {
        let message = secp256k1::Message::from_digest(hash);
        let (id, rs) = secp256k1::SECP256K1.sign_ecdsa_recoverable(&message, &secp256k1_key()).serialize_compact();
        let mut bytes = [0; 65];
        bytes[..64].copy_from_slice(&rs);
        bytes[64] = id.to_i32() as u8;
        Signature::Ecdsa(bytes)
    } else {
        Signature::Sr25519(schnorrkel_key().sign_simple(b"substrate", &hash).to_bytes())
    }
}

fn payload(count: u16) -> Vec<u8> {
    vec![3; usize::from(count) * 20]
}

fn batch(device: u32, seq: u64, count: u16) -> [u8; 32] {
    batch_hash(&genesis(), &address(), device, seq, count, &payload(count))
}

fn record(receipts: &mut Receipts, device: u32, seq: u64, count: u16) -> Result<(), Error> {
    receipts.record(device, seq, count, payload(count), sign(device, batch(device, seq, count)))
}

/// With both devices, in epoch 0; the caller is the registry, account 1.
fn receipts() -> Receipts {
    let calendar = Calendar::new(GENESIS_MS, EPOCH_MS).unwrap();
    let mut receipts = Receipts::open(calendar, genesis(), account(1));
    by(1);
    let sr25519 = PublicKey::Sr25519(schnorrkel_key().public.to_bytes());
    let ecdsa = PublicKey::Ecdsa(secp256k1_key().public_key(secp256k1::SECP256K1).serialize());
    receipts.add_device(SR25519, SHOP, sr25519).unwrap();
    receipts.add_device(ECDSA, SHOP, ecdsa).unwrap();
    at_epoch(0);
    receipts
}

#[ink::test]
fn only_the_registry_names_devices_and_never_twice() {
    let mut receipts = receipts();
    let key = PublicKey::Sr25519([1; 32]);
    assert_eq!(receipts.add_device(SR25519, 8, key), Err(Error::DeviceExists));
    assert_eq!(receipts.set_device_active(9, false), Err(Error::UnknownDevice));
    by(2);
    assert_eq!(receipts.add_device(3, SHOP, key), Err(Error::NotRegistry));
    assert_eq!(receipts.set_device_active(SR25519, false), Err(Error::NotRegistry));
}

#[ink::test]
fn a_batch_of_either_kind_of_key_is_recorded_once() {
    let mut receipts = receipts();
    by(2);
    for device in [SR25519, ECDSA] {
        assert_eq!(record(&mut receipts, device, 1, 1), Err(Error::SequenceGap));
        assert_eq!(record(&mut receipts, device, 0, 3), Ok(()));
        assert_eq!(record(&mut receipts, device, 0, 3), Err(Error::SequenceReplayed));
        assert_eq!(record(&mut receipts, device, 1, 2), Ok(()));
        assert_eq!(receipts.next_seq(device), Some(2));
    }
    assert_eq!(record(&mut receipts, 3, 0, 1), Err(Error::UnknownDevice));
    assert_eq!(receipts.epoch_counts(0), (1, 10), "one shop, whatever its devices");
}

#[ink::test]
fn a_signature_covers_every_part_of_the_batch() {
    let mut receipts = receipts();
    for device in [SR25519, ECDSA] {
        let signature = sign(device, batch(device, 0, 2));
        let mut other = payload(2);
        other[0] ^= 1;
        assert_eq!(receipts.record(device, 0, 2, other, signature), Err(Error::BadSignature));
        assert_eq!(receipts.record(device, 0, 1, payload(2), signature), Err(Error::BadSignature));
        assert_eq!(receipts.record(3 - device, 0, 2, payload(2), signature), Err(Error::BadSignature));
        let later = sign(device, batch(device, 1, 2));
        assert_eq!(receipts.record(device, 0, 2, payload(2), later), Err(Error::BadSignature));
        let void = sign(device, void_hash(&genesis(), &address(), device, 0, 2));
        assert_eq!(receipts.record(device, 0, 2, payload(2), void), Err(Error::BadSignature));
        assert_eq!(receipts.next_seq(device), Some(0));
    }
    assert_eq!(receipts.epoch_counts(0), (0, 0));
}

#[ink::test]
fn an_ecdsa_signature_with_high_s_is_refused() {
    let mut receipts = receipts();
    let Signature::Ecdsa(mut bytes) = sign(ECDSA, batch(ECDSA, 0, 1)) else { unreachable!() };
    let low = secp256k1::SecretKey::from_slice(&bytes[32..64]).unwrap();
    bytes[32..64].copy_from_slice(&low.negate().secret_bytes());
    bytes[64] ^= 1;
    assert_eq!(receipts.record(ECDSA, 0, 1, payload(1), Signature::Ecdsa(bytes)), Err(Error::BadSignature));
    assert_eq!(record(&mut receipts, ECDSA, 0, 1), Ok(()));
}

#[ink::test]
fn nothing_is_recorded_before_genesis() {
    let mut receipts = receipts();
    test::set_block_timestamp::<DefaultEnvironment>(GENESIS_MS - 1);
    assert_eq!(record(&mut receipts, SR25519, 0, 1), Err(Error::BeforeGenesis));
    assert_eq!(record(&mut receipts, 99, 0, 1), Err(Error::BeforeGenesis));
}

#[ink::test]
fn a_stopped_device_neither_records_nor_voids() {
    let mut receipts = receipts();
    record(&mut receipts, SR25519, 0, 1).unwrap();
    receipts.set_device_active(SR25519, false).unwrap();
    assert_eq!(record(&mut receipts, SR25519, 1, 1), Err(Error::DeviceStopped));
    let void = sign(SR25519, void_hash(&genesis(), &address(), SR25519, 0, 0));
    assert_eq!(receipts.void_receipt(SR25519, 0, 0, void), Err(Error::DeviceStopped));
    receipts.set_device_active(SR25519, true).unwrap();
    assert_eq!(record(&mut receipts, SR25519, 1, 1), Ok(()));
}

#[ink::test]
fn a_void_needs_a_recorded_batch_and_the_devices_word() {
    let mut receipts = receipts();
    let void = |device, index| sign(device, void_hash(&genesis(), &address(), device, 0, index));
    for device in [SR25519, ECDSA] {
        assert_eq!(receipts.void_receipt(device, 0, 0, void(device, 0)), Err(Error::SequenceUnknown));
        record(&mut receipts, device, 0, 2).unwrap();
        assert_eq!(receipts.void_receipt(device, 0, 1, void(device, 0)), Err(Error::BadSignature));
        assert_eq!(receipts.void_receipt(device, 0, 0, void(3 - device, 0)), Err(Error::BadSignature));
        assert_eq!(receipts.void_receipt(device, 0, 0, void(device, 0)), Ok(()));
        assert_eq!(receipts.void_receipt(device, 0, 0, void(device, 0)), Ok(()), "a repeat means nothing");
    }
    assert_eq!(receipts.void_receipt(3, 0, 0, void(SR25519, 0)), Err(Error::UnknownDevice));
}

#[ink::test]
fn heads_and_counts_belong_to_the_epoch_of_the_block() {
    let mut receipts = receipts();
    record(&mut receipts, SR25519, 0, 1).unwrap();
    record(&mut receipts, SR25519, 1, 2).unwrap();
    assert_eq!(receipts.head(SR25519, 0), None, "the epoch is not over");
    at_epoch(1);
    let first = next_head(&next_head(&[0; 32], &batch(SR25519, 0, 1)), &batch(SR25519, 1, 2));
    assert_eq!(receipts.head(SR25519, 0), Some(Hash::from(first)));
    record(&mut receipts, SR25519, 2, 4).unwrap();
    record(&mut receipts, ECDSA, 0, 8).unwrap();
    at_epoch(3);
    assert_eq!(receipts.head(SR25519, 0), Some(Hash::from(first)));
    assert_eq!(receipts.head(SR25519, 1), Some(Hash::from(next_head(&[0; 32], &batch(SR25519, 2, 4)))));
    assert_eq!(receipts.head(ECDSA, 0), None);
    assert_eq!(receipts.head(SR25519, 2), None);
    assert_eq!([0, 1, 2, 3].map(|epoch| receipts.epoch_counts(epoch)), [(1, 3), (1, 12), (0, 0), (0, 0)]);
    at_epoch(32);
    assert!(receipts.head(SR25519, 0).is_some());
    at_epoch(33);
    assert_eq!(receipts.head(SR25519, 0), None);
}
