//! One key at work on two machines, or twice in a row: at most one report of
//! an epoch is ever in a block, and whoever computes another one says so.

use crate::{alone::wrong_book, place::Place};
use bizkey_client::{Client, RpcClient, Suite};
use bizkey_devchain::{InProcessRpc, Sealing};
use bizkey_oracle::{
    committee::{report_hash, Alone, Contradiction, Journal, Member, Notice},
    report::Network,
    Book,
};
use bizkey_primitives::{events::Event, report::Report, Hash};
use futures::future::{select, Either};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;

/// Longest time that anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A network with one closed epoch that waits for its reports, its chain one
/// that makes blocks only when asked.
async fn closed_epoch() -> (Place, Arc<Book>) {
    let mut place = Place::new(1, 2).await;
    place.world.enter_epoch(0).await;
    place.sell(0, &[(1, 500)]).await;
    place.world.enter_epoch(1).await;
    let book = place.book().await;
    place.world.chain.set_sealing(Sealing::Manual);
    (place, book)
}

/// The first member as a process of its own: with its own connection to the
/// chain, and its notes in `folder`.
async fn machine(place: &Place, folder: &Path, book: &Arc<Book>) -> Alone {
    let (signer, deployment) = (place.world.committee[0].clone(), place.world.suite.deployment().clone());
    let client = Client::from_rpc(RpcClient::new(InProcessRpc::new(&place.world.chain).unwrap())).await.unwrap();
    let journal = Journal::open(folder, &Network::from(&deployment), &signer.account_id()).unwrap();
    let member = Member::new(Suite::new(client, deployment).unwrap(), signer, book.clone()).with_journal(journal);
    Alone::new(book.clone(), member, vec![])
}

/// A machine after a step.
struct Stepped {
    machine: Alone,
    notices: Vec<Notice>,
}

fn step(mut machine: Alone) -> JoinHandle<Stepped> {
    tokio::spawn(async move {
        let notices = machine.step().await.expect("a step without an error");
        Stepped { machine, notices }
    })
}

