//! The rules of one part of merchants (architecture.md, BizPower, exactly),
//! over rows that fit the cache. [`crate::scoring::Engine`] says the same row
//! by row.

use super::{
    exchange::{Part, PARTS},
    figures::{Figures, Tallied, CASH, SALES},
    merchants::TallyRules,
    state::{PartCarry, PartHistory, Spent},
    voids::LaterVoid,
};
use crate::scoring::Algorithm;
use bizkey_indexer::scores::rules::clamped;
use bizkey_primitives::{CustomerIndex, MerchantIndex};
use std::hash::{BuildHasher as _, RandomState};

/// A receipt in flight.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReceiptRow {
    /// Its number, which ascends in chain order.
    pub(super) id: u64,
    /// Minor units; 0 for a receipt that is not valid.
    pub(super) amount: u64,
    pub(super) reference: [u64; 2],
    pub(super) merchant: MerchantIndex,
    /// 0 for an unknown one: no index is 0.
    pub(super) customer: CustomerIndex,
}

/// Where the flags stand in an amount, which is below 2^48.
const OUTSIDE: u64 = 1 << 62;
const PAID_IN_CASH: u64 = 1 << 61;
const AMOUNT: u64 = (1 << 48) - 1;

impl ReceiptRow {
    /// An amount with what else a row says in it.
    #[inline]
    pub(super) fn amount_with(amount: u64, outside: bool, cash: bool) -> u64 {
        amount | (u64::from(outside) << 62) | (u64::from(cash) << 61)
    }

    #[inline]
    fn amount(&self) -> u64 {
        self.amount & AMOUNT
    }

    #[inline]
    fn is_valid(&self) -> bool {
        self.amount() != 0
    }

    #[inline]
    fn is_outside(&self) -> bool {
        self.amount & OUTSIDE != 0
    }

    #[inline]
    fn is_cash(&self) -> bool {
        self.amount & PAID_IN_CASH != 0
    }
}

/// The part that a merchant's rows go to. Indices are given in order, so their
/// lowest bits spread them evenly, and what is left of them is dense.
#[inline]
pub(super) fn part_of(merchant: MerchantIndex) -> usize {
    merchant as usize % PARTS
}

/// What a part comes to.
#[derive(Debug, Default)]
pub(super) struct PartTally {
    pub(super) figures: Figures,
    pub(super) carry: PartCarry,
}

/// Tallies parts, one after the other, with memory that it keeps.
#[derive(Debug, Default)]
pub(super) struct Tally {
    rows: Vec<ReceiptRow>,
    places: Vec<u32>,
    keys: Vec<u64>,
    is_ticketed: Vec<bool>,
    references: References,
}

impl Tally {
    /// Tallies a part; `voids` are those of its merchants, in their order.
    pub(super) fn part(
        &mut self,
        part: &Part<ReceiptRow>,
        voids: &[LaterVoid],
        history: &PartHistory,
        rules: &TallyRules,
    ) -> PartTally {
        self.group(part);
        let mut made = PartTally { figures: Figures::with_capacity(self.rows.len()), ..PartTally::default() };
        let rows = std::mem::take(&mut self.rows);
        let (mut voids, mut spent, mut bought) = (voids, history.spent.as_slice(), history.bought.as_slice());
        for receipts in rows.chunk_by(|one, other| one.merchant == other.merchant) {
            let Some(merchant) = receipts.first().map(|receipt| receipt.merchant) else { continue };
            let known = Known {
                merchant,
                spent: run(&mut spent, merchant, |spent| spent.merchant),
                bought: run(&mut bought, merchant, |(pair, _)| (pair >> 32) as u32),
                voids: run(&mut voids, merchant, |void| void.merchant),
            };
            self.merchant(receipts, &known, rules, &mut made);
        }
        self.rows = rows;
        made
    }

    /// Brings a part's rows into the order of their merchants.
    fn group(&mut self, part: &Part<ReceiptRow>) {
        let slices = || part.iter().flat_map(|chunks| chunks.iter());
        let count = slices().map(<[_]>::len).sum::<usize>();
        let place = |row: &ReceiptRow| row.merchant as usize / PARTS;
        let places = slices().flatten().map(place).max().map_or(0, |last| last + 1);
        self.rows.clear();
        if places > 4 * count + PARTS || u32::try_from(count).is_err() {
            // Indices with wide gaps; the registry gives none.
            self.rows.extend(slices().flatten());
            self.rows.sort_by_key(|row| row.merchant);
            return;
        }
        self.places.clear();
        self.places.resize(places, 0);
        for row in slices().flatten() {
            self.places[place(row)] += 1;
        }
        let mut next = 0;
        for first in &mut self.places {
            next += std::mem::replace(first, next);
        }
        self.rows.resize(count, ReceiptRow::default());
        for row in slices().flatten() {
            let at = &mut self.places[place(row)];
            self.rows[*at as usize] = *row;
            *at += 1;
        }
    }

