//! A network with an index that follows it.

use bizkey_client::{Block, BlockRef};
use bizkey_indexer::{model, Store};
use bizkey_oracle::{report::Network, source::IndexSource, Book};
use bizkey_primitives::{
    board::Motion,
    party::Capital,
    receipt::{self, Channel, Header, Rail, Receipt},
    Balance, Hash, Side,
};
use bizkey_tests::{Shop, World};
use std::sync::Arc;

/// A deployed network with shops that have capital, customers, and an index.
pub struct Place {
    pub world: World,
    pub shops: Vec<Shop>,
    pub store: Store,
    _folder: tempfile::TempDir,
}

impl Place {
    pub async fn new(shops: u32, customers: u32) -> Self {
        Self::on(World::new().await, shops, customers).await
    }

    /// Likewise, on a network that is there.
    pub async fn on(world: World, shops: u32, customers: u32) -> Self {
        let shops = world.shops(shops).await;
        world.customers(customers).await;
        for shop in &shops {
            let capital = Capital { area_m2: 10 * shop.index, staff: 2, rent_per_m2_month: 1_000, wage_month: 50_000 };
            for attestor in &world.attestors {
                world.suite.registry().attest_capital(shop.index, capital).send(attestor).await.unwrap();
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let network = model::Network::from(world.suite.deployment());
        let url = format!("sqlite://{}", folder.path().join("index.db").display());
        let store = Store::open(&url, &network).await.unwrap();
        Self { world, shops, store, _folder: folder }
    }

    /// A batch of one shop; every sale has a ticket of its own.
    pub async fn sell(&mut self, shop: usize, sales: &[(u32, u64)]) {
        let shop = &mut self.shops[shop];
        let device = &shop.device;
        let header = Header { version: receipt::PAYLOAD_VERSION, currency: *b"USD", at_ms: 0 };
        let sale = |(position, (customer, amount)): (usize, &(u32, u64))| {
            let mut reference = [1; 16];
            reference[..3].copy_from_slice(&[shop.index as u8, device.next_seq as u8, position as u8]);
            let (channel, rail) = (Channel::InStore, Rail::Cash);
            Receipt { delta_seconds: 1, amount: *amount, customer: *customer, channel, rail, reference }
        };
        let sales: Vec<Receipt> = sales.iter().enumerate().map(sale).collect();
        let (count, payload) = (sales.len() as u16, receipt::encode_payload(&header, &sales));
        let suite = &self.world.suite;
        let genesis = Hash::from(suite.client().genesis_hash());
        let contract = suite.receipts().address();
        let hash = receipt::batch_hash(&genesis, contract.as_ref(), device.id, device.next_seq, count, &payload);
        let call = suite.receipts().record(device.id, device.next_seq, count, &payload, device.key.sign(&hash));
        call.send(&self.world.stranger).await.unwrap();
        shop.device.next_seq += 1;
    }

    /// Voids one receipt of a shop's batch.
    pub async fn void(&self, shop: usize, seq: u64, index: u16) {
        let device = &self.shops[shop].device;
        let suite = &self.world.suite;
        let genesis = Hash::from(suite.client().genesis_hash());
        let hash = receipt::void_hash(&genesis, suite.receipts().address().as_ref(), device.id, seq, index);
        let call = suite.receipts().void_receipt(device.id, seq, index, device.key.sign(&hash));
        call.send(&self.world.stranger).await.unwrap();
    }

    /// Has the board resolve and carry out a motion, by two of three directors.
    pub async fn resolve(&self, motion: &Motion) {
        let (world, board) = (&self.world, self.world.suite.foundation());
        let number = board.propose(motion).dry_run(&world.directors[0].account_id(), None).await.unwrap().value;
        board.propose(motion).send(&world.directors[0]).await.unwrap();
        for director in &world.directors[..2] {
            // A proposal may be its proposer's vote already.
            let _ = board.vote(number, true).send(director).await;
        }
        board.enact(number).send(&world.stranger).await.unwrap();
    }

    pub async fn head(&self) -> BlockRef {
        self.world.suite.client().finalized_head().await.unwrap()
    }

    /// Every block of the network from `first` on.
    pub async fn blocks(&self, first: u32) -> Vec<Block> {
        let suite = &self.world.suite;
        let mut blocks = vec![];
        for number in first..=self.head().await.number {
            let hash = suite.client().block_hash(number).await.unwrap().unwrap();
            blocks.push(suite.client().block(hash, &suite.deployment().contracts).await.unwrap());
        }
        blocks
    }

    /// A book that starts from nothing, after the index has caught up.
    pub async fn book(&self) -> Arc<Book> {
        let first = self.store.network().first_block;
        let next = self.store.checkpoint().await.unwrap().map_or(first, |checkpoint| checkpoint.number + 1);
        for block in self.blocks(next).await {
            self.store.apply(&block.into()).await.unwrap();
        }
        let network = Network::from(self.world.suite.deployment());
        let book = Book::new(network, Arc::new(IndexSource::new(self.store.clone())));
        book.advance().await.unwrap();
        Arc::new(book)
    }

    /// Bzky that a shop was paid for the epochs before `epoch`.
    pub async fn earned(&self, shop: usize, epoch: u32) -> Balance {
        let rewards = self.store.rewards_of(Side::Merchant, self.shops[shop].index, 0, 500).await.unwrap();
        rewards.iter().filter(|reward| reward.epoch < epoch).map(|reward| reward.amount).sum()
    }
}
