//! Balances while a block is being written: loaded at once, changed in
//! memory, saved at once.

use super::{
    change_log::ChangeLog,
    insert::Insert,
    relations::{Relation, BZKY_CHECKPOINTS, DEPOSIT_CHECKPOINTS, TIME_BALANCES},
    sql::{fetch, placeholders, Columns, Transaction, Value},
};
use crate::{error::overdrawn, Result};
use bizkey_primitives::{
    checkpoint::{Checkpoint, Live},
    AccountId, Balance, Stamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// Accounts looked up by one statement.
const ACCOUNTS_A_QUERY: usize = 256;

/// Where an event stands, for messages.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub block: u32,
    pub event: u32,
}

/// What a ledger keeps of an account.
pub(super) trait Entry: Copy + Default {
    /// Query that joins `wanted (account)` with what is stored.
    const SELECT: &'static str;
    /// The table.
    const RELATION: Relation;
    fn read(row: &Columns) -> Result<Self>;
    fn balance(&self) -> Balance;
    fn change(&mut self, now: Stamp, balance: Balance);
    /// The key of the row that holds it, after a change.
    fn key(&self, account: &AccountId) -> Vec<Value>;
    fn values(&self) -> Vec<Value>;
}

/// Balances of the accounts that one block touches.
pub(super) struct Ledger<E> {
    insert: Insert,
    entries: BTreeMap<AccountId, E>,
    changed: BTreeSet<AccountId>,
}

/// Balances with their history by epoch.
pub(super) type CheckpointLedger<T> = Ledger<Checkpointed<T>>;

impl<E: Entry> Ledger<E> {
    /// A ledger that saves by `insert`, its first column being the account.
    pub fn new(insert: Insert) -> Self {
        Self { insert, entries: BTreeMap::new(), changed: BTreeSet::new() }
    }

    /// Loads the accounts that a block touches.
    pub async fn load(&mut self, connection: &mut Transaction, accounts: BTreeSet<AccountId>) -> Result<()> {
        let accounts: Vec<_> = accounts.into_iter().collect();
        for some in accounts.chunks(ACCOUNTS_A_QUERY) {
            // Filled up to a power of two with repeats, so that few different
            // statements exist and all of them stay prepared.
            let wanted = some.iter().cycle().take(some.len().next_power_of_two());
            let values: Vec<_> = wanted.map(Value::from).collect();
            let sql = format!("WITH wanted (account) AS (VALUES {}) {}", placeholders(values.len(), 1), E::SELECT);
            let read = |row: &Columns| Ok((row.account("account")?, E::read(row)?));
            self.entries.extend(fetch(&mut *connection, "reading balances", sql, values, read).await?);
        }
        Ok(())
    }

    /// Takes `value` from an account.
    pub fn debit(&mut self, place: Place, now: Stamp, account: &AccountId, value: Balance) -> Result<()> {
        self.change(place, now, account, |balance| balance.checked_sub(value))
    }

    /// Gives `value` to an account.
    pub fn credit(&mut self, place: Place, now: Stamp, account: &AccountId, value: Balance) -> Result<()> {
        self.change(place, now, account, |balance| balance.checked_add(value))
    }

    fn change(
        &mut self,
        place: Place,
        now: Stamp,
        account: &AccountId,
        with: impl Fn(Balance) -> Option<Balance>,
    ) -> Result<()> {
        let entry = self.entries.entry(*account).or_default();
        let balance = with(entry.balance()).ok_or_else(|| overdrawn(place.block, place.event, account))?;
        entry.change(now, balance);
        self.changed.insert(*account);
        Ok(())
    }

    /// Writes what changed.
    pub async fn save(self, connection: &mut Transaction, log: &mut ChangeLog) -> Result<()> {
        let (mut keys, mut rows) = (Vec::new(), Vec::new());
        for account in &self.changed {
            if let Some(entry) = self.entries.get(account) {
                keys.push(entry.key(account));
                rows.push(Value::from(account));
                rows.extend(entry.values());
            }
        }
        log.changing_all(connection, &E::RELATION, keys).await?;
        self.insert.run(connection, "storing balances", rows).await
    }
}

