//! What the tests across contracts share: a network of its own for each test with
//! the real bundles and a clock that the test sets, on the in-process chain
//! ([`World`]) or on its runtime alone ([`Sandbox`]).
//!
//! A failure here is a failed test, so everything panics with what it was about.
#![allow(clippy::expect_used, clippy::unwrap_used)]

pub mod history;
pub mod node;
pub mod party;
pub mod sandbox;
pub mod token;
pub mod tree;
pub mod world;

pub use party::{Customer, Device, Shop};
pub use sandbox::Sandbox;
pub use tree::Tree;
pub use world::{World, DAY, HOUR, WINDOW};
