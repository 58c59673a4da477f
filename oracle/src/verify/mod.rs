//! Recomputing every epoch from the chain alone.
//!
//! Nothing of the running system is trusted: no index, no oracle, no file but
//! the addresses of the contracts. Every block since deployment is read again,
//! every epoch scored again, and compared with what the committee reported,
//! what became of its reports and bonds, what `rewards` reserved, and what
//! every single payment moved.
//!
//! | module | follows |
//! |---|---|
//! | `audit` | blocks and events, and sends them on |
//! | `epoch` | one epoch, and how a report is compared |
//! | `clock` | windows, deadlines and pauses |
//! | `committee` | members, votes, majorities |
//! | `bonds` | what is at stake |
//! | `disputes` | disputes, decisions, struck reports, void epochs |
//! | `reserves` | what epochs take out of the pools, and give back |
//! | `claims`, `payments` | rewards: paid, put off, withheld |
//! | `moves` | tokens that moved, against those that had to |
//! | `records` | what `rewards` keeps, against all that |
//! | `summary` | what was found, for programs |

mod audit;
mod bonds;
mod claims;
mod clock;
mod committee;
mod difference;
mod disputes;
mod epoch;
mod moves;
mod payments;
mod records;
mod reserves;
mod run;
mod summary;

pub use audit::{Audit, AuditError};
pub use difference::{Difference, Field, Value};
pub use epoch::AuditedEpoch;
pub(crate) use run::{blocks, check_contracts};
pub use run::{verify, Progress, Verdict, VerifyError};
pub use summary::{EpochSummary, SideSummary, Summary};
