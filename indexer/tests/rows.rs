//! What a block's events become: properties over random histories.

use crate::common::{account, apply_all, network, random, Chain, Sqlite};
use bizkey_indexer::{
    model::{Receipt, ReceiptFilter, Validity, Void},
    Block, Store,
};
use bizkey_primitives::{
    calendar::stamp,
    checkpoint::{Checkpoint, Live},
    events::Event,
    party::Status,
    receipt::decode_payload,
    report::EpochState,
    AccountId, Balance, Side, Stamp,
};
use proptest::prelude::*;
use std::{collections::BTreeMap, future::Future};

fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

async fn index(store: &Store, chain: &Chain) {
    apply_all(store, &chain.blocks).await;
}

fn epoch_of(block: &Block) -> Option<u32> {
    network().calendar.epoch_at(block.timestamp_ms)
}

/// The plain reading of the rules, event by event.
fn expected_receipts(chain: &Chain) -> (Vec<Receipt>, Vec<Void>, BTreeMap<u32, u64>) {
    let (mut receipts, mut voids, mut undecodable) = (Vec::<Receipt>::new(), Vec::new(), BTreeMap::new());
    let mut customers = 0;
    for block in &chain.blocks {
        for event in &block.events {
            match &event.event {
                Event::PartyRegistered(party) if party.side == Side::Customer => customers = party.index,
                Event::BatchRecorded(batch) => {
                    let epoch = epoch_of(block).unwrap();
                    let payload = decode_payload(batch.count, &batch.payload);
                    let lost = payload.as_ref().map_or(batch.count, |payload| payload.undecodable);
                    *undecodable.entry(batch.device).or_default() += u64::from(lost);
                    let Some(payload) = payload else { continue };
                    let mut at_ms = payload.header.at_ms;
                    for (position, sale) in payload.receipts.iter().enumerate() {
                        at_ms += u64::from(sale.delta_seconds) * 1000;
                        receipts.push(Receipt {
                            id: receipts.len() as u64 + 1,
                            device: batch.device,
                            seq: batch.seq,
                            position: position as u16,
                            block: block.number,
                            epoch,
                            merchant: batch.merchant,
                            customer: (sale.customer > 0 && sale.customer <= customers).then_some(sale.customer),
                            channel: sale.channel,
                            rail: sale.rail,
                            amount: sale.amount,
                            reference: sale.reference,
                            at_ms,
                            validity: match sale.amount {
                                0 => Validity::ZeroAmount,
                                amount if amount < 1 << 48 => Validity::Valid,
                                _ => Validity::AmountTooLarge,
                            },
                            voided_epoch: None,
                        });
                    }
                }
                Event::ReceiptVoided(void) => {
                    let epoch = epoch_of(block).unwrap();
                    let place = (void.device, void.seq, void.index);
                    let found = receipts.iter_mut().find(|r| (r.device, r.seq, r.position) == place);
                    if let Some(receipt) = found.filter(|receipt| receipt.voided_epoch.is_none()) {
                        receipt.voided_epoch = Some(epoch);
                        voids.push(Void { epoch, block: block.number, receipt: receipt.clone() });
                    }
                }
                _ => {}
            }
        }
    }
    (receipts, voids, undecodable)
}

/// A contract's list of checkpoints, kept as the contract keeps it.
#[derive(Default)]
struct Holdings {
    live: BTreeMap<AccountId, Live>,
    closed: BTreeMap<(AccountId, u32), Checkpoint>,
}

impl Holdings {
    fn change(&mut self, account: AccountId, now: Stamp, with: impl Fn(Balance) -> Balance) {
        let live = self.live.get(&account).copied();
        let (next, closed) = Live::change(live, now, with(live.map_or(0, |live| live.last.close)));
        self.live.insert(account, next);
        if let Some((position, checkpoint)) = closed {
            self.closed.insert((account, position), checkpoint);
        }
    }

    fn low(&self, account: AccountId, epoch: u32) -> (u32, Balance) {
        let live = self.live.get(&account).copied();
        let stored = |position| self.closed.get(&(account, position)).copied();
        let position = Live::index_at(live, stamp(epoch), stored);
        (position, Live::low_at(live, stamp(epoch), position, stored).unwrap())
    }
}

