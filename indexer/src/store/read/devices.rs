//! Devices.

use crate::{
    model::{page_size, Device},
    store::{
        sql::{fetch, fetch_one, values, Columns},
        Store,
    },
    Result,
};
use bizkey_primitives::{DeviceId, MerchantIndex};

fn device(row: &Columns) -> Result<Device> {
    Ok(Device {
        device: row.integer("device")?,
        merchant: row.integer("merchant")?,
        key: row.scale("key")?,
        active: row.integer::<u8>("active")? != 0,
        retired_block: row.optional("retired_block")?,
        agent: row.optional_account("agent")?,
        class: row.optional("class")?.unwrap_or(0),
    })
}

impl Store {
    /// A device.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn device(&self, number: DeviceId) -> Result<Option<Device>> {
        let sql = "SELECT d.device, d.merchant, d.key, d.active, d.retired_block, t.agent, t.class
                   FROM devices d LEFT JOIN device_terms t ON t.device = d.device WHERE d.device = $1";
        fetch_one(self.reader(), "reading a device", sql, values![number], device).await
    }

    /// A page of a shop's devices, by number, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn devices_after(&self, merchant: MerchantIndex, after: DeviceId, limit: u32) -> Result<Vec<Device>> {
        let sql = "SELECT d.device, d.merchant, d.key, d.active, d.retired_block, t.agent, t.class
                   FROM devices d LEFT JOIN device_terms t ON t.device = d.device
                   WHERE d.merchant = $1 AND d.device > $2 ORDER BY d.device LIMIT $3";
        fetch(self.reader(), "reading devices", sql, values![merchant, after, page_size(limit)], device).await
    }
}
