//! The rows, as Rust types.

mod demands;
mod epochs;
mod foundation;
mod grades;
mod holdings;
mod network;
mod otc;
mod parties;
mod penalties;
mod receipts;
mod redemption;
mod scores;
mod scoring;
mod search;

pub use demands::*;
pub use epochs::*;
pub use foundation::*;
pub use grades::*;
pub use holdings::*;
pub use network::*;
pub use otc::*;
pub use parties::*;
pub use penalties::*;
pub use receipts::*;
pub use redemption::*;
pub use scores::*;
pub use scoring::*;
pub use search::*;

use crate::Result;

/// Bytes as `0x` and lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// At most so many rows in a page of the API.
pub const MAX_PAGE: u32 = 500;

/// Bounds what one query reads: a page, and one row more to see whether another follows.
#[must_use]
pub fn page_size(limit: u32) -> u32 {
    limit.clamp(1, MAX_PAGE + 1)
}

/// Reads all pages of a list. `page` takes the cursor after which to go on;
/// `cursor` is that of an item.
///
/// # Errors
/// Those of `page`.
pub(crate) async fn all_pages<T, C, F>(mut page: impl FnMut(Option<C>) -> F, cursor: impl Fn(&T) -> C) -> Result<Vec<T>>
where
    F: std::future::Future<Output = Result<Vec<T>>>,
{
    let mut all = Vec::new();
    loop {
        let items = page(all.last().map(&cursor)).await?;
        if items.is_empty() {
            return Ok(all);
        }
        all.extend(items);
    }
}
