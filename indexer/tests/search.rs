//! Search: what is found, in which order, and what is never kept for it.

use crate::common::{
    apply_all,
    market::{act, asked, hash_of, written, Act, Asked, Draft, Market, SHOPS},
    network,
    postgres::Cluster,
    Chain, Sqlite, FIRST_BLOCK,
};
use bizkey_indexer::{
    model::{hex, GivenText, HitKind, Rank, SearchFilter},
    router,
    scores::keep_epoch,
    search::query_terms,
    ApiState, Progress, Store,
};
use bizkey_primitives::{events::*, hash::blake2x256, party::Status, Hash, Side};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::Value;
use std::{collections::BTreeMap, future::Future, future::IntoFuture};

fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn filter(asked: &Asked) -> SearchFilter {
    SearchFilter {
        terms: query_terms(&written(&asked.words)),
        trade: asked.trade,
        region: asked.region,
        kind: asked.kind.map(|kind| HitKind::ALL[kind]),
    }
}

/// A store of the market, with its texts and the scores of epoch 0.
async fn open(url: &str, market: &Market, chain: &Chain) -> (Store, BTreeMap<u32, u128>) {
    let store = Store::open(url, &network()).await.unwrap();
    apply_all(&store, &chain.blocks).await;
    assert_eq!(keep_epoch(&store).await.unwrap(), Some(0));
    for text in &market.given {
        // A text that a privilege no longer has may come too late.
        store.keep_text(text).await.unwrap();
    }
    let mut scores = BTreeMap::new();
    for shop in 1..=SHOPS {
        let kept = store.merchant_scores(shop, None, 500).await.unwrap();
        scores.extend(kept.last().map(|row| (shop, row.score)));
    }
    (store, scores)
}

/// All pages of a search, `limit` hits each.
async fn all_pages(store: &Store, filter: &SearchFilter, limit: u32) -> Vec<(Rank, Option<(Option<String>, u128)>)> {
    let mut found: Vec<(Rank, _)> = Vec::new();
    loop {
        let after = found.last().map(|(rank, _)| *rank);
        let page = store.search(filter, after.as_ref(), limit).await.unwrap();
        if page.is_empty() {
            return found;
        }
        assert!(page.len() <= limit as usize);
        found.extend(page.into_iter().map(|hit| (hit.rank, hit.offer.map(|offer| (offer.text, offer.time)))));
    }
}

async fn check(url: &str, acts: &[Act], questions: &[Asked]) -> usize {
    let (market, chain) = Market::of(acts);
    let (store, scores) = open(url, &market, &chain).await;
    let mut hits = 0;
    for asked in questions {
        let filter = filter(asked);
        let nothing = asked.words.is_empty() && asked.trade.is_none() && asked.region.is_none();
        let expected = if nothing { Vec::new() } else { market.find(asked, &scores) };
        for limit in [500, 1, 3] {
            assert_eq!(all_pages(&store, &filter, limit).await, expected, "{asked:?}, {limit} a page");
        }
        hits += expected.len();
    }
    store.close().await;
    hits
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn a_search_finds_what_a_plain_reading_finds(
        acts in prop::collection::vec(act(), 0..50), questions in prop::collection::vec(asked(), 1..8),
    ) {
        wait(async {
            check(&Sqlite::new().url, &acts, &questions).await;
        });
    }
}

#[tokio::test]
async fn both_databases_find_the_same() {
    let Some(cluster) = Cluster::start() else { return };
    let mut runner = TestRunner::deterministic();
    let mut hits = 0;
    for case in 0..6 {
        let acts = prop::collection::vec(act(), 40..60).new_tree(&mut runner).unwrap().current();
        let questions = prop::collection::vec(asked(), 16).new_tree(&mut runner).unwrap().current();
        let url = cluster.create_database(&format!("search_{case}")).await;
        hits += check(&url, &acts, &questions).await;
        assert!(check(&Sqlite::new().url, &acts, &questions).await > 0, "nothing was looked for that is there");
    }
    assert!(hits > 0);
}

fn draft(words: &[usize]) -> Draft {
    Draft { words: words.to_vec(), is_tight: false, stock: 1, life_ms: 1_000, is_given: true }
}

