//! Signed transfers, approvals and burns, with real signatures of both kinds.

use crate::Bzky;
use bizkey_primitives::{
    action::{bzky::Action, Authorization, ACTION_CONTEXT},
    errors::psp22::Error,
    hash::blake2x256,
    psp22::{PSP22Burnable, PSP22},
    signature::Signature,
    AccountId, Balance, Calendar, Hash, BZKY_SUPPLY,
};
use ink::env::{test, DefaultEnvironment};
use scale::Encode;

const GENESIS: [u8; 32] = [7; 32];
const NOW_MS: u64 = 1_000;
const ENOUGH: Balance = 1_000;
/// Carries what others sign.
const CARRIER: u8 = 99;

/// A wallet of each kind.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wallet {
    Sr25519,
    Ecdsa,
}

const WALLETS: [Wallet; 2] = [Wallet::Sr25519, Wallet::Ecdsa];

fn account(number: u8) -> AccountId {
    AccountId::from([number; 32])
}

impl Wallet {
    fn sr25519() -> schnorrkel::Keypair {
        schnorrkel::MiniSecretKey::from_bytes(&[5; 32]).unwrap().expand_to_keypair(schnorrkel::ExpansionMode::Ed25519)
    }

    fn ecdsa() -> secp256k1::SecretKey {
        secp256k1::SecretKey::from_slice(&[6; 32]).unwrap()
    }

    fn account(self) -> AccountId {
        match self {
            Wallet::Sr25519 => AccountId::from(Self::sr25519().public.to_bytes()),
            Wallet::Ecdsa => AccountId::from(blake2x256(&Self::ecdsa().public_key(secp256k1::SECP256K1).serialize())),
        }
    }

    fn sign(self, bytes: &[u8]) -> Signature {
        match self {
            Wallet::Sr25519 => Signature::Sr25519(Self::sr25519().sign_simple(b"substrate", bytes).to_bytes()),
            Wallet::Ecdsa => {
                let message = secp256k1::Message::from_digest(blake2x256(bytes));
                let signed = secp256k1::SECP256K1.sign_ecdsa_recoverable(&message, &Self::ecdsa());
                let (id, rs) = signed.serialize_compact();
                let mut signature = [0; 65];
                signature[..64].copy_from_slice(&rs);
                signature[64] = u8::try_from(id.to_i32()).unwrap();
                Signature::Ecdsa(signature)
            }
        }
    }

    /// As the specification writes the message, not as the contract builds it.
    fn authorize(self, nonce: u64, expires_ms: u64, action: &Action) -> Authorization {
        self.authorize_for(GENESIS, ink::env::account_id::<DefaultEnvironment>(), nonce, expires_ms, action)
    }

    fn authorize_for(
        self,
        genesis: [u8; 32],
        contract: AccountId,
        nonce: u64,
        expires_ms: u64,
        action: &Action,
    ) -> Authorization {
        let account = self.account();
        let message = (genesis, contract, account, nonce, expires_ms, action)
            .using_encoded(|rest| [ACTION_CONTEXT, rest].concat());
        let hex: String = blake2x256(&message).iter().map(|byte| format!("{byte:02x}")).collect();
        let signature = self.sign(format!("<Bytes>{hex}</Bytes>").as_bytes());
        Authorization { account, nonce, expires_ms, signature }
    }
}

/// Both wallets hold [`ENOUGH`]; the caller carries.
fn token() -> Bzky {
    // Resets the environment: some tests need a second token.
    test::run_test::<DefaultEnvironment, _>(|_| Ok(())).unwrap();
    test::set_block_timestamp::<DefaultEnvironment>(NOW_MS);
    test::set_caller::<DefaultEnvironment>(account(1));
    let calendar = Calendar { genesis_ms: NOW_MS, epoch_ms: 100 };
    let mut token = Bzky::new(Hash::from(GENESIS), calendar, account(1), account(2)).unwrap();
    for wallet in WALLETS {
        token.transfer(wallet.account(), ENOUGH, vec![]).unwrap();
    }
    test::set_caller::<DefaultEnvironment>(account(CARRIER));
    token
}

#[ink::test]
fn anybody_carries_what_a_holder_signed() {
    for wallet in WALLETS {
        let (mut token, owner) = (token(), wallet.account());
        let actions = [
            Action::Transfer { to: account(3), value: 10 },
            Action::Approve { spender: account(3), value: 20 },
            Action::Burn { value: 30 },
        ];
        for (nonce, action) in (0..).zip(&actions) {
            assert_eq!(token.nonce_of(owner), nonce);
            assert_eq!(token.relay(*action, wallet.authorize(nonce, NOW_MS, action)), Ok(()), "{wallet:?} {action:?}");
        }
        assert_eq!(token.nonce_of(owner), 3);
        assert_eq!(token.nonce_of(account(CARRIER)), 0);
        assert_eq!(token.balance_of(account(3)), 10);
        assert_eq!(token.allowance(owner, account(3)), 20);
        assert_eq!(token.balance_of(owner), ENOUGH - 40);
        assert_eq!(token.total_supply(), BZKY_SUPPLY - 30);
    }
}

