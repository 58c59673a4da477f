//! A window of a network from an indexer's rows and the lake's files.

use super::{Known, ObserveError, Observed};
use crate::{
    persona::{
        features::Window,
        proposal::{Bearing, Place},
        Facts, Sale,
    },
    scoring::ReceiptId,
};
use bizkey_indexer::{
    lake,
    model::{self, Receipt, MAX_PAGE},
    Lake, Store,
};
use bizkey_primitives::{Epoch, Side};

/// Why rows cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    /// The index cannot be read.
    #[error(transparent)]
    Index(#[from] bizkey_indexer::Error),
    /// The lake cannot be read.
    #[error("{0}; the lake must hold every epoch that is looked at")]
    Lake(#[from] lake::Error),
    /// There is no such window.
    #[error(transparent)]
    Observe(#[from] ObserveError),
}

/// Looks at a network through an index, and reads receipts from the lake if
/// there is one: a database has other things to do. The window ends with the
/// epoch `through`, or with the last closed one. `progress` is told each epoch.
///
/// # Errors
/// [`TablesError`].
pub async fn from_index(
    store: &Store,
    lake: Option<&Lake>,
    through: Option<Epoch>,
    mut progress: impl FnMut(Epoch, Window),
) -> Result<Observed, TablesError> {
    let finalized = store.finalized().await?;
    let (block, now) = finalized.map_or((0, 0), |checkpoint| (checkpoint.number, checkpoint.stamp));
    let closed = now.checked_sub(2).ok_or(ObserveError::NoEpoch(block))?;
    let last = through.unwrap_or(closed);
    if last > closed {
        return Err(ObserveError::Open { asked: last, last: closed }.into());
    }
    let window = Window::ending(last);
    let sales = sales_between(store, lake, window, |epoch| progress(epoch, window)).await?;
    let network = store.network();
    let model::Contracts { registry, foundation, rewards, .. } = network.contracts;
    let place = Place { genesis: network.genesis_hash.into(), registry, foundation, rewards };
    let mut facts = Facts::new(network.calendar);
    let mut after = 0;
    loop {
        let page = store.parties_after(Side::Customer, after, MAX_PAGE).await?;
        let Some(newest) = page.last() else { break };
        after = newest.index;
        // Who came before genesis is no newcomer of any epoch.
        let joined = page.iter().filter_map(|party| Some((party.index, party.stamp.checked_sub(1)?)));
        facts.joined.extend(joined);
    }
    Ok(Observed { place, window, sales, facts })
}

/// The valid receipts of known customers in a window of closed epochs, from the
/// lake if there is one. `progress` is told each epoch.
///
/// # Errors
/// Those of the database and the lake.
pub async fn sales_between(
    store: &Store,
    lake: Option<&Lake>,
    window: Window,
    mut progress: impl FnMut(Epoch),
) -> Result<Vec<Sale>, TablesError> {
    let mut sales = Vec::new();
    for epoch in window.first..=window.last {
        match lake {
            Some(lake) => {
                for part in &lake.read_manifest(epoch).await?.receipts.parts {
                    sales.extend(lake.receipts(part).await?.iter().filter_map(sale));
                }
            }
            None => sales.extend(store.receipts_of_epoch(epoch).await?.iter().filter_map(sale)),
        }
        progress(epoch);
    }
    Ok(sales)
}

/// What the index knows of a party, with its pay from an epoch on.
///
/// # Errors
/// Those of the database.
pub async fn known(store: &Store, side: Side, index: u32, first_epoch: Epoch) -> Result<Known, TablesError> {
    let changes = store.status_history(side, index).await?;
    let bearing =
        changes.last().map(|change| Bearing { status: change.status, since: Some(change.stamp.saturating_sub(1)) });
    let mut known = Known {
        bearing: bearing.unwrap_or_default(),
        commitment: store.party(side, index).await?.map(|party| party.commitment),
        ..Known::default()
    };
    let mut from = Some(first_epoch);
    while let Some(first) = from {
        let page = store.rewards_of(side, index, first, MAX_PAGE).await?;
        from = page.last().and_then(|reward| reward.epoch.checked_add(1));
        let paid = page.iter().filter(|reward| reward.amount > 0);
        known.paid.extend(paid.map(|reward| (reward.epoch, reward.amount)));
    }
    let mut from = (side == Side::Merchant).then_some(first_epoch);
    while let Some(first) = from {
        let page = store.deferred_rewards_of(index, first, MAX_PAGE).await?;
        from = page.last().and_then(|reward| reward.epoch.checked_add(1));
        for reward in page.iter().filter(|reward| reward.paid > 0) {
            let paid = known.paid.entry(reward.epoch).or_default();
            // The supply bounds it.
            *paid = paid.saturating_add(reward.paid);
        }
    }
    Ok(known)
}

/// The row of a receipt that counts, of a known customer.
fn sale(receipt: &Receipt) -> Option<Sale> {
    let Receipt { device, seq, position, merchant, amount, at_ms, epoch, .. } = *receipt;
    let customer = receipt.customer.filter(|_| receipt.counts())?;
    let id = ReceiptId { device, seq, index: position };
    Some(Sale { id, merchant, customer, amount, at_ms, epoch })
}
