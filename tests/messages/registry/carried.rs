//! What is signed and carried by others: the same as the signer's own call,
//! once, in order, in time, at this contract of this network, as signed.

use super::{
    deployment::another,
    desk::{done, hash, refused, refuses, said, stage, told, tried, who, CUSTOMER, KIND, PEOPLE, SHOP, ZERO},
};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    action::{self, action_hash, bzky, registry::Action, signed_bytes, Authorization},
    errors::registry::Error,
    events::{AccountProposed, Event},
    hash::blake2x256,
    signature::{PublicKey, Signature},
    vesting, AccountId, Balance, TOKEN,
};
use bizkey_tests::{
    party::{Batch, Device, DeviceKey},
    sandbox::{input, Raw},
    Sandbox, HOUR,
};
use codec::Encode;
use primitive_types::U256;
use subxt_signer::ecdsa;

/// Order of secp256k1.
const ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

/// What an authorization binds, each in turn.
pub fn authorization(network: &mut Sandbox) {
    stage(network);
    let (shop, deputy, now_ms) = (network.actor("shop"), who(network, "deputy"), network.state.now_ms());
    let action = Action::ProposeAccount { account: deputy };
    let expires_ms = now_ms + HOUR;
    let good = network.authorize_until(KIND, &shop, &action, 0, expires_ms);
    let other_action = Action::ProposeAccount { account: who(network, "stranger") };
    let other_kind = Action::AcceptAccount { side: SHOP.0, index: SHOP.1 };
    let customer = who(network, "customer");
    let bytes = action_hash(&network.genesis, &network.contracts.registry, &shop.account(), 0, expires_ms, &action);
    let bare = Authorization { signature: shop.sign(&bytes), ..good };
    let for_receipts = network.authorize_until(ContractKind::Receipts, &shop, &action, 0, expires_ms);
    let genesis = std::mem::replace(&mut network.genesis, hash(99));
    let elsewhere = network.authorize_until(KIND, &shop, &action, 0, expires_ms);
    network.genesis = genesis;
    let ended = network.authorize_until(KIND, &shop, &action, 0, now_ms - 1);
    let ahead = network.authorize_until(KIND, &shop, &action, 1, expires_ms);
    let cases = [
        ("over", action, ended, Error::Expired),
        ("made longer", action, Authorization { expires_ms, ..ended }, Error::BadSignature),
        ("not the next", action, ahead, Error::BadNonce),
        ("made the next", action, Authorization { nonce: 0, ..ahead }, Error::BadSignature),
        ("over, and nothing else right", other_action, Authorization { nonce: 7, ..ended }, Error::Expired),
        ("not the next, and not as signed", other_action, ahead, Error::BadNonce),
        ("another account proposed", other_action, good, Error::BadSignature),
        ("another action", other_kind, good, Error::BadSignature),
        ("another signer", action, Authorization { account: customer, ..good }, Error::BadSignature),
        ("not as wallets sign", action, bare, Error::BadSignature),
        ("for another contract", action, for_receipts, Error::BadSignature),
        ("for another network", action, elsewhere, Error::BadSignature),
        ("no signature", action, Authorization { signature: Signature::Sr25519([0; 64]), ..good }, Error::BadSignature),
        ("no signature", action, Authorization { signature: Signature::Ecdsa([0; 65]), ..good }, Error::BadSignature),
    ];
    for (why, action, authorization, error) in cases {
        // Nobody may carry it, its signer included.
        for carrier in ["relayer", "shop"] {
            let outcome = tried(network, carrier, "relay", &(action, authorization));
            assert_eq!(outcome, Err(error), "{why}");
        }
        refuses(network, "relayer", "relay", &(action, authorization), error);
    }
    let twin = another(network);
    let relayer = who(network, "relayer");
    let outcome = network.call_at::<()>(twin, relayer, KIND, "relay", &(action, good));
    assert_eq!(outcome, refused(Error::BadSignature), "at another registry of the same network");
    assert_eq!(told::<u64>(network, "nonce_of", &shop.account()), 0);

    network.state.set_time(expires_ms);
    done::<()>(network, "relayer", "relay", &(action, good));
    let proposed = AccountProposed { side: SHOP.0, index: SHOP.1, account: deputy };
    said(network, &[Event::AccountProposed(proposed)]);
    assert_eq!(told::<u64>(network, "nonce_of", &shop.account()), 1);
    refuses(network, "relayer", "relay", &(action, good), Error::BadNonce);
    // Withdrawn again by its own call, which a replay would undo.
    done::<()>(network, "shop", "propose_account", &shop.account());
    refuses(network, "relayer", "relay", &(action, good), Error::BadNonce);
    refused_actions_use_nothing(network);
}

