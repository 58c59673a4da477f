//! A contract's storage read from outside, by the layout that its bundle
//! tells: what holds there does not depend on what its messages say.

use super::Sandbox;
use bizkey_client::ContractKind;
use codec::{Decode, Encode};
use serde_json::Value;
use std::collections::HashMap;

/// Bytes of pallet-contracts' own hash before the key that a contract names.
const HASH_BYTES: usize = 16;

/// Where each field of each contract lies.
#[derive(Clone, Debug)]
pub struct Layouts(HashMap<(ContractKind, String), [u8; 4]>);

impl Layouts {
    /// Reads the committed bundles.
    ///
    /// # Panics
    /// When one cannot be read.
    #[must_use]
    pub fn read() -> Self {
        let mut keys = HashMap::new();
        for kind in ContractKind::ALL {
            walk(&super::coverage::bundle(kind)["storage"], String::new(), &mut |path, key| {
                keys.insert((kind, path), key);
            });
        }
        Self(keys)
    }

    /// The first four bytes of the keys of a field's cells. The field as a
    /// path with dots; empty for the root cell.
    ///
    /// # Panics
    /// When there is no such field.
    #[must_use]
    pub fn key(&self, kind: ContractKind, field: &str) -> [u8; 4] {
        *self.0.get(&(kind, field.to_owned())).unwrap_or_else(|| panic!("{kind} has no field {field}"))
    }
}

fn walk(layout: &Value, path: String, found: &mut impl FnMut(String, [u8; 4])) {
    if let Some(root) = layout.get("root") {
        let key = root["root_key"].as_str().unwrap_or_default().trim_start_matches("0x").to_owned();
        let bytes = u32::from_str_radix(&key, 16).expect("a key of four bytes").to_be_bytes();
        found(path.clone(), bytes);
        walk(&root["layout"], path, found);
    } else if let Some(fields) = layout.get("struct").and_then(|inner| inner["fields"].as_array()) {
        for field in fields {
            let name = field["name"].as_str().unwrap_or_default();
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            walk(&field["layout"], path, found);
        }
    }
}

/// All that the suite keeps at one moment. Equal ones are equal to the byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot(HashMap<ContractKind, Vec<Cell>>);

/// A cell's key, without pallet-contracts' own hash before it, and its value.
type Cell = (Vec<u8>, Vec<u8>);

impl Snapshot {
    /// Every cell of a mapping.
    ///
    /// # Panics
    /// When a cell is not what is expected.
    #[must_use]
    pub fn cells<K: Decode, V: Decode>(&self, layouts: &Layouts, kind: ContractKind, field: &str) -> Vec<(K, V)> {
        let mut cells = Vec::new();
        for (mut key, mut value) in self.of(layouts, kind, field) {
            let (Ok(key), Ok(value)) = (K::decode(&mut key), V::decode(&mut value)) else {
                panic!("a cell of {kind}.{field} is something else");
            };
            cells.push((key, value));
        }
        cells
    }

    /// The value of a field with one cell, or of the first fields of the root
    /// cell, which has no name.
    ///
    /// # Panics
    /// When there is no such cell, or it is not what is expected.
    #[must_use]
    pub fn cell<V: Decode>(&self, layouts: &Layouts, kind: ContractKind, field: &str) -> V {
        let (_, mut value) = self.of(layouts, kind, field).next().unwrap_or_else(|| panic!("{kind}.{field} is empty"));
        V::decode(&mut value).unwrap_or_else(|error| panic!("{kind}.{field} is something else: {error}"))
    }

    /// Every cell of a field as bytes, to compare.
    #[must_use]
    pub fn bytes(&self, layouts: &Layouts, kind: ContractKind, field: &str) -> Vec<u8> {
        self.of(layouts, kind, field).collect::<Vec<_>>().encode()
    }

    fn of<'a>(
        &'a self,
        layouts: &Layouts,
        kind: ContractKind,
        field: &str,
    ) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let prefix = layouts.key(kind, field);
        let cells = self.0.get(&kind).map(Vec::as_slice).unwrap_or_default();
        cells.iter().filter_map(move |(key, value)| Some((key.strip_prefix(&prefix)?, &value[..])))
    }
}

impl Sandbox {
    /// All that the suite keeps now.
    pub fn snapshot(&mut self) -> Snapshot {
        let mut contracts = HashMap::new();
        for kind in ContractKind::ALL {
            let mut cells = self.state.storage_of(self.address(kind));
            for (key, _) in &mut cells {
                key.drain(..HASH_BYTES.min(key.len()));
            }
            contracts.insert(kind, cells);
        }
        Snapshot(contracts)
    }
}
