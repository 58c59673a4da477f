//! The runtime of the embedded chain: System, Timestamp, Balances,
//! TransactionPayment and Contracts, compiled natively. There is no wasm blob
//! and no upgrade; the chain's rules are those of this program.

// The FRAME macros generate public items without documentation.
#![allow(missing_docs)]

mod apis;
mod config;
mod contracts;
mod genesis;
pub mod limits;

pub use apis::api;
pub use config::{
    max_block_length, BLOCK_HASH_COUNT, EXISTENTIAL_DEPOSIT, MAX_BLOCK_LENGTH, SS58_PREFIX, TOKEN_DECIMALS, UNIT,
};
pub use genesis::{build_genesis_storage, development_accounts, DEVELOPMENT_ENDOWMENT, DEVELOPMENT_NAMES};
pub use limits::Limits;

use sp_runtime::{
    generic,
    traits::{BlakeTwo256, IdentifyAccount, Verify},
    MultiAddress, MultiSignature,
};
use sp_version::RuntimeVersion;
use std::borrow::Cow;

/// A signature over an extrinsic: sr25519, ed25519 or ECDSA.
pub type Signature = MultiSignature;
/// The account behind a [`Signature`]: 32 bytes.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// Native coin amounts, 12 decimals.
pub type Balance = u128;
/// Position of a block in the chain.
pub type BlockNumber = u32;
/// A 32-byte Blake2b hash.
pub type Hash = sp_core::H256;
/// The hash function of blocks, extrinsics and tries.
pub type Hashing = BlakeTwo256;
/// How many extrinsics an account has had included.
pub type Nonce = u32;
/// How an account is named inside an extrinsic.
pub type Address = MultiAddress<AccountId, ()>;
/// A block header.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// A block with decoded extrinsics.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
/// What is signed besides the call.
pub type TransactionExtensions = (
    frame_system::CheckNonZeroSender<Runtime>,
    frame_system::CheckSpecVersion<Runtime>,
    frame_system::CheckTxVersion<Runtime>,
    frame_system::CheckGenesis<Runtime>,
    frame_system::CheckEra<Runtime>,
    frame_system::CheckNonce<Runtime>,
    frame_system::CheckWeight<Runtime>,
    pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
);
/// An extrinsic as it comes over the wire.
pub type UncheckedExtrinsic = generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TransactionExtensions>;
/// The payload a signer signs.
pub type SignedPayload = generic::SignedPayload<RuntimeCall, TransactionExtensions>;
/// Runs blocks.
pub type Executive =
    frame_executive::Executive<Runtime, Block, frame_system::ChainContext<Runtime>, Runtime, AllPalletsWithSystem>;
/// One event of a block with the phase it came from.
pub type EventRecord = frame_system::EventRecord<RuntimeEvent, Hash>;

/// The version clients put into what they sign.
pub const VERSION: RuntimeVersion = RuntimeVersion {
    spec_name: Cow::Borrowed("bizkey-devchain"),
    impl_name: Cow::Borrowed("bizkey-devchain"),
    authoring_version: 1,
    spec_version: 100,
    impl_version: 1,
    apis: apis::RUNTIME_API_VERSIONS,
    transaction_version: 1,
    system_version: 1,
};

frame_support::construct_runtime!(
    pub enum Runtime {
        System: frame_system,
        Timestamp: pallet_timestamp,
        Balances: pallet_balances,
        TransactionPayment: pallet_transaction_payment,
        Contracts: pallet_contracts,
    }
);

/// How deep calls may nest inside an extrinsic that is decoded here; the same
/// bound the block executive uses.
pub use frame_support::MAX_EXTRINSIC_DEPTH;
