//! A real node in a state that a sandbox is in: what a call costs there is
//! what the node's own runtime says, in the same situation.
//!
//! The sandbox's contracts, their code and storage, the accounts and the time
//! go into the node's genesis; calls are tried there by its runtime interface.

use crate::Sandbox;
use bizkey_client::{RpcClient, Weight};
use bizkey_primitives::AccountId;
use codec::{Compact, Decode, Encode};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// Where the node is told to be.
pub const NODE: &str = "SUBSTRATE_CONTRACTS_NODE";
/// The node's program, where it is in the path.
const PROGRAM: &str = "substrate-contracts-node";
/// How long a node may take until it answers.
const START: Duration = Duration::from_secs(60);
/// What of a sandbox's state is taken over, by pallet and, where not all of
/// it, by entry.
const TAKEN: [(&str, Option<&str>); 5] = [
    ("System", Some("Account")),
    ("System", Some("Number")),
    ("Timestamp", Some("Now")),
    ("Balances", None),
    ("Contracts", None),
];

/// The node's program, if there is one: where `SUBSTRATE_CONTRACTS_NODE` or
/// `PATH` says.
#[must_use]
pub fn program() -> Option<PathBuf> {
    let named = std::env::var_os(NODE).filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join(PROGRAM)).find(|program| program.is_file())
    })
}

/// The node's own genesis, to be filled with a sandbox's state.
pub struct Template {
    program: PathBuf,
    spec: Value,
    /// Place of pallet-contracts in the node's runtime.
    contracts: u8,
}

impl Template {
    /// Asks the node for it.
    ///
    /// # Panics
    /// When the program does not run, or its runtime has no contracts.
    pub async fn of(program: &Path) -> Self {
        let arguments = ["build-spec", "--chain", "dev", "--raw", "--disable-default-bootnode"];
        let output = Command::new(program).args(arguments).output().expect("the node's program runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut spec: Value = serde_json::from_slice(&output.stdout).expect("a chain specification");
        // The node reads every file as a parachain's, and starts alone all the
        // same when its name is `dev`.
        spec["relay_chain"] = "dev".into();
        spec["para_id"] = 1.into();
        let program = program.to_owned();
        let plain = Node::start(&program, &spec).await;
        let contracts = plain.place_of_contracts().await;
        Self { program, spec, contracts }
    }

    /// Starts a node in the sandbox's state.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(&self, network: &mut Sandbox) -> Node {
        let mut spec = self.spec.clone();
        let raw = &mut spec["genesis"]["raw"];
        let top = raw["top"].as_object_mut().expect("the genesis state");
        // The node's own money and contracts make place for the sandbox's.
        top.retain(|key, _| !is_taken(&hex::decode(key.trim_start_matches("0x")).unwrap_or_default()));
        let (state, tries) = network.state.export();
        for (key, value) in state.into_iter().filter(|(key, _)| is_taken(key)) {
            let value = self.with_place_of_contracts(&key, value);
            top.insert(hexed(&key), Value::String(hexed(&value)));
        }
        let children: BTreeMap<String, BTreeMap<String, String>> = tries
            .into_iter()
            .map(|(name, cells)| (hexed(&name), cells.iter().map(|(key, value)| (hexed(key), hexed(value))).collect()))
            .collect();
        raw["childrenDefault"] = serde_json::to_value(children).expect("text");
        Node::start(&self.program, &spec).await
    }

    /// Deposits are held for pallet-contracts, which has another place in the
    /// node's runtime: the first byte of a hold's reason.
    fn with_place_of_contracts(&self, key: &[u8], mut value: Vec<u8>) -> Vec<u8> {
        if key.starts_with(&prefix("Balances", Some("Holds"))) {
            let mut rest = &value[..];
            let holds = Compact::<u32>::decode(&mut rest).expect("a list of holds").0 as usize;
            let (from, each) = (value.len() - rest.len(), rest.len() / holds.max(1));
            for hold in 0..holds {
                value[from + hold * each] = self.contracts;
            }
        }
        value
    }
}

