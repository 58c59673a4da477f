//! Figures against what is set, and the calls with which the board sets them.
//!
//! Nothing is set here: a proposal is the call of `foundation.propose` that a
//! director submits, one resolution a figure, and more than half of the
//! directors have to be for each.

use super::{
    figures::{Least, LeftOut, Percentiles},
    observe::Observed,
    pending::Pending,
};
use crate::persona::proposal::BoardCall;
use bizkey_primitives::{
    board::ResolutionId,
    membership::{Business, Clamp},
};
use std::collections::BTreeSet;

/// By what figures are proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Which percentiles.
    pub percentiles: Percentiles,
    /// What a figure has to rest on.
    pub least: Least,
    /// By how much a figure may differ from what is set and is left alone,
    /// percent of what is set. Of a clamp, both ends.
    pub tolerance_percent: u64,
}

/// What a figure is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// Between what a customer's total counts in a trade.
    Clamp(u16),
    /// The least capital in a trade and region.
    CapitalFloor(u16, u16),
}

/// A figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Minor units of a customer's total.
    Clamp(Clamp),
    /// Minor units a month.
    CapitalFloor(u128),
}

/// What becomes of a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is to be set.
    Set {
        /// To what.
        value: Value,
        /// The resolution, and the director's call.
        call: BoardCall,
    },
    /// It is set already, to this or to something close.
    Stays(Value),
    /// A resolution that can still be carried out sets it to this or to
    /// something close.
    Pending {
        /// What was found.
        value: Value,
        /// The resolution.
        resolution: ResolutionId,
    },
    /// It would rest on too little; what is set stays.
    LeftOut(LeftOut),
}

/// A figure, what it rests on, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FigureProposal {
    /// Which.
    pub figure: Figure,
    /// Customers' totals that it rests on; `None` of a floor.
    pub totals: Option<u64>,
    /// Shops that it rests on.
    pub shops: u64,
    /// What is set for the epoch from which it would hold.
    pub set: Option<Value>,
    /// What becomes of it.
    pub outcome: Outcome,
}

/// Every figure of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposals(pub Vec<FigureProposal>);

impl Proposals {
    /// Those that are to be set.
    pub fn to_set(&self) -> impl Iterator<Item = &FigureProposal> {
        self.0.iter().filter(|proposal| matches!(proposal.outcome, Outcome::Set { .. }))
    }
}

/// The figures of every trade and region that was observed or for which
/// something is set: clamps by trade, then floors by trade and region.
#[must_use]
pub fn propose(observed: &Observed, terms: &Terms) -> Proposals {
    let Observed { observations, set, place, from_epoch, .. } = observed;
    let Terms { percentiles, least, .. } = terms;
    let trades: BTreeSet<u16> = observations.trades().chain(set.clamps.keys().copied()).collect();
    let clamps = trades.into_iter().map(|trade| {
        let (totals, shops) = observations.seen_in(trade);
        let set = set.clamps.get(&trade).copied().map(Value::Clamp);
        let outcome = observations.clamp(trade, percentiles, least).map_or_else(Outcome::LeftOut, |clamp| {
            terms.decide(observed, Figure::Clamp(trade), set, Value::Clamp(clamp), || {
                let arguments = (trade, clamp, *from_epoch);
                BoardCall::new(place, "registry.set_clamp", place.registry, "set_clamp", &arguments)
            })
        });
        FigureProposal { figure: Figure::Clamp(trade), totals: Some(totals), shops, set, outcome }
    });
    let businesses: BTreeSet<(u16, u16)> =
        observations.businesses().chain(set.capital_floors.keys().copied()).collect();
    let floors = businesses.into_iter().map(|(trade, region)| {
        let (figure, shops) = (Figure::CapitalFloor(trade, region), observations.shops_in((trade, region)));
        let set = set.capital_floors.get(&(trade, region)).copied().map(Value::CapitalFloor);
        let found = observations.capital_floor((trade, region), percentiles, least);
        let outcome = found.map_or_else(Outcome::LeftOut, |floor| {
            terms.decide(observed, figure, set, Value::CapitalFloor(floor), || {
                let arguments = (Business { trade, region }, floor, *from_epoch);
                BoardCall::new(place, "registry.set_capital_floor", place.registry, "set_capital_floor", &arguments)
            })
        });
        FigureProposal { figure, totals: None, shops, set, outcome }
    });
    Proposals(clamps.chain(floors).collect())
}

