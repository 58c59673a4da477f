//! The chain as a library: blocks, clock, nonces, persistence.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use bizkey_devchain::{
    runtime::{RuntimeEvent, UNIT},
    Clock, Devchain, DevchainConfig, Error, PoolError, Sealing,
};
use common::{account, signed_transfer, transfer_to};
use sp_runtime::transaction_validity::InvalidTransaction;

fn manual(now: u64) -> DevchainConfig {
    DevchainConfig { clock: Clock::Manual(now), ..Default::default() }
}

#[tokio::test]
async fn the_genesis_hash_follows_from_the_configuration_alone() {
    let first = Devchain::open(manual(1)).unwrap();
    let second = Devchain::open(manual(2)).unwrap();
    assert_eq!(first.genesis_hash(), second.genesis_hash());
    let other = Devchain::open(DevchainConfig { endowed: vec![(account("//Zoe"), UNIT)], ..manual(1) }).unwrap();
    assert_ne!(first.genesis_hash(), other.genesis_hash());
}

#[tokio::test]
async fn a_transfer_is_sealed_at_once_and_its_events_are_found() {
    let chain = Devchain::open(manual(1_000)).unwrap();
    let included = chain.submit_and_wait(signed_transfer(&chain, "//Alice", 0, "//Zoe", 5 * UNIT)).await.unwrap();
    assert_eq!(included.number, 1);
    assert_eq!(included.position.index, 1);
    assert!(included.events.iter().any(|record| transfer_to(&record.event, "//Zoe") == Some(5 * UNIT)));
    assert_eq!(chain.best().header.number, 1);
    assert_eq!(chain.best().timestamp_ms, 1_000);
    assert_eq!(chain.finalized().hash, chain.best().hash);
}

#[tokio::test]
async fn block_times_follow_the_clock_and_never_stand_still() {
    let chain = Devchain::open(manual(5_000)).unwrap();
    assert_eq!(chain.seal_block().await.unwrap().timestamp_ms, 5_000);
    assert_eq!(chain.seal_block().await.unwrap().timestamp_ms, 5_001);
    chain.set_clock(Clock::Manual(86_400_000));
    assert_eq!(chain.now_ms(), 86_400_000);
    assert_eq!(chain.seal_block().await.unwrap().timestamp_ms, 86_400_000);
    chain.set_clock(Clock::Manual(7));
    assert_eq!(chain.seal_block().await.unwrap().timestamp_ms, 86_400_001);
    chain.set_clock(Clock::Offset(3_600_000));
    let ahead = chain.seal_block().await.unwrap().timestamp_ms;
    chain.set_clock(Clock::System);
    let now = chain.now_ms();
    assert!(ahead > now + 3_500_000 && ahead <= now + 3_600_000);
}

#[tokio::test]
async fn nonces_are_played_in_order_whatever_order_they_come_in() {
    let chain = Devchain::open(DevchainConfig { sealing: Sealing::Manual, ..manual(1) }).unwrap();
    for nonce in [3, 1, 2] {
        chain.submit(signed_transfer(&chain, "//Alice", nonce, "//Zoe", UNIT)).await.unwrap();
    }
    assert_eq!(chain.seal_block().await.unwrap().extrinsics, 1);
    assert_eq!(chain.pending(), 3);
    chain.submit(signed_transfer(&chain, "//Alice", 0, "//Zoe", UNIT)).await.unwrap();
    assert_eq!(chain.seal_block().await.unwrap().extrinsics, 5);
    assert_eq!(chain.pending(), 0);
}

#[tokio::test]
async fn refusals_name_their_cause() {
    let chain = Devchain::open(manual(1)).unwrap();
    chain.submit_and_wait(signed_transfer(&chain, "//Alice", 0, "//Zoe", UNIT)).await.unwrap();
    let refused = |result: Result<_, Error>| match result {
        Err(Error::Pool(error)) => error,
        other => panic!("not refused by the pool: {other:?}"),
    };
    let stale = chain.submit(signed_transfer(&chain, "//Alice", 0, "//Bob", UNIT)).await;
    assert_eq!(refused(stale), PoolError::Invalid(InvalidTransaction::Stale));
    let poor = chain.submit(signed_transfer(&chain, "//Nobody", 0, "//Bob", UNIT)).await;
    assert_eq!(refused(poor), PoolError::Invalid(InvalidTransaction::Payment));
    let mut forged = signed_transfer(&chain, "//Alice", 1, "//Bob", UNIT);
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(refused(chain.submit(forged).await), PoolError::Invalid(InvalidTransaction::BadProof));
    assert!(matches!(refused(chain.submit(vec![1, 2, 3]).await), PoolError::BadFormat(_)));
}

