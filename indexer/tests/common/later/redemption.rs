//! Tasks, privileges, sales of Time.

use super::{hash, pick, Collected, Kind, Offered, Step, World};
use crate::common::{account, EPOCH_MS};
use bizkey_primitives::{
    events::*,
    redemption::{PrivilegeTerms, TaskTerms},
};
use std::collections::BTreeMap;

impl World {
    pub(super) fn redemption(&mut self, step: &Step) -> Option<Vec<Event>> {
        let Step { kind, pick: at, amount, flag } = *step;
        let (merchant, to, customer) = ((at % 5) as u32, account(1 + (amount % 6) as u8), 1 + amount % 7);
        let open = |those: &BTreeMap<u32, Offered>, least: u32| {
            let open: Vec<_> =
                those.iter().filter(|(_, one)| one.is_open && one.stock >= least).map(|(id, _)| *id).collect();
            pick(at, open.into_iter())
        };
        let price = u128::from(amount);
        let conditions = hash(5, at);
        let terms = |refund_ms: u64| PrivilegeTerms {
            conditions,
            price,
            stock: amount % 4,
            expires_ms: EPOCH_MS,
            opens: 540,
            closes: 1_020,
            refund_ms,
        };
        let refund_ms = if flag { 5_000 } else { 0 };
        let event = match kind {
            Kind::Task => {
                let task = self.tasks.len() as u32 + 1;
                let stock = 1 + amount % 4;
                self.tasks.insert(task, Offered { stock, version: 1, price, refund_ms: 0, is_open: true });
                let terms = TaskTerms { conditions, reward: price, stock, expires_ms: EPOCH_MS };
                Event::TaskCreated(TaskCreated { task, merchant, terms })
            }
            Kind::Restock => {
                let task = open(&self.tasks, 0)?;
                self.tasks.get_mut(&task)?.stock += amount;
                Event::TaskRestocked(TaskRestocked { task, more: amount })
            }
            Kind::Fulfil => {
                let task = open(&self.tasks, 1).filter(|task| !self.fulfilled.contains(&(*task, customer)))?;
                self.fulfilled.insert((task, customer));
                let found = self.tasks.get_mut(&task)?;
                found.stock -= 1;
                Event::TaskFulfilled(TaskFulfilled { task, customer, account: to, reward: found.price })
            }
            Kind::CloseTask => {
                let task = open(&self.tasks, 0)?;
                let found = self.tasks.get_mut(&task)?;
                found.is_open = false;
                Event::TaskClosed(TaskClosed { task, left: found.price * u128::from(found.stock) })
            }
            Kind::Privilege => {
                let (privilege, terms) = (self.privileges.len() as u32 + 1, terms(refund_ms));
                let stock = terms.stock;
                self.privileges.insert(privilege, Offered { stock, version: 1, price, refund_ms, is_open: true });
                Event::PrivilegeCreated(PrivilegeCreated { privilege, merchant, terms })
            }
            Kind::ChangePrivilege => {
                let (privilege, terms) = (open(&self.privileges, 0)?, terms(refund_ms));
                let found = self.privileges.get_mut(&privilege)?;
                let version = found.version + 1;
                *found = Offered { stock: terms.stock, version, price, refund_ms, is_open: true };
                Event::PrivilegeChanged(PrivilegeChanged { privilege, version, terms })
            }
            Kind::ClosePrivilege => {
                let privilege = open(&self.privileges, 0)?;
                self.privileges.get_mut(&privilege)?.is_open = false;
                Event::PrivilegeClosed(PrivilegeClosed { privilege })
            }
            Kind::Collect => {
                let privilege = open(&self.privileges, 1)?;
                let ticket = hash(6, self.collections.len());
                let found = self.privileges.get_mut(&privilege)?;
                found.stock -= 1;
                let (amount, held) = (found.price, if found.refund_ms > 0 { found.price } else { 0 });
                let collected = Collected { held, is_refunded: false, is_settled: false };
                self.collections.insert(ticket.into(), collected);
                Event::TimeCollected(TimeCollected { ticket, merchant, privilege, customer, amount })
            }
            Kind::Refund => {
                let held = self.collections.iter().filter(|(_, one)| one.held > 0 && !one.is_settled);
                let ticket = pick(at, held.map(|(ticket, _)| *ticket))?;
                let found = self.collections.get_mut(&ticket)?;
                found.is_refunded = true;
                let amount = std::mem::take(&mut found.held);
                Event::CollectionRefunded(CollectionRefunded { ticket: ticket.into(), account: to, amount })
            }
            Kind::Settle => {
                let kept = self.collections.iter().filter(|(_, one)| !one.is_settled);
                let ticket = pick(at, kept.map(|(ticket, _)| *ticket))?;
                let found = self.collections.get_mut(&ticket)?;
                found.is_settled = true;
                let burned = std::mem::take(&mut found.held);
                Event::CollectionSettled(CollectionSettled { ticket: ticket.into(), burned })
            }
            Kind::Price => {
                let price = u64::from(amount) << 40;
                self.prices.push(price);
                if flag {
                    Event::BzkyPriceAnchored(BzkyPriceAnchored { price })
                } else {
                    Event::BzkyPriceSet(BzkyPriceSet { price, dated_ms: u64::from(amount) })
                }
            }
            Kind::Sale => {
                self.sales.push(price);
                Event::TimeSold(TimeSold { buyer: to, amount: price, paid: price << 70 })
            }
            Kind::FiatSale => {
                let payment = hash(7, self.payments.len());
                self.payments.insert(payment.into(), "pending");
                self.sales.push(price);
                Event::FiatSaleBooked(FiatSaleBooked { payment, to, paid: u64::MAX, amount: price })
            }
            Kind::EndFiatSale => {
                let pending = self.payments.iter().filter(|(_, state)| **state == "pending");
                let payment = pick(at, pending.map(|(payment, _)| *payment))?;
                self.payments.insert(payment, if flag { "charged_back" } else { "done" });
                if flag {
                    Event::FiatSaleChargedBack(FiatSaleChargedBack { payment: payment.into() })
                } else {
                    Event::FiatSaleReleased(FiatSaleReleased { payment: payment.into() })
                }
            }
            _ => return None,
        };
        Some(vec![event])
    }
}
