//! Whose Bzky is locked for which device, and until when: the rules without
//! the chain around them.
//!
//! A deposit has a number of its own, never reused. A device refers to the
//! deposit that is locked for it; a device whose deposit went over to another
//! number still refers to it while it can be penalised for what it recorded.

use bizkey_primitives::{
    errors::pos_deposit::Error, holdings::Holdings, party::Deposit, AccountId, Balance, DeviceId, Stamp,
};
use ink::storage::Mapping;

/// Number of a deposit, from 1.
type DepositId = u64;

/// A deposit and the device that it is locked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
struct Record {
    device: DeviceId,
    deposit: Deposit,
    /// Until when it answers for other devices too, from which it went over,
    /// Unix milliseconds; 0 if it never did.
    answers_ms: u64,
}

/// Which deposit answers for a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
struct Link {
    deposit: DepositId,
    /// For a device whose deposit went over to another: until when it answers
    /// for both, Unix milliseconds.
    until_ms: Option<u64>,
}

/// What a transfer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// Whose deposit the first device had.
    pub depositor: AccountId,
    /// Smallest unit.
    pub amount: Balance,
    /// When it may be released, Unix milliseconds; `None` if it went over.
    pub releasable_ms: Option<u64>,
}

/// Deposits by device, and what each depositor has locked in all. Every method
/// changes everything that it says or returns an error; an error after a
/// change reverts with the message.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Deposits {
    /// Locked by each depositor, with checkpoints: it counts as its holding.
    pub holdings: Holdings,
    /// The last deposit's number.
    last: DepositId,
    records: Mapping<DepositId, Record>,
    links: Mapping<DeviceId, Link>,
    /// Device to the one that it may go over to.
    offers: Mapping<DeviceId, DeviceId>,
    /// Device to its class; 0 if it is not here.
    classes: Mapping<DeviceId, u8>,
    /// Class to the least first deposit.
    schedule: Mapping<u8, Balance>,
    /// Device to who may lock for it beside its shop.
    agents: Mapping<DeviceId, AccountId>,
}

impl Deposits {
    /// The deposit locked for `device`, with its number.
    fn own(&self, device: DeviceId) -> Option<(DepositId, Deposit)> {
        let id = self.links.get(device)?.deposit;
        let record = self.records.get(id).filter(|record| record.device == device)?;
        Some((id, record.deposit))
    }

    /// What is locked for `device`.
    pub fn of(&self, device: DeviceId) -> Option<Deposit> {
        self.own(device).map(|(_, deposit)| deposit)
    }

    /// A device's class.
    pub fn class_of(&self, device: DeviceId) -> u8 {
        self.classes.get(device).unwrap_or(0)
    }

    /// Puts a device in a class. Whether it was in another one.
    pub fn set_class(&mut self, device: DeviceId, class: u8) -> bool {
        let changed = self.class_of(device) != class;
        if changed {
            self.classes.insert(device, &class);
        }
        changed
    }

    /// The least first deposit of a class.
    pub fn scheduled(&self, class: u8) -> Option<Balance> {
        self.schedule.get(class)
    }

    /// Sets it; `None` lets any amount above 0 do.
    pub fn set_schedule(&mut self, class: u8, amount: Option<Balance>) {
        match amount {
            Some(amount) => {
                self.schedule.insert(class, &amount);
            }
            None => self.schedule.remove(class),
        }
    }

    /// Who may lock for a device beside its shop.
    pub fn agent_of(&self, device: DeviceId) -> Option<AccountId> {
        self.agents.get(device)
    }

    /// Names who may; nobody if `None`.
    pub fn set_agent(&mut self, device: DeviceId, agent: Option<AccountId>) {
        match agent {
            Some(agent) => {
                self.agents.insert(device, &agent);
            }
            None => self.agents.remove(device),
        }
    }

    /// The device that `device` was offered to go over to.
    pub fn offer_of(&self, device: DeviceId) -> Option<DeviceId> {
        self.offers.get(device)
    }

    /// Whether `amount` is enough for a device's first deposit.
    fn check_schedule(&self, device: DeviceId, amount: Balance) -> Result<(), Error> {
        match self.scheduled(self.class_of(device)) {
            Some(least) if amount < least => Err(Error::BelowSchedule),
            _ => Ok(()),
        }
    }

