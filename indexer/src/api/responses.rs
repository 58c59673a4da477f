//! The errors that many operations document.

use super::problem::Body;
use utoipa::IntoResponses;

/// A parameter is invalid.
#[derive(IntoResponses)]
#[response(status = 400, content_type = "application/problem+json")]
#[allow(dead_code)] // for the document only
pub(super) struct Invalid(Body);

/// The scores are not caught up, or their algorithm is unknown to this server.
#[derive(IntoResponses)]
#[response(status = 503, content_type = "application/problem+json")]
#[allow(dead_code)] // for the document only
pub(super) struct ScoresBehind(Body);

/// There is nothing of that number or name.
#[derive(IntoResponses)]
#[response(status = 404, content_type = "application/problem+json")]
#[allow(dead_code)] // for the document only
pub(super) struct NotFound(Body);
