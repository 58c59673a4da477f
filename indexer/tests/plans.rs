//! How PostgreSQL runs each query of the REST API: as `query-plans.md` says, and
//! never by reading a large table through.
//!
//! `BLESS=1 cargo test -p bizkey-indexer --test indexer plans` writes that file anew.

mod explained;
mod text;

use crate::common::{network, postgres::Cluster};
use bizkey_indexer::{
    model::Network, router, scores::keep_epoch, ApiConfig, ApiState, Block, ContractEvent, Progress, Store,
};
use bizkey_tests::history::{self, History, Shape, CALENDAR, FIRST_BLOCK, LEFT_OUT};
use serde_json::Value;
use sqlx::{postgres::PgPoolOptions, AssertSqlSafe, PgPool};
use std::{
    collections::BTreeMap,
    future::IntoFuture,
    io::{Read, Seek, SeekFrom},
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};
use text::{Mode, Plans};

const SHAPE: Shape = Shape { receipts: 200_000, shops: 2_000, customers: 20_000, epochs: 40, blocks: 400, others: 12 };
/// Tables that grow with what is recorded: never read through.
const GROWING: &[&str] = &[
    "receipts",
    "batches",
    "blocks",
    "parties",
    "rewards",
    "merchant_scores",
    "merchant_customers",
    "merchant_grades",
    "candles",
];
/// Nor is any other table that has so many rows here.
const MANY: f32 = 2_000.0;
/// Rows that any statement may sort: two of the largest pages.
const SORTED: u64 = 1_000;
/// Statements that may sort more, by a part of their text, and why these rows
/// are bounded all the same.
const BOUNDED: &[(&str, &str)] = &[];
/// Statements that may read a table through all the same, by the table and a
/// part of their text, and why.
const READ_THROUGH: &[(&str, &str, &str)] = &[
    ("tasks", "FROM text_terms x", "for a word of every fifth text, that is the shorter way to the offers with it"),
    ("privileges", "FROM text_terms x", "likewise"),
    (
        "tasks",
        "FROM ranked_shops c",
        "for a trade or region of every fifth shop, likewise; of more shops, 2,000 are looked up",
    ),
    ("privileges", "FROM ranked_shops c", "likewise"),
];
/// How often each request is made with other values.
const ROUNDS: usize = 3;
/// The server logs a statement before it answers, but for its last one.
const QUIET: Duration = Duration::from_millis(20);

fn plans_network() -> Network {
    Network { calendar: CALENDAR, first_block: FIRST_BLOCK, ..network() }
}

async fn connect(url: &str) -> PgPool {
    PgPoolOptions::new().max_connections(1).connect(url).await.unwrap()
}

async fn run_all(pool: &PgPool, statements: &[&str]) {
    for sql in statements {
        sqlx::raw_sql(AssertSqlSafe((*sql).to_owned())).execute(pool).await.unwrap();
    }
}

async fn fill(url: &str, history: &mut History) {
    let store = Store::open(url, &plans_network()).await.unwrap();
    let mut blocks = Vec::new();
    let of = |block: history::Block| {
        let history::Block { number, hash, parent_hash, timestamp_ms, events } = block;
        let events = (0..).zip(events).map(|(index, (contract, event))| ContractEvent { index, contract, event });
        Block { number, hash, parent_hash, timestamp_ms, events: events.collect() }
    };
    for block in history.by_ref() {
        blocks.push(of(block));
        if blocks.len() == 100 {
            store.apply_all(&blocks).await.unwrap();
            blocks.clear();
        }
    }
    store.apply_all(&blocks).await.unwrap();
    for text in history.texts() {
        store.keep_text(&text).await.unwrap();
    }
    while keep_epoch(&store).await.unwrap().is_some() {}
    store.close().await;
}

/// Serves the database until the test ends; the URL.
async fn serve(url: &str) -> (Store, String) {
    let store = Store::open(url, &plans_network()).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let state = ApiState::new(store.clone(), Progress::default());
    let service = router(state.within(ApiConfig { rate: None, ..ApiConfig::default() }))
        .into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(axum::serve(listener, service).into_future());
    (store, format!("http://{address}"))
}

