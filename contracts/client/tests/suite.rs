//! The typed calls against the real contracts on the in-process chain.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use bizkey_client::{
    deploy, Client, ClientError, ContractError, ContractKind, DeployConfig, Result, RpcClient, Signer, Suite, Weight,
    DEFAULT_ALGORITHM_VERSION, DEFAULT_CASH_CAP,
};
use bizkey_devchain::{Clock, Devchain, DevchainConfig, InProcessRpc, Sealing};
use bizkey_primitives::{
    board::Motion,
    errors::registry,
    events::Event,
    membership::{Business, Clamp},
    party::{Capital, HoldingIndex, PushedLeaf},
    report::Report,
    signature::{PublicKey, Signature},
    tree::{Leaf, ProofStep, Tuple},
    vesting::{Beneficiaries, Line},
    AccountId, Calendar, Hash, Side, Status, BZKY_SUPPLY, MERCHANT_POOL,
};

const GENESIS_MS: u64 = 1_500_000_000_000;

fn signer(uri: &str) -> Signer {
    Signer::from_uri(uri).unwrap()
}

fn config() -> DeployConfig {
    let account = |uri| signer(uri).account_id();
    DeployConfig {
        calendar: Calendar { genesis_ms: GENESIS_MS, epoch_ms: 86_400_000 },
        beneficiaries: Beneficiaries {
            early_supporters: account("//Bob"),
            team: account("//Bob"),
            partners: account("//Bob"),
        },
        directors: ["//Alice", "//Bob", "//Charlie"].map(|uri| (account(uri), uri.as_bytes().to_vec())).to_vec(),
        chief_executive: account("//Dave"),
        attestors: vec![account("//Charlie"), account("//Dave")],
        committee: vec![account("//Alice"), account("//Bob"), account("//Charlie")],
        window_ms: 7_200_000,
        penalty_window_ms: 1_000,
        algorithm_version: DEFAULT_ALGORITHM_VERSION,
        cash_cap: Some(DEFAULT_CASH_CAP),
    }
}

async fn network(sealing: Sealing) -> (Devchain, Suite) {
    let clock = Clock::Manual(GENESIS_MS + 3 * 86_400_000);
    let chain = Devchain::open(DevchainConfig { clock, sealing, ..DevchainConfig::default() }).unwrap();
    let client = Client::from_rpc(RpcClient::new(InProcessRpc::new(&chain).unwrap())).await.unwrap();
    let sealer = (sealing == Sealing::Manual).then(|| tokio::spawn(seal_often(chain.clone())));
    let deployment = deploy(&client, &signer("//Alice"), &config()).await.unwrap();
    if let Some(sealer) = sealer {
        sealer.abort();
        let _ = sealer.await;
    }
    (chain, Suite::new(client, deployment).unwrap())
}

