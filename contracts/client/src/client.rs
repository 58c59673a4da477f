//! The connection to a chain.

use crate::{
    block::{self, Block, BlockBody, BlockEvents, BlockHash, BlockRef},
    contracts_api, follow,
    nonce::Nonces,
    recent::Recent,
    rpc::{from_hex, Rpc, RuntimeVersion},
    runtime::{Extrinsic, Runtime},
    submit::{Pending, Subject},
    Bundles, ClientError, ContractAddresses, Result, Signer,
};
use bizkey_primitives::{hash::blake2x256, AccountId};
use codec::{Compact, Decode};
use futures::{Stream, StreamExt};
use std::{
    sync::{
        atomic::{AtomicU32, Ordering},
        Arc, PoisonError, RwLock,
    },
    time::Duration,
};
use subxt::rpcs::{
    client::reconnecting_rpc_client::{ExponentialBackoff, RpcClient as ReconnectingClient},
    RpcClient,
};

/// How long the client waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For one answer of the node.
    pub request: Duration,
    /// For a transaction to be final, from its submission.
    pub finality: Duration,
}

impl Default for Limits {
    /// Half a minute, and three minutes.
    fn default() -> Self {
        Self { request: Duration::from_secs(30), finality: Duration::from_secs(180) }
    }
}

/// Longest pause between two attempts to reconnect.
const RECONNECT_PAUSE: Duration = Duration::from_secs(5);

/// The connection to a chain with pallet-contracts. A cheap clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    rpc: Rpc,
    genesis_hash: [u8; 32],
    limits: Limits,
    bundles: Bundles,
    nonces: Nonces,
    /// Every runtime version seen, the one in force last.
    runtimes: RwLock<Vec<Arc<Runtime>>>,
    final_number: AtomicU32,
    events: Recent<BlockEvents>,
    bodies: Recent<BlockBody>,
}

/// An account of the chain itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NativeAccount {
    /// Transactions that it has had included.
    pub nonce: u32,
    /// Free native coin, smallest unit.
    pub free: u128,
}

impl Client {
    /// Connects to a node, `ws://…` or `wss://…`; reconnects by itself when
    /// the connection is lost.
    ///
    /// # Errors
    /// [`ClientError::Connection`] or [`ClientError::Timeout`] if it cannot be
    /// reached, [`ClientError::Chain`] if it is not a chain with pallet-contracts.
    pub async fn connect(url: &str) -> Result<Self> {
        Self::connect_with(url, Limits::default()).await
    }

    /// [`Client::connect`] with other limits.
    ///
    /// # Errors
    /// As there.
    pub async fn connect_with(url: &str, limits: Limits) -> Result<Self> {
        let backoff = ExponentialBackoff::from_millis(50).max_delay(RECONNECT_PAUSE);
        let connecting = ReconnectingClient::builder().retry_policy(backoff).request_timeout(limits.request).build(url);
        let rpc = match tokio::time::timeout(limits.request, connecting).await {
            Ok(Ok(rpc)) => rpc,
            Ok(Err(error)) => return Err(ClientError::Connection(format!("{url}: {error}"))),
            Err(_) => return Err(ClientError::Connection(format!("{url}: no answer in {:?}", limits.request))),
        };
        Self::from_rpc_with(RpcClient::new(rpc), limits).await
    }

