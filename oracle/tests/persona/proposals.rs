//! What is proposed to the board, and what is not.

use crate::{
    facts, findings, of,
    town::{town, CALENDAR},
    whole, with,
};
use bizkey_oracle::{
    persona::{
        observe::Known,
        proposal::{Bearing, Evidence, Place, EVIDENCE_CONTEXT},
        propose,
        provider::{Judgement, Service, Verdict},
        rules::Habits,
        suspects, Facts, Features, Finding, Kind, Proposal, Sale, Severity,
    },
    scoring::ReceiptId,
};
use bizkey_primitives::{
    board::{Motion, MAX_INPUT_BYTES},
    hash::{blake2x256, selector},
    opening, AccountId, Hash, Side, Status,
};
use codec::{Decode, Encode};
use std::collections::BTreeMap;

fn place() -> Place {
    let account = |number| AccountId::from([number; 32]);
    Place { genesis: Hash::from([1; 32]), registry: account(2), foundation: account(3), rewards: account(4) }
}

/// A finding of a score against shop 1 and customer 5, over these receipts.
fn finding(kind: Kind, score: u16, sales: &[Sale]) -> Finding {
    let mut receipts: Vec<ReceiptId> = sales.iter().map(|sale| sale.id).collect();
    receipts.sort_unstable();
    Finding {
        kind,
        merchants: vec![1],
        customers: vec![5],
        suspects: vec![(Side::Merchant, 1), (Side::Customer, 5)],
        epochs: (
            sales.iter().map(|sale| sale.epoch).min().unwrap(),
            sales.iter().map(|sale| sale.epoch).max().unwrap(),
        ),
        measures: vec![],
        score,
        reason: "for a test".to_owned(),
        habits: Habits::default(),
        receipts,
    }
}

/// Customer 5 buys for 100 and 300 on day 10, for 50 on day 20; customer 6 for
/// 1000 on day 10. All at shop 1.
fn sales() -> Vec<Sale> {
    with(vec![], [(1, 5, 100, 10, 600), (1, 5, 300, 10, 700), (1, 6, 1_000, 10, 800), (1, 5, 50, 20, 600)])
}

fn features() -> Features {
    Features::new(sales(), whole(), Facts::new(CALENDAR)).unwrap()
}

fn said(judgement: Judgement) -> Verdict {
    Verdict {
        provider: "cheats".to_owned(),
        service: Service::AntiCheat,
        side: Side::Merchant,
        index: 1,
        epochs: (0, 30),
        asked_ms: 7,
        request_hash: [7; 32],
        raw: "{}".to_owned(),
        judgement,
        score: 900,
        reasons: vec![],
    }
}

fn proposed(findings: &[Finding], verdicts: &[Verdict], known: impl Fn(Side, u32) -> Known) -> Vec<Proposal> {
    propose(findings, verdicts, &features(), &place(), known, |_| vec![])
}

/// What is proposed against the shop.
fn severity(findings: &[Finding], verdicts: &[Verdict], status: Status) -> Option<Severity> {
    let known = |_, _| Known { bearing: Bearing { status, since: None }, ..Known::default() };
    let proposals = proposed(findings, verdicts, known);
    proposals.iter().find(|proposal| proposal.side == Side::Merchant).map(|proposal| proposal.severity)
}

#[test]
fn the_penalty_follows_the_score_and_what_the_party_bears_already() {
    let scored = |score| [finding(Kind::Burst, score, &sales())];
    for (score, expected) in [
        (499, None),
        (500, Some(Severity::LowerRank)),
        (699, Some(Severity::LowerRank)),
        (700, Some(Severity::LowerGrade)),
        (850, Some(Severity::Restricted)),
        (1_000, Some(Severity::Restricted)),
    ] {
        assert_eq!(severity(&scored(score), &[], Status::Active), expected, "{score}");
    }
    // Who goes on gets the next rung.
    assert_eq!(severity(&scored(500), &[], Status::Demoted), Some(Severity::Restricted));
    assert_eq!(severity(&scored(500), &[], Status::Restricted), Some(Severity::Removed));
    assert_eq!(severity(&scored(1_000), &[], Status::Removed), None);
    // Two kinds agree, or a provider does.
    let two = [finding(Kind::Burst, 500, &sales()), finding(Kind::Sybil, 500, &sales())];
    assert_eq!(severity(&two, &[], Status::Active), Some(Severity::LowerGrade));
    assert_eq!(severity(&scored(500), &[said(Judgement::Forged)], Status::Active), Some(Severity::LowerGrade));
    assert_eq!(severity(&scored(500), &[said(Judgement::Genuine)], Status::Active), Some(Severity::LowerRank));
    // Nothing removes at once.
    assert_eq!(severity(&two, &[said(Judgement::Forged)], Status::Active), Some(Severity::Restricted));
    let worst = [finding(Kind::Burst, 1_000, &sales()), finding(Kind::Sybil, 1_000, &sales())];
    assert_eq!(severity(&worst, &[said(Judgement::Forged)], Status::Active), Some(Severity::Restricted));
}

