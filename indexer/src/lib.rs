//! Chain events into a database, and the REST API over it.
//!
//! Follows the blocks of one network. Each block's rows and the checkpoint are
//! one transaction; the checkpoint is the highest stored block itself, so the
//! two cannot differ. Blocks that are not final are undone when the chain turns
//! away from them. Everything can be rebuilt from the chain, but for the texts of
//! offers: the chain holds their hashes, and people give them again. It must be
//! rebuilt where a later version keeps more of each block: blocks that an earlier
//! one indexed lack it, so [`Store::open`] refuses them ([`Error::Incomplete`])
//! and asks for an empty database.
//!
//! | module | holds |
//! |---|---|
//! | [`model`] | the rows, as Rust types |
//! | [`store`] | the database: writing a block, reading rows |
//! | [`sync`] | following a chain |
//! | [`api`] | REST |
//! | [`search`] | terms by which texts are found |
//! | [`scores`] | BizPower as an epoch goes, candles, rankings |
//! | [`lake`] | closed epochs as Parquet files |
#![forbid(unsafe_code)]

pub mod api;
mod error;
pub mod lake;
pub mod model;
pub mod scores;
pub mod search;
pub mod store;
pub mod sync;

pub use api::{router, router_with, ApiConfig, ApiState, Rate};
pub use error::{Error, Result};
pub use lake::Lake;
pub use store::Store;
pub use sync::{
    client::ClientSource,
    run,
    source::{source_error, Block, BlockRef, BlockSource, ContractEvent, Heads},
    Config, Progress,
};
