//! One member of the committee as a process of its own.

use super::{
    report_hash, Contradiction, Disagreement, DissentError, LeafDifference, Member, Peer, Reported, StepError,
};
use crate::Book;
use bizkey_client::{ss58, Suite};
use bizkey_primitives::{
    report::{EpochState, Report},
    AccountId, Epoch, Hash, Side,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use url::Url;

/// How often the peers are asked for the leaf of one disagreement.
const SEARCHES: u32 = 10;

/// Something that whoever runs the member should read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A report of this member is final on chain.
    Reported(Reported),
    /// The committee reports another result.
    Disagrees(Dissent),
    /// Others report another result of an epoch on which no majority agrees yet.
    Split {
        /// The epoch.
        epoch: Epoch,
        /// The round of reports, from 0.
        round: u8,
        /// Whose reports they are, in the order of the committee; at least one.
        /// This process's own key is among them if another one reports with it.
        members: Vec<AccountId>,
    },
    /// It does not report an epoch, lest it contradict itself.
    Contradiction {
        /// The epoch.
        epoch: Epoch,
        /// Why.
        reason: Contradiction,
    },
}

/// A disagreement, and how close it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dissent {
    /// The epoch.
    pub epoch: Epoch,
    /// Both reports.
    pub reports: Disagreement,
    /// The first leaf that differs, with the peer that proved it; an inner
    /// `None` if no leaf does. An outer `None` if no peer could show it.
    pub leaf: Option<(Url, Option<LeafDifference>)>,
    /// Why peers could not show it.
    pub failures: Vec<(Url, DissentError)>,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reported(Reported { epoch, block }) => write!(f, "epoch {epoch}: reported in block {block}"),
            Self::Contradiction { epoch, reason } => write!(f, "epoch {epoch}: not reported: {reason}"),
            Self::Disagrees(dissent) => dissent.fmt(f),
            Self::Split { epoch, round, members } => {
                let members: Vec<String> = members.iter().map(ss58).collect();
                let members = members.join(", ");
                write!(f, "epoch {epoch}, round {round}: no majority yet; another result is reported by {members}")
            }
        }
    }
}

impl fmt::Display for Dissent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.leaf {
            Some((peer, Some(leaf))) => write!(f, "{leaf} (proved by {}; the first that differs)", shown(peer)),
            Some((peer, None)) => write!(
                f,
                "epoch {}: the committee reports the same leaves, as algorithm version {} instead of {} ({})",
                self.epoch,
                self.reports.theirs.algorithm_version,
                self.reports.ours.algorithm_version,
                shown(peer)
            ),
            None => {
                write!(f, "epoch {}: the committee reports another result", self.epoch)?;
                totals(f, &self.reports)?;
                for (peer, error) in &self.failures {
                    write!(f, "; {} cannot show the leaf: {error}", shown(peer))?;
                }
                Ok(())
            }
        }
    }
}

/// A peer without what its address may hold of its owner's.
fn shown(peer: &Url) -> String {
    let port = peer.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", peer.host_str().unwrap_or("?"))
}

/// The totals that differ.
fn totals(f: &mut fmt::Formatter<'_>, reports: &Disagreement) -> fmt::Result {
    let Disagreement { ours, theirs } = reports;
    if ours.algorithm_version != theirs.algorithm_version {
        write!(f, "; algorithm: ours {}, theirs {}", ours.algorithm_version, theirs.algorithm_version)?;
    }
    for side in Side::ALL {
        let pair = |report: &Report| *report.side(side);
        let (ours, theirs) = (pair(ours), pair(theirs));
        let figures = [
            ("leaves", u128::from(ours.count), u128::from(theirs.count)),
            (if side == Side::Merchant { "sum of scores" } else { "sum of sales" }, ours.sum_v1, theirs.sum_v1),
            ("sum of holdings", ours.sum_v2, theirs.sum_v2),
        ];
        for (name, ours, theirs) in figures.into_iter().filter(|(_, ours, theirs)| ours != theirs) {
            write!(f, "; {} {name}: ours {ours}, theirs {theirs}", side.name())?;
        }
        if ours.root != theirs.root {
            let (ours, theirs) = (hex::encode(ours.root), hex::encode(theirs.root));
            write!(f, "; {} root: ours 0x{ours}, theirs 0x{theirs}", side.name())?;
        }
    }
    Ok(())
}

