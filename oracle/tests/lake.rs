//! Scoring over the lake's files against the engine in memory: any receipts,
//! any split into files, any number of threads, either exchange, one process
//! or several.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod lake_network;

use bizkey_indexer::lake::{Digest, Manifest};
use bizkey_oracle::{
    lake::{decode_operator, encode_operator, Cluster, Exchange, LakeAddress, LakeEngine, LakeError, Runner, Settings},
    report::Network,
    scoring::{Engine, EpochScores},
};
use bizkey_primitives::{AccountId, Hash};
use datafusion::{
    arrow::{
        array::{AsArray as _, UInt64Array},
        datatypes::UInt64Type,
        record_batch::RecordBatch,
    },
    common::tree_node::{Transformed, TreeNode as _},
    parquet::arrow::{arrow_reader::ParquetRecordBatchReaderBuilder, ArrowWriter},
    physical_plan::{collect_partitioned, execution_plan::reset_plan_states, ExecutionPlan},
    prelude::SessionContext,
};
use lake_network::{epoch, network, owner, Epoch};
use object_store::{local::LocalFileSystem, ObjectStore};
use proptest::prelude::*;
use std::{
    collections::BTreeSet,
    fs::File,
    num::NonZeroUsize,
    path::Path,
    sync::{
        atomic::{AtomicUsize, Ordering::Relaxed},
        Arc,
    },
};

fn runtime(threads: usize) -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build().unwrap()
}

/// What other processes would do: operators that came as bytes, and rows that
/// come back cut and mixed.
#[derive(Debug)]
struct Apart {
    lake: LakeAddress,
    /// Rows of a batch.
    rows: usize,
    /// How often a batch is lost or comes twice, as after a machine died.
    spoiled: AtomicUsize,
}

#[async_trait::async_trait]
impl Cluster for Apart {
    fn lake(&self) -> &LakeAddress {
        &self.lake
    }

    async fn run(&self, plan: Arc<dyn ExecutionPlan>) -> datafusion::error::Result<Vec<RecordBatch>> {
        // It may come again, and here it is run as it is.
        let sent = reset_plan_states(plan)?.transform_up(|plan| {
            let Some(bytes) = encode_operator(plan.as_ref())? else { return Ok(Transformed::no(plan)) };
            let inputs: Vec<_> = plan.children().into_iter().cloned().collect();
            Ok(Transformed::yes(decode_operator(&bytes, &inputs)?))
        })?;
        assert!(sent.transformed);
        let made = collect_partitioned(sent.data, SessionContext::new().task_ctx()).await?;
        let mut cut: Vec<RecordBatch> = vec![];
        for batch in made.into_iter().flatten() {
            for first in (0..batch.num_rows()).step_by(self.rows) {
                cut.push(batch.slice(first, self.rows.min(batch.num_rows() - first)));
            }
        }
        // Neither the order in which they were made nor its reverse.
        let (one, mut other): (Vec<_>, Vec<_>) = cut.into_iter().enumerate().partition(|(place, _)| place % 3 == 1);
        other.reverse();
        let mut all: Vec<RecordBatch> = one.into_iter().chain(other).map(|(_, batch)| batch).collect();
        match self.spoiled.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)) {
            Ok(left) if left % 2 == 0 => all.extend(all.first().cloned()),
            Ok(_) => drop(all.pop()),
            Err(_) => {}
        }
        Ok(all)
    }
}

fn engine(lake: &Path, state: &Path, exchange: Exchange) -> LakeEngine {
    open(lake, state, exchange, Runner::InProcess)
}

fn open(lake: &Path, state: &Path, exchange: Exchange, runner: Runner) -> LakeEngine {
    let objects: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(lake).unwrap());
    let settings = Settings { exchange, runner, ..Settings::new(state.to_owned(), NonZeroUsize::MIN) };
    LakeEngine::open(objects, &owner(), settings).unwrap()
}

fn apart(lake: &Path, rows: usize, spoiled: usize) -> Runner {
    let lake = LakeAddress::parse(lake.to_str().unwrap()).unwrap();
    Runner::Cluster(Arc::new(Apart { lake, rows, spoiled: spoiled.into() }))
}