fn expected_holdings(chain: &Chain) -> (Holdings, Holdings) {
    let (mut bzky, mut deposits) = (Holdings::default(), Holdings::default());
    for block in &chain.blocks {
        let now = network().calendar.stamp_at(block.timestamp_ms);
        for event in &block.events {
            match &event.event {
                Event::Transfer(transfer)
                    if event.contract == network().contracts.bzky
                        && transfer.value > 0
                        && transfer.from != transfer.to =>
                {
                    if let Some(from) = transfer.from {
                        bzky.change(from, now, |balance| balance - transfer.value);
                    }
                    if let Some(to) = transfer.to {
                        bzky.change(to, now, |balance| balance + transfer.value);
                    }
                }
                Event::DepositLocked(lock) => deposits.change(lock.depositor, now, |balance| balance + lock.amount),
                Event::DepositReleased(back) => deposits.change(back.depositor, now, |balance| balance - back.amount),
                Event::DepositPenalised(taken) => {
                    deposits.change(taken.depositor, now, |balance| balance - taken.amount);
                }
                Event::DepositSeized(taken) => deposits.change(taken.depositor, now, |balance| balance - taken.amount),
                Event::DepositorChanged(moved) => {
                    deposits.change(moved.before, now, |balance| balance - moved.amount);
                    deposits.change(moved.account, now, |balance| balance + moved.amount);
                }
                _ => {}
            }
        }
    }
    (bzky, deposits)
}

