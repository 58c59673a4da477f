//! Shops with offers in three languages, and what a plain reading finds of
//! them.

use super::{account, batch, emitted, sale, Chain, EPOCH_MS, GENESIS_MS};
use bizkey_indexer::model::{HitKind, Rank};
use bizkey_primitives::{
    events::*,
    hash::blake2x256,
    membership::Business,
    party::{Capital, Status},
    redemption::{PrivilegeTerms, TaskTerms},
    signature::PublicKey,
    Hash, Side,
};
use proptest::prelude::*;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

pub const SHOPS: u32 = 5;
/// When the last block is stamped, in epoch 1.
pub const NOW_MS: u64 = GENESIS_MS + EPOCH_MS;
const STATUSES: [Status; 4] = [Status::Active, Status::Demoted, Status::Restricted, Status::Removed];
/// One or two characters each where words are not set apart: there, a plain
/// reading finds them as parts of the text.
pub const WORDS: [&str; 9] = ["coffee", "Tea", "queue", "咖啡", "茶", "奶茶", "커피", "할인", "차"];

/// What an offer says and how long it lasts.
#[derive(Clone, Debug)]
pub struct Draft {
    pub words: Vec<usize>,
    /// Without spaces where the script has none.
    pub is_tight: bool,
    pub stock: u32,
    /// From the last block on.
    pub life_ms: u64,
    /// Whether somebody gives the text.
    pub is_given: bool,
}

#[derive(Clone, Debug)]
pub enum Act {
    Place {
        merchant: u32,
        trade: u16,
        region: u16,
    },
    Status {
        merchant: u32,
        status: usize,
    },
    Task {
        merchant: u32,
        draft: Draft,
    },
    Privilege {
        merchant: u32,
        draft: Draft,
    },
    /// These happen to one of the offers, counted round.
    Change {
        pick: usize,
        draft: Draft,
    },
    Close {
        pick: usize,
    },
    Take {
        pick: usize,
        customer: u32,
    },
    Sale {
        merchant: u32,
        amount: u64,
        customer: u32,
    },
}

fn draft() -> impl Strategy<Value = Draft> {
    let life_ms = prop_oneof![Just(0u64), Just(1), Just(EPOCH_MS)];
    (prop::collection::vec(0..WORDS.len(), 0..4), any::<bool>(), 1u32..3, life_ms, prop::bool::weighted(0.8))
        .prop_map(|(words, is_tight, stock, life_ms, is_given)| Draft { words, is_tight, stock, life_ms, is_given })
}

pub fn act() -> impl Strategy<Value = Act> {
    let shop = || 1..=SHOPS;
    prop_oneof![
        1 => (shop(), 0u16..2, 0u16..2).prop_map(|(merchant, trade, region)| Act::Place { merchant, trade, region }),
        1 => (shop(), 0usize..4).prop_map(|(merchant, status)| Act::Status { merchant, status }),
        // 0 is Bizkey itself.
        4 => (0..=SHOPS, draft()).prop_map(|(merchant, draft)| Act::Task { merchant, draft }),
        4 => (shop(), draft()).prop_map(|(merchant, draft)| Act::Privilege { merchant, draft }),
        1 => (0usize..16, draft()).prop_map(|(pick, draft)| Act::Change { pick, draft }),
        1 => (0usize..16).prop_map(|pick| Act::Close { pick }),
        2 => (0usize..16, 1u32..4).prop_map(|(pick, customer)| Act::Take { pick, customer }),
        2 => (shop(), 1u64..9, 1u32..4)
            .prop_map(|(merchant, amount, customer)| Act::Sale { merchant, amount, customer }),
    ]
}

/// What is found: its place, and of an offer its text and Time.
pub type Found = (Rank, Option<(Option<String>, u128)>);

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub words: Vec<usize>,
    pub trade: Option<u16>,
    pub region: Option<u16>,
    pub kind: Option<usize>,
}

pub fn asked() -> impl Strategy<Value = Asked> {
    let code = || prop::option::of(0u16..2);
    (prop::collection::vec(0..WORDS.len(), 0..3), code(), code(), prop::option::of(0usize..3))
        .prop_map(|(words, trade, region, kind)| Asked { words, trade, region, kind })
}

/// The words as a person writes them, in capitals where there are any.
pub fn written(words: &[usize]) -> String {
    words.iter().map(|word| WORDS[*word].to_uppercase()).collect::<Vec<_>>().join(" ")
}

pub fn hash_of(text: &str) -> Hash {
    Hash::from(blake2x256(text.as_bytes()))
}

fn text_of(draft: &Draft) -> String {
    let mut text = String::new();
    for word in draft.words.iter().map(|word| WORDS[*word]) {
        let meets = text.chars().last().is_some_and(|last| last.is_ascii_alphabetic()) || word.is_ascii();
        text.push_str(if draft.is_tight && !meets { "" } else { " " });
        text.push_str(word);
    }
    text
}

