//! The arguments of a benchmark.

use anyhow::{bail, Context as _};
use std::str::FromStr;

/// A whole number, underscores allowed.
///
/// # Errors
/// Names the argument that is none, or out of its type's bounds.
pub fn number<T: FromStr>(name: &str, text: &str) -> anyhow::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.replace('_', "").parse().with_context(|| format!("{name} {text}: a whole number within bounds is needed"))
}

/// Checks that none of these arguments is zero.
///
/// # Errors
/// Names the first that is.
pub fn at_least_one<const N: usize>(given: [(&str, u64); N]) -> anyhow::Result<()> {
    for (name, given) in given {
        if given == 0 {
            bail!("{name} must be 1 or more");
        }
    }
    Ok(())
}
