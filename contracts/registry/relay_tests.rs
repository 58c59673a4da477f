//! What parties sign and others carry.

use crate::{
    registry::Registry,
    tests::{account, at_epoch, at_ms, by, hash, registry, ADMIN, ANYBODY, FIRST, GENESIS, GENESIS_MS, SECOND},
};
use bizkey_primitives::{
    action::{registry::Action, signed_bytes, Authorization},
    errors::registry::Error,
    membership::RecoveryState,
    signature::Signature,
    AccountId, Hash, Side, Status,
};
use ink::env::DefaultEnvironment;

const SIDE: Side = Side::Customer;
const INDEX: u32 = 1;

/// A wallet of its number.
struct Wallet(schnorrkel::Keypair);

impl Wallet {
    fn new(number: u8) -> Self {
        let seed = schnorrkel::MiniSecretKey::from_bytes(&[number; 32]).unwrap();
        Self(seed.expand_to_keypair(schnorrkel::ExpansionMode::Ed25519))
    }

    fn account(&self) -> AccountId {
        AccountId::from(self.0.public.to_bytes())
    }

    fn authorize(&self, nonce: u64, action: &Action) -> Authorization {
        let (account, expires_ms) = (self.account(), u64::MAX);
        let contract = ink::env::account_id::<DefaultEnvironment>();
        let bytes = signed_bytes(&Hash::from([GENESIS; 32]), &contract, &account, nonce, expires_ms, action);
        let signature = Signature::Sr25519(self.0.sign_simple(b"substrate", &bytes).to_bytes());
        Authorization { account, nonce, expires_ms, signature }
    }

    /// Signs with its next nonce; somebody else carries it.
    fn relay(&self, registry: &mut Registry, action: Action) -> Result<(), Error> {
        by(ANYBODY);
        let nonce = registry.nonce_of(self.account());
        registry.relay(action, self.authorize(nonce, &action))
    }
}

/// The wallet of customer 1, in epoch 0, and another one.
fn with_customer() -> (Registry, Wallet, Wallet) {
    let mut registry = registry();
    at_epoch(0);
    let wallets = (Wallet::new(1), Wallet::new(2));
    by(FIRST);
    registry.register(SIDE, wallets.0.account(), hash(1), hash(0)).unwrap();
    (registry, wallets.0, wallets.1)
}

#[ink::test]
fn a_carried_change_of_account() {
    let (mut registry, old, new) = with_customer();
    let accept = Action::AcceptAccount { side: SIDE, index: INDEX };
    assert_eq!(new.relay(&mut registry, accept), Err(Error::NotProposed));
    old.relay(&mut registry, Action::ProposeAccount { account: new.account() }).unwrap();
    assert_eq!(old.relay(&mut registry, accept), Err(Error::NotProposed));
    new.relay(&mut registry, accept).unwrap();
    assert_eq!(registry.account_of(SIDE, INDEX), Some(new.account()));
}

#[ink::test]
fn a_carried_appeal() {
    let (mut registry, customer, stranger) = with_customer();
    let appeal = Action::Appeal { statement: hash(5) };
    assert_eq!(customer.relay(&mut registry, appeal), Err(Error::NothingToAppeal));
    by(ADMIN);
    registry.set_status(SIDE, INDEX, Status::Restricted, hash(4)).unwrap();
    assert_eq!(stranger.relay(&mut registry, appeal), Err(Error::NotParty));
    customer.relay(&mut registry, appeal).unwrap();
    assert_eq!(registry.last_change(SIDE, INDEX).and_then(|c| c.appeal).map(|a| a.statement), Some(hash(5)));
}

#[ink::test]
fn carried_consent_and_objection_to_a_recovery() {
    let (mut registry, old, new) = with_customer();
    let (side, index) = (SIDE, INDEX);
    for attestor in [FIRST, SECOND] {
        by(attestor);
        registry.attest_recovery(side, index, new.account()).unwrap();
    }
    assert_eq!(old.relay(&mut registry, Action::ConsentRecovery { side, index }), Err(Error::NotProposed));
    new.relay(&mut registry, Action::ConsentRecovery { side, index }).unwrap();
    assert_eq!(new.relay(&mut registry, Action::CancelRecovery { side, index }), Err(Error::NotParty));
    old.relay(&mut registry, Action::CancelRecovery { side, index }).unwrap();
    let recovery = registry.recovery_of(side, index).unwrap();
    assert_eq!((recovery.consented, recovery.state), (true, RecoveryState::Cancelled));
}

#[ink::test]
fn a_carried_retirement_of_a_device() {
    let (mut registry, customer, shop) = with_customer();
    by(FIRST);
    registry.register(Side::Merchant, shop.account(), hash(1), hash(0)).unwrap();
    let device = registry.devices.register(1).unwrap();
    let retire = Action::RetireDevice { device };
    assert_eq!(customer.relay(&mut registry, retire), Err(Error::NotDeviceMerchant));
    // `receipts` is not bound here.
    assert_eq!(shop.relay(&mut registry, retire), Err(Error::NotBound));
    assert_eq!(shop.relay(&mut registry, retire), Err(Error::DeviceRetired));
}

#[ink::test]
fn an_authorization_is_used_once_in_order_in_time_and_as_signed() {
    let (mut registry, customer, other) = with_customer();
    let action = Action::ProposeAccount { account: account(20) };
    let signed = customer.authorize(0, &action);
    by(ANYBODY);
    assert_eq!(registry.relay(action, Authorization { expires_ms: GENESIS_MS - 1, ..signed }), Err(Error::Expired));
    assert_eq!(registry.relay(action, customer.authorize(1, &action)), Err(Error::BadNonce));
    let theirs = Action::ProposeAccount { account: account(21) };
    assert_eq!(registry.relay(theirs, signed), Err(Error::BadSignature));
    let forged = Authorization { account: customer.account(), ..other.authorize(0, &action) };
    assert_eq!(registry.relay(action, forged), Err(Error::BadSignature));
    assert_eq!(registry.proposed_account(SIDE, INDEX), None);
    assert_eq!(registry.relay(action, signed), Ok(()));
    assert_eq!(registry.nonce_of(customer.account()), 1);
    at_ms(GENESIS_MS + 1);
    assert_eq!(registry.relay(action, signed), Err(Error::BadNonce));
}
