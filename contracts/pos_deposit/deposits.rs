//! Whose Bzky is locked for which device, and until when: the rules without
//! the chain around them.

use bizkey_primitives::{
    errors::pos_deposit::Error, holdings::Holdings, party::Deposit, AccountId, Balance, DeviceId, Stamp,
};
use ink::storage::Mapping;

/// Deposits by device, and what each depositor has locked in all. Every method
/// changes everything that it says or returns an error; an error after a
/// change reverts with the message.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Deposits {
    /// Locked by each depositor, with checkpoints: it counts as its holding.
    pub holdings: Holdings,
    /// Device to what is locked for it.
    by_device: Mapping<DeviceId, Deposit>,
}

impl Deposits {
    /// What is locked for `device`.
    pub fn of(&self, device: DeviceId) -> Option<Deposit> {
        self.by_device.get(device)
    }

    /// Locks `amount` of `depositor` for `device`, on top of what it locked before.
    pub fn lock(&mut self, now: Stamp, device: DeviceId, depositor: AccountId, amount: Balance) -> Result<(), Error> {
        if amount == 0 {
            return Err(Error::ZeroAmount);
        }
        let before = match self.of(device) {
            None => 0,
            Some(deposit) if deposit.releasable_ms.is_some() => return Err(Error::ReturnConfirmed),
            Some(deposit) if deposit.depositor != depositor => return Err(Error::OtherDepositor),
            Some(deposit) => deposit.amount,
        };
        let sum = before.checked_add(amount).ok_or(Error::Overflow)?;
        self.by_device.insert(device, &Deposit { depositor, amount: sum, releasable_ms: None });
        self.holdings.add(depositor, now, amount).ok_or(Error::Overflow)?;
        Ok(())
    }

    /// Starts the penalty window of `window_ms` at `now_ms`. Returns its end.
    pub fn confirm_return(&mut self, device: DeviceId, now_ms: u64, window_ms: u64) -> Result<u64, Error> {
        let deposit = self.of(device).ok_or(Error::NoDeposit)?;
        if deposit.releasable_ms.is_some() {
            return Err(Error::ReturnConfirmed);
        }
        let releasable_ms = now_ms.checked_add(window_ms).ok_or(Error::Overflow)?;
        self.by_device.insert(device, &Deposit { releasable_ms: Some(releasable_ms), ..deposit });
        Ok(releasable_ms)
    }

    /// The deposit of `device`, if it may go back at `now_ms`.
    pub fn releasable(&self, device: DeviceId, now_ms: u64) -> Result<Deposit, Error> {
        let deposit = self.of(device).ok_or(Error::NoDeposit)?;
        if now_ms < deposit.releasable_ms.ok_or(Error::ReturnNotConfirmed)? {
            return Err(Error::WindowOpen);
        }
        Ok(deposit)
    }

    /// Forgets a deposit that [`Deposits::releasable`] allowed to go back.
    pub fn release(&mut self, now: Stamp, device: DeviceId, deposit: &Deposit) -> Result<(), Error> {
        self.by_device.remove(device);
        self.holdings.subtract(deposit.depositor, now, deposit.amount).ok_or(Error::Overflow)?;
        Ok(())
    }
}
