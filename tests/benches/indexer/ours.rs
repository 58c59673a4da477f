//! Our indexer, as it comes, over the node's WebSocket like the peers.

use crate::{
    chain::Chain,
    common::indexer::Indexer,
    report::Run,
    rows::{connect, Server, Table},
};
use anyhow::ensure;
use bizkey_client::Client;
use std::time::Instant;

/// Where our indexer keeps receipts.
pub const TABLE: Table = Table { name: "indexer.receipts" };

/// What stays of the run into PostgreSQL, for the comparison with others.
pub struct Indexed {
    /// The database.
    pub url: String,
    /// The figures.
    pub run: Run,
}

/// Indexes the chain into PostgreSQL.
///
/// # Errors
/// When something does not work, or the rows are not what was sent.
pub async fn into_postgres(chain: &Chain, server: &Server) -> anyhow::Result<Indexed> {
    let url = server.database("ours").await?;
    let (indexer, run) = index(chain, "Bizkey, PostgreSQL", &url).await?;
    indexer.end().await?;
    let pool = connect(&url).await?;
    let digest = TABLE.digest(&pool, chain.last).await?;
    pool.close().await;
    Ok(Indexed { url, run: Run { digest: Some(digest), ..run } })
}

/// Indexes the chain into a SQLite file and compares the rows with those in
/// PostgreSQL at `reference`.
///
/// # Errors
/// When something does not work, or the rows differ.
pub async fn into_sqlite(chain: &Chain, reference: &Indexed) -> anyhow::Result<Run> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}", folder.path().join("index.sqlite").display());
    let (indexer, run) = index(chain, "Bizkey, SQLite", &url).await?;
    let other = Indexer::start(&reference.url, Client::connect(&chain.url()).await?, deployment(chain)).await?;
    for epoch in 0..chain.epochs {
        let (ours, theirs) = (indexer.receipts(epoch).await?, other.receipts(epoch).await?);
        ensure!(ours == theirs, "epoch {epoch}: the receipts in SQLite and in PostgreSQL differ");
    }
    other.end().await?;
    indexer.end().await?;
    Ok(Run { digest: reference.run.digest.clone(), ..run })
}

/// The clock runs from before the database is opened until the last block is
/// committed; the node is connected to before, as it is at the peers.
async fn index(chain: &Chain, name: &str, url: &str) -> anyhow::Result<(Indexer, Run)> {
    println!("{name} ...");
    let client = Client::connect(&chain.url()).await?;
    let started = Instant::now();
    let mut indexer = Indexer::start(url, client, deployment(chain)).await?;
    indexer.reached(chain.last).await?;
    let time = started.elapsed();
    let work = indexer.work();
    let sums = indexer.sums(chain.epochs).await?;
    let stored = sums.values().map(|(count, _)| count).sum();
    ensure!(
        sums == chain.sums,
        "{name}: {} receipts were sent, {stored} are in the rows, or their amounts differ",
        chain.receipts
    );
    let run =
        Run { name: name.to_owned(), first: 0, last: chain.last, receipts: stored, time, whole: true, digest: None };
    run.print();
    println!(
        "  of that {:.1} s waiting for blocks from the node, {:.1} s writing rows",
        work.fetching.as_secs_f64(),
        work.storing.as_secs_f64()
    );
    Ok((indexer, run))
}

fn deployment(chain: &Chain) -> &bizkey_client::Deployment {
    chain.world.suite.deployment()
}
