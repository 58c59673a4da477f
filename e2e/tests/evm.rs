//! The gateway's EVM module on a real node: anvil, from its npm package.

use anyhow::Context;
use bizkey_gateway::evm::{Confirmation, EvmClient, EvmError};
use serde_json::{json, Value};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

struct Anvil {
    _child: Child,
    url: String,
}

impl Anvil {
    /// Starts one on a free port; `None` where the package is not installed.
    async fn start() -> anyhow::Result<Option<Self>> {
        let path = bizkey_e2e::root().join("e2e/node/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil");
        if !path.exists() {
            return Ok(None);
        }
        let mut child = Command::new(path)
            .args(["--host", "127.0.0.1", "--port", "0"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await? {
                if let Some(address) = line.strip_prefix("Listening on ") {
                    return Ok(format!("http://{address}"));
                }
            }
            anyhow::bail!("anvil ended")
        };
        let url = tokio::time::timeout(Duration::from_secs(30), listening).await??;
        Ok(Some(Self { _child: child, url }))
    }

    async fn rpc(&self, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = reqwest::Client::new().post(&self.url).json(&body).send().await.expect("an answer");
        answer.json::<Value>().await.expect("JSON")["result"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_followed_from_unknown_to_confirmed_and_back_through_a_reorganisation() {
    let Some(anvil) = Anvil::start().await.expect("anvil starts") else {
        bizkey_e2e::left_out("the EVM module on a real node needs anvil");
        return;
    };
    let client = EvmClient::new(&anvil.url).expect("a client");
    let unknown = format!("0x{}", "11".repeat(32));
    assert_eq!(client.confirm(&unknown, 1).await.expect("an answer"), Confirmation::Unknown);
    assert!(matches!(client.confirm("0x12", 1).await, Err(EvmError::BadHash(_))));

    let accounts = anvil.rpc("eth_accounts", json!([])).await;
    anvil.rpc("evm_setAutomine", json!([false])).await;
    let transfer = json!([{ "from": accounts[0], "to": accounts[1], "value": "0x3039" }]);
    let hash = anvil.rpc("eth_sendTransaction", transfer).await;
    let hash = hash.as_str().expect("a hash");
    assert_eq!(client.confirm(hash, 3).await.expect("an answer"), Confirmation::Pending);

    anvil.rpc("anvil_mine", json!(["0x1"])).await;
    let Confirmation::Included { confirmations, confirmed, value, to, .. } =
        client.confirm(hash, 3).await.expect("an answer")
    else {
        panic!("not included");
    };
    assert_eq!((confirmations, confirmed), (1, false));
    assert_eq!(u128::from_be_bytes(value[16..].try_into().expect("16 bytes")), 12_345);
    let to = to.map(|to| to.iter().map(|byte| format!("{byte:02x}")).collect::<String>()).expect("a payee");
    assert_eq!(format!("0x{to}"), accounts[1].as_str().expect("an account").to_lowercase());

    anvil.rpc("anvil_mine", json!(["0x2"])).await;
    let deep = client.confirm(hash, 3).await.expect("an answer");
    assert!(matches!(deep, Confirmation::Included { confirmations: 3, confirmed: true, .. }), "{deep:?}");

    // Three blocks are replaced by empty ones: the payment is no longer there.
    anvil.rpc("anvil_reorg", json!([3, []])).await;
    let gone = client.confirm(hash, 3).await.expect("an answer");
    assert!(!matches!(gone, Confirmation::Included { confirmed: true, .. }), "{gone:?}");
}
