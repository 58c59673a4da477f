//! Transactions under way.

use crate::{
    block::{BlockHash, BlockRef, ContractEvent},
    contracts_api, follow, reply,
    rpc::TransactionStatus,
    runtime::Extrinsic,
    Client, ClientError, ContractAddresses, ContractKind, Result, Signer,
};
use bizkey_primitives::{events::Event, hash::blake2x256, AccountId};
use std::sync::Arc;
use subxt::rpcs::client::RpcSubscription;

/// What a transaction is about, to explain its failure.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A message to a contract.
    Message { contract: ContractKind, address: AccountId, name: &'static str, input: Arc<[u8]> },
    /// Anything else.
    Other(&'static str),
}

impl Subject {
    /// The message or extrinsic.
    pub fn name(&self) -> &'static str {
        match self {
            Subject::Message { name, .. } | Subject::Other(name) => name,
        }
    }
}

/// A transaction that the chain has taken.
#[must_use = "whether it succeeds is known once it is final"]
pub struct Pending {
    pub(crate) client: Client,
    pub(crate) subject: Subject,
    pub(crate) contracts: Option<ContractAddresses>,
    pub(crate) account: AccountId,
    pub(crate) nonce: u64,
    /// Whether the nonce is the caller's choice and not the next one.
    pub(crate) is_pinned: bool,
    pub(crate) bytes: Vec<u8>,
    pub(crate) hash: [u8; 32],
    /// Number of a block that was final before it was sent.
    pub(crate) sent_after: u32,
    pub(crate) subscription: Option<RpcSubscription<TransactionStatus>>,
}

/// A transaction that is final and was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Its block.
    pub block: BlockRef,
    /// Its position in the block.
    pub extrinsic: u32,
    /// Hash of the extrinsic.
    pub hash: [u8; 32],
    /// What the suite's contracts did in it.
    pub events: Vec<ContractEvent>,
}

impl Submitted {
    /// The index that `registry.register` gave.
    #[must_use]
    pub fn party_index(&self) -> Option<u32> {
        self.events.iter().find_map(|event| match &event.event {
            Event::PartyRegistered(registered) => Some(registered.index),
            _ => None,
        })
    }

    /// The device number that `registry.register_device` gave.
    #[must_use]
    pub fn device_id(&self) -> Option<u32> {
        self.events.iter().find_map(|event| match &event.event {
            Event::DeviceRegistered(registered) => Some(registered.device),
            _ => None,
        })
    }
}

impl Pending {
    /// Hash of the extrinsic.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// Waits until the transaction is in a final block. A lost connection is
    /// bridged: the same bytes are sent again, which the chain takes once.
    ///
    /// # Errors
    /// [`ClientError::Contract`] or [`ClientError::Dispatch`] if it failed,
    /// [`ClientError::Dropped`] if it left the pool, [`ClientError::NonceUsed`]
    /// if another took the nonce that the caller chose,
    /// [`ClientError::NotFinal`] after [`crate::Limits::finality`].
    pub async fn finalized(mut self) -> Result<Submitted> {
        let hash = match follow::until_final(&mut self).await {
            Ok(hash) => hash,
            Err(error) => {
                // The chain knows better than we do which nonces were used.
                *self.client.nonces().slot(&self.account).lock().await = None;
                return Err(error);
            }
        };
        self.outcome(hash).await
    }

    /// The error for a transaction whose nonce went to another one.
    pub(crate) fn overtaken(&self) -> ClientError {
        let call = self.subject.name();
        if self.is_pinned {
            return ClientError::NonceUsed { call, nonce: self.nonce };
        }
        let reason = "its nonce was used by another transaction".into();
        ClientError::Dropped { call, hash: self.hash, reason }
    }

    async fn outcome(&mut self, block: BlockHash) -> Result<Submitted> {
        let body = self.client.block_body(&block).await?;
        self.client.saw_final(body.number);
        let extrinsic = body
            .position(&self.hash)
            .ok_or_else(|| ClientError::decode("a block", "the transaction said to be in it is not"))?;
        let events = self.client.block_events(&block, body.number, &body.parent_hash).await?;
        if let Some(reason) = events.failure(extrinsic) {
            return Err(self.explain(reason, &body.parent_hash, &block).await);
        }
        let events = match &self.contracts {
            Some(contracts) => events.of_suite(contracts, self.client.bundles(), Some(extrinsic))?,
            None => Vec::new(),
        };
        Ok(Submitted { block: BlockRef { number: body.number, hash: block }, extrinsic, hash: self.hash, events })
    }

    /// The contract's own reason, found by a dry-run on the state before the
    /// block or, where the cause lies in the block itself, after it.
    async fn explain(&mut self, reason: &str, parent: &BlockHash, block: &BlockHash) -> ClientError {
        let call = self.subject.name();
        if let (Subject::Message { contract, address, name, input }, "Contracts::ContractReverted") =
            (&self.subject, reason)
        {
            for at in [parent, block] {
                let execution = self.client.dry_run(&self.account, address, input, Some(at)).await;
                let Ok(Ok(returned)) = execution.map(|execution| execution.result) else { continue };
                if let Err(error) = reply::check(*contract, name, &returned) {
                    return error;
                }
            }
        }
        ClientError::Dispatch { call, reason: reason.to_owned() }
    }
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pending")
            .field("call", &self.subject.name())
            .field("hash", &hex::encode(self.hash))
            .finish_non_exhaustive()
    }
}

