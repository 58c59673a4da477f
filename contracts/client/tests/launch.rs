//! What scores a new network: decided once, however often and whenever its
//! deployment is cut short.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use bizkey_client::{
    deploy, hand_over, Client, DeployConfig, Deployment, RpcClient, Signer, Suite, DEFAULT_ALGORITHM_VERSION,
    DEFAULT_CASH_CAP,
};
use bizkey_devchain::{Clock, Devchain, DevchainConfig, InProcessRpc};
use bizkey_primitives::{
    events::{AlgorithmSet, CashCapSet, Event},
    report::{BIZPOWER_1, BIZPOWER_2},
    Calendar, Epoch,
};
use bizkey_tests::{world, DAY, HOUR};

const GENESIS_MS: u64 = world::GENESIS_MS;

/// What `bizkey up` and `bizkey deploy` decide, with the offices of the tests.
fn config() -> DeployConfig {
    DeployConfig { algorithm_version: DEFAULT_ALGORITHM_VERSION, cash_cap: Some(DEFAULT_CASH_CAP), ..world::config() }
}

fn deployer() -> Signer {
    Signer::from_uri("//Alice").unwrap()
}

async fn chain(now_ms: u64) -> (Devchain, Client) {
    let clock = Clock::Manual(now_ms);
    let chain = Devchain::open(DevchainConfig { clock, ..DevchainConfig::default() }).unwrap();
    let client = Client::from_rpc(RpcClient::new(InProcessRpc::new(&chain).unwrap())).await.unwrap();
    (chain, client)
}

/// Every decision of how epochs are scored since the beginning: cash caps and
/// algorithms with the first epoch of each.
async fn decisions(suite: &Suite) -> (Vec<(u64, Epoch)>, Vec<(u16, Epoch)>) {
    let (client, contracts) = (suite.client(), &suite.deployment().contracts);
    let (mut caps, mut algorithms) = (Vec::new(), Vec::new());
    for number in 1..=client.best_head().await.unwrap().number {
        let hash = client.block_hash(number).await.unwrap().unwrap();
        for event in client.block(hash, contracts).await.unwrap().events {
            match event.event {
                Event::CashCapSet(CashCapSet { cap, from_epoch }) => caps.push((cap, from_epoch)),
                Event::AlgorithmSet(AlgorithmSet { from_epoch, version }) => algorithms.push((version, from_epoch)),
                _ => {}
            }
        }
    }
    (caps, algorithms)
}

