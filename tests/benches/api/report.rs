//! What is printed, and what is written.

use crate::{
    common::report::{rate, Row},
    fill::Filled,
    load::{Answers, Outcome},
    options::Options,
    PROMISED_MS,
};
use serde_json::{json, Value};
use std::time::Duration;

const UNIT: &str = "ms";

/// Prints the answers of each path. The first figure is the slowest path's, the
/// others are those of all paths, each beside what is promised.
pub fn rows(options: &Options, filled: &Filled, outcome: &Outcome) -> Vec<Row> {
    println!(
        "\n{:<48} {:>7} {:>8} {:>8} {:>8} {:>9}  slowest",
        "path", "answers", "p50 ms", "p99 ms", "max ms", "bytes"
    );
    for (path, answers) in &outcome.answers {
        let [median, most, longest] = figures(answers);
        let (count, slowest) = (answers.latencies.len(), answers.slowest.as_ref().map_or("", |(_, target)| target));
        let bytes = answers.bytes / count.max(1);
        println!("{path:<48} {count:>7} {median:>8.2} {most:>8.2} {longest:>8.2} {bytes:>9}  {slowest}");
    }
    let count: usize = outcome.answers.values().map(|answers| answers.latencies.len()).sum();
    let answered = rate(count as u64, outcome.time);
    println!("{answered:.0} answers a second; the clients were {:.1} ms behind at most", ms(outcome.late));
    let p99 = |answers: &Answers| ms(answers.percentile(99.0));
    let mut by_path: Vec<_> = outcome.answers.iter().map(|(path, answers)| (path, p99(answers))).collect();
    by_path.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let Some((slowest, worst)) = by_path.first() else { return Vec::new() };
    let details = json!({
        "peer": "no program: the p99 in milliseconds that issue 5 allows each path",
        "slowest_path": slowest,
        "requests_per_second": options.rate,
        "answers_per_second": answered,
        "seconds": options.time.as_secs(),
        "clients_behind_ms": ms(outcome.late),
        "receipts": filled.receipts,
        "last_block": filled.block,
        "database_bytes": filled.bytes,
        "paths": outcome.answers.iter().map(|(path, answers)| of_path(path, answers)).collect::<Vec<_>>(),
    });
    let row = |name: &str, ours: f64| Row::less_is_better(name, UNIT, ours, PROMISED_MS);
    let mut rows = vec![row("api", *worst).with(details)];
    rows.extend(by_path.iter().map(|(path, ours)| row(&format!("api{path}"), *ours)));
    rows
}

fn of_path(path: &str, answers: &Answers) -> Value {
    let [median, most, longest] = figures(answers);
    json!({
        "path": path,
        "answers": answers.latencies.len(),
        "p50_ms": median,
        "p99_ms": most,
        "max_ms": longest,
        "bytes": answers.bytes,
        "slowest": answers.slowest.as_ref().map(|(_, target)| target),
    })
}

fn figures(answers: &Answers) -> [f64; 3] {
    [50.0, 99.0, 100.0].map(|percent| ms(answers.percentile(percent)))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
