//! A chain with its server, in this process or in one of its own, whose memory
//! and descriptors are then nobody else's.

use crate::client::{call, PATIENCE};
use bizkey_devchain::{any_loopback_port, Clock, Devchain, DevchainConfig, Sealing, ServerConfig, ServerHandle};
use serde_json::{json, Value};
use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, ChildStdin, Command, Stdio},
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

pub struct Host {
    pub runtime: Runtime,
    pub chain: Devchain,
    pub server: ServerHandle,
}

impl Host {
    pub fn start(config: ServerConfig) -> Self {
        let runtime = Runtime::new().unwrap();
        let chain = Devchain::open(DevchainConfig {
            clock: Clock::Manual(1_700_000_000_000),
            sealing: Sealing::Manual,
            ..Default::default()
        })
        .unwrap();
        let server = runtime.block_on(chain.serve_with(any_loopback_port(), config)).unwrap();
        Self { runtime, chain, server }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.local_addr()
    }
}

/// The server answers, and blocks go on.
pub fn assert_alive(address: SocketAddr) {
    let before = best(address);
    assert!(call(address, "dev_newBlock", &json!([])).get("result").is_some());
    assert_eq!(best(address), before + 1);
}

pub fn best(address: SocketAddr) -> u64 {
    let header = call(address, "chain_getHeader", &json!([]));
    let number = header["result"]["number"].as_str().unwrap_or_else(|| panic!("{header}"));
    u64::from_str_radix(number.trim_start_matches("0x"), 16).unwrap()
}

pub fn seal(address: SocketAddr, count: u32) {
    let answer = call(address, "dev_newBlocks", &json!([{ "count": count }]));
    assert!(answer.get("error").is_none(), "{answer}");
}

/// Waits until `true`, or fails with what was waited for.
pub fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

const CHILD: &str = "DEVCHAIN_SERVER_TEST_CHILD";

/// Runs a server until standard input ends; started by [`Process::start`].
#[test]
fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let host = Host::start(ServerConfig::default());
    println!("\nlistening {} {}", host.address(), host.server.limits().connections);
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest).unwrap();
}

/// A server in a process of its own, with the default settings.
pub struct Process {
    child: Child,
    _stdin: ChildStdin,
    pub address: SocketAddr,
    pub connections: usize,
}

impl Process {
    pub fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "host::child", "--nocapture"])
            .env(CHILD, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.find_map(|line| line.unwrap().strip_prefix("listening ").map(str::to_owned)).unwrap();
        let (address, connections) = line.split_once(' ').unwrap();
        Self { child, _stdin: stdin, address: address.parse().unwrap(), connections: connections.parse().unwrap() }
    }

    /// Its resident memory in bytes.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer of the server to whatever it was sent: JSON-RPC, one or a batch.
pub fn is_answer(answer: &Value) -> bool {
    match answer {
        Value::Array(answers) => !answers.is_empty() && answers.iter().all(is_answer),
        Value::Object(fields) => {
            fields.get("jsonrpc") == Some(&json!("2.0"))
                && fields.contains_key("id")
                && (fields.contains_key("result") != fields.contains_key("error"))
        }
        _ => false,
    }
}
