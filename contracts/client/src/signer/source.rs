//! Where keys come from.

use super::{
    secret::SecretSource,
    token::{self, TokenPlace},
    Signer,
};
use crate::{ClientError, Result};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use std::{collections::BTreeMap, fmt, str::FromStr};
use subxt_signer::{ecdsa, polkadot_js_compat::decrypt_json, SecretUri};

/// The variable that holds a token's PIN unless another place is named.
const PIN_VARIABLE: &str = "BIZKEY_PIN";
/// Base64 digits of the 68 bytes that precede the key in a file of polkadot.js.
const SHORTEST_ENCODED: usize = 92;

/// Where a key is. It holds no secret itself, and can be shown.
///
/// | written as | the key |
/// |---|---|
/// | `file:PATH` | in a file of mode 0600: a secret URI (`//Alice`, a mnemonic, `0x` and a seed, each with or without derivation path), or the JSON of polkadot.js |
/// | `env:NAME` | likewise, in a variable of the environment |
/// | `pkcs11:module=PATH;token=LABEL;object=LABEL` | in a PKCS#11 token, secp256k1 |
///
/// Further parts follow after `;`: `password=file:PATH` or `password=env:NAME`
/// for the JSON's password; `scheme=ecdsa` for a secret URI whose key is on
/// secp256k1 instead of sr25519; `pin=file:PATH` or `pin=env:NAME` for a
/// token's PIN, without it the variable `BIZKEY_PIN`. Values are
/// percent-decoded, so that `%3B` stands for a semicolon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySource(Place);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Text { secret: SecretSource, password: Option<SecretSource>, scheme: Scheme },
    Token { place: TokenPlace, pin: SecretSource },
}

/// The kind of a key that a secret URI gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Scheme {
    #[default]
    Sr25519,
    Ecdsa,
}

impl KeySource {
    /// Reads the key, or opens the token that keeps it.
    ///
    /// # Errors
    /// [`ClientError::Key`]; no secret is repeated.
    pub async fn open(&self) -> Result<Signer> {
        match self.0.clone() {
            Place::Text { secret, password, scheme } => {
                // Hashing a password takes a while.
                let read = tokio::task::spawn_blocking(move || read(&secret, password.as_ref(), scheme));
                read.await.map_err(|_| refuse("the reading of the key was cut short"))?
            }
            Place::Token { place, pin } => {
                let pin = pin.read()?;
                Ok(Signer::token(token::open(place, pin).await?))
            }
        }
    }
}

fn refuse(reason: &str) -> ClientError {
    ClientError::Key { what: "key", reason: reason.to_owned() }
}

fn read(secret: &SecretSource, password: Option<&SecretSource>, scheme: Scheme) -> Result<Signer> {
    let text = secret.read()?;
    if text.expose_secret().starts_with('{') {
        let password = password.ok_or_else(|| {
            refuse("it is a file of polkadot.js: say where its password is, with ;password=env:NAME or file:PATH")
        })?;
        return read_json(&text, &password.read()?);
    }
    match scheme {
        Scheme::Sr25519 => Signer::from_uri(text.expose_secret()),
        Scheme::Ecdsa => {
            let uri = SecretUri::from_str(text.expose_secret());
            let pair = uri.ok().and_then(|uri| ecdsa::Keypair::from_uri(&uri).ok());
            pair.map(Signer::ecdsa).ok_or_else(|| refuse("it is no secret URI of an ECDSA key"))
        }
    }
}

fn read_json(text: &SecretString, password: &SecretString) -> Result<Signer> {
    #[derive(serde::Deserialize)]
    struct Start {
        encoded: String,
    }
    // The library takes the length for granted.
    let start: Start = serde_json::from_str(text.expose_secret())
        .map_err(|_| refuse("it begins like a file of polkadot.js and is none"))?;
    if start.encoded.len() < SHORTEST_ENCODED {
        return Err(refuse("its encoded key is too short for a file of polkadot.js"));
    }
    let pair = decrypt_json(text.expose_secret(), password.expose_secret());
    pair.map(Signer::sr25519).map_err(|_| {
        refuse("its password is wrong, or it is not an encrypted sr25519 key (version 3, scrypt, xsalsa20-poly1305)")
    })
}

impl FromStr for KeySource {
    type Err = ClientError;

