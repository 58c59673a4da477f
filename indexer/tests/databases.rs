//! SQLite and PostgreSQL hold the same rows and give the same answers.

use crate::common::{account, apply_all, dump, network, postgres::Cluster, random, Chain, Sqlite};
use bizkey_indexer::{
    model::{
        CheckpointKind, CollectionFilter, DemandFilter, DepositFilter, MerchantFilter, OfferFilter, OfferedFilter,
        PenaltyFilter, Position, RankingFilter, ReceiptFilter, ReservationFilter, VoidFilter, MAX_PAGE,
    },
    scores::{keep_epoch, Grade, Interval},
    Store,
};
use bizkey_primitives::Side;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

/// Every reading function, as text.
async fn answers(store: &Store, epochs: u32) -> Vec<String> {
    let mut answers = vec![format!("{:?}", store.checkpoint().await.unwrap())];
    let mut say = |answer: String| answers.push(answer);
    for side in Side::ALL {
        say(format!("{:?}", store.parties(side).await.unwrap()));
    }
    say(format!("{:?}", store.epochs_from(0, MAX_PAGE).await.unwrap()));
    for epoch in 0..epochs {
        say(format!("{:?}", store.receipts_of_epoch(epoch).await.unwrap()));
        say(format!("{:?}", store.voids_of_epoch(epoch).await.unwrap()));
        say(format!("{:?}", store.epoch_counts(epoch).await.unwrap()));
        say(format!("{:?}", store.holdings_at(epoch).await.unwrap()));
        say(format!("{:?}", store.reports(epoch).await.unwrap()));
        say(format!("{:?}", store.struck_reports(epoch).await.unwrap()));
        say(format!("{:?}", store.statuses_at(Side::Merchant, epoch).await.unwrap()));
        let filter = RankingFilter::default();
        say(format!("{:?}", store.ranking(epoch, filter, None, 2).await.unwrap()));
        say(format!("{:?}", store.ranking(epoch, filter, Some(1), 2).await.unwrap()));
        for grade in Grade::ALL {
            let filter = RankingFilter { grade: Some(grade), ..filter };
            say(format!("{:?}", store.ranking(epoch, filter, None, 2).await.unwrap()));
            say(format!("{:?}", store.ranking(epoch, filter, Some(1), 2).await.unwrap()));
        }
        say(format!("{:?}", store.committee_at(epoch).await.unwrap()));
        say(format!("{:?}", store.last_block_of(epoch).await.unwrap()));
        say(format!("{:?}", store.scoring_rules(epoch).await.unwrap()));
        say(format!("{:?}", store.clamps_after(epoch, Some(0), 1).await.unwrap()));
        say(format!("{:?}", store.capital_floors_after(epoch, Some((0, 1)), 2).await.unwrap()));
        say(format!("{:?}", store.businesses_in(epoch, &[1, 2, 3, 4]).await.unwrap()));
        for side in Side::ALL {
            say(format!("{:?}", store.rewards_of_epoch(side, epoch).await.unwrap()));
            let page = store.rewards_of_epoch_after(epoch, Some(side), (Side::Merchant, 1), 2);
            say(format!("{:?}", page.await.unwrap()));
        }
    }
    say(format!("{:?}", store.algorithms_after(None, MAX_PAGE).await.unwrap()));
    let start = Position::default();
    say(format!("{:?}", store.merchants_after(MerchantFilter::default(), epochs, 0, MAX_PAGE).await.unwrap()));
    let filter = MerchantFilter { trade: Some(1), region: Some(0) };
    say(format!("{:?}", store.merchants_after(filter, epochs, 0, MAX_PAGE).await.unwrap()));
    say(format!("{:?}", store.agents_after(0, MAX_PAGE).await.unwrap()));
    say(format!("{:?}", store.voids(VoidFilter::default(), start, MAX_PAGE).await.unwrap()));
    say(format!("{:?}", store.deposits_after(DepositFilter::default(), 0, MAX_PAGE).await.unwrap()));
    for open in [None, Some(true), Some(false)] {
        let filter = OfferedFilter { merchant: None, open };
        say(format!("{:?}", store.tasks_after(filter, 0, MAX_PAGE).await.unwrap()));
        say(format!("{:?}", store.privileges_after(filter, 0, MAX_PAGE).await.unwrap()));
        let filter = OfferFilter { open, ..OfferFilter::default() };
        say(format!("{:?}", store.offers_after(filter, 0, MAX_PAGE).await.unwrap()));
        say(format!("{:?}", store.directors_after(open, 0, MAX_PAGE).await.unwrap()));
    }
    say(format!("{:?}", store.collections_after(CollectionFilter::default(), start, MAX_PAGE).await.unwrap()));
    say(format!("{:?}", store.time_sales_after(None, start, MAX_PAGE).await.unwrap()));
    say(format!("{:?}", store.bzky_prices_after(start, MAX_PAGE).await.unwrap()));
    say(format!("{:?}", store.bzky_price().await.unwrap()));
    say(format!("{:?}", store.demands_after(DemandFilter::default(), start, MAX_PAGE).await.unwrap()));
    say(format!("{:?}", store.penalties_after(PenaltyFilter::default(), start, MAX_PAGE).await.unwrap()));
    say(format!("{:?}", store.debts_after(None, (Side::Merchant, 0), MAX_PAGE).await.unwrap()));
    say(format!("{:?}", store.debt_changes_after(None, start, MAX_PAGE).await.unwrap()));
    say(format!("{:?}", store.disputes_after(None, None, MAX_PAGE).await.unwrap()));
    say(format!("{:?}", store.chair().await.unwrap()));
    say(format!("{:?}", store.resolutions_after(None, 0, MAX_PAGE).await.unwrap()));
    say(format!("{:?}", store.vesting_releases_after(None, start, MAX_PAGE).await.unwrap()));
    say(format!("{:?}", store.reservations_after(ReservationFilter::default(), 0, MAX_PAGE).await.unwrap()));
    for number in 1..=random::DEVICES {
        say(format!("{:?}", store.device(number).await.unwrap()));
        say(format!("{:?}", store.devices_after(number, 0, 9).await.unwrap()));
        say(format!("{:?}", store.deposit(number).await.unwrap()));
        say(format!("{:?}", store.last_seq(number).await.unwrap()));
        say(format!("{:?}", store.capital_history(number).await.unwrap()));
        say(format!("{:?}", store.status_history(Side::Merchant, number).await.unwrap()));
        say(format!("{:?}", store.rewards_of(Side::Merchant, number, 0, 99).await.unwrap()));
        say(format!("{:?}", store.receipt(number, 0, 1).await.unwrap()));
        let filter = ReceiptFilter { merchant: Some(number), customer: Some(1), epoch: Some(1) };
        say(format!("{:?}", store.receipts(filter, 0, 50).await.unwrap()));
        say(format!("{:?}", store.fulfilments_after(number, 0, 9).await.unwrap()));
        say(format!("{:?}", store.votes_after(number, 0, 9).await.unwrap()));
        say(format!("{:?}", store.appeals_after(Side::Merchant, number, start, 9).await.unwrap()));
        say(format!("{:?}", store.businesses_after(number, (0, start), 9).await.unwrap()));
        say(format!("{:?}", store.deferred_rewards_of(number, 0, 9).await.unwrap()));
        let filter = ReservationFilter { offer: Some(number.into()), trader: Some(account(1)) };
        say(format!("{:?}", store.reservations_after(filter, 0, 9).await.unwrap()));
        let live = store.live(number).await.unwrap().unwrap();
        let runs = live.runs.iter().map(|run| (run.epoch, &run.points, run.counts(), run.buyers()));
        say(format!("{:?} {:?} {:?}", live.now, live.kept, runs.collect::<Vec<_>>()));
        say(format!("{:?}", store.merchant_scores(number, Some(0), 9).await.unwrap()));
        say(format!("{:?}", store.merchant_grade(number).await.unwrap()));
        let reached = store.grades_reached(Some(number), None, 9).await.unwrap();
        say(format!("{:?} {reached:?}", store.merchant_grades(number, Some(0), 9).await.unwrap()));
        if let Some(first) = reached.first() {
            say(format!("{:?}", store.grades_reached(None, Some(*first), 9).await.unwrap()));
        }
        say(format!("{:?}", store.candles(number, Interval::FiveMinutes, 0, 9, true).await.unwrap()));
        let account = account(number as u8);
        for kind in [CheckpointKind::Bzky, CheckpointKind::Deposit] {
            say(format!("{:?}", store.checkpoints_from(kind, &account, 0, MAX_PAGE).await.unwrap()));
        }
        say(format!("{:?}", store.party_of(&account).await.unwrap()));
        say(format!("{:?}", store.time_balance(&account).await.unwrap()));
        say(format!("{:?}", store.deposit_balance(&account).await.unwrap()));
    }
    answers
}

