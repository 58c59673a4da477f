//! The token's bundle in the hands of unmodified subxt, with nothing of ours
//! but the bundle's file.

use crate::root;
use anyhow::{ensure, Context};
use codec::{Compact, Decode, Encode};
use serde_json::Value;
use subxt::{
    dynamic,
    extrinsics::ExtrinsicEvents,
    utils::{AccountId32, MultiAddress},
    OnlineClient, PolkadotConfig,
};
use subxt_signer::sr25519::Keypair;

/// A chain, by whichever of subxt's backends.
pub type Api = OnlineClient<PolkadotConfig>;

/// All Bzky, in the smallest unit.
pub const SUPPLY: u128 = 10_000_000_000 * 1_000_000_000_000;
/// The part of it that the vault holds.
pub const POOL: u128 = 3_000_000_000 * 1_000_000_000_000;

/// Gas for one message or constructor: a tenth of a second, a megabyte of proof.
const GAS: (u64, u64) = (100_000_000_000, 1_000_000);

/// A bundle as its file states it.
struct Bundle {
    code: Vec<u8>,
    code_hash: [u8; 32],
    metadata: Value,
}

impl Bundle {
    fn read(name: &str) -> anyhow::Result<Self> {
        let path = root().join(format!("contracts/artifacts/{name}.contract"));
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let metadata: Value = serde_json::from_str(&text)?;
        let code = bytes(&metadata["source"]["wasm"])?;
        let code_hash = bytes(&metadata["source"]["hash"])?.as_slice().try_into()?;
        Ok(Self { code, code_hash, metadata })
    }

    /// A selector as the metadata states it.
    fn selector(&self, kind: &str, label: &str) -> anyhow::Result<Vec<u8>> {
        let all = self.metadata["spec"][kind].as_array().context("a bundle without messages")?;
        let found = all.iter().find(|entry| entry["label"] == label).with_context(|| format!("no {label}"))?;
        bytes(&found["selector"])
    }
}

fn bytes(text: &Value) -> anyhow::Result<Vec<u8>> {
    let text = text.as_str().context("no text where hexadecimal digits should be")?;
    Ok(hex::decode(text.trim_start_matches("0x"))?)
}

/// What a dry run returned, out of the runtime API's answer.
fn returned(mut answer: &[u8]) -> anyhow::Result<Vec<u8>> {
    type Weight = (Compact<u64>, Compact<u64>);
    // Gas consumed and required, the storage deposit, the debug message, then the outcome.
    <(Weight, Weight, (u8, u128), Vec<u8>)>::decode(&mut answer)?;
    let (outcome, flags, data) = <(u8, u32, Vec<u8>)>::decode(&mut answer)?;
    ensure!((outcome, flags) == (0, 0), "the message was refused");
    Ok(data)
}

/// The token on a chain.
pub struct Token {
    api: Api,
    bundle: Bundle,
    /// Its address.
    pub contract: AccountId32,
}

impl Token {
    /// Uploads the code and makes a contract of it.
    ///
    /// # Errors
    /// When the chain refuses.
    pub async fn deploy(api: &Api, signer: &Keypair, treasury: [u8; 32], vault: [u8; 32]) -> anyhow::Result<Self> {
        let bundle = Bundle::read("bzky")?;
        let mut input = bundle.selector("constructors", "new")?;
        // Genesis hash, calendar, treasury, vault.
        ([7u8; 32], (1_000u64, 86_400_000u64), treasury, vault).encode_to(&mut input);
        let salt = rand::random::<[u8; 16]>().to_vec();
        let deploy = dynamic::transaction(
            "Contracts",
            "instantiate_with_code",
            (0u128, GAS, None::<u128>, bundle.code.clone(), input, salt),
        );
        let at = api.at_current_block().await?;
        let sent = at.transactions().sign_and_submit_then_watch_default(&deploy, signer).await?;
        let events = sent.wait_for_finalized_success().await?;
        let mut born = None;
        for event in events.iter() {
            let event = event?;
            if (event.pallet_name(), event.event_name()) == ("Contracts", "Instantiated") {
                born = Some(<(AccountId32, AccountId32)>::decode(&mut event.field_bytes())?.1);
            }
        }
        Ok(Self { api: api.clone(), bundle, contract: born.context("no event of its birth")? })
    }

    /// Hash of its code.
    #[must_use]
    pub fn code_hash(&self) -> [u8; 32] {
        self.bundle.code_hash
    }

    /// Sends tokens of the signer's; the transaction's events once it is final.
    ///
    /// # Errors
    /// When the chain or the contract refuses.
    pub async fn transfer(
        &self,
        signer: &Keypair,
        payee: [u8; 32],
        value: u128,
    ) -> anyhow::Result<ExtrinsicEvents<PolkadotConfig>> {
        let mut input = self.bundle.selector("messages", "PSP22::transfer")?;
        (payee, value, Vec::<u8>::new()).encode_to(&mut input);
        let address: MultiAddress<AccountId32, ()> = MultiAddress::Id(self.contract.clone());
        let call = dynamic::transaction("Contracts", "call", (address, 0u128, GAS, None::<u128>, input));
        let at = self.api.at_current_block().await?;
        let sent = at.transactions().sign_and_submit_then_watch_default(&call, signer).await?;
        Ok(sent.wait_for_finalized_success().await?)
    }

    /// A balance in the last final block.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn balance(&self, owner: [u8; 32]) -> anyhow::Result<u128> {
        let mut input = self.bundle.selector("messages", "PSP22::balance_of")?;
        owner.encode_to(&mut input);
        let gas = None::<(Compact<u64>, Compact<u64>)>;
        let arguments = (owner, &self.contract, 0u128, gas, None::<u128>, input).encode();
        let at = self.api.at_current_block().await?;
        let answer = at.runtime_apis().call_raw("ContractsApi_call", Some(&arguments)).await?;
        // ink! wraps what a message returns in a result of its own.
        let (outcome, balance) = <(u8, u128)>::decode(&mut &*returned(&answer)?)?;
        ensure!(outcome == 0, "ink! refused the message");
        Ok(balance)
    }
}
