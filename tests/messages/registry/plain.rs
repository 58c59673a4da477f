//! The plain lists that a registry's history is held against, and what happens
//! in a sequence.

use bizkey_primitives::{AccountId, Side, Status};
use proptest::prelude::*;

/// What happens. `who` is a side.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// So many days pass.
    Days(u64),
    /// The last millisecond of the day comes.
    Eve,
    /// The first millisecond of the next day comes.
    Midnight,
    Status(usize, Status),
    Appeal(usize),
    Decide(usize, bool),
    Rotate(usize),
    Recover(usize),
    /// A hold of so many days.
    Hold(usize, u64),
    Capital(u32),
    Business(u16),
    /// A parameter, from so many epochs ahead.
    Clamp(u32, u64),
    Floor(u32, u128),
    CashCap(u32, u64),
}

pub fn step() -> impl Strategy<Value = Step> {
    let who = 0usize..2;
    let status =
        prop_oneof![Just(Status::Active), Just(Status::Demoted), Just(Status::Restricted), Just(Status::Removed)];
    prop_oneof![
        8 => (0u64..4).prop_map(Step::Days),
        2 => (20u64..220).prop_map(Step::Days),
        2 => Just(Step::Eve),
        2 => Just(Step::Midnight),
        8 => (who.clone(), status).prop_map(|(who, status)| Step::Status(who, status)),
        3 => who.clone().prop_map(Step::Appeal),
        3 => (who.clone(), any::<bool>()).prop_map(|(who, granted)| Step::Decide(who, granted)),
        6 => who.clone().prop_map(Step::Rotate),
        2 => who.clone().prop_map(Step::Recover),
        3 => (who, 0u64..17).prop_map(|(who, days)| Step::Hold(who, days)),
        4 => (1u32..1_000).prop_map(Step::Capital),
        4 => (1u16..1_000).prop_map(Step::Business),
        3 => (0u32..50, 1u64..1_000).prop_map(|(ahead, hi)| Step::Clamp(ahead, hi)),
        3 => (0u32..50, 1u128..1_000).prop_map(|(ahead, floor)| Step::Floor(ahead, floor)),
        3 => (0u32..50, 1u64..1_000).prop_map(|(ahead, cap)| Step::CashCap(ahead, cap)),
    ]
}

/// From which day something counts; -1 before genesis.
pub type Log<T> = Vec<(i64, T)>;

/// What counts on a day: the last that was said of those that had begun.
pub fn on<T: Copy>(log: &Log<T>, day: i64) -> Option<T> {
    log.iter().rev().find(|(from, _)| *from <= day).map(|(_, what)| *what)
}

/// A change of status and the appeal against it.
#[derive(Clone, Copy)]
pub struct Change {
    pub before: Status,
    pub status: Status,
    pub at_ms: u64,
    /// Whether it waits; `None` if nobody appealed.
    pub waits: Option<bool>,
}

/// A party by plain lists.
pub struct Plain {
    pub side: Side,
    pub standings: Log<(AccountId, Status)>,
    pub accounts: Vec<AccountId>,
    /// The day on which it last changed its account.
    pub moved: Option<i64>,
    pub change: Option<Change>,
    pub held_until_ms: Option<u64>,
}

impl Plain {
    pub fn now(&self) -> (AccountId, Status) {
        self.standings.last().expect("it joined").1
    }
}

/// How far down the ladder.
pub fn depth(status: Status) -> usize {
    [Status::Active, Status::Demoted, Status::Restricted, Status::Removed]
        .iter()
        .position(|one| *one == status)
        .unwrap()
}

/// A decision on a parameter drops what has not begun.
pub fn decided<T>(log: &mut Log<T>, today: i64, from: u32, value: T, done: bool) {
    if done {
        log.retain(|(from, _)| *from <= today);
        log.push((i64::from(from), value));
    }
}
