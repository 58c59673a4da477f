//! Agents, shops, appeals, devices.

use super::{hash, pick, Kind, Step, World};
use crate::common::{account, random::DEVICES};
use bizkey_primitives::{events::*, membership::Business, signature::PublicKey, Side};

impl World {
    pub(super) fn registry(&mut self, epoch: u32, step: &Step) -> Option<Vec<Event>> {
        let Step { kind, pick: at, amount, flag } = *step;
        let (merchant, to) = (1 + (at % 4) as u32, account(1 + (amount % 6) as u8));
        let event = match kind {
            Kind::Agent => {
                let agent = self.agents.len() as u32 + 1;
                self.agents.insert(agent, (to, true));
                Event::AgentRegistered(AgentRegistered { agent, account: to, commitment: hash(1, at) })
            }
            Kind::AgentStatus => {
                let agent = pick(at, self.agents.keys().copied())?;
                self.agents.get_mut(&agent)?.1 = flag;
                Event::AgentStatusChanged(AgentStatusChanged { agent, active: flag, reason: hash(2, at) })
            }
            Kind::AgentMoved => {
                let agent = pick(at, self.agents.keys().copied())?;
                let before = std::mem::replace(&mut self.agents.get_mut(&agent)?.0, to);
                Event::AgentMoved(AgentMoved { agent, before, account: to })
            }
            Kind::Business => {
                let business = Business { trade: (amount % 3) as u16, region: u16::from(flag) };
                let from_epoch = epoch + 1;
                self.businesses.entry(merchant).or_default().push((from_epoch, business));
                Event::BusinessAttested(BusinessAttested { merchant, business, from_epoch })
            }
            Kind::Appeal => {
                let (side, index) = (Side::Merchant, merchant);
                match self.appeals.get_mut(&merchant) {
                    Some(waiting @ None) => {
                        *waiting = Some(flag);
                        Event::AppealDecided(AppealDecided { side, index, granted: flag, reason: hash(3, at) })
                    }
                    _ => {
                        self.appeals.insert(merchant, None);
                        Event::AppealFiled(AppealFiled { side, index, statement: hash(4, at) })
                    }
                }
            }
            Kind::Device => {
                // Those of the plan record; these do not.
                let device = DEVICES + 1 + self.devices.len() as u32;
                self.devices.insert(device, true);
                let key = PublicKey::Sr25519([device as u8; 32]);
                Event::DeviceRegistered(DeviceRegistered { device, merchant, key })
            }
            Kind::Retire => {
                let active = self.devices.iter().filter(|(_, active)| **active).map(|(device, _)| *device);
                let device = pick(at, active)?;
                self.devices.insert(device, false);
                Event::DeviceRetired(DeviceRetired { device, next_seq: 0 })
            }
            Kind::DeviceTerms => {
                // A class may come before its device.
                let device = 1 + (at % 8) as u32;
                let terms = self.terms.entry(device).or_default();
                if flag {
                    terms.0 = (amount % 2 == 0).then_some(to);
                    Event::DeviceAgentChanged(DeviceAgentChanged { device, agent: terms.0 })
                } else {
                    terms.1 = (amount % 5) as u8;
                    Event::DeviceClassChanged(DeviceClassChanged { device, class: terms.1 })
                }
            }
            _ => return None,
        };
        Some(vec![event])
    }
}
