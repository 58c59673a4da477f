//! `bizkey scoring-rules`: the board's figures of bizpower-2, from trade.

use crate::place::at_node;
use anyhow::{bail, ensure, Context};
use bizkey_client::{ss58, Deployment};
use bizkey_indexer::model::{hex, Network};
use bizkey_indexer::{Lake, Store};
use bizkey_oracle::scoring_rules::{
    observe, propose, Figure, FigureProposal, Least, Observed, Outcome, Percentiles, Proposals, Terms, Value,
};
use bizkey_oracle::simulation::AttackParameters;
use bizkey_primitives::board::{Motion, MAX_PENDING};
use bizkey_primitives::Epoch;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{json, Value as Json};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

/// Fewest epochs of trade without a warning: each day of the week twice.
const FORTNIGHT: u32 = 14;

/// Options of `bizkey scoring-rules`.
#[derive(Clone, Debug, clap::Args)]
pub struct ScoringRulesArgs {
    #[command(subcommand)]
    command: ScoringRulesCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum ScoringRulesCommand {
    /// Compute each trade's clamp and each trade and region's capital floor from
    /// the last closed epochs, compare them with what is set, and write the
    /// calls that set them.
    ///
    /// Sets nothing: `propose` is a call of `foundation` by a director, one
    /// resolution a figure; `set` the call of `registry` that it carries out,
    /// for its admin.
    Propose(ProposeArgs),
}

/// Options of `bizkey scoring-rules propose`.
#[derive(Clone, Debug, clap::Args)]
pub struct ProposeArgs {
    /// The data directory of `bizkey up` or `bizkey demo`, which says which
    /// network and, without --index, where the index is. `bizkey up` may run.
    #[arg(long, default_value = "bizkey-data")]
    pub data_dir: PathBuf,
    /// A node, ws://…, on which the network is found, in place of a data
    /// directory; give --index too.
    #[arg(long, requires = "index")]
    pub chain: Option<String>,
    /// The address of `rewards`, where that chain holds several networks.
    #[arg(long, requires = "chain")]
    pub rewards: Option<String>,
    /// The database of an indexer that is kept level by another process:
    /// postgres://…, or sqlite://PATH.
    #[arg(long, value_name = "DATABASE_URL", env = "BIZKEY_INDEX", hide_env_values = true)]
    pub index: Option<String>,
    /// The lake that this indexer writes, a folder or a URL: receipts are read
    /// from it, and only the rest from the database.
    #[arg(long, value_name = "URL")]
    pub lake: Option<String>,
    /// How many closed epochs are looked at, the last ones; none from before the
    /// network's first block.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=400))]
    pub epochs: u32,
    /// The first epoch in which the figures would hold. It must not have begun
    /// when the board's resolution is carried out; unless given, the first one
    /// after 14 days of voting and 14 in which that can be done.
    #[arg(long, value_name = "EPOCH")]
    pub from_epoch: Option<Epoch>,
    /// Percentile of customers' daily totals in a trade, for lo. The defaults of
    /// these three are what `bizkey simulate attack` judges attacks by.
    #[arg(long, value_name = "PERCENTILE", default_value_t = AttackParameters::default().clamp_lo_percentile,
          value_parser = clap::value_parser!(u64).range(1..=99))]
    pub clamp_lo: u64,
    /// The same for hi.
    #[arg(long, value_name = "PERCENTILE", default_value_t = AttackParameters::default().clamp_hi_percentile,
          value_parser = clap::value_parser!(u64).range(1..=99))]
    pub clamp_hi: u64,
    /// Percentile of attested capital in a trade and region, for the floor.
    #[arg(long, value_name = "PERCENTILE", default_value_t = AttackParameters::default().capital_floor_percentile,
          value_parser = clap::value_parser!(u64).range(0..=99))]
    pub capital_floor: u64,
    /// Fewest daily totals of customers that a trade's clamp rests on.
    #[arg(long, value_name = "N", default_value_t = Least::default().totals,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub least_totals: u64,
    /// Fewest shops that a figure rests on, lest a shop set what it is scored by.
    #[arg(long, value_name = "N", default_value_t = Least::default().shops,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub least_shops: u64,
    /// By how much a figure may differ from what is set and is left alone,
    /// percent: every day's trade gives slightly another median, which is worth
    /// no vote.
    #[arg(long, value_name = "PERCENT", default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=1_000))]
    pub tolerance: u64,
    /// Where the figures and the calls go as JSON; an earlier file is replaced.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Does what was asked for.
