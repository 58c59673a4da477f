//! `bizkey score --engine ballista://…` as somebody types it: a scheduler, two
//! executors and whoever scores, each a process of this program.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod made_up;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

/// How long the processes of a cluster may take to find each other.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long all epochs may take: a cluster takes some seconds for one.
const LIMIT: Duration = Duration::from_secs(300);

/// Executors of the cluster.
const EXECUTORS: usize = 2;

fn bizkey() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bizkey"));
    command.env_remove("BIZKEY_INDEX").env_remove("BIZKEY_LAKE");
    // A cluster that starts or ends warns of what is not there.
    command.env("RUST_LOG", std::env::var("RUST_LOG").unwrap_or_else(|_| "error".to_owned()));
    command
}

/// A process of the cluster, which is killed with its test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A scheduler, and executors of one thread each.
struct Cluster {
    /// `ballista://HOST:PORT`.
    address: String,
    _processes: Vec<Process>,
}

impl Cluster {
    /// Starts it on free ports, with its files in `folder`, and waits until all
    /// are there.
    async fn start(folder: &Path) -> Self {
        let mut scheduler = bizkey();
        scheduler.args(["engine", "scheduler", "--listen", "127.0.0.1:0", "--executors", &EXECUTORS.to_string()]);
        let mut scheduler = Process(scheduler.stdout(Stdio::piped()).spawn().unwrap());
        let mut lines = BufReader::new(scheduler.0.stdout.take().unwrap()).lines();
        let address = lines.by_ref().find_map(|line| line.unwrap().strip_prefix("scheduler ").map(str::to_owned));
        let address = address.expect("the scheduler says where it is");
        // What it says later is read, lest it waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));

        let mut processes = vec![scheduler];
        for number in 0..EXECUTORS {
            let mut executor = bizkey();
            executor.args(["engine", "executor", "--scheduler", &address, "--threads", "1", "--work-dir"]);
            executor.arg(folder.join(format!("executor-{number}"))).stdout(Stdio::null());
            processes.push(Process(executor.spawn().unwrap()));
        }
        let ready = format!("http://{}/readyz", address.strip_prefix("ballista://").unwrap());
        let started = Instant::now();
        while !reqwest::get(&ready).await.is_ok_and(|answer| answer.status() == 200) {
            assert!(started.elapsed() < PATIENCE, "the executors are not there");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self { address, _processes: processes }
    }
}

/// Scores every epoch of the lake of a folder, into a state of its own.
async fn score(folder: &Path, state: &str, engine: &[&str]) -> Output {
    let mut command = bizkey();
    command.arg("score").args(engine).arg("--data-dir").arg(folder.join("data"));
    command.arg("--lake").arg(folder.join("lake")).arg("--state").arg(folder.join(state));
    let mut command = tokio::process::Command::from(command);
    let scored = tokio::time::timeout(LIMIT, command.kill_on_drop(true).output()).await;
    scored.expect("it ends in time").unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The line of each epoch, with its numbers and both roots.
fn epochs(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = text(&output.stdout);
    let lines: Vec<String> = lines.lines().filter(|line| line.starts_with("epoch ")).map(str::to_owned).collect();
    assert!(lines.iter().all(|line| line.matches(" of root 0x").count() == 2), "{lines:#?}");
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_of_processes_scores_every_epoch_to_the_roots_of_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir(folder.join("data")).unwrap();
    made_up::deployment().save(folder.join("data/deployment.json")).unwrap();
    let store = made_up::index(&format!("sqlite://{}", folder.join("data/indexer.sqlite").display())).await;
    let closed = made_up::write_lake(&store, &folder.join("lake")).await;
    assert_eq!(closed, made_up::SHAPE.epochs);
    store.close().await;

    let expected = epochs(&score(folder, "in-process", &["--engine", "in-process", "--partitions", "1"]).await);
    assert_eq!(expected.len(), closed as usize);
    let cluster = Cluster::start(folder).await;
    let address = cluster.address.clone();
    let on_cluster = ["--engine", &address, "--partitions", "4"];
    assert_eq!(epochs(&score(folder, "on-cluster", &on_cluster).await), expected);

    // It was the cluster that computed: without it there are no roots.
    drop(cluster);
    let refused = score(folder, "without-cluster", &on_cluster).await;
    assert!(!refused.status.success() && refused.stdout.is_empty(), "{}", text(&refused.stdout));
    assert!(text(&refused.stderr).contains(&address), "{}", text(&refused.stderr));
}
