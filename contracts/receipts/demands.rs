//! Demands to open a receipt, without the chain around them (architecture.md,
//! customer ticket).

use bizkey_primitives::{
    errors::receipts::Error,
    opening::{Demand, DemandState, OpeningRules},
    receipt::KEPT_HEADS,
    Balance, DeviceId, MerchantIndex, Stamp,
};
use ink::storage::Mapping;

/// Device, sequence number of the batch, position in the batch.
pub type ReceiptKey = (DeviceId, u64, u16);

/// Every demand that is open, or whose receipt could be demanded again, and
/// how many are open against each shop.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Demands {
    kept: Mapping<ReceiptKey, Demand>,
    open: Mapping<MerchantIndex, u32>,
}

impl Demands {
    /// The demand about a receipt, also a settled one.
    pub fn of(&self, key: ReceiptKey) -> Option<Demand> {
        self.kept.get(key)
    }

    /// Demands open against a shop.
    pub fn open_against(&self, merchant: MerchantIndex) -> u32 {
        self.open.get(merchant).unwrap_or(0)
    }

    /// The bond of the next demand against a shop.
    ///
    /// # Errors
    /// `TooManyDemands`.
    pub fn bond(&self, rules: &OpeningRules, merchant: MerchantIndex) -> Result<Balance, Error> {
        rules.bond_with(self.open_against(merchant)).ok_or(Error::TooManyDemands)
    }

    /// Keeps an open demand. Its bond is [`Demands::bond`]'s.
    ///
    /// # Errors
    /// `AlreadyDemanded`.
    pub fn add(&mut self, key: ReceiptKey, demand: &Demand) -> Result<(), Error> {
        if self.kept.contains(key) {
            return Err(Error::AlreadyDemanded);
        }
        self.kept.insert(key, demand);
        self.open.insert(demand.merchant, &self.open_against(demand.merchant).saturating_add(1));
        Ok(())
    }

    /// The demand about a receipt, if it is open.
    ///
    /// # Errors
    /// `NotDemanded`.
    pub fn waiting(&self, key: ReceiptKey) -> Result<Demand, Error> {
        self.of(key).filter(|demand| demand.state == DemandState::Open).ok_or(Error::NotDemanded)
    }

    /// Settles a demand that [`Demands::waiting`] gave. It is kept on, so that
    /// its receipt is not demanded again.
    pub fn settle(&mut self, key: ReceiptKey, demand: Demand, state: DemandState) {
        self.kept.insert(key, &Demand { state, ..demand });
        match self.open_against(demand.merchant).saturating_sub(1) {
            0 => self.open.remove(demand.merchant),
            left => {
                self.open.insert(demand.merchant, &left);
            }
        }
    }

    /// Forgets a settled demand whose epoch, `epoch`, is no longer among the
    /// last 32 at `now`: nobody can show its receipt any more.
    ///
    /// # Errors
    /// `NotDemanded`, `DemandKept`.
    pub fn forget(&mut self, key: ReceiptKey, now: Stamp) -> Result<(), Error> {
        let demand = self.of(key).ok_or(Error::NotDemanded)?;
        let age = now.saturating_sub(bizkey_primitives::calendar::stamp(demand.epoch));
        if demand.state == DemandState::Open || age <= KEPT_HEADS {
            return Err(Error::DemandKept);
        }
        self.kept.remove(key);
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use bizkey_primitives::AccountId;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn demand(merchant: MerchantIndex) -> Demand {
        Demand {
            demander: AccountId::from([1; 32]),
            bond: 10,
            penalty: 100,
            since_ms: 0,
            window_ms: 10,
            merchant,
            epoch: 4,
            customer: 3,
            amount: 5,
            reference: [1; 16],
            state: DemandState::Open,
        }
    }

    #[ink::test]
    fn a_receipt_is_demanded_once() {
        let mut demands = Demands::default();
        let key = (1, 2, 3);
        assert_eq!(demands.waiting(key), Err(Error::NotDemanded));
        demands.add(key, &demand(7)).unwrap();
        assert_eq!(demands.add(key, &demand(7)), Err(Error::AlreadyDemanded));
        assert_eq!(demands.open_against(7), 1);
        demands.settle(key, demands.waiting(key).unwrap(), DemandState::Opened);
        assert_eq!(demands.waiting(key), Err(Error::NotDemanded));
        assert_eq!(demands.add(key, &demand(7)), Err(Error::AlreadyDemanded));
        assert_eq!(demands.open_against(7), 0);
        assert_eq!(demands.of(key).unwrap().state, DemandState::Opened);
    }

    #[ink::test]
    fn a_demand_is_forgotten_when_nobody_can_show_its_receipt() {
        let mut demands = Demands::default();
        let key = (1, 2, 3);
        assert_eq!(demands.forget(key, 99), Err(Error::NotDemanded));
        demands.add(key, &demand(7)).unwrap();
        assert_eq!(demands.forget(key, 99), Err(Error::DemandKept), "it is open");
        demands.settle(key, demand(7), DemandState::Failed);
        // Epoch 4 is stamp 5.
        assert_eq!(demands.forget(key, 5 + 32), Err(Error::DemandKept));
        assert_eq!(demands.forget(key, 5 + 33), Ok(()));
        assert_eq!(demands.of(key), None);
    }

    #[ink::test]
    fn a_shop_faces_256_demands_at_most() {
        let mut demands = Demands::default();
        let rules = OpeningRules { bond: 2, ..OpeningRules::default() };
        for index in 0..256 {
            assert_eq!(demands.bond(&rules, 7), Ok(2 << (index / 16)));
            demands.add((1, 0, index), &demand(7)).unwrap();
        }
        assert_eq!(demands.bond(&rules, 7), Err(Error::TooManyDemands));
        assert_eq!(demands.bond(&rules, 8), Ok(2), "another shop");
        demands.settle((1, 0, 5), demand(7), DemandState::Opened);
        assert_eq!(demands.bond(&rules, 7), Ok(2 << 15));
    }

    proptest! {
        /// The count of open demands is the number of demands kept as open.
        #[test]
        fn open_demands_are_counted(
            steps in proptest::collection::vec((0u32..2, 0u64..3, 0u16..3, 0u8..4), 0..80),
        ) {
            ink::env::test::run_test::<ink::env::DefaultEnvironment, _>(|_| Ok(())).unwrap();
            let mut demands = Demands::default();
            let mut model: BTreeMap<ReceiptKey, DemandState> = BTreeMap::new();
            let mut now = 0;
            for (device, seq, index, step) in steps {
                let key = (device, seq, index);
                now += 1;
                match step {
                    0 | 1 => {
                        let added = demands.add(key, &demand(device));
                        prop_assert_eq!(added.is_ok(), !model.contains_key(&key));
                        model.entry(key).or_insert(DemandState::Open);
                    }
                    2 => if let Ok(open) = demands.waiting(key) {
                        prop_assert_eq!(model.insert(key, DemandState::Failed), Some(DemandState::Open));
                        demands.settle(key, open, DemandState::Failed);
                    },
                    _ => if demands.forget(key, now).is_ok() {
                        prop_assert!(now > 5 + 32);
                        prop_assert_eq!(model.remove(&key), Some(DemandState::Failed));
                    },
                }
                for merchant in 0..2 {
                    let open = model.iter().filter(|(key, state)| key.0 == merchant && **state == DemandState::Open);
                    prop_assert_eq!(demands.open_against(merchant) as usize, open.count());
                }
                prop_assert_eq!(demands.of(key).map(|kept| kept.state), model.get(&key).copied());
            }
        }
    }
}
