//! Evidence that somebody forged: whatever does not lead to the head that the
//! contract kept founds no demand.

use super::stage::{fold, payload, plain, receipt, sale, Stage, AMOUNT, FOREIGN, KIND, SECOND, TILL};
use bizkey_primitives::{
    action::receipts::Action,
    errors::receipts::Error,
    opening::{Evidence, MAX_LATER},
    receipt::{batch_hash, MAX_PAYLOAD_BYTES},
    Epoch,
};
use bizkey_tests::party::Batch;
use codec::{Decode, Encode};

/// Five batches of the till in an epoch, the third of which holds the receipt
/// in its second place; the shop's second device has recorded the same, the
/// neighbour's too; and some more in the epoch after. What shows the receipt.
fn recorded(stage: &mut Stage) -> Evidence {
    let today = stage.epoch();
    let ticket = stage.ticket(1);
    let sales = [receipt(0, 7, [0; 16]), sale(&ticket), receipt(1, 7, [0; 16])];
    for device in [TILL, SECOND, FOREIGN] {
        stage.record_as(device, 1, plain(1));
        stage.record_as(device, 3, plain(3));
        stage.record(device, &sales);
        stage.record_as(device, 3, plain(3));
        stage.record_as(device, 1, plain(1));
    }
    stage.network.enter_epoch(today + 1);
    stage.record(TILL, &sales);
    stage.record(TILL, &sales);
    stage.network.enter_epoch(today + 2);
    stage.evidence(TILL, today, 2, 1)
}

/// Each with what is wrong about it.
fn forged(stage: &Stage, good: &Evidence, epoch: Epoch) -> Vec<(&'static str, Evidence)> {
    let later = &good.later;
    let (till, other) = (stage.id(TILL), stage.id(SECOND));
    let tape = &stage.tapes[&(till, epoch)];
    let own_hash = tape[2].hash;
    let with = |change: &dyn Fn(&mut Evidence)| {
        let mut evidence = good.clone();
        change(&mut evidence);
        evidence
    };
    let later_is = |later: Vec<[u8; 32]>| Evidence { later, ..good.clone() };
    let foreign = stage.id(FOREIGN);
    let before = fold(&tape[..1]);
    let all = fold(tape);
    let second = fold(&stage.tapes[&(other, epoch)][..2]);
    // A batch that the device signed and nobody recorded, with another amount.
    let ticket = stage.ticket(1);
    let unsent = stage.batch(TILL, 2, 1, payload(&[receipt(1, AMOUNT + 1, ticket.reference())]));
    let next = stage.batch(TILL, 7, 1, payload(&[sale(&ticket)]));
    let shown = |batch: &Batch| Evidence {
        seq: batch.seq,
        count: batch.count,
        index: 0,
        payload: batch.payload.clone(),
        ..good.clone()
    };
    vec![
        ("as the shop's other device's", with(&|evidence| evidence.device = other)),
        ("as another shop's device's", with(&|evidence| evidence.device = foreign)),
        ("of the next epoch", with(&|evidence| evidence.epoch += 1)),
        ("of the batch before", with(&|evidence| evidence.seq -= 1)),
        ("of the batch after", with(&|evidence| evidence.seq += 1)),
        ("of no batch", with(&|evidence| evidence.seq = u64::MAX)),
        ("of fewer receipts", with(&|evidence| evidence.count = 2)),
        ("of more receipts", with(&|evidence| evidence.count = 4)),
        ("as the epoch's first batch", with(&|evidence| evidence.head_before = [0; 32])),
        ("with the head before the batch before", with(&|evidence| evidence.head_before = before)),
        ("with the head after all", with(&|evidence| evidence.head_before = all)),
        ("with the other device's head before", with(&|evidence| evidence.head_before = second)),
        ("without later batches", later_is(vec![])),
        ("without the last one", later_is(vec![later[0]])),
        ("without the next one", later_is(vec![later[1]])),
        ("with the later ones exchanged", later_is(vec![later[1], later[0]])),
        ("with one of them twice", later_is(vec![later[0], later[1], later[1]])),
        ("with itself among them", later_is(vec![own_hash, later[0], later[1]])),
        ("with the head itself among them", later_is(vec![all])),
        ("with too many of them", later_is(vec![later[0]; MAX_LATER + 1])),
        ("as the last one", Evidence { head_before: all, later: vec![], ..good.clone() }),
        ("of a payload without its end", with(&|evidence| evidence.payload.truncate(evidence.payload.len() - 1))),
        ("of a payload with another end", with(&|evidence| evidence.payload.push(0))),
        ("of no payload", with(&|evidence| evidence.payload.clear())),
        ("of too large a payload", with(&|evidence| evidence.payload.resize(MAX_PAYLOAD_BYTES + 1, 0))),
        ("of a batch that was never recorded", shown(&unsent)),
        ("of a batch to come", Evidence { head_before: all, later: vec![], ..shown(&next) }),
    ]
}

