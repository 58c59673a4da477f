//! What the chain lets a test do: forks, finality, time, state, snapshots,
//! dumps, limits.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use bizkey_devchain::{
    runtime::{Hash, Limits, EXISTENTIAL_DEPOSIT, UNIT},
    Clock, Devchain, DevchainConfig, Error, Fate, InProcessRpc, Reorg, RetractedTransactions, Sealing, StorageChange,
    TransactionStatus,
};
use common::{account, free_balance, signed_remark, signed_transfer};
use parking_lot::Mutex;
use serde_json::{json, Value};
use std::{io::Write, sync::Arc, time::Duration};
use subxt_rpcs::client::{rpc_params, RpcClient};
use tokio::sync::mpsc::UnboundedReceiver;

fn manual(lag: u32) -> DevchainConfig {
    DevchainConfig { clock: Clock::Manual(1_000), sealing: Sealing::Manual, finality_lag: lag, ..Default::default() }
}

fn reorg(depth: u32, transactions: RetractedTransactions) -> Reorg {
    Reorg { depth, blocks: None, transactions, include: Vec::new() }
}

/// Sends a coin from Alice to Zoe in a block of its own; the statuses.
async fn pay(chain: &Devchain, nonce: u32) -> UnboundedReceiver<TransactionStatus> {
    let transfer = signed_transfer(chain, "//Alice", nonce, "//Zoe", UNIT);
    let (_, statuses) = chain.submit_and_watch(transfer).await.unwrap();
    chain.seal_block().await.unwrap();
    statuses
}

fn heard(statuses: &mut UnboundedReceiver<TransactionStatus>) -> Vec<&'static str> {
    let mut names = Vec::new();
    while let Ok(status) = statuses.try_recv() {
        names.push(match status {
            TransactionStatus::Future => "future",
            TransactionStatus::Ready => "ready",
            TransactionStatus::InBlock(_) => "in block",
            TransactionStatus::Retracted(_) => "retracted",
            TransactionStatus::Finalized(_) => "finalized",
            TransactionStatus::Usurped(_) => "usurped",
            TransactionStatus::Dropped => "dropped",
            TransactionStatus::Invalid => "invalid",
        });
    }
    names
}

/// What an account has after the best block, `None` if it does not exist.
async fn balance(chain: &Devchain, seed: &str) -> Option<u128> {
    let rpc = RpcClient::new(InProcessRpc::new(chain).unwrap());
    let key = format!("0x{}", hex::encode(common::account_key(seed)));
    let there: Option<String> = rpc.request("state_getStorage", rpc_params![key]).await.unwrap();
    there?;
    Some(free_balance(chain, chain.best().hash, seed).await)
}

async fn zoe(chain: &Devchain) -> u128 {
    free_balance(chain, chain.best().hash, "//Zoe").await
}

#[tokio::test]
async fn finality_stays_so_many_blocks_behind() {
    let chain = Devchain::open(manual(3)).unwrap();
    let mut statuses = pay(&chain, 0).await;
    for number in 2..=3 {
        chain.seal_block().await.unwrap();
        assert_eq!((chain.best().header.number, chain.finalized().header.number), (number, 0));
    }
    assert_eq!(heard(&mut statuses), ["ready", "in block"]);
    chain.seal_block().await.unwrap();
    assert_eq!(chain.finalized().header.number, 1);
    assert_eq!(heard(&mut statuses), ["finalized"]);
    chain.set_finality_lag(1);
    chain.seal_block().await.unwrap();
    assert_eq!((chain.best().header.number, chain.finalized().header.number), (5, 4));
    assert_eq!(chain.finalize(None).await.unwrap(), chain.best().hash);
    assert_eq!(chain.finalized().header.number, 5);
}

#[tokio::test]
async fn a_reorganisation_takes_the_transactions_again() {
    for depth in 1..=4_u32 {
        let chain = Devchain::open(manual(10)).unwrap();
        let mut statuses = Vec::new();
        for nonce in 0..4 {
            statuses.push(pay(&chain, nonce).await);
        }
        let old = chain.best();
        let kept = chain.block_hash(4 - depth).await.unwrap();
        let new = chain.reorg(reorg(depth, RetractedTransactions::Include)).await.unwrap();
        assert_eq!(new.len() as u32, depth + 1);
        assert_eq!(chain.best().header.number, 5);
        assert_eq!(chain.block_hash(4 - depth).await.unwrap(), kept);
        assert!(new.iter().all(|block| block.hash != old.hash));
        assert_eq!(zoe(&chain).await, 4 * UNIT);
        // The old branch can still be read.
        assert_eq!(free_balance(&chain, old.hash, "//Zoe").await, 4 * UNIT);
        for (index, statuses) in statuses.iter_mut().enumerate() {
            let left = index as u32 >= 4 - depth;
            let told = heard(statuses);
            if left {
                assert_eq!(told, ["ready", "in block", "retracted", "in block"]);
            } else {
                assert_eq!(told, ["ready", "in block"]);
            }
        }
        chain.finalize(None).await.unwrap();
        for statuses in &mut statuses {
            assert_eq!(heard(statuses), ["finalized"]);
        }
    }
}

