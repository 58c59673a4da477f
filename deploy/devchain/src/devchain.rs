//! The handle everything else holds.

use crate::{
    chain::{self, BlockInfo, Chain, Command, Head, Heads, Reorg, Settings, StorageChange},
    clock::Clock,
    config::{DevchainConfig, Sealing},
    error::Error,
    faults::TransactionFaults,
    metrics::Timings,
    pool::{Position, TransactionStatus},
    rpc,
    runtime::{AccountId, Balance, BlockNumber, EventRecord, Hash},
    server::{self, ServerConfig, ServerHandle},
    workers::RUNTIME_STACK_BYTES,
};
use jsonrpsee::RpcModule;
use parking_lot::Mutex;
use std::{
    io::{Read, Write},
    net::SocketAddr,
    sync::{mpsc, Arc},
    thread::{self, JoinHandle},
};
use tokio::sync::{mpsc::UnboundedReceiver, oneshot, watch};

/// A running chain. Cloning is cheap and gives another handle to the same
/// chain, which stops when the last handle is dropped.
#[derive(Clone)]
pub struct Devchain {
    running: Arc<Running>,
}

struct Running {
    chain: Arc<Chain>,
    author: Mutex<Option<JoinHandle<()>>>,
}

/// An included transaction.
#[derive(Clone, Debug)]
pub struct Inclusion {
    /// Number of the block.
    pub number: BlockNumber,
    /// The block and the transaction's place in it.
    pub position: Position,
    /// The events of this transaction, in order.
    pub events: Vec<EventRecord>,
}

impl Devchain {
    /// Opens the chain in the configured folder, or makes a new one, and starts
    /// making blocks.
    ///
    /// # Errors
    /// When the folder cannot be used, holds another chain, or a thread cannot
    /// be started.
    pub fn open(config: DevchainConfig) -> Result<Self, Error> {
        let (sender, receiver) = mpsc::channel();
        let chain = Chain::open(config, sender)?;
        let author = {
            let chain = chain.clone();
            thread::Builder::new()
                .name("devchain-author".into())
                .stack_size(RUNTIME_STACK_BYTES)
                .spawn(move || chain::run_author(&chain, &receiver))
                .map_err(Error::Thread)?
        };
        Ok(Self { running: Arc::new(Running { chain, author: Mutex::new(Some(author)) }) })
    }

    pub(crate) fn chain(&self) -> &Arc<Chain> {
        &self.running.chain
    }

    /// Hash of block 0; two chains of the same configuration have the same.
    pub fn genesis_hash(&self) -> Hash {
        self.chain().genesis_hash
    }

    /// The best block.
    pub fn best(&self) -> Head {
        self.chain().best()
    }

    /// The last finalised block.
    pub fn finalized(&self) -> Head {
        self.chain().finalized()
    }

    /// Follows the chain's two ends. A slow follower sees the latest state and
    /// finds the blocks between by their numbers.
    pub fn follow(&self) -> watch::Receiver<Heads> {
        self.chain().heads.subscribe()
    }

    /// Changes the clock that stamps the next blocks.
    pub fn set_clock(&self, clock: Clock) {
        self.chain().clock.set(clock);
    }

    /// The present clock setting.
    pub fn clock(&self) -> Clock {
        self.chain().clock.get()
    }

    /// Milliseconds since the Unix epoch by the chain's clock. The next block's
    /// stamp is this or one millisecond after the best block, if later.
    pub fn now_ms(&self) -> u64 {
        self.clock().now_ms()
    }

    /// When blocks are made and how far finality stays behind.
    pub fn settings(&self) -> Settings {
        self.chain().settings()
    }

    /// Changes when blocks are made.
    pub fn set_sealing(&self, sealing: Sealing) {
        self.chain().set(|settings| settings.sealing = sealing);
    }

    /// Changes how many blocks the finalised block stays behind the best one.
    /// What is final stays final; less than before takes effect with the next
    /// block.
    pub fn set_finality_lag(&self, blocks: u32) {
        self.chain().set(|settings| settings.finality_lag = blocks);
    }

    /// Seals one block at the present clock with the ready transactions that
    /// fit, empty if there are none.
    ///
    /// # Errors
    /// When the block cannot be built or written, or the chain has stopped.
    pub async fn seal_block(&self) -> Result<BlockInfo, Error> {
        self.on_author(|chain| chain.seal(true))
            .await?
            .and_then(|sealed| sealed.ok_or(Error::Damaged("no block was sealed")))
    }

