//! The responses of the server.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::schema::Issue;

pub(super) type Response = http::Response<Bytes>;

/// A response that ends the work on a request.
pub(super) type Refusal = Box<Response>;

/// A response and how much of it is sent.
pub(super) struct Served {
    pub(super) response: Response,
    pub(super) transmission: Transmission,
}

/// How much of a response is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transmission {
    Whole,
    /// The connection ends in the middle of the body.
    Cut,
    /// The connection ends without a response.
    Dropped,
}

/// An error as the API sends it.
pub(super) fn failure(status: u16, detail: &str) -> Response {
    success(status, json!({ "detail": detail }).to_string())
}

/// 422 as FastAPI sends it.
pub(super) fn invalid(issues: &[Issue]) -> Response {
    let issues: Vec<Value> = issues.iter().map(Issue::to_json).collect();
    success(422, json!({ "detail": issues }).to_string())
}

/// A JSON body.
pub(super) fn success(status: u16, json: impl Into<Cow<'static, str>>) -> Response {
    with_type(status, "application/json", json)
}

/// No body.
pub(super) fn empty(status: u16) -> Response {
    let mut response = Response::default();
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

/// A body of a content type.
pub(super) fn with_type(
    status: u16,
    kind: &'static str,
    body: impl Into<Cow<'static, str>>,
) -> Response {
    let mut response = empty(status);
    *response.body_mut() = Bytes::from(body.into().into_owned());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
