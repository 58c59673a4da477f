//! Types and maths of the Bizkey network, used unchanged by the contracts and
//! by everything off chain.
//!
//! | module | holds |
//! |---|---|
//! | [`action`] | what somebody signs and anybody may carry |
//! | [`administration`] | who administers a contract, and whether its code is final |
//! | [`calendar`] | epochs and months |
//! | [`party`] | merchants, customers, status, capital |
//! | [`membership`] | agents, trades, appeals, recoveries |
//! | [`board`] | resolutions, powers and budget of the foundation |
//! | [`checkpoint`] | lowest and closing balance of an epoch |
//! | [`receipt`] | batches of receipts as devices sign them |
//! | [`opening`] | demands to open a receipt against its ticket |
//! | [`ticket`] | what a customer's wallet signs at the till |
//! | [`redemption`] | tasks, privileges, sales of Time and their prices |
//! | [`spend`] | what a customer's wallet signs to spend Time |
//! | [`signature`] | keys and signatures of devices and wallets |
//! | [`bizpower`] | a merchant's score from its counts |
//! | [`emission`] | what an epoch pays, and to whom how much |
//! | [`tree`] | the Merkle-sum tree of an epoch report |
//! | [`wide`] | products of two amounts, divided |
//! | [`report`] | what a committee member reports |
//! | [`challenge`] | what breaks a report, shown from its root down |
//! | [`events`] | every event of the suite |
//! | [`vesting`] | the lines of Bzky that does not reward merchants |
//! | [`otc`] | terms, quotes and reservations of `otc` |
//! | [`pause`] | pauses, and windows that are longer for them |
//! | [`errors`] | why a message is refused |
//! | `cross_contract` | calls between contracts (feature `ink`) |
//! | `emit` | events, all emitted through one piece of code (feature `ink`) |
//! | `holdings` | balances with checkpoints, as contracts store them (feature `ink`) |
//! | `psp22` | the token standard's traits (feature `ink`) |
//!
//! Amounts are `u128` with 12 decimals for both tokens, and integer minor
//! units for fiat. Nothing here uses a float; every sum is checked.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod action;
pub mod administration;
pub mod bizpower;
pub mod board;
pub mod calendar;
pub mod challenge;
pub mod checkpoint;
#[cfg(feature = "ink")]
pub mod cross_contract;
pub mod emission;
#[cfg(feature = "ink")]
pub mod emit;
pub mod errors;
pub mod events;
pub mod hash;
#[cfg(feature = "ink")]
pub mod holdings;
pub mod membership;
pub mod opening;
pub mod otc;
pub mod party;
pub mod pause;
#[cfg(feature = "ink")]
pub mod psp22;
pub mod receipt;
pub mod redemption;
pub mod report;
pub mod signature;
pub mod spend;
pub mod ticket;
pub mod tree;
pub mod vesting;
pub mod wide;

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
