//! Where block times come from.

use parking_lot::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

/// The chain's clock. Block stamps never go back: a block is stamped with the
/// later of the clock and one millisecond after its parent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// The machine's time.
    #[default]
    System,
    /// The machine's time plus so many milliseconds (negative: behind it).
    Offset(i64),
    /// Stands still at so many milliseconds since the Unix epoch until it is
    /// set again.
    Manual(u64),
}

impl Clock {
    /// Milliseconds since the Unix epoch by this clock.
    pub fn now_ms(&self) -> u64 {
        match self {
            Self::System => system_ms(),
            Self::Offset(offset) => system_ms().saturating_add_signed(*offset),
            Self::Manual(now) => *now,
        }
    }

    /// The same clock, `ms` later.
    pub fn advanced(self, ms: u64) -> Self {
        match self {
            Self::System => Self::Offset(i64::try_from(ms).unwrap_or(i64::MAX)),
            Self::Offset(offset) => Self::Offset(offset.saturating_add_unsigned(ms)),
            Self::Manual(now) => Self::Manual(now.saturating_add(ms)),
        }
    }
}

/// The machine's time in milliseconds since the Unix epoch; 0 before it.
fn system_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|elapsed| u64::try_from(elapsed.as_millis()).ok())
        .unwrap_or(0)
}

/// A clock that its owner can set while the chain runs.
#[derive(Debug, Default)]
pub struct SettableClock(Mutex<Clock>);

impl SettableClock {
    /// Starts as `clock`.
    pub fn new(clock: Clock) -> Self {
        Self(Mutex::new(clock))
    }

    /// The present setting.
    pub fn get(&self) -> Clock {
        *self.0.lock()
    }

    /// Changes the setting from now on.
    pub fn set(&self, clock: Clock) {
        *self.0.lock() = clock;
    }
}
