//! Blocks in one transaction: all their rows and the checkpoint, or nothing.

mod agents;
mod batches;
mod devices;
mod disputes;
mod events;
mod foundation;
pub(crate) mod grades;
pub(super) mod otc;
mod parties;
mod partitions;
pub(super) mod penalties;
mod redemption;
mod rewards;
mod roll_back;
mod rows;
mod scores;
mod scoring;
mod texts;
mod time_sales;

use self::batches::Recorded;
use super::{
    change_log::ChangeLog,
    connect::Store,
    insert::Insert,
    ledger::{Bzky, CheckpointLedger, Deposits, Ledger, Place, Time},
    read::blocks::last_block,
    sql::{execute, values, Transaction, Value},
};
use crate::{
    error::before_genesis,
    model::{hex, Checkpoint, Network},
    sync::source::{Block, ContractEvent},
    Error, Result,
};
use bizkey_primitives::{events::Event, AccountId, Epoch, Stamp};
use std::collections::BTreeSet;

const BLOCKS: Insert =
    Insert { table: "blocks", columns: "number, hash, parent_hash, timestamp_ms, stamp, receipts_end", tail: "" };

/// What blocks brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Batches of receipts.
    pub batches: u64,
    /// Receipts that could be read.
    pub receipts: u64,
}

impl Store {
    /// Writes all rows of final blocks and the checkpoint in one transaction.
    /// The blocks must continue the stored ones, which become final with them,
    /// and each the one before it; the first of all is the network's first.
    ///
    /// # Errors
    /// [`Error::WrongBlock`], [`Error::ParentMismatch`], [`Error::TimeWentBack`],
    /// [`Error::Inconsistent`], [`Error::Database`]. Nothing was changed, except
    /// that a commit may have happened although its answer was lost: read the
    /// checkpoint before trying again.
    pub async fn apply_all(&self, blocks: &[Block]) -> Result<Applied> {
        self.write(blocks, false).await
    }

    /// As [`Self::apply_all`], of one block.
    ///
    /// # Errors
    /// Those of [`Self::apply_all`].
    pub async fn apply(&self, block: &Block) -> Result<Applied> {
        self.write(std::slice::from_ref(block), false).await
    }

    /// As [`Self::apply`], of a block that may still go back: what it changes
    /// is kept until it is final, so that [`Self::roll_back`] can undo it.
    ///
    /// # Errors
    /// Those of [`Self::apply`].
    pub async fn apply_hot(&self, block: &Block) -> Result<Applied> {
        self.write(std::slice::from_ref(block), true).await
    }

    async fn write(&self, blocks: &[Block], hot: bool) -> Result<Applied> {
        let mut transaction = self.begin().await?;
        let last = last_block(&mut transaction).await?;
        if let (false, Some(last)) = (hot, last.filter(|last| last.hot)) {
            // What follows it is final, so it is too.
            roll_back::forget(&mut transaction, last.checkpoint.number).await?;
        }
        let mut receipts_end = last.map_or(1, |last| last.receipts_end);
        let mut checkpoint = last.map(|last| last.checkpoint);
        let mut applied = Applied::default();
        for blocks in by_stamp(self.network(), blocks) {
            let Some(first) = blocks.first() else { continue };
            let stamp = self.network().calendar.stamp_at(first.timestamp_ms);
            let opens_epoch = checkpoint.is_none_or(|last| last.stamp != stamp);
            for block in blocks {
                continues(self.network(), checkpoint, block, stamp)?;
                let Block { number, hash, timestamp_ms, .. } = *block;
                checkpoint = Some(Checkpoint { number, hash, timestamp_ms, stamp });
            }
            let log = ChangeLog::new(hot.then_some(first.number));
            let mut writer = Writer::new(&mut transaction, self.network(), first, stamp, log, receipts_end);
            if let (true, Some(epoch)) = (opens_epoch, stamp.checked_sub(1)) {
                partitions::ensure(writer.connection, epoch).await?;
                writer.ensure_epoch(epoch).await?;
            }
            let (more, end) = writer.write(blocks).await?;
            receipts_end = end;
            applied.batches += more.batches;
            applied.receipts += more.receipts;
        }
        if let (true, Some(block)) = (hot, blocks.first()) {
            let sql = "INSERT INTO hot_blocks (number) VALUES ($1)";
            execute(&mut transaction, "storing that a block is not final", sql, values![block.number]).await?;
        }
        transaction.commit("committing blocks").await?;
        Ok(applied)
    }
}

/// Runs of blocks of one epoch each: balances close with an epoch.
fn by_stamp<'b>(network: &Network, blocks: &'b [Block]) -> impl Iterator<Item = &'b [Block]> {
    let calendar = network.calendar;
    blocks.chunk_by(move |a, b| calendar.stamp_at(a.timestamp_ms) == calendar.stamp_at(b.timestamp_ms))
}

fn continues(network: &Network, last: Option<Checkpoint>, block: &Block, stamp: Stamp) -> Result<()> {
    let number = block.number;
    let Some(last) = last else {
        let expected = network.first_block;
        return if number == expected { Ok(()) } else { Err(Error::WrongBlock { expected, found: number }) };
    };
    let expected = last.number.saturating_add(1);
    if number != expected {
        return Err(Error::WrongBlock { expected, found: number });
    }
    if block.parent_hash != last.hash {
        return Err(Error::ParentMismatch { number, stored: hex(&last.hash), found: hex(&block.parent_hash) });
    }
    if stamp < last.stamp || block.timestamp_ms < last.timestamp_ms {
        return Err(Error::TimeWentBack { number });
    }
    Ok(())
}

