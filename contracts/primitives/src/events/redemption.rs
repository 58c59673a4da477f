//! Events of `redemption`.

use super::event_structs;
use crate::{
    redemption::{PrivilegeId, PrivilegeTerms, RedemptionParameters, RedemptionRole, TaskId, TaskTerms},
    AccountId, Balance, CustomerIndex, Hash, MerchantIndex,
};

event_structs! {
    /// `redemption`: the deployer handed it over.
    RedemptionHandedOver {
        /// Who governs it from now on, for good.
        admin: AccountId,
    }
    /// `redemption`: it runs other code from the next call on.
    RedemptionCodeChanged {
        /// Hash of the code.
        code_hash: Hash,
    }
    /// `redemption`: its code is final.
    RedemptionOssified {}
    /// `redemption`: earning, collecting and minting stand still.
    RedemptionPaused {
        /// When they go on, Unix milliseconds.
        until_ms: u64,
    }
    /// `redemption`: somebody was given a role, or nobody has it now.
    RedemptionRoleSet {
        /// The role.
        role: RedemptionRole,
        /// Who has it.
        account: Option<AccountId>,
    }
    /// `redemption`: the admin's figures changed.
    RedemptionParametersSet {
        /// All of them.
        parameters: RedemptionParameters,
    }
    /// `redemption`: the admin said where Bzky's price starts from; nothing is
    /// sold until the price setter confirms it.
    BzkyPriceAnchored {
        /// Of one Bzky, millionths of a minor unit.
        price: u64,
    }
    /// `redemption`: Bzky's price moved.
    BzkyPriceSet {
        /// Of one Bzky, millionths of a minor unit.
        price: u64,
        /// When it was observed, Unix milliseconds.
        dated_ms: u64,
    }
    /// `redemption`: a task can be fulfilled.
    TaskCreated {
        /// The task.
        task: TaskId,
        /// Its shop, 0 for Bizkey itself.
        merchant: MerchantIndex,
        /// What it asks and gives.
        terms: TaskTerms,
    }
    /// `redemption`: a task can be fulfilled more often.
    TaskRestocked {
        /// The task.
        task: TaskId,
        /// By how much.
        more: u32,
    }
    /// `redemption`: a customer fulfilled a task and has its reward.
    TaskFulfilled {
        /// The task.
        task: TaskId,
        /// Who.
        customer: CustomerIndex,
        /// The account that got the Time.
        account: AccountId,
        /// Smallest unit of Time.
        reward: Balance,
    }
    /// `redemption`: a task is over.
    TaskClosed {
        /// The task.
        task: TaskId,
        /// Time that nobody earned, smallest unit: back to the shop; burned
        /// if the task was Bizkey's.
        left: Balance,
    }
    /// `redemption`: a privilege can be bought.
    PrivilegeCreated {
        /// The privilege.
        privilege: PrivilegeId,
        /// Its shop.
        merchant: MerchantIndex,
        /// What is given for what.
        terms: PrivilegeTerms,
    }
    /// `redemption`: a privilege has other terms.
    PrivilegeChanged {
        /// The privilege.
        privilege: PrivilegeId,
        /// The version that tickets must name from now on.
        version: u32,
        /// What is given for what.
        terms: PrivilegeTerms,
    }
    /// `redemption`: a privilege is over.
    PrivilegeClosed {
        /// The privilege.
        privilege: PrivilegeId,
    }
    /// `redemption`: a customer spent Time on a privilege.
    TimeCollected {
        /// Hash of the customer's ticket.
        ticket: Hash,
        /// The shop.
        merchant: MerchantIndex,
        /// What was bought.
        privilege: PrivilegeId,
        /// The customer.
        customer: CustomerIndex,
        /// Smallest unit of Time.
        amount: Balance,
    }
    /// `redemption`: collected Time went back to the customer.
    CollectionRefunded {
        /// Hash of the customer's ticket.
        ticket: Hash,
        /// The account that got it.
        account: AccountId,
        /// Smallest unit of Time.
        amount: Balance,
    }
    /// `redemption`: a collection is over and what was held of it burned.
    CollectionSettled {
        /// Hash of the customer's ticket.
        ticket: Hash,
        /// Smallest unit of Time.
        burned: Balance,
    }
    /// `redemption`: Time was sold for Bzky.
    TimeSold {
        /// Who has the Time.
        buyer: AccountId,
        /// Smallest unit of Time.
        amount: Balance,
        /// Smallest unit of Bzky.
        paid: Balance,
    }
    /// `redemption`: Time was sold for fiat; the chargeback period runs.
    FiatSaleBooked {
        /// Hash of the payment's id.
        payment: Hash,
        /// Who gets the Time.
        to: AccountId,
        /// Minor units of the accounting currency.
        paid: u64,
        /// Smallest unit of Time.
        amount: Balance,
    }
    /// `redemption`: the chargeback period of a sale is over and its Time minted.
    FiatSaleReleased {
        /// Hash of the payment's id.
        payment: Hash,
    }
    /// `redemption`: a payment was charged back; no Time is minted for it.
    FiatSaleChargedBack {
        /// Hash of the payment's id.
        payment: Hash,
    }
}
