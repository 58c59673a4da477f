//! What the proof service answers is a call that anybody can send, with
//! nothing of ours.

use crate::{place::Place, settle};
use bizkey_devchain::any_loopback_port;
use bizkey_oracle::proofs::{self, ProofAnswer};
use bizkey_primitives::{AccountId, Balance, Side};
use subxt::{
    dynamic,
    utils::{AccountId32, MultiAddress},
    OnlineClient, PolkadotConfig,
};
use subxt_signer::sr25519::dev;

/// Gas for one claim: a tenth of a second, a megabyte of proof.
const GAS: (u64, u64) = (100_000_000_000, 1_000_000);

type Api = OnlineClient<PolkadotConfig>;

async fn serve(book: std::sync::Arc<bizkey_oracle::Book>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, proofs::router(book)).await });
    format!("http://{address}")
}

/// Sends an answer's input to the answer's contract, as it is.
async fn submit(api: &Api, answer: &ProofAnswer) -> Result<(), String> {
    let contract: AccountId32 = answer.contract.parse().unwrap();
    let input = hex::decode(answer.input.trim_start_matches("0x")).unwrap();
    let address: MultiAddress<AccountId32, ()> = MultiAddress::Id(contract);
    let call = dynamic::transaction("Contracts", "call", (address, 0u128, GAS, None::<u128>, input));
    let at = api.at_current_block().await.unwrap();
    let sent = at.transactions().sign_and_submit_then_watch_default(&call, &dev::eve()).await.unwrap();
    sent.wait_for_finalized_success().await.map(drop).map_err(|error| error.to_string())
}

async fn balance(place: &Place, side: Side, account: AccountId) -> Balance {
    match side {
        Side::Merchant => place.world.bzky_of(account).await,
        Side::Customer => place.world.time_of(account).await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_submitted_as_it_is_and_pays_once() {
    let mut place = Place::new(3, 2).await;
    place.world.enter_epoch(0).await;
    place.sell(0, &[(1, 500), (2, 700)]).await;
    place.sell(1, &[(1, 300)]).await;
    place.sell(2, &[(2, 40)]).await;
    place.world.enter_epoch(1).await;
    settle(&place).await;

    let server = place.world.chain.serve(any_loopback_port()).await.unwrap();
    let api = Api::from_insecure_url(server.url()).await.unwrap();
    let url = serve(place.book().await).await;
    let rewards = place.world.suite.rewards();
    for (side, index) in [(Side::Merchant, 1), (Side::Merchant, 3), (Side::Customer, 1), (Side::Customer, 2)] {
        let path = format!("{url}/v1/proofs/{}/0/{index}", side.name());
        let answer: ProofAnswer = reqwest::get(path).await.unwrap().json().await.unwrap();
        let account = place.world.suite.registry().account_of(side, index, None).await.unwrap().unwrap();
        let before = balance(&place, side, account).await;
        assert_eq!(submit(&api, &answer).await, Ok(()), "{answer:?}");
        let after = balance(&place, side, account).await;
        assert!(after > before, "{} {index} was paid nothing", side.name());
        assert!(rewards.is_claimed(side, 0, answer.position as u32, None).await.unwrap());
        // Who comes second is refused, and nothing moves.
        let again = submit(&api, &answer).await.unwrap_err();
        assert!(again.contains("ContractReverted"), "{again}");
        assert_eq!(balance(&place, side, account).await, after);
    }
    // The one that nobody asked for is still there.
    assert!(!rewards.is_claimed(Side::Merchant, 0, 1, None).await.unwrap());
    server.stop().await;
}