/// Turns the events of blocks of one epoch into rows.
struct Writer<'w> {
    connection: &'w mut Transaction,
    network: &'w Network,
    /// The block whose events are being read.
    block: &'w Block,
    stamp: Stamp,
    log: ChangeLog,
    recorded: Recorded,
    /// Highest customer index, once it was needed.
    customers: Option<u32>,
    reward_rows: Vec<Value>,
    bzky: CheckpointLedger<Bzky>,
    deposits: CheckpointLedger<Deposits>,
    time: Ledger<Time>,
}

impl<'w> Writer<'w> {
    fn new(
        connection: &'w mut Transaction,
        network: &'w Network,
        block: &'w Block,
        stamp: Stamp,
        log: ChangeLog,
        receipts_end: u64,
    ) -> Self {
        Self {
            connection,
            network,
            block,
            stamp,
            log,
            recorded: Recorded::from(receipts_end),
            customers: None,
            reward_rows: Vec::new(),
            bzky: CheckpointLedger::of_table(),
            deposits: CheckpointLedger::of_table(),
            time: Ledger::new(Time::INSERT),
        }
    }

    /// Writes `blocks`; returns the number of the next receipt too.
    async fn write(mut self, blocks: &'w [Block]) -> Result<(Applied, u64)> {
        self.load_balances(blocks).await?;
        let mut receipts_end = self.recorded.receipts_end;
        let events = blocks.iter().flat_map(|block| block.events.iter().map(move |event| (block, event)));
        let of_suite = |(_, event): &(&Block, &ContractEvent)| {
            self.emitter(&event.event) == Some(event.contract) || is_transfer(&event.event)
        };
        let events: Vec<_> = events.filter(of_suite).collect();
        for events in events.chunk_by(|(_, a), (_, b)| is_batch(&a.event) && is_batch(&b.event)) {
            match events {
                [(block, event)] => {
                    self.block = block;
                    self.event(event).await?;
                }
                batches => self.batches_recorded(batches).await?,
            }
        }
        let mut block_rows = Vec::new();
        for block in blocks {
            receipts_end = self.recorded.end_of(block.number, receipts_end);
            block_rows.extend(values![
                block.number,
                &block.hash[..],
                &block.parent_hash[..],
                block.timestamp_ms,
                self.stamp,
                receipts_end
            ]);
        }
        self.flush_rewards().await?;
        self.count_receipts().await?;
        self.bzky.save(self.connection, &mut self.log).await?;
        self.deposits.save(self.connection, &mut self.log).await?;
        self.time.save(self.connection, &mut self.log).await?;
        self.log.save(self.connection).await?;
        BLOCKS.run(self.connection, "storing blocks", block_rows).await?;
        Ok((self.recorded.applied, self.recorded.receipts_end))
    }

    /// The epoch of the block.
    fn epoch(&self, place: Place) -> Result<Epoch> {
        self.stamp.checked_sub(1).ok_or_else(|| before_genesis(place.block, place.event))
    }

    /// Loads the balances of all accounts that the blocks touch.
    async fn load_balances(&mut self, blocks: &[Block]) -> Result<()> {
        let contracts = self.network.contracts;
        let (mut bzky, mut time, mut deposits) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for ContractEvent { contract, event, .. } in blocks.iter().flat_map(|block| &block.events) {
            match event {
                Event::Transfer(transfer) if *contract == contracts.bzky => {
                    bzky.extend(transfer.from.iter().chain(&transfer.to).copied());
                }
                Event::Transfer(transfer) if *contract == contracts.time => {
                    time.extend(transfer.from.iter().chain(&transfer.to).copied());
                }
                Event::DepositLocked(event) => {
                    deposits.insert(event.depositor);
                }
                Event::DepositReleased(event) => {
                    deposits.insert(event.depositor);
                }
                Event::DepositPenalised(event) => {
                    deposits.insert(event.depositor);
                }
                Event::DepositSeized(event) => {
                    deposits.insert(event.depositor);
                }
                Event::DepositorChanged(event) => {
                    deposits.extend([event.before, event.account]);
                }
                _ => {}
            }
        }
        self.bzky.load(self.connection, bzky).await?;
        self.time.load(self.connection, time).await?;
        self.deposits.load(self.connection, deposits).await
    }

    fn transfer(
        &mut self,
        place: Place,
        contract: AccountId,
        transfer: &bizkey_primitives::events::Transfer,
    ) -> Result<()> {
        let now = self.stamp;
        if contract == self.network.contracts.bzky {
            move_tokens(&mut self.bzky, place, now, transfer)
        } else if contract == self.network.contracts.time {
            move_tokens(&mut self.time, place, now, transfer)
        } else {
            Ok(())
        }
    }
}

fn is_transfer(event: &Event) -> bool {
    matches!(event, Event::Transfer(_))
}

fn is_batch(event: &Event) -> bool {
    matches!(event, Event::BatchRecorded(_))
}

/// Zero, and from an account to itself, moves nothing and leaves the
/// checkpoints alone, as in the contract (`bzky`, transfer).
fn move_tokens<E: super::ledger::Entry>(
    ledger: &mut Ledger<E>,
    place: Place,
    now: Stamp,
    transfer: &bizkey_primitives::events::Transfer,
) -> Result<()> {
    if transfer.value == 0 || transfer.from == transfer.to {
        return Ok(());
    }
    if let Some(from) = &transfer.from {
        ledger.debit(place, now, from, transfer.value)?;
    }
    if let Some(to) = &transfer.to {
        ledger.credit(place, now, to, transfer.value)?;
    }
    Ok(())
}
