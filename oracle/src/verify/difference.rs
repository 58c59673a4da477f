//! What the chain says, and what it ought to say.

use bizkey_client::ss58;
use bizkey_primitives::{report::EpochState, AccountId, Epoch, Hash, Side};
use std::fmt;

/// The figure that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Where the epoch stands.
    State,
    /// The epoch whose turn it is to be settled.
    Turn,
    /// Algorithm of the report.
    AlgorithmVersion,
    /// Leaves of the report.
    Count,
    /// Sum of scores or sales.
    SumV1,
    /// Sum of holdings.
    SumV2,
    /// Root of the tree.
    Root,
    /// E.
    Emission,
    /// Part of E that leaves can claim.
    Reserved,
    /// What the vault released for the epoch.
    Released,
    /// One reward.
    Reward,
    /// The account that was paid.
    PaidAccount,
    /// How often one leaf was paid.
    Payments,
    /// Everything paid for the epoch.
    Paid,
    /// Tokens that moved, against payments announced.
    Moved,
    /// What a party owes.
    Debt,
    /// What of a reward was kept for a debt.
    Withheld,
    /// What of a reward was put off.
    Deferred,
    /// The round of reports, 0 or 1.
    Round,
    /// Members of the committee behind one report; a member counts once.
    Votes,
    /// Who reported without being a member.
    Member,
    /// What somebody has at stake for its reports, smallest unit of Bzky.
    Bond,
    /// From when on a bond may be taken back, Unix milliseconds.
    Withdrawable,
    /// What a dispute puts at stake, smallest unit of Bzky.
    DisputeBond,
    /// How often a round was disputed.
    Disputes,
    /// Who disputes without a bond.
    Disputer,
    /// How often the board decided what is decided.
    Decisions,
    /// How often a report was struck.
    Strikes,
    /// Who gets the challenger's reward.
    Challenger,
    /// What a member behind a struck report lost.
    Slashed,
    /// What the challenger got of the members' bonds.
    ChallengerReward,
    /// How often an epoch was voided.
    Voids,
    /// What went back to a pool when an epoch's claims ended.
    Expired,
    /// The first moment at which it may happen, Unix milliseconds.
    Opens,
    /// The moment before which it has to happen, Unix milliseconds.
    Closes,
    /// The first block in which it may happen.
    OpensBlock,
    /// Until when the contract may stand still, Unix milliseconds.
    Pause,
    /// The first epoch that is not settled.
    NextEpoch,
    /// Time that all epochs together have reserved.
    CustomerReserved,
}

impl Field {
    /// The field's name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Field::State => "state",
            Field::Turn => "turn",
            Field::AlgorithmVersion => "algorithm version",
            Field::Count => "leaf count",
            Field::SumV1 => "sum of scores or sales",
            Field::SumV2 => "sum of holdings",
            Field::Root => "root",
            Field::Emission => "emission",
            Field::Reserved => "reserved",
            Field::Released => "released from the vault",
            Field::Reward => "reward",
            Field::PaidAccount => "account paid",
            Field::Payments => "number of payments",
            Field::Paid => "paid in all",
            Field::Moved => "tokens moved",
            Field::Debt => "debt",
            Field::Withheld => "withheld for a debt",
            Field::Deferred => "deferred",
            Field::Round => "round",
            Field::Votes => "members behind the report",
            Field::Member => "reported without being a member",
            Field::Bond => "bond",
            Field::Withdrawable => "bond withdrawable from, Unix ms",
            Field::DisputeBond => "bond of the dispute",
            Field::Disputes => "disputes of the round",
            Field::Disputer => "disputed without a bond",
            Field::Decisions => "decisions",
            Field::Strikes => "times struck",
            Field::Challenger => "challenger",
            Field::Slashed => "slashed",
            Field::ChallengerReward => "challenger's reward",
            Field::Voids => "times voided",
            Field::Expired => "returned when the claims ended",
            Field::Opens => "earliest moment, Unix ms",
            Field::Closes => "moment before which, Unix ms",
            Field::OpensBlock => "earliest block",
            Field::Pause => "paused until, Unix ms",
            Field::NextEpoch => "first epoch that is not settled",
            Field::CustomerReserved => "Time reserved by all epochs",
        }
    }
}

