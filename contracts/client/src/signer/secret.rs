//! Where secrets come from: files that nobody else can read, and the
//! environment. What is read never appears in an error or in debug output.

use crate::{ClientError, Result};
use secrecy::SecretString;
use std::{fmt, fs::File, io::Read, path::PathBuf, str::FromStr};

/// Longest file that is read as a secret, bytes.
const LONGEST: u64 = 64 * 1024;

/// Where one secret is: a key, a PIN, or a password. Written as `file:PATH` or
/// `env:NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A file that only its owner can read (mode 0600 or less).
    File(PathBuf),
    /// A variable of the environment.
    Environment(String),
}

impl SecretSource {
    /// Reads the secret, without blanks around it.
    ///
    /// # Errors
    /// [`ClientError::Key`]: the file or variable is missing or empty, or
    /// others can read the file.
    pub fn read(&self) -> Result<SecretString> {
        let text = match self {
            Self::File(path) => read_file(path).map_err(|reason| self.refuse(reason))?,
            // The variable's content, which may be a secret, is in the error of one that is no Unicode.
            Self::Environment(name) => {
                std::env::var(name).map_err(|_| self.refuse("it is not set, or is no text".into()))?
            }
        };
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(self.refuse("it is empty".into()));
        }
        let secret = SecretString::from(trimmed);
        drop(SecretString::from(text));
        Ok(secret)
    }

    fn refuse(&self, reason: String) -> ClientError {
        ClientError::Key { what: "secret", reason: format!("{self}: {reason}") }
    }
}

fn read_file(path: &PathBuf) -> std::result::Result<String, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let about = file.metadata().map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("it is no file".into());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = about.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(format!("others can read it (mode {mode:04o}); run `chmod 600` on it"));
        }
    }
    let mut text = String::new();
    let read = file.take(LONGEST.saturating_add(1)).read_to_string(&mut text);
    let read = read.map_err(|_| "it is no text, or cannot be read".to_owned())?;
    if read as u64 > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    Ok(text)
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Environment(name) => write!(f, "env:{name}"),
        }
    }
}

impl FromStr for SecretSource {
    type Err = ClientError;

    /// The text is not repeated in an error: it may be the secret itself.
    fn from_str(text: &str) -> Result<Self> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("env", name)) if is_name(name) => Ok(Self::Environment(name.to_owned())),
            _ => Err(ClientError::Key {
                what: "place of a secret",
                reason: "write file:PATH or env:NAME; the secret itself has no place on a command line".into(),
            }),
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn file(content: &[u8], mode: u32) -> (tempfile::TempDir, SecretSource) {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (folder, SecretSource::File(path))
    }

    #[test]
    fn a_file_is_read_only_if_nobody_else_can() {
        for mode in [0o600, 0o400] {
            let (_folder, source) = file(b" hunter2\n", mode);
            assert_eq!(source.read().unwrap().expose_secret(), "hunter2");
        }
        for mode in [0o640, 0o604, 0o660, 0o601, 0o777] {
            let (_folder, source) = file(b"hunter2", mode);
            let error = source.read().unwrap_err().to_string();
            assert!(error.contains("chmod 600") && !error.contains("hunter2"), "{mode:o}: {error}");
        }
    }

    #[test]
    fn what_is_no_secret_is_refused_without_repeating_it() {
        let long = vec![b'x'; LONGEST as usize + 1];
        for content in [&b" \n"[..], b"hunter2\xff", &long] {
            let (_folder, source) = file(content, 0o600);
            let error = source.read().unwrap_err().to_string();
            assert!(!error.contains("hunter2") && !error.contains("xxx"), "{error}");
        }
        assert!(SecretSource::File("/nowhere/at/all".into()).read().is_err());
        assert!(SecretSource::Environment("BIZKEY_TEST_NOT_SET".into()).read().is_err());
        for text in ["bottom drive obey lake", "0x0123", "env:A B", "vault:x"] {
            let error = text.parse::<SecretSource>().unwrap_err().to_string();
            assert!(!error.contains(text), "{error}");
        }
        assert!("file:".parse::<SecretSource>().is_err() && "env:".parse::<SecretSource>().is_err());
    }

    #[test]
    fn a_place_reads_back_as_it_is_written() {
        for text in ["file:/run/secrets/key", "env:BIZKEY_KEY"] {
            assert_eq!(text.parse::<SecretSource>().unwrap().to_string(), text);
        }
    }
}