/// A word that stands by itself, or among characters that do.
fn has_word(text: &str, word: &str) -> bool {
    if word.is_ascii() {
        return text.split(|c: char| !c.is_ascii_alphabetic()).any(|found| found.eq_ignore_ascii_case(word));
    }
    text.contains(word)
}

#[derive(Clone, Debug)]
struct Offer {
    kind: HitKind,
    id: u32,
    merchant: u32,
    version: u32,
    text: String,
    stock: u32,
    expires_ms: u64,
    time: u128,
    is_closed: bool,
    takers: BTreeSet<u32>,
}

/// The market as plain lists.
#[derive(Default)]
pub struct Market {
    statuses: BTreeMap<u32, Status>,
    places: BTreeMap<u32, Vec<(u32, Business)>>,
    offers: Vec<Offer>,
    next_seq: BTreeMap<u32, u64>,
    tickets: u8,
    /// Texts that somebody gives.
    pub given: BTreeSet<String>,
}

impl Market {
    /// The market of some acts, the first half of them in epoch 0, and its chain.
    pub fn of(acts: &[Act]) -> (Self, Chain) {
        let (mut market, mut chain) = (Self::default(), Chain::default());
        let mut born = Vec::new();
        for (side, count) in [(Side::Merchant, SHOPS), (Side::Customer, 3)] {
            for index in 1..=count {
                let account = account(index as u8 + if side == Side::Merchant { 0 } else { 100 });
                let commitment = Hash::from([index as u8; 32]);
                born.push(Event::PartyRegistered(PartyRegistered { side, index, account, commitment }));
            }
        }
        for merchant in 1..=SHOPS {
            let key = PublicKey::Sr25519([merchant as u8; 32]);
            born.push(Event::DeviceRegistered(DeviceRegistered { device: merchant, merchant, key }));
            let capital = Capital { area_m2: merchant, staff: 1, rent_per_m2_month: 1, wage_month: 1 };
            born.push(Event::CapitalAttested(CapitalAttested { merchant, capital, from_epoch: 0 }));
            born.push(market.place(merchant, Business { trade: 0, region: 0 }, 0));
        }
        chain.push(GENESIS_MS - 1_000, born.into_iter().map(emitted).collect());
        let (first, second) = acts.split_at(acts.len() / 2);
        for (epoch, acts) in [(0, first), (1, second)] {
            let events = acts.iter().filter_map(|act| market.event(epoch, act)).collect();
            chain.push_in(epoch, events);
        }
        (market, chain)
    }

    fn place(&mut self, merchant: u32, business: Business, from_epoch: u32) -> Event {
        self.places.entry(merchant).or_default().push((from_epoch, business));
        Event::BusinessAttested(BusinessAttested { merchant, business, from_epoch })
    }

    fn conditions(&mut self, draft: &Draft) -> (String, Hash) {
        let text = text_of(draft);
        if draft.is_given {
            self.given.insert(text.clone());
        }
        let hash = hash_of(&text);
        (text, hash)
    }

    fn open_offer(&mut self, pick: usize, wanted: impl Fn(&Offer) -> bool) -> Option<&mut Offer> {
        let mut open: Vec<_> = self.offers.iter_mut().filter(|offer| !offer.is_closed && wanted(offer)).collect();
        let at = pick.checked_rem(open.len())?;
        Some(open.swap_remove(at))
    }

    fn add(&mut self, kind: HitKind, merchant: u32, text: String, draft: &Draft) -> u32 {
        let id = 1 + self.offers.iter().filter(|offer| offer.kind == kind).count() as u32;
        let (stock, expires_ms, time) = (draft.stock, NOW_MS + draft.life_ms, u128::from(id));
        let (version, is_closed, takers) = (1, false, BTreeSet::new());
        self.offers.push(Offer { kind, id, merchant, version, text, stock, expires_ms, time, is_closed, takers });
        id
    }

