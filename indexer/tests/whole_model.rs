//! What there is beside receipts: the rows are what the contracts keep.

use crate::common::{account, apply_all, dump, network, random, Chain, Sqlite};
use bizkey_indexer::{model::*, Error, Store};
use bizkey_primitives::{events::*, report::EpochState, Side};
use proptest::prelude::*;
use sqlx::{migrate::Migrator, sqlite::SqliteConnectOptions, SqlitePool};
use std::{collections::BTreeMap, future::Future, path::Path, str::FromStr};

fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Reads a list in small pages, so that every cursor is tried.
async fn all<T, C: Clone, F: Future<Output = bizkey_indexer::Result<Vec<T>>>>(
    start: C,
    page: impl Fn(C) -> F,
    cursor: impl Fn(&T) -> C,
) -> Vec<T> {
    let mut all: Vec<T> = Vec::new();
    loop {
        let items = page(all.last().map_or(start.clone(), &cursor)).await.unwrap();
        if items.is_empty() {
            return all;
        }
        assert!(items.len() <= 3);
        all.extend(items);
    }
}

/// All pages of a list that takes a filter, what to go on after, and a limit.
macro_rules! all {
    ($store:ident . $list:ident ( $filter:expr, $start:expr ), $cursor:expr) => {
        all($start, |after| $store.$list($filter, after, 3), $cursor).await
    };
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_rows_are_what_the_contracts_keep(plan in random::plan(24)) {
        let (chain, world) = random::world_of(&plan);
        let world = world.later;
        wait(async {
            let sqlite = Sqlite::new();
            let store = sqlite.open().await;
            apply_all(&store, &chain.blocks).await;
            let (start, last_epoch) = (Position::default(), u32::MAX - 1);

            let now = chain.blocks.last().map_or(0, |block| network().calendar.stamp_at(block.timestamp_ms));
            // As far as a decision reaches, and one more.
            for epoch in 0..=now + 3 {
                prop_assert_eq!(store.scoring_rules(epoch).await.unwrap(), world.scoring.rules(epoch), "epoch {}", epoch);
                let clamps = all(None, |after| store.clamps_after(epoch, after, 1), |one: &ClampFrom| Some(one.trade));
                let clamps = clamps.await.into_iter().map(|one| (one.trade, one.clamp));
                prop_assert_eq!(clamps.collect::<BTreeMap<_, _>>(), world.scoring.rules(epoch).parameters.clamps);
                let floors = all(None, |after| store.capital_floors_after(epoch, after, 2),
                    |one: &CapitalFloorFrom| Some((one.trade, one.region)));
                let floors = floors.await.into_iter().map(|one| ((one.trade, one.region), one.floor));
                prop_assert_eq!(floors.collect::<BTreeMap<_, _>>(), world.scoring.rules(epoch).parameters.capital_floors);
                let businesses = store.businesses_in(epoch, &[1, 2, 3, 4, 9]).await.unwrap();
                for merchant in 1..=random::DEVICES {
                    let shop = store.merchant(merchant, epoch).await.unwrap().unwrap();
                    prop_assert_eq!(businesses.get(&merchant).copied(), shop.business);
                }
            }
            let algorithms = all(None, |after| store.algorithms_after(after, 2), |one: &AlgorithmFrom| Some(one.from_epoch));
            let algorithms = algorithms.await.into_iter().map(|one| (one.from_epoch, one.version));
            prop_assert!(algorithms.eq(world.scoring.algorithms.iter().copied()));

            let agents = all(0, |after| store.agents_after(after, 3), |agent: &Agent| agent.agent).await;
            let agents: BTreeMap<_, _> = agents.iter().map(|one| (one.agent, (one.account, one.active))).collect();
            prop_assert_eq!(agents, world.agents);

            let shops = all(0, |after| store.merchants_after(MerchantFilter::default(), last_epoch, after, 3),
                |shop: &Merchant| shop.party.index).await;
            prop_assert_eq!(shops.len(), random::DEVICES as usize);
            for shop in &shops {
                let attested = world.businesses.get(&shop.party.index).and_then(|history| history.last());
                prop_assert_eq!(shop.business, attested.map(|(_, business)| *business));
                let one = store.merchant(shop.party.index, last_epoch).await.unwrap();
                prop_assert_eq!(one.as_ref(), Some(shop));
                // Both filters, together and alone, are the plain filter of the list.
                for (trade, region) in [(Some(1), None), (None, Some(1)), (Some(0), Some(1))] {
                    let filter = MerchantFilter { trade, region };
                    let found = store.merchants_after(filter, last_epoch, 0, 9).await.unwrap();
                    let wanted = shop.business.is_some_and(|business| {
                        trade.is_none_or(|trade| business.trade == trade)
                            && region.is_none_or(|region| business.region == region)
                    });
                    prop_assert_eq!(found.contains(shop), wanted);
                }
                let appeals = store.appeals_after(Side::Merchant, shop.party.index, start, 500).await.unwrap();
                let last = appeals.last().map(|appeal| appeal.decision.map(|decision| decision.granted));
                prop_assert_eq!(last, world.appeals.get(&shop.party.index).copied());
            }
            for (number, active) in &world.devices {
                let device = store.device(*number).await.unwrap().unwrap();
                prop_assert_eq!((device.active, device.retired_block.is_none()), (*active, *active));
            }
            for (number, (agent, class)) in &world.terms {
                let Some(device) = store.device(*number).await.unwrap() else { continue };
                prop_assert_eq!((device.agent, device.class), (*agent, *class));
            }

            let tasks = all!(store.tasks_after(OfferedFilter::default(), 0), |task: &Task| task.task);
            prop_assert_eq!(tasks.len(), world.tasks.len());
            for task in &tasks {
                let expected = &world.tasks[&task.task];
                prop_assert_eq!((task.terms.stock, task.terms.reward), (expected.stock, expected.price));
                // What went back is what was set aside for the stock that was left.
                let left = (!expected.is_open).then_some(expected.price * u128::from(expected.stock));
                prop_assert_eq!(task.closed.map(|closed| closed.left), left);
                let done = all(0, |after| store.fulfilments_after(task.task, after, 3),
                    |one: &TaskFulfilment| one.customer).await;
                let expected = world.fulfilled.iter().filter(|(of, _)| *of == task.task);
                prop_assert!(done.iter().map(|one| (one.task, one.customer)).eq(expected.copied()));
            }
            let open = OfferedFilter { merchant: None, open: Some(true) };
            let open = all!(store.tasks_after(open, 0), |task: &Task| task.task);
            prop_assert_eq!(open.len(), world.tasks.values().filter(|task| task.is_open).count());
            let privileges =
                all!(store.privileges_after(OfferedFilter::default(), 0), |one: &Privilege| one.privilege);
            let privileges: BTreeMap<_, _> = privileges.iter().map(|one| (one.privilege, (one.version, one.terms.stock,
                one.terms.price, one.terms.refund_ms, one.closed_block.is_none()))).collect();
            let expected: BTreeMap<_, _> = world.privileges.iter().map(|(id, one)| (*id, (one.version, one.stock,
                one.price, one.refund_ms, one.is_open))).collect();
            prop_assert_eq!(privileges, expected);
            let collections =
                all!(store.collections_after(CollectionFilter::default(), start), |one: &Collection| one.position);
            prop_assert_eq!(collections.len(), world.collections.len());
            for one in &collections {
                let expected = &world.collections[&<[u8; 32]>::from(one.ticket)];
                let held = one.state() == CollectionState::Held;
                prop_assert_eq!(held, expected.held > 0);
                prop_assert_eq!(one.state() == CollectionState::Refunded, expected.is_refunded);
                prop_assert_eq!(one.settled_block.is_some(), expected.is_settled);
            }

            let sales = all(start, |after| store.time_sales_after(None, after, 3), |one: &TimeSale| one.position).await;
            prop_assert!(sales.iter().map(|one| one.amount).eq(world.sales.iter().copied()));
            let payments: BTreeMap<[u8; 32], _> = sales.iter().filter_map(|one| match one.paid {
                Paid::Fiat { payment, amount: u64::MAX } => Some((payment.into(), one.state.name())),
                _ => None,
            }).collect();
            prop_assert_eq!(payments, world.payments);
            let prices = all(start, |after| store.bzky_prices_after(after, 3), |one: &BzkyPrice| one.position).await;
            prop_assert!(prices.iter().map(|one| one.price).eq(world.prices.iter().copied()));
            prop_assert_eq!(store.bzky_price().await.unwrap(), prices.last().copied());

            let demands = all!(store.demands_after(DemandFilter::default(), start), |one: &Demand| one.demanded);
            let demands: BTreeMap<_, _> =
                demands.iter().map(|one| ((one.device, one.seq, one.position), one.state.name())).collect();
            prop_assert_eq!(demands, world.demands);
            let debts = all((Side::Merchant, 0), |after| store.debts_after(None, after, 3),
                |one: &Debt| (one.side, one.index)).await;
            let debts: BTreeMap<_, _> = debts.iter().map(|one| ((one.side, one.index), one.amount)).collect();
            let mut expected = world.debts.clone();
            expected.retain(|_, debt| *debt > 0);
            prop_assert_eq!(&debts, &expected);
            let changes =
                all(start, |after| store.debt_changes_after(None, after, 3), |one: &DebtChange| one.position).await;
            for (side, index) in world.debts.keys() {
                // The changes add up to the debt.
                let of = changes.iter().filter(|one| (one.side, one.index) == (*side, *index));
                let sum = of.fold(0i128, |sum, one| match one.cause {
                    DebtCause::Booked { .. } => sum + one.amount as i128,
                    _ => sum - one.amount as i128,
                });
                prop_assert_eq!(sum as u128, store.debt(*side, *index).await.unwrap());
            }
            for ((epoch, merchant), left) in &world.deferred {
                let found = store.deferred_rewards_of(*merchant, *epoch, 1).await.unwrap()[0];
                prop_assert_eq!((found.epoch, found.left), (*epoch, *left));
                prop_assert_eq!(found.deferred, found.paid + found.withheld + found.left);
            }
            let penalties =
                all!(store.penalties_after(PenaltyFilter::default(), start), |one: &Penalty| one.position);
            let slashed = penalties.iter().filter(|one| matches!(one.cause, PenaltyCause::BondSlashed { .. }));
            prop_assert_eq!(slashed.map(|one| one.amount).sum::<u128>(), world.slashed);

            let directors = all!(store.directors_after(None, 0), |one: &Director| one.director);
            let is_named = |one: &Director| one.name == format!("Director {}", one.director);
            prop_assert!(directors.iter().all(is_named));
            let directors: BTreeMap<_, _> =
                directors.iter().map(|one| (one.director, (one.account, one.left_block.is_none()))).collect();
            prop_assert_eq!(directors, world.directors);
            prop_assert_eq!(store.chair().await.unwrap(), world.chair);
            let resolutions = all!(store.resolutions_after(None, 0), |one: &Resolution| one.resolution);
            prop_assert_eq!(resolutions.len(), world.resolutions.len());
            for one in &resolutions {
                let expected = &world.resolutions[&one.resolution];
                prop_assert_eq!(one.state.name(), expected.state);
                prop_assert_eq!(one.executable_ms, (expected.state == "passed").then_some(7));
                let votes = all(0, |after| store.votes_after(one.resolution, after, 3), |vote: &Vote| vote.director);
                let votes: BTreeMap<_, _> = votes.await.iter().map(|vote| (vote.director, vote.in_favour)).collect();
                prop_assert_eq!(&votes, &expected.votes);
            }
            let releases =
                all!(store.vesting_releases_after(None, start), |one: &VestingRelease| one.position);
            prop_assert_eq!(releases.iter().map(|one| one.amount).sum::<u128>(), world.released);

            let offers = all!(store.offers_after(OfferFilter::default(), 0), |one: &Offer| one.offer);
            let offers: BTreeMap<_, _> =
                offers.iter().map(|one| (one.offer, (one.left, one.open, one.closed_block.is_some()))).collect();
            let expected: BTreeMap<_, _> =
                world.offers.iter().map(|(id, one)| (*id, (one.left, one.open, one.is_closed))).collect();
            prop_assert_eq!(offers, expected);
            let reservations =
                all!(store.reservations_after(ReservationFilter::default(), 0), |one: &Reservation| one.reservation);
            prop_assert_eq!(reservations.len(), world.reservations.len());
            for one in &reservations {
                let expected = &world.reservations[&one.reservation];
                let stage = ["reserved", "paid", "disputed", "ended"][usize::from(expected.stage)];
                prop_assert_eq!((one.stage.name(), one.amount), (stage, expected.amount));
                prop_assert_eq!(one.ending.is_some(), stage == "ended");
            }
            Ok(())
        })?;
    }
}