/// How the chain answered a submission.
pub enum Answer {
    /// It is in the pool, or on its way there.
    Taken(RpcSubscription<TransactionStatus>),
    /// These very bytes are in the pool, or were in a block of late.
    Known,
    /// Its nonce was used: by these bytes or by others.
    NonceUsed,
    /// There is no room; later there may be.
    PoolFull(String),
    /// It cannot be taken.
    Refused(String),
}

/// Codes of `author_submitAndWatchExtrinsic` (Substrate; the first is jsonrpsee's).
mod code {
    pub const TOO_MANY_SUBSCRIPTIONS: i32 = -32006;
    pub const ALREADY_IMPORTED: i32 = 1013;
    pub const TOO_LOW_PRIORITY: i32 = 1014;
    pub const IMMEDIATELY_DROPPED: i32 = 1016;
}

/// Sends the bytes once. An error means that nothing is known.
pub async fn send(client: &Client, bytes: &[u8]) -> Result<Answer> {
    let answer = match client.rpc().submit_and_watch(bytes).await {
        Ok(subscription) => return Ok(Answer::Taken(subscription)),
        // A node watches so many at a time; the others are found in their blocks.
        Err(ClientError::Rpc { code: code::TOO_MANY_SUBSCRIPTIONS, .. }) => client.rpc().submit(bytes).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(()) => Ok(Answer::Known),
        Err(ClientError::Rpc { code, message, .. }) => Ok(match code {
            code::ALREADY_IMPORTED => Answer::Known,
            code::TOO_LOW_PRIORITY => Answer::NonceUsed,
            code::IMMEDIATELY_DROPPED => Answer::PoolFull(message),
            _ if message.contains("outdated") || message.contains("Stale") => Answer::NonceUsed,
            _ => Answer::Refused(message),
        }),
        Err(error) => Err(error),
    }
}

/// Attempts to send the same bytes over a failing connection, and to find an
/// unused nonce.
const ATTEMPTS: u32 = 4;

impl Client {
    /// Signs and sends; with the account's next nonce, or with `pinned` and no
    /// other.
    pub(crate) async fn submit(
        &self,
        signer: &Signer,
        extrinsic: &Extrinsic,
        subject: Subject,
        contracts: Option<ContractAddresses>,
        pinned: Option<u32>,
    ) -> Result<Pending> {
        let account = signer.account_id();
        let slot = self.nonces().slot(&account);
        let mut next = slot.lock().await;
        let sent_after = self.final_number();
        let call = subject.name();
        for _ in 0..ATTEMPTS {
            let nonce = match (pinned, *next) {
                (Some(pinned), _) => pinned.into(),
                (None, Some(nonce)) => nonce,
                (None, None) => self.rpc().next_nonce(&crate::ss58(&account)).await?,
            };
            // Forgotten first: whatever ends this attempt early, the next asks the chain.
            *next = None;
            let bytes = self.current_runtime().sign(extrinsic, signer, nonce).await?;
            let subscription = match self.enter(&bytes).await? {
                (Answer::Taken(subscription), _) => Some(subscription),
                (Answer::Known, _) | (Answer::NonceUsed, true) => None,
                (Answer::NonceUsed, false) if pinned.is_some() => return Err(ClientError::NonceUsed { call, nonce }),
                (Answer::NonceUsed, false) => continue,
                (Answer::PoolFull(reason), _) => {
                    return Err(ClientError::Dropped { call, hash: blake2x256(&bytes), reason });
                }
                (Answer::Refused(reason), _) => {
                    // A new runtime makes every signature of the old one a bad one.
                    if self.refresh_runtime().await? {
                        continue;
                    }
                    return Err(ClientError::Invalid { call, reason });
                }
            };
            let is_pinned = pinned.is_some();
            // After a nonce of the caller's choice the chain knows the next one.
            *next = if is_pinned { None } else { nonce.checked_add(1) };
            let hash = blake2x256(&bytes);
            let client = self.clone();
            return Ok(Pending {
                client,
                subject,
                contracts,
                account,
                nonce,
                is_pinned,
                bytes,
                hash,
                sent_after,
                subscription,
            });
        }
        let reason = "another program signs with the same key: its nonces are used as fast as they are read".into();
        Err(ClientError::Invalid { call, reason })
    }

    /// Sends the bytes until the chain has answered. The second value tells
    /// whether an earlier attempt may have reached it.
    async fn enter(&self, bytes: &[u8]) -> Result<(Answer, bool)> {
        let mut pause = std::time::Duration::from_millis(100);
        let mut attempt = 1;
        loop {
            match send(self, bytes).await {
                Ok(answer) => return Ok((answer, attempt > 1)),
                Err(error) if error.is_transient() && attempt < ATTEMPTS => {
                    tracing::warn!(%error, attempt, "sending a transaction again");
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2);
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) fn dispatch_error(&self, call: &'static str, bytes: &[u8]) -> ClientError {
        ClientError::Dispatch { call, reason: self.current_runtime().dispatch_error(bytes) }
    }

    pub(crate) async fn dry_run(
        &self,
        origin: &AccountId,
        contract: &AccountId,
        input: &[u8],
        at: Option<&BlockHash>,
    ) -> Result<contracts_api::Execution> {
        let arguments = contracts_api::dry_run_arguments(origin, contract, input);
        contracts_api::decode_execution(&self.rpc().runtime_call("ContractsApi_call", &arguments, at).await?)
    }
}
