//! On which leaf two reports differ, found with proofs of the other side.
//!
//! A peer's proof service need not be trusted: each proof is checked against
//! the root that the committee reported. The siblings of one proof split the
//! other tree into subtrees with known hashes; the leftmost one that our
//! leaves do not give holds the first difference, and its first account leads
//! to the next proof. So a few dozen proofs find one leaf among millions.

use crate::{
    fetch::{FetchError, Fetcher},
    proofs::{self, ProofAnswer},
    report::{EpochReport, Network},
};
use bizkey_primitives::{
    report::{Report, SideReport},
    tree::{Domain, Leaf, ProofStep, TreeError, Tuple},
    Epoch, Side,
};
use std::{fmt, sync::Arc};
use url::Url;

/// Accounts of ours that are asked for until the other side knows one.
const FIRST_TRIES: usize = 16;
/// Proofs that may be asked for one leaf: a tree has at most 32 levels.
const MOST_PROOFS: usize = 40;

/// The first account, ascending, on which two trees differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafDifference {
    /// The epoch.
    pub epoch: Epoch,
    /// Merchants or customers.
    pub side: Side,
    /// The account's index in `registry`.
    pub account: u32,
    /// This member's leaf; `None` for none.
    pub ours: Option<Leaf>,
    /// The committee's leaf; `None` for none.
    pub theirs: Option<Leaf>,
}

impl fmt::Display for LeafDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epoch, side, account, ours, theirs } = self;
        let values = |leaf: &Option<Leaf>| match (leaf, side) {
            (None, _) => "no leaf".to_owned(),
            (Some(leaf), Side::Merchant) => format!("score {} and holding {}", leaf.v1, leaf.v2),
            (Some(leaf), Side::Customer) => format!("sales {}", leaf.v1),
        };
        write!(
            f,
            "epoch {epoch}, {} {account}: this member computes {}, the committee reports {}",
            side.name(),
            values(ours),
            values(theirs)
        )
    }
}

/// Why a leaf was not found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DissentError {
    /// The peer did not answer.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Its answer is no proof.
    #[error("its answer is no proof: {0}")]
    NotAProof(String),
    /// Its proof does not belong to the report.
    #[error("its proof does not lead to the reported root ({0:?}): it holds another report")]
    OtherReport(TreeError),
    /// It has none of the accounts that it was asked for.
    #[error("it has no proof for any of {0} accounts that it was asked for")]
    NoProof(usize),
    /// Its proofs lead nowhere.
    #[error("its proofs do not come to an end")]
    Endless,
    /// Our own leaves make no tree.
    #[error("this member's leaves make no tree: {0:?}")]
    OwnTree(TreeError),
}

/// A peer's proof service.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Where it is, without `/v1/proofs`.
    pub url: Url,
    fetcher: Fetcher,
}

impl Peer {
    /// The peer at `url`.
    #[must_use]
    pub fn new(url: Url, fetcher: Fetcher) -> Self {
        Self { url, fetcher }
    }

    /// The first leaf on which `theirs` differs from our report; `None` if no
    /// leaf does, and only the algorithm's version differs.
    ///
    /// # Errors
    /// [`DissentError`].
    pub async fn first_difference(
        &self,
        network: &Network,
        ours: &Arc<EpochReport>,
        theirs: &Report,
    ) -> Result<Option<LeafDifference>, DissentError> {
        let epoch = ours.epoch();
        for side in Side::ALL {
            let reported = *theirs.side(side);
            // Ours by their version, so that only values make hashes differ.
            let domain = network.domain(side, epoch, theirs.algorithm_version);
            let search = Search { peer: self, ours: ours.clone(), domain, side, reported };
            if let Some(difference) = search.run().await? {
                return Ok(Some(difference));
            }
        }
        Ok(None)
    }