    /// Seals `count` blocks, the clock put forward by `interval_ms` between
    /// them. Followers see all of them; the disk is written to now and then and
    /// before this returns.
    ///
    /// # Errors
    /// As [`Devchain::seal_block`].
    pub async fn seal_blocks(&self, count: u32, interval_ms: u64) -> Result<Vec<BlockInfo>, Error> {
        self.on_author(move |chain| chain.seal_many(count, interval_ms)).await?
    }

    /// Takes the newest blocks off the chain and puts others in their place;
    /// returns the new ones, oldest first.
    ///
    /// # Errors
    /// [`Error::TooDeep`], [`Error::NoBlocks`], or when a block cannot be built
    /// or written; the chain is then as it was.
    pub async fn reorg(&self, reorg: Reorg) -> Result<Vec<BlockInfo>, Error> {
        self.on_author(move |chain| chain.reorg(&reorg)).await?
    }

    /// Makes block `hash` (the best one if not given) final with all its
    /// ancestors; returns the hash of the last final block.
    ///
    /// # Errors
    /// [`Error::UnknownBlock`] when it is not on the best branch.
    pub async fn finalize(&self, hash: Option<Hash>) -> Result<Hash, Error> {
        self.on_author(move |chain| chain.finalize(hash)).await?
    }

    /// Seals a block that changes the state by hand, whatever that does to it.
    ///
    /// # Errors
    /// When the block cannot be built or written.
    pub async fn set_storage(&self, changes: Vec<StorageChange>) -> Result<BlockInfo, Error> {
        self.on_author(move |chain| chain.set_storage(changes)).await?
    }

    /// Seals a block after which `account` has `free` of the native coin, in
    /// the smallest unit (12 decimals).
    ///
    /// # Errors
    /// [`Error::BelowExistentialDeposit`], or when the block cannot be built.
    pub async fn set_balance(&self, account: AccountId, free: Balance) -> Result<BlockInfo, Error> {
        self.on_author(move |chain| chain.set_balance(account, free)).await?
    }

    /// Remembers the chain's ends and its clock, in memory; returns the number
    /// to give to [`Devchain::revert`].
    ///
    /// # Errors
    /// [`Error::Stopped`].
    pub async fn snapshot(&self) -> Result<u32, Error> {
        self.on_author(Chain::snapshot).await
    }

    /// Goes back to a snapshot, even behind final blocks: followers have to
    /// start anew (see [`Heads::revision`]). Transactions that wait, or that
    /// were included since, are dropped.
    ///
    /// # Errors
    /// [`Error::UnknownSnapshot`].
    pub async fn revert(&self, snapshot: u32) -> Result<Head, Error> {
        self.on_author(move |chain| chain.revert(snapshot)).await?
    }

    /// Writes the whole chain to `out`; see [`DevchainConfig::load`].
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub async fn dump(&self, out: impl Write + Send + 'static) -> Result<(), Error> {
        self.on_author(move |chain| chain.dump(out)).await?
    }

    /// Goes on from a dumped chain of the same genesis block in place of this one.
    ///
    /// # Errors
    /// When `input` is no whole dump of such a chain.
    pub async fn load(&self, input: impl Read + Send + 'static) -> Result<Head, Error> {
        self.on_author(move |chain| chain.load(input)).await?
    }

    /// Takes a waiting transaction out of the pool; whether it was there.
    pub fn remove_transaction(&self, hash: &Hash) -> bool {
        self.chain().pool.drop_transaction(hash)
    }

    /// What becomes of the next transactions that are submitted.
    pub fn transaction_faults(&self) -> &TransactionFaults {
        &self.chain().transaction_faults
    }

