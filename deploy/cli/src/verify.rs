//! `bizkey verify`: every epoch again, from the chain alone.

use crate::place::PlaceArgs;
use anyhow::{bail, Context};
use bizkey_client::Suite;
use bizkey_oracle::{
    explain::{compare_weights, DifferingShop, Reading},
    rows::tokens,
    scoring::WeightBinding,
    verify::{EpochSummary, Progress, SideSummary, Summary},
};
use bizkey_primitives::Epoch;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::Write;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

/// Epochs that are printed unless others are asked for: a week.
const SHOWN: usize = 7;

/// Options of `bizkey verify`.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Every epoch since the first is recomputed and compared, whichever are printed: whether a buyer \
    is a first-time one depends on all epochs before. The exit code is 1 if the chain is not what its receipts make \
    it."
)]
pub struct VerifyArgs {
    /// Which network.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// Print this epoch, or those from A to B with both; the last seven
    /// without it.
    #[arg(long, visible_alias = "epochs", value_name = "N|A..B")]
    pub epoch: Option<EpochRange>,
    /// Also write every epoch to a file, for programs: roots, leaves, sums,
    /// and what is reserved and paid.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Whose share each of the paper's weights is: `own`, which the chain pays
    /// by, or `printed`, the formula's letter. With `printed` the audit is the
    /// same, and the shops that would score otherwise are listed as well, ten
    /// of each epoch that is printed.
    #[arg(long, value_enum, default_value_t = Weights::Own)]
    pub weights: Weights,
    /// With --weights printed: writes every shop that would score otherwise to
    /// a file, of the epochs of --epoch or of all.
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
}

/// A reading of the paper's weights (whitepaper 4, Ambiguity).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Weights {
    /// Each weight belongs to the customers that it multiplies.
    #[default]
    Own,
    /// As printed: the first-time share weighs outside buyers, and the outside
    /// share first-time ones.
    Printed,
}

impl From<Weights> for WeightBinding {
    fn from(weights: Weights) -> Self {
        match weights {
            Weights::Own => WeightBinding::OwnShare,
            Weights::Printed => WeightBinding::Printed,
        }
    }
}

/// Epochs in a row, from the first to the last with both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochRange(RangeInclusive<Epoch>);

impl FromStr for EpochRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) if first <= last => Ok(Self(first..=last)),
            _ => Err(format!("{text} names no epochs: give a number as 7, or the first and the last as 3..7")),
        }
    }
}

