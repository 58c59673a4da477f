//! Day by day: receipts through the gateway, epochs closed, rewards paid.

use super::{
    files::{CustomerRow, EpochRow, Files, MerchantRow},
    input::{day_name, Input, ReceiptRow, Rejected},
    world::World,
};
use crate::system::{System, DAY_MS};
use anyhow::{ensure, Context};
use bizkey_devchain::{Clock, Devchain};
use bizkey_gateway::{
    gateway::Stored,
    payment::{Method, SignedTicket},
    NewPayment,
};
use bizkey_oracle::{committee::Service, rows};
use bizkey_primitives::{ticket::Ticket, Epoch, Hash, Side};
use indicatif::ProgressBar;
use std::collections::{BTreeMap, HashSet};

/// Window of a report in the demo, the network's default: two hours.
pub const WINDOW_MS: u64 = 2 * 60 * 60 * 1000;

/// When the last receipts of a day are sent: a second before midnight, so
/// that their blocks still belong to the day.
const LAST_FLUSH_MS: u64 = DAY_MS - 1_000;

/// What a demo came to.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Days played.
    pub days: u32,
    /// Receipts on chain.
    pub receipts: u64,
    /// Batches on chain.
    pub batches: u64,
    /// Paid to shops, smallest unit of Bzky.
    pub bzky: u128,
    /// Paid to customers, smallest unit of Time.
    pub time: u128,
    /// Days of shops that were rewarded.
    pub merchant_days: u64,
    /// Days of customers that were rewarded.
    pub customer_days: u64,
    /// The epochs, for the page of results.
    pub epochs: Vec<(String, EpochRow)>,
}

/// One run of the demo.
pub struct Play<'a> {
    /// The network.
    pub system: &'a mut System,
    /// Its chain.
    pub devchain: Devchain,
    /// Its oracle.
    pub oracle: Service,
    /// Everybody.
    pub world: &'a World,
    /// What is played.
    pub input: &'a Input,
    /// Where the rows go.
    pub files: Files,
    /// Receipts refused so far.
    pub rejected: Vec<Rejected>,
    /// What it came to so far.
    pub totals: Totals,
    /// Receipt ids taken so far.
    pub taken: HashSet<String>,
    /// The last nonce that a wallet chose.
    pub nonce: u64,
}

