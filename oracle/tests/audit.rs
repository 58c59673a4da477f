//! Verification finds every figure that is tampered with, and nothing else.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod town;

use bizkey_client::{Block, ContractEvent};
use bizkey_oracle::verify::{Audit, AuditError, AuditedEpoch, Difference, Field, Value};
use bizkey_primitives::{events::Event, report::EpochState, Hash, Side, TOKEN};
use town::{contracts, Town, CALENDAR, GENESIS};

/// Three epochs: sales, repeat buyers, a later void, an empty epoch.
fn honest() -> Town {
    let mut town = Town::new(3, 4);
    town.sales(0, 1, 0, &[(1, 500), (2, 700), (0, 100)]);
    town.sales(0, 2, 0, &[(3, 900)]);
    town.settle(0);
    town.sales(1, 1, 1, &[(1, 300), (4, 50)]);
    town.void(1, 1, 0, 1);
    town.settle(1);
    town.settle(2);
    town
}

fn audit(blocks: &[Block]) -> Result<Vec<AuditedEpoch>, Difference> {
    let mut audit = Audit::new(GENESIS, contracts(), CALENDAR);
    for block in blocks {
        match audit.follow(block) {
            Ok(()) => {}
            Err(AuditError::Difference(difference)) => return Err(*difference),
            Err(other) => panic!("{other}"),
        }
    }
    audit.finish()
}

#[test]
fn an_honest_network_has_no_difference() {
    let epochs = audit(&honest().blocks).unwrap();
    assert_eq!(epochs.len(), 3);
    assert!(epochs.iter().all(|epoch| epoch.state == EpochState::Final && epoch.unpaid == 0));
    assert_eq!((epochs[0].report.merchants.count, epochs[0].report.customers.count), (2, 3));
    assert_eq!(epochs[0].merchants.emission, 200 * TOKEN);
    // Customer 2's 700 came back in epoch 1, in which it bought nothing.
    assert_eq!((epochs[1].report.customers.count, epochs[1].report.customers.sum_v1), (2, 350));
    assert_eq!(epochs[2].merchants.emission, 0);
    for epoch in epochs {
        assert!(epoch.merchants.paid <= epoch.merchants.reserved);
        assert!(epoch.customers.paid <= epoch.customers.reserved);
    }
}

/// Changes the first event for which `change` does something.
fn tampered(change: impl Fn(&mut Event) -> bool) -> Difference {
    let mut blocks = honest().blocks;
    let changed = blocks.iter_mut().flat_map(|block| &mut block.events).any(|event| change(&mut event.event));
    assert!(changed, "nothing to tamper with");
    let difference = audit(&blocks).expect_err("a difference");
    assert!(!difference.to_string().is_empty());
    difference
}

#[test]
fn a_tampered_report_is_found() {
    let report = |change: fn(&mut bizkey_primitives::report::Report)| {
        tampered(move |event| match event {
            Event::ReportPending(pending) if pending.epoch == 1 => {
                change(&mut pending.report);
                true
            }
            _ => false,
        })
    };
    let found = |difference: Difference| (difference.epoch, difference.side, difference.field);
    let (merchants, customers) = (Some(Side::Merchant), Some(Side::Customer));
    assert_eq!(found(report(|r| r.algorithm_version = 2)), (Some(1), None, Field::AlgorithmVersion));
    assert_eq!(found(report(|r| r.merchants.count += 1)), (Some(1), merchants, Field::Count));
    assert_eq!(found(report(|r| r.merchants.sum_v1 += 1)), (Some(1), merchants, Field::SumV1));
    assert_eq!(found(report(|r| r.merchants.sum_v2 -= 1)), (Some(1), merchants, Field::SumV2));
    assert_eq!(found(report(|r| r.merchants.root = Hash::from([1; 32]))), (Some(1), merchants, Field::Root));
    assert_eq!(found(report(|r| r.customers.sum_v1 += 1)), (Some(1), customers, Field::SumV1));
    assert_eq!(found(report(|r| r.customers.root = Hash::from([1; 32]))), (Some(1), customers, Field::Root));
}

