//! polkadot.js, unmodified, deploys a bundle on the embedded chain and calls it.

use bizkey_e2e::Up;
use std::process::Stdio;
use tokio::process::Command;

const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const BOB: &str = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

#[tokio::test(flavor = "multi_thread")]
async fn polkadot_js_deploys_and_calls_a_bundle() {
    let root = bizkey_e2e::root();
    let scripts = root.join("e2e/node");
    if !scripts.join("node_modules/@polkadot/api").exists() {
        println!("left out: polkadot.js is not installed; `cargo xtask test` installs it");
        return;
    }
    let directory = tempfile::tempdir().expect("a folder");
    let up = Up::start(&directory.path().join("data"), &[]).await.expect("up");
    let arguments = format!(
        r#"["0x{}", {{"genesisMs": 1700000000000, "epochMs": 86400000}}, "{ALICE}", "{BOB}"]"#,
        "07".repeat(32)
    );
    let output = Command::new("node")
        .arg("deploy-and-call.js")
        .args(["--bundle", "../../contracts/artifacts/bzky.contract", "--args", &arguments])
        .args(["--message", "transferMany", "--message-args", &format!(r#"[[["{BOB}", 12345]]]"#)])
        .current_dir(&scripts)
        .env("BIZKEY_CHAIN", up.url("chain"))
        .stdin(Stdio::null())
        .output()
        .await
        .expect("node starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("Transfer") && said.contains("12345") || said.contains("12,345"), "{said}");
    up.stop().await.expect("a clean stop");
}
