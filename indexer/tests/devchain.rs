//! A real chain that turns away from its blocks again and again while it is
//! being followed.

use crate::common::{difference, dump, running::Running, Dump, Sqlite};
use bizkey_devchain::{Reorg, RetractedTransactions};
use bizkey_indexer::{model::Network, Block, ClientSource, Config, Progress, Store};
use bizkey_primitives::{receipt, Epoch, Hash, TOKEN};
use bizkey_tests::{Shop, World};
use proptest::{prelude::*, test_runner::Config as Proptest};
use std::{sync::Arc, time::Duration};

const PATIENCE: Duration = Duration::from_secs(60);
/// Blocks that finality lags behind.
const LAG: u32 = 6;

#[derive(Clone, Debug)]
enum Step {
    Sell {
        shop: usize,
        sales: Vec<(u32, u64)>,
    },
    Void {
        shop: usize,
        index: u16,
    },
    Give {
        shop: usize,
        tokens: u128,
    },
    NextEpoch,
    /// The chain turns back so many blocks, as far as they are not final; the
    /// transactions of the old blocks are in the new ones, or wait again.
    Turn {
        depth: u32,
        include: bool,
    },
    /// Leaves the indexer the time to see what there is.
    Rest {
        ms: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let sales = prop::collection::vec((0u32..4, 0u64..9_000), 1..6);
    prop_oneof![
        6 => (0usize..2, sales).prop_map(|(shop, sales)| Step::Sell { shop, sales }),
        2 => (0usize..2, 0u16..3).prop_map(|(shop, index)| Step::Void { shop, index }),
        2 => (0usize..2, 1u128..50).prop_map(|(shop, tokens)| Step::Give { shop, tokens }),
        1 => Just(Step::NextEpoch),
        4 => (1..=LAG, any::<bool>()).prop_map(|(depth, include)| Step::Turn { depth, include }),
        3 => (0u64..15).prop_map(|ms| Step::Rest { ms }),
    ]
}

struct Town {
    world: World,
    shops: Vec<Shop>,
    epoch: Epoch,
    turned: u32,
}

impl Town {
    async fn new() -> Self {
        let world = World::new().await;
        let shops = world.shops(2).await;
        world.customers(3).await;
        world.enter_epoch(0).await;
        world.chain.set_finality_lag(LAG);
        Self { world, shops, epoch: 0, turned: 0 }
    }

    /// Asks the chain what each device comes to next: on a new branch, a batch
    /// may be the first of its epoch, and its gas too little for that.
    async fn look(&mut self) {
        let best = Some(self.world.chain.best().hash.0);
        for shop in &mut self.shops {
            let next = self.world.suite.receipts().next_seq(shop.device.id, best).await.expect("a device");
            shop.device.next_seq = next.unwrap_or(0);
        }
    }

