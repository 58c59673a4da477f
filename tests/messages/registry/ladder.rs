//! The ladder: status from an epoch on, appeals against what is for the worse,
//! holds that end by themselves.

use super::desk::{cells, done, hash, refuses, said, told, BETWEEN_HOLDS, CUSTOMER, LONGEST_HOLD, SHOP, TO_APPEAL};
use bizkey_primitives::{
    errors::registry::Error,
    events::{AppealDecided, AppealFiled, Event, HoldPlaced, StatusChanged},
    membership::{Appeal, Decision, StatusChange},
    Epoch, Side, Status,
};
use bizkey_tests::Sandbox;

use Status::{Active, Demoted, Removed, Restricted};

const STATUSES: [Status; 4] = [Active, Demoted, Restricted, Removed];

fn set(network: &mut Sandbox, status: Status) {
    done::<()>(network, "admin", "set_status", &(SHOP.0, SHOP.1, status, hash(1)));
}

fn decide(network: &mut Sandbox, granted: bool) {
    done::<()>(network, "admin", "decide_appeal", &(SHOP.0, SHOP.1, granted, hash(3)));
}

fn now(network: &mut Sandbox) -> Status {
    told::<Option<Status>>(network, "status_of", &SHOP).unwrap()
}

fn at(network: &mut Sandbox, epochs: &[Epoch]) -> Vec<Option<Status>> {
    epochs.iter().map(|epoch| told(network, "status_at", &(SHOP.0, SHOP.1, *epoch))).collect()
}

fn last(network: &mut Sandbox) -> Option<StatusChange> {
    told(network, "last_change", &SHOP)
}

/// From every rung to every other one, at the close of each epoch the last
/// word of it; a repeat says nothing.
pub fn status(network: &mut Sandbox) {
    network.enter_epoch(2);
    network.merchant("shop");
    network.customer("customer");
    for unknown in [(Side::Merchant, 0u32), (Side::Merchant, 2), (Side::Customer, 2)] {
        let (side, index) = unknown;
        refuses(network, "admin", "set_status", &(side, index, Removed, hash(1)), Error::UnknownParty);
        refuses(network, "admin", "decide_appeal", &(side, index, true, hash(1)), Error::UnknownParty);
        refuses(network, "admin", "place_hold", &(side, index, u64::MAX, hash(1)), Error::UnknownParty);
        assert_eq!(told::<Option<Status>>(network, "status_at", &(side, index, 9u32)), None);
    }
    assert_eq!(last(network), None);
    assert_eq!(at(network, &[1, 2, 3]), [None, Some(Active), Some(Active)]);
    let mut epoch = 2;
    let mut closed = vec![None, None];
    for before in STATUSES {
        for after in STATUSES {
            epoch += 1;
            network.enter_epoch(epoch);
            closed.push(Some(now(network)));
            set(network, before);
            // Later the same day.
            network.pass(1);
            let cells_before = cells(network);
            set(network, after);
            if before == after {
                said(network, &[]);
                assert_eq!(cells(network), cells_before);
            } else {
                let event = StatusChanged { side: SHOP.0, index: SHOP.1, status: after, reason: hash(1) };
                said(network, &[Event::StatusChanged(event)]);
                let change = last(network).unwrap();
                assert_eq!((change.status, change.reason, change.appeal), (after, hash(1), None));
                assert_eq!(change.changed_ms, network.state.now_ms());
            }
            assert_eq!(now(network), after);
            let epochs: Vec<Epoch> = (0..epoch).collect();
            assert_eq!(at(network, &epochs), closed, "closed epochs");
            assert_eq!(at(network, &[epoch, epoch + 9]), [Some(after), Some(after)]);
        }
    }
    assert_eq!(told::<Option<Status>>(network, "status_of", &CUSTOMER), Some(Active), "another party");
}

