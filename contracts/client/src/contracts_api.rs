//! The few SCALE types of pallet-contracts that the client needs: the call
//! data of its extrinsics and the dry-run's runtime API.
//!
//! Written by hand so that a payload of 16 KB is copied once instead of being
//! turned into one dynamic value a byte. The layouts are those of
//! pallet-contracts 27 to 51; [`crate::runtime`] checks the extrinsics' fields
//! against the chain's metadata.

use crate::{ClientError, Result};
use bizkey_primitives::AccountId;
use codec::{Compact, Decode, Encode};

/// What a call may use, or used, of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Computation, picoseconds.
    pub ref_time: u64,
    /// Bytes of state proof.
    pub proof_size: u64,
}

impl Weight {
    /// This much more, in percent, for what may change between a dry-run and
    /// the block. Saturates.
    #[must_use]
    pub fn plus_percent(self, percent: u64) -> Self {
        let more = |value: u64| value.saturating_add((value / 100).saturating_add(1).saturating_mul(percent));
        Self { ref_time: more(self.ref_time), proof_size: more(self.proof_size) }
    }
}

impl Encode for Weight {
    fn encode_to<T: codec::Output + ?Sized>(&self, out: &mut T) {
        Compact(self.ref_time).encode_to(out);
        Compact(self.proof_size).encode_to(out);
    }
}

impl Decode for Weight {
    fn decode<I: codec::Input>(input: &mut I) -> std::result::Result<Self, codec::Error> {
        Ok(Self { ref_time: Compact::<u64>::decode(input)?.0, proof_size: Compact::<u64>::decode(input)?.0 })
    }
}

/// Variant of `MultiAddress` that holds a plain account.
const ADDRESS_ID: u8 = 0;

/// Fields of `Contracts.call`, in order.
pub const CALL_FIELDS: &[&str] = &["dest", "value", "gas_limit", "storage_deposit_limit", "data"];
/// Fields of `Contracts.instantiate_with_code`, in order.
pub const INSTANTIATE_FIELDS: &[&str] = &["value", "gas_limit", "storage_deposit_limit", "code", "data", "salt"];
/// Fields of `Balances.transfer_keep_alive`, in order.
pub const TRANSFER_FIELDS: &[&str] = &["dest", "value"];

/// Fields of `Contracts.call` that sends no native coin and sets no bound on
/// the storage deposit.
pub fn call_fields(contract: &AccountId, gas: Weight, input: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(input.len().saturating_add(64));
    out.push(ADDRESS_ID);
    contract.encode_to(&mut out);
    Compact(0u128).encode_to(&mut out);
    gas.encode_to(&mut out);
    None::<Compact<u128>>.encode_to(&mut out);
    input.encode_to(&mut out);
    out
}

/// Fields of `Contracts.instantiate_with_code`, likewise.
pub fn instantiate_fields(gas: Weight, code: &[u8], input: &[u8], salt: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(code.len().saturating_add(input.len()).saturating_add(128));
    Compact(0u128).encode_to(&mut out);
    gas.encode_to(&mut out);
    None::<Compact<u128>>.encode_to(&mut out);
    code.encode_to(&mut out);
    input.encode_to(&mut out);
    salt.encode_to(&mut out);
    out
}

/// Fields of `Balances.transfer_keep_alive`. `amount` in the native coin's smallest unit.
pub fn transfer_fields(to: &AccountId, amount: u128) -> Vec<u8> {
    let mut out = vec![ADDRESS_ID];
    to.encode_to(&mut out);
    Compact(amount).encode_to(&mut out);
    out
}

/// Arguments of the runtime API `ContractsApi_call`; the gas limit is the
/// block's.
pub fn dry_run_arguments(origin: &AccountId, contract: &AccountId, input: &[u8]) -> Vec<u8> {
    (origin, contract, 0u128, None::<Weight>, None::<u128>, input).encode()
}

/// Arguments of the runtime API `ContractsApi_instantiate` with new code.
pub fn dry_run_instantiate_arguments(origin: &AccountId, code: &[u8], input: &[u8], salt: &[u8]) -> Vec<u8> {
    // `Code::Upload` is variant 0.
    (origin, 0u128, None::<Weight>, None::<u128>, 0u8, code, input, salt).encode()
}

