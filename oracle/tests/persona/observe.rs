//! What is looked at: only closed epochs, only valid receipts, the same from
//! the chain and from an index, with proofs that lead to the heads.

use crate::chain_town::{contracts, switched, Town, CALENDAR, GENESIS};
use bizkey_client::{Block, ContractKind};
use bizkey_indexer::{model::Network, Store};
use bizkey_oracle::{
    chain::OrderError,
    persona::{
        observe::{from_index, known, Batches, ObserveError, Observed, Observer, Parties},
        proposal::Bearing,
        Window,
    },
    scoring::ReceiptId,
};
use bizkey_primitives::{
    events::{Event, StatusChanged},
    receipt::{batch_hash, next_head},
    Epoch, Hash, Side, Status,
};

fn look(blocks: &[Block], through: Option<Epoch>) -> Result<(Observed, Parties, Batches), ObserveError> {
    let mut observer = Observer::new(GENESIS.into(), &contracts(), CALENDAR, through);
    for block in blocks {
        observer.follow(block)?;
    }
    observer.finish()
}

fn ids(observed: &Observed) -> Vec<(u32, u64, u16)> {
    let mut ids: Vec<_> = observed.sales.iter().map(|sale| (sale.id.device, sale.id.seq, sale.id.index)).collect();
    ids.sort_unstable();
    ids
}

/// Two closed epochs and an open one; a void at once and one later.
fn voided() -> Town {
    let mut town = Town::new(2, 3);
    town.sales(0, 1, 0, &[(1, 500), (0, 100), (9, 100), (2, 700)]);
    town.sales(0, 2, 0, &[(3, 0), (3, 900)]);
    town.void(0, 1, 0, 0);
    town.sales(1, 1, 1, &[(1, 300), (1, 1 << 48)]);
    town.void(1, 2, 0, 1);
    town.sales(2, 1, 2, &[(2, 50)]);
    town
}

#[test]
fn only_what_counts_in_closed_epochs_is_looked_at() {
    let town = voided();
    let (observed, ..) = look(&town.blocks, None).unwrap();
    assert_eq!(observed.window, Window { first: 0, last: 1 });
    // Nobody, somebody unknown, no amount, too much, and what was voided at
    // once are left out; what was voided a day later is not.
    assert_eq!(ids(&observed), [(1, 0, 3), (1, 1, 0), (2, 0, 1)]);
    let sale = observed.sales.iter().find(|sale| sale.id.seq == 1).unwrap();
    assert_eq!((sale.merchant, sale.customer, sale.amount, sale.epoch), (1, 1, 300, 1));
    // Who was registered before genesis is no newcomer.
    assert!(observed.facts.joined.is_empty());

    let (first, ..) = look(&town.blocks, Some(0)).unwrap();
    assert_eq!((first.window, ids(&first)), (Window { first: 0, last: 0 }, vec![(1, 0, 3), (2, 0, 1)]));
    assert!(matches!(look(&town.blocks, Some(2)), Err(ObserveError::Open { asked: 2, last: 1 })));
    assert!(matches!(look(&town.blocks[..2], None), Err(ObserveError::NoEpoch(1))));
    let gap = [&town.blocks[..2], &town.blocks[3..]].concat();
    assert!(matches!(look(&gap, None), Err(ObserveError::Order(OrderError::WrongBlock { expected: 2, found: 3 }))));
    let mut back = town.blocks.clone();
    back[3].timestamp_ms = back[2].timestamp_ms - 1;
    assert!(matches!(look(&back, None), Err(ObserveError::Order(OrderError::TimeWentBack { number: 3 }))));
}

/// Rewards paid and put off, and a customer whom the board has demoted.
fn judged() -> Town {
    let mut town = switched();
    let change = StatusChanged { side: Side::Customer, index: 2, status: Status::Demoted, reason: Hash::default() };
    town.set(4, ContractKind::Registry, vec![Event::StatusChanged(change)]);
    town
}

