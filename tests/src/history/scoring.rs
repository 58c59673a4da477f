//! What the board decides of how epochs are scored.

use super::{
    parties::{REGIONS, TRADES},
    Contract, History,
};
use bizkey_primitives::{
    events::*,
    membership::{Business, Clamp},
    report::{BIZPOWER_1, BIZPOWER_2},
    Epoch,
};

#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    Algorithm,
    Clamp,
    CapitalFloor,
    CashCap,
}

impl Deed {
    /// How often each happens in an epoch.
    pub const COUNTS: &'static [(u64, Deed)] =
        &[(1, Deed::Algorithm), (2, Deed::Clamp), (3, Deed::CapitalFloor), (1, Deed::CashCap)];
}

impl History {
    pub(super) fn perform_scoring(&mut self, deed: Deed) -> Option<()> {
        let from_epoch = self.next_epoch() + self.draws.below(3);
        let (trade, region) = (self.draws.skewed(TRADES) as u16, self.draws.skewed(REGIONS) as u16);
        let amount = u64::from(self.draws.below(10_000));
        match deed {
            Deed::Algorithm => {
                let from_epoch = self.next_epoch();
                let version = self.algorithm_from(from_epoch);
                self.emit(Contract::Rewards, Event::AlgorithmSet(AlgorithmSet { from_epoch, version }));
            }
            Deed::Clamp => {
                let clamp = Clamp { lo: 1 + amount / 10, hi: 10_000 + amount };
                self.emit(Contract::Registry, Event::ClampSet(ClampSet { trade, clamp, from_epoch }));
            }
            Deed::CapitalFloor => {
                let (business, floor) = (Business { trade, region }, 100 * u128::from(amount));
                let event = CapitalFloorSet { business, floor, from_epoch };
                self.emit(Contract::Registry, Event::CapitalFloorSet(event));
            }
            Deed::CashCap => {
                let cap = 1_000 * amount;
                self.emit(Contract::Registry, Event::CashCapSet(CashCapSet { cap, from_epoch }));
            }
        }
        Some(())
    }

    /// The hardened algorithm comes half-way, so that the running epoch in the
    /// end is scored by it.
    pub(super) fn algorithm_from(&self, epoch: Epoch) -> u16 {
        if epoch > self.shape.epochs / 2 {
            BIZPOWER_2
        } else {
            BIZPOWER_1
        }
    }
}
