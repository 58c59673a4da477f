//! The TypeScript client of `indexer/typescript`: generated from what is
//! served, built, and played against the running program.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use bizkey_e2e::{
    clients::with_packages,
    get, root,
    steps::{sell, settled, shop},
    Chain, Up,
};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;

/// Longest time that one of its programs may take.
const PATIENCE: Duration = Duration::from_secs(400);

/// What a program printed; it has to succeed.
async fn output(command: &mut Command) -> String {
    let running = command.kill_on_drop(true).output();
    let output = tokio::time::timeout(PATIENCE, running).await.expect("it does not end").expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (said, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{:?} ended with {}:\n{said}\n{errors}", command.as_std(), output.status);
    said
}

/// The checked-in document is the one that is served, and the checked-in types
/// are those that follow from it.
async fn is_generated(up: &Up, folder: &Path) {
    let (status, served) = get(&format!("{}/openapi.json", up.url("indexer"))).await.expect("the document");
    let file = root().join("indexer/openapi.json");
    let kept: Value = serde_json::from_slice(&std::fs::read(&file).expect("a document")).expect("JSON");
    assert!(status == 200 && served == kept, "indexer/openapi.json is not what is served: run `cargo xtask openapi`");

    let aside = tempfile::tempdir().expect("a folder");
    let types = aside.path().join("schema.d.ts");
    let generator = folder.join("node_modules/.bin/openapi-typescript");
    output(Command::new(generator).current_dir(folder).arg("../openapi.json").arg("--output").arg(&types)).await;
    let read = |path: &Path| std::fs::read_to_string(path).expect("types");
    let fresh = read(&types) == read(&folder.join("src/schema.d.ts"));
    assert!(fresh, "src/schema.d.ts does not follow from the document: run `cargo xtask openapi`");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_typescript_client_is_built_from_the_document_and_follows_a_running_service() {
    let folder = with_packages("indexer/typescript").expect("its packages");
    let Some(chain) = Chain::of("the TypeScript client", &[]).await.expect("a chain") else { return };
    let directory = tempfile::tempdir().expect("a folder");
    let data_dir = directory.path().join("data");
    let up = chain.up(&data_dir, &["--epoch-seconds", "6", "--window-seconds", "1"]).await.expect("up");
    is_generated(&up, &folder).await;
    // Clients are told apart, so each has its limit.
    let answer = reqwest::get(format!("{}/v1/epochs", up.url("indexer"))).await.expect("an answer");
    assert_eq!(answer.headers().get("x-ratelimit-limit").expect("a limit"), "400");

    // It is built where nothing of an earlier build is; Node looks for its
    // packages beside the client.
    let build = tempfile::Builder::new().prefix("dist-").tempdir_in(&folder).expect("a folder");
    let compiler = folder.join("node_modules/.bin/tsc");
    output(Command::new(compiler).current_dir(&folder).args(["--project", "."]).arg("--outDir").arg(build.path()))
        .await;

    let shop = shop(&up, &data_dir).await;
    let taken = 4_321;
    sell(&up, "taken before", &shop["device"], &Value::Null, taken).await;
    assert_eq!(settled(&up, 1).await.len(), 1);

    // Only the embedded chain turns when it is told to.
    let controls = chain.url().map_or_else(|| up.url("chain").replacen("ws://", "http://", 1), |_| String::new());
    let tests = ["stream", "live"].map(|name| build.path().join(format!("test/{name}.test.js")));
    let mut command = Command::new("node");
    command
        .args(["--test", "--test-reporter=tap", "--test-concurrency=1"])
        .args(tests)
        .current_dir(&folder)
        .env("BIZKEY_INDEXER", up.url("indexer"))
        .env("BIZKEY_GATEWAY", up.url("gateway"))
        .env("BIZKEY_DEVICE", shop["device"].to_string())
        .env("BIZKEY_MERCHANT", shop["merchant"].to_string())
        .env("BIZKEY_TAKEN", taken.to_string());
    let skipped = if controls.is_empty() { "# skipped 1" } else { "# skipped 0" };
    if !controls.is_empty() {
        command.env("BIZKEY_CHAIN_CONTROLS", controls);
    }
    let said = output(&mut command).await;
    assert!(said.lines().any(|line| line == skipped), "{said}");

    // The payments that it took are those that the index holds.
    let all = settled(&up, 8).await;
    let seven = all.iter().filter(|receipt| receipt["amount"].as_str().is_some_and(|text| text.starts_with("7000")));
    assert_eq!(seven.count(), 7, "{all:?}");
    up.stop().await.expect("a clean stop");
}
