//! Members of a committee as processes.

use bizkey_primitives::{events::Event, report::Report, AccountId, Epoch};
use bizkey_tests::{token::PIN, Shop, World};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// Longest time that a process may take for anything.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// What the keys of the whole committee begin with.
pub const MEMBERS: &str = "//Committee/";

/// A running member; stopped with the test.
pub struct Running {
    pub process: Child,
    /// Where it serves.
    pub url: String,
    /// The lines of its output since it serves.
    #[allow(dead_code)] // not every test listens
    pub said: mpsc::UnboundedReceiver<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts a member that serves; no secret may be on its output until it does.
pub fn run(mut command: Command) -> Running {
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let url = lines.by_ref().map(Result::unwrap).find_map(|line| {
        assert!(!line.contains(MEMBERS) && !line.contains(PIN), "its secret is on its output: {line}");
        line.strip_prefix("oracle   ").map(str::to_owned)
    });
    // What it says later is read also if no test wants it, lest it waits for a reader.
    let (heard, said) = mpsc::unbounded_channel();
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(heard.send(line))));
    Running { process, url: url.expect("its address"), said }
}

/// The member's reports of the epoch, by the chain's events.
pub async fn reports(world: &World, member: AccountId, epoch: Epoch) -> Vec<Report> {
    let suite = &world.suite;
    let head = suite.client().finalized_head().await.unwrap();
    let mut found = vec![];
    for number in suite.deployment().block + 1..=head.number {
        let hash = suite.client().block_hash(number).await.unwrap().unwrap();
        let block = suite.client().block(hash, &suite.deployment().contracts).await.unwrap();
        found.extend(block.events.iter().filter_map(|event| match &event.event {
            Event::ReportSubmitted(it) if it.member == member && it.epoch == epoch => Some(it.report),
            _ => None,
        }));
    }
    found
}

/// Waits until something holds.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Epoch 0 with one sale of 500 to customer 1, which is over; the shop.
pub async fn trade(world: &World) -> Shop {
    let mut shop = world.shop(1).await;
    world.customers(1).await;
    world.enter_epoch(0).await;
    world.record(&mut shop, &[(1, 500)]).await;
    world.enter_epoch(1).await;
    shop
}
