//! BizPower while a day runs, and of the days that are over, as candles and
//! rankings.
//!
//! The score of an epoch is the oracle's to report; this is the same score,
//! from the same primitives, at every moment of the epoch. An epoch that is
//! over for good is scored once and kept; the epochs after it are scored from
//! their receipts whenever somebody asks, so that a chain that turns away
//! leaves nothing to mend.
//!
//! | module | holds |
//! |---|---|
//! | [`running`] | a shop's epoch as it goes, from what happened in it |
//! | [`rules`] | what it shares with the score of the whole epoch |
//! | `tickets` | which receipts of an epoch are ticketed |
//! | [`candle`] | scores into candles |
//! | [`live`] | a shop's epochs that are not kept yet |
//! | [`keep`] | epochs that are over into rows |
//! | [`grade`] | the rule of grades |
//! | `grading` | the grades of an epoch that is over into rows |

pub mod candle;
pub mod grade;
mod grading;
mod keep;
mod live;
pub mod rules;
pub mod running;
mod tickets;

pub use candle::{Candle, Interval};
pub use grade::{Distribution, Grade, Graded, Placing};
pub use keep::{keep, keep_epoch};
pub use live::Live;
pub(crate) use live::Remembered;
pub use rules::Algorithm;
pub use running::{EpochRun, Happening, Opening, Point, What};
