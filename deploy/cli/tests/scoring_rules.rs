//! `bizkey scoring-rules propose` as somebody types it, on a network in this
//! process: proposed, set by the admin, and then nothing is to be proposed.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use bizkey_client::{ss58, DeployConfig};
use bizkey_devchain::DevchainConfig;
use bizkey_indexer::model::{hex, Network};
use bizkey_indexer::{Lake, Store};
use bizkey_primitives::board::Motion;
use bizkey_primitives::hash::selector;
use bizkey_primitives::membership::{Business, Clamp};
use bizkey_primitives::party::Capital;
use bizkey_primitives::{Calendar, Side, Status};
use bizkey_tests::{world, Shop, World, DAY};
use codec::{Decode, Encode};
use serde_json::{json, Value};
use std::path::Path;
use std::process::{Command, Output};

fn propose(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bizkey"));
    command.args(["scoring-rules", "propose", "--data-dir", "data"]).args(arguments);
    command.current_dir(folder).env_remove("BIZKEY_INDEX").output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What it said, and the file.
fn proposed(folder: &Path, arguments: &[&str]) -> (String, Value) {
    let few = ["--least-totals", "4", "--least-shops", "2", "--out", "figures.json"];
    let output = propose(folder, &[&few[..], arguments].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let file = std::fs::read(folder.join("figures.json")).unwrap();
    (text(&output.stdout), serde_json::from_slice(&file).unwrap())
}

struct Town {
    world: World,
    shops: Vec<Shop>,
    folder: tempfile::TempDir,
}

impl Town {
    async fn new() -> Self {
        Self::of(World::new().await).await
    }

    /// Shops 1, 2, 3 of trade 7 and region 1; shop 4 of trade 8; shop 5 of none.
    async fn of(world: World) -> Self {
        let shops = world.shops(5).await;
        world.customers(4).await;
        for shop in &shops {
            let capital = Capital { area_m2: 10 * shop.index, staff: 0, rent_per_m2_month: 100, wage_month: 0 };
            let business = Business { trade: if shop.index < 4 { 7 } else { 8 }, region: 1 };
            for attestor in &world.attestors {
                let registry = world.suite.registry();
                registry.attest_capital(shop.index, capital).send(attestor).await.unwrap();
                if shop.index < 5 {
                    registry.attest_business(shop.index, business).send(attestor).await.unwrap();
                }
            }
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        world.suite.deployment().save(folder.path().join("data/deployment.json")).unwrap();
        Self { world, shops, folder }
    }

    fn network(&self) -> Network {
        Network::from(self.world.suite.deployment())
    }

    /// The index, level with the chain.
    async fn index(&self) -> Store {
        let url = format!("sqlite://{}", self.folder.path().join("data/indexer.sqlite").display());
        let store = Store::open(&url, &self.network()).await.unwrap();
        let client = self.world.suite.client();
        let first = store.checkpoint().await.unwrap().map_or(store.network().first_block, |block| block.number + 1);
        for number in first..=client.finalized_head().await.unwrap().number {
            let hash = client.block_hash(number).await.unwrap().unwrap();
            let block = client.block(hash, &self.world.suite.deployment().contracts).await.unwrap();
            store.apply(&block.into()).await.unwrap();
        }
        store
    }

    async fn sell(&mut self, shop: usize, sales: &[(u32, u64)]) {
        self.world.record(&mut self.shops[shop - 1], sales).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_proposed_set_by_the_admin_and_then_nothing_is_to_be_proposed() {
    let mut town = Town::new().await;
    let folder = town.folder.path().to_owned();
    town.index().await.close().await;
    let output = propose(&folder, &[]);
    assert!(!output.status.success() && text(&output.stderr).contains("no epoch is closed"));

    town.world.enter_epoch(0).await;
    // Customer 1 comes twice: its total is 300. The unknown one makes no total.
    town.sell(1, &[(1, 100), (1, 200), (2, 500), (0, 9)]).await;
    town.sell(2, &[(3, 700)]).await;
    town.sell(4, &[(1, 1), (2, 1), (3, 1), (4, 1), (4, 1)]).await;
    town.sell(5, &[(1, 1_000_000)]).await;
    town.world.enter_epoch(1).await;
    town.sell(2, &[(1, 100), (4, 900)]).await;
    town.sell(3, &[(2, 5_000)]).await;
    // It no longer trades by the time the epoch is over.
    town.world.set_status(Side::Merchant, 3, Status::Restricted).await;
    town.world.enter_epoch(2).await;
    // This epoch is open: it counts for nothing.
    town.sell(1, &[(4, 9), (3, 9), (2, 9)]).await;
    let store = town.index().await;
    // Totals of trade 7: 100, 300, 500, 700, 900; floor of shops 1 and 2.
    let (said, file) = proposed(&folder, &[]);
    assert_eq!((&file["first_epoch"], &file["last_epoch"], &file["receipts"]), (&json!(0), &json!(1), &json!(11)));
    assert!(said.contains("4 of 5 shops") && said.contains("less than a fortnight"), "{said}");
    assert!(
        said.contains("clamp of trade 8") && said.contains("left out: 1 shops are too few: 2 are needed"),
        "{said}"
    );
    assert!(said.contains("To be set: 2. In a resolution: 0. Staying: 0. Left out: 2."), "{said}");
    // Four weeks, and the epoch after: today is the third day.
    let from_epoch: u32 = serde_json::from_value(file["from_epoch"].clone()).unwrap();
    assert_eq!(from_epoch, 31);

    let [clamp, eighth, floor, _] = &file["figures"].as_array().unwrap()[..] else { panic!("{file}") };
    let number = Clamp { lo: 500, hi: 500 };
    assert_eq!(
        (&clamp["found"], &clamp["totals"], &clamp["shops"]),
        (&json!({ "lo": "500", "hi": "500" }), &json!(5), &json!(2))
    );
    assert_eq!(
        (&eighth["outcome"], &eighth["totals"], &eighth["is_set"]),
        (&json!("left-out"), &json!(4), &Value::Null)
    );
    assert_eq!((&floor["found"], &floor["shops"]), (&json!("1000"), &json!(2)));
    let business = Business { trade: 7, region: 1 };
    let suite = &town.world.suite;
    let inputs = [
        [selector("set_clamp").to_vec(), (7u16, number, from_epoch).encode()].concat(),
        [selector("set_capital_floor").to_vec(), (business, 1_000u128, from_epoch).encode()].concat(),
    ];
    let mut motions = Vec::new();
    for (line, input) in [clamp, floor].into_iter().zip(inputs) {
        let target = suite.registry().address();
        assert_eq!(line["set"], json!({ "contract": ss58(&target), "input": hex(&input) }));
        let motion = Motion::Call { target, input };
        let call = [selector("propose").to_vec(), motion.encode()].concat();
        assert_eq!(line["propose"], json!({ "contract": ss58(&suite.foundation().address()), "input": hex(&call) }));
        assert_eq!(Motion::decode(&mut &call[4..]).unwrap(), motion);
        motions.push(motion);
    }

    // A lake has the same receipts.
    let lake = folder.join("lake").display().to_string();
    let written = Lake::open(&lake, &town.network()).await.unwrap();
    for epoch in 0..2 {
        written.write_epoch(&store, epoch).await.unwrap();
    }
    store.close().await;
    assert_eq!(proposed(&folder, &["--lake", &lake]), (said, file));

    // A director proposes one: it is not proposed again while that can be carried out.
    suite.foundation().propose(&motions[0]).send(&town.world.directors[0]).await.unwrap();
    town.index().await.close().await;
    let (said, file) = proposed(&folder, &[]);
    assert!(said.contains("To be set: 1. In a resolution: 1. Staying: 0. Left out: 2."), "{said}");
    assert_eq!((&file["figures"][0]["outcome"], &file["figures"][0]["resolution"]), (&json!("pending"), &json!(1)));

    // The admin sets both as they stand.
    let registry = suite.registry();
    registry.set_clamp(7, number, from_epoch).send(&town.world.admin).await.unwrap();
    registry.set_capital_floor(business, 1_000, from_epoch).send(&town.world.admin).await.unwrap();
    assert_eq!(registry.clamp_of(7, from_epoch, None).await.unwrap(), Some(number));
    assert_eq!(registry.capital_floor(business, from_epoch, None).await.unwrap(), Some(1_000));
    town.index().await.close().await;
    let (said, file) = proposed(&folder, &[]);
    assert!(
        said.contains("To be set: 0. In a resolution: 0. Staying: 2. Left out: 2.\nNothing is to be proposed."),
        "{said}"
    );
    assert_eq!(file["figures"][0]["is_set"], json!({ "lo": "500", "hi": "500" }));
    assert!(file["figures"].as_array().unwrap().iter().all(|line| line["propose"].is_null()), "{file}");
    // For an epoch before they hold, they are not set.
    let (said, _) = proposed(&folder, &["--from-epoch", "30"]);
    assert!(said.contains("To be set: 1. In a resolution: 1."), "{said}");

    // Once another day has moved the median by more than the tolerance, they are proposed anew.
    town.world.enter_epoch(3).await;
    town.index().await.close().await;
    let (said, file) = proposed(&folder, &[]);
    // The day's three totals of 9 are the lowest now: of eight, the fourth is 100.
    assert_eq!((&file["figures"][0]["outcome"], &file["figures"][0]["found"]["lo"]), (&json!("set"), &json!("100")));
    assert!(said.contains("To be set: 1. In a resolution: 0. Staying: 1. Left out: 2."), "{said}");
    assert!(proposed(&folder, &["--tolerance", "80"]).0.contains("Nothing is to be proposed."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_whose_resolution_comes_too_late_is_proposed_anew() {
    let mut town = Town::new().await;
    let folder = town.folder.path().to_owned();
    town.world.enter_epoch(0).await;
    town.sell(1, &[(1, 500), (2, 500)]).await;
    town.sell(2, &[(3, 500), (4, 500)]).await;
    town.world.enter_epoch(1).await;
    // It passes, and could be carried out before epoch 2 begins.
    let suite = &town.world.suite;
    let input = [selector("set_clamp").to_vec(), (7u16, Clamp { lo: 500, hi: 500 }, 2u32).encode()].concat();
    let motion = Motion::Call { target: suite.registry().address(), input };
    suite.foundation().propose(&motion).send(&town.world.directors[0]).await.unwrap();
    for director in &town.world.directors[..2] {
        suite.foundation().vote(1, true).send(director).await.unwrap();
    }
    town.index().await.close().await;
    let (said, file) = proposed(&folder, &[]);
    assert_eq!((&file["figures"][0]["outcome"], &file["figures"][0]["resolution"]), (&json!("pending"), &json!(1)));
    assert!(said.contains("To be set: 1. In a resolution: 1."), "{said}");

    // Nobody did, and from now on the registry refuses it.
    town.world.enter_epoch(2).await;
    town.index().await.close().await;
    let (said, file) = proposed(&folder, &[]);
    assert_eq!(file["figures"][0]["outcome"], json!("set"), "{said}");
    assert!(said.contains("To be set: 2. In a resolution: 0."), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn epochs_before_the_network_are_no_days_of_trade_and_need_not_be_in_the_lake() {
    // It is deployed an hour before epoch 20.
    let calendar = Calendar { genesis_ms: world::GENESIS_MS - 20 * DAY, epoch_ms: DAY };
    let rules = DeployConfig { calendar, ..world::config() };
    let mut town = Town::of(World::deployed(DevchainConfig::default(), &rules).await).await;
    let folder = town.folder.path().to_owned();
    town.index().await.close().await;
    let output = propose(&folder, &[]);
    assert!(!output.status.success() && text(&output.stderr).contains("no epoch is closed"));

    town.world.enter_epoch(20).await;
    town.sell(1, &[(1, 500), (2, 500)]).await;
    town.sell(2, &[(3, 500), (4, 500)]).await;
    town.world.enter_epoch(21).await;
    let store = town.index().await;
    let (said, file) = proposed(&folder, &[]);
    assert_eq!((&file["first_epoch"], &file["last_epoch"], &file["receipts"]), (&json!(19), &json!(20), &json!(4)));
    assert!(said.contains("less than a fortnight") && said.contains("To be set: 2."), "{said}");
    assert_eq!(proposed(&folder, &["--epochs", "1"]).1["first_epoch"], json!(20));

    // Whoever writes a lake begins with the epoch of the first block.
    let lake = folder.join("lake").display().to_string();
    let written = Lake::open(&lake, &town.network()).await.unwrap();
    for epoch in 19..=20 {
        written.write_epoch(&store, epoch).await.unwrap();
    }
    store.close().await;
    assert_eq!(proposed(&folder, &["--lake", &lake]), (said, file));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_with_what_to_do() {
    let town = Town::new().await;
    let folder = town.folder.path();
    town.world.enter_epoch(1).await;
    town.index().await.close().await;
    for (arguments, said) in [
        (["--from-epoch", "1"], "epoch 2 is the first that has not begun"),
        (["--clamp-lo", "51"], "--clamp-lo 51 is above --clamp-hi 50"),
        (["--chain", "ws://127.0.0.1:1"], "--index"),
        (["--lake", "empty"], "the lake must hold every epoch"),
        (["--least-shops", "0"], "--least-shops"),
    ] {
        let output = propose(folder, &arguments);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(text(&output.stderr).contains(said), "{arguments:?}: {}", text(&output.stderr));
    }
    let output = propose(&folder.join("data"), &[]);
    assert!(text(&output.stderr).contains("data/deployment.json is missing"), "{}", text(&output.stderr));
    // An epoch without trade asks for nothing.
    let (said, file) = proposed(folder, &[]);
    assert!(said.contains("Nothing is to be proposed."), "{said}");
    assert_eq!(file["figures"], json!([]));
}
