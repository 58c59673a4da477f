//! Whatever is sent, the answer is JSON-RPC or an HTTP refusal, the next client
//! is served and blocks go on.

use crate::{
    client::{call, post, request, WebSocket, BINARY, TEXT},
    host::{assert_alive, is_answer, Host},
};
use bizkey_devchain::ServerConfig;
use proptest::{
    collection::vec,
    prelude::{any, prop_oneof, Just, Strategy},
    test_runner::{Config, TestRunner},
};
use serde_json::{json, Value};
use std::net::SocketAddr;

/// Any JSON, with the numbers and texts that parsers stumble over.
fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        any::<f64>().prop_map(|value| json!(value).to_string()),
        Just("1e400".to_owned()),
        Just("-0".to_owned()),
        (1_usize..400).prop_map(|digits| "9".repeat(digits)),
        any::<String>().prop_map(|value| json!(value).to_string()),
        vec(any::<u8>(), 0..80).prop_map(|bytes| json!(format!("0x{}", hex::encode(bytes))).to_string()),
        Just("\"0x0\"".to_owned()),
        Just("\"0xffffffffffffffffff\"".to_owned()),
        Just("\"\\ud800\"".to_owned()),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(|values| format!("[{}]", values.join(","))),
            vec((any::<String>(), inner), 0..6).prop_map(|fields| {
                let fields: Vec<String> =
                    fields.into_iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

fn good() -> String {
    request(1, "chain_getBlockHash", &json!([[0, "0x1"]]))
}

/// Bytes that are hardly ever a request.
fn malformed() -> impl Strategy<Value = Vec<u8>> {
    let field = || prop_oneof![any_json(), Just("\"2.0\"".to_owned()), Just("\"system_chain\"".to_owned())];
    prop_oneof![
        vec(any::<u8>(), 0..300),
        any_json().prop_map(String::into_bytes),
        // A good request, cut.
        (0..good().len()).prop_map(|end| good().as_bytes()[..end].to_vec()),
        // A good request with a byte changed, often to one that is no UTF-8.
        (0..good().len(), any::<u8>()).prop_map(|(place, byte)| {
            let mut bytes = good().into_bytes();
            bytes[place] = byte;
            bytes
        }),
        // Wrong types in every field.
        (field(), field(), field(), field()).prop_map(|(version, id, method, params)| {
            format!(r#"{{"jsonrpc":{version},"id":{id},"method":{method},"params":{params}}}"#).into_bytes()
        }),
        vec(field(), 0..5).prop_map(|fields| {
            let calls: Vec<String> =
                fields.iter().map(|field| format!(r#"{{"jsonrpc":"2.0","id":{field},"method":{field}}}"#)).collect();
            format!("[{}]", calls.join(",")).into_bytes()
        }),
        // Nested deeper than any parser's stack.
        (1_usize..200_000, prop_oneof![Just("["), Just("{\"a\":"), Just("[[],")])
            .prop_map(|(depth, open)| open.repeat(depth / open.len()).into_bytes()),
        (1_usize..50_000).prop_map(|depth| {
            let params = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"chain_getBlockHash","params":{params}}}"#).into_bytes()
        }),
    ]
}

/// Sends it both ways.
fn provoke(address: SocketAddr, bytes: &[u8]) {
    let answer = post(address, bytes).expect("an answer");
    // A notification is answered with nothing.
    if answer.status == 200 && !answer.body.is_empty() {
        assert!(is_answer(&answer.json()), "{:?} -> {answer:?}", String::from_utf8_lossy(bytes));
    } else {
        assert!((200..500).contains(&answer.status), "{answer:?}");
    }
    for opcode in [TEXT, BINARY] {
        let mut socket = WebSocket::connect(address);
        socket.send_frame(true, opcode, bytes).expect("sent");
        socket.send(&request(u64::MAX, "system_chain", &json!([])));
        // Text that is no UTF-8 may end the connection; everything else has an
        // answer, or none if it is a notification, and the connection goes on.
        loop {
            match socket.receive() {
                Ok(answer) if answer["id"] == u64::MAX => break,
                Ok(answer) if answer.get("method").is_some() => {}
                Ok(answer) => assert!(is_answer(&answer), "{answer}"),
                Err(error) => {
                    assert!(opcode == TEXT && std::str::from_utf8(bytes).is_err(), "{error}");
                    break;
                }
            }
        }
    }
}

#[test]
fn malformed_requests_are_answered_and_harm_nothing() {
    let host = Host::start(ServerConfig::default());
    let address = host.address();
    for bytes in [&b""[..], b" ", b"\xff\xfe", b"\xef\xbb\xbf{}", b"{", b"}", b"nul", b"\"", b"{\"jsonrpc\"", b"\0\0\0"]
    {
        provoke(address, bytes);
    }
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 300, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    runner
        .run(&malformed(), |bytes| {
            provoke(address, &bytes);
            Ok(())
        })
        .unwrap();
    assert_alive(address);
}

/// Every method of the chain is asked with anything.
#[test]
fn no_parameters_bring_a_method_down() {
    let host = Host::start(ServerConfig::default());
    let address = host.address();
    let methods = call(address, "rpc_methods", &json!([]));
    let methods: Vec<String> = serde_json::from_value(methods["result"]["methods"].clone()).unwrap();
    // The controls may do what they are asked to, such as a long wait.
    let methods: Vec<String> = methods.into_iter().filter(|method| !method.starts_with("dev_")).collect();
    assert!(methods.len() > 50, "{methods:?}");
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 8, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    for method in &methods {
        runner
            .run(&any_json(), |params| {
                let question = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
                let mut socket = WebSocket::connect(address);
                socket.send(&question);
                loop {
                    let answer = socket.receive().expect("an answer");
                    // Notifications of a subscription may come before its answer.
                    if answer.get("method").is_none() {
                        assert!(is_answer(&answer), "{method} {params} -> {answer}");
                        break;
                    }
                }
                Ok(())
            })
            .unwrap();
    }
    assert_alive(address);
    let health = call(address, "system_health", &json!([]));
    assert!(matches!(health["result"], Value::Object(_)), "{health}");
}
