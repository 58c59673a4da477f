//! `bizkey price-feed`: Bzky's price, kept on chain.

use crate::keys::{key_argument, KeyArgument};
use crate::place::at_node;
use crate::process::look_every;
use crate::system::now_ms;
use anyhow::{ensure, Context};
use bizkey_client::{replace_file, ss58, Suite};
use bizkey_oracle::fetch::{Bounds, Fetcher};
use bizkey_oracle::price::{Feed, FeedConfig, FeedError, PriceSource, Published, Rules, Sightings, Sources};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Options of `bizkey price-feed`.
#[derive(Clone, Debug, clap::Args)]
pub struct PriceFeedArgs {
    /// A node, ws://…
    #[arg(long)]
    pub chain: String,
    /// The address of `rewards`, where the chain holds several networks.
    #[arg(long)]
    pub rewards: Option<String>,
    /// The price setter's key; see `bizkey oracle --help`.
    #[arg(long, value_name = "SOURCE", value_parser = key_argument)]
    pub key: KeyArgument,
    /// A source of Bzky's price in whole units of the accounting currency:
    /// https://HOST/PATH#price=/POINTER, with &time_ms=/POINTER or
    /// &time_s=/POINTER where its answer has a date; several times. No two of
    /// the same host and port, http and https being one: one operator must not
    /// have two voices. Whether one operator stands behind several hosts is for
    /// you to know.
    #[arg(long = "source", value_name = "URL", required = true)]
    pub sources: Vec<PriceSource>,
    /// Fewest sources that must agree; more than half of them unless given.
    #[arg(long)]
    pub quorum: Option<usize>,
    /// How far a source may be from the median, percent.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=50))]
    pub spread: u8,
    /// How old the price of a source with a date may be, seconds.
    #[arg(long, default_value_t = 900)]
    pub max_age: u64,
    /// For how long the price of a source without a date may stand still,
    /// seconds: to its last digit as far as this program saw it, and by the
    /// answer's Last-Modified if it has one. The default is four times
    /// --max-age and a dozen looks: even a quiet market trades within the hour
    /// and moves the last digits, while a ticker that broke never does.
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600, value_parser = clap::value_parser!(u64).range(1..))]
    pub max_unchanged: u64,
    /// Where it is kept since when the prices of sources without a date stand
    /// still, so that a new start does not take them for new; needed with
    /// --once if a source has no date.
    #[arg(long, value_name = "FILE")]
    pub memory: Option<PathBuf>,
    /// Digits of the accounting currency's minor unit.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=4))]
    pub minor_digits: u8,
    /// Seconds between two looks at the sources.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    pub every: u64,
    /// Look once, and fail if no price could be set.
    #[arg(long)]
    pub once: bool,
}

impl PriceFeedArgs {
    fn rules(&self) -> anyhow::Result<Rules> {
        let majority = self.sources.len() / 2 + 1;
        let quorum = self.quorum.unwrap_or(majority.max(2));
        ensure!(quorum > 0, "--quorum: one source at least");
        ensure!(
            quorum <= self.sources.len(),
            "{quorum} sources must agree and {} are given; give more with --source, or a --quorum",
            self.sources.len()
        );
        Ok(Rules { quorum, max_age_ms: self.max_age.saturating_mul(1_000), spread_percent: self.spread })
    }

    fn sources(&self) -> anyhow::Result<Sources> {
        let sources = Sources::new(self.sources.clone()).context("--source")?;
        // A program that looks once sees nothing move.
        ensure!(
            !self.once || self.memory.is_some() || sources.iter().all(PriceSource::is_dated),
            "with --once, a price without a date would always pass for new: point at every source's date with \
             &time_ms=/POINTER or &time_s=/POINTER, or keep what was seen with --memory FILE"
        );
        Ok(sources)
    }
}

/// What an earlier run saw; nothing if there was none.
fn remembered(path: &Path) -> anyhow::Result<Sightings> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is no memory of prices; remove it", path.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Sightings::default()),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}

/// Replaces the file, whole.
fn remember(path: &Path, seen: &Sightings) -> anyhow::Result<()> {
    replace_file(path, &serde_json::to_vec(seen)?).with_context(|| format!("writing {}", path.display()))
}

/// Runs until Ctrl-C or SIGTERM; a look that fails is told and the next one
/// follows.
///
/// # Errors
/// When two sources are of one server, the memory cannot be read or written, or
/// the key or the chain cannot be had; with --once, when no price could be set.
pub async fn price_feed(args: PriceFeedArgs) -> anyhow::Result<()> {
    let (rules, sources) = (args.rules()?, args.sources()?);
    let seen = args.memory.as_deref().map(remembered).transpose()?.unwrap_or_default();
    let signer = args.key.source()?.open().await?;
    let (client, deployment) = at_node(&args.chain, args.rewards.as_deref()).await?;
    let suite = Suite::new(client, deployment)?;
    println!("price setter {}", ss58(&signer.account_id()));
    let config = FeedConfig {
        sources,
        rules,
        max_unchanged_ms: args.max_unchanged.saturating_mul(1_000),
        minor_digits: args.minor_digits,
        clock: Arc::new(now_ms),
    };
    let feed = Feed::new(suite, signer, Fetcher::new(Bounds::default())?, config).remembering(seen);
    let memory = args.memory.as_deref();
    if args.once {
        let outcome = feed.step().await;
        memory.map(|path| remember(path, &feed.sightings())).transpose()?;
        say(&outcome?);
        return Ok(());
    }
    look_every(Duration::from_secs(args.every), async || {
        match feed.step().await {
            Ok(published) => say(&published),
            Err(error) => complain(&error),
        }
        // The price stands, and the next look writes again.
        if let Some(Err(error)) = memory.map(|path| remember(path, &feed.sightings())) {
            let _ = writeln!(std::io::stdout(), "{} not remembered: {error:#}", now_ms());
        }
    })
    .await
}

