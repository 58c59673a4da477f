//! Answers that a client has already are not sent again (RFC 9110, section 13).

use super::{problem::Problem, ApiState};
use crate::model::Checkpoint;
use axum::{
    extract::{Request, State},
    http::{
        header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH},
        HeaderMap, HeaderValue, StatusCode,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use bizkey_primitives::Epoch;

/// All rows are those of the chain up to the checkpoint, so its block tags
/// every answer. The tag is read first: if rows change meanwhile, an answer
/// bears too old a tag and is asked for once more, never one too few.
pub(super) async fn conditional(
    State(state): State<ApiState>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let tag = state.store.checkpoint().await?.and_then(|checkpoint| tag(checkpoint, None));
    Ok(unless_known(tag, request, next).await)
}

/// As [`conditional`], of scores: they are kept between blocks, so the last
/// kept epoch is a part of the tag.
pub(super) async fn conditional_scores(
    State(state): State<ApiState>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let kept = state.store.last_scored_epoch().await?;
    let tag = state.store.checkpoint().await?.and_then(|checkpoint| tag(checkpoint, kept));
    Ok(unless_known(tag, request, next).await)
}

async fn unless_known(tag: Option<HeaderValue>, request: Request, next: Next) -> Response {
    let Some(tag) = tag else { return next.run(request).await };
    let mut response = if is_known(request.headers(), &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        next.run(request).await
    };
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(ETAG, tag);
        // Kept, but asked about each time: the next block may change it.
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    response
}

fn tag(checkpoint: Checkpoint, kept: Option<Epoch>) -> Option<HeaderValue> {
    let hash = hex::encode(checkpoint.hash.get(..8)?);
    let kept = kept.map(|epoch| format!("-{epoch}")).unwrap_or_default();
    HeaderValue::from_str(&format!("W/\"{}-{hash}{kept}\"", checkpoint.number)).ok()
}

fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let weak = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let tag = tag.to_str().map(weak).unwrap_or_default();
    known.flat_map(|value| value.split(',')).any(|known| known.trim() == "*" || weak(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_in_any_of_the_ways_to_say_so() {
        let tag = HeaderValue::from_static("W/\"7-aa\"");
        for (header, known) in
            [("W/\"7-aa\"", true), ("\"7-aa\"", true), ("\"1\", W/\"7-aa\"", true), ("*", true), ("W/\"7-ab\"", false)]
        {
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static(header))]);
            assert_eq!(is_known(&headers, &tag), known, "{header}");
        }
        assert!(!is_known(&HeaderMap::new(), &tag));
    }
}
