//! `bizkey deploy`: the contracts of a network, handed over to its board.

use crate::keys::NetworkKeys;
use crate::system::{connect, deployed, lock, now_ms, ChainChoice, SystemConfig};
use anyhow::{ensure, Context};
use bizkey_client::{administrators, hand_over, powers_of, ss58, ContractKind, Suite};
use bizkey_devchain::Clock;
use bizkey_primitives::Calendar;
use std::path::PathBuf;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Options of `bizkey deploy`.
#[derive(Clone, Debug, clap::Args)]
pub struct DeployArgs {
    /// Where the manifest, deployment.json, goes; the embedded chain too, without --chain.
    #[arg(long, default_value = "bizkey-data")]
    pub data_dir: PathBuf,
    /// A node, ws://…; without it the embedded chain of the data directory.
    #[arg(long)]
    pub chain: Option<String>,
    /// Length of an epoch in seconds.
    #[arg(long, default_value_t = 86_400)]
    pub epoch_seconds: u64,
    /// Challenge window of a report in seconds.
    #[arg(long, default_value_t = 7_200)]
    pub window_seconds: u64,
    /// Secret URI of the deployer, from which the other keys are derived. The
    /// default is known to everybody: for trials only.
    #[arg(long, env = "BIZKEY_SECRET", default_value = "//Alice", hide_env_values = true)]
    pub secret: String,
}

/// Deploys what is not deployed yet, hands everything over to `foundation`,
/// and checks that the deployer can do nothing any more. The same call
/// finishes a deployment that was cut short.
///
/// # Errors
/// When the chain does not answer or a contract refuses; when a power is left.
pub async fn run(args: DeployArgs) -> anyhow::Result<()> {
    let epoch_ms = args.epoch_seconds.saturating_mul(1000);
    let genesis_ms = if epoch_ms == DAY_MS { now_ms() / DAY_MS * DAY_MS } else { now_ms() };
    let chain = match &args.chain {
        Some(url) => ChainChoice::Node(url.clone()),
        None => ChainChoice::Embedded { clock: Clock::System },
    };
    let config = SystemConfig {
        data_dir: args.data_dir.clone(),
        chain,
        database: None,
        calendar: Calendar::new(genesis_ms, epoch_ms).context("--epoch-seconds: from 1 second to 366 days")?,
        window_ms: args.window_seconds.saturating_mul(1000),
        secret: args.secret.clone(),
    };
    let _lock = lock(&args.data_dir)?;
    let keys = NetworkKeys::from_uri(&config.secret)?;
    let (devchain, client) = connect(&args.data_dir, &config.chain).await?;
    let deployment = deployed(&args.data_dir, &client, &keys, &config).await?;
    let suite = Suite::new(client, deployment)?;
    hand_over(&suite, &keys.deployer, keys.chief_executive.account_id()).await.context("handing over to foundation")?;

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
    println!("manifest in {}", args.data_dir.join("deployment.json").display());
    if let Some(devchain) = devchain {
        devchain.shutdown();
    }
    Ok(())
}
