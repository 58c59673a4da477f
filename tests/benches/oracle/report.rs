//! The figures, and which promises hold (issue 6, "Must hold").

use crate::{
    common::report::{Report, Row},
    epoch, memory,
    options::{Options, PROMISED},
    ours, peer,
};
use bizkey_indexer::lake::Manifest;
use serde_json::{json, Value};

/// How many times as fast as DuckDB the project is at least.
const PROMISED_RATIO: f64 = 0.67;
/// Memory within which it stays.
const PROMISED_GIB: f64 = 20.0;
/// Below which it serves any merchant's proof.
const PROMISED_PROOF_MS: f64 = 5.0;

/// On which side of its limit a figure has to be.
#[derive(Clone, Copy)]
enum Bound {
    AtLeast,
    AtMost,
    Below,
}

impl Bound {
    fn name(self) -> &'static str {
        match self {
            Bound::AtLeast => "at least",
            Bound::AtMost => "at most",
            Bound::Below => "below",
        }
    }
}

/// A figure beside what is promised of it.
struct Promise {
    what: String,
    unit: &'static str,
    figure: f64,
    bound: Bound,
    limit: f64,
}

impl Promise {
    fn holds(&self) -> bool {
        match self.bound {
            Bound::AtLeast => self.figure >= self.limit,
            Bound::AtMost => self.figure <= self.limit,
            Bound::Below => self.figure < self.limit,
        }
    }

    fn print(&self) {
        let Self { what, unit, figure, bound, limit } = self;
        let outcome = if self.holds() { "holds" } else { "does not hold" };
        println!("{what:<52} {figure:>9.2} {:>9} {limit:>6.2} {unit:<4} {outcome}", bound.name());
    }

    /// The same in a row's details.
    fn json(&self) -> Value {
        json!({ "figure": self.figure, "must_be": self.bound.name(), "limit": self.limit, "holds": self.holds() })
    }
}

/// Prints the figures and the promises, and writes both if a file is given.
///
/// # Errors
/// When the file cannot be written.
pub fn finish(
    options: &Options,
    epochs: &[Manifest],
    measured: &[ours::Measured],
    peer: &peer::Measured,
) -> anyhow::Result<()> {
    let (mut report, mut promises) = (Report::default(), Vec::new());
    for (manifest, ours) in epochs.iter().zip(measured) {
        let (name, label) = match ours.epoch {
            0 => ("oracle".to_owned(), String::new()),
            later => (format!("oracle/epoch {later}"), format!("epoch {later}, over the one before: ")),
        };
        let mut details = details(options, manifest, ours);
        if ours.epoch == 0 {
            let seconds = ours.total.as_secs_f64();
            let promise = Promise {
                what: format!("seconds of DuckDB {} / ours", peer.version),
                unit: "",
                figure: peer.seconds / seconds,
                bound: Bound::AtLeast,
                limit: PROMISED_RATIO,
            };
            details["peer"] = json!(format!(
                "DuckDB {}: counts and sums by channel, grouped by merchant and customer, then by merchant",
                peer.version
            ));
            details["peer_peak_bytes"] = json!(peer.peak);
            details["wanted_ratio"] = json!(PROMISED_RATIO);
            details["promise"] = promise.json();
            report.add([Row::less_is_better(&name, "s", seconds, peer.seconds).with(details.take())]);
            promises.push(promise);
        }

        let memory = Promise {
            what: format!("{label}memory, roots and carry"),
            unit: "GiB",
            figure: memory::gib(ours.most_memory()),
            bound: Bound::AtMost,
            limit: PROMISED_GIB,
        };
        // A later epoch has no peer that is timed, and says here what it took.
        let mut about = if details.is_null() { json!({}) } else { details };
        about["peer"] = json!("no program: what issue 6 allows");
        about["promise"] = memory.json();
        report.add([Row::less_is_better(&format!("{name}/memory"), "GiB", memory.figure, memory.limit).with(about)]);

        let served = &ours.served;
        let proof = Promise {
            what: format!("{label}slowest of {} proofs over HTTP", served.count()),
            unit: "ms",
            figure: served.worst(),
            bound: Bound::Below,
            limit: PROMISED_PROOF_MS,
        };
        let about = json!({
            "peer": "no program: what issue 6 allows",
            "answers": served.count(),
            "p50_ms": served.percentile(50.0),
            "p99_ms": served.percentile(99.0),
            "worst_ms": served.worst(),
            "slowest_merchant": served.slowest(),
            "bytes": served.bytes,
            "promise": proof.json(),
        });
        report.add([Row::less_is_better(&format!("{name}/proof"), "ms", proof.figure, proof.limit).with(about)]);
        promises.extend([memory, proof]);
    }
    let written = report.write(options.json.as_deref());
    println!("\n{:<52} {:>9} {:>9} {:>6}", "promise", "figure", "", "limit");
    promises.iter().for_each(Promise::print);
    if options.size() != PROMISED {
        let [receipts, merchants, customers] = PROMISED;
        println!("this run is of another size: {receipts} receipts, {merchants} merchants, {customers} customers are promised");
    }
    written
}

/// What an epoch's figures were made of.
fn details(options: &Options, manifest: &Manifest, ours: &ours::Measured) -> Value {
    json!({
        "algorithm_version": options.algorithm.version(),
        "receipts": manifest.receipts.rows,
        "threads": options.threads,
        "bytes_on_disk": epoch::bytes(manifest),
        "seconds": ours.total.as_secs_f64(),
        "peak_bytes": ours.peak,
        "merchants": ours.leaves[0],
        "customers": ours.leaves[1],
        "pairs_known_before": ours.returning.to_string(),
        "roots": ours.roots,
        "stages": ours.stages(),
        "carry_seconds": ours.carry.as_secs_f64(),
        "carry_peak_bytes": ours.carry_peak,
        "state_bytes": ours.state_bytes,
    })
}