pub fn evidence_must_lead_to_the_kept_head(stage: &mut Stage) {
    let (doubter, today) = (stage.account("doubter"), stage.epoch());
    let good = recorded(stage);
    for (what, evidence) in forged(stage, &good, today) {
        let before = stage.network.bzky_of(doubter);
        assert_eq!(stage.demand(&evidence), Err(Error::BadEvidence), "{what}");
        assert_eq!(stage.network.bzky_of(doubter), before);
    }
    // What another instance recorded is not what this one did.
    let elsewhere = *AsRef::<[u8; 32]>::as_ref(&stage.network.contracts.otc);
    let mut at_another = good.clone();
    let hash = |payload: &[u8]| batch_hash(&stage.network.genesis, &elsewhere, good.device, 2, 3, payload);
    at_another.later = vec![hash(&good.payload), good.later[0], good.later[1]];
    stage.refuses(doubter, "demand_opening", &at_another, Error::BadEvidence);
    assert_eq!(stage.demand(&good), Ok(()));
}

/// Every bit of good evidence but its receipt's place: none can be changed.
#[test]
fn no_bit_of_evidence_can_be_changed() {
    let mut stage = Stage::with(Default::default());
    let good = recorded(&mut stage);
    let (doubter, bytes) = (stage.account("doubter"), good.encode());
    let mut refused = 0;
    for position in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[position] ^= 1 << bit;
            // Two lengths in it can make it something else that no call can carry.
            let Ok(evidence) = Evidence::decode(&mut &changed[..]) else { continue };
            let outcome = stage
                .network
                .rolled_back(|network| network.call::<()>(doubter, KIND, "demand_opening", &evidence).is_ok());
            assert!(!outcome, "byte {position}, bit {bit}: {evidence:?}");
            refused += 1;
        }
    }
    assert!(refused > 7 * bytes.len(), "{refused} of {} bits tried", 8 * bytes.len());
    assert_eq!(stage.demand(&good), Ok(()));
}

/// The largest evidence there can be: the first of 1,024 batches, with a
/// payload of 16,000 bytes; called, and carried.
#[test]
fn the_first_of_1024_batches_can_be_demanded() {
    let mut stage = Stage::with(Default::default());
    let today = stage.epoch();
    let ticket = stage.ticket(1);
    let mut large = payload(&[sale(&ticket)]);
    large.resize(MAX_PAYLOAD_BYTES, 0);
    stage.record_as(TILL, 1, large);
    for _ in 0..MAX_LATER {
        stage.record_as(TILL, 3, plain(3));
    }
    stage.network.enter_epoch(today + 1);
    let evidence = stage.evidence(TILL, today, 0, 0);
    assert_eq!((evidence.later.len(), evidence.payload.len()), (MAX_LATER, MAX_PAYLOAD_BYTES));
    let (doubter, action) = (stage.network.actor("doubter"), Action::DemandOpening(evidence.clone()));
    assert_eq!(stage.network.rolled_back(|network| network.relay(KIND, &doubter, &action)), Ok(()));
    assert_eq!(stage.demand(&evidence), Ok(()));
}
