//! Tasks: what customers do for Time (whitepaper 3.1, Earn). Each task's Time
//! is set aside in the contract's hands: its reward times its stock.

use bizkey_primitives::{
    errors::redemption::Error,
    pause::Pauses,
    redemption::{Task, TaskId, TaskTerms, MAX_LIFE_MS},
    Balance, CustomerIndex, MerchantIndex,
};
use ink::storage::Mapping;

/// Customers whose marks share a word.
pub const WORD_BITS: u32 = 128;
/// Most words that one call frees.
pub const MAX_WORDS: usize = 128;

/// All tasks. A task that is over is gone; its number is not given again.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Tasks {
    /// The last number given.
    last: TaskId,
    tasks: Mapping<TaskId, Task>,
    /// Task and word to one bit a customer: who has fulfilled it.
    fulfilled: Mapping<(TaskId, u32), u128>,
}

impl Tasks {
    /// A task that is not over.
    ///
    /// # Errors
    /// `UnknownTask`.
    pub fn get(&self, task: TaskId) -> Result<Task, Error> {
        self.tasks.get(task).ok_or(Error::UnknownTask)
    }

    /// Whether a customer has fulfilled a task.
    pub fn is_fulfilled(&self, task: TaskId, customer: CustomerIndex) -> bool {
        let (word, bit) = place(customer);
        self.fulfilled.get((task, word)).is_some_and(|marks| marks & bit != 0)
    }

    /// Adds a task. Returns its number and the Time to set aside.
    ///
    /// # Errors
    /// `BadTerms`, `Overflow`, `NumberExhausted`.
    pub fn create(
        &mut self,
        merchant: MerchantIndex,
        terms: TaskTerms,
        now_ms: u64,
    ) -> Result<(TaskId, Balance), Error> {
        if terms.reward == 0 || terms.stock == 0 || !is_life(now_ms, terms.expires_ms) {
            return Err(Error::BadTerms);
        }
        let total = worth(&terms)?;
        self.last = self.last.checked_add(1).ok_or(Error::NumberExhausted)?;
        self.tasks.insert(self.last, &Task { merchant, from_ms: now_ms, terms });
        Ok((self.last, total))
    }

    /// Raises the stock. Returns the Time to set aside for it.
    ///
    /// # Errors
    /// `ZeroAmount`, `UnknownTask`, `NotOwner`, `OfferExpired`, `Overflow`.
    pub fn restock(
        &mut self,
        pauses: &Pauses,
        now_ms: u64,
        merchant: MerchantIndex,
        task: TaskId,
        more: u32,
    ) -> Result<Balance, Error> {
        if more == 0 {
            return Err(Error::ZeroAmount);
        }
        let mut record = self.running(pauses, now_ms, merchant, task)?;
        record.terms.stock = record.terms.stock.checked_add(more).ok_or(Error::Overflow)?;
        worth(&record.terms)?;
        self.tasks.insert(task, &record);
        record.terms.reward.checked_mul(Balance::from(more)).ok_or(Error::Overflow)
    }

    /// Books that a customer fulfilled a task, once. Returns the reward.
    ///
    /// # Errors
    /// `UnknownTask`, `NotOwner`, `OfferExpired`, `OutOfStock`, `AlreadyFulfilled`.
    pub fn fulfil(
        &mut self,
        pauses: &Pauses,
        now_ms: u64,
        merchant: MerchantIndex,
        task: TaskId,
        customer: CustomerIndex,
    ) -> Result<Balance, Error> {
        let mut record = self.running(pauses, now_ms, merchant, task)?;
        record.terms.stock = record.terms.stock.checked_sub(1).ok_or(Error::OutOfStock)?;
        let (word, bit) = place(customer);
        let marks = self.fulfilled.get((task, word)).unwrap_or(0);
        if marks & bit != 0 {
            return Err(Error::AlreadyFulfilled);
        }
        self.fulfilled.insert((task, word), &(marks | bit));
        self.tasks.insert(task, &record);
        Ok(record.terms.reward)
    }

    /// Ends a task. Returns the Time set aside that nobody earned.
    ///
    /// # Errors
    /// `UnknownTask`, `Overflow`.
    pub fn close(&mut self, task: TaskId) -> Result<Balance, Error> {
        let record = self.get(task)?;
        self.tasks.remove(task);
        worth(&record.terms)
    }

    /// Frees marks of a task that is over: nothing can be fulfilled twice any more.
    ///
    /// # Errors
    /// `TooMany`, `TaskOpen`.
    pub fn free_marks(&mut self, task: TaskId, words: &[u32]) -> Result<(), Error> {
        if words.len() > MAX_WORDS {
            return Err(Error::TooMany);
        }
        if self.tasks.contains(task) {
            return Err(Error::TaskOpen);
        }
        for word in words {
            self.fulfilled.remove((task, *word));
        }
        Ok(())
    }