///
/// # Errors
/// When the network, its index or its lake cannot be had, no epoch is closed, or
/// the file cannot be written.
pub async fn scoring_rules(args: ScoringRulesArgs) -> anyhow::Result<()> {
    let ScoringRulesCommand::Propose(args) = args.command;
    ensure!(
        args.clamp_lo <= args.clamp_hi,
        "--clamp-lo {} is above --clamp-hi {}: lo is the lower one",
        args.clamp_lo,
        args.clamp_hi
    );
    let observed = args.observe().await?;
    let proposals = propose(&observed, &args.terms());
    // Whoever read our output may have read enough.
    let _ = std::io::stdout().write_all(table(&observed, &proposals).as_bytes());
    if let Some(path) = &args.out {
        let mut text = serde_json::to_vec_pretty(&document(&observed, &proposals))?;
        text.push(b'\n');
        std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
        let _ = writeln!(std::io::stdout(), "The figures and calls are in {}.", path.display());
    } else if proposals.to_set().next().is_some() {
        let _ = writeln!(std::io::stdout(), "--out FILE writes the calls that set them, ready to sign.");
    }
    Ok(())
}

impl ProposeArgs {
    fn terms(&self) -> Terms {
        Terms {
            percentiles: Percentiles {
                clamp_lo: self.clamp_lo,
                clamp_hi: self.clamp_hi,
                capital_floor: self.capital_floor,
            },
            least: Least { totals: self.least_totals, shops: self.least_shops },
            tolerance_percent: self.tolerance,
        }
    }

    async fn deployment(&self) -> anyhow::Result<Deployment> {
        if let Some(url) = &self.chain {
            return Ok(at_node(url, self.rewards.as_deref()).await?.1);
        }
        let path = self.data_dir.join("deployment.json");
        if !path.exists() {
            bail!(
                "{} is missing: give the --data-dir of `bizkey up` or `bizkey demo`, or --chain and --index",
                path.display()
            );
        }
        Ok(Deployment::load(&path)?)
    }

    async fn observe(&self) -> anyhow::Result<Observed> {
        let network = Network::from(&self.deployment().await?);
        let sqlite = || format!("sqlite://{}", self.data_dir.join("indexer.sqlite").display());
        let index = self.index.clone().unwrap_or_else(sqlite);
        let store = Store::open(&index, &network).await.context("opening the index")?;
        let observed = self.observe_in(&store, &network).await;
        store.close().await;
        observed
    }

    async fn observe_in(&self, store: &Store, network: &Network) -> anyhow::Result<Observed> {
        let lake = match &self.lake {
            Some(url) => Some(Lake::open(url, network).await.context("opening the lake of --lake")?),
            None => None,
        };
        let bar = ProgressBar::new(0);
        // The template is a constant that parses.
        if let Ok(style) = ProgressStyle::with_template("epochs [{bar:40}] {pos}/{len} {elapsed}, {eta} left") {
            bar.set_style(style);
        }
        let observed = observe(store, lake.as_ref(), self.epochs, self.from_epoch, |epoch, first, last| {
            bar.set_length(u64::from(last - first) + 1);
            bar.set_position(u64::from(epoch - first) + 1);
        })
        .await;
        bar.finish_and_clear();
        Ok(observed?)
    }
}

fn name(figure: Figure) -> String {
    match figure {
        Figure::Clamp(trade) => format!("clamp of trade {trade}"),
        Figure::CapitalFloor(trade, region) => format!("capital floor of trade {trade}, region {region}"),
    }
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "-".to_owned(),
        Some(Value::Clamp(clamp)) => format!("{} to {}", clamp.lo, clamp.hi),
        Some(Value::CapitalFloor(floor)) => floor.to_string(),
    }
}

