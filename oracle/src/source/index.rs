//! The facts of an epoch from the indexer's rows.

use super::{EpochFacts, EpochSource, SourceError};
use crate::{
    report::Holding,
    scoring::{Algorithm, EpochInput, ReceiptId, ReceiptInput, Standing, UnknownAlgorithm},
};
use bizkey_indexer::{
    model::{self, MAX_PAGE},
    Store,
};
use bizkey_primitives::{calendar::stamp, party::HoldingIndex, Epoch, MerchantIndex, Side};
use std::collections::BTreeMap;

/// Reads epochs from an index.
#[derive(Clone)]
pub struct IndexSource(Store);

impl IndexSource {
    /// Reads from `store`, which an indexer keeps level with the chain.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    /// As [`EpochSource::closed_epoch`], but without receipts and voids, of which
    /// not one is read: the rest is a few rows for each shop that sells and each
    /// party that is marked. It is for [`crate::lake::LakeEngine`], which has the
    /// receipts from the lake; to [`crate::scoring::Engine`], nothing was sold.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn closed_epoch_without_receipts(&self, epoch: Epoch) -> Result<Option<EpochFacts>, SourceError> {
        self.facts(epoch).await.map_err(|error| error.of(epoch))
    }

    /// The epoch of the first block that is indexed: nothing was recorded before
    /// it. `None` before there is a block. `epoch` is the one that is asked for.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn first_epoch(&self, epoch: Epoch) -> Result<Option<Epoch>, SourceError> {
        let first = self.0.blocks_after(0, 1).await.map_err(|error| ReadError::from(error).of(epoch))?;
        Ok(first.first().map(|block| block.checkpoint.stamp.saturating_sub(1)))
    }

    /// The facts but for receipts and voids.
    async fn facts(&self, epoch: Epoch) -> Result<Option<EpochFacts>, ReadError> {
        let store = &self.0;
        // Blocks are stored in order: a final one of a later epoch means that
        // this one is complete and stays so.
        if store.finalized().await?.is_none_or(|checkpoint| checkpoint.stamp <= stamp(epoch)) {
            return Ok(None);
        }
        let rules = store.scoring_rules(epoch).await?;
        let with_receipts = store.merchants_with_receipts(epoch).await?;
        let input = EpochInput {
            epoch,
            algorithm: Algorithm::try_from(rules.algorithm_version)?,
            parameters: rules.parameters,
            receipts: Vec::new(),
            voids: Vec::new(),
            merchants: self.standing(Side::Merchant, epoch).await?,
            capital: store.capitals_in(epoch, &with_receipts).await?,
            businesses: store.businesses_in(epoch, &with_receipts).await?,
            customers: self.standing(Side::Customer, epoch).await?,
        };
        let holdings = self.holdings(epoch, &with_receipts).await?;
        Ok(Some(EpochFacts { input, holdings }))
    }

    /// The facts with receipts and voids.
    async fn all_facts(&self, epoch: Epoch) -> Result<Option<EpochFacts>, ReadError> {
        let Some(mut facts) = self.facts(epoch).await? else { return Ok(None) };
        facts.input.receipts = self.0.receipts_of_epoch(epoch).await?.iter().map(receipt).collect();
        facts.input.voids = self.0.voids_of_epoch(epoch).await?.iter().map(|void| id(&void.receipt)).collect();
        Ok(Some(facts))
    }

    /// What these merchants, ascending by index, held in an epoch.
    async fn holdings(
        &self,
        epoch: Epoch,
        merchants: &[MerchantIndex],
    ) -> bizkey_indexer::Result<BTreeMap<MerchantIndex, Holding>> {
        let (mut holdings, mut after) = (BTreeMap::new(), 0);
        while merchants.last().is_some_and(|last| after < *last) {
            let page = self.0.holdings_after(epoch, after, MAX_PAGE).await?;
            let Some(end) = page.last() else { break };
            after = end.merchant;
            let wanted = page.iter().filter(|held| merchants.binary_search(&held.merchant).is_ok());
            holdings.extend(wanted.map(|held| (held.merchant, holding(held))));
        }
        Ok(holdings)
    }

    async fn standing(&self, side: Side, epoch: Epoch) -> bizkey_indexer::Result<Standing> {
        Ok(Standing::new(self.0.statuses_at(side, epoch).await?.into_iter().collect()))
    }
}

#[async_trait::async_trait]
impl EpochSource for IndexSource {
    async fn closed_epoch(&self, epoch: Epoch) -> Result<Option<EpochFacts>, SourceError> {
        self.all_facts(epoch).await.map_err(|error| error.of(epoch))
    }
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error(transparent)]
    Index(#[from] bizkey_indexer::Error),
    #[error(transparent)]
    Algorithm(#[from] UnknownAlgorithm),
}

impl ReadError {
    fn of(self, epoch: Epoch) -> SourceError {
        let is_transient = matches!(&self, Self::Index(error) if error.is_transient());
        SourceError { epoch, cause: self.to_string(), is_transient }
    }
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