    /// A proof, unchecked; `None` if the peer says that there is no such leaf.
    async fn proof(
        &self,
        side: Side,
        epoch: Epoch,
        account: u32,
    ) -> Result<Option<(Leaf, Vec<ProofStep>)>, DissentError> {
        let mut url = self.url.clone();
        {
            let mut path = url
                .path_segments_mut()
                .map_err(|()| DissentError::NotAProof("its address cannot have a path".into()))?;
            path.pop_if_empty().extend(["v1", "proofs", side.name(), &epoch.to_string(), &account.to_string()]);
        }
        let body = match self.fetcher.get(&url).await {
            Ok(body) => body,
            Err(FetchError::Status(404)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let answer: ProofAnswer =
            serde_json::from_slice(&body).map_err(|error| DissentError::NotAProof(error.to_string()))?;
        let (leaf, steps) = read(&answer).ok_or_else(|| DissentError::NotAProof("a number or hash is none".into()))?;
        if leaf.account != account {
            return Err(DissentError::NotAProof(format!("it is of account {}, not {account}", leaf.account)));
        }
        Ok(Some((leaf, steps)))
    }
}

/// A part of the other tree.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// Position of its first leaf.
    start: usize,
    tuple: Tuple,
    /// The leaf itself, if it is one that we have seen.
    leaf: Option<Leaf>,
}

struct Search<'a> {
    peer: &'a Peer,
    ours: Arc<EpochReport>,
    domain: Domain,
    side: Side,
    reported: SideReport,
}

impl Search<'_> {
    async fn run(&self) -> Result<Option<LeafDifference>, DissentError> {
        let ours = self.ours.tree(self.side).leaves();
        if self.reported.count == 0 {
            return Ok(ours.first().map(|leaf| self.difference(Some(*leaf), None)));
        }
        let mut parts = self.any_proof().await?;
        for _ in 0..MOST_PROOFS {
            parts.sort_by_key(|part| part.start);
            let Some(part) = self.first_that_differs(parts).await? else {
                // All of theirs is ours; what we have beyond is the difference.
                let beyond = usize::try_from(self.reported.count).unwrap_or(usize::MAX);
                return Ok(ours.get(beyond).map(|leaf| self.difference(Some(*leaf), None)));
            };
            if let Some(leaf) = part.leaf {
                return Ok(Some(self.difference(ours.get(part.start).copied(), Some(leaf))));
            }
            let found = self.checked(part.tuple.min_account).await?;
            let found = found.ok_or(DissentError::NoProof(1))?;
            let end = part.start.saturating_add(part.tuple.count as usize);
            parts = found.into_iter().filter(|inner| (part.start..end).contains(&inner.start)).collect();
            // The leaf that was asked for is the first of them.
            if !parts.iter().any(|inner| inner.start == part.start && inner.leaf.is_some()) {
                return Err(DissentError::Endless);
            }
        }
        Err(DissentError::Endless)
    }

    /// The parts along the proof of some account that both sides have.
    async fn any_proof(&self) -> Result<Vec<Part>, DissentError> {
        let ours = self.ours.tree(self.side).leaves();
        let tries = ours.len().min(FIRST_TRIES);
        let mut accounts: Vec<u32> = (0..tries)
            .filter_map(|number| ours.get(number * ours.len() / tries.max(1)))
            .map(|leaf| leaf.account)
            .collect();
        if accounts.is_empty() {
            // FIRST_TRIES is small.
            accounts = (1..).take(FIRST_TRIES).collect();
        }
        for account in &accounts {
            if let Some(parts) = self.checked(*account).await? {
                return Ok(parts);
            }
        }
        Err(DissentError::NoProof(accounts.len()))
    }

    /// The parts along a proof that leads to the reported root.
    async fn checked(&self, account: u32) -> Result<Option<Vec<Part>>, DissentError> {
        let Some((leaf, steps)) = self.peer.proof(self.side, self.ours.epoch(), account).await? else {
            return Ok(None);
        };
        let tuple = leaf.tuple(&self.domain).map_err(DissentError::OtherReport)?;
        let position = self.reported.verify(&self.domain, tuple, &steps).map_err(DissentError::OtherReport)? as usize;
        let mut parts = vec![Part { start: position, tuple, leaf: Some(leaf) }];
        // What the walk covers so far. Verified counts add up within u32.
        let (mut start, mut end) = (position, position.saturating_add(1));
        for ProofStep { sibling_is_left, sibling } in steps {
            let count = sibling.count as usize;
            if sibling_is_left {
                start = start.saturating_sub(count);
                parts.push(Part { start, tuple: sibling, leaf: None });
            } else {
                parts.push(Part { start: end, tuple: sibling, leaf: None });
                end = end.saturating_add(count);
            }
        }
        Ok(Some(parts))
    }

    /// The first part that our leaves at its positions do not give.
    async fn first_that_differs(&self, parts: Vec<Part>) -> Result<Option<Part>, DissentError> {
        let (ours, side, domain) = (self.ours.clone(), self.side, self.domain);
        // Millions of hashes.
        let work = tokio::task::spawn_blocking(move || {
            let leaves = ours.tree(side).leaves();
            for part in parts {
                let end = part.start.saturating_add(part.tuple.count as usize);
                let same = match leaves.get(part.start..end) {
                    Some(leaves) => tuple_of(&domain, leaves)? == Some(part.tuple),
                    None => false,
                };
                if !same {
                    return Ok(Some(part));
                }
            }
            Ok(None)
        });
        match work.await {
            Ok(found) => found.map_err(DissentError::OwnTree),
            Err(_) => Err(DissentError::Endless),
        }
    }

    /// Of two leaves at the first position that differs.
    fn difference(&self, ours: Option<Leaf>, theirs: Option<Leaf>) -> LeafDifference {
        let (ours, theirs) = match (ours, theirs) {
            (Some(ours), Some(theirs)) if ours.account < theirs.account => (Some(ours), None),
            (Some(ours), Some(theirs)) if theirs.account < ours.account => (None, Some(theirs)),
            both => both,
        };
        let account = ours.or(theirs).map_or(0, |leaf| leaf.account);
        LeafDifference { epoch: self.ours.epoch(), side: self.side, account, ours, theirs }
    }
}

