//! Requests to the chain: each with a time-out, reads with a bounded retry.

use crate::{block::BlockHash, ClientError, Result};
use serde::{de::DeserializeOwned, Deserialize};
use std::{future::Future, time::Duration};
use subxt::rpcs::{
    client::{rpc_params, RpcParams, RpcSubscription},
    Error as RpcError, RpcClient,
};

/// Attempts at a read.
const READ_ATTEMPTS: u32 = 3;
/// Pause after the first failed attempt; doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The legacy JSON-RPC methods that the client needs.
#[derive(Clone, Debug)]
pub struct Rpc {
    client: RpcClient,
    timeout: Duration,
}

/// A block's header, as far as it is needed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    #[serde(with = "hex_bytes")]
    pub parent_hash: [u8; 32],
    #[serde(with = "hex_number")]
    pub number: u32,
}

/// A block's body, as far as it is needed.
#[derive(Clone, Debug, Deserialize)]
pub struct SignedBlock {
    pub block: Body,
}

/// See [`SignedBlock`].
#[derive(Clone, Debug, Deserialize)]
pub struct Body {
    pub header: Header,
    /// SCALE bytes of each extrinsic, in hex.
    pub extrinsics: Vec<String>,
}

/// Values of storage, as far as they are needed: keys and values in hex.
#[derive(Clone, Debug, Deserialize)]
struct StorageChangeSet {
    changes: Vec<(String, Option<String>)>,
}

/// The runtime's version, as far as it is needed.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeVersion {
    pub spec_version: u32,
    pub transaction_version: u32,
}

/// Where a submitted transaction stands.
pub type TransactionStatus = subxt::rpcs::methods::legacy::TransactionStatus<subxt::utils::H256>;

impl Rpc {
    pub fn new(client: RpcClient, timeout: Duration) -> Self {
        Self { client, timeout }
    }

    /// The hash of a block by number, or of the best one.
    pub async fn block_hash(&self, number: Option<u32>) -> Result<Option<BlockHash>> {
        let hash: Option<String> = self.read("chain_getBlockHash", || rpc_params![number]).await?;
        hash.map(|hash| parse_hash(&hash)).transpose()
    }

    /// The hashes of blocks by number, in one question.
    pub async fn block_hashes(&self, numbers: &[u32]) -> Result<Vec<Option<BlockHash>>> {
        let method = "chain_getBlockHash";
        let hashes: Vec<Option<String>> = self.read(method, || rpc_params![numbers]).await?;
        if hashes.len() != numbers.len() {
            let what = format!("{} hashes for {} numbers", hashes.len(), numbers.len());
            return Err(ClientError::decode(method, what));
        }
        hashes.into_iter().map(|hash| hash.map(|hash| parse_hash(&hash)).transpose()).collect()
    }

    /// The hash of the last final block.
    pub async fn finalized_head(&self) -> Result<BlockHash> {
        let hash: String = self.read("chain_getFinalizedHead", || rpc_params![]).await?;
        parse_hash(&hash)
    }

    pub async fn header(&self, hash: &BlockHash) -> Result<Header> {
        let at = to_hex(hash);
        let header: Option<Header> = self.read("chain_getHeader", || rpc_params![&at]).await?;
        header.ok_or(ClientError::NoBlock(at))
    }

    pub async fn body(&self, hash: &BlockHash) -> Result<Body> {
        let at = to_hex(hash);
        let block: Option<SignedBlock> = self.read("chain_getBlock", || rpc_params![&at]).await?;
        Ok(block.ok_or(ClientError::NoBlock(at))?.block)
    }

    pub async fn runtime_version(&self, at: Option<&BlockHash>) -> Result<RuntimeVersion> {
        let at = at.map(|hash| to_hex(hash));
        self.read("state_getRuntimeVersion", || rpc_params![&at]).await
    }

    pub async fn metadata(&self, at: &BlockHash) -> Result<Vec<u8>> {
        let at = to_hex(at);
        from_hex(&self.read::<String>("state_getMetadata", || rpc_params![&at]).await?)
    }

    pub async fn storage(&self, key: &[u8], at: &BlockHash) -> Result<Option<Vec<u8>>> {
        let (key, at) = (to_hex(key), to_hex(at));
        let value: Option<String> = self.read("state_getStorage", || rpc_params![&key, &at]).await?;
        value.map(|value| from_hex(&value)).transpose()
    }

    /// The values of several storage keys, in their order, in one question.
    pub async fn storages<const N: usize>(&self, keys: [&[u8]; N], at: &BlockHash) -> Result<[Option<Vec<u8>>; N]> {
        let (keys, at) = (keys.map(to_hex), to_hex(at));
        let sets: Vec<StorageChangeSet> = self.read("state_queryStorageAt", || rpc_params![&keys[..], &at]).await?;
        let mut values = [const { None }; N];
        for (key, value) in sets.into_iter().flat_map(|set| set.changes) {
            let Some(value) = value else { continue };
            if let Some((_, slot)) = keys.iter().zip(&mut values).find(|(asked, _)| **asked == key) {
                *slot = Some(from_hex(&value)?);
            }
        }
        Ok(values)
    }

    /// Up to `count` storage keys with this prefix, after `after`, in ascending order.
    pub async fn keys_paged(
        &self,
        prefix: &[u8],
        count: u32,
        after: Option<&[u8]>,
        at: &BlockHash,
    ) -> Result<Vec<Vec<u8>>> {
        let (prefix, after, at) = (to_hex(prefix), after.map(to_hex), to_hex(at));
        let keys: Vec<String> = self.read("state_getKeysPaged", || rpc_params![&prefix, count, &after, &at]).await?;
        keys.iter().map(|key| from_hex(key)).collect()
    }

