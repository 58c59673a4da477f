//! A price feed on a real chain, fed by real servers that lie, hang, and
//! answer rubbish.

use axum::{body::Body, http::StatusCode, response::Response, routing::get, Router};
use bizkey_client::{ContractError, Signer};
use bizkey_oracle::{
    fetch::{Bounds, FetchError, Fetcher},
    price::{Feed, FeedConfig, FeedError, NoPrice, PriceSource, Published, Rules, SourceFailure, Sources},
};
use bizkey_primitives::{
    errors::redemption,
    redemption::{RedemptionRole, PRICE_SCALE},
};
use bizkey_tests::{World, HOUR};
use std::{
    sync::{
        atomic::{AtomicU32, Ordering},
        Arc, Mutex,
    },
    time::{Duration, Instant},
};

/// What a server answers.
#[derive(Clone)]
enum Behaviour {
    Says(String),
    /// Says it with a `Last-Modified`.
    SaysOf(String, &'static str),
    Status(u16),
    /// Never answers.
    Hangs,
    /// Sends a byte now and then, without end.
    Drips,
    /// Sends more than anybody wants.
    Floods,
}

/// A server whose behaviour the test changes, and which counts requests.
#[derive(Clone)]
struct Server {
    behaviour: Arc<Mutex<Behaviour>>,
    requests: Arc<AtomicU32>,
    address: std::net::SocketAddr,
}

impl Server {
    async fn start(behaviour: Behaviour) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            behaviour: Arc::new(Mutex::new(behaviour)),
            requests: Arc::default(),
            address: listener.local_addr().unwrap(),
        };
        let served = server.clone();
        let router = Router::new().route("/ticker", get(move || served.clone().answer()));
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    fn set(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    fn price(&self, price: &str) {
        self.set(Behaviour::Says(format!("{{\"data\":{{\"last\":{price}}}}}")));
    }

    async fn answer(self) -> Response {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let behaviour = self.behaviour.lock().unwrap().clone();
        match behaviour {
            Behaviour::Says(text) => Response::new(text.into()),
            Behaviour::SaysOf(text, modified) => {
                let mut response = Response::new(text.into());
                response.headers_mut().insert("last-modified", modified.parse().unwrap());
                response
            }
            Behaviour::Status(status) => {
                let mut response = Response::new("busy".into());
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
                response
            }
            Behaviour::Hangs => std::future::pending().await,
            Behaviour::Drips => {
                let drop = futures::stream::unfold((), |()| async {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    Some((Ok::<_, std::io::Error>(" "), ()))
                });
                Response::new(Body::from_stream(drop))
            }
            Behaviour::Floods => {
                let chunk = "x".repeat(64 * 1024);
                let flood = futures::stream::unfold(chunk, |chunk| async {
                    Some((Ok::<_, std::io::Error>(chunk.clone()), chunk))
                });
                Response::new(Body::from_stream(flood))
            }
        }
    }

    fn source(&self) -> PriceSource {
        format!("http://{}/ticker#price=/data/last", self.address).parse().unwrap()
    }
}

fn says(price: &str) -> Behaviour {
    Behaviour::Says(format!("{{\"data\":{{\"last\":{price}}}}}"))
}

fn fetcher() -> Fetcher {
    let bounds = Bounds {
        connect: Duration::from_millis(500),
        attempt: Duration::from_millis(700),
        attempts: 2,
        pause: Duration::from_millis(20),
        body: 100_000,
    };
    Fetcher::new(bounds).unwrap()
}

fn feed(world: &World, signer: &Signer, servers: &[Server]) -> Feed {
    let chain = world.chain.clone();
    let config = FeedConfig {
        sources: Sources::new(servers.iter().map(Server::source).collect()).unwrap(),
        rules: Rules { quorum: servers.len() / 2 + 1, max_age_ms: HOUR, spread_percent: 5 },
        max_unchanged_ms: HOUR,
        minor_digits: 2,
        clock: Arc::new(move || chain.now_ms()),
    };
    Feed::new(world.suite.clone(), signer.clone(), fetcher(), config)
}

/// A world whose stranger sets prices, which start at 40 minor units.
async fn priced() -> World {
    let world = World::new().await;
    let redemption = world.suite.redemption();
    let setter = Some(world.stranger.account_id());
    redemption.set_role(RedemptionRole::PriceSetter, setter).send(&world.admin).await.unwrap();
    redemption.anchor_price(40 * PRICE_SCALE).send(&world.admin).await.unwrap();
    world.enter_epoch(0).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn the_median_is_set_and_dated_although_a_minority_lies_hangs_or_talks_rubbish() {
    let world = priced().await;
    let good = [Server::start(says("0.41")).await, Server::start(says("\"0.4102\"")).await];
    let third = Server::start(says("0.4101")).await;
    let bad = Server::start(Behaviour::Hangs).await;
    let servers = [good[0].clone(), good[1].clone(), third, bad.clone()];
    let feed = feed(&world, &world.stranger, &servers);
    let mut expected = 41_010_000;
    let rubbish = "<html>down for maintenance</html>".to_owned();
    for behaviour in [
        says("40000000"),
        says("0.0000001"),
        says("-0.41"),
        says("null"),
        Behaviour::Says(rubbish),
        Behaviour::Hangs,
        Behaviour::Drips,
        Behaviour::Floods,
        Behaviour::Status(503),
        Behaviour::Status(302),
    ] {
        bad.set(behaviour);
        // Another price each time, so that each is set.
        expected += 1;
        good[0].price(&format!("0.{}", 41_000_000 + (expected - 41_010_000)));
        servers[2].price(&format!("0.{expected}"));
        let before = world.suite.redemption().price(None).await.unwrap();
        world.set_time(world.chain.now_ms() + 60_000).await;
        let started = Instant::now();
        let published = feed.step().await.unwrap();
        let Published::Set { quote, .. } = published else { panic!("{published:?}") };
        assert_eq!(quote.price, expected);
        assert!(started.elapsed() < Duration::from_secs(10), "nobody is waited for without end");
        let price = world.suite.redemption().price(None).await.unwrap();
        assert_eq!((price.price, price.dated_ms), (expected, quote.dated_ms));
        assert!(price.dated_ms > before.dated_ms && price.dated_ms <= world.chain.now_ms());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_for_a_moment_is_asked_again_and_what_never_helps_is_not() {
    let world = priced().await;
    let servers = [Server::start(says("0.40")).await, Server::start(says("0.40")).await];
    let feed = feed(&world, &world.stranger, &servers);
    for (behaviour, requests, failure) in [
        (Behaviour::Status(503), 2, SourceFailure::Fetch(FetchError::Status(503))),
        (Behaviour::Status(404), 1, SourceFailure::Fetch(FetchError::Status(404))),
        (Behaviour::Floods, 1, SourceFailure::Fetch(FetchError::TooLong(100_000))),
        (Behaviour::Drips, 2, SourceFailure::Fetch(FetchError::Timeout(Duration::from_millis(700)))),
        (Behaviour::Says("[".into()), 1, SourceFailure::NoJson),
    ] {
        servers[1].set(behaviour);
        servers[1].requests.store(0, Ordering::SeqCst);
        let Err(FeedError::NoPrice { reason, failures }) = feed.step().await else { panic!("a price of one source") };
        assert_eq!(reason, NoPrice::TooFew { fresh: 1, quorum: 2 });
        assert_eq!(failures, [(servers[1].source().to_string(), failure)]);
        assert_eq!(servers[1].requests.load(Ordering::SeqCst), requests);
    }
    assert_eq!(world.suite.redemption().price(None).await.unwrap().dated_ms, 0, "nothing was set");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_out_of_the_days_bounds_is_not_set_and_an_old_one_is_renewed() {
    let world = priced().await;
    let servers = [Server::start(says("0.44")).await, Server::start(says("0.44")).await];
    let feed = feed(&world, &world.stranger, &servers);
    let ask = |price: &str| servers.iter().for_each(|server| server.price(price));
    // Ten percent of 40, to the last unit.
    assert!(matches!(feed.step().await.unwrap(), Published::Set { .. }));
    for price in ["0.44000001", "0.35999999"] {
        ask(price);
        world.set_time(world.chain.now_ms() + 60_000).await;
        let error = feed.step().await.unwrap_err();
        let FeedError::OutOfBounds { lowest, highest, .. } = error else { panic!("{error}") };
        assert_eq!((lowest, highest), (36 * PRICE_SCALE, 44 * PRICE_SCALE));
    }
    // The contract says the same of it.
    let redemption = world.suite.redemption();
    let refused = redemption.set_price(44 * PRICE_SCALE + 1, world.chain.now_ms()).send(&world.stranger).await;
    let refused = refused.unwrap_err().contract();
    assert_eq!(refused, Some(ContractError::Redemption(redemption::Error::PriceOutOfBounds)));

    // The same price is left alone while it is young, and dated anew in time.
    ask("0.44");
    assert!(matches!(feed.step().await.unwrap(), Published::Unchanged(_)));
    world.set_time(world.chain.now_ms() + 13 * HOUR).await;
    // The market moved by less than what is taken of its price.
    ask("0.440000000001");
    assert!(matches!(feed.step().await.unwrap(), Published::Set { .. }));
    // The next day measures from today's last price.
    world.enter_epoch(1).await;
    ask("0.484");
    assert!(matches!(feed.step().await.unwrap(), Published::Set { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_price_setter_feeds_and_only_from_an_anchor() {
    let world = World::new().await;
    world.enter_epoch(0).await;
    let servers = [Server::start(says("0.40")).await, Server::start(says("0.40")).await];
    let feed = feed(&world, &world.stranger, &servers);
    assert!(matches!(feed.step().await, Err(FeedError::NotPriceSetter(_))));
    let redemption = world.suite.redemption();
    let setter = Some(world.stranger.account_id());
    redemption.set_role(RedemptionRole::PriceSetter, setter).send(&world.admin).await.unwrap();
    assert!(matches!(feed.step().await, Err(FeedError::NoAnchor)));
    assert_eq!(servers[0].requests.load(Ordering::SeqCst), 0, "nobody is asked in vain");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticker_that_stands_still_or_says_it_is_old_has_no_voice() {
    let world = priced().await;
    let servers = [
        Server::start(says("0.40")).await,
        Server::start(says("0.41")).await,
        // Two days before the network's first one.
        Server::start(Behaviour::SaysOf("{\"data\":{\"last\":0.4}}".into(), "Wed, 12 Jul 2017 02:40:00 GMT")).await,
    ];
    let feed = feed(&world, &world.stranger, &servers);
    let Published::Set { quote, failures, .. } = feed.step().await.unwrap() else { panic!("it was not set") };
    assert_eq!(quote.price, 40_500_000);
    let [(_, SourceFailure::Unchanged { since_ms: 1_499_827_200_000, max_ms: HOUR })] = failures[..] else {
        panic!("{failures:?}")
    };

    // One moves on, the other two do not: no quorum after an hour, however often they are asked.
    for _ in 0..3 {
        world.set_time(world.chain.now_ms() + HOUR / 4).await;
        servers[1].price(&format!("0.41{}", world.chain.now_ms()));
        feed.step().await.unwrap();
    }
    world.set_time(world.chain.now_ms() + HOUR / 2).await;
    servers[1].price("0.411");
    let Err(FeedError::NoPrice { reason, failures }) = feed.step().await else { panic!("a price of one source") };
    assert_eq!(reason, NoPrice::TooFew { fresh: 1, quorum: 2 });
    assert!(failures.iter().all(|(_, failure)| matches!(failure, SourceFailure::Unchanged { .. })), "{failures:?}");
    // A new start with what was seen knows it too; and a digit is enough to come back.
    let again = self::feed(&world, &world.stranger, &servers).remembering(feed.sightings());
    assert!(matches!(again.step().await, Err(FeedError::NoPrice { .. })));
    servers[0].price("0.4000000000001");
    assert!(matches!(again.step().await.unwrap(), Published::Set { .. }));
}
