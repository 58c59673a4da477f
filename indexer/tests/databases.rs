//! SQLite and PostgreSQL hold the same rows and give the same answers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use bizkey_indexer::{
    model::{ReceiptFilter, MAX_PAGE},
    Store,
};
use bizkey_primitives::Side;
use common::{account, dump, network, postgres::Cluster, random, Chain, Sqlite};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

/// Every reading function, as text.
async fn answers(store: &Store, epochs: u32) -> Vec<String> {
    let mut answers = vec![format!("{:?}", store.checkpoint().await.unwrap())];
    let mut say = |answer: String| answers.push(answer);
    for side in Side::ALL {
        say(format!("{:?}", store.parties(side).await.unwrap()));
    }
    say(format!("{:?}", store.epochs_from(0, MAX_PAGE).await.unwrap()));
    for epoch in 0..epochs {
        say(format!("{:?}", store.receipts_of_epoch(epoch).await.unwrap()));
        say(format!("{:?}", store.voids_of_epoch(epoch).await.unwrap()));
        say(format!("{:?}", store.epoch_counts(epoch).await.unwrap()));
        say(format!("{:?}", store.holdings_at(epoch).await.unwrap()));
        say(format!("{:?}", store.reports(epoch).await.unwrap()));
        say(format!("{:?}", store.statuses_at(Side::Merchant, epoch).await.unwrap()));
        say(format!("{:?}", store.committee_at(epoch).await.unwrap()));
        say(format!("{:?}", store.last_block_of(epoch).await.unwrap()));
        for side in Side::ALL {
            say(format!("{:?}", store.rewards_of_epoch(side, epoch).await.unwrap()));
        }
    }
    for number in 1..=random::DEVICES {
        say(format!("{:?}", store.device(number).await.unwrap()));
        say(format!("{:?}", store.devices_after(number, 0, 9).await.unwrap()));
        say(format!("{:?}", store.deposit(number).await.unwrap()));
        say(format!("{:?}", store.last_seq(number).await.unwrap()));
        say(format!("{:?}", store.capital_history(number).await.unwrap()));
        say(format!("{:?}", store.status_history(Side::Merchant, number).await.unwrap()));
        say(format!("{:?}", store.rewards_of(Side::Merchant, number, 0, 99).await.unwrap()));
        say(format!("{:?}", store.receipt(number, 0, 1).await.unwrap()));
        let filter = ReceiptFilter { merchant: Some(number), customer: Some(1), epoch: Some(1) };
        say(format!("{:?}", store.receipts(filter, 0, 50).await.unwrap()));
        let account = account(number as u8);
        say(format!("{:?}", store.party_of(&account).await.unwrap()));
        say(format!("{:?}", store.time_balance(&account).await.unwrap()));
        say(format!("{:?}", store.deposit_balance(&account).await.unwrap()));
    }
    answers
}

async fn index(url: &str, chain: &Chain) -> Store {
    let store = Store::open(url, &network()).await.unwrap();
    for block in &chain.blocks {
        store.apply(block).await.unwrap();
    }
    store
}

#[tokio::test]
async fn both_databases_hold_the_same_rows() {
    let Some(cluster) = Cluster::start() else { return };
    let mut runner = TestRunner::deterministic();
    for case in 0..6 {
        let url = cluster.create_database(&format!("case_{case}")).await;
        let chain = random::chain_of(&random::plan(25).new_tree(&mut runner).unwrap().current());
        let sqlite = Sqlite::new();
        let one = index(&sqlite.url, &chain).await;
        let other = index(&url, &chain).await;
        let epochs = chain.blocks.last().map_or(0, |block| network().calendar.stamp_at(block.timestamp_ms)) + 1;
        assert_eq!(answers(&one, epochs).await, answers(&other, epochs).await);
        other.close().await;
        assert_eq!(dump(&sqlite.url).await, dump(&url).await);
    }
}
