//! Too long, too many, too late: each is refused and the next client is served.

use crate::{
    client::{call, connect, exchange, post, request, WebSocket, BINARY, TEXT},
    host::{assert_alive, is_answer, wait_for, Host},
};
use bizkey_devchain::ServerLimits;
use serde_json::{json, Value};
use std::{
    io::{Read, Write},
    time::Duration,
};

const LIMIT: u32 = 64 * 1024;

fn host(limits: ServerLimits) -> Host {
    Host::start(limits.into())
}

fn small() -> Host {
    host(ServerLimits { request_bytes: LIMIT, response_bytes: LIMIT, batch: 100, ..Default::default() })
}

#[test]
fn an_oversized_http_body_is_refused_announced_or_not() {
    let host = small();
    let address = host.address();
    let long = request(1, "system_chain", &json!(["x".repeat(LIMIT as usize)]));
    assert_eq!(post(address, long.as_bytes()).unwrap().status, 413);

    // Only announced: nothing of it is waited for.
    let announced = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
        content-length: {}\r\nconnection: close\r\n\r\n",
        u64::MAX / 2
    );
    assert_eq!(exchange(address, announced.as_bytes()).unwrap().status, 413);

    // Not announced: cut off when it is too long, with or without an answer.
    let mut stream = connect(address);
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
        transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = [b"4000\r\n".to_vec(), vec![b' '; 0x4000], b"\r\n".to_vec()].concat();
    let sent = (0..10_000).take_while(|_| stream.write_all(&chunk).is_ok()).count();
    assert!(sent < 10_000, "160 MB were read of a body that may have 64 KB");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 413"), "{}", String::from_utf8_lossy(&answer));
    assert_alive(address);
}

#[test]
fn an_oversized_websocket_message_is_refused_and_the_connection_goes_on() {
    let host = small();
    let mut socket = WebSocket::connect(host.address());
    for length in [u64::from(LIMIT) + 1, 4 * 1024 * 1024] {
        socket.send_head(true, TEXT, length).unwrap();
        let mut left = length;
        while left > 0 {
            let piece = left.min(64 * 1024);
            socket.stream.write_all(&vec![b'x'; piece as usize]).unwrap();
            left -= piece;
        }
        let refused = socket.receive().unwrap();
        assert_eq!(refused["error"]["code"], -32007, "{refused}");
        assert!(socket.call("system_chain", &json!([]))["result"].is_string());
    }
    // A length that nobody could send ends the connection.
    let mut socket = WebSocket::connect(host.address());
    socket.send_head(true, BINARY, u64::MAX / 2).unwrap();
    assert!(socket.receive().is_err());
    // Pieces that together are too long: refused, or the connection ends.
    let mut socket = WebSocket::connect(host.address());
    let piece = vec![b' '; 48 * 1024];
    socket.send_frame(false, TEXT, &piece).unwrap();
    let _ = socket.send_frame(false, 0, &piece);
    let _ = socket.send_frame(true, 0, &piece);
    if let Ok(answer) = socket.receive() {
        assert_eq!(answer["error"]["code"], -32007, "{answer}");
    }
    assert_alive(host.address());
}

