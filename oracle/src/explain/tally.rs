//! A shop's receipts added up by the letter of the algorithm.

use super::trail::{Buyer, Fate, Judged, TrailEpoch};
use crate::scoring::Algorithm;
use bizkey_indexer::scores::rules::{buyers_of, clamped, orders_of, BuyerKind};
use bizkey_primitives::{bizpower::Counts, membership::Clamp, receipt::Channel, CustomerIndex, MerchantIndex};
use std::collections::BTreeMap;

/// How a shop's receipts are added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// Between what a buyer's total counts, under `bizpower-2`.
    pub clamp: Option<Clamp>,
}

/// What one buyer of a channel spent at the shop, under `bizpower-2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// The customer.
    pub customer: CustomerIndex,
    /// The channel.
    pub channel: Channel,
    /// With tickets, minor units.
    pub total: u128,
    /// What counts of it, minor units.
    pub counted: u128,
}

/// A merchant's receipts added up, before and after what later voids take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Of the epoch's own receipts.
    pub own: Counts,
    /// With the voids of earlier receipts taken off.
    pub left: Counts,
    /// The buyers' totals; none under `bizpower-1`, which adds up receipts.
    pub totals: Vec<Total>,
}

/// Adds a merchant's receipts up by the letter of the algorithm.
#[must_use]
pub fn tally(epoch: &TrailEpoch, merchant: MerchantIndex, rules: Rules) -> Tally {
    let is_second = rules.algorithm == Algorithm::Bizpower2;
    let mut own = Counts::default();
    let mut totals = BTreeMap::new();
    for Judged { receipt, fate } in epoch.receipts.iter().filter(|judged| judged.receipt.merchant == merchant) {
        let Fate::Counted { buyer, .. } = fate else { continue };
        if !is_second {
            let (orders, sales) = orders_of(&mut own, receipt.channel);
            *orders = orders.saturating_add(1);
            *sales = sales.saturating_add(receipt.amount.into());
        }
        if let (Some(customer), false) = (receipt.customer, matches!(buyer, Buyer::NoTicket)) {
            let total: &mut u128 = totals.entry((receipt.channel, customer)).or_default();
            *total = total.saturating_add(receipt.amount.into());
        }
        let kind = match buyer {
            Buyer::First => BuyerKind::First,
            Buyer::Repeat(_) => BuyerKind::Repeat,
            Buyer::Outside => BuyerKind::Outside,
            Buyer::Already | Buyer::Unknown | Buyer::NoTicket => continue,
        };
        let buyers = buyers_of(&mut own, kind);
        *buyers = buyers.saturating_add(1);
    }
    let total = |((channel, customer), total): ((Channel, CustomerIndex), u128)| Total {
        customer,
        channel,
        total,
        counted: clamped(total, rules.clamp),
    };
    let totals: Vec<Total> = if is_second { totals.into_iter().map(total).collect() } else { Vec::new() };
    for total in &totals {
        let sales = orders_of(&mut own, total.channel).1;
        *sales = sales.saturating_add(total.counted);
    }
    let mut left = own;
    for void in epoch.later_voids.iter().filter(|void| void.receipt.merchant == merchant) {
        if !is_second {
            let orders = orders_of(&mut left, void.receipt.channel).0;
            *orders = orders.saturating_sub(1);
        }
        if let Some(kind) = void.buyer.filter(|_| !is_second || void.sales > 0) {
            let buyers = buyers_of(&mut left, kind);
            *buyers = buyers.saturating_sub(1);
        }
    }
    if is_second {
        for counts in [&mut own, &mut left] {
            counts.pl = counts.um.saturating_add(counts.un);
            counts.uom = counts.uo;
        }
    }
    Tally { own, left, totals }
}
