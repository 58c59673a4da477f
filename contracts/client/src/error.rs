//! Why the client could not do what it was asked.

use crate::ContractKind;
use bizkey_primitives::errors::{
    foundation, otc, pos_deposit, psp22, receipts, redemption, registry, rewards, vault, vesting,
};
use codec::Decode;
use std::time::Duration;

/// Result of this crate.
pub type Result<T, E = ClientError> = std::result::Result<T, E>;

/// Why the client could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The chain cannot be reached; the client goes on reconnecting.
    #[error("no connection to the chain: {0}; check that the node runs and that the address is right")]
    Connection(String),
    /// The chain did not answer one request in time.
    #[error("the chain did not answer `{method}` within {after:?}")]
    Timeout {
        /// The request.
        method: &'static str,
        /// How long was waited.
        after: Duration,
    },
    /// The chain answered a request with an error.
    #[error("the chain refused `{method}`: {message} (code {code})")]
    Rpc {
        /// The request.
        method: &'static str,
        /// JSON-RPC code.
        code: i32,
        /// The chain's words.
        message: String,
    },
    /// The chain's answer is not what was expected of it.
    #[error("cannot read {what}: {reason}")]
    Decode {
        /// What was read.
        what: String,
        /// Why it failed.
        reason: String,
    },
    /// The chain cannot carry the suite.
    #[error("unsuitable chain: {0}")]
    Chain(String),
    /// No such block, or the node has pruned it.
    #[error("no block {0} on the chain; an archive node keeps all of them")]
    NoBlock(String),
    /// A contract refused the message. Nothing was changed.
    #[error("`{message}` was refused by {error}")]
    Contract {
        /// The message.
        message: &'static str,
        /// The reason.
        error: ContractError,
    },
    /// The chain could not run the call: out of gas, no funds, no such contract.
    #[error("`{call}` failed on chain: {reason}")]
    Dispatch {
        /// The message or extrinsic.
        call: &'static str,
        /// The chain's reason, `Pallet::Error` where it is one.
        reason: String,
    },
    /// The chain refused to take the transaction. It has not entered and will not.
    #[error("the chain does not take the transaction `{call}`: {reason}")]
    Invalid {
        /// The message or extrinsic.
        call: &'static str,
        /// The chain's reason.
        reason: String,
    },
    /// The transaction was taken and then left the pool without a block.
    #[error("the transaction `{call}` (0x{}) was dropped: {reason}; send it again", hex::encode(hash))]
    Dropped {
        /// The message or extrinsic.
        call: &'static str,
        /// Hash of the extrinsic.
        hash: [u8; 32],
        /// What the chain said.
        reason: String,
    },
    /// The nonce of a transaction that was sent with one of the caller's
    /// choice ([`crate::Call::submit_with_nonce`]) is taken by another. At
    /// most one of the two is ever in a block; which, only the chain tells.
    #[error("nonce {nonce} of `{call}` is taken by another transaction of the same key; look at the chain before you send anything again")]
    NonceUsed {
        /// The message.
        call: &'static str,
        /// The nonce.
        nonce: u64,
    },
    /// The transaction is not final in time; it may yet become so.
    #[error("the transaction `{call}` (0x{}) is not final after {after:?}; its outcome is unknown", hex::encode(hash))]
    NotFinal {
        /// The message or extrinsic.
        call: &'static str,
        /// Hash of the extrinsic.
        hash: [u8; 32],
        /// How long was waited.
        after: Duration,
    },
    /// A contract bundle is missing or unreadable.
    #[error("contract bundle {name}: {reason}; build it with `cargo xtask artifacts`")]
    Bundle {
        /// The contract or file.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The deployment file is missing, unreadable or of another network.
    #[error("deployment {path}: {reason}")]
    Deployment {
        /// The file, or what was checked.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A key or address is not one.
    #[error("not a usable {what}: {reason}")]
    Key {
        /// `key` or `address`.
        what: &'static str,
        /// What is wrong; never the key itself.
        reason: String,
    },
}

impl ClientError {
    /// The contract's reason, if a contract refused.
    #[must_use]
    pub fn contract(&self) -> Option<ContractError> {
        match self {
            ClientError::Contract { error, .. } => Some(*error),
            _ => None,
        }
    }

    /// Whether the same request may succeed later without a change: the
    /// network or the node failed, not the request.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            ClientError::Connection(_)
                | ClientError::Timeout { .. }
                | ClientError::NotFinal { .. }
                | ClientError::Dropped { .. }
        )
    }

    pub(crate) fn decode(what: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        ClientError::Decode { what: what.into(), reason: reason.to_string() }
    }
}

