//! `otc`: escrowed offers and desk quotes.

use super::{administered, handle};
use crate::{BlockHash, Result};
use bizkey_primitives::Balance;

handle! {
    /// `otc`: escrowed offers and desk quotes. Amounts in Bzky's smallest unit, 10^-12.
    Otc
}
administered!(Otc);

impl Otc {
    /// All Bzky in escrow.
    ///
    /// # Errors
    /// None of its own.
    pub async fn escrowed(&self, at: Option<BlockHash>) -> Result<Balance> {
        self.read("escrowed", &(), at).await
    }
}
