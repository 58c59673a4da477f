//! The parts of the program `bizkey`, so that tests can call them.
//!
//! | module | holds |
//! |---|---|
//! | [`system`] | every service of a network in one process |
//! | [`process`] | services side by side, until a signal or a failure |
//! | [`network`] | the options that say which network |
//! | [`keys`] | the keys that a network of one machine works with |
//! | [`api`] | what the indexer's address serves, and its limits |
//! | [`up`] | `bizkey up` |
//! | [`deploy`] | `bizkey deploy` |
//! | [`devchain`] | `bizkey devchain` |
//! | [`demo`] | `bizkey demo` |
//! | [`verify`] | `bizkey verify` |
//! | [`persona`] | `bizkey persona` |
//! | [`price`] | `bizkey price-feed` |
//! | [`oracle`] | `bizkey oracle` |
//! | [`engine`] | the options of whoever scores epochs of a lake |
//! | [`explain`] | `bizkey explain` |
//! | [`place`] | the options that say which network is looked at |
//! | [`grades`] | `bizkey grades` |
//! | [`register`] | `bizkey register` |
//! | [`score`] | `bizkey score` |
//! | [`scoring_rules`] | `bizkey scoring-rules` |
//! | [`simulate`] | `bizkey simulate` |

pub mod api;
pub mod demo;
pub mod deploy;
pub mod devchain;
pub mod engine;
pub mod explain;
pub mod grades;
pub mod keys;
pub mod network;
pub mod offices;
pub mod oracle;
pub mod persona;
pub mod place;
pub mod price;
pub mod process;
pub mod register;
pub mod score;
pub mod scoring_rules;
pub mod simulate;
pub mod system;
pub mod up;
pub mod verify;
