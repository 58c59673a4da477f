//! What members put at stake, and how they get it back.

use super::stage::{account, agree, empty_report, flat_report, refuse, send, stake, tokens, Street, KIND};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    challenge::{Branch, Charge},
    errors::rewards::Error,
    events::Event,
    report::{Bond, EpochState},
    tree, Balance, Side,
};
use bizkey_tests::{Sandbox, DAY, WINDOW};

/// What a member must have at stake.
const REQUIRED: Balance = tokens(100);
/// From asking for a bond to getting it: 7 epochs, 14 days and two windows.
const HELD: u64 = 21 * DAY + 2 * WINDOW;

fn bond_of(network: &mut Sandbox, name: &str) -> Bond {
    let who = account(network, name);
    network.read(KIND, "bond_of", &who)
}

pub fn stakes(network: &mut Sandbox) {
    let (admin, member, rewards) = (account(network, "admin"), account(network, "member 1"), network.contracts.rewards);
    network.enter_epoch(3);
    // Without a required bond a report leaves no trace of one.
    send(network, member, "report", &(0u32, empty_report())).unwrap();
    assert_eq!(bond_of(network, "member 1"), Bond::default());
    send(network, admin, "set_bonds", &(REQUIRED, 0u128)).unwrap();
    refuse(network, member, "report", &(1u32, empty_report()), Error::NotBonded);

    refuse(network, member, "bond", &REQUIRED, Error::PaymentRefused);
    network.approve(member, rewards, REQUIRED);
    refuse(network, member, "bond", &REQUIRED, Error::PaymentRefused);
    network.give(member, REQUIRED);
    network.approve(member, rewards, REQUIRED - 1);
    refuse(network, member, "bond", &REQUIRED, Error::PaymentRefused);
    send(network, member, "bond", &(REQUIRED - 1)).unwrap();
    let Some(Event::BondChanged(changed)) = network.events.first() else { panic!("{:?}", network.events) };
    assert_eq!((changed.member, changed.amount, changed.withdrawable_ms), (member, REQUIRED - 1, None));
    assert_eq!((network.bzky_of(member), network.bzky_of(rewards)), (1, REQUIRED - 1));
    refuse(network, member, "bond", &u128::MAX, Error::Overflow);
    refuse(network, member, "report", &(1u32, empty_report()), Error::NotBonded);
    network.approve(member, rewards, 1);
    send(network, member, "bond", &1u128).unwrap();
    send(network, member, "report", &(1u32, empty_report())).unwrap();
    send(network, member, "report", &(0u32, flat_report(network, 0, 1, 0))).unwrap();
    let expected = Bond { amount: REQUIRED, reported: 2, leaving_ms: 0 };
    assert_eq!(bond_of(network, "member 1"), expected, "the latest epoch that it reported, as a stamp");
    send(network, admin, "set_bonds", &(REQUIRED + 1, 0u128)).unwrap();
    refuse(network, member, "report", &(2u32, empty_report()), Error::NotBonded);
}

pub fn leaving(network: &mut Sandbox) {
    let (admin, member, stranger) =
        (account(network, "admin"), account(network, "member 1"), account(network, "stranger"));
    send(network, admin, "set_bonds", &(REQUIRED, 0u128)).unwrap();
    refuse(network, member, "unbond", &(), Error::NoBond);
    refuse(network, stranger, "withdraw_bond", &member, Error::NoBond);
    for name in ["member 1", "member 2"] {
        stake(network, name, REQUIRED);
    }
    network.enter_epoch(2);
    agree(network, 1, &empty_report());
    network.pass(WINDOW);
    // Its epoch has had no turn, though its window is over.
    refuse(network, member, "unbond", &(), Error::ReportsUnsettled);
    agree(network, 0, &empty_report());
    network.pass(WINDOW);
    network.finalise(0).unwrap();
    refuse(network, member, "unbond", &(), Error::ReportsUnsettled);
    network.finalise(1).unwrap();
    let asked = network.state.now_ms();
    send(network, member, "unbond", &()).unwrap();
    let Some(Event::BondChanged(changed)) = network.events.first() else { panic!("{:?}", network.events) };
    assert_eq!((changed.amount, changed.withdrawable_ms), (REQUIRED, Some(asked + HELD)));
    network.pass(DAY);
    send(network, member, "unbond", &()).unwrap();
    assert_eq!(bond_of(network, "member 1").leaving_ms, asked, "asking again does not prolong it");
    refuse(network, member, "report", &(2u32, empty_report()), Error::NotBonded);

    network.rolled_back(|network| {
        // Who bonds again stays, and must ask again.
        send(network, member, "bond", &0u128).unwrap();
        assert_eq!(bond_of(network, "member 1").leaving_ms, 0);
        network.enter_epoch(100);
        refuse(network, stranger, "withdraw_bond", &member, Error::NoBond);
        send(network, member, "report", &(2u32, empty_report())).unwrap();
    });
    network.state.set_time(asked + HELD - 1);
    refuse(network, stranger, "withdraw_bond", &member, Error::BondLocked);
    network.state.set_time(asked + HELD);
    let before = network.bzky_of(member);
    send(network, stranger, "withdraw_bond", &member).unwrap();
    assert_eq!((network.bzky_of(member) - before, network.bzky_of(network.contracts.rewards)), (REQUIRED, REQUIRED));
    assert_eq!(bond_of(network, "member 1"), Bond::default());
    refuse(network, stranger, "withdraw_bond", &member, Error::NoBond);
    refuse(network, member, "unbond", &(), Error::NoBond);
}