/// Recomputes and compares; exit code 1 and the first difference if there is one.
///
/// # Errors
/// When the chain cannot be read, or holds no network or several, a file
/// cannot be written, or an epoch that was asked for is not over.
pub async fn verify(args: VerifyArgs) -> anyhow::Result<ExitCode> {
    if args.csv.is_some() && args.weights == Weights::Own {
        bail!("--csv is the list of shops that score otherwise as printed: give --weights printed with it");
    }
    let place = args.place.open().await?;
    let bar = ProgressBar::new(0);
    // The template is a constant that parses.
    if let Ok(style) = ProgressStyle::with_template("blocks [{bar:40}] {pos}/{len} {elapsed}, {eta} left {msg}") {
        bar.set_style(style);
    }
    let found = find(&args, &place.suite, &bar).await;
    bar.finish_and_clear();
    place.close();
    let (summary, readings) = found?;

    // Whoever reads our output may have read enough.
    let _ = write!(std::io::stdout(), "{}", text(&args, &summary, &readings));
    if !summary.agrees {
        return Ok(ExitCode::from(1));
    }
    match (args.epoch.as_ref().map(|range| *range.0.end()), summary.epochs.last().map(|epoch| epoch.epoch)) {
        (Some(wanted), None) => {
            bail!("epoch {wanted} is not over on chain: none is yet; wait until epoch 0 has ended and a block follows")
        }
        (Some(wanted), Some(last)) if wanted > last => {
            bail!(
                "epoch {wanted} is not over on chain: the last one that is over is {last}; ask for it or for an \
                 earlier one"
            )
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Verifies, writes the files, and reads the weights as printed if asked.
async fn find(args: &VerifyArgs, suite: &Suite, bar: &ProgressBar) -> anyhow::Result<(Summary, Vec<Reading>)> {
    let show = |progress: Progress| {
        bar.set_length(u64::from(progress.head));
        bar.set_position(u64::from(progress.block));
        bar.set_message(format!("{} epochs", progress.epochs));
    };
    let verdict = bizkey_oracle::verify::verify(suite, show).await?;
    let summary = Summary::of(suite.deployment(), &verdict);
    if let Some(path) = &args.json {
        let text = serde_json::to_vec_pretty(&summary)?;
        std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    let mut readings = Vec::new();
    if summary.agrees && args.weights == Weights::Printed {
        let shown = shown(args, &summary);
        let mut table = args.csv.as_deref().map(Table::create).transpose()?;
        let mut written = Ok(());
        let each = |reading: Reading| {
            let is_asked = args.epoch.as_ref().is_none_or(|range| range.0.contains(&reading.epoch));
            if let Some(table) = table.as_mut().filter(|_| is_asked && written.is_ok()) {
                written = table.add(&reading);
            }
            if shown.iter().any(|epoch| epoch.epoch == reading.epoch) {
                readings.push(reading);
            }
        };
        compare_weights(suite, show, each).await?;
        written.and_then(|()| table.map_or(Ok(()), Table::finish)).context("writing the file of --csv")?;
    }
    Ok((summary, readings))
}

/// The epochs that are printed.
fn shown<'a>(args: &VerifyArgs, summary: &'a Summary) -> &'a [EpochSummary] {
    let epochs = &summary.epochs;
    match &args.epoch {
        None => &epochs[epochs.len().saturating_sub(SHOWN)..],
        Some(EpochRange(range)) => {
            let from = epochs.partition_point(|epoch| epoch.epoch < *range.start());
            let to = epochs.partition_point(|epoch| epoch.epoch <= *range.end());
            &epochs[from..to]
        }
    }
}

/// What is printed: the epochs, the readings, and the verdict.
fn text(args: &VerifyArgs, summary: &Summary, readings: &[Reading]) -> String {
    if let Some(difference) = &summary.difference {
        return format!("{difference}\n");
    }
    let shown = shown(args, summary);
    let mut lines: Vec<String> = shown.iter().map(ToString::to_string).collect();
    if shown.len() < summary.epochs.len() && args.epoch.is_none() {
        let earlier = summary.epochs.len().saturating_sub(shown.len());
        lines.insert(0, format!("{earlier} earlier epochs: --epoch A..B prints them, --json FILE writes them"));
    }
    lines.extend(readings.iter().map(ToString::to_string));
    let paid = |side: fn(&EpochSummary) -> &SideSummary| {
        // Parts of a supply.
        tokens(summary.epochs.iter().map(|epoch| side(epoch).paid).sum())
    };
    lines.push(format!(
        "{} epochs agree up to block {}: {} Bzky and {} Time paid\n",
        summary.epochs.len(),
        summary.head,
        paid(|epoch| &epoch.merchants),
        paid(|epoch| &epoch.customers),
    ));
    lines.join("\n")
}

/// The file of shops that score otherwise as printed, a row an epoch and shop.
struct Table(csv::Writer<File>);

impl Table {
    fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("making {}", path.display()))?;
        let mut table = csv::Writer::from_writer(file);
        table.write_record(["epoch", "algorithm_version", "merchant", "score", "printed_score"])?;
        Ok(Self(table))
    }

    fn add(&mut self, reading: &Reading) -> anyhow::Result<()> {
        let (epoch, version) = (reading.epoch.to_string(), reading.algorithm_version.to_string());
        for DifferingShop { merchant, own, printed } in &reading.differing {
            let row = [&epoch, &version, &merchant.to_string(), &own.to_string(), &printed.to_string()];
            self.0.write_record(row)?;
        }
        Ok(())
    }

    fn finish(mut self) -> anyhow::Result<()> {
        Ok(self.0.flush()?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn epochs_are_one_or_from_first_to_last() {
        assert_eq!("7".parse::<EpochRange>().unwrap(), EpochRange(7..=7));
        assert_eq!("0..3".parse::<EpochRange>().unwrap(), EpochRange(0..=3));
        for wrong in ["", "..", "3..", "..3", "4..3", "-1", "2030-01-31"] {
            assert!(wrong.parse::<EpochRange>().unwrap_err().contains("3..7"), "{wrong}");
        }
    }
}
