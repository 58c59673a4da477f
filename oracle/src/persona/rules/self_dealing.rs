//! An owner who is the best customer of the own shop.

use super::{money, slides, Finding, Kind, Measure, Parties};
use crate::persona::features::{Features, Sale};
use bizkey_primitives::{Epoch, Side};
use std::collections::BTreeSet;

/// Two weeks.
pub const EPOCHS: u32 = 14;
/// So many receipts of the owner in two weeks: three in two days. Owners do buy
/// at their own shop, as others do, not at every turn.
pub const RECEIPTS: u64 = 21;
/// In thousandths: so much of what the shop sold to known customers in those
/// two weeks: a fifth.
pub const SHARE: u64 = 200;
/// In thousandths of the other customers' mean receipt: the owner's are no
/// smaller. What an owner takes for lunch is small; what is invented to be
/// paid for is large.
pub const MEAN: u64 = 1_000;

/// Shops that sell to their owners.
pub fn find(features: &Features) -> Vec<Finding> {
    let window = features.window();
    let mut findings = Vec::new();
    for (merchant, owner) in &features.facts().owners {
        let (Some(shop), Some(pair)) = (features.shop(*merchant), features.pair(*merchant, *owner)) else {
            continue;
        };
        if u64::from(pair.receipts()) < RECEIPTS {
            continue;
        }
        let own = features.sales_of(pair);
        let all = features.sales_of_shop(shop);
        let (mut receipts, mut share, mut mean) = (0, 0, 0);
        let mut days: BTreeSet<Epoch> = BTreeSet::new();
        for end in slides(window, EPOCHS) {
            let last = window.first + end;
            let in_time = |sale: &&Sale| sale.epoch <= last && last - sale.epoch < EPOCHS;
            let total = |sales: &[Sale]| sales.iter().filter(in_time).map(|sale| u128::from(sale.amount)).sum::<u128>();
            let now = own.iter().filter(in_time).count() as u64;
            if now < RECEIPTS {
                continue;
            }
            let of_shop = (total(own) * 1_000).checked_div(total(all)).unwrap_or(0);
            // A share: at most 1000.
            let of_shop = u64::try_from(of_shop).unwrap_or(0);
            let others = all.iter().filter(in_time).count() as u64 - now;
            let mean_now = total(own) * 1_000 * u128::from(others);
            let of_mean = mean_now.checked_div((total(all) - total(own)) * u128::from(now)).unwrap_or(u128::from(MEAN));
            let of_mean = u64::try_from(of_mean).unwrap_or(u64::MAX);
            if of_shop >= SHARE && of_mean >= MEAN {
                mean = of_mean.max(mean);
                receipts = now.max(receipts);
                share = of_shop.max(share);
                days.extend(own.iter().filter(in_time).map(|sale| sale.epoch));
            }
        }
        let sales: Vec<Sale> = own.iter().filter(|sale| days.contains(&sale.epoch)).copied().collect();
        let measures = vec![
            Measure {
                name: "receipts of the owner in two weeks",
                value: receipts,
                threshold: RECEIPTS,
                why: "three in two days: owners buy at their own shop, but not at every turn",
            },
            Measure {
                name: "thousandths of the shop's sales in those two weeks",
                value: share,
                threshold: SHARE,
                why: "what an owner's household needs is little beside what a shop sells",
            },
            Measure {
                name: "the owner's mean receipt in thousandths of the other customers'",
                value: mean,
                threshold: MEAN,
                why: "what an owner takes for lunch is small; what is invented to be paid for is large",
            },
        ];
        let spent: u128 = sales.iter().map(|sale| u128::from(sale.amount)).sum();
        let reason = format!(
            "The owner of shop {merchant} is customer {owner}, and has {} receipts of the own shop for {}; in two \
             weeks that was up to {receipts} receipts and {share} per mille of what the shop sold.",
            sales.len(),
            money(spent),
        );
        let (merchants, customers) = (BTreeSet::from([*merchant]), BTreeSet::from([*owner]));
        let parties = Parties { merchants, customers, suspected: &Side::ALL };
        findings.extend(Finding::new(features, Kind::SelfDealing, parties, measures, reason, &sales));
    }
    findings
}
