//! Budget: 77,000 receipts in 20,000 transactions index in under 30 s on
//! SQLite, every block a transaction of its own.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use bizkey_primitives::events::Event;
use common::{batch, sale, Chain, Sqlite};
use std::time::{Duration, Instant};

const BATCHES: u64 = 20_000;
const RECEIPTS: u64 = 77_000;
const EPOCHS: u64 = 181;

/// Batches of three to five receipts, spread over the epochs; one batch a block.
fn chain() -> Chain {
    let mut chain = Chain::default();
    let mut receipts = 0;
    for number in 0..BATCHES {
        let due = (number + 1) * RECEIPTS / BATCHES - receipts;
        receipts += due;
        let device = (number % 100) as u32 + 1;
        let sales: Vec<_> = (0..due).map(|position| sale(100 + position, (number % 2_000) as u32)).collect();
        let event: Event = batch(device, device, number / 100, &sales);
        chain.push_in((number * EPOCHS / BATCHES) as u32, vec![event]);
    }
    chain
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_year_of_a_town_indexes_within_thirty_seconds() {
    let chain = chain();
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    let begun = Instant::now();
    for block in &chain.blocks {
        store.apply(block).await.unwrap();
    }
    let taken = begun.elapsed();
    println!("{RECEIPTS} receipts in {BATCHES} blocks: {taken:?}");
    let mut found = 0;
    let reading = Instant::now();
    for epoch in 0..EPOCHS as u32 {
        found += store.receipts_of_epoch(epoch).await.unwrap().len() as u64;
    }
    println!("read back in {:?}", reading.elapsed());
    assert_eq!(found, RECEIPTS);
    assert!(taken < Duration::from_secs(30), "took {taken:?}");
}
