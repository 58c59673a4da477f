//! Paying everybody.

use super::refusal;
use crate::{
    report::{EpochReport, Push},
    Book,
};
use bizkey_client::{Pending, Result, Signer, Suite};
use bizkey_primitives::{errors::rewards, report::EpochState, tree::SUBTREE_LEAVES, Epoch, Side};
use std::{collections::BTreeMap, sync::Arc};

/// Epochs after finality in which claims are open (architecture.md, Rewards).
pub(super) const CLAIM_EPOCHS: u32 = 400;
/// Margin on the gas of a dry-run, percent: claims of others may come between.
pub(super) const GAS_MARGIN_PERCENT: u64 = 20;
/// Most calls that wait for a block at the same time.
pub(super) const MOST_UNDER_WAY: usize = 64;

/// A push that paid somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The epoch.
    pub epoch: Epoch,
    /// The side.
    pub side: Side,
    /// Position of the subtree's first leaf.
    pub base: usize,
    /// The block that holds it.
    pub block: u32,
}

/// How far an epoch's payment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// There are leaves to push.
    Open,
    /// Who is left cannot be paid now. Tried again when more than so many
    /// epochs are judged.
    Waiting(Epoch),
    /// Paid in full, or nothing that we can prove.
    Done,
}

/// Whether the leaves of an epoch can be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claimable {
    /// It is final, as we judged it.
    Yes,
    /// It may still become final: it is disputed, or not reported.
    NotYet,
    /// It is void, or final with leaves that we cannot prove.
    Never,
}

impl Claimable {
    /// What the chain says of an epoch that we judged.
    ///
    /// # Errors
    /// Those of the connection.
    pub(super) async fn of(suite: &Suite, report: &EpochReport) -> Result<Self> {
        Ok(match suite.rewards().epoch(report.epoch(), None).await? {
            Some(record) if record.state == EpochState::Final && record.report == report.report() => Self::Yes,
            Some(record) if matches!(record.state, EpochState::Final | EpochState::Void) => Self::Never,
            _ => Self::NotYet,
        })
    }
}

/// What became of a subtree.
enum Subtree {
    Paid,
    /// Nobody who is left can be paid now.
    Unpayable,
    Sent(Pending),
}

/// Pushes the leaves of final epochs until all are paid. A leaf that cannot be
/// paid now, because its party is held or removed, is tried again whenever
/// another epoch is judged, as long as claims are open.
pub struct Claimer {
    suite: Suite,
    signer: Signer,
    book: Arc<Book>,
    progress: BTreeMap<Epoch, Progress>,
}

impl Claimer {
    /// A claimer that pays its fees from `signer`.
    #[must_use]
    pub fn new(suite: Suite, signer: Signer, book: Arc<Book>) -> Self {
        Self { suite, signer, book, progress: BTreeMap::new() }
    }

    /// Pushes every subtree of final epochs that has an unpaid leaf, and waits
    /// until the pushes are final. Doing it again pushes nothing twice.
    ///
    /// # Errors
    /// Those of the chain. What was paid before stays so.
    pub async fn step(&mut self) -> Result<Vec<Pushed>> {
        let judged = self.book.next_epoch();
        let settled = self.suite.rewards().next_epoch(None).await?.min(judged);
        let oldest = settled.saturating_sub(CLAIM_EPOCHS);
        self.progress = self.progress.split_off(&oldest);
        let mut pushed = Vec::new();
        for epoch in oldest..settled {
            // Each round looks at the bitmap again: only the chain says what is paid.
            while self.is_due(epoch, judged) {
                let progress = self.push_epoch(epoch, judged, &mut pushed).await?;
                self.progress.insert(epoch, progress);
            }
        }
        Ok(pushed)
    }

    fn is_due(&self, epoch: Epoch, judged: Epoch) -> bool {
        match self.progress.get(&epoch) {
            None | Some(Progress::Open) => true,
            Some(Progress::Waiting(since)) => *since < judged,
            Some(Progress::Done) => false,
        }
    }

    /// One round: pushes what can be paid, up to [`MOST_UNDER_WAY`] subtrees.
    async fn push_epoch(&self, epoch: Epoch, judged: Epoch, pushed: &mut Vec<Pushed>) -> Result<Progress> {
        // It is judged, and claims are open: a kept report could not be read now.
        let Some(report) = self.book.report(epoch) else { return Ok(Progress::Waiting(judged)) };
        match Claimable::of(&self.suite, &report).await? {
            Claimable::Yes => {}
            Claimable::Never => return Ok(Progress::Done),
            Claimable::NotYet => return Ok(Progress::Waiting(judged)),
        }
        let subtrees = Side::ALL.into_iter().flat_map(|side| report.tree(side).bases().map(move |base| (side, base)));
        let (mut sent, mut unpayable) = (Vec::new(), false);
        for (side, base) in subtrees {
            match self.push_subtree(&report, side, base).await? {
                Subtree::Paid => {}
                Subtree::Unpayable => unpayable = true,
                Subtree::Sent(pending) => sent.push((Pushed { epoch, side, base, block: 0 }, pending)),
            }
            if sent.len() >= MOST_UNDER_WAY {
                break;
            }
        }
        if sent.is_empty() {
            return Ok(if unpayable { Progress::Waiting(judged) } else { Progress::Done });
        }
        for (push, pending) in sent {
            match pending.finalized().await {
                Ok(done) => pushed.push(Pushed { block: done.block.number, ..push }),
                // Somebody else was faster; the bitmap will tell.
                Err(error) if refusal(&error).is_some() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Progress::Open)
    }

    /// Pushes a subtree if somebody in it can be paid.
    async fn push_subtree(&self, report: &EpochReport, side: Side, base: usize) -> Result<Subtree> {
        let epoch = report.epoch();
        let Some(Push { leaves, proof, .. }) = report.push(side, base) else { return Ok(Subtree::Paid) };
        let contract = self.suite.rewards();
        // A tree has fewer than 2^32 leaves.
        let word = u32::try_from(base).unwrap_or(u32::MAX) / SUBTREE_LEAVES;
        let claimed = contract.claimed_words(side, epoch, word, None).await?;
        if (0..leaves.len()).all(|bit| claimed >> bit & 1 == 1) {
            return Ok(Subtree::Paid);
        }
        let call = contract.push(side, epoch, &leaves, &proof);
        let trial = match call.dry_run(&self.signer.account_id(), None).await {
            Ok(trial) => trial,
            // The chain's best block may lag behind the one that we read.
            Err(error) if refusal(&error) == Some(rewards::Error::NotFinal) => return Ok(Subtree::Unpayable),
            Err(error) => return Err(error),
        };
        if trial.value == 0 {
            return Ok(Subtree::Unpayable);
        }
        let gas = trial.gas_required.plus_percent(GAS_MARGIN_PERCENT);
        Ok(Subtree::Sent(call.with_gas(gas).submit(&self.signer).await?))
    }
}