/// The top of the tree over `leaves`; `None` for no leaves.
fn tuple_of(domain: &Domain, leaves: &[Leaf]) -> Result<Option<Tuple>, TreeError> {
    match leaves {
        [] => Ok(None),
        [leaf] => leaf.tuple(domain).map(Some),
        _ => {
            // The largest power of two below their number (RFC 6962).
            let half = (leaves.len() - 1).checked_ilog2().map_or(0, |bits| 1usize << bits);
            let (left, right) = leaves.split_at(half);
            match (tuple_of(domain, left)?, tuple_of(domain, right)?) {
                (Some(left), Some(right)) => Tuple::join(domain, &left, &right).map(Some),
                (one, other) => Ok(one.or(other)),
            }
        }
    }
}

fn read(answer: &ProofAnswer) -> Option<(Leaf, Vec<ProofStep>)> {
    let leaf =
        Leaf { account: answer.leaf.account, v1: answer.leaf.v1.parse().ok()?, v2: answer.leaf.v2.parse().ok()? };
    let step = |step: &proofs::Step| {
        let mut hash = [0; 32];
        hex::decode_to_slice(step.sibling.hash.strip_prefix("0x")?, &mut hash).ok()?;
        let sibling = Tuple {
            hash,
            count: step.sibling.count,
            sum_v1: step.sibling.sum_v1.parse().ok()?,
            sum_v2: step.sibling.sum_v2.parse().ok()?,
            min_account: step.sibling.min_account,
            max_account: step.sibling.max_account,
        };
        Some(ProofStep { sibling_is_left: step.sibling_is_left, sibling })
    };
    Some((leaf, answer.proof.iter().map(step).collect::<Option<_>>()?))
}
