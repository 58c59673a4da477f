//! `pos_deposit`: every message, error and role; who gets a deposit and when;
//! and deposits, pledges and what counted in each epoch against a plain model.

mod accounts;
mod administration;
mod attacks;
mod locks;
mod model;
mod penalties;
mod pledges;
mod random;
mod returns;
mod signed;
mod stage;
mod transfers;

use stage::{Stage, KIND};

/// Each on a stage of its own; all of them together reach everything.
const PARTS: &[fn(&mut Stage)] = &[
    administration::deployment,
    administration::an_unbound_instance,
    administration::a_silent_registry,
    administration::an_endless_window,
    administration::hand_over,
    administration::code,
    administration::the_platform,
    administration::the_schedule,
    locks::by_shop_and_agent_alone,
    locks::the_first_error_is_told,
    locks::agents,
    locks::a_first_deposit_reaches_the_schedule,
    locks::sums_do_not_overflow,
    returns::from_lock_to_release,
    returns::the_first_error_is_told,
    returns::a_hold_on_the_shop_holds_its_agents_deposit_too,
    returns::what_the_contract_does_not_have_it_does_not_forget,
    transfers::offers,
    transfers::the_first_error_is_told,
    transfers::a_deposit_goes_over,
    transfers::a_deposit_that_goes_over_again_stays_for_the_last,
    transfers::where_there_is_a_deposit_the_old_one_goes_back,
    penalties::by_receipts_alone,
    penalties::an_agents_penalty_makes_nobody_rich,
    penalties::by_the_board_alone,
    penalties::a_device_that_went_over_answers_for_a_while,
    pledges::what_is_locked_and_free,
    pledges::no_more_is_released_than_is_free,
    pledges::more_than_64,
    accounts::a_deposit_follows_its_depositor,
    accounts::a_lost_account,
    accounts::an_agent_that_moved_or_was_removed,
    accounts::what_counted_in_an_epoch,
    signed::every_action,
];

#[test]
fn every_message_and_error() {
    crate::covered_by(PARTS, Stage::with, |stage| stage.network.coverage).assert_complete(KIND, &[]);
}