async fn seal_often(chain: Devchain) {
    loop {
        chain.seal_block().await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// A value, or the contract's own refusal: either shows that the message and
/// its arguments were understood.
fn understood<T: std::fmt::Debug>(outcome: Result<T>) {
    match outcome {
        Ok(_) | Err(ClientError::Contract { .. }) => {}
        Err(error) => panic!("{error:?}"),
    }
}

macro_rules! reads {
    ($($handle:expr => { $($read:ident($($argument:expr),*);)* })*) => {
        $( let handle = $handle; $( understood(handle.$read($($argument,)* None).await); )* )*
    };
}

macro_rules! writes {
    ($origin:expr, $($handle:expr => { $($write:ident($($argument:expr),*);)* })*) => {
        $( let handle = $handle; $( understood(handle.$write($($argument),*).dry_run(&$origin, None).await); )* )*
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_is_understood_by_its_contract() {
    let (_chain, suite) = network(Sealing::Instant).await;
    let account = AccountId::from([1; 32]);
    let (merchant, hash) = (Side::Merchant, Hash::from([2; 32]));
    reads! {
        suite.bzky() => {
            total_supply(); balance_of(account); allowance(account, account); token_name(); token_symbol();
            token_decimals(); genesis(); calendar(); low_at(account, 0, 0); lows_at(0, &[(account, 0)]);
            checkpoint_index(account, 0);
        }
        suite.time() => {
            total_supply(); balance_of(account); allowance(account, account); token_name(); token_symbol();
            token_decimals(); minted_for(0); minted_total();
        }
        suite.vault() => { available(); }
        suite.vesting() => { due(Line::Team); released(Line::Partners); bzky(); foundation(); }
        suite.redemption() => { admin(); contracts(); }
        suite.otc() => { admin(); escrowed(); }
        suite.foundation() => { directors(); resolution(1); chief_executive(); powers(); is_bound(); }
        suite.registry() => {
            count(merchant); account_of(merchant, 1); party_of(account); status_of(merchant, 1);
            status_at(merchant, 1, 0); capital_of(1, 0); merchant_of_device(1); claimants(merchant, 0, &[1, 2]);
            cash_cap(0); clamp_of(1, 0); capital_floor(Business::default(), 0); account_at(merchant, 1, 0);
            is_held(account); is_attestor(account); admin();
        }
        suite.receipts() => {
            admin(); device(1); next_seq(1); head(1, 0); merchants_seen(0); receipts_in(0); epoch_counts(0);
        }
        suite.pos_deposit() => {
            admin(); platform(); deposit_of(1); balance_of(account); lows_at(0, &[(account, 0)]); checkpoint_index(account, 0);
        }
        suite.rewards() => {
            admin(); epoch(0); next_epoch(); committee_at(0); is_claimed(merchant, 0, 0); claimed_words(merchant, 0, 0);
            contracts(); calendar(); window_ms(); vote_of(0, 0, account); customer_reserved(); algorithm_at(0);
            deferred_of(0, 1);
        }
    }
    let leaf = Leaf { account: 1, v1: 2, v2: 3 };
    let sibling = Tuple { hash: [1; 32], count: 1, sum_v1: 1, sum_v2: 1, min_account: 2, max_account: 2 };
    let proof = [ProofStep { sibling_is_left: false, sibling }];
    let capital = Capital { area_m2: 1, staff: 2, rent_per_m2_month: 3, wage_month: 4 };
    writes! { signer("//Charlie").account_id(),
        suite.bzky() => {
            transfer(account, 1); transfer_from(account, account, 1); approve(account, 1);
            increase_allowance(account, 1); decrease_allowance(account, 1); burn(1); transfer_many(&[(account, 1)]);
        }
        suite.time() => { bind(account, account, account, account); transfer(account, 1); burn(1); }
        suite.vault() => { bind(account, account); }
        suite.vesting() => { bind(account, account); release(Line::Team); }
        suite.redemption() => { hand_over(account); }
        suite.otc() => { hand_over(account); }
        suite.foundation() => {
            bind(&[account]); propose(&Motion::DismissChiefExecutive); vote(1, true); enact(1); execute(account, &[1, 2, 3, 4]);
        }
        suite.registry() => {
            bind(account); hand_over(account); set_attestor(account, true); register(merchant, account, hash, hash);
            attest_capital(1, capital); register_device(1, PublicKey::Ecdsa([2; 33])); set_device_active(1, false);
            set_status(merchant, 1, Status::Demoted, hash); place_hold(merchant, 1, 5, hash); set_cash_cap(5, 9);
            attest_business(1, Business::default()); set_clamp(1, Clamp { lo: 1, hi: 2 }, 9);
            set_capital_floor(Business::default(), 5, 9);
        }
        suite.receipts() => {
            bind(account, account, account); hand_over(account); record(1, 0, 1, &[0; 40], Signature::Sr25519([1; 64])); void_receipt(1, 0, 0, Signature::Ecdsa([1; 65]));
        }
        suite.pos_deposit() => {
            bind(account, account); hand_over(account); set_platform(account); lock(1, 5); confirm_return(1); release(1);
        }
        suite.rewards() => {
            report(0, &Report { algorithm_version: 1, merchants: Default::default(), customers: Default::default() });
            set_algorithm(9, 2); claim_deferred(0, 1); finalise(0); void_overdue(0); claim(merchant, 0, leaf, HoldingIndex::default(), &proof);
            push(merchant, 0, &[PushedLeaf { leaf, holding: HoldingIndex::default() }], &proof);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_is_complete_and_finds_itself_again() {
    let (chain, suite) = network(Sealing::Instant).await;
    let deployment = suite.deployment().clone();
    assert_eq!(suite.bzky().total_supply(None).await, Ok(BZKY_SUPPLY));
    assert_eq!(suite.vault().available(None).await, Ok(MERCHANT_POOL));
    let vesting = suite.bzky().balance_of(suite.vesting().address(), None).await;
    assert_eq!(vesting, Ok(BZKY_SUPPLY - MERCHANT_POOL));
    assert_eq!(suite.bzky().genesis(None).await, Ok(Hash::from(deployment.genesis_hash)));
    assert_eq!(suite.rewards().committee_at(0, None).await.unwrap(), config().committee);

    let before = chain.best().header.number;
    let client = Client::from_rpc(RpcClient::new(InProcessRpc::new(&chain).unwrap())).await.unwrap();
    let again = deploy(&client, &signer("//Alice"), &config()).await.unwrap();
    assert_eq!(again, deployment);
    assert_eq!(chain.best().header.number, before, "nothing is sent a second time");

    let other = bizkey_client::Deployment { genesis_hash: [1; 32], ..deployment };
    assert!(matches!(Suite::new(client, other), Err(ClientError::Deployment { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_was_cut_short_is_finished() {
    let clock = Clock::Manual(GENESIS_MS - 1);
    let chain = Devchain::open(DevchainConfig { clock, ..DevchainConfig::default() }).unwrap();
    let client = Client::from_rpc(RpcClient::new(InProcessRpc::new(&chain).unwrap())).await.unwrap();
    let started = {
        let client = client.clone();
        tokio::spawn(async move { deploy(&client, &signer("//Alice"), &config()).await })
    };
    while chain.best().header.number < 3 {
        tokio::task::yield_now().await;
    }
    started.abort();
    let _ = started.await;
    let deployment = deploy(&client, &signer("//Alice"), &config()).await.unwrap();
    assert_eq!(deployment.block, 0, "the first contract came with block 1");
    let suite = Suite::new(client, deployment).unwrap();
    assert_eq!(suite.vault().available(None).await, Ok(MERCHANT_POOL));
    let unbound = suite.registry().register_device(1, PublicKey::Sr25519([1; 32]));
    let refusal = unbound.dry_run(&signer("//Charlie").account_id(), None).await.unwrap_err();
    assert_eq!(refusal.contract(), Some(ContractError::Registry(registry::Error::UnknownParty)), "bound");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_committee_that_is_refused_is_the_contracts_own_error() {
    let chain = Devchain::open(DevchainConfig::default()).unwrap();
    let client = Client::from_rpc(RpcClient::new(InProcessRpc::new(&chain).unwrap())).await.unwrap();
    let config = DeployConfig { committee: vec![AccountId::from([1; 32])], ..config() };
    let error = deploy(&client, &signer("//Alice"), &config).await.unwrap_err();
    assert_eq!(error.contract().map(|error| error.name()).as_deref(), Some("BadCommittee"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_on_chain_is_explained_also_when_its_cause_is_in_the_same_block() {
    let (chain, suite) = network(Sealing::Manual).await;
    let gas = Weight { ref_time: 20_000_000_000, proof_size: 1 << 20 };
    let register = |account: u8, nullifier: u8| {
        let (account, nullifier) = (AccountId::from([account; 32]), Hash::from([nullifier; 32]));
        suite.registry().register(Side::Merchant, account, nullifier, Hash::default()).with_gas(gas)
    };
    let attestor = signer("//Charlie");
    let first = register(1, 1).submit(&attestor).await.unwrap();
    let second = register(2, 1).submit(&attestor).await.unwrap();
    let third = register(3, 3).submit(&attestor).await.unwrap();
    let stranger = register(4, 4).submit(&signer("//Eve")).await.unwrap();
    chain.seal_block().await.unwrap();
    let refused = |error| Some(ContractError::Registry(error));
    assert_eq!(first.finalized().await.unwrap().party_index(), Some(1));
    assert_eq!(second.finalized().await.unwrap_err().contract(), refused(registry::Error::NullifierUsed));
    assert_eq!(third.finalized().await.unwrap().party_index(), Some(2));
    assert_eq!(stranger.finalized().await.unwrap_err().contract(), refused(registry::Error::NotAttestor));

    let starved = suite.registry().set_attestor(AccountId::from([9; 32]), true);
    let starved = starved.with_gas(Weight { ref_time: 1_000_000, proof_size: 1_000 });
    let starved = starved.submit(&signer("//Alice")).await.unwrap();
    chain.seal_block().await.unwrap();
    let error = starved.finalized().await.unwrap_err();
    assert!(matches!(&error, ClientError::Dispatch { reason, .. } if reason == "Contracts::OutOfGas"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_transactions_with_one_nonce_one_is_included_and_the_others_are_told() {
    let (chain, suite) = network(Sealing::Manual).await;
    let gas = Weight { ref_time: 20_000_000_000, proof_size: 1 << 20 };
    let register = |account: u8| {
        let (account, nullifier) = (AccountId::from([account; 32]), Hash::from([account; 32]));
        suite.registry().register(Side::Merchant, account, nullifier, Hash::default()).with_gas(gas)
    };
    let attestor = signer("//Charlie");
    let head = suite.client().finalized_head().await.unwrap();
    let nonce = suite.client().account_at(&attestor.account_id(), &head.hash).await.unwrap().nonce;
    let used = ClientError::NonceUsed { call: "register", nonce: nonce.into() };

    let first = register(1).submit_with_nonce(&attestor, nonce).await.unwrap();
    assert_eq!(register(2).submit_with_nonce(&attestor, nonce).await.unwrap_err(), used, "it waits in the pool");
    // Without a choice the next one is used.
    let next = register(3).submit(&attestor).await.unwrap();
    chain.seal_block().await.unwrap();
    assert_eq!(first.finalized().await.unwrap().party_index(), Some(1));
    assert_eq!(next.finalized().await.unwrap().party_index(), Some(2));
    assert_eq!(register(2).submit_with_nonce(&attestor, nonce).await.unwrap_err(), used, "it is in a block");

    // What needs less has priority, and takes the place of what waits.
    let ample = Weight { ref_time: gas.ref_time * 2, proof_size: gas.proof_size * 2 };
    let slow = register(4).with_gas(ample).submit_with_nonce(&attestor, nonce + 2).await.unwrap();
    let quick = register(5).submit_with_nonce(&attestor, nonce + 2).await.unwrap();
    let used = ClientError::NonceUsed { call: "register", nonce: u64::from(nonce) + 2 };
    assert_eq!(slow.finalized().await.unwrap_err(), used);
    chain.seal_block().await.unwrap();
    assert_eq!(quick.finalized().await.unwrap().party_index(), Some(3));
    assert_eq!(suite.client().account(&attestor.account_id()).await.unwrap().nonce, nonce + 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocks_events_are_named_and_told_apart_by_contract() {
    let (_chain, suite) = network(Sealing::Instant).await;
    suite.vesting().release(Line::EarlySupporters).send(&signer("//Bob")).await.unwrap();
    let paid = suite.bzky().transfer(AccountId::from([5; 32]), 17).send(&signer("//Bob")).await.unwrap();
    let block = suite.client().block(paid.block.hash, &suite.deployment().contracts).await.unwrap();
    assert_eq!((block.number, block.hash), (paid.block.number, paid.block.hash));
    assert!(block.timestamp_ms >= GENESIS_MS);
    assert_eq!(block.events, paid.events);
    let [event] = &block.events[..] else { panic!("{:?}", block.events) };
    assert_eq!((event.kind, event.contract), (ContractKind::Bzky, suite.bzky().address()));
    assert_eq!(event.extrinsic, Some(paid.extrinsic));
    assert!(matches!(&event.event, Event::Transfer(transfer) if transfer.value == 17), "{event:?}");
}