#[tokio::test]
async fn the_chain_and_an_index_show_the_same() {
    for town in [voided(), judged()] {
        let network =
            Network { genesis_hash: GENESIS, calendar: CALENDAR, first_block: 0, contracts: contracts().into() };
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("index.db").display());
        let store = Store::open(&url, &network).await.unwrap();
        for block in &town.blocks {
            store.apply(&block.clone().into()).await.unwrap();
        }
        for through in [None, Some(0)] {
            let (mut chain, parties, _) = look(&town.blocks, through).unwrap();
            let mut index = from_index(&store, None, through, |_, _| {}).await.unwrap();
            chain.sales.sort_unstable_by_key(|sale| sale.id);
            index.sales.sort_unstable_by_key(|sale| sale.id);
            assert_eq!(chain, index);
            if through.is_some() {
                continue;
            }
            for side in Side::ALL {
                for party in 1..=5 {
                    let from_rows = known(&store, side, party, chain.window.first).await.unwrap();
                    assert_eq!(parties.known(side, party), from_rows, "{side:?} {party}");
                }
            }
        }
        store.close().await;
    }
}

#[test]
fn standing_and_pay_are_known() {
    let town = judged();
    let (_, parties, _) = look(&town.blocks, None).unwrap();
    let demoted = parties.known(Side::Customer, 2);
    assert_eq!(demoted.bearing, Bearing { status: Status::Demoted, since: Some(4) });
    assert_eq!(parties.known(Side::Customer, 1).bearing, Bearing::default());
    // What waited and was paid later is pay as well; less the debt of 3 Bzky.
    let report = &town.reports[2];
    assert!(parties.known(Side::Merchant, 2).paid[&2] > 0);
    assert!(report.tree(Side::Merchant).leaves().len() == 2);
    let unknown = parties.known(Side::Merchant, 77);
    assert_eq!((unknown.commitment, unknown.paid.len()), (None, 0));
}

#[test]
fn a_proof_leads_from_its_batch_to_the_head_that_the_contract_keeps() {
    let mut town = Town::new(2, 3);
    for seq in 0..5 {
        town.sales(0, 1, seq, &[(1, 100 + seq), (2, 200)]);
        town.sales(0, 2, seq, &[(3, 10)]);
    }
    town.sales(1, 1, 5, &[(1, 5)]);
    town.sales(2, 1, 6, &[(1, 5)]);
    let (_, _, batches) = look(&town.blocks, None).unwrap();
    let genesis = Hash::from(GENESIS);
    let contract = contracts().receipts;
    let hashes: Vec<[u8; 32]> = town
        .blocks
        .iter()
        .flat_map(|block| &block.events)
        .filter_map(|event| match &event.event {
            Event::BatchRecorded(batch) if batch.device == 1 => {
                Some(batch_hash(&genesis, contract.as_ref(), 1, batch.seq, batch.count, &batch.payload))
            }
            _ => None,
        })
        .collect();
    let head = hashes[..5].iter().fold([0; 32], |head, hash| next_head(&head, hash));
    let id = |seq, index| ReceiptId { device: 1, seq, index };
    // Two receipts of one batch have one proof, which shows both; unknown ones have none.
    let ids = [id(4, 1), id(0, 0), id(2, 1), id(4, 0), id(99, 0), ReceiptId { device: 9, seq: 0, index: 0 }];
    let proofs = batches.proofs(&ids);
    assert_eq!(proofs.iter().map(|proof| (proof.seq, proof.index)).collect::<Vec<_>>(), [(0, 0), (2, 1), (4, 0)]);
    for proof in &proofs {
        assert_eq!((proof.device, proof.epoch, proof.count), (1, 0, 2));
        assert_eq!(proof.head(&hashes[proof.seq as usize]), head, "batch {}", proof.seq);
    }
    assert_eq!(proofs[1].receipt().unwrap().amount, 200);
    assert_eq!(batches.proofs(&[id(5, 0)])[0].epoch, 1);
}

#[test]
fn of_epochs_that_the_contract_has_forgotten_there_is_no_proof() {
    let mut town = Town::new(1, 1);
    for epoch in 0..40 {
        town.sales(epoch, 1, u64::from(epoch), &[(1, 100)]);
    }
    let (observed, _, batches) = look(&town.blocks, None).unwrap();
    assert_eq!(observed.window, Window { first: 0, last: 38 });
    // Epoch 39 is open; 7 to 38 are the last 32 closed ones.
    let proven = |seq| !batches.proofs(&[ReceiptId { device: 1, seq, index: 0 }]).is_empty();
    assert!(!proven(6) && proven(7) && proven(38));
}
