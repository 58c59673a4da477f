//! `bizkey deploy`: the contracts of a network, handed over to its board.

use crate::keys::NetworkKeys;
use crate::network::NetworkArgs;
use crate::offices::Offices;
use crate::system::{connect, deployed, lock};
use anyhow::{ensure, Context};
use bizkey_client::{administrators, hand_over, powers_of, ss58, ContractKind, Suite};
use bizkey_primitives::Epoch;
use std::path::PathBuf;

/// Options of `bizkey deploy`.
#[derive(Clone, Debug, clap::Args)]
pub struct DeployArgs {
    /// Where the network is, and how it begins.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// Who holds which office, as JSON (contracts/README.md). Without it keys
    /// that are derived from the deployer's secret hold all of them, and it
    /// receives what vesting releases: for trials only.
    #[arg(long, value_name = "FILE")]
    pub offices: Option<PathBuf>,
}

/// Deploys what is not deployed yet, hands everything over to `foundation`,
/// and checks that the deployer can do nothing any more. The same call
/// finishes a deployment that was cut short.
///
/// # Errors
/// When the chain does not answer or a contract refuses; when a power is left.
pub async fn run(args: DeployArgs) -> anyhow::Result<()> {
    let DeployArgs { network: args, offices } = args;
    let config = args.config(None)?;
    let _lock = lock(&args.data_dir)?;
    let keys = NetworkKeys::from_uri(&config.secret)?;
    let named = offices.as_deref().map(Offices::load).transpose()?;
    if let Some(named) = &named {
        let held = named.held_by(keys.deployer.account_id());
        ensure!(held.is_empty(), "the deployer must hold no office; the file gives it {}", held.join(", "));
    }
    let offices = named.clone().unwrap_or_else(|| Offices::of(&keys));
    let (devchain, client) = connect(&args.data_dir, &config.chain).await?;
    let deployment = deployed(&args.data_dir, &client, &keys, &offices, &config).await?;
    let suite = Suite::new(client, deployment)?;
    hand_over(&suite, &keys.deployer, offices.platform).await.context("handing over to foundation")?;

    for kind in ContractKind::ALL {
        let hash = hex::encode(suite.deployment().code_hashes.get(kind));
        println!("{:<12} {}  code 0x{hash}", kind.name(), ss58(suite.deployment().contracts.get(kind)));
    }
    let board = suite.foundation().address();
    for (kind, admin) in administrators(&suite).await? {
        ensure!(admin == board, "{kind} is administered by {}, not by foundation", ss58(&admin));
    }
    println!("every contract with an administrator is administered by foundation");
    let left = powers_of(&suite, keys.deployer.account_id()).await?;
    ensure!(left.is_empty(), "the deployer still {}", left.join(", "));
    println!("the deployer has no power left");
    println!("{}", scoring(&suite).await?);
    if named.is_none() {
        println!(
            "for trials only: its secret has every office's key, and it receives what vesting releases (--offices)"
        );
    }
    println!("manifest in {}", args.data_dir.join("deployment.json").display());
    if let Some(devchain) = devchain {
        devchain.shutdown();
    }
    Ok(())
}

/// What the last decisions say of how coming epochs are scored, in words.
async fn scoring(suite: &Suite) -> anyhow::Result<String> {
    let version = suite.rewards().algorithm_at(Epoch::MAX, None).await?;
    let cap = match suite.registry().cash_cap(Epoch::MAX, None).await? {
        Some(cap) => format!("up to {cap} minor units of a customer's cash count in an epoch"),
        None => "all of a customer's cash counts".to_owned(),
    };
    Ok(format!("coming epochs are scored by bizpower-{version}; {cap}"))
}
