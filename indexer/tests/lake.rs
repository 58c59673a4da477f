//! The lake: closed epochs as Parquet files, each exactly once.

use crate::common::{apply_all, failing::Failing, fake::FakeSource, network, random, running::Running, Chain, Sqlite};
use bizkey_indexer::{
    lake::{self, Digest, Lake, Manifest},
    model::Network,
    Config, Store,
};
use bizkey_primitives::{calendar::stamp, Epoch};
use futures::TryStreamExt;
use object_store::{memory::InMemory, path::Path, ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::test_runner::TestRunner;
use std::{collections::BTreeMap, num::NonZeroUsize, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

type Objects = BTreeMap<String, Vec<u8>>;

async fn objects(store: &InMemory) -> Objects {
    let mut found = Objects::new();
    for object in store.list(None).try_collect::<Vec<_>>().await.unwrap() {
        let bytes = store.get(&object.location).await.unwrap().bytes().await.unwrap();
        found.insert(object.location.to_string(), bytes.to_vec());
    }
    found
}

/// A lake whose epochs have several parts.
async fn lake_in(store: Arc<dyn ObjectStore>) -> Lake {
    Lake::at(store, &network()).await.unwrap().with_part_rows(NonZeroUsize::new(7).unwrap())
}

async fn store_of(chain: &Chain) -> (Sqlite, Store) {
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    apply_all(&store, &chain.blocks).await;
    (sqlite, store)
}

/// How many epochs final blocks have closed.
async fn closed(store: &Store) -> Epoch {
    store.finalized().await.unwrap().map_or(0, |block| block.stamp.saturating_sub(1))
}

async fn write_all(lake: &Lake, store: &Store) -> lake::Result<Vec<lake::Written>> {
    let mut written = Vec::new();
    for epoch in 0..closed(store).await {
        written.push(lake.write_epoch(store, epoch).await?);
    }
    Ok(written)
}

/// What a reader of the lake may look at.
fn named(objects: &Objects) -> Objects {
    let manifests = objects.iter().filter(|(path, _)| path.starts_with("manifests/"));
    let paths = manifests.flat_map(|(path, text)| {
        let manifest: Manifest = serde_json::from_slice(text).unwrap();
        let parts: Vec<_> = manifest.parts().map(|part| part.path.clone()).collect();
        parts.into_iter().chain([path.clone()])
    });
    paths
        .map(|path| (path.clone(), objects.get(&path).unwrap_or_else(|| panic!("{path} is missing")).clone()))
        .collect()
}

#[tokio::test]
async fn rows_read_back_are_those_of_the_store() {
    let mut runner = TestRunner::deterministic();
    let (mut receipts, mut voids, mut late, mut empty) = (0, 0, 0, 0);
    for _ in 0..4 {
        let chain = random::chain_of(&random::long_plan(&mut runner, 60));
        let (_sqlite, store) = store_of(&chain).await;
        let lake = lake_in(Arc::new(InMemory::new())).await;
        write_all(&lake, &store).await.unwrap();
        let (mut rows, mut voided) = (Vec::new(), BTreeMap::new());
        for epoch in 0..closed(&store).await {
            let manifest = lake.verify(epoch).await.unwrap();
            let closing = store.last_block_of(epoch).await.unwrap().map(|block| (block.number, block.hash));
            assert_eq!(manifest.closing_block.map(|block| (block.number, block.hash.0)), closing);
            empty += u32::from(manifest.parts().next().is_none());
            let mut read = Vec::new();
            for part in &manifest.receipts.parts {
                assert!(part.rows <= 7);
                read.extend(lake.receipts(part).await.unwrap());
            }
            let mut stored = store.receipts_of_epoch(epoch).await.unwrap();
            assert_eq!(stored.len() as u64, manifest.receipts.rows);
            rows.extend(stored.clone());
            // A later void is booked in its own epoch.
            for receipt in &mut stored {
                receipt.voided_epoch = receipt.voided_epoch.filter(|voided| *voided == epoch);
            }
            assert_eq!(read, stored);
            receipts += read.len();
            let mut read = Vec::new();
            for part in &manifest.voids.parts {
                read.extend(lake.voids(part, epoch).await.unwrap());
            }
            assert_eq!(read, store.voids_of_epoch(epoch).await.unwrap());
            voids += read.len();
            late += read.iter().filter(|void| void.receipt.epoch < epoch).count();
            voided.extend(read.iter().map(|void| (void.receipt.id, epoch)));
        }
        // Receipts and voids together say all that the store knows of closed epochs.
        let end = closed(&store).await;
        for row in rows {
            assert_eq!(voided.get(&row.id).copied(), row.voided_epoch.filter(|voided| *voided < end));
        }
    }
    let met = [receipts > 500, voids > 4, late > 0, empty > 3];
    assert_eq!(met, [true; 4], "{receipts} receipts, {voids} voids, {late} of earlier epochs, {empty} empty epochs");
}

#[tokio::test]
async fn any_parquet_reader_finds_integers_and_the_meaning_of_codes() {
    let (_sqlite, store) = store_of(&random::long_chain(60)).await;
    let objects_in = Arc::new(InMemory::new());
    let written = write_all(&lake_in(objects_in.clone()).await, &store).await.unwrap();
    for part in written.iter().flat_map(|written| written.manifest.parts()) {
        let bytes = objects_in.get(&Path::parse(&part.path).unwrap()).await.unwrap().bytes().await.unwrap();
        assert_eq!((bytes.len() as u64, Digest::of(&bytes)), (part.bytes, part.blake2b_256));
        let file = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
        assert_eq!(file.metadata().file_metadata().num_rows() as u64, part.rows);
        let columns = file.schema().fields().iter().map(|field| (field.name().as_str(), field.data_type().to_string()));
        for (name, kind) in columns {
            assert!(kind.starts_with("UInt") || (name == "reference" && kind.starts_with("FixedSizeBinary")), "{kind}");
        }
        let metadata = file.metadata().file_metadata().key_value_metadata().unwrap();
        let codes = metadata.iter().find(|entry| entry.key == "bizkey:codes:channel").unwrap();
        assert_eq!(codes.value.as_deref(), Some("0 in_store, 1 outside"));
    }
}

/// One lake is written as the chain grows, the other long after: later voids
/// must not show.
#[tokio::test]
async fn whoever_writes_an_epoch_makes_the_same_bytes() {
    let chain = random::long_chain(60);
    let early = Arc::new(InMemory::new());
    let lake = lake_in(early.clone()).await;
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    for block in &chain.blocks {
        store.apply(block).await.unwrap();
        for epoch in lake_end(&early).await..closed(&store).await {
            assert!(lake.write_epoch(&store, epoch).await.unwrap().new);
        }
    }
    let (_sqlite, other) = store_of(&chain).await;
    let late = Arc::new(InMemory::new());
    write_all(&lake_in(late.clone()).await, &other).await.unwrap();
    let written = objects(&early).await;
    assert_eq!(written, objects(&late).await);
    assert_eq!(written.len(), named(&written).len() + 1, "all but lake.json are named");
    // Once more into the same lake: it is all there.
    let again = write_all(&lake, &store).await.unwrap();
    assert!(again.len() > 10 && again.iter().all(|written| !written.new));
    assert_eq!(written, objects(&early).await);
}

async fn lake_end(store: &InMemory) -> Epoch {
    objects(store).await.keys().filter(|path| path.starts_with("manifests/")).count() as Epoch
}

#[tokio::test]
async fn being_stopped_at_any_write_changes_nothing() {
    let (_sqlite, store) = store_of(&random::long_chain(20)).await;
    let whole = Arc::new(InMemory::new());
    write_all(&lake_in(whole.clone()).await, &store).await.unwrap();
    let whole = objects(&whole).await;
    let manifests = named(&whole);
    assert!(whole.len() > 20, "{}", whole.len());
    for effect in [false, true] {
        for left in 0..whole.len() {
            let kept = Arc::new(InMemory::new());
            let failing = Failing { objects: kept.clone(), left: left.into(), effect };
            let error = write_all(&lake_in(Arc::new(failing)).await, &store).await.unwrap_err();
            assert!(error.is_transient() && error.to_string().contains("the line was cut"), "{error}");
            // What a reader finds meanwhile is whole, as far as it goes.
            let partly = named(&objects(&kept).await);
            assert!(partly.iter().all(|(path, bytes)| manifests.get(path) == Some(bytes)), "after {left} writes");
            write_all(&lake_in(kept.clone()).await, &store).await.unwrap();
            assert_eq!(objects(&kept).await, whole, "after {left} writes");
        }
    }
}

#[tokio::test]
async fn what_no_manifest_names_is_nothing() {
    let (_sqlite, store) = store_of(&random::long_chain(60)).await;
    let kept = Arc::new(InMemory::new());
    kept.put(&Path::from("receipts/epoch=000000/part-of-another-run.parquet"), "rubbish".into()).await.unwrap();
    let lake = lake_in(kept.clone()).await;
    assert!(matches!(lake.read_manifest(0).await, Err(lake::Error::NotWritten(0))));
    write_all(&lake, &store).await.unwrap();
    assert_eq!(lake.verify(0).await.unwrap().receipts.rows, store.receipts_of_epoch(0).await.unwrap().len() as u64);
}

#[tokio::test]
async fn a_part_that_was_altered_is_found() {
    let (_sqlite, store) = store_of(&random::long_chain(60)).await;
    let kept = Arc::new(InMemory::new());
    let lake = lake_in(kept.clone()).await;
    let written = write_all(&lake, &store).await.unwrap();
    let whole = objects(&kept).await;
    let differs = |found: lake::Result<Manifest>, path: &str, what: &str| match found {
        Err(lake::Error::Part { path: named, what: said }) => {
            assert!(named == path && said.contains(what), "{path} {what}: {named} {said}");
        }
        other => panic!("{path} {what}: {other:?}"),
    };
    for manifest in written.iter().map(|written| &written.manifest) {
        for part in manifest.parts() {
            let path = Path::parse(&part.path).unwrap();
            let bytes = &whole[&part.path];
            let mut flipped = bytes.clone();
            flipped[bytes.len() / 2] ^= 1;
            kept.put(&path, flipped.into()).await.unwrap();
            differs(lake.verify(manifest.epoch).await, &part.path, "another hash");
            kept.put(&path, bytes[1..].to_vec().into()).await.unwrap();
            differs(lake.verify(manifest.epoch).await, &part.path, "bytes where");
            kept.delete(&path).await.unwrap();
            differs(lake.verify(manifest.epoch).await, &part.path, "is missing");
            kept.put(&path, bytes.clone().into()).await.unwrap();
        }
        lake.verify(manifest.epoch).await.unwrap();
    }
    // A manifest that leaves a part out, or names one twice, contradicts itself.
    let several = written.iter().map(|written| &written.manifest).find(|manifest| manifest.receipts.parts.len() > 1);
    let manifest = several.unwrap().clone();
    let path = format!("manifests/epoch={:06}.json", manifest.epoch);
    let mut short = manifest.clone();
    short.receipts.parts.pop();
    put_manifest(&kept, &path, &short).await;
    differs(lake.verify(manifest.epoch).await, &path, "counts others");
    let mut double = manifest.clone();
    double.receipts.parts.push(manifest.receipts.parts[0].clone());
    put_manifest(&kept, &path, &double).await;
    differs(lake.verify(manifest.epoch).await, &manifest.receipts.parts[0].path, "was due");
}

async fn put_manifest(store: &InMemory, path: &str, manifest: &Manifest) {
    store.put(&Path::parse(path).unwrap(), serde_json::to_vec(manifest).unwrap().into()).await.unwrap();
}

/// A manifest stays as it is, and the contradiction is told.
#[tokio::test]
async fn a_manifest_that_differs_is_an_error_and_no_overwrite() {
    let chain = random::long_chain(60);
    let (_sqlite, store) = store_of(&chain).await;
    let kept = Arc::new(InMemory::new());
    let lake = lake_in(kept.clone()).await;
    let written = write_all(&lake, &store).await.unwrap();
    let whole = objects(&kept).await;
    let receipts = written.iter().map(|written| &written.manifest).find(|manifest| manifest.receipts.rows > 0);
    let manifest = receipts.unwrap().clone();
    let (epoch, path) = (manifest.epoch, format!("manifests/epoch={:06}.json", manifest.epoch));
    let altered = |change: fn(&mut Manifest)| {
        let mut altered = manifest.clone();
        change(&mut altered);
        altered
    };
    let closing = altered(|manifest| manifest.closing_block.as_mut().unwrap().hash = Digest([0; 32]));
    let range = altered(|manifest| manifest.receipts.first_id += 1);
    let parts = altered(|manifest| manifest.receipts.parts[0].blake2b_256 = Digest([0; 32]));
    for (wrong, named) in [(closing, "closing block"), (range, "range of receipts"), (parts, "receipts")] {
        put_manifest(&kept, &path, &wrong).await;
        let before = objects(&kept).await;
        let error = lake.write_epoch(&store, epoch).await.unwrap_err();
        assert!(matches!(error, lake::Error::ManifestDiffers { field, .. } if field == named), "{error}");
        assert!(!error.is_transient());
        assert_eq!(objects(&kept).await, before);
        // The follower does not make parts again; it compares what it has at hand.
        if named != "receipts" {
            let source = Arc::new(FakeSource::new(&chain));
            let running = Running::start(Config::new(store.clone(), source, Default::default()));
            let follower = lake::run(store.clone(), lake.clone(), running.progress.clone(), CancellationToken::new());
            let ended = tokio::time::timeout(crate::common::running::PATIENCE, follower).await.unwrap();
            assert!(matches!(ended, Err(lake::Error::ManifestDiffers { field, .. }) if field == named));
            running.end().await;
        }
    }
    let all = written.len();
    kept.put(&Path::parse(&path).unwrap(), whole[&path].clone().into()).await.unwrap();
    assert_eq!(write_all(&lake, &store).await.unwrap().len(), all);
}

#[tokio::test]
async fn the_lake_of_another_network_is_refused() {
    let (_sqlite, store) = store_of(&random::long_chain(60)).await;
    let kept = Arc::new(InMemory::new());
    // Opened before anybody wrote: the first to write decides.
    let other_chain = Network { genesis_hash: [8; 32], ..network() };
    let opened = Lake::at(kept.clone(), &other_chain).await.unwrap();
    write_all(&lake_in(kept.clone()).await, &store).await.unwrap();
    let before = objects(&kept).await;
    let mut contracts = network().contracts;
    contracts.receipts = crate::common::account(9);
    let other_contracts = Network { contracts, ..network() };
    for (other, named) in [(&other_chain, "genesis hash"), (&other_contracts, "set of contracts")] {
        let refused = Lake::at(kept.clone(), other).await.unwrap_err();
        assert!(matches!(refused, lake::Error::OtherNetwork { field } if field == named), "{refused}");
    }
    let sqlite = Sqlite::new();
    let foreign = Store::open(&sqlite.url, &other_chain).await.unwrap();
    apply_all(&foreign, &random::long_chain(60).blocks).await;
    for (lake, store) in [(&opened, &foreign), (&opened, &store), (&lake_in(kept.clone()).await, &foreign)] {
        let refused = lake.write_epoch(store, 0).await.unwrap_err();
        assert!(matches!(refused, lake::Error::OtherNetwork { .. }), "{refused}");
    }
    let refused = opened.read_manifest(0).await.unwrap_err();
    assert!(matches!(refused, lake::Error::OtherNetwork { .. }), "{refused}");
    assert_eq!(objects(&kept).await, before);
}

/// Neither the epoch that runs, nor one that only blocks close which may still
/// go back.
#[tokio::test]
async fn an_epoch_is_not_written_before_a_final_block_closes_it() {
    let chain = random::long_chain(60);
    let calendar = network().calendar;
    let epoch_of = |at: usize| calendar.epoch_at(chain.blocks[at].timestamp_ms);
    let turn = (2..chain.blocks.len()).find(|at| epoch_of(*at) > epoch_of(at - 1) && epoch_of(at - 1) > Some(0));
    let turn = turn.unwrap();
    let epoch = epoch_of(turn - 1).unwrap();
    let sqlite = Sqlite::new();
    let store = sqlite.open().await;
    apply_all(&store, &chain.blocks[..turn]).await;
    let kept = Arc::new(InMemory::new());
    let lake = lake_in(kept.clone()).await;
    let open = |found: lake::Result<lake::Written>| matches!(found, Err(lake::Error::Open(named)) if named == epoch);
    assert!(open(lake.write_epoch(&store, epoch).await));
    for block in &chain.blocks[turn..turn + 2] {
        store.apply_hot(block).await.unwrap();
    }
    assert!(store.checkpoint().await.unwrap().unwrap().stamp > stamp(epoch));
    assert!(open(lake.write_epoch(&store, epoch).await));
    assert!(named(&objects(&kept).await).is_empty());
    let closing = &chain.blocks[turn];
    store.finalize(closing.number, &closing.hash).await.unwrap();
    assert!(lake.write_epoch(&store, epoch).await.unwrap().new);
}

/// In a folder, by path and by URL, beside an indexer at work.
#[tokio::test]
async fn the_follower_writes_what_closes() {
    let chain = random::long_chain(60);
    let (_sqlite, store) = store_of(&chain).await;
    let reference = Arc::new(InMemory::new());
    write_all(&Lake::at(reference.clone(), &network()).await.unwrap(), &store).await.unwrap();
    let expected = objects(&reference).await;
    let last = closed(&store).await - 1;

    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("made/on/opening");
    let index = Sqlite::new();
    for (url, blocks) in [
        (folder.display().to_string(), chain.blocks.len() / 2),
        (format!("file://{}", folder.display()), chain.blocks.len()),
    ] {
        let lake = Lake::open(&url, &network()).await.unwrap();
        assert_eq!(lake.newest(), None);
        let part = Chain { blocks: chain.blocks[..blocks].to_vec() };
        let store = index.open().await;
        let source = Arc::new(FakeSource::new(&part));
        let running = Running::start(Config::new(store.clone(), source, Default::default()));
        let stop = CancellationToken::new();
        let follower = tokio::spawn(lake::run(store.clone(), lake.clone(), running.progress.clone(), stop.clone()));
        running.reach(part.blocks.last().unwrap().number).await;
        running.progress.finalized(part.blocks.last().unwrap().number).await;
        let wanted = closed(&store).await.checked_sub(1);
        for _ in 0..1_000 {
            if lake.newest() == wanted {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(lake.newest(), wanted);
        stop.cancel();
        follower.await.unwrap().unwrap();
        running.end().await;
        store.close().await;
    }
    let lake = Lake::open(&folder.display().to_string(), &network()).await.unwrap();
    for epoch in 0..=last {
        lake.verify(epoch).await.unwrap();
    }
    for (path, bytes) in expected {
        assert_eq!(std::fs::read(folder.join(&path)).unwrap(), bytes, "{path}");
    }
}

#[tokio::test]
async fn a_url_that_cannot_be_used_is_refused_without_its_secrets() {
    for url in ["nowhere://user:secret@host/lake", "gs://secret/lake", "file://secret/lake"] {
        let refused = Lake::open(url, &network()).await.unwrap_err();
        assert!(matches!(refused, lake::Error::Url { .. }), "{refused}");
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }
}
