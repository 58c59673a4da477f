//! `chainSpec_v1_*`: which chain this is.

use super::system;
use crate::devchain::Devchain;
use jsonrpsee::{core::RegisterMethodError, RpcModule};

pub fn register(module: &mut RpcModule<Devchain>) -> Result<(), RegisterMethodError> {
    module.register_method("chainSpec_v1_chainName", |_, devchain, _| devchain.chain().name.clone())?;
    module.register_method("chainSpec_v1_genesisHash", |_, devchain, _| Some(devchain.genesis_hash()))?;
    module.register_method("chainSpec_v1_properties", |_, _, _| system::properties())?;
    Ok(())
}