/// Why a contract refused a message, contract by contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContractError {
    /// `vault` refused.
    Vault(vault::Error),
    /// `vesting` refused.
    Vesting(vesting::Error),
    /// `bzky` refused.
    Bzky(psp22::Error),
    /// `time` refused.
    Time(psp22::Error),
    /// `registry` refused.
    Registry(registry::Error),
    /// `receipts` refused.
    Receipts(receipts::Error),
    /// `pos_deposit` refused.
    PosDeposit(pos_deposit::Error),
    /// `rewards` refused.
    Rewards(rewards::Error),
    /// `redemption` refused.
    Redemption(redemption::Error),
    /// `otc` refused.
    Otc(otc::Error),
    /// `foundation` refused.
    Foundation(foundation::Error),
}

impl ContractError {
    /// Reads the error of a contract's message; `None` for a code that this
    /// version does not know.
    #[must_use]
    pub fn decode(kind: ContractKind, mut bytes: &[u8]) -> Option<Self> {
        let bytes = &mut bytes;
        let error = match kind {
            ContractKind::Vault => ContractError::Vault(Decode::decode(bytes).ok()?),
            ContractKind::Vesting => ContractError::Vesting(Decode::decode(bytes).ok()?),
            ContractKind::Bzky => ContractError::Bzky(Decode::decode(bytes).ok()?),
            ContractKind::Time => ContractError::Time(Decode::decode(bytes).ok()?),
            ContractKind::Registry => ContractError::Registry(Decode::decode(bytes).ok()?),
            ContractKind::Receipts => ContractError::Receipts(Decode::decode(bytes).ok()?),
            ContractKind::PosDeposit => ContractError::PosDeposit(Decode::decode(bytes).ok()?),
            ContractKind::Rewards => ContractError::Rewards(Decode::decode(bytes).ok()?),
            ContractKind::Redemption => ContractError::Redemption(Decode::decode(bytes).ok()?),
            ContractKind::Otc => ContractError::Otc(Decode::decode(bytes).ok()?),
            ContractKind::Foundation => ContractError::Foundation(Decode::decode(bytes).ok()?),
        };
        Some(error)
    }

    /// The contract that refused.
    #[must_use]
    pub const fn kind(&self) -> ContractKind {
        match self {
            ContractError::Vault(_) => ContractKind::Vault,
            ContractError::Vesting(_) => ContractKind::Vesting,
            ContractError::Bzky(_) => ContractKind::Bzky,
            ContractError::Time(_) => ContractKind::Time,
            ContractError::Registry(_) => ContractKind::Registry,
            ContractError::Receipts(_) => ContractKind::Receipts,
            ContractError::PosDeposit(_) => ContractKind::PosDeposit,
            ContractError::Rewards(_) => ContractKind::Rewards,
            ContractError::Redemption(_) => ContractKind::Redemption,
            ContractError::Otc(_) => ContractKind::Otc,
            ContractError::Foundation(_) => ContractKind::Foundation,
        }
    }

    /// The error's name, as in the contract's `Error` enum: stable, fit for
    /// an API.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            ContractError::Bzky(error) | ContractError::Time(error) => format!("{error:?}"),
            ContractError::Vault(error) => format!("{error:?}"),
            ContractError::Vesting(error) => format!("{error:?}"),
            ContractError::Registry(error) => format!("{error:?}"),
            ContractError::Receipts(error) => format!("{error:?}"),
            ContractError::PosDeposit(error) => format!("{error:?}"),
            ContractError::Rewards(error) => format!("{error:?}"),
            ContractError::Redemption(error) => format!("{error:?}"),
            ContractError::Otc(error) => format!("{error:?}"),
            ContractError::Foundation(error) => format!("{error:?}"),
        }
    }
}

impl std::fmt::Display for ContractError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind(), self.name())
    }
}
