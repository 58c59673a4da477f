//! Faults on demand, for tests of what talks to the chain: methods that fail or
//! take their time, transactions that get lost or come late.

use jsonrpsee::types::ErrorObjectOwned;
use parking_lot::Mutex;
use serde::Serialize;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// Rules that may be set at a time, for methods and for transactions each.
pub const MAX_RULES: usize = 1_024;

/// These are never faulty: they are the way back.
const NEVER_FAULTY: [&str; 4] = ["dev_injectError", "dev_injectDelay", "dev_clearFaults", "dev_faults"];

/// More rules than anybody can have meant.
#[derive(Debug, thiserror::Error)]
#[error("there are {MAX_RULES} rules already: clear them with dev_clearFaults")]
pub struct TooManyRules;

/// A rule with the number of times that it is still used (`None`: always) and
/// has been used.
#[derive(Clone, Debug, Serialize)]
pub struct Rule<T> {
    /// What the rule does.
    #[serde(flatten)]
    pub effect: T,
    /// Uses left; `None` until it is cleared.
    pub remaining: Option<u64>,
    /// Uses so far.
    pub used: u64,
}

/// Rules in the order they were set; of several that fit, the first that is
/// not used up counts.
#[derive(Debug)]
struct Rules<T> {
    /// Spares the lock of whoever meets no fault.
    any: AtomicBool,
    rules: Mutex<Vec<Rule<T>>>,
}

impl<T> Default for Rules<T> {
    fn default() -> Self {
        Self { any: AtomicBool::new(false), rules: Mutex::new(Vec::new()) }
    }
}

impl<T: Clone> Rules<T> {
    fn add(&self, effect: T, count: Option<u64>) -> Result<(), TooManyRules> {
        let mut rules = self.rules.lock();
        if rules.len() >= MAX_RULES {
            return Err(TooManyRules);
        }
        rules.push(Rule { effect, remaining: count, used: 0 });
        self.any.store(true, Ordering::Release);
        Ok(())
    }

    /// Uses the first rule that `fits`.
    fn next(&self, fits: impl Fn(&T) -> bool) -> Option<T> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut rules = self.rules.lock();
        let rule = rules.iter_mut().find(|rule| rule.remaining != Some(0) && fits(&rule.effect))?;
        rule.remaining = rule.remaining.map(|remaining| remaining.saturating_sub(1));
        rule.used = rule.used.saturating_add(1);
        Some(rule.effect.clone())
    }

    fn list(&self) -> Vec<Rule<T>> {
        self.rules.lock().clone()
    }

    fn clear(&self) {
        let mut rules = self.rules.lock();
        rules.clear();
        self.any.store(false, Ordering::Release);
    }
}

/// Which calls a rule is for, and what becomes of them.
#[derive(Clone, Debug, Serialize)]
pub struct MethodFault {
    /// The method's name; `chain_*` stands for all that begin so.
    pub method: String,
    /// What happens to the call.
    #[serde(flatten)]
    pub effect: MethodEffect,
}

/// What happens to a call.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum MethodEffect {
    /// It is answered with this error and does nothing.
    Error(ErrorObjectOwned),
    /// It waits so many milliseconds first.
    #[serde(rename = "ms")]
    Delay(u64),
}

/// Faults of JSON-RPC methods.
#[derive(Debug, Default)]
pub struct MethodFaults(Rules<MethodFault>);

impl MethodFaults {
    /// Adds a rule for the next `count` calls, or for all until it is cleared.
    ///
    /// # Errors
    /// [`TooManyRules`].
    pub fn add(&self, fault: MethodFault, count: Option<u64>) -> Result<(), TooManyRules> {
        self.0.add(fault, count)
    }

    /// Lets a call of `method` meet its fate: waits, if a rule delays it.
    ///
    /// # Errors
    /// The injected error, with which the call is to be answered.
    pub async fn meet(&self, method: &str) -> Result<(), ErrorObjectOwned> {
        let delay = self.0.next(|fault| matches!(fault.effect, MethodEffect::Delay(_)) && fits(&fault.method, method));
        // Both kinds are used when the call comes, whatever happens meanwhile.
        let error = self.0.next(|fault| matches!(fault.effect, MethodEffect::Error(_)) && fits(&fault.method, method));
        if let Some(MethodFault { effect: MethodEffect::Delay(ms), .. }) = delay {
            tokio::time::sleep(Duration::from_millis(ms)).await;
        }
        match error {
            Some(MethodFault { effect: MethodEffect::Error(error), .. }) => Err(error),
            _ => Ok(()),
        }
    }