/// What is refused has not been carried: it waits for its time until its end.
fn refused_actions_use_nothing(network: &mut Sandbox) {
    let deputy = network.actor("deputy");
    let accept = Action::AcceptAccount { side: SHOP.0, index: SHOP.1 };
    let early = network.authorize(KIND, &deputy, &accept);
    refuses(network, "relayer", "relay", &(accept, early), Error::NotProposed);
    assert_eq!(told::<u64>(network, "nonce_of", &deputy.account()), 0);
    let shop = network.actor("shop");
    network.relay(KIND, &shop, &Action::ProposeAccount { account: deputy.account() }).unwrap();
    done::<()>(network, "relayer", "relay", &(accept, early));
    assert_eq!(told::<Option<AccountId>>(network, "account_of", &SHOP), Some(deputy.account()));
    assert_eq!(told::<u64>(network, "nonce_of", &deputy.account()), 1);
}

/// Returned bytes, events and cells, of this contract and `receipts`.
type Effect = (Result<Vec<u8>, Vec<u8>>, Vec<Event>, Vec<(Vec<u8>, Vec<u8>)>);

/// What a call does; it is undone.
fn effect(network: &mut Sandbox, origin: AccountId, bytes: Vec<u8>) -> Effect {
    let (registry, receipts) = (network.contracts.registry, network.contracts.receipts);
    network.state.rolled_back(|state| {
        let executed = state.execute(origin, registry, bytes);
        let mut cells = state.storage_of(registry);
        cells.extend(state.storage_of(receipts));
        (executed.result, executed.events, cells)
    })
}

/// Each action, signed by everybody there is and carried by somebody without
/// any role, against the same by everybody's own call: the same outcome, the
/// same events, the same cells but for the nonce.
#[test]
fn a_carried_action_is_the_signers_own_call() {
    let mut network = Sandbox::new();
    let network = &mut network;
    stage(network);
    let (deputy, zero) = (who(network, "deputy"), AccountId::from(ZERO));
    let ((side, index), (customers, customer)) = (SHOP, CUSTOMER);
    let actions: [(&str, Vec<u8>, Action); 10] = [
        ("appeal", hash(7).encode(), Action::Appeal { statement: hash(7) }),
        ("propose_account", deputy.encode(), Action::ProposeAccount { account: deputy }),
        ("propose_account", zero.encode(), Action::ProposeAccount { account: zero }),
        ("accept_account", SHOP.encode(), Action::AcceptAccount { side, index }),
        ("consent_recovery", SHOP.encode(), Action::ConsentRecovery { side, index }),
        ("consent_recovery", CUSTOMER.encode(), Action::ConsentRecovery { side: customers, index: customer }),
        ("cancel_recovery", SHOP.encode(), Action::CancelRecovery { side, index }),
        ("cancel_recovery", CUSTOMER.encode(), Action::CancelRecovery { side: customers, index: customer }),
        ("retire_device", 1u32.encode(), Action::RetireDevice { device: 1 }),
        ("retire_device", 3u32.encode(), Action::RetireDevice { device: 3 }),
    ];
    let carrier = who(network, "relayer");
    for (message, arguments, action) in actions {
        let mut carried_out = 0;
        for name in PEOPLE {
            let actor = network.actor(name);
            let direct = effect(network, actor.account(), input(message, &Raw(arguments.clone())));
            let authorization = network.authorize(KIND, &actor, &action);
            let (result, events, mut cells) = effect(network, carrier, input("relay", &(action, authorization)));
            assert_eq!((&result, &events), (&direct.0, &direct.1), "{action:?} by {name}");
            if result.is_ok() {
                carried_out += 1;
                let more: Vec<_> = cells.iter().filter(|cell| !direct.2.contains(cell)).cloned().collect();
                assert_eq!(more.len(), 1, "{action:?} by {name}: the nonce");
                assert_eq!(more[0].1, 1u64.encode());
                cells.retain(|cell| *cell != more[0]);
            }
            assert_eq!(cells, direct.2, "{action:?} by {name}");
        }
        assert_eq!(
            carried_out > 0,
            action != Action::ProposeAccount { account: zero } && action != Action::RetireDevice { device: 3 }
        );
    }
}

/// A wallet with a key of the other kind signs too; but not a second time with
/// the other s, which anybody could make of the first.
#[test]
fn an_ecdsa_wallet_signs_with_a_low_s() {
    let mut network = Sandbox::new();
    let network = &mut network;
    network.enter_epoch(1);
    let key = ecdsa::Keypair::from_secret_key(blake2x256(b"an ECDSA wallet")).unwrap();
    let account = AccountId::from(blake2x256(&key.public_key().0));
    let index: u32 = done(network, "attestor 1", "register", &(SHOP.0, account, hash(1), hash(2)));
    let action = Action::ProposeAccount { account: who(network, "deputy") };
    let expires_ms = network.state.now_ms() + HOUR;
    let bytes = signed_bytes(&network.genesis, &network.contracts.registry, &account, 0, expires_ms, &action);
    let low = key.sign_prehashed(&blake2x256(&bytes)).0;
    let mut high = low;
    let s = U256::from_str_radix(ORDER, 16).unwrap() - U256::from_big_endian(&low[32..64]);
    high[32..64].copy_from_slice(&s.to_big_endian());
    high[64] ^= 1;
    let authorized =
        |signature| Authorization { account, nonce: 0, expires_ms, signature: Signature::Ecdsa(signature) };
    let stranger = Authorization { account: who(network, "stranger"), ..authorized(low) };
    refuses(network, "relayer", "relay", &(action, authorized(high)), Error::BadSignature);
    refuses(network, "relayer", "relay", &(action, stranger), Error::BadSignature);
    done::<()>(network, "relayer", "relay", &(action, authorized(low)));
    said(network, &[Event::AccountProposed(AccountProposed { side: SHOP.0, index, account: who(network, "deputy") })]);
}

