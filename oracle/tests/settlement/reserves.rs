//! What is reserved for a disputed epoch, what a second round may emit, and
//! what goes back.

use super::{
    figures, found,
    stage::{Chain, FIRST, MEMBER_BOND},
};
use bizkey_oracle::verify::{Field, Value};
use bizkey_primitives::{emission, events::Event, report::EpochState, Side, TOKEN};
use bizkey_tests::{DAY, WINDOW};

const MERCHANTS: Option<Side> = Some(Side::Merchant);
const CUSTOMERS: Option<Side> = Some(Side::Customer);

/// A false report is disputed, reserved in its turn, and struck; the second
/// round's right one is final; one shop and one customer claim; the rest
/// expires at the very moment.
fn second_round() -> Chain {
    let mut chain = Chain::new();
    let report = chain.false_report(FIRST);
    chain.agree(FIRST, &report);
    chain.send("disputer", "dispute", &FIRST).unwrap();
    chain.send("stranger", "finalise", &FIRST).unwrap();
    chain.send("admin", "decide", &(FIRST, true)).unwrap();
    for member in ["member 1", "member 2"] {
        chain.send(member, "bond", &MEMBER_BOND).unwrap();
    }
    let report = chain.report(FIRST).report();
    chain.agree(FIRST, &report);
    chain.pass(WINDOW);
    chain.send("stranger", "finalise", &FIRST).unwrap();
    chain.claim(Side::Merchant, FIRST, 1).unwrap();
    chain.claim(Side::Customer, FIRST, 2).unwrap();
    chain.pass(400 * DAY);
    chain.send("stranger", "expire", &FIRST).unwrap();
    chain
}

#[test]
fn a_second_round_emits_no_more_than_was_reserved() {
    let chain = second_round();
    let epochs = chain.verdict().unwrap();
    let epoch = &epochs[FIRST as usize];
    assert_eq!((epoch.state, epoch.round), (EpochState::Final, 1));
    // Of 300 the false report left out the tenth that goes by holding.
    assert_eq!(emission::quota(Side::Merchant, epoch.report.merchants.count), 300 * TOKEN);
    assert_eq!(epoch.merchants.emission, 270 * TOKEN);
    assert!(epoch.report.merchants.sum_v2 > 0);
    assert!(0 < epoch.merchants.paid && epoch.merchants.paid < 270 * TOKEN);
    assert_eq!(epoch.merchants.paid, epoch.merchants.reserved, "the rest went back");
    assert!(epochs[..FIRST as usize].iter().all(|epoch| epoch.state == EpochState::Void));

    let finalised = |change: fn(&mut bizkey_primitives::events::EpochFinalised)| {
        found(chain.altered(|event| match event {
            Event::EpochFinalised(done) => {
                change(done);
                true
            }
            _ => false,
        }))
    };
    let full = finalised(|done| done.merchants.emission = 300 * TOKEN);
    assert_eq!(full, (Some(FIRST), MERCHANTS, Field::Emission), "as if nothing had been reserved before");
    assert_eq!(finalised(|done| done.customers.emission += 1), (Some(FIRST), CUSTOMERS, Field::Emission));
    assert_eq!(finalised(|done| done.merchants.reserved -= 1), (Some(FIRST), MERCHANTS, Field::Reserved));
    assert_eq!(finalised(|done| done.merchants.paid = 1), (Some(FIRST), MERCHANTS, Field::Paid));
    assert_eq!(finalised(|done| done.epoch += 1), (Some(FIRST + 1), None, Field::State), "nobody reported it");
    assert_eq!(finalised(|done| done.epoch += 2), (Some(FIRST + 2), None, Field::Turn));
}

#[test]
fn a_disputed_epoch_reserves_in_its_turn_what_its_report_makes_it() {
    let chain = second_round();
    let reserved = |change: fn(&mut bizkey_primitives::events::EpochReserved)| {
        chain.altered(|event| match event {
            Event::EpochReserved(done) => {
                change(done);
                true
            }
            _ => false,
        })
    };
    let less = reserved(|done| done.merchants.reserved = 300 * TOKEN);
    assert_eq!(found(less), (Some(FIRST), MERCHANTS, Field::Reserved));
    assert_eq!(figures(less), (Value::Number(270 * TOKEN), Value::Number(300 * TOKEN)));
    assert_eq!(found(reserved(|done| done.merchants.emission -= 1)), (Some(FIRST), MERCHANTS, Field::Emission));
    assert_eq!(found(reserved(|done| done.customers.reserved = 0)), (Some(FIRST), CUSTOMERS, Field::Reserved));
    assert_eq!(found(reserved(|done| done.customers.emission += 1)), (Some(FIRST), CUSTOMERS, Field::Emission));
    assert_eq!(found(reserved(|done| done.epoch += 1)), (Some(FIRST + 1), None, Field::Turn));
    let unreserved = chain.withheld(|event| matches!(event, Event::EpochReserved(_)));
    assert_eq!(
        found(unreserved),
        (Some(FIRST), MERCHANTS, Field::Released),
        "what the vault releases, nobody reserved"
    );
    let unreleased = chain.withheld(|event| matches!(event, Event::PoolReleased(_)));
    assert_eq!(found(unreleased), (Some(FIRST), MERCHANTS, Field::Released));
}

#[test]
fn what_is_not_paid_goes_back_to_the_pools_after_400_epochs() {
    let chain = second_round();
    let expired = |change: fn(&mut bizkey_primitives::events::ClaimsExpired)| {
        found(chain.altered(|event| match event {
            Event::ClaimsExpired(over) => {
                change(over);
                true
            }
            _ => false,
        }))
    };
    assert_eq!(expired(|over| over.merchants -= 1), (Some(FIRST), MERCHANTS, Field::Expired));
    assert_eq!(expired(|over| over.customers += 1), (Some(FIRST), CUSTOMERS, Field::Expired));
    assert_eq!(expired(|over| over.epoch += 1), (Some(FIRST + 1), None, Field::State), "one that is not final");
    let early = chain.antedated(|event| matches!(event, Event::ClaimsExpired(_)));
    assert_eq!(found(early), (Some(FIRST), None, Field::Opens));
    let silent = chain.withheld(|event| matches!(event, Event::ClaimsExpired(_)));
    assert_eq!(found(silent).2, Field::Moved, "Bzky went back, and nobody said why");
    let kept = chain.told(|blocks| blocks.last_mut().unwrap().events.retain(|event| !is_transfer(&event.event)));
    assert_eq!(found(kept), (Some(FIRST), MERCHANTS, Field::Moved), "it was said to go back");
    // Again, and when claims are over.
    let again = |which: fn(&Event) -> bool| {
        found(chain.told(|blocks| {
            let of = |block: &&bizkey_client::Block| block.events.iter().any(|event| which(&event.event));
            let (last, copied) = (blocks.last().unwrap(), blocks.iter().rev().find(of).unwrap());
            let mut copy = copied.clone();
            (copy.number, copy.parent_hash, copy.hash) = (last.number + 1, last.hash, [99; 32]);
            copy.timestamp_ms = last.timestamp_ms;
            copy.events.retain(|event| !is_transfer(&event.event));
            blocks.push(copy);
        }))
    };
    assert_eq!(again(|event| matches!(event, Event::ClaimsExpired(_))), (Some(FIRST), MERCHANTS, Field::Expired));
    assert_eq!(again(|event| matches!(event, Event::RewardsPaid(_))).2, Field::Closes);
}

fn is_transfer(event: &Event) -> bool {
    matches!(event, Event::Transfer(_))
}
