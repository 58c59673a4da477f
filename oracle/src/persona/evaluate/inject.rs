//! Fraud among honest receipts.
//!
//! | kind | what the cheat does |
//! |---|---|
//! | collusion | a shop with a receipt a week or more wins 3 to 10 people, a third of them its own customers, the rest of the town; for two to four weeks each of them lets a sale be recorded on a day with a chance of 50 to 95 %, beginning within three days of each other |
//! | splitting | a shop with a basket a day or more rings up, for two to six weeks, its baskets from its median up in 2 to 6 pieces (the higher of two draws, for each piece is an order more), each basket with a chance of 30 to 80 %, 20 to 180 seconds apart; the pieces sum to the real basket, cut at random |
//! | circular | two to four owners buy at each other's in a ring for two to four weeks, on a day with a chance of 50 to 90 %, each for the money that it got, give or take a tenth; real owners, who go on with their real purchases |
//! | sybil | 6 to 20 made-up customers, registered over 5 to 14 days, buy once to three times at one shop within two weeks |
//! | burst | on one to three evenings a shop records 6 to 20 sales to customers of its own in the last 10 to 25 minutes of the day |
//! | self-dealing | for two to four weeks an owner buys at the own shop, one to four times a day, for amounts of the upper half |
//!
//! Amounts and times of the day are drawn from the cheating shop's own honest
//! receipts; only what is split and what goes round is of other amounts. The
//! limits above are not those of the rules: some rings are too small, some
//! baskets cut in too few pieces, some members too lazy to be found.

use super::schemes::{Draw, Shops};
use crate::persona::{features::Sale, rules::Kind};
use crate::scoring::ReceiptId;
use bizkey_primitives::{Calendar, CustomerIndex, Epoch, MerchantIndex};
use std::collections::{BTreeMap, BTreeSet};

/// A scheme that was put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// What it is.
    pub kind: Kind,
    /// Its receipts.
    pub receipts: Vec<ReceiptId>,
}

/// Honest receipts with fraud among them.
#[derive(Clone, Debug)]
pub struct Injected {
    /// All receipts; those that a shop split are replaced by their pieces.
    pub sales: Vec<Sale>,
    /// Who owns which shop.
    pub owners: BTreeMap<MerchantIndex, CustomerIndex>,
    /// What was put in.
    pub schemes: Vec<Scheme>,
}

/// An owner for each shop, by lot: one in two is a customer of the own shop,
/// the others are anybody.
pub(super) fn owners(honest: &[Sale], draw: &mut Draw) -> BTreeMap<MerchantIndex, CustomerIndex> {
    let mut by_shop: BTreeMap<MerchantIndex, BTreeSet<CustomerIndex>> = BTreeMap::new();
    for sale in honest {
        by_shop.entry(sale.merchant).or_default().insert(sale.customer);
    }
    let customers: Vec<CustomerIndex> =
        honest.iter().map(|sale| sale.customer).collect::<BTreeSet<_>>().into_iter().collect();
    let mut of = |own: BTreeSet<CustomerIndex>| {
        let own: Vec<CustomerIndex> = own.into_iter().collect();
        if draw.chance(50) {
            draw.of(&own)
        } else {
            draw.of(&customers)
        }
    };
    by_shop.into_iter().filter_map(|(merchant, own)| Some((merchant, of(own)?))).collect()
}

/// Puts so many receipts in a thousand of fraud into the epochs `counted`,
/// both ends included. The kind of each scheme is drawn by lot, all alike. No
/// scheme is cut short: the last one is played if it fits better than none.
#[must_use]
pub fn inject(
    honest: &[Sale],
    counted: (Epoch, Epoch),
    calendar: &Calendar,
    fraud_per_mille: u32,
    seed: u64,
) -> Injected {
    let mut draw = Draw::new(seed);
    let owners = owners(honest, &mut draw);
    let in_time = honest.iter().filter(|sale| (counted.0..=counted.1).contains(&sale.epoch)).count() as u64;
    let shops = Shops::new(honest, counted, *calendar, &owners);
    let mut injected = Injected { sales: honest.to_vec(), owners: owners.clone(), schemes: Vec::new() };
    let mut next_seq = 0;
    let mut busy = BTreeSet::new();
    let mut replaced = BTreeSet::new();
    let budget = in_time * u64::from(fraud_per_mille) / 1_000;
    let mut spent = 0;
    // A town too small for one more scheme is left as it is after some tries.
    for _ in 0..1_000 {
        let Some(kind) = draw.of(&Kind::ALL).filter(|_| spent < budget) else {
            break;
        };
        let Some(played) = shops.play(kind, &mut draw, &mut busy) else {
            continue;
        };
        let size = played.sales.len() as u64;
        if spent + size / 2 > budget {
            break;
        }
        spent += size;
        replaced.extend(played.replaces);
        let mut receipts = Vec::with_capacity(played.sales.len());
        for mut sale in played.sales {
            // A device of its own, so that no id is that of an honest receipt.
            sale.id = ReceiptId { device: u32::MAX, seq: next_seq, index: 0 };
            next_seq += 1;
            receipts.push(sale.id);
            injected.sales.push(sale);
        }
        injected.schemes.push(Scheme { kind, receipts });
    }
    injected.sales.retain(|sale| !replaced.contains(&sale.id));
    injected
}
