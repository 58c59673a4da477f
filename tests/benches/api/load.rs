//! Requests by a schedule, however long answers take.

use crate::served::Served;
use anyhow::bail;
use bizkey_tests::history::{History, Request};
use reqwest::{Client, StatusCode};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Longest that an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// Failures that are told of.
const TOLD: usize = 10;

/// An answer.
struct Answer {
    path: usize,
    request: Request,
    /// From the moment at which the schedule wanted the request.
    latency: Duration,
    /// When it was really sent, after that moment.
    late: Duration,
    outcome: Result<StatusCode, reqwest::Error>,
    bytes: usize,
}

/// The answers of a path.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// How long each took from its moment in the schedule, the shortest first.
    pub latencies: Vec<Duration>,
    /// Bytes of all bodies.
    pub bytes: usize,
    /// The request that took longest, and how long.
    pub slowest: Option<(Duration, String)>,
}

/// All answers.
#[derive(Debug, Default)]
pub struct Outcome {
    /// By path.
    pub answers: BTreeMap<String, Answers>,
    /// From the first moment of the schedule to the last answer.
    pub time: Duration,
    /// Longest that the clients were behind their schedule.
    pub late: Duration,
    failures: Vec<String>,
}

impl Answers {
    /// What this part of the answers took at most; by the nearest rank.
    pub fn percentile(&self, percent: f64) -> Duration {
        let rank = (self.latencies.len() as f64 * percent / 100.0).ceil() as usize;
        self.latencies.get(rank.max(1) - 1).copied().unwrap_or_default()
    }
}

impl Outcome {
    /// # Errors
    /// When an answer was not as it should be.
    pub fn check(&self) -> anyhow::Result<()> {
        if self.failures.is_empty() {
            return Ok(());
        }
        let told: Vec<_> = self.failures.iter().take(TOLD).map(String::as_str).collect();
        bail!("{} requests failed:\n  {}", self.failures.len(), told.join("\n  "))
    }

    fn take(&mut self, paths: &[String], answer: Answer) {
        let Answer { path, request, latency, late, outcome, bytes } = answer;
        self.late = self.late.max(late);
        let answers = self.answers.entry(paths[path].clone()).or_default();
        match outcome {
            Ok(StatusCode::OK) => {}
            Ok(status) => self.failures.push(format!("{}: {status}", request.target)),
            Err(error) => self.failures.push(format!("{}: {error}", request.target)),
        }
        // A failure counts as long as it took: it may not make the rest look better.
        answers.latencies.push(latency);
        answers.bytes += bytes;
        if answers.slowest.as_ref().is_none_or(|(slowest, _)| *slowest < latency) {
            answers.slowest = Some((latency, request.target));
        }
    }
}

/// Sends requests for so long, at a fixed rate, evenly over the paths, and
/// waits for all answers; which ones, is by the seed. Times count from the moment that the schedule sets,
/// so what waits behind a slow answer is slow too.
///
/// # Errors
/// When no client can be made.
pub async fn run(
    served: &Served,
    paths: &[String],
    history: &History,
    rate: u32,
    time: Duration,
    seed: u64,
) -> anyhow::Result<Outcome> {
    // Plain requests over connections that are kept: nothing is conditional,
    // nothing compressed.
    let client = Client::builder().timeout(PATIENCE).build()?;
    let count = u64::from(rate) * time.as_secs();
    let mut requests = history.requests(seed);
    let (mut waiting, mut outcome) = (JoinSet::new(), Outcome::default());
    let start = Instant::now() + Duration::from_millis(10);
    println!("{count} requests to {} paths, {} a second", paths.len(), rate);
    for number in 0..count {
        let due = start + Duration::from_secs_f64(number as f64 / f64::from(rate));
        let path = (number % paths.len() as u64) as usize;
        let Some(request) = requests.of(&paths[path]) else { bail!("{} has no requests", paths[path]) };
        let url = served.url(&request.target);
        tokio::time::sleep_until(due.into()).await;
        let client = client.clone();
        waiting.spawn(async move {
            let late = due.elapsed();
            let (outcome, bytes) = match ask(&client, &url).await {
                Ok((status, bytes)) => (Ok(status), bytes),
                Err(error) => (Err(error), 0),
            };
            Answer { path, request, latency: due.elapsed(), late, outcome, bytes }
        });
        while let Some(answer) = waiting.try_join_next() {
            outcome.take(paths, answer?);
        }
    }
    while let Some(answer) = waiting.join_next().await {
        outcome.take(paths, answer?);
    }
    outcome.time = start.elapsed();
    outcome.answers.values_mut().for_each(|answers| answers.latencies.sort_unstable());
    Ok(outcome)
}

/// The whole answer; its status, and the size of its body.
async fn ask(client: &Client, url: &str) -> Result<(StatusCode, usize), reqwest::Error> {
    let answer = client.get(url).send().await?;
    let status = answer.status();
    Ok((status, answer.bytes().await?.len()))
}
