//! What needs the other contracts: who may lock for a device, whether it still
//! records, and payments. What is decided without them is in
//! [`crate::deposits`] and [`crate::pledges`]. Every change here is made before
//! `bzky` is called.

use crate::{deposits::Transferred, pos_deposit::PosDeposit, roles::Setup};
use bizkey_primitives::{
    action::pos_deposit::Action,
    cross_contract::call,
    errors::{pos_deposit::Error, psp22},
    events::{
        DepositLocked, DepositPenalised, DepositReleased, DepositSeized, DepositorChanged, DeviceAgentChanged,
        DeviceTransferred, ReturnConfirmed, TransferOffered,
    },
    opening::MAX_OPENING_EPOCHS,
    party::{Deposit, Device},
    AccountId, Balance, DeviceId, MerchantIndex, Side,
};
use ink::{codegen::Env as _, prelude::vec::Vec};

/// Asks another contract, and fails with it.
macro_rules! ask {
    ($callee:expr, $message:literal, $arguments:expr) => {
        call($callee, ink::selector_bytes!($message), $arguments).map_err(|_| Error::CalleeFailed)
    };
}

impl PosDeposit {
    /// Does what `account` signed.
    pub(crate) fn act(&mut self, account: AccountId, action: Action) -> Result<(), Error> {
        match action {
            Action::Lock { device, amount } => self.lock_as(account, device, amount),
            Action::SetAgent { device, agent } => self.set_agent_as(account, device, agent),
            Action::OfferTransfer { device, to } => self.offer_as(account, device, to),
        }
    }

    #[inline(never)]
    pub(crate) fn lock_as(&mut self, depositor: AccountId, device: DeviceId, amount: Balance) -> Result<(), Error> {
        if amount == 0 {
            return Err(Error::ZeroAmount);
        }
        let setup = self.setup()?;
        self.check_may_lock(&setup, depositor, device)?;
        if self.deposits.of(device).is_some_and(|deposit| deposit.depositor != depositor) {
            self.credit_present(&setup, device)?;
        }
        self.deposits.lock(self.now(), device, depositor, amount)?;
        self.env().emit_event(DepositLocked { device, depositor, amount });
        let arguments = (depositor, self.env().account_id(), amount, Vec::<u8>::new());
        let paid: Result<(), psp22::Error> = ask!(setup.bzky, "PSP22::transfer_from", &arguments)?;
        paid.map_err(|_| Error::PaymentRefused)
    }

    /// Checks that `account` is a device's shop, or the agent that the shop
    /// named for it: a stranger's deposit would shut the shop out.
    fn check_may_lock(&self, setup: &Setup, account: AccountId, device: DeviceId) -> Result<(), Error> {
        if self.is_shop_of(setup, account, device)? {
            return Ok(());
        }
        if self.deposits.agent_of(device) == Some(account) && is_agent(setup, account)? {
            return Ok(());
        }
        Err(Error::NotDeviceMerchant)
    }

    fn is_shop_of(&self, setup: &Setup, account: AccountId, device: DeviceId) -> Result<bool, Error> {
        let merchant: Option<MerchantIndex> = ask!(setup.registry, "merchant_of_device", &(device,))?;
        let merchant = merchant.ok_or(Error::UnknownDevice)?;
        let party: Option<(Side, u32)> = ask!(setup.registry, "party_of", &(account,))?;
        Ok(party == Some((Side::Merchant, merchant)))
    }

    pub(crate) fn set_agent_as(
        &mut self,
        caller: AccountId,
        device: DeviceId,
        agent: Option<AccountId>,
    ) -> Result<(), Error> {
        let setup = self.setup()?;
        if !self.is_shop_of(&setup, caller, device)? {
            return Err(Error::NotDeviceMerchant);
        }
        if let Some(agent) = agent {
            if !is_agent(&setup, agent)? {
                return Err(Error::NotAgent);
            }
        }
        if self.deposits.agent_of(device) != agent {
            self.deposits.set_agent(device, agent);
            self.env().emit_event(DeviceAgentChanged { device, agent });
        }
        Ok(())
    }

    pub(crate) fn offer_as(&mut self, caller: AccountId, device: DeviceId, to: Option<DeviceId>) -> Result<(), Error> {
        // An account that was given up, its key lost or stolen, offers nothing.
        if self.deposits.of(device).is_some() {
            self.credit_present(&self.setup()?, device)?;
        }
        if self.deposits.offer(device, caller, to)? {
            self.env().emit_event(TransferOffered { device, to });
        }
        Ok(())
    }

    pub(crate) fn transfer(&mut self, device: DeviceId, to: DeviceId) -> Result<(), Error> {
        let setup = self.setup()?;
        setup.only_platform(self.env().caller())?;
        let (_, goes_over) = self.deposits.transferable(device, to)?;
        self.check_stopped(&setup, device)?;
        let depositor = self.credit_present(&setup, device)?;
        if goes_over {
            // What it could not lock for that device it cannot move there.
            self.check_may_lock(&setup, depositor, to)?;
        }
        let now_ms = self.env().block_timestamp();
        let Transferred { depositor, amount, releasable_ms } =
            self.deposits.transfer(device, to, now_ms, setup.penalty_window_ms, self.longest_opening_ms())?;
        self.env().emit_event(DeviceTransferred { device, to, depositor, amount, releasable_ms });
        Ok(())
    }

    /// How long a shop can have to answer a demand, whatever rules are set.
    fn longest_opening_ms(&self) -> u64 {
        self.calendar.epoch_ms.saturating_mul(u64::from(MAX_OPENING_EPOCHS))
    }

