//! The machine of epochs (contracts/rewards/machine.rs) driven by random
//! messages, against a plain model of architecture.md's words: the same
//! outcome of every message, and the same state after it.

use super::{
    plain::{Action, Model, Said, DISPUTE, EPOCHS, FIRST, PARTIES, POOL, REQUIRED, SAYINGS},
    stage::{account, property, send, skip_a_month, supply, tokens, Outcome, Street, Tally, KIND},
};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    challenge::{Branch, Charge},
    report::{Bond, EpochRecord, EpochState, Payout},
    tree, Balance, Epoch, Side,
};
use bizkey_tests::{Sandbox, DAY, WINDOW};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Bzky of a member beside its bond, and of who disputes.
const WALLET: Balance = 2 * REQUIRED;
const PURSE: Balance = 20 * DISPUTE;

/// An aim instead of an epoch: mostly the one whose turn it is.
const AIMS: Epoch = 10;

/// A vote by two members at once, or any other action; each with an aim.
fn actions() -> impl Strategy<Value = Vec<Action>> {
    let aim = || 0..AIMS;
    let saying = || 0..SAYINGS.len();
    let waits = [1, WINDOW - 1, WINDOW, WINDOW, WINDOW, DAY, 7 * DAY, 14 * DAY, 22 * DAY, 400 * DAY];
    let one = |action: Action| vec![action];
    prop_oneof![
        5 => (0..waits.len()).prop_map(move |at| one(Action::Wait(waits[at]))),
        8 => (aim(), saying(), 0usize..3).prop_map(|(aim, said, not)| {
            (0..3).filter(|member| *member != not).map(|member| Action::Vote(member, aim, said)).collect()
        }),
        1 => (0usize..3, aim(), saying()).prop_map(move |(member, aim, said)| one(Action::Vote(member, aim, said))),
        2 => (0usize..3).prop_map(move |member| one(Action::Bond(member))),
        1 => (0usize..3).prop_map(move |member| one(Action::Unbond(member))),
        1 => (0usize..3).prop_map(move |member| one(Action::Withdraw(member))),
        2 => aim().prop_map(move |aim| one(Action::Dispute(aim))),
        3 => (aim(), any::<bool>()).prop_map(move |(aim, upheld)| one(Action::Decide(aim, upheld))),
        3 => aim().prop_map(move |aim| one(Action::Challenge(aim))),
        7 => aim().prop_map(move |aim| one(Action::Finalise(aim))),
        2 => aim().prop_map(move |aim| one(Action::Void(aim))),
        5 => (aim(), 0u32..5).prop_map(move |(aim, at)| one(Action::Claim(aim, at))),
        1 => aim().prop_map(move |aim| one(Action::Expire(aim))),
        1 => aim().prop_map(|aim| vec![Action::Wait(400 * DAY), Action::Expire(aim)]),
        1 => (0usize..3).prop_map(|member| {
            vec![Action::Unbond(member), Action::Wait(22 * DAY), Action::Withdraw(member)]
        }),
    ]
}

/// The action at the epoch that it aims at; claims and what follows them aim
/// one lower, at what is settled.
fn aimed(action: Action, next: Epoch) -> Action {
    let last = FIRST + EPOCHS - 1;
    let at = |aim: Epoch, next: Epoch| match aim {
        0..=5 => next.clamp(FIRST, last),
        6 => next.saturating_sub(1).clamp(FIRST, last),
        other => FIRST + other % EPOCHS,
    };
    match action {
        Action::Vote(member, aim, said) => Action::Vote(member, at(aim, next), said),
        Action::Dispute(aim) => Action::Dispute(at(aim, next)),
        Action::Decide(aim, upheld) => Action::Decide(at(aim, next), upheld),
        Action::Challenge(aim) => Action::Challenge(at(aim, next)),
        Action::Finalise(aim) => Action::Finalise(at(aim, next)),
        Action::Void(aim) => Action::Void(at(aim, next)),
        Action::Claim(aim, position) => Action::Claim(at(aim, next - 1), position),
        Action::Expire(aim) => Action::Expire(at(aim, next - 1)),
        other => other,
    }
}

