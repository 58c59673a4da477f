//! Keyset pages: `after` is the cursor of the last item seen.

use super::problem::Problem;
use crate::model::MAX_PAGE;
use serde::Serialize;

/// Items a page when the request does not say.
const DEFAULT_LIMIT: u32 = 100;

/// One page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Cursor of the page after this one; null on the last page.
    pub next: Option<String>,
}

/// Checks a request's page size.
pub(super) fn limit(limit: Option<u32>) -> Result<u32, Problem> {
    match limit.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_PAGE => Ok(limit),
        _ => Err(Problem::invalid_parameter(format!("limit is from 1 to {MAX_PAGE}"))),
    }
}

/// Makes a page of up to `limit + 1` rows: the one too many tells that
/// another page follows.
pub(super) fn page<R, C: ToString, T>(
    mut rows: Vec<R>,
    limit: u32,
    cursor: impl Fn(&R) -> C,
    item: impl Fn(&R) -> T,
) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| cursor(row).to_string());
    Page { items: rows.iter().map(item).collect(), next }
}
