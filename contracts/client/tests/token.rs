//! A key in a PKCS#11 token signs transactions of a real chain.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use bizkey_client::{Client, ClientError, KeySource, RpcClient, Signer};
use bizkey_devchain::{Devchain, DevchainConfig, InProcessRpc};
use bizkey_primitives::AccountId;
use bizkey_tests::token::{secret_file, Token, CONFIGURATION, PIN};
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    mechanism::Mechanism,
    object::{Attribute, ObjectClass},
    session::UserType,
    types::AuthPin,
};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

const COIN: u128 = 1_000_000_000_000;
/// DER of the object identifiers of secp256k1 and of P-256.
const SECP256K1: [u8; 7] = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a];
const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// Has a token make the keys `member` and `other-curve`; its library stays loaded.
fn make_keys(token: &Token) -> Pkcs11 {
    // The only test of this program, before it has a second thread.
    std::env::set_var(CONFIGURATION, &token.configuration);

    let library = Pkcs11::new(token.module).unwrap();
    library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
    let slot = library.get_slots_with_initialized_token().unwrap()[0];
    let session = library.open_rw_session(slot).unwrap();
    session.login(UserType::User, Some(&AuthPin::from(PIN))).unwrap();
    for (label, curve) in [("member", &SECP256K1[..]), ("other-curve", &P256)] {
        let label = || Attribute::Label(label.as_bytes().to_vec());
        let public = [
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Verify(true),
            Attribute::EcParams(curve.to_vec()),
            label(),
        ];
        let private = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            label(),
        ];
        session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private).unwrap();
    }
    let found = session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)]).unwrap();
    assert_eq!(found.len(), 2);
    drop(session);
    library
}

async fn open(source: &str) -> Result<Signer, ClientError> {
    source.parse::<KeySource>()?.open().await
}

#[test]
fn a_token_signs_what_the_chain_takes_and_tells_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let Some(token) = Token::new(folder.path()) else { return };
    let _library = make_keys(&token);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(sign(&token, folder.path()));
}

async fn sign(token: &Token, folder: &Path) {
    let (right, wrong) = (folder.join("pin"), folder.join("wrong"));
    secret_file(&right, &format!("{PIN}\n"));
    secret_file(&wrong, "00000000");
    let member = token.source("member", &right);
    let nobodys = member.replace("token=bizkey%20test", "token=nobody");

    for (source, reason) in [
        (nobodys, "no initialised token"),
        (token.source("nobody", &right), "no elliptic private key"),
        (token.source("other-curve", &right), "another curve"),
        (token.source("member", &wrong), "PinIncorrect"),
        ("pkcs11:module=/no/such.so;token=t;object=o;pin=env:PATH".to_owned(), "/no/such.so"),
    ] {
        let error = open(&source).await.unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
        assert!(!error.contains(PIN) && !error.contains("00000000"), "{error}");
    }
    fs::set_permissions(&right, fs::Permissions::from_mode(0o640)).unwrap();
    let error = open(&member).await.unwrap_err().to_string();
    assert!(error.contains("chmod 600"), "{error}");
    fs::set_permissions(&right, fs::Permissions::from_mode(0o600)).unwrap();

    let signer = open(&member).await.unwrap();
    let again = open(&member).await.unwrap();
    assert_eq!(signer.account_id(), again.account_id(), "two keys of one token, in one process");
    assert!(!format!("{signer:?}").contains(PIN));

    let chain = Devchain::open(DevchainConfig::default()).unwrap();
    let client = Client::from_rpc(RpcClient::new(InProcessRpc::new(&chain).unwrap())).await.unwrap();
    let alice = Signer::from_uri("//Alice").unwrap();
    client.transfer_native(&alice, &signer.account_id(), 1_000 * COIN).await.unwrap().finalized().await.unwrap();
    // About half of a token's signatures have a high s, and two recovery ids are common.
    for number in 1..=24u8 {
        let to = AccountId::from([number; 32]);
        let signer = if number % 2 == 0 { &signer } else { &again };
        client.transfer_native(signer, &to, COIN).await.unwrap().finalized().await.unwrap();
        assert_eq!(client.account(&to).await.unwrap().free, COIN);
    }
}