/// A change for the worse is appealed once, in time; while the appeal waits
/// nothing changes; what is granted counts from its own epoch on.
pub fn appeal(network: &mut Sandbox) {
    network.enter_epoch(1);
    network.merchant("shop");
    refuses(network, "shop", "appeal", &hash(2), Error::NothingToAppeal);
    refuses(network, "admin", "decide_appeal", &(SHOP.0, SHOP.1, true, hash(3)), Error::NothingToAppeal);
    set(network, Removed);
    let (changed_ms, end_ms) = (network.state.now_ms(), network.state.now_ms() + TO_APPEAL);
    refuses(network, "admin", "decide_appeal", &(SHOP.0, SHOP.1, true, hash(3)), Error::NothingToAppeal);
    network.state.set_time(end_ms + 1);
    refuses(network, "shop", "appeal", &hash(2), Error::AppealTooLate);
    network.state.set_time(end_ms);
    done::<()>(network, "shop", "appeal", &hash(2));
    said(network, &[Event::AppealFiled(AppealFiled { side: SHOP.0, index: SHOP.1, statement: hash(2) })]);
    let mut filed = Appeal { statement: hash(2), filed_ms: end_ms, decision: None };
    let change = StatusChange { before: Active, status: Removed, reason: hash(1), changed_ms, appeal: Some(filed) };
    assert_eq!(last(network), Some(change));
    refuses(network, "shop", "appeal", &hash(4), Error::NothingToAppeal);
    for status in [Active, Demoted, Restricted] {
        let arguments = (SHOP.0, SHOP.1, status, hash(1));
        refuses(network, "admin", "set_status", &arguments, Error::AppealPending);
    }
    // What it is already is no change that could bury the appeal.
    set(network, Removed);
    said(network, &[]);
    assert_eq!(last(network), Some(change));

    network.enter_epoch(33);
    decide(network, true);
    let (side, index) = SHOP;
    let decided = Event::AppealDecided(AppealDecided { side, index, granted: true, reason: hash(3) });
    let restored = Event::StatusChanged(StatusChanged { side, index, status: Active, reason: hash(3) });
    said(network, &[decided, restored]);
    filed.decision = Some(Decision { granted: true, reason: hash(3) });
    assert_eq!(last(network), Some(StatusChange { appeal: Some(filed), ..change }));
    assert_eq!(at(network, &[0, 1, 32, 33]), [None, Some(Removed), Some(Removed), Some(Active)], "closed ones stay");
    for granted in [true, false] {
        let again = (SHOP.0, SHOP.1, granted, hash(3));
        refuses(network, "admin", "decide_appeal", &again, Error::NothingToAppeal);
    }
    refuses(network, "shop", "appeal", &hash(2), Error::NothingToAppeal);

    // A refused one leaves all as it is, and the next change has its own.
    set(network, Demoted);
    done::<()>(network, "shop", "appeal", &hash(2));
    decide(network, false);
    let refusal = AppealDecided { side, index, granted: false, reason: hash(3) };
    said(network, &[Event::AppealDecided(refusal)]);
    assert_eq!(now(network), Demoted);
    refuses(network, "shop", "appeal", &hash(2), Error::NothingToAppeal);
    set(network, Restricted);
    done::<()>(network, "shop", "appeal", &hash(2));
    decide(network, true);
    assert_eq!(now(network), Demoted, "the one before was decided");
    set(network, Active);
    refuses(network, "shop", "appeal", &hash(2), Error::NothingToAppeal);
}

