//! Scores while an epoch runs, kept once it is over, and as candles: beside
//! those that the oracle reports of the same rows.

use crate::common::{apply_all, difference, dump, network, random, Chain, Sqlite, EPOCH_MS, GENESIS_MS};
use bizkey_indexer::{
    scores::{keep_epoch, Candle, Interval},
    Block, Store,
};
use bizkey_oracle::{
    scoring::{Engine, EpochScores},
    source::{EpochSource, IndexSource},
};
use bizkey_primitives::MerchantIndex;
use proptest::prelude::*;
use std::{collections::BTreeMap, future::Future};

fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The chain as it is after some of its blocks, with one more block that
/// closes the last one's epoch.
pub fn closed(blocks: &[Block]) -> Chain {
    let mut chain = Chain { blocks: blocks.to_vec() };
    let stamp = network().calendar.stamp_at(blocks.last().unwrap().timestamp_ms);
    chain.push(GENESIS_MS + u64::from(stamp) * EPOCH_MS, Vec::new());
    chain
}

/// What the oracle says of every epoch that is over.
pub async fn reported(store: &Store) -> Vec<EpochScores> {
    let (source, mut engine, mut epochs) = (IndexSource::new(store.clone()), Engine::new(), Vec::new());
    while let Some(facts) = source.closed_epoch(engine.next_epoch()).await.unwrap() {
        epochs.push(engine.score(&facts.input).unwrap());
    }
    epochs
}

async fn keep_all(store: &Store) {
    while keep_epoch(store).await.unwrap().is_some() {}
}

/// A shop's score after each block of an epoch, by the oracle alone: each time
/// as if the epoch closed there.
async fn series(chain: &Chain, merchant: MerchantIndex) -> Vec<(u64, u128)> {
    let mut series = Vec::new();
    for end in 1..=chain.blocks.len() {
        let blocks = &chain.blocks[..end];
        let at_ms = blocks[end - 1].timestamp_ms;
        if at_ms < GENESIS_MS {
            continue;
        }
        let sqlite = Sqlite::new();
        let store = sqlite.open().await;
        apply_all(&store, &closed(blocks).blocks).await;
        let epochs = reported(&store).await;
        let rows = &epochs.last().unwrap().merchants;
        series.push((at_ms, rows.iter().find(|row| row.merchant == merchant).map_or(0, |row| row.score)));
    }
    series
}