/// The account of a shop at the close of an epoch, as `registry.account_at`.
fn account_at(chain: &Chain, merchant: u32, epoch: u32) -> AccountId {
    let until = chain.blocks.iter().filter(|block| network().calendar.stamp_at(block.timestamp_ms) <= stamp(epoch));
    let mut changes = until.flat_map(|block| &block.events).filter_map(|event| match &event.event {
        Event::AccountChanged(changed) if changed.index == merchant => Some(changed.account),
        _ => None,
    });
    changes.next_back().unwrap_or(account(merchant as u8))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn receipts_and_voids_come_back_as_they_were_recorded(plan in random::plan(14)) {
        let chain = random::chain_of(&plan);
        let (receipts, voids, undecodable) = expected_receipts(&chain);
        let last_epoch = chain.blocks.last().and_then(epoch_of).unwrap_or(0);
        wait(async {
            let sqlite = Sqlite::new();
            let store = sqlite.open().await;
            index(&store, &chain).await;
            let mut all = Vec::new();
            for epoch in 0..last_epoch + 2 {
                let of_epoch = store.receipts_of_epoch(epoch).await.unwrap();
                let expected: Vec<_> = receipts.iter().filter(|receipt| receipt.epoch == epoch).cloned().collect();
                prop_assert_eq!(&of_epoch, &expected);
                all.extend(of_epoch);
                let expected: Vec<_> = voids.iter().filter(|void| void.epoch == epoch)
                    .map(|void| (void.block, void.receipt.id)).collect();
                let booked = store.voids_of_epoch(epoch).await.unwrap();
                prop_assert_eq!(booked.iter().map(|void| (void.block, void.receipt.id)).collect::<Vec<_>>(), expected);
                prop_assert!(booked.iter().all(|void| void.receipt.voided_epoch == Some(epoch)));
            }
            prop_assert_eq!(&all, &receipts);
            // Every filter, page by page, is the plain filter of the whole list.
            for (merchant, customer, epoch) in [(Some(1), None, None), (None, Some(1), None), (Some(2), None, Some(0)),
                (Some(1), Some(1), Some(1)), (None, None, None)] {
                let filter = ReceiptFilter { merchant, customer, epoch };
                let expected: Vec<_> = receipts.iter().filter(|r| merchant.is_none_or(|m| r.merchant == m)
                    && customer.is_none_or(|c| r.customer == Some(c)) && epoch.is_none_or(|e| r.epoch == e)).cloned().collect();
                let mut found: Vec<Receipt> = Vec::new();
                loop {
                    let page = store.receipts(filter, found.last().map_or(0, |r| r.id), 7).await.unwrap();
                    if page.is_empty() { break }
                    prop_assert!(page.len() <= 7);
                    found.extend(page);
                }
                prop_assert_eq!(found, expected);
            }
            let dump = crate::common::dump(&sqlite.url).await;
            let stored: u64 = dump["batches"].iter().map(|row| figure(row, "undecodable")).sum();
            prop_assert_eq!(stored, undecodable.values().sum::<u64>());
            Ok(())
        })?;
    }

    #[test]
    fn lowest_balances_and_their_positions_are_those_of_the_contracts(plan in random::plan(14)) {
        let chain = random::chain_of(&plan);
        let (bzky, deposits) = expected_holdings(&chain);
        let last_epoch = chain.blocks.last().and_then(epoch_of).unwrap_or(0);
        wait(async {
            let sqlite = Sqlite::new();
            let store = sqlite.open().await;
            index(&store, &chain).await;
            for epoch in 0..last_epoch + 2 {
                for number in 1..8 {
                    let account = account(number);
                    let low = store.bzky_low(&account, epoch).await.unwrap();
                    prop_assert_eq!((low.position, low.low), bzky.low(account, epoch));
                    let low = store.deposit_low(&account, epoch).await.unwrap();
                    prop_assert_eq!((low.position, low.low), deposits.low(account, epoch));
                }
                let holdings = store.holdings_at(epoch).await.unwrap();
                prop_assert_eq!(holdings.len(), random::DEVICES as usize);
                for holding in holdings {
                    prop_assert_eq!(holding.account, account_at(&chain, holding.merchant, epoch));
                    prop_assert_eq!((holding.bzky.position, holding.bzky.low), bzky.low(holding.account, epoch));
                    prop_assert_eq!((holding.deposit.position, holding.deposit.low), deposits.low(holding.account, epoch));
                }
            }
            for number in 1..8 {
                let live = bzky.live.get(&account(number)).map_or(0, |live| live.last.close);
                prop_assert_eq!(store.bzky_balance(&account(number)).await.unwrap(), live);
            }
            Ok(())
        })?;
    }

    #[test]
    fn standing_capital_and_payouts_follow_their_events(plan in random::plan(14)) {
        let chain = random::chain_of(&plan);
        let last_epoch = chain.blocks.last().and_then(epoch_of).unwrap_or(0);
        wait(async {
            let sqlite = Sqlite::new();
            let store = sqlite.open().await;
            index(&store, &chain).await;
            for epoch in 0..=last_epoch {
                let mut at_close: BTreeMap<u32, Status> = BTreeMap::new();
                let mut capital = BTreeMap::new();
                let (mut is_final, mut reports, mut opened_later) = (false, 0, 0);
                for block in &chain.blocks {
                    for event in &block.events {
                        match &event.event {
                            Event::StatusChanged(change) if epoch_of(block) <= Some(epoch) => {
                                at_close.insert(change.index, change.status);
                            }
                            Event::CapitalAttested(attested) if attested.from_epoch <= epoch => {
                                capital.insert(attested.merchant, attested.capital);
                            }
                            Event::EpochFinalised(settled) => is_final |= settled.epoch == epoch,
                            Event::ReportSubmitted(report) => reports += usize::from(report.epoch == epoch),
                            Event::DeferredRewardPaid(paid) if paid.epoch == epoch => opened_later += paid.amount,
                            _ => {}
                        }
                    }
                }
                for merchant in 1..=random::DEVICES {
                    let status = at_close.get(&merchant).copied().unwrap_or_default();
                    prop_assert_eq!(store.status_at(Side::Merchant, merchant, epoch).await.unwrap(), status);
                    let attested = capital.get(&merchant).copied();
                    prop_assert_eq!(store.capital_at(merchant, epoch).await.unwrap(), attested);
                }
                at_close.retain(|_, status| *status != Status::Active);
                let changed = store.statuses_at(Side::Merchant, epoch).await.unwrap();
                prop_assert_eq!(changed, at_close.into_iter().collect::<Vec<_>>());
                if is_final {
                    let summary = store.epoch(epoch).await.unwrap().unwrap();
                    prop_assert_eq!(summary.state, EpochState::Final);
                    prop_assert_eq!(summary.report.unwrap().merchants.sum_v1, u128::MAX - 1);
                    prop_assert_eq!((summary.merchants.emission, summary.merchants.paid), (200, 70 + opened_later));
                    prop_assert_eq!((summary.customers.reserved, summary.customers.paid), (150, 30));
                    prop_assert_eq!(store.reports(epoch).await.unwrap().len(), reports);
                    let paid = store.rewards_of_epoch(Side::Merchant, epoch).await.unwrap();
                    prop_assert_eq!(paid.iter().map(|r| (r.index, r.amount)).collect::<Vec<_>>(), [(1, 10), (2, 20), (4, 40)]);
                }
            }
            prop_assert_eq!(store.committee_at(last_epoch).await.unwrap().unwrap().members.len(), 3);
            Ok(())
        })?;
    }
}

fn figure(row: &str, column: &str) -> u64 {
    let value = row.split(' ').find_map(|field| field.strip_prefix(&format!("{column}="))).unwrap();
    value.parse().unwrap()
}
