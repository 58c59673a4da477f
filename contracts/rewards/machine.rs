//! How an epoch moves from its first report to its last claim: the rules
//! without the chain around them (architecture.md, Rewards).
//!
//! N is the first epoch whose turn has not come. An epoch's turn comes when
//! every earlier one is final, void or disputed: N counts them off one by one,
//! and only then is E reserved, so that the pools are used up in order. An
//! epoch below N keeps its reservation until it is final or void.
//!
//! | state | message | when | becomes | reserved |
//! |---|---|---|---|---|
//! | Open | `report` | a majority of the committee agrees | Pending | |
//! | Open, round 0 | `void_overdue` | e = N, 7 epochs after e's end | Void; N + 1 | |
//! | Open, round 1 | `void_overdue` | e ≤ N, 7 epochs after the strike | Void; N + 1 if e = N | goes back |
//! | Pending | `dispute` | in the window, once a round | Disputed | |
//! | Pending | `challenge` | a rule is broken | struck | |
//! | Pending | `finalise` | e = N, window over | Final; N + 1 | E |
//! | Pending | `finalise` | e < N, window over | Final | E, at most what was reserved; the rest goes back |
//! | Disputed | `challenge` | a rule is broken | struck, or Void after 14 days | |
//! | Disputed | `decide(upheld)` | in 14 days | struck | |
//! | Disputed | `decide(not upheld)` | in 14 days | Pending, with a window of its own | |
//! | Disputed | `finalise` | e = N | stays; N + 1 | E |
//! | Disputed | `void_overdue` | e ≤ N, after 14 days | Void; N + 1 if e = N | goes back |
//! | struck | | round 0 | Open, round 1 | stays: E can be no more in round 1 |
//! | struck | | round 1 | Void | goes back |
//! | Void | `finalise` | e = N: struck twice before its turn | stays; N + 1 | |
//! | Final | `claim`, `push` | 400 epochs | stays | paid out of it |
//! | Final | `expire` | after 400 epochs | stays | what is unpaid goes back |
//!
//! A dispute that is not upheld gives the report another whole window, in
//! which it can be challenged but not disputed: else a friend's dispute and a
//! quick decision would cut the time for challenges short. Every window is
//! longer by the pauses that it meets.

use crate::settlement;
use bizkey_primitives::{
    calendar::Calendar,
    errors::rewards::Error,
    report::{EpochRecord, EpochState, Payout, Report},
    Balance, Epoch,
};

/// Epochs in which a round of reports can find a majority before anybody may
/// void the epoch: after the epoch's end, or after the strike.
pub const REPORT_EPOCHS: u64 = 7;
/// Time that the board has to decide a dispute, milliseconds: 14 days.
pub const DECISION_MS: u64 = 14 * 24 * 60 * 60 * 1000;
/// Epochs in which a final epoch can be claimed.
pub const CLAIM_EPOCHS: u64 = 400;

/// The block in which a message runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Unix time, milliseconds.
    pub ms: u64,
    /// Block number.
    pub block: u32,
}

/// Where an epoch stands to N.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Its turn came before.
    Past,
    /// It is N.
    Now,
}

impl Turn {
    /// Where `epoch` stands when `next` is N.
    ///
    /// # Errors
    /// [`Error::EarlierEpochOpen`] when its turn has not come.
    pub fn of(epoch: Epoch, next: Epoch) -> Result<Turn, Error> {
        match epoch.cmp(&next) {
            core::cmp::Ordering::Less => Ok(Turn::Past),
            core::cmp::Ordering::Equal => Ok(Turn::Now),
            core::cmp::Ordering::Greater => Err(Error::EarlierEpochOpen),
        }
    }
}

/// A record of nothing that enters `state` now.
fn blank(state: EpochState, now: Moment) -> EpochRecord {
    EpochRecord {
        state,
        round: 0,
        since_ms: now.ms,
        since_block: now.block,
        report: settlement::no_report(),
        merchants: Payout::default(),
        customers: Payout::default(),
    }
}

fn enter(record: &mut EpochRecord, state: EpochState, now: Moment) {
    record.state = state;
    record.since_ms = now.ms;
    record.since_block = now.block;
}

/// The round in which a report of the epoch counts.
///
/// # Errors
/// [`Error::ReportsClosed`].
pub fn open_round(record: Option<&EpochRecord>) -> Result<u8, Error> {
    match record {
        None => Ok(0),
        Some(EpochRecord { state: EpochState::Open, round, .. }) => Ok(*round),
        Some(_) => Err(Error::ReportsClosed),
    }
}

/// The epoch once a majority agrees on `report`; an earlier reservation stays.
pub fn pend(record: Option<EpochRecord>, now: Moment, report: Report) -> EpochRecord {
    let mut record = record.unwrap_or(blank(EpochState::Pending, now));
    enter(&mut record, EpochState::Pending, now);
    record.report = report;
    record
}

/// Freezes a pending report.
///
/// # Errors
/// [`Error::NotPending`], [`Error::WindowOver`].
pub fn dispute(record: &mut EpochRecord, window_over: bool, now: Moment) -> Result<(), Error> {
    if record.state != EpochState::Pending {
        return Err(Error::NotPending);
    }
    if window_over {
        return Err(Error::WindowOver);
    }
    enter(record, EpochState::Disputed, now);
    Ok(())
}

