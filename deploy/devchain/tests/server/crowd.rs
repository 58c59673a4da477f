//! Ten thousand who are connected and say nothing.

use crate::{
    client::{call, WebSocket},
    host::{assert_alive, Process},
};
use serde_json::json;
use std::{net::TcpStream, time::Instant};

const CROWD: usize = 10_000;
/// Descriptors of the clients' process that are no idle connections.
const OTHERS: usize = 500;
const BLOCKS: u64 = 200;

#[test]
fn blocks_go_on_and_clients_are_served_beside_ten_thousand_idle_connections() {
    // The server has a process, and so descriptors, of its own.
    let server = Process::start();
    let mine = rlimit::increase_nofile_limit(u64::MAX).unwrap() as usize;
    let crowd = CROWD.min(mine.saturating_sub(OTHERS)).min(server.connections.saturating_sub(OTHERS));
    if crowd < CROWD {
        println!("the system allows {crowd} idle connections only, not {CROWD}: raise `ulimit -Hn`");
    }
    assert!(crowd > 0);
    let empty = server.memory();
    let began = Instant::now();
    // One in ten says nothing at all, not even a handshake.
    let mut sockets = Vec::new();
    let mut silent = Vec::new();
    for number in 0..crowd {
        if number % 10 == 0 {
            silent.push(TcpStream::connect(server.address).unwrap());
        } else {
            sockets.push(WebSocket::connect(server.address));
        }
    }
    println!(
        "{crowd} connections in {:?}, {} bytes of memory each",
        began.elapsed(),
        server.memory().saturating_sub(empty) / crowd as u64
    );

    let mut follower = WebSocket::connect(server.address);
    follower.call("chain_subscribeNewHeads", &json!([]));
    let mut caller = WebSocket::connect(server.address);
    let began = Instant::now();
    for _ in 0..BLOCKS {
        assert!(caller.call("dev_newBlock", &json!([])).get("result").is_some());
    }
    println!("{BLOCKS} blocks beside them in {:?}", began.elapsed());
    for number in 0..=BLOCKS {
        assert_eq!(follower.receive_number().unwrap(), number);
    }

    // They are all still there, and each can speak.
    for socket in sockets.iter_mut().step_by(97) {
        assert!(socket.call("system_chain", &json!([]))["result"].is_string());
    }
    drop((sockets, silent));
    assert_alive(server.address);
    assert!(call(server.address, "system_health", &json!([]))["result"].is_object());
}
