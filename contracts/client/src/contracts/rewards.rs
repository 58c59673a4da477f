//! `rewards`: epoch reports and claims.

use super::{administered, handle};
use crate::{BlockHash, Call, Result};
use bizkey_primitives::{
    party::{Contracts, HoldingIndex, PushedLeaf},
    report::{Bond, EpochRecord, Report},
    tree::{Leaf, ProofStep},
    AccountId, Balance, Calendar, Epoch, Hash, MerchantIndex, Side,
};

handle! {
    /// `rewards`: epoch reports and claims (architecture.md, Rewards).
    Rewards
}
administered!(Rewards);

impl Rewards {
    /// Reports a closed epoch; by a member of its committee.
    ///
    /// Errors: `NotMember`, `EpochNotClosed`, `ReportsClosed`,
    /// `InconsistentReport`, `AlreadyReported`.
    pub fn report(&self, epoch: Epoch, report: &Report) -> Call<()> {
        self.write("report", &(epoch, report))
    }

    /// Makes a pending epoch final after its window; anybody may.
    ///
    /// Errors: `NotPending`, `WindowOpen`, `EarlierEpochOpen`, `Overflow`, `CalleeFailed`.
    pub fn finalise(&self, epoch: Epoch) -> Call<()> {
        self.write("finalise", &epoch)
    }

    /// Voids an epoch without a majority 7 epochs after its end; anybody may.
    ///
    /// Errors: `ReportsClosed`, `NotOverdue`, `EarlierEpochOpen`.
    pub fn void_overdue(&self, epoch: Epoch) -> Call<()> {
        self.write("void_overdue", &epoch)
    }

    /// Pays one leaf to the present account of its party; anybody may.
    /// Returns what was paid, smallest unit.
    ///
    /// Errors: `NotFinal`, `BadProof`, `AlreadyClaimed`, `UnknownParty`,
    /// `NotPayable`, `WrongCheckpoint`, `OverReservation`, `Overflow`, `CalleeFailed`.
    pub fn claim(
        &self,
        side: Side,
        epoch: Epoch,
        leaf: Leaf,
        holdings: HoldingIndex,
        proof: &[ProofStep],
    ) -> Call<Balance> {
        self.write("claim", &(side, epoch, leaf, holdings, proof))
    }

    /// Pays an aligned subtree of up to 128 leaves; anybody may. Leaves that
    /// cannot be paid are skipped. Returns how many were paid.
    ///
    /// Errors: `NotFinal`, `BadSubtree`, `BadProof`, `OverReservation`,
    /// `Overflow`, `CalleeFailed`.
    pub fn push(&self, side: Side, epoch: Epoch, leaves: &[PushedLeaf], proof: &[ProofStep]) -> Call<u32> {
        self.write("push", &(side, epoch, leaves, proof))
    }

    /// Pays what is deferred of a merchant's reward: all of it once the epoch's
    /// receipts cannot be demanded any more, before that what its deposit can
    /// be pledged for; anybody may. Returns what was paid, smallest unit.
    ///
    /// Errors: `Paused`, `NotFinal`, `ClaimsExpired`, `NothingDeferred`,
    /// `UnknownParty`, `NotPayable`, `StillDeferred`, `CalleeFailed`.
    pub fn claim_deferred(&self, epoch: Epoch, merchant: MerchantIndex) -> Call<Balance> {
        self.write("claim_deferred", &(epoch, merchant))
    }

    /// Has an algorithm score the epochs from a coming one on; what was set for
    /// that epoch or a later one is dropped; by the admin.
    ///
    /// Errors: `NotAdmin`, `EpochBegun`, `TooManyVersions`.
    pub fn set_algorithm(&self, from_epoch: Epoch, version: u16) -> Call<()> {
        self.write("set_algorithm", &(from_epoch, version))
    }

    /// All that is kept of an epoch; `None` before its first majority.
    ///
    /// # Errors
    /// None of its own.
    pub async fn epoch(&self, epoch: Epoch, at: Option<BlockHash>) -> Result<Option<EpochRecord>> {
        self.read("epoch", &epoch, at).await
    }

    /// The first epoch that is not settled.
    ///
    /// # Errors
    /// None of its own.
    pub async fn next_epoch(&self, at: Option<BlockHash>) -> Result<Epoch> {
        self.read("next_epoch", &(), at).await
    }

    /// The committee of an epoch.
    ///
    /// # Errors
    /// None of its own.
    pub async fn committee_at(&self, epoch: Epoch, at: Option<BlockHash>) -> Result<Vec<AccountId>> {
        self.read("committee_at", &epoch, at).await
    }

    /// The version of the algorithm that scores an epoch.
    ///
    /// # Errors
    /// None of its own.
    pub async fn algorithm_at(&self, epoch: Epoch, at: Option<BlockHash>) -> Result<u16> {
        self.read("algorithm_at", &epoch, at).await
    }

    /// What of a merchant's reward for an epoch was claimed and is not paid
    /// yet, smallest unit of Bzky.
    ///
    /// # Errors
    /// None of its own.
    pub async fn deferred_of(&self, epoch: Epoch, merchant: MerchantIndex, at: Option<BlockHash>) -> Result<Balance> {
        self.read("deferred_of", &(epoch, merchant), at).await
    }

    /// Hash of a member's report of an epoch and round.
    ///
    /// # Errors
    /// None of its own.
    pub async fn vote_of(
        &self,
        epoch: Epoch,
        round: u8,
        member: AccountId,
        at: Option<BlockHash>,
    ) -> Result<Option<Hash>> {
        self.read("vote_of", &(epoch, round, member), at).await
    }

    /// What an account has at stake for its reports.
    ///
    /// # Errors
    /// None of its own.
    pub async fn bond_of(&self, member: AccountId, at: Option<BlockHash>) -> Result<Bond> {
        self.read("bond_of", &member, at).await
    }

    /// Time reserved for customers so far, smallest unit.
    ///
    /// # Errors
    /// None of its own.
    pub async fn customer_reserved(&self, at: Option<BlockHash>) -> Result<Balance> {
        self.read("customer_reserved", &(), at).await
    }

    /// Whether the leaf at a position was claimed or pushed.
    ///
    /// # Errors
    /// None of its own.
    pub async fn is_claimed(&self, side: Side, epoch: Epoch, position: u32, at: Option<BlockHash>) -> Result<bool> {
        self.read("is_claimed", &(side, epoch, position), at).await
    }

    /// [`Rewards::is_claimed`] of positions 128 · `word` to 128 · `word` + 127, lowest bit first.
    ///
    /// # Errors
    /// None of its own.
    pub async fn claimed_words(&self, side: Side, epoch: Epoch, word: u32, at: Option<BlockHash>) -> Result<u128> {
        self.read("claimed_words", &(side, epoch, word), at).await
    }

    /// The contracts that `rewards` works with.
    ///
    /// # Errors
    /// None of its own.
    pub async fn contracts(&self, at: Option<BlockHash>) -> Result<Contracts> {
        self.read("contracts", &(), at).await
    }

    /// When epochs start.
    ///
    /// # Errors
    /// None of its own.
    pub async fn calendar(&self, at: Option<BlockHash>) -> Result<Calendar> {
        self.read("calendar", &(), at).await
    }

    /// The challenge window, milliseconds.
    ///
    /// # Errors
    /// None of its own.
    pub async fn window_ms(&self, at: Option<BlockHash>) -> Result<u64> {
        self.read("window_ms", &(), at).await
    }
}