/// Which table of checkpoints.
pub(super) trait Table: Copy + Default {
    /// See [`Entry::SELECT`].
    const SELECT: &'static str;
    /// See [`Entry::RELATION`].
    const RELATION: Relation;
    /// How a ledger of it saves. A block changes only the live checkpoint: the
    /// one before it closed as it was stored.
    const INSERT: Insert;
}

/// Bzky, free.
#[derive(Clone, Copy, Default)]
pub(super) struct Bzky;
/// Bzky, locked for devices.
#[derive(Clone, Copy, Default)]
pub(super) struct Deposits;

macro_rules! checkpoint_table {
    ($table:ty, $name:literal, $relation:ident) => {
        impl Table for $table {
            const RELATION: Relation = $relation;
            const SELECT: &'static str = concat!(
                "SELECT c.account, c.stamp, c.position, c.close, c.low FROM wanted w JOIN ",
                $name,
                " c ON c.account = w.account AND c.stamp = (SELECT MAX(m.stamp) FROM ",
                $name,
                " m WHERE m.account = w.account)"
            );
            const INSERT: Insert = Insert {
                table: $name,
                columns: "account, stamp, position, close, low",
                tail: "ON CONFLICT (account, stamp) DO UPDATE SET close = excluded.close, low = excluded.low",
            };
        }
    };
}
checkpoint_table!(Bzky, "bzky_checkpoints", BZKY_CHECKPOINTS);
checkpoint_table!(Deposits, "deposit_checkpoints", DEPOSIT_CHECKPOINTS);

/// An account's live checkpoint.
#[derive(Clone, Copy, Default)]
pub(super) struct Checkpointed<T> {
    live: Option<Live>,
    table: std::marker::PhantomData<T>,
}

impl<T: Table> Entry for Checkpointed<T> {
    const SELECT: &'static str = T::SELECT;
    const RELATION: Relation = T::RELATION;

    fn read(row: &Columns) -> Result<Self> {
        let last = Checkpoint { stamp: row.integer("stamp")?, close: row.amount("close")?, low: row.amount("low")? };
        let live = Some(Live { index: row.integer("position")?, last });
        Ok(Self { live, table: std::marker::PhantomData })
    }

    fn balance(&self) -> Balance {
        self.live.map_or(0, |live| live.last.close)
    }

    fn change(&mut self, now: Stamp, balance: Balance) {
        // What closes thereby is a row already.
        let (live, _closed) = Live::change(self.live, now, balance);
        self.live = Some(live);
    }

    fn key(&self, account: &AccountId) -> Vec<Value> {
        super::sql::values![account, self.live.unwrap_or_default().last.stamp]
    }

    fn values(&self) -> Vec<Value> {
        let Live { index, last } = self.live.unwrap_or_default();
        super::sql::values![last.stamp, index, last.close, last.low]
    }
}

impl<T: Table> CheckpointLedger<T> {
    /// A ledger of this table.
    pub fn of_table() -> Self {
        Self::new(T::INSERT)
    }
}

/// A balance of Time: no history is needed.
#[derive(Clone, Copy, Default)]
pub(super) struct Time(Balance);

impl Time {
    pub const INSERT: Insert = Insert {
        table: "time_balances",
        columns: "account, balance",
        tail: "ON CONFLICT (account) DO UPDATE SET balance = excluded.balance",
    };
}

impl Entry for Time {
    const SELECT: &'static str =
        "SELECT t.account, t.balance FROM wanted w JOIN time_balances t ON t.account = w.account";
    const RELATION: Relation = TIME_BALANCES;

    fn read(row: &Columns) -> Result<Self> {
        Ok(Self(row.amount("balance")?))
    }

    fn balance(&self) -> Balance {
        self.0
    }

    fn change(&mut self, _now: Stamp, balance: Balance) {
        self.0 = balance;
    }

    fn key(&self, account: &AccountId) -> Vec<Value> {
        super::sql::values![account]
    }

    fn values(&self) -> Vec<Value> {
        super::sql::values![self.0]
    }
}
