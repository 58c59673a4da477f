//! What members put at stake, and when they get it back.

use super::{
    figures, found,
    stage::{Chain, FIRST, MEMBER_BOND},
};
use bizkey_oracle::verify::{Difference, Field, Value};
use bizkey_primitives::events::{BondChanged, Event};
use bizkey_tests::{DAY, WINDOW};

/// A member bonds more, reports, leaves once its report is final, and is paid
/// at the very moment.
fn leaving() -> Chain {
    let mut chain = Chain::new();
    chain.send("member 1", "bond", &7u128).unwrap();
    let report = chain.report(FIRST).report();
    chain.agree(FIRST, &report);
    chain.pass(WINDOW);
    chain.send("stranger", "finalise", &FIRST).unwrap();
    chain.send("member 1", "unbond", &()).unwrap();
    chain.pass(21 * DAY + 2 * WINDOW);
    let member = chain.account("member 1");
    chain.send("stranger", "withdraw_bond", &member).unwrap();
    chain
}

/// The changes of a member's bond, from the first on.
fn changed(chain: &Chain, nth: usize, change: impl Fn(&mut BondChanged)) -> Difference {
    let (who, mut seen) = (chain.account("member 1"), 0);
    chain.altered(|event| match event {
        Event::BondChanged(said) if said.member == who => {
            seen += 1;
            let is_it = seen == nth;
            if is_it {
                change(said);
            }
            is_it
        }
        _ => false,
    })
}

#[test]
fn a_bond_is_what_came_in_and_goes_back_whole_and_in_time() {
    let chain = leaving();
    chain.verdict().unwrap();
    let mut audit = chain.audit();
    super::stage::follow(&mut audit, chain.blocks()).unwrap();
    let mut left: Vec<_> = audit.bonds().map(|(member, bond)| (member, bond.amount)).collect();
    left.sort();
    let mut expected =
        [("member 2", MEMBER_BOND), ("member 3", MEMBER_BOND)].map(|(name, bond)| (chain.account(name), bond));
    expected.sort();
    assert_eq!(left, expected);

    let more = changed(&chain, 2, |said| said.amount += 1);
    assert_eq!((found(more).2, more.holder), (Field::Moved, Some(chain.account("member 1"))));
    assert_eq!(figures(more), (Value::Number(8), Value::Number(7)));
    assert_eq!(found(changed(&chain, 3, |said| said.amount -= 1)).2, Field::Bond);
    let sooner = changed(&chain, 3, |said| said.withdrawable_ms = said.withdrawable_ms.map(|ms| ms - 1));
    assert_eq!(found(sooner).2, Field::Withdrawable);
    assert_eq!(found(changed(&chain, 4, |said| said.amount = 1)).2, Field::Bond, "a part of it");
    let early = chain.antedated(|event| matches!(event, Event::BondChanged(_)));
    assert_eq!(found(early).2, Field::Opens);
    let unasked = chain.withheld(|event| matches!(event, Event::BondChanged(said) if said.withdrawable_ms.is_some()));
    assert_eq!(found(unasked).2, Field::Bond);
    let silent = chain
        .told(|blocks| blocks.last_mut().unwrap().events.retain(|event| !matches!(event.event, Event::BondChanged(_))));
    assert_eq!(found(silent).2, Field::Moved);
}

#[test]
fn who_reports_has_bonded_enough_and_stays_until_its_epoch_is_settled() {
    let chain = leaving();
    let too_little = chain.altered(|event| match event {
        Event::BondsSet(set) => {
            set.member_bond = MEMBER_BOND + 8;
            true
        }
        _ => false,
    });
    assert_eq!(found(too_little), (Some(FIRST), None, Field::Bond));
    assert_eq!(figures(too_little), (Value::Number(MEMBER_BOND + 8), Value::Number(MEMBER_BOND + 7)));
    // It asks before its report is final, or reports after it has asked.
    let asked = |before: fn(&Event) -> bool| {
        chain.told(|blocks| {
            let is_asking = |event: &Event| matches!(event, Event::BondChanged(said) if said.withdrawable_ms.is_some());
            let asking = blocks.iter().position(|block| block.events.iter().any(|event| is_asking(&event.event)));
            let mut asking = std::mem::take(&mut blocks[asking.unwrap()].events);
            let at = blocks.iter().position(|block| block.events.iter().any(|event| before(&event.event))).unwrap();
            let (first, hold_ms) = (&mut blocks[at], 21 * DAY + 2 * WINDOW);
            if let Event::BondChanged(said) = &mut asking[0].event {
                said.withdrawable_ms = Some(first.timestamp_ms + hold_ms);
            }
            asking.append(&mut first.events);
            first.events = asking;
        })
    };
    assert_eq!(found(asked(|event| matches!(event, Event::EpochFinalised(_)))).2, Field::NextEpoch);
    let gone = asked(|event| matches!(event, Event::ReportSubmitted(_)));
    assert_eq!((found(gone).2, gone.holder), (Field::Withdrawable, Some(chain.account("member 1"))));
}