/// Scores all epochs in one way, opening the state anew before each; the
/// digest of the last state with them.
fn score(
    epochs: &[Epoch],
    exchange: Exchange,
    threads: usize,
    rows: usize,
    is_apart: bool,
) -> (Vec<EpochScores>, Option<Digest>) {
    let (lake, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let runner = if is_apart { apart(lake.path(), rows, 0) } else { Runner::InProcess };
    runtime(threads).block_on(async {
        let mut scores = vec![];
        for epoch in epochs {
            let mut engine = open(lake.path(), state.path(), exchange, runner.clone());
            let manifest = epoch.write(lake.path(), rows);
            scores.push(engine.score(&manifest, Arc::new(epoch.facts.clone())).await.unwrap());
            engine.carry().await.unwrap();
            assert_eq!(engine.next_epoch(), epoch.facts.epoch + 1);
        }
        (scores, engine(lake.path(), state.path(), exchange).state().digest())
    })
}

fn check(epochs: &[Epoch]) -> Result<(), TestCaseError> {
    let mut reference = Engine::new();
    let expected: Vec<EpochScores> = epochs.iter().map(|epoch| reference.score(&epoch.input()).unwrap()).collect();
    let mut digests = BTreeSet::new();
    for (exchange, threads, rows, is_apart) in [
        (Exchange::Shared(1), 1, 1_000_000, false),
        (Exchange::Shared(2), 2, 7, false),
        (Exchange::Shared(7), 7, 3, false),
        (Exchange::ByHash(3), 2, 5, false),
        (Exchange::Shared(3), 2, 4, true),
    ] {
        let (scores, digest) = score(epochs, exchange, threads, rows, is_apart);
        let how = if is_apart { "apart" } else { "together" };
        prop_assert_eq!(&scores, &expected, "{:?}, {} threads, {} rows a file, {}", exchange, threads, rows, how);
        digests.insert(digest.map(|digest| digest.0));
    }
    prop_assert_eq!(digests.len(), 1, "the state depends on how it was computed");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Few parties over many epochs: histories, the window of 30, references,
    /// debts, voids of earlier receipts, changes of the algorithm.
    #[test]
    fn a_long_quiet_network_scores_the_same(drawn in proptest::collection::vec(epoch(4, 6, 8), 1..36)) {
        check(&network(4, 6, drawn))?;
    }

    /// Many customers over few epochs.
    #[test]
    fn a_short_busy_network_scores_the_same(drawn in proptest::collection::vec(epoch(12, 60, 300), 1..5)) {
        check(&network(12, 60, drawn))?;
    }
}

fn day(receipts: u32) -> Vec<Epoch> {
    let receipts = (0..receipts).map(|n| (1 + n % 3, Some(1 + n % 20), n % 5 == 0, 2, 100 + u64::from(n), 6)).collect();
    network(4, 21, vec![(receipts, vec![], vec![], false, None)])
}

/// The same sales on the day after.
fn two_days() -> Vec<Epoch> {
    let mut epochs = day(40);
    let mut second = day(40).remove(0);
    second.facts.epoch = 1;
    second.receipts.iter_mut().for_each(|receipt| (receipt.epoch, receipt.id) = (1, receipt.id + 40));
    epochs.push(second);
    epochs
}

#[test]
fn files_that_lack_receipts_are_refused_and_nothing_is_carried() {
    let (lake, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let epochs = day(40);
    runtime(2).block_on(async {
        let mut engine = engine(lake.path(), state.path(), Exchange::Shared(2));
        let whole = epochs[0].write(lake.path(), 10);
        let facts = Arc::new(epochs[0].facts.clone());
        let mut short = whole.clone();
        short.receipts.parts.pop();
        let refused = engine.score(&short, Arc::clone(&facts)).await;
        assert!(matches!(refused, Err(LakeError::Files { epoch: 0, .. })), "{refused:?}");
        let mut other = whole.clone();
        other.receipts.end_id -= 1;
        assert!(matches!(engine.score(&other, Arc::clone(&facts)).await, Err(LakeError::Plan { .. })));
        let mut later = whole.clone();
        later.epoch = 1;
        assert!(matches!(engine.score(&later, Arc::clone(&facts)).await, Err(LakeError::OtherEpoch { .. })));
        engine.carry().await.unwrap();
        assert_eq!(engine.next_epoch(), 0);
        let scores = engine.score(&whole, facts).await.unwrap();
        assert_eq!(scores, Engine::new().score(&epochs[0].input()).unwrap());
    });
}

#[test]
fn a_state_that_was_cut_off_is_made_again_and_an_altered_one_is_refused() {
    let (lake, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let epochs = day(40);
    let table = state.path().join("epoch=000000/bought.parquet");
    runtime(2).block_on(async {
        let mut first = engine(lake.path(), state.path(), Exchange::Shared(2));
        let manifest = epochs[0].write(lake.path(), 10);
        let facts = Arc::new(epochs[0].facts.clone());
        let scores = first.score(&manifest, Arc::clone(&facts)).await.unwrap();
        first.carry().await.unwrap();
        let digest = first.state().digest();
        // As after a power cut: no state.json.
        std::fs::remove_file(state.path().join("epoch=000000/state.json")).unwrap();
        let mut again = engine(lake.path(), state.path(), Exchange::Shared(2));
        assert_eq!(again.next_epoch(), 0);
        assert_eq!(again.score(&manifest, facts).await.unwrap(), scores);
        again.carry().await.unwrap();
        assert_eq!(again.state().digest(), digest);
    });
    let objects: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(lake.path()).unwrap());
    let bytes = std::fs::read(&table).unwrap();
    std::fs::write(&table, &bytes[..bytes.len() / 2]).unwrap();
    let opened = LakeEngine::open(objects, &owner(), Settings::new(state.path().to_owned(), NonZeroUsize::MIN));
    assert!(matches!(opened.map(|_| ()), Err(LakeError::State { path, .. }) if path == table));
}

/// Adds one to the last number of a column, in a table that is whole otherwise;
/// `false` if it has no rows.
fn alter(table: &Path, column: usize) -> bool {
    let batches = ParquetRecordBatchReaderBuilder::try_new(File::open(table).unwrap()).unwrap().build().unwrap();
    let mut batches: Vec<RecordBatch> = batches.map(Result::unwrap).collect();
    let Some(last) = batches.pop() else { return false };
    let mut columns = last.columns().to_vec();
    let mut numbers = columns[column].as_primitive::<UInt64Type>().values().to_vec();
    *numbers.last_mut().unwrap() += 1;
    columns[column] = Arc::new(UInt64Array::from(numbers));
    batches.push(RecordBatch::try_new(last.schema(), columns).unwrap());
    let mut writer = ArrowWriter::try_new(File::create(table).unwrap(), last.schema(), None).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.close().unwrap();
    true
}

/// Why the second epoch cannot be scored or carried, in this process or apart.
async fn refusal(lake: &Path, state: &Path, runner: Runner, manifest: &Manifest, epoch: &Epoch) -> Option<LakeError> {
    let objects: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(lake).unwrap());
    let settings = Settings { runner, ..Settings::new(state.to_owned(), NonZeroUsize::MIN) };
    let mut engine = match LakeEngine::open(objects, &owner(), settings) {
        Ok(engine) => engine,
        Err(error) => return Some(error),
    };
    if let Err(error) = engine.score(manifest, Arc::new(epoch.facts.clone())).await {
        return Some(error);
    }
    engine.carry().await.err()
}

#[test]
fn one_other_number_anywhere_in_a_state_is_refused() {
    let (lake, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let epochs = two_days();
    let folder = state.path().join("epoch=000000");
    let manifests: Vec<_> = epochs.iter().map(|epoch| epoch.write(lake.path(), 10)).collect();
    runtime(2).block_on(async {
        let mut first = engine(lake.path(), state.path(), Exchange::Shared(2));
        first.score(&manifests[0], Arc::new(epochs[0].facts.clone())).await.unwrap();
        first.carry().await.unwrap();
        let mut altered = BTreeSet::new();
        for table in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if table.extension().is_none_or(|extension| extension != "parquet") {
                continue;
            }
            let whole = std::fs::read(&table).unwrap();
            let columns = ParquetRecordBatchReaderBuilder::try_new(File::open(&table).unwrap()).unwrap();
            for column in 0..columns.schema().fields().len() {
                for runner in [Runner::InProcess, apart(lake.path(), 8, 0)] {
                    if !alter(&table, column) {
                        continue;
                    }
                    altered.insert(table.file_name().unwrap().to_str().unwrap().to_owned());
                    let refused = refusal(lake.path(), state.path(), runner, &manifests[1], &epochs[1]).await;
                    let found = matches!(&refused, Some(LakeError::Altered { path, .. }) if *path == table);
                    assert!(found, "{}, column {column}: {refused:?}", table.display());
                    std::fs::write(&table, &whole).unwrap();
                }
            }
        }
        for table in ["bought", "references", "bought.parts", "references.parts", "buyers", "repeats"] {
            assert!(altered.contains(&format!("{table}.parquet")), "{altered:?}");
        }

        // What the description says is tied together as well.
        let path = folder.join("state.json");
        let text = std::fs::read_to_string(&path).unwrap();
        let place = text.find("repeats.parquet\":\"0x").unwrap() + "repeats.parquet\":\"0x".len();
        let other = if text[place..].starts_with('0') { "1" } else { "0" };
        std::fs::write(&path, format!("{}{other}{}", &text[..place], &text[place + 1..])).unwrap();
        let refused = refusal(lake.path(), state.path(), Runner::InProcess, &manifests[1], &epochs[1]).await;
        assert!(matches!(&refused, Some(LakeError::Altered { path: at, part: None }) if *at == path), "{refused:?}");
        std::fs::write(&path, text).unwrap();
        let none = refusal(lake.path(), state.path(), Runner::InProcess, &manifests[1], &epochs[1]).await;
        assert!(none.is_none(), "{none:?}");
    });
}

#[test]
fn the_state_of_another_network_is_refused() {
    let (lake, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let epochs = day(40);
    runtime(2).block_on(async {
        let mut first = engine(lake.path(), state.path(), Exchange::Shared(2));
        let manifest = epochs[0].write(lake.path(), 10);
        first.score(&manifest, Arc::new(epochs[0].facts.clone())).await.unwrap();
        first.carry().await.unwrap();
    });
    let (genesis, rewards) = (Hash::from([9; 32]), AccountId::from([9; 32]));
    let others = [Network { genesis, ..owner() }, Network { rewards, ..owner() }];
    for (other, differing) in others.iter().zip(["genesis hash", "address of `rewards`"]) {
        let objects: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(lake.path()).unwrap());
        let opened = LakeEngine::open(objects, other, Settings::new(state.path().to_owned(), NonZeroUsize::MIN));
        let refused = opened.map(|_| ()).unwrap_err();
        assert!(matches!(&refused, LakeError::OtherNetwork { field, .. } if *field == differing), "{refused:?}");
        assert!(refused.to_string().contains("--state"), "{refused}");
    }
    assert_eq!(engine(lake.path(), state.path(), Exchange::Shared(2)).next_epoch(), 1);
}

#[test]
fn a_process_that_sees_another_state_refuses() {
    let (lake, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let epochs = two_days();
    let description = state.path().join("epoch=000000/state.json");
    runtime(2).block_on(async {
        let mut engine = open(lake.path(), state.path(), Exchange::Shared(2), apart(lake.path(), 8, 0));
        let manifests: Vec<_> = epochs.iter().map(|epoch| epoch.write(lake.path(), 10)).collect();
        engine.score(&manifests[0], Arc::new(epochs[0].facts.clone())).await.unwrap();
        engine.carry().await.unwrap();
        let known: String = engine.state().digest().unwrap().into();
        let text = std::fs::read_to_string(&description).unwrap();
        let other: String = Digest([1; 32]).into();
        std::fs::write(&description, text.replace(&known, &other)).unwrap();
        let facts = Arc::new(epochs[1].facts.clone());
        let refused = engine.score(&manifests[1], Arc::clone(&facts)).await.unwrap_err().to_string();
        assert!(refused.contains(&known) && refused.contains(&other), "{refused}");
        std::fs::write(&description, text).unwrap();
        assert_eq!(engine.score(&manifests[1], facts).await.unwrap().merchants.len(), 3);
    });
}

#[test]
fn rows_that_come_twice_or_not_at_all_are_asked_for_again() {
    let (lake, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let epochs = day(40);
    let manifest = epochs[0].write(lake.path(), 10);
    let facts = Arc::new(epochs[0].facts.clone());
    runtime(2).block_on(async {
        // Whichever batch it is, of whatever rows.
        for rows in [1, 2, 5, 1_000] {
            let mut hopeless = open(lake.path(), state.path(), Exchange::Shared(2), apart(lake.path(), rows, 3));
            let refused = hopeless.score(&manifest, Arc::clone(&facts)).await;
            assert!(matches!(refused, Err(LakeError::Plan { epoch: 0, .. })), "{refused:?}");
            let mut lucky = open(lake.path(), state.path(), Exchange::Shared(2), apart(lake.path(), rows, 2));
            let scores = lucky.score(&manifest, Arc::clone(&facts)).await.unwrap();
            assert_eq!(scores, Engine::new().score(&epochs[0].input()).unwrap());
        }
    });
}