#[test]
fn a_providers_word_alone_restricts_nobody_and_its_silence_and_praise_propose_nothing() {
    assert_eq!(severity(&[], &[said(Judgement::Forged)], Status::Active), Some(Severity::LowerGrade));
    assert_eq!(severity(&[], &[said(Judgement::Suspicious)], Status::Active), Some(Severity::LowerRank));
    assert_eq!(severity(&[], &[said(Judgement::Genuine)], Status::Active), None);
    for status in [Status::Demoted, Status::Restricted, Status::Removed] {
        assert_eq!(severity(&[], &[said(Judgement::Forged)], status), None);
    }
    assert_eq!(proposed(&[], &[], |_, _| Known::default()), []);
    // Nor is anything taken back by its word.
    let paid = |_, _| Known { paid: BTreeMap::from([(10, 1_000)]), ..Known::default() };
    let by_word = proposed(&[], &[said(Judgement::Forged)], paid);
    assert_eq!((by_word[0].evidence.take_back, by_word[0].calls.len()), (0, 1));
}

#[test]
fn nobody_is_judged_twice_for_the_same_receipts() {
    let found = [finding(Kind::Burst, 900, &sales())];
    // The evidence ends with epoch 20, the verdict with 30.
    for status in [Status::Demoted, Status::Active] {
        for (since, expected) in [(19, true), (20, false), (25, false)] {
            let known = |_, _| Known { bearing: Bearing { status, since: Some(since) }, ..Known::default() };
            assert_eq!(!proposed(&found, &[], known).is_empty(), expected, "{status:?} since {since}");
        }
    }
    // A granted appeal stands against the same verdict.
    for (since, expected) in [(29, true), (30, false)] {
        let known =
            |_, _| Known { bearing: Bearing { status: Status::Active, since: Some(since) }, ..Known::default() };
        assert_eq!(!proposed(&[], &[said(Judgement::Forged)], known).is_empty(), expected);
    }
}

#[test]
fn the_share_of_the_pay_that_suspected_receipts_made_is_taken_back() {
    // Suspected: 100 of day 10, and 50 of day 20; day 20 is not paid yet.
    let all = sales();
    let found = [finding(Kind::Burst, 900, &[all[0], all[3]])];
    let paid = |_, _| Known { paid: BTreeMap::from([(10, 1_001), (11, 5)]), ..Known::default() };
    let proposals = proposed(&found, &[], paid);
    let of = |side| proposals.iter().find(|proposal| proposal.side == side).unwrap();
    // One of the shop's three receipts; 100 of the 400 that the customer spent.
    assert_eq!(of(Side::Merchant).evidence.take_back, 1_001 / 3);
    assert_eq!(of(Side::Customer).evidence.take_back, 1_001 / 4);
    for proposal in &proposals {
        assert_eq!(proposal.evidence.unpaid_epochs, [20]);
    }
    // What was decided on before is not taken twice.
    let since =
        |_, _| Known { bearing: Bearing { status: Status::Demoted, since: Some(15) }, ..paid(Side::Merchant, 1) };
    for proposal in proposed(&found, &[], since) {
        assert_eq!((proposal.evidence.take_back, proposal.evidence.unpaid_epochs.as_slice()), (0, &[20][..]));
    }
}

