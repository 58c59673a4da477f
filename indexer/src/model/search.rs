//! Texts of offers, and what a search finds.

use bizkey_primitives::{party::Status, Balance, Hash, MerchantIndex};
use std::{collections::BTreeSet, fmt::Display, str::FromStr};

/// Most bytes of a text.
pub const MAX_TEXT_BYTES: usize = 4_096;

/// What became of a text that somebody gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenText {
    /// It is kept from now on.
    Kept,
    /// It was kept already.
    Known,
    /// No stored task or privilege names its hash.
    NotNamed,
}

/// What is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HitKind {
    /// A shop.
    Shop,
    /// A task.
    Task,
    /// A privilege.
    Privilege,
}

impl HitKind {
    /// All of them, in the order in which a shop's are found.
    pub const ALL: [HitKind; 3] = [HitKind::Shop, HitKind::Task, HitKind::Privilege];

    /// The name that the API uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            HitKind::Shop => "shop",
            HitKind::Task => "task",
            HitKind::Privilege => "privilege",
        }
    }
}

/// What to look for; `None` is any. At least one of the terms, trade and region
/// is asked for: without, nothing is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchFilter {
    /// Terms of the text, all of which one offer's text has to have.
    pub terms: BTreeSet<String>,
    /// Only shops of this trade, and what they offer.
    pub trade: Option<u16>,
    /// Only those of this region.
    pub region: Option<u16>,
    /// Only these.
    pub kind: Option<HitKind>,
}

/// A hit's place among all: the cursor of a page. Sorts by its fields, but the
/// higher score comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rank {
    /// The shop is not in good standing: it comes after all that are.
    pub is_demoted: bool,
    /// The shop's last kept score, scale 10^18; 0 if none was kept yet.
    pub score: u128,
    /// The shop, 0 for Bizkey itself.
    pub merchant: MerchantIndex,
    /// What it is.
    pub kind: HitKind,
    /// Its number; a shop's own.
    pub id: u32,
}

impl Display for Rank {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { is_demoted, score, merchant, kind, id } = self;
        write!(f, "{}-{score}-{merchant}-{}-{id}", u8::from(*is_demoted), kind.name())
    }
}

impl FromStr for Rank {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('-').collect();
        let [standing, score, merchant, kind, id] = parts[..] else { return Err("it is not a cursor of this list") };
        let number = |_| "a cursor's numbers are decimal";
        Ok(Self {
            is_demoted: match standing {
                "0" => false,
                "1" => true,
                _ => return Err("a cursor begins with 0 or 1"),
            },
            score: score.parse().map_err(number)?,
            merchant: merchant.parse().map_err(number)?,
            kind: HitKind::ALL.into_iter().find(|known| known.name() == kind).ok_or("it names no kind of hit")?,
            id: id.parse().map_err(number)?,
        })
    }
}

/// A shop or an open offer that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its place, with its number and its shop's.
    pub rank: Rank,
    /// The shop's standing now.
    pub status: Status,
    /// The shop's last kept score, scale 10^18.
    pub score: Option<u128>,
    /// The trade that scores the present epoch.
    pub trade: Option<u16>,
    /// The region that scores the present epoch.
    pub region: Option<u16>,
    /// Of an offer.
    pub offer: Option<HitOffer>,
}

/// What an offer that was found says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HitOffer {
    /// Hash of its text.
    pub conditions: Hash,
    /// The text, if somebody gave it.
    pub text: Option<String>,
    /// A task's reward or a privilege's price, smallest unit of Time.
    pub time: Balance,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_they_are_written() {
        for kind in HitKind::ALL {
            let rank = Rank { is_demoted: true, score: u128::MAX, merchant: 7, kind, id: u32::MAX };
            assert_eq!(rank.to_string().parse(), Ok(rank));
        }
        for text in
            ["", "0-1-2-task", "2-1-2-task-3", "0--2-task-3", "0-1-2-offer-3", "0-1-2-task-3-4", "0-1-2-task--3"]
        {
            assert!(text.parse::<Rank>().is_err(), "{text}");
        }
    }
}