impl Play<'_> {
    /// Plays every day and closes every epoch.
    ///
    /// # Errors
    /// When a service fails.
    pub async fn run(&mut self, bar: &ProgressBar) -> anyhow::Result<()> {
        bar.set_length(u64::from(self.input.days));
        let receipts = &self.input.receipts;
        let mut next = 0;
        for epoch in 0..self.input.days {
            let end = self.start_ms(epoch + 1);
            let count = receipts[next..].partition_point(|receipt| receipt.at_ms < end);
            self.day(epoch, &receipts[next..next + count]).await?;
            next += count;
            bar.inc(1);
            bar.set_message(format!("{} receipts", self.totals.receipts));
            // Without a terminal the bar is silent; a log gets a line now and then.
            if bar.is_hidden() && (epoch + 1) % 10 == 0 {
                eprintln!("{} of {} days, {} receipts", epoch + 1, self.input.days, self.totals.receipts);
            }
        }
        // The last epoch closes as every other did: in the day after it.
        self.open_day(self.input.days).await?;
        self.pay(self.input.days).await
    }

    fn start_ms(&self, epoch: Epoch) -> u64 {
        self.input.launch_ms + u64::from(epoch) * DAY_MS
    }

    fn set_clock(&self, ms: u64) {
        self.devchain.set_clock(Clock::Manual(ms.max(self.devchain.now_ms())));
    }

    async fn day(&mut self, epoch: Epoch, receipts: &[ReceiptRow]) -> anyhow::Result<()> {
        self.open_day(epoch).await?;
        // Receipts before the window's end come first, as the clock has it.
        let due = self.start_ms(epoch) + WINDOW_MS + 60_000;
        let early = receipts.partition_point(|receipt| receipt.at_ms < due);
        self.take(epoch, &receipts[..early]).await?;
        self.pay(epoch).await?;
        self.take(epoch, &receipts[early..]).await?;
        self.set_clock(self.start_ms(epoch) + LAST_FLUSH_MS);
        let flushed = self.system.gateway.flush().await?;
        ensure!(flushed.failed == 0, "{} batches of epoch {epoch} did not reach the chain", flushed.failed);
        ensure!(
            self.devchain.finalized().timestamp_ms < self.start_ms(epoch + 1),
            "the receipts of epoch {epoch} did not fit before midnight"
        );
        self.totals.receipts += flushed.receipts;
        self.totals.batches += flushed.batches;
        self.totals.days += 1;
        Ok(())
    }

    /// Midnight: the epoch before is over, and the committee reports it.
    async fn open_day(&mut self, epoch: Epoch) -> anyhow::Result<()> {
        self.set_clock(self.start_ms(epoch));
        self.devchain.seal_block().await?;
        self.system.indexed().await?;
        self.oracle.step().await?;
        Ok(())
    }

    /// After the window: the epoch before is final, and everybody is paid.
    async fn pay(&mut self, epoch: Epoch) -> anyhow::Result<()> {
        let Some(closed) = epoch.checked_sub(1) else { return Ok(()) };
        self.set_clock(self.start_ms(epoch) + WINDOW_MS + 60_000);
        self.devchain.seal_block().await?;
        self.oracle.step().await?;
        self.system.indexed().await?;
        self.write(closed).await.with_context(|| format!("writing epoch {closed}"))
    }

    /// Takes receipts through the gateway; what it refuses is noted.
    async fn take(&mut self, epoch: Epoch, receipts: &[ReceiptRow]) -> anyhow::Result<()> {
        /// Payments in one database transaction.
        const TOGETHER: usize = 500;
        for chunk in receipts.chunks(TOGETHER) {
            let mut requests = Vec::with_capacity(chunk.len());
            let mut rows = Vec::with_capacity(chunk.len());
            for row in chunk {
                match self.payment(epoch, row) {
                    Ok(payment) => {
                        requests.push((payment, row.id.clone()));
                        rows.push(row);
                    }
                    Err(reason) => self.reject(row, reason),
                }
            }
            if let Some(last) = chunk.last() {
                self.set_clock(last.at_ms);
            }
            let answers = self.system.gateway.create_many(&requests).await?;
            for (row, answer) in rows.into_iter().zip(answers) {
                match answer {
                    Ok(Stored::New(_)) => {
                        self.taken.insert(row.id.clone());
                    }
                    Ok(Stored::Replayed(_)) => self.reject(row, "duplicate_receipt_id"),
                    Err(refused) if refused.code() == "idempotency_key_reused" => {
                        self.reject(row, "duplicate_receipt_id");
                    }
                    Err(refused) if is_outage(refused.code()) => return Err(refused.into()),
                    Err(refused) => self.reject(row, refused.code()),
                }
            }
        }
        Ok(())
    }

    fn reject(&mut self, row: &ReceiptRow, reason: &str) {
        self.rejected.push(Rejected { at_ms: Some(row.at_ms), receipt_id: row.id.clone(), reason: reason.to_owned() });
    }

    /// The payment that a till would ask for, with the ticket that the
    /// customer's wallet signs.
    fn payment(&mut self, epoch: Epoch, row: &ReceiptRow) -> Result<NewPayment, &'static str> {
        if self.taken.contains(&row.id) {
            return Err("duplicate_receipt_id");
        }
        let till = self.world.tills.get(&row.store_id).ok_or("unknown_shop")?;
        let customer = self.world.customers.get(&row.household_id);
        self.nonce += 1;
        let nonce = self.nonce;
        let ticket = customer.zip(u64::try_from(row.amount).ok()).map(|(customer, amount)| {
            let deployment = self.system.suite.deployment();
            let ticket = Ticket {
                genesis: Hash::from(deployment.genesis_hash),
                contract: *deployment.contracts.receipts.as_ref(),
                merchant: till.merchant,
                customer: customer.index,
                nonce,
                amount,
                expiry: epoch,
            };
            let signature = hex::encode(customer.wallet.sign(&ticket.signed_bytes()).0);
            SignedTicket { nonce, expiry: epoch, signature }
        });
        Ok(NewPayment {
            amount: row.amount,
            currency: None,
            method: Method::Cash,
            device: till.device,
            channel: row.channel,
            customer: customer.map(|customer| customer.index),
            ticket,
            at_ms: Some(row.at_ms),
        })
    }

    /// Adds a final epoch to the files.
    async fn write(&mut self, epoch: Epoch) -> anyhow::Result<()> {
        let index = &self.system.index;
        let summary = index.epoch(epoch).await?.context("the index does not know the epoch")?;
        let report = self.system.book.report(epoch).context("the epoch was not judged")?;
        let mut paid: [BTreeMap<u32, u128>; 2] = Default::default();
        for side in Side::ALL {
            let rewards = index.rewards_of_epoch(side, epoch).await?;
            paid[usize::from(side.code())] = rewards.into_iter().map(|reward| (reward.index, reward.amount)).collect();
        }
        let [bzky, time] = paid;
        let id = |ids: &[String], index: u32| {
            ids.get(index as usize - 1).cloned().with_context(|| format!("nobody has the index {index}"))
        };
        let mut merchants = Vec::new();
        for row in rows::merchants(&report, &summary.merchants) {
            merchants.push(MerchantRow {
                store_id: id(&self.world.store_ids, row.merchant)?,
                counts: row.counts,
                score: row.score,
                holding: row.holding,
                reward: bzky.get(&row.merchant).copied().unwrap_or(0),
            });
        }
        let mut customers = Vec::new();
        for row in rows::customers(&report, &summary.customers) {
            customers.push(CustomerRow {
                household_id: id(&self.world.household_ids, row.customer)?,
                sales: row.sales,
                reward: time.get(&row.customer).copied().unwrap_or(0),
            });
        }
        let mut sides = Vec::new();
        for (side, payout, paid) in
            [(Side::Merchant, &summary.merchants, &bzky), (Side::Customer, &summary.customers, &time)]
        {
            let row = rows::side(&report, side, payout);
            sides.push(EpochRow {
                epoch,
                side,
                root: row.root.into(),
                count: row.count,
                sum_v1: row.sum_v1,
                sum_v2: row.sum_v2,
                emission: payout.emission,
                paid: paid.values().sum(),
            });
        }
        let day = day_name(self.input.launch_ms / DAY_MS + u64::from(epoch));
        self.files.day(&day, &merchants, &customers, &sides)?;
        self.totals.bzky += bzky.values().sum::<u128>();
        self.totals.time += time.values().sum::<u128>();
        self.totals.merchant_days += merchants.len() as u64;
        self.totals.customer_days += customers.len() as u64;
        self.totals.epochs.extend(sides.into_iter().map(|row| (day.clone(), row)));
        Ok(())
    }
}

/// A failure of ours, not of the receipt.
fn is_outage(code: &str) -> bool {
    matches!(code, "store_unavailable" | "chain_unavailable")
}
