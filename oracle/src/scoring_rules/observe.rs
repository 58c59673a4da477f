//! Observations of a network, from an index, or from a lake beside it.

use super::{
    figures::{EpochTotals, Observations},
    pending::{pending, Pending},
};
use crate::{
    persona::proposal::Place,
    scoring::{Parameters, Standing},
};
use bizkey_indexer::{
    lake,
    model::{Contracts, Receipt, ReceiptFilter, MAX_PAGE},
    Lake, Store,
};
use bizkey_primitives::{
    board::{EXECUTION_MS, VOTING_MS},
    ticket::REFERENCE_BYTES,
    Epoch, MerchantIndex, Side,
};
use std::collections::BTreeSet;

/// Why a network cannot be observed.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// The index cannot be read.
    #[error(transparent)]
    Index(#[from] bizkey_indexer::Error),
    /// The lake cannot be read.
    #[error("{0}; the lake must hold every epoch that is looked at")]
    Lake(#[from] lake::Error),
    /// No epoch in which there was a network is closed.
    #[error("no epoch is closed in the index: figures follow from trade, a fortnight of it at least")]
    NoEpoch,
    /// Figures hold for epochs that have not begun.
    #[error("figures cannot hold from epoch {from} on: epoch {earliest} is the first that has not begun")]
    Begun {
        /// The epoch that was asked for.
        from: Epoch,
        /// The first that has not begun.
        earliest: Epoch,
    },
}

/// A network's trade in some closed epochs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The network.
    pub place: Place,
    /// The first epoch that was looked at, not before the network's first block.
    pub first: Epoch,
    /// The last one.
    pub last: Epoch,
    /// The first epoch in which figures would hold.
    pub from_epoch: Epoch,
    /// Receipts that count, with a ticket of a known customer, at a shop whose
    /// trade is attested.
    pub receipts: u64,
    /// Shops with a receipt in these epochs.
    pub shops: u64,
    /// Those of them whose trade and region are attested. Figures rest on them
    /// alone, and reach no other.
    pub shops_with_trade: u64,
    /// What was seen at them.
    pub observations: Observations,
    /// What is set for `from_epoch` so far.
    pub set: Parameters,
    /// What resolutions would set that can still be carried out.
    pub pending: Vec<Pending>,
}

/// Observes the last `epochs` closed epochs of an index, or all since the one of
/// the network's first block where these are fewer, for figures that hold from
/// `from_epoch` on; unless given, the first epoch that begins after a
/// resolution of today has been voted on and its time to be carried out is
/// over. Receipts are read from the lake if there is one, everything else from
/// the index. `progress` is told each epoch and the first and last one.
///
/// What bizpower-2 would clamp is counted: totals of receipts with a ticket of a
/// known customer, that are not voided in their own epoch, at shops in good
/// standing. Of a ticket that is recorded again every receipt counts here, but
/// only the first one in a score: to know them would take memory for every
/// receipt of eight epochs, and whoever would move a median so can as well
/// invent tickets. A shop's trade, region and capital are those that it has in
/// `from_epoch`, for by these the figures will reach it.
///
/// Holds one epoch's totals of customers at a time, one page or part of
/// receipts, and of the epochs before only how often each total was seen.
///
/// # Errors
/// [`ObserveError`].
pub async fn observe(
    store: &Store,
    lake: Option<&Lake>,
    epochs: u32,
    from_epoch: Option<Epoch>,
    mut progress: impl FnMut(Epoch, Epoch, Epoch),
) -> Result<Observed, ObserveError> {
    let (Some(finalized), Some(head)) = (store.finalized().await?, store.checkpoint().await?) else {
        return Err(ObserveError::NoEpoch);
    };
    // A stamp is its epoch plus one: the epoch before that one is closed.
    let last = finalized.stamp.checked_sub(2).ok_or(ObserveError::NoEpoch)?;
    // Where its writer begins the lake: nobody traded before the first block, so
    // earlier epochs are no days of trade either.
    let begun = store.blocks_after(0, 1).await?.first().map_or(0, |block| block.checkpoint.stamp.saturating_sub(1));
    if last < begun {
        return Err(ObserveError::NoEpoch);
    }
    let first = last.saturating_sub(epochs.saturating_sub(1)).max(begun);
    let network = store.network();
    // A stamp is also the number of the next epoch.
    let earliest = head.stamp;
    let decided_ms = head.timestamp_ms.saturating_add(VOTING_MS).saturating_add(EXECUTION_MS);
    let from_epoch = from_epoch.unwrap_or_else(|| network.calendar.stamp_at(decided_ms));
    if from_epoch < earliest {
        return Err(ObserveError::Begun { from: from_epoch, earliest });
    }
    let mut traded = BTreeSet::new();
    for epoch in first..=last {
        traded.extend(store.merchants_with_receipts(epoch).await?);
    }
    let traded: Vec<MerchantIndex> = traded.into_iter().collect();
    let businesses = store.businesses_in(from_epoch, &traded).await?;
    let mut observed = Observed {
        place: place(store),
        first,
        last,
        from_epoch,
        receipts: 0,
        shops: traded.len() as u64,
        shops_with_trade: businesses.len() as u64,
        observations: Observations::default(),
        set: store.scoring_rules(from_epoch).await?.parameters,
        pending: pending(store, head.timestamp_ms, earliest).await?,
    };
    let mut standing = Standing::default();
    for epoch in first..=last {
        standing = Standing::new(store.statuses_at(Side::Merchant, epoch).await?.into_iter().collect());
        let mut totals = EpochTotals::default();
        let mut add = |receipts: &[Receipt]| {
            for receipt in receipts.iter().filter(|receipt| receipt.counts() && is_ticketed(receipt)) {
                let is_seen = standing.is_rewarded(receipt.merchant) && businesses.contains_key(&receipt.merchant);
                if let Some(customer) = receipt.customer.filter(|_| is_seen) {
                    totals.add(receipt.merchant, customer, receipt.channel, receipt.amount);
                    observed.receipts = observed.receipts.saturating_add(1);
                }
            }
        };
        match lake {
            Some(lake) => {
                for part in &lake.read_manifest(epoch).await?.receipts.parts {
                    add(&lake.receipts(part).await?);
                }
            }
            None => {
                let (filter, mut after) = (ReceiptFilter { epoch: Some(epoch), ..ReceiptFilter::default() }, 0);
                loop {
                    let page = store.receipts(filter, after, MAX_PAGE).await?;
                    let Some(newest) = page.last() else { break };
                    after = newest.id;
                    add(&page);
                }
            }
        }
        observed.observations.add_epoch(totals, |merchant| businesses.get(&merchant).map(|business| business.trade));
        progress(epoch, first, last);
    }
    // Of the last epoch: who is out of the network by now sets no floor.
    for (merchant, capital) in store.capitals_in(from_epoch, &traded).await? {
        if let Some(business) = businesses.get(&merchant).filter(|_| standing.is_rewarded(merchant)) {
            observed.observations.add_shop(*business, &capital);
        }
    }
    Ok(observed)
}

fn is_ticketed(receipt: &Receipt) -> bool {
    receipt.reference != [0; REFERENCE_BYTES]
}

fn place(store: &Store) -> Place {
    let network = store.network();
    let Contracts { registry, foundation, rewards, .. } = network.contracts;
    Place { genesis: network.genesis_hash.into(), registry, foundation, rewards }
}
