//! Who reports, under which algorithm, and the votes (architecture.md,
//! Rewards): a committee fixed per epoch; one report a member, replaceable
//! until identical reports of more than half agree.

use bizkey_primitives::{
    errors::rewards::Error,
    hash::blake2x256,
    report::{EpochRecord, Report, BIZPOWER_1},
    AccountId, Epoch, Hash,
};
use ink::{
    prelude::vec::Vec,
    storage::{Lazy, Mapping},
};

/// Fewest members of a committee.
pub const MIN_MEMBERS: usize = 3;
/// Most members of a committee.
pub const MAX_MEMBERS: usize = 32;
/// Most changes of the algorithm that are kept.
pub const MAX_ALGORITHMS: usize = 64;

/// Who reports the epochs from one on, until the next committee's first.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Committee {
    /// First epoch that it reports.
    pub from_epoch: Epoch,
    /// Its members, all different.
    pub members: Vec<AccountId>,
}

/// A member's report: epoch, round, who.
type VoteKey = (Epoch, u8, AccountId);

/// Committees, algorithms and votes.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Committees {
    /// Committees in use.
    count: Lazy<u32>,
    /// They ascend by their first epoch.
    versions: Mapping<u32, Committee>,
    /// An epoch whose first report was struck, and the epoch in which that
    /// happened: the committee of the latter reports it again.
    struck_in: Mapping<Epoch, Epoch>,
    /// Algorithms by the first epoch that each scores, ascending.
    algorithms: Lazy<Vec<(Epoch, u16)>>,
    /// Hash of each member's report.
    votes: Mapping<VoteKey, Hash>,
}

impl Committees {
    /// Has `members` report from `from_epoch` on; a committee set for that
    /// epoch or a later one is dropped. The caller sees to it that the epoch
    /// has not begun.
    ///
    /// # Errors
    /// [`Error::BadCommittee`].
    pub fn change(&mut self, from_epoch: Epoch, members: &[AccountId]) -> Result<(), Error> {
        check_members(members)?;
        let kept = match from_epoch.checked_sub(1).and_then(|before| self.version_at(before)) {
            Some(version) => version.saturating_add(1),
            None => 0,
        };
        self.versions.insert(kept, &Committee { from_epoch, members: members.to_vec() });
        self.count.set(&kept.saturating_add(1));
        Ok(())
    }

    /// Who reports `epoch`, in its second round if its first report was struck.
    pub fn of(&self, epoch: Epoch) -> Vec<AccountId> {
        let reporting = self.struck_in.get(epoch).unwrap_or(epoch);
        self.version_at(reporting)
            .and_then(|version| self.versions.get(version))
            .map(|committee| committee.members)
            .unwrap_or_default()
    }

    /// Leaves the second round of `epoch` to the committee of the epoch `now`.
    pub fn report_again(&mut self, epoch: Epoch, now: Epoch) {
        self.struck_in.insert(epoch, &now);
    }

    /// Has `version` score the epochs from `from_epoch` on; an algorithm set
    /// for that epoch or a later one is dropped. The caller sees to it that
    /// the epoch has not begun.
    ///
    /// # Errors
    /// [`Error::TooManyVersions`].
    pub fn set_algorithm(&mut self, from_epoch: Epoch, version: u16) -> Result<(), Error> {
        let mut algorithms = self.algorithms.get_or_default();
        algorithms.retain(|(from, _)| *from < from_epoch);
        if algorithms.len() >= MAX_ALGORITHMS {
            return Err(Error::TooManyVersions);
        }
        algorithms.push((from_epoch, version));
        self.algorithms.set(&algorithms);
        Ok(())
    }

    /// The algorithm that scores `epoch`; bizpower-1 until another one is set.
    pub fn algorithm_at(&self, epoch: Epoch) -> u16 {
        let algorithms = self.algorithms.get_or_default();
        algorithms.iter().rev().find(|(from, _)| *from <= epoch).map_or(BIZPOWER_1, |(_, version)| *version)
    }

