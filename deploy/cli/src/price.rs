//! `bizkey price-feed`: Bzky's price, kept on chain.

use crate::keys::{key_argument, KeyArgument};
use crate::place::at_node;
use crate::process::look_every;
use crate::system::now_ms;
use anyhow::ensure;
use bizkey_client::{ss58, Suite};
use bizkey_oracle::fetch::{Bounds, Fetcher};
use bizkey_oracle::price::{Feed, FeedConfig, FeedError, PriceSource, Published, Rules};
use std::io::Write;
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
    /// &time_s=/POINTER where its answer has a date; several times.
    #[arg(long = "source", value_name = "URL", required = true)]
    pub sources: Vec<PriceSource>,
    /// Fewest sources that must agree; more than half of them unless given.
    #[arg(long)]
    pub quorum: Option<usize>,
    /// How far a source may be from the median, percent.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=50))]
    pub spread: u8,
    /// How old a source's price may be, seconds.
    #[arg(long, default_value_t = 900)]
    pub max_age: u64,
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
}

/// Runs until Ctrl-C or SIGTERM; a look that fails is told and the next one
/// follows.
///
/// # Errors
/// When the key or the chain cannot be had; with --once, when no price could be set.
pub async fn price_feed(args: PriceFeedArgs) -> anyhow::Result<()> {
    let rules = args.rules()?;
    let signer = args.key.source()?.open().await?;
    let (client, deployment) = at_node(&args.chain, args.rewards.as_deref()).await?;
    let suite = Suite::new(client, deployment)?;
    println!("price setter {}", ss58(&signer.account_id()));
    let config =
        FeedConfig { sources: args.sources.clone(), rules, minor_digits: args.minor_digits, clock: Arc::new(now_ms) };
    let feed = Feed::new(suite, signer, Fetcher::new(Bounds::default())?, config);
    if args.once {
        say(&feed.step().await?);
        return Ok(());
    }
    look_every(Duration::from_secs(args.every), async || match feed.step().await {
        Ok(published) => say(&published),
        Err(error) => complain(&error),
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

    fn quorum(sources: usize, more: &[&str]) -> anyhow::Result<usize> {
        let mut all = vec!["program", "--chain", "ws://127.0.0.1:1", "--key", "env:KEY"];
        for _ in 0..sources {
            all.extend(["--source", "http://127.0.0.1:1/#price=/p"]);
        }
        all.extend(more);
        Ok(Program::try_parse_from(all)?.feed.rules()?.quorum)
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
}