/// Three shops and customers, a little pool, three bonded members; the turn is
/// at the first of three closed epochs with receipts.
fn prepared() -> Sandbox {
    let mut sandbox = Sandbox::new();
    let network = &mut sandbox;
    let mut street = Street::new(network, PARTIES);
    for shop in street.shops.clone() {
        network.give(shop.account(), tokens(1));
    }
    for epoch in FIRST..FIRST + EPOCHS {
        network.enter_epoch(epoch);
        street.trade(network);
    }
    skip_a_month(network);
    let (vault, sink, admin) = (network.contracts.vault, account(network, "sink"), account(network, "admin"));
    let away = network.bzky_of(vault) - POOL;
    let moved: Outcome = network.call(vault, ContractKind::Bzky, "PSP22::transfer", &(sink, away, Vec::<u8>::new()));
    moved.unwrap();
    send(network, admin, "set_bonds", &(REQUIRED, DISPUTE)).unwrap();
    for (name, amount) in [("member 1", REQUIRED), ("member 2", REQUIRED), ("member 3", REQUIRED), ("disputer", PURSE)]
    {
        let who = account(network, name);
        network.give(who, if name == "disputer" { amount } else { amount + WALLET });
        network.approve(who, network.contracts.rewards, Balance::MAX);
        if name != "disputer" {
            send(network, who, "bond", &amount).unwrap();
        }
    }
    sandbox
}

fn model_of(network: &Sandbox) -> Model {
    Model {
        now: network.state.now_ms(),
        genesis: network.calendar.genesis_ms,
        next: FIRST,
        days: BTreeMap::new(),
        votes: BTreeMap::new(),
        disputed: BTreeSet::new(),
        claimed: BTreeSet::new(),
        bonds: [Bond { amount: REQUIRED, ..Bond::default() }; 3],
        wallets: [WALLET; 3],
        disputer: PURSE,
        hunter: 0,
        vault: POOL,
        held: 3 * REQUIRED,
        burned: 0,
        customer_reserved: 0,
    }
}

/// Does on the chain what the model does in words; `said` is what is reported
/// of the action's epoch, if anything is.
fn perform(network: &mut Sandbox, action: Action, said: Said) -> Outcome {
    let (admin, stranger) = (account(network, "admin"), account(network, "stranger"));
    let member = |network: &Sandbox, number: usize| account(network, &format!("member {}", number + 1));
    match action {
        Action::Wait(ms) => {
            network.pass(ms);
            Ok(())
        }
        Action::Vote(number, epoch, said) => {
            let report = SAYINGS[said].report(network, epoch);
            send(network, member(network, number), "report", &(epoch, report))
        }
        Action::Bond(number) => send(network, member(network, number), "bond", &REQUIRED),
        Action::Unbond(number) => send(network, member(network, number), "unbond", &()),
        Action::Withdraw(number) => send(network, stranger, "withdraw_bond", &member(network, number)),
        Action::Dispute(epoch) => send(network, account(network, "disputer"), "dispute", &epoch),
        Action::Decide(epoch, upheld) => send(network, admin, "decide", &(epoch, upheld)),
        Action::Challenge(epoch) => {
            let tree = said.merchants(network, epoch);
            let top = tree::top(&tree.domain, &tree.leaves).unwrap();
            let branch = Branch { top, descents: Vec::new(), leaf: None };
            let hunter = account(network, "hunter");
            send(network, hunter, "challenge", &(epoch, Side::Merchant, branch, Charge::Structure))
        }
        Action::Finalise(epoch) => send(network, stranger, "finalise", &epoch),
        Action::Void(epoch) => send(network, stranger, "void_overdue", &epoch),
        Action::Claim(epoch, at) => {
            let tree = said.merchants(network, epoch);
            network.claim(Side::Merchant, epoch, &tree, (at % said.merchants) as usize).map(drop)
        }
        Action::Expire(epoch) => send(network, stranger, "expire", &epoch),
    }
}

