//! What an unmodified client does with the chain, whatever its backend.

use bizkey_devchain::runtime::UNIT;
use std::time::Duration;
use subxt::{client::Blocks, dynamic, OnlineClient, PolkadotConfig};
use subxt_signer::sr25519::dev;

/// A transfer to finality with its events, a storage read, an iteration, a
/// constant and a runtime call. The chain's clock stands at 1_700_000_000_000
/// and Alice has sent nothing yet.
pub async fn transacts(api: &OnlineClient<PolkadotConfig>) {
    let at = api.at_current_block().await.unwrap();
    let transfer =
        dynamic::transaction("Balances", "transfer_keep_alive", (dev::bob().public_key().to_address::<()>(), 3 * UNIT));
    let progress = at.transactions().sign_and_submit_then_watch_default(&transfer, &dev::alice()).await.unwrap();
    let events = tokio::time::timeout(Duration::from_secs(60), progress.wait_for_finalized_success())
        .await
        .expect("the transaction became final")
        .unwrap();
    let names: Vec<String> = events
        .iter()
        .map(|event| {
            let event = event.unwrap();
            format!("{}.{}", event.pallet_name(), event.event_name())
        })
        .collect();
    assert!(names.contains(&"Balances.Transfer".to_owned()), "{names:?}");
    assert!(names.contains(&"TransactionPayment.TransactionFeePaid".to_owned()));

    let at = api.at_current_block().await.unwrap();
    let now = at.storage().fetch(dynamic::storage::<(), u64>("Timestamp", "Now"), ()).await.unwrap().decode().unwrap();
    assert_eq!(now, 1_700_000_000_000);
    let deposit = at.constants().entry(dynamic::constant::<u128>("Balances", "ExistentialDeposit")).unwrap();
    assert_eq!(deposit, UNIT / 1_000);
    let nonce = at
        .runtime_apis()
        .call(dynamic::runtime_api_call::<_, u32>("AccountNonceApi", "account_nonce", (dev::alice().public_key().0,)))
        .await
        .unwrap();
    assert_eq!(nonce, 1);
}

/// The stream brings a block no newer than the first one.
pub async fn follows_blocks(mut blocks: Blocks<PolkadotConfig>) {
    let block = tokio::time::timeout(Duration::from_secs(60), blocks.next()).await.unwrap().unwrap().unwrap();
    assert!(block.number() <= 1);
}
