//! Limits, fees and the configuration of every pallet but Contracts.

use super::{
    AccountId, Balance, Block, BlockNumber, Nonce, PalletInfo, Runtime, RuntimeCall, RuntimeEvent, RuntimeFreezeReason,
    RuntimeHoldReason, RuntimeOrigin, RuntimeTask, System, VERSION,
};
use frame_support::{
    derive_impl,
    dispatch::DispatchClass,
    parameter_types,
    traits::{ConstU128, ConstU32, ConstU64, ConstU8, Get, VariantCountOf},
    weights::{
        constants::{BlockExecutionWeight, ExtrinsicBaseWeight, RocksDbWeight, WEIGHT_REF_TIME_PER_SECOND},
        IdentityFee, Weight,
    },
};
use frame_system::limits::{BlockLength, BlockWeights};
use pallet_transaction_payment::{ConstFeeMultiplier, FungibleAdapter, Multiplier};
use sp_runtime::{traits::One, Perbill};
use sp_version::RuntimeVersion;
use std::sync::LazyLock;

/// One coin in its smallest unit (12 decimals).
pub const UNIT: Balance = 1_000_000_000_000;
/// Decimals of the native coin, as told to clients.
pub const TOKEN_DECIMALS: u32 = 12;
/// The smallest balance an account may keep, in the smallest unit.
pub const EXISTENTIAL_DEPOSIT: Balance = UNIT / 1_000;
/// Address format told to clients: the generic Substrate one.
pub const SS58_PREFIX: u16 = 42;
/// How many past block hashes the chain remembers; bounds mortal extrinsics.
pub const BLOCK_HASH_COUNT: BlockNumber = 2_400;
/// Longest block body in bytes, all classes together.
pub const MAX_BLOCK_LENGTH: u32 = 5 * 1024 * 1024;

/// Share of a block that ordinary extrinsics may fill.
const NORMAL_DISPATCH_RATIO: Perbill = Perbill::from_percent(75);
/// Share of a block assumed to be spent by hooks at its start.
const AVERAGE_ON_INITIALIZE_RATIO: Perbill = Perbill::from_percent(10);
/// Two seconds of compute a block and no bound on its proof, which nobody
/// downloads: a solo chain, as substrate-contracts-node is.
const MAXIMUM_BLOCK_WEIGHT: Weight = Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND.saturating_mul(2), u64::MAX);

parameter_types! {
    pub const Version: RuntimeVersion = VERSION;
    pub const SS58Prefix: u16 = SS58_PREFIX;
    pub FeeMultiplier: Multiplier = Multiplier::one();
}

/// The runtime asks for its limits many times an extrinsic; they never change.
static BLOCK_LENGTH: LazyLock<BlockLength> = LazyLock::new(|| {
    BlockLength::builder()
        .max_length(MAX_BLOCK_LENGTH)
        .modify_max_length_for_class(DispatchClass::Normal, |m| *m = NORMAL_DISPATCH_RATIO * *m)
        .build()
});

static BLOCK_WEIGHTS: LazyLock<BlockWeights> = LazyLock::new(|| {
    BlockWeights::builder()
        .base_block(BlockExecutionWeight::get())
        .for_class(DispatchClass::all(), |weights| {
            weights.base_extrinsic = ExtrinsicBaseWeight::get();
        })
        .for_class(DispatchClass::Normal, |weights| {
            weights.max_total = Some(NORMAL_DISPATCH_RATIO * MAXIMUM_BLOCK_WEIGHT);
        })
        .for_class(DispatchClass::Operational, |weights| {
            weights.max_total = Some(MAXIMUM_BLOCK_WEIGHT);
            weights.reserved = Some(MAXIMUM_BLOCK_WEIGHT - NORMAL_DISPATCH_RATIO * MAXIMUM_BLOCK_WEIGHT);
        })
        .avg_block_initialization(AVERAGE_ON_INITIALIZE_RATIO)
        .build_or_panic()
});

/// The longest block body, by class.
pub struct RuntimeBlockLength;

impl Get<BlockLength> for RuntimeBlockLength {
    fn get() -> BlockLength {
        BLOCK_LENGTH.clone()
    }
}

/// The heaviest block, by class.
pub struct RuntimeBlockWeights;

impl Get<BlockWeights> for RuntimeBlockWeights {
    fn get() -> BlockWeights {
        BLOCK_WEIGHTS.clone()
    }
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
    type Block = Block;
    type BlockWeights = RuntimeBlockWeights;
    type BlockLength = RuntimeBlockLength;
    type AccountId = AccountId;
    type Nonce = Nonce;
    type BlockHashCount = ConstU32<BLOCK_HASH_COUNT>;
    type DbWeight = RocksDbWeight;
    type Version = Version;
    type AccountData = pallet_balances::AccountData<Balance>;
    type SS58Prefix = SS58Prefix;
    type MaxConsumers = ConstU32<16>;
}

impl pallet_timestamp::Config for Runtime {
    /// Milliseconds since the Unix epoch.
    type Moment = u64;
    type OnTimestampSet = ();
    /// Blocks one millisecond apart are allowed; equal stamps are not.
    type MinimumPeriod = ConstU64<1>;
    type WeightInfo = ();
}

impl pallet_balances::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeHoldReason = RuntimeHoldReason;
    type RuntimeFreezeReason = RuntimeFreezeReason;
    type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
    type Balance = Balance;
    type DustRemoval = ();
    type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
    type AccountStore = System;
    type ReserveIdentifier = [u8; 8];
    type FreezeIdentifier = RuntimeFreezeReason;
    type MaxLocks = ConstU32<50>;
    type MaxReserves = ConstU32<50>;
    type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
    type DoneSlashHandler = ();
}

impl pallet_transaction_payment::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type OnChargeTransaction = FungibleAdapter<super::Balances, ()>;
    type OperationalFeeMultiplier = ConstU8<5>;
    type WeightToFee = IdentityFee<Balance>;
    type LengthToFee = IdentityFee<Balance>;
    type FeeMultiplierUpdate = ConstFeeMultiplier<FeeMultiplier>;
    type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
}
