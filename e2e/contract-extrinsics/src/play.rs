//! The play: every command of `cargo contract` that talks to a chain.

use anyhow::{anyhow, ensure, Context, Result};
use contract_extrinsics::{
    events::CodeRemoved, fetch_all_contracts, fetch_contract_info, fetch_wasm_code, CallCommandBuilder, CallExec,
    ContractStorage, ContractStorageRpc, DisplayEvents, ErrorVariant, ExtrinsicOptsBuilder, InstantiateCommandBuilder,
    RawParams, RemoveCommandBuilder, RpcRequest, TokenMetadata, UploadCommandBuilder,
};
use ink_env::DefaultEnvironment;
use serde_json::{json, Value};
use std::path::{Path, PathBuf};
use subxt::{
    backend::{legacy::LegacyRpcMethods, rpc::RpcClient},
    blocks::ExtrinsicEvents,
    utils::AccountId32,
    OnlineClient, PolkadotConfig,
};
use subxt_signer::sr25519::{dev, Keypair};
use url::Url;

type Options = contract_extrinsics::extrinsic_opts::ExtrinsicOpts<PolkadotConfig, DefaultEnvironment, Keypair>;

const AMOUNT: u128 = 12_345;

/// The play's stage: a chain, a bundle, and Alice who signs.
struct Play {
    url: Url,
    bundle: PathBuf,
    rpc: LegacyRpcMethods<PolkadotConfig>,
    client: OnlineClient<PolkadotConfig>,
}

/// Plays on the chain at `url` with the bundle of `bzky` and says what it saw.
///
/// # Errors
/// When a step fails, or the chain has the bundle's code already.
pub async fn run(url: &str, bundle: &Path) -> Result<Value> {
    let url = Url::parse(url).with_context(|| format!("{url} is no URL"))?;
    let rpc = RpcClient::from_url(&url).await.with_context(|| url.to_string())?;
    let client = OnlineClient::from_rpc_client(rpc.clone()).await?;
    let play = Play { url, bundle: bundle.to_owned(), rpc: LegacyRpcMethods::new(rpc), client };
    let upload = play.upload().await?;
    let removed = play.remove().await.map_err(|error| anyhow!("removing the code: {error}"))?;
    let instantiation = play.instantiate().await?;
    let contract = account(&instantiation)?;
    let call = play.call(&contract).await?;
    Ok(json!({
        "token": play.token().await?,
        "chain": play.raw("system_chain").await?,
        "upload": upload,
        "removed": removed,
        "instantiation": instantiation,
        "call": call,
        "refused": play.refusals(&contract).await?,
        "read": play.read(&contract).await?,
    }))
}

fn account(instantiation: &Value) -> Result<AccountId32> {
    let text = instantiation["contract"].as_str().context("no address")?;
    text.parse().map_err(|error| anyhow!("{text}: {error}"))
}

impl Play {
    fn options(&self) -> Options {
        ExtrinsicOptsBuilder::new(dev::alice()).file(Some(&self.bundle)).url(self.url.clone()).done()
    }

    /// `cargo contract upload`, first without `--execute`.
    async fn upload(&self) -> Result<Value> {
        let upload = UploadCommandBuilder::new(self.options()).done().await?;
        let dry_run = upload.upload_code_rpc().await?.map_err(|error| anyhow!("upload, dry run: {error:?}"))?;
        ensure!(dry_run.deposit > 0, "the chain has this code already");
        let sent = upload.upload_code().await.map_err(|error| anyhow!("upload: {error}"))?;
        let stored = sent.code_stored.context("no event CodeStored")?;
        ensure!(stored.code_hash == dry_run.code_hash, "the dry run foretold another code");
        Ok(json!({
            "code_hash": stored.code_hash,
            "expected": format!("0x{}", hex(&upload.code().code_hash())),
            "deposit": dry_run.deposit.to_string(),
        }))
    }

    /// `cargo contract remove`.
    async fn remove(&self) -> Result<Value, ErrorVariant> {
        let remove = RemoveCommandBuilder::new(self.options()).done().await?;
        let sent = remove.remove_code().await?;
        let CodeRemoved { code_hash, deposit_released, remover } =
            sent.code_removed.ok_or_else(|| ErrorVariant::from("no event CodeRemoved"))?;
        Ok(json!({
            "code_hash": code_hash,
            "deposit": deposit_released.to_string(),
            "remover": remover.to_string(),
        }))
    }

    /// `cargo contract instantiate`, first without `--execute`.
    async fn instantiate(&self) -> Result<Value> {
        let arguments = vec![
            format!("0x{}", "07".repeat(32)),
            "Calendar { genesis_ms: 1700000000000, epoch_ms: 86400000 }".to_owned(),
            dev::alice().public_key().to_account_id().to_string(),
            dev::bob().public_key().to_account_id().to_string(),
        ];
        let command = InstantiateCommandBuilder::new(self.options()).constructor("new").args(arguments);
        let instantiate = command.done().await?;
        let dry_run = instantiate.instantiate_dry_run().await?;
        let foretold = instantiate.decode_instantiate_dry_run(&dry_run).await;
        let foretold = foretold.map_err(|error| anyhow!("instantiate, dry run: {error}"))?;
        ensure!(!foretold.reverted, "the constructor reverted: {}", foretold.result);
        let sent = instantiate.instantiate(None).await.map_err(|error| anyhow!("instantiate: {error}"))?;
        Ok(json!({
            "contract": sent.contract_address.to_string(),
            "foretold": foretold.contract,
            "result": foretold.result.to_string(),
            "code_hash": sent.code_hash,
            "events": self.events(&sent.events, Some(instantiate.transcoder()))?,
        }))
    }

