//! Collected Time: held while it can be given back, burned afterwards, its
//! ticket remembered while it could be used again.

use bizkey_primitives::{
    errors::redemption::Error, pause::Pauses, redemption::Collection, spend::MAX_VALIDITY_MS, Balance, Hash,
    MerchantIndex,
};
use ink::storage::Mapping;

/// Most collections that one call settles.
pub const MAX_SETTLED: usize = 64;

/// Collections by the hash of their ticket.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Collections {
    collections: Mapping<Hash, Collection>,
}

impl Collections {
    /// What is kept of a collection.
    pub fn get(&self, ticket: Hash) -> Option<Collection> {
        self.collections.get(ticket)
    }

    /// Books a collection under its ticket, which nobody can use again: it is
    /// remembered at least until its time is over.
    ///
    /// # Errors
    /// `TicketExpired`, `TicketUsed`.
    pub fn book(&mut self, ticket: Hash, collection: &Collection) -> Result<(), Error> {
        let rest = collection.expires_ms.checked_sub(collection.from_ms);
        if rest.is_none_or(|rest| rest > MAX_VALIDITY_MS) {
            return Err(Error::TicketExpired);
        }
        if self.collections.contains(ticket) {
            return Err(Error::TicketUsed);
        }
        self.collections.insert(ticket, collection);
        Ok(())
    }

    /// Takes what is held of a collection, to give it back. Returns the
    /// collection as it was.
    ///
    /// # Errors
    /// `UnknownCollection`, `NotOwner`, `WindowOver`, `NothingHeld`.
    pub fn refund(
        &mut self,
        pauses: &Pauses,
        now_ms: u64,
        merchant: MerchantIndex,
        ticket: Hash,
    ) -> Result<Collection, Error> {
        let collection = self.get(ticket).ok_or(Error::UnknownCollection)?;
        if collection.merchant != merchant {
            return Err(Error::NotOwner);
        }
        if now_ms >= pauses.end_of(collection.from_ms, collection.refund_ms) {
            return Err(Error::WindowOver);
        }
        if collection.held == 0 {
            return Err(Error::NothingHeld);
        }
        self.collections.insert(ticket, &Collection { held: 0, ..collection });
        Ok(collection)
    }

