//! One block, one transaction: all its rows and the checkpoint, or nothing.

mod batches;
mod parties;
mod rewards;
mod roll_back;

use super::{
    change_log::ChangeLog,
    connect::Store,
    ledger::{Bzky, CheckpointLedger, Deposits, Ledger, Place, Time},
    read::blocks::last_block,
    sql::{execute, values, Value},
};
use crate::{
    error::{before_genesis, During},
    model::{hex, Checkpoint, Network},
    sync::source::{Block, ContractEvent},
    Error, Result,
};
use bizkey_primitives::{events::Event, AccountId, Epoch, Stamp};
use sqlx::AnyConnection;
use std::collections::BTreeSet;

/// What a block brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Batches of receipts.
    pub batches: u64,
    /// Receipts that could be read.
    pub receipts: u64,
}

impl Store {
    /// Writes all rows of a final block and the checkpoint in one transaction.
    /// The block must continue the stored ones, which become final with it; the
    /// first is the network's first.
    ///
    /// # Errors
    /// [`Error::WrongBlock`], [`Error::ParentMismatch`], [`Error::TimeWentBack`],
    /// [`Error::Inconsistent`], [`Error::Database`]. Nothing was changed, except
    /// that a commit may have happened although its answer was lost: read the
    /// checkpoint before trying again.
    pub async fn apply(&self, block: &Block) -> Result<Applied> {
        self.write(block, false).await
    }

    /// As [`Self::apply`], of a block that may still go back: what it changes
    /// is kept until it is final, so that [`Self::roll_back`] can undo it.
    ///
    /// # Errors
    /// Those of [`Self::apply`].
    pub async fn apply_hot(&self, block: &Block) -> Result<Applied> {
        self.write(block, true).await
    }

    async fn write(&self, block: &Block, hot: bool) -> Result<Applied> {
        let mut transaction = self.begin().await?;
        let last = last_block(&mut *transaction).await?;
        let stamp = self.network().calendar.stamp_at(block.timestamp_ms);
        continues(self.network(), last.map(|last| last.checkpoint), block, stamp)?;
        if !hot && last.is_some_and(|last| last.hot) {
            roll_back::forget(&mut transaction, block.number).await?;
        }
        let receipts_end = last.map_or(1, |last| last.receipts_end);
        let opens_epoch = last.is_none_or(|last| last.checkpoint.stamp != stamp);
        let log = ChangeLog::new(hot.then_some(block.number));
        let mut writer = Writer::new(&mut transaction, self.network(), block, stamp, log, receipts_end);
        if let (true, Some(epoch)) = (opens_epoch, stamp.checked_sub(1)) {
            writer.ensure_epoch(epoch).await?;
        }
        let applied = writer.write().await?;
        if hot {
            let sql = "INSERT INTO hot_blocks (number) VALUES ($1)";
            execute(&mut transaction, "storing that a block is not final", sql, values![block.number]).await?;
        }
        transaction.commit().await.during("committing a block")?;
        Ok(applied)
    }
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

/// Turns a block's events into rows.
struct Writer<'w> {
    connection: &'w mut AnyConnection,
    network: &'w Network,
    block: &'w Block,
    stamp: Stamp,
    log: ChangeLog,
    /// Number of the next receipt.
    receipts_end: u64,
    /// Highest customer index, once it was needed.
    customers: Option<u32>,
    applied: Applied,
    announced: u64,
    batch_rows: Vec<Value>,
    receipt_rows: Vec<Value>,
    reward_rows: Vec<Value>,
    bzky: CheckpointLedger<Bzky>,
    deposits: CheckpointLedger<Deposits>,
    time: Ledger<Time>,
}

