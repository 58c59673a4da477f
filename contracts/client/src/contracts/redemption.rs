//! `redemption`: tasks, privileges, the sale of Time.

use super::{administered, handle};
use crate::{BlockHash, Result};
use bizkey_primitives::redemption::RedemptionContracts;

handle! {
    /// `redemption`: tasks, privileges, the sale of Time.
    Redemption
}
administered!(Redemption);

impl Redemption {
    /// The contracts that it works with.
    ///
    /// # Errors
    /// None of its own.
    pub async fn contracts(&self, at: Option<BlockHash>) -> Result<RedemptionContracts> {
        self.read("contracts", &(), at).await
    }
}
