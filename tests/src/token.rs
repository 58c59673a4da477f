//! A PKCS#11 token in software: SoftHSM, in a folder of its own.

use base64::{engine::general_purpose::STANDARD, Engine};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

/// Name of the token.
pub const LABEL: &str = "bizkey test";
/// Its user's PIN.
pub const PIN: &str = "hunter2-1234";
/// The variable by which SoftHSM finds its configuration.
pub const CONFIGURATION: &str = "SOFTHSM2_CONF";
/// PIN of its security officer.
const OFFICER_PIN: &str = "so-5678";
/// Where Debian and others put the library.
const MODULES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
];
/// DER of a private key on secp256k1 (PKCS #8 around RFC 5915), but for the
/// 32 bytes of the key itself.
const PKCS8_SECP256K1: [u8; 32] = [
    0x30, 0x3e, 0x02, 0x01, 0x00, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
    0x81, 0x04, 0x00, 0x0a, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20,
];

/// An initialised token without keys. Whoever opens it needs
/// [`CONFIGURATION`] in its environment.
pub struct Token {
    /// Its library.
    pub module: &'static Path,
    /// Its configuration, the value of [`CONFIGURATION`].
    pub configuration: PathBuf,
    folder: PathBuf,
}

impl Token {
    /// Makes a token in `folder`; `None`, and a line that says so, where
    /// SoftHSM is not installed.
    #[must_use]
    pub fn new(folder: &Path) -> Option<Self> {
        let Some(module) = MODULES.iter().map(Path::new).find(|path| path.exists()) else {
            println!("left out: a key in a PKCS#11 token needs the Debian package softhsm2");
            return None;
        };
        let tokens = folder.join("tokens");
        fs::create_dir(&tokens).expect("a folder for the token");
        let configuration = folder.join("softhsm2.conf");
        let text =
            format!("directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n", tokens.display());
        fs::write(&configuration, text).expect("a configuration");
        let token = Self { module, configuration, folder: folder.to_owned() };
        token.tool(&["--init-token", "--free", "--label", LABEL, "--so-pin", OFFICER_PIN, "--pin", PIN]);
        Some(token)
    }

    /// Puts a key on secp256k1 into it, both halves under the name `object`.
    pub fn import(&self, object: &str, secret: &[u8; 32]) {
        let file = self.folder.join("key.pem");
        let der = [&PKCS8_SECP256K1[..], secret].concat();
        let body = STANDARD.encode(der);
        // Lines of PEM have 64 characters (RFC 7468).
        let (line, rest) = body.split_at(64);
        let text = format!("-----BEGIN PRIVATE KEY-----\n{line}\n{rest}\n-----END PRIVATE KEY-----\n");
        secret_file(&file, &text);
        let path = file.to_str().expect("a path of a test");
        self.tool(&["--import", path, "--token", LABEL, "--label", object, "--id", "01", "--pin", PIN]);
        fs::remove_file(file).expect("the file was just read");
    }

    /// The key source of an object, its PIN in a file.
    #[must_use]
    pub fn source(&self, object: &str, pin: &Path) -> String {
        let (module, label) = (self.module.display(), LABEL.replace(' ', "%20"));
        format!("pkcs11:module={module};token={label};object={object};pin=file:{}", pin.display())
    }

    fn tool(&self, arguments: &[&str]) {
        let done = Command::new("softhsm2-util").args(arguments).env(CONFIGURATION, &self.configuration).output();
        let output = done.expect("softhsm2-util, of the Debian package softhsm2");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Writes a file that only its owner reads.
pub fn secret_file(path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("its mode");
}
