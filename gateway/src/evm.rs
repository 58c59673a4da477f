//! Confirming a transaction on an EVM chain.
//!
//! Everything of `ethers` stays inside this module: it is no longer
//! maintained, and nothing outside may see its types.

use ethers::providers::{Http, Middleware, Provider, ProviderError};
use ethers::types::{H256, U256, U64};
use std::time::Duration;

/// Longest wait for one answer of the node.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why a transaction cannot be confirmed.
#[derive(Debug, thiserror::Error)]
pub enum EvmError {
    /// The address of the node is not one.
    #[error("{0:?} is not the http address of an EVM node")]
    BadUrl(String),
    /// The hash is not 32 bytes of hex.
    #[error("{0:?} is not a transaction hash: give 32 bytes in hexadecimal")]
    BadHash(String),
    /// The node did not answer in time.
    #[error("the EVM node did not answer within {} s", TIMEOUT.as_secs())]
    TimedOut,
    /// The node answered with an error.
    #[error("the EVM node failed: {0}")]
    Node(String),
    /// An answer contradicts another: the node is broken or lies.
    #[error("the EVM node contradicts itself: {0}")]
    Inconsistent(&'static str),
}

/// Where a transaction stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// The node has never seen it.
    Unknown,
    /// It waits in the pool.
    Pending,
    /// It is in a block, and failed.
    Reverted {
        /// The block.
        block: u64,
    },
    /// It is in a block, and did what it says.
    Included {
        /// The block.
        block: u64,
        /// Blocks from that one to the head, both included.
        confirmations: u64,
        /// Whether that is as many as were asked for.
        confirmed: bool,
        /// The payee, as 20 bytes; `None` for a contract's creation.
        to: Option<[u8; 20]>,
        /// Value moved in wei, big endian.
        value: [u8; 32],
    },
}

/// A connection to an EVM node.
#[derive(Clone, Debug)]
pub struct EvmClient {
    provider: Provider<Http>,
}

impl EvmClient {
    /// A client for the node at `url` (http or https). Does not connect yet.
    ///
    /// # Errors
    /// [`EvmError::BadUrl`].
    pub fn new(url: &str) -> Result<Self, EvmError> {
        let provider = Provider::<Http>::try_from(url).map_err(|_| EvmError::BadUrl(url.to_owned()))?;
        Ok(Self { provider })
    }

    /// Where the transaction `hash` stands, counted as confirmed from
    /// `required` blocks on. A reorganisation shows as `Pending` or `Unknown`
    /// the next time: ask again until it is deep enough.
    ///
    /// # Errors
    /// See [`EvmError`].
    pub async fn confirm(&self, hash: &str, required: u64) -> Result<Confirmation, EvmError> {
        let hash: H256 = hash.parse().map_err(|_| EvmError::BadHash(hash.to_owned()))?;
        let Some(transaction) = timed(self.provider.get_transaction(hash)).await? else {
            return Ok(Confirmation::Unknown);
        };
        if transaction.hash != hash {
            return Err(EvmError::Inconsistent("it returned another transaction than was asked for"));
        }
        let Some(receipt) = timed(self.provider.get_transaction_receipt(hash)).await? else {
            return Ok(Confirmation::Pending);
        };
        let block = receipt.block_number.ok_or(EvmError::Inconsistent("a receipt names no block"))?.as_u64();
        let head = timed(self.provider.get_block_number()).await?.as_u64();
        let confirmations = head
            .checked_sub(block)
            .and_then(|above| above.checked_add(1))
            .ok_or(EvmError::Inconsistent("a receipt's block lies above the head"))?;
        if receipt.status != Some(U64::one()) {
            return Ok(Confirmation::Reverted { block });
        }
        Ok(Confirmation::Included {
            block,
            confirmations,
            confirmed: confirmations >= required,
            to: transaction.to.map(|to| to.0),
            value: big_endian(transaction.value),
        })
    }
}

fn big_endian(value: U256) -> [u8; 32] {
    let mut bytes = [0u8; 32];
    value.to_big_endian(&mut bytes);
    bytes
}

async fn timed<T>(answer: impl std::future::Future<Output = Result<T, ProviderError>>) -> Result<T, EvmError> {
    tokio::time::timeout(TIMEOUT, answer)
        .await
        .map_err(|_| EvmError::TimedOut)?
        .map_err(|error| EvmError::Node(error.to_string()))
}