/// Also who leaves answers for what it reported.
#[test]
fn a_member_that_leaves_is_slashed_until_it_has_its_bond() {
    let mut network = Sandbox::new();
    let network = &mut network;
    let _ = Street::new(network, 1);
    let (admin, stranger) = (account(network, "admin"), account(network, "stranger"));
    send(network, admin, "set_bonds", &(REQUIRED, 0u128)).unwrap();
    for name in ["member 1", "member 2", "member 3"] {
        stake(network, name, REQUIRED);
    }
    network.enter_epoch(1);
    let honest = network.tree(Side::Merchant, 0, &[(1, 5, 0)]);
    let mut report = flat_report(network, 0, 0, 0);
    report.merchants = honest.report();
    report.merchants.sum_v1 += 1;
    network.vote(3, 0, &empty_report()).unwrap();
    agree(network, 0, &report);
    send(network, admin, "dispute", &0u32).unwrap();
    network.finalise(0).unwrap();
    send(network, account(network, "member 2"), "unbond", &()).unwrap();
    let top = tree::top(&honest.domain, &honest.leaves).unwrap();
    let branch = Branch { top, descents: Vec::new(), leaf: None };
    let before = network.read::<Balance>(ContractKind::Bzky, "PSP22::total_supply", &());
    send(network, stranger, "challenge", &(0u32, Side::Merchant, branch, Charge::Structure)).unwrap();
    assert_eq!(network.bzky_of(stranger), REQUIRED, "half of two bonds");
    assert_eq!(before - network.read::<Balance>(ContractKind::Bzky, "PSP22::total_supply", &()), REQUIRED);
    let left = ["member 1", "member 2", "member 3"].map(|name| bond_of(network, name).amount);
    assert_eq!(left, [0, 0, REQUIRED], "who reported something else keeps its bond");
}

/// contracts/README.md says of the time for which a bond is held that it
/// covers "what can still happen to any of its reports". A second round that
/// nobody voids stays open without end, and a member can leave as soon as it has voted in it.
#[test]
fn a_bond_is_at_stake_as_long_as_its_report_can_win() {
    let mut network = Sandbox::new();
    let network = &mut network;
    let _ = Street::new(network, 1);
    let (admin, stranger) = (account(network, "admin"), account(network, "stranger"));
    send(network, admin, "set_bonds", &(REQUIRED, 0u128)).unwrap();
    for name in ["member 1", "member 2"] {
        stake(network, name, REQUIRED);
    }
    network.enter_epoch(1);
    agree(network, 0, &empty_report());
    send(network, admin, "dispute", &0u32).unwrap();
    network.finalise(0).unwrap();
    send(network, admin, "decide", &(0u32, true)).unwrap();
    // The second round: one votes for a false report and leaves at once.
    stake(network, "member 1", REQUIRED);
    stake(network, "member 2", REQUIRED);
    let honest = network.tree(Side::Merchant, 0, &[(1, 5, 0)]);
    let mut report = empty_report();
    report.merchants = honest.report();
    report.merchants.sum_v1 += 1;
    network.vote(1, 0, &report).unwrap();
    send(network, account(network, "member 1"), "unbond", &()).unwrap();
    network.pass(HELD);
    send(network, stranger, "withdraw_bond", &account(network, "member 1")).unwrap();
    // Nobody has voided it; now the other one votes, and the false report is pending.
    let late = network.vote(2, 0, &report);
    assert!(
        late.is_err() || network.record_of(0).state != EpochState::Pending,
        "a report is pending by the vote of a member that has nothing at stake any more"
    );
}
