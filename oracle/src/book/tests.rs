//! Reports outside of memory: unreadable for a while, and asked for by many.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::scoring::{Algorithm, EpochScores};
use std::sync::atomic::{AtomicBool, Ordering};

fn network() -> Network {
    Network { genesis: [1; 32].into(), rewards: [2; 32].into() }
}

fn empty(epoch: Epoch) -> EpochReport {
    let algorithm = Algorithm::Bizpower2;
    let scores = EpochScores { epoch, algorithm, merchants: Vec::new(), customers: Vec::new(), invalid_receipts: 0 };
    EpochReport::build(&network(), scores, BTreeMap::new()).unwrap()
}

/// Reports that can be read, or not.
#[derive(Default)]
struct Disk {
    is_broken: AtomicBool,
}

impl Disk {
    fn look(&self) -> Result<(), BookError> {
        match self.is_broken.load(Ordering::SeqCst) {
            true => Err(BookError::Lake { cause: "the disk is away".into(), is_transient: false }),
            false => Ok(()),
        }
    }
}

impl KeptReports for Disk {
    fn report(&self, epoch: Epoch) -> Result<Option<EpochReport>, BookError> {
        self.look().map(|()| Some(empty(epoch)))
    }

    fn totals(&self, epoch: Epoch) -> Result<Option<Report>, BookError> {
        self.look().map(|()| Some(empty(epoch).report()))
    }
}

/// Whoever has judged one epoch, in an earlier process.
struct Judged(Arc<Disk>);

#[async_trait::async_trait]
impl ReportSource for Judged {
    fn next_epoch(&self) -> Epoch {
        1
    }

    async fn next_report(&mut self) -> Result<Option<EpochReport>, BookError> {
        Ok(None)
    }

    fn kept(&self) -> Option<Arc<dyn KeptReports>> {
        Some(Arc::clone(&self.0) as Arc<dyn KeptReports>)
    }
}

async fn book(is_broken: bool) -> (Book, Arc<Disk>) {
    let disk = Arc::new(Disk { is_broken: AtomicBool::new(is_broken) });
    let book = Book::judged_by(network(), Judged(Arc::clone(&disk)));
    assert_eq!(book.advance().await, Ok(1));
    (book, disk)
}

#[tokio::test]
async fn a_report_that_cannot_be_read_makes_the_book_unready_until_it_can() {
    let (book, disk) = book(true).await;
    assert!(book.is_ready());
    assert!(book.report(0).is_none() && book.totals(0).is_none());
    assert!(!book.is_ready());
    assert_eq!(book.last_error().as_deref(), Some("the disk is away"));
    assert!(book.report_for_stranger(0).is_err(), "a stranger is told, too");
    disk.is_broken.store(false, Ordering::SeqCst);
    assert_eq!(book.report(0).unwrap().report(), empty(0).report());
    assert!(book.is_ready() && book.last_error().is_none());
}

#[tokio::test]
async fn strangers_wait_for_none_but_each_other_and_what_is_in_memory_is_always_given() {
    let (book, _disk) = book(false).await;
    let others = book.asked.try_acquire_many(u32::try_from(MOST_ASKED).unwrap()).unwrap();
    assert_eq!(book.report_for_stranger(0).unwrap_err(), BookError::Busy(0));
    assert!(BookError::Busy(0).is_transient());
    assert!(book.report_for_stranger(1).unwrap().is_none(), "not judged: nothing is read");
    assert!(book.report(0).is_some(), "the member itself asks for no leave");
    assert!(book.report_for_stranger(0).unwrap().is_some(), "now it is in memory");
    drop(others);
}
