//! `otc`: every message, error and role. What is in escrow is held against a
//! plain model over random histories in [`escrow`].

mod administration;
mod endings;
mod escrow;
mod market;
mod offers;
mod plain;
mod quotes;
mod reservations;
mod signed;

use bizkey_tests::Sandbox;
use market::{Market, KIND};

#[test]
fn every_message_and_error() {
    let mut network = Sandbox::new();
    let mut market = Market::new(&mut network);
    administration::parts(&mut market);
    offers::parts(&mut market);
    reservations::parts(&mut market);
    quotes::parts(&mut market);
    signed::parts(&mut market);
    market.network.coverage.assert_complete(KIND, &[]);
}
