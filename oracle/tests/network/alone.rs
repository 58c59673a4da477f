//! A member as a process of its own, on a real chain.

use crate::place::Place;
use bizkey_client::ss58;
use bizkey_oracle::{
    committee::{Alone, Journal, Member, Notice, Peer},
    fetch::{Bounds, Fetcher},
    proofs,
    report::Network,
    Book,
};
use bizkey_primitives::Side;
use std::{path::Path, sync::Arc};

async fn alone(place: &Place, member: usize, folder: &Path, book: Arc<Book>, peers: Vec<Peer>) -> Alone {
    let signer = place.world.committee[member].clone();
    let network = Network::from(place.world.suite.deployment());
    let journal = Journal::open(folder, &network, &signer.account_id()).unwrap();
    Alone::new(book.clone(), Member::new(place.world.suite.clone(), signer, book).with_journal(journal), peers)
}

async fn peer(book: Arc<Book>) -> Peer {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, proofs::router(book)).await });
    Peer::new(url, Fetcher::new(Bounds::default()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_starts_again_reports_nothing_twice_and_nothing_else() {
    let mut place = Place::new(1, 2).await;
    place.world.enter_epoch(0).await;
    place.sell(0, &[(1, 500)]).await;
    place.world.enter_epoch(1).await;
    let (folder, book) = (tempfile::tempdir().unwrap(), place.book().await);
    let mut first = alone(&place, 0, folder.path(), book.clone(), vec![]).await;
    let notices = first.step().await.unwrap();
    assert!(matches!(notices[..], [Notice::Reported(_)]), "{notices:?}");
    assert_eq!((first.status().borrow().reported, first.status().borrow().is_ready()), (1, true));
    drop(first);
    let head = place.head().await;
    let mut again = alone(&place, 0, folder.path(), book.clone(), vec![]).await;
    assert_eq!(again.step().await.unwrap(), []);
    drop(again);

    // Another machine, without the journal, and a wrong index: the chain's word is enough.
    let wrong = wrong_book(&place).await;
    let empty = tempfile::tempdir().unwrap();
    let mut other = alone(&place, 0, empty.path(), wrong.clone(), vec![]).await;
    let notices = other.step().await.unwrap();
    assert!(matches!(&notices[..], [Notice::Contradiction { epoch: 0, .. }]), "{notices:?}");
    assert_eq!(other.step().await.unwrap(), [], "it is said once");
    assert_eq!(other.status().borrow().contradictions, 1);
    assert_eq!(place.head().await, head, "not one transaction came of it");

    // What was noted and never reached the chain holds as well.
    let mut journal = Journal::open(
        empty.path().join("second").as_path(),
        &Network::from(place.world.suite.deployment()),
        &place.world.committee[1].account_id(),
    )
    .unwrap();
    journal.note(0, 0, &wrong.report(0).unwrap().report()).unwrap();
    drop(journal);
    let mut second = alone(&place, 1, empty.path().join("second").as_path(), book, vec![]).await;
    let notices = second.step().await.unwrap();
    assert!(matches!(&notices[..], [Notice::Contradiction { epoch: 0, .. }]), "{notices:?}");
    assert_eq!(place.head().await, head);
}

/// A book over an index in which customer 1 paid a cent more.
pub async fn wrong_book(place: &Place) -> Arc<Book> {
    use bizkey_oracle::source::{EpochFacts, EpochSource, IndexSource, SourceError};

    struct Wrong(IndexSource);

    #[async_trait::async_trait]
    impl EpochSource for Wrong {
        async fn closed_epoch(&self, epoch: u32) -> Result<Option<EpochFacts>, SourceError> {
            let mut facts = self.0.closed_epoch(epoch).await?;
            if let Some(receipt) = facts.as_mut().and_then(|facts| facts.input.receipts.first_mut()) {
                receipt.amount += 1;
            }
            Ok(facts)
        }
    }

    let network = Network::from(place.world.suite.deployment());
    let book = Book::new(network, Arc::new(Wrong(IndexSource::new(place.store.clone()))));
    book.advance().await.unwrap();
    Arc::new(book)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_disagrees_names_the_leaf_or_else_the_totals() {
    let mut place = Place::new(2, 3).await;
    place.world.enter_epoch(0).await;
    place.sell(0, &[(1, 500), (2, 300)]).await;
    place.sell(1, &[(3, 100)]).await;
    place.world.enter_epoch(1).await;
    let (book, wrong) = (place.book().await, wrong_book(&place).await);
    // Two members work with the wrong index, and are more than half.
    for signer in &place.world.committee[..2] {
        let mut member = Member::new(place.world.suite.clone(), signer.clone(), wrong.clone());
        assert_eq!(member.step().await.unwrap().len(), 1);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut blind = alone(&place, 2, folder.path(), book.clone(), vec![]).await;
    let notices = blind.step().await.unwrap();
    let text: Vec<String> = notices.iter().map(ToString::to_string).collect();
    assert!(text.len() == 1 && text[0].contains("merchant sum of scores: ours"), "{text:?}");
    assert_eq!(blind.step().await.unwrap(), [], "the totals are told once");
    drop(blind);

    let peers = vec![peer(book.clone()).await, peer(wrong.clone()).await];
    let mut seeing = alone(&place, 2, folder.path(), book.clone(), peers).await;
    let notices = seeing.step().await.unwrap();
    let [Notice::Disagrees(dissent)] = &notices[..] else { panic!("{notices:?}") };
    // The first peer holds our own report, and so proves nothing.
    assert_eq!(dissent.failures.len(), 1);
    let leaf = dissent.leaf.as_ref().unwrap().1.unwrap();
    assert_eq!((leaf.side, leaf.account), (Side::Merchant, 1));
    let score = |book: &Book| book.report(0).unwrap().tree(Side::Merchant).leaves()[0].v1;
    assert_eq!((leaf.ours.unwrap().v1, leaf.theirs.unwrap().v1), (score(&book), score(&wrong)));
    let text = notices[0].to_string();
    assert!(text.starts_with("epoch 0, merchant 1: this member computes score "), "{text}");
    assert_eq!(seeing.step().await.unwrap(), [], "and so is the leaf");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_names_who_reports_otherwise_while_no_majority_agrees() {
    let mut place = Place::new(1, 2).await;
    place.world.enter_epoch(0).await;
    place.sell(0, &[(1, 500)]).await;
    place.world.enter_epoch(1).await;
    let (book, wrong) = (place.book().await, wrong_book(&place).await);
    let [first, _, third] = &place.world.committee;
    let (suite, folder) = (&place.world.suite, tempfile::tempdir().unwrap());
    let mut others = Member::new(suite.clone(), first.clone(), wrong.clone());
    assert_eq!(others.step().await.unwrap().len(), 1);

    // One against one.
    let mut watching = alone(&place, 1, folder.path(), book.clone(), vec![]).await.watching(suite.clone());
    let notices = watching.step().await.unwrap();
    let [Notice::Reported(_), Notice::Split { epoch: 0, round: 0, members }] = &notices[..] else {
        panic!("{notices:?}")
    };
    assert_eq!(members[..], [first.account_id()]);
    let text = notices[1].to_string();
    assert!(text.contains("no majority yet") && text.ends_with(&ss58(&first.account_id())), "{text}");
    assert_eq!(watching.step().await.unwrap(), [], "it is said once");

    // One each of three.
    let mut report = wrong.report(0).unwrap().report();
    report.merchants.sum_v1 += 1;
    suite.rewards().report(0, &report).send(third).await.unwrap();
    let members = vec![first.account_id(), third.account_id()];
    assert_eq!(watching.step().await.unwrap(), [Notice::Split { epoch: 0, round: 0, members }]);
    assert_eq!((watching.status().borrow().split, watching.status().borrow().disagreements), (1, 0));

    // Two of three.
    suite.rewards().report(0, &book.report(0).unwrap().report()).send(third).await.unwrap();
    assert_eq!(watching.step().await.unwrap(), []);
    assert_eq!((watching.status().borrow().split, watching.status().borrow().disagreements), (0, 0));
}
