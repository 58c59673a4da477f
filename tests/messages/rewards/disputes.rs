//! Disputes, the board's decisions, second rounds, and in whose turn an epoch
//! is settled.

use super::stage::{
    account, agree, at, empty_report, flat, flat_report, next_epoch, refuse, refuse_others, send, stake, supply,
    tokens, Street, KIND,
};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    challenge::{Branch, Charge},
    errors::rewards::Error,
    events::Event,
    report::{EpochRecord, EpochState, Payout, Report},
    tree, AccountId, Balance, Epoch, Side,
};
use bizkey_tests::{Sandbox, DAY, WINDOW};

/// Odd, so that halves are rounded.
const MEMBER_BOND: Balance = tokens(100) + 1;
const DISPUTE_BOND: Balance = tokens(40) + 1;

/// A claim that the totals of a flat tree of so many merchants are not the reported ones.
fn totals(network: &Sandbox, epoch: Epoch, merchants: u32) -> (Epoch, Side, Branch, Charge) {
    let tree = flat(network, Side::Merchant, epoch, merchants);
    let top = tree::top(&tree.domain, &tree.leaves).unwrap();
    (epoch, Side::Merchant, Branch { top, descents: Vec::new(), leaf: None }, Charge::Structure)
}

/// A report that any branch of its tree shows to be wrong.
fn false_report(network: &Sandbox, epoch: Epoch, merchants: u32, customers: u32) -> Report {
    let mut report = flat_report(network, epoch, merchants, customers);
    report.merchants.sum_v1 += 1;
    report
}

fn state_of(network: &mut Sandbox, epoch: Epoch) -> (EpochState, u8) {
    let record: Option<EpochRecord> = network.read(KIND, "epoch", &epoch);
    record.map_or((EpochState::Open, 0), |record| (record.state, record.round))
}

fn allow_disputes(network: &mut Sandbox, name: &str) -> AccountId {
    let who = account(network, name);
    network.give(who, 10 * DISPUTE_BOND);
    network.approve(who, network.contracts.rewards, 10 * DISPUTE_BOND);
    who
}

/// Two shops that traded in epochs 0 and 1; epoch 2 runs.
fn two_days(network: &mut Sandbox) -> Street {
    let mut street = Street::new(network, 2);
    for epoch in [0, 1] {
        network.enter_epoch(epoch);
        street.trade(network);
    }
    network.enter_epoch(2);
    street
}

pub fn who_and_when(network: &mut Sandbox) {
    let _ = two_days(network);
    let (admin, stranger) = (account(network, "admin"), account(network, "stranger"));
    let charge = totals(network, 0, 2);
    refuse(network, admin, "dispute", &0u32, Error::NotPending);
    refuse(network, admin, "decide", &(0u32, true), Error::NotDisputed);
    refuse(network, stranger, "challenge", &charge, Error::NotPending);
    agree(network, 0, &flat_report(network, 0, 2, 2));
    refuse(network, admin, "decide", &(0u32, true), Error::NotDisputed);
    refuse(network, stranger, "challenge", &charge, Error::NoViolation);
    let elsewhere = totals(network, 1, 2);
    refuse(network, stranger, "challenge", &(0u32, elsewhere.1, elsewhere.2, elsewhere.3), Error::BadProof);

    // A free dispute would let anybody freeze every epoch.
    refuse_others(network, &[admin], "dispute", &0u32, Error::NotAdmin);
    network.rolled_back(|network| send(network, admin, "dispute", &0u32).unwrap());
    send(network, admin, "set_bonds", &(0u128, DISPUTE_BOND)).unwrap();
    for origin in [admin, stranger] {
        refuse(network, origin, "dispute", &0u32, Error::PaymentRefused);
    }
    let disputer = allow_disputes(network, "disputer");
    let pending = network.state.now_ms();
    at(network, pending + WINDOW, |network| refuse(network, disputer, "dispute", &0u32, Error::WindowOver));
    network.state.set_time(pending + WINDOW - 1);
    send(network, disputer, "dispute", &0u32).unwrap();
    let told = matches!(&network.events[..], [Event::ReportDisputed(said), ..]
        if (said.epoch, said.round, said.disputer, said.bond) == (0, 0, disputer, DISPUTE_BOND));
    assert!(told, "{:?}", network.events);
    assert_eq!(network.bzky_of(network.contracts.rewards), DISPUTE_BOND);
    assert_eq!(state_of(network, 0), (EpochState::Disputed, 0));
    refuse(network, disputer, "dispute", &0u32, Error::NotPending);
    refuse_others(network, &[admin], "decide", &(0u32, true), Error::NotAdmin);

    send(network, admin, "decide", &(0u32, false)).unwrap();
    refuse(network, admin, "decide", &(0u32, false), Error::NotDisputed);
    refuse(network, disputer, "dispute", &0u32, Error::AlreadyDisputed);
    network.pass(WINDOW);
    network.finalise(0).unwrap();
    refuse(network, disputer, "dispute", &0u32, Error::NotPending);
    refuse(network, stranger, "challenge", &charge, Error::NotPending);
}