    /// A runtime API call, at a block or at the best one.
    pub async fn runtime_call(&self, function: &str, arguments: &[u8], at: Option<&BlockHash>) -> Result<Vec<u8>> {
        let (arguments, at) = (to_hex(arguments), at.map(|hash| to_hex(hash)));
        from_hex(&self.read::<String>("state_call", || rpc_params![function, &arguments, &at]).await?)
    }

    /// The account's next nonce, transactions in the pool counted. `account` in SS58.
    pub async fn next_nonce(&self, account: &str) -> Result<u64> {
        self.read("system_accountNextIndex", || rpc_params![account]).await
    }

    /// Submits once: whether it entered is unknown after a lost connection or
    /// a time-out.
    pub async fn submit_and_watch(&self, extrinsic: &[u8]) -> Result<RpcSubscription<TransactionStatus>> {
        let params = rpc_params![to_hex(extrinsic)];
        let method = "author_submitAndWatchExtrinsic";
        self.bounded(method, self.client.subscribe(method, params, "author_unwatchExtrinsic")).await
    }

    /// Submits once and leaves it there; as [`Rpc::submit_and_watch`].
    pub async fn submit(&self, extrinsic: &[u8]) -> Result<()> {
        let params = rpc_params![to_hex(extrinsic)];
        let method = "author_submitExtrinsic";
        self.bounded(method, self.client.request::<String>(method, params)).await.map(drop)
    }

    pub async fn subscribe_finalized(&self) -> Result<RpcSubscription<Header>> {
        let method = "chain_subscribeFinalizedHeads";
        self.bounded(method, self.client.subscribe(method, rpc_params![], "chain_unsubscribeFinalizedHeads")).await
    }

    pub async fn subscribe_new_heads(&self) -> Result<RpcSubscription<Header>> {
        let method = "chain_subscribeNewHeads";
        self.bounded(method, self.client.subscribe(method, rpc_params![], "chain_unsubscribeNewHeads")).await
    }

    /// A read: repeating it changes nothing, so it is retried when the
    /// connection fails.
    async fn read<T: DeserializeOwned>(&self, method: &'static str, params: impl Fn() -> RpcParams) -> Result<T> {
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        loop {
            match self.bounded(method, self.client.request(method, params())).await {
                Err(error) if error.is_transient() && attempt < READ_ATTEMPTS => {
                    tracing::debug!(%error, attempt, "retrying");
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2);
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn bounded<T>(
        &self,
        method: &'static str,
        request: impl Future<Output = std::result::Result<T, RpcError>>,
    ) -> Result<T> {
        match tokio::time::timeout(self.timeout, request).await {
            Ok(outcome) => outcome.map_err(|error| classify(method, error)),
            Err(_) => Err(ClientError::Timeout { method, after: self.timeout }),
        }
    }
}

/// Tells the node's refusals from failures on the way to it.
pub fn classify(method: &'static str, error: RpcError) -> ClientError {
    match error {
        RpcError::User(error) => {
            // Substrate puts the telling part into `data`.
            let message = match &error.data {
                Some(data) => format!("{}: {}", error.message, data.get().trim_matches('"')),
                None => error.message,
            };
            ClientError::Rpc { method, code: error.code, message }
        }
        RpcError::Serialization(error) | RpcError::Deserialization(error) => ClientError::decode(method, error),
        RpcError::Decode(error) => ClientError::decode(method, error),
        other => ClientError::Connection(other.to_string()),
    }
}

pub fn to_hex(bytes: &[u8]) -> String {
    let mut text = vec![b'0'; bytes.len().saturating_mul(2).saturating_add(2)];
    text[1] = b'x';
    // The slice is exactly twice as long as `bytes`, and hex digits are ASCII.
    let _ = hex::encode_to_slice(bytes, &mut text[2..]);
    String::from_utf8(text).unwrap_or_default()
}

pub fn from_hex(text: &str) -> Result<Vec<u8>> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|error| ClientError::decode("hex", error))
}

fn parse_hash(text: &str) -> Result<[u8; 32]> {
    from_hex(text)?.try_into().map_err(|_| ClientError::decode("a hash", "not 32 bytes"))
}

mod hex_bytes {
    use serde::{de::Error, Deserialize, Deserializer};

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        super::parse_hash(&text).map_err(D::Error::custom)
    }
}

mod hex_number {
    use serde::{de::Error, Deserialize, Deserializer};

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        let text = String::deserialize(deserializer)?;
        u32::from_str_radix(text.trim_start_matches("0x"), 16).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_back_from_hex() {
        for bytes in [vec![], vec![0], vec![255, 1, 2]] {
            assert_eq!(from_hex(&to_hex(&bytes)).unwrap(), bytes);
        }
        assert_eq!(to_hex(&[171, 0]), "0xab00");
        assert!(from_hex("0x0").is_err());
    }

    #[test]
    fn a_header_is_read_as_nodes_write_it() {
        let text = format!(r#"{{"parentHash":"0x{}","number":"0x1f","digest":{{"logs":[]}}}}"#, "ab".repeat(32));
        let header: Header = serde_json::from_str(&text).unwrap();
        assert_eq!((header.number, header.parent_hash), (31, [0xab; 32]));
    }
}