    /// Books a report of one of `members`; returns how many of them are
    /// behind it now. A read for each.
    ///
    /// # Errors
    /// [`Error::AlreadyReported`] for the same report again.
    pub fn vote(
        &mut self,
        epoch: Epoch,
        round: u8,
        member: AccountId,
        members: &[AccountId],
        report: &Report,
    ) -> Result<usize, Error> {
        let hash = hash_of(report);
        if self.vote_of(epoch, round, member) == Some(hash) {
            return Err(Error::AlreadyReported);
        }
        self.votes.insert((epoch, round, member), &hash);
        Ok(members.iter().filter(|member| self.vote_of(epoch, round, **member) == Some(hash)).count())
    }

    /// Hash of a member's present report.
    pub fn vote_of(&self, epoch: Epoch, round: u8, member: AccountId) -> Option<Hash> {
        self.votes.get((epoch, round, member))
    }

    /// The members behind the report of `record`: at most [`MAX_MEMBERS`].
    pub fn reporters(&self, epoch: Epoch, record: &EpochRecord) -> Vec<AccountId> {
        let hash = Some(hash_of(&record.report));
        let mut members = self.of(epoch);
        members.retain(|member| self.vote_of(epoch, record.round, *member) == hash);
        members
    }

    fn version_at(&self, epoch: Epoch) -> Option<u32> {
        let from_epoch = |version| self.versions.get(version).map(|committee: Committee| committee.from_epoch);
        version_at(self.count.get_or_default(), epoch, from_epoch)
    }
}

fn hash_of(report: &Report) -> Hash {
    blake2x256(&scale::Encode::encode(report)).into()
}

/// Checks a committee's size and that nobody is in it twice.
///
/// # Errors
/// [`Error::BadCommittee`].
pub fn check_members(members: &[AccountId]) -> Result<(), Error> {
    let size_fits = (MIN_MEMBERS..=MAX_MEMBERS).contains(&members.len());
    let all_differ = members.iter().enumerate().all(|(i, member)| !members.iter().take(i).any(|other| other == member));
    if size_fits && all_differ {
        Ok(())
    } else {
        Err(Error::BadCommittee)
    }
}

/// Whether `votes` are more than half of `members`.
pub fn is_majority(votes: usize, members: usize) -> bool {
    votes.saturating_mul(2) > members
}

