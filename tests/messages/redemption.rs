//! `redemption`: every message, error and role.

mod administration;
mod fiat;
mod model;
mod privileges;
mod random;
mod routine;
mod sales;
mod stage;
mod tasks;
mod tickets;
mod till;

use bizkey_primitives::{errors::redemption::Error, Hash};
use bizkey_tests::sandbox::Coverage;
use stage::{Stage, KIND};

/// Each on a stage of its own; all of them together reach everything.
const PARTS: &[fn(&mut Stage)] = &[
    administration::deployment,
    administration::roles_and_figures,
    administration::code,
    administration::a_pause_is_short_and_rare,
    administration::what_a_pause_stops,
    administration::windows_are_longer_by_a_pause,
    administration::a_silent_contract,
    sales::a_price_needs_its_setter_and_a_start,
    sales::a_day_moves_the_price_within_its_bounds,
    sales::a_price_is_dated,
    sales::the_boards_price_waits_for_the_setter,
    sales::a_purchase,
    sales::refused_purchases,
    sales::a_days_sales_have_a_cap,
    sales::no_sale_passes_the_cap_of_time,
    fiat::a_sale,
    fiat::a_charge_back,
    fiat::a_days_quota,
    fiat::the_official_price_is_a_floor,
    tasks::creation,
    tasks::refused_creation,
    tasks::fulfilment,
    tasks::fulfilment_needs_good_standing,
    tasks::restocking,
    tasks::closing,
    tasks::marks,
    tasks::of_bizkey_itself,
    privileges::life,
    privileges::refused_terms,
    privileges::collected_time,
    privileges::refunds,
    tickets::every_part_of_a_ticket_counts,
    tickets::a_forged_ticket,
    tickets::an_ecdsa_wallet,
    tickets::a_ticket_counts_once,
    tickets::when_a_privilege_can_be_bought,
    tickets::who_can_spend,
    till::a_devices_word,
    till::a_forged_word,
    till::a_stopped_device,
    till::signed_messages,
];

#[test]
fn every_message_and_error() {
    crate::covered_by(PARTS, Stage::with, |stage| stage.network.coverage).assert_complete(KIND, &[]);
}

/// The deployer hands over once, also when it first names itself.
#[test]
fn a_hand_over_to_the_deployer_itself_is_the_last() {
    let mut stage = Stage::with(Coverage::default());
    let (admin, stranger) = (stage.account("admin"), stage.account("stranger"));
    administration::another(&mut stage);
    stage.call(admin, "hand_over", &admin).unwrap();
    assert_eq!(stage.call(admin, "hand_over", &stranger), Err(Error::AlreadyBound));
}

/// All Time in the contract's hands is somebody's: none is minted to itself.
#[test]
fn no_time_is_sold_to_the_contract_itself() {
    let mut stage = Stage::with(Coverage::default());
    stage.set_parameters(|parameters| parameters.lock_epochs = 0);
    let (here, payment) = (stage.contract, Hash::from([1; 32]));
    if stage.by_seller(payment, here, 100).is_ok() {
        stage.by("stranger", "release_sale", &payment).unwrap();
    }
    stage.even();
}
