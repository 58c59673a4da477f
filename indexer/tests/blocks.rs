//! One block, one transaction: what is refused leaves nothing behind.

use crate::common::{apply_all, batch, dump, network, sale, transfer, Chain, Sqlite};
use bizkey_indexer::{Error, Store};
use bizkey_primitives::events::{Event, ReceiptVoided};

fn void(device: u32, seq: u64, index: u16) -> Event {
    Event::ReceiptVoided(ReceiptVoided { device, merchant: 1, seq, index })
}

#[tokio::test]
async fn a_block_that_fails_half_way_leaves_neither_rows_nor_checkpoint() {
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    let mut chain = Chain::default();
    chain.push_in(0, vec![transfer(None, Some(1), 10), batch(1, 1, 0, &[sale(5, 0)])]);
    store.apply(&chain.blocks[0]).await.unwrap();
    let before = dump(&sqlite.url).await;
    // The void writes the batch's receipts first; then the overdraft fails.
    let events = vec![batch(1, 1, 1, &[sale(6, 0), sale(7, 0)]), void(1, 1, 0), transfer(Some(1), Some(2), 11)];
    chain.push_in(1, events);
    let error = store.apply(&chain.blocks[1]).await.unwrap_err();
    assert!(matches!(error, Error::Inconsistent { event: 5, .. }), "{error}");
    assert_eq!(dump(&sqlite.url).await, before);
    assert_eq!(store.checkpoint().await.unwrap().unwrap().number, chain.blocks[0].number);
}

#[tokio::test]
async fn a_block_must_continue_the_stored_ones() {
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    let mut chain = Chain::default();
    for epoch in 0..4 {
        chain.push_in(epoch, vec![]);
    }
    let error = store.apply(&chain.blocks[1]).await.unwrap_err();
    assert!(matches!(error, Error::WrongBlock { .. }), "{error}");
    store.apply(&chain.blocks[0]).await.unwrap();
    store.apply(&chain.blocks[1]).await.unwrap();

    let mut forked = chain.blocks[2].clone();
    forked.parent_hash = [9; 32];
    let error = store.apply(&forked).await.unwrap_err();
    assert!(matches!(error, Error::ParentMismatch { .. }) && !error.is_transient(), "{error}");

    let mut early = chain.blocks[2].clone();
    early.timestamp_ms = 0;
    assert!(matches!(store.apply(&early).await, Err(Error::TimeWentBack { .. })));
    assert!(matches!(store.apply(&chain.blocks[1]).await, Err(Error::WrongBlock { .. })));
    assert!(matches!(store.apply(&chain.blocks[3]).await, Err(Error::WrongBlock { .. })));
    store.apply(&chain.blocks[2]).await.unwrap();
}

#[tokio::test]
async fn a_void_of_an_unknown_receipt_or_a_second_one_means_nothing() {
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    let mut chain = Chain::default();
    chain.push_in(0, vec![batch(1, 1, 0, &[sale(5, 0), sale(6, 0)]), void(1, 0, 1), void(1, 0, 1), void(1, 0, 2)]);
    chain.push_in(1, vec![void(1, 0, 1), void(1, 0, 0), void(2, 0, 0)]);
    apply_all(&store, &chain.blocks).await;
    let booked = |voids: Vec<bizkey_indexer::model::Void>| {
        voids.into_iter().map(|void| (void.receipt.position, void.receipt.counts())).collect::<Vec<_>>()
    };
    // Voided in its own epoch it does not count; voided later it still counted.
    assert_eq!(booked(store.voids_of_epoch(0).await.unwrap()), [(1, false)]);
    assert_eq!(booked(store.voids_of_epoch(1).await.unwrap()), [(0, true)]);
}

#[tokio::test]
async fn events_of_contracts_that_may_not_emit_them_are_ignored() {
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    let mut chain = Chain::default();
    let contracts = network().contracts;
    let events = vec![(contracts.bzky, batch(1, 1, 0, &[sale(5, 0)])), (contracts.vault, transfer(None, Some(1), 5))];
    chain.push(crate::common::GENESIS_MS, events);
    store.apply(&chain.blocks[0]).await.unwrap();
    let rows = dump(&sqlite.url).await;
    assert!(rows["batches"].is_empty() && rows["bzky_checkpoints"].is_empty() && rows["time_balances"].is_empty());
}

#[tokio::test]
async fn a_database_serves_one_network_only() {
    let sqlite = Sqlite::new();
    sqlite.open().await.close().await;
    let mut other = network();
    other.genesis_hash = [8; 32];
    let error = Store::open(&sqlite.url, &other).await.unwrap_err();
    assert!(matches!(error, Error::OtherNetwork { field: "genesis hash" }), "{error}");
    sqlite.open().await;
}

#[tokio::test]
async fn an_unknown_database_is_named_without_its_password() {
    let error = Store::open("mysql://me:secret@host/db", &network()).await.unwrap_err();
    assert_eq!(error.to_string(), "unknown database `mysql`: use sqlite://PATH or postgres://USER@HOST/NAME");
}
