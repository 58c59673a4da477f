//! Devices: their end, their agents and classes.

use super::{Place, Writer};
use crate::{
    store::{relations, sql::values},
    Result,
};
use bizkey_primitives::events::{DeviceAgentChanged, DeviceClassChanged, DeviceRetired};

impl Writer<'_> {
    /// A device that is retired records nothing more; no other event says so.
    pub(super) async fn device_retired(&mut self, place: Place, event: &DeviceRetired) -> Result<()> {
        let sql = "UPDATE devices SET active = 0, retired_block = $2 WHERE device = $1";
        let values = values![event.device, place.block];
        self.change(&relations::DEVICES, "storing a device's end", sql, values).await
    }

    pub(super) async fn device_agent_changed(&mut self, event: &DeviceAgentChanged) -> Result<()> {
        let sql = "INSERT INTO device_terms (device, agent, class) VALUES ($1, $2, 0)
                   ON CONFLICT (device) DO UPDATE SET agent = excluded.agent";
        let values = values![event.device, event.agent.as_ref()];
        self.change(&relations::DEVICE_TERMS, "storing a device's agent", sql, values).await
    }

    pub(super) async fn device_class_changed(&mut self, event: &DeviceClassChanged) -> Result<()> {
        let sql = "INSERT INTO device_terms (device, class) VALUES ($1, $2)
                   ON CONFLICT (device) DO UPDATE SET class = excluded.class";
        let values = values![event.device, event.class];
        self.change(&relations::DEVICE_TERMS, "storing a device's class", sql, values).await
    }
}
