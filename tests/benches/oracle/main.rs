//! `cargo xtask bench oracle`: an epoch of a whole network, from the lake's
//! files to both roots, beside DuckDB grouping the same files; how long proofs
//! take over HTTP; and, if asked for, further epochs over the history of the
//! ones before.

#[path = "../common/mod.rs"]
mod common;
mod epoch;
mod facts;
mod memory;
mod options;
mod ours;
mod peer;
mod proofs;
mod receipts;
mod report;

use anyhow::ensure;
use bizkey_oracle::scoring::Algorithm;
use epoch::Lake;
use options::Options;
use ours::Contender;

fn main() -> anyhow::Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    rayon::ThreadPoolBuilder::new().num_threads(options.threads.get()).build_global()?;
    let lake = Lake::at(&options)?;
    let contender = Contender::new(&lake, &options)?;
    let first = contender.score(0)?;
    let peer = peer::measure(&lake, &lake.epochs[0], options.threads.get())?;
    compare(options.algorithm, &first, &peer)?;
    let mut measured = vec![first];
    for epoch in 1..options.epochs {
        let later = contender.score(epoch)?;
        ensure!(later.returning > 0, "nobody came back in epoch {epoch}: it has no history, or too few receipts");
        measured.push(later);
    }
    report::finish(&options, &lake.epochs, &measured, &peer)
}

/// Compares what both sides counted.
///
/// DuckDB's query is what version 1 counts. Version 2 counts buyers with a
/// ticket alone, and their clamped totals: then the merchants are the same, and
/// buyers are not more.
fn compare(algorithm: Algorithm, ours: &ours::Measured, peer: &peer::Measured) -> anyhow::Result<()> {
    let (ours, theirs) = (&ours.totals, &peer.totals);
    let is_right = match algorithm {
        Algorithm::Bizpower1 => ours == theirs,
        Algorithm::Bizpower2 => {
            ours.merchants == theirs.merchants
                && (1..=theirs.buyers).contains(&ours.buyers)
                && (1..=theirs.outside_buyers).contains(&ours.outside_buyers)
        }
    };
    ensure!(is_right, "our totals are {ours:?}, DuckDB's are {theirs:?}");
    match algorithm {
        Algorithm::Bizpower1 => println!("the same totals as DuckDB {}: {ours:?}", peer.version),
        Algorithm::Bizpower2 => println!("as many merchants as DuckDB {}, and no more buyers: {ours:?}", peer.version),
    }
    Ok(())
}
