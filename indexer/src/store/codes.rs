//! Small enumerations as integers, by their position in these lists.

use crate::model::{DemandState, ReservationStage, ResolutionState, SaleState, Validity};
use bizkey_primitives::{
    otc::Trader,
    party::Status,
    receipt::{Channel, Rail},
    report::EpochState,
    vesting::Line,
    Side,
};

pub(super) const SIDES: [Side; 2] = Side::ALL;
pub(crate) const CHANNELS: [Channel; 2] = [Channel::InStore, Channel::Outside];
pub(crate) const RAILS: [Rail; 8] = Rail::ALL;
pub(super) const STATUSES: [Status; 4] = [Status::Active, Status::Demoted, Status::Restricted, Status::Removed];
pub(super) const STATES: [EpochState; 5] =
    [EpochState::Open, EpochState::Pending, EpochState::Final, EpochState::Disputed, EpochState::Void];
pub(crate) const VALIDITIES: [Validity; 3] = [Validity::Valid, Validity::ZeroAmount, Validity::AmountTooLarge];
pub(super) const DEMAND_STATES: [DemandState; 3] = [DemandState::Open, DemandState::Opened, DemandState::Failed];
pub(super) const SALE_STATES: [SaleState; 3] = [SaleState::Done, SaleState::Pending, SaleState::ChargedBack];
pub(super) const RESOLUTION_STATES: [ResolutionState; 5] = [
    ResolutionState::Open,
    ResolutionState::Passed,
    ResolutionState::Failed,
    ResolutionState::Enacted,
    ResolutionState::Cancelled,
];
pub(super) const STAGES: [ReservationStage; 4] =
    [ReservationStage::Reserved, ReservationStage::Paid, ReservationStage::Disputed, ReservationStage::Ended];
pub(super) const TRADERS: [Trader; 2] = [Trader::Seller, Trader::Buyer];
pub(super) const LINES: [Line; 4] = Line::ALL;

/// Position of a value in its list. The lists are complete: the tests below
/// name every variant, so the default is never taken.
pub(crate) fn code<T: PartialEq>(list: &[T], value: &T) -> u8 {
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
        for (position, state) in DEMAND_STATES.iter().enumerate() {
            let expected = match state {
                DemandState::Open => 0,
                DemandState::Opened => 1,
                DemandState::Failed => 2,
            };
            assert_eq!(expected, position);
        }
        for (position, state) in SALE_STATES.iter().enumerate() {
            let expected = match state {
                SaleState::Done => 0,
                SaleState::Pending => 1,
                SaleState::ChargedBack => 2,
            };
            assert_eq!(expected, position);
        }
        for (position, state) in RESOLUTION_STATES.iter().enumerate() {
            let expected = match state {
                ResolutionState::Open => 0,
                ResolutionState::Passed => 1,
                ResolutionState::Failed => 2,
                ResolutionState::Enacted => 3,
                ResolutionState::Cancelled => 4,
            };
            assert_eq!(expected, position);
        }
        for (position, stage) in STAGES.iter().enumerate() {
            let expected = match stage {
                ReservationStage::Reserved => 0,
                ReservationStage::Paid => 1,
                ReservationStage::Disputed => 2,
                ReservationStage::Ended => 3,
            };
            assert_eq!(expected, position);
        }
        for (position, trader) in TRADERS.iter().enumerate() {
            let expected = match trader {
                Trader::Seller => 0,
                Trader::Buyer => 1,
            };
            assert_eq!(expected, position);
        }
        for (position, line) in LINES.iter().enumerate() {
            let expected = match line {
                Line::EarlySupporters => 0,
                Line::Team => 1,
                Line::Partners => 2,
                Line::Foundation => 3,
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
