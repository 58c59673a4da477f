//! `vesting`: Bzky that is released over time.

use super::handle;
use crate::{BlockHash, Call, Result};
use bizkey_primitives::{vesting::Line, AccountId, Balance};

handle! {
    /// `vesting`: Bzky that is released over time. Amounts in its smallest unit, 10^-12.
    Vesting
}

impl Vesting {
    /// Names the token and the foundation; once.
    ///
    /// Errors: `NotDeployer`, `AlreadyBound`.
    pub fn bind(&self, bzky: AccountId, foundation: AccountId) -> Call<()> {
        self.write("bind", &(bzky, foundation))
    }

    /// Pays a line's beneficiary what is due; anybody may ask. Returns how much.
    ///
    /// Errors: `NotBound`, `NothingDue`.
    pub fn release(&self, line: Line) -> Call<Balance> {
        self.write("release", &line)
    }

    /// What a line can release now.
    ///
    /// # Errors
    /// None of its own.
    pub async fn due(&self, line: Line, at: Option<BlockHash>) -> Result<Balance> {
        self.read("due", &line, at).await
    }

    /// What a line has released.
    ///
    /// # Errors
    /// None of its own.
    pub async fn released(&self, line: Line, at: Option<BlockHash>) -> Result<Balance> {
        self.read("released", &line, at).await
    }

    /// The token it holds; `None` before it is bound.
    ///
    /// # Errors
    /// None of its own.
    pub async fn bzky(&self, at: Option<BlockHash>) -> Result<Option<AccountId>> {
        self.read("bzky", &(), at).await
    }

    /// The foundation; `None` before it is bound.
    ///
    /// # Errors
    /// None of its own.
    pub async fn foundation(&self, at: Option<BlockHash>) -> Result<Option<AccountId>> {
        self.read("foundation", &(), at).await
    }
}