async fn indexed(sqlite: &Sqlite, events: Vec<Vec<Event>>) -> (Store, bizkey_indexer::Result<()>) {
    let store = sqlite.open().await;
    let mut chain = Chain::default();
    for events in events {
        chain.push_in(0, events);
    }
    let mut result = Ok(());
    for block in &chain.blocks {
        result = store.apply(block).await.map(drop);
        if result.is_err() {
            break;
        }
    }
    (store, result)
}

#[tokio::test]
async fn a_struck_report_opens_a_second_round_and_a_late_decision_voids_the_epoch() {
    let sqlite = Sqlite::new();
    let struck = |epoch, round| Event::ReportStruck(ReportStruck { epoch, round, challenger: account(1), reward: 0 });
    let disputed = |epoch| Event::ReportDisputed(ReportDisputed { epoch, round: 0, disputer: account(1), bond: 9 });
    let events = vec![
        vec![disputed(1), disputed(2)],
        vec![Event::DisputeDecided(DisputeDecided { epoch: 1, round: 0, upheld: false })],
        vec![struck(2, 0), Event::EpochVoided(EpochVoided { epoch: 2 })],
        vec![struck(3, 0)],
    ];
    let (store, result) = indexed(&sqlite, events).await;
    result.unwrap();
    let summary = |epoch| async move {
        let summary = store.epoch(epoch).await.unwrap().unwrap();
        (summary.state, summary.round, summary.report)
    };
    assert_eq!(summary.clone()(1).await, (EpochState::Pending, 0, None));
    assert_eq!(summary.clone()(2).await, (EpochState::Void, 0, None));
    assert_eq!(summary(3).await, (EpochState::Open, 1, None));
}

