//! Votes, disputes, decisions, struck reports, and where each bond goes.

use super::{
    figures, found,
    stage::{Chain, DISPUTE_BOND, FIRST, MEMBER_BOND},
};
use bizkey_client::{Block, ContractEvent};
use bizkey_oracle::verify::{Difference, Field, Value};
use bizkey_primitives::{
    events::{BondSlashed, DisputeDecided, Event, ReportDisputed, ReportPending, ReportStruck, ReportSubmitted},
    report::EpochState,
    AccountId,
};
use bizkey_tests::WINDOW;

/// Alters the first event of one kind.
macro_rules! altered {
    ($chain:expr, $event:ident, $change:expr) => {{
        let change: fn(&mut $event) = $change;
        $chain.altered(|event| match event {
            Event::$event(said) => {
                change(said);
                true
            }
            _ => false,
        })
    }};
}

fn somebody() -> AccountId {
    [77; 32].into()
}

fn is_burn(chain: &Chain, event: &Event) -> bool {
    matches!(event, Event::Transfer(moved) if moved.from == Some(chain.network.contracts.rewards) && moved.to.is_none())
}

/// Alters what burns of a bond.
fn burned_less(chain: &Chain) -> Difference {
    chain.told(|blocks| {
        let events = blocks.iter_mut().flat_map(|block| &mut block.events);
        let burns = events.map(|event| &mut event.event).find(|event| is_burn(chain, event));
        let Some(Event::Transfer(burn)) = burns else { panic!("nothing burns") };
        burn.value -= 1;
    })
}

/// The board upholds a dispute in the epoch's turn, or before it.
fn upheld() -> Chain {
    let mut chain = Chain::new();
    let report = chain.false_report(FIRST);
    let right = chain.report(FIRST).report();
    chain.vote(3, FIRST, &right).unwrap();
    chain.agree(FIRST, &report);
    chain.send("disputer", "dispute", &FIRST).unwrap();
    chain.send("admin", "decide", &(FIRST, true)).unwrap();
    chain
}

#[test]
fn a_report_is_pending_when_more_than_half_of_the_committee_is_behind_it() {
    let chain = upheld();
    let epochs = chain.verdict().unwrap();
    assert_eq!((epochs[FIRST as usize].state, epochs[FIRST as usize].round), (EpochState::Open, 1));

    let lost = |which: fn(&ReportSubmitted) -> bool| {
        chain.withheld(|event| matches!(event, Event::ReportSubmitted(said) if which(said)))
    };
    let minority = lost(|said| said.report.merchants.sum_v2 == 0);
    assert_eq!(found(minority), (Some(FIRST), None, Field::Votes));
    assert_eq!(figures(minority), (Value::Number(2), Value::Number(1)));
    let stranger = altered!(chain, ReportSubmitted, |said| said.member = somebody());
    assert_eq!((found(stranger).2, stranger.found), (Field::Member, Value::Account(somebody())));
    assert_eq!(found(altered!(chain, ReportSubmitted, |said| said.round = 1)).2, Field::Round);
    assert_eq!(
        found(altered!(chain, ReportSubmitted, |said| said.report.algorithm_version = 2)).2,
        Field::AlgorithmVersion
    );
    assert_eq!(
        found(altered!(chain, ReportSubmitted, |said| said.epoch += 90)).2,
        Field::State,
        "an epoch that is not over"
    );
    assert_eq!(found(altered!(chain, ReportPending, |said| said.round = 1)).2, Field::Round);
    // What is pending is what they said, right or wrong.
    assert_eq!(found(altered!(chain, ReportPending, |said| said.report.merchants.sum_v1 += 1)).2, Field::SumV1);
    // It was disputed, so it was pending.
    assert_eq!(found(chain.withheld(|event| matches!(event, Event::ReportPending(_)))).2, Field::State);
}

