//! Finding a network on a chain, from the chain alone.

use crate::{
    block::BlockRef, call::input, contract_kind::PerContract, governance::check_bindings, presence, reply::Reply,
    Client, ClientError, ContractKind, Deployment, Result, Suite,
};
use bizkey_primitives::{party::Contracts, redemption::RedemptionContracts, AccountId, Calendar, Epoch};
use codec::{Decode, Encode};
use std::collections::BTreeMap;

/// Contracts asked for in one request.
const PAGE: u32 = 500;

/// Finds a network by its `rewards` contract: the one at the given address, or
/// else the only one on the chain that runs this program's code. Its other
/// contracts are those that `rewards` works with.
///
/// # Errors
/// [`ClientError::Deployment`] if there is no such contract, or more than one
/// and none was named; those of the connection.
pub async fn discover(client: &Client, rewards: Option<AccountId>) -> Result<Deployment> {
    let head = client.finalized_head().await?;
    let hashes = code_hashes(client, &head).await?;
    let rewards = match rewards {
        Some(address) => address,
        None => only_rewards(client, &hashes)?,
    };
    let ask = Ask { client, address: rewards, head };
    let Contracts { bzky, time, registry, pos_deposit, receipts, vault } =
        ask.of(ContractKind::Rewards, "contracts", &()).await?;
    let calendar: Calendar = ask.of(ContractKind::Rewards, "calendar", &()).await?;
    let committee = ask.of(ContractKind::Rewards, "committee_at", &Epoch::MIN).await?;
    let window_ms = ask.of(ContractKind::Rewards, "window_ms", &()).await?;
    let deposits = Ask { address: pos_deposit, ..ask };
    let penalty_window_ms = deposits.of(ContractKind::PosDeposit, "penalty_window_ms", &()).await?;
    let named = |answer: Option<AccountId>| answer == Some(bzky);
    let vesting = ask.first(&hashes, ContractKind::Vesting, "bzky", named).await?;
    let otc = ask.first(&hashes, ContractKind::Otc, "bzky", named).await?;
    let works_with = |answer: RedemptionContracts| answer.bzky == bzky;
    let redemption = ask.first(&hashes, ContractKind::Redemption, "contracts", works_with).await?;
    let foundation: Option<AccountId> =
        Ask { address: vesting, ..ask }.of(ContractKind::Vesting, "foundation", &()).await?;
    let foundation = foundation.ok_or_else(|| none(&crate::ss58(&vesting), "its deployment was not finished"))?;
    let contracts = PerContract {
        vault,
        vesting,
        bzky,
        time,
        registry,
        receipts,
        pos_deposit,
        rewards,
        redemption,
        otc,
        foundation,
    };
    let code_hashes = contracts.try_map(|address| {
        hashes
            .get(&account_bytes(&address))
            .copied()
            .ok_or_else(|| none(&crate::ss58(&address), "no contract is there"))
    })?;
    let deployment = Deployment {
        genesis_hash: client.genesis_hash(),
        calendar,
        block: presence::block_before(client, &vault, head.number).await?,
        committee,
        window_ms,
        penalty_window_ms,
        contracts,
        code_hashes,
    };
    check_bindings(&Suite::new(client.clone(), deployment.clone())?).await?;
    Ok(deployment)
}

fn none(what: &str, reason: impl Into<String>) -> ClientError {
    ClientError::Deployment { path: what.to_owned(), reason: reason.into() }
}

fn account_bytes(account: &AccountId) -> [u8; 32] {
    *AsRef::<[u8; 32]>::as_ref(account)
}

fn only_rewards(client: &Client, hashes: &BTreeMap<[u8; 32], [u8; 32]>) -> Result<AccountId> {
    let ours = client.bundles().bundle(ContractKind::Rewards).code_hash;
    let mut found = hashes.iter().filter(|(_, hash)| **hash == ours).map(|(address, _)| AccountId::from(*address));
    match (found.next(), found.next()) {
        (Some(address), None) => Ok(address),
        (None, _) => Err(none(
            "on this chain",
            format!("none of its {} contracts is the `rewards` of this version; name its address", hashes.len()),
        )),
        (Some(first), Some(second)) => {
            let all: Vec<_> = [first, second].into_iter().chain(found).map(|address| crate::ss58(&address)).collect();
            Err(none("on this chain", format!("several networks; name the `rewards` of one: {}", all.join(", "))))
        }
    }
}

/// Code hash of every contract on the chain, by address.
async fn code_hashes(client: &Client, head: &BlockRef) -> Result<BTreeMap<[u8; 32], [u8; 32]>> {
    use sp_crypto_hashing::twox_128;
    let prefix = [twox_128(b"Contracts"), twox_128(b"ContractInfoOf")].concat();
    let mut hashes = BTreeMap::new();
    let mut last: Option<Vec<u8>> = None;
    loop {
        let keys = client.rpc().keys_paged(&prefix, PAGE, last.as_deref(), &head.hash).await?;
        for key in &keys {
            let unreadable = |error: &str| ClientError::decode("the chain's list of contracts", error);
            // Whatever the hasher, the key ends with the account itself.
            let address = key.last_chunk::<32>().ok_or_else(|| unreadable("a short key"))?;
            let Some(info) = client.rpc().storage(key, &head.hash).await? else { continue };
            // `ContractInfo`: the id of its trie, then the hash of its code.
            let (_, hash) =
                <(Vec<u8>, [u8; 32])>::decode(&mut &*info).map_err(|error| unreadable(&error.to_string()))?;
            hashes.insert(*address, hash);
        }
        match keys.last() {
            Some(key) if keys.len() >= PAGE as usize => last = Some(key.clone()),
            _ => return Ok(hashes),
        }
    }
}

/// Reads of a contract whose network is not known yet.
#[derive(Clone, Copy)]
struct Ask<'a> {
    client: &'a Client,
    address: AccountId,
    head: BlockRef,
}

impl Ask<'_> {
    /// The contract of this kind whose answer to `name` says that it is of the network.
    async fn first<V: Decode>(
        &self,
        hashes: &BTreeMap<[u8; 32], [u8; 32]>,
        kind: ContractKind,
        name: &'static str,
        is_of_network: impl Fn(V) -> bool,
    ) -> Result<AccountId> {
        let ours = self.client.bundles().bundle(kind).code_hash;
        for (address, _) in hashes.iter().filter(|(_, hash)| **hash == ours) {
            let address = AccountId::from(*address);
            if is_of_network(Ask { address, ..*self }.of(kind, name, &()).await?) {
                return Ok(address);
            }
        }
        Err(none("on this chain", format!("no `{kind}` of this version works with the network's bzky")))
    }

    async fn of<V: Decode>(&self, kind: ContractKind, name: &'static str, arguments: &impl Encode) -> Result<V> {
        let nobody = AccountId::from([0; 32]);
        let input = input(name, arguments);
        let execution = self.client.dry_run(&nobody, &self.address, &input, Some(&self.head.hash)).await?;
        match execution.result {
            Ok(returned) => Reply::PLAIN.value(kind, name, &returned),
            Err(error) => Err(self.client.dispatch_error(name, &error)),
        }
    }
}
