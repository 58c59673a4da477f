//! The messages of each contract, on the real bundles: what every message
//! does, each error with its cause, who may call it, and that nothing else
//! can. Each contract's test is held against its bundle's own metadata:
//! no message and no error may be left out.
//!
//! One binary for all of them: each would link the whole runtime again.

mod foundation;
mod otc;
mod pos_deposit;
mod receipts;
mod redemption;
mod registry;
mod rewards;
mod tokens;
mod vault;
mod vesting;

use bizkey_tests::sandbox::Coverage;

/// What the parts of a contract's test reach together, each on a stage of its
/// own that goes on with the coverage of those before.
fn covered_by<Stage>(parts: &[fn(&mut Stage)], open: fn(Coverage) -> Stage, close: fn(Stage) -> Coverage) -> Coverage {
    parts.iter().fold(Coverage::default(), |coverage, part| {
        let mut stage = open(coverage);
        part(&mut stage);
        close(stage)
    })
}
