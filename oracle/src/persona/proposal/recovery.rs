//! What a party got for receipts that are suspected (whitepaper 3.5, step 3:
//! "rewards of both sides are taken back").

use crate::persona::{features::Features, observe::Known, rules::Finding, Sale};
use crate::scoring::ReceiptId;
use bizkey_primitives::{wide::mul_div, Balance, Epoch, Side};
use std::collections::{BTreeMap, BTreeSet};

/// What is to be taken back, and what is still to come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Smallest unit of Bzky or Time: of what the party was paid for each epoch,
    /// the share that the suspected receipts have in its receipts, floored. For
    /// customers it is the share of the amounts, as Time is earned; for shops
    /// that of the number, since BizPower counts buyers more than sales.
    pub amount: Balance,
    /// Epochs of suspected receipts for which nothing was paid yet, ascending:
    /// a claim may follow.
    pub unpaid: Vec<Epoch>,
}

impl Recovery {
    /// What findings say that is open: of epochs after the last decision.
    pub(super) fn of((side, index): (Side, u32), findings: &[&Finding], known: &Known, features: &Features) -> Self {
        let suspected: BTreeSet<ReceiptId> =
            findings.iter().flat_map(|finding| finding.receipts.iter().copied()).collect();
        // Of each epoch: what is suspected, and all.
        let mut epochs: BTreeMap<Epoch, (u128, u128)> = BTreeMap::new();
        let mut add = |sale: &Sale| {
            let weight = match side {
                Side::Merchant => 1,
                Side::Customer => u128::from(sale.amount),
            };
            let (bad, all) = epochs.entry(sale.epoch).or_default();
            // Of fewer than 2^32 receipts, each below 2^64.
            *all += weight;
            *bad += if suspected.contains(&sale.id) { weight } else { 0 };
        };
        match side {
            Side::Merchant => {
                features.shop(index).into_iter().flat_map(|shop| features.sales_of_shop(shop)).for_each(&mut add)
            }
            Side::Customer => {
                features.pairs_of_customer(index).flat_map(|pair| features.sales_of(pair)).for_each(&mut add)
            }
        }
        let mut recovery = Self::default();
        for (epoch, (bad, all)) in
            epochs.into_iter().filter(|(epoch, (bad, _))| *bad > 0 && known.bearing.is_open(*epoch))
        {
            match known.paid.get(&epoch).filter(|paid| **paid > 0) {
                // A share of what was paid: it fits.
                Some(paid) => recovery.amount = recovery.amount.saturating_add(mul_div(*paid, bad, all).unwrap_or(0)),
                None => recovery.unpaid.push(epoch),
            }
        }
        recovery
    }
}
