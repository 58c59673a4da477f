//! The messages on ink!'s off-chain environment, with real signatures of both
//! kinds.

use crate::{receipts::Receipts, roles::Setup};
use bizkey_primitives::{
    action::{receipts::Action, signed_bytes, Authorization},
    errors::receipts::Error,
    opening::{DemandState, Evidence, OpeningRules},
    pause::{COOL_DOWN_MS, MAX_PAUSE_MS},
    receipt::{batch_hash, encode_payload, next_head, void_hash, Channel, Header, Rail, Receipt, PAYLOAD_VERSION},
    signature::{PublicKey, Signature},
    ticket::Ticket,
    AccountId, Calendar, Hash, TOKEN,
};
use ink::env::{test, DefaultEnvironment};

const EPOCH_MS: u64 = 1_000;
const GENESIS_MS: u64 = 10_000;
/// The device of shop 7 with a key of each kind.
const SR25519: u32 = 1;
const ECDSA: u32 = 2;
const SHOP: u32 = 7;
/// Names devices.
const REGISTRY: u8 = 1;
/// Deployer, and admin at first.
const DEPLOYER: u8 = 3;

pub(crate) fn account(n: u8) -> AccountId {
    AccountId::from([n; 32])
}

pub(crate) fn address() -> [u8; 32] {
    *ink::env::account_id::<DefaultEnvironment>().as_ref()
}