/// The epoch that an action is about.
fn epoch_of(action: Action) -> Option<Epoch> {
    match action {
        Action::Challenge(epoch) | Action::Claim(epoch, _) => Some(epoch),
        _ => None,
    }
}

/// What the contract keeps is what the model says.
fn compare(network: &mut Sandbox, model: &Model, supply_before: Balance) {
    for epoch in FIRST..FIRST + EPOCHS {
        let record: Option<EpochRecord> = network.read(KIND, "epoch", &epoch);
        let Some(day) = model.days.get(&epoch) else {
            assert_eq!(record, None, "epoch {epoch}");
            continue;
        };
        let record = record.unwrap_or_else(|| panic!("nothing is kept of epoch {epoch}"));
        let seen = (record.state, record.round, record.since_ms);
        assert_eq!(seen, (day.state, day.round, day.since), "epoch {epoch}");
        let payout = |side: usize, paid| Payout { emission: day.emission[side], reserved: day.reserved[side], paid };
        assert_eq!((record.merchants, record.customers), (payout(0, day.paid), payout(1, 0)), "epoch {epoch}");
        if matches!(day.state, EpochState::Pending | EpochState::Disputed | EpochState::Final) {
            let said = day.said.map(|said| said.report(network, epoch));
            assert_eq!(Some(record.report), said, "epoch {epoch}");
        }
    }
    assert_eq!(network.read::<Epoch>(KIND, "next_epoch", &()), model.next);
    for (number, (bond, wallet)) in (1..).zip(model.bonds.into_iter().zip(model.wallets)) {
        let who = account(network, &format!("member {number}"));
        assert_eq!((network.read::<Bond>(KIND, "bond_of", &who), network.bzky_of(who)), (bond, wallet), "{number}");
    }
    let (disputer, hunter) = (account(network, "disputer"), account(network, "hunter"));
    assert_eq!((network.bzky_of(disputer), network.bzky_of(hunter)), (model.disputer, model.hunter));
    let (vault, rewards) = (network.contracts.vault, network.contracts.rewards);
    assert_eq!(
        (network.bzky_of(vault), network.bzky_of(rewards)),
        (model.vault, model.held),
        "the pool, and what is held"
    );
    assert_eq!(supply_before - supply(network), model.burned);
    assert_eq!(network.read::<Balance>(KIND, "customer_reserved", &()), model.customer_reserved);
}

#[test]
fn the_machine_does_what_its_words_say() {
    let (mut network, tally) = (prepared(), Tally::default());
    let supply_before = supply(&mut network);
    property(150, &mut network, &proptest::collection::vec(actions(), 20..60), |network, actions| {
        let mut model = model_of(network);
        for action in actions.into_iter().flatten() {
            let action = aimed(action, model.next);
            let before = network.state.storage_of(network.contracts.rewards);
            let reported = epoch_of(action).and_then(|epoch| model.days.get(&epoch)).and_then(|day| day.said);
            let outcome = perform(network, action, reported.unwrap_or(SAYINGS[0]));
            let expected = model.answer(action).map_err(ContractError::Rewards);
            assert_eq!(outcome, expected, "{action:?} in {model:?}");
            let kind = format!("{action:?}");
            let kind = kind.split('(').next().unwrap_or_default().to_owned();
            tally.note(format!("{kind}: {}", outcome.map_or_else(|error| error.name(), |()| "done".into())));
            match (outcome, action) {
                (_, Action::Wait(_)) => {}
                (Ok(()), _) => compare(network, &model, supply_before),
                (Err(_), _) => assert!(before == network.state.storage_of(network.contracts.rewards), "a trace"),
            }
        }
    });
    tally.assert_seen(&[
        "Vote: done",
        "Dispute: done",
        "Decide: done",
        "Challenge: done",
        "Finalise: done",
        "Void: done",
        "Claim: done",
        "Expire: done",
        "Bond: done",
        "Unbond: done",
        "Withdraw: done",
    ]);
}
