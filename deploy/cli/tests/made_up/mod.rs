//! A made-up history: its deployment, its index, and its lake.

use bizkey_client::{Deployment, PerContract};
use bizkey_indexer::{lake, model, Block, ContractEvent, Lake, Store};
use bizkey_primitives::Epoch;
use bizkey_tests::history::{self, Contract, History, Shape, CALENDAR, FIRST_BLOCK, GENESIS_HASH};
use std::{num::NonZeroUsize, path::Path};

/// Half of it is scored by the first algorithm, half by the second; with voids.
pub const SHAPE: Shape = Shape { receipts: 4_000, shops: 60, customers: 400, epochs: 10, blocks: 10, others: 1 };

/// Rows of each file of the lake: several files an epoch.
const PART_ROWS: NonZeroUsize = NonZeroUsize::new(100).unwrap();

/// The network of the history.
pub fn deployment() -> Deployment {
    Deployment {
        genesis_hash: GENESIS_HASH,
        calendar: CALENDAR,
        block: FIRST_BLOCK - 1,
        committee: Vec::new(),
        window_ms: 0,
        penalty_window_ms: 0,
        contracts: PerContract {
            vault: Contract::Vault.address(),
            vesting: Contract::Vesting.address(),
            bzky: Contract::Bzky.address(),
            time: Contract::Time.address(),
            registry: Contract::Registry.address(),
            receipts: Contract::Receipts.address(),
            pos_deposit: Contract::PosDeposit.address(),
            rewards: Contract::Rewards.address(),
            redemption: Contract::Redemption.address(),
            otc: Contract::Otc.address(),
            foundation: Contract::Foundation.address(),
        },
        code_hashes: PerContract::default(),
    }
}

/// An index of the history.
pub async fn index(url: &str) -> Store {
    let store = Store::open(url, &model::Network::from(&deployment())).await.unwrap();
    let block = |block: history::Block| {
        let history::Block { number, hash, parent_hash, timestamp_ms, events } = block;
        let events = (0..).zip(events).map(|(index, (contract, event))| ContractEvent { index, contract, event });
        Block { number, hash, parent_hash, timestamp_ms, events: events.collect() }
    };
    store.apply_all(&History::new(SHAPE).map(block).collect::<Vec<_>>()).await.unwrap();
    store
}

/// Writes every closed epoch into the lake of a folder; how many.
pub async fn write_lake(store: &Store, folder: &Path) -> Epoch {
    let lake = Lake::open(folder.to_str().unwrap(), store.network()).await.unwrap().with_part_rows(PART_ROWS);
    let mut epoch = 0;
    loop {
        match lake.write_epoch(store, epoch).await {
            Ok(_) => epoch += 1,
            Err(lake::Error::Open(open)) => return open,
            Err(error) => panic!("{error}"),
        }
    }
}
