//! A made-up chain, and ways to look at what was stored of it.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

pub mod failing;
pub mod fake;
pub mod later;
pub mod market;
pub mod postgres;
pub mod random;
pub mod running;

use bizkey_indexer::{
    model::{Contracts, Network},
    Block, ContractEvent, Store,
};
use bizkey_primitives::{
    events::{BatchRecorded, Event, Transfer},
    hash::blake2x256,
    receipt::{encode_payload, Channel, Header, Rail, Receipt, PAYLOAD_VERSION},
    AccountId, Calendar,
};
use sqlx::{AnyPool, Column, Row, ValueRef};
use std::collections::BTreeMap;

pub const GENESIS_MS: u64 = 1_000_000;
pub const EPOCH_MS: u64 = 10_000;
pub const FIRST_BLOCK: u32 = 3;

pub fn account(number: u8) -> AccountId {
    AccountId::from([number; 32])
}

pub fn network() -> Network {
    let contract = |number: u8| account(200 + number);
    Network {
        genesis_hash: [7; 32],
        calendar: Calendar { genesis_ms: GENESIS_MS, epoch_ms: EPOCH_MS },
        first_block: FIRST_BLOCK,
        contracts: Contracts {
            vault: contract(0),
            bzky: contract(1),
            time: contract(2),
            registry: contract(3),
            receipts: contract(4),
            pos_deposit: contract(5),
            rewards: contract(6),
            redemption: contract(7),
            vesting: contract(8),
            foundation: contract(9),
            otc: contract(10),
        },
    }
}

/// The contract that emits an event; Bzky for a transfer.
pub fn emitter(event: &Event) -> AccountId {
    let contracts = network().contracts;
    match event {
        Event::Transfer(_) | Event::Approval(_) => contracts.bzky,
        Event::DeviceRegistered(_)
        | Event::DeviceStateChanged(_)
        | Event::BatchRecorded(_)
        | Event::ReceiptVoided(_)
        | Event::DeviceRetired(_)
        | Event::ReceiptDemanded(_)
        | Event::ReceiptOpened(_)
        | Event::OpeningFailed(_) => contracts.receipts,
        Event::DepositLocked(_)
        | Event::ReturnConfirmed(_)
        | Event::DepositReleased(_)
        | Event::DepositPenalised(_)
        | Event::DepositSeized(_)
        | Event::DeviceTransferred(_)
        | Event::DeviceAgentChanged(_)
        | Event::DeviceClassChanged(_)
        | Event::DepositorChanged(_) => contracts.pos_deposit,
        Event::PoolReleased(_) => contracts.vault,
        Event::CommitteeChanged(_)
        | Event::ReportSubmitted(_)
        | Event::ReportPending(_)
        | Event::EpochFinalised(_)
        | Event::EpochVoided(_)
        | Event::RewardsPaid(_)
        | Event::ReportDisputed(_)
        | Event::DisputeDecided(_)
        | Event::ReportStruck(_)
        | Event::BondSlashed(_)
        | Event::RewardDeferred(_)
        | Event::DeferredRewardPaid(_)
        | Event::DebtBooked(_)
        | Event::DebtPaid(_)
        | Event::AlgorithmSet(_) => contracts.rewards,
        Event::TaskCreated(_)
        | Event::TaskRestocked(_)
        | Event::TaskFulfilled(_)
        | Event::TaskClosed(_)
        | Event::PrivilegeCreated(_)
        | Event::PrivilegeChanged(_)
        | Event::PrivilegeClosed(_)
        | Event::TimeCollected(_)
        | Event::CollectionRefunded(_)
        | Event::CollectionSettled(_)
        | Event::BzkyPriceAnchored(_)
        | Event::BzkyPriceSet(_)
        | Event::TimeSold(_)
        | Event::FiatSaleBooked(_)
        | Event::FiatSaleReleased(_)
        | Event::FiatSaleChargedBack(_) => contracts.redemption,
        Event::DirectorSeated(_)
        | Event::DirectorLeft(_)
        | Event::SeatTaken(_)
        | Event::ChairChanged(_)
        | Event::ResolutionProposed(_)
        | Event::VoteCast(_)
        | Event::ResolutionPassed(_)
        | Event::MajorityLost(_)
        | Event::ResolutionFailed(_)
        | Event::ResolutionCancelled(_)
        | Event::ResolutionEnacted(_) => contracts.foundation,
        Event::VestingReleased(_) => contracts.vesting,
        Event::OtcOfferOpened(_)
        | Event::OtcOfferClosed(_)
        | Event::OtcReserved(_)
        | Event::OtcPaymentDeclared(_)
        | Event::OtcDisputed(_)
        | Event::OtcSettled(_) => contracts.otc,
        _ => contracts.registry,
    }
}

