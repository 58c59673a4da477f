//! The short way through `record`.
//!
//! The chain's engine charges for translating every function that a call
//! enters, and the function that ink! makes of all messages is large. So on
//! chain a function of this module runs before it. It carries out the ordinary
//! batch, on the stored bytes and without decoding them, and ends the call. It
//! does so only where [`Receipts::record`](crate::receipts::Receipts::record)
//! would succeed and change the device alone, or the device and the count of
//! receipts: everything else, every refusal among it, it leaves as it was to
//! ink!. The tests hold both to the same outcome.
//!
//! The batch's bytes are copied once, by the host. Those before the payload
//! are overwritten in place: first with what the device signed before it, then
//! with what the event carries before it.

// Elsewhere only the key is used.
#![cfg_attr(not(any(test, target_arch = "wasm32")), allow(dead_code))]

use crate::counts::RECEIPTS_CAP;
use bizkey_primitives::{
    hash::blake2x256,
    receipt::{next_head, BATCH_CONTEXT, MAX_BATCHES_PER_EPOCH, MAX_PAYLOAD_BYTES, MIN_RECEIPT_BYTES},
    signature::{PublicKey, Signature},
    Calendar, Stamp,
};

/// Where the devices are stored.
pub const DEVICES_KEY: u32 = 0x6465_7669;

/// What is signed before device, sequence number and count: context, genesis
/// hash, this contract.
const SIGNED_BEFORE: usize = BATCH_CONTEXT.len() + 64;
/// Device, sequence number and count.
const FIELDS: usize = 14;
/// Where the payload begins: after what is signed before the fields, the
/// fields, and its own length of two bytes, which the fields are moved onto.
const PAYLOAD: usize = SIGNED_BEFORE + FIELDS + 2;
/// The fields, the shop among them, and the payload's length before it in the event.
const EVENT_BEFORE: usize = 20;
/// Fewest bytes whose number takes two bytes, as SCALE writes it.
const TWO_BYTE_LENGTH: usize = 64;

/// The root as stored, without what lies in cells of its own: calendar,
/// genesis hash, latest epoch with its counts, last pause, number of pauses.
const ROOT_BYTES: usize = 16 + 32 + 16 + 16 + 4;
/// What is stored of a device after its key: state, next sequence number,
/// head, the head's epoch, batches.
const STATE_BYTES: usize = 1 + 8 + 32 + 4 + 4;
/// The largest record of a device: shop, key, state.
const MAX_RECORD: usize = 4 + 34 + STATE_BYTES;

/// The chain, as bytes.
trait Chain {
    /// Reads a cell into `value`. How long it is; `None` if it is not there.
    fn read(key: &[u8], value: &mut [u8]) -> Option<usize>;
    /// Writes a cell.
    fn write(key: &[u8], value: &[u8]);
    /// Writes this contract's address.
    fn address(address: &mut [u8]);
    /// Emits an anonymous event.
    fn emit(event: &[u8]);
    /// The block's time, Unix milliseconds.
    fn now_ms() -> u64;
}

/// The root cell as stored.
struct Root([u8; ROOT_BYTES]);

impl Root {
    fn calendar(&self) -> Calendar {
        Calendar { genesis_ms: u64_at(&self.0, 0), epoch_ms: u64_at(&self.0, 8) }
    }

    fn genesis(&self) -> &[u8] {
        &self.0[16..48]
    }

    /// The latest epoch with a batch.
    fn latest(&self) -> Stamp {
        u32_at(&self.0, 48)
    }

    /// Receipts counted in it.
    fn receipts(&self) -> u64 {
        u64_at(&self.0, 56)
    }

    fn set_receipts(&mut self, receipts: u64) {
        self.0[56..64].copy_from_slice(&receipts.to_le_bytes());
    }

    fn is_paused(&self, now_ms: u64) -> bool {
        u64_at(&self.0, 64) <= now_ms && now_ms < u64_at(&self.0, 72)
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..][..4]);
    u32::from_le_bytes(word)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..][..8]);
    u64::from_le_bytes(word)
}

