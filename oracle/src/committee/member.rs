//! One member of the committee.

use super::{refusal, report_hash, Journal};
use crate::Book;
use bizkey_client::{ClientError, Result, Signer, Suite};
use bizkey_primitives::{errors::rewards, report::EpochState, report::Report, Epoch, Hash};
use std::{collections::BTreeMap, sync::Arc};

/// A report that this member has sent and that is final on chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported {
    /// The epoch.
    pub epoch: Epoch,
    /// The block that holds it.
    pub block: u32,
}

/// The committee settled on another report than this member's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// What this member computes.
    pub ours: Report,
    /// What the majority reported.
    pub theirs: Report,
}

/// Reports closed epochs with its own key, each once.
pub struct Member {
    suite: Suite,
    signer: Signer,
    book: Arc<Book>,
    /// Every epoch below needs nothing more from this member.
    next: Epoch,
    disagreements: BTreeMap<Epoch, Disagreement>,
    journal: Option<Journal>,
    /// Epochs in which it would contradict what it has signed, and how.
    contradictions: BTreeMap<Epoch, String>,
}

impl Member {
    /// A member that signs with `signer` what `book` holds.
    #[must_use]
    pub fn new(suite: Suite, signer: Signer, book: Arc<Book>) -> Self {
        let (disagreements, contradictions) = (BTreeMap::new(), BTreeMap::new());
        Self { suite, signer, book, next: 0, disagreements, journal: None, contradictions }
    }

    /// Likewise, which also notes on disk what it is about to sign, and signs
    /// nothing that contradicts its notes.
    #[must_use]
    pub fn with_journal(mut self, journal: Journal) -> Self {
        self.journal = Some(journal);
        self
    }

    /// Reports every judged epoch that waits for this member's report, and
    /// waits until the reports are final. Doing it again does nothing.
    ///
    /// # Errors
    /// Those of the chain. What was reported before stays so.
    pub async fn step(&mut self) -> Result<Vec<Reported>> {
        let rewards = self.suite.rewards();
        let settled = rewards.next_epoch(None).await?;
        for epoch in self.next..settled.min(self.book.next_epoch()) {
            self.compare(epoch).await?;
        }
        self.next = self.next.max(settled.min(self.book.next_epoch()));

        let mut pending = Vec::new();
        for epoch in self.next..self.book.next_epoch() {
            let Some(report) = self.book.report(epoch) else { continue };
            let record = rewards.epoch(epoch, None).await?;
            let (state, round) = record.map_or((EpochState::Open, 0), |record| (record.state, record.round));
            if state != EpochState::Open {
                self.compare(epoch).await?;
                continue;
            }
            if !rewards.committee_at(epoch, None).await?.contains(&self.signer.account_id()) {
                continue;
            }
            if !self.may_report(epoch, round, &report.report()).await? {
                continue;
            }
            match rewards.report(epoch, &report.report()).submit(&self.signer).await {
                Ok(sent) => pending.push((epoch, sent)),
                Err(error) if is_done(&error) => {}
                Err(error) => return Err(error),
            }
        }
        let mut reported = Vec::new();
        for (epoch, sent) in pending {
            match sent.finalized().await {
                Ok(done) => reported.push(Reported { epoch, block: done.block.number }),
                // Others were faster, or an earlier attempt went through after all.
                Err(error) if is_done(&error) => {}
                Err(error) => return Err(error),
            }
        }
        // An open epoch is looked at again: a struck report opens another round.
        Ok(reported)
    }

    /// Whether this member has not reported the round yet, neither this report
    /// nor another. `rewards` lets a member change its mind until a majority
    /// agrees; we do not: who computes two reports from one chain has a fault.
    async fn may_report(&mut self, epoch: Epoch, round: u8, report: &Report) -> Result<bool> {
        let member = self.signer.account_id();
        let voted = self.suite.rewards().vote_of(epoch, round, member, None).await?;
        let hash = Hash::from(report_hash(report));
        let refused = match (voted, &mut self.journal) {
            (Some(voted), _) if voted == hash => return Ok(false),
            (Some(voted), _) => Some(format!(
                "round {round}: the chain has report 0x{} of this member, which computes 0x{} now",
                hex::encode(voted),
                hex::encode(hash)
            )),
            (None, None) => None,
            (None, Some(journal)) => journal.note(epoch, round, report).err().map(|error| error.to_string()),
        };
        let Some(refused) = refused else {
            self.contradictions.remove(&epoch);
            return Ok(true);
        };
        if self.contradictions.get(&epoch) != Some(&refused) {
            tracing::error!(epoch, %refused, "not reported");
            self.contradictions.insert(epoch, refused);
        }
        Ok(false)
    }

    /// Epochs that this member does not report because it would contradict
    /// what it signed before, or cannot note what it signs.
    #[must_use]
    pub fn contradictions(&self) -> &BTreeMap<Epoch, String> {
        &self.contradictions
    }

    /// Notes where the committee's majority reports something else.
    async fn compare(&mut self, epoch: Epoch) -> Result<()> {
        let Some(ours) = self.book.report(epoch).map(|report| report.report()) else { return Ok(()) };
        let Some(record) = self.suite.rewards().epoch(epoch, None).await? else { return Ok(()) };
        let has_report = matches!(record.state, EpochState::Pending | EpochState::Final | EpochState::Disputed);
        if has_report && record.report != ours {
            let disagreement = Disagreement { ours, theirs: record.report };
            if self.disagreements.insert(epoch, disagreement).is_none() {
                tracing::error!(epoch, ?disagreement, "the committee reports another result than this member");
            }
        } else {
            self.disagreements.remove(&epoch);
        }
        Ok(())
    }

    /// Epochs on which the committee's majority reports something else, with both reports.
    #[must_use]
    pub fn disagreements(&self) -> &BTreeMap<Epoch, Disagreement> {
        &self.disagreements
    }
}

/// Refusals that mean that there is nothing left to do.
fn is_done(error: &ClientError) -> bool {
    matches!(refusal(error), Some(rewards::Error::AlreadyReported | rewards::Error::ReportsClosed))
}
