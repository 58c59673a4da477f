//! Small enumerations as integers, by their position in these lists.

use crate::model::Validity;
use bizkey_primitives::{
    party::Status,
    receipt::{Channel, Rail},
    report::EpochState,
    Side,
};

pub(super) const SIDES: [Side; 2] = Side::ALL;
pub(super) const CHANNELS: [Channel; 2] = [Channel::InStore, Channel::Outside];
pub(super) const RAILS: [Rail; 8] = Rail::ALL;
pub(super) const STATUSES: [Status; 4] = [Status::Active, Status::Demoted, Status::Restricted, Status::Removed];
pub(super) const STATES: [EpochState; 5] =
    [EpochState::Open, EpochState::Pending, EpochState::Final, EpochState::Disputed, EpochState::Void];
pub(super) const VALIDITIES: [Validity; 3] = [Validity::Valid, Validity::ZeroAmount, Validity::AmountTooLarge];

/// Position of a value in its list. The lists are complete: the tests below
/// name every variant, so the default is never taken.
pub(super) fn code<T: PartialEq>(list: &[T], value: &T) -> u8 {
    list.iter().position(|known| known == value).and_then(|position| u8::try_from(position).ok()).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails to compile when a variant is added, until the list has it.
    #[test]
    fn every_variant_has_its_code() {
        for (position, status) in STATUSES.iter().enumerate() {
            let expected = match status {
                Status::Active => 0,
                Status::Demoted => 1,
                Status::Restricted => 2,
                Status::Removed => 3,
            };
            assert_eq!(expected, position);
        }
        for (position, state) in STATES.iter().enumerate() {
            let expected = match state {
                EpochState::Open => 0,
                EpochState::Pending => 1,
                EpochState::Final => 2,
                EpochState::Disputed => 3,
                EpochState::Void => 4,
            };
            assert_eq!(expected, position);
        }
        for (position, validity) in VALIDITIES.iter().enumerate() {
            let expected = match validity {
                Validity::Valid => 0,
                Validity::ZeroAmount => 1,
                Validity::AmountTooLarge => 2,
            };
            assert_eq!(expected, position);
        }
    }
}
