//! Every service of a network in one process.

use crate::keys::NetworkKeys;
use crate::offices::Offices;
use crate::process::Process;
use anyhow::{bail, Context};
use bizkey_client::{deploy, Client, DeployConfig, Deployment, RpcClient, Suite};
use bizkey_devchain::{Clock, Devchain, DevchainConfig, InProcessRpc};
use bizkey_gateway::{gateway, keys::DeviceKeys, store::Store as GatewayStore, Gateway, GatewayConfig, SuiteChain};
use bizkey_indexer::{sync::Progress, Store as IndexStore};
use bizkey_oracle::{committee::ServiceConfig, source::IndexSource, Book};
use bizkey_primitives::{vesting::Line, Calendar};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Milliseconds of a day.
pub const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Native coin that an account which pays fees and storage deposits is topped
/// up with at most, smallest unit.
const FEES: u128 = 50_000 * 1_000_000_000_000;

/// Which chain the network lives on.
#[derive(Clone, Debug)]
pub enum ChainChoice {
    /// The embedded one, in the data directory.
    Embedded {
        /// Where block times come from.
        clock: Clock,
    },
    /// A node at a `ws://` address.
    Node(String),
}

/// What a system is started with.
#[derive(Clone, Debug)]
pub struct SystemConfig {
    /// Chain, databases, `deployment.json`, device seed.
    pub data_dir: PathBuf,
    /// The chain.
    pub chain: ChainChoice,
    /// Further nodes of that chain, for the indexer.
    pub fallbacks: Vec<String>,
    /// `postgres://…` for all databases; SQLite files in the data directory without.
    pub database: Option<String>,
    /// Used when the contracts are deployed; later the deployment's own holds.
    pub calendar: Calendar,
    /// Challenge window of a report, milliseconds; likewise.
    pub window_ms: u64,
    /// Version of the algorithm that scores the epochs which have not begun;
    /// likewise, until the board decides otherwise.
    pub algorithm_version: u16,
    /// How much of a customer's cash and external payments counts in them,
    /// minor units; likewise. All of it without a cap.
    pub cash_cap: Option<u64>,
    /// Secret URI of the first key.
    pub secret: String,
}

/// How long a deposit stays after its device came back: 14 days.
const PENALTY_WINDOW_MS: u64 = 14 * DAY_MS;

/// A running network.
pub struct System {
    /// The embedded chain, where it is the one.
    pub devchain: Option<Devchain>,
    /// The contracts.
    pub suite: Suite,
    /// The keys of this machine.
    pub keys: NetworkKeys,
    /// The keys of this machine's devices.
    pub device_keys: DeviceKeys,
    /// The index.
    pub index: IndexStore,
    /// How far the index is.
    pub progress: Progress,
    /// The judged epochs.
    pub book: Arc<Book>,
    /// The gateway.
    pub gateway: Gateway<SuiteChain>,
    /// What runs in the background.
    pub process: Process,
    /// Held while the data directory is in use.
    _lock: File,
}

