//! `registry`: every message, error and role.
//!
//! | part | shows |
//! |---|---|
//! | [`deployment`] | constructor, `bind`, `hand_over`, changes of code |
//! | [`roles`] | who may do what, for everybody there is, before and after offices change hands |
//! | [`members`] | parties and agents join, once each |
//! | [`figures`] | what two attestors say of a shop, and the board's parameters |
//! | [`devices`] | devices, written through to `receipts` |
//! | [`ladder`] | status, appeals, holds |
//! | [`accounts`] | a party goes to another account by its own will |
//! | [`recovery`] | or by the word of two attestors |
//! | [`holds`] | no account frees a party that is under a hold |
//! | [`carried`] | what is signed and carried |
//! | [`history`] | property: every epoch reads as it was, against the lists of [`plain`] |
//! | [`succession`] | property: no account is taken, and none withheld for ever |
//! | [`desk`] | what these parts share |

mod accounts;
mod carried;
mod deployment;
mod desk;
mod devices;
mod figures;
mod history;
mod holds;
mod ladder;
mod members;
mod plain;
mod recovery;
mod roles;
mod succession;

use bizkey_tests::Sandbox;

/// Every part, each on a network of its own.
const PARTS: [fn(&mut Sandbox); 23] = [
    deployment::constructor,
    deployment::unbound,
    deployment::hand_over,
    deployment::code,
    roles::nobody_else,
    members::parties,
    members::agents,
    members::claimants,
    members::indices_run_out,
    figures::capital,
    figures::dates_of_figures,
    figures::business,
    figures::parameters,
    devices::lifetime,
    ladder::status,
    ladder::appeal,
    ladder::further_changes,
    ladder::hold,
    accounts::proposal,
    accounts::epochs_of_accounts,
    recovery::lost_account,
    recovery::objections_and_the_board,
    carried::authorization,
];

#[test]
fn every_message_and_error() {
    let mut coverage = bizkey_tests::sandbox::Coverage::default();
    for part in PARTS {
        let mut network = Sandbox::new();
        std::mem::swap(&mut network.coverage, &mut coverage);
        part(&mut network);
        std::mem::swap(&mut network.coverage, &mut coverage);
    }
    coverage.assert_complete(desk::KIND, &[]);
}