/// A signature that anybody can make: of the account of 32 zeros, which is the
/// neutral point of the group that keys are from. With it as the key, R = s·B
/// holds for every message; here with s = 0.
fn signature_of_zero() -> Signature {
    let mut signature = [0; 64];
    // Schnorrkel's mark.
    signature[63] = 0x80;
    Signature::Sr25519(signature)
}

fn by_zero(network: &Sandbox) -> Authorization {
    let expires_ms = network.state.now_ms() + HOUR;
    Authorization { account: ZERO.into(), nonce: 0, expires_ms, signature: signature_of_zero() }
}

/// Whatever is signed for the zero account does nothing here, for it is
/// nobody: no party, no agent, no heir, no admin.
#[test]
fn the_zero_account_is_nobody() {
    let mut network = Sandbox::new();
    let network = &mut network;
    stage(network);
    let authorization = by_zero(network);
    let deputy = who(network, "deputy");
    for (side, index) in [SHOP, CUSTOMER, (SHOP.0, 0), (SHOP.0, 9)] {
        for action in [
            Action::Appeal { statement: hash(1) },
            Action::ProposeAccount { account: deputy },
            Action::AcceptAccount { side, index },
            Action::ConsentRecovery { side, index },
            Action::CancelRecovery { side, index },
            Action::RetireDevice { device: index },
        ] {
            assert!(tried(network, "relayer", "relay", &(action, authorization)).is_err(), "{action:?}");
        }
    }
}

/// The signature check itself, at every contract that carries actions.
#[test]
fn nobody_signs_for_the_zero_account() {
    let mut network = Sandbox::new();
    let network = &mut network;
    stage(network);
    let (authorization, line) = (by_zero(network), vesting::Line::Team);
    let actions: [(ContractKind, Vec<u8>); 10] = [
        (ContractKind::Bzky, action::bzky::Action::Transfer { to: ZERO.into(), value: 0 }.encode()),
        (ContractKind::Time, action::time::Action::Burn { value: 0 }.encode()),
        (KIND, Action::Appeal { statement: hash(1) }.encode()),
        (ContractKind::Receipts, action::receipts::Action::VoidByMerchant { device: 1, seq: 0, index: 0 }.encode()),
        (ContractKind::PosDeposit, action::pos_deposit::Action::SetAgent { device: 1, agent: None }.encode()),
        (ContractKind::Rewards, action::rewards::Action::Unbond.encode()),
        (ContractKind::Redemption, action::redemption::Action::CloseTask { task: 1 }.encode()),
        (ContractKind::Vesting, action::vesting::Action::AcceptBeneficiary { line }.encode()),
        (ContractKind::Otc, action::otc::Action::CloseOffer { offer: 1 }.encode()),
        (ContractKind::Foundation, action::foundation::Action::Vote { resolution: 1, in_favour: true }.encode()),
    ];
    for (kind, action) in actions {
        let outcome = network.carry(kind, &Raw(action), authorization).map_err(|error| error.name());
        assert_eq!(outcome, Err("BadSignature".to_owned()), "{kind}");
    }
}

/// What the same check lets happen in `bzky`, where the zero account can own
/// something: what was sent there, to be burned say, is whoever's comes first.
#[test]
fn what_was_sent_to_the_zero_account_stays_there() {
    let mut network = Sandbox::new();
    let network = &mut network;
    let (zero, thief, amount) = (AccountId::from(ZERO), who(network, "stranger"), TOKEN);
    network.give(zero, amount);
    let take = bzky::Action::Transfer { to: thief, value: amount };
    let authorization = by_zero(network);
    let taken = network.call::<()>(thief, ContractKind::Bzky, "relay", &(take, authorization));
    assert!(taken.is_err(), "{taken:?}");
    assert_eq!((network.bzky_of(zero), network.bzky_of(thief)), (amount, 0 as Balance));
}

/// And at devices: with this key every batch is signed.
#[test]
fn a_device_has_a_key_that_somebody_must_hold() {
    let mut network = Sandbox::new();
    let network = &mut network;
    stage(network);
    let attestor = who(network, "attestor 1");
    let device = network.call::<u32>(attestor, KIND, "register_device", &(SHOP.1, PublicKey::Sr25519(ZERO)));
    if let Ok(id) = device {
        let unknown = Device { id, key: DeviceKey::sr25519("no key of it"), next_seq: 0 };
        let batch = Batch { signature: signature_of_zero(), ..network.batch(&unknown, &[(CUSTOMER.1, 100)]) };
        assert!(network.send(&batch).is_err(), "a batch that nobody signed");
    }
}