#[tokio::test]
async fn figures_that_contradict_the_rows_stop_the_indexer_and_unknown_things_do_not() {
    let settled = |ending| Event::OtcSettled(OtcSettled { reservation: 9, ending });
    let unknown = vec![
        Event::AgentMoved(AgentMoved { agent: 9, before: account(1), account: account(2) }),
        Event::DirectorLeft(DirectorLeft { director: 9 }),
        Event::ResolutionEnacted(ResolutionEnacted { resolution: 9 }),
        Event::CollectionSettled(CollectionSettled { ticket: [9; 32].into(), burned: 0 }),
        settled(bizkey_primitives::otc::Ending::Lapsed),
    ];
    let (_, result) = indexed(&Sqlite::new(), vec![unknown]).await;
    result.unwrap();
    for event in [
        Event::TaskFulfilled(TaskFulfilled { task: 1, customer: 1, account: account(1), reward: 1 }),
        Event::DebtPaid(DebtPaid { side: Side::Merchant, index: 1, amount: 1, epoch: None }),
        Event::DeferredRewardPaid(DeferredRewardPaid { epoch: 0, index: 1, account: account(1), amount: 1 }),
    ] {
        let (_, result) = indexed(&Sqlite::new(), vec![vec![event.clone()]]).await;
        assert!(matches!(result, Err(Error::Inconsistent { .. })), "{event:?}: {result:?}");
    }
}

