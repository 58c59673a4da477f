//! The board's figures of bizpower-2, from trade: between what a customer's
//! total counts in each trade, and the least capital in each trade and region
//! (architecture.md, BizPower, exactly).
//!
//! | module | holds |
//! |---|---|
//! | [`distribution`] | many integers, and their percentiles |
//! | [`figures`] | what was observed of trade, and the figures that follow |
//! | [`observe`] | observations from an index, or from a lake |
//! | [`pending`] | figures that a resolution of the board would set |
//! | [`proposal`] | figures against what is set, and the board's calls |
//!
//! The simulated attacks ([`crate::simulation::attack`]) are judged under
//! figures of this very computation, so their verdict holds for a network whose
//! board sets what is proposed here.

pub mod distribution;
pub mod figures;
pub mod observe;
pub mod pending;
pub mod proposal;

pub use distribution::Distribution;
pub use figures::{EpochTotals, Least, LeftOut, Observations, Percentiles};
pub use observe::{observe, ObserveError, Observed};
pub use pending::Pending;
pub use proposal::{propose, Figure, FigureProposal, Outcome, Proposals, Terms, Value};
