//! What shops, their devices, customers and the price setter can sign.
// The codec's derive casts the constant indices of these enums.
#![allow(clippy::cast_possible_truncation)]

use crate::{
    hash::blake2x256,
    redemption::{PrivilegeId, PrivilegeTerms, TaskId, TaskTerms},
    signature::Signature,
    spend::SpendTicket,
    AccountId, Balance, CustomerIndex, DeviceId, Hash,
};
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};

/// Prefix of a device's message; ties the signature to its purpose.
pub const DEVICE_CONTEXT: &[u8] = b"bizkey/redemption/1";

/// What a shop does at the till: by its account, or by a device of its.
///
/// None can be done twice, so a device's signature needs no nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum TillAction {
    /// Confirms that a customer fulfilled a task.
    Fulfil {
        /// The task.
        task: TaskId,
        /// Who gets its reward.
        customer: CustomerIndex,
    },
    /// Collects Time for a privilege.
    Collect {
        /// What the customer signed.
        ticket: SpendTicket,
        /// The customer's signature.
        signature: Signature,
    },
    /// Gives collected Time back.
    Refund {
        /// Hash of the ticket by which it was collected.
        ticket: Hash,
    },
}

/// An action at `redemption`, named as the message that does the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[allow(missing_docs)] // the messages' parameters
pub enum Action {
    CreateTask { terms: TaskTerms },
    RestockTask { task: TaskId, more: u32 },
    CloseTask { task: TaskId },
    CreatePrivilege { terms: PrivilegeTerms },
    ChangePrivilege { privilege: PrivilegeId, terms: PrivilegeTerms },
    ClosePrivilege { privilege: PrivilegeId },
    Till { action: TillAction },
    Buy { amount: Balance, most: Balance },
    SetPrice { price: u64, dated_ms: u64 },
}

/// The message that a device signs:
/// `Blake2x256(context ‖ genesis hash ‖ contract ‖ device LE ‖ SCALE bytes of the action)`.
#[must_use]
pub fn device_hash(genesis: &Hash, contract: &AccountId, device: DeviceId, action: &TillAction) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(TillAction::max_encoded_len().saturating_add(96));
    bytes.extend_from_slice(DEVICE_CONTEXT);
    bytes.extend_from_slice(genesis.as_ref());
    bytes.extend_from_slice(contract.as_ref());
    bytes.extend_from_slice(&device.to_le_bytes());
    action.encode_to(&mut bytes);
    blake2x256(&bytes)
}
