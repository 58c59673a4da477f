//! What the persona's own rules say of a plan: the receipts of the town, with
//! the attack in them, are measured and judged as those of a network are.
//!
//! The rules see what the chain shows: shop, customer, amount, epoch, and the
//! device's time. That time is data, so the attacker chooses it well: a sale
//! that never was is given some time of an open shop, as honest sales are.
//! Owners are not known, which is the attacker's best case: rules about them
//! are silent. Everybody joined with the first receipt.

use super::{
    chance::Audited,
    plans::Plan,
    scene::{receipt_id, Scene},
    town::Sale as TownSale,
    AttackError,
};
use crate::{
    persona::{features::MAX_WINDOW, rules::find, Facts, Features, Sale, Window},
    scoring::ReceiptId,
};
use bizkey_primitives::{Calendar, Epoch, Side};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};

/// A day.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Shops sell from nine to nine.
const OPEN_MS: std::ops::Range<u64> = 9 * DAY_MS / 24..21 * DAY_MS / 24;
/// Pieces of one sale follow each other at the till within a minute.
const PIECE_APART_MS: u64 = 60 * 1_000;

/// The attacker's receipts of a plan that the honest days do not have: no
/// sale stands behind them, or another one than they say. Orders of nobody
/// known are taken for true: it costs a cent to make one.
pub fn forged(scene: &Scene<'_>, plan: &Plan) -> BTreeSet<ReceiptId> {
    let mut forged = BTreeSet::new();
    let first = scene.first_attacked();
    let is_own = |sale: &&TownSale| sale.merchant == scene.attacker && sale.customer.is_some();
    for (epoch, (honest, sales)) in (first..).zip(scene.honest_days().iter().zip(&plan.days)) {
        let mut true_sales: BTreeMap<TownSale, u64> = BTreeMap::new();
        for sale in honest.iter().filter(is_own) {
            *true_sales.entry(*sale).or_default() += 1;
        }
        for (number, sale) in (0..).zip(sales).filter(|(_, sale)| is_own(sale)) {
            match true_sales.get_mut(sale).filter(|left| **left > 0) {
                Some(left) => *left -= 1,
                None => {
                    forged.insert(receipt_id(sale.merchant, epoch, number));
                }
            }
        }
    }
    forged
}

/// What an audit of the shop draws from, by lot: all its receipts in the days
/// of the attack.
pub fn all(scene: &Scene<'_>, plan: &Plan, forged: &BTreeSet<ReceiptId>) -> Audited {
    let receipts = plan.days.iter().flatten().filter(|sale| sale.merchant == scene.attacker).count() as u64;
    Audited { receipts, forged: forged.len() as u64 }
}

/// The shop's buyers in the days of the attack, those of each day counted
/// anew: by them a lot tells a small shop.
pub fn buyers(scene: &Scene<'_>, days: &[Vec<TownSale>]) -> u64 {
    let of_day = |sales: &Vec<TownSale>| {
        let own = sales.iter().filter(|sale| sale.merchant == scene.attacker);
        own.filter_map(|sale| sale.customer).collect::<BTreeSet<_>>().len() as u64
    };
    days.iter().map(of_day).sum()
}

/// The receipts for which the rules suspect the shop or somebody of its ring,
/// at the end of the days of the attack.
///
/// # Errors
/// [`AttackError::Features`].
pub fn suspected(scene: &Scene<'_>, plan: &Plan, forged: &BTreeSet<ReceiptId>) -> Result<Audited, AttackError> {
    if forged.is_empty() {
        return Ok(Audited::default());
    }
    let first = scene.first_attacked();
    let days = scene.town.days[..first as usize].iter().chain(&plan.days);
    let mut sales = Vec::new();
    for (epoch, day) in (0..).zip(days) {
        sales_of(epoch, day, &mut sales);
    }
    let end = first + u32::try_from(plan.days.len()).unwrap_or(u32::MAX);
    let window = Window { first: end.saturating_sub(MAX_WINDOW), last: end.saturating_sub(1) };
    let mut facts = Facts::new(Calendar { genesis_ms: 0, epoch_ms: DAY_MS });
    for sale in &sales {
        facts.joined.entry(sale.customer).or_insert(sale.epoch);
    }
    sales.retain(|sale| window.contains(sale.epoch));
    let findings = find(&Features::new(sales, window, facts)?);
    let is_of_ring = |suspect: &(Side, u32)| match suspect {
        (Side::Merchant, index) => *index == scene.attacker,
        (Side::Customer, index) => plan.own.contains(index),
    };
    let against = findings.iter().filter(|finding| finding.suspects.iter().any(is_of_ring));
    let evidence: BTreeSet<ReceiptId> = against.flat_map(|finding| finding.receipts.iter().copied()).collect();
    Ok(Audited { receipts: evidence.len() as u64, forged: evidence.intersection(forged).count() as u64 })
}

/// The sales of a day to known customers, with times.
fn sales_of(epoch: Epoch, day: &[TownSale], sales: &mut Vec<Sale>) {
    let mut random = ChaCha8Rng::seed_from_u64(epoch.into());
    let start_ms = u64::from(epoch) * DAY_MS;
    let mut before = None;
    let mut at_ms = start_ms;
    for (number, sale) in (0..).zip(day) {
        let Some(customer) = sale.customer else { continue };
        // What follows at once, at the same till to the same customer, is one basket.
        let is_piece = before == Some((sale.merchant, customer));
        at_ms = if is_piece { at_ms + PIECE_APART_MS } else { start_ms + random.random_range(OPEN_MS) };
        before = Some((sale.merchant, customer));
        let id = receipt_id(sale.merchant, epoch, number);
        sales.push(Sale { id, merchant: sale.merchant, customer, amount: sale.amount, at_ms, epoch });
    }
}
