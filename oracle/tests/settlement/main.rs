//! Verification follows the rules of `rewards` that no receipt decides:
//! disputes, second rounds, void epochs, bonds, expired claims. Every history
//! is made by the real contracts, so it is right; told otherwise in one
//! figure, the difference is found.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod bonds;
mod deadlines;
mod disputes;
mod random;
mod reserves;
mod stage;

use bizkey_oracle::verify::{Difference, Field, Value};
use bizkey_primitives::{Epoch, Side};

/// What a difference is about.
fn found(difference: Difference) -> (Option<Epoch>, Option<Side>, Field) {
    assert!(!difference.to_string().is_empty());
    (difference.epoch, difference.side, difference.field)
}

/// What it expected, and what it found.
fn figures(difference: Difference) -> (Value, Value) {
    (difference.expected, difference.found)
}