/// A signature, which has to end with `bytes`.
fn signature(bytes: &[u8]) -> Option<Signature> {
    let (kind, signature) = bytes.split_first()?;
    match kind {
        0 => Some(Signature::Ecdsa(signature.try_into().ok()?)),
        1 => Some(Signature::Sr25519(signature.try_into().ok()?)),
        _ => None,
    }
}

/// Shop, key and state of a device's record.
fn parts(record: &mut [u8]) -> Option<(u32, PublicKey, &mut [u8])> {
    let merchant = u32_at(record, 0);
    let (key, start) = match record.get(4)? {
        0 => (PublicKey::Ecdsa(record.get(5..38)?.try_into().ok()?), 38),
        _ => (PublicKey::Sr25519(record.get(5..37)?.try_into().ok()?), 37),
    };
    let state = record.get_mut(start..).filter(|state| state.len() == STATE_BYTES)?;
    Some((merchant, key, state))
}

/// Carries out an ordinary batch. `bytes` are the arguments of `record` after
/// [`SIGNED_BEFORE`] others. `None`, and nothing changed but `bytes`, if it
/// has to go the long way. `root_key` is the root's.
fn record<C: Chain>(root_key: u32, bytes: &mut [u8]) -> Option<()> {
    let fields = bytes.get(SIGNED_BEFORE..PAYLOAD)?;
    let seq = u64_at(fields, 4);
    let count = u16::from_le_bytes([fields[12], fields[13]]);
    let length = u16::from_le_bytes([fields[14], fields[15]]);
    let payload = usize::from(length >> 2);
    if length & 3 != 1
        || !(TWO_BYTE_LENGTH..=MAX_PAYLOAD_BYTES).contains(&payload)
        || count == 0
        || usize::from(count).saturating_mul(MIN_RECEIPT_BYTES) > payload
    {
        return None;
    }
    let mut device_key = [0; 8];
    device_key[..4].copy_from_slice(&DEVICES_KEY.to_le_bytes());
    device_key[4..].copy_from_slice(&fields[..4]);
    let end = PAYLOAD.saturating_add(payload);
    let signature = signature(bytes.get(end..)?)?;

    let root_key = root_key.to_le_bytes();
    let mut root = Root([0; ROOT_BYTES]);
    if C::read(&root_key, &mut root.0)? != ROOT_BYTES {
        return None;
    }
    let now_ms = C::now_ms();
    let now = root.calendar().stamp_at(now_ms);
    if now == 0 || now != root.latest() || root.is_paused(now_ms) {
        return None;
    }
    let mut cell = [0; MAX_RECORD];
    let stored = C::read(&device_key, &mut cell)?;
    let stored = cell.get_mut(..stored)?;
    let (merchant, key, state) = parts(stored)?;
    let batches = u32_at(state, 45);
    if state[0] != 1 || u64_at(state, 1) != seq || u32_at(state, 41) != now || batches >= MAX_BATCHES_PER_EPOCH {
        return None;
    }

    // Onto the payload's length: what is signed has none.
    bytes.copy_within(SIGNED_BEFORE..SIGNED_BEFORE + FIELDS, SIGNED_BEFORE + 2);
    let signed = bytes.get_mut(2..end)?;
    signed[..BATCH_CONTEXT.len()].copy_from_slice(BATCH_CONTEXT);
    signed[BATCH_CONTEXT.len()..SIGNED_BEFORE - 32].copy_from_slice(root.genesis());
    C::address(&mut signed[SIGNED_BEFORE - 32..SIGNED_BEFORE]);
    let hash = blake2x256(signed);
    if !signature.verify(&hash, &key) {
        return None;
    }

    let mut head = [0; 32];
    head.copy_from_slice(&state[9..41]);
    state[1..9].copy_from_slice(&seq.saturating_add(1).to_le_bytes());
    state[9..41].copy_from_slice(&next_head(&head, &hash));
    state[45..49].copy_from_slice(&batches.saturating_add(1).to_le_bytes());
    C::write(&device_key, stored);

    let event = bytes.get_mut(PAYLOAD - EVENT_BEFORE..end)?;
    event[..4].copy_from_slice(&device_key[4..]);
    event[4..8].copy_from_slice(&merchant.to_le_bytes());
    event[8..16].copy_from_slice(&seq.to_le_bytes());
    event[16..18].copy_from_slice(&count.to_le_bytes());
    event[18..20].copy_from_slice(&length.to_le_bytes());
    C::emit(event);

    if root.receipts() < RECEIPTS_CAP {
        root.set_receipts(root.receipts().saturating_add(u64::from(count)).min(RECEIPTS_CAP));
        C::write(&root_key, &root.0);
    }
    Some(())
}

