//! `bizkey persona evaluate`: how good the rules are.

use super::input::FilesArgs;
use anyhow::Context;
use bizkey_oracle::persona::{
    evaluate::{Evaluation, Outcome, Settings, Trial, REPORT_SEED},
    Kind,
};
use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Options of `bizkey persona evaluate`.
#[derive(Clone, Debug, clap::Args)]
pub struct EvaluateArgs {
    /// Which files.
    #[command(flatten)]
    pub files: FilesArgs,
    /// Of a thousand receipts, so many are fraud, all kinds together.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub fraud_per_mille: u32,
    /// Seed of the fraud; the same seed gives the same table. Thresholds were
    /// chosen with seeds from 1 to 1000.
    #[arg(long, default_value_t = REPORT_SEED)]
    pub seed: u64,
    /// How often fraud is drawn anew.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub runs: u32,
    /// Count in the first half alone: what thresholds may be chosen by.
    #[arg(long)]
    pub first_half: bool,
    /// Where the table goes as CSV; an earlier one is replaced.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// Evaluates, with a table on standard output.
///
/// # Errors
/// When a file cannot be read or written, or holds too few days.
pub fn evaluate(args: &EvaluateArgs) -> anyhow::Result<()> {
    let input = args.files.read()?;
    let looked_at = input.sales.len();
    let trial = Trial::new(input.sales, input.calendar)?;
    let trial = if args.first_half { trial.first_half()? } else { trial };
    let settings = Settings { fraud_per_mille: args.fraud_per_mille, seed: args.seed, runs: args.runs };
    let bar = ProgressBar::new(u64::from(args.runs));
    // The template is a constant that parses.
    if let Ok(style) = ProgressStyle::with_template("draws of fraud [{bar:40}] {pos}/{len} {elapsed}, {eta} left") {
        bar.set_style(style);
    }
    let evaluation = trial.evaluate(&settings, |runs| bar.set_position(u64::from(runs)));
    bar.finish_and_clear();
    let evaluation = evaluation?;
    println!("{looked_at} receipts are looked at.");
    for (reason, count) in input.refused.iter().filter(|(_, count)| *count > 0) {
        println!("{count} are refused: {reason}.");
    }
    println!();
    print!("{}", table(&evaluation, &settings));
    if let Some(out) = &args.out {
        write_csv(out, &evaluation).with_context(|| format!("writing {}", out.display()))?;
        println!("\nThe table is in {}.", out.display());
    }
    Ok(())
}

/// Thousandths as people write them; a dash where there are none.
fn share(per_mille: Option<u64>) -> String {
    per_mille.map_or_else(|| "-".to_owned(), |share| format!("{}.{:03}", share / 1_000, share % 1_000))
}

/// The table, with what it counts.
#[must_use]
pub fn table(evaluation: &Evaluation, settings: &Settings) -> String {
    let mut text = String::new();
    let (first, last) = evaluation.counted;
    let any = &evaluation.any;
    let fraud = (any.injected * 10_000).checked_div(evaluation.receipts).unwrap_or(0);
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "Days {first} to {last}, {} draws with seeds from {}: {} receipts, {}.{:02} % of them fraud.\n",
        settings.runs,
        settings.seed,
        evaluation.receipts,
        fraud / 100,
        fraud % 100,
    );
    let _ = writeln!(
        text,
        "{:<13} {:>9} {:>7} {:>9} {:>7} {:>8} {:>10} {:>7} {:>13}",
        "kind", "schemes", "found", "injected", "found", "accused", "precision", "recall", "without fraud",
    );
    let mut row = |name: &str, outcome: &Outcome, honest: u64| {
        let _ = writeln!(
            text,
            "{name:<13} {:>9} {:>7} {:>9} {:>7} {:>8} {:>10} {:>7} {honest:>13}",
            outcome.schemes,
            outcome.schemes_found,
            outcome.injected,
            outcome.found,
            outcome.accused,
            share(outcome.precision()),
            share(outcome.recall()),
        );
    };
    let honest = |kind: &Kind| evaluation.honest_alone.get(kind).copied().unwrap_or(0);
    for (kind, outcome) in &evaluation.kinds {
        row(kind.name(), outcome, honest(kind));
    }
    row("any", any, Kind::ALL.iter().map(honest).sum());
    text.push_str(
        "\nReceipts, but for the schemes, which are found when half of their receipts are. A kind's receipts are found \
         when\na finding of that very kind names them; those of `any`, when any does. Without fraud: honest receipts \
         that are\naccused when nothing is put in, over all draws; owners, which the receipts do not name, are drawn \
         by lot.\n",
    );
    text
}

fn write_csv(path: &Path, evaluation: &Evaluation) -> csv::Result<()> {
    let mut writer = csv::Writer::from_path(path)?;
    writer.write_record([
        "kind",
        "schemes",
        "schemes_found",
        "injected",
        "found",
        "accused",
        "precision",
        "recall",
        "accused_without_fraud",
    ])?;
    let mut row = |name: &str, outcome: &Outcome, honest: u64| {
        let Outcome { schemes, schemes_found, injected, found, accused } = *outcome;
        let (precision, recall) = (share(outcome.precision()), share(outcome.recall()));
        writer.serialize((name, schemes, schemes_found, injected, found, accused, precision, recall, honest))
    };
    let honest = |kind: &Kind| evaluation.honest_alone.get(kind).copied().unwrap_or(0);
    for (kind, outcome) in &evaluation.kinds {
        row(kind.name(), outcome, honest(kind))?;
    }
    row("any", &evaluation.any, Kind::ALL.iter().map(honest).sum())?;
    writer.flush()?;
    Ok(())
}