#[tokio::test]
async fn a_failing_call_pays_its_fee_and_stops_no_other() {
    let chain = Devchain::open(DevchainConfig { sealing: Sealing::Manual, ..manual(1) }).unwrap();
    let too_much = signed_transfer(&chain, "//Alice", 0, "//Zoe", u128::MAX / 2);
    let (_, mut failing) = chain.submit_and_watch(too_much).await.unwrap();
    let fine = signed_transfer(&chain, "//Bob", 0, "//Zoe", UNIT);
    let (_, mut passing) = chain.submit_and_watch(fine).await.unwrap();
    assert_eq!(chain.seal_block().await.unwrap().extrinsics, 3);
    for statuses in [&mut failing, &mut passing] {
        let mut last = None;
        while let Some(status) = statuses.recv().await {
            last = Some(status);
        }
        assert!(matches!(last, Some(bizkey_devchain::TransactionStatus::Finalized(_))));
    }
}

#[tokio::test]
async fn a_block_takes_what_fits_and_the_rest_comes_after() {
    let chain = Devchain::open(manual(1)).unwrap();
    // Remarks of 1 MiB: three fit the 3.75 MiB of ordinary extrinsics.
    let mut last = None;
    for nonce in 0..8 {
        let remark = common::signed_remark(&chain, "//Alice", nonce, vec![7; 1024 * 1024]);
        last = Some(chain.submit_and_watch(remark).await.unwrap().1);
    }
    let mut statuses = last.unwrap();
    while statuses.recv().await.is_some() {}
    assert_eq!(chain.pending(), 0);
    assert!(chain.best().header.number >= 3);
}

#[tokio::test]
async fn a_reopened_chain_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let config = || DevchainConfig { path: Some(folder.path().to_path_buf()), ..manual(10_000) };
    let chain = Devchain::open(config()).unwrap();
    for nonce in 0..5 {
        chain.submit_and_wait(signed_transfer(&chain, "//Alice", nonce, "//Zoe", UNIT)).await.unwrap();
    }
    let best = chain.best();
    let kept = chain.clone();
    chain.shutdown();
    assert!(matches!(kept.submit(vec![]).await, Err(Error::Stopped | Error::Store(_))));

    let chain = Devchain::open(config()).unwrap();
    assert_eq!(chain.best().hash, best.hash);
    assert_eq!(chain.best().timestamp_ms, best.timestamp_ms);
    let included = chain.submit_and_wait(signed_transfer(&chain, "//Alice", 5, "//Zoe", UNIT)).await.unwrap();
    assert_eq!(included.number, 6);
    assert!(included.events.iter().any(|record| matches!(record.event, RuntimeEvent::Balances(_))));
    chain.shutdown();

    let other = Devchain::open(DevchainConfig { endowed: vec![(account("//Zoe"), UNIT)], ..config() });
    assert!(matches!(other, Err(Error::GenesisMismatch { .. })));
}

#[tokio::test]
async fn many_blocks_keep_every_state_readable_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let config = || DevchainConfig { path: Some(folder.path().to_path_buf()), ..manual(1) };
    let chain = Devchain::open(config()).unwrap();
    let mut roots = Vec::new();
    // Large remarks make no state; many accounts do.
    for round in 0..20_u32 {
        for index in 0..50_u32 {
            let to = format!("//Customer{}", round * 50 + index);
            let nonce = round * 50 + index;
            chain.submit(signed_transfer(&chain, "//Alice", nonce, &to, UNIT)).await.unwrap();
        }
        let info = chain.seal_block().await.unwrap();
        roots.push((info.hash, common::free_balance(&chain, info.hash, "//Alice").await));
    }
    chain.shutdown();
    let chain = Devchain::open(config()).unwrap();
    for (hash, balance) in roots {
        assert_eq!(common::free_balance(&chain, hash, "//Alice").await, balance);
    }
}