pub fn from_contract(contract: AccountId, event: Event) -> (AccountId, Event) {
    (contract, event)
}

pub fn emitted(event: Event) -> (AccountId, Event) {
    (emitter(&event), event)
}

/// Blocks that continue each other.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    pub blocks: Vec<Block>,
}

impl Chain {
    /// Adds a block stamped `at_ms` with these events.
    pub fn push(&mut self, at_ms: u64, events: Vec<(AccountId, Event)>) -> &Block {
        let number = FIRST_BLOCK + self.blocks.len() as u32;
        let parent_hash = self.blocks.last().map_or([1; 32], |block| block.hash);
        // Blocks that differ in anything have different hashes, as on a chain.
        let content = format!("{at_ms} {events:?}");
        let hash = blake2x256(&[&number.to_le_bytes()[..], &parent_hash, content.as_bytes()].concat());
        // Positions have gaps: other pallets emit events too.
        let events = (0u32..)
            .zip(events)
            .map(|(position, (contract, event))| ContractEvent { index: position * 2 + 1, contract, event })
            .collect();
        self.blocks.push(Block { number, hash, parent_hash, timestamp_ms: at_ms, events });
        self.blocks.last().unwrap()
    }

    /// As [`Chain::push`], events of the contracts that emit them, in an epoch.
    pub fn push_in(&mut self, epoch: u32, events: Vec<Event>) -> &Block {
        let at = GENESIS_MS + u64::from(epoch) * EPOCH_MS;
        let at = self.blocks.last().map_or(at, |block| block.timestamp_ms.max(at));
        self.push(at, events.into_iter().map(emitted).collect())
    }
}

pub fn sale(amount: u64, customer: u32) -> Receipt {
    Receipt { delta_seconds: 1, amount, customer, channel: Channel::InStore, rail: Rail::Cash, reference: [0; 16] }
}

pub fn batch(device: u32, merchant: u32, seq: u64, receipts: &[Receipt]) -> Event {
    let header = Header { version: PAYLOAD_VERSION, currency: *b"USD", at_ms: 5_000 };
    let payload = encode_payload(&header, receipts);
    Event::BatchRecorded(BatchRecorded { device, merchant, seq, count: receipts.len() as u16, payload })
}

pub fn transfer(from: Option<u8>, to: Option<u8>, value: u128) -> Event {
    Event::Transfer(Transfer { from: from.map(account), to: to.map(account), value })
}

/// A SQLite file that goes away with its folder.
pub struct Sqlite {
    _folder: tempfile::TempDir,
    pub url: String,
}

impl Sqlite {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("index.db").display());
        Self { _folder: folder, url }
    }

    pub async fn open(&self) -> Store {
        Store::open(&self.url, &network()).await.unwrap()
    }

    /// Does something to the rows that the indexer would not.
    pub async fn execute(&self, sql: &str) {
        sqlx::any::install_default_drivers();
        let pool = AnyPool::connect(&self.url).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&pool).await.unwrap();
        pool.close().await;
    }
}

