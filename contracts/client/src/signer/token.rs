//! Keys in PKCS#11 tokens: ECDSA on secp256k1. The private half never leaves
//! the token; only hashes go in and signatures come out.

use crate::{ClientError, Result};
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error as TokenError, RvError},
    mechanism::Mechanism,
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    slot::Slot,
    types::AuthPin,
};
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use secrecy::SecretString;
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

/// Longest time to open a token.
const OPENING: Duration = Duration::from_secs(30);
/// Longest time for one signature, opening the token again included.
const SIGNING: Duration = Duration::from_secs(30);
/// Signatures that may wait for the token.
const WAITING: usize = 64;
/// DER of the object identifier of secp256k1, 1.3.132.0.10.
const SECP256K1: [u8; 7] = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a];

/// Where a token's key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPlace {
    /// The token's library.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// The label of both halves of the key.
    pub object: String,
}

impl fmt::Display for TokenPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pkcs11:module={};token={};object={}", self.module.display(), self.token, self.object)
    }
}

/// A key that a token keeps. A thread of its own talks to the token, since a
/// token's session belongs to one thread and a token may hang.
pub struct TokenKey {
    public: VerifyingKey,
    requests: mpsc::Sender<Request>,
}

struct Request {
    hash: [u8; 32],
    reply: oneshot::Sender<Result<Vec<u8>>>,
}

/// Opens a token and finds the key.
///
/// # Errors
/// [`ClientError::Key`]: what is missing or refused, never the PIN.
pub async fn open(place: TokenPlace, pin: SecretString) -> Result<TokenKey> {
    let shown = place.to_string();
    let (requests, incoming) = mpsc::channel(WAITING);
    let (opened, waiting) = oneshot::channel();
    let thread = std::thread::Builder::new().name("pkcs11".into());
    let talk = move || talk(&Keeper { place, pin }, opened, incoming);
    thread.spawn(talk).map_err(|error| refuse(format!("{shown}: no thread: {error}")))?;
    match tokio::time::timeout(OPENING, waiting).await {
        Ok(Ok(public)) => Ok(TokenKey { public: public?, requests }),
        Ok(Err(_)) => Err(refuse(format!("{shown}: its library stopped the thread that talks to it"))),
        Err(_) => Err(refuse(format!("{shown}: it did not open within {OPENING:?}"))),
    }
}

impl TokenKey {
    /// The compressed public key.
    pub fn public(&self) -> Vec<u8> {
        self.public.to_encoded_point(true).as_bytes().to_vec()
    }

    /// Signs a hash: r, s not above half the group's order, recovery id.
    ///
    /// # Errors
    /// [`ClientError::Key`] when the token does not sign, or not with its key.
    pub async fn sign(&self, hash: [u8; 32]) -> Result<[u8; 65]> {
        let (reply, waiting) = oneshot::channel();
        let gone = |_| refuse("the token's thread has ended; start the program again".into());
        let signed = async {
            self.requests.send(Request { hash, reply }).await.map_err(|_| gone(()))?;
            waiting.await.map_err(|_| gone(()))?
        };
        let raw = match tokio::time::timeout(SIGNING, signed).await {
            Ok(raw) => raw?,
            Err(_) => return Err(refuse(format!("the token did not sign within {SIGNING:?}"))),
        };
        recoverable(&self.public, &hash, &raw)
    }
}

fn refuse(reason: String) -> ClientError {
    ClientError::Key { what: "token key", reason }
}

/// A token's `r ‖ s` as the chain takes it. Contracts refuse a high s
/// (architecture.md, Contracts), and tokens make them.
fn recoverable(public: &VerifyingKey, hash: &[u8; 32], raw: &[u8]) -> Result<[u8; 65]> {
    let signature = Signature::from_slice(raw)
        .map_err(|_| refuse(format!("the token answered {} bytes that are no ECDSA signature", raw.len())))?;
    let signature = signature.normalize_s().unwrap_or(signature);
    // Finding the id checks the signature as well.
    let id = RecoveryId::trial_recovery_from_prehash(public, hash, &signature).map_err(|_| {
        refuse("the token's signature is not by its public key: do both objects belong together?".into())
    })?;
    let mut bytes = [0; 65];
    bytes[..64].copy_from_slice(&signature.to_bytes());
    bytes[64] = id.to_byte();
    Ok(bytes)
}

/// What a thread needs to open its token, also again.
struct Keeper {
    place: TokenPlace,
    pin: AuthPin,
}

