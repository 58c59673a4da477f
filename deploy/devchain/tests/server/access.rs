//! Foreign web pages, rebound names, and controls that are switched off.

use crate::{
    client::{call, connect, exchange, post_with, request, WebSocket},
    host::{assert_alive, Host},
};
use bizkey_devchain::{Controls, ServerConfig};
use serde_json::{json, Value};

fn question() -> String {
    request(1, "dev_newBlock", &json!([]))
}

#[test]
fn a_foreign_page_is_refused_before_anything_is_done() {
    let host = Host::start(ServerConfig::default());
    let address = host.address();
    let host_header = format!("host: {address}");
    for origin in ["https://evil.example", "null", "http://localhost.evil.example:3000", "http://evil@localhost"] {
        let origin = format!("origin: {origin}");
        let answer = post_with(address, &[&host_header, &origin], question().as_bytes()).unwrap();
        assert_eq!(answer.status, 403, "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
        let refused = WebSocket::connect_with(connect(address), &[&host_header, &origin]);
        assert_eq!(refused.err().expect("refused").status, 403, "{origin}");
    }
    let twice = [host_header.as_str(), "origin: http://localhost", "origin: https://evil.example"];
    assert_eq!(post_with(address, &twice, question().as_bytes()).unwrap().status, 403);
    assert_eq!(host.chain.best().header.number, 0, "no refused request made a block");
    assert_alive(address);
}

#[test]
fn allowed_pages_are_served_and_may_read_the_answer() {
    let origins = "https://shop.example:8443".parse().unwrap();
    let host = Host::start(ServerConfig { origins, ..Default::default() });
    let address = host.address();
    let host_header = format!("host: {address}");
    for page in ["http://localhost:3000", "http://[::1]", "https://polkadot.js.org", "https://shop.example:8443"] {
        let origin = format!("origin: {page}");
        let answer = post_with(address, &[&host_header, &origin], question().as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{page}");
        assert!(answer.json()["result"]["number"].is_number(), "{answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(page));
        assert_eq!(answer.header("vary"), Some("origin"));
        let mut socket = WebSocket::connect_with(connect(address), &[&host_header, &origin]).unwrap();
        assert!(socket.call("system_chain", &json!([]))["result"].is_string());
    }

    let preflight = |origin: &str| {
        let head = format!(
            "OPTIONS / HTTP/1.1\r\n{host_header}\r\norigin: {origin}\r\naccess-control-request-method: POST\r\n\
             access-control-request-headers: content-type\r\naccess-control-request-private-network: true\r\n\
             connection: close\r\n\r\n"
        );
        exchange(address, head.as_bytes()).unwrap()
    };
    let answer = preflight("http://localhost:3000");
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:3000"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("content-type"));
    assert_eq!(answer.header("access-control-allow-methods"), Some("POST"));
    assert_eq!(answer.header("access-control-allow-private-network"), Some("true"));
    assert_eq!(preflight("https://evil.example").status, 403);
}

#[test]
fn a_rebound_name_is_refused_on_loopback() {
    let host = Host::start(ServerConfig::default());
    let address = host.address();
    let port = address.port();
    for name in ["evil.example", "localhost.evil.example", "10.0.0.1"] {
        let header = format!("host: {name}:{port}");
        assert_eq!(post_with(address, &[&header], question().as_bytes()).unwrap().status, 403, "{name}");
        let refused = WebSocket::connect_with(connect(address), &[&header]);
        assert_eq!(refused.err().expect("refused").status, 403, "{name}");
    }
    for name in ["localhost", "127.0.0.1", "[::1]"] {
        let header = format!("host: {name}:{port}");
        assert_eq!(post_with(address, &[&header], question().as_bytes()).unwrap().status, 200, "{name}");
    }
}

#[test]
fn controls_that_are_off_are_not_there() {
    let host = Host::start(ServerConfig { controls: Controls::Off, ..Default::default() });
    assert!(!host.server.controls());
    let methods = call(host.address(), "rpc_methods", &json!([]));
    let methods: Vec<&str> =
        methods["result"]["methods"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(methods.contains(&"chain_getBlock") && methods.contains(&"rpc_methods"));
    assert!(!methods.iter().any(|method| method.starts_with("dev_")), "{methods:?}");
    for method in ["dev_newBlock", "dev_setTime", "dev_injectError"] {
        assert_eq!(call(host.address(), method, &json!([]))["error"]["code"], -32601, "{method}");
    }
    assert_eq!(host.chain.best().header.number, 0);

    let host = Host::start(ServerConfig::default());
    assert!(host.server.controls(), "on a loopback address they are there");
}
