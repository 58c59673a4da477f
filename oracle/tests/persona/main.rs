//! Persona: what is measured, what the rules find and leave alone, what
//! providers say, and what is proposed.
#![allow(clippy::expect_used, clippy::unwrap_used)]

#[path = "../town/mod.rs"]
mod chain_town;
mod evaluation;
mod features;
mod lake;
mod observe;
mod proposals;
mod provider;
mod record;
mod rules;
mod server;
mod town;

use bizkey_oracle::persona::{find, Facts, Features, Finding, Kind, Sale, Window};
use town::{sale, CALENDAR, DAYS};

fn whole() -> Window {
    Window { first: 0, last: DAYS - 1 }
}

/// Facts of a town in which everybody joins with the first receipt.
fn facts(sales: &[Sale]) -> Facts {
    let mut facts = Facts::new(CALENDAR);
    for sale in sales {
        let joined = facts.joined.entry(sale.customer).or_insert(sale.epoch);
        *joined = sale.epoch.min(*joined);
    }
    facts
}

fn findings(sales: Vec<Sale>, facts: Facts) -> Vec<Finding> {
    find(&Features::new(sales, whole(), facts).unwrap())
}

fn of(kind: Kind, findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.kind == kind).collect()
}

/// `town` with more receipts, which are numbered after its own.
fn with(mut town: Vec<Sale>, more: impl IntoIterator<Item = (u32, u32, u64, u32, u64)>) -> Vec<Sale> {
    for (merchant, customer, amount, day, minute) in more {
        let number = town.len() as u64;
        town.push(sale(number, merchant, customer, amount, day, minute));
    }
    town
}

#[test]
fn scoring_knows_nothing_of_persona() {
    // Never a silent exclusion: what decides rewards must not even read a suspicion.
    for folder in ["scoring", "report", "chain", "committee", "verify", "proofs", "lake", "source"] {
        let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder of the oracle") {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let text = std::fs::read_to_string(&path).unwrap();
                    assert!(!text.contains("persona"), "{} reads suspicions", path.display());
                }
            }
        }
    }
}