async fn index(url: &str, chain: &Chain) -> Store {
    let store = Store::open(url, &network()).await.unwrap();
    apply_all(&store, &chain.blocks).await;
    store
}

#[tokio::test]
async fn both_databases_hold_the_same_rows() {
    let Some(cluster) = Cluster::start() else { return };
    let mut runner = TestRunner::deterministic();
    for case in 0..6 {
        let url = cluster.create_database(&format!("case_{case}")).await;
        let chain = random::chain_of(&random::plan(25).new_tree(&mut runner).unwrap().current());
        let sqlite = Sqlite::new();
        // One block at a time, and as many as go into one transaction.
        let one = index(&sqlite.url, &chain).await;
        let other = Store::open(&url, &network()).await.unwrap();
        for blocks in chain.blocks.chunks(1 + case * 3) {
            other.apply_all(blocks).await.unwrap();
        }
        for store in [&one, &other] {
            while keep_epoch(store).await.unwrap().is_some() {}
        }
        let epochs = chain.blocks.last().map_or(0, |block| network().calendar.stamp_at(block.timestamp_ms)) + 1;
        assert_eq!(answers(&one, epochs).await, answers(&other, epochs).await);
        other.close().await;
        assert_eq!(dump(&sqlite.url).await, dump(&url).await);
    }
}
