//! Whether a contract is at an address, and since when.

use crate::{block::BlockHash, Client, ClientError, Result};
use bizkey_primitives::AccountId;
use codec::{Decode, Encode};

/// The last block, up to `head`, in which a contract is not there yet. A
/// block whose state the node has pruned counts as one of these.
pub async fn block_before(client: &Client, address: &AccountId, head: u32) -> Result<u32> {
    // Invariant: it is not there at `before`, and it is in every block from `there` on.
    let (mut before, mut there) = (0, head.saturating_add(1));
    while there.saturating_sub(before) > 1 {
        let middle = before.saturating_add(there.saturating_sub(before) / 2);
        let hash = client.block_hash(middle).await?;
        let hash = hash.ok_or_else(|| ClientError::NoBlock(middle.to_string()))?;
        match exists(client, address, Some(&hash)).await {
            Ok(true) => there = middle,
            Ok(false) | Err(ClientError::Rpc { .. }) => before = middle,
            Err(error) => return Err(error),
        }
    }
    Ok(before)
}

/// Whether a contract lives at an address, asked by its storage: an unknown
/// address is an error of the runtime API, a missing key is not.
pub async fn exists(client: &Client, address: &AccountId, at: Option<&BlockHash>) -> Result<bool> {
    let arguments = (address, Vec::<u8>::new()).encode();
    let bytes = client.rpc().runtime_call("ContractsApi_get_storage", &arguments, at).await?;
    let answer = <std::result::Result<Option<Vec<u8>>, u8>>::decode(&mut &*bytes)
        .map_err(|error| ClientError::decode("the answer to ContractsApi_get_storage", error))?;
    // `ContractAccessError`: 0 no such contract, 1 not a key of this contract, 2 migration.
    Ok(!matches!(answer, Err(0)))
}