impl System {
    /// Opens the chain and the databases, deploys the contracts if they are
    /// not, and starts following the chain. Nothing else runs yet.
    ///
    /// # Errors
    /// When the data directory is in use, the chain does not answer, or a
    /// database does not open; the text says which.
    pub async fn start(config: &SystemConfig) -> anyhow::Result<Self> {
        let data_dir = &config.data_dir;
        let lock = lock(data_dir)?;
        let keys = NetworkKeys::from_uri(&config.secret)?;
        let (devchain, client) = connect(data_dir, &config.chain).await?;
        let deployment = deployed(data_dir, &client, &keys, &Offices::of(&keys), config).await?;
        let suite = Suite::new(client.clone(), deployment.clone())?;

        let index =
            IndexStore::open(&database_url(config, "indexer")?, &bizkey_indexer::model::Network::from(&deployment))
                .await
                .context("opening the indexer's database")?;
        let progress = Progress::default();
        let mut process = Process::default();
        let source = Arc::new(bizkey_indexer::ClientSource::new(client, &deployment));
        let mut following = bizkey_indexer::Config::new(index.clone(), source, progress.clone());
        for url in &config.fallbacks {
            following.sources.push(Arc::new(bizkey_indexer::ClientSource::at(url, &deployment)));
        }
        // The embedded chain rests while nothing happens.
        following.blocks_due = devchain.is_none();
        let stop = process.shutdown.clone();
        process.spawn(async move { bizkey_indexer::run(following, stop).await.context("the indexer stopped") });
        let keeping = bizkey_indexer::scores::keep(index.clone(), progress.clone(), process.shutdown.clone());
        process.spawn(async move {
            keeping.await;
            Ok(())
        });

        let network = bizkey_oracle::report::Network::from(&deployment);
        let book = Arc::new(Book::new(network, Arc::new(IndexSource::new(index.clone()))));

        let device_keys = DeviceKeys::open(&data_dir.join("device.seed"))?;
        let store =
            GatewayStore::open(&database_url(config, "gateway")?).await.context("opening the gateway's database")?;
        let chain = SuiteChain::new(suite.clone(), keys.relayer.clone());
        let clock = clock_of(devchain.as_ref());
        let gateway = Gateway::new(GatewayConfig::default(), store, chain, device_keys.clone(), clock);
        Ok(Self { devchain, suite, keys, device_keys, index, progress, book, gateway, process, _lock: lock })
    }

    /// The oracle's duties on this machine: a committee of three, a keeper and
    /// a claimer.
    #[must_use]
    pub fn oracle(&self, interval: Duration) -> bizkey_oracle::committee::Service {
        let config = ServiceConfig {
            members: self.keys.committee.clone(),
            keeper: Some(self.keys.keeper.clone()),
            claimer: Some(self.keys.claimer.clone()),
            interval,
            ..ServiceConfig::default()
        };
        bizkey_oracle::committee::Service::new(&self.suite, self.book.clone(), config)
    }

    /// Waits until the index holds the chain's last final block, as final: the
    /// oracle judges an epoch by final blocks only.
    ///
    /// # Errors
    /// When the chain does not answer, or the indexer has stopped.
    pub async fn indexed(&mut self) -> anyhow::Result<()> {
        let head = self.suite.client().finalized_head().await?;
        tokio::select! {
            () = self.progress.finalized(head.number) => Ok(()),
            failed = self.process.failure() => failed,
        }
    }

    /// Stops everything, in order, and lets the data directory go.
    ///
    /// # Errors
    /// The first failure of a service.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let outcome = self.process.stop().await;
        self.index.close().await;
        if let Some(devchain) = &self.devchain {
            devchain.shutdown();
        }
        outcome
    }
}

/// Takes the data directory for this process.
///
/// # Errors
/// When it cannot be made, or another process has it.
pub fn lock(data_dir: &Path) -> anyhow::Result<File> {
    std::fs::create_dir_all(data_dir).with_context(|| format!("making {}", data_dir.display()))?;
    let path = data_dir.join("lock");
    let file = File::create(&path).with_context(|| format!("making {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            bail!("{} is in use by another `bizkey`; stop it, or give another folder", data_dir.display())
        }
        Err(std::fs::TryLockError::Error(error)) => Err(error).with_context(|| format!("locking {}", path.display())),
    }
}

/// Opens the embedded chain of a data directory, or connects to a node.
///
/// # Errors
/// When the chain does not open or answer.
pub async fn connect(data_dir: &Path, chain: &ChainChoice) -> anyhow::Result<(Option<Devchain>, Client)> {
    match chain {
        ChainChoice::Embedded { clock } => {
            let path = Some(data_dir.join("chain"));
            let config = DevchainConfig { path, clock: *clock, ..DevchainConfig::default() };
            let devchain =
                tokio::task::spawn_blocking(|| Devchain::open(config)).await?.context("opening the chain")?;
            let client = Client::from_rpc(RpcClient::new(InProcessRpc::new(&devchain)?)).await?;
            Ok((Some(devchain), client))
        }
        ChainChoice::Node(url) => {
            let client = Client::connect(url).await.with_context(|| format!("connecting to {url}"))?;
            Ok((None, client))
        }
    }
}

