//! `bizkey deploy`: the contracts of a network, handed over to its board.

use crate::keys::NetworkKeys;
use crate::network::NetworkArgs;
use crate::system::{connect, deployed, lock};
use anyhow::{ensure, Context};
use bizkey_client::{administrators, hand_over, powers_of, ss58, ContractKind, Suite};

/// Deploys what is not deployed yet, hands everything over to `foundation`,
/// and checks that the deployer can do nothing any more. The same call
/// finishes a deployment that was cut short.
///
/// # Errors
/// When the chain does not answer or a contract refuses; when a power is left.
pub async fn run(args: NetworkArgs) -> anyhow::Result<()> {
    let config = args.config(None)?;
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
