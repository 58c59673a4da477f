//! Configuration of pallet-contracts, with the deposits and limits of
//! substrate-contracts-node, so that what fits here fits there. The unstable
//! interface is off.

use super::{
    limits, Balance, Balances, BlockNumber, Hash, Hashing, Runtime, RuntimeCall, RuntimeEvent, RuntimeHoldReason,
    Timestamp, UNIT,
};
use frame_support::{
    parameter_types,
    traits::{ConstBool, ConstU32, Get, Nothing, Randomness},
};
use frame_system::EnsureSigned;
use sp_runtime::{traits::Hash as _, Perbill};
use std::sync::LazyLock;

/// What storing `items` entries of together `bytes` bytes locks up, in the
/// smallest unit: a tenth of a coin an item, 5 millionths of a coin a byte.
const fn deposit(items: u32, bytes: u32) -> Balance {
    items as Balance * (UNIT / 10) + bytes as Balance * (UNIT / 200_000)
}

/// [`deposit`], or nothing where the limits are lifted.
fn deposit_of_thread(items: u32, bytes: u32) -> Balance {
    if limits::are_lifted() {
        0
    } else {
        deposit(items, bytes)
    }
}

parameter_types! {
    pub DepositPerItem: Balance = deposit_of_thread(1, 0);
    pub DepositPerByte: Balance = deposit_of_thread(0, 1);
    pub const DefaultDepositLimit: Balance = deposit(1024, 1024 * 1024);
    pub const CodeHashLockupDepositPercent: Perbill = Perbill::from_percent(0);
}

/// The default schedule with the memory a call stack of this depth and code of
/// this size may need; a native runtime has it. Made once: each call asks for it.
static SCHEDULE: LazyLock<pallet_contracts::Schedule<Runtime>> = LazyLock::new(|| pallet_contracts::Schedule {
    limits: pallet_contracts::Limits {
        runtime_memory: 1024 * 1024 * 1024,
        validator_runtime_memory: 2 * 1024 * 1024 * 1024,
        ..Default::default()
    },
    ..Default::default()
});

/// Prices and limits of contract execution.
pub struct Schedule;

impl Get<pallet_contracts::Schedule<Runtime>> for Schedule {
    fn get() -> pallet_contracts::Schedule<Runtime> {
        SCHEDULE.clone()
    }
}

/// A stand-in for randomness that depends on nothing but the subject, so that
/// the same extrinsics give the same blocks.
pub struct FixedRandomness;

impl Randomness<Hash, BlockNumber> for FixedRandomness {
    fn random(subject: &[u8]) -> (Hash, BlockNumber) {
        (Hashing::hash(subject), 0)
    }
}

impl pallet_contracts::Config for Runtime {
    type Time = Timestamp;
    type Randomness = FixedRandomness;
    type Currency = Balances;
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type RuntimeHoldReason = RuntimeHoldReason;
    /// Contracts dispatch nothing into the runtime.
    type CallFilter = Nothing;
    type WeightPrice = pallet_transaction_payment::Pallet<Self>;
    type WeightInfo = pallet_contracts::weights::SubstrateWeight<Self>;
    type ChainExtension = ();
    type Schedule = Schedule;
    type CallStack = [pallet_contracts::Frame<Self>; 23];
    type DepositPerByte = DepositPerByte;
    type DefaultDepositLimit = DefaultDepositLimit;
    type DepositPerItem = DepositPerItem;
    type CodeHashLockupDepositPercent = CodeHashLockupDepositPercent;
    type AddressGenerator = pallet_contracts::DefaultAddressGenerator;
    type MaxCodeLen = ConstU32<{ 256 * 1024 }>;
    type MaxStorageKeyLen = ConstU32<128>;
    type MaxTransientStorageSize = ConstU32<{ 1024 * 1024 }>;
    type MaxDelegateDependencies = ConstU32<32>;
    type UnsafeUnstableInterface = ConstBool<false>;
    type MaxDebugBufferLen = ConstU32<{ 2 * 1024 * 1024 }>;
    type UploadOrigin = EnsureSigned<Self::AccountId>;
    type InstantiateOrigin = EnsureSigned<Self::AccountId>;
    type Migrations = ();
    type Debug = ();
    type Environment = ();
    type ApiVersion = ();
    type Xcm = ();
}