impl<'w> Writer<'w> {
    fn new(
        connection: &'w mut AnyConnection,
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
            receipts_end,
            customers: None,
            applied: Applied::default(),
            announced: 0,
            batch_rows: Vec::new(),
            receipt_rows: Vec::new(),
            reward_rows: Vec::new(),
            bzky: CheckpointLedger::of_table(),
            deposits: CheckpointLedger::of_table(),
            time: Ledger::new(Time::INSERT),
        }
    }

    async fn write(mut self) -> Result<Applied> {
        self.load_balances().await?;
        for event in &self.block.events {
            if self.emitter(&event.event) == Some(event.contract) || is_transfer(&event.event) {
                self.event(event).await?;
            }
        }
        self.flush_receipts().await?;
        self.flush_rewards().await?;
        self.count_receipts().await?;
        self.bzky.save(self.connection, &mut self.log).await?;
        self.deposits.save(self.connection, &mut self.log).await?;
        self.time.save(self.connection, &mut self.log).await?;
        self.log.save(self.connection).await?;
        let block = self.block;
        let sql = "INSERT INTO blocks (number, hash, parent_hash, timestamp_ms, stamp, receipts_end)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = values![
            block.number,
            &block.hash[..],
            &block.parent_hash[..],
            block.timestamp_ms,
            self.stamp,
            self.receipts_end
        ];
        execute(self.connection, "storing a block", sql, values).await?;
        Ok(self.applied)
    }

    async fn event(&mut self, event: &ContractEvent) -> Result<()> {
        let place = Place { block: self.block.number, event: event.index };
        match &event.event {
            Event::Transfer(transfer) => self.transfer(place, event.contract, transfer)?,
            Event::PartyRegistered(event) => self.party_registered(event).await?,
            Event::AccountChanged(event) => self.account_changed(event).await?,
            Event::CapitalAttested(event) => self.capital_attested(place, event).await?,
            Event::StatusChanged(event) => self.status_changed(place, event).await?,
            Event::HoldPlaced(event) => self.hold_placed(place, event).await?,
            Event::DeviceRegistered(event) => self.device_registered(event).await?,
            Event::DeviceStateChanged(event) => self.device_state_changed(event).await?,
            Event::BatchRecorded(event) => self.batch_recorded(place, event).await?,
            Event::ReceiptVoided(event) => self.receipt_voided(place, event).await?,
            Event::DepositLocked(event) => self.deposit_locked(place, event).await?,
            Event::ReturnConfirmed(event) => self.return_confirmed(event).await?,
            Event::DepositReleased(event) => self.deposit_released(place, event).await?,
            Event::DepositPenalised(event) => {
                self.deposit_taken(place, event.device, &event.depositor, event.amount).await?;
            }
            Event::DepositSeized(event) => {
                self.deposit_taken(place, event.device, &event.depositor, event.amount).await?;
            }
            Event::DeviceTransferred(event) => self.device_transferred(place, event).await?,
            Event::DepositorChanged(event) => self.depositor_changed(place, event).await?,
            Event::CommitteeChanged(event) => self.committee_changed(place, event).await?,
            Event::ReportSubmitted(event) => self.report_submitted(place, event).await?,
            Event::ReportPending(event) => self.report_pending(event).await?,
            Event::EpochFinalised(event) => self.epoch_finalised(event).await?,
            Event::EpochVoided(event) => self.epoch_voided(event).await?,
            Event::RewardsPaid(event) => self.rewards_paid(place, event).await?,
            // Of no row.
            _ => {}
        }
        Ok(())
    }

    /// The one contract whose event of this kind makes a row; `None` for those
    /// of tokens and for those that make none.
    fn emitter(&self, event: &Event) -> Option<AccountId> {
        let contracts = &self.network.contracts;
        Some(match event {
            Event::PartyRegistered(_)
            | Event::AccountChanged(_)
            | Event::CapitalAttested(_)
            | Event::StatusChanged(_)
            | Event::HoldPlaced(_) => contracts.registry,
            Event::DeviceRegistered(_)
            | Event::DeviceStateChanged(_)
            | Event::BatchRecorded(_)
            | Event::ReceiptVoided(_) => contracts.receipts,
            Event::DepositLocked(_)
            | Event::ReturnConfirmed(_)
            | Event::DepositReleased(_)
            | Event::DepositPenalised(_)
            | Event::DepositSeized(_)
            | Event::DeviceTransferred(_)
            | Event::DepositorChanged(_) => contracts.pos_deposit,
            Event::CommitteeChanged(_)
            | Event::ReportSubmitted(_)
            | Event::ReportPending(_)
            | Event::EpochFinalised(_)
            | Event::EpochVoided(_)
            | Event::RewardsPaid(_) => contracts.rewards,
            _ => return None,
        })
    }

    /// The epoch of the block.
    fn epoch(&self, place: Place) -> Result<Epoch> {
        self.stamp.checked_sub(1).ok_or_else(|| before_genesis(place.block, place.event))
    }

    /// Loads the balances of all accounts that the block touches.
    async fn load_balances(&mut self) -> Result<()> {
        let contracts = self.network.contracts;
        let (mut bzky, mut time, mut deposits) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for ContractEvent { contract, event, .. } in &self.block.events {
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