pub(crate) fn genesis() -> Hash {
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

pub(crate) fn sign(device: u32, hash: [u8; 32]) -> Signature {
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

/// With both devices, in epoch 0; the caller is the registry.
pub(crate) fn receipts() -> Receipts {
    let calendar = Calendar::new(GENESIS_MS, EPOCH_MS).unwrap();
    let setup = Setup::new(account(DEPLOYER), account(4), account(REGISTRY));
    let mut receipts = Receipts::open(calendar, genesis(), setup);
    by(REGISTRY);
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
    assert_eq!(receipts.retire_device(SR25519), Err(Error::NotRegistry));
}

#[ink::test]
fn a_retired_device_stays_so_and_another_starts_from_0() {
    let mut receipts = receipts();
    record(&mut receipts, SR25519, 0, 1).unwrap();
    assert_eq!(receipts.retire_device(9), Err(Error::UnknownDevice));
    let events = test::recorded_events().count();
    receipts.retire_device(SR25519).unwrap();
    receipts.retire_device(SR25519).unwrap();
    assert_eq!(test::recorded_events().count(), events + 1, "a repeat changes nothing");
    assert!(receipts.is_retired(SR25519) && !receipts.is_retired(ECDSA));
    assert_eq!(record(&mut receipts, SR25519, 1, 1), Err(Error::DeviceStopped));
    assert_eq!(receipts.set_device_active(SR25519, true), Err(Error::DeviceRetired));
    assert_eq!(receipts.set_device_active(SR25519, false), Ok(()));
    assert_eq!(receipts.next_seq(SR25519), Some(1), "what it recorded stays");
    receipts.add_device(3, SHOP, PublicKey::Sr25519(schnorrkel_key().public.to_bytes())).unwrap();
    assert_eq!(record(&mut receipts, 3, 0, 1), Ok(()));
}

#[ink::test]
fn only_the_deployer_binds_and_hands_over_and_each_once() {
    let mut receipts = receipts();
    by(5);
    assert_eq!(receipts.bind(account(6), account(7), account(8)), Err(Error::NotDeployer));
    assert_eq!(receipts.hand_over(account(5)), Err(Error::NotDeployer));
    by(DEPLOYER);
    receipts.bind(account(6), account(7), account(8)).unwrap();
    assert_eq!(receipts.bind(account(6), account(7), account(8)), Err(Error::AlreadyBound));
    receipts.hand_over(account(9)).unwrap();
    assert_eq!(receipts.hand_over(account(9)), Err(Error::AlreadyBound));
    assert_eq!(receipts.admin(), account(9));
    let rules = OpeningRules::default();
    assert_eq!(receipts.set_opening_rules(rules), Err(Error::NotAdmin), "nothing is left to the deployer");
    by(9);
    assert_eq!(receipts.set_opening_rules(rules), Ok(()));
}

#[ink::test]
fn the_admins_messages_are_nobody_elses() {
    let mut receipts = receipts();
    by(5);
    assert_eq!(receipts.set_code(Hash::default()), Err(Error::NotAdmin));
    assert_eq!(receipts.ossify(), Err(Error::NotAdmin));
    assert_eq!(receipts.pause(GENESIS_MS + 1), Err(Error::NotAdmin));
    assert_eq!(receipts.set_opening_rules(OpeningRules::default()), Err(Error::NotAdmin));
    by(DEPLOYER);
    assert_eq!(receipts.set_opening_rules(OpeningRules { bond: 0, ..OpeningRules::default() }), Err(Error::BadRules));
    let rules = OpeningRules { bond: 5, penalty: 6, epochs: 1 };
    receipts.set_opening_rules(rules).unwrap();
    assert_eq!((receipts.opening_rules(), receipts.demand_bond(SHOP)), (rules, Some(5)));
    assert!(!receipts.is_ossified());
    receipts.ossify().unwrap();
    assert!(receipts.is_ossified());
    assert_eq!(receipts.ossify(), Err(Error::Ossified));
    assert_eq!(receipts.set_code(Hash::default()), Err(Error::Ossified));
}

#[ink::test]
fn a_pause_stops_recording_and_nothing_else_and_ends_by_itself() {
    let mut receipts = receipts();
    record(&mut receipts, SR25519, 0, 1).unwrap();
    by(DEPLOYER);
    assert_eq!(receipts.pause(GENESIS_MS), Err(Error::PauseTooLong));
    assert_eq!(receipts.pause(GENESIS_MS + MAX_PAUSE_MS + 1), Err(Error::PauseTooLong));
    receipts.pause(GENESIS_MS + 1_500).unwrap();
    assert_eq!(receipts.last_pause().until_ms, GENESIS_MS + 1_500);
    assert_eq!(record(&mut receipts, SR25519, 1, 1), Err(Error::Paused));
    assert_eq!(record(&mut receipts, 99, 1, 1), Err(Error::Paused), "before all of the device");
    let void = sign(SR25519, void_hash(&genesis(), &address(), SR25519, 0, 0));
    assert_eq!(receipts.void_receipt(SR25519, 0, 0, void), Ok(()));
    test::set_block_timestamp::<DefaultEnvironment>(GENESIS_MS + 1_500);
    assert_eq!(record(&mut receipts, SR25519, 1, 1), Ok(()));
    assert_eq!(receipts.pause(GENESIS_MS + 2_000), Err(Error::PauseCoolingDown));
    test::set_block_timestamp::<DefaultEnvironment>(GENESIS_MS + 1_500 + COOL_DOWN_MS);
    assert_eq!(receipts.pause(GENESIS_MS + 1_501 + COOL_DOWN_MS), Ok(()));
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

/// The ticket of customer 6 for the second receipt of [`sold`].
fn ticket() -> Ticket {
    Ticket { genesis: genesis(), contract: address(), merchant: SHOP, customer: 6, nonce: 5, amount: 500, expiry: 2 }
}

/// A payload of three receipts: without a ticket, with it, without a customer.
fn sold() -> Vec<u8> {
    let header = Header { version: PAYLOAD_VERSION, currency: *b"USD", at_ms: 7 };
    let receipt = |customer, reference| Receipt {
        delta_seconds: 1,
        amount: 500,
        customer,
        channel: Channel::InStore,
        rail: Rail::Card,
        reference,
    };
    encode_payload(&header, &[receipt(6, [0; 16]), receipt(6, ticket().reference()), receipt(0, [1; 16])])
}

/// Records three batches in epoch 0, the second of them [`sold`], and shows
/// the receipt at `index` of it in epoch 1.
fn shown(receipts: &mut Receipts, index: u16) -> Evidence {
    record(receipts, SR25519, 0, 1).unwrap();
    let hash = batch_hash(&genesis(), &address(), SR25519, 1, 3, &sold());
    receipts.record(SR25519, 1, 3, sold(), sign(SR25519, hash)).unwrap();
    record(receipts, SR25519, 2, 1).unwrap();
    at_epoch(1);
    Evidence {
        device: SR25519,
        epoch: 0,
        seq: 1,
        count: 3,
        index,
        head_before: next_head(&[0; 32], &batch(SR25519, 0, 1)),
        later: vec![batch(SR25519, 2, 1)],
        payload: sold(),
    }
}

#[ink::test]
fn evidence_founds_a_demand_only_where_it_leads_to_the_kept_head() {
    let mut receipts = receipts();
    let good = shown(&mut receipts, 1);
    let by = account(5);
    let demand = receipts.demanded(by, &good).unwrap();
    assert_eq!((demand.merchant, demand.customer, demand.amount, demand.epoch), (SHOP, 6, 500, 0));
    assert_eq!((demand.bond, demand.penalty, demand.window_ms), (10 * TOKEN, 100 * TOKEN, 7 * EPOCH_MS));
    assert_eq!((demand.demander, demand.state), (by, DemandState::Open));

    let refused = |evidence: Evidence| receipts.demanded(by, &evidence).map(|_| ());
    assert_eq!(refused(Evidence { device: 9, ..good.clone() }), Err(Error::UnknownDevice));
    assert_eq!(refused(Evidence { device: ECDSA, ..good.clone() }), Err(Error::EpochNotKept));
    assert_eq!(refused(Evidence { epoch: 1, ..good.clone() }), Err(Error::EpochNotKept), "it is not over");
    let mut payload = good.payload.clone();
    payload[20] ^= 1;
    for wrong in [
        Evidence { seq: 2, ..good.clone() },
        Evidence { count: 2, ..good.clone() },
        Evidence { head_before: [0; 32], ..good.clone() },
        Evidence { later: vec![], ..good.clone() },
        Evidence { later: vec![[0; 32]; 1_024], ..good.clone() },
        Evidence { payload, ..good.clone() },
        Evidence { payload: vec![0; 16_001], ..good.clone() },
    ] {
        assert_eq!(refused(wrong), Err(Error::BadEvidence));
    }
    for index in [0, 2, 3, u16::MAX] {
        assert_eq!(refused(Evidence { index, ..good.clone() }), Err(Error::NoTicket));
    }
    at_epoch(32);
    assert_eq!(refused(good.clone()), Ok(()));
    at_epoch(33);
    assert_eq!(refused(good), Err(Error::EpochNotKept));
}

#[ink::test]
fn a_demand_needs_a_finished_deployment() {
    let mut receipts = receipts();
    let evidence = shown(&mut receipts, 1);
    assert_eq!(receipts.demand_opening(evidence), Err(Error::NotBound));
}

#[ink::test]
fn a_ticket_answers_in_time_and_nothing_else_does() {
    let mut receipts = receipts();
    let evidence = shown(&mut receipts, 1);
    let key = (SR25519, 1, 1);
    let demand = receipts.demanded(account(5), &evidence).unwrap();
    receipts.demands.add(key, &demand).unwrap();
    assert_eq!(receipts.open_demands(SHOP), 1);
    assert_eq!(receipts.demand_of(SR25519, 1, 1), Some(demand));
    assert_eq!(receipts.opening_ends(SR25519, 1, 1), Some(demand.since_ms + 7 * EPOCH_MS));

    assert_eq!(receipts.answerable((SR25519, 1, 0), &ticket()), Err(Error::NotDemanded));
    let other = Ticket { amount: 501, ..ticket() };
    assert_eq!(receipts.answerable(key, &other), Err(Error::BadTicket));
    assert_eq!(receipts.answerable(key, &ticket()), Ok(demand));
    assert_eq!(receipts.overdue(key), Err(Error::OpeningRuns));
    assert_eq!(receipts.forget_demand(SR25519, 1, 1), Err(Error::DemandKept));

    // A pause of two epochs in between makes the time longer by them.
    at_epoch(2);
    by(DEPLOYER);
    receipts.pause(GENESIS_MS + 4 * EPOCH_MS).unwrap();
    assert_eq!(receipts.opening_ends(SR25519, 1, 1), Some(demand.since_ms + 9 * EPOCH_MS));
    test::set_block_timestamp::<DefaultEnvironment>(demand.since_ms + 9 * EPOCH_MS - 1);
    assert_eq!(receipts.answerable(key, &ticket()), Ok(demand));
    assert_eq!(receipts.fail_opening(SR25519, 1, 1), Err(Error::OpeningRuns));
    test::set_block_timestamp::<DefaultEnvironment>(demand.since_ms + 9 * EPOCH_MS);
    let signature = Signature::Sr25519([0; 64]);
    assert_eq!(receipts.open_receipt(SR25519, 1, 1, ticket(), signature), Err(Error::OpeningOver));
    assert_eq!(receipts.overdue(key), Ok(demand));
    assert_eq!(receipts.fail_opening(SR25519, 1, 1), Err(Error::NotBound));
    assert_eq!(receipts.fail_opening(SR25519, 1, 0), Err(Error::NotDemanded));
}

#[ink::test]
fn a_carried_action_is_done_once_and_for_its_signer() {
    let mut receipts = receipts();
    let key = schnorrkel_key();
    let signer = AccountId::from(key.public.to_bytes());
    let sign = |nonce, action: &Action| {
        let bytes = signed_bytes(&genesis(), &address().into(), &signer, nonce, GENESIS_MS, action);
        let signature = Signature::Sr25519(key.sign_simple(b"substrate", &bytes).to_bytes());
        Authorization { account: signer, nonce, expires_ms: GENESIS_MS, signature }
    };
    let action = Action::VoidByMerchant { device: 9, seq: 0, index: 0 };
    assert_eq!(receipts.relay(action.clone(), sign(1, &action)), Err(Error::BadNonce));
    let other = Action::VoidByMerchant { device: 9, seq: 0, index: 1 };
    assert_eq!(receipts.relay(other, sign(0, &action)), Err(Error::BadSignature));
    assert_eq!(receipts.nonce_of(signer), 0);
    // It reaches the action, which refuses; on chain that reverts the nonce too.
    assert_eq!(receipts.relay(action.clone(), sign(0, &action)), Err(Error::UnknownDevice));
    let unrecorded = Action::VoidByMerchant { device: SR25519, seq: 0, index: 0 };
    assert_eq!(receipts.relay(unrecorded.clone(), sign(1, &unrecorded)), Err(Error::SequenceUnknown));
    assert_eq!(receipts.void_by_merchant(SR25519, 0, 0), Err(Error::SequenceUnknown));
    let demand = Action::DemandOpening(shown(&mut receipts, 1));
    at_epoch(0);
    assert_eq!(receipts.relay(demand.clone(), sign(2, &demand)), Err(Error::NotBound));
    at_epoch(1);
    assert_eq!(receipts.relay(action.clone(), sign(3, &action)), Err(Error::Expired));
}
