//! What somebody types who trusts nobody, on the data of a demo: `bizkey
//! verify`, `bizkey explain` and `bizkey grades`, from a folder and from a node.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use bizkey_client::{discover, Client, Deployment, Suite};
use bizkey_indexer::{
    model::{hex, Network},
    scores::{keep_epoch, Grade},
    Store,
};
use bizkey_oracle::{
    explain::Explanation,
    verify::{EpochSummary, Summary},
};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use tempfile::TempDir;

/// Days that the town plays: the fewest after which a shop has a grade above
/// the lowest.
const DAYS: u32 = 4;

/// The data of a demo, played once for all tests.
static DEMO: LazyLock<PathBuf> = LazyLock::new(|| {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("audit-demo");
    let played = run(&["demo", "--days", &DAYS.to_string(), "--out", path(&out)]);
    assert!(played.status.success(), "{}", text(&played.stderr));
    out.join("data")
});

/// A copy of that data, since a folder is one program's at a time.
fn data() -> TempDir {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    copy(&DEMO, folder.path());
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, target) = (entry.as_ref().unwrap().path(), to.join(entry.as_ref().unwrap().file_name()));
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            fs::copy(&entry, &target).unwrap();
        }
    }
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bizkey"));
    command.args(arguments).env_remove("BIZKEY_SECRET").env_remove("BIZKEY_INDEX").stdin(Stdio::null());
    command.output().expect("the program starts")
}

