//! What members and disputers sign and somebody else carries.

use super::stage::{account, empty_report, flat_report, refusal, send, tokens, Street, KIND};
use bizkey_client::ContractError;
use bizkey_primitives::{
    action::{rewards::Action, signed_bytes, Authorization},
    errors::rewards::Error,
    events::Event,
    hash::blake2x256,
    report::EpochState,
    signature::{PublicKey, Signature},
    AccountId, Balance, Hash,
};
use bizkey_tests::{party::DeviceKey, Sandbox, HOUR, WINDOW};
use primitive_types::U256;

/// Order of secp256k1.
const ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
const BOND: Balance = tokens(50);

/// Each does what its signer's own call does, once, unchanged, in time.
pub fn every_action(network: &mut Sandbox) {
    let _ = Street::new(network, 2);
    let (first, second, disputer) = (network.actor("member 1"), network.actor("member 2"), network.actor("disputer"));
    let (admin, rewards) = (account(network, "admin"), network.contracts.rewards);
    network.enter_epoch(1);
    let report = flat_report(network, 0, 2, 2);
    let act = Action::Report { epoch: 0, report };
    let other = Action::Report { epoch: 0, report: empty_report() };
    let events = network.relay_as_called(KIND, &first, ("report", &(0u32, report)), &act, &other);
    assert!(matches!(&events[..], [Event::ReportSubmitted(said)] if said.member == first.account()));
    // From here on the record keeps the number of the block, in which the two would differ.
    let events = network.carry_as_signed(KIND, &second, &act, &other);
    assert!(matches!(&events[..], [Event::ReportSubmitted(_), Event::ReportPending(_)]));
    assert_eq!((network.record_of(0).state, network.record_of(0).report), (EpochState::Pending, report));

    send(network, admin, "set_bonds", &(0u128, BOND)).unwrap();
    network.give(disputer.account(), BOND);
    network.approve(disputer.account(), rewards, BOND);
    let (act, other) = (Action::Dispute { epoch: 0 }, Action::Dispute { epoch: 1 });
    let events = network.carry_as_signed(KIND, &disputer, &act, &other);
    assert!(matches!(&events[0], Event::ReportDisputed(said) if said.disputer == disputer.account()));
    assert_eq!((network.record_of(0).state, network.bzky_of(rewards)), (EpochState::Disputed, BOND));

    network.give(first.account(), BOND);
    network.approve(first.account(), rewards, BOND);
    let (act, other) = (Action::Bond { amount: BOND }, Action::Bond { amount: BOND - 1 });
    let events = network.relay_as_called(KIND, &first, ("bond", &BOND), &act, &other);
    assert!(matches!(&events[0], Event::BondChanged(said) if (said.member, said.amount) == (first.account(), BOND)));
    let events = network.relay_as_called(KIND, &first, ("unbond", &()), &Action::Unbond, &act);
    assert!(matches!(&events[..], [Event::BondChanged(said)] if said.withdrawable_ms.is_some()));
    refused_as_called(network);
    by_an_ecdsa_key(network);
}

/// Who signs has the powers of its account and no more, and a refused action
/// uses up no nonce.
fn refused_as_called(network: &mut Sandbox) {
    let (stranger, first) = (network.actor("stranger"), network.actor("member 1"));
    let before: u64 = network.read(KIND, "nonce_of", &first.account());
    let of = |network: &mut Sandbox, actor, action: Action| network.relay(KIND, actor, &action);
    let report = empty_report();
    assert_eq!(of(network, &stranger, Action::Report { epoch: 0, report }), Err(refusal(Error::ReportsClosed)));
    assert_eq!(of(network, &stranger, Action::Report { epoch: 1, report }), Err(refusal(Error::EpochNotClosed)));
    assert_eq!(of(network, &stranger, Action::Unbond), Err(refusal(Error::NoBond)));
    assert_eq!(of(network, &stranger, Action::Bond { amount: 1 }), Err(refusal(Error::PaymentRefused)));
    assert_eq!(of(network, &first, Action::Dispute { epoch: 0 }), Err(refusal(Error::NotPending)));
    network.rolled_back(|network| {
        network.enter_epoch(2);
        assert_eq!(of(network, &stranger, Action::Report { epoch: 1, report }), Err(refusal(Error::NotMember)));
        let admin = account(network, "admin");
        send(network, admin, "decide", &(0u32, false)).unwrap();
        assert_eq!(of(network, &first, Action::Dispute { epoch: 0 }), Err(refusal(Error::AlreadyDisputed)));
        network.pass(WINDOW);
        assert_eq!(of(network, &first, Action::Dispute { epoch: 0 }), Err(refusal(Error::WindowOver)));
    });
    assert_eq!(network.read::<u64>(KIND, "nonce_of", &first.account()), before);
    assert_eq!(network.read::<u64>(KIND, "nonce_of", &stranger.account()), 0);
}

/// The same signature with its s in the upper half, which an ECDSA library
/// would take.
fn high_s(low: [u8; 65]) -> [u8; 65] {
    let order = U256::from_str_radix(ORDER, 16).unwrap();
    let mut high = low;
    let s = order - U256::from_big_endian(&low[32..64]);
    high[32..64].copy_from_slice(&s.to_big_endian());
    high[64] ^= 1;
    high
}

/// A wallet with an ECDSA key signs too, in one way only.
fn by_an_ecdsa_key(network: &mut Sandbox) {
    let key = DeviceKey::ecdsa("a wallet");
    let PublicKey::Ecdsa(public) = key.public() else { panic!("an ECDSA key") };
    let wallet = AccountId::from(blake2x256(&public));
    network.give(wallet, BOND);
    network.approve(wallet, network.contracts.rewards, BOND);
    let action = Action::Bond { amount: BOND };
    let expires_ms = network.state.now_ms() + HOUR;
    let signed = |network: &Sandbox, genesis: Hash| {
        let bytes = signed_bytes(&genesis, &network.contracts.rewards, &wallet, 0, expires_ms, &action);
        let signature = key.sign(&blake2x256(&bytes));
        Authorization { account: wallet, nonce: 0, expires_ms, signature }
    };
    let good = signed(network, network.genesis);
    let Signature::Ecdsa(low) = good.signature else { panic!("an ECDSA signature") };
    let malleated = Authorization { signature: Signature::Ecdsa(high_s(low)), ..good };
    for bad in [malleated, signed(network, Hash::from([9; 32]))] {
        let carried: Result<(), ContractError> = network.carry(KIND, &action, bad);
        assert_eq!(carried, Err(refusal(Error::BadSignature)));
    }
    network.carry(KIND, &action, good).unwrap();
    assert_eq!(network.bzky_of(wallet), 0);
}
