//! A town on the scoring engine: who earns how much.

use super::{
    board,
    town::{Sale, Shop, Town},
    AttackError,
};
use crate::{
    scoring::{Algorithm, Engine, EpochInput, EpochScores, Parameters, ReceiptId, ReceiptInput},
    simulation::AttackParameters,
};
use bizkey_primitives::{
    emission::{blend, mul_div, quota, reward, Blend},
    ticket::{Reference, REFERENCE_BYTES},
    Balance, CustomerIndex, Epoch, MerchantIndex, Side, TOKEN,
};
use std::{borrow::Cow, collections::BTreeMap};

/// A month in which all is paid by BizPower.
pub const FIRST_MONTH: Epoch = 0;
/// A month in which half is paid by holding.
pub const SIXTH_MONTH: Epoch = 150;

/// What everybody earned in the days of the attack, smallest units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Earnings {
    /// Bzky of each shop.
    pub merchants: BTreeMap<MerchantIndex, Balance>,
    /// Time of each customer.
    pub customers: BTreeMap<CustomerIndex, Balance>,
}

impl Earnings {
    /// Bzky of one shop.
    #[must_use]
    pub fn merchant(&self, merchant: MerchantIndex) -> Balance {
        self.merchants.get(&merchant).copied().unwrap_or(0)
    }

    /// Time of one customer.
    #[must_use]
    pub fn customer(&self, customer: CustomerIndex) -> Balance {
        self.customers.get(&customer).copied().unwrap_or(0)
    }
}

/// Which shop attacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attacker {
    /// This one.
    Named(MerchantIndex),
    /// The one whose buyers weigh the most: the smallest product of lo and
    /// capital. It gains the most.
    Weightiest,
    /// The one that sells the least, but something. It has little to lose.
    LeastTrade,
    /// A shop that opens for the attack and never sells anything, else like the
    /// one whose buyers weigh the most. It has the deposit to lose, no more.
    Newcomer,
}

/// A town under one algorithm, ready for the days of the attack.
#[derive(Clone, Debug)]
pub struct Scene<'a> {
    /// The parameters.
    pub parameters: &'a AttackParameters,
    /// The town.
    pub town: Cow<'a, Town>,
    /// The algorithm.
    pub algorithm: Algorithm,
    /// What the board has set.
    pub board: Parameters,
    /// The shop that attacks.
    pub attacker: MerchantIndex,
    /// The engine after the days before the attack.
    engine: Engine,
    /// Holdings of the shops in days on which nothing is rented.
    pub holdings: BTreeMap<MerchantIndex, Balance>,
}

impl<'a> Scene<'a> {
    /// Plays the days before the attack.
    ///
    /// # Errors
    /// [`AttackError::TooShort`], [`AttackError::NoShop`], [`AttackError::Scoring`].
    pub fn new(
        parameters: &'a AttackParameters,
        town: &'a Town,
        algorithm: Algorithm,
        attacker: Attacker,
    ) -> Result<Self, AttackError> {
        let (needed, has) = (parameters.warmup_days + parameters.attack_days, town.days.len() as u64);
        if has < needed {
            return Err(AttackError::TooShort { needed, has });
        }
        let board = board::decide(parameters, town);
        let (town, attacker) = place(parameters, town, &board, attacker)?;
        // A shop holds its deposit and, one more than the other, up to as much again.
        let deposit = TOKEN * Balance::from(parameters.deposit);
        let held = |index: MerchantIndex| deposit + deposit * Balance::from(index % 5) / 4;
        let holdings = (1..).zip(&town.shops).map(|(index, _)| (index, held(index))).collect();
        let mut scene = Self { parameters, town, algorithm, board, attacker, engine: Engine::new(), holdings };
        let mut engine = Engine::new();
        for day in 0..parameters.warmup_days {
            let sales = &scene.town.days[usize::try_from(day).unwrap_or(0)];
            scene.score(&mut engine, sales)?;
        }
        scene.engine = engine;
        Ok(scene)
    }

    /// The first epoch of the attack.
    #[must_use]
    pub fn first_attacked(&self) -> Epoch {
        Epoch::try_from(self.parameters.warmup_days).unwrap_or(Epoch::MAX)
    }

    /// The days of the attack, as the honest town lives them.
    #[must_use]
    pub fn honest_days(&self) -> &[Vec<Sale>] {
        let bounds = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let warmup = bounds(self.parameters.warmup_days);
        &self.town.days[warmup..warmup + bounds(self.parameters.attack_days)]
    }

    /// Plays the days of the attack: sales of each, in a month of the blend at
    /// `month`, with the lowest balances that shops had in each.
    ///
    /// # Errors
    /// [`AttackError::Scoring`].
    pub fn play(
        &self,
        days: &[Vec<Sale>],
        month: Epoch,
        holdings: &BTreeMap<MerchantIndex, Balance>,
    ) -> Result<Earnings, AttackError> {
        let mut engine = self.engine.clone();
        let mut earnings = Earnings::default();
        for sales in days {
            let scores = self.score(&mut engine, sales)?;
            self.pay(&scores, blend(Side::Merchant, month), holdings, &mut earnings);
        }
        Ok(earnings)
    }

