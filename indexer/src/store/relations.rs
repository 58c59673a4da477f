//! The tables whose rows a block may add or change, as the change log names them.

use super::sql::{Columns, Value};
use crate::Result;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    Bytes,
}

/// A column by name.
pub(super) type Column = (&'static str, Kind);

/// A table of which a block adds rows, or changes some columns of rows.
#[derive(Debug)]
pub(super) struct Relation {
    /// Its number in the change log; never given to another table.
    pub code: u8,
    pub table: &'static str,
    pub key: &'static [Column],
    /// The columns that change after a row was added.
    pub mutable: &'static [Column],
}

use Kind::{Bytes, Integer};

macro_rules! relations {
    ($($name:ident = $code:literal $table:literal ($($key:ident $key_kind:ident),*) -> ($($column:ident $kind:ident),*);)*) => {
        $(pub(super) const $name: Relation = Relation {
            code: $code,
            table: $table,
            key: &[$((stringify!($key), $key_kind)),*],
            mutable: &[$((stringify!($column), $kind)),*],
        };)*
        const RELATIONS: &[Relation] = &[$($name),*];
    };
}

// Receipts are added in the order of their numbers, so those of a block are a
// range, and only their voids are in the log.
relations! {
    PARTIES = 1 "parties" (side Integer, party Integer) -> (account Bytes);
    STATUSES = 2 "statuses" (side Integer, party Integer, block Integer, event Integer) -> ();
    HOLDS = 3 "holds" (side Integer, party Integer, block Integer, event Integer) -> ();
    CAPITALS = 4 "capitals" (merchant Integer, from_epoch Integer, block Integer, event Integer) -> ();
    DEVICES = 5 "devices" (device Integer) -> (active Integer, retired_block Integer);
    BATCHES = 6 "batches" (device Integer, seq Integer) -> ();
    RECEIPTS = 7 "receipts" (id Integer) -> (voided_epoch Integer);
    VOIDS = 8 "voids" (receipt Integer) -> ();
    BZKY_CHECKPOINTS = 9 "bzky_checkpoints" (account Bytes, stamp Integer) -> (close Bytes, low Bytes);
    DEPOSIT_CHECKPOINTS = 10 "deposit_checkpoints" (account Bytes, stamp Integer) -> (close Bytes, low Bytes);
    TIME_BALANCES = 11 "time_balances" (account Bytes) -> (balance Bytes);
    DEPOSITS = 12 "deposits" (device Integer) -> (depositor Bytes, amount Bytes, releasable_ms Integer);
    EPOCHS = 13 "epochs" (epoch Integer) -> (batches Integer, announced Integer, receipts Integer, state Integer,
        round Integer, since_ms Integer, since_block Integer, report Bytes,
        merchants_emission Bytes, merchants_reserved Bytes, merchants_paid Bytes,
        customers_emission Bytes, customers_reserved Bytes, customers_paid Bytes);
    REPORTS = 14 "reports" (epoch Integer, block Integer, event Integer) -> ();
    REWARDS = 15 "rewards" (side Integer, party Integer, epoch Integer) -> ();
    ACCOUNTS = 17 "accounts" (side Integer, party Integer, stamp Integer) -> (account Bytes);
    COMMITTEES = 16 "committees" (block Integer, event Integer) -> ();
    AGENTS = 18 "agents" (agent Integer) -> (account Bytes, active Integer, reason Bytes);
    BUSINESSES = 19 "businesses" (merchant Integer, from_epoch Integer, block Integer, event Integer) -> ();
    APPEALS = 20 "appeals" (side Integer, party Integer, block Integer, event Integer)
        -> (granted Integer, decision Bytes, decided_block Integer);
    TASKS = 21 "tasks" (task Integer) -> (stock Integer, closed_block Integer, unearned Bytes);
    TASK_FULFILMENTS = 22 "task_fulfilments" (task Integer, customer Integer) -> ();
    PRIVILEGES = 23 "privileges" (privilege Integer) -> (version Integer, changed_block Integer, conditions Bytes,
        price Bytes, stock Integer, expires_ms Integer, opens Integer, closes Integer, refund_ms Integer,
        closed_block Integer);
    COLLECTIONS = 24 "collections" (ticket Bytes) -> (refunded_block Integer, settled_block Integer);
    TIME_SALES = 25 "time_sales" (block Integer, event Integer) -> (state Integer, settled_block Integer);
    BZKY_PRICES = 26 "bzky_prices" (block Integer, event Integer) -> ();
    DEMANDS = 27 "demands" (device Integer, seq Integer, position Integer)
        -> (state Integer, settled_block Integer, taken Bytes, debt Bytes);
    PENALTIES = 28 "penalties" (block Integer, event Integer) -> ();
    DEBTS = 29 "debts" (side Integer, party Integer) -> (amount Bytes);
    DEBT_CHANGES = 30 "debt_changes" (block Integer, event Integer) -> ();
    DISPUTES = 31 "disputes" (epoch Integer, round Integer) -> (upheld Integer, decided_block Integer);
    STRUCK_REPORTS = 32 "struck_reports" (epoch Integer, round Integer) -> ();
    DEFERRED_REWARDS = 33 "deferred_rewards" (epoch Integer, merchant Integer)
        -> (paid Bytes, withheld Bytes, left_over Bytes);
    DEFERRED_PAYMENTS = 34 "deferred_payments" (block Integer, event Integer) -> ();
    DIRECTORS = 35 "directors" (director Integer) -> (account Bytes, left_block Integer);
    CHAIRS = 36 "chairs" (block Integer, event Integer) -> ();
    RESOLUTIONS = 37 "resolutions" (resolution Integer)
        -> (state Integer, since_block Integer, executable_ms Integer);
    VOTES = 38 "votes" (resolution Integer, director Integer) -> (in_favour Integer, block Integer, event Integer);
    VESTING_RELEASES = 39 "vesting_releases" (block Integer, event Integer) -> ();
    OFFERS = 40 "offers" (offer Integer) -> (left_over Bytes, reservations Integer, closed_block Integer,
        returned Bytes);
    RESERVATIONS = 41 "reservations" (reservation Integer) -> (stage Integer, until_ms Integer, payment Bytes,
        opener Integer, opener_bond Bytes, evidence Bytes, ending Bytes, settled_block Integer);
    DEVICE_TERMS = 42 "device_terms" (device Integer) -> (agent Bytes, class Integer);
    ALGORITHMS = 43 "algorithms" (from_epoch Integer, block Integer, event Integer) -> (replaced_block Integer);
    CLAMPS = 44 "clamps" (trade Integer, from_epoch Integer, block Integer, event Integer) -> (replaced_block Integer);
    CAPITAL_FLOORS = 45 "capital_floors" (trade Integer, region Integer, from_epoch Integer, block Integer,
        event Integer) -> (replaced_block Integer);
    CASH_CAPS = 46 "cash_caps" (from_epoch Integer, block Integer, event Integer) -> (replaced_block Integer);
}

impl Relation {
    pub fn of_code(code: u8) -> Option<&'static Self> {
        RELATIONS.iter().find(|relation| relation.code == code)
    }

    /// Query of the mutable columns of the rows with `keys` keys, after the
    /// key's own columns.
    pub fn select(&self, keys: usize) -> String {
        let names = |prefix: &str, columns: &[Column]| {
            columns.iter().map(|(name, _)| format!("{prefix}{name}")).collect::<Vec<_>>().join(", ")
        };
        let same: Vec<_> = self.key.iter().map(|(name, _)| format!("t.{name} = w.{name}")).collect();
        let columns: Vec<_> = self.key.iter().chain(self.mutable).copied().collect();
        format!(
            "WITH wanted ({}) AS (VALUES {}) SELECT {} FROM wanted w JOIN {} t ON {}",
            names("", self.key),
            super::sql::placeholders(keys, self.key.len()),
            names("t.", &columns),
            self.table,
            same.join(" AND "),
        )
    }

    /// Statement that gives a row its mutable columns back; takes them, then the key.
    pub fn restore(&self) -> String {
        let set: Vec<_> = (1..).zip(self.mutable).map(|(at, (name, _))| format!("{name} = ${at}")).collect();
        format!("UPDATE {} SET {} WHERE {}", self.table, set.join(", "), self.is_row(self.mutable.len()))
    }

    /// Statement that removes a row; takes the key.
    pub fn remove(&self) -> String {
        format!("DELETE FROM {} WHERE {}", self.table, self.is_row(0))
    }

    fn is_row(&self, before: usize) -> String {
        let same = self.key.iter().enumerate().map(|(at, (name, _))| format!("{name} = ${}", before + at + 1));
        same.collect::<Vec<_>>().join(" AND ")
    }
}

/// The values of some columns.
pub(super) fn read(row: &Columns, columns: &[Column]) -> Result<Vec<Value>> {
    let value = |(name, kind): &Column| match kind {
        Integer => row.integer_value(name),
        Bytes => row.bytes_value(name),
    };
    columns.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_relation_has_a_code_of_its_own() {
        for (position, relation) in RELATIONS.iter().enumerate() {
            assert!(RELATIONS[..position].iter().all(|other| other.code != relation.code), "{relation:?}");
            assert_eq!(Relation::of_code(relation.code).map(|found| found.table), Some(relation.table));
        }
    }

    #[test]
    fn statements_take_the_values_in_order() {
        assert_eq!(DEVICES.restore(), "UPDATE devices SET active = $1, retired_block = $2 WHERE device = $3");
        assert_eq!(BATCHES.remove(), "DELETE FROM batches WHERE device = $1 AND seq = $2");
        assert_eq!(
            PARTIES.select(2),
            "WITH wanted (side, party) AS (VALUES ($1, $2), ($3, $4)) \
             SELECT t.side, t.party, t.account FROM wanted w JOIN parties t ON t.side = w.side AND t.party = w.party"
        );
    }
}
