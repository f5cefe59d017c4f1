//! Sends forms to a URL of the authorization server.
//!
//! Invariant: nothing of the form or of the response is in an error.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use percent_encoding::utf8_percent_encode;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::error::OAuthError;
use crate::runtime::call::body;
use crate::runtime::call::path::ENCODED;
use crate::runtime::call::reply::Reply;
use crate::runtime::client::retry::RetryPolicy;
use crate::runtime::error::api::{ApiError, RateLimit};
use crate::runtime::error::{Error, TimeLimit};
use crate::runtime::transport::{Transport, TransportErrorKind};

/// The longest response, in bytes.
pub(super) const BODY_LIMIT: usize = 64 * 1024;

/// Where forms are sent.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) url: Uri,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) user_agent: HeaderValue,
    pub(super) timeout: Duration,
    pub(super) retry: RetryPolicy,
}

/// The fields of a form.
pub(super) type Form<'a> = [(&'static str, &'a str)];

impl Endpoint {
    /// Sends a form and returns the response; that of an overloaded server is an error. The
    /// form is sent again only when the server cannot have acted on it, because a code and a
    /// refresh token can be used once.
    pub(super) async fn post(&self, form: &Form<'_>) -> Result<http::Response<Bytes>, OAuthError> {
        OAuthError::check_runtime()?;
        let body = encode(form);
        let mut retries = self.retry.start();
        loop {
            let error = match self.attempt(body.clone()).await {
                Ok(reply) if !is_overloaded(reply.status()) => return Ok(reply),
                Ok(reply) => status_error(reply),
                Err(error) => error,
            };
            let Some(wait) = retries.next_wait(&Method::POST, &error) else {
                let source = Arc::new(error);
                return Err(OAuthError::Unavailable { source });
            };
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, form: Bytes) -> Result<http::Response<Bytes>, Error> {
        let mut request = http::Request::new(form);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.clone();
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, form_type);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, self.user_agent.clone());
        let sent = tokio::time::timeout(self.timeout, self.transport.send(request)).await;
        sent.map_err(|_| self.timed_out(TimeLimit::Attempt))?
            .and_then(|response| {
                let (parts, body) = response.into_parts();
                let body = body::decode(&parts.headers, body, BODY_LIMIT)?;
                Ok(http::Response::from_parts(parts, body))
            })
            .map_err(|source| match source.kind() {
                TransportErrorKind::ConnectTimeout => self.timed_out(TimeLimit::Connect),
                _ => Error::Transport {
                    route: None,
                    source,
                    cursor: None,
                },
            })
    }

    fn timed_out(&self, limit: TimeLimit) -> Error {
        Error::Timeout {
            route: None,
            limit,
            after: (limit == TimeLimit::Attempt).then_some(self.timeout),
            cursor: None,
        }
    }
}

fn is_overloaded(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

/// The error of a response, without its body and its headers: they may hold what was sent.
fn status_error(reply: http::Response<Bytes>) -> Error {
    let mut reply = reply.map(|_| Bytes::new());
    *reply.headers_mut() = headers_of(&RateLimit::from_headers(reply.headers()));
    Error::Api(Box::new(ApiError::from_reply(
        &Reply::new(None, reply),
        &[],
    )))
}

/// The headers of a rate limit, which decide about a further attempt.
fn headers_of(limits: &RateLimit) -> HeaderMap {
    // A part of a second is rounded up.
    let seconds = |time: Duration| time.as_secs() + u64::from(time.subsec_nanos() > 0);
    let reset = limits.reset.map(OffsetDateTime::unix_timestamp);
    let numbers = [
        ("retry-after", limits.retry_after.map(seconds)),
        ("x-ratelimit-limit", limits.limit),
        ("x-ratelimit-window", limits.window.map(seconds)),
        ("x-ratelimit-reset", reset.and_then(|at| at.try_into().ok())),
    ];
    let headers = numbers.into_iter().filter_map(|(name, number)| {
        Some((HeaderName::from_static(name), HeaderValue::from(number?)))
    });
    headers.collect()
}

/// A form as bytes that are overwritten when they are no longer used.
fn encode(form: &Form<'_>) -> Bytes {
    // Room for all of it: a reallocation would leave a copy of the secrets in memory.
    let longest = |text: &str| 3 * text.len() + 1;
    let length = form
        .iter()
        .map(|(name, value)| longest(name) + longest(value));
    let mut body = Zeroizing::new(Vec::with_capacity(length.sum()));
    for (at, (name, value)) in form.iter().enumerate() {
        if at > 0 {
            body.push(b'&');
        }
        body.extend(utf8_percent_encode(name, ENCODED).flat_map(str::bytes));
        body.push(b'=');
        body.extend(utf8_percent_encode(value, ENCODED).flat_map(str::bytes));
    }
    Bytes::from_owner(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_encoded() {
        let body = encode(&[("a", "1 2"), ("b", "å&=+%")]);
        assert_eq!(&body[..], b"a=1%202&b=%C3%A5%26%3D%2B%25");
    }
}