/// A figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number, or an amount in the smallest unit.
    Number(u128),
    /// A hash.
    Hash(Hash),
    /// An account.
    Account(AccountId),
    /// A state.
    State(EpochState),
    /// Nothing at all.
    Nothing,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => write!(f, "{number}"),
            Value::Hash(hash) => write!(f, "0x{}", hex::encode(hash)),
            Value::Account(account) => f.write_str(&ss58(account)),
            Value::State(state) => write!(f, "{state:?}"),
            Value::Nothing => f.write_str("nothing"),
        }
    }
}

/// The first figure of the chain that is not what its receipts make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The epoch; `None` for tokens that moved for none.
    pub epoch: Option<Epoch>,
    /// The side, where it concerns one.
    pub side: Option<Side>,
    /// The merchant or customer, where it concerns one.
    pub account: Option<u32>,
    /// Whose bond or report it is, where it concerns one.
    pub holder: Option<AccountId>,
    /// What differs.
    pub field: Field,
    /// What the receipts make it.
    pub expected: Value,
    /// What the chain says.
    pub found: Value,
    /// The block that says it.
    pub block: u32,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.epoch {
            Some(epoch) => write!(f, "epoch {epoch}")?,
            None => f.write_str("outside any epoch")?,
        }
        match (self.side, self.account) {
            (Some(side), Some(account)) => write!(f, ", {} {account}", side.name())?,
            (Some(side), None) => write!(f, ", {} side", side.name())?,
            (None, Some(account)) => write!(f, ", account {account}")?,
            (None, None) => {}
        }
        if let Some(holder) = &self.holder {
            write!(f, ", {}", ss58(holder))?;
        }
        let Self { field, expected, found, block, .. } = self;
        write!(f, ", {}: expected {expected}, found {found} (block {block})", field.name())
    }
}

/// Where a figure stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) epoch: Option<Epoch>,
    pub(super) side: Option<Side>,
    pub(super) account: Option<u32>,
    pub(super) holder: Option<AccountId>,
    pub(super) block: u32,
}

impl Place {
    /// Outside any epoch.
    pub(super) fn block(block: u32) -> Self {
        Self { block, ..Self::default() }
    }

    pub(super) fn epoch(epoch: Epoch, block: u32) -> Self {
        Self { epoch: Some(epoch), block, ..Self::default() }
    }

    pub(super) fn side(self, side: Side) -> Self {
        Self { side: Some(side), ..self }
    }

    pub(super) fn account(self, account: u32) -> Self {
        Self { account: Some(account), ..self }
    }

    pub(super) fn holder(self, holder: AccountId) -> Self {
        Self { holder: Some(holder), ..self }
    }

    pub(super) fn same(self, field: Field, expected: Value, found: Value) -> Result<(), Difference> {
        if expected == found {
            Ok(())
        } else {
            Err(self.differs(field, expected, found))
        }
    }

    pub(super) fn numbers(self, field: Field, expected: u128, found: u128) -> Result<(), Difference> {
        self.same(field, Value::Number(expected), Value::Number(found))
    }

    /// A number that is known to be wrong.
    pub(super) fn number(self, field: Field, expected: u128, found: u128) -> Difference {
        self.differs(field, Value::Number(expected), Value::Number(found))
    }

    /// A figure that is known to be wrong.
    pub(super) fn differs(self, field: Field, expected: Value, found: Value) -> Difference {
        let Place { epoch, side, account, holder, block } = self;
        Difference { epoch, side, account, holder, field, expected, found, block }
    }
}
