//! Proofs as a wallet gets them: over HTTP, by the route that `bizkey up` and
//! `bizkey oracle` serve.

use crate::{facts, receipts::mix};
use anyhow::{ensure, Context as _};
use bizkey_oracle::{
    book::ReportSource,
    proofs::{self, ProofAnswer},
    report::EpochReport,
    Book, BookError,
};
use bizkey_primitives::{
    hash::selector,
    party::HoldingIndex,
    tree::{Leaf, ProofStep},
    Epoch, MerchantIndex, Side,
};
use codec::Decode as _;
use reqwest::{Client, StatusCode};
use std::{
    future::IntoFuture as _,
    net::SocketAddr,
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::net::TcpListener;

/// Merchants drawn by chance whose proofs are timed, beside the first and the last.
const DRAWN: u64 = 5_000;
/// Others that are asked for before, untimed: the connection opens, and both
/// programs' code is in memory, as in a service that runs.
const WARM_UP: u64 = 200;
/// Longest that an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the answers took.
pub struct Served {
    /// From sending the request to the last byte of the body, and for whom; the
    /// shortest first.
    times: Vec<(Duration, MerchantIndex)>,
    /// Bytes of all bodies.
    pub bytes: usize,
}

impl Served {
    /// Answers.
    pub fn count(&self) -> usize {
        self.times.len()
    }

    /// What this part of the answers took at most, milliseconds; by the nearest rank.
    pub fn percentile(&self, percent: f64) -> f64 {
        let rank = (self.count() as f64 * percent / 100.0).ceil() as usize;
        self.times.get(rank.max(1) - 1).map_or(0.0, |(time, _)| time.as_secs_f64() * 1e3)
    }

    /// What the slowest answer took, milliseconds.
    pub fn worst(&self) -> f64 {
        self.percentile(100.0)
    }

    /// Whose answer was the slowest.
    pub fn slowest(&self) -> MerchantIndex {
        self.times.last().map_or(0, |(_, merchant)| *merchant)
    }
}

/// A report that is ready: of its epochs, the only one that has closed.
struct Ready {
    next: Epoch,
    report: Option<EpochReport>,
}

#[async_trait::async_trait]
impl ReportSource for Ready {
    fn next_epoch(&self) -> Epoch {
        self.next
    }

    async fn next_report(&mut self) -> Result<Option<EpochReport>, BookError> {
        let report = self.report.take();
        self.next += u32::from(report.is_some());
        Ok(report)
    }
}

/// Serves the report on a free port, asks for merchants' proofs one after the
/// other, and checks each. The report is gone at the end.
///
/// # Errors
/// When an answer fails, or what it proves is not what was reported.
pub fn measure(report: EpochReport, threads: NonZeroUsize) -> anyhow::Result<Served> {
    let epoch = report.epoch();
    let book = Arc::new(Book::judged_by(facts::network(), Ready { next: epoch, report: Some(report) }));
    // Dropped at the end with every connection, and so the last of the book.
    let server = tokio::runtime::Builder::new_multi_thread().worker_threads(threads.get()).enable_all().build()?;
    server.block_on(book.advance())?;
    let report = book.report(epoch).context("the book has not the report that it was given")?;
    let listener = server.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    let service = proofs::router(book).into_make_service_with_connect_info::<SocketAddr>();
    server.spawn(axum::serve(listener, service).into_future());
    // The client has a thread of its own: it waits for none of the server's tasks.
    let clients = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    clients.block_on(ask(address, &report))
}

async fn ask(address: SocketAddr, report: &EpochReport) -> anyhow::Result<Served> {
    // One connection, which is kept; nothing is compressed.
    let client = Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let leaves = report.tree(Side::Merchant).leaves();
    let (Some(first), Some(last)) = (leaves.first(), leaves.last()) else {
        anyhow::bail!("no merchant has a leaf");
    };
    let drawn = |number: u64| leaves[(mix(u64::MAX / 2 + number) % leaves.len() as u64) as usize].account;
    for number in DRAWN..DRAWN + WARM_UP {
        get(&client, address, report.epoch(), drawn(number)).await?;
    }
    let mut served = Served { times: Vec::new(), bytes: 0 };
    let accounts = [first.account, last.account].into_iter().chain((0..DRAWN).map(drawn));
    for account in accounts {
        let started = Instant::now();
        let body = get(&client, address, report.epoch(), account).await?;
        served.times.push((started.elapsed(), account));
        served.bytes += body.len();
        check(&body, account, report).with_context(|| format!("the proof of merchant {account}"))?;
    }
    served.times.sort_unstable();
    Ok(served)
}

/// The whole answer.
async fn get(client: &Client, address: SocketAddr, epoch: Epoch, account: MerchantIndex) -> anyhow::Result<Vec<u8>> {
    let answer = client.get(format!("http://{address}/v1/proofs/merchant/{epoch}/{account}")).send().await?;
    let status = answer.status();
    let body = answer.bytes().await?;
    ensure!(status == StatusCode::OK, "merchant {account}: {status}: {}", String::from_utf8_lossy(&body));
    Ok(body.into())
}

/// Checks that the call in an answer proves the merchant's leaf against the root.
fn check(body: &[u8], account: MerchantIndex, report: &EpochReport) -> anyhow::Result<()> {
    let answer: ProofAnswer = serde_json::from_slice(body)?;
    let input = hex::decode(answer.input.trim_start_matches("0x"))?;
    let mut arguments = input.strip_prefix(&selector("claim")).context("it is no call of `claim`")?;
    type Arguments = (Side, Epoch, Leaf, HoldingIndex, Vec<ProofStep>);
    let (side, epoch, leaf, _, proof) = Arguments::decode(&mut arguments)?;
    ensure!((side, epoch, leaf.account) == (Side::Merchant, report.epoch(), account), "it claims something else");
    let domain = facts::network().domain(side, epoch, report.report().algorithm_version);
    let failed = |error| anyhow::anyhow!("it fails: {error:?}");
    let node = leaf.tuple(&domain).map_err(failed)?;
    let position = report.report().side(side).verify(&domain, node, &proof).map_err(failed)?;
    ensure!(position as usize == answer.position, "it is of position {position}, not {}", answer.position);
    Ok(())
}
