//! Reading a request whole before anything is done with it: in time, and no
//! longer than it may be.

use super::config::ServerLimits;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{
    body::{Body, Incoming},
    header::{self, HeaderValue},
    Request, StatusCode,
};
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse};

/// The request with its whole body.
///
/// # Errors
/// The answer for a body that is too long or too slow.
pub async fn receive(request: Request<Incoming>, limits: &ServerLimits) -> Result<HttpRequest, HttpResponse> {
    let (head, body) = request.into_parts();
    // What is announced to be too long is not waited for.
    if body.size_hint().lower() > u64::from(limits.request_bytes) {
        return Err(too_long(limits));
    }
    let whole = Limited::new(body, limits.request_bytes as usize).collect();
    match tokio::time::timeout(limits.request_timeout, whole).await {
        Ok(Ok(body)) => Ok(Request::from_parts(head, HttpBody::from(body.to_bytes().to_vec()))),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_long(limits)),
        Ok(Err(error)) => Err(refuse(StatusCode::BAD_REQUEST, &format!("the body cannot be read: {error}"))),
        Err(_) => Err(refuse(
            StatusCode::REQUEST_TIMEOUT,
            &format!("the body was not here within {} s", limits.request_timeout.as_secs_f32()),
        )),
    }
}

fn too_long(limits: &ServerLimits) -> HttpResponse {
    refuse(StatusCode::PAYLOAD_TOO_LARGE, &format!("a request may have {} bytes", limits.request_bytes))
}

/// An answer that says why there is no other.
pub fn refuse(status: StatusCode, reason: &str) -> HttpResponse {
    let mut response = HttpResponse::new(HttpBody::from(format!("{reason}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
