//! What is measured over a window of epochs.
//!
//! The rows are sorted once by shop, customer, epoch and time; then one pass over
//! them makes a [`Pair`] of every shop and customer that met. Customers, shops
//! and the graph of shops are made from the pairs. Beside the rows, memory is
//! linear in pairs, however long the window and however many receipts.

mod customer;
mod graph;
mod pair;
mod sale;

pub use customer::Customer;
pub use graph::Distance;
pub use pair::{baskets, Basket, Pair};
pub(crate) use pair::{bits, is_at_end, time_of_epoch};
pub use sale::{Facts, Sale, Window};

use bizkey_primitives::{CustomerIndex, Epoch, MerchantIndex};
use graph::Graph;
use std::ops::Range;

/// Most epochs of a window: the days of a pair are bits of one number.
pub const MAX_WINDOW: u32 = 128;

/// Receipts of one customer at one shop are pieces of one basket when they
/// follow its first within this time: 15 minutes. Longer than a till needs for
/// any number of pieces, shorter than the way home and back.
pub const BASKET_MS: u64 = 15 * 60 * 1_000;

/// And when each follows the one before within this time: 5 minutes. Who comes
/// back later than that has been in the shop again.
pub const PIECE_MS: u64 = 5 * 60 * 1_000;

/// Fewest pieces of a basket that is called split. Two receipts are what
/// somebody has who forgot the milk; among honest households one visit in
/// fifteen is like that, so two tell nothing.
pub const SPLIT_PIECES: u32 = 3;

/// The end of an epoch is its last forty-eighth: half an hour of a day.
pub const END_PARTS: u64 = 48;

/// Why rows cannot be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeaturesError {
    /// The window has no epoch, or too many.
    #[error("a window of epochs {first} to {last} was given: it must hold 1 to {MAX_WINDOW} epochs")]
    Window {
        /// Its first epoch.
        first: Epoch,
        /// Its last epoch.
        last: Epoch,
    },
    /// A row's epoch is not in the window.
    #[error("a sale of epoch {epoch} was given for the window {first} to {last}: leave out what lies outside")]
    OutsideWindow {
        /// The row's epoch.
        epoch: Epoch,
        /// The window's first epoch.
        first: Epoch,
        /// The window's last epoch.
        last: Epoch,
    },
    /// Rows are numbered with 32 bits.
    #[error("{0} sales were given: a window holds fewer than 2^32, so divide the network by trade or region")]
    TooMany(usize),
}

/// One shop in the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shop {
    /// The shop.
    pub merchant: MerchantIndex,
    /// Its pairs, positions in [`Features::pairs`].
    pub pairs: Range<usize>,
    /// Its receipts.
    pub receipts: u64,
    /// Baskets that they make up.
    pub baskets: u64,
    /// Of those, split ones.
    pub split: u64,
    /// Summed amount, minor units.
    pub total: u128,
}

/// The whole network in the window: what is usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// Receipts.
    pub receipts: u64,
    /// Baskets that they make up.
    pub baskets: u64,
    /// Of those, split ones.
    pub split: u64,
    /// Pairs of a shop and a customer.
    pub pairs: u64,
    /// Summed amount, minor units.
    pub total: u128,
}

/// Everything that the rules look at.
#[derive(Clone, Debug)]
pub struct Features {
    window: Window,
    facts: Facts,
    sales: Vec<Sale>,
    pairs: Vec<Pair>,
    shops: Vec<Shop>,
    customers: Vec<Customer>,
    /// Positions in `pairs`, by customer, then by shop.
    by_customer: Vec<u32>,
    network: Network,
    graph: Graph,
}

impl Features {
    /// Measures the valid receipts of a window. Their order does not matter.
    ///
    /// # Errors
    /// [`FeaturesError`].
    pub fn new(mut sales: Vec<Sale>, window: Window, facts: Facts) -> Result<Self, FeaturesError> {
        let Window { first, last } = window;
        if !window.is_valid() {
            return Err(FeaturesError::Window { first, last });
        }
        if let Some(sale) = sales.iter().find(|sale| !window.contains(sale.epoch)) {
            return Err(FeaturesError::OutsideWindow { epoch: sale.epoch, first, last });
        }
        // Positions of rows and pairs are 32-bit numbers.
        if u32::try_from(sales.len()).is_err() {
            return Err(FeaturesError::TooMany(sales.len()));
        }
        // By epoch first: a device's time is data, and one whose clock stands still,
        // or goes back, would else tear the baskets of all its days apart.
        sales.sort_unstable_by_key(|sale| (sale.merchant, sale.customer, sale.epoch, sale.at_ms, sale.id));
        let pairs = pair::pairs(&sales, window, &facts.calendar);
        let (customers, by_customer) = customer::customers(&pairs, window, &facts);
        let graph = Graph::new(&pairs, &customers, &by_customer);
        let shops = shops(&pairs);
        let mut features =
            Self { window, facts, sales, pairs, shops, customers, by_customer, network: Network::default(), graph };
        features.network = features.sum_network();
        Ok(features)
    }

