//! What is printed at the end, and written.

use anyhow::Context as _;
use serde::Serialize;
use std::{path::Path, time::Duration};

/// A figure beside the one it is held against; a ratio above 1 means that we
/// are ahead.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    name: String,
    unit: &'static str,
    ours: f64,
    peer: f64,
    ratio: f64,
    /// What the figures were made of, for those that have more to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<serde_json::Value>,
}

impl Row {
    /// A figure of which more is better.
    pub fn more_is_better(name: &str, unit: &'static str, ours: f64, peer: f64) -> Self {
        Self { name: name.to_owned(), unit, ours, peer, ratio: ours / peer, details: None }
    }

    /// A figure of which less is better.
    pub fn less_is_better(name: &str, unit: &'static str, ours: f64, peer: f64) -> Self {
        Self { name: name.to_owned(), unit, ours, peer, ratio: peer / ours, details: None }
    }

    /// Adds what the figures were made of.
    #[must_use]
    pub fn with(self, details: serde_json::Value) -> Self {
        Self { details: Some(details), ..self }
    }
}

/// All figures.
#[derive(Default)]
pub struct Report(Vec<Row>);

impl Report {
    /// Takes figures in.
    pub fn add(&mut self, rows: impl IntoIterator<Item = Row>) {
        self.0.extend(rows);
    }

    /// Prints them, and writes them if a file is given.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, file: Option<&Path>) -> anyhow::Result<()> {
        println!("\n{:<44} {:>12} {:>12} {:>8}", "figure", "ours", "peer", "ratio");
        for row in &self.0 {
            let Row { name, unit, ours, peer, ratio, .. } = row;
            println!("{name:<44} {ours:>12.1} {peer:>12.1} {ratio:>8.2}  {unit}");
        }
        let Some(file) = file else { return Ok(()) };
        let json = serde_json::to_string_pretty(&self.0)?;
        std::fs::write(file, json).with_context(|| format!("writing {}", file.display()))
    }
}

/// So many a second.
pub fn rate(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(f64::MIN_POSITIVE)
}
