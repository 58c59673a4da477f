//! Who reports what, and when a report has a majority.

use super::stage::{
    account, agree, empty_report, flat_report, refuse, refuse_others, send, set_status, stake, Street, KIND,
};
use bizkey_primitives::{
    errors::rewards::Error,
    events::Event,
    hash::blake2x256,
    report::{EpochRecord, EpochState, Report, SideReport},
    AccountId, Hash, Side, Status,
};
use bizkey_tests::{Sandbox, HOUR};
use codec::Encode;

fn hash(report: &Report) -> Hash {
    blake2x256(&report.encode()).into()
}

fn vote_of(network: &mut Sandbox, epoch: u32, round: u8, member: AccountId) -> Option<Hash> {
    network.read(KIND, "vote_of", &(epoch, round, member))
}

/// Ways in which a report contradicts itself.
fn contradictions(good: &Report) -> Vec<Report> {
    let merchants = |side: SideReport| Report { merchants: side, ..*good };
    let customers = |side: SideReport| Report { customers: side, ..*good };
    let empty = SideReport::default();
    let root = good.merchants.root;
    vec![
        merchants(SideReport { root: Hash::default(), ..good.merchants }),
        customers(SideReport { root: Hash::default(), ..good.customers }),
        merchants(SideReport { root, ..empty }),
        merchants(SideReport { sum_v1: 1, ..empty }),
        merchants(SideReport { sum_v2: 1, ..empty }),
        customers(SideReport { root, ..empty }),
        customers(SideReport { sum_v1: 1, ..empty }),
        customers(SideReport { sum_v2: 1, ..good.customers }),
    ]
}

pub fn who_and_what(network: &mut Sandbox) {
    let mut street = Street::new(network, 2);
    let [first, second, third] = [1, 2, 3].map(|number| account(network, &format!("member {number}")));
    network.enter_epoch(0);
    street.trade(network);
    let good = flat_report(network, 0, 2, 2);
    network.state.set_time(network.calendar.end_ms(0) - 1);
    refuse(network, first, "report", &(0u32, good), Error::EpochNotClosed);
    network.state.set_time(network.calendar.end_ms(0));
    refuse(network, first, "report", &(1u32, good), Error::EpochNotClosed);
    refuse_others(network, &[first, second, third], "report", &(0u32, good), Error::NotMember);
    for bad in contradictions(&good) {
        refuse(network, first, "report", &(0u32, bad), Error::InconsistentReport);
    }
    for version in [0, 2, u16::MAX] {
        let other = Report { algorithm_version: version, ..good };
        refuse(network, first, "report", &(0u32, other), Error::WrongAlgorithm);
    }
    send(network, first, "report", &(0u32, good)).unwrap();
    let submitted = matches!(&network.events[..], [Event::ReportSubmitted(said)]
        if (said.epoch, said.round, said.member, said.report) == (0, 0, first, good));
    assert!(submitted, "{:?}", network.events);
    assert_eq!(vote_of(network, 0, 0, first), Some(hash(&good)));
    assert_eq!((vote_of(network, 0, 0, second), vote_of(network, 0, 1, first)), (None, None));
    assert_eq!(network.read::<Option<EpochRecord>>(KIND, "epoch", &0u32), None);
    refuse(network, first, "report", &(0u32, good), Error::AlreadyReported);

    send(network, second, "report", &(0u32, good)).unwrap();
    let pending = matches!(&network.events[..], [Event::ReportSubmitted(_), Event::ReportPending(said)]
        if (said.epoch, said.round, said.report) == (0, 0, good));
    assert!(pending, "{:?}", network.events);
    let record = network.record_of(0);
    assert_eq!((record.state, record.round, record.report), (EpochState::Pending, 0, good));
    assert_eq!(record.since_ms, network.state.now_ms());
    closed_to_reports(network, good);
}

/// A report counts in an open epoch only: none while one is pending or
/// disputed, nor in an epoch that is settled.
fn closed_to_reports(network: &mut Sandbox, good: Report) {
    let (admin, third) = (account(network, "admin"), account(network, "member 3"));
    refuse(network, third, "report", &(0u32, good), Error::ReportsClosed);
    send(network, admin, "dispute", &0u32).unwrap();
    refuse(network, third, "report", &(0u32, good), Error::ReportsClosed);
    network.rolled_back(|network| {
        network.enter_epoch(20);
        send(network, third, "void_overdue", &0u32).unwrap();
        refuse(network, third, "report", &(0u32, good), Error::ReportsClosed);
    });
    send(network, admin, "decide", &(0u32, false)).unwrap();
    network.pass(bizkey_tests::WINDOW);
    network.finalise(0).unwrap();
    refuse(network, third, "report", &(0u32, good), Error::ReportsClosed);
}

/// Each cause hides those after it.
pub fn the_first_cause_is_told(network: &mut Sandbox) {
    let _ = Street::new(network, 2);
    let (admin, stranger, member) =
        (account(network, "admin"), account(network, "stranger"), account(network, "member 1"));
    network.enter_epoch(2);
    agree(network, 0, &empty_report());
    send(network, admin, "set_bonds", &(5u128, 0u128)).unwrap();
    let good = flat_report(network, 1, 2, 2);
    let bad = Report { algorithm_version: 9, customers: SideReport { sum_v2: 1, ..good.customers }, ..good };
    let until = network.state.now_ms() + HOUR;
    send(network, admin, "pause", &until).unwrap();
    refuse(network, stranger, "report", &(9u32, bad), Error::Paused);
    network.state.set_time(until);
    refuse(network, stranger, "report", &(9u32, bad), Error::EpochNotClosed);
    refuse(network, stranger, "report", &(0u32, bad), Error::ReportsClosed);
    refuse(network, stranger, "report", &(1u32, bad), Error::NotMember);
    refuse(network, member, "report", &(1u32, bad), Error::NotBonded);
    stake(network, "member 1", 5);
    refuse(network, member, "report", &(1u32, bad), Error::InconsistentReport);
    refuse(network, member, "report", &(1u32, Report { algorithm_version: 9, ..good }), Error::WrongAlgorithm);
    send(network, member, "report", &(1u32, good)).unwrap();
    refuse(network, member, "report", &(1u32, good), Error::AlreadyReported);
}

/// More than half of all members, each with its last word; half is not enough.
pub fn majorities(network: &mut Sandbox) {
    let admin = account(network, "admin");
    let four = [1, 2, 3, 4].map(|number| account(network, &format!("of four {number}")));
    send(network, admin, "set_committee", &(0u32, four.to_vec())).unwrap();
    let _ = Street::new(network, 2);
    network.enter_epoch(1);
    let (one, other) = (flat_report(network, 0, 1, 0), flat_report(network, 0, 2, 0));
    let say = |network: &mut Sandbox, who: usize, report: Report| {
        send(network, four[who], "report", &(0u32, report)).unwrap();
        network.read::<Option<EpochRecord>>(KIND, "epoch", &0u32).is_some()
    };
    assert!(!say(network, 0, one));
    assert!(!say(network, 1, one), "two of four");
    assert!(!say(network, 0, other), "it takes its word back");
    assert!(!say(network, 2, one), "the word that was taken back still counts");
    assert!(!say(network, 3, other));
    assert!(!say(network, 3, empty_report()));
    assert!(say(network, 0, one), "three of four");
    assert_eq!(network.record_of(0).report, one);
    // A shop that leaves the network changes nothing of what was reported.
    set_status(network, Side::Merchant, 1, Status::Removed);
    assert_eq!(network.record_of(0).report, one);
}
