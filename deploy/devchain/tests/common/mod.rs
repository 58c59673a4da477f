//! Signed extrinsics for the tests.
#![allow(dead_code)]

pub mod node;
pub mod play;

use bizkey_devchain::{
    runtime::{
        AccountId, Address, Balance, Hash, Runtime, RuntimeCall, RuntimeEvent, SignedPayload, TransactionExtensions,
        UncheckedExtrinsic, VERSION,
    },
    Devchain, InProcessRpc,
};
use codec::{Decode, Encode};
use sp_core::{sr25519, Pair};
use sp_runtime::{generic::Era, MultiAddress, MultiSignature};
use subxt_rpcs::client::{rpc_params, RpcClient};

pub fn pair(seed: &str) -> sr25519::Pair {
    sr25519::Pair::from_string(seed, None).unwrap()
}

pub fn account(seed: &str) -> AccountId {
    AccountId::from(pair(seed).public())
}

pub fn sign(chain: &Devchain, seed: &str, nonce: u32, call: RuntimeCall) -> Vec<u8> {
    let genesis = chain.genesis_hash();
    let extensions: TransactionExtensions = (
        frame_system::CheckNonZeroSender::new(),
        frame_system::CheckSpecVersion::new(),
        frame_system::CheckTxVersion::new(),
        frame_system::CheckGenesis::new(),
        frame_system::CheckEra::from(Era::Immortal),
        frame_system::CheckNonce::from(nonce),
        frame_system::CheckWeight::new(),
        pallet_transaction_payment::ChargeTransactionPayment::<Runtime>::from(0),
    );
    let implicit = ((), VERSION.spec_version, VERSION.transaction_version, genesis, genesis, (), (), ());
    let payload = SignedPayload::from_raw(call.clone(), extensions.clone(), implicit);
    let signature = payload.using_encoded(|bytes| pair(seed).sign(bytes));
    let address: Address = MultiAddress::Id(account(seed));
    UncheckedExtrinsic::new_signed(call, address, MultiSignature::from(signature), extensions).encode()
}

pub fn signed_transfer(chain: &Devchain, from: &str, nonce: u32, to: &str, value: Balance) -> Vec<u8> {
    let call = RuntimeCall::Balances(pallet_balances::Call::transfer_allow_death {
        dest: MultiAddress::Id(account(to)),
        value,
    });
    sign(chain, from, nonce, call)
}

pub fn signed_remark(chain: &Devchain, from: &str, nonce: u32, remark: Vec<u8>) -> Vec<u8> {
    let call = RuntimeCall::System(frame_system::Call::remark { remark });
    sign(chain, from, nonce, call)
}

/// The amount, if the event is a transfer to that account.
pub fn transfer_to(event: &RuntimeEvent, to: &str) -> Option<Balance> {
    match event {
        RuntimeEvent::Balances(pallet_balances::Event::Transfer { to: receiver, amount, .. })
            if *receiver == account(to) =>
        {
            Some(*amount)
        }
        _ => None,
    }
}

/// The key of an account's entry in System.Account.
pub fn account_key(seed: &str) -> Vec<u8> {
    frame_system::Account::<Runtime>::hashed_key_for(account(seed))
}

/// An account's free balance after block `at`, read over the RPC.
pub async fn free_balance(chain: &Devchain, at: Hash, seed: &str) -> Balance {
    let client = RpcClient::new(InProcessRpc::new(chain).unwrap());
    let value: String = client
        .request("state_getStorage", rpc_params![format!("0x{}", hex::encode(account_key(seed))), at])
        .await
        .unwrap();
    let bytes = hex::decode(&value[2..]).unwrap();
    let info =
        frame_system::AccountInfo::<u32, pallet_balances::AccountData<Balance>>::decode(&mut &bytes[..]).unwrap();
    info.data.free
}