#[tokio::test]
async fn a_ticket_that_cannot_be_given_back_is_burned_at_once_and_no_refund_restocks() {
    let sqlite = Sqlite::new();
    let terms = |refund_ms| bizkey_primitives::redemption::PrivilegeTerms {
        conditions: [1; 32].into(),
        price: 5,
        stock: 2,
        expires_ms: 9,
        opens: 0,
        closes: 0,
        refund_ms,
    };
    let created = |privilege, refund_ms| {
        Event::PrivilegeCreated(PrivilegeCreated { privilege, merchant: 1, terms: terms(refund_ms) })
    };
    let collected = |ticket: u8, privilege| {
        let ticket = [ticket; 32].into();
        Event::TimeCollected(TimeCollected { ticket, merchant: 1, privilege, customer: 1, amount: 5 })
    };
    let refunded = CollectionRefunded { ticket: [2; 32].into(), account: account(1), amount: 5 };
    let events = vec![created(1, 0), created(2, 7), collected(1, 1), collected(2, 2), collected(3, 2)];
    let (store, result) = indexed(&sqlite, vec![events, vec![Event::CollectionRefunded(refunded)]]).await;
    result.unwrap();
    let found = store.collections_after(CollectionFilter::default(), Position::default(), 9).await.unwrap();
    let states: Vec<_> = found.iter().map(|one| one.state()).collect();
    assert_eq!(states, [CollectionState::Burned, CollectionState::Refunded, CollectionState::Held]);
    assert_eq!(store.privilege(2).await.unwrap().unwrap().terms.stock, 0);
}

