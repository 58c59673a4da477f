//! `cargo xtask bench indexer`: receipts decoded and stored a second, by our
//! indexer and by Subsquid's and SubQuery's, on the same chain, in the same run,
//! into the same PostgreSQL; and by ours into SQLite.

mod chain;
#[path = "../common/mod.rs"]
mod common;
mod options;
mod ours;
mod peer;
mod report;
mod rows;
mod subquery;
mod subsquid;

use chain::Chain;
use common::report::Report;
use options::Options;
use rows::Server;
use subquery::SubQuery;
use subsquid::{Subsquid, SubsquidBySql};

fn main() -> anyhow::Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    let report = tokio::runtime::Runtime::new()?.block_on(measure(&options))?;
    report.write(options.json.as_deref())
}

async fn measure(options: &Options) -> anyhow::Result<Report> {
    let chain = Chain::make(options).await?;
    let server = Server::start().await?;
    let ours = ours::into_postgres(&chain, &server).await?;
    let sqlite = ours::into_sqlite(&chain, &ours).await?;
    let mut peers = Vec::new();
    if options.subsquid {
        peers.push(peer::measure::<Subsquid>(&chain, &server, &ours, options.patience).await?);
    }
    if options.subquery {
        peers.push(peer::measure::<SubQuery>(&chain, &server, &ours, options.patience).await?);
    }
    let mut beside = Vec::new();
    if options.by_sql {
        beside.push(peer::measure::<SubsquidBySql>(&chain, &server, &ours, options.patience).await?);
    }
    let mut report = Report::default();
    report.add(report::rows(&ours.run, &sqlite, &peers, &beside));
    chain.stop().await;
    Ok(report)
}
