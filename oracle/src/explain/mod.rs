//! A shop's score and a customer's share of one epoch, line by line, receipts
//! to reward, with numbers that a person can redo by hand.
//!
//! Everything is read from the chain, as in [`crate::verify`]. The numbers are
//! those of the engine, the trees and `rewards`; each line between them is
//! worked out a second time, and an explanation that does not lead to the
//! engine's number is refused instead of printed.

mod build;
pub(crate) mod decimal;
mod follow;
mod fraction;
mod grade;
mod model;
mod reward;
mod run;
mod score;
mod tally;
mod text;
mod trail;
mod tree;
mod weights;

pub use build::{state_name, status_name, ExplainError};
pub use follow::{Closed, FollowError, Follower, Party, Pools};
pub use grade::{GradeExplanation, GradeLine, GradeTrail, RankLine};
pub use model::{
    BuyerLine, CapitalLine, ClampLine, Committee, CountLines, CustomerExplanation, Explanation, Fraction,
    HoldingExplanation, MerchantExplanation, Part, PaymentLine, ReceiptLine, RewardExplanation, SalesExplanation,
    ScoreExplanation, TotalLine, VoidLine,
};
pub use run::{explain, ExplainRunError};
pub use tally::{Rules, Tally, Total};
pub use trail::{Buyer, Fate, Focus, Gross, Judged, LaterVoid, NotCounted, Sale, Trail, TrailEpoch};
pub use tree::{LeafExplanation, NodeLine, TreeExplanation};
pub use weights::{compare_weights, DifferingShop, Reading, Readings};
