//! What the rules lead to when they are played: years of the token economy,
//! and attacks on a town.
//!
//! | module | holds |
//! |---|---|
//! | [`defaults`] | every parameter, with its default and the argument for it |
//! | [`parameter`] | how parameters are named, listed and set |
//! | [`economy`] | Bzky and Time of the whole network, day by day |
//! | [`stage`] | what an attack meets at each of the paper's stages |
//! | [`attack`] | a town with and without an attack, under both algorithms |
//!
//! A simulation runs the network's own functions: emissions and prices of
//! `bizkey_primitives`, scores of [`crate::scoring`]. It is integers from end
//! to end, and the same parameters give the same bits on every machine.

pub mod attack;
pub mod defaults;
pub mod economy;
pub mod parameter;
pub mod stage;

pub use defaults::{AttackParameters, EconomyParameters};
pub use parameter::{Parameter, ParameterError, Setting};
pub use stage::Stage;