impl Terms {
    fn decide(
        &self,
        observed: &Observed,
        figure: Figure,
        set: Option<Value>,
        value: Value,
        call: impl FnOnce() -> BoardCall,
    ) -> Outcome {
        let is_near = |other: &Value| other.is_near(&value, self.tolerance_percent);
        if set.as_ref().is_some_and(is_near) {
            return Outcome::Stays(value);
        }
        let is_pending = |pending: &&Pending| pending.figure == figure && is_near(&pending.value);
        match observed.pending.iter().find(is_pending) {
            Some(Pending { resolution, .. }) => Outcome::Pending { value, resolution: *resolution },
            None => Outcome::Set { value, call: call() },
        }
    }
}

impl Value {
    /// Whether another figure differs from this one by no more than a
    /// percentage of it.
    fn is_near(&self, other: &Self, percent: u64) -> bool {
        let is_near = |own: u128, other: u128| {
            // Capital is below 2^97; where products saturate, both do.
            own.abs_diff(other).saturating_mul(100) <= own.saturating_mul(u128::from(percent))
        };
        match (self, other) {
            (Self::Clamp(own), Self::Clamp(other)) => {
                is_near(own.lo.into(), other.lo.into()) && is_near(own.hi.into(), other.hi.into())
            }
            (Self::CapitalFloor(own), Self::CapitalFloor(other)) => is_near(*own, *other),
            _ => false,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{
        persona::proposal::Place,
        scoring::Parameters,
        scoring_rules::{EpochTotals, Observations},
    };
    use bizkey_primitives::{board::Motion, hash::selector, party::Capital, receipt::Channel};
    use codec::{Decode, Encode};

    const TERMS: Terms = Terms {
        percentiles: Percentiles { clamp_lo: 25, clamp_hi: 75, capital_floor: 25 },
        least: Least { totals: 4, shops: 2 },
        tolerance_percent: 10,
    };

    fn place() -> Place {
        let [registry, foundation, rewards] = [[1; 32], [2; 32], [3; 32]].map(Into::into);
        Place { genesis: [9; 32].into(), registry, foundation, rewards }
    }

    /// Trade 1: totals of 100, 200, 300, 400, 500; floors of 10 in region 1.
    fn observed(set: Parameters) -> Observed {
        let mut observations = Observations::default();
        let mut day = EpochTotals::default();
        for customer in 1..=5u32 {
            day.add(1 + customer % 2, customer, Channel::InStore, 100 * u64::from(customer));
        }
        observations.add_epoch(day, |_| Some(1));
        for _ in 0..2 {
            let capital = Capital { area_m2: 10, staff: 0, rent_per_m2_month: 1, wage_month: 0 };
            observations.add_shop(Business { trade: 1, region: 1 }, &capital);
        }
        Observed {
            place: place(),
            first: 0,
            last: 0,
            from_epoch: 30,
            receipts: 5,
            shops: 2,
            shops_with_trade: 2,
            observations,
            set,
            pending: Vec::new(),
        }
    }

    fn parameters(clamp: (u64, u64), floor: u128) -> Parameters {
        let (lo, hi) = clamp;
        Parameters { clamps: [(1, Clamp { lo, hi })].into(), capital_floors: [((1, 1), floor)].into(), cash_cap: None }
    }

    #[test]
    fn a_figure_comes_with_the_call_that_sets_it() {
        let proposals = propose(&observed(Parameters::default()), &TERMS);
        let [clamp, floor] = &proposals.0[..] else { panic!("{proposals:?}") };
        assert_eq!((clamp.totals, clamp.shops, floor.totals, floor.shops), (Some(5), 2, None, 2));
        let mut expected = Vec::new();
        let figure = (1u16, Clamp { lo: 200, hi: 400 }, 30u32);
        expected.push([selector("set_clamp").to_vec(), figure.encode()].concat());
        let figure = (Business { trade: 1, region: 1 }, 10u128, 30u32);
        expected.push([selector("set_capital_floor").to_vec(), figure.encode()].concat());
        for (proposal, input) in [clamp, floor].into_iter().zip(expected) {
            let Outcome::Set { call, .. } = &proposal.outcome else { panic!("{proposal:?}") };
            assert_eq!(call.motion, Motion::Call { target: place().registry, input });
            assert_eq!((call.contract, &call.input[..4]), (place().foundation, &selector("propose")[..]));
            assert_eq!(Motion::decode(&mut &call.input[4..]).unwrap(), call.motion);
        }
    }

    #[test]
    fn what_is_set_stays_unless_a_figure_moved_by_more_than_the_tolerance() {
        let to_set = |clamp, floor| propose(&observed(parameters(clamp, floor)), &TERMS).to_set().count();
        assert_eq!(to_set((200, 400), 10), 0);
        // 182 + 10 % is 200.2, 181 + 10 % is 199.1.
        assert_eq!(to_set((182, 400), 10), 0);
        assert_eq!(to_set((181, 400), 10), 1);
        assert_eq!(to_set((200, 444), 10), 0);
        assert_eq!(to_set((200, 445), 10), 1);
        assert_eq!(to_set((200, 400), 9), 1);
        assert_eq!(to_set((181, 400), 12), 2);
        let exact = Terms { tolerance_percent: 0, ..TERMS };
        assert_eq!(propose(&observed(parameters((200, 399), 10)), &exact).to_set().count(), 1);
    }

    #[test]
    fn what_an_open_resolution_sets_is_not_proposed_again() {
        let mut observed = observed(parameters((1, 1), 10));
        let pending = |figure, lo, hi| Pending { figure, value: Value::Clamp(Clamp { lo, hi }), resolution: 5 };
        observed.pending = vec![pending(Figure::Clamp(2), 200, 400), pending(Figure::Clamp(1), 100, 400)];
        assert_eq!(propose(&observed, &TERMS).to_set().count(), 1, "another trade, another figure");
        observed.pending.push(pending(Figure::Clamp(1), 199, 401));
        let proposals = propose(&observed, &TERMS);
        let value = Value::Clamp(Clamp { lo: 200, hi: 400 });
        assert_eq!(proposals.0[0].outcome, Outcome::Pending { value, resolution: 5 });
    }

    #[test]
    fn what_rests_on_too_little_is_told_and_what_is_set_for_it_is_shown() {
        let set = Parameters {
            clamps: [(7, Clamp { lo: 1, hi: 2 })].into(),
            capital_floors: [((7, 3), 5)].into(),
            cash_cap: None,
        };
        let strict = Terms { least: Least { totals: 6, shops: 2 }, ..TERMS };
        let proposals = propose(&observed(set), &strict);
        let told: Vec<_> =
            proposals.0.iter().map(|p| (p.figure, p.set, matches!(p.outcome, Outcome::LeftOut(_)))).collect();
        assert_eq!(
            told,
            [
                (Figure::Clamp(1), None, true),
                (Figure::Clamp(7), Some(Value::Clamp(Clamp { lo: 1, hi: 2 })), true),
                (Figure::CapitalFloor(1, 1), None, false),
                (Figure::CapitalFloor(7, 3), Some(Value::CapitalFloor(5)), true),
            ]
        );
    }
}
