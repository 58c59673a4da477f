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

/// Why a request gets no other answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of refusal it is.
    pub status: StatusCode,
    /// What was wrong, for who reads the answer.
    pub reason: String,
}

impl From<Refusal> for HttpResponse {
    fn from(Refusal { status, reason }: Refusal) -> Self {
        let mut response = HttpResponse::new(HttpBody::from(format!("{reason}\n")));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        response
    }
}

/// The request with its whole body.
///
/// # Errors
/// When the body is too long, too slow or broken.
pub async fn receive(request: Request<Incoming>, limits: &ServerLimits) -> Result<HttpRequest, Refusal> {
    let (head, body) = request.into_parts();
    // What is announced to be too long is not waited for.
    if body.size_hint().lower() > u64::from(limits.request_bytes) {
        return Err(too_long(limits));
    }
    let whole = Limited::new(body, limits.request_bytes as usize).collect();
    match tokio::time::timeout(limits.request_timeout, whole).await {
        Ok(Ok(body)) => Ok(Request::from_parts(head, HttpBody::from(body.to_bytes().to_vec()))),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_long(limits)),
        Ok(Err(error)) => {
            Err(Refusal { status: StatusCode::BAD_REQUEST, reason: format!("the body cannot be read: {error}") })
        }
        Err(_) => Err(Refusal {
            status: StatusCode::REQUEST_TIMEOUT,
            reason: format!("the body was not here within {} s", limits.request_timeout.as_secs_f32()),
        }),
    }
}

fn too_long(limits: &ServerLimits) -> Refusal {
    let reason = format!("a request may have {} bytes", limits.request_bytes);
    Refusal { status: StatusCode::PAYLOAD_TOO_LARGE, reason }
}
