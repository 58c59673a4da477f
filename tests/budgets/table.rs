//! The checked-in table, `budgets.json`: read, compared, renewed.

use crate::measure::{Figures, Measured};
use bizkey_client::{Bundles, ContractKind};
use serde_json::Value;
use std::fmt::Write as _;

/// Where the table is.
pub const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/budgets/budgets.json");
/// A figure that is lower by more than this part of it is out of date.
const STALE_PART: i128 = 10;
/// Most bytes of a bundle's code.
const LIMIT: usize = 64 * 1024;
/// Most bytes of a token's code.
const TOKEN_LIMIT: usize = 24 * 1024;

/// A bundle's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeSize {
    /// The contract.
    pub contract: String,
    /// Its bytes.
    pub bytes: usize,
    /// Most that it may have.
    pub limit: usize,
}

/// A message's cost in a situation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The contract.
    pub contract: String,
    /// The message.
    pub message: String,
    /// What makes it the worst case.
    pub situation: String,
    /// On the embedded chain.
    pub embedded: Figures,
    /// On the real node; `None` before it was measured there.
    pub node: Option<Figures>,
}

/// The whole table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Every bundle.
    pub bundles: Vec<CodeSize>,
    /// Every message, once or several times.
    pub rows: Vec<Row>,
}

impl Table {
    /// The table of what was measured; what the node said is kept.
    pub fn of(measured: &[Measured], before: &Table) -> Self {
        let row = |measured: &Measured| {
            let Measured { kind, message, situation, figures, node } = measured;
            let found = before.row(kind.name(), message, situation);
            Row {
                contract: kind.name().to_owned(),
                message: (*message).to_owned(),
                situation: (*situation).to_owned(),
                embedded: *figures,
                node: node.or_else(|| found.and_then(|row| row.node)),
            }
        };
        let mut rows: Vec<Row> = measured.iter().map(row).collect();
        let key = |row: &Row| (row.contract.clone(), row.message.clone(), row.situation.clone());
        rows.sort_by_key(key);
        assert!(rows.windows(2).all(|pair| key(&pair[0]) != key(&pair[1])), "two cases of one name");
        Self { bundles: bundles(), rows }
    }

    /// The table as it is checked in; empty if there is none yet.
    pub fn checked_in() -> Self {
        let Ok(text) = std::fs::read_to_string(PATH) else { return Self::default() };
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{PATH}: {error}"));
        let list = |name: &str| value[name].as_array().cloned().unwrap_or_else(|| panic!("{PATH} has no {name}"));
        let bundle = |value: &Value| CodeSize {
            contract: text_of(value, "contract"),
            bytes: number(value, "code_bytes") as usize,
            limit: number(value, "limit") as usize,
        };
        let row = |value: &Value| Row {
            contract: text_of(value, "contract"),
            message: text_of(value, "message"),
            situation: text_of(value, "situation"),
            embedded: figures(&value["embedded"]).expect("figures of the embedded chain"),
            node: figures(&value["node"]),
        };
        Self { bundles: list("bundles").iter().map(bundle).collect(), rows: list("messages").iter().map(row).collect() }
    }

    /// The row of a message in a situation.
    pub fn row(&self, contract: &str, message: &str, situation: &str) -> Option<&Row> {
        let is_it = |row: &&Row| row.contract == contract && row.message == message && row.situation == situation;
        self.rows.iter().find(is_it)
    }

    /// The file's text: an object a line, so that a change is a line.
    pub fn text(&self) -> String {
        let mut text = String::from("{\n  \"bundles\": [\n");
        let bundle = |CodeSize { contract, bytes, limit }: &CodeSize| {
            format!("    {{ \"contract\": {}, \"code_bytes\": {bytes}, \"limit\": {limit} }}", quoted(contract))
        };
        text.push_str(&self.bundles.iter().map(bundle).collect::<Vec<_>>().join(",\n"));
        text.push_str("\n  ],\n  \"messages\": [\n");
        let row = |row: &Row| {
            let mut line = String::from("    { \"contract\": ");
            let (contract, message) = (quoted(&row.contract), quoted(&row.message));
            let node = row.node.as_ref().map_or_else(|| "null".to_owned(), object);
            let _ = write!(line, "{contract}, \"message\": {message}, \"situation\": {}", quoted(&row.situation));
            let _ = write!(line, ", \"embedded\": {}, \"node\": {node} }}", object(&row.embedded));
            line
        };
        text.push_str(&self.rows.iter().map(row).collect::<Vec<_>>().join(",\n"));
        text.push_str("\n  ]\n}\n");
        text
    }