    /// Locks `amount` of `depositor` for `device`, on top of what it locked before.
    pub fn lock(&mut self, now: Stamp, device: DeviceId, depositor: AccountId, amount: Balance) -> Result<(), Error> {
        if amount == 0 {
            return Err(Error::ZeroAmount);
        }
        match self.own(device) {
            None => {
                // It still answers for what `device` recorded, elsewhere.
                if self.links.get(device).is_some_and(|link| self.records.contains(link.deposit)) {
                    return Err(Error::DepositMoved);
                }
                self.check_schedule(device, amount)?;
                let id = self.last.checked_add(1).ok_or(Error::Overflow)?;
                self.last = id;
                self.links.insert(device, &Link { deposit: id, until_ms: None });
                self.put(id, device, Deposit { depositor, amount, releasable_ms: None });
            }
            Some((_, deposit)) if deposit.releasable_ms.is_some() => return Err(Error::ReturnConfirmed),
            Some((_, deposit)) if deposit.depositor != depositor => return Err(Error::OtherDepositor),
            Some((id, deposit)) => {
                let amount = deposit.amount.checked_add(amount).ok_or(Error::Overflow)?;
                self.put(id, device, Deposit { amount, ..deposit });
            }
        }
        self.holdings.add(depositor, now, amount).ok_or(Error::Overflow)?;
        Ok(())
    }

    /// The deposit of `device`, if it is in use: no return is confirmed.
    fn in_use(&self, device: DeviceId) -> Result<(DepositId, Deposit), Error> {
        let (id, deposit) = self.own(device).ok_or(Error::NoDeposit)?;
        if deposit.releasable_ms.is_some() {
            return Err(Error::ReturnConfirmed);
        }
        Ok((id, deposit))
    }

    /// Whether the platform could confirm a return.
    pub fn check_in_use(&self, device: DeviceId) -> Result<(), Error> {
        self.in_use(device).map(|_| ())
    }

    /// Starts the penalty window of `window_ms` at `now_ms`. Returns its end.
    pub fn confirm_return(&mut self, device: DeviceId, now_ms: u64, window_ms: u64) -> Result<u64, Error> {
        let (id, deposit) = self.in_use(device)?;
        let releasable_ms = now_ms.checked_add(window_ms).ok_or(Error::Overflow)?;
        self.offers.remove(device);
        self.put(id, device, Deposit { releasable_ms: Some(releasable_ms), ..deposit });
        Ok(releasable_ms)
    }

    /// Offers that the terminal of `device` gets the number `to`; takes the
    /// offer back if that is `None`. Whether anything changed.
    pub fn offer(&mut self, device: DeviceId, depositor: AccountId, to: Option<DeviceId>) -> Result<bool, Error> {
        let (_, deposit) = self.in_use(device)?;
        if deposit.depositor != depositor {
            return Err(Error::NotDepositor);
        }
        if to == Some(device) {
            return Err(Error::SameDevice);
        }
        let changed = self.offers.get(device) != to;
        match to {
            Some(to) => {
                self.offers.insert(device, &to);
            }
            None => self.offers.remove(device),
        }
        Ok(changed)
    }

    /// The deposit whose transfer to `to` was offered, and whether it would go
    /// over: `to` has none of its own.
    pub fn transferable(&self, device: DeviceId, to: DeviceId) -> Result<(Deposit, bool), Error> {
        let (_, deposit) = self.in_use(device)?;
        if self.offers.get(device) != Some(to) {
            return Err(Error::NotOffered);
        }
        Ok((deposit, self.own(to).is_none()))
    }

