//! The keys of this gateway's devices.

use bizkey_primitives::{
    signature::{PublicKey, Signature},
    DeviceId,
};
use std::path::Path;
use subxt_signer::sr25519::Keypair;
use subxt_signer::DeriveJunction;

/// Why device keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The seed file cannot be read or written.
    #[error("the device seed {path} cannot be used: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The seed file does not hold 64 hex digits.
    #[error("the device seed {0} is damaged: it must hold 64 hexadecimal digits")]
    Damaged(String),
}

/// Device keys derived from one seed, hard, so that a device's key tells
/// nothing of another's: `//device//NUMBER`.
#[derive(Clone)]
pub struct DeviceKeys {
    root: Keypair,
}

impl std::fmt::Debug for DeviceKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("DeviceKeys(..)")
    }
}

impl DeviceKeys {
    /// Keys from a seed.
    ///
    /// # Panics
    /// Never: every 32-byte string is an sr25519 seed.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        // Schnorrkel expands any 32 bytes into a key; only a wrong length is refused.
        #[allow(clippy::expect_used)]
        let root = Keypair::from_secret_key(seed).expect("32 bytes are always a seed");
        Self { root }
    }

    /// Reads the seed from a file, or makes one and writes it, readable by
    /// its owner alone.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        let shown = path.display().to_string();
        let failed = |source| KeyError::File { path: shown.clone(), source };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut seed = [0u8; 32];
                std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom").map_err(failed)?, &mut seed)
                    .map_err(failed)?;
                write_private(path, &hex::encode(seed)).map_err(failed)?;
                hex::encode(seed)
            }
            Err(error) => return Err(failed(error)),
        };
        let mut seed = [0u8; 32];
        hex::decode_to_slice(text.trim(), &mut seed).map_err(|_| KeyError::Damaged(shown.clone()))?;
        Ok(Self::from_seed(seed))
    }

    fn pair(&self, device: DeviceId) -> Keypair {
        self.root.derive([DeriveJunction::hard("device"), DeriveJunction::hard(device)])
    }

    /// The public key of a device.
    #[must_use]
    pub fn public(&self, device: DeviceId) -> PublicKey {
        PublicKey::Sr25519(self.pair(device).public_key().0)
    }

    /// A device's signature over a 32-byte hash.
    #[must_use]
    pub fn sign(&self, device: DeviceId, hash: &[u8; 32]) -> Signature {
        Signature::Sr25519(self.pair(device).sign(hash).0)
    }
}

/// Writes a secret beside its final place and moves it there, so that a crash
/// leaves either no seed or a whole one.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let draft = path.with_extension("draft");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&draft, path)
}