/// What a run says that goes well.
fn said(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// What a run says that fails.
fn refused(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(!output.status.success(), "{arguments:?}: {}", text(&output.stdout));
    text(&output.stderr)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

fn summary(file: &Path) -> Summary {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// Explains by the file that `explain` writes, with what it prints.
fn explained(arguments: &[&str]) -> (String, Explanation) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("explanation.json");
    let text = said(&[&["explain", "--json", path(&file)], arguments].concat());
    (text, serde_json::from_slice(&fs::read(&file).unwrap()).unwrap())
}

/// A node on the chain of a data folder; stopped with the test.
struct Node {
    process: Child,
    url: String,
}

impl Node {
    fn start(data: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bizkey"));
        command.args(["devchain", "--manual", "--port", "0", "--data-dir", path(data)]);
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = lines.by_ref().find_map(|line| line.unwrap().strip_prefix("listening on ").map(str::to_owned));
        // What it says later is read, lest it waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, url: url.expect("its address") }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether a line tells an epoch with its version, state, roots and leaves.
fn is_told(text: &str, epoch: &EpochSummary) -> bool {
    let EpochSummary { epoch, algorithm_version, state, merchants, customers, .. } = epoch;
    let wanted = [
        format!("epoch {epoch}, bizpower-{algorithm_version}, {state}: "),
        format!("merchants {} of {} leaves, ", merchants.root, merchants.leaves),
        format!("customers {} of {} leaves, ", customers.root, customers.leaves),
    ];
    text.lines().any(|line| wanted.iter().all(|part| line.contains(part)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_and_a_node_give_the_same_roots_and_rewards_holds_them() {
    let data = data();
    let (folder, here, there) = (path(data.path()), data.path().join("here.json"), data.path().join("there.json"));
    let all = said(&["verify", "--data-dir", folder, "--json", path(&here)]);
    let ours = summary(&here);
    assert!(ours.agrees && ours.difference.is_none());
    assert_eq!(ours.epochs.len(), DAYS as usize);
    assert!(ours.epochs.iter().all(|epoch| is_told(&all, epoch)), "{all}");
    assert!(all.contains(&format!("{DAYS} epochs agree up to block {}", ours.head)), "{all}");

    let one = said(&["verify", "--data-dir", folder, "--epoch", "1"]);
    assert!(is_told(&one, &ours.epochs[1]) && one.contains("epochs agree"), "{one}");
    assert_eq!(one.lines().count(), 2, "the epoch that was asked for and the verdict: {one}");
    let two = said(&["verify", "--data-dir", folder, "--epochs", "2..3"]);
    assert!(is_told(&two, &ours.epochs[2]) && is_told(&two, &ours.epochs[3]), "{two}");
    assert_eq!(two.lines().count(), 3, "{two}");

    let help = said(&["verify", "--help"]);
    assert!(help.contains("Every epoch since the first is recomputed"), "{help}");

    let node = Node::start(data.path());
    let same = said(&["verify", "--chain", &node.url, "--json", path(&there)]);
    let theirs = summary(&there);
    assert_eq!(theirs.epochs, ours.epochs);
    assert_eq!((&theirs.genesis_hash, &theirs.rewards), (&ours.genesis_hash, &ours.rewards));
    assert!(theirs.epochs.iter().all(|epoch| is_told(&same, epoch)), "{same}");

    let client = Client::connect(&node.url).await.unwrap();
    let deployment = discover(&client, None).await.unwrap();
    let suite = Suite::new(client, deployment).unwrap();
    for epoch in &ours.epochs {
        let held = suite.rewards().epoch(epoch.epoch, None).await.unwrap().expect("a reported epoch");
        let sides = [
            (&epoch.merchants, held.report.merchants, held.merchants),
            (&epoch.customers, held.report.customers, held.customers),
        ];
        for (ours, report, payout) in sides {
            assert_eq!((&ours.root, ours.leaves), (&hex(report.root.as_ref()), report.count));
            assert_eq!((ours.reserved, ours.paid), (payout.reserved, payout.paid));
            assert!(ours.leaves > 0 && ours.reserved > 0, "the town trades every day");
        }
    }
    // The folder is the node's now: whoever asks is told to ask the node.
    let busy = refused(&["verify", "--data-dir", folder]);
    assert!(busy.contains("is in use") && busy.contains("--chain ws://"), "{busy}");
}

#[test]
fn a_leaf_is_explained_up_to_the_root_that_verify_prints() {
    let data = data();
    let (folder, file) = (path(data.path()), data.path().join("verdict.json"));
    said(&["verify", "--data-dir", folder, "--json", path(&file)]);
    let epoch = &summary(&file).epochs[0];

    let (text, shop) = explained(&["--data-dir", folder, "--merchant", "1", "--day", "0"]);
    assert_eq!((&shop.merchant_root, &shop.customer_root), (&epoch.merchants.root, &epoch.customers.root));
    assert!(shop.committee.as_ref().is_some_and(|committee| committee.agrees));
    let tree = &shop.merchant.as_ref().unwrap().tree;
    assert_eq!((&tree.root, tree.leaves), (&epoch.merchants.root, epoch.merchants.leaves));
    assert_eq!(tree.reported_root.as_ref(), Some(&tree.root));
    let leaf = tree.leaf.as_ref().expect("the busiest shop of the town has a leaf");
    assert!(text.contains(&leaf.hash) && leaf.path.iter().all(|line| text.contains(&line.node)), "{text}");
    assert!(text.contains(&format!("root {}, the committee reported the same", tree.root)), "{text}");
    // The town begins on this day.
    let (by_date, _) = explained(&["--data-dir", folder, "--merchant", "1", "--day", "2026-01-05"]);
    assert_eq!(by_date, text);

    let buyer = shop.merchant.unwrap().receipts.iter().find_map(|receipt| receipt.customer).unwrap().to_string();
    let (_, customer) = explained(&["--data-dir", folder, "--customer", &buyer, "--day", "0"]);
    let tree = customer.customer.unwrap().tree;
    assert_eq!((&tree.root, tree.leaf.is_some()), (&epoch.customers.root, true));
}

#[test]
fn the_weights_as_printed_are_a_table_and_explain_leads_to_its_figures() {
    let data = data();
    let (folder, file) = (path(data.path()), data.path().join("printed.csv"));
    let told = said(&["verify", "--data-dir", folder, "--weights", "printed", "--epoch", "1", "--csv", path(&file)]);
    assert!(told.contains("shops score otherwise as printed") && told.contains("epochs agree"), "{told}");
    let mut reader = csv::Reader::from_path(&file).unwrap();
    let columns: Vec<&str> = reader.headers().unwrap().iter().collect();
    assert_eq!(columns, ["epoch", "algorithm_version", "merchant", "score", "printed_score"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert!(told.contains(&format!(" {} of ", rows.len())), "{told}");
    assert!(rows.len() > 10 && told.contains(&format!("and {} more", rows.len() - 10)), "{told}");
    for row in [&rows[0], &rows[rows.len() - 1]] {
        assert_eq!((&row[0], &row[1]), ("1", "1"));
        let day = ["--data-dir", folder, "--merchant", &row[2], "--day", "1"];
        let (_, own) = explained(&day);
        let (text, printed) = explained(&[&day[..], &["--weights", "printed"]].concat());
        assert_eq!((own.weights.as_str(), printed.weights.as_str()), ("own", "printed"));
        assert_ne!(own.merchant_root, printed.merchant_root);
        assert_eq!(own.customer_root, printed.customer_root, "customers have no weights");
        let agrees = printed.committee.as_ref().is_some_and(|committee| committee.agrees);
        assert!(agrees, "the committee is compared with what the chain pays by");
        assert!(text.contains("BY THE WEIGHTS AS PRINTED") && text.contains("Um·(Pl/Pm)·o"), "{text}");
        let score = |explanation: Explanation| explanation.merchant.unwrap().score.unwrap().score.to_string();
        assert_eq!((score(own).as_str(), score(printed).as_str()), (&row[3], &row[4]));
    }
    let alone = refused(&["verify", "--data-dir", folder, "--csv", path(&file)]);
    assert!(alone.contains("give --weights printed"), "{alone}");
}

#[test]
fn whoever_asks_for_what_is_not_there_is_told_what_to_ask_for() {
    let data = data();
    let (folder, nowhere) = (path(data.path()), data.path().join("nowhere"));
    let party = ["--merchant", "1", "--day", "0"];
    for command in [vec!["verify"], [&["explain"], &party[..]].concat()] {
        let error = refused(&[&command[..], &["--data-dir", path(&nowhere)]].concat());
        assert!(error.contains("holds no chain: give the --data-dir of `bizkey up`"), "{error}");
        assert!(!nowhere.exists(), "looking made a folder");
    }
    let (open, last) = (DAYS.to_string(), DAYS - 1);
    let later = run(&["verify", "--data-dir", folder, "--epoch", &open]);
    assert!(
        !later.status.success() && text(&later.stdout).contains("epochs agree"),
        "the verdict is told all the same"
    );
    let error = text(&later.stderr);
    assert!(error.contains(&format!("the last one that is over is {last}; ask for it")), "{error}");
    for (wrong, advice) in [
        (vec!["--merchant", "9999", "--day", "0"], "they begin with 1".to_owned()),
        (vec!["--customer", "999999", "--day", "0"], "they begin with 1".to_owned()),
        (vec!["--merchant", "1", "--day", &open], format!("the last one that is over is {last}; ask for it")),
        (vec!["--merchant", "1", "--day", "2000-01-01"], "the network had not begun".to_owned()),
        (vec!["--merchant", "1", "--day", "tomorrow"], "give an epoch's number, or a date as".to_owned()),
        (vec!["--day", "0"], "--merchant".to_owned()),
    ] {
        let error = refused(&[&["explain", "--data-dir", folder], &wrong[..]].concat());
        assert!(error.contains(&advice), "{wrong:?}: {error}");
    }
    let error = refused(&["verify", "--data-dir", folder, "--epoch", "3..1"]);
    assert!(error.contains("the first and the last as 3..7"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn grades_lists_the_rewards_that_explain_explains_and_confirms_with_the_right_key_only() {
    let data = data();
    let index = format!("sqlite://{}", path(&data.path().join("indexer.sqlite")));
    let deployment = Deployment::load(data.path().join("deployment.json")).unwrap();
    // A demo that ends may leave the last epochs to be graded by whoever opens the index next.
    let store = Store::open(&index, &Network::from(&deployment)).await.unwrap();
    while keep_epoch(&store).await.unwrap().is_some() {}
    store.close().await;

    let node = Node::start(data.path());
    let network = ["--chain", node.url.as_str(), "--index", index.as_str()];
    let due = |more: &[&str]| {
        let listed = said(&[&["grades", "due"], &network[..], more].concat());
        listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<serde_json::Value>>()
    };
    let rewards = due(&[]);
    assert!(!rewards.is_empty(), "after {DAYS} days some shop has risen");
    let reward = &rewards[0];
    let (shop, epoch) = (reward["shop"].to_string(), reward["epoch"].to_string());
    let (_, explanation) = explained(&["--chain", &node.url, "--merchant", &shop, "--day", &epoch]);
    let grade = explanation.merchant.unwrap().grade.unwrap();
    let reached = Grade::ALL.into_iter().find(|grade| reward["grade"] == grade.name()).unwrap();
    assert_eq!(grade.since_epoch, explanation.epoch, "it rose that day");
    assert!(grade.before.unwrap().number < reached.number() && reached.number() <= grade.earned.number);
    for call in ["create", "execute", "propose"] {
        assert!(reward[call]["input"].as_str().is_some_and(|input| input.starts_with("0x")), "{reward}");
    }
    assert_eq!(due(&["--most", "1"]), rewards[..1]);
    let nothing: Vec<String> = Grade::ALL.iter().skip(1).map(|grade| format!("--reward={}=0", grade.name())).collect();
    assert!(due(&nothing.iter().map(String::as_str).collect::<Vec<_>>()).is_empty());

    let key = data.path().join("key");
    fs::write(&key, "//Alice").unwrap();
    fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let key = format!("file:{}", path(&key));
    let error = refused(&[&["grades", "confirm", "--once", "--key", &key], &network[..]].concat());
    assert!(error.contains("is not the task confirmer") && error.contains("set_role"), "{error}");
    let error = refused(&["grades", "due", "--chain", &node.url]);
    assert!(error.contains("--index"), "{error}");
}
