//! Whether the tokens that moved are those that were announced.

use super::{Difference, Field, Value};
use bizkey_client::{Block, ContractAddresses, ContractEvent, ContractKind};
use bizkey_primitives::{events::Event, AccountId, Epoch, Side};
use std::collections::BTreeMap;

/// A flow of tokens that only `rewards` may cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Flow {
    /// Bzky out of the merchant pool.
    Pool(AccountId),
    /// Bzky out of `rewards`.
    Bzky(AccountId),
    /// Time that comes into being.
    Time(AccountId),
}

#[derive(Clone, Copy, Debug, Default)]
struct Amounts {
    announced: u128,
    moved: u128,
    epoch: Option<Epoch>,
}

/// Compares, transaction by transaction, what the vault and `rewards` announce
/// with the transfers of `bzky` and `time`.
pub fn check(block: &Block, contracts: &ContractAddresses) -> Result<(), Difference> {
    let mut flows: BTreeMap<(Option<u32>, Flow), Amounts> = BTreeMap::new();
    for event in &block.events {
        let mut book = |flow, announced: u128, moved: u128, epoch: Option<Epoch>| {
            let amounts = flows.entry((event.extrinsic, flow)).or_default();
            // Parts of the supplies of Bzky and Time.
            amounts.announced = amounts.announced.saturating_add(announced);
            amounts.moved = amounts.moved.saturating_add(moved);
            amounts.epoch = amounts.epoch.or(epoch);
        };
        match (event.kind, &event.event) {
            (ContractKind::Vault, Event::PoolReleased(released)) => {
                book(Flow::Pool(contracts.rewards), released.amount, 0, Some(released.epoch));
            }
            (ContractKind::Rewards, Event::RewardsPaid(paid)) => {
                for reward in &paid.rewards {
                    let flow = match paid.side {
                        Side::Merchant => Flow::Bzky(reward.account),
                        Side::Customer => Flow::Time(reward.account),
                    };
                    book(flow, reward.amount, 0, Some(paid.epoch));
                }
            }
            (ContractKind::Rewards, Event::DeferredRewardPaid(paid)) => {
                book(Flow::Bzky(paid.account), paid.amount, 0, Some(paid.epoch));
            }
            _ => {
                if let Some((flow, value)) = moved(event, contracts) {
                    book(flow, 0, value, None);
                }
            }
        }
    }
    for ((_, flow), amounts) in flows {
        if amounts.announced != amounts.moved {
            return Err(Difference {
                epoch: amounts.epoch,
                side: match flow {
                    Flow::Pool(_) | Flow::Bzky(_) => Some(Side::Merchant),
                    Flow::Time(_) => Some(Side::Customer),
                },
                account: None,
                field: Field::Moved,
                expected: Value::Number(amounts.announced),
                found: Value::Number(amounts.moved),
                block: block.number,
            });
        }
    }
    Ok(())
}

fn moved(event: &ContractEvent, contracts: &ContractAddresses) -> Option<(Flow, u128)> {
    let Event::Transfer(transfer) = &event.event else { return None };
    let to = transfer.to?;
    match event.kind {
        ContractKind::Bzky if transfer.from == Some(contracts.vault) => Some((Flow::Pool(to), transfer.value)),
        ContractKind::Bzky if transfer.from == Some(contracts.rewards) => Some((Flow::Bzky(to), transfer.value)),
        ContractKind::Time if transfer.from.is_none() => Some((Flow::Time(to), transfer.value)),
        _ => None,
    }
}
