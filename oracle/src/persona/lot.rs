//! Which shops are audited: drawn by lot, so that nobody can see it coming.
//!
//! The rules of this folder miss whoever behaves as honest people do. Against
//! those stands an audit, which compares receipts with the till, the stock and
//! the payments; and since not everybody can be audited, a lot. Everybody draws
//! the same one, from what stands on chain:
//!
//! - The **seed** is Blake2b-256 of the chain's genesis hash, the last audited
//!   epoch (4 bytes, little endian) and the hash of the first final block of
//!   the epoch [`SEED_AFTER`] epochs later, or of the first one after it.
//! - A **shop** with a receipt in the audited epochs is drawn when the first 8
//!   bytes, little endian, of Blake2b-256 of seed and index (4 bytes, little
//!   endian) are below rate · 2^64 / 100. A higher rate draws the same shops and more.
//! - Of a drawn shop's **receipts** those are looked at whose Blake2b-256 of
//!   seed, shop, device, batch (8 bytes) and position (2 bytes), all little
//!   endian, are the lowest.
//!
//! Small shops have the higher rate: they lose less when they are found, and a
//! forged buyer weighs more beside few true ones, so that it takes more to keep
//! them from it. [`crate::simulation::defaults`] argues both rates.
//!
//! **Beforehand** nobody knows the seed: the epochs that are audited are over,
//! and a whole one lies between, when its block is made. Whoever trades cannot
//! trade by the lot, and what was recorded cannot be changed to suit it.
//!
//! **Whoever makes that block** can bias it: it can try one block after the
//! other, with other transactions in another order, until it likes the hash. A
//! shop at a rate of 30 % then escapes in seven tries of ten, and k of them in
//! one of (10/7)^k tries; at 70 % in one of (10/3)^k. With a million tries, as
//! many as an author may make in its turn, that is 39 shops of the one kind or
//! 11 of the other, whatever the network's size: it can only choose among blocks
//! that it makes itself. So it can spare a few friends, not a network, and only
//! while the turn is its own. Authors take turns: one of n can do it in about
//! one month of n, and a friend who goes on cheating is in the next month's lot,
//! which somebody else draws. Others are drawn as before, and nothing can be
//! chosen once the block is final. Where authors are few, draw a second lot that
//! ends in another epoch: sparing somebody from both takes both authors.
//!
//! **Whoever orders the audit** chooses the range of epochs, and with it the
//! seed: it must be named before its seed's block is made, for instance once
//! for all as every calendar month.

use super::{features::Window, Sale};
use crate::scoring::ReceiptId;
use bizkey_primitives::{calendar::EPOCHS_PER_MONTH, hash::blake2x256, Epoch, Hash, MerchantIndex, Stamp};
use std::collections::BTreeSet;

/// So many epochs after the last audited one begins the block that the seed
/// is made of: a whole epoch lies between.
pub const SEED_AFTER: u32 = 2;
/// Percent of shops that are drawn for a month.
pub const PERCENT: u8 = 30;
/// Percent of small shops that are.
pub const PERCENT_SMALL: u8 = 70;
/// Shops with fewer buyers a day are small.
pub const SMALL_BUYERS: u32 = 5;
/// Receipts of a shop that an audit looks at.
pub const RECEIPTS: u32 = 50;
/// Epochs that are audited at a time.
pub const EPOCHS: u32 = EPOCHS_PER_MONTH;

/// What a lot is drawn by.
pub type Seed = [u8; 32];

/// How many are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Percent of shops, 0 to 100; more counts as 100.
    pub percent: u8,
    /// Percent of small shops, likewise.
    pub percent_small: u8,
    /// A shop with fewer buyers a day, on average, is small.
    pub small_buyers: u32,
    /// Receipts of each drawn shop; of one that has fewer, all.
    pub receipts: u32,
}

impl Default for Rates {
    fn default() -> Self {
        let (percent, percent_small, small_buyers, receipts) = (PERCENT, PERCENT_SMALL, SMALL_BUYERS, RECEIPTS);
        Self { percent, percent_small, small_buyers, receipts }
    }
}

/// A shop in the lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The shop.
    pub merchant: MerchantIndex,
    /// Its receipts in the audited epochs.
    pub receipts: u64,
    /// Its buyers, those of each epoch counted anew.
    pub buyers: u64,
    /// At what rate it was drawn.
    pub percent: u8,
    /// The receipts to look at, in the order in which they were drawn; `None`
    /// for a shop that was not drawn.
    pub drawn: Option<Vec<ReceiptId>>,
}

/// The last epoch for which a lot can be drawn when the last final block is
/// stamped `now`; `None` while there is none.
#[must_use]
pub fn last_ready(now: Stamp) -> Option<Epoch> {
    // An epoch's stamp is one more than the epoch.
    now.checked_sub(SEED_AFTER)?.checked_sub(1)
}

