//! The Substrate JSON-RPC methods, one file a group. Names, parameters,
//! answers and error codes are those of a Substrate node, so that unmodified
//! clients work.

mod archive;
mod author;
mod chain;
mod chain_head;
mod chain_spec;
mod child_state;
mod dev;
mod error;
mod faults;
mod heads;
mod params;
mod payment;
mod state;
mod storage_query;
mod system;
mod transaction;

use crate::{devchain::Devchain, error::Error};
use jsonrpsee::RpcModule;
use serde_json::json;

/// All methods of the chain; the controls (`dev_*`) if they are wanted.
///
/// # Errors
/// When two methods have one name, which is an error of this program.
pub fn module(devchain: Devchain, controls: bool) -> Result<RpcModule<Devchain>, Error> {
    let mut module = RpcModule::new(devchain);
    system::register(&mut module)?;
    chain::register(&mut module)?;
    state::register(&mut module)?;
    child_state::register(&mut module)?;
    author::register(&mut module)?;
    payment::register(&mut module)?;
    chain_head::register(&mut module)?;
    archive::register(&mut module)?;
    transaction::register(&mut module)?;
    chain_spec::register(&mut module)?;
    if controls {
        dev::register(&mut module)?;
        faults::register(&mut module)?;
    }
    let mut names: Vec<&'static str> = module.method_names().chain(["rpc_methods"]).collect();
    names.sort_unstable();
    module.register_method("rpc_methods", move |_, _, _| json!({ "methods": names }))?;
    Ok(module)
}
