//! Before genesis: what the deployer does once, and what ends in handing over.

use crate::{
    case::Stage,
    site::{account, Site},
};
use bizkey_client::ContractKind as Kind;
use bizkey_primitives::{vesting::Beneficiaries, AccountId};
use bizkey_tests::sandbox::{DIRECTORS, PENALTY_WINDOW};

/// Once, before anybody was named.
const BIND: &str = "the only time";
/// The network's own, of the largest code.
const CODE: &str = "to the largest code of the suite";
/// Nobody was named before.
const HAND_OVER: &str = "the only time, with the deployer as admin";

/// The stage.
pub fn stage() -> Stage {
    let mut site = Site::new();
    binding(&mut site);
    let admin = account("admin");
    let board = site.network.contracts.foundation;
    let code = site.network.code_hash(Kind::Rewards);
    for kind in [Kind::Registry, Kind::Receipts, Kind::PosDeposit, Kind::Rewards, Kind::Redemption, Kind::Otc] {
        site.case(kind, "hand_over", HAND_OVER, admin, &board);
        site.case(kind, "set_code", CODE, admin, &code);
        site.case(kind, "ossify", "not final yet", admin, &());
    }
    site.stage("deployment")
}

/// Instances beside the network's that are not bound yet.
fn binding(site: &mut Site) {
    let (admin, treasury) = (account("admin"), account("treasury"));
    let (genesis, calendar) = (site.network.genesis, site.network.calendar);
    let addresses = site.network.contracts;
    let network = &mut site.network;
    let beneficiaries = Beneficiaries { early_supporters: treasury, team: treasury, partners: treasury };
    let vault = network.instantiate(admin, Kind::Vault, &calendar).unwrap();
    let vesting = network.instantiate(admin, Kind::Vesting, &(calendar, beneficiaries)).unwrap();
    let bzky = network.instantiate(admin, Kind::Bzky, &(genesis, calendar, vesting, vault)).unwrap();
    let time = network.instantiate(admin, Kind::Time, &(calendar, bzky)).unwrap();
    let nobody: Vec<AccountId> = Vec::new();
    let registry = network.instantiate(admin, Kind::Registry, &(calendar, bzky, nobody)).unwrap();
    let receipts = network.instantiate(admin, Kind::Receipts, &(calendar, bzky, registry)).unwrap();
    let of_deposit = (calendar, bzky, registry, PENALTY_WINDOW);
    let pos_deposit = network.instantiate(admin, Kind::PosDeposit, &of_deposit).unwrap();
    let directors: Vec<(AccountId, Vec<u8>)> =
        DIRECTORS.iter().map(|name| (account(name), name.as_bytes().to_vec())).collect();
    let of_board = (calendar, bzky, directors, account("chief executive"));
    let foundation = network.instantiate(admin, Kind::Foundation, &of_board).unwrap();
    let pausable: Vec<AccountId> = (0..16).map(|number| account(&format!("pausable {number}"))).collect();
    site.case_at(vault, Kind::Vault, "bind", BIND, admin, &(bzky, addresses.rewards));
    site.case_at(vesting, Kind::Vesting, "bind", BIND, admin, &(bzky, foundation));
    let around = (addresses.rewards, registry, addresses.redemption, foundation);
    site.case_at(time, Kind::Time, "bind", BIND, admin, &around);
    site.case_at(registry, Kind::Registry, "bind", BIND, admin, &receipts);
    let around = (pos_deposit, addresses.rewards, vault);
    site.case_at(receipts, Kind::Receipts, "bind", BIND, admin, &around);
    site.case_at(pos_deposit, Kind::PosDeposit, "bind", BIND, admin, &(receipts, addresses.rewards));
    site.case_at(foundation, Kind::Foundation, "bind", "the only time, 16 contracts", admin, &pausable);
}