/// Checks that the board may decide now.
///
/// # Errors
/// [`Error::NotDisputed`], [`Error::DecisionOverdue`].
pub fn may_decide(record: &EpochRecord, overdue: bool) -> Result<(), Error> {
    if record.state != EpochState::Disputed {
        return Err(Error::NotDisputed);
    }
    if overdue {
        return Err(Error::DecisionOverdue);
    }
    Ok(())
}

/// Lets a disputed report be pending again.
pub fn dismiss(record: &mut EpochRecord, now: Moment) {
    enter(record, EpochState::Pending, now);
}

/// Takes a report that is pending or disputed away; `overdue` if it was
/// disputed and the board's time is over, so that no other may follow it.
pub fn strike(record: &mut EpochRecord, overdue: bool, now: Moment) {
    if record.round > 0 || overdue {
        void(record, now);
        return;
    }
    enter(record, EpochState::Open, now);
    record.round = 1;
    // The second round emits no more than the first reserved.
    record.merchants.emission = record.merchants.reserved;
    record.customers.emission = record.customers.reserved;
}

fn void(record: &mut EpochRecord, now: Moment) {
    *record = EpochRecord { round: record.round, ..blank(EpochState::Void, now) };
}

/// The window, from when and how long, after which anybody may void the
/// epoch: for want of a majority, or of a decision.
///
/// # Errors
/// [`Error::ReportsClosed`] when it can be neither.
pub fn deadline(calendar: &Calendar, epoch: Epoch, record: Option<&EpochRecord>) -> Result<(u64, u64), Error> {
    let report_ms = calendar.epoch_ms.saturating_mul(REPORT_EPOCHS);
    match record {
        None => Ok((calendar.end_ms(epoch), report_ms)),
        Some(record) => match record.state {
            EpochState::Open => Ok((record.since_ms, report_ms)),
            EpochState::Disputed => Ok((record.since_ms, DECISION_MS)),
            _ => Err(Error::ReportsClosed),
        },
    }
}

/// The epoch once its deadline has passed.
pub fn void_overdue(record: Option<EpochRecord>, now: Moment) -> EpochRecord {
    let mut record = record.unwrap_or(blank(EpochState::Void, now));
    void(&mut record, now);
    record
}

/// What `finalise` does to an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is final from now on, with its payouts as they come out now.
    Finalise,
    /// Its payouts are reserved, and it stays disputed.
    Reserve,
    /// It is void and stays so; its turn passes.
    Pass,
}

/// What `finalise` does to an epoch whose turn is, or was.
///
/// # Errors
/// [`Error::NotPending`], [`Error::WindowOpen`].
pub fn step(state: EpochState, turn: Turn, window_over: bool) -> Result<Step, Error> {
    match (state, turn) {
        (EpochState::Pending, _) if window_over => Ok(Step::Finalise),
        (EpochState::Pending, _) => Err(Error::WindowOpen),
        (EpochState::Disputed, Turn::Now) => Ok(Step::Reserve),
        (EpochState::Void, Turn::Now) => Ok(Step::Pass),
        _ => Err(Error::NotPending),
    }
}

/// Takes a step that reserves.
pub fn settle(record: &mut EpochRecord, step: Step, merchants: Payout, customers: Payout, now: Moment) {
    if step == Step::Finalise {
        enter(record, EpochState::Final, now);
    }
    record.merchants = merchants;
    record.customers = customers;
}

/// Ends the claims of a final epoch; returns what was reserved and not paid.
///
/// # Errors
/// [`Error::ClaimsExpired`] when nothing is left.
pub fn expire(record: &mut EpochRecord) -> Result<(Balance, Balance), Error> {
    let left = |payout: &Payout| payout.reserved.saturating_sub(payout.paid);
    let unpaid = (left(&record.merchants), left(&record.customers));
    if unpaid == (0, 0) {
        return Err(Error::ClaimsExpired);
    }
    record.merchants.reserved = record.merchants.paid;
    record.customers.reserved = record.customers.paid;
    Ok(unpaid)
}

/// What a change of a record moves between the pools and the epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// Bzky out of the vault.
    pub from_vault: Balance,
    /// Bzky back to the vault.
    pub to_vault: Balance,
    /// Time reserved of the customers' pool after it, all epochs together.
    pub customer_reserved: Balance,
}

/// What moves when an epoch's reservation was `before` and is `after`, and
/// `customer_reserved` was reserved for customers in all.
///
/// # Errors
/// [`Error::Overflow`].
pub fn shift(
    before: (Balance, Balance),
    after: (Balance, Balance),
    customer_reserved: Balance,
) -> Result<Shift, Error> {
    let others = customer_reserved.checked_sub(before.1).ok_or(Error::Overflow)?;
    Ok(Shift {
        from_vault: after.0.saturating_sub(before.0),
        to_vault: before.0.saturating_sub(after.0),
        customer_reserved: others.checked_add(after.1).ok_or(Error::Overflow)?,
    })
}

/// What a record reserves: merchants, customers.
pub fn reserved(record: Option<&EpochRecord>) -> (Balance, Balance) {
    record.map_or((0, 0), |record| (record.merchants.reserved, record.customers.reserved))
}
