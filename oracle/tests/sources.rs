//! The chain folded by verification and the index say the same of every epoch.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod town;

use bizkey_client::{Block, ContractKind};
use bizkey_indexer::{model::Network, Store};
use bizkey_oracle::{
    chain::Ledger,
    scoring::Algorithm,
    source::{EpochFacts, EpochSource, IndexSource},
};
use bizkey_primitives::events::{AlgorithmSet, Event};
use town::{contracts, switched, Town, CALENDAR, GENESIS};

fn network() -> Network {
    Network { genesis_hash: GENESIS, calendar: CALENDAR, first_block: 0, contracts: contracts().into() }
}

/// An index of these blocks; its file goes away with the folder.
async fn index(blocks: &[Block]) -> (tempfile::TempDir, IndexSource) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("index.db").display());
    let store = Store::open(&url, &network()).await.unwrap();
    for block in blocks {
        store.apply(&block.clone().into()).await.unwrap();
    }
    (folder, IndexSource::new(store))
}

#[tokio::test]
async fn the_index_and_the_chain_say_the_same_of_every_epoch() {
    let blocks = switched().blocks;
    let mut ledger = Ledger::new(CALENDAR);
    let mut folded: Vec<EpochFacts> = vec![];
    for block in &blocks {
        folded.extend(ledger.enter(block).unwrap());
        block.events.iter().for_each(|event| ledger.apply(event).unwrap());
    }
    let (_folder, source) = index(&blocks).await;
    let algorithms: Vec<Algorithm> = folded.iter().map(|facts| facts.input.algorithm).collect();
    let (one, two) = (Algorithm::Bizpower1, Algorithm::Bizpower2);
    assert_eq!(algorithms, [one, one, two, two]);
    for (epoch, facts) in (0..).zip(folded) {
        assert_eq!(source.closed_epoch(epoch).await.unwrap(), Some(facts), "epoch {epoch}");
    }
    assert_eq!(source.closed_epoch(4).await, Ok(None));
}

#[tokio::test]
async fn an_index_names_an_algorithm_that_the_program_does_not_know() {
    let mut town = Town::new(1, 1);
    town.set(0, ContractKind::Rewards, vec![Event::AlgorithmSet(AlgorithmSet { from_epoch: 1, version: 9 })]);
    town.sales(0, 1, 0, &[(1, 500)]);
    town.settle(0);
    let last = town.blocks.last().unwrap();
    let next = Block {
        number: last.number + 1,
        hash: [99; 32],
        parent_hash: last.hash,
        timestamp_ms: CALENDAR.start_ms(2),
        events: vec![],
    };
    let blocks = [town.blocks.clone(), vec![next]].concat();
    let (_folder, source) = index(&blocks).await;
    assert!(source.closed_epoch(0).await.unwrap().is_some());
    let error = source.closed_epoch(1).await.unwrap_err();
    assert!(!error.is_transient && error.to_string().contains("version 9"), "{error}");
}
