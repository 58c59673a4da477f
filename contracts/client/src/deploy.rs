//! Deploying the suite.

use crate::{
    contract_kind::PerContract,
    contracts_api::{self, Weight},
    presence, reply,
    runtime::Extrinsic,
    submit::Subject,
    Client, ClientError, ContractError, ContractKind, Deployment, Result, Signer, Suite,
};
use bizkey_primitives::{
    errors::{psp22, registry, vault},
    hash::{blake2x256, selector},
    party::Contracts,
    AccountId, Calendar, Hash,
};
use codec::Encode;

/// What a network is deployed with. Everything in it is immutable afterwards,
/// the attestors and the treasury's tokens excepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployConfig {
    /// When epochs start.
    pub calendar: Calendar,
    /// Receives the seven tenths of Bzky that are not in the merchants' pool.
    pub treasury: AccountId,
    /// First attestors of `registry`; capital figures need two.
    pub attestors: Vec<AccountId>,
    /// First committee of `rewards`: 3 to 32 members.
    pub committee: Vec<AccountId>,
    /// Challenge window of a report, milliseconds.
    pub window_ms: u64,
    /// How long a deposit stays after its device came back, milliseconds.
    pub penalty_window_ms: u64,
}

/// Deploys the suite and binds its contracts; `signer` becomes the admin of
/// `registry` and the platform of `pos_deposit`.
///
/// Addresses follow from the signer, the contracts' code and `config`, so that
/// a deployment that was cut short is finished by the same call: what exists
/// is left alone. Another `config` or other code makes another network.
///
/// # Errors
/// [`ClientError::Contract`] if one refuses its arguments (`BadCalendar`,
/// `BadCommittee`); [`ClientError::Invalid`] if the signer cannot pay.
pub async fn deploy(client: &Client, signer: &Signer, config: &DeployConfig) -> Result<Deployment> {
    let head = client.finalized_head().await?.number;
    let deployer = Deployer { client, signer, network: network(client, config) };
    let calendar = config.calendar;
    let genesis = Hash::from(client.genesis_hash());

    let vault = deployer.instantiate(ContractKind::Vault, &calendar).await?;
    let bzky = deployer.instantiate(ContractKind::Bzky, &(genesis, calendar, config.treasury, vault)).await?;
    let time = deployer.instantiate(ContractKind::Time, &(calendar, bzky)).await?;
    let registry = deployer.instantiate(ContractKind::Registry, &(calendar, bzky, &config.attestors)).await?;
    let receipts = deployer.instantiate(ContractKind::Receipts, &(calendar, bzky, registry)).await?;
    let pos_deposit =
        deployer.instantiate(ContractKind::PosDeposit, &(calendar, bzky, registry, config.penalty_window_ms)).await?;
    let contracts = Contracts { bzky, time, registry, pos_deposit, receipts, vault };
    let rewards = deployer
        .instantiate(ContractKind::Rewards, &(calendar, contracts, &config.committee, config.window_ms))
        .await?;

    let block = presence::block_before(client, &vault, head).await?;
    let code_hash = |kind| Ok::<_, ClientError>(client.bundles().bundle(kind).code_hash);
    let deployment = Deployment {
        genesis_hash: client.genesis_hash(),
        calendar,
        block,
        committee: config.committee.clone(),
        window_ms: config.window_ms,
        penalty_window_ms: config.penalty_window_ms,
        contracts: PerContract { vault, bzky, time, registry, receipts, pos_deposit, rewards },
        code_hashes: PerContract::KINDS.try_map(code_hash)?,
    };
    let suite = Suite::new(client.clone(), deployment)?;
    bound(suite.vault().bind(bzky, rewards).send(signer).await)?;
    bound(suite.time().bind(rewards, registry).send(signer).await)?;
    bound(suite.registry().bind(receipts).send(signer).await)?;
    Ok(suite.deployment().clone())
}

/// Tells one network of a deployer from another: the hash of everything that
/// makes it.
fn network(client: &Client, config: &DeployConfig) -> [u8; 32] {
    let code = ContractKind::ALL.map(|kind| client.bundles().bundle(kind).code_hash);
    let DeployConfig { calendar, treasury, attestors, committee, window_ms, penalty_window_ms } = config;
    blake2x256(&(code, calendar, treasury, attestors, committee, window_ms, penalty_window_ms).encode())
}

/// A contract that was bound before was bound by the same deployer, to the
/// same addresses: all of them follow from the network's hash.
fn bound<T>(outcome: Result<T>) -> Result<()> {
    let before = matches!(
        outcome.as_ref().err().and_then(ClientError::contract),
        Some(
            ContractError::Vault(vault::Error::AlreadyBound)
                | ContractError::Time(psp22::Error::AlreadyBound)
                | ContractError::Registry(registry::Error::AlreadyBound)
        )
    );
    if before {
        Ok(())
    } else {
        outcome.map(drop)
    }
}

struct Deployer<'a> {
    client: &'a Client,
    signer: &'a Signer,
    network: [u8; 32],
}

impl Deployer<'_> {
    /// Instantiates a contract with `new` unless it is there; its address.
    async fn instantiate(&self, kind: ContractKind, arguments: &impl Encode) -> Result<AccountId> {
        let bundle = self.client.bundles().bundle(kind);
        let mut input = selector("new").to_vec();
        arguments.encode_to(&mut input);
        let salt = blake2x256(&[b"bizkey/deploy/1/", kind.name().as_bytes(), &self.network[..]].concat());
        let account = self.signer.account_id();
        let address = contracts_api::contract_address(&account, &bundle.code_hash, &input, &salt);
        if presence::exists(self.client, &address, None).await? {
            tracing::info!(contract = kind.name(), "is there already");
            return Ok(address);
        }
        let gas = self.needed_gas(kind, &account, &bundle.code, &input, &salt).await?;
        let extrinsic = Extrinsic {
            pallet: "Contracts",
            call: "instantiate_with_code",
            fields: contracts_api::instantiate_fields(gas, &bundle.code, &input, &salt),
        };
        let pending = self.client.submit(self.signer, &extrinsic, Subject::Other("new"), None).await?;
        pending.finalized().await?;
        if !presence::exists(self.client, &address, None).await? {
            return Err(ClientError::Chain(format!("{kind} is not at the address that pallet-contracts computes")));
        }
        tracing::info!(contract = kind.name(), address = crate::ss58(&address), "deployed");
        Ok(address)
    }

    async fn needed_gas(
        &self,
        kind: ContractKind,
        account: &AccountId,
        code: &[u8],
        input: &[u8],
        salt: &[u8],
    ) -> Result<Weight> {
        let arguments = contracts_api::dry_run_instantiate_arguments(account, code, input, salt);
        let bytes = self.client.rpc().runtime_call("ContractsApi_instantiate", &arguments, None).await?;
        let execution = contracts_api::decode_execution(&bytes)?;
        match execution.result {
            Ok(returned) => {
                reply::check(kind, "new", &returned)?;
                Ok(self.client.current_runtime().gas_limit(execution.gas_required))
            }
            Err(error) => Err(self.client.dispatch_error("new", &error)),
        }
    }
}