    fn event(&mut self, epoch: u32, act: &Act) -> Option<Event> {
        let privilege_terms = |conditions: Hash, price: u128, draft: &Draft| PrivilegeTerms {
            conditions,
            price,
            stock: draft.stock,
            expires_ms: NOW_MS + draft.life_ms,
            opens: 0,
            closes: 0,
            refund_ms: 0,
        };
        Some(match act {
            Act::Place { merchant, trade, region } => {
                self.place(*merchant, Business { trade: *trade, region: *region }, epoch + 1)
            }
            Act::Status { merchant, status } => {
                let status = STATUSES[*status];
                self.statuses.insert(*merchant, status);
                let reason = Hash::from([9; 32]);
                Event::StatusChanged(StatusChanged { side: Side::Merchant, index: *merchant, status, reason })
            }
            Act::Task { merchant, draft } => {
                let (text, conditions) = self.conditions(draft);
                let task = self.add(HitKind::Task, *merchant, text, draft);
                let (reward, expires_ms) = (u128::from(task), NOW_MS + draft.life_ms);
                let terms = TaskTerms { conditions, reward, stock: draft.stock, expires_ms };
                Event::TaskCreated(TaskCreated { task, merchant: *merchant, terms })
            }
            Act::Privilege { merchant, draft } => {
                let (text, conditions) = self.conditions(draft);
                let privilege = self.add(HitKind::Privilege, *merchant, text, draft);
                let terms = privilege_terms(conditions, u128::from(privilege), draft);
                Event::PrivilegeCreated(PrivilegeCreated { privilege, merchant: *merchant, terms })
            }
            Act::Change { pick, draft } => {
                let text = text_of(draft);
                let offer = self.open_offer(*pick, |offer| offer.kind == HitKind::Privilege)?;
                offer.version += 1;
                (offer.stock, offer.expires_ms) = (draft.stock, NOW_MS + draft.life_ms);
                offer.text.clone_from(&text);
                let (privilege, version) = (offer.id, offer.version);
                let terms = privilege_terms(hash_of(&text), offer.time, draft);
                self.conditions(draft);
                Event::PrivilegeChanged(PrivilegeChanged { privilege, version, terms })
            }
            Act::Close { pick } => {
                let offer = self.open_offer(*pick, |_| true)?;
                offer.is_closed = true;
                let (id, left) = (offer.id, offer.time * u128::from(offer.stock));
                match offer.kind {
                    HitKind::Task => Event::TaskClosed(TaskClosed { task: id, left }),
                    _ => Event::PrivilegeClosed(PrivilegeClosed { privilege: id }),
                }
            }
            Act::Take { pick, customer } => {
                self.tickets += 1;
                let ticket = Hash::from([self.tickets; 32]);
                let offer = self.open_offer(*pick, |offer| offer.stock > 0 && !offer.takers.contains(customer))?;
                offer.stock -= 1;
                offer.takers.insert(*customer);
                let (id, time, merchant, customer) = (offer.id, offer.time, offer.merchant, *customer);
                match offer.kind {
                    HitKind::Task => {
                        let account = account(100 + customer as u8);
                        Event::TaskFulfilled(TaskFulfilled { task: id, customer, account, reward: time })
                    }
                    _ => {
                        let amount = time;
                        Event::TimeCollected(TimeCollected { ticket, merchant, privilege: id, customer, amount })
                    }
                }
            }
            Act::Sale { merchant, amount, customer } => {
                let seq = self.next_seq.entry(*merchant).or_default();
                *seq += 1;
                batch(*merchant, *merchant, *seq - 1, &[sale(*amount, *customer)])
            }
        })
    }

    /// What a shop is at the last block, in epoch 1.
    fn business(&self, merchant: u32) -> Option<Business> {
        let places = self.places.get(&merchant)?;
        let held = places.iter().enumerate().filter(|(_, (from, _))| *from <= 1);
        held.max_by_key(|(position, (from, _))| (*from, *position)).map(|(_, (_, business))| *business)
    }

    /// The plain reading: everything that is there, looked at one by one. Each
    /// hit's place, text if given, and Time.
    pub fn find(&self, asked: &Asked, scores: &BTreeMap<u32, u128>) -> Vec<Found> {
        let status = |merchant: u32| self.statuses.get(&merchant).copied().unwrap_or_default();
        let is_of = |merchant: u32| {
            let business = self.business(merchant);
            let is =
                |wanted: Option<u16>, of: fn(Business) -> u16| wanted.is_none_or(|code| business.map(of) == Some(code));
            is(asked.trade, |business| business.trade) && is(asked.region, |business| business.region)
        };
        let offers: Vec<&Offer> = self
            .offers
            .iter()
            .filter(|offer| !offer.is_closed && offer.stock > 0 && offer.expires_ms > NOW_MS && is_of(offer.merchant))
            .filter(|offer| {
                let is_given = self.given.contains(&offer.text);
                asked.words.iter().all(|word| is_given && has_word(&offer.text, WORDS[*word]))
            })
            .collect();
        let rank = |kind: HitKind, id: u32, merchant: u32| Rank {
            is_demoted: status(merchant) == Status::Demoted,
            score: scores.get(&merchant).copied().unwrap_or(0),
            merchant,
            kind,
            id,
        };
        let mut found: Vec<_> = offers
            .iter()
            .map(|offer| {
                let text = self.given.contains(&offer.text).then(|| offer.text.clone());
                (rank(offer.kind, offer.id, offer.merchant), Some((text, offer.time)))
            })
            .collect();
        let has_offer = |shop: &u32| offers.iter().any(|offer| offer.merchant == *shop);
        let shops = (1..=SHOPS).filter(|shop| is_of(*shop) && (asked.words.is_empty() || has_offer(shop)));
        found.extend(shops.map(|shop| (rank(HitKind::Shop, shop, shop), None)));
        found.retain(|(rank, _)| {
            let in_search = matches!(status(rank.merchant), Status::Active | Status::Demoted);
            in_search && asked.kind.is_none_or(|kind| HitKind::ALL[kind] == rank.kind)
        });
        found.sort_by_key(|(rank, _)| (rank.is_demoted, Reverse(rank.score), rank.merchant, rank.kind, rank.id));
        found
    }
}