    /// Runs `work` on the thread that makes blocks, between two blocks.
    async fn on_author<R: Send + 'static>(&self, work: impl FnOnce(&Chain) -> R + Send + 'static) -> Result<R, Error> {
        let (sender, receiver) = oneshot::channel();
        let work = Command::Do(Box::new(move |chain| {
            // The asker may have gone.
            let _ = sender.send(work(chain));
        }));
        self.chain().commands.lock().as_ref().ok_or(Error::Stopped)?.send(work).map_err(|_| Error::Stopped)?;
        receiver.await.map_err(|_| Error::Stopped)
    }

    /// The JSON-RPC methods.
    ///
    /// # Errors
    /// When two methods have one name, which is an error of this program.
    pub fn rpc_module(&self) -> Result<RpcModule<Self>, Error> {
        rpc::module(self.clone(), true)
    }

    /// Serves the JSON-RPC methods by WebSocket and HTTP at `address`; see
    /// [`any_loopback_port`](crate::any_loopback_port). Anyone who can connect
    /// to a loopback address can use the `dev_*` controls; web pages can when
    /// they are this machine's or polkadot.js.org's.
    ///
    /// # Errors
    /// [`Error::Listen`] when the address cannot be had.
    pub async fn serve(&self, address: SocketAddr) -> Result<ServerHandle, Error> {
        self.serve_with(address, ServerConfig::default()).await
    }

    /// As [`Devchain::serve`], with other settings.
    ///
    /// # Errors
    /// As [`Devchain::serve`].
    pub async fn serve_with(&self, address: SocketAddr, config: ServerConfig) -> Result<ServerHandle, Error> {
        server::serve(self.clone(), address, config).await
    }

    /// Where the chain's time went since it was opened.
    pub fn timings(&self) -> Timings {
        self.chain().metrics.so_far()
    }

    /// Number of transactions that wait for a block.
    pub fn pending(&self) -> usize {
        self.chain().pool.pending().len()
    }

    /// Checks a signed, encoded extrinsic (length prefix included) and queues
    /// it; returns its hash.
    ///
    /// # Errors
    /// [`Error::Pool`] with the reason it was refused.
    pub async fn submit(&self, extrinsic: Vec<u8>) -> Result<Hash, Error> {
        Ok(self.on_worker(move |chain| chain.submit(extrinsic, None)).await??)
    }

    /// As [`Devchain::submit`], with the transaction's statuses.
    ///
    /// # Errors
    /// As [`Devchain::submit`].
    pub async fn submit_and_watch(
        &self,
        extrinsic: Vec<u8>,
    ) -> Result<(Hash, UnboundedReceiver<TransactionStatus>), Error> {
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        let hash = self.on_worker(move |chain| chain.submit(extrinsic, Some(sender))).await??;
        Ok((hash, receiver))
    }

    /// Submits and waits until the transaction's block is final; returns its
    /// events. Whether the call succeeded is among them.
    ///
    /// # Errors
    /// As [`Devchain::submit`], or [`Error::NotIncluded`].
    pub async fn submit_and_wait(&self, extrinsic: Vec<u8>) -> Result<Inclusion, Error> {
        let (_, mut statuses) = self.submit_and_watch(extrinsic).await?;
        while let Some(status) = statuses.recv().await {
            match status {
                TransactionStatus::Finalized(position) => {
                    return self.on_worker(move |chain| inclusion(chain, position)).await?
                }
                TransactionStatus::Usurped(_) => {
                    return Err(Error::NotIncluded("another of the same nonce replaced it"))
                }
                TransactionStatus::Dropped => {
                    return Err(Error::NotIncluded("it was dropped, or the chain stopped first"))
                }
                TransactionStatus::Invalid => {
                    return Err(Error::NotIncluded("it became invalid before a block took it"))
                }
                TransactionStatus::Future
                | TransactionStatus::Ready
                | TransactionStatus::InBlock(_)
                | TransactionStatus::Retracted(_) => {}
            }
        }
        Err(Error::Stopped)
    }

    /// Hash of block `number` on the best chain.
    ///
    /// # Errors
    /// When the store cannot be read or the chain has stopped.
    pub async fn block_hash(&self, number: BlockNumber) -> Result<Option<Hash>, Error> {
        self.on_worker(move |chain| chain.hash_at(number)).await?
    }

    /// All events of the block `hash`.
    ///
    /// # Errors
    /// [`Error::UnknownBlock`], or when its state cannot be read.
    pub async fn events(&self, hash: Hash) -> Result<Vec<EventRecord>, Error> {
        self.on_worker(move |chain| chain.events(hash)).await?
    }

    /// Runs `work` with the chain on a thread made for the runtime.
    pub(crate) async fn on_worker<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Chain) -> R + Send + 'static,
    ) -> Result<R, Error> {
        let chain = self.chain().clone();
        Ok(self.chain().workers.run(move || work(&chain)).await?)
    }

    /// Stops making blocks, closes the data and frees the folder, also while
    /// other handles live: their calls then fail with [`Error::Stopped`] or a
    /// closed store. Every block that was announced is on disk already.
    pub fn shutdown(&self) {
        self.running.stop();
    }
}

impl Running {
    fn stop(&self) {
        if let Some(commands) = self.chain.commands.lock().take() {
            // An author that is gone has stopped.
            let _ = commands.send(Command::Stop);
        }
        if let Some(author) = self.author.lock().take() {
            if author.join().is_err() {
                tracing::error!("the block author ended with a panic");
            }
        }
        self.chain.workers.stop();
        self.chain.drop_transactions();
        self.chain.store.close();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

fn inclusion(chain: &Chain, position: Position) -> Result<Inclusion, Error> {
    let number = chain.header(Some(position.block))?.number;
    let events = chain
        .events(position.block)?
        .into_iter()
        .filter(|record| record.phase == frame_system::Phase::ApplyExtrinsic(position.index))
        .collect();
    Ok(Inclusion { number, position, events })
}