    /// A task of `merchant` that has not expired.
    fn running(&self, pauses: &Pauses, now_ms: u64, merchant: MerchantIndex, task: TaskId) -> Result<Task, Error> {
        let record = self.get(task)?;
        if record.merchant != merchant {
            return Err(Error::NotOwner);
        }
        if is_over(pauses, now_ms, record.from_ms, record.terms.expires_ms) {
            return Err(Error::OfferExpired);
        }
        Ok(record)
    }
}

/// The Time set aside for what is left of a task.
fn worth(terms: &TaskTerms) -> Result<Balance, Error> {
    terms.reward.checked_mul(Balance::from(terms.stock)).ok_or(Error::Overflow)
}

/// The word of a customer's mark, and the bit in it.
fn place(customer: CustomerIndex) -> (u32, u128) {
    (customer.div_euclid(WORD_BITS), 1u128.wrapping_shl(customer.rem_euclid(WORD_BITS)))
}

/// Whether `expires_ms` is in the future and not too far away.
pub fn is_life(now_ms: u64, expires_ms: u64) -> bool {
    expires_ms.checked_sub(now_ms).is_some_and(|life| life > 0 && life <= MAX_LIFE_MS)
}

/// Whether what began at `from_ms` and expires at `expires_ms` is over, the
/// pauses in between not counted.
pub fn is_over(pauses: &Pauses, now_ms: u64, from_ms: u64, expires_ms: u64) -> bool {
    now_ms >= pauses.end_of(from_ms, expires_ms.saturating_sub(from_ms))
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use bizkey_primitives::Hash;
    use ink::env::{test, DefaultEnvironment};
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    const SHOP: MerchantIndex = 7;

    fn terms(reward: Balance, stock: u32, expires_ms: u64) -> TaskTerms {
        TaskTerms { conditions: Hash::from([1; 32]), reward, stock, expires_ms }
    }

    #[ink::test]
    fn empty_or_endless_terms_are_refused() {
        let mut tasks = Tasks::default();
        let refused =
            [terms(0, 1, 20), terms(1, 0, 20), terms(1, 1, 10), terms(1, 1, 9), terms(1, 1, 11 + MAX_LIFE_MS)];
        for terms in refused {
            assert_eq!(tasks.create(SHOP, terms, 10), Err(Error::BadTerms));
        }
        assert_eq!(tasks.create(SHOP, terms(u128::MAX, 2, 20), 10), Err(Error::Overflow));
        assert_eq!(tasks.create(SHOP, terms(5, 3, 10 + MAX_LIFE_MS), 10), Ok((1, 15)));
        assert_eq!(tasks.create(SHOP, terms(5, 3, 11), 10), Ok((2, 15)));
    }

    #[ink::test]
    fn a_task_is_fulfilled_once_a_customer_by_its_shop_while_it_runs_and_stock_lasts() {
        let (mut tasks, pauses) = (Tasks::default(), Pauses::default());
        let (task, _) = tasks.create(SHOP, terms(5, 2, 20), 10).unwrap();
        assert_eq!(tasks.fulfil(&pauses, 10, SHOP, 9, 1), Err(Error::UnknownTask));
        assert_eq!(tasks.fulfil(&pauses, 10, 8, task, 1), Err(Error::NotOwner));
        assert_eq!(tasks.fulfil(&pauses, 10, SHOP, task, 1), Ok(5));
        assert_eq!(tasks.fulfil(&pauses, 10, SHOP, task, 1), Err(Error::AlreadyFulfilled));
        assert_eq!(tasks.fulfil(&pauses, 20, SHOP, task, 2), Err(Error::OfferExpired));
        assert_eq!(tasks.fulfil(&pauses, 19, SHOP, task, 129), Ok(5));
        assert_eq!(tasks.fulfil(&pauses, 19, SHOP, task, 2), Err(Error::OutOfStock));
        assert!(tasks.is_fulfilled(task, 1) && tasks.is_fulfilled(task, 129) && !tasks.is_fulfilled(task, 2));
    }

    #[ink::test]
    fn more_stock_is_set_aside_for_at_the_same_reward() {
        let (mut tasks, pauses) = (Tasks::default(), Pauses::default());
        let (task, _) = tasks.create(SHOP, terms(5, 1, 20), 10).unwrap();
        assert_eq!(tasks.restock(&pauses, 10, SHOP, task, 0), Err(Error::ZeroAmount));
        assert_eq!(tasks.restock(&pauses, 10, 8, task, 1), Err(Error::NotOwner));
        assert_eq!(tasks.restock(&pauses, 20, SHOP, task, 1), Err(Error::OfferExpired));
        assert_eq!(tasks.restock(&pauses, 10, SHOP, task, u32::MAX), Err(Error::Overflow));
        assert_eq!(tasks.restock(&pauses, 10, SHOP, task, 3), Ok(15));
        assert_eq!(tasks.close(task), Ok(20));
        assert_eq!(tasks.close(task), Err(Error::UnknownTask));
    }

    #[ink::test]
    fn marks_are_freed_only_when_the_task_is_over_and_its_number_is_not_given_again() {
        let (mut tasks, pauses) = (Tasks::default(), Pauses::default());
        let (task, _) = tasks.create(SHOP, terms(5, 2, 20), 10).unwrap();
        tasks.fulfil(&pauses, 10, SHOP, task, 300).unwrap();
        assert_eq!(tasks.free_marks(task, &[2]), Err(Error::TaskOpen));
        tasks.close(task).unwrap();
        assert_eq!(tasks.free_marks(task, &[0; MAX_WORDS + 1]), Err(Error::TooMany));
        assert!(tasks.is_fulfilled(task, 300));
        tasks.free_marks(task, &[0, 1, 2]).unwrap();
        assert!(!tasks.is_fulfilled(task, 300));
        assert_eq!(tasks.create(SHOP, terms(5, 2, 20), 10).unwrap().0, task + 1);
    }

    #[ink::test]
    fn a_pause_makes_a_task_last_longer() {
        let (mut tasks, mut pauses) = (Tasks::default(), Pauses::default());
        let (task, _) = tasks.create(SHOP, terms(5, 2, 20), 10).unwrap();
        pauses.begin(15, 18).unwrap();
        assert_eq!(tasks.fulfil(&pauses, 22, SHOP, task, 1), Ok(5));
        assert_eq!(tasks.fulfil(&pauses, 23, SHOP, task, 2), Err(Error::OfferExpired));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Create(u8, u32),
        Restock(u32, u32),
        Fulfil(u32, u32),
        Close(u32),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (1u8..9, 1u32..4).prop_map(|(reward, stock)| Step::Create(reward, stock)),
            (1u32..5, 1u32..4).prop_map(|(task, more)| Step::Restock(task, more)),
            (1u32..5, 120u32..136).prop_map(|(task, customer)| Step::Fulfil(task, customer)),
            (1u32..5, 120u32..136).prop_map(|(task, customer)| Step::Fulfil(task, customer)),
            (1u32..5).prop_map(Step::Close),
        ]
    }

    proptest! {
        /// What was set aside is what was earned, what came back, and what is
        /// left of the tasks; nobody earns twice from one task.
        #[test]
        fn what_is_set_aside_is_earned_or_comes_back(steps in proptest::collection::vec(step(), 1..80)) {
            test::run_test::<DefaultEnvironment, _>(|_| Ok(())).unwrap();
            let (mut tasks, pauses) = (Tasks::default(), Pauses::default());
            let mut aside = 0u128;
            let mut earned: BTreeSet<(u32, u32)> = BTreeSet::new();
            let mut left: BTreeMap<u32, (Balance, u32)> = BTreeMap::new();
            for step in steps {
                match step {
                    Step::Create(reward, stock) => {
                        let reward = Balance::from(reward);
                        let (task, total) = tasks.create(SHOP, terms(reward, stock, 20), 10).unwrap();
                        aside += total;
                        left.insert(task, (reward, stock));
                    }
                    Step::Restock(task, more) => match (tasks.restock(&pauses, 10, SHOP, task, more), left.get_mut(&task)) {
                        (Ok(total), Some(record)) => { aside += total; record.1 += more; }
                        (answer, record) => {
                            prop_assert_eq!(answer, Err(Error::UnknownTask));
                            prop_assert!(record.is_none());
                        }
                    },
                    Step::Fulfil(task, customer) => match tasks.fulfil(&pauses, 10, SHOP, task, customer) {
                        Ok(reward) => {
                            prop_assert!(earned.insert((task, customer)), "earned twice");
                            let record = left.get_mut(&task).unwrap();
                            prop_assert_eq!(reward, record.0);
                            record.1 -= 1;
                            aside -= reward;
                        }
                        Err(Error::UnknownTask) => prop_assert!(!left.contains_key(&task)),
                        Err(Error::OutOfStock) => prop_assert_eq!(left[&task].1, 0),
                        Err(error) => {
                            prop_assert_eq!(error, Error::AlreadyFulfilled);
                            prop_assert!(earned.contains(&(task, customer)));
                        }
                    },
                    Step::Close(task) => if let Ok(back) = tasks.close(task) {
                        let (reward, stock) = left.remove(&task).unwrap();
                        prop_assert_eq!(back, reward * Balance::from(stock));
                        aside -= back;
                    },
                }
                prop_assert_eq!(aside, left.values().map(|(reward, stock)| reward * Balance::from(*stock)).sum::<Balance>());
            }
        }
    }
}