#[test]
fn a_tampered_receipt_is_found_in_the_report() {
    let difference = tampered(|event| match event {
        // The amount of the batch's last receipt: 16 bytes of reference, kind, customer, two bytes of amount.
        Event::BatchRecorded(batch) => {
            let at = batch.payload.len() - 20;
            batch.payload[at] ^= 4;
            true
        }
        _ => false,
    });
    assert_eq!((difference.epoch, difference.field), (Some(0), Field::SumV1));
}

#[test]
fn a_tampered_settlement_is_found() {
    let settled = |change: fn(&mut bizkey_primitives::events::EpochFinalised)| {
        tampered(move |event| match event {
            Event::EpochFinalised(settled) => {
                change(settled);
                true
            }
            _ => false,
        })
        .field
    };
    assert_eq!(settled(|s| s.merchants.emission += 1), Field::Emission);
    assert_eq!(settled(|s| s.customers.emission -= 1), Field::Emission);
    assert_eq!(settled(|s| s.customers.reserved += 1), Field::Reserved);
    assert_eq!(settled(|s| s.epoch += 1), Field::Turn);
    let released = tampered(|event| match event {
        Event::PoolReleased(released) => {
            released.amount += 1;
            true
        }
        _ => false,
    });
    assert_eq!(released.field, Field::Released);
}

#[test]
fn a_tampered_payment_is_found() {
    let paid = |change: fn(&mut bizkey_primitives::events::RewardsPaid)| {
        tampered(move |event| match event {
            Event::RewardsPaid(paid) => {
                change(paid);
                true
            }
            _ => false,
        })
    };
    let difference = paid(|p| p.rewards[1].amount += 1);
    assert_eq!((difference.account, difference.field), (Some(2), Field::Reward));
    assert_eq!(paid(|p| p.rewards[0].account = [77; 32].into()).field, Field::PaidAccount);
    assert_eq!(paid(|p| p.rewards[1] = p.rewards[0]).field, Field::Payments);
    assert_eq!(paid(|p| p.rewards[0].index = 3).field, Field::Payments, "a shop without a leaf");
    assert_eq!(paid(|p| p.epoch = 1).field, Field::State, "an epoch that is not final");
    assert_eq!(paid(|p| p.rewards.truncate(1)).field, Field::Moved, "a payment that nobody announced");
    let moved = tampered(|event| match event {
        Event::Transfer(transfer) if transfer.from == Some(contracts().rewards) => {
            transfer.value -= 1;
            true
        }
        _ => false,
    });
    assert_eq!((moved.epoch, moved.field), (Some(0), Field::Moved));
}

#[test]
fn the_message_names_everything() {
    let difference = Difference {
        epoch: Some(12),
        side: Some(Side::Merchant),
        account: Some(7),
        field: Field::Reward,
        expected: Value::Number(100),
        found: Value::Number(101),
        block: 345,
    };
    let text = "epoch 12, merchant 7, reward: expected 100, found 101 (block 345)";
    assert_eq!(difference.to_string(), text);
}

#[test]
fn a_payment_twice_is_found_and_an_epoch_cannot_be_settled_twice() {
    let again = |pick: fn(&Event) -> bool| {
        let mut blocks = honest().blocks;
        let of = |events: &[ContractEvent]| events.iter().any(|event| pick(&event.event));
        let mut copy = blocks.iter().find(|block| of(&block.events)).unwrap().clone();
        let last = blocks.last().unwrap();
        copy.number = last.number + 1;
        copy.parent_hash = last.hash;
        copy.hash = [99; 32];
        copy.timestamp_ms = last.timestamp_ms;
        blocks.push(copy);
        audit(&blocks).expect_err("a difference").field
    };
    assert_eq!(again(|event| matches!(event, Event::RewardsPaid(_))), Field::Payments);
    assert_eq!(again(|event| matches!(event, Event::EpochFinalised(_))), Field::Turn);
    assert_eq!(again(|event| matches!(event, Event::ReportPending(_))), Field::State);
}