    /// A client over any RPC client: of a chain in this process, for example.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub async fn from_rpc(rpc: RpcClient) -> Result<Self> {
        Self::from_rpc_with(rpc, Limits::default()).await
    }

    /// [`Client::from_rpc`] with other limits.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub async fn from_rpc_with(rpc: RpcClient, limits: Limits) -> Result<Self> {
        let rpc = Rpc::new(rpc, limits.request);
        let genesis_hash =
            rpc.block_hash(Some(0)).await?.ok_or_else(|| ClientError::Chain("it has no first block".into()))?;
        let head = rpc.finalized_head().await?;
        let number = rpc.header(&head).await?.number;
        let runtime = load_runtime(&rpc, &genesis_hash, &head).await?;
        Ok(Self(Arc::new(Inner {
            rpc,
            genesis_hash,
            limits,
            bundles: Bundles::embedded()?,
            nonces: Nonces::default(),
            runtimes: RwLock::new(vec![Arc::new(runtime)]),
            final_number: AtomicU32::new(number),
            events: Recent::default(),
            bodies: Recent::default(),
        })))
    }

    /// Hash of the chain's first block.
    #[must_use]
    pub fn genesis_hash(&self) -> [u8; 32] {
        self.0.genesis_hash
    }

    /// How long the client waits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.0.limits
    }

    /// The contracts built into this program.
    #[must_use]
    pub fn bundles(&self) -> &Bundles {
        &self.0.bundles
    }

    /// The last final block.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn finalized_head(&self) -> Result<BlockRef> {
        let hash = self.0.rpc.finalized_head().await?;
        let number = self.0.rpc.header(&hash).await?.number;
        self.saw_final(number);
        Ok(BlockRef { number, hash })
    }

    /// The block that the node builds on.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn best_head(&self) -> Result<BlockRef> {
        let hash = self.0.rpc.block_hash(None).await?.ok_or_else(|| ClientError::NoBlock("best".into()))?;
        let number = self.0.rpc.header(&hash).await?.number;
        Ok(BlockRef { number, hash })
    }

    /// The hash of the block before this one, whichever branch it is on.
    ///
    /// # Errors
    /// [`ClientError::NoBlock`]; those of the connection.
    pub async fn parent_hash(&self, hash: &BlockHash) -> Result<BlockHash> {
        Ok(self.0.rpc.header(hash).await?.parent_hash)
    }

    /// A word whenever the best or the last final block may have moved. Ends,
    /// or fails, with the connection.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn subscribe_heads(&self) -> Result<impl Stream<Item = Result<()>> + Unpin + Send + 'static> {
        let (best, finalized) = tokio::try_join!(self.0.rpc.subscribe_new_heads(), self.0.rpc.subscribe_finalized())?;
        let word = |head: std::result::Result<_, _>| {
            head.map(drop).map_err(|error: subxt::rpcs::Error| ClientError::Connection(error.to_string()))
        };
        // Either one's end is the end: its news would be missed.
        let end = |heads: subxt::rpcs::client::RpcSubscription<crate::rpc::Header>| {
            let ended = || Err(ClientError::Connection("a subscription to heads ended".into()));
            heads.map(word).chain(futures::stream::once(async move { ended() }))
        };
        Ok(Box::pin(futures::stream::select(end(best), end(finalized))))
    }

    /// The hash of the block with this number on the node's best chain;
    /// `None` if there is none yet.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn block_hash(&self, number: u32) -> Result<Option<BlockHash>> {
        self.0.rpc.block_hash(Some(number)).await
    }

    /// As [`Self::block_hash`], of several blocks in one question.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn block_hashes(&self, numbers: &[u32]) -> Result<Vec<Option<BlockHash>>> {
        self.0.rpc.block_hashes(numbers).await
    }

    /// Final blocks, from the present last one on, each once and without
    /// gaps; goes on after a lost connection. An error does not end it.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn subscribe_finalized(&self) -> Result<impl Stream<Item = Result<BlockRef>> + Unpin + Send + 'static> {
        let head = self.finalized_head().await?.number;
        Ok(self.finalized_from(head))
    }

    /// Final blocks from `number` on, likewise; `number` may lie in the future.
    pub fn finalized_from(&self, number: u32) -> impl Stream<Item = Result<BlockRef>> + Unpin + Send + 'static {
        follow::finalized_blocks(self.clone(), number)
    }

    /// A block and what the suite's contracts did in it.
    ///
    /// # Errors
    /// [`ClientError::NoBlock`]; [`ClientError::Decode`] for an event of the
    /// suite that this version does not know; those of the connection.
    pub async fn block(&self, hash: BlockHash, contracts: &ContractAddresses) -> Result<Block> {
        let keys: [&[u8]; 3] = [&block::TIMESTAMP_KEY, &block::EVENTS_KEY, &block::LAST_RUNTIME_UPGRADE_KEY];
        let (header, [timestamp, events, upgrade]) =
            tokio::try_join!(self.0.rpc.header(&hash), self.0.rpc.storages(keys, &hash))?;
        let load = || self.decode_events(&hash, header.number, &header.parent_hash, events, upgrade);
        let events = self.0.events.get(&hash, load).await?;
        let timestamp_ms = match timestamp {
            Some(bytes) => u64::decode(&mut &*bytes).map_err(|error| ClientError::decode("a block's time", error))?,
            None => 0,
        };
        Ok(Block {
            number: header.number,
            hash,
            parent_hash: header.parent_hash,
            timestamp_ms,
            events: events.of_suite(contracts, &self.0.bundles, None)?,
        })
    }

    /// Nonce and native coin of an account, at the last final block.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn account(&self, account: &AccountId) -> Result<NativeAccount> {
        let head = self.0.rpc.finalized_head().await?;
        self.account_at(account, &head).await
    }

    /// As [`Client::account`], after the block `at`.
    ///
    /// # Errors
    /// Those of the connection; [`ClientError::Rpc`] for a block that the node
    /// does not have.
    pub async fn account_at(&self, account: &AccountId, at: &BlockHash) -> Result<NativeAccount> {
        let Some(bytes) = self.0.rpc.storage(&account_key(account), at).await? else {
            return Ok(NativeAccount::default());
        };
        // `AccountInfo`: nonce, three reference counters, then the free balance first.
        let (nonce, _, _, _, free) = <(u32, u32, u32, u32, u128)>::decode(&mut &*bytes)
            .map_err(|error| ClientError::decode("an account", error))?;
        Ok(NativeAccount { nonce, free })
    }

    /// Sends native coin, for fees and storage deposits. `amount` in the
    /// smallest unit.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] if the signer cannot pay the fee.
    pub async fn transfer_native(&self, signer: &Signer, to: &AccountId, amount: u128) -> Result<Pending> {
        let extrinsic = Extrinsic {
            pallet: "Balances",
            call: "transfer_keep_alive",
            fields: contracts_api::transfer_fields(to, amount),
        };
        self.submit(signer, &extrinsic, Subject::Other("transfer_keep_alive"), None, None).await
    }

    pub(crate) fn rpc(&self) -> &Rpc {
        &self.0.rpc
    }

    pub(crate) fn nonces(&self) -> &Nonces {
        &self.0.nonces
    }

    /// A number known to be final.
    pub(crate) fn final_number(&self) -> u32 {
        self.0.final_number.load(Ordering::Relaxed)
    }

    pub(crate) fn saw_final(&self, number: u32) {
        self.0.final_number.fetch_max(number, Ordering::Relaxed);
    }

    pub(crate) async fn block_body(&self, block: &BlockHash) -> Result<Arc<BlockBody>> {
        let load = || async {
            let body = self.0.rpc.body(block).await?;
            let hash = |bytes: &String| from_hex(bytes).map(|bytes| blake2x256(&bytes));
            let extrinsics = body.extrinsics.iter().map(hash).collect::<Result<_>>()?;
            Ok(BlockBody { number: body.header.number, parent_hash: body.header.parent_hash, extrinsics })
        };
        self.0.bodies.get(block, load).await
    }

    /// The events of block `number`.
    pub(crate) async fn block_events(
        &self,
        block: &BlockHash,
        number: u32,
        parent: &BlockHash,
    ) -> Result<Arc<BlockEvents>> {
        let load = || async {
            let keys: [&[u8]; 2] = [&block::EVENTS_KEY, &block::LAST_RUNTIME_UPGRADE_KEY];
            let [events, upgrade] = self.0.rpc.storages(keys, block).await?;
            self.decode_events(block, number, parent, events, upgrade).await
        };
        self.0.events.get(block, load).await
    }

    /// Reads the events of block `number`. They are written by the runtime
    /// that carried the block out, which is the one in its parent's state: a
    /// block that upgrades the runtime still speaks the old one's language.
    async fn decode_events(
        &self,
        block: &BlockHash,
        number: u32,
        parent: &BlockHash,
        events: Option<Vec<u8>>,
        upgrade: Option<Vec<u8>>,
    ) -> Result<BlockEvents> {
        // The first block has no parent, and no events.
        let executed_on = if number == 0 { block } else { parent };
        let runtime = self.runtime_of(upgrade.as_deref(), executed_on).await?;
        BlockEvents::decode(&runtime, events.unwrap_or_default())
    }

    /// The runtime in force, as far as this client has seen.
    pub(crate) fn current_runtime(&self) -> Arc<Runtime> {
        let runtimes = self.0.runtimes.read().unwrap_or_else(PoisonError::into_inner);
        // The first runtime is there from the start, and none is ever removed.
        runtimes[runtimes.len() - 1].clone()
    }

    /// Asks the chain for its runtime; whether it is another one.
    pub(crate) async fn refresh_runtime(&self) -> Result<bool> {
        let before = self.current_runtime().version;
        let best = self.0.rpc.block_hash(None).await?;
        let best = best.ok_or_else(|| ClientError::NoBlock("best".into()))?;
        Ok(self.runtime_at(&best).await?.version != before)
    }

    /// The runtime that carried out a block on top of `executed_on`. What it
    /// noted of itself in the block's state, [`block::LAST_RUNTIME_UPGRADE_KEY`],
    /// saves a question: no two runtimes of a chain have one version of the
    /// specification.
    async fn runtime_of(&self, noted: Option<&[u8]>, executed_on: &BlockHash) -> Result<Arc<Runtime>> {
        let noted = noted.and_then(|mut bytes| Compact::<u32>::decode(&mut bytes).ok());
        let known = noted.and_then(|Compact(noted)| self.known_runtime(|version| version.spec_version == noted));
        match known {
            Some(runtime) => Ok(runtime),
            None => self.runtime_at(executed_on).await,
        }
    }

    fn known_runtime(&self, is: impl Fn(RuntimeVersion) -> bool) -> Option<Arc<Runtime>> {
        let runtimes = self.0.runtimes.read().unwrap_or_else(PoisonError::into_inner);
        runtimes.iter().find(|runtime| is(runtime.version)).cloned()
    }

    async fn runtime_at(&self, block: &BlockHash) -> Result<Arc<Runtime>> {
        let version = self.0.rpc.runtime_version(Some(block)).await?;
        if let Some(runtime) = self.known_runtime(|known| known == version) {
            return Ok(runtime);
        }
        let runtime = Arc::new(load_runtime(&self.0.rpc, &self.0.genesis_hash, block).await?);
        let mut runtimes = self.0.runtimes.write().unwrap_or_else(PoisonError::into_inner);
        runtimes.push(runtime.clone());
        runtimes.sort_by_key(|runtime| runtime.version.spec_version);
        Ok(runtime)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("genesis_hash", &hex::encode(self.0.genesis_hash)).finish_non_exhaustive()
    }
}

async fn load_runtime(rpc: &Rpc, genesis: &[u8; 32], at: &BlockHash) -> Result<Runtime> {
    let (version, metadata) = tokio::try_join!(rpc.runtime_version(Some(at)), rpc.metadata(at))?;
    Runtime::new(genesis, version, &metadata)
}

/// Storage key of `System.Account` of an account.
fn account_key(account: &AccountId) -> Vec<u8> {
    use sp_crypto_hashing::{blake2_128, twox_128};
    let account: &[u8] = account.as_ref();
    [&twox_128(b"System")[..], &twox_128(b"Account"), &blake2_128(account), account].concat()
}