/// The way in, which the linker has every call take first.
#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code)] // names for the linker
mod first {
    use super::{record, Chain, SIGNED_BEFORE};
    use crate::receipts::Receipts;
    use ink::{env::BUFFER_SIZE, prelude::vec, storage::traits::StorageKey};
    use pallet_contracts_uapi::{HostFn, HostFnImpl as Host, ReturnFlags};

    /// Of a call's input, before the arguments.
    const SELECTOR: usize = 4;
    /// Before the input: with the selector, what is signed before the fields.
    const BEFORE: usize = SIGNED_BEFORE - SELECTOR;

    extern "C" {
        /// ink!'s function of all messages.
        fn call();
    }

    /// A function of whatever type.
    #[allow(dead_code)] // it is there to be there
    struct Function(*const ());

    // SAFETY: nobody reads it.
    unsafe impl Sync for Function {}

    /// With their addresses taken, the optimiser merges none of these into its
    /// one caller, which every message would then pay for.
    #[used]
    static APART: [Function; 6] = [
        Function(call as *const ()),
        Function(Receipts::relay as *const ()),
        Function(Receipts::void_as as *const ()),
        Function(Receipts::demand_as as *const ()),
        Function(Receipts::open_with as *const ()),
        Function(Receipts::fail as *const ()),
    ];

    /// The linker has `call` and `deploy` begin with what is listed here.
    #[used]
    #[link_section = ".init_array"]
    static FIRST: extern "C" fn() = first;

    /// The host's functions.
    struct Contract;

    impl Chain for Contract {
        fn read(key: &[u8], value: &mut [u8]) -> Option<usize> {
            let mut value = value;
            Host::get_storage_v1(key, &mut value).ok().map(|()| value.len())
        }

        fn write(key: &[u8], value: &[u8]) {
            Host::set_storage_v2(key, value);
        }

        fn address(address: &mut [u8]) {
            let mut address = address;
            Host::address(&mut address);
        }

        fn emit(event: &[u8]) {
            // No topics.
            Host::deposit_event(&[], event);
        }

        fn now_ms() -> u64 {
            let mut now_ms = [0; 8];
            Host::now(&mut &mut now_ms[..]);
            u64::from_le_bytes(now_ms)
        }
    }

    extern "C" fn first() {
        // As long an input as ink! takes: the host refuses a longer one.
        let mut bytes = vec![0; BEFORE + BUFFER_SIZE];
        let mut input = &mut bytes[BEFORE..];
        Host::input(&mut input);
        let length = input.len();
        if !input.starts_with(&ink::selector_bytes!("record")) || is_paid() {
            return;
        }
        if record::<Contract>(<Receipts as StorageKey>::KEY, &mut bytes[..BEFORE + length]).is_some() {
            // What ink! answers for `Ok(())`: that the message ran, and its result.
            Host::return_value(ReturnFlags::empty(), &[0, 0]);
        }
    }

    /// Whether native coin came with the call, which ink! refuses.
    fn is_paid() -> bool {
        let mut value = [0; 16];
        Host::value_transferred(&mut &mut value[..]);
        value != [0; 16]
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
#[path = "entry_tests.rs"]
mod tests;
