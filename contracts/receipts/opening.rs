//! Voids by a shop and the opening of receipts: who may, and what the other
//! contracts are asked and told. What is decided without them is in
//! [`crate::demands`] and `bizkey_primitives::opening`. Every change here is
//! made before a contract that moves money is called.

use crate::{demands::ReceiptKey, receipts::Receipts, roles::Bound};
use bizkey_primitives::{
    cross_contract::call,
    errors::{pos_deposit, psp22, receipts::Error, rewards},
    events::{OpeningFailed, ReceiptDemanded, ReceiptOpened, ReceiptVoided},
    opening::{failed_opening_reason, Demand, DemandState, Evidence, MAX_LATER},
    receipt::{batch_hash, MAX_PAYLOAD_BYTES},
    signature::Signature,
    ticket::{Ticket, REFERENCE_EPOCHS},
    AccountId, Balance, DeviceId, Hash, Side,
};
use ink::{codegen::Env as _, prelude::vec::Vec};

/// Asks another contract, and fails with it.
macro_rules! ask {
    ($callee:expr, $message:literal, $arguments:expr) => {
        call($callee, ink::selector_bytes!($message), $arguments).map_err(|_| Error::CalleeFailed)
    };
}

impl Receipts {
    pub(crate) fn void_as(&mut self, caller: AccountId, device: DeviceId, seq: u64, index: u16) -> Result<(), Error> {
        let record = self.known(device)?;
        self.check_recorded(&record, seq)?;
        let party: Option<(Side, u32)> = ask!(self.setup()?.registry, "party_of", &(caller,))?;
        if party != Some((Side::Merchant, record.merchant)) {
            return Err(Error::NotDeviceMerchant);
        }
        self.env().emit_event(ReceiptVoided { device, merchant: record.merchant, seq, index });
        Ok(())
    }

    pub(crate) fn demand_as(&mut self, demander: AccountId, evidence: &Evidence) -> Result<(), Error> {
        let setup = self.setup()?;
        setup.bound()?;
        let demand = self.demanded(demander, evidence)?;
        let Evidence { device, seq, index, .. } = *evidence;
        self.demands.add((device, seq, index), &demand)?;
        let Demand { merchant, epoch, customer, bond, .. } = demand;
        let until_ms = self.end_of(&demand);
        self.env().emit_event(ReceiptDemanded {
            device,
            merchant,
            seq,
            index,
            epoch,
            customer,
            demander,
            bond,
            until_ms,
        });
        let arguments = (demander, self.env().account_id(), bond, Vec::<u8>::new());
        let paid: Result<(), psp22::Error> = ask!(setup.bzky, "PSP22::transfer_from", &arguments)?;
        paid.map_err(|_| Error::PaymentRefused)
    }

    /// The demand that evidence founds, at today's price.
    pub(crate) fn demanded(&self, demander: AccountId, evidence: &Evidence) -> Result<Demand, Error> {
        let Evidence { device, epoch, seq, count, ref payload, ref later, .. } = *evidence;
        let record = self.known(device)?;
        let head = self.closed_head(&record, device, epoch).ok_or(Error::EpochNotKept)?;
        if later.len() > MAX_LATER || payload.len() > MAX_PAYLOAD_BYTES {
            return Err(Error::BadEvidence);
        }
        let batch = batch_hash(&self.genesis, &self.address(), device, seq, count, payload);
        if evidence.head(&batch) != head {
            return Err(Error::BadEvidence);
        }
        let receipt = evidence.receipt().ok_or(Error::NoTicket)?;
        let rules = self.setup()?.rules;
        Ok(Demand {
            demander,
            bond: self.demands.bond(&rules, record.merchant)?,
            penalty: rules.penalty,
            since_ms: self.env().block_timestamp(),
            window_ms: self.calendar.epoch_ms.saturating_mul(u64::from(rules.epochs)),
            merchant: record.merchant,
            epoch,
            customer: receipt.customer,
            amount: receipt.amount,
            reference: receipt.reference,
            state: DemandState::Open,
        })
    }

    pub(crate) fn open_with(&mut self, key: ReceiptKey, ticket: &Ticket, signature: &Signature) -> Result<(), Error> {
        let demand = self.answerable(key, ticket)?;
        let setup = self.setup()?;
        self.check_customer(setup.registry, &demand, ticket, signature)?;
        let account: Option<AccountId> = ask!(setup.registry, "account_of", &(Side::Merchant, demand.merchant))?;
        // The registry gave the shop its device, so it knows the shop.
        let account = account.ok_or(Error::CalleeFailed)?;
        self.demands.settle(key, demand, DemandState::Opened);
        let (device, seq, index) = key;
        let Demand { merchant, bond, .. } = demand;
        self.env().emit_event(ReceiptOpened { device, merchant, seq, index, account, bond });
        pay(setup.bzky, account, bond)
    }

