//! The committee and its votes (architecture.md, Rewards): one report a
//! member, replaceable until identical reports of more than half agree.

use bizkey_primitives::{errors::rewards::Error, AccountId, Epoch, Hash};
use ink::prelude::vec::Vec;

/// Fewest members of a committee.
pub const MIN_MEMBERS: usize = 3;
/// Most members of a committee.
pub const MAX_MEMBERS: usize = 32;

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
pub fn is_majority(votes: u32, members: usize) -> bool {
    u64::from(votes).saturating_mul(2) > members as u64
}

/// Checks a member's new report against its earlier one of the same round;
/// returns the earlier one if its vote has to be taken back.
///
/// # Errors
/// [`Error::AlreadyReported`] for the same report again.
pub fn cast(earlier: Option<Hash>, report: Hash) -> Result<Option<Hash>, Error> {
    if earlier == Some(report) {
        return Err(Error::AlreadyReported);
    }
    Ok(earlier)
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
    fn a_member_replaces_its_report_but_does_not_repeat_it() {
        let (first, second) = (Hash::from([1; 32]), Hash::from([2; 32]));
        assert_eq!(cast(None, first), Ok(None));
        assert_eq!(cast(Some(first), second), Ok(Some(first)));
        assert_eq!(cast(Some(first), first), Err(Error::AlreadyReported));
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
}