    /// The text is not repeated in an error: it may be the secret itself.
    fn from_str(text: &str) -> Result<Self> {
        let unknown = "write file:PATH, env:NAME, or pkcs11:module=PATH;token=LABEL;object=LABEL; the key itself has \
                       no place on a command line";
        let (kind, rest) = text.split_once(':').ok_or_else(|| refuse(unknown))?;
        match kind {
            "file" | "env" => {
                let (place, parts) = rest.split_once(';').unwrap_or((rest, ""));
                let secret = format!("{kind}:{}", decoded(place)?).parse().map_err(|_| refuse(unknown))?;
                let mut parts = Parts::read(parts)?;
                let password = parts.take("password").map(|text| text.parse()).transpose()?;
                let scheme = match parts.take("scheme").as_deref() {
                    None | Some("sr25519") => Scheme::Sr25519,
                    Some("ecdsa") => Scheme::Ecdsa,
                    Some(_) => return Err(refuse("scheme= is sr25519 or ecdsa")),
                };
                parts.end()?;
                Ok(Self(Place::Text { secret, password, scheme }))
            }
            "pkcs11" => {
                let mut parts = Parts::read(rest)?;
                let mut needed = |name: &'static str| {
                    parts.take(name).ok_or_else(|| refuse(&format!("a pkcs11 key needs {name}=…")))
                };
                let place =
                    TokenPlace { module: needed("module")?.into(), token: needed("token")?, object: needed("object")? };
                let pin = parts.take("pin").map_or_else(
                    || Ok(SecretSource::Environment(PIN_VARIABLE.to_owned())),
                    |text| text.parse::<SecretSource>(),
                )?;
                parts.end()?;
                Ok(Self(Place::Token { place, pin }))
            }
            _ => Err(refuse(unknown)),
        }
    }
}

fn decoded(text: &str) -> Result<String> {
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| refuse("a part of its place is no text"))?;
    Ok(decoded.into_owned())
}

/// `name=value` parts after semicolons.
struct Parts(BTreeMap<String, String>);

impl Parts {
    fn read(text: &str) -> Result<Self> {
        let mut parts = BTreeMap::new();
        for part in text.split(';').filter(|part| !part.is_empty()) {
            let (name, value) =
                part.split_once('=').ok_or_else(|| refuse("the parts of a key's place are written name=value"))?;
            if value.is_empty() || parts.insert(name.to_owned(), decoded(value)?).is_some() {
                return Err(refuse("a part of the key's place is empty, or given twice"));
            }
        }
        Ok(Self(parts))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    fn end(self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(refuse("its place has a part that is not known; known are password, scheme, module, token, object, pin"))
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Text { secret, .. } => write!(f, "{secret}"),
            Place::Token { place, .. } => write!(f, "{place}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ss58;
    use std::os::unix::fs::PermissionsExt;

    const MNEMONIC: &str = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

    async fn open(content: &str, parts: &str) -> Result<Signer> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let source: KeySource = format!("file:{}{parts}", path.display()).parse()?;
        source.open().await
    }

    #[tokio::test]
    async fn a_file_holds_a_secret_uri() {
        let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
        for content in ["//Alice\n".to_owned(), format!("{MNEMONIC}//Alice")] {
            assert_eq!(ss58(&open(&content, "").await.unwrap().account_id()), alice);
        }
        let ecdsa = open("//Alice", ";scheme=ecdsa").await.unwrap();
        assert_eq!(ecdsa.account_id(), Signer::ecdsa(ecdsa::dev::alice()).account_id());
    }

    #[tokio::test]
    async fn what_is_no_key_is_refused_without_repeating_it() {
        let json = r#"{"encoded":"AAAA","encoding":{"content":[],"type":[],"version":"3"},"address":"5Grw"}"#;
        for (content, parts) in [
            ("correct horse battery staple", ""),
            ("correct horse battery staple", ";scheme=ecdsa"),
            ("{ correct horse", ";password=env:PATH"),
            (json, ";password=env:PATH"),
            (json, ""),
        ] {
            let error = open(content, parts).await.unwrap_err().to_string();
            assert!(!error.contains("horse") && !error.contains("AAAA"), "{error}");
        }
    }

    #[test]
    fn a_place_is_read_and_shows_no_secret() {
        let token = "pkcs11:module=/usr/lib/softhsm/libsofthsm2.so;token=My%20Token;object=member%3B1";
        let source: KeySource = token.parse().unwrap();
        assert!(source.to_string().contains("My Token") && source.to_string().contains("member;1"), "{source}");
        for (text, want) in [
            (MNEMONIC, "no place on a command line"),
            ("//Alice", "no place on a command line"),
            ("0x398f0c28f98885e046333d4a41c19cee4c37368a9832c6502f6cfd182e2aef89", "no place on a command line"),
            ("file:", "no place on a command line"),
            ("pkcs11:module=/x.so;token=t", "object="),
            ("pkcs11:module=/x.so;token=t;object=o;pin=1234", "no place on a command line"),
            ("pkcs11:module=/x.so;token=t;object=o;pin-value=1234", "not known"),
            ("file:/key;scheme=rsa", "sr25519 or ecdsa"),
            ("file:/key;scheme=ecdsa;scheme=ecdsa", "twice"),
        ] {
            let error = text.parse::<KeySource>().unwrap_err().to_string();
            assert!(error.contains(want) && !error.contains("1234") && !error.contains("bottom"), "{error}");
        }
    }
}
