//! `cargo xtask bench oracle`: an epoch of a whole network, from the lake's
//! files to both roots, beside DuckDB grouping the same files; and how long a
//! proof takes.

#[path = "../common/mod.rs"]
mod common;
mod epoch;
mod memory;
mod options;
mod ours;
mod peer;

use common::report::{Report, Row};
use epoch::Epoch;
use options::Options;
use serde_json::json;

/// How many times as fast as DuckDB the project wants to be.
const WANTED: f64 = 0.67;
/// Memory within which the project promises to stay.
const PROMISED_GIB: f64 = 20.0;
/// Within which the project promises a proof.
const PROMISED_PROOF_MS: f64 = 5.0;

fn main() -> anyhow::Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    rayon::ThreadPoolBuilder::new().num_threads(options.threads.get()).build_global()?;
    let epoch = Epoch::at(&options)?;
    epoch.warm()?;
    let ours = ours::measure(&epoch, &options)?;
    let peer = peer::measure(&epoch, options.threads.get())?;
    anyhow::ensure!(ours.totals == peer.totals, "our totals are {:?}, DuckDB's are {:?}", ours.totals, peer.totals);
    println!("the same totals as DuckDB {}: {:?}", peer.version, ours.totals);

    let seconds = ours.total.as_secs_f64();
    let details = json!({
        "peer": format!("DuckDB {}: counts and sums by channel, grouped by merchant and customer, then by merchant", peer.version),
        "wanted_ratio": WANTED,
        "receipts": epoch.manifest.receipts.rows,
        "threads": options.threads,
        "bytes_on_disk": epoch.bytes(),
        "peak_bytes": ours.peak,
        "peer_peak_bytes": peer.peak,
        "merchants": ours.leaves[0],
        "customers": ours.leaves[1],
        "roots": ours.roots,
        "stages": ours.stages(),
        "carry_seconds": ours.carry.as_secs_f64(),
    });
    let mut report = Report::default();
    report.add([
        Row::less_is_better("oracle", "s", seconds, peer.seconds).with(details),
        Row::less_is_better("oracle/memory", "GiB", memory::gib(ours.peak), PROMISED_GIB),
        Row::less_is_better("oracle/proof", "ms", ours.slowest_proof.as_secs_f64() * 1e3, PROMISED_PROOF_MS).with(
            json!({ "peer": "no program: what issue 6 allows", "median_ms": ours.median_proof.as_secs_f64() * 1e3 }),
        ),
    ]);
    report.write(options.json.as_deref())
}