/// Shops 1 and 2 offer coffee; shop 2 scores more.
fn coffee_shops() -> (Market, Chain) {
    let offer = |merchant: u32| Act::Privilege { merchant, draft: draft(&[0, 3]) };
    let sold = |merchant: u32, customer: u32| Act::Sale { merchant, amount: 1, customer };
    let first = [offer(1), offer(2), sold(1, 1), sold(2, 1), sold(2, 2), sold(2, 3)];
    // The second half, of epoch 1, changes nothing.
    let rest = first.iter().map(|_| Act::Status { merchant: 5, status: 0 });
    Market::of(&first.iter().cloned().chain(rest).collect::<Vec<_>>())
}

async fn shops(store: &Store, text: &str) -> Vec<(u32, Status)> {
    let filter = SearchFilter { terms: query_terms(text), kind: Some(HitKind::Shop), ..SearchFilter::default() };
    let hits = store.search(&filter, None, 500).await.unwrap();
    hits.iter().map(|hit| (hit.rank.merchant, hit.status)).collect()
}

async fn found(store: &Store, text: &str) -> Vec<(HitKind, u32)> {
    let filter = SearchFilter { terms: query_terms(text), ..SearchFilter::default() };
    store.search(&filter, None, 500).await.unwrap().iter().map(|hit| (hit.rank.kind, hit.rank.merchant)).collect()
}

fn status(index: u32, status: Status) -> Event {
    Event::StatusChanged(StatusChanged { side: Side::Merchant, index, status, reason: Hash::from([1; 32]) })
}

#[tokio::test]
async fn a_penalty_lowers_the_rank_and_a_restriction_takes_it() {
    let (market, mut chain) = coffee_shops();
    let sqlite = Sqlite::new();
    let (store, scores) = open(&sqlite.url, &market, &chain).await;
    assert!(scores[&2] > scores[&1], "{scores:?}");
    assert_eq!(shops(&store, "咖啡").await, [(2, Status::Active), (1, Status::Active)]);
    store.apply(chain.push_in(1, vec![status(2, Status::Demoted)])).await.unwrap();
    assert_eq!(shops(&store, "咖啡").await, [(1, Status::Active), (2, Status::Demoted)]);
    for gone in [Status::Restricted, Status::Removed] {
        store.apply(chain.push_in(1, vec![status(2, gone)])).await.unwrap();
        assert_eq!(found(&store, "COFFEE").await, [(HitKind::Shop, 1), (HitKind::Privilege, 1)], "{gone:?}");
        let by_trade = SearchFilter { trade: Some(0), ..SearchFilter::default() };
        let hits = store.search(&by_trade, None, 500).await.unwrap();
        assert!(hits.iter().any(|hit| hit.rank.merchant == 1) && hits.iter().all(|hit| hit.rank.merchant != 2));
    }
    store.apply(chain.push_in(1, vec![status(2, Status::Active)])).await.unwrap();
    assert_eq!(shops(&store, "coffee").await, [(2, Status::Active), (1, Status::Active)]);
}

#[tokio::test]
async fn an_offer_that_went_back_with_its_block_is_not_found() {
    let (market, mut chain) = coffee_shops();
    let sqlite = Sqlite::new();
    let (store, _) = open(&sqlite.url, &market, &chain).await;
    let text = "Bring a friend, 带朋友来";
    assert_eq!(store.keep_text(text).await.unwrap(), GivenText::NotNamed);
    let last = FIRST_BLOCK + chain.blocks.len() as u32 - 1;
    let terms = bizkey_primitives::redemption::TaskTerms {
        conditions: hash_of(text),
        reward: 5,
        stock: 1,
        expires_ms: u64::MAX >> 1,
    };
    let created = chain.push_in(1, vec![Event::TaskCreated(TaskCreated { task: 77, merchant: 3, terms })]).clone();
    store.apply_hot(&created).await.unwrap();
    assert_eq!(store.keep_text(text).await.unwrap(), GivenText::Kept);
    assert_eq!(store.keep_text(text).await.unwrap(), GivenText::Known);
    assert_eq!(found(&store, "朋友 friend").await, [(HitKind::Shop, 3), (HitKind::Task, 3)]);
    store.roll_back(last).await.unwrap();
    assert_eq!(found(&store, "朋友 friend").await, []);
    // It is found again once the chain has it again.
    store.apply(&created).await.unwrap();
    assert_eq!(found(&store, "朋友 friend").await, [(HitKind::Shop, 3), (HitKind::Task, 3)]);
}

struct Served {
    url: String,
    _sqlite: Sqlite,
}