/// The deployment of the data directory, made now if it is not.
///
/// # Errors
/// When a file cannot be read or written, or the chain does not do its part.
pub async fn deployed(
    data_dir: &Path,
    client: &Client,
    keys: &NetworkKeys,
    offices: &Offices,
    config: &SystemConfig,
) -> anyhow::Result<Deployment> {
    let path = data_dir.join("deployment.json");
    if path.exists() {
        return Ok(Deployment::load(&path)?);
    }
    // A deployment that was cut short is finished with the calendar it began
    // with: addresses follow from the arguments.
    let draft = data_dir.join("deployment.draft.json");
    let calendar = match std::fs::read(&draft) {
        Ok(bytes) => serde_json::from_slice::<CalendarDraft>(&bytes).context("reading deployment.draft.json")?,
        Err(_) => {
            let chosen = CalendarDraft { genesis_ms: config.calendar.genesis_ms, epoch_ms: config.calendar.epoch_ms };
            std::fs::write(&draft, serde_json::to_vec(&chosen)?)?;
            chosen
        }
    };
    let deploy_config = DeployConfig {
        calendar: Calendar { genesis_ms: calendar.genesis_ms, epoch_ms: calendar.epoch_ms },
        beneficiaries: offices.beneficiaries,
        directors: offices.directors.clone(),
        chief_executive: offices.chief_executive,
        attestors: offices.attestors.clone(),
        committee: offices.committee.clone(),
        window_ms: config.window_ms,
        penalty_window_ms: PENALTY_WINDOW_MS,
        algorithm_version: config.algorithm_version,
        cash_cap: config.cash_cap,
    };
    let deployment = deploy(client, &keys.deployer, &deploy_config).await.context("deploying the contracts")?;
    // Whoever else holds the offices pays its own fees.
    if *offices == Offices::of(keys) {
        top_up(client, keys).await?;
    }
    release_at_issue(&Suite::new(client.clone(), deployment.clone())?, &keys.deployer).await?;
    deployment.save(&path)?;
    // The draft has done its duty; one that stays does no harm.
    let _ = std::fs::remove_file(&draft);
    Ok(deployment)
}

/// Gives each account that pays fees its share: the deployer keeps half of what
/// it has.
async fn top_up(client: &Client, keys: &NetworkKeys) -> anyhow::Result<()> {
    let accounts = keys.paying_accounts();
    let free = client.account(&keys.deployer.account_id()).await?.free;
    let share = FEES.min(free / 2 / (accounts.len() as u128).max(1));
    for account in accounts {
        if client.account(&account).await?.free < share / 2 {
            client.transfer_native(&keys.deployer, &account, share).await?.finalized().await?;
        }
    }
    Ok(())
}

/// Has `vesting` release what early supporters get at issue, unless it has.
async fn release_at_issue(suite: &Suite, signer: &bizkey_client::Signer) -> anyhow::Result<()> {
    let line = Line::EarlySupporters;
    if suite.vesting().due(line, None).await? > 0 {
        suite.vesting().release(line).send(signer).await.context("releasing what is due at issue")?;
    }
    Ok(())
}

#[derive(serde::Serialize, serde::Deserialize)]
struct CalendarDraft {
    genesis_ms: u64,
    epoch_ms: u64,
}

fn database_url(config: &SystemConfig, name: &str) -> anyhow::Result<String> {
    match config.database.as_deref() {
        None => Ok(format!("sqlite://{}", config.data_dir.join(format!("{name}.sqlite")).display())),
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => Ok(url.to_owned()),
        Some(url) => {
            bail!("--database {url}: give a postgres:// URL, or leave it out for SQLite in the data directory")
        }
    }
}

fn clock_of(devchain: Option<&Devchain>) -> gateway::Clock {
    match devchain.cloned() {
        Some(devchain) => Arc::new(move || devchain.now_ms()),
        None => Arc::new(now_ms),
    }
}

/// Unix milliseconds by this machine's clock.
#[must_use]
pub fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