#[test]
fn batches_have_a_number_and_a_length() {
    let host = small();
    let address = host.address();
    let batch = |count: u64, method: &str| -> String {
        let calls: Vec<Value> =
            (0..count).map(|id| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": [] })).collect();
        json!(calls).to_string()
    };
    let answers = post(address, batch(100, "system_chain").as_bytes()).unwrap().json();
    let ids: Vec<u64> = answers.as_array().unwrap().iter().map(|answer| answer["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (0..100).collect::<Vec<_>>(), "each answered, in order");

    let refused = post(address, batch(101, "system_chain").as_bytes()).unwrap().json();
    assert_eq!(refused["error"]["code"], -32010, "{refused}");
    let refused = post(address, batch(100, "rpc_methods").as_bytes()).unwrap().json();
    assert_eq!(refused["error"]["code"], -32011, "the answer would be longer than 64 KB: {refused}");

    let mixed = json!([1, {}, { "jsonrpc": "2.0", "method": "system_chain" }, [], { "jsonrpc": "2.0", "id": 5, "method": "system_chain" }]);
    let answers = post(address, mixed.to_string().as_bytes()).unwrap().json();
    assert!(is_answer(&answers), "{answers}");
    assert_eq!(answers.as_array().unwrap().len(), 4, "a notification has no answer: {answers}");
    assert_eq!(post(address, b"[]").unwrap().json()["error"]["code"], -32600);
}

#[test]
fn an_answer_that_is_too_long_is_an_error() {
    let host = small();
    let answer = call(host.address(), "state_getMetadata", &json!([]));
    assert_eq!(answer["error"]["code"], -32008, "{answer}");
}

#[test]
fn subscriptions_of_a_connection_are_counted() {
    let host = host(ServerLimits { subscriptions: 3, ..Default::default() });
    let mut socket = WebSocket::connect(host.address());
    let subscribe = |socket: &mut WebSocket| socket.call("chain_subscribeNewHeads", &json!([]));
    let first = subscribe(&mut socket)["result"].clone();
    for _ in 0..2 {
        assert!(subscribe(&mut socket)["result"].is_string());
    }
    assert_eq!(subscribe(&mut socket)["error"]["code"], -32006);
    assert_eq!(socket.call("chain_unsubscribeNewHeads", &json!([first]))["result"], true);
    assert!(subscribe(&mut socket)["result"].is_string());
}

#[test]
fn who_comes_when_all_connections_are_in_use_hears_so_and_can_come_again() {
    let host = host(ServerLimits { connections: 3, ..Default::default() });
    let address = host.address();
    // Whatever it does, each socket counts: a WebSocket, an HTTP connection
    // that is kept, one that says nothing.
    let first = WebSocket::connect(address);
    let mut kept = connect(address);
    let body = request(1, "system_chain", &json!([]));
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    kept.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut answered = [0; 15];
    kept.read_exact(&mut answered).unwrap();
    assert_eq!(&answered, b"HTTP/1.1 200 OK");
    let silent = connect(address);
    wait_for("three connections", || host.server.connections() == 3);

    assert_eq!(post(address, body.as_bytes()).unwrap().status, 503);
    drop((first, kept, silent));
    wait_for("room again", || host.server.connections() == 0);
    assert_eq!(post(address, body.as_bytes()).unwrap().status, 200);
}

#[test]
fn who_does_not_finish_a_request_is_cut_off() {
    let host = host(ServerLimits { request_timeout: Duration::from_millis(300), ..Default::default() });
    let mut body = connect(host.address());
    body.write_all(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\nconnection: close\r\n\r\n{").unwrap();
    let mut answer = String::new();
    body.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    let mut nothing = connect(host.address());
    let mut half = connect(host.address());
    half.write_all(b"POST / HTTP/1.1\r\nhost: localhost\r\nx: ").unwrap();
    for stream in [&mut nothing, &mut half] {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&answer));
    }
    wait_for("both are gone", || host.server.connections() == 0);
    assert_alive(host.address());
}

#[test]
fn a_websocket_client_that_no_longer_answers_is_cut_off_and_one_that_does_stays() {
    let limits = ServerLimits {
        ping_interval: Duration::from_millis(100),
        silence_timeout: Duration::from_millis(500),
        ..Default::default()
    };
    let host = host(limits);
    let _silent = WebSocket::connect(host.address());
    let mut answering = WebSocket::connect(host.address());
    wait_for("two connections", || host.server.connections() == 2);
    std::thread::scope(|scope| {
        // Answers pings while it waits for the block that ends the test.
        scope.spawn(|| {
            answering.call("chain_subscribeNewHeads", &json!([]));
            while answering.receive_number().unwrap() == 0 {}
        });
        wait_for("the silent one is gone", || host.server.connections() == 1);
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(host.server.connections(), 1);
        host.runtime.block_on(host.chain.seal_block()).unwrap();
    });
}
