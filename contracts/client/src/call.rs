//! A message to a contract of the suite, not sent yet.

use crate::{
    block::BlockHash,
    contracts_api,
    reply::Reply,
    runtime::Extrinsic,
    submit::{Pending, Subject, Submitted},
    suite::Suite,
    ContractKind, Result, Signer, Weight,
};
use bizkey_primitives::{board::Motion, hash::selector, AccountId};
use codec::{Decode, Encode};
use std::sync::Arc;

/// A message to a contract, not sent yet.
///
/// [`Call::send`] waits until it is final. [`Call::submit`] returns as soon as
/// the chain has taken it, so that many can be under way; calls of one signer
/// enter in the order of submission.
///
/// Without [`Call::with_gas`] each is dry-run first: what it needs is found,
/// and a refusal costs nothing.
#[must_use = "a call does nothing until it is sent"]
pub struct Call<V> {
    suite: Suite,
    message: Message<V>,
    gas: Option<Weight>,
}

/// What a dry-run says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DryRun<V> {
    /// What the message would return.
    pub value: V,
    /// Gas limit that it needs.
    pub gas_required: Weight,
    /// Native coin that it would take for storage, smallest unit; 0 for a refund.
    pub storage_deposit: u128,
}

/// A contract's message with its arguments.
pub struct Message<V> {
    pub contract: ContractKind,
    pub name: &'static str,
    pub input: Arc<[u8]>,
    pub reply: Reply<V>,
}

impl<V: Decode> Message<V> {
    /// A message that returns `Result<V, Error>`. `name` as ink! hashes it:
    /// `Trait::message` for a trait's.
    pub fn checked(contract: ContractKind, name: &'static str, arguments: &impl Encode) -> Self {
        Self { contract, name, input: input(name, arguments), reply: Reply::CHECKED }
    }

    /// A message that returns `V`: a pure read.
    pub fn plain(contract: ContractKind, name: &'static str, arguments: &impl Encode) -> Self {
        Self { contract, name, input: input(name, arguments), reply: Reply::PLAIN }
    }
}

/// A message's selector and arguments.
pub fn input(name: &str, arguments: &impl Encode) -> Arc<[u8]> {
    let mut bytes = Vec::with_capacity(arguments.size_hint().saturating_add(4));
    bytes.extend_from_slice(&selector(name));
    arguments.encode_to(&mut bytes);
    bytes.into()
}

impl<V> Call<V> {
    pub(crate) fn new(suite: &Suite, message: Message<V>) -> Self {
        Self { suite: suite.clone(), message, gas: None }
    }

    /// Fixes the gas limit and skips the dry-run. A refusal then costs a fee,
    /// and is explained by a dry-run on the block before it.
    pub fn with_gas(mut self, gas: Weight) -> Self {
        self.gas = Some(gas);
        self
    }

    /// This call as a resolution of the board: carried out, the foundation
    /// makes it.
    #[must_use]
    pub fn as_motion(&self) -> Motion {
        let target = *self.suite.deployment().contracts.get(self.message.contract);
        Motion::Call { target, input: self.message.input.to_vec() }
    }

    /// What would happen if `origin` sent this now, or at a block.
    ///
    /// # Errors
    /// Those of the message; [`crate::ClientError::Dispatch`] if it would not run.
    pub async fn dry_run(&self, origin: &AccountId, at: Option<BlockHash>) -> Result<DryRun<V>> {
        dry_run(&self.suite, &self.message, origin, at).await
    }

    /// Hands the call to the chain; does not wait for a block.
    ///
    /// # Errors
    /// Those of the message, unless the gas is fixed; [`crate::ClientError::Invalid`]
    /// if the chain does not take it (no funds for fees, for example).
    pub async fn submit(&self, signer: &Signer) -> Result<Pending> {
        self.hand_in(signer, None).await
    }

    /// As [`Call::submit`], as the signer's transaction number `nonce` or not
    /// at all. Of several with one nonce at most one is ever in a block,
    /// whichever process signed them: who reads at one final block that
    /// something is not done, and there the account's nonce
    /// ([`crate::Client::account_at`]), can have it done no more than once.
    ///
    /// # Errors
    /// As [`Call::submit`]; [`crate::ClientError::NonceUsed`] if another
    /// transaction has the nonce, from [`Pending::finalized`] as well.
    pub async fn submit_with_nonce(&self, signer: &Signer, nonce: u32) -> Result<Pending> {
        self.hand_in(signer, Some(nonce)).await
    }

    async fn hand_in(&self, signer: &Signer, nonce: Option<u32>) -> Result<Pending> {
        let gas = match self.gas {
            Some(gas) => gas,
            None => {
                let needed = self.dry_run(&signer.account_id(), None).await?.gas_required;
                self.suite.client().current_runtime().gas_limit(needed)
            }
        };
        let address = *self.suite.deployment().contracts.get(self.message.contract);
        let extrinsic = Extrinsic {
            pallet: "Contracts",
            call: "call",
            fields: contracts_api::call_fields(&address, gas, &self.message.input),
        };
        let subject = Subject::Message {
            contract: self.message.contract,
            address,
            name: self.message.name,
            input: self.message.input.clone(),
        };
        let contracts = self.suite.deployment().contracts;
        self.suite.client().submit(signer, &extrinsic, subject, Some(contracts), nonce).await
    }

    /// Submits the call and waits until it is final and carried out.
    ///
    /// # Errors
    /// Those of [`Call::submit`] and [`Pending::finalized`].
    pub async fn send(&self, signer: &Signer) -> Result<Submitted> {
        self.submit(signer).await?.finalized().await
    }
}

/// Reads by a dry-run at a block, or at the last final one.
pub async fn read<V>(suite: &Suite, message: Message<V>, at: Option<BlockHash>) -> Result<V> {
    let at = match at {
        Some(hash) => hash,
        None => suite.client().rpc().finalized_head().await?,
    };
    Ok(dry_run(suite, &message, &AccountId::from([0; 32]), Some(at)).await?.value)
}

async fn dry_run<V>(
    suite: &Suite,
    message: &Message<V>,
    origin: &AccountId,
    at: Option<BlockHash>,
) -> Result<DryRun<V>> {
    let address = suite.deployment().contracts.get(message.contract);
    let execution = suite.client().dry_run(origin, address, &message.input, at.as_ref()).await?;
    let returned = match execution.result {
        Ok(returned) => returned,
        Err(error) => return Err(suite.client().dispatch_error(message.name, &error)),
    };
    Ok(DryRun {
        value: message.reply.value(message.contract, message.name, &returned)?,
        gas_required: execution.gas_required,
        storage_deposit: execution.storage_deposit,
    })
}