    /// Forgets a collection that can no longer be given back and whose ticket
    /// has expired. Returns what is held of it, to be burned; `None`, and
    /// nothing changed, if it is unknown or not that far.
    pub fn settle(&mut self, pauses: &Pauses, now_ms: u64, ticket: Hash) -> Option<Balance> {
        let collection = self.get(ticket)?;
        let open = now_ms < pauses.end_of(collection.from_ms, collection.refund_ms);
        if open || now_ms <= collection.expires_ms {
            return None;
        }
        self.collections.remove(ticket);
        Some(collection.held)
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use ink::env::{test, DefaultEnvironment};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const SHOP: MerchantIndex = 7;

    fn collection(held: Balance, from_ms: u64, refund_ms: u64, expires_ms: u64) -> Collection {
        Collection { merchant: SHOP, privilege: 1, customer: 3, held, from_ms, refund_ms, expires_ms }
    }

    fn ticket(number: u8) -> Hash {
        Hash::from([number; 32])
    }

    #[ink::test]
    fn a_ticket_runs_ten_minutes_at_most_and_counts_once() {
        let mut collections = Collections::default();
        let now_ms = 1_000_000;
        for expires_ms in [0, now_ms - 1, now_ms + MAX_VALIDITY_MS + 1, u64::MAX] {
            let collection = collection(5, now_ms, 9, expires_ms);
            assert_eq!(collections.book(ticket(1), &collection), Err(Error::TicketExpired));
        }
        collections.book(ticket(1), &collection(5, now_ms, 9, now_ms + MAX_VALIDITY_MS)).unwrap();
        collections.book(ticket(2), &collection(5, now_ms, 9, now_ms)).unwrap();
        assert_eq!(collections.book(ticket(1), &collection(5, now_ms, 9, now_ms)), Err(Error::TicketUsed));
    }

    #[ink::test]
    fn time_goes_back_once_by_its_shop_within_the_window() {
        let (mut collections, pauses) = (Collections::default(), Pauses::default());
        collections.book(ticket(1), &collection(5, 100, 50, 120)).unwrap();
        collections.book(ticket(2), &collection(0, 100, 0, 120)).unwrap();
        assert_eq!(collections.refund(&pauses, 110, SHOP, ticket(9)), Err(Error::UnknownCollection));
        assert_eq!(collections.refund(&pauses, 110, 8, ticket(1)), Err(Error::NotOwner));
        assert_eq!(collections.refund(&pauses, 150, SHOP, ticket(1)), Err(Error::WindowOver));
        assert_eq!(collections.refund(&pauses, 100, SHOP, ticket(2)), Err(Error::WindowOver), "burned at once");
        assert_eq!(collections.refund(&pauses, 149, SHOP, ticket(1)), Ok(collection(5, 100, 50, 120)));
        assert_eq!(collections.refund(&pauses, 149, SHOP, ticket(1)), Err(Error::NothingHeld));
        assert_eq!(collections.settle(&pauses, 150, ticket(1)), Some(0), "nothing is burned of it");
    }

    #[ink::test]
    fn a_ticket_that_was_given_back_cannot_be_used_again() {
        let (mut collections, pauses) = (Collections::default(), Pauses::default());
        let first = collection(5, 100, 50, 100 + MAX_VALIDITY_MS);
        collections.book(ticket(1), &first).unwrap();
        collections.refund(&pauses, 110, SHOP, ticket(1)).unwrap();
        // Past the refund window, within the ticket's own time.
        assert_eq!(collections.settle(&pauses, 100 + MAX_VALIDITY_MS, ticket(1)), None);
        let again = Collection { from_ms: 100 + MAX_VALIDITY_MS, ..first };
        assert_eq!(collections.book(ticket(1), &again), Err(Error::TicketUsed));
        assert_eq!(collections.settle(&pauses, 101 + MAX_VALIDITY_MS, ticket(1)), Some(0));
        let later = Collection { from_ms: 101 + MAX_VALIDITY_MS, ..first };
        assert_eq!(collections.book(ticket(1), &later), Err(Error::TicketExpired), "forgotten, and of no use");
    }

    #[ink::test]
    fn a_pause_makes_the_window_longer_but_no_ticket() {
        let (mut collections, mut pauses) = (Collections::default(), Pauses::default());
        collections.book(ticket(1), &collection(5, 100, 50, 120)).unwrap();
        pauses.begin(110, 140).unwrap();
        assert_eq!(collections.settle(&pauses, 179, ticket(1)), None);
        assert!(collections.refund(&pauses, 179, SHOP, ticket(1)).is_ok());
        assert_eq!(collections.settle(&pauses, 180, ticket(1)), Some(0));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Wait(u64),
        Book(u8, Balance, u64, u64),
        Refund(u8),
        Settle(u8),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0u64..200_000).prop_map(Step::Wait),
            (0u8..4, 1u128..99, 0u64..900_000, 0u64..800_000).prop_map(|(t, a, w, e)| Step::Book(t, a, w, e)),
            (0u8..4).prop_map(Step::Refund),
            (0u8..4).prop_map(Step::Settle),
        ]
    }

    proptest! {
        /// Held is what was booked less what went back and what was burned;
        /// no ticket is booked twice while its time runs.
        #[test]
        fn held_time_goes_back_or_burns_and_no_ticket_counts_twice(
            steps in proptest::collection::vec(step(), 1..80),
        ) {
            test::run_test::<DefaultEnvironment, _>(|_| Ok(())).unwrap();
            let (mut collections, pauses) = (Collections::default(), Pauses::default());
            let (mut now_ms, mut held) = (1_000_000u64, 0u128);
            // A ticket's expiry is part of it: fixed by its first booking.
            let mut expiries: BTreeMap<u8, u64> = BTreeMap::new();
            let mut booked: BTreeMap<u8, u32> = BTreeMap::new();
            for step in steps {
                match step {
                    Step::Wait(ms) => now_ms += ms,
                    Step::Book(number, amount, refund_ms, life_ms) => {
                        let expires_ms = *expiries.entry(number).or_insert(now_ms + life_ms);
                        let amount = if refund_ms == 0 { 0 } else { amount };
                        if collections.book(ticket(number), &collection(amount, now_ms, refund_ms, expires_ms)).is_ok() {
                            held += amount;
                            *booked.entry(number).or_default() += 1;
                        }
                    }
                    Step::Refund(number) => {
                        if let Ok(was) = collections.refund(&pauses, now_ms, SHOP, ticket(number)) {
                            prop_assert!(was.held > 0 && now_ms < was.from_ms + was.refund_ms);
                            held -= was.held;
                        }
                    }
                    Step::Settle(number) => {
                        let was = collections.get(ticket(number));
                        if let Some(burned) = collections.settle(&pauses, now_ms, ticket(number)) {
                            let was = was.unwrap();
                            prop_assert!(now_ms >= was.from_ms + was.refund_ms && now_ms > was.expires_ms);
                            held -= burned;
                        }
                    }
                }
                let kept: Balance = (0..4).filter_map(|n| collections.get(ticket(n))).map(|c| c.held).sum();
                prop_assert_eq!(held, kept);
                prop_assert!(booked.values().all(|times| *times <= 1));
            }
        }
    }
}