/// The figures for people, with what they rest on.
fn table(observed: &Observed, proposals: &Proposals) -> String {
    let Observed { first, last, from_epoch, receipts, shops, shops_with_trade, set, .. } = observed;
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "Epochs {first} to {last}: {receipts} receipts that count, with a customer's ticket, at shops whose trade is \
         attested,\nwhich {shops_with_trade} of {shops} shops are. Figures would hold from epoch {from_epoch} on."
    );
    if last - first < FORTNIGHT - 1 {
        let _ = writeln!(text, "Note: this is less than a fortnight, and days of the week differ.");
    }
    let cap = set.cash_cap.map_or_else(|| "not set: all of it counts".to_owned(), |cap| cap.to_string());
    let _ = writeln!(text, "The cap on a customer's cash does not follow from trade; it is {cap}.\n");
    let _ = writeln!(
        text,
        "{:<40} {:>10} {:>7}  {:>23} {:>23}  outcome",
        "figure, minor units", "totals", "shops", "set", "found"
    );
    let [mut to_set, mut pending, mut staying, mut left_out] = [0u32; 4];
    for proposal in &proposals.0 {
        let (found, outcome) = match &proposal.outcome {
            Outcome::Set { value, .. } => {
                to_set += 1;
                (Some(value), "to be set".to_owned())
            }
            Outcome::Pending { value, resolution } => {
                pending += 1;
                (Some(value), format!("resolution {resolution} sets it"))
            }
            Outcome::Stays(value) => {
                staying += 1;
                (Some(value), "stays".to_owned())
            }
            Outcome::LeftOut(reason) => {
                left_out += 1;
                (None, format!("left out: {reason}"))
            }
        };
        let totals = proposal.totals.map_or_else(|| "-".to_owned(), |totals| totals.to_string());
        let _ = writeln!(
            text,
            "{:<40} {totals:>10} {:>7}  {:>23} {:>23}  {outcome}",
            name(proposal.figure),
            proposal.shops,
            shown(proposal.set.as_ref()),
            shown(found),
        );
    }
    let _ =
        writeln!(text, "\nTo be set: {to_set}. In a resolution: {pending}. Staying: {staying}. Left out: {left_out}.");
    if to_set == 0 {
        let _ = writeln!(text, "Nothing is to be proposed.");
    } else if to_set as usize > MAX_PENDING {
        let _ = writeln!(text, "A board has at most {MAX_PENDING} resolutions open at a time.");
    }
    text
}

/// Figures as text, since JSON's numbers end earlier.
fn number(value: &Value) -> Json {
    match value {
        Value::Clamp(clamp) => json!({ "lo": clamp.lo.to_string(), "hi": clamp.hi.to_string() }),
        Value::CapitalFloor(floor) => json!(floor.to_string()),
    }
}

/// The figures for programs, with their calls.
fn document(observed: &Observed, proposals: &Proposals) -> Json {
    let figures: Vec<Json> = proposals.0.iter().map(line).collect();
    json!({
        "first_epoch": observed.first,
        "last_epoch": observed.last,
        "from_epoch": observed.from_epoch,
        "receipts": observed.receipts,
        "shops": observed.shops,
        "shops_with_trade": observed.shops_with_trade,
        "cash_cap": observed.set.cash_cap.map(|cap| cap.to_string()),
        "figures": figures,
    })
}

fn line(proposal: &FigureProposal) -> Json {
    let (kind, trade, region) = match proposal.figure {
        Figure::Clamp(trade) => ("clamp", trade, None),
        Figure::CapitalFloor(trade, region) => ("capital-floor", trade, Some(region)),
    };
    let mut line = json!({
        "figure": kind,
        "trade": trade,
        "region": region,
        "totals": proposal.totals,
        "shops": proposal.shops,
        "is_set": proposal.set.as_ref().map(number),
    });
    let outcome = match &proposal.outcome {
        Outcome::Set { value, call } => {
            let mut outcome = json!({
                "outcome": "set",
                "found": number(value),
                "propose": { "contract": ss58(&call.contract), "input": hex(&call.input) },
            });
            if let Motion::Call { target, input } = &call.motion {
                outcome["set"] = json!({ "contract": ss58(target), "input": hex(input) });
            }
            outcome
        }
        Outcome::Pending { value, resolution } => {
            json!({ "outcome": "pending", "found": number(value), "resolution": resolution })
        }
        Outcome::Stays(value) => json!({ "outcome": "stays", "found": number(value) }),
        Outcome::LeftOut(reason) => json!({ "outcome": "left-out", "reason": reason.to_string() }),
    };
    if let (Json::Object(line), Json::Object(outcome)) = (&mut line, outcome) {
        line.extend(outcome);
    }
    line
}
