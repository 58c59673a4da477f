//! Events of `registry`.

use super::event_structs;
use crate::{
    membership::{Business, Clamp},
    party::Capital,
    AccountId, Epoch, Hash, MerchantIndex, Side, Status,
};

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
    /// `registry`: the deployer handed it over.
    RegistryHandedOver {
        /// Who governs it from now on, for good.
        admin: AccountId,
    }
    /// `registry`: it runs other code from the next call on.
    RegistryCodeChanged {
        /// Hash of the code.
        code_hash: Hash,
    }
    /// `registry`: its code is final.
    RegistryOssified {}
    /// `registry`: an agent joined.
    AgentRegistered {
        /// Its number.
        agent: u32,
        /// Its account.
        account: AccountId,
        /// Commitment to its identity papers.
        commitment: Hash,
    }
    /// `registry`: an agent was removed, or taken back.
    AgentStatusChanged {
        /// Its number.
        agent: u32,
        /// Whether it may lock deposits from now on.
        active: bool,
        /// Hash of the reason given.
        reason: Hash,
    }
    /// `registry`: an agent has another account.
    AgentMoved {
        /// Its number.
        agent: u32,
        /// The account before.
        before: AccountId,
        /// The account now.
        account: AccountId,
    }
    /// `registry`: one of two attestors stated a shop's trade and region.
    BusinessProposed {
        /// The shop.
        merchant: MerchantIndex,
        /// Who stated it.
        attestor: AccountId,
        /// What was stated.
        business: Business,
    }
    /// `registry`: a second attestor agreed; trade and region hold from an epoch on.
    BusinessAttested {
        /// The shop.
        merchant: MerchantIndex,
        /// Trade and region.
        business: Business,
        /// First epoch scored by them.
        from_epoch: Epoch,
    }
    /// `registry`: a party appealed the last change of its status.
    AppealFiled {
        /// Merchant or customer.
        side: Side,
        /// Its index.
        index: u32,
        /// Hash of what it states.
        statement: Hash,
    }
    /// `registry`: an appeal was decided. If granted, a `StatusChanged` follows.
    AppealDecided {
        /// Merchant or customer.
        side: Side,
        /// Its index.
        index: u32,
        /// Whether the status before is restored.
        granted: bool,
        /// Hash of the reason given.
        reason: Hash,
    }
    /// `registry`: a party wants another account; its own one withdraws.
    AccountProposed {
        /// Merchant or customer.
        side: Side,
        /// Its index.
        index: u32,
        /// The new account, which has to accept.
        account: AccountId,
    }
    /// `registry`: a party has another account, by its own will or by recovery.
    AccountChanged {
        /// Merchant or customer.
        side: Side,
        /// Its index.
        index: u32,
        /// The account before.
        before: AccountId,
        /// The account now.
        account: AccountId,
    }
    /// `registry`: an attestor says that a party lost its account.
    RecoveryProposed {
        /// Merchant or customer.
        side: Side,
        /// Its index.
        index: u32,
        /// Who says so.
        attestor: AccountId,
        /// The account that is to take over.
        account: AccountId,
    }
    /// `registry`: a second attestor supports a recovery; its delay begins.
    RecoverySupported {
        /// Merchant or customer.
        side: Side,
        /// Its index.
        index: u32,
        /// Who supports it.
        attestor: AccountId,
        /// The account that is to take over.
        account: AccountId,
        /// When it may be finished, Unix milliseconds.
        ready_ms: u64,
    }
    /// `registry`: the account that is to take over agreed.
    RecoveryConsented {
        /// Merchant or customer.
        side: Side,
        /// Its index.
        index: u32,
        /// The account.
        account: AccountId,
    }
    /// `registry`: the board confirmed a recovery; the old account cannot cancel it.
    RecoveryConfirmed {
        /// Merchant or customer.
        side: Side,
        /// Its index.
        index: u32,
        /// The account that is to take over.
        account: AccountId,
    }
    /// `registry`: a recovery is off.
    RecoveryCancelled {
        /// Merchant or customer.
        side: Side,
        /// Its index.
        index: u32,
        /// The account that was to take over.
        account: AccountId,
    }
    /// `registry`: the board set a trade's clamp.
    ClampSet {
        /// The trade.
        trade: u16,
        /// Its clamp.
        clamp: Clamp,
        /// First epoch scored by it.
        from_epoch: Epoch,
    }
    /// `registry`: the board set the least capital of a trade in a region.
    CapitalFloorSet {
        /// The trade and the region.
        business: Business,
        /// Minor units a month.
        floor: u128,
        /// First epoch scored by it.
        from_epoch: Epoch,
    }
    /// `registry`: the board set how much of a customer's cash and external
    /// payments counts a day.
    CashCapSet {
        /// Minor units a customer and epoch.
        cap: u64,
        /// First epoch to which it applies.
        from_epoch: Epoch,
    }
}
