//! Parameters that are more than a number.

use super::{problem::Problem, ApiState};
use crate::model::Position;
use bizkey_client::parse_account;
use bizkey_primitives::{AccountId, Epoch, Side};
use serde::{de::Error as _, Deserialize, Deserializer};
use std::{fmt::Display, num::ParseIntError, str::FromStr};
use utoipa::{IntoParams, ToSchema};

/// A parameter in its own way of writing.
pub(super) struct Written<T>(pub T);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Written<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|error| D::Error::custom(format!("`{text}`: {error}")))
    }
}

/// Where a list goes on; its start if there is no cursor.
pub(super) fn position(after: Option<&Written<Position>>) -> Position {
    after.map_or_else(Position::default, |after| after.0)
}

/// A page of a list in chain order.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ByPosition {
    /// The cursor `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<Written<Position>>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    pub limit: Option<u32>,
}

impl ByPosition {
    /// Where the list goes on.
    pub fn position(&self) -> Position {
        position(self.after.as_ref())
    }
}

/// A page of a list by number.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ByNumber {
    /// The cursor `next` of the page before.
    pub after: Option<u32>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    pub limit: Option<u32>,
}

/// An account, in SS58 or as 32 bytes of hex after `0x`.
#[derive(Clone, Copy)]
pub(super) struct Address(pub AccountId);

impl FromStr for Address {
    type Err = bizkey_client::ClientError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_account(text).map(Self)
    }
}

/// A half of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Side)]
pub(super) enum SideName {
    /// Shops.
    Merchant,
    /// Customers.
    Customer,
}

impl From<SideName> for Side {
    fn from(side: SideName) -> Self {
        match side {
            SideName::Merchant => Side::Merchant,
            SideName::Customer => Side::Customer,
        }
    }
}

/// A party as a cursor: its side and index, such as `merchant-7`.
pub(super) struct Party(pub Side, pub u32);

impl Party {
    /// Where a list of both sides starts: before the first merchant.
    pub const START: (Side, u32) = (Side::Merchant, 0);
}

impl Display for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.0.name(), self.1)
    }
}

impl FromStr for Party {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, index) = text.split_once('-').unwrap_or((text, ""));
        let side = Side::ALL.into_iter().find(|side| side.name() == name);
        let side = side.ok_or("a party is a side, a dash and a number")?;
        Ok(Self(side, index.parse().map_err(|error| format!("{error}"))?))
    }
}

/// A number in an epoch as a cursor, such as `12-7`.
pub(super) struct InEpoch<N>(pub Epoch, pub N);

impl<N: Display> Display for InEpoch<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

impl<N: FromStr<Err = ParseIntError>> FromStr for InEpoch<N> {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        // Without a dash, the second number is empty and no number.
        let (epoch, number) = text.split_once('-').unwrap_or((text, ""));
        Ok(Self(epoch.parse()?, number.parse()?))
    }
}

/// The epoch of the last stored block; 0 before genesis.
pub(super) async fn present_epoch(state: &ApiState) -> Result<Epoch, Problem> {
    Ok(state.store.checkpoint().await?.and_then(|checkpoint| checkpoint.stamp.checked_sub(1)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_they_are_written() {
        let position = Position { block: 7, event: 12 };
        assert_eq!(position.to_string().parse(), Ok(position));
        for text in ["", "7", "7-", "-7", "7-x", "7-1-2"] {
            assert!(text.parse::<Position>().is_err(), "{text}");
        }
        let party: Party = Party(Side::Customer, 9).to_string().parse().unwrap_or(Party(Side::Merchant, 0));
        assert_eq!((party.0, party.1), (Side::Customer, 9));
        for text in ["", "9", "merchant", "merchant-", "shop-9"] {
            assert!(text.parse::<Party>().is_err(), "{text}");
        }
        let place = InEpoch(12, 7u8).to_string().parse();
        assert!(matches!(place, Ok(InEpoch(12, 7u8))));
        for text in ["", "12", "12-", "-7", "12-256", "1-2-3"] {
            assert!(text.parse::<InEpoch<u8>>().is_err(), "{text}");
        }
    }
}
