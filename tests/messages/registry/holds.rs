//! A party that is under a hold does not free itself by going to another
//! account: neither its claims nor what is locked for its device.

use super::desk::{done, hash, rotate, support, told, who, LONGEST_HOLD, SHOP};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{errors::pos_deposit, party::Claimant, AccountId, TOKEN};
use bizkey_tests::{sandbox::PENALTY_WINDOW, Sandbox, DAY};

/// What is locked for the shop's device.
const DEPOSIT: u128 = 100 * TOKEN;

fn release(network: &mut Sandbox) -> Result<(), ContractError> {
    let anybody = who(network, "stranger");
    network.call(anybody, ContractKind::PosDeposit, "release", &1u32)
}

/// Held by every account that it ever had, whoever asks about it.
fn check(network: &mut Sandbox, accounts: &[&str], held: bool) {
    for name in accounts {
        let account = who(network, name);
        assert_eq!(told::<bool>(network, "is_held", &account), held, "{name}");
    }
    assert_eq!(told::<bool>(network, "is_party_held", &SHOP), held);
    let claimants: Vec<Option<Claimant>> = told(network, "claimants", &(SHOP.0, 1u32, vec![SHOP.1]));
    assert_eq!(claimants[0].unwrap().payable, !held, "{accounts:?}");
}

#[test]
fn no_other_account_frees_a_party_of_its_hold() {
    let mut network = Sandbox::new();
    let network = &mut network;
    network.enter_epoch(1);
    network.merchant("shop");
    network.device(1, "till");
    let (shop, admin, pos_deposit) = (who(network, "shop"), who(network, "admin"), network.contracts.pos_deposit);
    network.give(shop, DEPOSIT);
    network.approve(shop, pos_deposit, DEPOSIT);
    network.call::<()>(shop, ContractKind::PosDeposit, "lock", &(1u32, DEPOSIT)).unwrap();
    done::<()>(network, "attestor 1", "set_device_active", &(1u32, false));
    network.call::<()>(admin, ContractKind::PosDeposit, "confirm_return", &1u32).unwrap();
    // One recovery is on its way when the hold begins.
    support(network, SHOP, "third");
    done::<()>(network, "third", "consent_recovery", &SHOP);
    network.pass(PENALTY_WINDOW);
    check(network, &["shop"], false);
    let until_ms = network.state.now_ms() + LONGEST_HOLD;
    done::<()>(network, "admin", "place_hold", &(SHOP.0, SHOP.1, until_ms, hash(1)));
    let held = Err(ContractError::PosDeposit(pos_deposit::Error::Held));
    check(network, &["shop"], true);
    assert_eq!(release(network), held);

    let anybody = who(network, "stranger");
    let mut accounts = vec!["shop"];
    let mut moved = |network: &mut Sandbox, to: &'static str| {
        accounts.push(to);
        assert_eq!(told::<Option<AccountId>>(network, "account_of", &SHOP), Some(who(network, to)));
        check(network, &accounts, true);
        assert_eq!(release(network), held, "at {to}");
        network.call::<()>(anybody, ContractKind::PosDeposit, "follow_depositor", &1u32).unwrap();
        assert_eq!(release(network), held, "its deposit at {to}");
    };
    // By a recovery that was ready, by its own will, by a recovery under the hold.
    done::<()>(network, "stranger", "finish_recovery", &SHOP);
    moved(network, "third");
    // An account a day.
    network.pass(DAY);
    rotate(network, SHOP, "third", "fourth");
    moved(network, "fourth");
    support(network, SHOP, "fifth");
    done::<()>(network, "fifth", "consent_recovery", &SHOP);
    network.pass(7 * DAY);
    done::<()>(network, "stranger", "finish_recovery", &SHOP);
    moved(network, "fifth");
    network.state.set_time(until_ms - 1);
    rotate(network, SHOP, "fifth", "sixth");
    moved(network, "sixth");

    network.pass(1);
    check(network, &accounts, false);
    release(network).unwrap();
    let sixth = who(network, "sixth");
    assert_eq!(network.bzky_of(sixth), DEPOSIT);
}