/// Where each bond goes.
pub fn decisions(network: &mut Sandbox) {
    let _ = two_days(network);
    let (admin, stranger, rewards) =
        (account(network, "admin"), account(network, "stranger"), network.contracts.rewards);
    send(network, admin, "set_bonds", &(MEMBER_BOND, DISPUTE_BOND)).unwrap();
    for name in ["member 1", "member 2", "member 3"] {
        stake(network, name, MEMBER_BOND);
    }
    let disputer = allow_disputes(network, "disputer");
    network.vote(3, 0, &empty_report()).unwrap();
    let report = false_report(network, 0, 2, 2);
    agree(network, 0, &report);
    send(network, disputer, "dispute", &0u32).unwrap();
    // What is at stake stays so, whatever is asked of later ones.
    send(network, admin, "set_bonds", &(MEMBER_BOND, DISPUTE_BOND + 5)).unwrap();
    let (before, burned_before) = (network.bzky_of(disputer), supply(network));
    let half = MEMBER_BOND; // of two
    let change = |network: &mut Sandbox| {
        let got = network.bzky_of(disputer) - before;
        (got, burned_before - supply(network), network.bzky_of(rewards))
    };
    undecided(network, disputer);
    network.rolled_back(|network| {
        let decided = network.state.now_ms() + DAY;
        network.state.set_time(decided);
        send(network, admin, "decide", &(0u32, false)).unwrap();
        assert!(matches!(&network.events[0], Event::DisputeDecided(said) if !said.upheld));
        assert_eq!(change(network), (0, DISPUTE_BOND, 3 * MEMBER_BOND), "a lost dispute burns its bond");
        let record = network.record_of(0);
        assert_eq!((record.state, record.since_ms), (EpochState::Pending, decided), "a window of its own");
        network.state.set_time(decided + WINDOW - 1);
        refuse(network, stranger, "finalise", &0u32, Error::WindowOpen);
        // In which it can be challenged: the disputer, who is right, loses its bond alone.
        send(network, stranger, "challenge", &totals(network, 0, 2)).unwrap();
        assert_eq!(network.bzky_of(stranger), half);
    });
    network.rolled_back(|network| {
        send(network, admin, "decide", &(0u32, true)).unwrap();
        assert_eq!(change(network), (DISPUTE_BOND + half, half, MEMBER_BOND));
        let slashed: Vec<_> = network.events.iter().filter(|event| matches!(event, Event::BondSlashed(_))).collect();
        assert_eq!(slashed.len(), 2, "{slashed:?}");
        assert_eq!(state_of(network, 0), (EpochState::Open, 1));
        assert_eq!(network.read::<u32>(KIND, "next_epoch", &()), 0);
    });
    // Disputed by one, shown to be wrong by another: each gets what is its own.
    send(network, stranger, "challenge", &totals(network, 0, 2)).unwrap();
    let struck = network.events.iter().find_map(|event| match event {
        Event::ReportStruck(struck) => Some((struck.epoch, struck.round, struck.challenger, struck.reward)),
        _ => None,
    });
    assert_eq!(struck, Some((0, 0, stranger, half)));
    assert_eq!((change(network), network.bzky_of(stranger)), ((DISPUTE_BOND, half, MEMBER_BOND), half));
    refuse(network, stranger, "challenge", &totals(network, 0, 2), Error::NotPending);
    a_second_round_is_the_last(network);
}

