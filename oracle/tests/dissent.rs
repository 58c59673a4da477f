//! Where two members differ is found with proofs of the other one, over HTTP,
//! and no peer can point at a leaf that does not differ.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use bizkey_oracle::{
    committee::{DissentError, LeafDifference, Peer},
    fetch::{Bounds, Fetcher},
    proofs,
    report::{EpochReport, Holding, Network},
    scoring::{EpochInput, ReceiptId, ReceiptInput},
    source::{EpochFacts, EpochSource, SourceError},
    Book,
};
use bizkey_primitives::{
    party::Capital,
    receipt::{Channel, Rail},
    tree::Leaf,
    AccountId, Epoch, Hash, Side,
};
use proptest::prelude::*;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use url::Url;

fn network() -> Network {
    Network { genesis: Hash::from([7; 32]), rewards: AccountId::from([8; 32]) }
}

/// What each shop sold to the customer of its number, and what it holds.
type Shops = BTreeMap<u32, (u64, u128)>;

struct OneEpoch(Shops);

#[async_trait::async_trait]
impl EpochSource for OneEpoch {
    async fn closed_epoch(&self, epoch: Epoch) -> Result<Option<EpochFacts>, SourceError> {
        if epoch > 0 {
            return Ok(None);
        }
        let sale = |(merchant, (amount, _)): (&u32, &(u64, u128))| ReceiptInput {
            id: ReceiptId { device: *merchant, seq: 0, index: 0 },
            merchant: *merchant,
            customer: Some(*merchant),
            channel: Channel::InStore,
            rail: Rail::Card,
            amount: *amount,
            reference: [1; 16],
        };
        let figures = Capital { area_m2: 1, staff: 1, rent_per_m2_month: 10, wage_month: 10 };
        let input = EpochInput {
            epoch,
            receipts: self.0.iter().map(sale).collect(),
            capital: self.0.keys().map(|merchant| (*merchant, figures)).collect(),
            ..EpochInput::default()
        };
        let holding = |(merchant, (_, amount)): (&u32, &(u64, u128))| {
            (*merchant, Holding { amount: *amount, ..Holding::default() })
        };
        Ok(Some(EpochFacts { input, holdings: self.0.iter().map(holding).collect() }))
    }
}

async fn book(shops: &Shops) -> Arc<Book> {
    let book = Arc::new(Book::new(network(), Arc::new(OneEpoch(shops.clone()))));
    book.advance().await.unwrap();
    book
}

async fn serve(book: Arc<Book>) -> Peer {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse::<Url>().unwrap();
    tokio::spawn(async move { axum::serve(listener, proofs::router(book)).await });
    peer(url)
}

fn peer(url: Url) -> Peer {
    let bounds = Bounds { attempt: Duration::from_secs(5), attempts: 1, ..Bounds::default() };
    Peer::new(url, Fetcher::new(bounds).unwrap())
}

/// The first difference by comparing both sides' leaves one by one.
fn expected(ours: &EpochReport, theirs: &EpochReport) -> Option<(Side, u32, Option<Leaf>, Option<Leaf>)> {
    for side in Side::ALL {
        let leaves = |report: &EpochReport| -> BTreeMap<u32, Leaf> {
            report.tree(side).leaves().iter().map(|leaf| (leaf.account, *leaf)).collect()
        };
        let (ours, theirs) = (leaves(ours), leaves(theirs));
        let accounts: std::collections::BTreeSet<u32> = ours.keys().chain(theirs.keys()).copied().collect();
        for account in accounts {
            let (mine, other) = (ours.get(&account).copied(), theirs.get(&account).copied());
            if mine != other {
                return Some((side, account, mine, other));
            }
        }
    }
    None
}

fn shown(difference: LeafDifference) -> (Side, u32, Option<Leaf>, Option<Leaf>) {
    (difference.side, difference.account, difference.ours, difference.theirs)
}

async fn compare(ours: &Shops, theirs: &Shops) {
    let (ours, theirs) = (book(ours).await, book(theirs).await);
    let peer = serve(theirs.clone()).await;
    let (ours, theirs) = (ours.report(0).unwrap(), theirs.report(0).unwrap());
    let found = peer.first_difference(&network(), &ours, &theirs.report()).await;
    match (found, expected(&ours, &theirs)) {
        (Ok(found), expected) => assert_eq!(found.map(shown), expected),
        // None of the accounts that were tried is known to the other side.
        (Err(DissentError::NoProof(_)), Some(_)) => {
            let known = |report: &EpochReport| -> Vec<u32> {
                report.tree(Side::Merchant).leaves().iter().map(|leaf| leaf.account).collect()
            };
            let (ours, theirs) = (known(&ours), known(&theirs));
            assert!(ours.len() > 16 || !ours.iter().any(|account| theirs.contains(account)));
        }
        (Err(error), _) => panic!("{error}"),
    }
}

fn shops(count: u32) -> Shops {
    (1..=count).map(|shop| (shop, (u64::from(shop) * 10, 5))).collect()
}

#[tokio::test]
async fn one_leaf_of_two_thousand_is_found_wherever_it_is() {
    let ours = shops(2_000);
    for at in [1, 2, 777, 1_024, 1_025, 1_999, 2_000] {
        let mut theirs = ours.clone();
        theirs.insert(at, (u64::from(at) * 10, 6));
        compare(&ours, &theirs).await;
        theirs.remove(&at);
        compare(&ours, &theirs).await;
        compare(&theirs, &ours).await;
    }
    let mut more = ours.clone();
    more.insert(2_001, (1, 1));
    compare(&ours, &more).await;
    compare(&more, &ours).await;
    compare(&ours, &Shops::new()).await;
    compare(&ours, &ours).await;
}

#[tokio::test]
async fn a_peer_with_another_report_or_none_at_all_proves_nothing() {
    let (ours, theirs) = (book(&shops(5)).await, book(&shops(6)).await);
    let report = ours.report(0).unwrap();
    // It holds our report, not the committee's.
    let same = serve(ours.clone()).await;
    let found = same.first_difference(&network(), &report, &theirs.report(0).unwrap().report()).await;
    assert!(matches!(found, Err(DissentError::OtherReport(_))), "{found:?}");
    let nobody = peer("http://127.0.0.1:1".parse().unwrap());
    let found = nobody.first_difference(&network(), &report, &theirs.report(0).unwrap().report()).await;
    assert!(matches!(found, Err(DissentError::Fetch(_))), "{found:?}");
}

#[tokio::test]
async fn rubbish_is_no_proof() {
    let rubbish = axum::Router::new().fallback(|| async { "{\"side\":\"merchant\"}" });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/under/a/path/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, rubbish).await });
    let (ours, theirs) = (book(&shops(5)).await, book(&shops(6)).await);
    let found =
        peer(url).first_difference(&network(), &ours.report(0).unwrap(), &theirs.report(0).unwrap().report()).await;
    assert!(matches!(found, Err(DissentError::NotAProof(_))), "{found:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn the_first_difference_is_the_one_that_comparing_all_leaves_finds(
        ours in proptest::collection::btree_map(1u32..40, (1u64..4, 0u128..3), 0..30),
        theirs in proptest::collection::btree_map(1u32..40, (1u64..4, 0u128..3), 0..30),
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(compare(&ours, &theirs));
    }
}
