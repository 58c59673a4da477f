//! Where a network is that is only looked at: the options that `bizkey verify`
//! and `bizkey explain` share.

use crate::system::{connect, lock, ChainChoice};
use anyhow::{bail, Context};
use bizkey_client::{discover, parse_account, Client, ContractKind, Deployment, Suite};
use bizkey_devchain::{Clock, Devchain};
use bizkey_primitives::AccountId;
use std::fs::File;
use std::path::PathBuf;

/// Which network.
#[derive(Clone, Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("where").required(true).args(["data_dir", "chain"]).multiple(true)))]
pub struct PlaceArgs {
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

/// Connects to a node and finds the network on it: the only one, or that of
/// the address of `rewards`.
///
/// # Errors
/// When the node does not answer, or has no network or several.
pub async fn at_node(url: &str, rewards: Option<&str>) -> anyhow::Result<(Client, Deployment)> {
    let client = Client::connect(url).await.with_context(|| format!("connecting to {url}"))?;
    let rewards = rewards.map(parse_account).transpose().context("--rewards")?;
    let deployment = discover(&client, rewards).await.context("finding the network")?;
    Ok((client, deployment))
}

/// A network that is open for reading.
pub struct Place {
    /// Its contracts.
    pub suite: Suite,
    devchain: Option<Devchain>,
    /// Held while the data directory's chain is open.
    _lock: Option<File>,
}

impl PlaceArgs {
    /// Opens the chain and finds the network on it.
    ///
    /// # Errors
    /// When the chain cannot be read, or holds no network or several.
    pub async fn open(&self) -> anyhow::Result<Place> {
        let data_dir = self.data_dir.clone().unwrap_or_else(|| PathBuf::from("bizkey-data"));
        let (devchain, client, lock) = match &self.chain {
            Some(url) => {
                let (devchain, client) = connect(&data_dir, &ChainChoice::Node(url.clone())).await?;
                (devchain, client, None)
            }
            None => {
                // Opening what is not there would make it.
                if !data_dir.join("chain").is_dir() {
                    bail!(
                        "{} holds no chain: give the --data-dir of `bizkey up` or `bizkey demo`, which is FOLDER/data \
                         for `--out FOLDER`, or a node's address as --chain ws://…",
                        data_dir.display()
                    );
                }
                let lock = lock(&data_dir).context("while `bizkey up` runs, give its --chain ws://…")?;
                // The clock stands still: looking makes no block.
                let chain = ChainChoice::Embedded { clock: Clock::Manual(0) };
                let (devchain, client) = connect(&data_dir, &chain).await?;
                (devchain, client, Some(lock))
            }
        };
        let deployment = discover(&client, self.rewards_address()?).await.context("finding the network")?;
        for kind in ContractKind::ALL {
            if *deployment.code_hashes.get(kind) != client.bundles().bundle(kind).code_hash {
                eprintln!("note: {kind} does not run the code that this program was built with");
            }
        }
        Ok(Place { suite: Suite::new(client, deployment)?, devchain, _lock: lock })
    }

    /// The `rewards` that was asked for, or that of the data directory; the
    /// only one on the chain without either.
    fn rewards_address(&self) -> anyhow::Result<Option<AccountId>> {
        if let Some(text) = &self.rewards {
            return Ok(Some(parse_account(text).context("--rewards")?));
        }
        let path = self.data_dir.as_ref().map(|folder| folder.join("deployment.json")).filter(|path| path.exists());
        path.map(|path| Ok(Deployment::load(&path)?.contracts.rewards)).transpose()
    }
}

impl Place {
    /// Closes the chain.
    pub fn close(self) {
        if let Some(devchain) = self.devchain {
            devchain.shutdown();
        }
    }
}
