//! `cargo xtask bench api`: how long answers of the REST API take at a fixed
//! rate of requests, evenly over all its paths, with millions of receipts in
//! PostgreSQL.

#[path = "../common/mod.rs"]
mod common;
mod database;
mod fill;
mod load;
mod options;
mod paths;
mod report;
mod served;

use anyhow::Context as _;
use bizkey_tests::history::History;
use common::report::Report;
use database::Database;
use options::Options;
use served::Served;

/// What the project promises: 99 of 100 answers of each path come within so
/// many milliseconds.
const PROMISED_MS: f64 = 20.0;

fn main() -> anyhow::Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    // Clients on one thread of their own: none of them waits for a server's task.
    let clients = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = clients.block_on(measure(&options))?;
    report.write(options.json.as_deref())
}

async fn measure(options: &Options) -> anyhow::Result<Report> {
    let database = Database::open(options).await?;
    let mut history = History::new(options.shape);
    let filled = fill::fill(&database, &mut history).await?;
    let served = Served::start(database.url()).await?;
    let paths = paths::measured(&served, &history).await?;
    let warm_up = load::run(&served, &paths, &history, options.rate, options.warm_up, 1).await?;
    warm_up.check().context("while it warmed up")?;
    let outcome = load::run(&served, &paths, &history, options.rate, options.time, 2).await?;
    served.stop().await?;
    let rows = report::rows(options, &filled, &outcome);
    outcome.check()?;
    let mut report = Report::default();
    report.add(rows);
    Ok(report)
}
