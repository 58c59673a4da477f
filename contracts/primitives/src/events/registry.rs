//! Events of `registry`.

use super::event_structs;
use crate::{party::Capital, AccountId, Epoch, Hash, MerchantIndex, Side, Status};

event_structs! {
    /// `registry`: somebody became, or ceased to be, an attestor.
    AttestorChanged {
        /// The attestor.
        attestor: AccountId,
        /// Whether it attests from now on.
        active: bool,
    }
    /// `registry`: a merchant or customer joined.
    PartyRegistered {
        /// Merchant or customer.
        side: Side,
        /// Its index.
        index: u32,
        /// Its account.
        account: AccountId,
        /// Commitment to its identity papers.
        commitment: Hash,
    }
    /// `registry`: one of two attestors stated a shop's capital.
    CapitalProposed {
        /// The shop.
        merchant: MerchantIndex,
        /// Who stated it.
        attestor: AccountId,
        /// What was stated.
        capital: Capital,
    }
    /// `registry`: a second attestor agreed; the figures hold from an epoch on.
    CapitalAttested {
        /// The shop.
        merchant: MerchantIndex,
        /// The figures.
        capital: Capital,
        /// First epoch scored by them.
        from_epoch: Epoch,
    }
    /// `registry`: a standing changed.
    StatusChanged {
        /// Merchant or customer.
        side: Side,
        /// Its index.
        index: u32,
        /// The standing now.
        status: Status,
        /// Hash of the reason given.
        reason: Hash,
    }
    /// `registry`: claims and deposit release are stopped for a while.
    HoldPlaced {
        /// Merchant or customer.
        side: Side,
        /// Its index.
        index: u32,
        /// When it ends by itself, Unix milliseconds.
        until_ms: u64,
        /// Hash of the reason given.
        reason: Hash,
    }
}
