//! `bizkey explain`: a shop's or a customer's day, receipts to reward.

use crate::place::PlaceArgs;
use crate::verify::Weights;
use anyhow::{bail, Context};
use bizkey_oracle::explain::{explain as explain_epoch, Focus};
use bizkey_primitives::{Calendar, Epoch};
use chrono::{NaiveDate, NaiveTime};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Write;
use std::path::PathBuf;

/// Options of `bizkey explain`.
#[derive(Clone, Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("who").required(true).args(["merchant", "customer"]).multiple(true)))]
pub struct ExplainArgs {
    /// Which network.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// The shop's index in `registry`.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub merchant: Option<u32>,
    /// The customer's index in `registry`.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub customer: Option<u32>,
    /// The epoch, counted from 0, or a date as 2030-01-31: the epoch that is
    /// open at half past eleven of it, UTC.
    #[arg(long, value_name = "EPOCH|DATE")]
    pub day: String,
    /// Whose share each of the paper's weights is: `own`, which the chain pays
    /// by, or `printed`, the formula's letter. With `printed`, score, roots and
    /// reward are what they would be by the letter.
    #[arg(long, value_enum, default_value_t = Weights::Own)]
    pub weights: Weights,
    /// Also writes it to a file, for programs.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Explains, as text on standard output.
///
/// # Errors
/// When the chain cannot be read, the epoch is not over, or nobody has the index.
pub async fn explain(args: ExplainArgs) -> anyhow::Result<()> {
    let place = args.place.open().await?;
    let explained = async {
        let calendar = place.suite.rewards().calendar(None).await?;
        let epoch = epoch_of(&args.day, &calendar)?;
        let bar = ProgressBar::new(0);
        // The template is a constant that parses.
        if let Ok(style) = ProgressStyle::with_template("blocks [{bar:40}] {pos}/{len} {elapsed}, {eta} left") {
            bar.set_style(style);
        }
        let focus = Focus { merchant: args.merchant, customer: args.customer };
        let explanation = explain_epoch(&place.suite, epoch, focus, args.weights.into(), |progress| {
            bar.set_length(u64::from(progress.head));
            bar.set_position(u64::from(progress.block));
        })
        .await;
        bar.finish_and_clear();
        anyhow::Ok(explanation?)
    }
    .await;
    place.close();
    let explanation = explained?;
    if let Some(path) = &args.json {
        let text = serde_json::to_vec_pretty(&explanation)?;
        std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    // Whoever read our output may have read enough.
    let _ = write!(std::io::stdout(), "{explanation}");
    Ok(())
}

/// Half past eleven, milliseconds from midnight: in UTC it lies in the local
/// day of the same date from UTC-11 to UTC+12, so it finds the epoch wherever
/// its midnight is.
const LATE_MORNING_MS: i64 = 11 * 60 * 60 * 1000 + 30 * 60 * 1000;

/// The epoch that a day names.
fn epoch_of(day: &str, calendar: &Calendar) -> anyhow::Result<Epoch> {
    if let Ok(epoch) = day.parse() {
        return Ok(epoch);
    }
    let Ok(date) = day.parse::<NaiveDate>() else {
        bail!("--day {day}: give an epoch's number, or a date as 2030-01-31");
    };
    let moment = date.and_time(NaiveTime::MIN).and_utc().timestamp_millis().saturating_add(LATE_MORNING_MS);
    let epoch = u64::try_from(moment).ok().and_then(|moment| calendar.epoch_at(moment));
    epoch.with_context(|| format!("--day {day}: the network had not begun"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const DAY_MS: u64 = 86_400_000;

    #[test]
    fn a_date_is_the_local_day_whatever_the_midnight() {
        // 2024-03-10, 00:00 UTC.
        let midnight = 1_710_028_800_000;
        for hours in -11i64..=12 {
            let genesis_ms = midnight - hours * 3_600_000;
            let calendar = Calendar::new(genesis_ms.try_into().unwrap(), DAY_MS).unwrap();
            assert_eq!(epoch_of("2024-03-10", &calendar).unwrap(), 0, "midnight at UTC{hours:+}");
            assert_eq!(epoch_of("2024-03-12", &calendar).unwrap(), 2);
            assert!(epoch_of("2024-03-09", &calendar).is_err());
        }
    }

    #[test]
    fn a_number_is_an_epoch_and_anything_else_is_refused() {
        let calendar = Calendar::new(0, DAY_MS).unwrap();
        assert_eq!(epoch_of("17", &calendar).unwrap(), 17);
        for wrong in ["-1", "today", "2024-02-30", ""] {
            assert!(epoch_of(wrong, &calendar).is_err(), "{wrong}");
        }
    }
}