/// A dispute that nobody decides voids the epoch and burns half of its bond; a
/// challenge still counts until somebody voids it.
fn undecided(network: &mut Sandbox, disputer: AccountId) {
    let (admin, stranger) = (account(network, "admin"), account(network, "stranger"));
    let (before, supply_before) = (network.bzky_of(disputer), supply(network));
    let over = network.state.now_ms() + 14 * DAY;
    at(network, over - 1, |network| refuse(network, stranger, "void_overdue", &0u32, Error::NotOverdue));
    at(network, over, |network| {
        for upheld in [true, false] {
            refuse(network, admin, "decide", &(0u32, upheld), Error::DecisionOverdue);
        }
        network.rolled_back(|network| {
            send(network, stranger, "void_overdue", &0u32).unwrap();
            let burned = DISPUTE_BOND - DISPUTE_BOND / 2;
            assert_eq!(network.bzky_of(disputer) - before, DISPUTE_BOND / 2);
            assert_eq!(supply_before - supply(network), burned);
            assert_eq!((state_of(network, 0), next_epoch(network)), ((EpochState::Void, 0), 1));
            refuse(network, stranger, "void_overdue", &0u32, Error::ReportsClosed);
            refuse(network, stranger, "finalise", &0u32, Error::NotPending);
        });
        send(network, stranger, "challenge", &totals(network, 0, 2)).unwrap();
        assert_eq!(state_of(network, 0), (EpochState::Void, 0), "no other report can follow it");
        assert_eq!(network.bzky_of(stranger), MEMBER_BOND, "half of two bonds");
        assert_eq!(network.bzky_of(disputer) - before, DISPUTE_BOND);
        network.finalise(0).unwrap();
        assert_eq!(next_epoch(network), 1);
    });
}

/// By the committee of the day of the strike; struck again the epoch is void.
fn a_second_round_is_the_last(network: &mut Sandbox) {
    let stranger = account(network, "stranger");
    refuse(network, account(network, "member 1"), "report", &(0u32, empty_report()), Error::NotBonded);
    for name in ["member 1", "member 2"] {
        stake(network, name, MEMBER_BOND);
    }
    let report = false_report(network, 0, 1, 1);
    agree(network, 0, &report);
    assert_eq!(state_of(network, 0), (EpochState::Pending, 1));
    let disputer = account(network, "disputer");
    network.rolled_back(|network| send(network, disputer, "dispute", &0u32).unwrap());
    send(network, stranger, "challenge", &totals(network, 0, 1)).unwrap();
    assert_eq!((state_of(network, 0), next_epoch(network)), ((EpochState::Void, 1), 0));
    let record = network.record_of(0);
    assert_eq!((record.merchants, record.customers), (Payout::default(), Payout::default()));
    refuse(network, account(network, "member 3"), "report", &(0u32, empty_report()), Error::ReportsClosed);
    network.finalise(0).unwrap();
    assert!(matches!(&network.events[..], [Event::EpochReserved(passed)] if passed.merchants == Payout::default()));
    assert_eq!(next_epoch(network), 1);
}

