//! Typed off-chain client of the contract suite.
//!
//! One code path for every chain: a node behind a WebSocket
//! ([`Client::connect`]) or a chain in this process ([`Client::from_rpc`]).
//!
//! ```no_run
//! # async fn example() -> bizkey_client::Result<()> {
//! use bizkey_client::{Client, Deployment, Signer, Suite};
//! let client = Client::connect("ws://127.0.0.1:9944").await?;
//! let deployment = Deployment::load("deployment.json")?;
//! let suite = Suite::new(client, deployment)?;
//!
//! // A read is a dry-run at a finalised block: free, no key.
//! let record = suite.rewards().epoch(7, None).await?;
//!
//! // A write waits for its block to be final; `submit` instead of `send`
//! // lets many be under way at once.
//! let signer = Signer::from_uri("//Alice")?;
//! let done = suite.rewards().finalise(7).send(&signer).await?;
//! println!("in block {}: {:?} {record:?}", done.block.number, done.events);
//! # Ok(()) }
//! ```

mod block;
mod bundles;
mod call;
mod client;
mod contract_kind;
pub mod contracts;
mod contracts_api;
mod deploy;
mod deployment;
mod discover;
mod error;
mod file;
mod follow;
mod governance;
mod nonce;
mod presence;
mod recent;
mod reply;
mod rpc;
mod runtime;
mod scoring;
mod signer;
mod submit;
mod suite;

pub use block::{Block, BlockHash, BlockRef, ContractEvent};
pub use bundles::{Bundle, Bundles};
pub use call::{Call, DryRun};
pub use client::{Client, Limits, NativeAccount};
pub use contract_kind::{ContractAddresses, ContractKind, PerContract};
pub use contracts_api::Weight;
pub use deploy::{deploy, DeployConfig};
pub use deployment::{parse_account, ss58, Deployment};
pub use discover::discover;
pub use error::{ClientError, ContractError, Result};
pub use file::replace_file;
pub use governance::{administrators, check_bindings, hand_over, powers_of};
pub use scoring::{DEFAULT_ALGORITHM_VERSION, DEFAULT_CASH_CAP};
pub use signer::{KeySource, SecretSource, Signer};
pub use submit::{Pending, Submitted};
pub use suite::Suite;

/// What [`Client::from_rpc`] takes: `RpcClient::new(client)` for anything that
/// implements `subxt::rpcs::RpcClientT`.
pub use subxt::rpcs::RpcClient;