    /// What of `measured` does not agree with this table, in words.
    pub fn differences(&self, measured: &Table) -> Vec<String> {
        let mut differences = Vec::new();
        for bundle in &measured.bundles {
            let before = self.bundles.iter().find(|before| before.contract == bundle.contract);
            let before = before.map_or(0, |before| before.bytes as i128);
            compare(&mut differences, &format!("{}: bytes of code", bundle.contract), before, bundle.bytes as i128);
        }
        for Row { contract, message, situation, embedded, node } in &measured.rows {
            let name = format!("{contract}.{message} ({situation})");
            let Some(before) = self.row(contract, message, situation) else {
                differences.push(format!("{name} has no budget"));
                continue;
            };
            let mut each = |what: &str, before: i128, now: i128| {
                compare(&mut differences, &format!("{name}: {what}"), before, now);
            };
            each("ref_time", before.embedded.ref_time.into(), embedded.ref_time.into());
            each("proof_size", before.embedded.proof_size.into(), embedded.proof_size.into());
            each("deposit", before.embedded.deposit, embedded.deposit);
            match (before.node, node) {
                (Some(before), Some(node)) => {
                    each("ref_time on the node", before.ref_time.into(), node.ref_time.into());
                    each("proof_size on the node", before.proof_size.into(), node.proof_size.into());
                    each("deposit on the node", before.deposit, node.deposit);
                }
                (None, _) => differences.push(format!("{name} has no budget on the node")),
                (Some(_), None) => {}
            }
        }
        for Row { contract, message, situation, .. } in &self.rows {
            if measured.row(contract, message, situation).is_none() {
                differences.push(format!("{contract}.{message} ({situation}) is no longer measured"));
            }
        }
        differences
    }
}

/// Sizes of the bundles, with their limits.
pub fn bundles() -> Vec<CodeSize> {
    let bundles = Bundles::embedded().expect("the bundles of this source");
    let size = |kind: ContractKind| CodeSize {
        contract: kind.name().to_owned(),
        bytes: bundles.bundle(kind).code.len(),
        limit: if matches!(kind, ContractKind::Bzky | ContractKind::Time) { TOKEN_LIMIT } else { LIMIT },
    };
    let mut sizes: Vec<CodeSize> = ContractKind::ALL.into_iter().map(size).collect();
    sizes.sort_by(|left, right| left.contract.cmp(&right.contract));
    sizes
}

fn compare(differences: &mut Vec<String>, what: &str, budget: i128, now: i128) {
    if now > budget {
        differences.push(format!("{what}: {now} is above the budget of {budget}"));
    } else if now < budget - budget.abs() / STALE_PART {
        differences.push(format!("{what}: {now} is more than 10 % below the budget of {budget}, which is out of date"));
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn object(figures: &Figures) -> String {
    let Figures { ref_time, proof_size, deposit } = figures;
    format!("{{ \"ref_time\": {ref_time}, \"proof_size\": {proof_size}, \"deposit\": {deposit} }}")
}

fn figures(value: &Value) -> Option<Figures> {
    if value.is_null() {
        return None;
    }
    let deposit = value["deposit"].as_i64().unwrap_or_else(|| panic!("no deposit in {value}")).into();
    Some(Figures { ref_time: number(value, "ref_time"), proof_size: number(value, "proof_size"), deposit })
}

fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_else(|| panic!("no {name} in {value}"))
}

fn text_of(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}
