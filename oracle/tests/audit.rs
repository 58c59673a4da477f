//! Verification finds every figure that is tampered with, and nothing else.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod town;

use bizkey_client::{Block, ContractEvent, ContractKind};
use bizkey_oracle::{
    chain::LedgerError,
    scoring::UnknownAlgorithm,
    verify::{Audit, AuditError, AuditedEpoch, Difference, Field, Value},
};
use bizkey_primitives::{
    events::{AlgorithmSet, Event, RewardDeferred},
    report::EpochState,
    Hash, Side, TOKEN,
};
use town::{contracts, switched, Town, CALENDAR, GENESIS, WINDOW};

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

#[test]
fn every_epoch_is_verified_by_its_own_algorithm() {
    let town = switched();
    let epochs = audit(&town.blocks).unwrap();
    let versions: Vec<u16> = epochs.iter().map(|epoch| epoch.report.algorithm_version).collect();
    assert_eq!(versions, [1, 1, 2, 2]);
    let scores = &town.reports[2].scores;
    let counts = scores.merchants[0].counts;
    // Customers 1 and 2 came back; of 900, 150 and 300 count 600, 200 and 300.
    // The void took one first-time buyer.
    assert_eq!((counts.um, counts.un, counts.pl, counts.pm), (0, 2, 2, 1_100));
    assert_eq!((scores.merchants[0].capital, scores.merchants[1].capital), (1_300, 1_200));
    // The last decision on the cap holds; customer 4's void of 50 comes off.
    let sales: Vec<(u32, u128)> = scores.customers.iter().map(|row| (row.customer, row.sales)).collect();
    assert_eq!(sales, [(1, 450), (2, 150), (3, 300), (4, 400)]);
    // What waits is paid less the debt; in epoch 3 some of it waits still.
    let paid = epochs[2].merchants;
    assert_eq!(paid.paid + 3 * TOKEN, rewards_due(&town, 2));
    assert_eq!((epochs[3].merchants.paid, town.waiting(3, 1)), (0, rewards_due(&town, 3) - 5 * TOKEN));
    assert_eq!(epochs[1].customers.paid + TOKEN, due(&town, Side::Customer, 1));
}

fn rewards_due(town: &Town, epoch: u32) -> u128 {
    due(town, Side::Merchant, epoch)
}

/// What an epoch owes one side altogether.
fn due(town: &Town, side: Side, epoch: u32) -> u128 {
    let settled = town.blocks.iter().flat_map(|block| &block.events).find_map(|event| match &event.event {
        Event::EpochFinalised(done) if done.epoch == epoch => Some(done.clone()),
        _ => None,
    });
    let settled = settled.expect("an epoch that is final");
    let payout = if side == Side::Merchant { settled.merchants } else { settled.customers };
    let report = &town.reports[epoch as usize];
    report.tree(side).leaves().iter().map(|leaf| report.reward(side, leaf.account, &payout)).sum()
}

#[test]
fn a_switch_leaves_the_reports_before_it_as_they_were() {
    let switched = switched();
    let mut plain = switched.blocks.clone();
    for block in &mut plain {
        block.events.retain(|event| event.kind != ContractKind::Rewards && event.kind != ContractKind::Vault);
        block.events.retain(|event| !matches!(event.event, Event::Transfer(_)) || block.timestamp_ms < 1_000_000);
    }
    let mut audit = Audit::new(GENESIS, contracts(), CALENDAR, WINDOW);
    for block in &plain {
        audit.follow(block).unwrap();
    }
    for epoch in 0..4 {
        let (with, without) = (switched.reports[epoch as usize].report(), audit.report(epoch).unwrap().report());
        // Holdings differ, for nobody is paid here; scores and sales do not.
        let figures = |report: &bizkey_primitives::report::Report| {
            (report.algorithm_version, report.merchants.sum_v1, report.customers)
        };
        assert_eq!(figures(&with) == figures(&without), epoch < 2, "epoch {epoch}");
    }
}

/// As `tampered`, in the network that changes its algorithm.
fn tampered_after(change: impl Fn(&mut Event) -> bool) -> Field {
    let mut blocks = switched().blocks;
    let changed = blocks.iter_mut().flat_map(|block| &mut block.events).any(|event| change(&mut event.event));
    assert!(changed, "nothing to tamper with");
    audit(&blocks).expect_err("a difference").field
}

#[test]
fn a_tampered_rule_is_found_in_the_first_report_that_it_scores() {
    let found = |change: fn(&mut Event) -> bool| tampered_after(change);
    let version = found(|event| match event {
        Event::AlgorithmSet(set) => {
            set.version = 1;
            true
        }
        _ => false,
    });
    assert_eq!(version, Field::AlgorithmVersion);
    let clamp = found(|event| match event {
        Event::ClampSet(set) => {
            set.clamp.hi -= 1;
            true
        }
        _ => false,
    });
    assert_eq!(clamp, Field::SumV1);
    let floor = found(|event| match event {
        Event::CapitalFloorSet(set) => {
            set.floor -= 1;
            true
        }
        _ => false,
    });
    assert_eq!(floor, Field::SumV1);
    let business = found(|event| match event {
        Event::BusinessAttested(attested) => {
            attested.business.trade += 1;
            true
        }
        _ => false,
    });
    assert_eq!(business, Field::SumV1);
    let cap = found(|event| match event {
        Event::CashCapSet(set) if set.cap == 450 => {
            set.cap -= 1;
            true
        }
        _ => false,
    });
    assert_eq!(cap, Field::SumV1);
}