    fn score(&self, engine: &mut Engine, sales: &[Sale]) -> Result<EpochScores, AttackError> {
        let epoch = engine.next_epoch();
        let place = |(number, sale): (u32, &Sale)| ReceiptInput {
            id: receipt_id(sale.merchant, epoch, number),
            merchant: sale.merchant,
            customer: sale.customer,
            channel: sale.channel,
            rail: sale.rail,
            amount: sale.amount,
            reference: if sale.is_ticketed { reference(epoch, number) } else { [0; REFERENCE_BYTES] },
        };
        let shops = || (1..).zip(&self.town.shops);
        let input = EpochInput {
            epoch,
            algorithm: self.algorithm,
            parameters: self.board.clone(),
            receipts: (0..).zip(sales).map(place).collect(),
            capital: shops().map(|(index, shop)| (index, shop.capital)).collect(),
            businesses: shops().map(|(index, shop)| (index, shop.business)).collect(),
            ..EpochInput::default()
        };
        Ok(engine.score(&input)?)
    }

    /// The town's part of what the network emits for `count` of its own.
    fn emission(&self, side: Side, count: usize) -> Balance {
        let network = match side {
            Side::Merchant => self.parameters.network_shops,
            Side::Customer => self.parameters.network_customers,
        };
        let network = network.max(count as u64);
        let all = quota(side, u32::try_from(network).unwrap_or(u32::MAX));
        mul_div(all, count as u128, network.into())
    }

    fn pay(
        &self,
        scores: &EpochScores,
        merchants: Blend,
        holdings: &BTreeMap<MerchantIndex, Balance>,
        earnings: &mut Earnings,
    ) {
        let leaves = scores.merchant_leaves(|merchant| holdings.get(&merchant).copied().unwrap_or(0));
        let sums = leaves.iter().fold((0u128, 0u128), |sums, leaf| (sums.0 + leaf.v1, sums.1 + leaf.v2));
        let emission = self.emission(Side::Merchant, leaves.len());
        for leaf in &leaves {
            let paid = reward(emission, merchants, leaf.v1, leaf.v2, sums.0, sums.1);
            *earnings.merchants.entry(leaf.account).or_default() += paid;
        }
        let leaves = scores.customer_leaves();
        let sum = leaves.iter().map(|leaf| leaf.v1).sum();
        let emission = self.emission(Side::Customer, leaves.len());
        let customers = blend(Side::Customer, scores.epoch);
        for leaf in &leaves {
            let paid = reward(emission, customers, leaf.v1, 0, sum, 0);
            *earnings.customers.entry(leaf.account).or_default() += paid;
        }
    }
}

/// The town with the shop that attacks, and that shop's number.
fn place<'a>(
    parameters: &AttackParameters,
    town: &'a Town,
    board: &Parameters,
    attacker: Attacker,
) -> Result<(Cow<'a, Town>, MerchantIndex), AttackError> {
    let weight = |shop: &Shop| {
        let lo = board.clamp(Some(&shop.business)).map_or(u64::MAX, |clamp| clamp.lo);
        let capital = shop.capital.total().max(board.capital_floor(Some(&shop.business)));
        capital.saturating_mul(lo.into())
    };
    let indices = || (1..).zip(&town.shops);
    let days = town.days.iter().skip(usize::try_from(parameters.warmup_days).unwrap_or(usize::MAX));
    let mut sold: BTreeMap<MerchantIndex, u64> = BTreeMap::new();
    for sale in days.flatten() {
        *sold.entry(sale.merchant).or_default() += 1;
    }
    let able = || indices().filter(|(index, shop)| weight(shop) > 0 && sold.contains_key(index));
    let chosen = match attacker {
        Attacker::Named(attacker) => indices().find(|(index, _)| *index == attacker),
        Attacker::Weightiest | Attacker::Newcomer => able().min_by_key(|(_, shop)| weight(shop)),
        Attacker::LeastTrade => able().min_by_key(|(index, _)| sold.get(index).copied()),
    };
    let (index, shop) = chosen.ok_or(AttackError::NoShop { shops: town.shops.len() })?;
    if attacker != Attacker::Newcomer {
        return Ok((Cow::Borrowed(town), index));
    }
    let mut town = town.clone();
    town.shops.push(*shop);
    let newcomer = MerchantIndex::try_from(town.shops.len()).map_err(|_| AttackError::NoShop { shops: 0 })?;
    Ok((Cow::Owned(town), newcomer))
}

/// Where the receipt of a day's sale number `number` stands.
pub fn receipt_id(merchant: MerchantIndex, epoch: Epoch, number: u32) -> ReceiptId {
    ReceiptId { device: merchant, seq: u64::from(epoch) << 32 | u64::from(number), index: 0 }
}

/// A reference that no other receipt of the simulation has, and never zero.
fn reference(epoch: Epoch, number: u32) -> Reference {
    let mut reference = [7; REFERENCE_BYTES];
    reference[..4].copy_from_slice(&epoch.to_le_bytes());
    reference[4..8].copy_from_slice(&number.to_le_bytes());
    reference
}
