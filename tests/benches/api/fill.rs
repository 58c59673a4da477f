//! A history into the database, through the indexer's own writer.

use crate::{
    common::report::rate,
    database::{network, Database},
};
use anyhow::ensure;
use bizkey_indexer::{scores::keep_epoch, Block, ContractEvent, Store};
use bizkey_tests::history::{self, History};
use std::time::{Duration, Instant};

/// Blocks, and events in them, of one transaction: a few thousand rows.
const BLOCKS: usize = 128;
const EVENTS: usize = 1_024;
/// How often it says how far it is.
const SAID_EVERY: Duration = Duration::from_secs(10);

/// What the database holds.
#[derive(Clone, Copy, Debug)]
pub struct Filled {
    /// Receipts.
    pub receipts: u64,
    /// The last block.
    pub block: u32,
    /// Size on disk, bytes.
    pub bytes: i64,
}

/// Stores the history and the scores of its epochs; of a database that holds
/// it already, checks that it does.
///
/// # Errors
/// When the database refuses, or holds something else.
pub async fn fill(database: &Database, history: &mut History) -> anyhow::Result<Filled> {
    let store = Store::open(database.url(), &network()).await?;
    if store.checkpoint().await?.is_none() {
        store_blocks(&store, history).await?;
    } else {
        history.by_ref().for_each(drop);
    }
    let (block, receipts) = (history.last_block(), history.receipts());
    let stored = store.checkpoint().await?.map(|last| last.number);
    ensure!(stored == Some(block), "the database ends at block {stored:?}, its history at {block}: of other figures?");
    let last = store.receipts(Default::default(), receipts - 1, 2).await?;
    ensure!(last.len() == 1, "receipt {receipts} is not the last one of the database");
    let start = Instant::now();
    for text in history.texts() {
        store.keep_text(&text).await?;
    }
    println!("kept the texts of offers in {:.0} s", start.elapsed().as_secs_f64());
    keep_scores(&store).await?;
    store.close().await;
    println!("vacuum and analyze, as the server would do by itself in time");
    // Nothing of the filling is left to be written while answers are timed.
    for sql in ["VACUUM (ANALYZE)", "CHECKPOINT"] {
        database.run(sql).await?;
    }
    let bytes = database.bytes().await?;
    println!("{receipts} receipts in {} MiB, blocks up to {block}", bytes >> 20);
    Ok(Filled { receipts, block, bytes })
}

async fn store_blocks(store: &Store, history: &mut History) -> anyhow::Result<()> {
    let start = Instant::now();
    let (mut said, mut blocks, mut events, mut receipts) = (start, Vec::new(), 0, 0);
    for block in history.map(block_of) {
        events += block.events.len();
        blocks.push(block);
        if blocks.len() < BLOCKS && events < EVENTS {
            continue;
        }
        receipts += store.apply_all(&blocks).await?.receipts;
        if said.elapsed() > SAID_EVERY {
            said = Instant::now();
            let number = blocks.last().map_or(0, |block| block.number);
            println!("  block {number}: {receipts} receipts, {:.0} a second", rate(receipts, start.elapsed()));
        }
        blocks.clear();
        events = 0;
    }
    receipts += store.apply_all(&blocks).await?.receipts;
    let time = start.elapsed();
    println!("stored {receipts} receipts in {:.0} s: {:.0} a second", time.as_secs_f64(), rate(receipts, time));
    Ok(())
}

fn block_of(block: history::Block) -> Block {
    let history::Block { number, hash, parent_hash, timestamp_ms, events } = block;
    let events = (0..).zip(events).map(|(index, (contract, event))| ContractEvent { index, contract, event });
    Block { number, hash, parent_hash, timestamp_ms, events: events.collect() }
}

async fn keep_scores(store: &Store) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut said = start;
    while let Some(epoch) = keep_epoch(store).await? {
        if said.elapsed() > SAID_EVERY {
            said = Instant::now();
            println!("  scores up to epoch {epoch} in {:.0} s", start.elapsed().as_secs_f64());
        }
    }
    println!("kept the scores in {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}
