//! The server against clients that are wrong, hostile, slow or many.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)]

mod access;
mod client;
mod crowd;
mod host;
mod limits;
mod malformed;
mod slow;
