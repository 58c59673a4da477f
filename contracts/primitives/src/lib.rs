//! Types and maths of the Bizkey network, used unchanged by the contracts and
//! by everything off chain.
//!
//! | module | holds |
//! |---|---|
//! | [`calendar`] | epochs and months |
//! | [`party`] | merchants, customers, status, capital |
//! | [`checkpoint`] | lowest and closing balance of an epoch |
//! | [`receipt`] | batches of receipts as devices sign them |
//! | [`ticket`] | what a customer's wallet signs at the till |
//! | [`signature`] | keys and signatures of devices and wallets |
//! | [`bizpower`] | a merchant's score from its counts |
//! | [`emission`] | what an epoch pays, and to whom how much |
//! | [`tree`] | the Merkle-sum tree of an epoch report |
//! | [`report`] | what a committee member reports |
//! | [`events`] | every event of the suite |
//! | [`errors`] | why a message is refused |
//! | `cross_contract` | calls between contracts (feature `ink`) |
//! | `holdings` | balances with checkpoints, as contracts store them (feature `ink`) |
//! | `psp22` | the token standard's traits (feature `ink`) |
//!
//! Amounts are `u128` with 12 decimals for both tokens, and integer minor
//! units for fiat. Nothing here uses a float; every sum is checked.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod bizpower;
pub mod calendar;
pub mod checkpoint;
#[cfg(feature = "ink")]
pub mod cross_contract;
pub mod emission;
pub mod errors;
pub mod events;
pub mod hash;
#[cfg(feature = "ink")]
pub mod holdings;
pub mod party;
#[cfg(feature = "ink")]
pub mod psp22;
pub mod receipt;
pub mod report;
pub mod signature;
pub mod ticket;
pub mod tree;

pub use calendar::{Calendar, Epoch, Stamp};
pub use ink_primitives::{AccountId, Hash};
pub use party::{CustomerIndex, DeviceId, MerchantIndex, Side, Status};

/// An amount of Bzky or Time in its smallest unit, 10^-12 of a token.
pub type Balance = u128;

/// Decimals of both tokens.
pub const DECIMALS: u8 = 12;

/// One token, Bzky or Time, in its smallest unit.
pub const TOKEN: Balance = 1_000_000_000_000;

/// Supply of Bzky, minted once and never more (whitepaper 3.3): 10^10 tokens.
pub const BZKY_SUPPLY: Balance = 10_000_000_000 * TOKEN;

/// Bzky that rewards merchants, held by `vault` at launch: 30 % (whitepaper 7).
pub const MERCHANT_POOL: Balance = 3_000_000_000 * TOKEN;

/// Time that can ever be minted, by all causes (whitepaper 3.3): 10^10 tokens.
pub const TIME_CAP: Balance = 10_000_000_000 * TOKEN;

/// Time that rewards customers, ever: 10 % (whitepaper 3.4).
pub const CUSTOMER_POOL: Balance = 1_000_000_000 * TOKEN;