/// What was done, on standard output. Whoever read it may be gone.
fn say(published: &Published) {
    let now = now_ms();
    let mut out = std::io::stdout();
    match published {
        Published::Set { quote, block, failures } => {
            let _ = writeln!(out, "{now} price {} of {} set in block {block}", quote.price, quote.dated_ms);
            for (source, failure) in failures {
                let _ = writeln!(out, "{now} {source} gave none: {failure}");
            }
        }
        Published::Unchanged(quote) => {
            let _ = writeln!(out, "{now} price {} unchanged", quote.price);
        }
    }
}

fn complain(error: &FeedError) {
    let _ = writeln!(std::io::stdout(), "{} not set: {error}", now_ms());
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        feed: PriceFeedArgs,
    }

    fn feed(sources: &[String], more: &[&str]) -> anyhow::Result<PriceFeedArgs> {
        let mut all = vec!["program", "--chain", "ws://127.0.0.1:1", "--key", "env:KEY"];
        for source in sources {
            all.extend(["--source", source]);
        }
        all.extend(more);
        Ok(Program::try_parse_from(all)?.feed)
    }

    fn quorum(sources: u16, more: &[&str]) -> anyhow::Result<usize> {
        let sources: Vec<String> = (1..=sources).map(|port| format!("http://127.0.0.1:{port}/#price=/p")).collect();
        let feed = feed(&sources, more)?;
        feed.sources()?;
        Ok(feed.rules()?.quorum)
    }

    #[test]
    fn more_than_half_of_the_sources_must_agree_and_two_at_least() {
        for (sources, expected) in [(2, 2), (3, 2), (4, 3), (5, 3)] {
            assert_eq!(quorum(sources, &[]).unwrap(), expected, "of {sources}");
        }
        assert!(quorum(0, &[]).is_err() && quorum(1, &[]).is_err());
        assert_eq!(quorum(1, &["--quorum", "1"]).unwrap(), 1);
        assert!(quorum(3, &["--quorum", "4"]).is_err() && quorum(3, &["--quorum", "0"]).is_err());
    }

    #[test]
    fn a_server_that_is_given_twice_is_refused_with_both_places() {
        let [one, two] = ["/a#price=/p", "/b#price=/q"].map(|path| format!("https://exchange.example{path}"));
        let error = format!("{:#}", feed(&[one, two], &[]).unwrap().sources().unwrap_err());
        assert!(error.contains("source 1 (#price=/p) and source 2 (#price=/q)"), "{error}");
        assert!(error.contains("exchange.example:443") && error.contains("--source"), "{error}");
    }

    #[test]
    fn a_program_that_looks_once_needs_dates_or_a_memory() {
        let dated = "http://127.0.0.1:1/#price=/p&time_s=/t".to_owned();
        let undated = "http://127.0.0.1:2/#price=/p".to_owned();
        let is_fine = |sources: &[String], more: &[&str]| feed(sources, more).unwrap().sources().is_ok();
        assert!(is_fine(&[dated.clone()], &["--once"]));
        let both = [dated, undated];
        assert!(!is_fine(&both, &["--once"]));
        assert!(is_fine(&both, &["--once", "--memory", "seen.json"]) && is_fine(&both, &[]));
    }

    #[test]
    fn a_memory_is_there_after_it_was_written_and_rubbish_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seen.json");
        assert_eq!(remembered(&path).unwrap(), Sightings::default());
        let seen: Sightings = serde_json::from_str(r#"{"a:1":{"digits":"0.41","since_ms":5}}"#).unwrap();
        remember(&path, &seen).unwrap();
        assert_eq!(remembered(&path).unwrap(), seen);
        std::fs::write(&path, "[1").unwrap();
        assert!(remembered(&path).unwrap_err().to_string().contains("seen.json"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_memory_that_is_not_on_disk_does_not_replace_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seen.json");
        let [old, new]: [Sightings; 2] = [5, 6].map(|since_ms| {
            serde_json::from_str(&format!(r#"{{"a:1":{{"digits":"0.41","since_ms":{since_ms}}}}}"#)).unwrap()
        });
        remember(&path, &old).unwrap();
        // It takes every byte, and refuses to promise that they are on disk.
        std::os::unix::fs::symlink("/dev/null", folder.path().join("seen.json.new")).unwrap();
        assert!(remember(&path, &new).unwrap_err().to_string().contains("seen.json"));
        assert_eq!(remembered(&path).unwrap(), old);
    }
}
