//! Whether the tokens that moved are those that the rules make move.

use super::{difference::Place, Difference, Field};
use bizkey_client::{ContractAddresses, ContractEvent, ContractKind};
use bizkey_primitives::{events::Event, AccountId, Balance, Side};
use std::collections::BTreeMap;

/// A flow of tokens to or from `rewards`, or out of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Flow {
    /// Bzky out of the merchant pool.
    Pool(AccountId),
    /// Bzky out of `rewards`.
    Bzky(AccountId),
    /// Bzky of `rewards` that ceases to be.
    Burn,
    /// Bzky into `rewards`. Anybody may give it more than it asks for.
    Stake(AccountId),
    /// Time that comes into being.
    Time(AccountId),
}

#[derive(Clone, Copy, Debug, Default)]
struct Amounts {
    due: Balance,
    moved: Balance,
    /// Of what was due first.
    place: Option<Place>,
}

/// Compares, transaction by transaction, what has to move with the transfers
/// of `bzky` and `time`.
#[derive(Clone, Debug, Default)]
pub(super) struct Moves {
    flows: BTreeMap<(Option<u32>, Flow), Amounts>,
}

impl Moves {
    /// Such an amount has to move in a transaction.
    pub(super) fn due(&mut self, transaction: Option<u32>, flow: Flow, amount: Balance, place: Place) {
        let amounts = self.flows.entry((transaction, flow)).or_default();
        // Parts of the supplies of Bzky and Time.
        amounts.due = amounts.due.saturating_add(amount);
        amounts.place = amounts.place.or(Some(Place { account: None, ..place }));
    }

    /// Books a transfer that concerns `rewards` or a pool.
    pub(super) fn moved(&mut self, event: &ContractEvent, contracts: &ContractAddresses) {
        let Some((flow, value)) = flow_of(event, contracts) else { return };
        let amounts = self.flows.entry((event.extrinsic, flow)).or_default();
        amounts.moved = amounts.moved.saturating_add(value);
    }

    /// After a block: nothing moved but what had to.
    pub(super) fn check(&mut self, block: u32) -> Result<(), Difference> {
        for ((_, flow), amounts) in std::mem::take(&mut self.flows) {
            let Amounts { due, moved, place } = amounts;
            let agrees = if matches!(flow, Flow::Stake(_)) { due <= moved } else { due == moved };
            if !agrees {
                let side = match flow {
                    Flow::Pool(_) | Flow::Bzky(_) => Some(Side::Merchant),
                    Flow::Time(_) => Some(Side::Customer),
                    Flow::Burn | Flow::Stake(_) => None,
                };
                let place = place.unwrap_or(Place { side, ..Place::block(block) });
                return Err(place.number(Field::Moved, due, moved));
            }
        }
        Ok(())
    }
}

fn flow_of(event: &ContractEvent, contracts: &ContractAddresses) -> Option<(Flow, Balance)> {
    let Event::Transfer(transfer) = &event.event else { return None };
    let (vault, rewards) = (Some(contracts.vault), Some(contracts.rewards));
    let flow = match (event.kind, transfer.from, transfer.to) {
        (ContractKind::Time, None, Some(to)) => Flow::Time(to),
        (ContractKind::Bzky, from, Some(to)) if from == vault => Flow::Pool(to),
        (ContractKind::Bzky, from, Some(to)) if from == rewards => Flow::Bzky(to),
        (ContractKind::Bzky, from, None) if from == rewards => Flow::Burn,
        (ContractKind::Bzky, Some(from), to) if to == rewards => Flow::Stake(from),
        _ => return None,
    };
    Some((flow, transfer.value))
}
