//! Which chain a scenario runs on.
//!
//! One scenario is one network on one chain. The chain is the one that
//! `BIZKEY_CHAIN` names; without it, the embedded one ([`Chain::of`]) or a real
//! node that is started for the scenario ([`Chain::real`]). A scenario says
//! what it needs, and is left out, with a line that says so, where its chain
//! cannot give it.

use crate::{left_out, node, node::Node, Up};
use anyhow::{bail, Context};
use bizkey_client::{Client, Signer};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::task::JoinHandle;

/// Names the chain of every scenario: `ws://…`. Its Alice pays, unless
/// `BIZKEY_SECRET` names another account with native coin.
pub const CHAIN: &str = "BIZKEY_CHAIN";
/// Secret URI of the account that pays for scenarios.
const FUNDER: &str = "BIZKEY_SECRET";
/// What a network may spend, native coin's smallest unit: a deployment takes
/// ten whole coins of `substrate-contracts-node`, a minute of work a few.
const FUNDS: u128 = 2_000 * 1_000_000_000_000;
/// What the account may spend that keeps a quiet chain moving.
const TRAFFIC_FUNDS: u128 = 20 * 1_000_000_000_000;
/// Native coin that moves in one transaction of [`keep_moving`].
const TRAFFIC: u128 = 1_000_000_000;
/// Pause between two of them.
const TRAFFIC_PAUSE: Duration = Duration::from_millis(500);
/// Longest time for one of them.
const PATIENCE: Duration = Duration::from_secs(10);

/// One scenario at a time takes from the funder, so that no two share a nonce.
static FUNDING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// What a scenario needs of its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The embedded chain's own methods, `dev_*`, or its clock.
    DevControls,
    /// A chain that the scenario may stop and start.
    Restart,
    /// A chain that holds no other network.
    Alone,
}

impl Needs {
    fn words(self) -> &'static str {
        match self {
            Self::DevControls => "dev_* controls",
            Self::Restart => "a chain that it may restart",
            Self::Alone => "a chain without another network",
        }
    }
}

/// The chain of one scenario and, on a node, an account of its own there.
pub struct Chain {
    place: Place,
    secret: Option<String>,
    /// Ends with the chain.
    traffic: Option<JoinHandle<()>>,
}

enum Place {
    /// Inside `bizkey up`, in its data directory.
    Embedded,
    /// The one of `BIZKEY_CHAIN`.
    Given(String),
    /// Started for this scenario.
    Own(Box<Node>),
}

impl Place {
    fn gives(&self, need: Needs) -> bool {
        match self {
            Self::Embedded => true,
            Self::Given(_) => false,
            Self::Own(_) => need != Needs::DevControls,
        }
    }
}

impl Chain {
    /// The chain of `BIZKEY_CHAIN`, else the embedded one. `None`, and a line
    /// `left out: …`, if it lacks something.
    ///
    /// # Errors
    /// When the chain of `BIZKEY_CHAIN` does not answer or has no funds.
    pub async fn of(scenario: &str, needs: &[Needs]) -> anyhow::Result<Option<Self>> {
        let place = given().map_or(Place::Embedded, Place::Given);
        Self::at(place, scenario, needs).await
    }

    /// The chain of `BIZKEY_CHAIN`, else a real node, started for this scenario
    /// and stopped with it. `None`, and a line `left out: …`, if there is no
    /// node's program or the chain lacks something.
    ///
    /// # Errors
    /// When the node does not start, or the chain of `BIZKEY_CHAIN` does not
    /// answer or has no funds.
    pub async fn real(scenario: &str, needs: &[Needs]) -> anyhow::Result<Option<Self>> {
        let place = match (given(), node::program()) {
            (Some(url), _) => Place::Given(url),
            (None, Some(_)) if needs.contains(&Needs::DevControls) => {
                bail!("{scenario}: a real node never has dev_* controls; ask for Chain::of")
            }
            (None, Some(program)) => Place::Own(Box::new(Node::start(&program).await?)),
            (None, None) => {
                left_out(&format!("{scenario} needs a real node ({} or PATH)", node::PROGRAM_VARIABLE));
                return Ok(None);
            }
        };
        Self::at(place, scenario, needs).await
    }

