//! What a shop does at the till, by its account or by a device of its:
//! fulfilments, collections, refunds.

use crate::{
    chain::{here, now_ms},
    collections::MAX_SETTLED,
    redemption::Redemption,
    suite,
};
use bizkey_primitives::{
    action::redemption::{device_hash, TillAction},
    emit::emit,
    errors::redemption::Error,
    events::{CollectionRefunded, CollectionSettled, TaskFulfilled, TimeCollected},
    redemption::{Collection, TaskId, BIZKEY},
    signature::Signature,
    spend::SpendTicket,
    AccountId, CustomerIndex, DeviceId, Hash, MerchantIndex, Side,
};

impl Redemption {
    /// By an account: its shop's; for Bizkey's tasks, their confirmer's.
    pub(crate) fn do_till(&mut self, caller: AccountId, action: TillAction) -> Result<(), Error> {
        let merchant = if self.roles().task_confirmer == Some(caller) {
            BIZKEY
        } else {
            suite::shop(self.contracts.registry, caller)?
        };
        self.at_till(merchant, action)
    }

    /// By a device, whoever carries its word.
    pub(crate) fn do_by_device(
        &mut self,
        device: DeviceId,
        action: TillAction,
        signature: &Signature,
    ) -> Result<(), Error> {
        let record = suite::device(self.contracts.receipts, device)?.ok_or(Error::UnknownDevice)?;
        if !record.active {
            return Err(Error::DeviceStopped);
        }
        if !signature.verify(&device_hash(&self.genesis, &here(), device, &action), &record.key) {
            return Err(Error::BadSignature);
        }
        self.at_till(record.merchant, action)
    }

    fn at_till(&mut self, merchant: MerchantIndex, action: TillAction) -> Result<(), Error> {
        match action {
            TillAction::Fulfil { task, customer } => self.fulfil_for(merchant, task, customer),
            TillAction::Collect { ticket, signature } => self.collect_for(merchant, &ticket, &signature),
            TillAction::Refund { ticket } => self.refund_for(merchant, ticket),
        }
    }

    fn fulfil_for(&mut self, merchant: MerchantIndex, task: TaskId, customer: CustomerIndex) -> Result<(), Error> {
        self.check_running()?;
        let reward = self.tasks.fulfil(&self.pauses, now_ms(), merchant, task, customer)?;
        let account = self.customer_of(merchant, customer)?;
        emit(&TaskFulfilled { task, customer, account, reward });
        suite::give_time(self.contracts.time, here(), account, reward)
    }

    fn collect_for(
        &mut self,
        merchant: MerchantIndex,
        ticket: &SpendTicket,
        signature: &Signature,
    ) -> Result<(), Error> {
        self.check_running()?;
        let contract = AccountId::from(ticket.contract);
        if ticket.genesis != self.genesis || contract != here() || ticket.merchant != merchant {
            return Err(Error::WrongTicket);
        }
        let SpendTicket { privilege, customer, amount, expires_ms, .. } = *ticket;
        let (now_ms, hash) = (now_ms(), Hash::from(ticket.hash()));
        let refund_ms = self.privileges.sell(&self.calendar, &self.pauses, now_ms, ticket)?;
        let held = if refund_ms == 0 { 0 } else { amount };
        let collection = Collection { merchant, privilege, customer, held, from_ms: now_ms, refund_ms, expires_ms };
        self.collections.book(hash, &collection)?;
        let account = self.customer_of(merchant, customer)?;
        if !signature.is_of_account(&ticket.signed_bytes(), &account) {
            return Err(Error::BadSignature);
        }
        emit(&TimeCollected { ticket: hash, merchant, privilege, customer, amount });
        if held == 0 {
            suite::burn_time(self.contracts.time, account, amount)
        } else {
            suite::give_time(self.contracts.time, account, here(), amount)
        }
    }

    /// Whatever the standings: the Time goes back to whom it came from.
    fn refund_for(&mut self, merchant: MerchantIndex, ticket: Hash) -> Result<(), Error> {
        let Collection { customer, held: amount, .. } =
            self.collections.refund(&self.pauses, now_ms(), merchant, ticket)?;
        let account = self.party(Side::Customer, customer)?.account;
        emit(&CollectionRefunded { ticket, account, amount });
        suite::give_time(self.contracts.time, here(), account, amount)
    }

    /// Burns what is held of collections that are over, in one call.
    pub(crate) fn do_settle(&mut self, tickets: &[Hash]) -> Result<u32, Error> {
        if tickets.len() > MAX_SETTLED {
            return Err(Error::TooMany);
        }
        let (now_ms, mut sum, mut settled) = (now_ms(), 0u128, 0u32);
        for &ticket in tickets {
            if let Some(burned) = self.collections.settle(&self.pauses, now_ms, ticket) {
                sum = sum.checked_add(burned).ok_or(Error::Overflow)?;
                settled = settled.saturating_add(1);
                emit(&CollectionSettled { ticket, burned });
            }
        }
        if sum > 0 {
            suite::burn_time(self.contracts.time, here(), sum)?;
        }
        Ok(settled)
    }

    /// The account of a customer that a shop deals with, both in good standing.
    fn customer_of(&self, merchant: MerchantIndex, customer: CustomerIndex) -> Result<AccountId, Error> {
        if merchant != BIZKEY {
            self.in_good_standing(Side::Merchant, merchant)?;
        }
        self.in_good_standing(Side::Customer, customer)
    }
}