#[ink::test]
fn it_is_carried_once_in_order_and_in_time() {
    let mut token = token();
    for wallet in WALLETS {
        let action = Action::Transfer { to: account(3), value: 1 };
        let late = wallet.authorize(0, NOW_MS - 1, &action);
        assert_eq!(token.relay(action, late), Err(Error::Expired));
        assert_eq!(token.relay(action, wallet.authorize(1, NOW_MS, &action)), Err(Error::BadNonce));
        let good = wallet.authorize(0, NOW_MS, &action);
        assert_eq!(token.relay(action, good), Ok(()));
        assert_eq!(token.relay(action, good), Err(Error::BadNonce));
        assert_eq!(token.balance_of(wallet.account()), ENOUGH - 1);
    }
}

#[ink::test]
fn who_carries_can_change_nothing() {
    let mut token = token();
    for wallet in WALLETS {
        let action = Action::Transfer { to: account(3), value: 1 };
        let good = wallet.authorize(0, NOW_MS, &action);
        for other in [
            Action::Transfer { to: account(CARRIER), value: 1 },
            Action::Transfer { to: account(3), value: 2 },
            Action::Approve { spender: account(3), value: 1 },
            Action::Burn { value: 1 },
        ] {
            assert_eq!(token.relay(other, good), Err(Error::BadSignature), "{other:?}");
        }
        let other = WALLETS.into_iter().find(|other| *other != wallet).unwrap();
        let elsewhere = wallet.authorize_for(GENESIS, account(8), 0, NOW_MS, &action);
        let other_chain =
            wallet.authorize_for([8; 32], ink::env::account_id::<DefaultEnvironment>(), 0, NOW_MS, &action);
        for bad in [
            Authorization { account: account(1), ..good },
            Authorization { account: other.account(), ..good },
            Authorization { expires_ms: NOW_MS + 1, ..good },
            Authorization { signature: other.sign(b"else"), ..good },
            elsewhere,
            other_chain,
        ] {
            assert_eq!(token.relay(action, bad), Err(Error::BadSignature), "{bad:?}");
        }
        assert_eq!(token.nonce_of(wallet.account()), 0);
        assert_eq!(token.balance_of(wallet.account()), ENOUGH);
    }
}

#[ink::test]
fn a_high_s_is_refused() {
    let mut token = token();
    let action = Action::Burn { value: 1 };
    let mut high = Wallet::Ecdsa.authorize(0, NOW_MS, &action);
    let Signature::Ecdsa(bytes) = &mut high.signature else { panic!("not the wallet's kind") };
    // n - s with the other recovery id is the same signature's second form.
    let s = secp256k1::SecretKey::from_slice(&bytes[32..64]).unwrap().negate();
    bytes[32..64].copy_from_slice(&s.secret_bytes());
    bytes[64] ^= 1;
    assert_eq!(token.relay(action, high), Err(Error::BadSignature));
}

#[ink::test]
fn what_the_signer_could_not_do_the_carrier_cannot_either() {
    let mut token = token();
    for action in [Action::Transfer { to: account(3), value: ENOUGH + 1 }, Action::Burn { value: ENOUGH + 1 }] {
        for wallet in WALLETS {
            // A refused message reverts on chain; here the nonce has moved on.
            let nonce = token.nonce_of(wallet.account());
            let signed = wallet.authorize(nonce, NOW_MS, &action);
            assert_eq!(token.relay(action, signed), Err(Error::InsufficientBalance));
            assert_eq!(token.balance_of(wallet.account()), ENOUGH);
        }
    }
}

#[ink::test]
fn a_signed_message_has_its_own_call_as_twin() {
    // The same steps by call and by relay leave the same state and events.
    let steps = [
        Action::Approve { spender: account(3), value: 5 },
        Action::Transfer { to: account(3), value: 0 },
        Action::Transfer { to: Wallet::Sr25519.account(), value: 7 },
        Action::Transfer { to: account(3), value: 7 },
        Action::Approve { spender: Wallet::Sr25519.account(), value: 9 },
        Action::Burn { value: 0 },
        Action::Burn { value: 4 },
    ];
    let outcome = |by_relay: bool| {
        let (mut token, owner) = (token(), Wallet::Sr25519.account());
        let before = test::recorded_events().count();
        for (nonce, action) in (0..).zip(&steps) {
            let result = if by_relay {
                token.relay(*action, Wallet::Sr25519.authorize(nonce, NOW_MS, action))
            } else {
                test::set_caller::<DefaultEnvironment>(owner);
                match *action {
                    Action::Transfer { to, value } => token.transfer(to, value, vec![]),
                    Action::Approve { spender, value } => token.approve(spender, value),
                    Action::Burn { value } => token.burn(value),
                }
            };
            assert_eq!(result, Ok(()));
        }
        let events: Vec<Vec<u8>> = test::recorded_events().skip(before).map(|event| event.data).collect();
        let allowances = [account(3), owner].map(|spender| token.allowance(owner, spender));
        (token.balance_of(owner), token.balance_of(account(3)), token.total_supply(), allowances, events)
    };
    assert_eq!(outcome(true), outcome(false));
}
