//! Limits, fees and the configuration of every pallet but Contracts.

use super::{
    limits, AccountId, Balance, Block, BlockNumber, Nonce, PalletInfo, Runtime, RuntimeCall, RuntimeEvent,
    RuntimeFreezeReason, RuntimeHoldReason, RuntimeOrigin, RuntimeTask, System, VERSION,
};
use frame_support::{
    derive_impl,
    dispatch::DispatchClass,
    parameter_types,
    traits::{ConstU128, ConstU32, ConstU64, ConstU8, Get, VariantCountOf},
    weights::{
        constants::{BlockExecutionWeight, ExtrinsicBaseWeight, RocksDbWeight, WEIGHT_REF_TIME_PER_SECOND},
        IdentityFee, Weight, WeightToFee,
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

/// How much heavier a block may be when the limits are lifted.
const LIFTED_WEIGHT_FACTOR: u64 = 1_000;
/// The longest block body in bytes when the limits are lifted.
const LIFTED_BLOCK_LENGTH: u32 = 500 * 1024 * 1024;

/// A block's limits, made once: the runtime asks for them many times an extrinsic.
struct BlockLimits {
    length: BlockLength,
    weights: BlockWeights,
}

static REAL_CHAIN: LazyLock<BlockLimits> = LazyLock::new(|| BlockLimits::new(MAX_BLOCK_LENGTH, MAXIMUM_BLOCK_WEIGHT));

static LIFTED: LazyLock<BlockLimits> = LazyLock::new(|| {
    let weight =
        MAXIMUM_BLOCK_WEIGHT.set_ref_time(MAXIMUM_BLOCK_WEIGHT.ref_time().saturating_mul(LIFTED_WEIGHT_FACTOR));
    BlockLimits::new(LIFTED_BLOCK_LENGTH, weight)
});

impl BlockLimits {
    fn new(length: u32, weight: Weight) -> Self {
        let normal = NORMAL_DISPATCH_RATIO * weight;
        Self {
            length: BlockLength::builder()
                .max_length(length)
                .modify_max_length_for_class(DispatchClass::Normal, |m| *m = NORMAL_DISPATCH_RATIO * *m)
                .build(),
            weights: BlockWeights::builder()
                .base_block(BlockExecutionWeight::get())
                .for_class(DispatchClass::all(), |weights| {
                    weights.base_extrinsic = ExtrinsicBaseWeight::get();
                })
                .for_class(DispatchClass::Normal, |weights| {
                    weights.max_total = Some(normal);
                })
                .for_class(DispatchClass::Operational, |weights| {
                    weights.max_total = Some(weight);
                    weights.reserved = Some(weight - normal);
                })
                .avg_block_initialization(AVERAGE_ON_INITIALIZE_RATIO)
                .build_or_panic(),
        }
    }

    fn of_thread() -> &'static Self {
        if limits::are_lifted() {
            &LIFTED
        } else {
            &REAL_CHAIN
        }
    }
}

/// The longest block body, by class.
pub struct RuntimeBlockLength;

impl Get<BlockLength> for RuntimeBlockLength {
    fn get() -> BlockLength {
        BlockLimits::of_thread().length.clone()
    }
}

/// The heaviest block, by class.
pub struct RuntimeBlockWeights;

impl Get<BlockWeights> for RuntimeBlockWeights {
    fn get() -> BlockWeights {
        BlockLimits::of_thread().weights.clone()
    }
}

/// The longest block body in bytes by the limits of this thread.
pub fn max_block_length() -> u32 {
    if limits::are_lifted() {
        LIFTED_BLOCK_LENGTH
    } else {
        MAX_BLOCK_LENGTH
    }
}

/// A unit of weight or a byte costs a unit of the coin; nothing where the
/// limits are lifted.
pub struct Fee;

impl WeightToFee for Fee {
    type Balance = Balance;

    fn weight_to_fee(weight: &Weight) -> Balance {
        if limits::are_lifted() {
            0
        } else {
            IdentityFee::<Balance>::weight_to_fee(weight)
        }
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
    type WeightToFee = Fee;
    type LengthToFee = Fee;
    type FeeMultiplierUpdate = ConstFeeMultiplier<FeeMultiplier>;
    type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
}