#[tokio::test]
async fn retracted_transactions_wait_again_or_are_lost_as_asked() {
    let chain = Devchain::open(manual(10)).unwrap();
    let mut statuses = pay(&chain, 0).await;
    chain.reorg(reorg(1, RetractedTransactions::Return)).await.unwrap();
    assert_eq!((balance(&chain, "//Zoe").await, chain.pending()), (None, 1));
    chain.seal_block().await.unwrap();
    assert_eq!(zoe(&chain).await, UNIT);
    assert_eq!(heard(&mut statuses), ["ready", "in block", "retracted", "ready", "in block"]);

    let mut second = pay(&chain, 1).await;
    chain.reorg(reorg(1, RetractedTransactions::Drop)).await.unwrap();
    assert_eq!((zoe(&chain).await, chain.pending()), (UNIT, 0));
    assert_eq!(heard(&mut second), ["ready", "in block", "retracted", "dropped"]);
    // The nonce is free again, and the same transaction may be sent again.
    let mut third = pay(&chain, 1).await;
    assert_eq!(heard(&mut third), ["ready", "in block"]);
    assert_eq!(zoe(&chain).await, 2 * UNIT);
}

#[tokio::test]
async fn the_new_branch_may_spend_the_same_coin_elsewhere() {
    let chain = Devchain::open(manual(10)).unwrap();
    let mut statuses = pay(&chain, 0).await;
    let elsewhere = signed_transfer(&chain, "//Alice", 0, "//Bob", UNIT);
    let double_spend = Reorg { include: vec![elsewhere], ..reorg(1, RetractedTransactions::Include) };
    chain.reorg(double_spend).await.unwrap();
    assert_eq!(heard(&mut statuses), ["ready", "in block", "retracted", "invalid"]);
    assert_eq!(balance(&chain, "//Zoe").await, None);
}

#[tokio::test]
async fn final_blocks_cannot_be_undone() {
    let chain = Devchain::open(manual(2)).unwrap();
    for _ in 0..5 {
        chain.seal_block().await.unwrap();
    }
    let best = chain.best().hash;
    let refused = chain.reorg(reorg(3, RetractedTransactions::Include)).await;
    assert!(matches!(refused, Err(Error::TooDeep { depth: 3, available: 2 })), "{refused:?}");
    let none = Reorg { blocks: Some(0), ..reorg(1, RetractedTransactions::Include) };
    assert!(matches!(chain.reorg(none).await, Err(Error::NoBlocks)));
    assert_eq!(chain.best().hash, best);
    // A reorganisation of depth 0 only adds a block with the mark of a fork.
    assert_eq!(chain.reorg(reorg(0, RetractedTransactions::Include)).await.unwrap()[0].number, 6);
}

#[tokio::test]
async fn the_same_extrinsics_at_the_same_times_give_the_same_hashes() {
    let play = || async {
        let chain = Devchain::open(manual(10)).unwrap();
        let extrinsics: Vec<_> = (0..4).map(|nonce| signed_transfer(&chain, "//Alice", nonce, "//Zoe", UNIT)).collect();
        (chain, extrinsics)
    };
    let (chain, extrinsics) = play().await;
    let (other, _) = play().await;
    let mut hashes: Vec<Vec<Hash>> = Vec::new();
    for chain in [&chain, &other] {
        for extrinsic in &extrinsics {
            chain.set_clock(chain.clock().advanced(500));
            chain.submit(extrinsic.clone()).await.unwrap();
            chain.seal_block().await.unwrap();
        }
        chain.reorg(reorg(2, RetractedTransactions::Include)).await.unwrap();
        chain.reorg(reorg(1, RetractedTransactions::Return)).await.unwrap();
        chain.set_balance(account("//Zoe"), 9 * UNIT).await.unwrap();
        let mut all = Vec::new();
        for number in 0..=chain.best().header.number {
            all.push(chain.block_hash(number).await.unwrap().unwrap());
        }
        hashes.push(all);
    }
    assert_eq!(hashes[0], hashes[1]);
}