/// Tables and how many leading columns order their rows.
const TABLES: &[(&str, &str)] = &[
    ("network", "id"),
    ("blocks", "number"),
    ("parties", "side, party"),
    ("accounts", "side, party, stamp"),
    ("statuses", "side, party, block, event"),
    ("holds", "side, party, block, event"),
    ("capitals", "merchant, from_epoch, block, event"),
    ("devices", "device"),
    ("batches", "device, seq"),
    ("receipts", "id"),
    ("voids", "receipt"),
    ("bzky_checkpoints", "account, stamp"),
    ("deposit_checkpoints", "account, stamp"),
    ("time_balances", "account"),
    ("deposits", "device"),
    ("epochs", "epoch"),
    ("reports", "epoch, block, event"),
    ("rewards", "side, party, epoch"),
    ("committees", "block, event"),
    ("agents", "agent"),
    ("businesses", "merchant, from_epoch, block, event"),
    ("appeals", "side, party, block, event"),
    ("device_terms", "device"),
    ("tasks", "task"),
    ("task_fulfilments", "task, customer"),
    ("privileges", "privilege"),
    ("collections", "ticket"),
    ("time_sales", "block, event"),
    ("bzky_prices", "block, event"),
    ("demands", "device, seq, position"),
    ("penalties", "block, event"),
    ("debts", "side, party"),
    ("debt_changes", "block, event"),
    ("disputes", "epoch, round"),
    ("struck_reports", "epoch, round"),
    ("deferred_rewards", "epoch, merchant"),
    ("deferred_payments", "block, event"),
    ("directors", "director"),
    ("chairs", "block, event"),
    ("resolutions", "resolution"),
    ("votes", "resolution, director"),
    ("vesting_releases", "block, event"),
    ("offers", "offer"),
    ("reservations", "reservation"),
    ("algorithms", "from_epoch, block, event"),
    ("clamps", "trade, from_epoch, block, event"),
    ("capital_floors", "trade, region, from_epoch, block, event"),
    ("cash_caps", "from_epoch, block, event"),
    ("hot_blocks", "number"),
    ("hot_changes", "block, relation, row_key"),
    ("scored_epochs", "epoch"),
    ("merchant_scores", "epoch, merchant"),
    ("merchant_customers", "merchant, customer"),
    ("candles", "merchant, length_ms, start_ms"),
    ("merchant_grades", "merchant, epoch"),
    ("grades_reached", "merchant, grade"),
    ("graded_epochs", "epoch"),
    ("spent_references", "merchant, epoch"),
    ("repeated_references", "receipt"),
    ("texts", "hash"),
    ("text_terms", "term, hash"),
];

pub type Dump = BTreeMap<&'static str, Vec<String>>;

/// Every row of every table, as text.
pub async fn dump(url: &str) -> Dump {
    sqlx::any::install_default_drivers();
    let pool = AnyPool::connect(url).await.unwrap();
    let schema = if url.starts_with("postgres") { "indexer." } else { "" };
    let mut tables = BTreeMap::new();
    for (table, order) in TABLES {
        let sql = format!("SELECT * FROM {schema}{table} ORDER BY {order}");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&pool).await.unwrap();
        tables.insert(*table, rows.iter().map(text_of).collect());
    }
    pool.close().await;
    tables
}

/// Stores blocks, all of them final.
pub async fn apply_all(store: &Store, blocks: &[Block]) {
    for block in blocks {
        store.apply(block).await.unwrap();
    }
}

/// The rows of an index that saw nothing but these blocks.
pub async fn clean_rows(blocks: &[Block]) -> Dump {
    let sqlite = Sqlite::new();
    apply_all(&sqlite.open().await, blocks).await;
    dump(&sqlite.url).await
}

/// The first table in which two databases differ, for messages that can be read.
pub fn difference(left: &Dump, right: &Dump) -> Option<String> {
    let (table, rows) = left.iter().find(|(table, rows)| right.get(*table) != Some(rows))?;
    let other = &right[table];
    let only = |these: &[String], those: &[String]| {
        let only: Vec<_> = these.iter().filter(|row| !those.contains(row)).cloned().collect();
        only.join("\n    ")
    };
    Some(format!("{table} has\n    {}\nin place of\n    {}", only(rows, other), only(other, rows)))
}

fn text_of(row: &sqlx::any::AnyRow) -> String {
    let columns = row.columns().iter().map(|column| {
        let at = column.ordinal();
        let value = if row.try_get_raw(at).unwrap().is_null() {
            "null".to_owned()
        } else if let Ok(integer) = row.try_get::<i64, _>(at) {
            integer.to_string()
        } else {
            bizkey_indexer::model::hex(row.try_get::<&[u8], _>(at).unwrap())
        };
        format!("{}={value}", column.name())
    });
    columns.collect::<Vec<_>>().join(" ")
}
