//! Errors as problem+json (RFC 9457).

use super::config::Rate;
use axum::{
    http::{header::CONTENT_TYPE, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::time::Duration;

/// An answer that is an error.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    kind: &'static str,
    title: &'static str,
    detail: String,
}

/// An error, as problem+json (RFC 9457).
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct Body {
    /// What kind of problem it is.
    #[schema(example = "urn:bizkey:problem:invalid-parameter")]
    r#type: String,
    /// The kind, for people.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What was wrong, and what to do.
    detail: String,
}

impl Problem {
    /// An error of a kind that this API does not know itself.
    #[must_use]
    pub fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, kind, title, detail: detail.into() }
    }

    pub(super) fn invalid_parameter(detail: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: "invalid-parameter",
            title: "A parameter is invalid",
            detail: detail.into(),
        }
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, kind: "not-found", title: "Not found", detail: detail.into() }
    }

    pub(super) fn no_such_path() -> Self {
        Self::not_found("there is nothing at this path")
    }

    pub(super) fn method_not_allowed() -> Self {
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            kind: "method-not-allowed",
            title: "Method not allowed",
            detail: "rows are only read: use GET; texts, and nothing else, are given with PUT".into(),
        }
    }

    pub(super) fn not_ready(detail: impl Into<String>) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            kind: "not-ready",
            title: "The index is not caught up",
            detail: detail.into(),
        }
    }

    pub(super) fn too_many_requests(rate: Rate, wait: u64) -> Self {
        let Rate { per_second, burst } = rate;
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            kind: "too-many-requests",
            title: "Too many requests",
            detail: format!(
                "{burst} requests at once and {per_second} a second are answered for one client: wait {wait} s"
            ),
        }
    }

    pub(super) fn too_many_streams(open: usize) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            kind: "too-many-streams",
            title: "Too many streams are open",
            detail: format!("all of this server's {open} streams are in use: try again later"),
        }
    }

    pub(super) fn too_many_streams_of_one(open: usize) -> Self {
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            kind: "too-many-streams",
            title: "Too many streams are open",
            detail: format!("this client has {open} streams open already: close one first"),
        }
    }

    pub(super) fn too_slow(limit: Duration) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            kind: "too-slow",
            title: "The answer took too long",
            detail: format!("no answer within {} s: try again later", limit.as_secs()),
        }
    }
}

/// What went wrong inside is logged, not told: it may name hosts.
impl From<crate::Error> for Problem {
    fn from(error: crate::Error) -> Self {
        if matches!(error, crate::Error::ScoresBehind { .. }) {
            return Self::not_ready(error.to_string());
        }
        if matches!(error, crate::Error::UnknownAlgorithm { .. }) {
            let (kind, title) = ("unknown-algorithm", "The scores' algorithm is unknown to this server");
            return Self { status: StatusCode::SERVICE_UNAVAILABLE, kind, title, detail: error.to_string() };
        }
        tracing::error!(%error, "a request failed");
        let detail = "the rows could not be read: try again later".into();
        if error.is_transient() {
            let (kind, title) = ("database-unavailable", "The database is not available");
            return Self { status: StatusCode::SERVICE_UNAVAILABLE, kind, title, detail };
        }
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, kind: "internal", title: "Internal error", detail }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            r#type: format!("urn:bizkey:problem:{}", self.kind),
            title: self.title,
            status: self.status.as_u16(),
            detail: self.detail,
        };
        let headers = [(CONTENT_TYPE, "application/problem+json")];
        (self.status, headers, axum::Json(body).into_response().into_body()).into_response()
    }
}