/// The audited epochs: `epochs` of them up to `last`, or as many as there are.
#[must_use]
pub fn audited(last: Epoch, epochs: u32) -> Window {
    Window { first: last.saturating_sub(epochs.saturating_sub(1)), last }
}

/// The seed of the lot for epochs up to `last`; `block` is the hash of the
/// first final block of epoch `last` + [`SEED_AFTER`] or of a later one.
#[must_use]
pub fn seed(genesis: &Hash, last: Epoch, block: &[u8; 32]) -> Seed {
    blake2x256(&[AsRef::<[u8]>::as_ref(genesis), &last.to_le_bytes(), block].concat())
}

/// Whether a shop is drawn at a rate.
#[must_use]
pub fn is_drawn(seed: &Seed, merchant: MerchantIndex, percent: u8) -> bool {
    let hash = blake2x256(&[&seed[..], &merchant.to_le_bytes()].concat());
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    // Both sides stay below 2^71.
    u128::from(u64::from_le_bytes(first)) * 100 < u128::from(percent) << 64
}

/// Draws among the shops with receipts in the window; ascending by shop.
/// Receipts outside it are left aside.
#[must_use]
pub fn draw(seed: &Seed, mut sales: Vec<Sale>, window: Window, rates: &Rates) -> Vec<Entry> {
    sales.retain(|sale| window.contains(sale.epoch));
    sales.sort_unstable_by_key(|sale| (sale.merchant, sale.epoch, sale.customer, sale.id));
    let by_shop = sales.chunk_by(|left, right| left.merchant == right.merchant);
    by_shop.map(|sales| entry(seed, sales, window, rates)).collect()
}

/// The entry of the shop whose sales these are, sorted by epoch and customer.
fn entry(seed: &Seed, sales: &[Sale], window: Window, rates: &Rates) -> Entry {
    let merchant = sales[0].merchant;
    let buyer = |sale: &Sale| (sale.epoch, sale.customer);
    let buyers = sales.chunk_by(|left, right| buyer(left) == buyer(right)).count() as u64;
    let epochs = u64::from(window.last.saturating_sub(window.first)) + 1;
    // Two numbers of 32 bits, one more than the largest at most: their product fits.
    let is_small = buyers < u64::from(rates.small_buyers) * epochs;
    let percent = if is_small { rates.percent_small } else { rates.percent };
    let drawn = is_drawn(seed, merchant, percent).then(|| receipts(seed, merchant, sales, rates.receipts));
    Entry { merchant, receipts: sales.len() as u64, buyers, percent, drawn }
}

