//! Setting Bzky's price on chain.

use super::{
    median::{consensus, NoPrice, Quote, Rules},
    source::{PriceSource, SourceFailure},
    sources::Sources,
    unchanged::Sightings,
};
use crate::fetch::Fetcher;
use bizkey_client::{ss58, BlockHash, ClientError, Signer, Suite};
use bizkey_primitives::redemption::{Price, RedemptionParameters, RedemptionRole};
use futures::future::join_all;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// Unix milliseconds.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What a feed is made of.
#[derive(Clone)]
pub struct FeedConfig {
    /// Where prices come from.
    pub sources: Sources,
    /// When they make a price.
    pub rules: Rules,
    /// How long the price of a source that gives no date may stand still,
    /// milliseconds.
    pub max_unchanged_ms: u64,
    /// Digits of the accounting currency's minor unit: 2 for cents.
    pub minor_digits: u8,
    /// This machine's time.
    pub clock: Clock,
}

/// What a step did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// A price is final on chain.
    Set {
        /// The price.
        quote: Quote,
        /// Its block.
        block: u32,
        /// Sources that gave none, with their reasons.
        failures: Vec<(String, SourceFailure)>,
    },
    /// The price on chain is the same and young.
    Unchanged(Quote),
}

/// Why no price was set.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The sources make no price.
    #[error("no price: {reason}{}", Failures(.failures))]
    NoPrice {
        /// Why.
        reason: NoPrice,
        /// Sources that gave none, with their reasons.
        failures: Vec<(String, SourceFailure)>,
    },
    /// The key may not set prices.
    #[error("{0} is not the price setter of `redemption`; the board names one with set_role")]
    NotPriceSetter(String),
    /// The board has not said where the price starts from.
    #[error("`redemption` has no price to start from; the board sets one with anchor_price")]
    NoAnchor,
    /// The market left the day's bounds. The sale stays closed until it comes
    /// back, or the board anchors the price anew: a price at the bound would
    /// be a false one, at which Time could be bought too cheaply.
    #[error("the price {price} is out of today's bounds, {lowest} to {highest}; if the market stays there, the board anchors the price anew")]
    OutOfBounds {
        /// The sources' price.
        price: u64,
        /// Lowest that `redemption` takes today.
        lowest: u64,
        /// Highest that it takes.
        highest: u64,
    },
    /// The chain has a price of that date or a later one, or its clock is
    /// behind; the next step may have a newer one.
    #[error("the price is dated {dated_ms}, which `redemption` does not take: it has one of {on_chain_ms}, and counts prices for {age_ms} ms")]
    BadDate {
        /// The date that the price would have.
        dated_ms: u64,
        /// The date of the price on chain.
        on_chain_ms: u64,
        /// How old a price may be.
        age_ms: u64,
    },
    /// The chain did not do what it was asked.
    #[error(transparent)]
    Client(#[from] ClientError),
}

struct Failures<'a>(&'a [(String, SourceFailure)]);

impl fmt::Display for Failures<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(source, failure)| write!(f, "; {source}: {failure}"))
    }
}

/// Asks sources and sets the price, with the price setter's key.
pub struct Feed {
    suite: Suite,
    signer: Signer,
    fetcher: Fetcher,
    config: FeedConfig,
    seen: Mutex<Sightings>,
}

impl Feed {
    /// A feed that signs with `signer`.
    #[must_use]
    pub fn new(suite: Suite, signer: Signer, fetcher: Fetcher, config: FeedConfig) -> Self {
        Self { suite, signer, fetcher, config, seen: Mutex::default() }
    }

    /// The feed with what an earlier one saw of sources that give no date.
    #[must_use]
    pub fn remembering(mut self, seen: Sightings) -> Self {
        self.seen = Mutex::new(seen);
        self
    }

