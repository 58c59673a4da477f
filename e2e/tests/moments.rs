//! kill -9 of `bizkey up` at the moments that are hardest to come back from:
//! while the contracts are deployed, and while an epoch is paid.

use bizkey_e2e::{
    get, run,
    steps::{customer, sell, settled, shop, verify},
    Chain, Needs, Up,
};
use serde_json::{json, Value};
use std::time::{Duration, Instant};

/// Seconds of an epoch on the embedded chain.
const SHORT: u64 = 4;
/// On a node every step of an epoch's settlement waits until the one before it
/// is final, which takes a second or more: epochs must not come faster.
const ON_A_NODE: u64 = 12;
/// Longest wait for an epoch to be final and paid.
const PATIENCE: Duration = Duration::from_secs(180);

/// Every start is killed a little later than the one before, until one is
/// ready: together they die in every step of the deployment. What comes out
/// is one network, which works, found on its chain without any file.
#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_is_killed_again_and_again_is_finished_once() {
    // Two networks on one chain would be refused by `verify` without a file.
    let chain = Chain::of("a deployment killed again and again", &[Needs::Alone]).await.expect("a chain");
    let Some(chain) = chain else { return };
    let seconds = SHORT.to_string();
    let epoch = ["--epoch-seconds", &seconds, "--window-seconds", "1"];
    let mut options = chain.arguments();
    options.extend(epoch);
    let directory = tempfile::tempdir().expect("a folder");
    let data_dir = directory.path().join("data");
    let mut kills = 0u64;
    while !data_dir.join("deployment.json").exists() {
        assert!(kills < 100, "no progress from one start to the next");
        let after = Duration::from_millis(60 + 20 * kills);
        Up::start_and_kill(&data_dir, &options, after).await.expect("started and killed");
        kills += 1;
    }
    assert!(kills > 1, "no kill came before the deployment was done");
    println!("{kills} kills");

    let up = chain.up(&data_dir, &epoch).await.expect("up");
    let shop = shop(&up, &data_dir).await;
    sell(&up, "the-sale", &shop["device"], &Value::Null, 700).await;
    assert_eq!(settled(&up, 1).await.len(), 1);
    // The hardened algorithm is set, and once: whoever finished leaves it alone.
    let (status, algorithms) = get(&format!("{}/v1/algorithms", up.url("indexer"))).await.expect("the index answers");
    let versions: Vec<&Value> =
        algorithms["items"].as_array().into_iter().flatten().map(|item| &item["version"]).collect();
    assert_eq!((status, versions), (200, vec![&json!(2)]), "{algorithms}");
    let verdict = run(&["verify", "--chain", up.url("chain")]).await.expect("the program starts");
    assert_eq!(verdict.code, Some(0), "{verdict:?}");
    up.stop().await.expect("a clean stop");
}

/// State and payment of the last epoch that has any receipt.
async fn latest(up: &Up) -> anyhow::Result<Option<(u64, String, bool)>> {
    let (mut latest, mut after) = (None, String::new());
    loop {
        let (status, page) = get(&format!("{}/v1/epochs?limit=100{after}", up.url("indexer"))).await?;
        anyhow::ensure!(status == 200, "{page}");
        for item in page["items"].as_array().into_iter().flatten().filter(|item| item["receipts"] != 0) {
            let number = item["epoch"].as_u64().unwrap_or_default();
            let state = item["state"].as_str().unwrap_or_default().to_owned();
            latest = Some((number, state, item["merchants"]["paid"] != "0"));
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(latest),
        }
    }
}

/// Kills it a few milliseconds after an epoch became final, which is when its
/// rewards are pushed, and again until it is paid. Nobody is paid twice:
/// verify recomputes every payment.
#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_whose_payment_is_killed_is_paid_once() {
    let Some(chain) = Chain::of("a payment that is killed", &[]).await.expect("a chain") else { return };
    let directory = tempfile::tempdir().expect("a folder");
    let data_dir = directory.path().join("data");
    let seconds = if chain.url().is_some() { ON_A_NODE } else { SHORT };
    let text = seconds.to_string();
    // By version 1, since a sale without a ticket and a shop without a deposit are paid at once.
    let epoch = ["--epoch-seconds", &text, "--window-seconds", "1", "--algorithm-version", "1"];
    let mut up = chain.up(&data_dir, &epoch).await.expect("up");
    let shop = shop(&up, &data_dir).await;
    let customer = customer(&up, &data_dir).await;
    // A shop is scored from the epoch after its capital was attested.
    tokio::time::sleep(Duration::from_secs(seconds + 1)).await;
    let mut while_unpaid = 0;
    for round in 0..8u64 {
        sell(&up, &format!("sale-{round}"), &shop["device"], &customer, 1_000 + round).await;
        settled(&up, usize::try_from(round + 1).expect("a small number")).await;
        let deadline = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < deadline, "epoch not final in time");
            match latest(&up).await {
                Ok(Some((_, state, _))) if state == "final" => break,
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
        tokio::time::sleep(Duration::from_millis(round * 3)).await;
        let paid = latest(&up).await.ok().flatten().is_some_and(|(_, _, paid)| paid);
        while_unpaid += u32::from(!paid);
        up.kill().await.expect("killed");
        up = chain.up(&data_dir, &epoch).await.expect("up again");
        loop {
            assert!(Instant::now() < deadline, "epoch not paid in time");
            match latest(&up).await {
                Ok(Some((_, state, true))) if state == "final" => break,
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }
    println!("{while_unpaid} of 8 kills came between finality and payment");
    up.stop().await.expect("a clean stop");
    verify(&chain, &data_dir).await;
}