/// The receipts to look at: no more than `most` are held at a time.
fn receipts(seed: &Seed, merchant: MerchantIndex, sales: &[Sale], most: u32) -> Vec<ReceiptId> {
    let mut lowest = BTreeSet::new();
    for ReceiptId { device, seq, index } in sales.iter().map(|sale| sale.id) {
        let id = [&device.to_le_bytes()[..], &seq.to_le_bytes(), &index.to_le_bytes()].concat();
        let hash = blake2x256(&[&seed[..], &merchant.to_le_bytes(), &id].concat());
        lowest.insert((hash, ReceiptId { device, seq, index }));
        if lowest.len() > most as usize {
            lowest.pop_last();
        }
    }
    lowest.into_iter().map(|(_, id)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const SEED: Seed = [7; 32];
    const WINDOW: Window = Window { first: 10, last: 19 };

    fn sale(merchant: u32, customer: u32, epoch: u32, seq: u64) -> Sale {
        let id = ReceiptId { device: merchant + 1_000, seq, index: 0 };
        Sale { id, merchant, customer, amount: 100, at_ms: 0, epoch }
    }

    /// 200 shops; those above 100 have ten buyers a day, the others two.
    fn sales() -> Vec<Sale> {
        let mut sales = Vec::new();
        for merchant in 1..=200 {
            for epoch in 8..=21 {
                for customer in 1..=if merchant > 100 { 10 } else { 2 } {
                    sales.push(sale(merchant, customer, epoch, sales.len() as u64));
                }
            }
        }
        sales
    }

    fn rates(percent: u8, percent_small: u8) -> Rates {
        Rates { percent, percent_small, ..Rates::default() }
    }

    fn drawn(entries: &[Entry]) -> BTreeSet<u32> {
        entries.iter().filter(|entry| entry.drawn.is_some()).map(|entry| entry.merchant).collect()
    }

    /// The simulation says that attacks do not pay under these.
    #[test]
    fn the_rates_are_those_that_attacks_are_played_with() {
        let played = crate::simulation::AttackParameters::default();
        let of = |rates: Rates| {
            [rates.percent.into(), rates.percent_small.into(), rates.small_buyers.into(), u64::from(rates.receipts)]
        };
        assert_eq!(
            of(Rates::default()),
            [
                played.audited_percent_month,
                played.audited_percent_month_small,
                played.small_shop_buyers_day,
                played.audited_receipts
            ]
        );
        assert_eq!(u64::from(EPOCHS), played.attack_days);
    }

    #[test]
    fn at_rate_0_nobody_is_drawn_and_at_100_everybody() {
        let entries = draw(&SEED, sales(), WINDOW, &rates(0, 0));
        assert_eq!((entries.len(), drawn(&entries).len()), (200, 0));
        assert_eq!(drawn(&draw(&SEED, sales(), WINDOW, &rates(100, 100))).len(), 200);
        assert!(is_drawn(&SEED, 1, 101), "more than all is all");
        // Each kind has its own rate.
        let small = drawn(&draw(&SEED, sales(), WINDOW, &rates(0, 100)));
        assert_eq!(small, (1..=100).collect());
    }

    #[test]
    fn the_same_seed_draws_the_same_whatever_the_order_and_another_seed_others() {
        let mut turned = sales();
        turned.reverse();
        let of = |seed: Seed, sales| draw(&seed, sales, WINDOW, &Rates::default());
        assert_eq!(of(SEED, sales()), of(SEED, turned));
        assert_ne!(drawn(&of(SEED, sales())), drawn(&of([8; 32], sales())));
        let of = |genesis: u8, last, block: u8| seed(&Hash::from([genesis; 32]), last, &[block; 32]);
        assert_eq!(of(1, 2, 3), of(1, 2, 3));
        for other in [of(2, 2, 3), of(1, 3, 3), of(1, 2, 4)] {
            assert_ne!(of(1, 2, 3), other);
        }
    }

    #[test]
    fn a_higher_rate_draws_the_same_shops_and_more_and_about_its_share_of_10000() {
        let at = |percent| (1..=10_000).filter(|shop| is_drawn(&SEED, *shop, percent)).collect::<BTreeSet<u32>>();
        let mut before = BTreeSet::new();
        for percent in (0..=100).step_by(10) {
            let now = at(percent);
            assert!(before.is_subset(&now), "{percent}");
            // Four times the standard deviation, which is at most 50.
            assert!(now.len().abs_diff(usize::from(percent) * 100) <= 200, "{percent}: {}", now.len());
            before = now;
        }
    }

    #[test]
    fn receipts_are_of_the_shop_and_the_epochs_each_once_and_more_of_them_hold_the_fewer() {
        let all = sales();
        let known: BTreeMap<ReceiptId, Sale> = all.iter().map(|sale| (sale.id, *sale)).collect();
        let of = |most| draw(&SEED, all.clone(), WINDOW, &Rates { receipts: most, ..rates(100, 100) });
        for (few, many) in of(15).iter().zip(of(1_000)) {
            let (chosen, whole) = (few.drawn.clone().unwrap_or_default(), many.drawn.unwrap_or_default());
            let distinct: BTreeSet<ReceiptId> = chosen.iter().copied().collect();
            assert_eq!((chosen.len(), distinct.len()), (15, 15));
            assert_eq!(whole[..15], chosen, "the first that were drawn");
            assert_eq!(whole.len() as u64, many.receipts, "of a shop with fewer, all");
            for id in &whole {
                assert!(known[id].merchant == few.merchant && WINDOW.contains(known[id].epoch), "{id:?}");
            }
        }
        assert!(of(0).iter().all(|entry| entry.drawn == Some(Vec::new())));
    }

    #[test]
    fn a_buyer_counts_once_a_day_and_a_shop_is_small_below_the_average() {
        // Customer 1 comes twice on day 10; three buyers of ten days.
        let few = [sale(5, 1, 10, 0), sale(5, 1, 10, 1), sale(5, 2, 10, 2), sale(5, 1, 11, 3)];
        let at = |small_buyers, window| draw(&SEED, few.to_vec(), window, &Rates { small_buyers, ..Rates::default() });
        let entry = &at(1, WINDOW)[0];
        assert_eq!((entry.merchant, entry.receipts, entry.buyers, entry.percent), (5, 4, 3, PERCENT_SMALL));
        // Two days: 1.5 a day.
        let two_days = Window { first: 10, last: 11 };
        assert_eq!(at(1, two_days)[0].percent, PERCENT);
        assert_eq!(at(2, two_days)[0].percent, PERCENT_SMALL);
        // One day: exactly 2 are not fewer than 2.
        assert_eq!(at(2, Window { first: 10, last: 10 })[0].percent, PERCENT);
    }

    #[test]
    fn a_lot_is_ready_when_a_whole_epoch_lies_between_and_looks_back_as_far_as_it_can() {
        // Epoch 0 has the stamp 1; its lot is drawn by a block of epoch 2.
        let ready: Vec<_> = (0..6).map(last_ready).collect();
        assert_eq!(ready, [None, None, None, Some(0), Some(1), Some(2)]);
        assert_eq!(audited(2, 30), Window { first: 0, last: 2 });
        assert_eq!(audited(59, 30), Window { first: 30, last: 59 });
        assert_eq!(audited(7, 1), Window { first: 7, last: 7 });
    }
}