    /// All rules, those that are used up included.
    pub fn list(&self) -> Vec<Rule<MethodFault>> {
        self.0.list()
    }

    /// Forgets all rules.
    pub fn clear(&self) {
        self.0.clear();
    }
}

/// Whether the rule for `pattern` is for `method`. The chain's own controls
/// only fail when a rule names them.
fn fits(pattern: &str, method: &str) -> bool {
    if NEVER_FAULTY.contains(&method) || (method.starts_with("dev_") && !pattern.starts_with("dev_")) {
        return false;
    }
    match pattern.strip_suffix('*') {
        Some(prefix) => method.starts_with(prefix),
        None => method == pattern,
    }
}

/// What becomes of a submitted transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// It goes into the pool, as it should.
    Pass,
    /// It is accepted and then lost.
    Drop {
        /// Its sender is told nothing more, instead of `dropped`.
        silent: bool,
    },
    /// It is held outside the pool.
    Delay {
        /// Until so many more blocks are sealed.
        blocks: u32,
    },
}

/// A transaction's fate in a rule's listing.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TransactionFault {
    /// What becomes of it.
    pub fate: Fate,
}

/// Faults of submitted transactions.
#[derive(Debug, Default)]
pub struct TransactionFaults(Rules<TransactionFault>);

impl TransactionFaults {
    /// The next `count` transactions have this fate, after those of earlier
    /// rules.
    ///
    /// # Errors
    /// [`TooManyRules`].
    pub fn add(&self, fate: Fate, count: u64) -> Result<(), TooManyRules> {
        self.0.add(TransactionFault { fate }, Some(count))
    }

    /// The fate of a transaction that has just been submitted and found valid.
    pub fn next(&self) -> Fate {
        self.0.next(|_| true).map_or(Fate::Pass, |fault| fault.fate)
    }

    /// All rules, those that are used up included.
    pub fn list(&self) -> Vec<Rule<TransactionFault>> {
        self.0.list()
    }

    /// Forgets all rules; what they did stays done.
    pub fn clear(&self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::{fits, Fate, TransactionFaults, MAX_RULES};

    #[test]
    fn a_pattern_is_a_name_or_the_beginning_of_names() {
        assert!(fits("chain_getBlock", "chain_getBlock"));
        assert!(!fits("chain_getBlock", "chain_getBlockHash"));
        assert!(fits("chain_*", "chain_getBlockHash"));
        assert!(!fits("chain_*", "chainHead_v1_follow"));
        assert!(fits("*", "system_health"));
    }

    #[test]
    fn the_way_back_is_never_faulty() {
        assert!(!fits("*", "dev_newBlock"));
        assert!(fits("dev_*", "dev_newBlock"));
        assert!(fits("dev_newBlock", "dev_newBlock"));
        for method in super::NEVER_FAULTY {
            assert!(!fits("*", method) && !fits("dev_*", method) && !fits(method, method));
        }
    }

    #[test]
    fn fates_come_in_the_order_they_were_set_and_then_end() {
        let faults = TransactionFaults::default();
        assert_eq!(faults.next(), Fate::Pass);
        faults.add(Fate::Drop { silent: true }, 2).unwrap();
        faults.add(Fate::Delay { blocks: 3 }, 1).unwrap();
        let fates: Vec<Fate> = (0..4).map(|_| faults.next()).collect();
        let lost = Fate::Drop { silent: true };
        assert_eq!(fates, [lost, lost, Fate::Delay { blocks: 3 }, Fate::Pass]);
        assert_eq!(faults.list().iter().map(|rule| rule.used).collect::<Vec<_>>(), [2, 1]);
        faults.clear();
        assert!(faults.list().is_empty());
    }

    #[test]
    fn rules_have_a_bound() {
        let faults = TransactionFaults::default();
        for _ in 0..MAX_RULES {
            faults.add(Fate::Pass, 1).unwrap();
        }
        assert!(faults.add(Fate::Pass, 1).is_err());
    }
}
