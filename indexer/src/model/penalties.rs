//! What was taken, and what is owed.

use super::Position;
use bizkey_primitives::{AccountId, Balance, DeviceId, Epoch, Hash, Side};

/// A penalty. That of a failed opening is the deposit's; what the deposit did
/// not hold is a debt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Penalty {
    /// Where it stands on chain.
    pub position: Position,
    /// Whose Bzky it was.
    pub account: AccountId,
    /// Taken in all, smallest unit of Bzky.
    pub amount: Balance,
    /// What for.
    pub cause: PenaltyCause,
}

/// Why a penalty was taken, and who has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PenaltyCause {
    /// From a device's deposit, for an opening that failed.
    DepositPenalised {
        /// The device that answers.
        device: DeviceId,
        /// Who is paid first.
        beneficiary: AccountId,
        /// Its part, smallest unit of Bzky.
        beneficiary_amount: Balance,
        /// Who is paid what is left.
        rest_to: AccountId,
    },
    /// From a device's deposit, by the board.
    DepositSeized {
        /// The device.
        device: DeviceId,
        /// Who is paid.
        to: AccountId,
    },
    /// A committee member's bond, for a report that was struck. At most half
    /// of all bonds went to the challenger, the rest burned.
    BondSlashed {
        /// The epoch of the report.
        epoch: Epoch,
        /// The round of the report.
        round: u8,
    },
}

impl PenaltyCause {
    /// The name that APIs and files use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            PenaltyCause::DepositPenalised { .. } => "deposit_penalised",
            PenaltyCause::DepositSeized { .. } => "deposit_seized",
            PenaltyCause::BondSlashed { .. } => "bond_slashed",
        }
    }
}

/// Which penalties to list; `None` is any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PenaltyFilter {
    /// From the Bzky of one account.
    pub account: Option<AccountId>,
    /// From the deposit of one device.
    pub device: Option<DeviceId>,
}

/// What a party owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debt {
    /// Merchant or customer.
    pub side: Side,
    /// Its index.
    pub index: u32,
    /// Smallest unit of Bzky for a merchant, of Time for a customer.
    pub amount: Balance,
}

/// A change of what a party owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DebtChange {
    /// Where it stands on chain.
    pub position: Position,
    /// Merchant or customer.
    pub side: Side,
    /// Its index.
    pub index: u32,
    /// By how much.
    pub amount: Balance,
    /// Which way, and why.
    pub cause: DebtCause,
}

/// Why a debt changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DebtCause {
    /// It grew.
    Booked {
        /// Hash of the reason.
        reason: Hash,
    },
    /// It was withheld from the reward of an epoch.
    Withheld {
        /// The epoch.
        epoch: Epoch,
    },
    /// It was recovered otherwise.
    Recovered,
}

impl DebtCause {
    /// The name that APIs and files use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            DebtCause::Booked { .. } => "booked",
            DebtCause::Withheld { .. } => "withheld",
            DebtCause::Recovered => "recovered",
        }
    }
}