#[tokio::test]
async fn a_snapshot_brings_back_chain_and_clock() {
    let chain = Devchain::open(manual(0)).unwrap();
    pay(&chain, 0).await;
    let (best, id) = (chain.best().hash, chain.snapshot().await.unwrap());
    // Signatures differ each time they are made; the bytes must be the same.
    let transfer = signed_transfer(&chain, "//Alice", 1, "//Zoe", UNIT);
    let again = async || {
        chain.set_clock(chain.clock().advanced(5_000));
        chain.submit(transfer.clone()).await.unwrap();
        chain.seal_block().await.unwrap();
    };
    again().await;
    let after = chain.best().hash;
    let waiting = signed_transfer(&chain, "//Alice", 2, "//Zoe", UNIT);
    let (_, mut statuses) = chain.submit_and_watch(waiting).await.unwrap();
    let revision = chain.follow().borrow().revision;

    chain.revert(id).await.unwrap();
    assert_eq!((chain.best().hash, chain.finalized().hash, chain.now_ms()), (best, best, 1_000));
    assert_eq!((zoe(&chain).await, chain.pending()), (UNIT, 0));
    assert_eq!(heard(&mut statuses), ["ready", "dropped"]);
    assert_eq!(chain.block_hash(2).await.unwrap(), None);
    assert_eq!(chain.follow().borrow().revision, revision + 1);

    again().await;
    assert_eq!(chain.best().hash, after, "the same things at the same times");
    chain.revert(id).await.unwrap();
    assert!(matches!(chain.revert(id + 1).await, Err(Error::UnknownSnapshot(_))));
}

#[tokio::test]
async fn state_and_balances_are_set_by_a_block() {
    let chain = Devchain::open(manual(0)).unwrap();
    let block = chain.set_balance(account("//Zoe"), 7 * UNIT).await.unwrap();
    assert_eq!((block.number, zoe(&chain).await), (1, 7 * UNIT));
    let little = chain.set_balance(account("//Zoe"), EXISTENTIAL_DEPOSIT - 1).await;
    assert!(matches!(little, Err(Error::BelowExistentialDeposit(_))));
    // The money can be spent.
    chain.submit(signed_transfer(&chain, "//Zoe", 0, "//Bob", UNIT)).await.unwrap();
    chain.seal_block().await.unwrap();
    assert!(zoe(&chain).await < 6 * UNIT);

    let set = |value: Option<&[u8]>| {
        vec![StorageChange { child: None, key: b"test".to_vec(), value: value.map(<[u8]>::to_vec) }]
    };
    let rpc = RpcClient::new(InProcessRpc::new(&chain).unwrap());
    for value in [Some(&b"value"[..]), None] {
        chain.set_storage(set(value)).await.unwrap();
        let read: Option<String> = rpc.request("state_getStorage", rpc_params!["0x74657374"]).await.unwrap();
        assert_eq!(read, value.map(|value| format!("0x{}", hex::encode(value))));
    }
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_dumped_chain_goes_on_elsewhere_and_damage_is_found() {
    let endowed = vec![(account("//Zoe"), 5 * UNIT)];
    let config = || DevchainConfig { endowed: endowed.clone(), ..manual(2) };
    let chain = Devchain::open(config()).unwrap();
    for nonce in 0..4 {
        pay(&chain, nonce).await;
    }
    let buffer = Buffer::default();
    chain.dump(buffer.clone()).await.unwrap();
    let dump = buffer.0.lock().clone();

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chain.dump");
    std::fs::write(&file, &dump).unwrap();
    let data = folder.path().join("data");
    // The genesis block comes with the dump, whatever the configuration says.
    let load = || DevchainConfig { path: Some(data.clone()), load: Some(file.clone()), ..manual(2) };
    let loaded = Devchain::open(load()).unwrap();
    assert_eq!(loaded.genesis_hash(), chain.genesis_hash());
    assert_eq!((loaded.best().hash, loaded.finalized().hash), (chain.best().hash, chain.finalized().hash));
    // Signed once: a signature is never twice the same.
    let next = signed_transfer(&chain, "//Alice", 4, "//Zoe", UNIT);
    for chain in [&chain, &loaded] {
        chain.submit(next.clone()).await.unwrap();
        chain.seal_block().await.unwrap();
    }
    assert_eq!(loaded.best().hash, chain.best().hash);
    assert_eq!(zoe(&loaded).await, 10 * UNIT);
    loaded.shutdown();
    assert!(matches!(Devchain::open(load()), Err(Error::NotEmpty(_))));

    // Into a running chain of the same genesis block.
    let running = Devchain::open(config()).unwrap();
    pay(&running, 0).await;
    running.load(std::io::Cursor::new(dump.clone())).await.unwrap();
    assert_eq!(running.best().header.number, 4);
    let other = Devchain::open(manual(2)).unwrap();
    assert!(other.load(std::io::Cursor::new(dump.clone())).await.is_err());
    // Any damage, wherever it is, leaves the chain as it was.
    for place in (0..dump.len()).step_by(dump.len() / 97 + 1) {
        let mut damaged = dump.clone();
        damaged[place] ^= 0x40;
        let truncated = dump[..place].to_vec();
        for bytes in [damaged, truncated] {
            assert!(other.load(std::io::Cursor::new(bytes.clone())).await.is_err(), "byte {place}");
            let fresh = Devchain::open(config()).unwrap();
            assert!(fresh.load(std::io::Cursor::new(bytes)).await.is_err(), "byte {place}");
            assert_eq!(fresh.best().header.number, 0);
        }
    }
}

#[tokio::test]
async fn a_chain_with_a_lag_reopens_with_its_unfinalised_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let config = || DevchainConfig { path: Some(folder.path().to_path_buf()), ..manual(3) };
    let chain = Devchain::open(config()).unwrap();
    for nonce in 0..5 {
        pay(&chain, nonce).await;
    }
    chain.reorg(reorg(2, RetractedTransactions::Return)).await.unwrap();
    let heads = (chain.best().hash, chain.finalized().hash);
    chain.shutdown();
    let chain = Devchain::open(config()).unwrap();
    assert_eq!((chain.best().hash, chain.finalized().hash), heads);
    let new = chain.reorg(reorg(3, RetractedTransactions::Include)).await.unwrap();
    assert_eq!(new.len(), 4);
    assert!(matches!(
        chain.reorg(reorg(9, RetractedTransactions::Include)).await,
        Err(Error::TooDeep { available: 3, .. })
    ));
}