/// The plain reading: the score of every moment at which it may change, and
/// which buckets those moments are in.
fn plain_candles(series: &[(u64, u128)], interval: Interval, now_ms: u64) -> BTreeMap<u64, Candle> {
    let mut moments: Vec<(u64, bool, u128)> = series.iter().map(|(at_ms, score)| (*at_ms, true, *score)).collect();
    let epochs = (now_ms - GENESIS_MS) / EPOCH_MS;
    moments.extend((0..=epochs).map(|epoch| (GENESIS_MS + epoch * EPOCH_MS, false, 0)));
    moments.sort_by_key(|(at_ms, is_block, _)| (*at_ms, *is_block));
    let mut candles = BTreeMap::new();
    let mut score = 0;
    for start_ms in (GENESIS_MS..=now_ms).step_by(interval.ms() as usize) {
        let inside = moments.iter().filter(|(at_ms, ..)| (start_ms..start_ms + interval.ms()).contains(at_ms));
        // An epoch that begins with the bucket does so before anything else.
        let begins = (start_ms - GENESIS_MS).is_multiple_of(EPOCH_MS);
        let open = if begins { 0 } else { score };
        let scores: Vec<u128> = std::iter::once(open).chain(inside.map(|(.., score)| *score)).collect();
        score = *scores.last().unwrap();
        let (high, low) = (*scores.iter().max().unwrap(), *scores.iter().min().unwrap());
        candles.insert(start_ms, Candle { start_ms, open, high, low, close: score });
    }
    candles
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn kept_and_running_scores_are_those_that_the_oracle_reports(plan in random::plan(30), kept_at in 0usize..40) {
        let chain = random::chain_of(&plan);
        wait(async {
            let sqlite = Sqlite::new();
            let store = sqlite.open().await;
            let ahead = Sqlite::new();
            let over = ahead.open().await;
            // What was closed by then is kept; the epochs after it are not, if
            // there are few enough of them to be answered.
            let (first, rest) = chain.blocks.split_at(kept_at.min(chain.blocks.len()));
            for blocks in [first, rest] {
                keep_all(&store).await;
                apply_all(&store, blocks).await;
            }
            if store.live(1).await.is_err() {
                keep_all(&store).await;
            }
            apply_all(&over, &closed(&chain.blocks).blocks).await;
            let epochs = reported(&over).await;
            let kept = store.last_scored_epoch().await.unwrap();
            for merchant in 1..=random::DEVICES {
                let rows = store.merchant_scores(merchant, None, 500).await.unwrap();
                let live = store.live(merchant).await.unwrap().unwrap();
                let mut found: Vec<_> =
                    rows.iter().map(|row| (row.epoch, row.counts, row.capital, row.score)).collect();
                assert!(found.iter().all(|(epoch, ..)| Some(*epoch) <= kept));
                let runs = live.runs.iter().filter(|run| run.has_leaf());
                found.extend(runs.map(|run| (run.epoch, run.counts(), run.opening.capital, run.score())));
                let of_shop = |epoch: &EpochScores| {
                    let row = epoch.merchants.iter().find(|row| row.merchant == merchant)?;
                    Some((epoch.epoch, row.counts, row.capital, row.score))
                };
                let expected: Vec<_> = epochs.iter().filter_map(of_shop).collect();
                assert_eq!(found, expected, "merchant {merchant}");
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn candles_are_what_the_score_was_at_every_moment(
        plan in random::plan(14), kept_at in 0usize..20, merchant in 1..=random::DEVICES, from in 0u64..200_000,
    ) {
        let chain = random::chain_of(&plan);
        wait(async {
            let sqlite = Sqlite::new();
            let store = sqlite.open().await;
            for (position, block) in chain.blocks.iter().enumerate() {
                store.apply(block).await.unwrap();
                // What is over is kept at some moments only; more live epochs
                // than these are not answered.
                if position == kept_at || position % 3 == 2 {
                    keep_all(&store).await;
                }
            }
            let now_ms = chain.blocks.last().unwrap().timestamp_ms;
            prop_assume!(now_ms >= GENESIS_MS);
            let live = store.live(merchant).await;
            prop_assume!(live.is_ok());
            let series = series(&chain, merchant).await;
            for interval in Interval::ALL {
                let plain = plain_candles(&series, interval, now_ms);
                let all = store.candles(merchant, interval, 0, 400, true).await.unwrap();
                prop_assert_eq!(&all, &plain.values().copied().collect::<Vec<_>>(), "{:?}", interval);
                // From anywhere on, the same buckets.
                let from_ms = GENESIS_MS + from;
                let later = store.candles(merchant, interval, from_ms, 3, true).await.unwrap();
                let expected = all.iter().filter(|candle| candle.start_ms + interval.ms() > from_ms).take(3);
                prop_assert_eq!(&later, &expected.copied().collect::<Vec<_>>());
                // Without the buckets in which nothing changed, the same again.
                let changed = store.candles(merchant, interval, 0, 400, false).await.unwrap();
                let calendar = network().calendar;
                let rest = bizkey_indexer::scores::candle::fill(
                    interval, &changed, calendar.genesis_ms, 400, now_ms, 0,
                );
                prop_assert_eq!(rest, all);
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn an_epoch_that_was_kept_in_part_is_kept_again_without_a_trace() {
    let chain = random::long_chain(60);
    let (whole, parts) = (Sqlite::new(), Sqlite::new());
    for sqlite in [&whole, &parts] {
        let store = sqlite.open().await;
        apply_all(&store, &chain.blocks).await;
        keep_all(&store).await;
    }
    // As if the process had died before it could say that the last epoch, or
    // the last two, are kept.
    let store = parts.open().await;
    let last = store.last_scored_epoch().await.unwrap().unwrap();
    parts.execute(&format!("DELETE FROM scored_epochs WHERE epoch >= {last}")).await;
    keep_all(&store).await;
    assert_eq!(difference(&dump(&parts.url).await, &dump(&whole.url).await), None);
}

#[tokio::test]
async fn shops_rank_by_standing_then_score_then_number() {
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    apply_all(&store, &random::long_chain(80).blocks).await;
    keep_all(&store).await;
    let mut ranked = 0;
    for epoch in 0..=store.last_scored_epoch().await.unwrap().unwrap() {
        let all = store.ranking(epoch, Default::default(), None, 500).await.unwrap();
        let place =
            |row: &bizkey_indexer::model::MerchantScore| (row.status as u8, std::cmp::Reverse(row.score), row.merchant);
        assert!(all.windows(2).all(|pair| place(&pair[0]) < place(&pair[1])));
        let mut paged = Vec::new();
        loop {
            let after = paged.last().map(|row: &bizkey_indexer::model::MerchantScore| row.merchant);
            let page = store.ranking(epoch, Default::default(), after, 2).await.unwrap();
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        assert_eq!(paged, all);
        ranked += all.len();
    }
    assert!(ranked > 0);
}
