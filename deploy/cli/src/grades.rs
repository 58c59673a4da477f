//! `bizkey grades`: rewards of shops that reach a grade.

use crate::keys::{key_argument, KeyArgument};
use crate::place::at_node;
use crate::process::look_every;
use crate::system::now_ms;
use anyhow::Context;
use bizkey_client::{ss58, Suite};
use bizkey_indexer::model::{hex, Network};
use bizkey_indexer::Store;
use bizkey_oracle::grades::{due, Confirmed, Confirmer, DueReward, GradeReward, LevelRewards, PlanSettings};
use std::io::Write;
use std::time::Duration;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Options of `bizkey grades`.
#[derive(Clone, Debug, clap::Args)]
pub struct GradesArgs {
    #[command(subcommand)]
    command: GradesCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum GradesCommand {
    /// List the rewards that no task gives yet, with the calls that create
    /// their tasks, ready to sign: one JSON object a line.
    ///
    /// Bizkey's tasks are created by the foundation alone. `create` is a call
    /// of `redemption` by its admin, `execute` one of `foundation` by the chief
    /// executive with power over create_task, `propose` one by a director.
    Due(DueArgs),
    /// Confirm the customers who earned them, with the task confirmer's key.
    Confirm(ConfirmArgs),
}

/// Which network, and what its rewards are.
#[derive(Clone, Debug, clap::Args)]
pub struct RewardArgs {
    /// A node, ws://…
    #[arg(long)]
    pub chain: String,
    /// The address of `rewards`, where the chain holds several networks.
    #[arg(long)]
    pub rewards: Option<String>,
    /// The database of an indexer that is kept level by another process:
    /// postgres://…, or sqlite://PATH.
    #[arg(long, value_name = "DATABASE_URL", env = "BIZKEY_INDEX", hide_env_values = true)]
    pub index: String,
    /// How many days a task lives.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=366))]
    pub life: u64,
    /// For how many epochs a reward is due that nobody created.
    #[arg(long, default_value_t = 90)]
    pub window: u32,
}

/// Options of `bizkey grades due`.
#[derive(Clone, Debug, clap::Args)]
pub struct DueArgs {
    /// Which network.
    #[command(flatten)]
    pub network: RewardArgs,
    /// What a grade brings, GRADE=CUSTOMERSxTIME in whole Time, or GRADE=0 for
    /// nothing; several times. Unless given: copper=10x1, bronze=20x1,
    /// silver=30x1, gold=50x2, platinum=100x2, diamond=200x3.
    #[arg(long = "reward", value_name = "REWARD")]
    pub levels: Vec<GradeReward>,
    /// Most rewards of the list.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub most: u32,
}

/// Options of `bizkey grades confirm`.
#[derive(Clone, Debug, clap::Args)]
pub struct ConfirmArgs {
    /// Which network.
    #[command(flatten)]
    pub network: RewardArgs,
    /// The task confirmer's key; see `bizkey oracle --help`.
    #[arg(long, value_name = "SOURCE", value_parser = key_argument)]
    pub key: KeyArgument,
    /// Seconds between two looks at the index.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub every: u64,
    /// Look once, and fail if something could not be confirmed.
    #[arg(long)]
    pub once: bool,
}

impl RewardArgs {
    fn settings(&self) -> PlanSettings {
        let life_ms = self.life.saturating_mul(DAY_MS);
        PlanSettings { life_ms, window: self.window, ..PlanSettings::default() }
    }

    async fn open(&self) -> anyhow::Result<(Suite, Store)> {
        let (client, deployment) = at_node(&self.chain, self.rewards.as_deref()).await?;
        let store = Store::open(&self.index, &Network::from(&deployment)).await;
        Ok((Suite::new(client, deployment)?, store.context("opening the database of --index")?))
    }
}

/// Does what was asked for; `confirm` runs until Ctrl-C or SIGTERM.
///
/// # Errors
/// When the key, the chain or the index cannot be had; with --once, when
/// something could not be confirmed.
pub async fn grades(args: GradesArgs) -> anyhow::Result<()> {
    match args.command {
        GradesCommand::Due(args) => list(args).await,
        GradesCommand::Confirm(args) => confirm(args).await,
    }
}

async fn list(args: DueArgs) -> anyhow::Result<()> {
    let (suite, store) = args.network.open().await?;
    let rewards = args.levels.into_iter().fold(LevelRewards::default(), LevelRewards::with);
    let settings = PlanSettings { rewards, most: args.most, ..args.network.settings() };
    let due = due(&store, &settings).await?;
    store.close().await;
    let mut out = std::io::stdout().lock();
    for reward in &due {
        writeln!(out, "{}", line(&suite, reward))?;
    }
    eprintln!("{} rewards are due", due.len());
    Ok(())
}

fn line(suite: &Suite, due: &DueReward) -> serde_json::Value {
    let DueReward { reached, text, terms, create, execute, propose } = due;
    let (redemption, foundation) = (ss58(&suite.redemption().address()), ss58(&suite.foundation().address()));
    serde_json::json!({
        "shop": reached.merchant,
        "grade": reached.grade.name(),
        "epoch": reached.epoch,
        "text": text,
        "conditions": hex(terms.conditions.as_ref()),
        "reward": terms.reward.to_string(),
        "stock": terms.stock,
        "expires_ms": terms.expires_ms.to_string(),
        "create": { "contract": redemption, "input": hex(create) },
        "execute": { "contract": foundation, "input": hex(execute) },
        "propose": { "contract": foundation, "input": hex(propose) },
    })
}

async fn confirm(args: ConfirmArgs) -> anyhow::Result<()> {
    let signer = args.key.source()?.open().await?;
    let (suite, store) = args.network.open().await?;
    println!("task confirmer {}", ss58(&signer.account_id()));
    let confirmer = Confirmer::new(suite, signer, store, args.network.settings());
    if args.once {
        say(&confirmer.step().await?);
        return Ok(());
    }
    look_every(Duration::from_secs(args.every), async || match confirmer.step().await {
        Ok(confirmed) => say(&confirmed),
        // Whoever read our output may be gone.
        Err(error) => drop(writeln!(std::io::stdout(), "{} not confirmed: {error}", now_ms())),
    })
    .await
}

/// What was done, on standard output. Whoever read it may be gone.
fn say(confirmed: &[Confirmed]) {
    for Confirmed { merchant, task, customer, block } in confirmed {
        let now = now_ms();
        let _ = writeln!(
            std::io::stdout(),
            "{now} customer {customer} earned task {task} at shop {merchant}, in block {block}"
        );
    }
}
