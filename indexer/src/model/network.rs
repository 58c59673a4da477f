//! The network, and its blocks.

use bizkey_primitives::{calendar::Calendar, AccountId, Stamp};

/// The network that a database follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Hash of the chain's block 0.
    pub genesis_hash: [u8; 32],
    /// When epochs start.
    pub calendar: Calendar,
    /// The first block that can hold an event of the suite.
    pub first_block: u32,
    /// Where the contracts are.
    pub contracts: Contracts,
}

/// Addresses of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Contracts {
    pub vault: AccountId,
    pub bzky: AccountId,
    pub time: AccountId,
    pub registry: AccountId,
    pub receipts: AccountId,
    pub pos_deposit: AccountId,
    pub rewards: AccountId,
    pub redemption: AccountId,
    pub vesting: AccountId,
    pub foundation: AccountId,
    pub otc: AccountId,
}

/// Where an event stands on chain. Lists of events are in this order; the
/// lowest is before every event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The block that holds it.
    pub block: u32,
    /// Its position in the block.
    pub event: u32,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.block, self.event)
    }
}

impl std::str::FromStr for Position {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Without a dash, the event's number is empty and no number.
        let (block, event) = text.split_once('-').unwrap_or((text, ""));
        Ok(Self { block: block.parse()?, event: event.parse()? })
    }
}

/// The highest stored block: all rows are those of the chain up to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Block number.
    pub number: u32,
    /// Block hash.
    pub hash: [u8; 32],
    /// Block time, Unix milliseconds.
    pub timestamp_ms: u64,
    /// Epoch of the block, as a stamp.
    pub stamp: Stamp,
}

/// A stored block, with the numbers of its receipts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBlock {
    /// The block.
    pub checkpoint: Checkpoint,
    /// Whether it may still go back.
    pub hot: bool,
    /// Numbers of the receipts that it holds.
    pub receipts: std::ops::Range<u64>,
}
