//! Devices and their deposits.

use super::{account, hash, parties::Deed, Contract, History, CALENDAR};
use bizkey_primitives::{events::*, signature::PublicKey, AccountId, Balance, DeviceId, Side, TOKEN};

/// A terminal and its deposit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Device {
    pub merchant: u32,
    pub next_seq: u64,
    pub depositor: AccountId,
    pub locked: Balance,
    is_returned: bool,
}

impl History {
    pub(super) fn perform_device(&mut self, deed: Deed) -> Option<()> {
        match deed {
            Deed::Agent => self.add_agent(),
            Deed::AgentStanding => {
                let (agent, reason) = (self.draws.one_to(self.parties.agents), self.reason());
                let active = self.draws.once_in(2);
                let event = AgentStatusChanged { agent, active, reason };
                self.emit(Contract::Registry, Event::AgentStatusChanged(event));
            }
            Deed::AgentMove => {
                let agent = self.draws.one_to(self.parties.agents);
                let (before, name) = (account("agent", u64::from(agent)), self.parties.name());
                let event = AgentMoved { agent, before, account: account("moved agent", name) };
                self.emit(Contract::Registry, Event::AgentMoved(event));
            }
            Deed::Device => {
                let merchant = self.busy(Side::Merchant);
                let device = self.add_device(merchant);
                self.parties.spare.push(device);
                self.lock(device, 500 * TOKEN)?;
            }
            Deed::DeviceState => {
                let device = *self.draws.pick(&self.parties.spare)?;
                let active = self.draws.once_in(2);
                self.emit(Contract::Receipts, Event::DeviceStateChanged(DeviceStateChanged { device, active }));
            }
            Deed::Retire => {
                let device = self.parties.spare.pop()?;
                self.emit(Contract::Receipts, Event::DeviceRetired(DeviceRetired { device, next_seq: 0 }));
            }
            Deed::DeviceAgent => {
                let (device, agent) = (self.any_device(), self.draws.one_to(self.parties.agents));
                let agent = (!self.draws.once_in(5)).then(|| account("agent", u64::from(agent)));
                self.emit(Contract::PosDeposit, Event::DeviceAgentChanged(DeviceAgentChanged { device, agent }));
            }
            Deed::DeviceClass => {
                let (device, class) = (self.any_device(), self.draws.below(5) as u8);
                self.emit(Contract::PosDeposit, Event::DeviceClassChanged(DeviceClassChanged { device, class }));
            }
            Deed::Lock => {
                let device = self.any_device();
                self.lock(device, 100 * TOKEN)?;
            }
            deed => self.perform_deposit(deed)?,
        }
        Some(())
    }

    fn perform_deposit(&mut self, deed: Deed) -> Option<()> {
        let (device, now_ms) = (self.any_device(), self.now_ms);
        let found = self.parties.device(device).filter(|found| found.locked > TOKEN)?;
        let depositor = found.depositor;
        let event = match deed {
            Deed::Return => {
                found.is_returned = true;
                let releasable_ms = now_ms + 3 * CALENDAR.epoch_ms;
                Event::ReturnConfirmed(ReturnConfirmed { device, releasable_ms })
            }
            Deed::Release => {
                let amount = std::mem::take(&mut found.locked);
                found.is_returned = false;
                Event::DepositReleased(DepositReleased { device, depositor, amount })
            }
            Deed::Penalise => {
                let amount = found.locked / 10;
                found.locked -= amount;
                Event::DepositPenalised(DepositPenalised {
                    device,
                    depositor,
                    amount,
                    beneficiary: account("demander", u64::from(device % 50)),
                    beneficiary_amount: amount / 2,
                    rest_to: Contract::Foundation.address(),
                })
            }
            Deed::Seize => {
                let amount = found.locked / 4;
                found.locked -= amount;
                let to = Contract::Foundation.address();
                Event::DepositSeized(DepositSeized { device, depositor, amount, to })
            }
            Deed::Transfer => return self.transfer_device(device),
            _ => return None,
        };
        self.emit(Contract::PosDeposit, event);
        Some(())
    }

    /// A terminal gets the number of another device.
    fn transfer_device(&mut self, device: DeviceId) -> Option<()> {
        let to = self.any_device();
        let releasable = self.now_ms + 3 * CALENDAR.epoch_ms;
        let found = *self.parties.device(device)?;
        let target = self.parties.device(to).filter(|_| to != device)?;
        let releasable_ms = (target.locked > 0).then_some(releasable);
        if releasable_ms.is_none() {
            (target.locked, target.depositor) = (found.locked, found.depositor);
            self.parties.device(device)?.locked = 0;
        }
        let (depositor, amount) = (found.depositor, found.locked);
        let event = DeviceTransferred { device, to, depositor, amount, releasable_ms };
        self.emit(Contract::PosDeposit, Event::DeviceTransferred(event));
        Some(())
    }

    pub(super) fn add_device(&mut self, merchant: u32) -> DeviceId {
        let depositor = self.parties.account(Side::Merchant, merchant);
        self.parties.devices.push(Device { merchant, next_seq: 0, depositor, locked: 0, is_returned: false });
        let device = self.parties.devices.len() as DeviceId;
        let key = PublicKey::Sr25519(hash("device", u64::from(device)).into());
        self.emit(Contract::Receipts, Event::DeviceRegistered(DeviceRegistered { device, merchant, key }));
        device
    }

    pub(super) fn lock(&mut self, device: DeviceId, amount: Balance) -> Option<()> {
        let found = *self.parties.device(device)?;
        let shop = self.parties.account(Side::Merchant, found.merchant);
        let depositor = if found.locked > 0 { found.depositor } else { shop };
        self.pay(Contract::Bzky, depositor, Contract::PosDeposit.address(), amount)?;
        let found = self.parties.device(device)?;
        (found.depositor, found.locked) = (depositor, found.locked + amount);
        self.emit(Contract::PosDeposit, Event::DepositLocked(DepositLocked { device, depositor, amount }));
        Some(())
    }

    fn any_device(&mut self) -> DeviceId {
        self.draws.one_to(self.parties.devices.len() as u32)
    }
}
