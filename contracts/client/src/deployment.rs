//! Where a network's contracts are: `deployment.json`.

use crate::{contract_kind::PerContract, file::replace_file, rpc, ClientError, ContractAddresses, Result};
use bizkey_primitives::{AccountId, Calendar};
use serde::{Deserialize, Serialize};
use std::{fs, path::Path, str::FromStr};
use subxt::utils::AccountId32;

/// A deployed network. Written to JSON with addresses in SS58 and hashes in hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "File", into = "File")]
pub struct Deployment {
    /// The chain.
    pub genesis_hash: [u8; 32],
    /// When epochs start.
    pub calendar: Calendar,
    /// The block after which deployment began: nothing of the network is older.
    pub block: u32,
    /// The first committee of `rewards`.
    pub committee: Vec<AccountId>,
    /// Challenge window of a report, milliseconds.
    pub window_ms: u64,
    /// How long a deposit stays after its device came back, milliseconds.
    pub penalty_window_ms: u64,
    /// Addresses.
    pub contracts: ContractAddresses,
    /// Hashes of the code at those addresses.
    pub code_hashes: PerContract<[u8; 32]>,
}

impl Deployment {
    /// Reads a deployment file.
    ///
    /// # Errors
    /// [`ClientError::Deployment`] if it is missing or unreadable.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = fs::read(path).map_err(|error| failure(path, error))?;
        serde_json::from_slice(&text).map_err(|error| failure(path, error))
    }

    /// Writes the file whole or not at all: a reader, or a crash, sees the
    /// old one or the new one.
    ///
    /// # Errors
    /// [`ClientError::Deployment`] if it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let write = || -> std::io::Result<()> {
            let mut text = serde_json::to_vec_pretty(self)?;
            text.push(b'\n');
            replace_file(path, &text)
        };
        write().map_err(|error| failure(path, error))
    }
}

fn failure(path: &Path, reason: impl std::fmt::Display) -> ClientError {
    ClientError::Deployment { path: path.display().to_string(), reason: reason.to_string() }
}

/// An account's address in SS58 with the generic prefix 42.
#[must_use]
pub fn ss58(account: &AccountId) -> String {
    AccountId32(*AsRef::<[u8; 32]>::as_ref(account)).to_string()
}

/// Reads an address in SS58, of any prefix, or 32 bytes in hex after `0x`.
///
/// # Errors
/// [`ClientError::Key`] if it is neither.
pub fn parse_account(text: &str) -> Result<AccountId> {
    let refuse = |reason: String| ClientError::Key { what: "address", reason: format!("{text:?}: {reason}") };
    if text.starts_with("0x") {
        let bytes = rpc::from_hex(text).map_err(|error| refuse(error.to_string()))?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| refuse("not 32 bytes".into()))?;
        return Ok(AccountId::from(bytes));
    }
    let account = AccountId32::from_str(text).map_err(|error| refuse(error.to_string()))?;
    Ok(AccountId::from(account.0))
}

/// The file's layout.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    genesis_hash: String,
    calendar: CalendarFile,
    block: u32,
    committee: Vec<String>,
    window_ms: u64,
    penalty_window_ms: u64,
    contracts: PerContract<String>,
    code_hashes: PerContract<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarFile {
    genesis_ms: u64,
    epoch_ms: u64,
}

impl From<Deployment> for File {
    fn from(deployment: Deployment) -> Self {
        let text = |account: AccountId| Ok::<_, std::convert::Infallible>(ss58(&account));
        let hash = |hash: [u8; 32]| Ok::<_, std::convert::Infallible>(rpc::to_hex(&hash));
        let Ok(contracts) = deployment.contracts.try_map(text);
        let Ok(code_hashes) = deployment.code_hashes.try_map(hash);
        File {
            genesis_hash: rpc::to_hex(&deployment.genesis_hash),
            calendar: CalendarFile {
                genesis_ms: deployment.calendar.genesis_ms,
                epoch_ms: deployment.calendar.epoch_ms,
            },
            block: deployment.block,
            committee: deployment.committee.iter().map(ss58).collect(),
            window_ms: deployment.window_ms,
            penalty_window_ms: deployment.penalty_window_ms,
            contracts,
            code_hashes,
        }
    }
}

impl TryFrom<File> for Deployment {
    type Error = String;

    fn try_from(file: File) -> std::result::Result<Self, String> {
        let hash = |text: String| -> std::result::Result<[u8; 32], String> {
            let bytes = rpc::from_hex(&text).map_err(|error| error.to_string())?;
            bytes.try_into().map_err(|_| format!("{text:?} is not a hash of 32 bytes"))
        };
        let account = |text: String| parse_account(&text).map_err(|error| error.to_string());
        Ok(Deployment {
            genesis_hash: hash(file.genesis_hash)?,
            calendar: Calendar::new(file.calendar.genesis_ms, file.calendar.epoch_ms)
                .ok_or("the calendar's epoch is empty or longer than 366 days, or its genesis too far away")?,
            block: file.block,
            committee: file.committee.into_iter().map(account).collect::<std::result::Result<_, _>>()?,
            window_ms: file.window_ms,
            penalty_window_ms: file.penalty_window_ms,
            contracts: file.contracts.try_map(account)?,
            code_hashes: file.code_hashes.try_map(hash)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment() -> Deployment {
        let account = |n: u8| AccountId::from([n; 32]);
        Deployment {
            genesis_hash: [9; 32],
            calendar: Calendar::new(1_700_000_000_000, 86_400_000).unwrap(),
            block: 12,
            committee: vec![account(1), account(2), account(3)],
            window_ms: 7_200_000,
            penalty_window_ms: 1,
            contracts: PerContract {
                vault: account(10),
                bzky: account(11),
                time: account(12),
                registry: account(13),
                receipts: account(14),
                pos_deposit: account(15),
                rewards: account(16),
                vesting: account(17),
                redemption: account(18),
                otc: account(19),
                foundation: account(20),
            },
            code_hashes: PerContract { vault: [1; 32], ..PerContract::default() },
        }
    }

    #[test]
    fn a_deployment_reads_back_from_its_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deployment.json");
        assert!(matches!(Deployment::load(&path), Err(ClientError::Deployment { .. })));
        deployment().save(&path).unwrap();
        deployment().save(&path).unwrap();
        assert_eq!(Deployment::load(&path).unwrap(), deployment());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_file_names_what_is_wrong() {
        let text = serde_json::to_string(&deployment()).unwrap();
        for (from, to, names) in [
            ("86400000", "0", "calendar"),
            ("\"window_ms\"", "\"window\"", "window"),
            (&*"01".repeat(32), "01", "32 bytes"),
        ] {
            let damaged = text.replacen(from, to, 1);
            let error = serde_json::from_str::<Deployment>(&damaged).unwrap_err();
            assert!(error.to_string().contains(names), "{error}");
        }
    }

    #[test]
    fn addresses_are_read_in_both_forms() {
        let account = AccountId::from([7; 32]);
        assert_eq!(parse_account(&ss58(&account)).unwrap(), account);
        assert_eq!(parse_account(&format!("0x{}", "07".repeat(32))).unwrap(), account);
        assert!(parse_account("0x07").is_err());
        assert!(parse_account("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQX").is_err());
    }
}
