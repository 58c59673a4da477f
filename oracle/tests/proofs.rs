//! The proof service: what it answers can be submitted, what it refuses it names.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use bizkey_oracle::{
    proofs::{self, ProofAnswer},
    report::{Holding, Network},
    scoring::{EpochInput, ReceiptId, ReceiptInput},
    source::{EpochFacts, EpochSource, SourceError},
    Book,
};
use bizkey_primitives::{
    hash::selector,
    party::HoldingIndex,
    receipt::{Channel, Rail},
    report::BIZPOWER_1,
    tree::{Leaf, ProofStep},
    AccountId, Epoch, Hash, Side,
};
use codec::Decode;
use std::sync::{
    atomic::{AtomicBool, Ordering},
    Arc,
};

fn network() -> Network {
    Network { genesis: Hash::from([7; 32]), rewards: AccountId::from([8; 32]) }
}

/// One closed epoch: 200 shops, each with a sale to the customer of its number.
#[derive(Default)]
struct OneEpoch {
    is_down: AtomicBool,
}

#[async_trait::async_trait]
impl EpochSource for OneEpoch {
    async fn closed_epoch(&self, epoch: Epoch) -> Result<Option<EpochFacts>, SourceError> {
        if self.is_down.load(Ordering::Relaxed) {
            return Err(SourceError { epoch, cause: "the index is away".into(), is_transient: true });
        }
        if epoch > 0 {
            return Ok(None);
        }
        let sale = |merchant: u32| ReceiptInput {
            id: ReceiptId { device: merchant, seq: 0, index: 0 },
            merchant,
            customer: Some(merchant),
            channel: Channel::InStore,
            rail: Rail::Card,
            amount: u64::from(merchant),
            reference: [1; 16],
        };
        let holding = |merchant: u32| {
            let index = HoldingIndex { bzky: merchant % 5, pos_deposit: 1 };
            (merchant, Holding { amount: 10, index })
        };
        Ok(Some(EpochFacts {
            input: EpochInput { epoch, receipts: (1..=200).map(sale).collect(), ..EpochInput::default() },
            holdings: (1..=200).map(holding).collect(),
        }))
    }
}

async fn serve(book: Arc<Book>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, proofs::router(book)).await });
    format!("http://{address}")
}

#[tokio::test]
async fn an_answer_is_a_call_that_verifies_against_the_report() {
    let book = Arc::new(Book::new(network(), Arc::new(OneEpoch::default())));
    let url = serve(book.clone()).await;
    let status = |path: &str| {
        let request = reqwest::get(format!("{url}{path}"));
        async { request.await.unwrap().status().as_u16() }
    };
    assert_eq!((status("/health").await, status("/ready").await), (200, 503));
    assert_eq!(book.advance().await, Ok(1));
    assert_eq!(status("/ready").await, 200);

    let report = book.report(0).unwrap();
    for (side, account) in [(Side::Merchant, 1u32), (Side::Merchant, 129), (Side::Customer, 200)] {
        let path = format!("{url}/v1/proofs/{}/0/{account}", side.name());
        let answer: ProofAnswer = reqwest::get(path).await.unwrap().json().await.unwrap();
        assert_eq!((answer.leaf.account, answer.position), (account, account as usize - 1));
        let input = hex::decode(answer.input.trim_start_matches("0x")).unwrap();
        assert_eq!(input[..4], selector("claim"));
        type Arguments = (Side, Epoch, Leaf, HoldingIndex, Vec<ProofStep>);
        let (called, epoch, leaf, holdings, proof) = Arguments::decode(&mut &input[4..]).unwrap();
        assert_eq!((called, epoch), (side, 0));
        let domain = network().domain(side, 0, BIZPOWER_1);
        let place = report.report().side(side).verify(&domain, leaf.tuple(&domain).unwrap(), &proof);
        assert_eq!(place, Ok(account - 1));
        let expected = match side {
            Side::Merchant => HoldingIndex { bzky: account % 5, pos_deposit: 1 },
            Side::Customer => HoldingIndex::default(),
        };
        assert_eq!((holdings, leaf.v1.to_string(), leaf.v2.to_string()), (expected, answer.leaf.v1, answer.leaf.v2));
    }
}

#[tokio::test]
async fn a_refusal_says_what_is_wrong() {
    let source = Arc::new(OneEpoch::default());
    let book = Arc::new(Book::new(network(), source.clone()));
    book.advance().await.unwrap();
    let url = serve(book.clone()).await;
    for (path, status, title) in [
        ("/v1/proofs/shop/0/1", 400, "unknown side"),
        ("/v1/proofs/merchant/x/1", 400, "not a number"),
        ("/v1/proofs/merchant/0/-1", 400, "not a number"),
        ("/v1/proofs/merchant/1/1", 404, "no report"),
        ("/v1/proofs/merchant/0/201", 404, "no leaf"),
        ("/v1/proofs/merchant/0/0", 404, "no leaf"),
        ("/v1/nothing", 404, "no such path"),
    ] {
        let answer = reqwest::get(format!("{url}{path}")).await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let problem: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(problem["title"], title, "{path}");
    }
    // A source that fails makes it unready, and its words are told; it recovers by itself.
    source.is_down.store(true, Ordering::Relaxed);
    assert!(book.advance().await.unwrap_err().is_transient());
    let answer = reqwest::get(format!("{url}/ready")).await.unwrap();
    assert_eq!(answer.status().as_u16(), 503);
    assert!(answer.text().await.unwrap().contains("the index is away"));
    source.is_down.store(false, Ordering::Relaxed);
    book.advance().await.unwrap();
    assert!(book.is_ready());
}
