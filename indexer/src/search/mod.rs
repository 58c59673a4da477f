//! What texts are found by.

mod terms;

pub use terms::{query_terms, text_terms};
