//! A network judged with the lake's engine: the reports are those of the engine
//! in memory, whoever starts again when.

use crate::{place::Place, verdict};
use bizkey_indexer::{lake, model, Block, Lake, Store};
use bizkey_oracle::{
    committee::{Keeper, Member},
    lake::{LakeJudge, LakeTrust, Settings},
    report::Network,
    source::IndexSource,
    Book,
};
use bizkey_primitives::{Side, Status, TOKEN};
use bizkey_tests::World;
use std::{fs, num::NonZeroUsize, path::Path, sync::Arc};
use tempfile::TempDir;

/// An index, its lake, and the state of whoever judges by it.
struct Judged {
    network: Network,
    store: Store,
    lake: Lake,
    state: TempDir,
    _folder: TempDir,
}

impl Judged {
    async fn new(world: &World, store: &Store) -> Self {
        let (folder, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let lake = Lake::open(folder.path().to_str().unwrap(), store.network()).await.unwrap();
        let network = Network::from(world.suite.deployment());
        Self { network, store: store.clone(), lake, state, _folder: folder }
    }

    /// A process that starts now, with room for one report.
    fn book(&self) -> bizkey_oracle::lake::Result<Arc<Book>> {
        let source = IndexSource::new(self.store.clone());
        let settings = Settings::new(self.state.path().to_owned(), NonZeroUsize::new(2).unwrap());
        let judge = LakeJudge::open(self.network, source, self.lake.clone(), LakeTrust::default(), settings)?;
        Ok(Arc::new(Book::judged_by(self.network, judge).with_most_leaves(0)))
    }

    /// Every closed epoch of the index from `first` on.
    async fn write(&self, first: u32) {
        let mut epoch = first;
        loop {
            match self.lake.write_epoch(&self.store, epoch).await {
                Ok(_) => epoch += 1,
                Err(lake::Error::Open(_)) => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn reports(&self, epoch: u32) -> std::path::PathBuf {
        self.state.path().join(format!("reports/epoch={epoch:06}"))
    }
}

/// Whether both say the same of so many epochs, and prove it with the same
/// words.
fn same(found: &Book, expected: &Book, epochs: u32) {
    assert_eq!((found.next_epoch(), expected.next_epoch()), (epochs, epochs));
    for epoch in 0..epochs {
        assert_eq!(found.totals(epoch), expected.totals(epoch), "epoch {epoch}");
        let (found, expected) = (found.report(epoch).unwrap(), expected.report(epoch).unwrap());
        assert_eq!(found.report(), expected.report(), "epoch {epoch}");
        assert_eq!(found.scores, expected.scores, "epoch {epoch}");
        for side in Side::ALL {
            for leaf in expected.tree(side).leaves() {
                assert_eq!(found.claim(side, leaf.account), expected.claim(side, leaf.account));
            }
            for base in expected.tree(side).bases() {
                assert_eq!(found.push(side, base), expected.push(side, base));
            }
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lakes_engine_judges_as_the_one_in_memory_also_after_a_restart() {
    let mut place = Place::new(3, 4).await;
    let accounts: Vec<_> = place.shops.iter().map(|shop| shop.account()).collect();
    place.world.give(accounts[0], 1_000 * TOKEN).await;
    let shop = place.shops[0].clone();
    place.world.lock(&shop, 300 * TOKEN).await;
    let judged = Judged::new(&place.world, &place.store).await;

    place.world.enter_epoch(0).await;
    place.sell(0, &[(1, 500), (2, 700), (0, 100), (99, 5), (1, 0)]).await;
    place.sell(1, &[(3, 900)]).await;
    place.world.enter_epoch(1).await;
    let in_memory = place.book().await;
    let by_lake = judged.book().unwrap();
    assert_eq!(by_lake.advance().await, Ok(0), "closed, but not in the lake yet");
    judged.write(0).await;
    assert_eq!(by_lake.advance().await, Ok(1));
    same(&by_lake, &in_memory, 1);

    // A void of the epoch before, repeat buyers, a party that is removed, and an epoch without receipts.
    place.sell(0, &[(1, 300), (4, 50)]).await;
    place.void(0, 0, 1).await;
    place.world.set_status(Side::Customer, 4, Status::Removed).await;
    place.world.enter_epoch(3).await;
    let in_memory = place.book().await;
    judged.write(0).await;
    assert_eq!(by_lake.advance().await, Ok(3));
    same(&by_lake, &in_memory, 3);
    drop(by_lake);

    // Whoever starts again has all of it at once, and goes on.
    let by_lake = judged.book().unwrap();
    same(&by_lake, &in_memory, 3);
    place.sell(2, &[(2, 80), (3, 20)]).await;
    place.world.enter_epoch(4).await;
    let in_memory = place.book().await;
    judged.write(0).await;
    assert_eq!(by_lake.advance().await, Ok(4));
    assert!(by_lake.is_ready());
    same(&by_lake, &in_memory, 4);

    // Members with either engine agree, and an auditor with them.
    for (signer, book) in place.world.committee.iter().zip([&by_lake, &in_memory, &by_lake]) {
        let mut member = Member::new(place.world.suite.clone(), signer.clone(), Arc::clone(book));
        member.step().await.unwrap();
        assert!(member.disagreements().is_empty());
    }
    place.world.pass_window().await;
    Keeper::new(place.world.suite.clone(), place.world.stranger.clone()).step().await.unwrap();
    assert_eq!(verdict(&place).await.difference, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_report_that_is_another_is_not_given_and_one_that_is_missing_is_said_at_the_start() {
    let mut place = Place::new(2, 2).await;
    let judged = Judged::new(&place.world, &place.store).await;
    place.world.enter_epoch(0).await;
    place.sell(0, &[(1, 500)]).await;
    place.world.enter_epoch(1).await;
    place.sell(1, &[(2, 700)]).await;
    place.world.enter_epoch(2).await;
    let in_memory = place.book().await;
    judged.write(0).await;
    let by_lake = judged.book().unwrap();
    by_lake.advance().await.unwrap();
    same(&by_lake, &in_memory, 2);
    drop(by_lake);

    // Each file of epoch 0 in turn is that of epoch 1.
    let (whole, other) = (judged.reports(0), judged.reports(1));
    for file in ["merchants.parquet", "customers.parquet", "report.json"] {
        let bytes = fs::read(whole.join(file)).unwrap();
        fs::copy(other.join(file), whole.join(file)).unwrap();
        let by_lake = judged.book().unwrap();
        by_lake.advance().await.unwrap();
        assert!(by_lake.is_ready());
        assert!(by_lake.report(0).is_none(), "{file}");
        assert_eq!(by_lake.totals(0).is_some(), file != "report.json");
        assert!(!by_lake.is_ready());
        let said = by_lake.last_error().unwrap();
        assert!(said.contains("reports/epoch=000000"), "{said}");
        assert!(by_lake.report(1).is_some());
        fs::write(whole.join(file), bytes).unwrap();
    }
    same(&judged.book().unwrap(), &in_memory, 2);

    let aside = judged.state.path().join("aside");
    copy(&whole, &aside);
    fs::remove_dir_all(&whole).unwrap();
    let Err(refused) = judged.book() else { panic!("it starts without a report") };
    assert!(refused.to_string().contains("delete the folder"), "{refused}");
    copy(&aside, &whole);
    same(&judged.book().unwrap(), &in_memory, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn epochs_before_the_networks_first_block_are_empty_and_nobody_waits_for_them() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let network = model::Network::from(world.suite.deployment());
    let url = format!("sqlite://{}", folder.path().join("index.db").display());
    let store = Store::open(&url, &network).await.unwrap();
    let judged = Judged::new(&world, &store).await;
    let by_lake = judged.book().unwrap();
    assert_eq!(by_lake.advance().await, Ok(0), "no block yet");
    // The first block is of epoch 2.
    for (number, epoch) in (network.first_block..).zip([2, 4]) {
        let timestamp_ms = network.calendar.genesis_ms + epoch * network.calendar.epoch_ms;
        let hash = |number: u32| [number as u8; 32];
        let (parent_hash, hash) = (hash(number - 1), hash(number));
        store.apply(&Block { number, hash, parent_hash, timestamp_ms, events: vec![] }).await.unwrap();
    }
    assert_eq!(by_lake.advance().await, Ok(2), "epoch 2 is in nobody's lake yet");
    // A lake's writer begins with it.
    judged.write(2).await;
    assert_eq!(by_lake.advance().await, Ok(4));
    let in_memory = Book::new(judged.network, Arc::new(IndexSource::new(store)));
    assert_eq!(in_memory.advance().await, Ok(4));
    same(&by_lake, &in_memory, 4);
}
