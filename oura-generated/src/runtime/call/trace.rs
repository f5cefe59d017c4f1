//! Tracing spans and events of a call, named by OpenTelemetry's conventions.
//!
//! Invariant: no URL, header or body is recorded, only templates, methods and statuses.

use std::time::Duration;

use http::StatusCode;
use tracing::Span;
use tracing::field::Empty;

use super::reply::Reply;
use crate::runtime::call::Call;
use crate::runtime::error::Error;

/// The span of a call.
pub(crate) fn call_span(call: &Call) -> Span {
    let span = tracing::info_span!(
        "oura.call",
        otel.kind = "client",
        http.request.method = call.method.as_str(),
        url.template = Empty,
        http.response.status_code = Empty,
        http.request.resend_count = Empty,
        error.type = Empty,
    );
    if let Some(route) = call.route {
        span.record("url.template", route.path_template());
    }
    span
}

/// Ends the span of a call.
pub(crate) fn record_outcome<T>(span: &Span, outcome: &Result<(Reply, T), Error>) {
    if span.is_disabled() {
        return;
    }
    if let Some(status) = status(outcome.as_ref().map(|(reply, _)| reply)) {
        span.record("http.response.status_code", status.as_u16());
    }
    if let Err(error) = outcome {
        span.record("error.type", error_type(error));
    }
}

/// Records an attempt; `resends` came before it. `span` is that of the call.
pub(crate) fn record_attempt(span: &Span, resends: u32, outcome: &Result<Reply, Error>) {
    if resends > 0 {
        span.record("http.request.resend_count", resends);
    }
    tracing::debug!(
        http.request.resend_count = resends,
        http.response.status_code = status(outcome.as_ref()).map(|status| status.as_u16()),
        error.type = outcome.as_ref().err().map(error_type),
        "an attempt",
    );
}

/// Records the wait before an attempt is repeated.
pub(crate) fn record_wait(wait: Duration) {
    let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(wait_ms, "the attempt failed and is repeated");
}

fn status(outcome: Result<&Reply, &Error>) -> Option<StatusCode> {
    match outcome {
        Ok(reply) => Some(reply.status()),
        Err(error) => error.status(),
    }
}

/// The status of an error response, or a name for a kind of error that does not vary with its
/// details.
fn error_type(error: &Error) -> &str {
    match error {
        Error::Transport { .. } => "transport",
        Error::Timeout { .. } => "timeout",
        Error::Api(error) => error.status.as_str(),
        Error::Decode { .. } => "decode",
        Error::Credentials { .. } => "credentials",
        Error::Config { .. } => "config",
        Error::Cursor { .. } => "cursor",
        Error::RateLimiter { .. } => "rate_limiter",
        Error::Argument { .. } => "argument",
    }
}
