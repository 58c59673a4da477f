//! Whatever members, disputers and the board do, verification follows the
//! contracts to the unit, and finds the false report that becomes final.

use super::stage::{follow, Chain, Outcome, EPOCHS, FIRST, KIND, MEMBER_BOND, PARTIES};
use bizkey_oracle::verify::{Audit, Field};
use bizkey_primitives::{
    report::{Bond, EpochRecord, EpochState, Report},
    Balance, Epoch, Side,
};
use bizkey_tests::{DAY, HOUR, WINDOW};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use std::{cell::RefCell, collections::BTreeMap};

/// An aim instead of an epoch: mostly the one whose turn it is.
const AIMS: Epoch = 10;

/// What members say of an epoch.
#[derive(Clone, Copy, Debug)]
enum Said {
    Right,
    NoHoldings,
    NoScores,
}

impl Said {
    fn report(self, chain: &Chain, epoch: Epoch) -> Report {
        let mut report = chain.report(epoch).report();
        match self {
            Said::Right => {}
            Said::NoHoldings => report.merchants.sum_v2 = 0,
            Said::NoScores => report.merchants.sum_v1 = 0,
        }
        report
    }
}

#[derive(Clone, Copy, Debug)]
enum Action {
    Wait(u64),
    Vote(u32, Epoch, Said),
    Bond(u32),
    Unbond(u32),
    Withdraw(u32),
    Dispute(Epoch),
    Decide(Epoch, bool),
    Challenge(Epoch),
    Finalise(Epoch),
    Void(Epoch),
    Claim(Epoch, Side, u32),
    Expire(Epoch),
    Pause(u64),
}

impl Action {
    fn name(self) -> String {
        let text = format!("{self:?}");
        text.split('(').next().unwrap_or_default().to_owned()
    }

    /// At the epoch that it aims at; claims and what follows them aim one
    /// lower, at what is settled.
    fn aimed(self, next: Epoch) -> Self {
        let last = FIRST + EPOCHS - 1;
        let at = |aim: Epoch, next: Epoch| match aim {
            0..=5 => next.clamp(FIRST, last),
            6 => next.saturating_sub(1).clamp(FIRST, last),
            other => FIRST + other % EPOCHS,
        };
        match self {
            Action::Vote(member, aim, said) => Action::Vote(member, at(aim, next), said),
            Action::Dispute(aim) => Action::Dispute(at(aim, next)),
            Action::Decide(aim, upheld) => Action::Decide(at(aim, next), upheld),
            Action::Challenge(aim) => Action::Challenge(at(aim, next)),
            Action::Finalise(aim) => Action::Finalise(at(aim, next)),
            Action::Void(aim) => Action::Void(at(aim, next)),
            Action::Claim(aim, side, account) => Action::Claim(at(aim, next - 1), side, account),
            Action::Expire(aim) => Action::Expire(at(aim, next - 1)),
            other => other,
        }
    }

    fn perform(self, chain: &mut Chain) -> Outcome {
        match self {
            Action::Wait(ms) => {
                chain.pass(ms);
                Ok(())
            }
            Action::Vote(member, epoch, said) => {
                let report = said.report(chain, epoch);
                chain.vote(member, epoch, &report)
            }
            Action::Bond(member) => chain.send(&format!("member {member}"), "bond", &MEMBER_BOND),
            Action::Unbond(member) => chain.send(&format!("member {member}"), "unbond", &()),
            Action::Withdraw(member) => {
                let member = chain.account(&format!("member {member}"));
                chain.send("stranger", "withdraw_bond", &member)
            }
            Action::Dispute(epoch) => chain.send("disputer", "dispute", &epoch),
            Action::Decide(epoch, upheld) => chain.send("admin", "decide", &(epoch, upheld)),
            Action::Challenge(epoch) => chain.challenge(epoch),
            Action::Finalise(epoch) => chain.send("stranger", "finalise", &epoch),
            Action::Void(epoch) => chain.send("stranger", "void_overdue", &epoch),
            Action::Claim(epoch, side, account) => chain.claim(side, epoch, account).map(drop),
            Action::Expire(epoch) => chain.send("stranger", "expire", &epoch),
            Action::Pause(ms) => {
                let until_ms = chain.network.state.now_ms() + ms;
                chain.send("admin", "pause", &until_ms)
            }
        }
    }
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let aim = || 0..AIMS;
    let said = || prop_oneof![3 => Just(Said::Right), 1 => Just(Said::NoHoldings), 1 => Just(Said::NoScores)];
    let member = || 1u32..=3;
    let side = || prop_oneof![Just(Side::Merchant), Just(Side::Customer)];
    let waits = prop::sample::select(vec![1, WINDOW - 1, WINDOW, WINDOW, WINDOW, DAY, 7 * DAY, 14 * DAY, 22 * DAY]);
    let one = |action: Action| vec![action];
    prop_oneof![
        5 => waits.prop_map(move |ms| one(Action::Wait(ms))),
        8 => (aim(), said(), member()).prop_map(|(aim, said, not)| {
            (1..=3).filter(|member| *member != not).map(|member| Action::Vote(member, aim, said)).collect()
        }),
        1 => (member(), aim(), said()).prop_map(move |(member, aim, said)| one(Action::Vote(member, aim, said))),
        2 => member().prop_map(move |member| one(Action::Bond(member))),
        1 => member().prop_map(move |member| one(Action::Unbond(member))),
        1 => member().prop_map(|member| {
            vec![Action::Unbond(member), Action::Wait(22 * DAY), Action::Withdraw(member)]
        }),
        3 => aim().prop_map(move |aim| one(Action::Dispute(aim))),
        3 => (aim(), any::<bool>()).prop_map(move |(aim, upheld)| one(Action::Decide(aim, upheld))),
        3 => aim().prop_map(move |aim| one(Action::Challenge(aim))),
        7 => aim().prop_map(move |aim| one(Action::Finalise(aim))),
        2 => aim().prop_map(move |aim| one(Action::Void(aim))),
        5 => (aim(), side(), 1..=PARTIES).prop_map(move |(aim, side, who)| one(Action::Claim(aim, side, who))),
        1 => aim().prop_map(|aim| vec![Action::Wait(400 * DAY), Action::Expire(aim)]),
        1 => (1u64..72).prop_map(move |hours| one(Action::Pause(hours * HOUR))),
    ]
}

