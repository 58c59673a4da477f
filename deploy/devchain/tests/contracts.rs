//! Contracts on the chain: deployment, calls, events, dry runs, speed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use bizkey_devchain::{
    runtime::{AccountId, Balance, EventRecord, RuntimeCall, RuntimeEvent},
    Clock, Devchain, DevchainConfig, InProcessRpc, Sealing,
};
use codec::{Decode, Encode};
use frame_support::weights::Weight;
use sp_runtime::MultiAddress;
use subxt_rpcs::client::{rpc_params, RpcClient};

/// Stores its input under the input's first four bytes and emits it.
const STORE: &str = r#"(module
    (import "seal0" "seal_input" (func $input (param i32 i32)))
    (import "seal2" "set_storage" (func $set (param i32 i32 i32 i32) (result i32)))
    (import "seal0" "seal_deposit_event" (func $event (param i32 i32 i32 i32)))
    (import "env" "memory" (memory 1 1))
    (func (export "deploy"))
    (func (export "call")
        (i32.store (i32.const 0) (i32.const 1024))
        (call $input (i32.const 4) (i32.const 0))
        (drop (call $set (i32.const 4) (i32.const 4) (i32.const 4) (i32.load (i32.const 0))))
        (call $event (i32.const 0) (i32.const 0) (i32.const 4) (i32.load (i32.const 0)))))"#;

const GAS: Weight = Weight::from_parts(20_000_000_000, 200_000);

fn call(contract: &AccountId, data: Vec<u8>) -> RuntimeCall {
    RuntimeCall::Contracts(pallet_contracts::Call::call {
        dest: MultiAddress::Id(contract.clone()),
        value: 0,
        gas_limit: GAS,
        storage_deposit_limit: None,
        data,
    })
}

async fn deploy(chain: &Devchain) -> AccountId {
    let instantiate = RuntimeCall::Contracts(pallet_contracts::Call::instantiate_with_code {
        value: 0,
        gas_limit: GAS,
        storage_deposit_limit: None,
        code: wat::parse_str(STORE).unwrap(),
        data: vec![],
        salt: vec![],
    });
    let included = chain.submit_and_wait(common::sign(chain, "//Alice", 0, instantiate)).await.unwrap();
    included
        .events
        .iter()
        .find_map(|record| match &record.event {
            RuntimeEvent::Contracts(pallet_contracts::Event::Instantiated { contract, .. }) => Some(contract.clone()),
            _ => None,
        })
        .unwrap_or_else(|| panic!("not instantiated: {:?}", included.events))
}

fn emitted(events: &[EventRecord]) -> Vec<Vec<u8>> {
    events
        .iter()
        .filter_map(|record| match &record.event {
            RuntimeEvent::Contracts(pallet_contracts::Event::ContractEmitted { data, .. }) => Some(data.clone()),
            _ => None,
        })
        .collect()
}

fn open(sealing: Sealing) -> Devchain {
    Devchain::open(DevchainConfig { clock: Clock::Manual(1_000), sealing, ..Default::default() }).unwrap()
}

#[tokio::test]
async fn a_contract_is_deployed_called_and_heard() {
    let chain = open(Sealing::Instant);
    let contract = deploy(&chain).await;
    let included =
        chain.submit_and_wait(common::sign(&chain, "//Bob", 0, call(&contract, b"shop 17".to_vec()))).await.unwrap();
    assert_eq!(emitted(&included.events), vec![b"shop 17".to_vec()]);

    let rpc = RpcClient::new(InProcessRpc::new(&chain).unwrap());
    let ask = |function: &'static str, arguments: Vec<u8>| {
        let rpc = rpc.clone();
        async move {
            let arguments = format!("0x{}", hex::encode(arguments));
            let answer: String = rpc.request("state_call", rpc_params![function, arguments]).await.unwrap();
            hex::decode(&answer[2..]).unwrap()
        }
    };
    let stored = ask("ContractsApi_get_storage", (&contract, b"shop".to_vec()).encode()).await;
    let stored = pallet_contracts::GetStorageResult::decode(&mut &stored[..]).unwrap();
    assert_eq!(stored, Ok(Some(b"shop 17".to_vec())));

    let origin = common::account("//Bob");
    let dry_run = ask(
        "ContractsApi_call",
        (origin, &contract, 0 as Balance, None::<Weight>, None::<Balance>, b"shop 18".to_vec()).encode(),
    )
    .await;
    let dry_run = pallet_contracts::ContractExecResult::<Balance, EventRecord>::decode(&mut &dry_run[..]).unwrap();
    assert!(dry_run.result.is_ok());
    assert!(dry_run.gas_required.all_lt(GAS));
    // A dry run shows its own events alone and changes nothing.
    assert_eq!(emitted(&dry_run.events.unwrap()), vec![b"shop 18".to_vec()]);
    assert_eq!(chain.best().header.number, 2);
}

#[tokio::test]
async fn a_call_that_runs_out_of_gas_leaves_the_next_one_alone() {
    let chain = open(Sealing::Manual);
    let deploying = {
        let chain = chain.clone();
        tokio::spawn(async move { deploy(&chain).await })
    };
    while chain.pending() == 0 {
        tokio::task::yield_now().await;
    }
    chain.seal_block().await.unwrap();
    let contract = deploying.await.unwrap();
    let starved = RuntimeCall::Contracts(pallet_contracts::Call::call {
        dest: MultiAddress::Id(contract.clone()),
        value: 0,
        gas_limit: Weight::from_parts(1_000, 1_000),
        storage_deposit_limit: None,
        data: b"lost".to_vec(),
    });
    chain.submit(common::sign(&chain, "//Bob", 0, starved)).await.unwrap();
    chain.submit(common::sign(&chain, "//Bob", 1, call(&contract, b"kept".to_vec()))).await.unwrap();
    let block = chain.seal_block().await.unwrap();
    assert_eq!(block.extrinsics, 3);
    assert_eq!(emitted(&chain.events(block.hash).await.unwrap()), vec![b"kept".to_vec()]);
}

/// Not a test of speed, which the machine decides: every call of a long queue is
/// included once. Prints the rate.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_queue_of_calls_is_worked_off() {
    let folder = tempfile::tempdir().unwrap();
    let chain = Devchain::open(DevchainConfig {
        path: Some(folder.path().to_path_buf()),
        clock: Clock::Manual(1_000),
        ..Default::default()
    })
    .unwrap();
    let contract = deploy(&chain).await;
    let first = chain.best().header.number;
    let calls: Vec<_> =
        (0..4_000_u32).map(|n| common::sign(&chain, "//Bob", n, call(&contract, n.to_le_bytes().to_vec()))).collect();
    let started = std::time::Instant::now();
    let mut last = None;
    for extrinsic in calls {
        last = Some(chain.submit_and_watch(extrinsic).await.unwrap().1);
    }
    let submitted = started.elapsed();
    let mut statuses = last.unwrap();
    while statuses.recv().await.is_some() {}
    let elapsed = started.elapsed();
    let blocks = chain.best().header.number - first;
    println!("4000 calls: checked in {submitted:?}, final in {elapsed:?}, {blocks} blocks");
    let mut seen = 0;
    for number in first + 1..=chain.best().header.number {
        let hash = chain.block_hash(number).await.unwrap().unwrap();
        seen += emitted(&chain.events(hash).await.unwrap()).len();
    }
    assert_eq!(seen, 4_000);
}
