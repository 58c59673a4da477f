//! What can happen in one step.

use proptest::prelude::*;

/// One step: who does what to whom with how much. What the numbers stand for
/// is each action's own matter.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    pub what: What,
    pub a: u8,
    pub b: u8,
    pub n: u32,
}

macro_rules! actions {
    ($($name:ident $weight:literal,)*) => {
        /// The kinds of actions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum What {
            $($name,)*
        }

        impl What {
            /// Each kind as often as its weight says.
            fn weighted() -> Vec<What> {
                let kinds = [$((What::$name, $weight),)*];
                kinds.iter().flat_map(|(what, weight)| std::iter::repeat_n(*what, *weight)).collect()
            }
        }
    };
}

actions! {
    // Time goes by.
    PassHours 14,
    NextEpoch 12,
    // Tokens.
    Transfer 6,
    TransferMany 2,
    TransferFrom 2,
    BurnBzky 1,
    GiftTime 3,
    BurnTime 1,
    // Receipts and demands.
    Record 14,
    Replay 1,
    VoidReceipt 1,
    Demand 4,
    OpenReceipt 4,
    FailOpening 3,
    ForgetDemand 1,
    // Deposits.
    Lock 3,
    SetAgent 1,
    SetDeviceActive 3,
    ConfirmReturn 2,
    Release 3,
    OfferTransfer 2,
    ConfirmTransfer 2,
    Seize 1,
    // Epochs.
    Report 16,
    Finalise 12,
    VoidOverdue 3,
    Dispute 4,
    DecideDispute 4,
    Challenge 2,
    Claim 14,
    ClaimMany 4,
    Push 6,
    ClaimDeferred 3,
    Bond 1,
    Unbond 1,
    WithdrawBond 2,
    SetAlgorithm 1,
    BookDebt 1,
    // Standing.
    SetStatus 3,
    PlaceHold 1,
    Appeal 3,
    DecideAppeal 3,
    ProposeAccount 1,
    AcceptAccount 3,
    FollowAccount 1,
    // Redemption.
    SetPrice 3,
    Buy 3,
    SellForFiat 2,
    ChargeBack 1,
    ReleaseSale 2,
    CreateTask 3,
    Fulfil 4,
    CloseTask 1,
    CreatePrivilege 3,
    Collect 5,
    Refund 2,
    Settle 2,
    // Trade.
    OpenOffer 6,
    CloseOffer 1,
    Reserve 4,
    DeclarePaid 6,
    Confirm 3,
    GiveUp 2,
    DisputeTrade 4,
    DecideTrade 3,
    SettleTrade 2,
    Fund 1,
    Withdraw 1,
    // The foundation.
    ReleaseLine 2,
    ReleaseFoundation 1,
    BookIncome 1,
    PayFromBudget 1,
    Pause 1,
    // Somebody tries what is not for them.
    Usurp 12,
}

impl What {
    /// Whether it must be refused every time.
    pub fn is_forbidden(self) -> bool {
        matches!(self, What::Replay | What::Usurp)
    }
}

/// Any one step.
pub fn action() -> impl Strategy<Value = Action> {
    let what = proptest::sample::select(What::weighted());
    (what, any::<u8>(), any::<u8>(), any::<u32>()).prop_map(|(what, a, b, n)| Action { what, a, b, n })
}
