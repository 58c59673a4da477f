//! What the board has set about scoring, folded from events, for any epoch
//! that has begun.

use crate::scoring::{Algorithm, Parameters, UnknownAlgorithm};
use bizkey_client::{ContractEvent, ContractKind};
use bizkey_primitives::{
    events::Event,
    membership::{Business, Clamp},
    report::BIZPOWER_1,
    Epoch, Stamp,
};
use std::collections::BTreeMap;

/// Values that count from an epoch on, in chain order.
#[derive(Clone, Debug)]
pub(super) struct Dated<V>(Vec<(Epoch, V)>);

impl<V> Default for Dated<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V: Copy> Dated<V> {
    /// Books a value whose dates never go back, as attestors' words.
    pub(super) fn push(&mut self, from: Epoch, value: V) {
        self.0.push((from, value));
    }

    /// Books a value in the place of those that begin at or after `open`.
    fn replace(&mut self, open: Epoch, from: Epoch, value: V) {
        self.0.retain(|(earlier, _)| *earlier < open);
        self.push(from, value);
    }

    /// Of the values that begin by the epoch, the last one booked.
    pub(super) fn at(&self, epoch: Epoch) -> Option<V> {
        self.0.iter().rev().find(|(from, _)| *from <= epoch).map(|(_, value)| *value)
    }
}

/// Algorithms of `rewards` and parameters of `registry`.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    algorithms: Dated<u16>,
    clamps: BTreeMap<u16, Dated<Clamp>>,
    capital_floors: BTreeMap<(u16, u16), Dated<u128>>,
    cash_cap: Dated<u64>,
}

impl Rules {
    /// Books an event of a block in the epoch with stamp `now`, if it is about
    /// the rules.
    pub(super) fn book(&mut self, now: Stamp, event: &ContractEvent) {
        // A stamp is the first epoch that has not begun. `registry` replaces
        // every decision that has not begun, whichever epoch the new one names.
        let open: Epoch = now;
        match (event.kind, &event.event) {
            // `rewards` drops only what was set for the same epoch or later ones.
            (ContractKind::Rewards, Event::AlgorithmSet(set)) => {
                self.algorithms.replace(set.from_epoch, set.from_epoch, set.version);
            }
            (ContractKind::Registry, Event::ClampSet(set)) => {
                self.clamps.entry(set.trade).or_default().replace(open, set.from_epoch, set.clamp);
            }
            (ContractKind::Registry, Event::CapitalFloorSet(set)) => {
                let Business { trade, region } = set.business;
                self.capital_floors.entry((trade, region)).or_default().replace(open, set.from_epoch, set.floor);
            }
            (ContractKind::Registry, Event::CashCapSet(set)) => self.cash_cap.replace(open, set.from_epoch, set.cap),
            _ => {}
        }
    }

    /// The algorithm of an epoch that has begun; `bizpower-1` until another
    /// one is set.
    pub(super) fn algorithm(&self, epoch: Epoch) -> Result<Algorithm, UnknownAlgorithm> {
        self.algorithms.at(epoch).unwrap_or(BIZPOWER_1).try_into()
    }

    /// The parameters of an epoch that has begun.
    pub(super) fn parameters(&self, epoch: Epoch) -> Parameters {
        Parameters {
            clamps: in_force(&self.clamps, epoch),
            capital_floors: in_force(&self.capital_floors, epoch),
            cash_cap: self.cash_cap.at(epoch),
        }
    }
}

fn in_force<K: Copy + Ord, V: Copy>(values: &BTreeMap<K, Dated<V>>, epoch: Epoch) -> BTreeMap<K, V> {
    values.iter().filter_map(|(key, dated)| Some((*key, dated.at(epoch)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bizkey_primitives::events::{AlgorithmSet, CapitalFloorSet, CashCapSet, ClampSet};

    fn book(rules: &mut Rules, now: Stamp, kind: ContractKind, event: Event) {
        let contract = [0; 32].into();
        rules.book(now, &ContractEvent { index: 0, extrinsic: None, contract, kind, event });
    }

    #[test]
    fn an_algorithm_drops_those_set_for_its_epoch_and_later_ones() {
        let mut rules = Rules::default();
        assert_eq!(rules.algorithm(0), Ok(Algorithm::Bizpower1));
        for (from_epoch, version) in [(10, 2), (20, 3), (30, 9)] {
            book(&mut rules, 5, ContractKind::Rewards, Event::AlgorithmSet(AlgorithmSet { from_epoch, version }));
        }
        book(&mut rules, 6, ContractKind::Rewards, Event::AlgorithmSet(AlgorithmSet { from_epoch: 20, version: 1 }));
        let at = |epoch| rules.algorithm(epoch).map(Algorithm::version);
        assert_eq!([9, 10, 19, 20, 99].map(at), [Ok(1), Ok(2), Ok(2), Ok(1), Ok(1)]);
        book(&mut rules, 7, ContractKind::Rewards, Event::AlgorithmSet(AlgorithmSet { from_epoch: 40, version: 9 }));
        assert_eq!(rules.algorithm(39), Ok(Algorithm::Bizpower1));
        assert_eq!(rules.algorithm(40), Err(UnknownAlgorithm(9)));
    }

    #[test]
    fn a_parameter_replaces_what_has_not_begun_and_no_more() {
        let mut rules = Rules::default();
        let business = Business { trade: 3, region: 4 };
        let cap = |cap, from_epoch| Event::CashCapSet(CashCapSet { cap, from_epoch });
        let clamp = Clamp { lo: 1, hi: 9 };
        let registry = ContractKind::Registry;
        book(&mut rules, 0, registry, cap(100, 0));
        book(&mut rules, 2, registry, cap(200, 10));
        book(&mut rules, 2, registry, Event::ClampSet(ClampSet { trade: 3, clamp, from_epoch: 2 }));
        book(&mut rules, 2, registry, Event::CapitalFloorSet(CapitalFloorSet { business, floor: 7, from_epoch: 3 }));
        // The decision for epoch 10 had not begun: a later date drops it too.
        book(&mut rules, 3, registry, cap(300, 12));
        // The contract that emits an event decides what it means.
        book(&mut rules, 3, ContractKind::Rewards, cap(400, 3));

        let caps = [0, 9, 10, 11, 12].map(|epoch| rules.parameters(epoch).cash_cap);
        assert_eq!(caps, [Some(100), Some(100), Some(100), Some(100), Some(300)]);
        let at = |epoch| {
            let parameters = rules.parameters(epoch);
            (parameters.clamp(Some(&business)), parameters.capital_floor(Some(&business)))
        };
        assert_eq!([1, 2, 3].map(at), [(None, 0), (Some(clamp), 0), (Some(clamp), 7)]);
        assert_eq!(rules.parameters(3).clamp(Some(&Business { trade: 4, region: 4 })), None);
        assert_eq!(rules.parameters(3).clamp(None), None);
    }
}
