//! From suspicion to a proposal that the board can decide on.
//!
//! A proposal excludes nobody. It holds its evidence, and calls of
//! `foundation.propose` whose resolutions would move the party on the ladder of
//! `registry` and book what it was paid as its debt, with the evidence's hash
//! as the reason that the party sees and can appeal against. More than half of
//! the directors have to be for each.
//!
//! How severe (whitepaper 3.5, step 3: lower search rank, lower grade, trading
//! limits, removal):
//! - by the score of the strongest finding: from 500 lower rank, from 700 lower
//!   grade, from 850 restricted;
//! - one step more when findings of two kinds agree, and one when a provider
//!   says `forged`; but no more than restricted, since removal is for those who
//!   go on after that: only a party that is restricted already is to be removed;
//! - by a provider's word alone: lower rank for `suspicious`, lower grade for
//!   `forged`; the network does not restrict anybody by what it cannot check,
//!   and takes nothing back;
//! - always more than what the party bears already, else nothing is proposed;
//! - nobody is judged twice: findings and verdicts that end before the party's
//!   last change of standing are left out ([`Bearing::is_open`]).
//!
//! Rank and grade are one rung of the ladder, `demoted`: the evidence says
//! which is meant.

mod evidence;
mod recovery;
mod severity;

pub use evidence::{Evidence, EvidenceFinding, EvidenceMeasure, EvidenceReceipt, EvidenceVerdict, EVIDENCE_CONTEXT};
pub use recovery::Recovery;
pub use severity::{Bearing, Severity, GRADE_SCORE, RESTRICTED_SCORE};

use super::{features::Features, observe::Known, provider::Verdict, rules::Finding};
use bizkey_primitives::{board::Motion, hash::selector, opening, AccountId, Hash, Side};
use codec::Encode;
use std::collections::BTreeMap;

/// The network that a proposal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The chain's genesis hash.
    pub genesis: Hash,
    /// Address of `registry`.
    pub registry: AccountId,
    /// Address of `foundation`.
    pub foundation: AccountId,
    /// Address of `rewards`.
    pub rewards: AccountId,
}

/// A call that a director can submit as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardCall {
    /// What the resolution does, as `contract.message`.
    pub does: &'static str,
    /// The resolution.
    pub motion: Motion,
    /// Whom a director calls: `foundation`.
    pub contract: AccountId,
    /// With what: the call of `foundation.propose`, selector and arguments.
    pub input: Vec<u8>,
}

impl BoardCall {
    /// The resolution that calls a message of `target` with these arguments.
    pub(crate) fn new(
        place: &Place,
        does: &'static str,
        target: AccountId,
        message: &str,
        arguments: &impl Encode,
    ) -> Self {
        let mut input = selector(message).to_vec();
        arguments.encode_to(&mut input);
        let motion = Motion::Call { target, input };
        let mut input = selector("propose").to_vec();
        motion.encode_to(&mut input);
        Self { does, motion, contract: place.foundation, input }
    }
}

/// A penalty that the board may decide on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Whom it is about: the side.
    pub side: Side,
    /// Whom it is about: the index in `registry`.
    pub index: u32,
    /// What is to be done.
    pub severity: Severity,
    /// Why.
    pub evidence: Evidence,
    /// Hash of the evidence: the `reason` that the contracts keep.
    pub reason: Hash,
    /// One resolution each: `registry.set_status`; and `rewards.book_debt`, if
    /// there is something to be taken back.
    pub calls: Vec<BoardCall>,
}

/// Everybody whom findings speak against, by side, then by index: whom
/// providers may be asked about before anything is proposed.
#[must_use]
pub fn suspects(findings: &[Finding]) -> Vec<(Side, u32)> {
    let mut suspects: Vec<_> = findings.iter().flat_map(|finding| finding.suspects.iter().copied()).collect();
    suspects.sort_unstable();
    suspects.dedup();
    suspects
}

/// Proposals for everybody whom findings or verdicts speak against, by side,
/// then by index. `known` says what is known of a party, `proofs` gives proofs
/// of receipts as far as there are any.
pub fn propose(
    findings: &[Finding],
    verdicts: &[Verdict],
    features: &Features,
    place: &Place,
    known: impl Fn(Side, u32) -> Known,
    proofs: impl Fn(&[crate::scoring::ReceiptId]) -> Vec<opening::Evidence>,
) -> Vec<Proposal> {
    let mut cases: BTreeMap<(Side, u32), (Vec<&Finding>, Vec<&Verdict>)> = BTreeMap::new();
    for finding in findings {
        for suspect in &finding.suspects {
            cases.entry(*suspect).or_default().0.push(finding);
        }
    }
    for verdict in verdicts {
        cases.entry((verdict.side, verdict.index)).or_default().1.push(verdict);
    }
    let mut proposals = Vec::new();
    for ((side, index), (mut findings, mut verdicts)) in cases {
        let known = known(side, index);
        findings.retain(|finding| known.bearing.is_open(finding.epochs.1));
        verdicts.retain(|verdict| known.bearing.is_open(verdict.epochs.1));
        let Some(severity) = severity::severity(&findings, &verdicts, known.bearing.status) else {
            continue;
        };
        let recovery = Recovery::of((side, index), &findings, &known, features);
        // Of a party's part of a finding only: the rest is other people's.
        let own = evidence::own_receipts((side, index), &findings, features);
        let evidence = Evidence::new(place, (side, index), severity, &findings, &verdicts, recovery, proofs(&own));
        proposals.push(Proposal::new(place, evidence));
    }
    proposals
}

impl Proposal {
    /// The proposal that evidence makes, with its hash and calls.
    #[must_use]
    pub fn new(place: &Place, evidence: Evidence) -> Self {
        let Evidence { side, index, severity, take_back, .. } = evidence;
        let reason = evidence.hash();
        let status = (side, index, severity.status(), reason);
        let mut calls = vec![BoardCall::new(place, "registry.set_status", place.registry, "set_status", &status)];
        if take_back > 0 {
            let debt = (side, index, take_back, reason);
            calls.push(BoardCall::new(place, "rewards.book_debt", place.rewards, "book_debt", &debt));
        }
        Self { side, index, severity, evidence, reason, calls }
    }
}