/// The version of the committee that reports `epoch`, of `count` versions
/// whose first epochs ascend: a binary search of at most 32 reads. `None`
/// when the first one starts later.
pub fn version_at(count: u32, epoch: Epoch, from_epoch: impl Fn(u32) -> Option<Epoch>) -> Option<u32> {
    // Invariant: versions below `low` start at or before `epoch`, `high` and above start later.
    let (mut low, mut high) = (0u32, count);
    while low < high {
        let middle = low.saturating_add(high.saturating_sub(low) / 2);
        if from_epoch(middle)? <= epoch {
            low = middle.saturating_add(1);
        } else {
            high = middle;
        }
    }
    low.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{self, Moment};
    use bizkey_primitives::report::SideReport;

    fn members(count: u8) -> Vec<AccountId> {
        (0..count).map(|i| AccountId::from([i; 32])).collect()
    }

    #[test]
    fn a_committee_has_three_to_thirty_two_different_members() {
        for (count, fits) in [(0, false), (2, false), (3, true), (32, true), (33, false)] {
            assert_eq!(check_members(&members(count)).is_ok(), fits, "{count} members");
        }
        let mut twice = members(5);
        twice[4] = twice[0];
        assert_eq!(check_members(&twice), Err(Error::BadCommittee));
    }

    #[test]
    fn more_than_half_is_a_majority_and_half_is_not() {
        for (votes, of, expected) in
            [(1, 3, false), (2, 3, true), (2, 4, false), (3, 4, true), (16, 32, false), (17, 32, true)]
        {
            assert_eq!(is_majority(votes, of), expected, "{votes} of {of}");
        }
    }

    #[test]
    fn each_epoch_finds_the_last_committee_that_started() {
        let starts = [0u32, 3, 4, 10];
        for epoch in 0..15 {
            let expected = starts.iter().rposition(|start| *start <= epoch).map(|v| v as u32);
            assert_eq!(version_at(4, epoch, |v| starts.get(v as usize).copied()), expected, "epoch {epoch}");
        }
        assert_eq!(version_at(0, 5, |_| None), None);
    }

    #[ink::test]
    fn a_change_takes_the_place_of_every_later_one() {
        let mut committees = Committees::default();
        let of = |committees: &Committees, epoch| committees.of(epoch).len();
        committees.change(0, &members(3)).unwrap();
        committees.change(10, &members(4)).unwrap();
        committees.change(20, &members(5)).unwrap();
        assert_eq!([0, 9, 10, 19, 20, 99].map(|epoch| of(&committees, epoch)), [3, 3, 4, 4, 5, 5]);
        committees.change(10, &members(6)).unwrap();
        assert_eq!([9, 10, 20].map(|epoch| of(&committees, epoch)), [3, 6, 6]);
        committees.change(5, &members(7)).unwrap();
        assert_eq!([4, 5, 10].map(|epoch| of(&committees, epoch)), [3, 7, 7]);
        assert_eq!(committees.change(6, &members(2)), Err(Error::BadCommittee));
        committees.change(0, &members(8)).unwrap();
        assert_eq!([0, 5, 10].map(|epoch| of(&committees, epoch)), [8, 8, 8]);
    }

    #[ink::test]
    fn an_epoch_is_scored_by_the_last_algorithm_that_started() {
        let mut committees = Committees::default();
        assert_eq!(committees.algorithm_at(0), BIZPOWER_1);
        committees.set_algorithm(10, 2).unwrap();
        committees.set_algorithm(20, 3).unwrap();
        assert_eq!([0, 9, 10, 19, 20].map(|epoch| committees.algorithm_at(epoch)), [1, 1, 2, 2, 3]);
        committees.set_algorithm(15, 4).unwrap();
        assert_eq!([14, 15, 20].map(|epoch| committees.algorithm_at(epoch)), [2, 4, 4]);
        for epoch in 100..162 {
            committees.set_algorithm(epoch, 5).unwrap();
        }
        assert_eq!(committees.set_algorithm(200, 5), Err(Error::TooManyVersions));
        committees.set_algorithm(161, 6).unwrap();
        assert_eq!(committees.algorithm_at(161), 6);
    }

    #[ink::test]
    fn those_behind_a_report_are_known_and_a_second_round_starts_anew() {
        let report = |count| Report {
            algorithm_version: 1,
            merchants: SideReport { root: [1; 32].into(), count, sum_v1: 0, sum_v2: 0 },
            customers: SideReport::default(),
        };
        let mut committees = Committees::default();
        let people = members(5);
        committees.change(0, &people).unwrap();
        committees.change(9, &people[..3]).unwrap();
        let mut vote = |round, member: usize, count| committees.vote(4, round, people[member], &people, &report(count));
        assert_eq!([vote(0, 0, 1), vote(0, 1, 2), vote(0, 2, 1), vote(0, 3, 1)], [Ok(1), Ok(1), Ok(2), Ok(3)]);
        assert_eq!(vote(0, 0, 1), Err(Error::AlreadyReported));
        assert_eq!(vote(0, 0, 2), Ok(2), "it changed its mind");
        assert_eq!(vote(1, 0, 1), Ok(1));
        let record = |round| EpochRecord { round, ..machine::pend(None, Moment { ms: 0, block: 0 }, report(1)) };
        assert_eq!(committees.reporters(4, &record(0)), [people[2], people[3]]);
        committees.report_again(4, 9);
        assert_eq!(committees.of(4), people[..3]);
        assert_eq!(committees.reporters(4, &record(1)), [people[0]]);
    }
}
