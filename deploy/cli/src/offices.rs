//! Who holds which office of a network that is to be deployed.

use crate::keys::NetworkKeys;
use anyhow::{ensure, Context};
use bizkey_client::{parse_account, Signer};
use bizkey_primitives::{vesting::Beneficiaries, AccountId};
use serde::Deserialize;
use std::path::Path;

/// Directors that a board has at least (`foundation`).
const MIN_DIRECTORS: usize = bizkey_primitives::board::MIN_DIRECTORS;

/// The holders of every office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offices {
    /// To whom `vesting` releases.
    pub beneficiaries: Beneficiaries,
    /// The board, by account and name.
    pub directors: Vec<(AccountId, Vec<u8>)>,
    /// Runs daily operation.
    pub chief_executive: AccountId,
    /// Attest parties; capital figures need two.
    pub attestors: Vec<AccountId>,
    /// Reports epochs.
    pub committee: Vec<AccountId>,
    /// Confirms that devices came back.
    pub platform: AccountId,
}

/// The file: addresses as SS58 or `0x` and 64 hex digits.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfficesFile {
    beneficiaries: BeneficiariesFile,
    directors: Vec<DirectorFile>,
    chief_executive: String,
    attestors: Vec<String>,
    committee: Vec<String>,
    platform: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BeneficiariesFile {
    early_supporters: String,
    team: String,
    partners: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DirectorFile {
    account: String,
    name: String,
}

impl Offices {
    /// All held by keys of this machine, the deployer receiving what `vesting`
    /// releases: for trials.
    #[must_use]
    pub fn of(keys: &NetworkKeys) -> Self {
        let deployer = keys.deployer.account_id();
        let accounts = |signers: &[Signer]| signers.iter().map(Signer::account_id).collect::<Vec<_>>();
        let name = |number: usize| format!("Director {number}").into_bytes();
        Self {
            beneficiaries: Beneficiaries { early_supporters: deployer, team: deployer, partners: deployer },
            directors: (1..).map(name).zip(accounts(&keys.directors)).map(|(name, account)| (account, name)).collect(),
            chief_executive: keys.chief_executive.account_id(),
            attestors: accounts(&keys.attestors),
            committee: accounts(&keys.committee),
            platform: keys.chief_executive.account_id(),
        }
    }

    /// Reads them from a JSON file.
    ///
    /// # Errors
    /// When the file cannot be read, an address is none, or an office has too
    /// few holders.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let file: OfficesFile = serde_json::from_slice(&text).with_context(|| format!("{}", path.display()))?;
        let account = |office: &str, text: &str| {
            parse_account(text).with_context(|| format!("{}: {office} {text:?}", path.display()))
        };
        let accounts = |office: &str, texts: &[String]| -> anyhow::Result<Vec<AccountId>> {
            texts.iter().map(|text| account(office, text)).collect()
        };
        ensure!(file.directors.len() >= MIN_DIRECTORS, "{}: {MIN_DIRECTORS} directors at least", path.display());
        ensure!(file.attestors.len() >= 2, "{}: two attestors at least, since figures need two", path.display());
        let director = |director: &DirectorFile| {
            Ok::<_, anyhow::Error>((account("director", &director.account)?, director.name.clone().into_bytes()))
        };
        Ok(Self {
            beneficiaries: Beneficiaries {
                early_supporters: account("early_supporters", &file.beneficiaries.early_supporters)?,
                team: account("team", &file.beneficiaries.team)?,
                partners: account("partners", &file.beneficiaries.partners)?,
            },
            directors: file.directors.iter().map(director).collect::<Result<_, _>>()?,
            chief_executive: account("chief_executive", &file.chief_executive)?,
            attestors: accounts("attestor", &file.attestors)?,
            committee: accounts("committee member", &file.committee)?,
            platform: account("platform", &file.platform)?,
        })
    }

    /// What `account` holds of them, in words.
    #[must_use]
    pub fn held_by(&self, account: AccountId) -> Vec<&'static str> {
        let Self { beneficiaries, directors, chief_executive, attestors, committee, platform } = self;
        let held = [
            ("early supporters' Bzky", beneficiaries.early_supporters == account),
            ("the team's Bzky", beneficiaries.team == account),
            ("partners' Bzky", beneficiaries.partners == account),
            ("a seat on the board", directors.iter().any(|(director, _)| *director == account)),
            ("the chief executive's office", *chief_executive == account),
            ("an attestor's office", attestors.contains(&account)),
            ("a seat on the committee", committee.contains(&account)),
            ("the platform's office", *platform == account),
        ];
        held.into_iter().filter_map(|(office, is_held)| is_held.then_some(office)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{
        "beneficiaries": { "early_supporters": "0xEARLY", "team": "0xTEAMS", "partners": "0xPARTN" },
        "directors": [
            { "account": "0xDIR01", "name": "Ada" }, { "account": "0xDIR02", "name": "Bo" },
            { "account": "0xDIR03", "name": "Cy" }
        ],
        "chief_executive": "0xCHIEF",
        "attestors": ["0xATT01", "0xATT02"],
        "committee": ["0xCOM01", "0xCOM02", "0xCOM03"],
        "platform": "0xPLATF"
    }"#;

    /// The file with a different account in each place.
    fn file() -> String {
        let mut text = FILE.to_owned();
        for (number, name) in ["EARLY", "TEAMS", "PARTN", "DIR01", "DIR02", "DIR03", "CHIEF", "ATT01", "ATT02"]
            .into_iter()
            .chain(["COM01", "COM02", "COM03", "PLATF"])
            .enumerate()
        {
            text = text.replace(name, &format!("{:02x}", number + 1).repeat(32));
        }
        text
    }

    fn load(text: &str) -> anyhow::Result<Offices> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("offices.json");
        std::fs::write(&path, text).unwrap();
        Offices::load(&path)
    }

    #[test]
    fn each_office_has_the_holder_that_the_file_names() {
        let offices = load(&file()).unwrap();
        let account = |number: u8| AccountId::from([number; 32]);
        assert_eq!(offices.beneficiaries.team, account(2));
        assert_eq!(offices.directors[1], (account(5), b"Bo".to_vec()));
        assert_eq!((offices.attestors, offices.platform), (vec![account(8), account(9)], account(13)));
        assert_eq!(offices.committee, [10, 11, 12].map(account));
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        let text = |result: anyhow::Result<Offices>| format!("{:#}", result.unwrap_err());
        let chief = "07".repeat(32);
        assert!(
            text(load(&file().replace(&format!("\"0x{chief}\""), "\"nobody\""))).contains("chief_executive \"nobody\"")
        );
        assert!(text(load(&file().replace("\"platform\"", "\"plattform\""))).contains("plattform"));
        let lonely = file().replace(&format!(", \"0x{}\"]", "09".repeat(32)), "]");
        assert!(text(load(&lonely)).contains("two attestors"));
    }

    #[test]
    fn a_deployer_of_a_trial_holds_what_it_receives_and_one_of_a_file_nothing() {
        let keys = NetworkKeys::from_uri("//Alice").unwrap();
        let trial = Offices::of(&keys);
        assert_eq!(trial.held_by(keys.deployer.account_id()).len(), 3);
        assert_eq!(load(&file()).unwrap().held_by(keys.deployer.account_id()), Vec::<&str>::new());
    }
}