    /// The window.
    #[must_use]
    pub fn window(&self) -> Window {
        self.window
    }

    /// What is known beside the receipts.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// All pairs, by shop, then by customer.
    #[must_use]
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// All shops, ascending.
    #[must_use]
    pub fn shops(&self) -> &[Shop] {
        &self.shops
    }

    /// All customers, ascending.
    #[must_use]
    pub fn customers(&self) -> &[Customer] {
        &self.customers
    }

    /// What is usual.
    #[must_use]
    pub fn network(&self) -> Network {
        self.network
    }

    /// A shop's pairs, by customer.
    #[must_use]
    pub fn pairs_of_shop(&self, shop: &Shop) -> &[Pair] {
        &self.pairs[shop.pairs.clone()]
    }

    /// A customer's pairs, by shop.
    pub fn pairs_of_customer(&self, customer: CustomerIndex) -> impl Iterator<Item = &Pair> {
        let range = self.customer(customer).map_or(0..0, |customer| customer.pairs.clone());
        self.by_customer[range].iter().map(|position| &self.pairs[*position as usize])
    }

    /// The pair of a shop and a customer, if they met.
    #[must_use]
    pub fn pair(&self, merchant: MerchantIndex, customer: CustomerIndex) -> Option<&Pair> {
        let at = self.pairs.binary_search_by_key(&(merchant, customer), |pair| (pair.merchant, pair.customer));
        at.ok().map(|at| &self.pairs[at])
    }

    /// A shop.
    #[must_use]
    pub fn shop(&self, merchant: MerchantIndex) -> Option<&Shop> {
        self.shops.binary_search_by_key(&merchant, |shop| shop.merchant).ok().map(|at| &self.shops[at])
    }

    /// A customer.
    #[must_use]
    pub fn customer(&self, customer: CustomerIndex) -> Option<&Customer> {
        self.customers.binary_search_by_key(&customer, |known| known.customer).ok().map(|at| &self.customers[at])
    }

    /// A pair's receipts, by epoch, then by time.
    #[must_use]
    pub fn sales_of(&self, pair: &Pair) -> &[Sale] {
        &self.sales[pair.rows.start as usize..pair.rows.end as usize]
    }

    /// A shop's receipts, by customer, then by epoch, then by time.
    #[must_use]
    pub fn sales_of_shop(&self, shop: &Shop) -> &[Sale] {
        let pairs = self.pairs_of_shop(shop);
        match (pairs.first(), pairs.last()) {
            (Some(first), Some(last)) => &self.sales[first.rows.start as usize..last.rows.end as usize],
            _ => &[],
        }
    }

    /// Whether a pair is a newcomer of this window who came to this shop alone.
    #[must_use]
    pub fn is_lone_newcomer(&self, pair: &Pair) -> bool {
        self.customer(pair.customer).is_some_and(|customer| customer.joined.is_some() && customer.shops() == 1)
    }

    /// How far a pair's shop lies from where the customer buys otherwise.
    #[must_use]
    pub fn distance(&self, pair: &Pair) -> Distance {
        match self.customer(pair.customer) {
            Some(customer) => self.graph.distance(customer.home_beside(pair.merchant), pair.merchant),
            None => Distance::NowhereElse,
        }
    }

    fn sum_network(&self) -> Network {
        let mut network = Network { pairs: self.pairs.len() as u64, ..Network::default() };
        for shop in &self.shops {
            network.receipts += shop.receipts;
            network.baskets += shop.baskets;
            network.split += shop.split;
            network.total += shop.total;
        }
        network
    }
}

/// The shops of sorted pairs. No sum passes its type: amounts are below 2^64
/// and rows fewer than 2^32.
fn shops(pairs: &[Pair]) -> Vec<Shop> {
    let mut shops = Vec::new();
    let mut start = 0;
    for group in pairs.chunk_by(|left, right| left.merchant == right.merchant) {
        let sum = |of: fn(&Pair) -> u32| group.iter().map(|pair| u64::from(of(pair))).sum();
        shops.push(Shop {
            merchant: group[0].merchant,
            pairs: start..start + group.len(),
            receipts: sum(|pair| pair.receipts()),
            baskets: sum(|pair| pair.baskets),
            split: sum(|pair| pair.split),
            total: group.iter().map(|pair| pair.total).sum(),
        });
        start += group.len();
    }
    shops
}
