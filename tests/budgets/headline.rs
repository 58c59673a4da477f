//! The figures that the design sets limits to (issue 3, item 5), and where
//! their time goes.

use crate::{
    measure::Figures,
    price::{self, part, with_rest, Part},
    stages::{
        receipts_batches::{Size, RECEIPTS, SIZES},
        rewards_young::{CLAIM_DEEP, CLAIM_FLAT, PUSH},
    },
    table::Table,
};
use bizkey_client::ContractKind;
use bizkey_primitives::tree::SUBTREE_LEAVES;
use frame_support::weights::Weight;

/// Picoseconds of a microsecond.
pub const MICROSECOND: u64 = 1_000_000;
/// What the design allows a receipt in a batch of 300.
pub const RECEIPT_LIMIT: u64 = 3 * MICROSECOND;
/// Levels of the tree of two million leaves.
pub const LEVELS: u64 = 21;
/// Bytes of a batch's input beside its payload: selector, device, sequence
/// number, count, the payload's length, an ECDSA signature.
const BESIDE_PAYLOAD: usize = 4 + 4 + 8 + 2 + 2 + 66;
/// Bytes of the root cell of `receipts`, and of a device with an ECDSA key.
const ROOT: u32 = 84;
const DEVICE: u32 = 87;
/// Bytes signed of a batch before its payload, and of its event.
const SIGNED_BEFORE: u32 = 95;
const EVENT_BEFORE: u32 = 20;
/// Bytes that are hashed for a node, a leaf, the root, and a tree's domain.
const NODE: u32 = 185;
const LEAF: u32 = 69;
const TOP: u32 = 109;
const DOMAIN: u32 = 71;
/// Bytes of the roots of three contracts, of an epoch's record, of a number.
const REWARDS_ROOT: u32 = 268;
const REGISTRY_ROOT: u32 = 32;
const BZKY_ROOT: u32 = 32;
const RECORD: u32 = 248;
const NUMBER: u32 = 16;
/// Bytes of one level in a proof.
const LEVEL: u32 = 77;
/// Bytes of an account's record and of a closed checkpoint, in both tokens
/// with checkpoints; of a party's record.
const LIVE: u32 = 40;
const CHECKPOINT: u32 = 36;
const PARTY: u32 = 53;
/// Bytes of a transfer's event, and of one reward in the push's event.
const TRANSFER: u32 = 82;
const REWARD: u32 = 52;

/// A batch of 300 receipts.
pub struct Batch<'a> {
    /// How long each is.
    pub size: &'a Size,
    /// Whether the epoch's receipts are still counted.
    pub is_young: bool,
    /// The whole batch.
    pub figures: Figures,
}

impl Batch<'_> {
    /// Picoseconds of each receipt.
    pub fn each(&self) -> u64 {
        self.figures.ref_time.div_ceil(RECEIPTS.into())
    }

    /// Bytes of block of each receipt, in hundredths, rounded up.
    pub fn bytes_each(&self) -> usize {
        let gas = Weight::from_parts(self.figures.ref_time, self.figures.proof_size);
        let extrinsic = price::extrinsic_bytes(self.payload() + BESIDE_PAYLOAD, gas);
        (extrinsic * 100).div_ceil(RECEIPTS.into())
    }

    fn payload(&self) -> usize {
        12 + usize::from(RECEIPTS) * self.size.bytes
    }

    /// Where its time goes.
    pub fn parts(&self) -> Vec<Part> {
        let payload = self.payload() as u32;
        let mut parts = vec![
            part("loading the code", price::code(ContractKind::Receipts)),
            part("copying the input", price::input(payload + BESIDE_PAYLOAD as u32)),
            part("reading two cells", price::read(ROOT) + price::read(DEVICE)),
            part("writing the device", price::write(DEVICE, DEVICE)),
        ];
        if self.is_young {
            parts.push(part("writing the counts, until there are 100,000", price::write(ROOT, ROOT)));
        }
        let hashes = price::hash(SIGNED_BEFORE + payload) + price::hash(64);
        parts.push(part("hashing the batch and the rolling hash", hashes));
        parts.push(part("checking an ECDSA signature", price::ecdsa()));
        parts.push(part("the event", price::event(0, EVENT_BEFORE + payload)));
        with_rest(self.figures.ref_time, parts)
    }
}

/// How many receipts a batch of these must have for one of them to cost 3 us,
/// by what one byte costs.
pub fn enough(batch: &Batch, of_byte: u64) -> u64 {
    let receipt = of_byte * batch.size.bytes as u64;
    let fixed = batch.figures.ref_time - receipt * u64::from(RECEIPTS);
    fixed.div_ceil(RECEIPT_LIMIT - receipt)
}