    pub(crate) fn confirm(&mut self, device: DeviceId) -> Result<(), Error> {
        let setup = self.setup()?;
        setup.only_platform(self.env().caller())?;
        self.deposits.check_in_use(device)?;
        self.check_stopped(&setup, device)?;
        let now_ms = self.env().block_timestamp();
        let releasable_ms = self.deposits.confirm_return(device, now_ms, setup.penalty_window_ms)?;
        self.env().emit_event(ReturnConfirmed { device, releasable_ms });
        Ok(())
    }

    /// Checks that a device records nothing: else it would go on without a
    /// deposit. Returns its shop.
    fn check_stopped(&self, setup: &Setup, device: DeviceId) -> Result<Option<MerchantIndex>, Error> {
        let record: Option<Device> = ask!(setup.bound()?.receipts, "device", &(device,))?;
        match record {
            Some(record) if record.active => Err(Error::DeviceActive),
            record => Ok(record.map(|record| record.merchant)),
        }
    }

    /// Credits a device's deposit, and what is pledged of it, to the account
    /// that its depositor has now. Returns that account.
    pub(crate) fn credit_present(&mut self, setup: &Setup, device: DeviceId) -> Result<AccountId, Error> {
        let Deposit { depositor, amount, .. } = self.deposits.of(device).ok_or(Error::NoDeposit)?;
        let account: AccountId = ask!(setup.registry, "current_account", &(depositor,))?;
        let now_ms = self.env().block_timestamp();
        if let Some(before) = self.deposits.credit(self.now(), device, account)? {
            self.pledges.follow(before, account, self.calendar.epoch_at(now_ms))?;
            self.env().emit_event(DepositorChanged { device, before, account, amount });
        }
        Ok(account)
    }

    pub(crate) fn give_back(&mut self, device: DeviceId) -> Result<(), Error> {
        let Deposit { amount, .. } = self.deposits.releasable(device, self.env().block_timestamp())?;
        let setup = self.setup()?;
        if let Some(merchant) = self.check_stopped(&setup, device)? {
            let open: u32 = ask!(setup.bound()?.receipts, "open_demands", &(merchant,))?;
            if open > 0 {
                return Err(Error::DemandOpen);
            }
            // The depositor may be an agent: a hold on the shop holds it too.
            let held: bool = ask!(setup.registry, "is_party_held", &(Side::Merchant, merchant))?;
            if held {
                return Err(Error::Held);
            }
        }
        let depositor = self.credit_present(&setup, device)?;
        let held: bool = ask!(setup.registry, "is_held", &(depositor,))?;
        if held {
            return Err(Error::Held);
        }
        if amount > self.unpledged(depositor) {
            return Err(Error::Pledged);
        }
        let (depositor, amount) = self.deposits.release(self.now(), device)?;
        self.env().emit_event(DepositReleased { device, depositor, amount });
        pay(&setup, &[(depositor, amount)])
    }

    pub(crate) fn take_penalty(
        &mut self,
        device: DeviceId,
        amount: Balance,
        beneficiary: AccountId,
        beneficiary_amount: Balance,
        rest_to: AccountId,
    ) -> Result<Balance, Error> {
        let setup = self.setup()?;
        if self.env().caller() != setup.bound()?.receipts {
            return Err(Error::NotReceipts);
        }
        let now_ms = self.env().block_timestamp();
        let Some((depositor, taken)) = self.deposits.take(self.now(), now_ms, device, amount)? else { return Ok(0) };
        // Only a shop's own deposit pays the beneficiary: else a shop would turn
        // its agent's into money by letting a friend's demands fail.
        let present: AccountId = ask!(setup.registry, "current_account", &(depositor,))?;
        let party: Option<(Side, u32)> = ask!(setup.registry, "party_of", &(present,))?;
        let is_shops = matches!(party, Some((Side::Merchant, _)));
        let first = if is_shops { taken.min(beneficiary_amount) } else { 0 };
        self.env().emit_event(DepositPenalised {
            device,
            depositor,
            amount: taken,
            beneficiary,
            beneficiary_amount: first,
            rest_to,
        });
        pay(&setup, &[(beneficiary, first), (rest_to, taken.saturating_sub(first))])?;
        Ok(taken)
    }

    pub(crate) fn take_by_board(&mut self, device: DeviceId, amount: Balance, to: AccountId) -> Result<Balance, Error> {
        let setup = self.setup()?;
        setup.administration.only_admin(self.env().caller())?;
        let now_ms = self.env().block_timestamp();
        let Some((depositor, taken)) = self.deposits.take(self.now(), now_ms, device, amount)? else { return Ok(0) };
        self.env().emit_event(DepositSeized { device, depositor, amount: taken, to });
        pay(&setup, &[(to, taken)])?;
        Ok(taken)
    }
}

fn is_agent(setup: &Setup, account: AccountId) -> Result<bool, Error> {
    ask!(setup.registry, "is_agent", &(account,))
}

/// Pays out of what is locked; nothing for a payment of nothing.
fn pay(setup: &Setup, payments: &[(AccountId, Balance)]) -> Result<(), Error> {
    let payments: Vec<(AccountId, Balance)> = payments.iter().copied().filter(|(_, amount)| *amount > 0).collect();
    let paid: Result<(), psp22::Error> = ask!(setup.bzky, "transfer_many", &(payments,))?;
    paid.map_err(|_| Error::PaymentRefused)
}