/// A running node. It ends when it is dropped.
pub struct Node {
    process: Child,
    rpc: RpcClient,
    _folder: tempfile::TempDir,
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Node {
    async fn start(program: &Path, spec: &Value) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("spec.json");
        std::fs::write(&path, spec.to_string()).expect("the specification");
        let mut process = Command::new(program)
            .arg("--chain")
            .arg(&path)
            .arg("--base-path")
            .arg(folder.path().join("chain"))
            // Whichever port is free; the node says which.
            .args(["--rpc-port", "0", "--port", "0", "--no-telemetry", "--no-prometheus", "--no-hardware-benchmarks"])
            .args(["--rpc-max-request-size", "64", "--rpc-max-response-size", "64"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the node's program runs");
        let log = process.stderr.take().expect("the node's log");
        let (told, heard) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let (mut told, mut lines) = (Some(told), Vec::new());
            for line in BufReader::new(log).lines().map_while(Result::ok) {
                let address = line.split("addr=").nth(1).and_then(|rest| rest.split([',', ' ']).next());
                match (address, told.take()) {
                    (Some(address), Some(told)) => drop(told.send(Ok(address.to_owned()))),
                    (None, Some(waiting)) => {
                        lines.push(line);
                        told = Some(waiting);
                    }
                    // The log is read on, else the node would wait for its reader.
                    _ => {}
                }
            }
            if let Some(told) = told {
                let _ = told.send(Err(lines.join("\n")));
            }
        });
        let address = tokio::time::timeout(START, heard).await.expect("the node starts in time").expect("its log");
        let address = address.unwrap_or_else(|log| panic!("the node does not start:\n{log}"));
        let rpc = RpcClient::from_insecure_url(format!("ws://{address}")).await.expect("the node answers");
        Self { process, rpc, _folder: folder }
    }

    /// Tries a call: whether it was carried out, what gas limit it needs, and
    /// what it locks for storage, negative for a refund.
    ///
    /// # Panics
    /// When it does not run.
    pub async fn try_call(&self, origin: AccountId, contract: AccountId, input: &[u8]) -> (bool, Weight, i128) {
        let arguments = (origin, contract, 0u128, None::<Weight>, None::<u128>, input).encode();
        let bytes = self.runtime("ContractsApi_call", &arguments).await;
        let mut rest = &bytes[..];
        let (_, required): (Weight, Weight) = Decode::decode(&mut rest).expect("weights");
        let (charged, deposit): (u8, u128) = Decode::decode(&mut rest).expect("a deposit");
        let _: Vec<u8> = Decode::decode(&mut rest).expect("a log");
        let deposit = i128::try_from(deposit).expect("a deposit within bounds");
        match Decode::decode(&mut rest) {
            Ok(0u8) => {}
            _ => panic!("the node does not run the call: 0x{}", hex::encode(rest)),
        }
        let flags = u32::decode(&mut rest).expect("flags");
        // 0 is a refund, 1 a charge.
        (flags & 1 == 0, required, if charged == 0 { -deposit } else { deposit })
    }

    async fn place_of_contracts(&self) -> u8 {
        let bytes = self.runtime("Metadata_metadata", &[]).await;
        let metadata = Vec::<u8>::decode(&mut &bytes[..]).expect("metadata");
        let metadata = subxt::Metadata::decode(&mut &metadata[..]).expect("metadata that subxt reads");
        metadata.pallet_by_name("Contracts").expect("a chain with contracts").call_index()
    }

    async fn runtime(&self, function: &str, arguments: &[u8]) -> Vec<u8> {
        let parameters = subxt::rpcs::rpc_params![function, hexed(arguments)];
        let answer: String = self.rpc.request("state_call", parameters).await.expect("an answer");
        hex::decode(answer.trim_start_matches("0x")).expect("bytes")
    }
}

fn is_taken(key: &[u8]) -> bool {
    TAKEN.iter().any(|(pallet, entry)| key.starts_with(&prefix(pallet, *entry)))
}

fn prefix(pallet: &str, entry: Option<&str>) -> Vec<u8> {
    let hash = |name: &str| sp_io::hashing::twox_128(name.as_bytes()).to_vec();
    [hash(pallet), entry.map(hash).unwrap_or_default()].concat()
}

fn hexed(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}