/// The algorithms of `first` and of the epoch before it, if there is one.
async fn around(suite: &Suite, first: Epoch) -> (Option<u16>, u16) {
    let rewards = suite.rewards();
    let before = match first.checked_sub(1) {
        Some(before) => Some(rewards.algorithm_at(before, None).await.unwrap()),
        None => None,
    };
    (before, rewards.algorithm_at(first, None).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn bizpower_2_scores_a_new_network_from_its_first_whole_epoch_on() {
    for (now_ms, first, before) in [
        (GENESIS_MS - HOUR, 0, None),
        (GENESIS_MS + HOUR, 1, Some(BIZPOWER_1)),
        (GENESIS_MS + 3 * DAY + HOUR, 4, Some(BIZPOWER_1)),
    ] {
        let (_chain, client) = chain(now_ms).await;
        let deployment = deploy(&client, &deployer(), &config()).await.unwrap();
        let suite = Suite::new(client, deployment).unwrap();
        assert_eq!(around(&suite, first).await, (before, BIZPOWER_2));
        assert_eq!(suite.registry().cash_cap(first, None).await, Ok(Some(DEFAULT_CASH_CAP)));
        let once = (vec![(DEFAULT_CASH_CAP, first)], vec![(BIZPOWER_2, first)]);
        assert_eq!(decisions(&suite).await, once);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_that_begins_before_the_decision_is_in_a_block_is_left_to_version_1() {
    // Blocks are a millisecond apart, so that a few epochs begin while it is deployed.
    let (_chain, client) = chain(GENESIS_MS).await;
    let calendar = Calendar { genesis_ms: GENESIS_MS, epoch_ms: 1 };
    let deployment = deploy(&client, &deployer(), &DeployConfig { calendar, ..config() }).await.unwrap();
    let suite = Suite::new(client, deployment).unwrap();
    let (caps, algorithms) = decisions(&suite).await;
    let ([(_, capped)], [(version, first)]) = (&caps[..], &algorithms[..]) else { panic!("{caps:?} {algorithms:?}") };
    assert_eq!(*version, BIZPOWER_2);
    assert!(capped <= first, "the cap holds in the first epoch that needs it");
    let head = suite.client().best_head().await.unwrap();
    let head = suite.client().block(head.hash, &suite.deployment().contracts).await.unwrap();
    let now = calendar.epoch_at(head.timestamp_ms).unwrap();
    assert!(*first <= now + 10, "epoch {first} is far from {now}");
}

/// Deploys until the chain has so many blocks, and stops there.
async fn cut_short(chain: &Devchain, client: &Client, blocks: u64) -> bool {
    let started = {
        let client = client.clone();
        tokio::spawn(async move { deploy(&client, &deployer(), &config()).await.map(drop) })
    };
    while u64::from(chain.best().header.number) < blocks && !started.is_finished() {
        tokio::task::yield_now().await;
    }
    let is_cut = !started.is_finished();
    started.abort();
    let _ = started.await;
    is_cut
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_is_cut_short_and_finished_days_later_decides_once() {
    // 11 contracts, 7 bindings, the cap and the algorithm: a block each.
    const BLOCKS: u64 = 20;
    let mut cut = 0;
    let mut networks: Vec<Deployment> = Vec::new();
    for blocks in [1, 12, BLOCKS - 3, BLOCKS - 2, BLOCKS - 1, BLOCKS] {
        let (chain, client) = chain(GENESIS_MS - DAY).await;
        cut += u32::from(cut_short(&chain, &client, blocks).await);
        chain.set_clock(Clock::Manual(GENESIS_MS + 2 * DAY + HOUR));
        chain.seal_block().await.unwrap();
        let deployment = deploy(&client, &deployer(), &config()).await.unwrap();
        let head = client.best_head().await.unwrap();
        assert_eq!(deploy(&client, &deployer(), &config()).await.as_ref(), Ok(&deployment));
        assert_eq!(client.best_head().await, Ok(head), "nothing is sent a second time");
        let suite = Suite::new(client, deployment.clone()).unwrap();
        let (caps, algorithms) = decisions(&suite).await;
        // Decided before genesis, or when it was finished.
        assert!(matches!(caps[..], [(DEFAULT_CASH_CAP, 0 | 3)]), "cut at {blocks}: {caps:?}");
        assert!(matches!(algorithms[..], [(BIZPOWER_2, 0 | 3)]), "cut at {blocks}: {algorithms:?}");
        assert_eq!(suite.rewards().algorithm_at(3, None).await, Ok(BIZPOWER_2));
        networks.push(deployment);
    }
    assert!(cut >= 3, "only {cut} deployments were cut short");
    let same = |one: &Deployment| one.contracts == networks[0].contracts;
    assert!(networks.iter().all(same), "the same call makes the same network");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_decided_is_left_alone() {
    let (_chain, client) = chain(GENESIS_MS - HOUR).await;
    let deployment = deploy(&client, &deployer(), &config()).await.unwrap();
    let suite = Suite::new(client.clone(), deployment.clone()).unwrap();
    let admin = deployer();
    suite.rewards().set_algorithm(5, BIZPOWER_1).send(&admin).await.unwrap();
    suite.registry().set_cash_cap(7, 9).send(&admin).await.unwrap();
    let decided = decisions(&suite).await;
    assert_eq!(deploy(&client, &admin, &config()).await.as_ref(), Ok(&deployment));
    assert_eq!(decisions(&suite).await, decided);

    // A board that went back to version 1 is not overruled, nor asked.
    suite.rewards().set_algorithm(0, BIZPOWER_1).send(&admin).await.unwrap();
    hand_over(&suite, &admin, admin.account_id()).await.unwrap();
    let head = client.best_head().await.unwrap();
    assert_eq!(deploy(&client, &admin, &config()).await.as_ref(), Ok(&deployment));
    assert_eq!(client.best_head().await, Ok(head));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_papers_letter_is_another_network_and_needs_no_decision() {
    let (_chain, client) = chain(GENESIS_MS - HOUR).await;
    let hardened = deploy(&client, &deployer(), &config()).await.unwrap();
    let letter = DeployConfig { algorithm_version: BIZPOWER_1, cash_cap: None, ..config() };
    let letter = deploy(&client, &deployer(), &letter).await.unwrap();
    assert_ne!(letter.contracts, hardened.contracts);
    let suite = Suite::new(client, letter).unwrap();
    assert_eq!(decisions(&suite).await, (vec![], vec![]));
    assert_eq!(suite.rewards().algorithm_at(Epoch::MAX, None).await, Ok(BIZPOWER_1));
    assert_eq!(suite.registry().cash_cap(Epoch::MAX, None).await, Ok(None));
}
