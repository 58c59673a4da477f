//! Demands, debts, rewards that open later.

use super::{hash, pick, Kind, Step, Trouble, World};
use crate::common::account;
use bizkey_primitives::{events::*, Side};

impl World {
    pub(super) fn owed(&mut self, epoch: u32, step: &Step) -> Option<Vec<Event>> {
        let Step { kind, pick: at, amount, flag } = *step;
        let (amount, to) = (u128::from(amount), account(1 + (amount % 6) as u8));
        let side = if flag { Side::Customer } else { Side::Merchant };
        let index = 1 + (at % 4) as u32;
        Some(match kind {
            Kind::Demand => {
                let (device, seq, position) = (index, (amount % 4) as u64, (at % 8) as u16);
                if self.demands.contains_key(&(device, seq, position)) {
                    return None;
                }
                self.demands.insert((device, seq, position), "open");
                vec![Event::ReceiptDemanded(ReceiptDemanded {
                    device,
                    merchant: device,
                    seq,
                    index: position,
                    epoch,
                    customer: 1,
                    demander: to,
                    bond: amount,
                    until_ms: 9,
                })]
            }
            Kind::EndDemand => {
                let open = self.demands.iter().filter(|(_, state)| **state == "open").map(|(key, _)| *key);
                let (device, seq, index) = pick(at, open)?;
                let merchant = device;
                self.demands.insert((device, seq, index), if flag { "opened" } else { "failed" });
                if flag {
                    let opened = ReceiptOpened { device, merchant, seq, index, account: to, bond: amount };
                    return Some(vec![Event::ReceiptOpened(opened)]);
                }
                let failed = OpeningFailed { device, merchant, seq, index, demander: to, taken: 0, debt: amount };
                *self.debts.entry((Side::Merchant, merchant)).or_default() += amount;
                let debt = DebtBooked { side: Side::Merchant, index: merchant, amount, reason: hash(8, at) };
                vec![
                    Event::DebtBooked(debt),
                    Event::OpeningFailed(failed),
                    Event::ReceiptVoided(ReceiptVoided { device, merchant, seq, index }),
                ]
            }
            Kind::Debt => {
                *self.debts.entry((side, index)).or_default() += amount;
                vec![Event::DebtBooked(DebtBooked { side, index, amount, reason: hash(9, at) })]
            }
            Kind::PayDebt => {
                let owing = self.debts.iter().filter(|(_, debt)| **debt > 0).map(|(party, _)| *party);
                let (side, index) = pick(at, owing)?;
                let debt = self.debts.get_mut(&(side, index))?;
                let amount = amount.min(*debt);
                *debt -= amount;
                vec![Event::DebtPaid(DebtPaid { side, index, amount, epoch: None })]
            }
            Kind::Defer => {
                let of = pick(at, self.settled.iter().copied())?;
                if self.deferred.contains_key(&(of, index)) {
                    return None;
                }
                self.deferred.insert((of, index), amount);
                vec![Event::RewardDeferred(RewardDeferred { epoch: of, index, amount })]
            }
            Kind::PayDeferred => {
                let waiting = self.deferred.iter().filter(|(_, left)| **left > 0).map(|(key, _)| *key);
                let (of, index) = pick(at, waiting)?;
                let left = self.deferred.get_mut(&(of, index))?;
                let mut events = Vec::new();
                let debt = self.debts.entry((Side::Merchant, index)).or_default();
                let withheld = (*debt).min(*left);
                if withheld > 0 {
                    (*debt, *left) = (*debt - withheld, *left - withheld);
                    let (side, epoch) = (Side::Merchant, Some(of));
                    events.push(Event::DebtPaid(DebtPaid { side, index, amount: withheld, epoch }));
                }
                let paid = if flag { *left } else { amount.min(*left) };
                *left -= paid;
                let paid = DeferredRewardPaid { epoch: of, index, account: to, amount: paid };
                events.push(Event::DeferredRewardPaid(paid));
                events
            }
            Kind::Trouble => {
                self.trouble = [Trouble::Dismissed, Trouble::Struck, Trouble::Void][at % 3];
                Vec::new()
            }
            _ => return None,
        })
    }
}
