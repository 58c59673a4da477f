//! The keys that a network of one machine works with, all derived from one
//! secret: `//Alice`, known to everybody, on the embedded chain.

use anyhow::Context;
use bizkey_client::{ClientError, KeySource, Signer};
use bizkey_primitives::AccountId;

/// Members of the committee that one machine runs.
pub const COMMITTEE: u32 = 3;
/// Directors of the board whose keys one machine has.
pub const DIRECTORS: u32 = 3;

/// Keys by their duty. Each has its own account, so that no two share nonces.
#[derive(Clone, Debug)]
pub struct NetworkKeys {
    /// Deploys, and receives what `vesting` releases.
    pub deployer: Signer,
    /// Two, because capital figures need two.
    pub attestors: [Signer; 2],
    /// The committee.
    pub committee: Vec<Signer>,
    /// The board.
    pub directors: Vec<Signer>,
    /// Runs daily operation.
    pub chief_executive: Signer,
    /// Carries batches of receipts.
    pub relayer: Signer,
    /// Settles epochs.
    pub keeper: Signer,
    /// Pushes rewards.
    pub claimer: Signer,
}

impl NetworkKeys {
    /// All keys from the secret URI of the first: `//Alice`, a mnemonic, or
    /// `0x` and a seed.
    ///
    /// # Errors
    /// When it is no secret URI.
    pub fn from_uri(uri: &str) -> bizkey_client::Result<Self> {
        let derived = |path: &str| Signer::from_uri(&format!("{uri}//bizkey//{path}"));
        Ok(Self {
            deployer: Signer::from_uri(uri)?,
            attestors: [derived("attestor//0")?, derived("attestor//1")?],
            committee: (0..COMMITTEE)
                .map(|member| derived(&format!("committee//{member}")))
                .collect::<Result<_, _>>()?,
            directors: (0..DIRECTORS)
                .map(|director| derived(&format!("director//{director}")))
                .collect::<Result<_, _>>()?,
            chief_executive: derived("chief-executive")?,
            relayer: derived("relayer")?,
            keeper: derived("keeper")?,
            claimer: derived("claimer")?,
        })
    }

    /// The accounts that pay fees, the deployer's own excepted.
    #[must_use]
    pub fn paying_accounts(&self) -> Vec<AccountId> {
        self.attestors
            .iter()
            .chain(&self.committee)
            .chain([&self.relayer, &self.keeper, &self.claimer])
            .map(Signer::account_id)
            .collect()
    }
}

/// A `--key` as it was given. What it says is refused when it is used and not
/// when it is read: whoever reads options repeats a wrong one in full, and a
/// wrong one may be the secret itself.
#[derive(Clone, Debug)]
pub struct KeyArgument(Result<KeySource, ClientError>);

impl KeyArgument {
    /// Where the key is.
    ///
    /// # Errors
    /// When the text names no place.
    pub fn source(&self) -> anyhow::Result<KeySource> {
        self.0.clone().context("--key")
    }
}

/// Reads a `--key`.
///
/// # Errors
/// None; see [`KeyArgument`].
pub fn key_argument(text: &str) -> Result<KeyArgument, std::convert::Infallible> {
    Ok(KeyArgument(text.parse()))
}