/// Waits until the pool holds a transaction.
async fn sent(place: &Place) {
    let started = Instant::now();
    while place.world.chain.pending() == 0 {
        assert!(started.elapsed() < PATIENCE, "nothing was sent");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Lets a machine step, and makes the block that it waits for.
async fn step_with_block(place: &Place, machine: Alone) -> Stepped {
    let stepping = step(machine);
    sent(place).await;
    place.world.chain.seal_block().await.unwrap();
    stepping.await.unwrap()
}

/// Lets two machines step within one interval between blocks, and then makes
/// one block: first who had to give way, then who is in it.
async fn race(place: &Place, machines: [Alone; 2]) -> (Stepped, Stepped) {
    let [one, other] = machines.map(step);
    // Without a block only the one comes back that does not wait for it.
    let first = tokio::time::timeout(PATIENCE, select(one, other)).await.expect("one of two gives way");
    let (Either::Left((given_way, waiting)) | Either::Right((given_way, waiting))) = first;
    let given_way = given_way.unwrap();
    assert_eq!(place.world.chain.pending(), 1, "both cannot be included");
    place.world.chain.seal_block().await.unwrap();
    (given_way, waiting.await.unwrap())
}

/// The member's reports in blocks, and how many transactions it has paid for.
async fn on_chain(place: &Place) -> (Vec<Report>, u32) {
    let member = place.world.committee[0].account_id();
    let events = place.blocks(place.store.network().first_block).await.into_iter().flat_map(|block| block.events);
    let reports = events.filter_map(|event| match event.event {
        Event::ReportSubmitted(submitted) if submitted.member == member => Some(submitted.report),
        _ => None,
    });
    (reports.collect(), place.world.suite.client().account(&member).await.unwrap().nonce)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_machines_with_one_key_that_compute_different_reports_one_reports_and_the_other_says_so() {
    let (place, right) = closed_epoch().await;
    let wrong = wrong_book(&place).await;
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let machines = [machine(&place, folders[0].path(), &right).await, machine(&place, folders[1].path(), &wrong).await];
    let (mut given_way, mut reported) = race(&place, machines).await;
    assert!(matches!(reported.notices[..], [Notice::Reported(_)]), "{:?}", reported.notices);
    assert_eq!(given_way.notices, []);

    let (reports, transactions) = on_chain(&place).await;
    assert_eq!((reports.len(), transactions), (1, 1));
    let on_chain_hash = Hash::from(report_hash(&reports[0]));
    let notices = given_way.machine.step().await.unwrap();
    let [Notice::Contradiction { epoch: 0, reason: Contradiction::Voted { round: 0, voted, computed } }] = notices[..]
    else {
        panic!("{notices:?}")
    };
    let both = [&right, &wrong].map(|book| Hash::from(report_hash(&book.report(0).unwrap().report())));
    assert_eq!(voted, on_chain_hash);
    assert!(voted != computed && both.contains(&voted) && both.contains(&computed));

    // However often they look again, nothing more is sent, and it is said once.
    for machine in [&mut given_way.machine, &mut reported.machine] {
        assert_eq!(machine.step().await.unwrap(), []);
    }
    place.world.chain.seal_block().await.unwrap();
    assert_eq!(on_chain(&place).await, (reports, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_machines_with_one_key_and_one_report_one_pays_for_it_and_neither_complains() {
    let (place, book) = closed_epoch().await;
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let machines = [machine(&place, folders[0].path(), &book).await, machine(&place, folders[1].path(), &book).await];
    let (mut given_way, reported) = race(&place, machines).await;
    assert!(matches!(reported.notices[..], [Notice::Reported(_)]), "{:?}", reported.notices);
    assert_eq!(given_way.notices, []);
    assert_eq!(given_way.machine.step().await.unwrap(), []);
    let status = given_way.machine.status().borrow().clone();
    assert_eq!((status.failures, status.contradictions, status.disagreements), (0, 0, 0));
    place.world.chain.seal_block().await.unwrap();
    // A transaction that is in no block costs nothing: one fee.
    assert_eq!(on_chain(&place).await, (vec![book.report(0).unwrap().report()], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_was_noted_and_never_sent_is_sent_after_a_restart() {
    let (place, book) = closed_epoch().await;
    let folder = tempfile::tempdir().unwrap();
    let (network, report) = (Network::from(place.world.suite.deployment()), book.report(0).unwrap().report());
    let member = place.world.committee[0].account_id();
    Journal::open(folder.path(), &network, &member).unwrap().note(0, 0, &report).unwrap();
    let mut again = step_with_block(&place, machine(&place, folder.path(), &book).await).await;
    assert!(matches!(again.notices[..], [Notice::Reported(_)]), "{:?}", again.notices);
    assert_eq!(again.machine.step().await.unwrap(), []);
    assert_eq!(on_chain(&place).await, (vec![report], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_was_sent_and_is_in_no_block_yet_is_not_included_twice_after_a_restart() {
    let (place, book) = closed_epoch().await;
    let folder = tempfile::tempdir().unwrap();
    let killed = step(machine(&place, folder.path(), &book).await);
    sent(&place).await;
    killed.abort();
    assert!(killed.await.is_err_and(|error| error.is_cancelled()));

    let mut again = machine(&place, folder.path(), &book).await;
    for _ in 0..2 {
        assert_eq!(again.step().await.unwrap(), [], "the first one is under way");
        assert_eq!(place.world.chain.pending(), 1);
    }
    for _ in 0..2 {
        place.world.chain.seal_block().await.unwrap();
        assert_eq!(again.step().await.unwrap(), []);
    }
    assert_eq!(again.status().borrow().failures, 0);
    assert_eq!(on_chain(&place).await, (vec![book.report(0).unwrap().report()], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_the_nodes_have_lost_is_sent_again_after_a_restart() {
    let (place, book) = closed_epoch().await;
    let folder = tempfile::tempdir().unwrap();
    let before = place.world.chain.snapshot().await.unwrap();
    let killed = step(machine(&place, folder.path(), &book).await);
    sent(&place).await;
    killed.abort();
    assert!(killed.await.is_err_and(|error| error.is_cancelled()));
    place.world.chain.revert(before).await.unwrap();
    assert_eq!(place.world.chain.pending(), 0);

    let again = step_with_block(&place, machine(&place, folder.path(), &book).await).await;
    assert!(matches!(again.notices[..], [Notice::Reported(_)]), "{:?}", again.notices);
    assert_eq!(on_chain(&place).await, (vec![book.report(0).unwrap().report()], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_epochs_are_reported_one_after_the_other_each_once() {
    let mut place = Place::new(1, 1).await;
    for epoch in 0..4 {
        place.world.enter_epoch(epoch).await;
        place.sell(0, &[(1, 100 + u64::from(epoch))]).await;
    }
    place.world.enter_epoch(4).await;
    let book = place.book().await;
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let machines = [machine(&place, folders[0].path(), &book).await, machine(&place, folders[1].path(), &book).await];
    // Blocks are made at once, and both may well report some.
    let [one, other] = machines.map(step);
    let stepped = [one.await.unwrap(), other.await.unwrap()];
    let told: usize = stepped.iter().map(|stepped| stepped.notices.len()).sum();
    for mut stepped in stepped {
        // Who gave way looks again.
        stepped.machine.step().await.unwrap();
    }
    let expected: Vec<Report> = (0..4).map(|epoch| book.report(epoch).unwrap().report()).collect();
    assert!(told >= 1);
    assert_eq!(on_chain(&place).await, (expected, 4));
}
