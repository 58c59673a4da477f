//! The facts of an epoch from the indexer's rows.

use super::{EpochFacts, EpochSource, SourceError};
use crate::{
    report::Holding,
    scoring::{Algorithm, EpochInput, ReceiptId, ReceiptInput, Standing, UnknownAlgorithm},
};
use bizkey_indexer::{model, Store};
use bizkey_primitives::{calendar::stamp, party::HoldingIndex, Epoch, MerchantIndex, Side};
use std::collections::{BTreeMap, BTreeSet};

/// Reads epochs from an index.
#[derive(Clone)]
pub struct IndexSource(Store);

impl IndexSource {
    /// Reads from `store`, which an indexer keeps level with the chain.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    async fn read(&self, epoch: Epoch) -> Result<Option<EpochFacts>, ReadError> {
        let store = &self.0;
        // Blocks are stored in order: a final one of a later epoch means that
        // this one is complete and stays so.
        if store.finalized().await?.is_none_or(|checkpoint| checkpoint.stamp <= stamp(epoch)) {
            return Ok(None);
        }
        let rules = store.scoring_rules(epoch).await?;
        let algorithm = Algorithm::try_from(rules.algorithm_version)?;
        let receipts: Vec<ReceiptInput> = store.receipts_of_epoch(epoch).await?.iter().map(receipt).collect();
        let voids = store.voids_of_epoch(epoch).await?.iter().map(|void| id(&void.receipt)).collect();
        let with_receipts: BTreeSet<MerchantIndex> = receipts.iter().map(|receipt| receipt.merchant).collect();
        let mut capital = BTreeMap::new();
        for merchant in &with_receipts {
            if let Some(figures) = store.capital_at(*merchant, epoch).await? {
                capital.insert(*merchant, figures);
            }
        }
        let merchants: Vec<MerchantIndex> = with_receipts.iter().copied().collect();
        let businesses = store.businesses_in(epoch, &merchants).await?;
        let mut holdings = BTreeMap::new();
        if !with_receipts.is_empty() {
            let held = store.holdings_at(epoch).await?;
            holdings = held.iter().map(|held| (held.merchant, holding(held))).collect();
            holdings.retain(|merchant, _| with_receipts.contains(merchant));
        }
        let input = EpochInput {
            epoch,
            algorithm,
            parameters: rules.parameters,
            receipts,
            voids,
            merchants: self.standing(Side::Merchant, epoch).await?,
            capital,
            businesses,
            customers: self.standing(Side::Customer, epoch).await?,
        };
        Ok(Some(EpochFacts { input, holdings }))
    }

    async fn standing(&self, side: Side, epoch: Epoch) -> bizkey_indexer::Result<Standing> {
        Ok(Standing::new(self.0.statuses_at(side, epoch).await?.into_iter().collect()))
    }
}

#[async_trait::async_trait]
impl EpochSource for IndexSource {
    async fn closed_epoch(&self, epoch: Epoch) -> Result<Option<EpochFacts>, SourceError> {
        let failed = |error: ReadError| SourceError {
            epoch,
            is_transient: matches!(&error, ReadError::Index(error) if error.is_transient()),
            cause: error.to_string(),
        };
        self.read(epoch).await.map_err(failed)
    }
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error(transparent)]
    Index(#[from] bizkey_indexer::Error),
    #[error(transparent)]
    Algorithm(#[from] UnknownAlgorithm),
}

fn id(receipt: &model::Receipt) -> ReceiptId {
    ReceiptId { device: receipt.device, seq: receipt.seq, index: receipt.position }
}

/// The indexer names only customers that were registered when the receipt was
/// recorded, which is what the engine wants.
fn receipt(receipt: &model::Receipt) -> ReceiptInput {
    ReceiptInput {
        id: id(receipt),
        merchant: receipt.merchant,
        customer: receipt.customer,
        channel: receipt.channel,
        rail: receipt.rail,
        amount: receipt.amount,
        reference: receipt.reference,
    }
}

fn holding(held: &model::Holding) -> Holding {
    let index = HoldingIndex { bzky: held.bzky.position, pos_deposit: held.deposit.position };
    Holding { amount: held.total(), index }
}
