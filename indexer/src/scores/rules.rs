//! Which algorithm scores an epoch.

use crate::{Error, Result};
use bizkey_primitives::{
    report::{BIZPOWER_1, BIZPOWER_2},
    Epoch,
};

/// A version of BizPower (architecture.md, BizPower, exactly).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// The paper to the letter. It scores until the board sets another one.
    #[default]
    Bizpower1,
    /// Hardened against floods of tiny orders.
    Bizpower2,
}

impl Algorithm {
    /// The algorithm of this version, which scores `epoch`.
    ///
    /// # Errors
    /// [`Error::UnknownAlgorithm`] if this program does not know it.
    pub fn of(epoch: Epoch, version: u16) -> Result<Self> {
        match version {
            BIZPOWER_1 => Ok(Algorithm::Bizpower1),
            BIZPOWER_2 => Ok(Algorithm::Bizpower2),
            version => Err(Error::UnknownAlgorithm { epoch, version }),
        }
    }
}
