//! `transaction_v1_*` and `transactionWatch_v1_*`: submitting transactions,
//! after the JSON-RPC interface specification.

mod broadcast;
mod watch;

use crate::devchain::Devchain;
use broadcast::{Broadcasts, Caller};
use jsonrpsee::{core::RegisterMethodError, RpcModule};
use std::sync::Arc;

pub fn register(module: &mut RpcModule<Devchain>) -> Result<(), RegisterMethodError> {
    module.register_subscription(
        "transactionWatch_v1_submitAndWatch",
        "transactionWatch_v1_watchEvent",
        "transactionWatch_v1_unwatch",
        |p, pending, d, _| watch::submit_and_watch(p, pending, d),
    )?;
    let all = Arc::new(Broadcasts::default());
    let known = all.clone();
    module.register_async_method("transaction_v1_broadcast", move |p, d, e| {
        let caller = Caller::new(&known, &e);
        async move { broadcast::start(&p, &d, &caller) }
    })?;
    module.register_method("transaction_v1_stop", move |p, _, e| broadcast::stop(&p, &Caller::new(&all, e)))?;
    Ok(())
}