    async fn take(&mut self, step: &Step) {
        self.look().await;
        let Self { world, shops, .. } = self;
        match step {
            Step::Sell { shop, sales } => {
                let batch = world.batch(&shops[*shop], sales);
                let receipts = world.suite.receipts();
                let record = receipts.record(batch.device, batch.seq, batch.count, &batch.payload, batch.signature);
                drop(record.submit(&world.stranger).await.expect("a good batch"));
            }
            Step::Void { shop, index } => {
                let device = &shops[*shop].device;
                let Some(seq) = device.next_seq.checked_sub(1) else { return };
                let (genesis, receipts) = (Hash::from(world.suite.client().genesis_hash()), world.suite.receipts());
                let hash = receipt::void_hash(&genesis, receipts.address().as_ref(), device.id, seq, *index);
                let void = receipts.void_receipt(device.id, seq, *index, device.key.sign(&hash));
                drop(void.submit(&world.stranger).await.expect("a recorded batch"));
            }
            Step::Give { shop, tokens } => {
                let transfer = world.suite.bzky().transfer(shops[*shop].account(), tokens * TOKEN);
                drop(transfer.submit(&world.treasury).await.expect("the treasury has enough"));
            }
            Step::NextEpoch => {
                self.epoch += 1;
                world.enter_epoch(self.epoch).await;
            }
            Step::Turn { depth, include } => {
                let hot = world.chain.best().header.number - world.chain.finalized().header.number;
                let depth = (*depth).min(hot);
                if depth > 0 {
                    let fate = [RetractedTransactions::Return, RetractedTransactions::Include][usize::from(*include)];
                    let turn = Reorg { depth, blocks: None, transactions: fate, include: Vec::new() };
                    world.chain.reorg(turn).await.expect("these blocks are not final");
                    // What waits again comes before what builds on it.
                    while world.chain.pending() > 0 {
                        world.chain.seal_block().await.expect("a block");
                    }
                    self.turned += depth;
                }
            }
            Step::Rest { ms } => tokio::time::sleep(Duration::from_millis(*ms)).await,
        }
        // What comes next may build on it.
        while self.world.chain.pending() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// The rows of an index that sees the chain only now.
    async fn clean_rows(&self) -> Dump {
        let suite = &self.world.suite;
        let (sqlite, network) = (Sqlite::new(), Network::from(suite.deployment()));
        let store = Store::open(&sqlite.url, &network).await.unwrap();
        for number in network.first_block..=self.world.chain.best().header.number {
            let hash = suite.client().block_hash(number).await.unwrap().unwrap();
            let block = suite.client().block(hash, &suite.deployment().contracts).await.unwrap();
            store.apply(&Block::from(block)).await.unwrap();
        }
        dump(&sqlite.url).await
    }
}

async fn followed_through(steps: Vec<Step>) -> (u32, Progress) {
    let mut town = Town::new().await;
    let (client, deployment) = (town.world.suite.client().clone(), town.world.suite.deployment().clone());
    let sqlite = Sqlite::new();
    let store = Store::open(&sqlite.url, &Network::from(&deployment)).await.unwrap();
    let source = Arc::new(ClientSource::new(client, &deployment));
    let running = Running::start(Config::new(store.clone(), source, Progress::default()));
    for step in &steps {
        town.take(step).await;
    }
    // What waited again is taken before the end.
    while town.world.chain.pending() > 0 {
        town.world.chain.seal_block().await.unwrap();
    }
    town.world.chain.finalize(None).await.unwrap();
    let last = town.world.chain.best().header.number;
    running.until(PATIENCE, |status| (status.finalized, status.indexed) == (Some(last), Some(last))).await;
    let progress = running.progress.clone();
    running.end().await;
    store.close().await;
    assert_eq!(difference(&dump(&sqlite.url).await, &town.clean_rows().await), None);
    (town.turned, progress)
}

proptest! {
    #![proptest_config(Proptest { cases: 6, failure_persistence: None, max_shrink_iters: 0, ..Proptest::default() })]

    #[test]
    fn a_chain_that_turns_back_leaves_the_rows_of_a_clean_sync(steps in prop::collection::vec(step(), 30..60)) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(followed_through(steps));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_depth_up_to_the_lag_is_followed_back() {
    let sell = |shop: usize, amount: u64| Step::Sell { shop, sales: vec![(1, amount), (2, amount + 1), (3, 0)] };
    let mut steps = Vec::new();
    for depth in 1..=LAG {
        for include in [true, false] {
            steps.extend((0..u64::from(LAG)).map(|amount| sell(amount as usize % 2, 10 + amount)));
            steps.extend([Step::Void { shop: 0, index: 1 }, Step::Rest { ms: 60 }, Step::Turn { depth, include }]);
        }
    }
    let (turned, progress) = followed_through(steps).await;
    assert_eq!(turned, LAG * (LAG + 1));
    // The indexer had stored the blocks that left.
    assert!(progress.status().rollbacks >= u64::from(LAG), "{:?}", progress.status());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_away_is_left_for_another_and_one_of_another_chain_too() {
    let town = Town::new().await;
    let other = bizkey_devchain::Devchain::open(Default::default()).unwrap();
    let address = "127.0.0.1:0".parse().unwrap();
    let (stranger, server) = (other.serve(address).await.unwrap(), town.world.chain.serve(address).await.unwrap());
    let deployment = town.world.suite.deployment();
    let sqlite = Sqlite::new();
    let store = Store::open(&sqlite.url, &Network::from(deployment)).await.unwrap();
    // Nobody listens on the first one; port 1 is reserved.
    let urls = ["ws://127.0.0.1:1".to_owned(), stranger.url(), server.url()];
    let mut config = Config::new(store.clone(), Arc::new(ClientSource::at(&urls[0], deployment)), Progress::default());
    config.sources.extend(urls[1..].iter().map(|url| Arc::new(ClientSource::at(url, deployment)) as _));
    config.call_timeout = Duration::from_millis(500);
    let running = Running::start(config);
    let last = town.world.chain.best().header.number;
    running.until(PATIENCE, |status| status.indexed >= Some(last)).await;
    running.end().await;
    server.stop().await;
    stranger.stop().await;
}
