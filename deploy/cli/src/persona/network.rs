//! Receipts and parties of a network: the chain, an index, the lake.

use crate::place::{Place, PlaceArgs};
use anyhow::Context;
use bizkey_indexer::{model::Network, Lake, Store};
use bizkey_oracle::{
    persona::{
        features::Features,
        observe::{from_index, known, observe, read_batches, Batches, Known, Observed, Parties},
    },
    scoring::ReceiptId,
};
use bizkey_primitives::{calendar::Calendar, receipt::KEPT_HEADS, CustomerIndex, Epoch, MerchantIndex, Side};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Which network, and by what it is read.
#[derive(Clone, Debug, clap::Args)]
pub struct ReadArgs {
    /// Which network.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// The database of an indexer, postgres:// or sqlite://PATH; without it,
    /// all blocks of the chain are read.
    #[arg(long, value_name = "DATABASE_URL", env = "BIZKEY_INDEX", hide_env_values = true)]
    pub index: Option<String>,
    /// The lake that this indexer writes, a folder or a URL: receipts are read
    /// from it, and only the rest from the database.
    #[arg(long, requires = "index", value_name = "URL")]
    pub lake: Option<String>,
}

/// Which network, and what of it is looked at.
#[derive(Clone, Debug, clap::Args)]
pub struct NetworkArgs {
    /// Which network, and by what it is read.
    #[command(flatten)]
    pub read: ReadArgs,
    /// The last epoch to look at, and 127 before it; the last closed one unless
    /// given.
    #[arg(long, value_name = "EPOCH")]
    pub through: Option<Epoch>,
    /// Which customer owns which shop, by whoever checked identities: CSV with
    /// merchant, customer. Rules about owners are silent on the others.
    #[arg(long, value_name = "FILE")]
    pub owners: Option<PathBuf>,
}

/// Where parties and proofs come from.
enum Source {
    Chain(Box<(Parties, Batches)>),
    Index(Store),
}

/// A network that was looked at.
pub struct Looked {
    /// The contracts' addresses, and the calendar.
    pub place: bizkey_oracle::persona::proposal::Place,
    /// What was measured.
    pub features: Features,
    calendar: Calendar,
    source: Source,
    chain: Place,
}

impl ReadArgs {
    /// The index and its lake, as far as they are given.
    ///
    /// # Errors
    /// When they cannot be opened, or are another network's.
    pub async fn open_index(&self, chain: &Place) -> anyhow::Result<Option<(Store, Option<Lake>)>> {
        let Some(url) = &self.index else { return Ok(None) };
        let network = Network::from(chain.suite.deployment());
        let store = Store::open(url, &network).await.context("opening the database of --index")?;
        let lake = match &self.lake {
            Some(url) => Some(Lake::open(url, &network).await.context("opening the lake of --lake")),
            None => None,
        };
        match lake.transpose() {
            Ok(lake) => Ok(Some((store, lake))),
            Err(error) => {
                store.close().await;
                Err(error)
            }
        }
    }

    /// A bar of the epochs or blocks that are read.
    #[must_use]
    pub fn bar(&self) -> ProgressBar {
        let bar = ProgressBar::new(0);
        // The templates are constants that parse.
        let template = if self.index.is_some() { "epochs" } else { "blocks" };
        if let Ok(style) =
            ProgressStyle::with_template(&format!("{template} [{{bar:40}}] {{pos}}/{{len}} {{elapsed}}, {{eta}} left"))
        {
            bar.set_style(style);
        }
        bar
    }
}

impl NetworkArgs {
    /// Reads the receipts and measures them.
    ///
    /// # Errors
    /// When the chain, the index or the lake cannot be read, or no epoch is
    /// closed.
    pub async fn look(&self) -> anyhow::Result<Looked> {
        let owners = self.owners.as_deref().map(read_owners).transpose()?.unwrap_or_default();
        let chain = self.read.place.open().await?;
        match self.observe(&chain).await.and_then(|(observed, source)| {
            let Observed { place, window, sales, mut facts } = observed;
            facts.owners = owners;
            let calendar = facts.calendar;
            Ok((place, Features::new(sales, window, facts)?, calendar, source))
        }) {
            Ok((place, features, calendar, source)) => Ok(Looked { place, features, calendar, source, chain }),
            Err(error) => {
                chain.close();
                Err(error)
            }
        }
    }

