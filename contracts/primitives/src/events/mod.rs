//! Every event of the suite: one per state change, the same types inside the
//! contracts and off chain. Frozen: a change here is a new event.
//!
//! No field is a topic. A topic costs a read and a write of chain state, and
//! everybody who follows the network reads whole blocks anyway; only the
//! event's own signature is one, and [`BatchRecorded`] goes without that too.
//!
//! Epochs are not carried where the block's time already says them.

mod foundation;
mod otc;
mod pos_deposit;
mod receipts;
mod redemption;
mod registry;
mod rewards;
mod tokens;
mod vault;
mod vesting;

pub use foundation::*;
pub use otc::*;
pub use pos_deposit::*;
pub use receipts::*;
pub use redemption::*;
pub use registry::*;
pub use rewards::*;
pub use tokens::*;
pub use vault::*;
pub use vesting::*;

#[cfg(not(feature = "ink"))]
use codec::Decode;

/// Declares event structs: ink! events inside a contract, plain SCALE structs
/// off chain.
macro_rules! event_structs {
    ($($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $field_doc:literal])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[doc = $doc])*
            #[cfg_attr(feature = "ink", ink::event)]
            #[cfg_attr(not(feature = "ink"), derive(codec::Encode, codec::Decode))]
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $name { $($(#[doc = $field_doc])* pub $field: $type,)* }
        )*
    };
}
use event_structs;

/// Declares [`Event`], which off chain holds and reads any of the events.
macro_rules! event_enum {
    ($($name:ident,)*) => {
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

event_enum! {
    Transfer,
    Approval,
    AttestorChanged,
    PartyRegistered,
    CapitalProposed,
    CapitalAttested,
    StatusChanged,
    HoldPlaced,
    DeviceRegistered,
    DeviceStateChanged,
    BatchRecorded,
    ReceiptVoided,
    DepositLocked,
    ReturnConfirmed,
    DepositReleased,
    PoolReleased,
    CommitteeChanged,
    ReportSubmitted,
    ReportPending,
    EpochFinalised,
    EpochVoided,
    RewardsPaid,
    RegistryHandedOver,
    RegistryCodeChanged,
    RegistryOssified,
    AgentRegistered,
    AgentStatusChanged,
    AgentMoved,
    BusinessProposed,
    BusinessAttested,
    AppealFiled,
    AppealDecided,
    AccountProposed,
    AccountChanged,
    RecoveryProposed,
    RecoverySupported,
    RecoveryConsented,
    RecoveryConfirmed,
    RecoveryCancelled,
    ClampSet,
    CapitalFloorSet,
    CashCapSet,
    DirectorSeated,
    DirectorLeft,
    ChairChanged,
    ChiefExecutiveChanged,
    SuccessorNamed,
    SeatClaimed,
    SeatTaken,
    ResolutionProposed,
    VoteCast,
    ResolutionPassed,
    MajorityLost,
    ResolutionFailed,
    ResolutionCancelled,
    ResolutionEnacted,
    OssificationAnnounced,
    OssificationWithdrawn,
    FoundationCodeChanged,
    FoundationOssified,
    PowerGranted,
    PowerRevoked,
    PowerUsed,
    PausePowerChanged,
    NetworkPaused,
    PausableChanged,
    IncomeBooked,
    SharesChanged,
    SpendingLimitChanged,
    BudgetPaid,
    FundsMoved,
    TimeMinted,
    TimePaused,
    RedemptionHandedOver,
    RedemptionCodeChanged,
    RedemptionOssified,
    RedemptionPaused,
    RedemptionRoleSet,
    RedemptionParametersSet,
    BzkyPriceAnchored,
    BzkyPriceSet,
    TaskCreated,
    TaskRestocked,
    TaskFulfilled,
    TaskClosed,
    PrivilegeCreated,
    PrivilegeChanged,
    PrivilegeClosed,
    TimeCollected,
    CollectionRefunded,
    CollectionSettled,
    TimeSold,
    FiatSaleBooked,
    FiatSaleReleased,
    FiatSaleChargedBack,
    RewardsHandedOver,
    RewardsCodeChanged,
    RewardsOssified,
    RewardsPaused,
    AlgorithmSet,
    BondsSet,
    BondChanged,
    BondSlashed,
    ReportDisputed,
    DisputeDecided,
    ReportStruck,
    EpochReserved,
    ClaimsExpired,
    RewardDeferred,
    DeferredRewardPaid,
    DebtBooked,
    DebtPaid,
    VestingReleased,
    ListingDateSet,
    VestingBeneficiaryProposed,
    VestingBeneficiaryChanged,
    OtcOfferOpened,
    OtcOfferClosed,
    OtcDeskChanged,
    OtcDeskFunded,
    OtcDeskWithdrew,
    OtcQuoteRevoked,
    OtcReserved,
    OtcPaymentDeclared,
    OtcDisputed,
    OtcSettled,
    OtcHandedOver,
    OtcCodeChanged,
    OtcOssified,
    DeviceRetired,
    ReceiptDemanded,
    ReceiptOpened,
    OpeningFailed,
    OpeningRulesSet,
    ReceiptsPaused,
    ReceiptsHandedOver,
    ReceiptsCodeChanged,
    ReceiptsOssified,
    DeviceAgentChanged,
    ScheduleSet,
    DeviceClassChanged,
    TransferOffered,
    DeviceTransferred,
    DepositPenalised,
    DepositSeized,
    DepositPledged,
    DepositorChanged,
    PlatformChanged,
    PosDepositHandedOver,
    PosDepositCodeChanged,
    PosDepositOssified,
}
