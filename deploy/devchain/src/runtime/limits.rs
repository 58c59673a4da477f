//! Whether the chain keeps a real chain's limits. The runtime asks for its
//! limits by functions without arguments, so the choice belongs to the thread
//! that runs it; each chain has threads of its own.

use std::cell::Cell;

/// What the runtime of a chain keeps to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limits {
    /// Block weight and length, fees and storage deposits as on
    /// substrate-contracts-node: what fits here fits there.
    #[default]
    RealChain,
    /// Blocks a thousand times as heavy and a hundred times as long, no fees
    /// and no storage deposits: for tests that are about something else.
    Lifted,
}

thread_local! {
    static LIMITS: Cell<Limits> = const { Cell::new(Limits::RealChain) };
}

/// The runtime that this thread runs from now on keeps to `limits`.
pub fn set_for_thread(limits: Limits) {
    LIMITS.set(limits);
}

/// Whether this thread's runtime has its limits lifted.
pub(super) fn are_lifted() -> bool {
    LIMITS.get() == Limits::Lifted
}
