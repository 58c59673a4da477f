//! Scores of epochs.

use crate::scores::grade::Grade;
use bizkey_primitives::{bizpower::Counts, party::Status, Epoch, MerchantIndex};

/// A shop's epoch in the numbers of its score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MerchantScore {
    /// The epoch.
    pub epoch: Epoch,
    /// The shop.
    pub merchant: MerchantIndex,
    /// Orders, sales and buyers.
    pub counts: Counts,
    /// area · rent + staff · wage, minor units a month.
    pub capital: u128,
    /// BizPower, scale 10^18.
    pub score: u128,
    /// The shop's standing at the epoch's close, or now.
    pub status: Status,
    /// Its trade in that epoch, if attested.
    pub trade: Option<u16>,
    /// Its region in that epoch, if attested.
    pub region: Option<u16>,
}

/// Which shops to rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RankingFilter {
    /// Only those of this trade.
    pub trade: Option<u16>,
    /// Only those of this region.
    pub region: Option<u16>,
    /// Only those that were shown with this grade at the epoch's close.
    pub grade: Option<Grade>,
}
