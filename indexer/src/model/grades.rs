//! Grades of shops.

use crate::scores::grade::{Grade, Graded};
use bizkey_primitives::{party::Status, Epoch, MerchantIndex};

/// A shop's grade after an epoch in which it traded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerchantGrade {
    /// The shop.
    pub merchant: MerchantIndex,
    /// What it earned, and by which ranks.
    pub graded: Graded,
    /// As what it was shown at the epoch's close: lower while it was penalised.
    pub shown: Grade,
    /// Its standing at the epoch's close.
    pub status: Status,
}

/// A shop reached a grade, or one above, for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GradeReached {
    /// The shop.
    pub merchant: MerchantIndex,
    /// The grade; never the first, which everybody has.
    pub grade: Grade,
    /// The epoch.
    pub epoch: Epoch,
}
