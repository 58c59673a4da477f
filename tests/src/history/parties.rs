//! Shops, customers, agents.

use super::{account, devices::Device, hash, one_for, treasury, Contract, History, CALENDAR};
use bizkey_primitives::{
    events::*, membership::Business, party::Capital, AccountId, Balance, DeviceId, Epoch, Hash, Side, Status, TOKEN,
};
use std::collections::HashMap;

/// Codes of trades and of regions.
pub(super) const TRADES: u32 = 200;
pub(super) const REGIONS: u32 = 40;
/// Agents in the end, at least.
const AGENTS: u32 = 40;

#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    Join(Side),
    Pay,
    PayTime,
    Capital,
    Business,
    Standing(Side),
    Hold(Side),
    Appeal(Side),
    Decide,
    Move(Side),
    Agent,
    AgentStanding,
    AgentMove,
    Device,
    DeviceState,
    Retire,
    DeviceAgent,
    DeviceClass,
    Lock,
    Return,
    Release,
    Penalise,
    Seize,
    Transfer,
}

impl Deed {
    /// How often each happens in an epoch.
    pub fn counts(shops: u64) -> Vec<(u64, Deed)> {
        use Side::{Customer, Merchant};
        let rare = |each: u64, deed: Deed| (one_for(each, shops), deed);
        vec![
            rare(10, Deed::Pay),
            rare(10, Deed::PayTime),
            rare(800, Deed::Capital),
            rare(1_000, Deed::Business),
            rare(1_000, Deed::Standing(Merchant)),
            rare(500, Deed::Standing(Customer)),
            rare(5_000, Deed::Hold(Merchant)),
            rare(5_000, Deed::Hold(Customer)),
            rare(3_000, Deed::Appeal(Merchant)),
            rare(3_000, Deed::Appeal(Customer)),
            rare(2_000, Deed::Decide),
            rare(1_000, Deed::Move(Merchant)),
            rare(1_000, Deed::Move(Customer)),
            rare(20_000, Deed::Agent),
            rare(20_000, Deed::AgentStanding),
            rare(20_000, Deed::AgentMove),
            rare(800, Deed::Device),
            rare(2_000, Deed::DeviceState),
            rare(4_000, Deed::Retire),
            rare(500, Deed::DeviceAgent),
            rare(500, Deed::DeviceClass),
            rare(400, Deed::Lock),
            rare(1_000, Deed::Return),
            rare(1_000, Deed::Release),
            rare(3_000, Deed::Penalise),
            rare(10_000, Deed::Seize),
            rare(4_000, Deed::Transfer),
        ]
    }
}

#[derive(Debug, Default)]
pub(super) struct Parties {
    pub shops: u32,
    pub customers: u32,
    pub agents: u32,
    /// Device d is the one at d - 1.
    pub devices: Vec<Device>,
    /// Each shop's first device, by the same rule.
    device_of: Vec<DeviceId>,
    /// Other devices; these record nothing.
    pub spare: Vec<DeviceId>,
    /// Accounts of those that have another one than at first.
    moved: HashMap<(u8, u32), AccountId>,
    waiting: Vec<(Side, u32)>,
    /// Counts names up.
    names: u64,
}

impl Parties {
    /// The present account of a party.
    pub fn account(&self, side: Side, index: u32) -> AccountId {
        let moved = self.moved.get(&(side.code(), index));
        moved.copied().unwrap_or_else(|| account(side.name(), u64::from(index)))
    }

    /// The first device of a shop.
    pub fn device_of(&self, shop: u32) -> Option<DeviceId> {
        self.device_of.get(shop.checked_sub(1)? as usize).copied()
    }

    /// What is known of a device.
    pub fn device(&mut self, device: DeviceId) -> Option<&mut Device> {
        self.devices.get_mut(device.checked_sub(1)? as usize)
    }

    fn count(&self, side: Side) -> u32 {
        match side {
            Side::Merchant => self.shops,
            Side::Customer => self.customers,
        }
    }

    pub fn name(&mut self) -> u64 {
        self.names += 1;
        self.names
    }
}

impl History {
    /// Agents are there before the first shop.
    pub(super) fn found(&mut self) {
        for _ in 0..AGENTS {
            self.add_agent();
        }
    }

    /// A party, the busy ones more often, of those that are registered.
    pub(super) fn busy(&mut self, side: Side) -> u32 {
        let rank = self.draws.skewed(self.in_the_end(side));
        self.busy_of_rank(side, rank)
    }

    /// The party that is the busiest but `rank`.
    pub(super) fn busy_of_rank(&self, side: Side, rank: u32) -> u32 {
        // A prime: the busy ones are not neighbours in any index.
        let index = u64::from(rank) * 2_654_435_761 % u64::from(self.in_the_end(side).max(1));
        1 + index as u32 % self.parties.count(side).max(1)
    }

    pub(super) fn in_the_end(&self, side: Side) -> u32 {
        match side {
            Side::Merchant => self.shape.shops,
            Side::Customer => self.shape.customers,
        }
    }