#[tokio::test]
async fn many_blocks_at_once_move_the_clock() {
    let chain = Devchain::open(manual(0)).unwrap();
    let blocks = chain.seal_blocks(600, 6_000).await.unwrap();
    assert_eq!(blocks.len(), 600);
    assert_eq!((blocks[0].timestamp_ms, blocks[599].timestamp_ms), (1_000, 1_000 + 599 * 6_000));
    assert_eq!((chain.best().header.number, chain.finalized().header.number), (600, 600));
}

#[tokio::test]
async fn blocks_come_at_intervals_or_when_asked_as_set() {
    let chain = Devchain::open(manual(0)).unwrap();
    let mut heads = chain.follow();
    chain.set_sealing(Sealing::Interval(Duration::from_millis(20)));
    let wait = heads.wait_for(|heads| heads.best.header.number >= 5);
    tokio::time::timeout(Duration::from_secs(30), wait).await.expect("five blocks in half a minute").unwrap();
    chain.set_sealing(Sealing::Manual);
    chain.snapshot().await.unwrap();
    let number = chain.best().header.number;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(chain.best().header.number, number);
    chain.submit(signed_transfer(&chain, "//Alice", 0, "//Zoe", UNIT)).await.unwrap();
    assert_eq!(chain.pending(), 1);
    chain.set_sealing(Sealing::Instant);
    let wait = heads.wait_for(|heads| heads.best.header.number > number);
    tokio::time::timeout(Duration::from_secs(30), wait).await.expect("a block for what waits").unwrap();
    assert_eq!(zoe(&chain).await, UNIT);
}

#[tokio::test]
async fn lost_and_late_transactions_behave_so() {
    let chain = Devchain::open(manual(0)).unwrap();
    chain.transaction_faults().add(Fate::Drop { silent: false }, 1).unwrap();
    chain.transaction_faults().add(Fate::Drop { silent: true }, 1).unwrap();
    chain.transaction_faults().add(Fate::Delay { blocks: 2 }, 1).unwrap();
    let transfer = signed_transfer(&chain, "//Alice", 0, "//Zoe", UNIT);
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(chain.submit_and_watch(transfer.clone()).await.unwrap().1);
    }
    for expected in [0, 0, UNIT] {
        let sealed = chain.seal_block().await.unwrap();
        let paid = sealed.extrinsics > 1;
        assert_eq!(paid, expected > 0, "block {}", sealed.number);
    }
    assert_eq!(heard(&mut all[0]), ["ready", "dropped"]);
    assert_eq!(heard(&mut all[1]), ["ready"]);
    assert_eq!(heard(&mut all[2]), ["ready", "in block", "finalized"]);
    assert!(all[1].try_recv().is_err() && !all[1].is_closed(), "still waiting, as for a real loss");
}

