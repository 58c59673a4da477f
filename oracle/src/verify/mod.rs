//! Recomputing every epoch from the chain alone.
//!
//! Nothing of the running system is trusted: no index, no oracle, no file but
//! the addresses of the contracts. Every block since deployment is read again,
//! every epoch scored again, and compared with what the committee reported,
//! what `rewards` reserved, and what every single payment moved.

mod audit;
mod difference;
mod moves;
mod payments;
mod run;

pub use audit::{Audit, AuditError, AuditedEpoch};
pub use difference::{Difference, Field, Value};
pub(crate) use run::{blocks, check_contracts};
pub use run::{verify, Progress, Verdict, VerifyError};