    fn merchant(&mut self, receipts: &[ReceiptRow], known: &Known<'_>, rules: &TallyRules, made: &mut PartTally) {
        let merchant = known.merchant;
        let mut tallied = Tallied::default();
        if rules.merchants.is_rewarded(merchant) {
            self.mark_ticketed(receipts, known, &mut made.carry);
            self.add(receipts, rules.algorithm, &mut tallied, &mut made.figures);
            self.add_buyers(receipts, known, rules, &mut tallied, &mut made.carry);
        } else {
            tallied.invalid = receipts.len() as u64;
            made.carry.stopped.push(merchant);
        }
        if tallied.receipts > 0 {
            take_off(rules.algorithm, known, &mut tallied);
        }
        made.figures.push_merchant(merchant, &tallied);
    }

    /// Which receipts are ticketed: the first of each reference.
    fn mark_ticketed(&mut self, receipts: &[ReceiptRow], known: &Known<'_>, carry: &mut PartCarry) {
        self.is_ticketed.clear();
        self.is_ticketed.resize(receipts.len(), false);
        let (spent, own) = (known.spent, receipts.len());
        // Places from `own` on are those of earlier epochs.
        let at = |place: usize| match place.checked_sub(own) {
            None => receipts.get(place).map(|row| row.reference),
            Some(earlier) => spent.get(earlier).map(|spent| spent.reference),
        };
        self.references.clear(own + spent.len());
        for (place, earlier) in (own..).zip(spent) {
            // Once is enough.
            let _ = self.references.insert(earlier.reference, place, |other| at(other) == Some(earlier.reference));
        }
        for (place, row) in receipts.iter().enumerate() {
            if !row.is_valid() || row.customer == 0 || row.reference == [0; 2] {
                continue;
            }
            match self.references.insert(row.reference, place, |other| at(other) == Some(row.reference)) {
                None => self.is_ticketed[place] = true,
                Some(other) if other >= own || receipts[other].id < row.id => carry.repeats.push(row.id),
                Some(other) => {
                    // Rows of several threads come in any order.
                    self.references.replace(row.reference, other, place);
                    self.is_ticketed[other] = false;
                    self.is_ticketed[place] = true;
                    carry.repeats.push(receipts[other].id);
                }
            }
        }
        let ticketed = receipts.iter().zip(&self.is_ticketed).filter(|(_, is_ticketed)| **is_ticketed);
        carry.references.extend(ticketed.map(|(row, _)| Spent { merchant: known.merchant, reference: row.reference }));
    }

    /// Orders, their sums, and what each customer's sales grow by.
    fn add(&self, receipts: &[ReceiptRow], algorithm: Algorithm, tallied: &mut Tallied, figures: &mut Figures) {
        let mut orders = [(0u64, 0u128); 2];
        for (row, is_ticketed) in receipts.iter().zip(&self.is_ticketed) {
            if !row.is_valid() {
                tallied.invalid += 1;
                continue;
            }
            // Amounts are below 2^48 and receipts fewer than 2^64: no sum passes u128.
            let (count, sum) = &mut orders[usize::from(row.is_outside())];
            *count += 1;
            *sum += u128::from(row.amount());
            if row.customer != 0 {
                let sales = if *is_ticketed { row.amount() } else { 0 };
                figures.push(row.customer, if row.is_cash() { CASH } else { SALES }, sales);
            }
        }
        let [(pl, pm), (uom, uon)] = orders;
        tallied.receipts = pl + uom;
        if algorithm == Algorithm::Bizpower1 {
            (tallied.counts.pl, tallied.counts.pm) = (pl, pm);
            (tallied.counts.uom, tallied.counts.uon) = (uom, uon);
        }
    }

    /// Distinct customers by channel, and under `bizpower-2` their clamped totals.
    fn add_buyers(
        &mut self,
        receipts: &[ReceiptRow],
        known: &Known<'_>,
        rules: &TallyRules,
        tallied: &mut Tallied,
        carry: &mut PartCarry,
    ) {
        let totals = rules.algorithm == Algorithm::Bizpower2;
        self.keys.clear();
        for (place, (row, is_ticketed)) in receipts.iter().zip(&self.is_ticketed).enumerate() {
            let makes_buyer = if totals { *is_ticketed } else { row.is_valid() };
            if makes_buyer && row.customer != 0 {
                // A part has fewer than 2^31 rows, which the operator has checked.
                let place = place as u64;
                self.keys.push(u64::from(row.customer) << 32 | u64::from(row.is_outside()) << 31 | place);
            }
        }
        self.keys.sort_unstable();
        let clamp = if totals { rules.clamp(known.merchant) } else { None };
        let mut bought = known.bought;
        for rows in self.keys.chunk_by(|one, other| one >> 32 == other >> 32) {
            let Some(customer) = rows.first().map(|key| (key >> 32) as u32) else { continue };
            let pair = pair(known.merchant, customer);
            let is_seen = !run(&mut bought, pair, |(pair, _)| *pair).is_empty();
            if !is_seen {
                carry.bought.push(pair);
            }
            let outside = rows.partition_point(|key| key & (1 << 31) == 0);
            let (in_store, outside) = rows.split_at(outside);
            let counts = &mut tallied.counts;
            if !in_store.is_empty() {
                *(if is_seen { &mut counts.un } else { &mut counts.um }) += 1;
                if totals {
                    counts.pm += clamped(total(receipts, in_store), clamp);
                }
            }
            if !outside.is_empty() {
                counts.uo += 1;
                if totals {
                    counts.uon += clamped(total(receipts, outside), clamp);
                }
            }
        }
    }
}

