//! Blocks into parties, balances and epochs.

use super::{
    order::{BlockOrder, OrderError},
    rules::{Dated, Rules},
    Balances,
};
use crate::{
    report::Holding,
    scoring::{EpochInput, ReceiptId, ReceiptInput, Standing, UnknownAlgorithm},
    source::EpochFacts,
};
use bizkey_client::{Block, ContractEvent, ContractKind};
use bizkey_primitives::{
    calendar::{stamp, Calendar},
    events::{BatchRecorded, Event, Transfer},
    membership::Business,
    party::{Capital, HoldingIndex, Status},
    receipt::decode_payload,
    AccountId, Balance, Epoch, MerchantIndex, Side, Stamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// Why a chain cannot be folded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Blocks are read one after the other.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// An event contradicts those before it.
    #[error("event {event} of block {block}: {what}; was the first block of the deployment given too late?")]
    Inconsistent {
        /// The block.
        block: u32,
        /// Position of the event in it.
        event: u32,
        /// The contradiction.
        what: &'static str,
    },
    /// An epoch is over that this program cannot score.
    #[error("epoch {epoch} cannot be scored: {cause}")]
    UnknownAlgorithm {
        /// The epoch.
        epoch: Epoch,
        /// The version set for it.
        cause: UnknownAlgorithm,
    },
}

/// What `receipts` counts of an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EpochCounts {
    /// Merchants with a batch.
    pub merchants_seen: u32,
    /// Receipts that the batches announce.
    pub receipts_in: u64,
}

#[derive(Clone, Debug, Default)]
struct Parties {
    /// By index, from 1.
    accounts: Vec<AccountId>,
    /// Those that are not active.
    marked: BTreeMap<u32, Status>,
}

/// The epoch that is being recorded.
#[derive(Clone, Debug, Default)]
struct OpenEpoch {
    receipts: Vec<ReceiptInput>,
    voids: Vec<ReceiptId>,
    merchants_seen: BTreeSet<MerchantIndex>,
    receipts_in: u64,
}

/// The network's state after the blocks given to it.
#[derive(Clone, Debug)]
pub struct Ledger {
    calendar: Calendar,
    order: BlockOrder,
    /// Stamp of the epoch that is open; 0 before genesis.
    now: Stamp,
    merchants: Parties,
    customers: Parties,
    capital: BTreeMap<MerchantIndex, Dated<Capital>>,
    businesses: BTreeMap<MerchantIndex, Dated<Business>>,
    rules: Rules,
    bzky: Balances,
    deposits: Balances,
    open: OpenEpoch,
    counts: BTreeMap<Epoch, EpochCounts>,
}

impl Ledger {
    /// The state before a network's first block.
    #[must_use]
    pub fn new(calendar: Calendar) -> Self {
        Self {
            calendar,
            order: BlockOrder::default(),
            now: 0,
            merchants: Parties::default(),
            customers: Parties::default(),
            capital: BTreeMap::new(),
            businesses: BTreeMap::new(),
            rules: Rules::default(),
            bzky: Balances::default(),
            deposits: Balances::default(),
            open: OpenEpoch::default(),
            counts: BTreeMap::new(),
        }
    }

    /// Enters a block: closes the epochs that end before it, empty ones too,
    /// and returns their facts in order. Its events are to be given to
    /// [`Ledger::apply`] next, in order.
    ///
    /// # Errors
    /// [`LedgerError::Order`], [`LedgerError::UnknownAlgorithm`].
    pub fn enter(&mut self, block: &Block) -> Result<Vec<EpochFacts>, LedgerError> {
        self.order.enter(block)?;
        let now = self.calendar.stamp_at(block.timestamp_ms);
        let mut closed = Vec::new();
        while self.now < now {
            if let Some(epoch) = self.now.checked_sub(1) {
                closed.push(self.close(epoch)?);
            }
            self.now = self.now.saturating_add(1);
        }
        Ok(closed)
    }

    /// Books one event of the block entered last.
    ///
    /// # Errors
    /// [`LedgerError::Inconsistent`].
    pub fn apply(&mut self, event: &ContractEvent) -> Result<(), LedgerError> {
        self.book(event).map_err(|what| LedgerError::Inconsistent {
            block: self.order.last().unwrap_or(0),
            event: event.index,
            what,
        })
    }

