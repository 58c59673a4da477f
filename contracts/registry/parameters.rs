//! What a parameter of bizpower-2 can be (architecture.md, BizPower, exactly),
//! and from when it counts: an epoch that has not begun, so that no epoch is
//! ever scored by other parameters than those its shops could read beforehand.

use crate::{
    capital::LARGEST,
    values::{Subject, Value, Values},
};
use bizkey_primitives::{errors::registry::Error, membership::Clamp, receipt::MAX_AMOUNT, Epoch, Stamp};

/// Books a decision of the board. It replaces an earlier one that has not
/// begun either.
///
/// # Errors
/// `BadClamp`; `CapitalOutOfBounds` for a floor above what the largest figures
/// come to; `EpochBegun`.
pub fn decide(values: &mut Values, subject: Subject, value: Value, from: Epoch, now: Stamp) -> Result<(), Error> {
    match value {
        Value::Clamp(clamp) if !is_usable(&clamp) => return Err(Error::BadClamp),
        Value::Floor(floor) if floor > LARGEST.total() => return Err(Error::CapitalOutOfBounds),
        _ => {}
    }
    let open = first_open(from, now)?;
    values.book(subject, open, from, value);
    Ok(())
}

/// Whether a total can be clamped so: lo is at least 1, since sales stand in a
/// denominator, and hi at most what one receipt can say.
pub fn is_usable(clamp: &Clamp) -> bool {
    1 <= clamp.lo && clamp.lo <= clamp.hi && clamp.hi <= MAX_AMOUNT
}

/// The first epoch that has not begun at the stamp `now`, if `from` is not
/// before it. A stamp is its epoch plus one, and 0 before epoch 0.
fn first_open(from: Epoch, now: Stamp) -> Result<Epoch, Error> {
    if from < now {
        return Err(Error::EpochBegun);
    }
    Ok(now)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use bizkey_primitives::calendar::stamp;

    #[test]
    fn a_parameter_counts_from_a_coming_epoch() {
        assert_eq!(first_open(0, 0), Ok(0));
        assert_eq!(first_open(0, stamp(0)), Err(Error::EpochBegun));
        assert_eq!(first_open(1, stamp(0)), Ok(1));
        assert_eq!(first_open(9, stamp(9)), Err(Error::EpochBegun));
    }

    #[test]
    fn a_clamp_is_a_range_of_amounts() {
        let usable = |lo, hi| is_usable(&Clamp { lo, hi });
        assert!(usable(1, 1) && usable(1, MAX_AMOUNT));
        assert!(!usable(0, 1) && !usable(2, 1) && !usable(1, MAX_AMOUNT + 1));
    }
}
