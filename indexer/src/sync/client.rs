//! The chain through `bizkey-client`: a node or a chain in this process.

use super::source::{source_error, Block, BlockRef, BlockSource, ContractEvent};
use crate::{
    model::{Contracts, Network},
    Result,
};
use bizkey_client::{Client, ClientError, ContractAddresses, Deployment};
use futures::{stream::BoxStream, StreamExt};

/// Blocks of one deployment.
#[derive(Clone)]
pub struct ClientSource {
    client: Client,
    contracts: ContractAddresses,
}

impl ClientSource {
    /// The blocks that `client` sees, with the events of `deployment`.
    #[must_use]
    pub fn new(client: Client, deployment: &Deployment) -> Self {
        Self { client, contracts: deployment.contracts }
    }
}

impl From<&Deployment> for Network {
    fn from(deployment: &Deployment) -> Self {
        let contracts = &deployment.contracts;
        Self {
            genesis_hash: deployment.genesis_hash,
            calendar: deployment.calendar,
            // The deployment's block is the one before its first event.
            first_block: deployment.block.saturating_add(1),
            contracts: Contracts {
                vault: contracts.vault,
                bzky: contracts.bzky,
                time: contracts.time,
                registry: contracts.registry,
                receipts: contracts.receipts,
                pos_deposit: contracts.pos_deposit,
                rewards: contracts.rewards,
            },
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
    async fn finalized_head(&self) -> Result<BlockRef> {
        self.client.finalized_head().await.map(BlockRef::from).map_err(failed("the finalised head"))
    }

    async fn block_hash(&self, number: u32) -> Result<Option<[u8; 32]>> {
        self.client.block_hash(number).await.map_err(failed("a block hash"))
    }

    async fn block(&self, hash: [u8; 32]) -> Result<Block> {
        self.client.block(hash, &self.contracts).await.map(Block::from).map_err(failed("a block"))
    }

    async fn subscribe(&self) -> Result<BoxStream<'static, Result<BlockRef>>> {
        let heads = self.client.subscribe_finalized().await.map_err(failed("a subscription to finalised heads"))?;
        let head = |head: bizkey_client::Result<bizkey_client::BlockRef>| {
            head.map(BlockRef::from).map_err(failed("a finalised head"))
        };
        Ok(heads.map(head).boxed())
    }
}
