//! The embedded chain.
pub mod runtime;
pub mod clock;
pub mod state;
pub mod store;
