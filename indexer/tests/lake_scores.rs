//! Scores of the lake, which need no receipt of the index, beside those of the
//! index alone.

use crate::{
    common::{apply_all, from_contract, network, random, Chain, Sqlite},
    scores::closed,
};
use bizkey_indexer::Lake;
use bizkey_oracle::{
    lake::{LakeEngine, Settings},
    report::{EpochReport, Network},
    scoring::{Engine, EpochInput},
    source::{EpochFacts, EpochSource, IndexSource},
};
use bizkey_primitives::{
    events::{Event, StatusChanged},
    Hash, MerchantIndex, Side, Status,
};
use object_store::memory::InMemory;
use proptest::prelude::*;
use std::{collections::BTreeSet, num::NonZeroUsize, sync::Arc};

/// A customer's standing changes in a block.
type Change = (usize, u32, usize);

fn change() -> impl Strategy<Value = Change> {
    (0usize..30, 1u32..6, 0usize..4)
}

/// The same blocks, with changes of customers' standings in some of them.
fn with_standings(chain: &Chain, changes: &[Change]) -> Chain {
    const STATUSES: [Status; 4] = [Status::Active, Status::Demoted, Status::Restricted, Status::Removed];
    let mut changed = Chain::default();
    for (place, block) in chain.blocks.iter().enumerate() {
        let events = block.events.iter().map(|event| (event.contract, event.event.clone()));
        let standings = changes.iter().filter(|(at, ..)| *at == place).map(|(_, index, status)| {
            let (side, status) = (Side::Customer, STATUSES[*status]);
            let event = Event::StatusChanged(StatusChanged { side, index: *index, status, reason: Hash::default() });
            from_contract(network().contracts.registry, event)
        });
        changed.push(block.timestamp_ms, events.chain(standings).collect());
    }
    changed
}

fn oracle_network() -> Network {
    Network { genesis: network().genesis_hash.into(), rewards: network().contracts.rewards }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn the_lake_and_an_index_without_receipts_score_as_the_index_with_them(
        plan in random::plan(30),
        changes in proptest::collection::vec(change(), 0..8),
        part_rows in 1usize..50,
        threads in 1usize..4,
    ) {
        let chain = with_standings(&random::chain_of(&plan), &changes);
        let count = |count: usize| NonZeroUsize::new(count).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let sqlite = Sqlite::new();
            let store = sqlite.open().await;
            apply_all(&store, &closed(&chain.blocks).blocks).await;
            let source = IndexSource::new(store.clone());
            let lake = Lake::at(Arc::new(InMemory::new()), &network()).await.unwrap().with_part_rows(count(part_rows));

            let (mut engine, mut expected) = (Engine::new(), Vec::new());
            while let Some(EpochFacts { input, holdings }) = source.closed_epoch(engine.next_epoch()).await.unwrap() {
                let epoch = input.epoch;
                lake.write_epoch(&store, epoch).await.unwrap();
                let selling: BTreeSet<MerchantIndex> = input.receipts.iter().map(|receipt| receipt.merchant).collect();
                let of_batches = store.merchants_with_receipts(epoch).await.unwrap();
                prop_assert_eq!(of_batches, selling.iter().copied().collect::<Vec<_>>());
                for merchant in 1..=random::DEVICES {
                    let attested = store.capital_at(merchant, epoch).await.unwrap();
                    let attested = attested.filter(|_| selling.contains(&merchant));
                    prop_assert_eq!(input.capital.get(&merchant).copied(), attested);
                    prop_assert_eq!(holdings.contains_key(&merchant), selling.contains(&merchant));
                }
                let scores = engine.score(&input).unwrap();
                let report = EpochReport::build(&oracle_network(), scores, holdings.clone()).unwrap();
                let input = EpochInput { receipts: Vec::new(), voids: Vec::new(), ..input };
                expected.push((EpochFacts { input, holdings }, report));
            }

            // Whoever still asks the index for them finds nothing.
            for table in ["voids", "receipts"] {
                sqlite.execute(&format!("DELETE FROM {table}")).await;
            }
            let state = tempfile::tempdir().unwrap();
            let settings = Settings::new(state.path().to_owned(), count(threads));
            let mut engine = LakeEngine::open(lake.store(), &oracle_network(), settings).unwrap();
            for (facts, report) in expected {
                let epoch = engine.next_epoch();
                let found = source.closed_epoch_without_receipts(epoch).await.unwrap().unwrap();
                prop_assert_eq!(&found, &facts);
                let manifest = lake.verify(epoch).await.unwrap();
                let scores = engine.score(&manifest, Arc::new(found.input)).await.unwrap();
                prop_assert_eq!(&scores, &report.scores);
                let of_lake = EpochReport::build(&oracle_network(), scores, found.holdings).unwrap();
                prop_assert_eq!(of_lake.report(), report.report());
            }
            let open = source.closed_epoch_without_receipts(engine.next_epoch()).await;
            prop_assert_eq!(open, Ok(None));
            Ok(())
        })?;
    }
}
