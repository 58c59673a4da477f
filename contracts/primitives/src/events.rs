//! Every event of the suite: one per state change, the same types inside the
//! contracts and off chain. Frozen: a change here is a new event.
//!
//! No field is a topic. A topic costs a read and a write of chain state, and
//! everybody who follows the network reads whole blocks anyway; only the
//! event's own signature is one.
//!
//! Epochs are not carried where the block's time already says them.

use crate::{
    party::Capital,
    report::{Payout, Report},
    signature::PublicKey,
    AccountId, Balance, DeviceId, Epoch, Hash, MerchantIndex, Side, Status,
};
use alloc::vec::Vec;
#[cfg(not(feature = "ink"))]
use codec::{Decode, Encode};

/// Declares event structs: ink! events inside a contract, plain SCALE structs
/// off chain, and off chain also [`Event`], which reads any of them.
macro_rules! events {
    ($($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $field_doc:literal])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[doc = $doc])*
            #[cfg_attr(feature = "ink", ink::event)]
            #[cfg_attr(not(feature = "ink"), derive(Encode, Decode))]
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $name { $($(#[doc = $field_doc])* pub $field: $type,)* }
        )*

        /// Any event of the suite.
        #[cfg(not(feature = "ink"))]
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum Event { $($name($name),)* }

        #[cfg(not(feature = "ink"))]
        impl Event {
            /// Names of all events, in the order of their declaration.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)*];

            /// Reads the event called `name`; `None` for another name or for
            /// bytes that are not exactly one such event.
            #[must_use]
            pub fn decode(name: &str, mut data: &[u8]) -> Option<Event> {
                let event = match name {
                    $(stringify!($name) => Event::$name($name::decode(&mut data).ok()?),)*
                    _ => return None,
                };
                data.is_empty().then_some(event)
            }

            /// The event's name.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $(Event::$name(_) => stringify!($name),)* }
            }
        }
    };
}

/// One reward inside [`RewardsPaid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "ink", ink::scale_derive(Encode, Decode, TypeInfo))]
#[cfg_attr(not(feature = "ink"), derive(Encode, Decode))]
pub struct PaidReward {
    /// Merchant or customer.
    pub index: u32,
    /// The account that was paid.
    pub account: AccountId,
    /// Smallest unit of Bzky or Time.
    pub amount: Balance,
}

events! {
    /// PSP22: tokens moved. `from` is empty for a mint, `to` for a burn.
    Transfer {
        /// Payer.
        from: Option<AccountId>,
        /// Payee.
        to: Option<AccountId>,
        /// Smallest unit.
        value: Balance,
    }
    /// PSP22: an allowance was set.
    Approval {
        /// Whose tokens.
        owner: AccountId,
        /// Who may spend them.
        spender: AccountId,
        /// The allowance now.
        amount: Balance,
    }
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
    /// `receipts`: a device may record.
    DeviceRegistered {
        /// The device.
        device: DeviceId,
        /// Its shop.
        merchant: MerchantIndex,
        /// The key that signs its batches.
        key: PublicKey,
    }
    /// `receipts`: a device was stopped or started.
    DeviceStateChanged {
        /// The device.
        device: DeviceId,
        /// Whether it may record.
        active: bool,
    }
    /// `receipts`: a batch is on chain.
    BatchRecorded {
        /// The device that signed it.
        device: DeviceId,
        /// The device's shop.
        merchant: MerchantIndex,
        /// Its sequence number, without gaps from 0.
        seq: u64,
        /// Receipts that it announces.
        count: u16,
        /// Header and receipts, as signed.
        payload: Vec<u8>,
    }
    /// `receipts`: one receipt no longer counts.
    ReceiptVoided {
        /// The device that recorded it.
        device: DeviceId,
        /// The device's shop.
        merchant: MerchantIndex,
        /// Its batch.
        seq: u64,
        /// Its position in the batch.
        index: u16,
    }
    /// `pos_deposit`: Bzky locked for a device.
    DepositLocked {
        /// The device.
        device: DeviceId,
        /// Whose Bzky.
        depositor: AccountId,
        /// Smallest unit.
        amount: Balance,
    }
    /// `pos_deposit`: the platform has the device back.
    ReturnConfirmed {
        /// The device.
        device: DeviceId,
        /// When its deposit may be released, Unix milliseconds.
        releasable_ms: u64,
    }
    /// `pos_deposit`: a deposit went back.
    DepositReleased {
        /// The device.
        device: DeviceId,
        /// Whose Bzky.
        depositor: AccountId,
        /// Smallest unit.
        amount: Balance,
    }
    /// `vault`: an epoch's merchant rewards left the pool for `rewards`.
    PoolReleased {
        /// The epoch.
        epoch: Epoch,
        /// Smallest unit of Bzky.
        amount: Balance,
    }
    /// `rewards`: the committee from an epoch on.
    CommitteeChanged {
        /// First epoch that it reports.
        from_epoch: Epoch,
        /// Its members.
        members: Vec<AccountId>,
    }
    /// `rewards`: a member reported.
    ReportSubmitted {
        /// The epoch.
        epoch: Epoch,
        /// Round of reports, 0 or 1.
        round: u8,
        /// Who.
        member: AccountId,
        /// What.
        report: Report,
    }
    /// `rewards`: more than half of the committee agrees; the window runs.
    ReportPending {
        /// The epoch.
        epoch: Epoch,
        /// Round of reports, 0 or 1.
        round: u8,
        /// What they agree on.
        report: Report,
    }
    /// `rewards`: an epoch can be claimed.
    EpochFinalised {
        /// The epoch.
        epoch: Epoch,
        /// What merchants are paid.
        merchants: Payout,
        /// What customers are paid.
        customers: Payout,
    }
    /// `rewards`: an epoch pays nothing, for good.
    EpochVoided {
        /// The epoch.
        epoch: Epoch,
    }
    /// `rewards`: leaves were claimed or pushed.
    RewardsPaid {
        /// Merchant or customer.
        side: Side,
        /// The epoch.
        epoch: Epoch,
        /// Who got what; a claim that pays zero is listed too.
        rewards: Vec<PaidReward>,
    }
}
