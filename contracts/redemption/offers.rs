//! What shops, and Bizkey itself, do with tasks and privileges: the rules of
//! [`tasks`](crate::tasks) and [`privileges`](crate::privileges) with the
//! other contracts around them.

use crate::{
    chain::{here, now_ms},
    redemption::Redemption,
    sales::burned_part,
    suite,
    tasks::is_over,
};
use bizkey_primitives::{
    emit::emit,
    errors::redemption::Error,
    events::{PrivilegeChanged, PrivilegeClosed, PrivilegeCreated, TaskClosed, TaskCreated, TaskRestocked},
    party::Claimant,
    redemption::{MintCause, PrivilegeId, PrivilegeTerms, TaskId, TaskTerms, BIZKEY},
    AccountId, Balance, MerchantIndex, Side,
};

impl Redemption {
    pub(crate) fn do_create_task(&mut self, caller: AccountId, terms: TaskTerms) -> Result<TaskId, Error> {
        let merchant = self.owner_in_good_standing(caller)?;
        let (task, total) = self.tasks.create(merchant, terms, now_ms())?;
        emit(&TaskCreated { task, merchant, terms });
        if merchant != BIZKEY {
            self.charge(caller, self.parameters().task_fee)?;
        }
        self.set_aside(merchant, caller, task, total)?;
        Ok(task)
    }

    pub(crate) fn do_restock_task(&mut self, caller: AccountId, task: TaskId, more: u32) -> Result<(), Error> {
        let merchant = self.owner_in_good_standing(caller)?;
        let total = self.tasks.restock(&self.pauses, now_ms(), merchant, task, more)?;
        emit(&TaskRestocked { task, more });
        self.set_aside(merchant, caller, task, total)
    }

    /// Whatever the shop's standing: nobody's Time stays behind.
    pub(crate) fn do_close_task(&mut self, caller: AccountId, task: TaskId) -> Result<(), Error> {
        let record = self.tasks.get(task)?;
        self.check_may_close(caller, record.merchant, record.from_ms, record.terms.expires_ms)?;
        let account = match record.merchant {
            BIZKEY => None,
            merchant => Some(self.party(Side::Merchant, merchant)?.account),
        };
        let left = self.tasks.close(task)?;
        emit(&TaskClosed { task, left });
        match account {
            _ if left == 0 => Ok(()),
            Some(account) => suite::give_time(self.contracts.time, here(), account, left),
            None => suite::burn_time(self.contracts.time, here(), left),
        }
    }

    pub(crate) fn do_create_privilege(
        &mut self,
        caller: AccountId,
        terms: PrivilegeTerms,
    ) -> Result<PrivilegeId, Error> {
        let merchant = self.shop_in_good_standing(caller)?;
        let privilege = self.privileges.create(merchant, terms, now_ms())?;
        emit(&PrivilegeCreated { privilege, merchant, terms });
        self.charge(caller, self.parameters().privilege_fee)?;
        Ok(privilege)
    }

    pub(crate) fn do_change_privilege(
        &mut self,
        caller: AccountId,
        privilege: PrivilegeId,
        terms: PrivilegeTerms,
    ) -> Result<(), Error> {
        let merchant = self.shop_in_good_standing(caller)?;
        let version = self.privileges.change(merchant, privilege, terms, now_ms())?;
        emit(&PrivilegeChanged { privilege, version, terms });
        Ok(())
    }

    pub(crate) fn do_close_privilege(&mut self, caller: AccountId, privilege: PrivilegeId) -> Result<(), Error> {
        let record = self.privileges.get(privilege)?;
        self.check_may_close(caller, record.merchant, record.from_ms, record.terms.expires_ms)?;
        self.privileges.close(privilege);
        emit(&PrivilegeClosed { privilege });
        Ok(())
    }

    /// A party's account and standing now.
    pub(crate) fn party(&self, side: Side, index: u32) -> Result<Claimant, Error> {
        // Before genesis, what is set counts for epoch 0.
        let epoch = self.calendar.epoch_at(now_ms()).unwrap_or(0);
        suite::party(self.contracts.registry, side, index, epoch)
    }

    /// The account of a party in good standing.
    pub(crate) fn in_good_standing(&self, side: Side, index: u32) -> Result<AccountId, Error> {
        let Claimant { account, payable, .. } = self.party(side, index)?;
        if payable {
            Ok(account)
        } else {
            Err(Error::NotPayable)
        }
    }

    /// Takes a payment in Bzky: part is burned, the rest is the ecosystem
    /// pool, which is all the Bzky that this contract holds.
    pub(crate) fn charge(&self, payer: AccountId, amount: Balance) -> Result<(), Error> {
        if amount == 0 {
            return Ok(());
        }
        suite::take_bzky(self.contracts.bzky, payer, here(), amount)?;
        match burned_part(amount, self.parameters().burn_percent) {
            0 => Ok(()),
            burned => suite::burn_bzky(self.contracts.bzky, burned),
        }
    }

    /// Brings a task's Time into this contract's hands: the shop's own, or,
    /// for Bizkey's, new Time at the official price without discount, against
    /// Bzky of the pool, all of it burned.
    fn set_aside(&self, merchant: MerchantIndex, shop: AccountId, task: TaskId, amount: Balance) -> Result<(), Error> {
        if merchant != BIZKEY {
            return suite::give_time(self.contracts.time, shop, here(), amount);
        }
        self.check_running()?;
        let cost = self.sales.cost(&self.parameters(), now_ms(), amount, 0)?;
        suite::burn_bzky(self.contracts.bzky, cost)?;
        suite::mint_time(self.contracts.time, MintCause::Task { task }, here(), amount)
    }

    /// Whose tasks and privileges an account decides on: its shop's; the
    /// admin on Bizkey's.
    fn owner(&self, account: AccountId) -> Result<MerchantIndex, Error> {
        if account == self.roles().administration.admin {
            Ok(BIZKEY)
        } else {
            suite::shop(self.contracts.registry, account)
        }
    }

    fn owner_in_good_standing(&self, account: AccountId) -> Result<MerchantIndex, Error> {
        let merchant = self.owner(account)?;
        if merchant != BIZKEY {
            self.in_good_standing(Side::Merchant, merchant)?;
        }
        Ok(merchant)
    }

    fn shop_in_good_standing(&self, account: AccountId) -> Result<MerchantIndex, Error> {
        match self.owner_in_good_standing(account)? {
            BIZKEY => Err(Error::NotShop),
            merchant => Ok(merchant),
        }
    }

    /// Its owner ends an offer at any time, anybody once it has expired.
    fn check_may_close(
        &self,
        caller: AccountId,
        merchant: MerchantIndex,
        from_ms: u64,
        expires_ms: u64,
    ) -> Result<(), Error> {
        if is_over(&self.pauses, now_ms(), from_ms, expires_ms) || self.owner(caller)? == merchant {
            Ok(())
        } else {
            Err(Error::NotOwner)
        }
    }
}
