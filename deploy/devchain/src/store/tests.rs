#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use parking_lot::Mutex;
use std::io;

/// A disk whose process dies after so many writes. What was written after the
/// last sync may be there or not, as with a real one: both are tried.
#[derive(Debug)]
struct DyingDisk {
    shared: Arc<Mutex<Disk>>,
}

#[derive(Debug, Default)]
struct Disk {
    written: Vec<u8>,
    synced: Vec<u8>,
    writes_left: Option<usize>,
    writes: usize,
}

impl Disk {
    fn write(&mut self) -> Result<(), io::Error> {
        self.writes += 1;
        match &mut self.writes_left {
            Some(0) => Err(io::Error::other("the process is dead")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl StorageBackend for DyingDisk {
    fn len(&self) -> Result<u64, io::Error> {
        Ok(self.shared.lock().written.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        let disk = self.shared.lock();
        let start = usize::try_from(offset).unwrap();
        out.copy_from_slice(&disk.written[start..start + out.len()]);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        let mut disk = self.shared.lock();
        disk.write()?;
        disk.written.resize(usize::try_from(len).unwrap(), 0);
        Ok(())
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        let mut disk = self.shared.lock();
        disk.write()?;
        disk.synced = disk.written.clone();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        let mut disk = self.shared.lock();
        disk.write()?;
        let start = usize::try_from(offset).unwrap();
        disk.written[start..start + data.len()].copy_from_slice(data);
        Ok(())
    }
}

fn open(bytes: Vec<u8>, writes_left: Option<usize>) -> (Arc<Mutex<Disk>>, Result<Store, StoreError>) {
    let disk = Disk { written: bytes.clone(), synced: bytes, writes_left, writes: 0 };
    let shared = Arc::new(Mutex::new(disk));
    let store = Store::open_backend(DyingDisk { shared: shared.clone() }, true);
    (shared, store)
}

fn header(number: BlockNumber, parent: Hash, branch: u8) -> Header {
    let root = Hash::repeat_byte(branch);
    Header { parent_hash: parent, number, state_root: root, extrinsics_root: root, digest: Default::default() }
}

/// Adds a row of blocks after `parent`, each with a node of its own; returns
/// the hashes that were committed before the disk died.
fn grow(store: &Store, genesis: Hash, parent: (Hash, u32), branch: u8, count: u32) -> Vec<Hash> {
    let (mut parent, first) = parent;
    let mut committed = Vec::new();
    for number in first + 1..=first + count {
        let header = header(number, parent, branch);
        let hash = header.hash();
        let node = (Hash::from_low_u64_be(u64::from(number) * 256 + u64::from(branch)), vec![branch; 40]);
        let block = NewBlock { hash, header: &header, body: &[vec![branch]], nodes: vec![node] };
        let heads = StoredHeads { genesis, best: hash, finalized: hash };
        if store.commit(vec![block], heads, Persist::Now).is_err() {
            break;
        }
        committed.push(hash);
        parent = hash;
    }
    committed
}

fn with_genesis(store: &Store) -> Hash {
    let header = header(0, Hash::zero(), 0);
    let hash = header.hash();
    let heads = StoredHeads { genesis: hash, best: hash, finalized: hash };
    store.commit(vec![NewBlock { hash, header: &header, body: &[], nodes: Vec::new() }], heads, Persist::Now).unwrap();
    hash
}

fn assert_whole(store: &Store, committed: &[Hash]) {
    let heads = store.heads().unwrap().unwrap();
    let best = store.header(&heads.best).unwrap().unwrap();
    assert!(best.number as usize >= committed.len(), "{} committed, {} there", committed.len(), best.number);
    for (index, hash) in committed.iter().enumerate() {
        let number = index as u32 + 1;
        assert_eq!(store.hash_at(number).unwrap(), Some(*hash), "block {number}");
    }
    let mut parent = heads.genesis;
    for number in 1..=best.number {
        let hash = store.hash_at(number).unwrap().unwrap();
        let header = store.header(&hash).unwrap().unwrap();
        assert_eq!((header.number, header.parent_hash), (number, parent));
        assert!(store.body(&hash).unwrap().is_some());
        let node = Hash::from_low_u64_be(u64::from(number) * 256 + 1);
        assert!(store.node(&node).unwrap().is_some(), "the state of block {number}");
        parent = hash;
    }
    assert_eq!(store.hash_at(best.number + 1).unwrap(), None);
}

#[test]
fn a_process_killed_between_any_two_writes_loses_nothing_committed() {
    let (disk, store) = open(Vec::new(), None);
    let genesis = with_genesis(&store.unwrap());
    let before = disk.lock().synced.clone();

    let (disk, store) = open(before.clone(), None);
    let store = store.unwrap();
    let opening = disk.lock().writes;
    assert_eq!(grow(&store, genesis, (genesis, 0), 1, 6).len(), 6);
    let all = disk.lock().writes;
    drop(store);
    assert!(all > opening + 6, "{opening} to {all} writes");

    for dies_after in 0..all {
        let (disk, store) = open(before.clone(), Some(dies_after));
        let committed = store.as_ref().map_or(Vec::new(), |store| grow(store, genesis, (genesis, 0), 1, 6));
        drop(store);
        let (written, synced) = {
            let disk = disk.lock();
            (disk.written.clone(), disk.synced.clone())
        };
        for survived in [written, synced] {
            let (_, store) = open(survived, None);
            let store = store.unwrap_or_else(|error| panic!("dead after {dies_after} writes: {error}"));
            assert_whole(&store, &committed);
        }
    }
}

#[test]
fn the_number_index_follows_the_best_branch_up_and_down() {
    let store = Store::open(None).unwrap();
    let genesis = with_genesis(&store);
    let first = grow(&store, genesis, (genesis, 0), 1, 5);
    let second = grow(&store, genesis, (first[1], 2), 2, 1);
    assert_eq!(store.hash_at(2).unwrap(), Some(first[1]));
    assert_eq!(store.hash_at(3).unwrap(), Some(second[0]));
    assert_eq!(store.hash_at(4).unwrap(), None);
    assert!(store.header(&first[4]).unwrap().is_some(), "what left the chain can still be read");

    let back = StoredHeads { genesis, best: first[4], finalized: genesis };
    store.commit(Vec::new(), back, Persist::Later).unwrap();
    for (index, hash) in first.iter().enumerate() {
        assert_eq!(store.hash_at(index as u32 + 1).unwrap(), Some(*hash));
    }
    let unknown = StoredHeads { best: Hash::repeat_byte(9), ..back };
    assert!(matches!(store.commit(Vec::new(), unknown, Persist::Now), Err(StoreError::Detached(_))));
    assert_eq!(store.heads().unwrap(), Some(back));
}
