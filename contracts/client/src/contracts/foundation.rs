//! `foundation`: the board, its resolutions and its chief executive.

use super::handle;
use crate::{BlockHash, Call, Result};
use bizkey_primitives::{
    board::{Director, Motion, Power, Resolution, ResolutionId},
    AccountId,
};

handle! {
    /// `foundation`: the board, its resolutions and its chief executive.
    Foundation
}

impl Foundation {
    /// Names the contracts that a pause stops; once.
    ///
    /// Errors: `NotDeployer`, `AlreadyBound`.
    pub fn bind(&self, pausable: &[AccountId]) -> Call<()> {
        self.write("bind", &pausable)
    }

    /// Proposes a resolution; by a director. Returns its number.
    ///
    /// Errors: `NotDirector` and those of the motion.
    pub fn propose(&self, motion: &Motion) -> Call<ResolutionId> {
        self.write("propose", motion)
    }

    /// Votes by name; by a director.
    ///
    /// Errors: see the contract.
    pub fn vote(&self, resolution: ResolutionId, in_favour: bool) -> Call<()> {
        self.write("vote", &(resolution, in_favour))
    }

    /// Carries out a resolution that passed; by anybody.
    ///
    /// Errors: see the contract.
    pub fn enact(&self, resolution: ResolutionId) -> Call<()> {
        self.write("enact", &resolution)
    }

    /// Calls a message that the chief executive was given power over; by the chief executive.
    ///
    /// Errors: see the contract.
    pub fn execute(&self, target: AccountId, input: &[u8]) -> Call<()> {
        self.write("execute", &(target, input))
    }

    /// The directors in office.
    ///
    /// # Errors
    /// None of its own.
    pub async fn directors(&self, at: Option<BlockHash>) -> Result<Vec<Director>> {
        self.read("directors", &(), at).await
    }

    /// A resolution.
    ///
    /// # Errors
    /// None of its own.
    pub async fn resolution(&self, resolution: ResolutionId, at: Option<BlockHash>) -> Result<Option<Resolution>> {
        self.read("resolution", &resolution, at).await
    }

    /// Who runs daily operation.
    ///
    /// # Errors
    /// None of its own.
    pub async fn chief_executive(&self, at: Option<BlockHash>) -> Result<Option<AccountId>> {
        self.read("chief_executive", &(), at).await
    }

    /// What the chief executive may call.
    ///
    /// # Errors
    /// None of its own.
    pub async fn powers(&self, at: Option<BlockHash>) -> Result<Vec<Power>> {
        self.read("powers", &(), at).await
    }

    /// Whether the contracts that a pause stops have been named.
    ///
    /// # Errors
    /// None of its own.
    pub async fn is_bound(&self, at: Option<BlockHash>) -> Result<bool> {
        self.read("is_bound", &(), at).await
    }
}