/// How a member fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AloneStatus {
    /// The first epoch that is not judged.
    pub next_epoch: Epoch,
    /// Reports of this process that are final on chain.
    pub reported: u64,
    /// Epochs on which the committee reports something else.
    pub disagreements: usize,
    /// Epochs without a majority of which others report something else.
    pub split: usize,
    /// Epochs that it does not report, lest it contradict itself.
    pub contradictions: usize,
    /// Steps since the start.
    pub steps: u64,
    /// Steps that failed.
    pub failures: u64,
    /// Why the last step failed; `None` if it went well.
    pub last_error: Option<String>,
}

impl AloneStatus {
    /// Whether the last look at the chain went well.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.steps > 0 && self.last_error.is_none()
    }
}

/// The members whose votes of an open epoch are for another result, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OtherVotes {
    round: u8,
    members: Vec<AccountId>,
}

/// How close a disagreement was looked at.
#[derive(Clone, Copy, Debug)]
struct Looked {
    reports: Disagreement,
    searches: u32,
    is_found: bool,
}

/// A member that works alone: it judges, reports, and says where it disagrees.
pub struct Alone {
    book: Arc<Book>,
    member: Member,
    peers: Vec<Peer>,
    looked: BTreeMap<Epoch, Looked>,
    refused: BTreeSet<Epoch>,
    /// Where the votes of others are read, if they are.
    watched: Option<Suite>,
    split: BTreeMap<Epoch, OtherVotes>,
    status: watch::Sender<AloneStatus>,
}

impl Alone {
    /// A member over `book` that asks `peers` for leaves when it disagrees.
    #[must_use]
    pub fn new(book: Arc<Book>, member: Member, peers: Vec<Peer>) -> Self {
        let (looked, refused, split) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
        let status = watch::Sender::new(AloneStatus::default());
        Self { book, member, peers, looked, refused, watched: None, split, status }
    }

    /// Likewise, which also looks at the votes of others before a majority
    /// agrees: where they are split, there is none to disagree with.
    #[must_use]
    pub fn watching(mut self, suite: Suite) -> Self {
        self.watched = Some(suite);
        self
    }

