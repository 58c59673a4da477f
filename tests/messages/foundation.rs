//! `foundation`: every message, error and role; and the roles of the whole
//! suite (`roles`, `escape`, `limits`, `reach`, `collusion`).

mod arguments;
mod calls;
mod code;
mod collusion;
mod deployment;
mod escape;
mod limits;
mod lists;
mod money;
mod pauses;
mod powers;
mod reach;
mod reentry;
mod relays;
mod roles;
mod seats;
mod stage;
mod steps;
mod voting;

use bizkey_tests::Sandbox;
use steps::KIND;

#[test]
fn every_message_and_error() {
    let mut network = Sandbox::new();
    network.hand_over();
    deployment::constructor(&mut network);
    deployment::binding(&mut network);
    deployment::a_new_board(&mut network);
    voting::who_may(&mut network);
    voting::majorities(&mut network);
    voting::what_can_never_be_carried_out(&mut network);
    voting::changes_of_mind(&mut network);
    voting::deadlines(&mut network);
    voting::who_leaves(&mut network);
    voting::taking_back(&mut network);
    voting::the_last_number(&mut network);
    seats::joining_and_leaving(&mut network);
    seats::the_chair(&mut network);
    seats::succession(&mut network);
    seats::a_claim_ends(&mut network);
    seats::one_successor_for_two(&mut network);
    powers::within_its_limits(&mut network);
    powers::of_the_office(&mut network);
    powers::bounds(&mut network);
    money::income(&mut network);
    money::payments(&mut network);
    money::spending(&mut network);
    pauses::by_the_chief_executive(&mut network);
    pauses::by_the_board(&mut network);
    pauses::contracts_that_fail(&mut network);
    calls::effects(&mut network);
    calls::failures(&mut network);
    code::upgrades(&mut network);
    code::of_the_foundation_itself(&mut network);
    code::ossification(&mut network);
    code::a_queue_of_changes(&mut network);
    relays::carried(&mut network);
    relays::attacks(&mut network);
    network.coverage.assert_complete(KIND, &[]);
}
