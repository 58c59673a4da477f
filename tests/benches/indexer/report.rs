//! What a contender did, and what is written of it.

use crate::{
    common::report::{rate, Row},
    rows::Digest,
};
use serde_json::json;
use std::time::Duration;

/// One contender's run.
#[derive(Clone, Debug)]
pub struct Run {
    /// Who, and into what.
    pub name: String,
    /// First block read.
    pub first: u32,
    /// Last block stored.
    pub last: u32,
    /// Receipts stored.
    pub receipts: u64,
    /// How long that took.
    pub time: Duration,
    /// Whether that is the whole chain.
    pub whole: bool,
    /// The receipts, summed up; the same as ours of these blocks.
    pub digest: Option<Digest>,
}

impl Run {
    /// Receipts decoded and stored a second.
    pub fn rate(&self) -> f64 {
        rate(self.receipts, self.time)
    }

    /// Prints it.
    pub fn print(&self) {
        let Self { first, last, receipts, time, whole, .. } = self;
        let part = if *whole { "all" } else { "a prefix, stopped by the clock" };
        println!(
            "  {receipts} receipts of blocks {first} to {last} ({part}) in {:.1} s: {:.0} receipts/s",
            time.as_secs_f64(),
            self.rate()
        );
    }

    fn json(&self) -> serde_json::Value {
        let Self { name, first, last, receipts, time, whole, digest } = self;
        json!({
            "contender": name,
            "first_block": first,
            "last_block": last,
            "whole_chain": whole,
            "receipts": receipts,
            "seconds": time.as_secs_f64(),
            "receipts_per_second": self.rate(),
            "rows": digest,
        })
    }
}

const UNIT: &str = "receipts/s";

/// The figures: ours in PostgreSQL over the faster peer, then over each peer,
/// then SQLite over the faster one. Those `beside` are none of the peers.
pub fn rows(postgres: &Run, sqlite: &Run, peers: &[Run], beside: &[Run]) -> Vec<Row> {
    let Some(faster) = peers.iter().max_by(|one, other| one.rate().total_cmp(&other.rate())) else {
        return Vec::new();
    };
    let row = |name: String, ours: &Run, peer: &Run| Row::more_is_better(&name, UNIT, ours.rate(), peer.rate());
    let all: Vec<_> = [postgres, sqlite].into_iter().chain(peers).chain(beside).map(Run::json).collect();
    let mut rows = vec![row("indexer".to_owned(), postgres, faster).with(json!({ "contenders": all }))];
    rows.extend(
        peers.iter().chain(beside).map(|peer| row(format!("indexer/PostgreSQL/{}", peer.name), postgres, peer)),
    );
    rows.push(row(format!("indexer/SQLite/{}", faster.name), sqlite, faster));
    rows
}
