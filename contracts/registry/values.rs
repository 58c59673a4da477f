//! Every value that counts from an epoch on: what two attestors say of a shop,
//! and the board's parameters of bizpower-2. One store for all of them, so that
//! their code is there once.

// The codec's derive casts the constant indices of these enums, 0 to 4.
#![allow(clippy::cast_possible_truncation)]

use crate::series::{Entry, Latest};
use bizkey_primitives::{
    errors::registry::Error,
    membership::{Business, Clamp},
    party::Capital,
    AccountId, Epoch, MerchantIndex,
};
use ink::storage::Mapping;

/// What a value is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Subject {
    /// A shop's capital.
    Capital(MerchantIndex),
    /// A shop's trade and region.
    Business(MerchantIndex),
    /// A trade's clamp.
    Clamp(u16),
    /// The least capital of a trade in a region.
    Floor(Business),
    /// The network's cap on a customer's cash and external payments.
    CashCap,
}

/// A value; of the kind that its subject names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Value {
    /// Of [`Subject::Capital`].
    Capital(Capital),
    /// Of [`Subject::Business`].
    Business(Business),
    /// Of [`Subject::Clamp`].
    Clamp(Clamp),
    /// Of [`Subject::Floor`], minor units a month.
    Floor(u128),
    /// Of [`Subject::CashCap`], minor units an epoch.
    CashCap(u64),
}

/// A statement that waits for a second attestor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Proposal {
    /// Who made it.
    pub attestor: AccountId,
    /// What was stated.
    pub value: Value,
}

/// A subject, and a position in its list.
type Place = (Subject, u32);

/// Values with their history, and proposals for them.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Values {
    latest: Mapping<Subject, Latest<Value>>,
    /// Those that later ones followed.
    earlier: Mapping<Place, Entry<Value>>,
    proposals: Mapping<Subject, Proposal>,
}

impl Values {
    /// Whether a subject has a value, in whatever epoch.
    pub fn has(&self, subject: Subject) -> bool {
        self.latest.contains(subject)
    }

    /// The value that counts in an epoch; `None` before the first one does.
    pub fn at(&self, subject: Subject, epoch: Epoch) -> Option<Value> {
        self.latest.get(subject)?.at(epoch, |position| self.earlier.get((subject, position)))
    }

    /// Books a value that counts from `from` on, in the place of one that
    /// begins at or after `open`, which is at most `from`.
    pub fn book(&mut self, subject: Subject, open: Epoch, from: Epoch, value: Value) {
        let (next, ended) = Latest::set(self.latest.get(subject), open, Entry { from, value });
        if let Some((position, before)) = ended {
            self.earlier.insert((subject, position), &before);
        }
        self.latest.insert(subject, &next);
    }

    /// Whether a second attestor hereby says what a first one said, which uses
    /// up the proposal; any other word becomes the proposal. The word of
    /// somebody who is no attestor any more does not count.
    ///
    /// # Errors
    /// `SameAttestor`.
    pub fn agree(
        &mut self,
        subject: Subject,
        attestor: AccountId,
        value: Value,
        is_attestor: impl Fn(AccountId) -> bool,
    ) -> Result<bool, Error> {
        match self.proposals.get(subject) {
            Some(first) if first.value == value && first.attestor == attestor => Err(Error::SameAttestor),
            Some(first) if first.value == value && is_attestor(first.attestor) => {
                self.proposals.remove(subject);
                Ok(true)
            }
            _ => {
                self.proposals.insert(subject, &Proposal { attestor, value });
                Ok(false)
            }
        }
    }
}
