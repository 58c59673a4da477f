//! `cargo xtask bench chain`: receipts a second from signed batch to indexed
//! row, by real contract execution on a chain on disk with a node's limits,
//! and how long a long chain takes to open.

mod blocks;
#[path = "../common/mod.rs"]
mod common;
mod database;
mod machine;
mod options;
mod report;
mod run;
mod send;
mod startup;

use common::report::Report;
use options::Options;

/// Receipts a second that the project promises.
const PROMISED_RATE: f64 = 20_000.0;
/// Seconds in which a chain of 100,000 blocks has to open.
const PROMISED_START: f64 = 5.0;

fn main() -> anyhow::Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    let mut report = Report::default();
    let runtime = tokio::runtime::Runtime::new()?;
    if options.receipts > 0 {
        for database in database::all(&options)? {
            let measured = runtime.block_on(run::measure(&options, &database))?;
            measured.print();
            report.add(measured.rows(PROMISED_RATE));
        }
    }
    if options.start_blocks > 0 {
        let measured = runtime.block_on(startup::measure(options.start_blocks))?;
        measured.print();
        report.add([measured.row(PROMISED_START)]);
    }
    report.write(options.json.as_deref())
}
