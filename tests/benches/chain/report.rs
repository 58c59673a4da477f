//! What is printed.

use crate::{common::report::rate, run::Measured};
use bizkey_devchain::StageTime;
use std::time::Duration;

impl Measured {
    /// Prints where blocks and time went.
    pub fn print(&self) {
        let way = if self.socket { "WebSockets" } else { "in process" };
        println!(
            "{}, {way}: {} receipts in {} batches; final after {:.2} s ({:.0}/s), in rows after {:.2} s ({:.0}/s)",
            self.database,
            self.receipts,
            self.batches,
            self.until_final.as_secs_f64(),
            rate(self.receipts, self.until_final),
            self.until_indexed.as_secs_f64(),
            rate(self.receipts, self.until_indexed),
        );
        self.print_blocks();
        self.print_stages();
        let [own, postgres, all] =
            [self.processor.own, self.processor.postgres, self.processor.all].map(|time| time.as_secs_f64());
        let others = (all - own - postgres).max(0.0);
        let micros = (own + postgres) * 1e6 / self.receipts.max(1) as f64;
        println!(
            "  processor: {own:.1} s by this process, {postgres:.1} s by PostgreSQL ({micros:.1} us a receipt together), \
             {others:.1} s by others on this machine"
        );
    }

    fn print_blocks(&self) {
        let fullness = &self.fullness;
        let receipts_a_batch = self.receipts as f64 / self.batches.max(1) as f64;
        println!(
            "  {} blocks of {:.0} receipts; of what ordinary transactions may use of a block: weight {:.1} %, length {:.1} %",
            fullness.blocks,
            self.receipts as f64 / f64::from(fullness.blocks.max(1)),
            100.0 * fullness.weight_share(),
            100.0 * fullness.length_share(),
        );
        let (by_weight, by_length) = fullness.batches_a_full_block();
        let full = by_weight.min(by_length) * receipts_a_batch;
        println!(
            "  a full block takes {:.0} receipts by weight, {:.0} by length: {:.0}/s where a block comes every 6 s",
            by_weight * receipts_a_batch,
            by_length * receipts_a_batch,
            full / 6.0,
        );
    }

    fn print_stages(&self) {
        let (before, after) = &self.chain;
        let spent = |stage: fn(&bizkey_devchain::Timings) -> StageTime| {
            let (before, after) = (stage(before), stage(after));
            (after.time.saturating_sub(before.time), after.runs.saturating_sub(before.runs))
        };
        let waited = |work: fn(&bizkey_indexer::sync::Work) -> Duration| {
            (work(&self.index.1).saturating_sub(work(&self.index.0)), u64::from(self.fullness.blocks))
        };
        println!("  {:<44} {:>8} {:>8} {:>10} {:>14}", "stage", "s", "runs", "us a run", "us a receipt");
        for (name, (time, runs)) in [
            ("pool: check of a batch (any thread)", spent(|t| t.check)),
            ("author: choosing from the pool", spent(|t| t.choose)),
            ("author: beginning the block", spent(|t| t.begin)),
            ("author: executing a batch", spent(|t| t.execute)),
            ("author: state root", spent(|t| t.finish)),
            ("author: commit to disk", spent(|t| t.commit)),
            ("author: pool after the block", spent(|t| t.settle)),
            ("indexer: waiting for fetch and decode", waited(|w| w.fetching)),
            ("indexer: storing", waited(|w| w.storing)),
        ] {
            let micros = time.as_secs_f64() * 1e6;
            println!(
                "  {name:<44} {:>8.2} {runs:>8} {:>10.1} {:>14.2}",
                time.as_secs_f64(),
                micros / runs.max(1) as f64,
                micros / self.receipts.max(1) as f64,
            );
        }
    }
}
