//! Findings and proposals for people.

use bizkey_oracle::{
    persona::{proposal::Proposal, Finding},
    rows::tokens,
    scoring::ReceiptId,
};
use bizkey_primitives::Side;
use std::fmt::Write as _;

/// What receipts are called.
pub enum Names<'a> {
    /// By their place on chain: device-batch-position.
    OfChain,
    /// By the ids of a file: a receipt's `seq` is the id's place.
    OfFile(&'a [String]),
}

impl Names<'_> {
    /// A receipt's name.
    #[must_use]
    pub fn of(&self, id: &ReceiptId) -> String {
        let by_place = || format!("{}-{}-{}", id.device, id.seq, id.index);
        match self {
            Names::OfChain => by_place(),
            Names::OfFile(ids) => {
                let place = usize::try_from(id.seq).ok();
                place.and_then(|place| ids.get(place)).cloned().unwrap_or_else(by_place)
            }
        }
    }
}

/// A finding with its reasons and habits, and so many of its receipts.
#[must_use]
pub fn finding_text(finding: &Finding, names: &Names<'_>, shown: usize) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(text, "{}, score {} of 1000: {}", finding.kind.name(), finding.score, finding.reason);
    for measure in &finding.measures {
        let value = if measure.value == u64::MAX { "beyond compare".to_owned() } else { measure.value.to_string() };
        let _ = writeln!(text, "  {}: {value}; speaks from {}, since {}", measure.name, measure.threshold, measure.why);
    }
    let habits = finding.habits.to_string();
    if !habits.is_empty() {
        let _ = writeln!(text, "  habits: {habits}");
    }
    let parties: Vec<String> = finding.suspects.iter().map(|suspect| party(*suspect)).collect();
    let _ = writeln!(text, "  suspected: {}", parties.join(", "));
    let receipts: Vec<String> = finding.receipts.iter().take(shown).map(|id| names.of(id)).collect();
    let more = finding.receipts.len().saturating_sub(shown);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let _ = writeln!(text, "  receipts: {}{rest}", receipts.join(", "));
    text
}

/// A proposal in two lines.
#[must_use]
pub fn proposal_text(proposal: &Proposal) -> String {
    let evidence = &proposal.evidence;
    let token = match proposal.side {
        Side::Merchant => "Bzky",
        Side::Customer => "Time",
    };
    let mut text = format!("{}: {}", party((proposal.side, proposal.index)), proposal.severity.name());
    if evidence.take_back > 0 {
        let _ = write!(text, ", and {} {token} are taken back", tokens(evidence.take_back));
    }
    if !evidence.unpaid_epochs.is_empty() {
        let _ = write!(text, "; {} epochs are not paid yet", evidence.unpaid_epochs.len());
    }
    let kinds: Vec<&str> = evidence.findings.iter().map(|finding| finding.kind.as_str()).collect();
    let providers: Vec<&str> = evidence.verdicts.iter().map(|verdict| verdict.provider.as_str()).collect();
    let _ = writeln!(
        text,
        "\n  for {}; {} proofs of batches; reason 0x{}",
        [kinds, providers].concat().join(", "),
        evidence.proofs.len(),
        hex::encode(proposal.reason),
    );
    text
}

fn party((side, index): (Side, u32)) -> String {
    match side {
        Side::Merchant => format!("shop {index}"),
        Side::Customer => format!("customer {index}"),
    }
}
