//! How severe a penalty is proposed.

use crate::persona::{
    provider::{Judgement, Verdict},
    rules::{Finding, LEAST_SCORE},
};
use bizkey_primitives::{Epoch, Status};
use codec::Encode;
use serde::Serialize;
use std::collections::BTreeSet;

/// From this score on, a lower grade.
pub const GRADE_SCORE: u16 = 700;
/// From this score on, restricted.
pub const RESTRICTED_SCORE: u16 = 850;

/// What is to be done about somebody, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Found later in searches.
    LowerRank,
    /// A lower grade.
    LowerGrade,
    /// May not trade for rewards.
    Restricted,
    /// Out of the network.
    Removed,
}

impl Severity {
    /// The rung of the ladder.
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Severity::LowerRank | Severity::LowerGrade => Status::Demoted,
            Severity::Restricted => Status::Restricted,
            Severity::Removed => Status::Removed,
        }
    }

    /// The name in files, and for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Severity::LowerRank => "lower-rank",
            Severity::LowerGrade => "lower-grade",
            Severity::Restricted => "restricted",
            Severity::Removed => "removed",
        }
    }

    /// One step more, but not removal.
    const fn raised(self) -> Self {
        match self {
            Severity::LowerRank => Severity::LowerGrade,
            Severity::LowerGrade | Severity::Restricted => Severity::Restricted,
            Severity::Removed => Severity::Removed,
        }
    }
}

/// Where a party stands, and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bearing {
    /// Its standing.
    pub status: Status,
    /// The epoch of the last change; `None` if there never was one.
    pub since: Option<Epoch>,
}

impl Bearing {
    /// Whether the board has not decided since an epoch: what lies before the
    /// last change of standing has been judged, whether it led to a penalty or
    /// an appeal was granted.
    #[must_use]
    pub fn is_open(&self, epoch: Epoch) -> bool {
        self.since.is_none_or(|since| epoch > since)
    }
}

/// How severe; `None` if there is nothing to be added to what the party bears.
/// Findings and verdicts are those that are open.
pub(super) fn severity(findings: &[&Finding], verdicts: &[&Verdict], present: Status) -> Option<Severity> {
    let said = |judgement| verdicts.iter().any(|verdict| verdict.judgement == judgement);
    let strongest = findings.iter().map(|finding| finding.score).max().filter(|score| *score >= LEAST_SCORE);
    let severity = match strongest {
        Some(score) => {
            let mut severity = match score {
                RESTRICTED_SCORE.. => Severity::Restricted,
                GRADE_SCORE.. => Severity::LowerGrade,
                _ => Severity::LowerRank,
            };
            let kinds: BTreeSet<_> = findings.iter().map(|finding| finding.kind).collect();
            if kinds.len() > 1 {
                severity = severity.raised();
            }
            if said(Judgement::Forged) {
                severity = severity.raised();
            }
            severity
        }
        None if said(Judgement::Forged) => Severity::LowerGrade,
        None if said(Judgement::Suspicious) => Severity::LowerRank,
        None => return None,
    };
    // Who goes on after a penalty gets the next; a provider's word alone adds none.
    match (present, strongest) {
        (Status::Active, _) => Some(severity),
        (Status::Demoted, Some(_)) => Some(severity.max(Severity::Restricted)),
        (Status::Restricted, Some(_)) => Some(Severity::Removed),
        _ => None,
    }
}