#[test]
fn a_tampered_debt_or_deferral_is_found() {
    let found = |change: fn(&mut Event) -> bool| tampered_after(change);
    let deferred = |by: fn(&mut RewardDeferred)| {
        tampered_after(move |event| match event {
            Event::RewardDeferred(deferred) => {
                by(deferred);
                true
            }
            _ => false,
        })
    };
    assert_eq!(deferred(|d| d.amount += 1), Field::Deferred, "more waits than is due");
    assert_eq!(deferred(|d| d.amount -= 1), Field::Reward, "something is neither paid nor waits");
    assert_eq!(deferred(|d| d.index = 3), Field::Reward, "it waits for somebody else");
    let paid = |by: fn(&mut bizkey_primitives::events::DeferredRewardPaid)| {
        tampered_after(move |event| match event {
            Event::DeferredRewardPaid(paid) if paid.index == 2 => {
                by(paid);
                true
            }
            _ => false,
        })
    };
    assert_eq!(paid(|p| p.amount += 1), Field::Reward);
    assert_eq!(paid(|p| p.amount -= 1), Field::Moved);
    assert_eq!(paid(|p| p.account = [77; 32].into()), Field::PaidAccount);
    assert_eq!(paid(|p| p.epoch = 1), Field::Reward, "nothing waits there");
    let withheld = found(|event| match event {
        Event::DebtPaid(paid) => {
            paid.amount -= 1;
            true
        }
        _ => false,
    });
    assert_eq!(withheld, Field::Withheld);
    let beyond = found(|event| match event {
        Event::DebtPaid(paid) => {
            paid.amount += 1;
            true
        }
        _ => false,
    });
    assert_eq!(beyond, Field::Debt);
    let owed = found(|event| match event {
        Event::DebtBooked(booked) => {
            booked.amount += 1;
            true
        }
        _ => false,
    });
    assert_eq!(owed, Field::Withheld, "a debt that is not taken");
}

#[test]
fn nothing_waits_under_version_1_and_no_deferral_goes_without_a_payment() {
    fn deferral(event: &ContractEvent, index: u32) -> ContractEvent {
        let deferred = RewardDeferred { epoch: 0, index, amount: 1 };
        ContractEvent { event: Event::RewardDeferred(deferred), ..event.clone() }
    }

    let with = |change: fn(&mut Vec<ContractEvent>)| {
        let mut blocks = honest().blocks;
        let pays = |block: &&mut Block| block.events.iter().any(|event| matches!(event.event, Event::RewardsPaid(_)));
        change(&mut blocks.iter_mut().find(pays).unwrap().events);
        audit(&blocks).expect_err("a difference")
    };
    let waits = with(|events| events.insert(0, deferral(&events[0], 1)));
    assert_eq!((waits.field, waits.expected, waits.found), (Field::Deferred, Value::Number(0), Value::Number(1)));
    let lost = with(|events| events.insert(0, deferral(&events[0], 3)));
    assert_eq!((lost.field, lost.account), (Field::Payments, Some(3)));
}

#[test]
fn an_epoch_of_an_unknown_algorithm_says_what_to_do() {
    let mut town = Town::new(1, 1);
    let set = AlgorithmSet { from_epoch: 1, version: 9 };
    town.set(0, ContractKind::Rewards, vec![Event::AlgorithmSet(set)]);
    town.sales(0, 1, 0, &[(1, 500)]);
    // Known epochs are verified first.
    town.settle(0);
    let mut audit = Audit::new(GENESIS, contracts(), CALENDAR, WINDOW);
    for block in &town.blocks {
        audit.follow(block).unwrap();
    }
    let last = town.blocks.last().unwrap();
    let next = Block {
        number: last.number + 1,
        hash: [99; 32],
        parent_hash: last.hash,
        timestamp_ms: CALENDAR.start_ms(2),
        events: vec![],
    };
    let error = audit.follow(&next).expect_err("version 9 is not known");
    let cause = UnknownAlgorithm(9);
    assert_eq!(error, AuditError::Ledger(LedgerError::UnknownAlgorithm { epoch: 1, cause }));
    let text = error.to_string();
    assert!(text.contains("epoch 1") && text.contains("version 9") && text.contains("update the program"), "{text}");
}

fn audit(blocks: &[Block]) -> Result<Vec<AuditedEpoch>, Difference> {
    let mut audit = Audit::new(GENESIS, contracts(), CALENDAR, WINDOW);
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
        holder: None,
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