#[test]
fn who_is_behind_a_struck_report_loses_its_bond_half_of_it_to_who_disputed_it() {
    let chain = upheld();
    let slashed = altered!(chain, BondSlashed, |said| said.amount -= 1);
    assert_eq!((found(slashed).2, slashed.holder.is_some()), (Field::Slashed, true));
    assert_eq!(figures(slashed), (Value::Number(MEMBER_BOND), Value::Number(MEMBER_BOND - 1)));
    let innocent = chain.account("member 3");
    let third = chain.altered(|event| match event {
        Event::BondSlashed(said) => {
            said.member = innocent;
            true
        }
        _ => false,
    });
    assert_eq!((found(third).2, third.expected), (Field::Slashed, Value::Number(0)), "it said something else");
    let spared = chain.withheld(|event| matches!(event, Event::BondSlashed(_)));
    assert_eq!((found(spared).2, spared.found), (Field::Slashed, Value::Number(0)));

    let more = altered!(chain, ReportStruck, |said| said.reward += 1);
    assert_eq!((found(more).2, more.expected), (Field::ChallengerReward, Value::Number(MEMBER_BOND)), "half of two");
    assert_eq!(found(altered!(chain, ReportStruck, |said| said.challenger = somebody())).2, Field::Challenger);
    assert_eq!(found(altered!(chain, ReportStruck, |said| said.round = 1)).2, Field::Round);
    let unstruck = chain.withheld(|event| matches!(event, Event::ReportStruck(_)));
    assert_eq!(found(unstruck), (Some(FIRST), None, Field::Strikes));
    assert_eq!(found(burned_less(&chain)), (Some(FIRST), None, Field::Moved));
    // The dispute's bond and the reward go to the disputer together.
    let disputer = chain.account("disputer");
    let unpaid = chain.withheld(
        |event| matches!(event, Event::Transfer(moved) if moved.to == Some(disputer) && moved.value == DISPUTE_BOND),
    );
    assert_eq!(found(unpaid), (Some(FIRST), None, Field::Moved));
    assert_eq!(figures(unpaid), (Value::Number(MEMBER_BOND + DISPUTE_BOND), Value::Number(MEMBER_BOND)),);
}

/// A right report is disputed at the last moment; the board dismisses it.
fn dismissed() -> Chain {
    let mut chain = Chain::new();
    let report = chain.report(FIRST).report();
    chain.agree(FIRST, &report);
    chain.pass(WINDOW - 1);
    chain.send("disputer", "dispute", &FIRST).unwrap();
    chain.send("admin", "decide", &(FIRST, false)).unwrap();
    chain.pass(WINDOW);
    chain.send("stranger", "finalise", &FIRST).unwrap();
    chain
}

#[test]
fn a_lost_dispute_burns_its_bond_and_gives_the_report_another_window() {
    let chain = dismissed();
    let epochs = chain.verdict().unwrap();
    assert_eq!((epochs[FIRST as usize].state, epochs[FIRST as usize].round), (EpochState::Final, 0));

    assert_eq!(found(burned_less(&chain)), (Some(FIRST), None, Field::Moved));
    let bond = altered!(chain, ReportDisputed, |said| said.bond -= 1);
    assert_eq!(figures(bond), (Value::Number(DISPUTE_BOND), Value::Number(DISPUTE_BOND - 1)));
    assert_eq!((found(bond).2, bond.holder), (Field::DisputeBond, Some(chain.account("disputer"))));
    assert_eq!(found(altered!(chain, ReportDisputed, |said| said.disputer = somebody())).2, Field::Moved, "who paid");
    assert_eq!(found(altered!(chain, ReportDisputed, |said| said.round = 1)).2, Field::Round);
    assert_eq!(found(altered!(chain, DisputeDecided, |said| said.round = 1)).2, Field::Round);
    let without_strike = altered!(chain, DisputeDecided, |said| said.upheld = true);
    assert_eq!(found(without_strike), (Some(FIRST), None, Field::Strikes));
    let undisputed = chain.withheld(|event| matches!(event, Event::ReportDisputed(_)));
    assert_eq!(found(undisputed).2, Field::State, "a decision on no dispute");
    let undecided = chain.withheld(|event| matches!(event, Event::DisputeDecided(_)));
    assert_eq!(found(undecided).2, Field::Moved, "a bond that burns for nothing");
    let early = chain.antedated(|event| matches!(event, Event::EpochFinalised(_)));
    assert_eq!(found(early), (Some(FIRST), None, Field::Opens));
}