    /// Carries out a transfer that [`Deposits::transferable`] allowed. Where
    /// `to` has a deposit of its own, in use, that of `device` may go back
    /// after the penalty window, as if returned. Else it goes over, if it is
    /// enough, and answers for `device` too: for receipts that are demanded in
    /// the window, however long a shop has to open them (`opening_ms`). So
    /// long it cannot be released.
    pub fn transfer(
        &mut self,
        device: DeviceId,
        to: DeviceId,
        now_ms: u64,
        window_ms: u64,
        opening_ms: u64,
    ) -> Result<Transferred, Error> {
        let (id, deposit) = self.in_use(device)?;
        let Deposit { depositor, amount, .. } = deposit;
        if self.own(to).is_some() {
            self.check_in_use(to)?;
            let releasable_ms = Some(self.confirm_return(device, now_ms, window_ms)?);
            return Ok(Transferred { depositor, amount, releasable_ms });
        }
        if self.links.get(to).is_some_and(|link| self.records.contains(link.deposit)) {
            return Err(Error::DepositMoved);
        }
        self.check_schedule(to, amount)?;
        let window_ms = window_ms.checked_add(opening_ms).ok_or(Error::Overflow)?;
        let until_ms = now_ms.checked_add(window_ms).ok_or(Error::Overflow)?;
        self.offers.remove(device);
        self.links.insert(device, &Link { deposit: id, until_ms: Some(until_ms) });
        self.links.insert(to, &Link { deposit: id, until_ms: None });
        self.records.insert(id, &Record { device: to, deposit, answers_ms: until_ms });
        Ok(Transferred { depositor, amount, releasable_ms: None })
    }

    /// Credits a device's deposit to the account that its depositor has now.
    /// Returns the one before, if it was another.
    pub fn credit(&mut self, now: Stamp, device: DeviceId, account: AccountId) -> Result<Option<AccountId>, Error> {
        let (id, deposit) = self.own(device).ok_or(Error::NoDeposit)?;
        let before = deposit.depositor;
        if before == account {
            return Ok(None);
        }
        self.put(id, device, Deposit { depositor: account, ..deposit });
        self.holdings.subtract(before, now, deposit.amount).ok_or(Error::Overflow)?;
        self.holdings.add(account, now, deposit.amount).ok_or(Error::Overflow)?;
        Ok(Some(before))
    }

    /// Takes up to `amount` from the deposit that answers for `device`.
    /// Returns whose it was and what was taken, `None` if there is nothing.
    pub fn take(
        &mut self,
        now: Stamp,
        now_ms: u64,
        device: DeviceId,
        amount: Balance,
    ) -> Result<Option<(AccountId, Balance)>, Error> {
        let Some(link) = self.links.get(device) else { return Ok(None) };
        // A device whose deposit went over: only until the window's end.
        if link.until_ms.is_some_and(|until_ms| now_ms >= until_ms) {
            return Ok(None);
        }
        let Some(Record { device: holder, deposit, .. }) = self.records.get(link.deposit) else { return Ok(None) };
        let taken = amount.min(deposit.amount);
        if taken == 0 {
            return Ok(None);
        }
        let left = deposit.amount.saturating_sub(taken);
        if left == 0 {
            self.drop_record(link.deposit, holder);
        } else {
            self.put(link.deposit, holder, Deposit { amount: left, ..deposit });
        }
        self.holdings.subtract(deposit.depositor, now, taken).ok_or(Error::Overflow)?;
        Ok(Some((deposit.depositor, taken)))
    }

    /// The deposit of `device`, if it may go back at `now_ms`.
    pub fn releasable(&self, device: DeviceId, now_ms: u64) -> Result<Deposit, Error> {
        let deposit = self.of(device).ok_or(Error::NoDeposit)?;
        let answers_ms = self.links.get(device).map_or(0, |link| self.answers_ms(link.deposit));
        if now_ms < deposit.releasable_ms.ok_or(Error::ReturnNotConfirmed)?.max(answers_ms) {
            return Err(Error::WindowOpen);
        }
        Ok(deposit)
    }

    /// Forgets a deposit that [`Deposits::releasable`] allowed to go back.
    /// Returns whose it is and how much.
    pub fn release(&mut self, now: Stamp, device: DeviceId) -> Result<(AccountId, Balance), Error> {
        let (id, Deposit { depositor, amount, .. }) = self.own(device).ok_or(Error::NoDeposit)?;
        self.drop_record(id, device);
        self.holdings.subtract(depositor, now, amount).ok_or(Error::Overflow)?;
        Ok((depositor, amount))
    }

    fn put(&mut self, id: DepositId, device: DeviceId, deposit: Deposit) {
        let answers_ms = self.answers_ms(id);
        self.records.insert(id, &Record { device, deposit, answers_ms });
    }

    fn answers_ms(&self, id: DepositId) -> u64 {
        self.records.get(id).map_or(0, |record| record.answers_ms)
    }

    fn drop_record(&mut self, id: DepositId, device: DeviceId) {
        self.records.remove(id);
        self.links.remove(device);
        self.offers.remove(device);
    }
}
