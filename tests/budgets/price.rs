//! What pallet-contracts itself charges, by its own weights: the part of a cost
//! that no contract can lower except by doing less.

use bizkey_client::{Bundles, ContractKind};
use bizkey_devchain::runtime::{self, Runtime, RuntimeCall};
use codec::{Compact, Decode, Encode};
use frame_support::{dispatch::DispatchClass, traits::Get, weights::Weight};
use pallet_contracts::{Config, WeightInfo};

type Pallet = <Runtime as Config>::WeightInfo;

/// A part of a cost, picoseconds.
pub struct Part {
    /// For what.
    pub what: String,
    /// Picoseconds.
    pub time: u64,
}

/// A part.
pub fn part(what: &str, time: u64) -> Part {
    Part { what: what.to_owned(), time }
}

/// What is left of `total`: the instructions of the Wasm code and their
/// translation, and calls of the host that no other part names.
pub fn with_rest(total: u64, mut parts: Vec<Part>) -> Vec<Part> {
    let named: u64 = parts.iter().map(|part| part.time).sum();
    parts.push(part("Wasm, its translation, small calls of the host", total.saturating_sub(named)));
    parts
}

/// Loading a contract's code.
pub fn code(kind: ContractKind) -> u64 {
    let bytes = Bundles::embedded().expect("the bundles of this source").bundle(kind).code.len() as u32;
    Pallet::call_with_code_per_byte(bytes).saturating_sub(Pallet::call_with_code_per_byte(0)).ref_time()
}

/// A call of another contract, its code not counted.
pub fn call() -> u64 {
    Pallet::seal_call(0, 0).ref_time()
}

/// Reading a cell.
pub fn read(bytes: u32) -> u64 {
    let full = Pallet::get_storage_full().saturating_sub(Pallet::get_storage_empty());
    Pallet::seal_get_storage(bytes).saturating_add(full).ref_time()
}

/// Writing a cell that had so many bytes before.
pub fn write(bytes: u32, before: u32) -> u64 {
    let full = Pallet::set_storage_full().saturating_sub(Pallet::set_storage_empty());
    Pallet::seal_set_storage(bytes, before).saturating_add(full).ref_time()
}

/// An event.
pub fn event(topics: u32, bytes: u32) -> u64 {
    let schedule = <<Runtime as Config>::Schedule as Get<pallet_contracts::Schedule<Runtime>>>::get();
    let of_bytes = schedule.limits.event_ref_time.saturating_mul(bytes.into());
    Pallet::seal_deposit_event(topics, bytes).ref_time() + of_bytes
}

/// A Blake2x256 of so many bytes.
pub fn hash(bytes: u32) -> u64 {
    Pallet::seal_hash_blake2_256(bytes).ref_time()
}

/// Recovering the key of an ECDSA signature.
pub fn ecdsa() -> u64 {
    Pallet::seal_ecdsa_recover().ref_time()
}

/// Copying a call's input into the contract.
pub fn input(bytes: u32) -> u64 {
    Pallet::seal_input(bytes).ref_time()
}

/// What an extrinsic that calls a contract costs beside the call, which no dry
/// run tells: the pallet's part, and every extrinsic's.
pub fn extrinsic() -> (u64, u64) {
    let limits = <<Runtime as frame_system::Config>::BlockWeights as Get<frame_system::limits::BlockWeights>>::get();
    (Pallet::call().ref_time(), limits.get(DispatchClass::Normal).base_extrinsic.ref_time())
}

/// Bytes of a block that a signed extrinsic takes which calls a contract with
/// so many bytes of input.
pub fn extrinsic_bytes(input: usize, gas: Weight) -> usize {
    const MORTAL_ERA: [u8; 2] = [0xb5, 0x01];
    let account = [0u8; 32];
    let address = runtime::Address::decode(&mut &[&[0], &account[..]].concat()[..]).expect("an account");
    let signature = runtime::Signature::decode(&mut &[&[1], &[7u8; 64][..]].concat()[..]).expect("a signature");
    // Era, nonce and tip are all that the extensions carry.
    let carried = [&MORTAL_ERA[..], &Compact(100_000u32).encode(), &Compact(0u128).encode()].concat();
    let extensions = runtime::TransactionExtensions::decode(&mut &carried[..]).expect("extensions");
    let call = RuntimeCall::Contracts(pallet_contracts::Call::call {
        dest: address.clone(),
        value: 0,
        gas_limit: gas,
        storage_deposit_limit: None,
        data: vec![0; input],
    });
    runtime::UncheckedExtrinsic::new_signed(call, address, signature, extensions).encode().len()
}
