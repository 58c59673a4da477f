//! `rewards`: every message, error and role; trees written by an adversary;
//! the machine of epochs against a plain model; payments against exact
//! rationals and in any order.

mod adversary;
mod bonds;
mod claims;
mod debts;
mod deferred;
mod disputes;
mod exact;
mod finality;
mod forest;
mod governance;
mod holdings;
mod machine;
mod order;
mod pauses;
mod plain;
mod relayed;
mod reports;
mod stage;
mod trust;

use bizkey_tests::Sandbox;
use stage::KIND;

#[test]
fn every_message_and_error() {
    let mut network = Sandbox::new();
    let parts: [fn(&mut Sandbox); 21] = [
        governance::constructor,
        governance::only_the_admin_governs,
        governance::code,
        governance::committees_and_algorithms,
        pauses::a_pause_stops_reports_finality_and_claims_only,
        pauses::every_window_is_longer_by_the_pause_that_it_meets,
        reports::who_and_what,
        reports::the_first_cause_is_told,
        reports::majorities,
        bonds::stakes,
        bonds::leaving,
        disputes::who_and_when,
        disputes::decisions,
        disputes::turns,
        claims::single,
        claims::several,
        claims::subtrees,
        debts::paid_first,
        holdings::of_the_account_at_the_close,
        deferred::rewards_wait_for_their_receipts,
        relayed::every_action,
    ];
    for part in parts {
        stage::renew(&mut network);
        part(&mut network);
    }
    trust::nothing_is_paid_over_the_reservation(&mut network);
    network.coverage.assert_complete(KIND, &[]);
}