    /// The demand that `ticket` answers, in time.
    pub(crate) fn answerable(&self, key: ReceiptKey, ticket: &Ticket) -> Result<Demand, Error> {
        let demand = self.demands.waiting(key)?;
        if self.env().block_timestamp() >= self.end_of(&demand) {
            return Err(Error::OpeningOver);
        }
        if !demand.is_met_by(ticket, &self.genesis, &self.address()) {
            return Err(Error::BadTicket);
        }
        Ok(demand)
    }

    /// Checks that a key which the customer had when it could sign the ticket
    /// did: at the close of the receipt's epoch, or of one of the 8 before it,
    /// since a ticket may be as old as that. A key counts at the close of some
    /// epoch, because it changes once in one at most: so no customer can make a
    /// true receipt fail by changing keys (but for the first one of a customer
    /// that gives it up in the epoch in which it joins).
    fn check_customer(
        &self,
        registry: AccountId,
        demand: &Demand,
        ticket: &Ticket,
        signature: &Signature,
    ) -> Result<(), Error> {
        let bytes = ticket.signed_bytes();
        let mut tried = None;
        for epoch in (demand.epoch.saturating_sub(REFERENCE_EPOCHS)..=demand.epoch).rev() {
            let account: Option<AccountId> = ask!(registry, "account_at", &(Side::Customer, demand.customer, epoch))?;
            // The customer had not joined yet.
            let Some(account) = account else { break };
            if tried != Some(account) && signature.is_of_account(&bytes, &account) {
                return Ok(());
            }
            tried = Some(account);
        }
        Err(Error::BadSignature)
    }

    pub(crate) fn fail(&mut self, key: ReceiptKey) -> Result<(), Error> {
        let demand = self.overdue(key)?;
        let setup = self.setup()?;
        let bound = setup.bound()?;
        self.demands.settle(key, demand, DemandState::Failed);
        // What is owed to an account that was given up goes to its successor.
        let demander: AccountId = ask!(setup.registry, "current_account", &(demand.demander,))?;
        let (device, seq, index) = key;
        let Demand { merchant, penalty, .. } = demand;
        let taken = penalise(&bound, device, penalty, demander)?;
        let debt = penalty.saturating_sub(taken);
        if debt > 0 {
            let reason = Hash::from(failed_opening_reason(device, seq, index));
            let booked: Result<(), rewards::Error> =
                ask!(bound.rewards, "book_debt", &(Side::Merchant, merchant, debt, reason))?;
            booked.map_err(|_| Error::CalleeFailed)?;
        }
        self.env().emit_event(OpeningFailed { device, merchant, seq, index, demander, taken, debt });
        self.env().emit_event(ReceiptVoided { device, merchant, seq, index });
        pay(setup.bzky, demander, demand.bond)
    }

    /// The demand that nobody answered in time.
    pub(crate) fn overdue(&self, key: ReceiptKey) -> Result<Demand, Error> {
        let demand = self.demands.waiting(key)?;
        if self.env().block_timestamp() < self.end_of(&demand) {
            return Err(Error::OpeningRuns);
        }
        Ok(demand)
    }

    /// First moment at which a demand can no longer be answered.
    pub(crate) fn end_of(&self, demand: &Demand) -> u64 {
        self.pauses.end_of(demand.since_ms, demand.window_ms)
    }
}

/// Has a penalty taken from a device's deposit, half of it for the demander.
/// Returns what was taken.
fn penalise(bound: &Bound, device: DeviceId, penalty: Balance, demander: AccountId) -> Result<Balance, Error> {
    if penalty == 0 {
        return Ok(0);
    }
    let half = penalty.checked_div(2).unwrap_or(0);
    let taken: Result<Balance, pos_deposit::Error> =
        ask!(bound.pos_deposit, "penalise", &(device, penalty, demander, half, bound.vault))?;
    taken.map_err(|_| Error::CalleeFailed)
}

fn pay(bzky: AccountId, to: AccountId, amount: Balance) -> Result<(), Error> {
    let paid: Result<(), psp22::Error> = ask!(bzky, "PSP22::transfer", &(to, amount, Vec::<u8>::new()))?;
    paid.map_err(|_| Error::PaymentRefused)
}