/// An open session with the key found.
struct Open {
    session: Session,
    private: ObjectHandle,
}

/// Why a token does not serve.
enum Failure {
    /// Its own words.
    Token(TokenError),
    /// Ours.
    Found(String),
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}

impl Failure {
    /// Whether asking for a signature again cannot help, and could lock the token.
    fn is_pin(&self) -> bool {
        use RvError::{PinExpired, PinIncorrect, PinInvalid, PinLenRange, PinLocked};
        matches!(
            self,
            Self::Token(TokenError::Pkcs11(PinIncorrect | PinInvalid | PinLenRange | PinExpired | PinLocked, _))
        )
    }

    fn into_error(self, place: &TokenPlace) -> ClientError {
        match self {
            Self::Token(TokenError::Pkcs11(code, function)) => refuse(format!("{place}: {function}: {code:?}")),
            Self::Token(error) => refuse(format!("{place}: {error}")),
            Self::Found(reason) => refuse(format!("{place}: {reason}")),
        }
    }
}

/// The thread: opens, then signs until nobody asks any more.
fn talk(keeper: &Keeper, opened: oneshot::Sender<Result<VerifyingKey>>, mut requests: mpsc::Receiver<Request>) {
    let found = keeper.open().and_then(|open| {
        let public = keeper.public(&open.session)?;
        Ok((open, public))
    });
    let (open, public) = match found {
        Ok(found) => found,
        Err(failure) => {
            // Whoever waited may be gone.
            let _ = opened.send(Err(failure.into_error(&keeper.place)));
            return;
        }
    };
    let _ = opened.send(Ok(public));
    let mut open = Some(open);
    // A PIN that was refused once is not tried again: tokens lock themselves.
    let mut refused = false;
    while let Some(Request { hash, reply }) = requests.blocking_recv() {
        let mut outcome = Err(Failure::Found("its PIN was refused; start the program again with the right one".into()));
        for _ in 0..2 {
            if refused {
                break;
            }
            outcome = keeper.sign(&mut open, &hash);
            match &outcome {
                Ok(_) => break,
                Err(failure) => refused |= failure.is_pin(),
            }
        }
        let _ = reply.send(outcome.map_err(|failure| failure.into_error(&keeper.place)));
    }
}

impl Keeper {
    /// Signs, in the open session or in a new one. A session that failed is closed.
    fn sign(&self, open: &mut Option<Open>, hash: &[u8; 32]) -> std::result::Result<Vec<u8>, Failure> {
        let now = match open.take() {
            Some(now) => now,
            None => self.open()?,
        };
        let raw = now.session.sign(&Mechanism::Ecdsa, now.private, hash)?;
        *open = Some(now);
        Ok(raw)
    }