/// In its turn, whatever the epochs after it wait for; reserved in a dispute,
/// and never more afterwards.
pub fn turns(network: &mut Sandbox) {
    let _ = two_days(network);
    let (admin, stranger, vault) = (account(network, "admin"), account(network, "stranger"), network.contracts.vault);
    for epoch in [0u32, 1] {
        refuse(
            network,
            stranger,
            "void_overdue",
            &epoch,
            if epoch == 0 { Error::NotOverdue } else { Error::EarlierEpochOpen },
        );
    }
    refuse(network, stranger, "finalise", &0u32, Error::NotPending);
    agree(network, 1, &flat_report(network, 1, 2, 2));
    agree(network, 0, &flat_report(network, 0, 1, 1));
    send(network, admin, "dispute", &0u32).unwrap();
    network.pass(WINDOW);
    refuse(network, stranger, "finalise", &1u32, Error::EarlierEpochOpen);
    let pool = network.bzky_of(vault);
    network.finalise(0).unwrap();
    let one = Payout { emission: tokens(100), reserved: tokens(100), paid: 0 };
    let Some(Event::EpochReserved(reserved)) = network.events.first() else { panic!("{:?}", network.events) };
    assert_eq!((reserved.merchants, reserved.customers.reserved), (one, tokens(10)));
    assert_eq!((state_of(network, 0).0, pool - network.bzky_of(vault)), (EpochState::Disputed, tokens(100)));
    refuse(network, stranger, "finalise", &0u32, Error::NotPending);
    refuse(network, stranger, "expire", &0u32, Error::NotFinal);
    network.finalise(1).unwrap();
    let two = Payout { emission: tokens(200), reserved: tokens(200), paid: 0 };
    let Some(Event::EpochFinalised(settled)) = network.events.first() else { panic!("{:?}", network.events) };
    assert_eq!((settled.epoch, settled.merchants, settled.customers.reserved), (1, two, tokens(20)));
    assert_eq!(next_epoch(network), 2);

    send(network, admin, "decide", &(0u32, true)).unwrap();
    let held: Balance = network.read(KIND, "customer_reserved", &());
    assert_eq!((pool - network.bzky_of(vault), held), (tokens(300), tokens(30)), "a strike leaves the reservation");
    // Nobody reports again: void seven days after the strike, and all goes back.
    let struck = network.state.now_ms();
    at(network, struck + 7 * DAY - 1, |network| refuse(network, stranger, "void_overdue", &0u32, Error::NotOverdue));
    at(network, struck + 7 * DAY, |network| {
        send(network, stranger, "void_overdue", &0u32).unwrap();
        assert!(matches!(&network.events[0], Event::EpochVoided(voided) if voided.epoch == 0));
        let held: Balance = network.read(KIND, "customer_reserved", &());
        assert_eq!((pool - network.bzky_of(vault), held, next_epoch(network)), (tokens(200), tokens(20), 2));
        refuse(network, stranger, "void_overdue", &0u32, Error::ReportsClosed);
    });
    // The second round says that there were two shops, which is so: too late.
    agree(network, 0, &flat_report(network, 0, 2, 2));
    network.pass(WINDOW);
    network.finalise(0).unwrap();
    assert_eq!(network.record_of(0).merchants, one, "no more than the first round reserved");
    let released: Balance = network.read(ContractKind::Vault, "available", &());
    assert_eq!(pool - released, tokens(300));
}

/// The committee of the day of the strike reports again, and no word of the
/// first round counts in the second.
#[test]
fn a_second_round_is_of_the_committee_of_the_day_of_the_strike() {
    let mut network = Sandbox::new();
    let network = &mut network;
    let _ = two_days(network);
    let admin = account(network, "admin");
    let later = [3, 4, 5].map(|number| account(network, &format!("member {number}")));
    send(network, admin, "set_committee", &(3u32, later.to_vec())).unwrap();
    let (honest, wrong) = (flat_report(network, 0, 2, 2), false_report(network, 0, 2, 2));
    network.vote(3, 0, &honest).unwrap();
    agree(network, 0, &wrong);
    send(network, admin, "dispute", &0u32).unwrap();
    let members = |network: &mut Sandbox| network.read::<Vec<AccountId>>(KIND, "committee_at", &0u32);
    assert!(members(network).contains(&account(network, "member 1")));
    network.enter_epoch(3);
    send(network, admin, "decide", &(0u32, true)).unwrap();
    assert_eq!(members(network), later);
    refuse(network, account(network, "member 1"), "report", &(0u32, honest), Error::NotMember);
    send(network, later[1], "report", &(0u32, honest)).unwrap();
    assert_eq!(state_of(network, 0), (EpochState::Open, 1), "a word of the first round counts again");
    send(network, later[0], "report", &(0u32, honest)).unwrap();
    assert_eq!(state_of(network, 0), (EpochState::Pending, 1));
}
