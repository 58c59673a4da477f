//! One measured run: from signed batches to final blocks and to rows.

use crate::{
    blocks::Fullness,
    common::{
        indexer::Indexer,
        load::{Load, Relayers},
        report::{rate, Row},
    },
    database::Database,
    machine::Processor,
    options::Options,
    send,
};
use anyhow::{ensure, Context as _};
use bizkey_client::{Client, RpcClient};
use bizkey_devchain::{any_loopback_port, Devchain, DevchainConfig, InProcessRpc, ServerHandle, Timings};
use bizkey_indexer::sync::Work;
use bizkey_tests::World;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// What a run measured.
pub struct Measured {
    pub(crate) database: &'static str,
    pub(crate) socket: bool,
    pub(crate) receipts: u64,
    pub(crate) batches: u64,
    /// From the first batch sent until the last is final.
    pub(crate) until_final: Duration,
    /// Until the last row is committed.
    pub(crate) until_indexed: Duration,
    pub(crate) fullness: Fullness,
    /// The chain's work before and after.
    pub(crate) chain: (Timings, Timings),
    /// The indexer's work before and after.
    pub(crate) index: (Work, Work),
    pub(crate) processor: Processor,
}

/// Ways to the chain: over a socket, or in the process.
struct Ways {
    chain: Devchain,
    server: Option<ServerHandle>,
}

impl Ways {
    async fn open(chain: &Devchain, socket: bool) -> anyhow::Result<Self> {
        let server = if socket { Some(chain.serve(any_loopback_port()).await?) } else { None };
        Ok(Self { chain: chain.clone(), server })
    }

    /// A connection of its own.
    async fn rpc(&self) -> anyhow::Result<RpcClient> {
        match &self.server {
            Some(server) => Ok(RpcClient::from_insecure_url(server.url()).await?),
            None => Ok(RpcClient::new(InProcessRpc::new(&self.chain)?)),
        }
    }

    /// The indexer's client, as `bizkey up` makes it.
    async fn client(&self) -> anyhow::Result<Client> {
        match &self.server {
            Some(server) => Ok(Client::connect(&server.url()).await?),
            None => Ok(Client::from_rpc(self.rpc().await?).await?),
        }
    }
}

/// Measures one run with the index in `database`.
///
/// # Errors
/// When something does not work, or the rows are not exactly what was sent.
pub async fn measure(options: &Options, database: &Database) -> anyhow::Result<Measured> {
    let folder = tempfile::tempdir()?;
    let relayers = Relayers::new(options.relayers)?;
    let chain =
        DevchainConfig { path: Some(folder.path().join("chain")), endowed: relayers.endowed(), ..Default::default() };
    println!("\n{}: the contracts are deployed, {} receipts signed ...", database.name(), options.receipts);
    let world = World::on(chain).await;
    let Load { extrinsics, batches, receipts, sums } =
        Load::prepare(&options.shape(), &world, &relayers, |_| 0).await?;
    let opened = database.open(folder.path())?;
    let ways = Ways::open(&world.chain, options.socket).await?;
    let mut indexer = Indexer::start(&opened.url, ways.client().await?, world.suite.deployment()).await?;
    let before = world.chain.finalized().header.number;
    indexer.reached(before).await?;
    let each = usize::try_from(options.in_flight.div_ceil(options.relayers))?;
    let mut senders = Vec::new();
    for extrinsics in extrinsics {
        senders.push(send::relay(ways.rpc().await?, extrinsics, each));
    }

    let (chain, index) = (world.chain.timings(), indexer.work());
    let processor = Processor::so_far();
    let started = Instant::now();
    let mut sending: JoinSet<_> = senders.into_iter().collect();
    while let Some(sent) = sending.join_next().await {
        sent??;
    }
    let until_final = started.elapsed();
    let last = world.chain.finalized().header.number;
    indexer.reached(last).await?;
    let until_indexed = started.elapsed();

    let processor = Processor::so_far().since(processor);
    let (chain, index) = ((chain, world.chain.timings()), (index, indexer.work()));
    let rows = indexer.sums(1).await?;
    ensure!(
        rows == sums,
        "{receipts} receipts were sent, {} are in the rows, or their amounts differ",
        rows.values().map(|(count, _)| count).sum::<u64>()
    );
    let first = before.checked_add(1).context("the chain is full")?;
    let fullness = Fullness::of(&ways.rpc().await?, first..=last).await?;
    ensure!(fullness.batches == batches, "{batches} batches were sent, {} are in the blocks", fullness.batches);
    indexer.end().await?;
    world.chain.shutdown();
    Ok(Measured {
        database: database.name(),
        socket: options.socket,
        receipts,
        batches,
        until_final,
        until_indexed,
        fullness,
        chain,
        index,
        processor,
    })
}

impl Measured {
    /// What is written.
    pub fn rows(&self, promised: f64) -> [Row; 2] {
        let row = |name: &str, time| Row::more_is_better(name, "receipts/s", rate(self.receipts, time), promised);
        [
            row(&format!("chain/indexed/{}", self.database), self.until_indexed),
            row(&format!("chain/final/{}", self.database), self.until_final),
        ]
    }
}
