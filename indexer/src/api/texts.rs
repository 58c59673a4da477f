//! `/v1/texts`: what tasks and privileges ask and give, in words.

use super::{
    extract::PathParameter,
    parameters::Written,
    problem::{Body, Problem},
    responses::{Invalid, NotFound},
    ApiState,
};
use crate::model::{hex, GivenText, MAX_TEXT_BYTES};
use axum::{
    body::Bytes,
    extract::{rejection::BytesRejection, State},
    http::{
        header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
        HeaderMap, StatusCode,
    },
    response::{IntoResponse, Response},
};
use bizkey_primitives::{hash::blake2x256, Hash};
use std::str::FromStr;

/// A text in an answer. Never sniffed for anything else: strangers wrote it.
const PLAIN: &str = "text/plain; charset=utf-8";
/// A hash has one text for ever; kept for a day, so that one that an operator
/// had to take away is gone from caches soon.
const FOR_A_DAY: &str = "public, max-age=86400, immutable";

/// The hash of a text, 32 bytes of hex after `0x`.
pub(super) struct TextHash([u8; 32]);

impl FromStr for TextHash {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        let digits = text.strip_prefix("0x").ok_or("a hash begins with 0x")?;
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| "a hash is 64 digits of hex after 0x")?;
        Ok(Self(bytes))
    }
}

/// The text with a hash.
#[utoipa::path(
    get, path = "/v1/texts/{hash}", tag = "search",
    params(("hash" = String, Path, description = "Its Blake2b-256, hex after 0x: the `conditions` of an offer",
            example = "0xd91553d9548ed061f935eb7836afb9b371bdc7c2381221fb5207c4750f8d24eb")),
    responses(
        (status = 200, description = "The text", body = String, content_type = "text/plain; charset=utf-8"),
        Invalid, NotFound,
    ),
)]
pub(super) async fn text(
    State(state): State<ApiState>,
    PathParameter(hash): PathParameter<Written<TextHash>>,
) -> Result<Response, Problem> {
    let TextHash(hash) = hash.0;
    let unknown = || Problem::not_found(format!("nobody gave the text with the hash {}", hex(&hash)));
    let text = state.store.text(&Hash::from(hash)).await?.ok_or_else(unknown)?;
    let headers = [(CONTENT_TYPE, PLAIN), (X_CONTENT_TYPE_OPTIONS, "nosniff"), (CACHE_CONTROL, FOR_A_DAY)];
    Ok((headers, text).into_response())
}

/// Gives the text whose hash a stored task or privilege names, so that people
/// can read the offer and find it. Anybody may: the hash proves the text. What
/// no stored offer names is not taken, so the offer comes first.
#[utoipa::path(
    put, path = "/v1/texts/{hash}", tag = "search",
    params(("hash" = String, Path, description = "Its Blake2b-256, hex after 0x: the `conditions` of an offer",
            example = "0xd91553d9548ed061f935eb7836afb9b371bdc7c2381221fb5207c4750f8d24eb")),
    request_body(content = String, content_type = "text/plain", description = "The text, UTF-8, at most 4 KiB",
                 example = json!("Stand in the queue for ten minutes and tell us how it was.")),
    responses(
        (status = 201, description = "It is kept from now on"),
        (status = 204, description = "It was kept already"),
        Invalid, NotFound,
        (status = 413, description = "It is longer than 4 KiB", body = Body, content_type = "application/problem+json"),
        (status = 415, description = "It is not text/plain in UTF-8", body = Body,
         content_type = "application/problem+json"),
        (status = 422, description = "Its hash is another", body = Body, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn give(
    State(state): State<ApiState>,
    PathParameter(hash): PathParameter<Written<TextHash>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let TextHash(hash) = hash.0;
    if !is_plain(&headers) {
        return Err(unsupported());
    }
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Problem::new(StatusCode::BAD_REQUEST, "unread-body", "The body could not be read", rejection.body_text()),
    })?;
    let found = blake2x256(&body);
    if found != hash {
        let detail = format!("the hash of this text is {}, not {}: give it as it was hashed", hex(&found), hex(&hash));
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "other-text", "The text has another hash", detail));
    }
    let text = std::str::from_utf8(&body).map_err(|_| unsupported())?;
    match state.store.keep_text(text).await? {
        GivenText::Kept => Ok(StatusCode::CREATED),
        GivenText::Known => Ok(StatusCode::NO_CONTENT),
        GivenText::NotNamed => Err(Problem::not_found(format!(
            "no stored task or privilege names {} as its conditions: create the offer first, or wait for its block",
            hex(&hash)
        ))),
    }
}

/// `text/plain`, in UTF-8 if it names a charset.
fn is_plain(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else { return false };
    let mut parts = kind.split(';').map(str::trim);
    let charset = |parameter: &str| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_owned())
    };
    parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("text/plain"))
        && parts.filter_map(charset).all(|charset| charset.eq_ignore_ascii_case("utf-8"))
}

fn unsupported() -> Problem {
    let detail = "a text is UTF-8: send it with Content-Type: text/plain; charset=utf-8";
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type", detail)
}

fn too_large() -> Problem {
    let detail = format!("a text has at most {MAX_TEXT_BYTES} bytes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The text is too long", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn plain_text_is_plain_however_it_is_written() {
        for (kind, plain) in [
            ("text/plain", true),
            ("Text/Plain; Charset=\"UTF-8\"", true),
            ("text/plain;charset=utf-8; format=flowed", true),
            ("text/plain; charset=gb18030", false),
            ("text/html", false),
            ("application/x-www-form-urlencoded", false),
            ("text/plainer", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
            assert_eq!(is_plain(&headers), plain, "{kind}");
        }
        assert!(!is_plain(&HeaderMap::new()));
    }
}