    fn book(&mut self, event: &ContractEvent) -> Result<(), &'static str> {
        let now = self.now;
        match (event.kind, &event.event) {
            (ContractKind::Bzky, Event::Transfer(transfer)) => self.transfer(transfer)?,
            (ContractKind::Registry, Event::PartyRegistered(party)) => {
                let accounts = &mut self.parties_mut(party.side).accounts;
                if accounts.len().checked_add(1) != usize::try_from(party.index).ok() {
                    return Err("a party's index does not follow the one before");
                }
                accounts.push(party.account);
            }
            (ContractKind::Registry, Event::StatusChanged(change)) => {
                let marked = &mut self.parties_mut(change.side).marked;
                match change.status {
                    Status::Active => marked.remove(&change.index),
                    status => marked.insert(change.index, status),
                };
            }
            (ContractKind::Registry, Event::CapitalAttested(attested)) => {
                self.capital.entry(attested.merchant).or_default().push(attested.from_epoch, attested.capital);
            }
            (ContractKind::Registry, Event::BusinessAttested(attested)) => {
                self.businesses.entry(attested.merchant).or_default().push(attested.from_epoch, attested.business);
            }
            (ContractKind::Receipts, Event::BatchRecorded(batch)) => self.batch(batch)?,
            (ContractKind::Receipts, Event::ReceiptVoided(void)) => {
                self.open.voids.push(ReceiptId { device: void.device, seq: void.seq, index: void.index });
            }
            (ContractKind::PosDeposit, Event::DepositLocked(locked)) => {
                self.deposits.add(locked.depositor, now, locked.amount).ok_or("a deposit passes its type")?;
            }
            (ContractKind::PosDeposit, Event::DepositReleased(released)) => {
                self.take(released.depositor, released.amount)?;
            }
            (ContractKind::PosDeposit, Event::DepositPenalised(taken)) => self.take(taken.depositor, taken.amount)?,
            (ContractKind::PosDeposit, Event::DepositSeized(taken)) => self.take(taken.depositor, taken.amount)?,
            (ContractKind::PosDeposit, Event::DepositorChanged(moved)) => {
                self.take(moved.before, moved.amount)?;
                self.deposits.add(moved.account, now, moved.amount).ok_or("a deposit passes its type")?;
            }
            (ContractKind::Registry, Event::AccountChanged(changed)) => {
                let position = usize::try_from(changed.index).ok().and_then(|index| index.checked_sub(1));
                let accounts = &mut self.parties_mut(changed.side).accounts;
                let account = position.and_then(|position| accounts.get_mut(position));
                *account.ok_or("a party that nobody registered changes its account")? = changed.account;
            }
            _ => self.rules.book(now, event),
        }
        Ok(())
    }

    /// Takes a part of what an account has deposited.
    fn take(&mut self, depositor: AccountId, amount: Balance) -> Result<(), &'static str> {
        self.deposits.subtract(depositor, self.now, amount).map(drop).ok_or("more was taken than deposited")
    }

    /// Zero, and from an account to itself, moves nothing and leaves the
    /// checkpoints alone, as in the contract.
    fn transfer(&mut self, transfer: &Transfer) -> Result<(), &'static str> {
        if transfer.value == 0 || transfer.from == transfer.to {
            return Ok(());
        }
        if let Some(from) = transfer.from {
            self.bzky.subtract(from, self.now, transfer.value).ok_or("an account pays more than it has")?;
        }
        if let Some(to) = transfer.to {
            self.bzky.add(to, self.now, transfer.value).ok_or("a balance passes its type")?;
        }
        Ok(())
    }

    fn batch(&mut self, batch: &BatchRecorded) -> Result<(), &'static str> {
        if self.now == 0 {
            return Err("a batch was recorded before genesis");
        }
        self.open.merchants_seen.insert(batch.merchant);
        self.open.receipts_in = self.open.receipts_in.saturating_add(u64::from(batch.count));
        // What does not decode is no receipt.
        let Some(payload) = decode_payload(batch.count, &batch.payload) else { return Ok(()) };
        for (index, receipt) in (0u16..).zip(payload.receipts) {
            let known = self.account(Side::Customer, receipt.customer).is_some();
            self.open.receipts.push(ReceiptInput {
                id: ReceiptId { device: batch.device, seq: batch.seq, index },
                merchant: batch.merchant,
                customer: known.then_some(receipt.customer),
                channel: receipt.channel,
                rail: receipt.rail,
                amount: receipt.amount,
                reference: receipt.reference,
            });
        }
        Ok(())
    }

    fn close(&mut self, epoch: Epoch) -> Result<EpochFacts, LedgerError> {
        let algorithm = self.rules.algorithm(epoch);
        let algorithm = algorithm.map_err(|cause| LedgerError::UnknownAlgorithm { epoch, cause })?;
        let open = std::mem::take(&mut self.open);
        let counts = EpochCounts {
            // Merchants are indexed by a u32.
            merchants_seen: u32::try_from(open.merchants_seen.len()).unwrap_or(u32::MAX),
            receipts_in: open.receipts_in,
        };
        self.counts.insert(epoch, counts);
        let with_receipts: BTreeSet<MerchantIndex> = open.receipts.iter().map(|receipt| receipt.merchant).collect();
        let capital = |merchant: &MerchantIndex| Some((*merchant, self.capital.get(merchant)?.at(epoch)?));
        let business = |merchant: &MerchantIndex| Some((*merchant, self.businesses.get(merchant)?.at(epoch)?));
        let input = EpochInput {
            epoch,
            algorithm,
            parameters: self.rules.parameters(epoch),
            capital: with_receipts.iter().filter_map(capital).collect(),
            businesses: with_receipts.iter().filter_map(business).collect(),
            receipts: open.receipts,
            voids: open.voids,
            merchants: Standing::new(self.merchants.marked.clone()),
            customers: Standing::new(self.customers.marked.clone()),
        };
        let holdings = with_receipts.iter().map(|merchant| (*merchant, self.holding(*merchant, epoch))).collect();
        Ok(EpochFacts { input, holdings })
    }

    fn holding(&self, merchant: MerchantIndex, epoch: Epoch) -> Holding {
        let Some(account) = self.account(Side::Merchant, merchant) else { return Holding::default() };
        let (bzky, free) = self.bzky.low(&account, stamp(epoch));
        let (pos_deposit, deposit) = self.deposits.low(&account, stamp(epoch));
        // Both are parts of the supply of Bzky.
        Holding { amount: free.saturating_add(deposit), index: HoldingIndex { bzky, pos_deposit } }
    }

    fn parties(&self, side: Side) -> &Parties {
        match side {
            Side::Merchant => &self.merchants,
            Side::Customer => &self.customers,
        }
    }

    fn parties_mut(&mut self, side: Side) -> &mut Parties {
        match side {
            Side::Merchant => &mut self.merchants,
            Side::Customer => &mut self.customers,
        }
    }

    /// A party's present account.
    #[must_use]
    pub fn account(&self, side: Side, index: u32) -> Option<AccountId> {
        let position = usize::try_from(index.checked_sub(1)?).ok()?;
        self.parties(side).accounts.get(position).copied()
    }

    /// Parties registered so far.
    #[must_use]
    pub fn registered(&self, side: Side) -> u32 {
        u32::try_from(self.parties(side).accounts.len()).unwrap_or(u32::MAX)
    }

    /// What `receipts` counted in a closed epoch; zeros for one that is not closed.
    #[must_use]
    pub fn counts(&self, epoch: Epoch) -> EpochCounts {
        self.counts.get(&epoch).copied().unwrap_or_default()
    }

    /// Free Bzky, with the lowest balance of the open epoch.
    #[must_use]
    pub fn bzky(&self) -> &Balances {
        &self.bzky
    }

    /// Deposited Bzky by depositor; likewise.
    #[must_use]
    pub fn deposits(&self) -> &Balances {
        &self.deposits
    }

    /// The first epoch that is not closed.
    #[must_use]
    pub fn open_epoch(&self) -> Epoch {
        self.now.saturating_sub(1)
    }
}