    /// What was seen so far of sources that give no date.
    #[must_use]
    pub fn sightings(&self) -> Sightings {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks every source once and sets the price, if there is one and the
    /// chain's is another or grows old.
    ///
    /// # Errors
    /// [`FeedError`]. Nothing was set then.
    pub async fn step(&self) -> Result<Published, FeedError> {
        let client = self.suite.client();
        let head = client.finalized_head().await?;
        let before = self.before(head.hash).await?;
        let (quotes, failures) = self.ask().await;
        let now_ms = (self.config.clock)();
        let quote = match consensus(&quotes, now_ms, &self.config.rules) {
            Ok(quote) => quote,
            Err(reason) => return Err(FeedError::NoPrice { reason, failures }),
        };
        // The chain takes no date later than its own time.
        let block = client.block(head.hash, &self.suite.deployment().contracts).await?;
        let quote = Quote { dated_ms: quote.dated_ms.min(block.timestamp_ms), ..quote };
        let (price, parameters) = before;
        // A price that is never set again closes the sale at the end of its age.
        let age_ms = block.timestamp_ms.saturating_sub(price.dated_ms);
        let is_young = age_ms.saturating_mul(2) < parameters.price_age_ms;
        if price.dated_ms != 0 && price.price == quote.price && is_young {
            return Ok(Published::Unchanged(quote));
        }
        self.check_bounds(&price, &parameters, block.timestamp_ms, quote.price)?;
        let too_old = block.timestamp_ms.saturating_sub(quote.dated_ms) > parameters.price_age_ms;
        if quote.dated_ms <= price.dated_ms || too_old {
            let (on_chain_ms, age_ms) = (price.dated_ms, parameters.price_age_ms);
            return Err(FeedError::BadDate { dated_ms: quote.dated_ms, on_chain_ms, age_ms });
        }
        let done = self.suite.redemption().set_price(quote.price, quote.dated_ms).send(&self.signer).await?;
        Ok(Published::Set { quote, block: done.block.number, failures })
    }

    /// What the chain has, if this key may change it.
    async fn before(&self, at: BlockHash) -> Result<(Price, RedemptionParameters), FeedError> {
        let redemption = self.suite.redemption();
        let account = self.signer.account_id();
        if redemption.role(RedemptionRole::PriceSetter, Some(at)).await? != Some(account) {
            return Err(FeedError::NotPriceSetter(ss58(&account)));
        }
        let (price, parameters) = (redemption.price(Some(at)).await?, redemption.parameters(Some(at)).await?);
        if price.price == 0 {
            return Err(FeedError::NoAnchor);
        }
        Ok((price, parameters))
    }

    /// Every source's answer, all asked at once.
    async fn ask(&self) -> (Vec<Quote>, Vec<(String, SourceFailure)>) {
        let FeedConfig { sources, minor_digits, clock, max_unchanged_ms, .. } = &self.config;
        let ask = |source: &PriceSource| {
            let source = source.clone();
            async move {
                // Before it is asked, lest a slow answer look young.
                let asked_ms = clock();
                let answer = source.ask(&self.fetcher, *minor_digits, asked_ms).await;
                (source, asked_ms, answer)
            }
        };
        let answers = join_all(sources.iter().map(ask)).await;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut quotes, mut failures) = (Vec::new(), Vec::new());
        for (source, asked_ms, answer) in answers {
            let quote = answer.and_then(|answer| seen.quote(&source.authority(), answer, asked_ms, *max_unchanged_ms));
            match quote {
                Ok(quote) => quotes.push(quote),
                Err(failure) => failures.push((source.to_string(), failure)),
            }
        }
        (quotes, failures)
    }

    fn check_bounds(
        &self,
        before: &Price,
        parameters: &RedemptionParameters,
        now_ms: u64,
        price: u64,
    ) -> Result<(), FeedError> {
        let today = self.suite.deployment().calendar.stamp_at(now_ms);
        let anchor = if before.day == today { before.anchor } else { before.price };
        let (lowest, highest) = bounds(anchor, parameters.change_percent);
        if (lowest..=highest).contains(&price) {
            Ok(())
        } else {
            Err(FeedError::OutOfBounds { price, lowest, highest })
        }
    }
}

/// The prices that `redemption` takes around an anchor, both included.
fn bounds(anchor: u64, percent: u8) -> (u64, u64) {
    // Products of 64 and 8 bits.
    let times = |percent: u8| u128::from(anchor).saturating_mul(u128::from(percent));
    let narrow = |value: u128| u64::try_from(value).unwrap_or(u64::MAX);
    let lowest = times(100u8.saturating_sub(percent)).div_ceil(100);
    (narrow(lowest), narrow(times(100u8.saturating_add(percent)) / 100))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Exactly the prices that `redemption` takes: those with
        /// anchor·(100 - p) ≤ 100·price ≤ anchor·(100 + p).
        #[test]
        fn the_bounds_are_those_of_the_contract(anchor in 1u64.., percent in 1u8..=50, shift in -3i128..=3) {
            let is_within = |price: u128| {
                let (anchor, percent) = (u128::from(anchor), u128::from(percent));
                anchor * (100 - percent) <= price * 100 && price * 100 <= anchor * (100 + percent)
            };
            let (lowest, highest) = bounds(anchor, percent);
            for edge in [lowest, highest] {
                let price = i128::from(edge) + shift;
                let Ok(price) = u64::try_from(price) else { continue };
                prop_assert_eq!((lowest..=highest).contains(&price), is_within(price.into()));
            }
        }
    }
}