/// What is known of a merchant before its receipts are looked at.
struct Known<'p> {
    merchant: MerchantIndex,
    /// References of the epochs before.
    spent: &'p [Spent],
    /// Pairs that made a buyer before, and since when; ascending.
    bought: &'p [(u64, u32)],
    voids: &'p [LaterVoid],
}

/// Merchant and customer, in one number.
pub(super) fn pair(merchant: MerchantIndex, customer: CustomerIndex) -> u64 {
    u64::from(merchant) << 32 | u64::from(customer)
}

/// Cuts the run with `key` off the front of rows that ascend by key.
pub(super) fn run<'r, R, K: Ord>(rows: &mut &'r [R], key: K, of: impl Fn(&R) -> K) -> &'r [R] {
    let whole: &'r [R] = rows;
    // Keys are asked for in ascending order, so the run is near.
    let begin = gallop(whole, |row| of(row) < key);
    let rest = &whole[begin..];
    let (found, rest) = rest.split_at(gallop(rest, |row| of(row) == key));
    *rows = rest;
    found
}

/// `partition_point`, fast when it is near the front.
fn gallop<R>(rows: &[R], is_before: impl Fn(&R) -> bool) -> usize {
    let mut reach = 1;
    while reach < rows.len() && is_before(&rows[reach - 1]) {
        reach *= 2;
    }
    let (low, high) = (reach / 2, reach.min(rows.len()));
    low + rows[low..high].partition_point(is_before)
}

fn total(receipts: &[ReceiptRow], keys: &[u64]) -> u128 {
    let place = |key: &u64| (key & ((1 << 31) - 1)) as usize;
    keys.iter().map(|key| u128::from(receipts[place(key)].amount())).sum()
}

/// Takes voided receipts of earlier epochs off, none of the counts below zero.
fn take_off(algorithm: Algorithm, known: &Known<'_>, tallied: &mut Tallied) {
    let counts = &mut tallied.counts;
    for void in known.voids {
        if algorithm == Algorithm::Bizpower1 {
            let orders = if void.outside { &mut counts.uom } else { &mut counts.pl };
            *orders = orders.saturating_sub(1);
        }
        let made_buyer = void.customer != 0 && (algorithm == Algorithm::Bizpower1 || void.is_ticketed);
        if made_buyer {
            let pair = pair(known.merchant, void.customer);
            let since = known.bought.binary_search_by_key(&pair, |(pair, _)| *pair);
            let since = since.ok().and_then(|place| known.bought.get(place)).map(|(_, since)| *since);
            let buyers = match (void.outside, since) {
                (true, _) => &mut counts.uo,
                // The kind is the one that the receipt had in its own epoch.
                (false, Some(since)) if since < void.epoch => &mut counts.un,
                (false, _) => &mut counts.um,
            };
            *buyers = buyers.saturating_sub(1);
        }
    }
    if algorithm == Algorithm::Bizpower2 {
        counts.pl = counts.um + counts.un;
        counts.uom = counts.uo;
    }
}

/// The places of a merchant's references, by hash.
#[derive(Debug, Default)]
struct References {
    /// Place + 1; 0 is free.
    slots: Vec<u32>,
    /// Chosen by chance at each start: whoever invents references cannot know
    /// which ones meet.
    seeds: Seeds,
}

#[derive(Debug)]
struct Seeds(u64, u64);

impl Default for Seeds {
    fn default() -> Self {
        let state = RandomState::new();
        Self(state.hash_one(0), state.hash_one(1))
    }
}

impl References {
    fn clear(&mut self, count: usize) {
        self.slots.clear();
        self.slots.resize((2 * count).next_power_of_two(), 0);
    }

    /// The place of the same reference, else puts it in.
    #[inline]
    fn insert(&mut self, reference: [u64; 2], place: usize, same: impl Fn(usize) -> bool) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut slot = self.hash(reference) & mask;
        loop {
            match self.slots[slot] {
                0 => {
                    // Rows and spent references are fewer than 2^32 - 1 together.
                    self.slots[slot] = place as u32 + 1;
                    return None;
                }
                taken if same(taken as usize - 1) => return Some(taken as usize - 1),
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    fn replace(&mut self, reference: [u64; 2], old: usize, new: usize) {
        let mask = self.slots.len() - 1;
        let mut slot = self.hash(reference) & mask;
        // It is there: `insert` has found it.
        while self.slots[slot] as usize != old + 1 {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = new as u32 + 1;
    }

    #[inline]
    fn hash(&self, [low, high]: [u64; 2]) -> usize {
        let product = u128::from(low ^ self.seeds.0).wrapping_mul(u128::from(high ^ self.seeds.1));
        ((product >> 64) as u64 ^ product as u64) as usize
    }
}