/// What one byte of a receipt costs, by batches of the same situation.
pub fn of_byte(batches: &[&Batch]) -> u64 {
    let (short, long) = (batches[0], batches[batches.len() - 1]);
    let bytes = (long.size.bytes - short.size.bytes) as u64 * u64::from(RECEIPTS);
    (long.figures.ref_time - short.figures.ref_time).div_ceil(bytes)
}

/// Every batch of 300 that is measured: of each size, in a young epoch and past the counts.
pub fn batches(table: &Table) -> Vec<Batch<'static>> {
    let of = |is_young: bool| {
        let batch = move |size: &'static Size| {
            let situation = if is_young { size.young } else { size.busy };
            Batch { size, is_young, figures: found(table, "receipts", "record", situation) }
        };
        SIZES.iter().map(batch)
    };
    of(true).chain(of(false)).collect()
}

/// A claim without levels, and one through 21.
pub fn claims(table: &Table) -> (Figures, Figures) {
    (found(table, "rewards", "claim", CLAIM_FLAT), found(table, "rewards", "claim", CLAIM_DEEP))
}

/// Where the time of a claim of a tree of one leaf goes.
pub fn parts_of_claim(table: &Table) -> Vec<Part> {
    let codes = [ContractKind::Rewards, ContractKind::Registry, ContractKind::Bzky].map(price::code);
    let reads = [REWARDS_ROOT, RECORD, 0, NUMBER, REGISTRY_ROOT, PARTY, BZKY_ROOT, LIVE, LIVE].map(price::read);
    let written = [(NUMBER, 0), (RECORD, RECORD), (LIVE, LIVE), (LIVE, LIVE), (CHECKPOINT, 0), (BZKY_ROOT, BZKY_ROOT)];
    let writes = written.map(|(bytes, before)| price::write(bytes, before));
    let parts = vec![
        part("loading the code of `rewards`, `registry` and `bzky`", codes.iter().sum()),
        part("calling the last two", 2 * price::call()),
        part(
            "reading three roots, the epoch's record, the words of claims and debtors, the party, two balances",
            reads.iter().sum(),
        ),
        part(
            "writing the word of claims, the epoch's record, two balances, the checkpoint that closes, a root",
            writes.iter().sum(),
        ),
        part("hashing the domain, the leaf, the root", price::hash(DOMAIN) + price::hash(LEAF) + price::hash(TOP)),
        part("`RewardsPaid` and `Transfer`", price::event(1, REWARD + 6) + price::event(1, TRANSFER)),
    ];
    with_rest(claims(table).0.ref_time, parts)
}

/// Picoseconds of 21 levels.
pub fn levels(table: &Table) -> u64 {
    let (flat, deep) = claims(table);
    deep.ref_time - flat.ref_time
}

/// Where the time of 21 levels goes.
pub fn parts_of_levels(table: &Table) -> Vec<Part> {
    let hashes = price::hash(NODE) * LEVELS;
    let copied = price::input(LEVEL * LEVELS as u32) - price::input(0);
    with_rest(levels(table), vec![part("21 hashes of 185 bytes", hashes), part("copying the proof", copied)])
}

/// A push of 128 leaves.
pub fn push(table: &Table) -> Figures {
    found(table, "rewards", "push", PUSH)
}

/// Picoseconds of each leaf of a push.
pub fn pushed_each(table: &Table) -> u64 {
    push(table).ref_time.div_ceil(SUBTREE_LEAVES.into())
}

/// Where the time of one leaf of a push goes.
pub fn parts_of_push(table: &Table) -> Vec<Part> {
    let shared = |time: u64| time / u64::from(SUBTREE_LEAVES);
    let callees = [ContractKind::Registry, ContractKind::Bzky, ContractKind::PosDeposit, ContractKind::Bzky];
    let calls = callees.into_iter().map(|kind| price::call() + price::code(kind)).sum::<u64>();
    let parts = vec![
        part("hashing the leaf and its share of the nodes", price::hash(LEAF) + price::hash(NODE)),
        part("asking `registry` who is paid: a cell", price::read(PARTY)),
        part("asking `bzky` for the lowest balance: a cell", price::read(LIVE)),
        part("asking `pos_deposit` for the lowest deposit: a cell", price::read(LIVE)),
        part("reading the payee's balance", price::read(LIVE)),
        part("writing the payee's balance", price::write(LIVE, LIVE)),
        part("writing the checkpoint that closes, once an epoch", price::write(CHECKPOINT, 0)),
        part("the `Transfer`, with its signature as a topic", price::event(1, TRANSFER)),
        part("its share of `RewardsPaid`", shared(price::event(1, REWARD * SUBTREE_LEAVES))),
        part("its share of the code and of four calls", shared(price::code(ContractKind::Rewards) + calls)),
    ];
    with_rest(pushed_each(table), parts)
}

fn found(table: &Table, contract: &str, message: &str, situation: &str) -> Figures {
    let row = table.row(contract, message, situation);
    row.unwrap_or_else(|| panic!("{contract}.{message} has no budget: {situation}")).embedded
}
