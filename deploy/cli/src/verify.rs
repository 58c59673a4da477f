//! `bizkey verify`: every epoch again, from the chain alone.

use crate::place::PlaceArgs;
use bizkey_oracle::{explain::compare_weights, rows::tokens};
use indicatif::{ProgressBar, ProgressStyle};
use std::process::ExitCode;

/// Options of `bizkey verify`.
#[derive(Clone, Debug, clap::Args)]
pub struct VerifyArgs {
    /// Which network.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// Whose share each of the paper's weights is: `own`, which the chain pays
    /// by, or `printed`, the formula's letter. With `printed` the audit is the
    /// same, and what every shop would score by the letter is told as well.
    #[arg(long, value_enum, default_value_t = Weights::Own)]
    pub weights: Weights,
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

/// Recomputes and compares; exit code 1 and the first difference if there is one.
///
/// # Errors
/// When the chain cannot be read, or holds no network or several.
pub async fn verify(args: VerifyArgs) -> anyhow::Result<ExitCode> {
    let place = args.place.open().await?;

    let bar = ProgressBar::new(0);
    // The template is a constant that parses.
    if let Ok(style) = ProgressStyle::with_template("blocks [{bar:40}] {pos}/{len} {elapsed}, {eta} left {msg}") {
        bar.set_style(style);
    }
    let verdict = bizkey_oracle::verify::verify(&place.suite, |progress| {
        bar.set_length(u64::from(progress.head));
        bar.set_position(u64::from(progress.block));
        bar.set_message(format!("{} epochs", progress.epochs));
    })
    .await;
    let readings = match (&verdict, args.weights) {
        (Ok(_), Weights::Printed) => compare_weights(&place.suite, |progress| {
            bar.set_length(u64::from(progress.head));
            bar.set_position(u64::from(progress.block));
        })
        .await
        .map(Some),
        _ => Ok(None),
    };
    bar.finish_and_clear();
    place.close();
    let verdict = verdict?;
    for reading in readings?.iter().flatten() {
        println!("{reading}");
    }
    if let Some(difference) = verdict.difference {
        println!("{difference}");
        return Ok(ExitCode::from(1));
    }
    let paid = |side: fn(&bizkey_oracle::verify::AuditedEpoch) -> u128| {
        let sum: u128 = verdict.epochs.iter().map(side).sum();
        tokens(sum)
    };
    println!(
        "{} epochs agree up to block {}: {} Bzky and {} Time paid",
        verdict.epochs.len(),
        verdict.head.number,
        paid(|epoch| epoch.merchants.paid),
        paid(|epoch| epoch.customers.paid),
    );
    Ok(ExitCode::SUCCESS)
}
