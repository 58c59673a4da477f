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

/// Why a member does not report an epoch: it would contradict itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// The chain has another report of its key.
    #[error("round {round}: the chain has report 0x{} of this member, which computes 0x{} now: another process reports with its key, or the index of one of them is wrong", hex::encode(voted), hex::encode(computed))]
    Voted {
        /// The round.
        round: u8,
        /// Hash of the report on chain.
        voted: Hash,
        /// Hash of what this process computes.
        computed: Hash,
    },
    /// Its journal has another report, or takes none.
    #[error("{0}")]
    Journal(String),
}

/// Reports closed epochs with its own key, each once, also where the key is at
/// work in several places.
///
/// A report is bound to the number of transactions that the account had at the
/// very final block in which it had no report of the round. So of the reports
/// that two machines make at the same time at most one is ever in a block, and
/// a later one is made by somebody who can see it: `rewards` itself would let
/// the second replace the first. For the same reason one epoch is reported
/// after the other.
pub struct Member {
    suite: Suite,
    signer: Signer,
    book: Arc<Book>,
    /// Every epoch below needs nothing more from this member.
    next: Epoch,
    disagreements: BTreeMap<Epoch, Disagreement>,
    journal: Option<Journal>,
    /// Epochs in which it would contradict what it has signed, and how.
    contradictions: BTreeMap<Epoch, Contradiction>,
    taken: Taken,
}

/// Steps in a row in which the node says that a nonce is taken while the final
/// blocks have it free, until that is an error: transactions become final, or
/// are dropped, in fewer.
const MOST_TAKEN: u32 = 60;

impl Member {
    /// A member that signs with `signer` what `book` holds.
    #[must_use]
    pub fn new(suite: Suite, signer: Signer, book: Arc<Book>) -> Self {
        let (disagreements, contradictions) = (BTreeMap::new(), BTreeMap::new());
        let taken = Taken::default();
        Self { suite, signer, book, next: 0, disagreements, journal: None, contradictions, taken }
    }

    /// Likewise, which also notes on disk what it is about to sign, and signs
    /// nothing that contradicts its notes.
    #[must_use]
    pub fn with_journal(mut self, journal: Journal) -> Self {
        self.journal = Some(journal);
        self
    }

    /// Reports every judged epoch that waits for this member's report, and
    /// waits until the reports are final. Doing it again does nothing. Where
    /// another process takes the key's turn, the rest waits for the next step,
    /// which sees on chain what came of it.
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

        let mut reported = Vec::new();
        for epoch in self.next..self.book.next_epoch() {
            // Signed is what the rows lead to, not what was noted beside them.
            let Some(report) = self.book.report(epoch).map(|report| report.report()) else { continue };
            let Some(nonce) = self.turn(epoch, &report).await? else { continue };
            let call = rewards.report(epoch, &report);
            let outcome = match call.submit_with_nonce(&self.signer, nonce).await {
                Ok(sent) => sent.finalized().await,
                Err(error) => Err(error),
            };
            match outcome {
                Ok(done) => reported.push(Reported { epoch, block: done.block.number }),
                // Others were faster, or an earlier attempt went through after all.
                Err(error) if is_done(&error) => {}
                Err(error @ ClientError::NonceUsed { .. }) => {
                    tracing::info!(epoch, nonce, "another transaction of this key is under way");
                    if self.is_taken_too_often(nonce) {
                        return Err(error);
                    }
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        // An open epoch is looked at again: a struck report opens another round.
        Ok(reported)
    }

    /// Whether the same nonce has been another's for longer than that can be.
    fn is_taken_too_often(&mut self, nonce: u32) -> bool {
        let times = if self.taken.nonce == nonce { self.taken.times.saturating_add(1) } else { 1 };
        self.taken = Taken { nonce, times };
        times >= MOST_TAKEN
    }

    /// The nonce with which the epoch may be reported; `None` if it may not, or
    /// need not.
    async fn turn(&mut self, epoch: Epoch, report: &Report) -> Result<Option<u32>> {
        let (rewards, client, member) = (self.suite.rewards(), self.suite.client().clone(), self.signer.account_id());
        // One final block for all: a report that is not in it has this nonce or
        // a later one, and no branch of the chain goes back behind it.
        let head = client.finalized_head().await?.hash;
        let record = rewards.epoch(epoch, Some(head)).await?;
        let (state, round) = record.map_or((EpochState::Open, 0), |record| (record.state, record.round));
        if state != EpochState::Open {
            self.compare(epoch).await?;
            return Ok(None);
        }
        if !rewards.committee_at(epoch, Some(head)).await?.contains(&member) {
            return Ok(None);
        }
        let voted = rewards.vote_of(epoch, round, member, Some(head)).await?;
        if !self.may_report(epoch, round, report, voted) {
            return Ok(None);
        }
        Ok(Some(client.account_at(&member, &head).await?.nonce))
    }

    /// Whether this member has not reported the round yet, neither this report
    /// nor another. `rewards` lets a member change its mind until a majority
    /// agrees; we do not: who computes two reports from one chain has a fault.
    fn may_report(&mut self, epoch: Epoch, round: u8, report: &Report, voted: Option<Hash>) -> bool {
        let computed = Hash::from(report_hash(report));
        let refused = match (voted, &mut self.journal) {
            (Some(voted), _) if voted == computed => {
                self.contradictions.remove(&epoch);
                return false;
            }
            (Some(voted), _) => Some(Contradiction::Voted { round, voted, computed }),
            (None, None) => None,
            (None, Some(journal)) => {
                journal.note(epoch, round, report).err().map(|error| Contradiction::Journal(error.to_string()))
            }
        };
        let Some(refused) = refused else {
            self.contradictions.remove(&epoch);
            return true;
        };
        if self.contradictions.get(&epoch) != Some(&refused) {
            tracing::error!(epoch, %refused, "not reported");
            self.contradictions.insert(epoch, refused);
        }
        false
    }

    /// Epochs that this member does not report because it would contradict
    /// what it signed before, or cannot note what it signs.
    #[must_use]
    pub fn contradictions(&self) -> &BTreeMap<Epoch, Contradiction> {
        &self.contradictions
    }

    /// Notes where the committee's majority reports something else.
    async fn compare(&mut self, epoch: Epoch) -> Result<()> {
        let Some(ours) = self.book.totals(epoch) else { return Ok(()) };
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

/// A key's turn that others take again and again.
#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    nonce: u32,
    times: u32,
}

/// Refusals that mean that there is nothing left to do.
fn is_done(error: &ClientError) -> bool {
    matches!(refusal(error), Some(rewards::Error::AlreadyReported | rewards::Error::ReportsClosed))
}
