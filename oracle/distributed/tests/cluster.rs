//! One scheduler and two executors, each a process of its own: the same bits as
//! in one process, also when an executor dies while it computes.
#![allow(clippy::expect_used, clippy::unwrap_used)]

#[path = "../../tests/lake_network/mod.rs"]
mod lake_network;
mod processes;

use bizkey_indexer::lake::{Digest, Manifest};
use bizkey_oracle::{
    lake::{Exchange, LakeAddress, LakeEngine, Runner, Settings},
    scoring::{Engine, EpochScores},
};
use bizkey_oracle_distributed::{Ballista, SchedulerAddress};
use lake_network::{epoch, network, Epoch};
use object_store::{local::LocalFileSystem, ObjectStore};
use processes::{Blocked, Processes, EXECUTOR_TIMEOUT};
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};
use std::{num::NonZeroUsize, path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// An epoch takes a second; one that loses an executor waits until that is
/// noticed, and computes again what the executor had.
const LIMIT: Duration = Duration::from_secs(180);

/// Partitions of the plan: several for each executor.
const PARTITIONS: usize = 6;

/// A busy network, its lake, and what one process makes of it.
struct Town {
    lake: TempDir,
    epochs: Vec<Epoch>,
    manifests: Vec<Manifest>,
    expected: Vec<(EpochScores, Option<Digest>)>,
}

impl Town {
    fn new(runtime: &Runtime, epochs: usize) -> Self {
        let lake = tempfile::tempdir().unwrap();
        // The same network in every run.
        let mut chance = TestRunner::deterministic();
        let drawn = proptest::collection::vec(epoch(12, 60, 400), epochs).new_tree(&mut chance).unwrap().current();
        let epochs = network(12, 60, drawn);
        let manifests: Vec<Manifest> = epochs.iter().map(|epoch| epoch.write(lake.path(), 30)).collect();
        let mut town = Self { lake, epochs, manifests, expected: vec![] };
        let state = tempfile::tempdir().unwrap();
        let mut engine = town.engine(state.path(), Runner::InProcess);
        let mut reference = Engine::new();
        for number in 0..town.epochs.len() {
            let scores = runtime.block_on(town.score(&mut engine, number));
            assert_eq!(scores, reference.score(&town.epochs[number].input()).unwrap());
            town.expected.push((scores, engine.state().digest()));
        }
        town
    }

    fn engine(&self, state: &Path, runner: Runner) -> LakeEngine {
        let objects: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(self.lake.path()).unwrap());
        let settings = Settings {
            exchange: Exchange::ByHash(PARTITIONS),
            runner,
            ..Settings::new(state.to_owned(), NonZeroUsize::MIN)
        };
        LakeEngine::open(objects, &lake_network::owner(), settings).unwrap()
    }

    fn on(&self, scheduler: &str) -> Runner {
        let scheduler: SchedulerAddress = scheduler.parse().unwrap();
        let lake = LakeAddress::parse(self.lake.path().to_str().unwrap()).unwrap();
        Runner::Cluster(Arc::new(Ballista::new(scheduler, lake).with_timeout(LIMIT)))
    }

    /// Scores the epoch that comes next, and carries it.
    async fn score(&self, engine: &mut LakeEngine, number: usize) -> EpochScores {
        let facts = Arc::new(self.epochs[number].facts.clone());
        let scores = tokio::time::timeout(LIMIT, engine.score(&self.manifests[number], facts)).await;
        let scores = scores.expect("an epoch is scored in time").unwrap();
        engine.carry().await.unwrap();
        scores
    }

    fn check(&self, number: usize, scores: EpochScores, engine: &LakeEngine) {
        let (expected, digest) = &self.expected[number];
        assert_eq!(&scores, expected, "scores of epoch {number}");
        assert_eq!(engine.state().digest(), *digest, "what is carried from epoch {number}");
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn a_cluster_has_the_bits_of_one_process() {
    let runtime = runtime();
    let town = Town::new(&runtime, 6);
    let cluster = Processes::start(2);
    let state = tempfile::tempdir().unwrap();
    for number in 0..town.epochs.len() {
        // Anew each time: it goes on where the folder ends.
        let mut engine = town.engine(state.path(), town.on(cluster.scheduler()));
        let scores = runtime.block_on(town.score(&mut engine, number));
        town.check(number, scores, &engine);
    }
}

#[test]
fn an_executor_that_dies_while_it_computes_changes_no_bit() {
    // The other one misses its rows before anybody knows that it is dead.
    check_death(Duration::ZERO);
}

#[test]
fn an_executor_that_is_known_to_be_dead_changes_no_bit() {
    // The scheduler takes its tasks back while the other one still works.
    check_death(2 * EXECUTOR_TIMEOUT);
}

/// Kills an executor amid a task; the other one goes on after a while.
fn check_death(pause: Duration) {
    let runtime = runtime();
    let town = Town::new(&runtime, 4);
    let mut cluster = Processes::start(2);
    let state = tempfile::tempdir().unwrap();
    let mut engine = town.engine(state.path(), town.on(cluster.scheduler()));
    for number in 0..2 {
        let scores = runtime.block_on(town.score(&mut engine, number));
        town.check(number, scores, &engine);
    }
    // A task of the second stage begins by opening the state. It is a pipe now,
    // so the task stands still there until somebody writes.
    let blocked = Blocked::file(&state.path().join("epoch=000001/state.json"));
    let (scores, mut cluster) = runtime.block_on(async {
        let killing = tokio::task::spawn_blocking(move || {
            let writer = blocked.wait_for_reader();
            cluster.kill_reader_of(blocked.path());
            std::thread::sleep(pause);
            blocked.release(writer);
            cluster
        });
        let (scores, killing) = tokio::join!(town.score(&mut engine, 2), killing);
        (scores, killing.unwrap())
    });
    town.check(2, scores, &engine);
    assert_eq!(cluster.running_executors(), 1);
    // The other one goes on alone.
    let scores = runtime.block_on(town.score(&mut engine, 3));
    town.check(3, scores, &engine);
}

#[test]
fn a_cluster_that_is_not_there_is_named() {
    let runtime = runtime();
    let town = Town::new(&runtime, 1);
    let state = tempfile::tempdir().unwrap();
    // Taken and let go: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("ballista://127.0.0.1:{port}");
    let mut engine = town.engine(state.path(), town.on(&address));
    let facts = Arc::new(town.epochs[0].facts.clone());
    let refused = runtime.block_on(engine.score(&town.manifests[0], facts)).unwrap_err().to_string();
    assert!(refused.contains(&address), "{refused}");
    assert_eq!(engine.next_epoch(), 0);
}