#[test]
fn a_director_can_submit_the_calls_as_they_are() {
    let found = [finding(Kind::Burst, 900, &sales())];
    let paid = |_, _| Known { paid: BTreeMap::from([(10, 900)]), ..Known::default() };
    for proposal in proposed(&found, &[], paid) {
        let Proposal { side, index, severity, reason, .. } = proposal;
        let take_back = proposal.evidence.take_back;
        let messages = [
            ("set_status", place().registry, (side, index, severity.status(), reason).encode()),
            ("book_debt", place().rewards, (side, index, take_back, reason).encode()),
        ];
        assert_eq!(proposal.calls.len(), messages.len());
        for (call, (message, target, arguments)) in proposal.calls.iter().zip(messages) {
            let (of, rest) = call.input.split_at(4);
            assert_eq!((call.contract, of), (place().foundation, &selector("propose")[..]));
            let motion = Motion::decode(&mut &rest[..]).unwrap();
            assert_eq!(motion, call.motion);
            let input = [&selector(message)[..], &arguments].concat();
            assert!(input.len() <= MAX_INPUT_BYTES);
            assert_eq!(motion, Motion::Call { target, input });
            assert!(call.does.ends_with(message));
        }
    }
}

#[test]
fn the_reason_is_the_hash_of_everything_that_speaks_against_the_party() {
    let found = [finding(Kind::Burst, 900, &sales())];
    let of = |findings: &[Finding], verdicts: &[Verdict]| {
        proposed(findings, verdicts, |_, _| Known::default()).pop().unwrap()
    };
    let proposal = of(&found, &[]);
    let bytes = [EVIDENCE_CONTEXT, &proposal.evidence.encode()].concat();
    assert_eq!(proposal.reason, Hash::from(blake2x256(&bytes)));
    assert_eq!(of(&found, &[]).reason, proposal.reason, "the same evidence has the same hash");
    let mut other = found.clone();
    other[0].reason.push('!');
    assert_ne!(of(&other, &[]).reason, proposal.reason);
    let mut other = found.clone();
    other[0].receipts.pop();
    assert_ne!(of(&other, &[]).reason, proposal.reason);
    let proof = opening::Evidence {
        device: 1,
        epoch: 10,
        seq: 0,
        count: 1,
        index: 0,
        head_before: [0; 32],
        later: vec![],
        payload: vec![1, 2, 3],
    };
    let with_proof = Evidence { proofs: vec![proof.clone()], ..proposal.evidence.clone() };
    assert_ne!(with_proof.hash(), proposal.reason);

    let json = serde_json::to_value(&with_proof).unwrap();
    assert_eq!(
        (&json["side"], &json["index"], &json["severity"]),
        (&"customer".into(), &5.into(), &"restricted".into())
    );
    assert_eq!(json["findings"][0]["receipts"].as_array().unwrap().len(), 4);
    assert_eq!(json["proofs"][0], format!("0x{}", hex::encode(proof.encode())));
    assert_eq!(json["take_back"], "0");
}

#[test]
fn proofs_are_asked_for_of_the_partys_own_receipts() {
    // A customer's proposal need not show what others bought.
    let found = [finding(Kind::Burst, 900, &sales())];
    let asked = std::cell::RefCell::new(vec![]);
    let proofs = |receipts: &[ReceiptId]| {
        asked.borrow_mut().push(receipts.len());
        vec![]
    };
    let _ = propose(&found, &[], &features(), &place(), |_, _| Known::default(), proofs);
    // The shop's four, then the customer's three.
    assert_eq!(*asked.borrow(), [4, 3]);
}

#[test]
fn everybody_whom_the_rules_suspect_gets_a_proposal_and_nobody_else() {
    let ring = (60..82)
        .filter(|day| day % 3 != 0)
        .flat_map(|day| (1..=5).map(move |m| (30, m * 40, 700, day, 600 + u64::from(m))));
    let sales = with(town(1), ring);
    let known = facts(&sales);
    let features = Features::new(sales.clone(), whole(), known.clone()).unwrap();
    let found = findings(sales, known);
    assert_eq!(of(Kind::Collusion, &found).len(), 1);
    let proposals = propose(&found, &[], &features, &place(), |_, _| Known::default(), |_| vec![]);
    let parties: Vec<(Side, u32)> = proposals.iter().map(|proposal| (proposal.side, proposal.index)).collect();
    assert_eq!(parties, suspects(&found));
    // The board and the party read what is usual between them as well.
    for finding in proposals.iter().flat_map(|proposal| &proposal.evidence.findings) {
        let named = found.iter().find(|known| finding.reason.starts_with(&known.reason)).expect("a finding's reason");
        assert!(finding.reason.ends_with(&named.habits.to_string()) && named.habits.pairs > 0, "{}", finding.reason);
    }
    assert_eq!(parties[0], (Side::Merchant, 30));
    assert!((1..=5).all(|member| parties.contains(&(Side::Customer, member * 40))));
}
