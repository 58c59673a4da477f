//! What the board decides of how epochs are scored, kept as the contracts do.

use super::{Kind, Step, World};
use bizkey_indexer::{model::ScoringRules, scores::rules::Parameters};
use bizkey_primitives::{
    events::*,
    membership::{Business, Clamp},
};
use std::collections::BTreeMap;

/// Values of one subject with the first epoch of each, as they were decided.
pub type Decided<T> = Vec<(u32, T)>;

#[derive(Debug, Default)]
pub struct Scoring {
    pub algorithms: Decided<u16>,
    pub clamps: BTreeMap<u16, Decided<Clamp>>,
    pub floors: BTreeMap<(u16, u16), Decided<u128>>,
    pub cash_caps: Decided<u64>,
}

/// A decision drops those that begin with the epoch `open` or after it.
fn decide<T>(decided: &mut Decided<T>, open: u32, from: u32, value: T) {
    decided.retain(|(begins, _)| *begins < open);
    decided.push((from, value));
}

/// The last decision that has begun.
fn at<T: Copy>(decided: &Decided<T>, epoch: u32) -> Option<T> {
    decided.iter().rev().find(|(from, _)| *from <= epoch).map(|(_, value)| *value)
}

impl Scoring {
    /// The rules in force in an epoch.
    pub fn rules(&self, epoch: u32) -> ScoringRules {
        ScoringRules {
            algorithm_version: at(&self.algorithms, epoch).unwrap_or(1),
            parameters: Parameters {
                clamps: self.clamps.iter().filter_map(|(trade, all)| Some((*trade, at(all, epoch)?))).collect(),
                capital_floors: self.floors.iter().filter_map(|(place, all)| Some((*place, at(all, epoch)?))).collect(),
                cash_cap: at(&self.cash_caps, epoch),
            },
        }
    }
}

impl World {
    pub(super) fn scoring(&mut self, epoch: u32, step: &Step) -> Option<Vec<Event>> {
        let Step { kind, pick, amount, flag } = *step;
        let scoring = &mut self.scoring;
        let (open, trade, region) = (epoch + 1, (pick % 3) as u16, u16::from(flag));
        let from_epoch = open + (pick / 3) as u32;
        Some(vec![match kind {
            Kind::Algorithm => {
                let version = if flag { 2 } else { 1 + (amount % 2) as u16 };
                // One that was to begin earlier stays.
                decide(&mut scoring.algorithms, from_epoch, from_epoch, version);
                Event::AlgorithmSet(AlgorithmSet { from_epoch, version })
            }
            Kind::Clamp => {
                let lo = u64::from(1 + amount / 10);
                let clamp = Clamp { lo, hi: lo + u64::from(amount) };
                decide(scoring.clamps.entry(trade).or_default(), open, from_epoch, clamp);
                Event::ClampSet(ClampSet { trade, clamp, from_epoch })
            }
            Kind::CapitalFloor => {
                let floor = u128::from(amount) * 4;
                decide(scoring.floors.entry((trade, region)).or_default(), open, from_epoch, floor);
                Event::CapitalFloorSet(CapitalFloorSet { business: Business { trade, region }, floor, from_epoch })
            }
            Kind::CashCap => {
                let cap = u64::from(amount);
                decide(&mut scoring.cash_caps, open, from_epoch, cap);
                Event::CashCapSet(CashCapSet { cap, from_epoch })
            }
            _ => return None,
        }])
    }
}
