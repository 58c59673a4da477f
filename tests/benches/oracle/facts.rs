//! What decides an epoch's scores beside its receipts, and what the trees hold
//! beside its scores.

use crate::options::Options;
use bizkey_oracle::{
    report::{Holding, Network},
    scoring::{Algorithm, EpochInput, Parameters},
};
use bizkey_primitives::{
    membership::{Business, Clamp},
    party::{Capital, HoldingIndex},
    AccountId, Epoch, Hash, MerchantIndex,
};
use std::collections::BTreeMap;

/// Codes of trades and of regions, from 0.
const TRADES: u16 = 40;
const REGIONS: u16 = 100;
/// What counts of a customer's cash in an epoch, minor units: what `bizkey up`
/// gives a new network.
const CASH_CAP: u64 = 2_000;

/// Whose epochs these are.
pub fn network() -> Network {
    Network { genesis: Hash::from([7; 32]), rewards: AccountId::from([8; 32]) }
}

/// Everything but the receipts.
pub fn input(epoch: Epoch, options: &Options) -> EpochInput {
    let capital = |merchant| Capital {
        area_m2: 20 + merchant % 100,
        staff: 1 + merchant % 9,
        rent_per_m2_month: 2_000,
        wage_month: 300_000,
    };
    let merchants = 1..=options.merchants;
    let input = EpochInput {
        epoch,
        algorithm: options.algorithm,
        capital: merchants.clone().map(|merchant| (merchant, capital(merchant))).collect(),
        ..EpochInput::default()
    };
    match options.algorithm {
        Algorithm::Bizpower1 => input,
        Algorithm::Bizpower2 => EpochInput {
            parameters: parameters(),
            businesses: merchants.map(|merchant| (merchant, business(merchant))).collect(),
            ..input
        },
    }
}

/// Every trade has a clamp, every trade and region a floor.
fn parameters() -> Parameters {
    let clamp = |trade: u16| Clamp { lo: 500 + 50 * u64::from(trade), hi: 20_000 + 500 * u64::from(trade) };
    let floors = (0..TRADES).flat_map(|trade| (0..REGIONS).map(move |region| ((trade, region), 500_000)));
    Parameters {
        clamps: (0..TRADES).map(|trade| (trade, clamp(trade))).collect(),
        capital_floors: floors.collect(),
        cash_cap: Some(CASH_CAP),
    }
}

fn business(merchant: MerchantIndex) -> Business {
    // Both are remainders below a u16.
    let part = |of: MerchantIndex, count: u16| (of % u32::from(count)) as u16;
    Business { trade: part(merchant, TRADES), region: part(merchant / u32::from(TRADES), REGIONS) }
}

/// What every merchant holds.
pub fn holdings(options: &Options) -> BTreeMap<MerchantIndex, Holding> {
    let holding = |merchant| Holding {
        amount: 1_000_000_000_000 * u128::from(merchant % 1_000),
        index: HoldingIndex { bzky: merchant % 50, pos_deposit: merchant % 3 },
    };
    (1..=options.merchants).map(|merchant| (merchant, holding(merchant))).collect()
}
