//! Deploying the suite.

use crate::{
    contract_kind::PerContract,
    contracts_api::{self, Weight},
    governance::check_bindings,
    presence, reply,
    runtime::Extrinsic,
    scoring,
    submit::Subject,
    Client, ClientError, ContractKind, Deployment, Result, Signer, Suite,
};
use bizkey_primitives::{
    hash::{blake2x256, selector},
    party::Contracts,
    redemption::RedemptionContracts,
    vesting::Beneficiaries,
    AccountId, Calendar, Hash,
};
use codec::Encode;

/// What a network is deployed with. Who holds which office can change later,
/// by the board; the rest cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployConfig {
    /// When epochs start.
    pub calendar: Calendar,
    /// To whom `vesting` releases Bzky; the foundation has a share too.
    pub beneficiaries: Beneficiaries,
    /// The first directors of `foundation` and their names: 3 to 32.
    pub directors: Vec<(AccountId, Vec<u8>)>,
    /// The first chief executive.
    pub chief_executive: AccountId,
    /// First attestors of `registry`; capital figures need two.
    pub attestors: Vec<AccountId>,
    /// First committee of `rewards`: 3 to 32 members.
    pub committee: Vec<AccountId>,
    /// Challenge window of a report, milliseconds.
    pub window_ms: u64,
    /// How long a deposit stays after its device came back, milliseconds.
    pub penalty_window_ms: u64,
    /// Version of the algorithm that scores the first epoch which has not begun
    /// when the suite is deployed, and those after it, until the board decides
    /// otherwise; version 1 scores what has begun before. Usually
    /// [`crate::DEFAULT_ALGORITHM_VERSION`] (architecture.md: "bizpower-2,
    /// hardened, what a network should launch with").
    pub algorithm_version: u16,
    /// How much of a customer's cash and external payments counts in each of
    /// these epochs, minor units, until the board decides otherwise; all of it
    /// without a cap. Version 1 takes no notice of it. Usually
    /// [`crate::DEFAULT_CASH_CAP`].
    pub cash_cap: Option<u64>,
}

/// Deploys the suite, binds its contracts and decides what scores its coming
/// epochs; `signer` administers them until [`crate::hand_over`].
///
/// Addresses follow from the signer, the contracts' code and `config`, so that
/// a deployment that was cut short is finished by the same call: what exists
/// is left alone, also what was decided. Another `config` or other code makes
/// another network.
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
    let vesting = deployer.instantiate(ContractKind::Vesting, &(calendar, config.beneficiaries)).await?;
    let bzky = deployer.instantiate(ContractKind::Bzky, &(genesis, calendar, vesting, vault)).await?;
    let time = deployer.instantiate(ContractKind::Time, &(calendar, bzky)).await?;
    let registry = deployer.instantiate(ContractKind::Registry, &(calendar, bzky, &config.attestors)).await?;
    let receipts = deployer.instantiate(ContractKind::Receipts, &(calendar, bzky, registry)).await?;
    let pos_deposit =
        deployer.instantiate(ContractKind::PosDeposit, &(calendar, bzky, registry, config.penalty_window_ms)).await?;
    let contracts = Contracts { bzky, time, registry, pos_deposit, receipts, vault };
    let rewards = deployer
        .instantiate(ContractKind::Rewards, &(calendar, contracts, &config.committee, config.window_ms))
        .await?;
    let contracts = RedemptionContracts { bzky, time, registry, receipts };
    let redemption = deployer.instantiate(ContractKind::Redemption, &(calendar, contracts)).await?;
    let otc = deployer.instantiate(ContractKind::Otc, &(calendar, bzky)).await?;
    let board = (calendar, bzky, &config.directors, config.chief_executive);
    let foundation = deployer.instantiate(ContractKind::Foundation, &board).await?;

    let block = presence::block_before(client, &vault, head).await?;
    let code_hash = |kind| Ok::<_, ClientError>(client.bundles().bundle(kind).code_hash);
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
    let deployment = Deployment {
        genesis_hash: client.genesis_hash(),
        calendar,
        block,
        committee: config.committee.clone(),
        window_ms: config.window_ms,
        penalty_window_ms: config.penalty_window_ms,
        contracts,
        code_hashes: PerContract::KINDS.try_map(code_hash)?,
    };
    let suite = Suite::new(client.clone(), deployment)?;
    once(suite.vault().bind(bzky, rewards).send(signer).await)?;
    once(suite.vesting().bind(bzky, foundation).send(signer).await)?;
    once(suite.time().bind(rewards, registry, redemption, foundation).send(signer).await)?;
    once(suite.registry().bind(receipts).send(signer).await)?;
    once(suite.receipts().bind(pos_deposit, rewards, vault).send(signer).await)?;
    once(suite.pos_deposit().bind(receipts, rewards).send(signer).await)?;
    once(suite.foundation().bind(&[receipts, rewards, time, redemption]).send(signer).await)?;
    check_bindings(&suite).await?;
    scoring::decide(&suite, signer, config.algorithm_version, config.cash_cap).await?;
    Ok(suite.deployment().clone())
}

/// Tells one network of a deployer from another: the hash of everything that
/// makes it.
fn network(client: &Client, config: &DeployConfig) -> [u8; 32] {
    let code = ContractKind::ALL.map(|kind| client.bundles().bundle(kind).code_hash);
    let DeployConfig {
        calendar,
        beneficiaries,
        directors,
        chief_executive,
        attestors,
        committee,
        window_ms,
        penalty_window_ms,
        algorithm_version,
        cash_cap,
    } = config;
    let offices = (directors, chief_executive, attestors, committee);
    let scoring = (algorithm_version, cash_cap);
    blake2x256(&(code, calendar, beneficiaries, offices, window_ms, penalty_window_ms, scoring).encode())
}

/// What was bound or handed over before was so by the same deployer, to the
/// same addresses: all of them follow from the network's hash.
pub fn once<T>(outcome: Result<T>) -> Result<()> {
    match outcome {
        Err(error) if error.contract().is_some_and(|error| error.name() == "AlreadyBound") => Ok(()),
        outcome => outcome.map(drop),
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
        let pending = self.client.submit(self.signer, &extrinsic, Subject::Other("new"), None, None).await?;
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
