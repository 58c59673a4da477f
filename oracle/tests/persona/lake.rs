//! Fraud among the receipts of a lake, found as in the chain and the index.

use crate::{
    chain_town::{contracts, customer, merchant, GENESIS},
    of,
    rules::{ring, split},
    town::{town, CALENDAR, DAYS},
    with,
};
use bizkey_client::{Block, ContractEvent, ContractKind};
use bizkey_indexer::{lake, model::Network, Lake, Store};
use bizkey_oracle::persona::{
    find,
    observe::{from_index, Observed, Observer, TablesError},
    Features, Finding, Kind, Sale, Window,
};
use bizkey_primitives::{
    events::{BatchRecorded, Event, PartyRegistered},
    hash::blake2x256,
    receipt::{encode_payload, Channel, Header, Rail, Receipt, PAYLOAD_VERSION},
    AccountId, Hash, Side,
};
use object_store::{memory::InMemory, path::Path, ObjectStoreExt as _};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A shop's receipts of a day as one batch of its device.
fn batch(merchant: u32, day: u32, mut sales: Vec<Sale>) -> Event {
    sales.sort_by_key(|sale| (sale.at_ms, sale.id));
    let (first_ms, mut last_ms) = (sales[0].at_ms, sales[0].at_ms);
    let receipt = |sale: &Sale| {
        let delta_seconds = ((sale.at_ms - last_ms) / 1_000) as u32;
        last_ms = sale.at_ms;
        let (channel, rail) = (Channel::InStore, Rail::Cash);
        Receipt { delta_seconds, amount: sale.amount, customer: sale.customer, channel, rail, reference: [0; 16] }
    };
    let receipts: Vec<Receipt> = sales.iter().map(receipt).collect();
    let header = Header { version: PAYLOAD_VERSION, currency: *b"USD", at_ms: first_ms };
    let payload = encode_payload(&header, &receipts);
    let count = receipts.len() as u16;
    Event::BatchRecorded(BatchRecorded { device: merchant, merchant, seq: day.into(), count, payload })
}

/// A block a day, after one before genesis in which everybody joins; the last
/// one closes the last day.
fn chain(sales: &[Sale]) -> Vec<Block> {
    let joined = |side, index, account: AccountId| {
        Event::PartyRegistered(PartyRegistered { side, index, account, commitment: Hash::default() })
    };
    let last = |index: fn(&Sale) -> u32| sales.iter().map(index).max().unwrap();
    let shops = (1..=last(|sale| sale.merchant)).map(|index| joined(Side::Merchant, index, merchant(index)));
    // Accounts need not differ: nobody is paid.
    let customers = (1..=last(|sale| sale.customer)).map(|index| joined(Side::Customer, index, customer(index % 200)));
    let before: Vec<Event> = shops.chain(customers).collect();
    let mut batches: BTreeMap<(u32, u32), Vec<Sale>> = BTreeMap::new();
    for sale in sales {
        batches.entry((sale.epoch, sale.merchant)).or_default().push(*sale);
    }
    let mut days = vec![(CALENDAR.genesis_ms - 1, ContractKind::Registry, before)];
    for day in 0..=DAYS {
        let of_day = batches.range((day, 0)..(day + 1, 0));
        let events = of_day.map(|((_, merchant), sales)| batch(*merchant, day, sales.clone())).collect();
        days.push((CALENDAR.start_ms(day), ContractKind::Receipts, events));
    }
    let hash = |number: u32| blake2x256(&number.to_le_bytes());
    let block = |(number, (timestamp_ms, kind, events)): (u32, (u64, ContractKind, Vec<Event>))| {
        let contract = *contracts().get(kind);
        let event = |(index, event)| ContractEvent { index, extrinsic: Some(index), contract, kind, event };
        Block {
            number,
            hash: hash(number),
            parent_hash: hash(number.wrapping_sub(1)),
            timestamp_ms,
            events: (0..).zip(events).map(event).collect(),
        }
    };
    (0..).zip(days).map(block).collect()
}

fn sorted(mut observed: Observed) -> Observed {
    observed.sales.sort_unstable_by_key(|sale| sale.id);
    observed
}

fn found(observed: &Observed) -> Vec<Finding> {
    let Observed { window, sales, facts, .. } = observed.clone();
    find(&Features::new(sales, window, facts).unwrap())
}

#[tokio::test]
async fn a_ring_and_split_baskets_are_found_in_the_lake_as_in_the_chain_and_the_index() {
    let honest = town(1);
    let fraud = |sales| with(with(sales, split(3)), ring(5, 81, 0));
    let sales = fraud(honest.clone());
    let blocks = chain(&sales);
    let folder = tempfile::tempdir().unwrap();
    let network = Network { genesis_hash: GENESIS, calendar: CALENDAR, first_block: 0, contracts: contracts().into() };
    let store = Store::open(&format!("sqlite://{}", folder.path().join("index.db").display()), &network).await.unwrap();
    store.apply_all(&blocks.iter().map(|block| block.clone().into()).collect::<Vec<_>>()).await.unwrap();
    let objects = Arc::new(InMemory::new());
    let lake = Lake::at(objects.clone(), &network).await.unwrap();
    for day in 0..DAYS {
        lake.write_epoch(&store, day).await.unwrap();
    }

    let mut observer = Observer::new(GENESIS.into(), &contracts(), CALENDAR, None);
    blocks.iter().for_each(|block| observer.follow(block).unwrap());
    let of_chain = sorted(observer.finish().unwrap().0);
    let of_index = sorted(from_index(&store, None, None, |_, _| {}).await.unwrap());
    let of_lake = sorted(from_index(&store, Some(&lake), None, |_, _| {}).await.unwrap());
    assert_eq!(of_lake.window, Window { first: 0, last: DAYS - 1 });
    assert_eq!(of_lake.sales.len(), sales.len());
    assert_eq!(of_lake, of_index);
    assert_eq!(of_lake, of_chain);

    let findings = found(&of_lake);
    assert_eq!(findings, found(&of_chain));
    let suspects = |kind| of(kind, &findings).iter().flat_map(|one| one.suspects.clone()).collect::<BTreeSet<_>>();
    assert!(suspects(Kind::Splitting).contains(&(Side::Merchant, 20)), "{findings:?}");
    assert!(suspects(Kind::Collusion).contains(&(Side::Merchant, 30)), "{findings:?}");
    // It is the fraud that is found: what is honest about the same lake is not.
    let named: BTreeSet<u32> = findings.iter().flat_map(|one| one.merchants.clone()).collect();
    assert_eq!(named, BTreeSet::from([20, 30]));

    // A lake that lacks a day is no answer about it.
    objects.delete(&Path::from("manifests/epoch=000007.json")).await.unwrap();
    let error = from_index(&store, Some(&lake), None, |_, _| {}).await.unwrap_err();
    assert!(matches!(error, TablesError::Lake(lake::Error::NotWritten(7))), "{error}");
    store.close().await;
}
