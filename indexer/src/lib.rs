//! Chain events into a database, and the REST API over it.
//!
//! Follows the blocks of one network. Each block's rows and the checkpoint are
//! one transaction; the checkpoint is the highest stored block itself, so the
//! two cannot differ. Blocks that are not final are undone when the chain turns
//! away from them. Everything can be rebuilt from the chain.
//!
//! | module | holds |
//! |---|---|
//! | [`model`] | the rows, as Rust types |
//! | [`store`] | the database: writing a block, reading rows |
//! | [`sync`] | following a chain |
//! | [`api`] | REST |
#![forbid(unsafe_code)]

pub mod api;
mod error;
pub mod model;
pub mod store;
pub mod sync;

pub use api::{router, ApiState};
pub use error::{Error, Result};
pub use store::Store;
pub use sync::{
    client::ClientSource,
    run,
    source::{source_error, Block, BlockRef, BlockSource, ContractEvent, Heads},
    Config, Progress,
};
