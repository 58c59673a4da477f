//! The chain that all contenders index, served over RPC.

use crate::{
    common::load::{Load, Relayers, Sums},
    options::Options,
};
use anyhow::{ensure, Context as _};
use bizkey_devchain::{any_loopback_port, Clock, DevchainConfig, Sealing, ServerHandle};
use bizkey_primitives::Calendar;
use bizkey_tests::{World, DAY, HOUR};
use std::time::Instant;

/// Bzky given to each customer, smallest unit: rows of another kind.
const GIFT: u128 = 1_000_000_000;

/// A finished chain: no block comes to it any more, and all are final.
pub struct Chain {
    /// The network on it.
    pub world: World,
    /// Its node's server.
    server: ServerHandle,
    /// The first block with receipts.
    pub first: u32,
    /// The last block.
    pub last: u32,
    /// Receipts.
    pub receipts: u64,
    /// What the rows must say.
    pub sums: Sums,
    /// Epochs with receipts, from 0 on.
    pub epochs: u32,
}

impl Chain {
    /// Makes it: deployment and registrations, transfers of Bzky, then one batch
    /// of receipts a block.
    ///
    /// # Errors
    /// When a batch is refused, or a block holds something else.
    pub async fn make(options: &Options) -> anyhow::Result<Self> {
        let shape = options.shape()?;
        println!("a chain of {} blocks with {} receipts each is made ...", options.blocks, shape.batch);
        let started = Instant::now();
        let relayers = Relayers::new(1)?;
        // In memory: how the node keeps its blocks is no part of the comparison.
        let world = World::on(DevchainConfig { endowed: relayers.endowed(), ..Default::default() }).await;
        // Blocks come evenly from an hour after the start of epoch 0 to an hour
        // before the end of the last one.
        let step = (u64::from(options.epochs) * DAY - 2 * HOUR) / u64::from(options.blocks);
        let load = Load::prepare(&shape, &world, &relayers, |number| number.saturating_mul(step)).await?;
        for name in 1..=options.customers {
            let customer = world.suite.registry().account_of(bizkey_primitives::Side::Customer, name, None).await?;
            world.give(customer.context("a customer was not registered")?, GIFT).await;
        }
        let start = world.chain.now_ms();
        world.chain.set_sealing(Sealing::Manual);
        let first = world.chain.best().header.number.checked_add(1).context("the chain is full")?;
        for (number, extrinsic) in (0u64..).zip(load.extrinsics.into_iter().flatten()) {
            world.chain.set_clock(Clock::Manual(start.saturating_add(number.saturating_mul(step))));
            world.chain.submit(extrinsic).await?;
            let block = world.chain.seal_block().await?;
            // The timestamp's, and the batch's.
            ensure!(block.extrinsics == 2, "block {} has {} extrinsics in place of 2", block.number, block.extrinsics);
        }
        let last = world.chain.finalized().header.number;
        ensure!(last == world.chain.best().header.number, "block {last} is final, and not the best one");
        let server = world.chain.serve(any_loopback_port()).await?;
        println!(
            "  {} blocks, {} receipts, blocks {first} to {last}, in {:.0} s; served at {}",
            last,
            load.receipts,
            started.elapsed().as_secs_f64(),
            server.url()
        );
        let Load { receipts, sums, .. } = load;
        Ok(Self { world, server, first, last, receipts, sums, epochs: options.epochs })
    }

    /// The node's address, `ws://…`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The network's epochs.
    pub fn calendar(&self) -> Calendar {
        self.world.suite.deployment().calendar
    }

    /// Address of the contract `receipts`, `0x…`.
    pub fn contract(&self) -> String {
        let contract: [u8; 32] = *self.world.suite.receipts().address().as_ref();
        format!("0x{}", hex::encode(contract))
    }

    /// Hash of block 0, `0x…`.
    pub fn genesis_hash(&self) -> String {
        format!("0x{}", hex::encode(self.world.chain.genesis_hash()))
    }

    /// Stops it.
    pub async fn stop(self) {
        self.server.stop().await;
        self.world.chain.shutdown();
    }
}