    async fn observe(&self, chain: &Place) -> anyhow::Result<(Observed, Source)> {
        let bar = self.read.bar();
        let read = match self.read.open_index(chain).await {
            Err(error) => Err(error),
            Ok(None) => {
                let observed = observe(&chain.suite, self.through, |progress| {
                    bar.set_length(u64::from(progress.head));
                    bar.set_position(u64::from(progress.block));
                })
                .await;
                observed
                    .map_err(anyhow::Error::from)
                    .map(|(observed, parties, batches)| (observed, Source::Chain(Box::new((parties, batches)))))
            }
            Ok(Some((store, lake))) => self.from_index(store, lake.as_ref(), &bar).await,
        };
        bar.finish_and_clear();
        read
    }

    async fn from_index(
        &self,
        store: Store,
        lake: Option<&Lake>,
        bar: &ProgressBar,
    ) -> anyhow::Result<(Observed, Source)> {
        let observed = from_index(&store, lake, self.through, |epoch, window| {
            bar.set_length(u64::from(window.epochs()));
            bar.set_position(u64::from(window.day(epoch)) + 1);
        })
        .await;
        match observed {
            Ok(observed) => Ok((observed, Source::Index(store))),
            Err(error) => {
                store.close().await;
                Err(error.into())
            }
        }
    }
}

impl Looked {
    /// What is known of some parties.
    ///
    /// # Errors
    /// Those of the index.
    pub async fn known(&self, parties: &BTreeSet<(Side, u32)>) -> anyhow::Result<BTreeMap<(Side, u32), Known>> {
        let mut all = BTreeMap::new();
        for (side, index) in parties {
            let party = match &self.source {
                Source::Chain(chain) => chain.0.known(*side, *index),
                Source::Index(store) => known(store, *side, *index, self.features.window().first).await?,
            };
            all.insert((*side, *index), party);
        }
        Ok(all)
    }

    /// The batches of some receipts' epochs, as far as the chain still proves
    /// them.
    ///
    /// # Errors
    /// Those of the index and the node.
    pub async fn batches(&self, receipts: &BTreeSet<ReceiptId>) -> anyhow::Result<Batches> {
        let store = match &self.source {
            Source::Chain(chain) => return Ok(chain.1.clone()),
            Source::Index(store) => store,
        };
        let open = store.finalized().await?.map_or(0, |checkpoint| checkpoint.stamp.saturating_sub(1));
        let sales = self.features.shops().iter().flat_map(|shop| self.features.sales_of_shop(shop));
        let epochs: BTreeSet<Epoch> = sales
            .filter(|sale| sale.epoch >= open.saturating_sub(KEPT_HEADS) && receipts.contains(&sale.id))
            .map(|sale| sale.epoch)
            .collect();
        let mut ranges = Vec::new();
        for epoch in epochs {
            let before = match epoch.checked_sub(1) {
                Some(before) => store.last_block_of(before).await?.map(|block| block.number),
                None => None,
            };
            let first = before.map_or(store.network().first_block, |block| block.saturating_add(1));
            if let Some(last) = store.last_block_of(epoch).await? {
                ranges.push(first..=last.number);
            }
        }
        Ok(read_batches(&self.chain.suite, &self.calendar, &ranges).await?)
    }

    /// Closes the chain and the index.
    pub async fn close(self) {
        if let Source::Index(store) = self.source {
            store.close().await;
        }
        self.chain.close();
    }
}

/// Owners of shops from a file.
///
/// # Errors
/// When it cannot be read, or a row is not two indices, or a shop has two owners.
pub fn read_owners(path: &Path) -> anyhow::Result<BTreeMap<MerchantIndex, CustomerIndex>> {
    #[derive(serde::Deserialize)]
    struct Row {
        merchant: MerchantIndex,
        customer: CustomerIndex,
    }
    let mut reader = csv::Reader::from_path(path).with_context(|| format!("reading {}", path.display()))?;
    let mut owners = BTreeMap::new();
    for (line, row) in (2..).zip(reader.deserialize::<Row>()) {
        let Row { merchant, customer } = row.with_context(|| {
            format!("{}, line {line}: give the index of a merchant and of a customer", path.display())
        })?;
        if owners.insert(merchant, customer).is_some_and(|other| other != customer) {
            anyhow::bail!("{}, line {line}: merchant {merchant} has another owner above; name one", path.display());
        }
    }
    Ok(owners)
}
