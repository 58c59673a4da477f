//! `bizkey verify`: every epoch again, from the chain alone.

use crate::system::{connect, lock, ChainChoice};
use anyhow::Context;
use bizkey_client::{discover, parse_account, ContractKind, Deployment, Suite};
use bizkey_devchain::Clock;
use bizkey_primitives::{AccountId, TOKEN};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of `bizkey verify`.
#[derive(Clone, Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("where").required(true).args(["data_dir", "chain"]).multiple(true)))]
pub struct VerifyArgs {
    /// A data directory: its chain, unless --chain is given. Nothing else in
    /// it is read but the address of `rewards`.
    #[arg(long)]
    pub data_dir: Option<PathBuf>,
    /// A node, ws://…; the contracts are found on the chain itself.
    #[arg(long)]
    pub chain: Option<String>,
    /// The address of `rewards`, where a chain holds several networks.
    #[arg(long)]
    pub rewards: Option<String>,
}

/// The `rewards` that was asked for, or that of the data directory; the only
/// one on the chain without either.
fn rewards_address(args: &VerifyArgs) -> anyhow::Result<Option<AccountId>> {
    if let Some(text) = &args.rewards {
        return Ok(Some(parse_account(text).context("--rewards")?));
    }
    let path = args.data_dir.as_ref().map(|data_dir| data_dir.join("deployment.json")).filter(|path| path.exists());
    path.map(|path| Ok(Deployment::load(&path)?.contracts.rewards)).transpose()
}

/// Recomputes and compares; exit code 1 and the first difference if there is one.
///
/// # Errors
/// When the chain cannot be read, or holds no network or several.
pub async fn verify(args: VerifyArgs) -> anyhow::Result<ExitCode> {
    let data_dir = args.data_dir.clone().unwrap_or_else(|| PathBuf::from("bizkey-data"));
    let (devchain, client, _lock) = match &args.chain {
        Some(url) => {
            let (devchain, client) = connect(&data_dir, &ChainChoice::Node(url.clone())).await?;
            (devchain, client, None)
        }
        None => {
            let lock = lock(&data_dir).context("while `bizkey up` runs, give its --chain ws://…")?;
            // The clock stands still: verifying makes no block.
            let chain = ChainChoice::Embedded { clock: Clock::Manual(0) };
            let (devchain, client) = connect(&data_dir, &chain).await?;
            (devchain, client, Some(lock))
        }
    };
    let deployment = discover(&client, rewards_address(&args)?).await.context("finding the network")?;
    for kind in ContractKind::ALL {
        if *deployment.code_hashes.get(kind) != client.bundles().bundle(kind).code_hash {
            eprintln!("note: {kind} does not run the code that this program was built with");
        }
    }
    let suite = Suite::new(client, deployment)?;

    let bar = ProgressBar::new(0);
    // The template is a constant that parses.
    if let Ok(style) = ProgressStyle::with_template("blocks [{bar:40}] {pos}/{len} {elapsed}, {eta} left {msg}") {
        bar.set_style(style);
    }
    let verdict = bizkey_oracle::verify::verify(&suite, |progress| {
        bar.set_length(u64::from(progress.head));
        bar.set_position(u64::from(progress.block));
        bar.set_message(format!("{} epochs", progress.epochs));
    })
    .await;
    bar.finish_and_clear();
    if let Some(devchain) = devchain {
        devchain.shutdown();
    }
    let verdict = verdict?;
    if let Some(difference) = verdict.difference {
        println!("{difference}");
        return Ok(ExitCode::from(1));
    }
    let paid = |side: fn(&bizkey_oracle::verify::AuditedEpoch) -> u128| {
        let sum: u128 = verdict.epochs.iter().map(side).sum();
        format!("{}.{:012}", sum / TOKEN, sum % TOKEN)
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
