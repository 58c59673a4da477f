//! A deployment that stops after any of its steps is finished by the same call.

use bizkey_client::{
    administrators, deploy, hand_over, powers_of, Client, ClientError, Result, RpcClient, Signer, Suite,
};
use bizkey_devchain::{Clock, Devchain, DevchainConfig, InProcessRpc};
use bizkey_tests::world::{config, GENESIS_MS};
use std::sync::{
    atomic::{AtomicU32, Ordering},
    Arc,
};
use subxt::rpcs::{
    client::{RawRpcFuture, RawRpcSubscription, RawValue, RpcClientT},
    Error as RpcError,
};

/// Takes so many transactions and no more.
struct Limited {
    inner: InProcessRpc,
    left: Arc<AtomicU32>,
}

impl RpcClientT for Limited {
    fn request_raw<'a>(&'a self, method: &'a str, params: Option<Box<RawValue>>) -> RawRpcFuture<'a, Box<RawValue>> {
        self.inner.request_raw(method, params)
    }

    fn subscribe_raw<'a>(
        &'a self,
        sub: &'a str,
        params: Option<Box<RawValue>>,
        unsub: &'a str,
    ) -> RawRpcFuture<'a, RawRpcSubscription> {
        let spend = |left: u32| left.checked_sub(1);
        let is_transaction = sub == "author_submitAndWatchExtrinsic";
        if is_transaction && self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend).is_err() {
            return Box::pin(async { Err(RpcError::DisconnectedWillReconnect("the node went away".into())) });
        }
        self.inner.subscribe_raw(sub, params, unsub)
    }
}

async fn attempt(client: &Client, deployer: &Signer, platform: &Signer) -> Result<Suite> {
    let deployment = deploy(client, deployer, &config()).await?;
    let suite = Suite::new(client.clone(), deployment)?;
    hand_over(&suite, deployer, platform.account_id()).await?;
    Ok(suite)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_fails_after_every_step_is_finished_step_by_step() {
    let clock = Clock::Manual(GENESIS_MS - 1);
    let chain = Devchain::open(DevchainConfig { clock, ..DevchainConfig::default() }).expect("a chain in memory");
    let left = Arc::new(AtomicU32::new(0));
    let signer = |uri: &str| Signer::from_uri(uri).expect("a development key");
    let (deployer, platform) = (signer("//Alice"), signer("//Ferdie"));
    let mut failures = 0;
    let suite = loop {
        left.store(1, Ordering::SeqCst);
        let inner = InProcessRpc::new(&chain).expect("the chain's methods");
        let rpc = RpcClient::new(Limited { inner, left: left.clone() });
        // Another process each time: nothing is remembered but what is on the chain.
        let client = Client::from_rpc(rpc).await.expect("a client");
        match attempt(&client, &deployer, &platform).await {
            Ok(suite) => break suite,
            Err(error) => {
                assert!(error.contract().is_none(), "step {failures}: {error}");
                assert_eq!(left.load(Ordering::SeqCst), 0, "step {failures} stood still: {error}");
            }
        }
        failures += 1;
    };
    // Eleven contracts, seven bindings, the platform, six hand-overs; the last
    // of them is the attempt that goes through.
    assert_eq!(failures, 11 + 7 + 1 + 6 - 1);
    let board = suite.foundation().address();
    assert!(administrators(&suite).await.unwrap().iter().all(|(_, admin)| *admin == board));
    assert_eq!(powers_of(&suite, deployer.account_id()).await.unwrap(), Vec::<String>::new());
    left.store(0, Ordering::SeqCst);
    let again = attempt(suite.client(), &deployer, &platform).await.expect("nothing is left to be done");
    assert_eq!(again.deployment().contracts, suite.deployment().contracts);
    let refused: Result<_> = suite.bzky().burn(1).send(&platform).await;
    assert!(matches!(
        refused,
        Err(ClientError::Connection(_) | ClientError::Contract { .. } | ClientError::Rpc { .. })
    ));
}