/// A database of an earlier version, tied to the network.
async fn earlier(sqlite: &Sqlite, version: i64) -> SqlitePool {
    let options = SqliteConnectOptions::from_str(&sqlite.url).unwrap().create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let migrations = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite"));
    Migrator::new(migrations).await.unwrap().run_to(version, &pool).await.unwrap();
    let network = network();
    let contracts = network.contracts;
    let mut insert = sqlx::query(
        "INSERT INTO network (id, genesis_hash, genesis_ms, epoch_ms, first_block, vault, bzky, time, registry,
                              receipts, pos_deposit, rewards) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(network.genesis_hash.to_vec())
    .bind(network.calendar.genesis_ms as i64)
    .bind(network.calendar.epoch_ms as i64)
    .bind(network.first_block);
    for contract in [
        contracts.vault,
        contracts.bzky,
        contracts.time,
        contracts.registry,
        contracts.receipts,
        contracts.pos_deposit,
        contracts.rewards,
    ] {
        insert = insert.bind(AsRef::<[u8; 32]>::as_ref(&contract).to_vec());
    }
    insert.execute(&pool).await.unwrap();
    pool
}

/// Before the whole model; before the board's scoring rules.
const EARLIER: [i64; 2] = [5, 9];

#[tokio::test]
async fn blocks_of_an_earlier_version_are_refused_and_left_as_they_are() {
    for version in EARLIER {
        let sqlite = Sqlite::new();
        let pool = earlier(&sqlite, version).await;
        let sql = "INSERT INTO blocks (number, hash, parent_hash, timestamp_ms, stamp, receipts_end)
                   VALUES (7, x'01', x'00', 1, 0, 1)";
        sqlx::query(sql).execute(&pool).await.unwrap();
        let error = Store::open(&sqlite.url, &network()).await.unwrap_err();
        assert!(matches!(error, Error::Incomplete { number: 7 }), "{error}");
        assert!(error.to_string().contains("into an empty database"), "{error}");
        // The earlier version can go on with it: nothing was migrated.
        let sql = "SELECT MAX(version) FROM _sqlx_migrations";
        assert_eq!(sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.unwrap(), version);
        pool.close().await;
    }
}

#[tokio::test]
async fn an_earlier_versions_database_without_blocks_gets_the_networks_other_contracts() {
    for version in EARLIER {
        let (old, new) = (Sqlite::new(), Sqlite::new());
        earlier(&old, version).await.close().await;
        for sqlite in [&old, &new] {
            sqlite.open().await.close().await;
        }
        assert_eq!(dump(&old.url).await, dump(&new.url).await);
        let mut other = network();
        other.contracts.otc = account(1);
        let error = Store::open(&old.url, &other).await.unwrap_err();
        assert!(matches!(error, Error::OtherNetwork { field: "set of contracts" }), "{error}");
    }
}