    async fn prepared(
        &self,
        contract: &AccountId32,
        message: &str,
        arguments: Vec<String>,
    ) -> Result<CallExec<PolkadotConfig, DefaultEnvironment, Keypair>> {
        CallCommandBuilder::new(contract.clone(), message, self.options()).args(arguments).done().await
    }

    /// `cargo contract call` of a message that reads: what it returned.
    async fn balance(&self, contract: &AccountId32, owner: &Keypair) -> Result<String> {
        let message = "PSP22::balance_of";
        let owner = owner.public_key().to_account_id().to_string();
        let call = self.prepared(contract, message, vec![owner]).await?;
        let returned = call.call_dry_run().await?.result.map_err(|error| anyhow!("{message}: {error:?}"))?;
        Ok(call.transcoder().decode_message_return(message, &mut &returned.data[..])?.to_string())
    }

    fn transfer(value: u128) -> Vec<String> {
        vec![dev::dave().public_key().to_account_id().to_string(), value.to_string(), "[]".to_owned()]
    }

    /// `cargo contract call` of a message that writes.
    async fn call(&self, contract: &AccountId32) -> Result<Value> {
        let before = self.balance(contract, &dev::dave()).await?;
        let call = self.prepared(contract, "PSP22::transfer", Self::transfer(AMOUNT)).await?;
        let dry_run = call.call_dry_run().await?;
        let outcome = dry_run.result.map_err(|error| anyhow!("transfer, dry run: {error:?}"))?;
        ensure!(!outcome.did_revert(), "the dry run reverted");
        let untouched = self.balance(contract, &dev::dave()).await?;
        let events = call.call(None).await.map_err(|error| anyhow!("transfer: {error}"))?;
        Ok(json!({
            "before": before,
            "after_the_dry_run": untouched,
            "after": self.balance(contract, &dev::dave()).await?,
            "deposit": dry_run.storage_deposit,
            "events": self.events(&events, Some(call.transcoder()))?,
        }))
    }

    /// Refusals and how they read.
    async fn refusals(&self, contract: &AccountId32) -> Result<Value> {
        let in_use = self.remove().await.err().context("code in use was removed")?;
        let call = self.prepared(contract, "PSP22::transfer", Self::transfer(u128::MAX)).await?;
        let outcome = call.call_dry_run().await?.result.map_err(|error| anyhow!("too much, dry run: {error:?}"))?;
        ensure!(outcome.did_revert(), "more than there is was moved");
        let reason = call.transcoder().decode_message_return("PSP22::transfer", &mut &outcome.data[..])?;
        let reverted = call.call(None).await.err().context("more than there is was moved")?;
        Ok(json!({
            "remove": in_use.to_string(),
            "reason": reason.to_string(),
            "call": reverted.to_string(),
        }))
    }

    /// `cargo contract info` and `storage`.
    async fn read(&self, contract: &AccountId32) -> Result<Value> {
        let info = fetch_contract_info::<PolkadotConfig, DefaultEnvironment>(contract, &self.rpc, &self.client).await?;
        let code = fetch_wasm_code(&self.client, &self.rpc, info.code_hash()).await?;
        let all = fetch_all_contracts(&self.client, &self.rpc).await?;
        let storage = ContractStorage::<PolkadotConfig, DefaultEnvironment>::new(
            ContractStorageRpc::<PolkadotConfig>::new(&self.url).await?,
        );
        let transcoder = self.options().contract_artifacts()?.contract_transcoder()?;
        let cells = storage.load_contract_storage_with_layout(contract, &transcoder).await?;
        let raw = storage.load_contract_storage_data(contract).await?;
        Ok(json!({
            "info": info,
            "code": format!("0x{}", hex(&code)),
            "listed": all.contains(contract),
            "pallet_version": storage.version().await?,
            "cells": cells.iter().map(|cell| json!([cell.path(), cell.to_string()])).collect::<Vec<_>>(),
            "raw": raw,
        }))
    }

    /// The chain's coin, as amounts are shown and read in it.
    async fn token(&self) -> Result<Value> {
        let token = TokenMetadata::query::<PolkadotConfig>(&self.url).await?;
        Ok(json!({ "decimals": token.token_decimals, "symbol": token.symbol }))
    }

    /// `cargo contract rpc`.
    async fn raw(&self, method: &str) -> Result<Value> {
        let answer = RpcRequest::new(&self.url).await?.raw_call(method, RawParams::new(&[])?).await?;
        Ok(serde_json::from_str(answer.get())?)
    }

    fn events(
        &self,
        events: &ExtrinsicEvents<PolkadotConfig>,
        transcoder: Option<&contract_extrinsics::ContractMessageTranscoder>,
    ) -> Result<Value> {
        let shown = DisplayEvents::from_events::<PolkadotConfig, DefaultEnvironment>(
            events,
            transcoder,
            &self.client.metadata(),
        )?;
        Ok(serde_json::from_str(&shown.to_json()?)?)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
