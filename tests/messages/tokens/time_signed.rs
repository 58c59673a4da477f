//! What holders of Time sign, and anybody carries.

use super::{mint, own, read, refused, KIND};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    action::{time::Action, Authorization},
    errors::psp22::Error,
    Hash,
};
use bizkey_tests::{
    sandbox::{input, Actor, State},
    Sandbox,
};
use codec::Encode;

/// Carried by a stranger, a gift and a burn do what the holder's own calls do.
pub fn signed_messages(network: &mut Sandbox) {
    let (shop, customer) = (network.merchant("shop").actor, network.customer("customer").account());
    mint(network, shop.account(), 100).unwrap();
    let gift = Action::Gift { to: customer, value: 30 };
    carried(network, &shop, gift, "PSP22::transfer", &(customer, 30u128, Vec::<u8>::new()));
    carried(network, &shop, Action::Burn { value: 20 }, "PSP22Burnable::burn", &20u128);
    assert_eq!((network.time_of(shop.account()), network.time_of(customer)), (50, 30));
    // Under signature, too, the gate is closed; and a refusal uses no nonce up.
    let taker = network.actor("customer");
    for (signer, action, error) in [
        (&taker, Action::Gift { to: shop.account(), value: 1 }, Error::TransferRefused),
        (&shop, Action::Gift { to: shop.account(), value: 1 }, Error::TransferRefused),
        (&shop, Action::Gift { to: customer, value: 51 }, Error::InsufficientBalance),
        (&taker, Action::Burn { value: 31 }, Error::InsufficientBalance),
    ] {
        let nonce: u64 = read(network, "nonce_of", &signer.account());
        assert_eq!(network.relay(KIND, signer, &action).map_err(own), Err(error));
        assert_eq!(read::<u64>(network, "nonce_of", &signer.account()), nonce);
    }
}

fn carried(network: &mut Sandbox, signer: &Actor, action: Action, message: &str, arguments: &impl Encode) {
    let (time, call) = (network.contracts.time, input(message, arguments));
    let (owner, account) = (signer.account(), signer.account());
    let balances = |state: &mut State| {
        [owner, Actor::named("customer").account()]
            .map(|holder| state.execute(holder, time, input("PSP22::balance_of", &holder)).result)
    };
    let (events, after) = network.state.rolled_back(|state| {
        let direct = state.execute(owner, time, call);
        assert!(direct.result.is_ok(), "{message}: {direct:?}");
        (direct.events, balances(state))
    });
    let now_ms = network.state.now_ms();
    let good = network.authorize(KIND, signer, &action);
    let (nonce, end_ms) = (good.nonce, good.expires_ms);
    let stranger = network.actor("stranger");
    let genesis = std::mem::replace(&mut network.genesis, Hash::from([1; 32]));
    let other_chain = network.authorize_until(KIND, signer, &action, nonce, end_ms);
    network.genesis = genesis;
    let bad = [
        (network.authorize_until(KIND, signer, &action, nonce, now_ms - 1), Error::Expired),
        (network.authorize_until(KIND, signer, &action, nonce + 1, end_ms), Error::BadNonce),
        (Authorization { expires_ms: end_ms + 1, ..good }, Error::BadSignature),
        (Authorization { account: stranger.account(), nonce: 0, ..good }, Error::BadSignature),
        (Authorization { signature: stranger.sign(b"anything"), ..good }, Error::BadSignature),
        (network.authorize_until(ContractKind::Bzky, signer, &action, nonce, end_ms), Error::BadSignature),
        (network.authorize_until(KIND, signer, &Action::Burn { value: 1 }, nonce, end_ms), Error::BadSignature),
        (other_chain, Error::BadSignature),
    ];
    let relayer = network.actor("relayer").account();
    for (authorization, error) in bad {
        refused(network, relayer, "relay", &(action, authorization), error);
    }
    network.state.set_time(end_ms + 1);
    refused(network, relayer, "relay", &(action, good), Error::Expired);
    network.state.set_time(end_ms);
    network.carry(KIND, &action, good).unwrap();
    assert_eq!(network.events, events, "{message}");
    assert_eq!(balances(&mut network.state), after, "{message} does something else by another's hand");
    assert_eq!(read::<u64>(network, "nonce_of", &account), nonce + 1);
    refused(network, relayer, "relay", &(action, good), Error::BadNonce);
}