/// Puts an event before the first such one, in its transaction.
fn told_before(blocks: &mut [Block], which: impl Fn(&Event) -> bool, event: Event) {
    let events = blocks.iter_mut().find_map(|block| {
        let at = block.events.iter().position(|event| which(&event.event))?;
        Some((&mut block.events, at))
    });
    let (events, at) = events.expect("such an event");
    events.insert(at, ContractEvent { event, ..events[at].clone() });
}

#[test]
fn a_round_is_disputed_once_and_a_right_report_is_struck_by_nobody_but_the_board() {
    let chain = dismissed();
    let disputer = chain.account("disputer");
    let is_final = |event: &Event| matches!(event, Event::EpochFinalised(_));
    let again = ReportDisputed { epoch: FIRST, round: 0, disputer, bond: DISPUTE_BOND };
    // In the second window, with its bond.
    let twice = chain.told(|blocks| {
        let decided = blocks
            .iter()
            .position(|block| block.events.iter().any(|event| matches!(event.event, Event::DisputeDecided(_))));
        let block = &mut blocks[decided.unwrap()];
        let decision = block.events[0].clone();
        block.events.push(ContractEvent { event: Event::ReportDisputed(again), ..decision });
    });
    assert_eq!(found(twice), (Some(FIRST), None, Field::Disputes));
    let struck = ReportStruck { epoch: FIRST, round: 0, challenger: somebody(), reward: 0 };
    let challenged = chain.told(|blocks| told_before(blocks, is_final, Event::ReportStruck(struck)));
    assert_eq!(found(challenged), (Some(FIRST), None, Field::Strikes));
    assert_eq!(figures(challenged), (Value::Number(0), Value::Number(1)));
}

#[test]
fn an_epoch_struck_twice_is_void_and_reserves_nothing_when_its_turn_comes() {
    let mut chain = Chain::new();
    let later = FIRST + 1;
    for members in [[1, 2], [1, 3]] {
        let report = chain.false_report(later);
        for member in members {
            chain.vote(member, later, &report).unwrap();
        }
        chain.challenge(later).unwrap();
        chain.send("member 1", "bond", &MEMBER_BOND).unwrap();
    }
    chain.send("member 2", "bond", &MEMBER_BOND).unwrap();
    let report = chain.report(FIRST).report();
    chain.agree(FIRST, &report);
    chain.pass(WINDOW);
    chain.send("stranger", "finalise", &FIRST).unwrap();
    chain.send("stranger", "finalise", &later).unwrap();
    let epochs = chain.verdict().unwrap();
    assert_eq!((epochs[later as usize].state, epochs[later as usize].round), (EpochState::Void, 1));

    let not_void = chain.told(|blocks| {
        for block in blocks {
            block.events.retain(|event| !matches!(&event.event, Event::EpochVoided(said) if said.epoch == later));
        }
    });
    assert_eq!(found(not_void), (Some(later), None, Field::Voids));
    let reserved = chain.altered(|event| match event {
        Event::EpochReserved(done) => {
            done.merchants.emission = 1;
            true
        }
        _ => false,
    });
    assert_eq!(found(reserved).2, Field::Emission);
    let third_round = chain.altered(|event| match event {
        Event::ReportSubmitted(said) if said.epoch == later && said.round == 1 => {
            said.round = 2;
            true
        }
        _ => false,
    });
    assert_eq!(found(third_round).2, Field::Round);
}