/// Whether the report that stands is not what the receipts make it.
fn is_false(chain: &Chain, epoch: Epoch, record: &EpochRecord) -> bool {
    let stands = matches!(record.state, EpochState::Pending | EpochState::Disputed | EpochState::Final);
    stands && record.report != chain.report(epoch).report()
}

/// Does it all; says what was carried out. `before` has seen the blocks so far.
fn play(chain: &mut Chain, before: &Audit, actions: Vec<Action>, seen: &RefCell<BTreeMap<String, u32>>) {
    let start = chain.blocks().len();
    for action in actions {
        let next: Epoch = chain.network.read(KIND, "next_epoch", &());
        let action = action.aimed(next);
        if let Action::Claim(epoch, side, account) = action {
            // Not every customer has a leaf.
            if chain.report(epoch).claim(side, account).is_none() {
                continue;
            }
        }
        if action.perform(chain).is_ok() {
            *seen.borrow_mut().entry(action.name()).or_default() += 1;
        }
        let Action::Finalise(epoch) = action else { continue };
        let Some(record) = chain.record(epoch) else { continue };
        if record.state == EpochState::Final && is_false(chain, epoch, &record) {
            let difference =
                follow(&mut before.clone(), &chain.blocks()[start..]).expect_err("a false report is final");
            assert_eq!((difference.epoch, difference.side), (Some(epoch), Some(Side::Merchant)), "{difference}");
            assert!(matches!(difference.field, Field::SumV1 | Field::SumV2), "{difference}");
            *seen.borrow_mut().entry("found".to_owned()).or_default() += 1;
            return;
        }
    }
    let mut audit = before.clone();
    follow(&mut audit, &chain.blocks()[start..]).unwrap_or_else(|difference| panic!("{difference}"));
    agrees(chain, &audit);
}

/// What was followed is what the contract keeps.
fn agrees(chain: &mut Chain, audit: &Audit) {
    assert_eq!(audit.next_unsettled(), chain.network.read::<Epoch>(KIND, "next_epoch", &()));
    assert_eq!(audit.customer_reserved(), chain.network.read::<Balance>(KIND, "customer_reserved", &()));
    let bonds: BTreeMap<_, _> = audit.bonds().collect();
    for number in 1..=3 {
        let member = chain.account(&format!("member {number}"));
        let kept: Bond = chain.network.read(KIND, "bond_of", &member);
        assert_eq!(bonds.get(&member).copied().unwrap_or_default(), kept, "member {number}");
    }
    let records: Vec<_> = (FIRST..FIRST + EPOCHS).map(|epoch| (epoch, chain.record(epoch))).collect();
    let is_any_false =
        records.iter().any(|(epoch, record)| record.as_ref().is_some_and(|record| is_false(chain, *epoch, record)));
    match audit.finish() {
        Err(difference) => assert!(is_any_false, "{difference}"),
        Ok(epochs) => {
            assert!(!is_any_false, "a false report stands");
            for (number, record) in records {
                let epoch = &epochs[number as usize];
                let kept = record.map_or((EpochState::Open, 0, Default::default(), Default::default()), |record| {
                    (record.state, record.round, record.merchants, record.customers)
                });
                assert_eq!((epoch.state, epoch.round, epoch.merchants, epoch.customers), kept, "epoch {number}");
            }
        }
    }
}

#[test]
fn whatever_is_done_by_the_rules_is_no_difference() {
    let mut chain = Chain::new();
    let mut before = chain.audit();
    follow(&mut before, chain.blocks()).unwrap();
    let (seen, chain) = (RefCell::new(BTreeMap::new()), RefCell::new(&mut chain));
    let config = Config { cases: 80, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(&prop::collection::vec(actions(), 10..40), |actions| {
        let actions = actions.into_iter().flatten().collect();
        chain.borrow_mut().undone(|chain| play(chain, &before, actions, &seen));
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
    let seen = seen.into_inner();
    let expected = [
        "Vote",
        "Bond",
        "Unbond",
        "Withdraw",
        "Dispute",
        "Decide",
        "Challenge",
        "Finalise",
        "Void",
        "Claim",
        "Expire",
        "Pause",
        "found",
    ];
    for action in expected {
        assert!(seen.contains_key(action), "`{action}` never happened: {seen:?}");
    }
}