impl Served {
    async fn start() -> Self {
        let (market, chain) = coffee_shops();
        let sqlite = Sqlite::new();
        let (store, _) = open(&sqlite.url, &market, &chain).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, router(ApiState::new(store, Progress::default()))).into_future());
        Self { url, _sqlite: sqlite }
    }

    /// The answer's status and kind of problem.
    async fn put(&self, hash: &str, kind: &str, body: impl Into<reqwest::Body>) -> (u16, String) {
        let put = reqwest::Client::new().put(format!("{}/v1/texts/{hash}", self.url));
        let answer = put.header("content-type", kind).body(body).send().await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.text().await.unwrap();
        let problem: Value = serde_json::from_str(&body).unwrap_or_default();
        let kind = problem["type"].as_str().unwrap_or_default().trim_start_matches("urn:bizkey:problem:").to_owned();
        (status, kind)
    }

    async fn search(&self, query: &str) -> (u16, Value) {
        let answer = reqwest::get(format!("{}/v1/search?{query}", self.url)).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }
}

fn named(text: &[u8]) -> String {
    hex(&blake2x256(text))
}

#[tokio::test]
async fn only_the_text_of_an_offer_is_kept() {
    const PLAIN: &str = "text/plain; charset=utf-8";
    let served = Served::start().await;
    let refused = |status: u16, kind: &str| (status, kind.to_owned());
    let offered = " coffee 咖啡";
    let hash = named(offered.as_bytes());
    assert_eq!(served.put(&hash, PLAIN, offered).await, refused(204, ""), "the market's texts are kept already");
    assert_eq!(served.put(&hash, PLAIN, "free coffee").await, refused(422, "other-text"));
    assert_eq!(served.put(&named(b"free coffee"), PLAIN, "free coffee").await, refused(404, "not-found"));
    assert_eq!(served.put(&hash, "text/html", offered).await, refused(415, "unsupported-media-type"));
    let wild = vec![0xff; 3];
    assert_eq!(served.put(&named(&wild), PLAIN, wild.clone()).await, refused(415, "unsupported-media-type"));
    let long = vec![b'a'; 4_097];
    assert_eq!(served.put(&named(&long), PLAIN, long.clone()).await, refused(413, "too-large"));
    let fits = vec![b'a'; 4_096];
    assert_eq!(served.put(&named(&fits), PLAIN, fits.clone()).await, refused(404, "not-found"));
    assert_eq!(served.put("0x12", PLAIN, offered).await, refused(400, "invalid-parameter"));
    let answer = reqwest::get(format!("{}/v1/texts/{hash}", served.url)).await.unwrap();
    assert_eq!(answer.headers()["content-type"], PLAIN);
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert_eq!(answer.text().await.unwrap(), offered);
    let answer = reqwest::get(format!("{}/v1/texts/{}", served.url, named(&wild))).await.unwrap();
    assert_eq!(answer.status().as_u16(), 404);
    let posted = reqwest::Client::new().post(format!("{}/v1/texts/{hash}", served.url)).send().await.unwrap();
    assert_eq!(
        (posted.status().as_u16(), &posted.headers()["content-type"]),
        (405, &"application/problem+json".parse().unwrap())
    );
}

#[tokio::test]
async fn the_api_tells_what_is_found_page_by_page() {
    let served = Served::start().await;
    let (_, whole) = served.search("text=coffee").await;
    let items = whole["items"].as_array().unwrap();
    let short = |item: &Value| format!("{} {} {}", item["kind"].as_str().unwrap(), item["id"], item["merchant"]);
    let expected = ["shop 2 2", "privilege 2 2", "shop 1 1", "privilege 1 1"];
    assert_eq!(items.iter().map(short).collect::<Vec<_>>(), expected);
    assert_eq!((&items[1]["text"], &items[1]["price"]), (&" coffee 咖啡".into(), &"2".into()));
    assert_eq!((&items[0]["text"], &items[1]["reward"]), (&Value::Null, &Value::Null));
    let (mut pages, mut after) = (Vec::new(), String::new());
    loop {
        let (_, page) = served.search(&format!("text=coffee&limit=1{after}")).await;
        pages.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(&pages, items);
    for query in
        ["", "kind=shop", "text=", "text=%3F%21", "text=tea&after=7", "text=tea&kind=offer", "shop=1", "trade=x"]
    {
        assert_eq!(served.search(query).await.0, 400, "{query}");
    }
    let many: Vec<_> = (0..17).map(|number| format!("word{number}")).collect();
    assert_eq!(served.search(&format!("text={}", many.join("+"))).await.0, 400);
    assert_eq!(served.search(&format!("text={}", many[..16].join("+"))).await.0, 200);
}