#[tokio::test]
async fn lifted_limits_are_said_and_real_ones_hold() {
    let real = Devchain::open(manual(0)).unwrap();
    let lifted = Devchain::open(DevchainConfig { limits: Limits::Lifted, ..manual(0) }).unwrap();
    // Both at once in one process, each by its own limits.
    let large = |chain: &Devchain| signed_remark(chain, "//Alice", 0, vec![7; 6 * 1024 * 1024]);
    assert!(real.submit(large(&real)).await.is_err());
    lifted.submit(large(&lifted)).await.unwrap();
    assert_eq!(lifted.seal_block().await.unwrap().extrinsics, 2);
    let endowment = bizkey_devchain::runtime::DEVELOPMENT_ENDOWMENT;
    assert_eq!(free_balance(&lifted, lifted.best().hash, "//Alice").await, endowment, "no fee");
    pay(&real, 0).await;
    assert!(free_balance(&real, real.best().hash, "//Alice").await < endowment - UNIT);
    for (chain, limits) in [(&real, "realChain"), (&lifted, "lifted")] {
        let rpc = RpcClient::new(InProcessRpc::new(chain).unwrap());
        let info: Value = rpc.request("dev_info", rpc_params![]).await.unwrap();
        assert_eq!(info["limits"], limits);
    }
}

#[tokio::test]
async fn every_control_is_a_method() {
    let chain = Devchain::open(manual(5)).unwrap();
    let rpc = RpcClient::new(InProcessRpc::new(&chain).unwrap());
    let call = |method: &'static str, params: Value| {
        let rpc = rpc.clone();
        async move {
            let raw = serde_json::value::to_raw_value(&params).unwrap();
            let answer = rpc.request_raw(method, Some(raw)).await;
            answer.map(|raw| serde_json::from_str::<Value>(raw.get()).unwrap()).map_err(|error| error.to_string())
        }
    };
    assert_eq!(call("dev_setTime", json!([5_000])).await.unwrap(), 5_000);
    assert_eq!(call("dev_increaseTime", json!({"ms": 500})).await.unwrap(), 5_500);
    assert_eq!(call("dev_newBlock", json!([])).await.unwrap()["timestampMs"], 5_500);
    let blocks = call("dev_newBlocks", json!([{"count": 3, "intervalMs": 100}])).await.unwrap();
    assert_eq!(blocks[2]["timestampMs"], 5_700);
    let snapshot = call("dev_snapshot", json!([])).await.unwrap();
    let dump = call("dev_dump", json!([])).await.unwrap();
    let new = call("dev_reorg", json!({"depth": 2, "transactions": "return"})).await.unwrap();
    assert_eq!(new.as_array().unwrap().len(), 3);
    let deep = call("dev_reorg", json!([{"depth": 9}])).await.unwrap_err();
    assert!(deep.contains("raise the finality lag"), "{deep}");
    let address = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
    call("dev_setBalance", json!({"account": address, "free": "340000000000000000000"})).await.unwrap();
    call("dev_setStorage", json!({"changes": [["0x01", "0x02"], ["0x03", null]]})).await.unwrap();
    assert!(call("dev_setStorage", json!({"changes": [], "child": "0x00"})).await.unwrap_err().contains("child"));
    assert!(call("dev_finalize", json!([])).await.unwrap().is_string());
    assert!(call("dev_revert", json!([snapshot])).await.unwrap().is_string());
    assert!(call("dev_revert", json!([77])).await.unwrap_err().contains("no snapshot 77"));
    assert!(call("dev_load", json!([dump])).await.unwrap().is_string());
    call("dev_setFinalityLag", json!({"blocks": 1})).await.unwrap();
    call("dev_setSealing", json!([{"interval": 1_000_000}])).await.unwrap();
    assert!(call("dev_setSealing", json!(["sometimes"])).await.unwrap_err().contains("sealing"));
    let info = call("dev_info", json!([])).await.unwrap();
    assert_eq!(info["sealing"]["interval"], 1_000_000);
    assert_eq!((&info["finalityLag"], &info["best"]["number"]), (&json!(1), &json!(4)));
    let nothing = format!("{:?}", Hash::repeat_byte(1));
    assert_eq!(call("dev_removeTransaction", json!([nothing])).await.unwrap(), false);
}