/// Changes on top of each other: none takes the appeal against an earlier one
/// away, none gives a second one, and no pardon is a ground to stay out.
pub fn further_changes(network: &mut Sandbox) {
    network.enter_epoch(1);
    network.merchant("shop");
    let within = TO_APPEAL;
    let beyond = TO_APPEAL + 1;
    // Changes with the time since the one before, and what a granted appeal against the last restores.
    type Case<'a> = (&'a [(Status, u64)], Result<Status, Error>);
    let cases: &[Case] = &[
        (&[(Demoted, 0), (Removed, within)], Ok(Active)),
        (&[(Demoted, 0), (Removed, beyond)], Ok(Demoted)),
        (&[(Demoted, 0), (Restricted, within), (Removed, within)], Ok(Active)),
        (&[(Demoted, 0), (Restricted, beyond), (Removed, within)], Ok(Demoted)),
        (&[(Removed, 0), (Demoted, within)], Ok(Active)),
        (&[(Removed, 0), (Demoted, beyond)], Err(Error::NothingToAppeal)),
        (&[(Demoted, 0), (Active, within)], Err(Error::NothingToAppeal)),
        (&[(Demoted, 0), (Active, within), (Removed, within)], Ok(Active)),
        (&[(Removed, 0), (Active, beyond), (Demoted, 0)], Ok(Active)),
        (&[(Removed, 0), (Restricted, beyond), (Removed, 0)], Ok(Restricted)),
    ];
    for (changes, restored) in cases {
        // Nothing before can be appealed any more.
        network.pass(beyond);
        set(network, Active);
        network.pass(beyond);
        for (status, after_ms) in *changes {
            network.pass(*after_ms);
            set(network, *status);
        }
        match restored {
            Ok(restored) => {
                done::<()>(network, "shop", "appeal", &hash(2));
                decide(network, true);
                assert_eq!(now(network), *restored, "{changes:?}");
            }
            Err(error) => refuses(network, "shop", "appeal", &hash(2), *error),
        }
    }
}

/// At most 14 days, not renewable while it runs nor for 180 days after, and no
/// other party's matter.
pub fn hold(network: &mut Sandbox) {
    network.enter_epoch(1);
    network.merchant("shop");
    let other = network.merchant("other shop");
    network.customer("customer");
    let account = super::desk::who(network, "shop");
    let (other_account, stranger) = (other.account(), super::desk::who(network, "stranger"));
    let held = |network: &mut Sandbox| {
        let by_account = [account, other_account, stranger].map(|of| told::<bool>(network, "is_held", &of));
        let by_index = [SHOP, CUSTOMER, (Side::Merchant, 9)].map(|of| told::<bool>(network, "is_party_held", &of));
        assert_eq!(by_account[1..], [false; 2]);
        assert_eq!(by_index[1..], [false; 2]);
        assert_eq!(by_account[0], by_index[0]);
        by_index[0]
    };
    let start_ms = network.state.now_ms();
    let place = |until_ms: u64| (SHOP.0, SHOP.1, until_ms, hash(1));
    for until_ms in [0, start_ms, start_ms + LONGEST_HOLD + 1, u64::MAX] {
        refuses(network, "admin", "place_hold", &place(until_ms), Error::HoldTooLong);
    }
    assert!(!held(network));
    let until_ms = start_ms + LONGEST_HOLD;
    done::<()>(network, "admin", "place_hold", &place(until_ms));
    said(network, &[Event::HoldPlaced(HoldPlaced { side: SHOP.0, index: SHOP.1, until_ms, reason: hash(1) })]);
    assert!(held(network));
    // Neither longer nor shorter nor again.
    for now_ms in [start_ms, until_ms - 1, until_ms, until_ms + BETWEEN_HOLDS - 1] {
        network.state.set_time(now_ms);
        assert_eq!(held(network), now_ms < until_ms);
        for next_ms in [now_ms + 1, now_ms + LONGEST_HOLD] {
            refuses(network, "admin", "place_hold", &place(next_ms), Error::HoldNotRenewable);
        }
    }
    network.pass(1);
    let now_ms = network.state.now_ms();
    done::<()>(network, "admin", "place_hold", &place(now_ms + 1));
    assert!(held(network));
    network.pass(1);
    assert!(!held(network));
    refuses(network, "admin", "place_hold", &place(now_ms + 2), Error::HoldNotRenewable);
}