/// The address that pallet-contracts gives to a contract: known before it is there.
pub fn contract_address(deployer: &AccountId, code_hash: &[u8; 32], input: &[u8], salt: &[u8]) -> AccountId {
    let bytes = (b"contract_addr_v1", deployer, code_hash, input, salt).encode();
    AccountId::from(bizkey_primitives::hash::blake2x256(&bytes))
}

/// What a contract returned.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Returned {
    flags: u32,
    /// SCALE bytes of the message's return value, inside ink!'s own result.
    pub data: Vec<u8>,
}

impl Returned {
    /// Whether the contract took everything back.
    pub fn reverted(&self) -> bool {
        self.flags & 1 == 1
    }
}

/// Outcome of a dry-run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Gas limit to give.
    pub gas_required: Weight,
    /// Native coin taken for storage; 0 for a refund.
    pub storage_deposit: u128,
    /// What the contract returned, or the SCALE bytes of a `DispatchError`
    /// (with trailing bytes).
    pub result: std::result::Result<Returned, Vec<u8>>,
}

/// Reads a `ContractResult`. Events and, for an instantiation, the address
/// trail and are left alone: the type grows at its end without a new API version.
///
/// # Errors
/// [`ClientError::Decode`] if the bytes are something else.
pub fn decode_execution(mut bytes: &[u8]) -> Result<Execution> {
    let input = &mut bytes;
    let mut read = || -> std::result::Result<Execution, codec::Error> {
        let _gas_consumed = Weight::decode(input)?;
        let gas_required = Weight::decode(input)?;
        // `StorageDeposit`: 0 refund, 1 charge.
        let (charged, amount) = <(u8, u128)>::decode(input)?;
        let _debug_message = Vec::<u8>::decode(input)?;
        let result = match u8::decode(input)? {
            0 => Ok(Returned::decode(input)?),
            1 => Err(input.to_vec()),
            _ => return Err("neither Ok nor Err".into()),
        };
        let storage_deposit = if charged == 1 { amount } else { 0 };
        Ok(Execution { gas_required, storage_deposit, result })
    };
    read().map_err(|error| ClientError::decode("the result of a dry-run", error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn result_bytes(charge: bool, tail: &[u8]) -> Vec<u8> {
        let gas = Weight { ref_time: 1 << 40, proof_size: 70_000 };
        let mut bytes = (Weight::default(), gas, u8::from(charge), 5u128, b"log".to_vec()).encode();
        bytes.extend_from_slice(tail);
        bytes
    }

    #[test]
    fn a_dry_run_is_read_and_what_trails_is_left_alone() {
        let mut tail = vec![0];
        (1u32, vec![7u8, 8]).encode_to(&mut tail);
        tail.extend_from_slice(&[1, 2, 3, 4]);
        let execution = decode_execution(&result_bytes(true, &tail)).unwrap();
        assert_eq!(execution.gas_required, Weight { ref_time: 1 << 40, proof_size: 70_000 });
        assert_eq!(execution.storage_deposit, 5);
        let returned = execution.result.unwrap();
        assert!(returned.reverted());
        assert_eq!(returned.data, [7, 8]);
        assert_eq!(decode_execution(&result_bytes(false, &tail)).unwrap().storage_deposit, 0);
    }

    #[test]
    fn a_dispatch_error_is_kept_as_bytes() {
        let execution = decode_execution(&result_bytes(true, &[1, 3, 8, 2, 0, 0, 0])).unwrap();
        assert_eq!(execution.result.unwrap_err(), [3, 8, 2, 0, 0, 0]);
    }

    #[test]
    fn an_address_is_the_hash_of_how_it_came_to_be() {
        let one = contract_address(&AccountId::from([1; 32]), &[2; 32], &[3], &[4]);
        assert_ne!(one, contract_address(&AccountId::from([1; 32]), &[2; 32], &[3], &[5]));
        assert_ne!(one, contract_address(&AccountId::from([1; 32]), &[2; 32], &[], &[3, 4]));
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode_execution(&bytes);
        }

        #[test]
        fn a_margin_never_shrinks(ref_time: u64, proof_size: u64, percent in 0u64..1000) {
            let weight = Weight { ref_time, proof_size };
            let more = weight.plus_percent(percent);
            prop_assert!(more.ref_time >= ref_time && more.proof_size >= proof_size);
        }
    }
}
