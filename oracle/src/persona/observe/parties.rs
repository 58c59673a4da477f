//! Standing, identity and pay of parties, folded from events.

use crate::persona::proposal::Bearing;
use bizkey_client::ContractKind;
use bizkey_primitives::{events::Event, Balance, CustomerIndex, Epoch, Hash, Side, Stamp};
use std::collections::{BTreeMap, HashMap};

/// What a proposal about a party has to know of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Where it stands.
    pub bearing: Bearing,
    /// The commitment to its identity that stands in `registry`.
    pub commitment: Option<Hash>,
    /// What it was paid for epochs, smallest unit of Bzky or Time; those for
    /// which nothing was paid yet are left out.
    pub paid: BTreeMap<Epoch, Balance>,
}

/// All parties of a network.
#[derive(Clone, Debug, Default)]
pub struct Parties {
    commitments: HashMap<(Side, u32), Hash>,
    /// Those whose standing was ever changed.
    bearings: HashMap<(Side, u32), Bearing>,
    paid: HashMap<(Side, u32), BTreeMap<Epoch, Balance>>,
    /// Customers of an epoch, which is not before genesis.
    pub(super) joined: BTreeMap<CustomerIndex, Epoch>,
}

impl Parties {
    /// Books an event of a block with the stamp `now`.
    pub(super) fn book(&mut self, now: Stamp, kind: ContractKind, event: &Event) {
        match (kind, event) {
            (ContractKind::Registry, Event::PartyRegistered(party)) => {
                self.commitments.insert((party.side, party.index), party.commitment);
                // Who came before genesis is no newcomer of any epoch.
                if let (Side::Customer, Some(epoch)) = (party.side, now.checked_sub(1)) {
                    self.joined.insert(party.index, epoch);
                }
            }
            (ContractKind::Registry, Event::StatusChanged(change)) => {
                let bearing = Bearing { status: change.status, since: Some(now.saturating_sub(1)) };
                self.bearings.insert((change.side, change.index), bearing);
            }
            (ContractKind::Rewards, Event::RewardsPaid(paid)) => {
                for reward in &paid.rewards {
                    self.pay((paid.side, reward.index), paid.epoch, reward.amount);
                }
            }
            (ContractKind::Rewards, Event::DeferredRewardPaid(paid)) => {
                self.pay((Side::Merchant, paid.index), paid.epoch, paid.amount);
            }
            _ => {}
        }
    }

    fn pay(&mut self, party: (Side, u32), epoch: Epoch, amount: Balance) {
        if amount == 0 {
            return;
        }
        let paid = self.paid.entry(party).or_default().entry(epoch).or_default();
        // The supply bounds it.
        *paid = paid.saturating_add(amount);
    }

    /// Forgets what was paid for earlier epochs.
    pub(super) fn forget_before(&mut self, epoch: Epoch) {
        for paid in self.paid.values_mut() {
            paid.retain(|of, _| *of >= epoch);
        }
        self.paid.retain(|_, paid| !paid.is_empty());
    }

    /// A party; of one that nobody registered, nothing is known.
    #[must_use]
    pub fn known(&self, side: Side, index: u32) -> Known {
        let party = (side, index);
        Known {
            bearing: self.bearings.get(&party).copied().unwrap_or_default(),
            commitment: self.commitments.get(&party).copied(),
            paid: self.paid.get(&party).cloned().unwrap_or_default(),
        }
    }

    pub(super) fn is_registered(&self, side: Side, index: u32) -> bool {
        self.commitments.contains_key(&(side, index))
    }
}
