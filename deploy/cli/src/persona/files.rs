//! Findings and proposals for programs.

use super::text::Names;
use bizkey_client::ss58;
use bizkey_oracle::persona::{
    proposal::Evidence,
    rules::{Habits, Measure},
    Finding, Proposal,
};
use bizkey_primitives::{Epoch, Side};
use codec::Encode;
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct FindingFile<'a> {
    kind: &'static str,
    score: u16,
    reason: &'a str,
    measures: &'a [Measure],
    habits: &'a Habits,
    merchants: &'a [u32],
    customers: &'a [u32],
    suspects: Vec<Party>,
    first_epoch: Epoch,
    last_epoch: Epoch,
    /// As `device-batch-position`, or as a file calls them.
    receipts: Vec<String>,
}

#[derive(Serialize)]
struct Party {
    side: &'static str,
    index: u32,
}

impl From<(Side, u32)> for Party {
    fn from((side, index): (Side, u32)) -> Self {
        Self { side: side.name(), index }
    }
}

/// Writes findings as one JSON list.
///
/// # Errors
/// Those of the file system.
pub fn write_findings(path: &Path, findings: &[Finding], names: &Names<'_>) -> anyhow::Result<()> {
    let findings: Vec<FindingFile<'_>> = findings
        .iter()
        .map(|finding| FindingFile {
            kind: finding.kind.name(),
            score: finding.score,
            reason: &finding.reason,
            measures: &finding.measures,
            habits: &finding.habits,
            merchants: &finding.merchants,
            customers: &finding.customers,
            suspects: finding.suspects.iter().map(|suspect| Party::from(*suspect)).collect(),
            first_epoch: finding.epochs.0,
            last_epoch: finding.epochs.1,
            receipts: finding.receipts.iter().map(|id| names.of(id)).collect(),
        })
        .collect();
    Ok(std::fs::write(path, serde_json::to_vec_pretty(&findings)?)?)
}

/// A proposal as the board and the party read it.
#[derive(Serialize)]
struct ProposalFile<'a> {
    version: u16,
    side: &'static str,
    index: u32,
    severity: &'static str,
    /// The hash that `registry` and `rewards` keep: Blake2x256 of the bytes of
    /// `context` and of `evidence_scale`.
    reason: String,
    context: &'static str,
    evidence_scale: String,
    evidence: &'a Evidence,
    calls: Vec<CallFile>,
}

/// What a director submits: `Contracts.call` of the contract with this input.
#[derive(Serialize)]
struct CallFile {
    does: &'static str,
    contract: String,
    input: String,
    /// The resolution alone, as `foundation` shows it.
    motion: String,
}

/// Writes each proposal to a file of its own, named by the party and the
/// reason; the same proposal is the same file. Returns how many.
///
/// # Errors
/// Those of the file system.
pub fn write_proposals(folder: &Path, proposals: &[Proposal]) -> anyhow::Result<usize> {
    std::fs::create_dir_all(folder)?;
    for proposal in proposals {
        let Proposal { side, index, reason, evidence, .. } = proposal;
        let name = format!("{}-{index}-{}.json", side.name(), hex::encode(&reason.as_ref()[..8]));
        let calls = proposal.calls.iter().map(|call| CallFile {
            does: call.does,
            contract: ss58(&call.contract),
            input: bytes(&call.input),
            motion: bytes(&call.motion.encode()),
        });
        let file = ProposalFile {
            version: 1,
            side: side.name(),
            index: *index,
            severity: proposal.severity.name(),
            reason: bytes(reason.as_ref()),
            context: CONTEXT,
            evidence_scale: bytes(&evidence.encode()),
            evidence,
            calls: calls.collect(),
        };
        std::fs::write(folder.join(name), serde_json::to_vec_pretty(&file)?)?;
    }
    Ok(proposals.len())
}

/// [`bizkey_oracle::persona::proposal::EVIDENCE_CONTEXT`] as text.
const CONTEXT: &str = "bizkey/persona/1";

fn bytes(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_context_is_the_one_that_is_hashed() {
        assert_eq!(super::CONTEXT.as_bytes(), bizkey_oracle::persona::proposal::EVIDENCE_CONTEXT);
    }
}
