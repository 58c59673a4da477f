//! Transfers, approvals and burns that a holder signs and anybody carries.

use super::{account, allowance, moved, refused, supply, HELD, KIND};
use bizkey_primitives::{
    action::{bzky::Action, signed_bytes, Authorization},
    errors::psp22::Error,
    hash::blake2x256,
    signature::{PublicKey, Signature},
    AccountId, TOKEN,
};
use bizkey_tests::{party::DeviceKey, Sandbox, HOUR};

pub fn actions(network: &mut Sandbox) {
    let (holder, payee, relayer) = (network.actor("holder"), account(network, "payee"), account(network, "relayer"));
    let owner = holder.account();
    let steal = Action::Transfer { to: relayer, value: HELD / 2 };
    let value = 3 * TOKEN;
    let called = ("PSP22::transfer", &(payee, value, Vec::<u8>::new()));
    let events = network.relay_as_called(KIND, &holder, called, &Action::Transfer { to: payee, value }, &steal);
    assert_eq!(events, [moved(owner, payee, value)]);
    let approve = Action::Approve { spender: payee, value };
    network.relay_as_called(KIND, &holder, ("PSP22::approve", &(payee, value)), &approve, &steal);
    assert_eq!(allowance(network, owner, payee), value);
    // A signed approval can be changed to nothing, too.
    let none = Action::Approve { spender: payee, value: 0 };
    network.relay_as_called(KIND, &holder, ("PSP22::approve", &(payee, 0u128)), &none, &approve);
    assert_eq!(allowance(network, owner, payee), 0);
    let before = supply(network);
    network.relay_as_called(KIND, &holder, ("PSP22Burnable::burn", &value), &Action::Burn { value }, &steal);
    assert_eq!(supply(network), before - value);
    assert_eq!(network.bzky_of(relayer), 0, "whoever carries gets nothing");
    // What does nothing when called does nothing when carried, but for the nonce.
    for action in [
        Action::Transfer { to: payee, value: 0 },
        Action::Transfer { to: owner, value: HELD * 2 },
        Action::Approve { spender: owner, value: 1 },
        Action::Burn { value: 0 },
    ] {
        network.relay(KIND, &holder, &action).unwrap();
        assert!(network.events.is_empty(), "{action:?}");
    }
    let held = network.bzky_of(owner);
    for action in [Action::Transfer { to: payee, value: held + 1 }, Action::Burn { value: held + 1 }] {
        let nonce: u64 = network.read(KIND, "nonce_of", &owner);
        assert_eq!(network.relay(KIND, &holder, &action), refused(Error::InsufficientBalance));
        assert_eq!(network.read::<u64>(KIND, "nonce_of", &owner), nonce, "a refusal uses no nonce");
    }
    by_a_secp256k1_wallet(network);
}

/// A wallet whose account is the hash of its secp256k1 key signs as well; the
/// second form of its signature is refused.
fn by_a_secp256k1_wallet(network: &mut Sandbox) {
    let key = DeviceKey::ecdsa("a wallet");
    let PublicKey::Ecdsa(public) = key.public() else { unreachable!("an ECDSA key") };
    let (wallet, payee) = (AccountId::from(blake2x256(&public)), account(network, "payee"));
    network.give(wallet, HELD);
    let (bzky, expires_ms, nonce) = (network.contracts.bzky, network.state.now_ms() + HOUR, 0);
    let action = Action::Transfer { to: payee, value: TOKEN };
    let hash = blake2x256(&signed_bytes(&network.genesis, &bzky, &wallet, nonce, expires_ms, &action));
    let signature = key.sign(&hash);
    let signed = Authorization { account: wallet, nonce, expires_ms, signature };
    let other_form = Authorization { signature: with_high_s(signature), ..signed };
    assert_eq!(network.carry(KIND, &action, other_form), refused(Error::BadSignature));
    // One kind of signature is no signature of the other kind of account.
    let holder = account(network, "holder");
    let nonce = network.read(KIND, "nonce_of", &holder);
    let of_other_kind = Authorization { account: holder, nonce, ..signed };
    assert_eq!(network.carry(KIND, &action, of_other_kind), refused(Error::BadSignature));
    network.carry(KIND, &action, signed).unwrap();
    assert_eq!(network.bzky_of(wallet), HELD - TOKEN);
    assert_eq!(network.carry(KIND, &action, other_form), refused(Error::BadNonce));
}

/// Order of secp256k1, big endian.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc,
    0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

/// The other valid signature of the same message: order − s, and the other
/// recovery id.
fn with_high_s(signature: Signature) -> Signature {
    let Signature::Ecdsa(mut bytes) = signature else { unreachable!("an ECDSA signature") };
    let order = primitive_types::U256::from_big_endian(&ORDER);
    let s = primitive_types::U256::from_big_endian(&bytes[32..64]);
    bytes[32..64].copy_from_slice(&(order - s).to_big_endian());
    bytes[64] ^= 1;
    Signature::Ecdsa(bytes)
}