    /// How it fares, from now on.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<AloneStatus> {
        self.status.subscribe()
    }

    /// Everything that there is to do now, once.
    ///
    /// # Errors
    /// The first failure; what was done before it stays done.
    pub async fn step(&mut self) -> Result<Vec<Notice>, StepError> {
        let outcome = self.try_step().await;
        let member = &self.member;
        self.status.send_modify(|status| {
            status.next_epoch = self.book.next_epoch();
            status.disagreements = member.disagreements().len();
            status.split = self.split.len();
            status.contradictions = member.contradictions().len();
            status.steps = status.steps.saturating_add(1);
            status.last_error = outcome.as_ref().err().map(ToString::to_string);
            status.failures = status.failures.saturating_add(u64::from(outcome.is_err()));
            let reported = outcome.iter().flatten().filter(|notice| matches!(notice, Notice::Reported(_))).count();
            status.reported = status.reported.saturating_add(reported as u64);
        });
        outcome
    }

    async fn try_step(&mut self) -> Result<Vec<Notice>, StepError> {
        self.book.advance().await?;
        let mut notices: Vec<Notice> = self.member.step().await?.into_iter().map(Notice::Reported).collect();
        for (epoch, reason) in self.member.contradictions() {
            if self.refused.insert(*epoch) {
                notices.push(Notice::Contradiction { epoch: *epoch, reason: reason.clone() });
            }
        }
        let disagreements = self.member.disagreements().clone();
        self.looked.retain(|epoch, looked| disagreements.get(epoch) == Some(&looked.reports));
        for (epoch, reports) in disagreements {
            notices.extend(self.look(epoch, reports).await.map(Notice::Disagrees));
        }
        if let Some(suite) = &self.watched {
            match split_votes(suite, &self.book).await {
                Ok(split) => {
                    for (epoch, votes) in split.iter().filter(|(epoch, votes)| self.split.get(*epoch) != Some(*votes)) {
                        let OtherVotes { round, members } = votes.clone();
                        notices.push(Notice::Split { epoch: *epoch, round, members });
                    }
                    self.split = split;
                }
                // An error would keep from whoever reads the notices what was done.
                Err(error) => tracing::warn!(%error, "the votes of others are looked at again at the next step"),
            }
        }
        Ok(notices)
    }

    /// Looks for the leaf, and says so at first and once it is found.
    async fn look(&mut self, epoch: Epoch, reports: Disagreement) -> Option<Dissent> {
        let before = self.looked.get(&epoch).copied();
        let is_first = before.is_none();
        let mut looked = before.unwrap_or(Looked { reports, searches: 0, is_found: false });
        if looked.is_found || looked.searches >= SEARCHES {
            return None;
        }
        looked.searches = looked.searches.saturating_add(1);
        let mut dissent = Dissent { epoch, reports, leaf: None, failures: Vec::new() };
        if let Some(ours) = self.book.report(epoch) {
            for peer in &self.peers {
                match peer.first_difference(self.book.network(), &ours, &reports.theirs).await {
                    Ok(leaf) => {
                        dissent.leaf = Some((peer.url.clone(), leaf));
                        looked.is_found = true;
                        break;
                    }
                    Err(error) => dissent.failures.push((peer.url.clone(), error)),
                }
            }
        }
        self.looked.insert(epoch, looked);
        (is_first || looked.is_found).then_some(dissent)
    }

    /// Steps every `interval` until `shutdown`; after failures in a row, ever
    /// more slowly up to `longest_pause`. Nothing here can be done twice, so
    /// trying again is safe. `say` is given what is worth reading.
    pub async fn run(
        mut self,
        interval: Duration,
        longest_pause: Duration,
        shutdown: CancellationToken,
        mut say: impl FnMut(&Notice),
    ) {
        let mut pause = interval;
        loop {
            match shutdown.run_until_cancelled(self.step()).await {
                None => return,
                Some(Ok(notices)) => {
                    pause = interval;
                    notices.iter().for_each(&mut say);
                }
                Some(Err(error)) => {
                    tracing::warn!(%error, ?pause, "the member tries again");
                    pause = pause.saturating_mul(2).min(longest_pause.max(interval));
                }
            }
            if shutdown.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
        }
    }
}

/// The votes for other results than the book's, of every epoch that is judged
/// and that no majority agrees on.
async fn split_votes(suite: &Suite, book: &Book) -> bizkey_client::Result<BTreeMap<Epoch, OtherVotes>> {
    let rewards = suite.rewards();
    // One final block for all of them.
    let head = Some(suite.client().finalized_head().await?.hash);
    let mut split = BTreeMap::new();
    for epoch in rewards.next_epoch(head).await?..book.next_epoch() {
        let Some(report) = book.totals(epoch) else { continue };
        let record = rewards.epoch(epoch, head).await?;
        let (state, round) = record.map_or((EpochState::Open, 0), |record| (record.state, record.round));
        if state != EpochState::Open {
            continue;
        }
        let ours = Hash::from(report_hash(&report));
        let mut members = Vec::new();
        for member in rewards.committee_at(epoch, head).await? {
            if rewards.vote_of(epoch, round, member, head).await?.is_some_and(|vote| vote != ours) {
                members.push(member);
            }
        }
        if !members.is_empty() {
            split.insert(epoch, OtherVotes { round, members });
        }
    }
    Ok(split)
}