    pub(super) fn join(&mut self, side: Side) {
        let index = self.parties.count(side) + 1;
        let (account, commitment) = (account(side.name(), u64::from(index)), hash(side.name(), u64::from(index)));
        self.emit(Contract::Registry, Event::PartyRegistered(PartyRegistered { side, index, account, commitment }));
        if side == Side::Customer {
            self.parties.customers = index;
            return;
        }
        self.parties.shops = index;
        self.pay(Contract::Bzky, treasury(), account, 10_000 * TOKEN);
        let device = self.add_device(index);
        self.parties.device_of.push(device);
        self.lock(device, 1_000 * TOKEN);
        self.attest_capital(index);
        self.attest_business(index);
    }

    pub(super) fn perform_party(&mut self, deed: Deed) -> Option<()> {
        match deed {
            Deed::Join(side) => self.join(side),
            Deed::Pay => {
                let (from, to) = (self.busy_account(Side::Merchant), self.busy_account(Side::Customer));
                let value = TOKEN * Balance::from(self.draws.one_to(20));
                self.pay(Contract::Bzky, from, to, value)?;
            }
            Deed::PayTime => {
                let (from, to) = (self.busy_account(Side::Customer), self.busy_account(Side::Customer));
                let value = TOKEN / 10 * Balance::from(self.draws.one_to(9));
                self.pay(Contract::Time, from, to, value)?;
            }
            Deed::Capital => {
                let merchant = self.busy(Side::Merchant);
                self.attest_capital(merchant);
            }
            Deed::Business => {
                let merchant = self.busy(Side::Merchant);
                self.attest_business(merchant);
            }
            Deed::Standing(side) => {
                let (index, reason) = (self.draws.one_to(self.parties.count(side)), self.reason());
                let status = match self.draws.below(10) {
                    0..4 => Status::Active,
                    4..8 => Status::Demoted,
                    8 => Status::Restricted,
                    _ => Status::Removed,
                };
                let event = StatusChanged { side, index, status, reason };
                self.emit(Contract::Registry, Event::StatusChanged(event));
            }
            Deed::Hold(side) => {
                let (index, reason) = (self.draws.one_to(self.parties.count(side)), self.reason());
                let until_ms = self.now_ms + 7 * CALENDAR.epoch_ms;
                self.emit(Contract::Registry, Event::HoldPlaced(HoldPlaced { side, index, until_ms, reason }));
            }
            Deed::Appeal(side) => {
                let (index, statement) = (self.draws.one_to(self.parties.count(side)), self.reason());
                self.parties.waiting.push((side, index));
                self.emit(Contract::Registry, Event::AppealFiled(AppealFiled { side, index, statement }));
            }
            Deed::Decide => {
                let (side, index) = self.parties.waiting.pop()?;
                let (granted, reason) = (self.draws.once_in(3), self.reason());
                let event = AppealDecided { side, index, granted, reason };
                self.emit(Contract::Registry, Event::AppealDecided(event));
            }
            Deed::Move(side) => self.move_party(side),
            deed => self.perform_device(deed)?,
        }
        Some(())
    }

    fn move_party(&mut self, side: Side) {
        let (index, name) = (self.busy(side), self.parties.name());
        let (before, account) = (self.parties.account(side, index), account("moved", name));
        self.parties.moved.insert((side.code(), index), account);
        let event = AccountChanged { side, index, before, account };
        self.emit(Contract::Registry, Event::AccountChanged(event));
        // Its deposit follows it.
        let device = self.parties.device_of(index).filter(|_| side == Side::Merchant);
        let Some(device) = device else { return };
        let found = self.parties.device(device).filter(|found| found.locked > 0 && found.depositor == before);
        let Some(found) = found else { return };
        found.depositor = account;
        let amount = found.locked;
        let event = DepositorChanged { device, before, account, amount };
        self.emit(Contract::PosDeposit, Event::DepositorChanged(event));
    }

    pub(super) fn add_agent(&mut self) {
        self.parties.agents += 1;
        let agent = self.parties.agents;
        let (account, commitment) = (account("agent", u64::from(agent)), hash("agent", u64::from(agent)));
        self.emit(Contract::Registry, Event::AgentRegistered(AgentRegistered { agent, account, commitment }));
    }

    /// The first epoch that what is attested or decided now scores.
    pub(super) fn next_epoch(&self) -> Epoch {
        CALENDAR.epoch_at(self.now_ms).map_or(0, |epoch| epoch + 1)
    }

    fn attest_capital(&mut self, merchant: u32) {
        let capital = Capital {
            area_m2: 20 + self.draws.below(200),
            staff: 1 + self.draws.below(12),
            rent_per_m2_month: 5_000 + u64::from(self.draws.below(20_000)),
            wage_month: 300_000 + u64::from(self.draws.below(500_000)),
        };
        let from_epoch = self.next_epoch();
        let event = CapitalAttested { merchant, capital, from_epoch };
        self.emit(Contract::Registry, Event::CapitalAttested(event));
    }

    fn attest_business(&mut self, merchant: u32) {
        let (trade, region) = (self.draws.skewed(TRADES) as u16, self.draws.skewed(REGIONS) as u16);
        let (business, from_epoch) = (Business { trade, region }, self.next_epoch());
        let event = BusinessAttested { merchant, business, from_epoch };
        self.emit(Contract::Registry, Event::BusinessAttested(event));
    }

    pub(super) fn busy_account(&mut self, side: Side) -> AccountId {
        let index = self.busy(side);
        self.parties.account(side, index)
    }

    pub(super) fn reason(&mut self) -> Hash {
        hash("reason", u64::from(self.draws.below(50)))
    }
}
