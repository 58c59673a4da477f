//! The chain through `bizkey-client`: a node or a chain in this process.

use super::source::{source_error, Block, BlockRef, BlockSource, ContractEvent, Heads};
use crate::{
    model::{Contracts, Network},
    Result,
};
use bizkey_client::{Client, ClientError, ContractAddresses, Deployment};
use futures::{stream::BoxStream, StreamExt};
use std::{ops::RangeInclusive, sync::Arc};
use tokio::sync::OnceCell;

/// Blocks of one deployment, from one endpoint.
#[derive(Clone)]
pub struct ClientSource {
    name: String,
    client: Arc<OnceCell<Client>>,
    genesis_hash: [u8; 32],
    contracts: ContractAddresses,
}

impl ClientSource {
    /// The blocks that `client` sees, with the events of `deployment`.
    #[must_use]
    pub fn new(client: Client, deployment: &Deployment) -> Self {
        Self { client: Arc::new(OnceCell::new_with(Some(client))), ..Self::at("the chain", deployment) }
    }

    /// The blocks of the node at `url`, which is connected to when it is first
    /// needed.
    #[must_use]
    pub fn at(url: &str, deployment: &Deployment) -> Self {
        Self {
            name: url.to_owned(),
            client: Arc::default(),
            genesis_hash: deployment.genesis_hash,
            contracts: deployment.contracts,
        }
    }

    async fn client(&self) -> Result<&Client> {
        let connect = || async {
            let client = Client::connect(&self.name).await.map_err(failed("a connection"))?;
            if client.genesis_hash() == self.genesis_hash {
                return Ok(client);
            }
            Err(source_error("a connection", format!("{} is of another chain", self.name)))
        };
        self.client.get_or_try_init(connect).await
    }
}

impl From<&Deployment> for Network {
    fn from(deployment: &Deployment) -> Self {
        Self {
            genesis_hash: deployment.genesis_hash,
            calendar: deployment.calendar,
            // The deployment's block is the one before its first event.
            first_block: deployment.block.saturating_add(1),
            contracts: deployment.contracts.into(),
        }
    }
}

impl From<ContractAddresses> for Contracts {
    fn from(contracts: ContractAddresses) -> Self {
        Self {
            vault: contracts.vault,
            bzky: contracts.bzky,
            time: contracts.time,
            registry: contracts.registry,
            receipts: contracts.receipts,
            pos_deposit: contracts.pos_deposit,
            rewards: contracts.rewards,
            redemption: contracts.redemption,
            vesting: contracts.vesting,
            foundation: contracts.foundation,
            otc: contracts.otc,
        }
    }
}

impl From<bizkey_client::BlockRef> for BlockRef {
    fn from(block: bizkey_client::BlockRef) -> Self {
        Self { number: block.number, hash: block.hash }
    }
}

impl From<bizkey_client::Block> for Block {
    fn from(block: bizkey_client::Block) -> Self {
        let event = |event: bizkey_client::ContractEvent| ContractEvent {
            index: event.index,
            contract: event.contract,
            event: event.event,
        };
        Self {
            number: block.number,
            hash: block.hash,
            parent_hash: block.parent_hash,
            timestamp_ms: block.timestamp_ms,
            events: block.events.into_iter().map(event).collect(),
        }
    }
}

fn failed(what: &'static str) -> impl Fn(ClientError) -> crate::Error {
    move |error| source_error(what, error)
}

#[async_trait::async_trait]
impl BlockSource for ClientSource {
    fn name(&self) -> &str {
        &self.name
    }

    async fn heads(&self) -> Result<Heads> {
        let client = self.client().await?;
        // In this order: the best block is not below the final one then.
        let finalized = client.finalized_head().await.map_err(failed("the last final block"))?.into();
        let best = client.best_head().await.map_err(failed("the best block"))?.into();
        Ok(Heads { finalized, best })
    }

    async fn block_hash(&self, number: u32) -> Result<Option<[u8; 32]>> {
        self.client().await?.block_hash(number).await.map_err(failed("a block hash"))
    }

    async fn block_hashes(&self, numbers: RangeInclusive<u32>) -> Result<Vec<Option<[u8; 32]>>> {
        let numbers: Vec<_> = numbers.collect();
        self.client().await?.block_hashes(&numbers).await.map_err(failed("block hashes"))
    }

    async fn parent_hash(&self, hash: [u8; 32]) -> Result<[u8; 32]> {
        self.client().await?.parent_hash(&hash).await.map_err(failed("a header"))
    }

    async fn block(&self, hash: [u8; 32]) -> Result<Block> {
        let block = self.client().await?.block(hash, &self.contracts);
        block.await.map(Block::from).map_err(failed("a block"))
    }

    async fn subscribe(&self) -> Result<BoxStream<'static, Result<()>>> {
        let heads = self.client().await?.subscribe_heads().await.map_err(failed("a subscription to heads"))?;
        Ok(heads.map(|head| head.map_err(failed("a head"))).boxed())
    }
}