    fn open(&self) -> std::result::Result<Open, Failure> {
        let library = library(&self.place.module)?;
        let session = library.open_ro_session(self.slot(&library)?)?;
        match session.login(UserType::User, Some(&self.pin)) {
            // Logins are a matter of the whole process.
            Ok(()) | Err(TokenError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(error) => return Err(error.into()),
        }
        let private = self.only(&session, ObjectClass::PRIVATE_KEY, "private key")?;
        Ok(Open { session, private })
    }

    fn slot(&self, library: &Pkcs11) -> std::result::Result<Slot, Failure> {
        let mut found = Vec::new();
        for slot in library.get_slots_with_initialized_token()? {
            // A token that cannot be read is not the one.
            if library.get_token_info(slot).is_ok_and(|token| token.label().trim_end() == self.place.token) {
                found.push(slot);
            }
        }
        match found[..] {
            [slot] => Ok(slot),
            [] => Err(Failure::Found("there is no initialised token with this label".into())),
            _ => Err(Failure::Found("several tokens have this label".into())),
        }
    }

    fn only(&self, session: &Session, class: ObjectClass, what: &str) -> std::result::Result<ObjectHandle, Failure> {
        let label = Attribute::Label(self.place.object.clone().into_bytes());
        let template = [Attribute::Class(class), Attribute::KeyType(KeyType::EC), label];
        match session.find_objects(&template)?[..] {
            [object] => Ok(object),
            [] => Err(Failure::Found(format!("the token has no elliptic {what} with this label"))),
            _ => Err(Failure::Found(format!("the token has several elliptic {what}s with this label"))),
        }
    }

    fn public(&self, session: &Session) -> std::result::Result<VerifyingKey, Failure> {
        let object = self.only(session, ObjectClass::PUBLIC_KEY, "public key")?;
        let mut point = None;
        for attribute in session.get_attributes(object, &[AttributeType::EcParams, AttributeType::EcPoint])? {
            match attribute {
                Attribute::EcParams(curve) if curve != SECP256K1 => {
                    return Err(Failure::Found("its key is on another curve than secp256k1".into()));
                }
                Attribute::EcPoint(bytes) => point = Some(bytes),
                _ => {}
            }
        }
        let point = point.ok_or_else(|| Failure::Found("the token does not tell the public key".into()))?;
        VerifyingKey::from_sec1_bytes(undressed(&point))
            .map_err(|_| Failure::Found("the token's public key is no point of secp256k1".into()))
    }
}

/// A token's library, initialised. It is loaded once and stays: libraries do
/// not expect to be taken away from a running process.
fn library(module: &Path) -> std::result::Result<Pkcs11, TokenError> {
    static LOADED: Mutex<BTreeMap<PathBuf, Pkcs11>> = Mutex::new(BTreeMap::new());
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(library) = loaded.get(module) {
        return Ok(library.clone());
    }
    let library = Pkcs11::new(module)?;
    match library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        // By another part of this process, or under another path.
        Ok(()) | Err(TokenError::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(error),
    }
    loaded.insert(module.to_owned(), library.clone());
    Ok(library)
}

/// A point without the DER octet string around it, which PKCS#11 wants and
/// some tokens leave away. The lengths tell: 65 or 33 bytes, 2 more dressed.
fn undressed(point: &[u8]) -> &[u8] {
    match point {
        [0x04, 65, inner @ ..] if inner.len() == 65 => inner,
        [0x04, 33, inner @ ..] if inner.len() == 33 => inner,
        bare => bare,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k256::ecdsa::{signature::hazmat::PrehashSigner, SigningKey};
    use proptest::prelude::*;
    use subxt_signer::ecdsa;

    proptest! {
        /// Whatever s a token chooses, the chain's rules hold: s is low, and
        /// the recovery id leads back to the key.
        #[test]
        fn both_forms_of_a_signature_become_the_one_that_the_chain_takes(secret in 1u128.., message: Vec<u8>) {
            let mut bytes = [0; 32];
            bytes[16..].copy_from_slice(&secret.to_be_bytes());
            let key = SigningKey::from_slice(&bytes).unwrap();
            let hash = sp_crypto_hashing::blake2_256(&message);
            let low: Signature = key.sign_prehash(&hash).unwrap();
            let low = low.normalize_s().unwrap_or(low);
            let (r, s) = low.split_scalars();
            let high = Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).unwrap();
            let expected = recoverable(key.verifying_key(), &hash, &low.to_bytes()).unwrap();
            prop_assert_eq!(recoverable(key.verifying_key(), &hash, &high.to_bytes()).unwrap(), expected);
            prop_assert!(Signature::from_slice(&expected[..64]).unwrap().normalize_s().is_none());
            let public = ecdsa::PublicKey(key.verifying_key().to_encoded_point(true).as_bytes().try_into().unwrap());
            prop_assert!(ecdsa::verify(&ecdsa::Signature(expected), &message, &public));
        }
    }

    #[test]
    fn a_signature_by_another_key_is_refused() {
        let [one, other] = [[1; 32], [2; 32]].map(|secret| SigningKey::from_slice(&secret).unwrap());
        let signature: Signature = one.sign_prehash(&[7; 32]).unwrap();
        assert!(recoverable(other.verifying_key(), &[7; 32], &signature.to_bytes()).is_err());
        assert!(recoverable(one.verifying_key(), &[8; 32], &signature.to_bytes()).is_err());
        assert!(recoverable(one.verifying_key(), &[7; 32], &[0; 64]).is_err());
        assert!(recoverable(one.verifying_key(), &[7; 32], &[1; 63]).is_err());
    }

    #[test]
    fn a_point_is_read_dressed_and_bare() {
        let key = SigningKey::from_slice(&[3; 32]).unwrap();
        for compressed in [true, false] {
            let bare = key.verifying_key().to_encoded_point(compressed).as_bytes().to_vec();
            let dressed = [&[0x04, bare.len() as u8][..], &bare].concat();
            for point in [bare, dressed] {
                assert_eq!(VerifyingKey::from_sec1_bytes(undressed(&point)).unwrap(), *key.verifying_key());
            }
        }
    }
}
