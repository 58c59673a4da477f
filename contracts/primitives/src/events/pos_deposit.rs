//! Events of `pos_deposit`.

use super::event_structs;
use crate::{AccountId, Balance, DeviceId, Epoch, Hash};

event_structs! {
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
    /// `pos_deposit`: a shop named who may lock for its device beside itself.
    DeviceAgentChanged {
        /// The device.
        device: DeviceId,
        /// The agent; nobody if `None`.
        agent: Option<AccountId>,
    }
    /// `pos_deposit`: what a class of devices takes was set.
    ScheduleSet {
        /// The class.
        class: u8,
        /// Least first deposit, smallest unit of Bzky; any above 0 if `None`.
        amount: Option<Balance>,
    }
    /// `pos_deposit`: the platform put a device in a class.
    DeviceClassChanged {
        /// The device.
        device: DeviceId,
        /// The class.
        class: u8,
    }
    /// `pos_deposit`: a depositor offered that its terminal gets another number.
    TransferOffered {
        /// The number that the terminal leaves.
        device: DeviceId,
        /// The number that it gets; `None` if the offer was taken back.
        to: Option<DeviceId>,
    }
    /// `pos_deposit`: the platform confirmed such a transfer.
    DeviceTransferred {
        /// The number that the terminal left.
        device: DeviceId,
        /// The number that it got.
        to: DeviceId,
        /// Whose Bzky was locked for `device`.
        depositor: AccountId,
        /// Smallest unit.
        amount: Balance,
        /// `None` if that deposit went over to `to`; else, `to` having its
        /// own, when it may be released, Unix milliseconds.
        releasable_ms: Option<u64>,
    }
    /// `pos_deposit`: a penalty was taken from a deposit.
    DepositPenalised {
        /// The device that answers.
        device: DeviceId,
        /// Whose Bzky it was.
        depositor: AccountId,
        /// Taken in all, smallest unit.
        amount: Balance,
        /// Who is paid first.
        beneficiary: AccountId,
        /// Its part, smallest unit.
        beneficiary_amount: Balance,
        /// Who is paid what is left.
        rest_to: AccountId,
    }
    /// `pos_deposit`: the board took from a deposit.
    DepositSeized {
        /// The device.
        device: DeviceId,
        /// Whose Bzky it was.
        depositor: AccountId,
        /// Smallest unit.
        amount: Balance,
        /// Who is paid.
        to: AccountId,
    }
    /// `pos_deposit`: a deposit is credited to the account that its depositor has now.
    DepositorChanged {
        /// The device.
        device: DeviceId,
        /// The account before.
        before: AccountId,
        /// The account now.
        account: AccountId,
        /// Smallest unit.
        amount: Balance,
    }
    /// `pos_deposit`: deposits of an account secure rewards for a while.
    DepositPledged {
        /// Whose.
        account: AccountId,
        /// Smallest unit.
        amount: Balance,
        /// Last epoch of the pledge.
        until: Epoch,
    }
    /// `pos_deposit`: somebody else confirms returns and transfers.
    PlatformChanged {
        /// The platform from now on.
        platform: AccountId,
    }
    /// `pos_deposit`: the deployer handed the administration over.
    PosDepositHandedOver {
        /// Who administers it from now on.
        admin: AccountId,
    }
    /// `pos_deposit`: other code runs from the next call on.
    PosDepositCodeChanged {
        /// Its hash.
        code_hash: Hash,
    }
    /// `pos_deposit`: the code is final.
    PosDepositOssified {}
}