    async fn at(place: Place, scenario: &str, needs: &[Needs]) -> anyhow::Result<Option<Self>> {
        if let Some(missing) = needs.iter().find(|need| !place.gives(**need)) {
            left_out(&format!("{scenario} needs {}", missing.words()));
            return Ok(None);
        }
        let mut chain = Self { place, secret: None, traffic: None };
        if let Some(url) = chain.url() {
            let client = Client::connect(url).await.with_context(|| format!("{CHAIN} or the node at {url}"))?;
            let secret = own_secret();
            let mover = Signer::from_uri(&format!("{secret}//traffic"))?;
            fund(&client, &[(&Signer::from_uri(&secret)?, FUNDS), (&mover, TRAFFIC_FUNDS)]).await?;
            chain.secret = Some(secret);
            chain.traffic = Some(tokio::spawn(keep_moving(client, mover)));
        }
        Ok(Some(chain))
    }

    /// Its address, `ws://…`; `None` for the embedded one, whose address a
    /// running [`Up`] has.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        match &self.place {
            Place::Embedded => None,
            Place::Given(url) => Some(url),
            Place::Own(node) => Some(node.url()),
        }
    }

    /// Secret URI of the scenario's own account, which has native coin.
    #[must_use]
    pub fn secret(&self) -> &str {
        self.secret.as_deref().unwrap_or("//Alice")
    }

    /// What `bizkey deploy` and `bizkey up` are told about it.
    #[must_use]
    pub fn arguments(&self) -> Vec<&str> {
        self.url().map_or_else(Vec::new, |url| vec!["--chain", url, "--secret", self.secret()])
    }

    /// Starts `bizkey up` on it, as [`Up::start`] does on the embedded one.
    ///
    /// # Errors
    /// As there.
    pub async fn up(&self, data_dir: &Path, arguments: &[&str]) -> anyhow::Result<Up> {
        let mut all = self.arguments();
        all.extend(arguments);
        Ok(Up::start(data_dir, &all).await?.on(self))
    }

    /// Kills the scenario's own node, as `kill -9` does. Its data stays.
    ///
    /// # Errors
    /// When there is none: ask for [`Needs::Restart`] on [`Chain::real`].
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.own()?.kill().await
    }

    /// Starts the node again after [`Chain::kill`], at the same address, with
    /// the blocks that it had.
    ///
    /// # Errors
    /// When there is none, or it does not start.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.own()?.restart().await
    }

    fn own(&mut self) -> anyhow::Result<&mut Node> {
        match &mut self.place {
            Place::Own(node) => Ok(node),
            _ => bail!("this chain is not the scenario's own node"),
        }
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        if let Some(traffic) = &self.traffic {
            traffic.abort();
        }
    }
}

fn given() -> Option<String> {
    std::env::var(CHAIN).ok().filter(|url| !url.is_empty())
}

/// An account that no other scenario, process or run has.
fn own_secret() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("//Alice//e2e//{now}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

async fn fund(client: &Client, accounts: &[(&Signer, u128)]) -> anyhow::Result<()> {
    let _alone = FUNDING.lock().await;
    let uri = std::env::var(FUNDER).unwrap_or_else(|_| "//Alice".to_owned());
    let funder = Signer::from_uri(&uri).context(FUNDER)?;
    for (account, amount) in accounts {
        let sent = client.transfer_native(&funder, &account.account_id(), *amount).await;
        sent.context("the funder, Alice or BIZKEY_SECRET, cannot pay")?.finalized().await?;
    }
    Ok(())
}

/// A transaction now and then, as a chain with other users has. An epoch is
/// over when a block says so, and a node that seals at once makes blocks for
/// transactions only; one that makes them by the clock takes no harm.
async fn keep_moving(client: Client, signer: Signer) {
    loop {
        // A node that is being restarted is asked again.
        let moved = async { client.transfer_native(&signer, &signer.account_id(), TRAFFIC).await?.finalized().await };
        let _ = tokio::time::timeout(PATIENCE, moved).await;
        tokio::time::sleep(TRAFFIC_PAUSE).await;
    }
}
