//! `receipts`: every message, error and role; evidence that somebody forged;
//! demands all the way to their end; heads, counts and bonds against plain
//! models; and what an attacker could gain.

mod administration;
mod attacks;
mod batches;
mod demands;
mod devices;
mod entry;
mod failures;
mod forgeries;
mod heads;
mod openings;
mod random;
mod stage;
mod voids;

use stage::{Stage, KIND};

/// Each on a stage of its own; all of them together reach everything.
const PARTS: &[fn(&mut Stage)] = &[
    administration::deployment,
    administration::an_unbound_instance,
    administration::hand_over,
    administration::code,
    administration::a_pause_is_short_and_rare,
    administration::a_pause_stops_recording_only,
    administration::opening_rules,
    administration::a_silent_registry,
    devices::only_registry_writes_devices,
    devices::a_device_from_registration_to_retirement,
    batches::the_first_error_is_told,
    batches::a_device_records_1024_batches_an_epoch,
    batches::two_ways_with_one_outcome,
    batches::a_signature_covers_every_part,
    batches::counts_and_sizes,
    batches::epochs_count_exactly_up_to_their_caps,
    voids::by_device,
    voids::by_shop,
    voids::signed,
    demands::a_demand,
    demands::what_can_be_demanded,
    demands::the_first_error_is_told,
    demands::once_ever,
    demands::the_last_32_closed_epochs,
    demands::the_bond_rises_with_open_demands,
    demands::signed,
    forgeries::evidence_must_lead_to_the_kept_head,
    openings::a_true_ticket_earns_the_shop_the_bond,
    openings::only_the_receipts_ticket,
    openings::a_ticket_is_in_force_in_the_receipts_epoch,
    openings::the_customers_keys_of_that_epoch,
    openings::an_ecdsa_wallet,
    openings::in_time,
    failures::the_penalty_comes_out_of_the_deposit,
    failures::the_rest_is_debt,
    failures::rules_are_those_of_the_day_of_the_demand,
    failures::whom_it_is_paid_to,
    failures::a_deposit_waits_for_open_demands,
    failures::a_settled_demand_is_forgotten,
];

#[test]
fn every_message_and_error() {
    crate::covered_by(PARTS, Stage::with, |stage| stage.network.coverage).assert_complete(KIND, &[]);
}
