//! What parties do for themselves, by their own call or by a signed message
//! that somebody else carries: the same code for both.

use crate::{
    accounts::Holder,
    parties::Key,
    recovery::{cancel, check_acceptance, ACCEPT_MS},
    registry::Registry,
};
use bizkey_primitives::{
    action::registry::Action,
    emit::emit,
    errors::registry::Error,
    events::{AccountChanged, AccountProposed, AppealFiled, RecoveryCancelled, RecoveryConsented},
    membership::{AccountProposal, Recovery, RecoveryState},
    AccountId, DeviceId, Hash, Side,
};
use ink::codegen::Env as _;
use scale::Encode as _;

impl Registry {
    /// Does what `account` asks for.
    pub(crate) fn act(&mut self, account: AccountId, action: Action) -> Result<(), Error> {
        match action {
            Action::Appeal { statement } => self.appeal_as(account, statement),
            Action::ProposeAccount { account: new } => self.propose_account_as(account, new),
            Action::AcceptAccount { side, index } => self.accept_account_as(account, (side, index)),
            Action::ConsentRecovery { side, index } => self.consent_recovery_as(account, (side, index)),
            Action::CancelRecovery { side, index } => self.cancel_recovery_as(account, (side, index)),
            Action::RetireDevice { device } => self.retire_device_as(account, device),
        }
    }

    fn appeal_as(&mut self, account: AccountId, statement: Hash) -> Result<(), Error> {
        let key = self.party_key(account)?;
        self.parties.appeal(key, statement, self.env().block_timestamp())?;
        let (side, index) = key;
        emit(&AppealFiled { side, index, statement });
        Ok(())
    }

    fn propose_account_as(&mut self, account: AccountId, new: AccountId) -> Result<(), Error> {
        let key = self.party_key(account)?;
        if new == account {
            // It stays with the account it has.
            self.successions.proposals.remove(key);
        } else {
            self.accounts.check_free(new)?;
            let expires_ms = self.env().block_timestamp().saturating_add(ACCEPT_MS);
            self.successions.proposals.insert(key, &AccountProposal { account: new, expires_ms });
        }
        let (side, index) = key;
        emit(&AccountProposed { side, index, account: new });
        Ok(())
    }

    fn accept_account_as(&mut self, account: AccountId, key: Key) -> Result<(), Error> {
        check_acceptance(self.successions.proposals.get(key), account, self.env().block_timestamp())?;
        // A recovery does not wait: else a thief would change the account first every day.
        self.accounts.check_free(account)?;
        self.parties.check_may_move(key, self.now())?;
        self.succeed(key, account)?;
        // A key that can name another one is not lost; whether it is stolen, the board decides.
        match self.successions.recoveries.get(key) {
            Some(recovery) if recovery.state == RecoveryState::Open => self.object(key, recovery),
            _ => Ok(()),
        }
    }

    fn consent_recovery_as(&mut self, account: AccountId, key: Key) -> Result<(), Error> {
        let recovery = self.successions.recoveries.get(key).ok_or(Error::NoRecovery)?;
        if recovery.account != account {
            return Err(Error::NotProposed);
        }
        if !recovery.consented {
            self.successions.recoveries.insert(key, &Recovery { consented: true, ..recovery });
            let (side, index) = key;
            emit(&RecoveryConsented { side, index, account });
        }
        Ok(())
    }

    fn cancel_recovery_as(&mut self, account: AccountId, key: Key) -> Result<(), Error> {
        let recovery = self.successions.recoveries.get(key).ok_or(Error::NoRecovery)?;
        if self.only_admin(account).is_ok() {
            self.successions.recoveries.remove(key);
            self.emit_cancelled(key, recovery.account);
            return Ok(());
        }
        if self.party_key(account)? != key {
            return Err(Error::NotParty);
        }
        if recovery.state == RecoveryState::Cancelled {
            return Ok(());
        }
        self.object(key, recovery)
    }

    fn retire_device_as(&mut self, account: AccountId, device: DeviceId) -> Result<(), Error> {
        let merchant = self.devices.only_in_use(device)?;
        if self.accounts.party(account) != Some((Side::Merchant, merchant)) {
            return Err(Error::NotDeviceMerchant);
        }
        self.devices.retire(device);
        self.tell_receipts(ink::selector_bytes!("retire_device"), device.encode())
    }

    /// Gives a party another account, which ends its own proposal of one.
    pub(crate) fn succeed(&mut self, key: Key, account: AccountId) -> Result<(), Error> {
        self.accounts.check_free(account)?;
        let before = self.parties.set_account(key, account, self.now())?;
        let (side, index) = key;
        self.accounts.replace(before, account, Holder::Party(side, index));
        self.successions.proposals.remove(key);
        emit(&AccountChanged { side, index, before, account });
        Ok(())
    }

    /// The party's account objects to its recovery.
    fn object(&mut self, key: Key, recovery: Recovery) -> Result<(), Error> {
        self.successions.recoveries.insert(key, &cancel(Some(recovery))?);
        self.emit_cancelled(key, recovery.account);
        Ok(())
    }

    fn emit_cancelled(&self, (side, index): Key, account: AccountId) {
        emit(&RecoveryCancelled { side, index, account });
    }

    fn party_key(&self, account: AccountId) -> Result<Key, Error> {
        self.accounts.party(account).ok_or(Error::NotParty)
    }
}