/// The paths of the served document whose answers are rows.
async fn paths(server: &str) -> Vec<String> {
    let document: Value = reqwest::get(format!("{server}/openapi.json")).await.unwrap().json().await.unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let rows = paths.filter(|(path, item)| path.starts_with("/v1/") && item.get("get").is_some());
    let paths: Vec<_> = rows.map(|(path, _)| path.clone()).collect();
    paths.into_iter().filter(|path| LEFT_OUT.iter().all(|(left_out, _)| left_out != path)).collect()
}

/// How much the server has logged, once it is silent.
async fn logged(log: &Path) -> u64 {
    let length = || std::fs::metadata(log).unwrap().len();
    let (mut known, mut since) = (length(), Instant::now());
    while since.elapsed() < QUIET {
        tokio::time::sleep(QUIET / 4).await;
        if length() != known {
            (known, since) = (length(), Instant::now());
        }
    }
    known
}

/// What it logged from a place on.
async fn logged_from(log: &Path, place: u64) -> String {
    logged(log).await;
    let mut file = std::fs::File::open(log).unwrap();
    file.seek(SeekFrom::Start(place)).unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    text
}

/// Makes every request and takes in the plans of the statements behind it.
async fn ask_all(log: &Path, url: &str, history: &History, mode: Mode, plans: &mut Plans) {
    let (store, server) = serve(url).await;
    let mut requests = history.requests(1);
    for path in paths(&server).await {
        let mut by_template: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for _ in 0..ROUNDS {
            let kinds = requests.of_each_kind(&path);
            let kinds = kinds.unwrap_or_else(|| panic!("tests/src/history/requests.rs has no requests for {path}"));
            for request in kinds {
                by_template.entry(request.template).or_default().push(request.target);
            }
        }
        for (template, targets) in by_template {
            let place = logged(log).await;
            for target in targets {
                let answer = reqwest::get(format!("{server}{target}")).await.unwrap();
                let status = answer.status();
                assert_eq!(status, 200, "{target}: {}", answer.text().await.unwrap());
                answer.bytes().await.unwrap();
            }
            let found = explained::all_in(&logged_from(log, place).await);
            assert!(!found.is_empty(), "{template} runs no statement");
            found.into_iter().for_each(|statement| plans.take(template, mode, statement));
        }
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_reads_a_large_table_through_and_all_plans_are_those_of_the_file() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.create_database("plans").await;
    let admin = connect(&url).await;
    // Nothing but this test analyses the tables.
    run_all(&admin, &["ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()"]).await;
    let mut history = History::new(SHAPE);
    fill(&url, &mut history).await;
    // With so large a target every row is in the sample: the statistics, and so
    // the plans, are the same in every run.
    run_all(&admin, &["SET default_statistics_target = 10000", "VACUUM (ANALYZE)"]).await;
    run_all(
        &admin,
        &[
            "ALTER DATABASE plans SET session_preload_libraries = 'auto_explain'",
            "ALTER DATABASE plans SET auto_explain.log_min_duration = 0",
        ],
    )
    .await;
    let mut plans = Plans::default();
    for mode in Mode::ALL {
        run_all(&admin, &[&format!("ALTER DATABASE plans SET plan_cache_mode = {}", mode.setting())]).await;
        ask_all(&cluster.log(), &url, &history, mode, &mut plans).await;
    }
    let sql = "SELECT c.relname::text, c.reltuples FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'indexer' AND c.relkind = 'r'";
    let tables: Vec<(String, f32)> = sqlx::query_as(sql).fetch_all(&admin).await.unwrap();
    admin.close().await;
    let is_large = |table: &str| {
        // Receipts are in tables of some epochs each, such as receipts_0.
        let whole = table.trim_end_matches(|digit: char| digit.is_ascii_digit()).trim_end_matches('_');
        GROWING.contains(&whole) || tables.iter().any(|(name, rows)| name == table && *rows >= MANY)
    };
    let faults = plans.faults(is_large, READ_THROUGH, SORTED, BOUNDED);
    assert!(faults.is_empty(), "{} plans do not scale:\n\n{}", faults.len(), faults.join("\n\n"));
    plans.compare();
}
