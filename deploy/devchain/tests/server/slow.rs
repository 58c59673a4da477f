//! Clients that do not read what they asked for.

use crate::{
    client::{connect, request, WebSocket, PATIENCE, TEXT},
    host::{assert_alive, best, seal, wait_for, Host, Process},
};
use bizkey_devchain::ServerLimits;
use serde_json::json;
use std::{
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

/// More heads than the system's socket buffers hold.
const BLOCKS: u32 = 30_000;

/// A socket with as small a receive buffer as can be had.
fn narrow(address: SocketAddr) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        socket.connect(address).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn narrow_subscriber(address: SocketAddr) -> WebSocket {
    let host = format!("host: {address}");
    let mut socket = WebSocket::connect_with(narrow(address), &[&host]).unwrap();
    subscribe_at_start(&mut socket);
    socket
}

/// Follows the heads of a chain without blocks. A subscription begins with the
/// head at that moment, which may come after its answer: once block 0 is
/// there, every later one has to follow.
fn subscribe_at_start(socket: &mut WebSocket) {
    assert!(socket.call("chain_subscribeNewHeads", &json!([]))["result"].is_string());
    assert_eq!(socket.receive_number().unwrap(), 0);
}

#[test]
fn who_does_not_read_holds_up_nobody_and_later_gets_every_block_in_order() {
    // What the blocks alone take.
    let alone = {
        let server = Process::start();
        let before = server.memory();
        (0..10).for_each(|_| seal(server.address, BLOCKS / 10));
        server.memory().saturating_sub(before)
    };
    let server = Process::start();
    let address = server.address;
    let mut slow: Vec<WebSocket> = (0..20).map(|_| narrow_subscriber(address)).collect();
    let mut follower = WebSocket::connect(address);
    subscribe_at_start(&mut follower);
    let reading = std::thread::spawn(move || {
        for number in 1..=u64::from(BLOCKS) {
            assert_eq!(follower.receive_number().unwrap(), number);
        }
    });
    let before = server.memory();
    (0..10).for_each(|_| seal(address, BLOCKS / 10));
    assert_eq!(best(address), u64::from(BLOCKS));
    reading.join().unwrap();
    let grown = server.memory().saturating_sub(before);
    println!(
        "20 subscribers left {BLOCKS} heads unread: {} MB more, {} MB without them",
        grown / 1_000_000,
        alone / 1_000_000
    );
    assert!(grown < alone + 300_000_000);
    for socket in slow.iter_mut().take(3) {
        for number in 1..=u64::from(BLOCKS) {
            assert_eq!(socket.receive_number().unwrap(), number);
        }
        assert!(socket.call("system_chain", &json!([]))["result"].is_string());
    }
}

#[test]
fn who_asks_on_and_on_without_reading_is_not_read_either() {
    let server = Process::start();
    let address = server.address;
    let host = format!("host: {address}");
    let mut greedy = WebSocket::connect_with(narrow(address), &[&host]).unwrap();
    let question = request(1, "state_getMetadata", &json!([]));
    let answer = greedy.call("state_getMetadata", &json!([])).to_string().len();
    let before = server.memory();
    // Many times the memory of this machine, if it were all answered.
    let questions = 100_000_000_000 / answer;
    greedy.stream.set_write_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut sent = 0;
    while sent < questions && greedy.send_frame(true, TEXT, question.as_bytes()).is_ok() {
        sent += 1;
    }
    assert!(sent < questions, "all {questions} questions were read");
    let grown = server.memory().saturating_sub(before);
    println!(
        "{sent} questions of {} bytes taken, answers of {answer} bytes: {} MB more",
        question.len(),
        grown / 1_000_000
    );
    // Most of the questions wait in the system's buffers, not as answers in the
    // server's.
    assert!(grown < 400_000_000 && grown < (sent * answer / 4) as u64, "{grown} bytes");
    assert_alive(address);
}

#[test]
fn who_never_reads_again_is_cut_off() {
    let limits = ServerLimits { stall_timeout: Duration::from_millis(500), ..Default::default() };
    let host = Host::start(limits.into());
    let mut slow = narrow_subscriber(host.address());
    wait_for("one connection", || host.server.connections() == 1);
    host.runtime.block_on(host.chain.seal_blocks(BLOCKS, 1)).unwrap();
    wait_for("it is gone", || host.server.connections() == 0);
    assert_alive(host.address());
    // What it had been sent is still there, without a gap, and then the end.
    let mut next = 1;
    while let Ok(number) = slow.receive_number() {
        assert_eq!(number, next);
        next += 1;
    }
    assert!(next < u64::from(BLOCKS));
}

#[test]
fn a_server_stops_although_a_client_does_not_read() {
    let host = Host::start(ServerLimits::default().into());
    let address = host.address();
    let _slow = narrow_subscriber(address);
    let _idle = connect(address);
    host.runtime.block_on(host.chain.seal_blocks(BLOCKS, 1)).unwrap();
    let began = Instant::now();
    let stopped = host.runtime.block_on(async { tokio::time::timeout(PATIENCE, host.server.clone().stop()).await });
    println!("stopped in {:?}", began.elapsed());
    assert!(stopped.is_ok(), "it does not stop");
    assert_eq!(host.server.connections(), 0);
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}
