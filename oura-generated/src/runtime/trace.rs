//! What a call tells to whoever listens, by the names of OpenTelemetry's conventions.
//!
//! Invariant: no URL, header or body is told, only templates, methods and statuses.

use std::time::Duration;

use tracing::Span;
use tracing::field::Empty;

use super::call::Call;
use super::error::Error;
use super::reply::Reply;

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
    let status = match outcome {
        Ok((reply, _)) => Some(reply.status()),
        Err(error) => error.status(),
    };
    if let Some(status) = status {
        span.record("http.response.status_code", status.as_u16());
    }
    if let Err(error) = outcome {
        span.record("error.type", error_type(error));
    }
}

/// Tells of an attempt that failed and is repeated.
pub(crate) fn record_retry(resend: u32, error: &Error, wait: Duration) {
    Span::current().record("http.request.resend_count", resend);
    tracing::debug!(
        http.request.resend_count = resend,
        error.type = error_type(error),
        wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
        "the attempt failed and is repeated",
    );
}

/// A name for a kind of error that does not vary with its details.
fn error_type(error: &Error) -> &'static str {
    match error {
        Error::Transport { .. } => "transport",
        Error::Timeout { .. } => "timeout",
        Error::Api(error) => match error.status.as_u16() {
            400 => "400",
            401 => "401",
            403 => "403",
            404 => "404",
            422 => "422",
            429 => "429",
            500 => "500",
            502 => "502",
            503 => "503",
            504 => "504",
            _ => "api",
        },
        Error::Decode { .. } => "decode",
        Error::Credentials { .. } => "credentials",
        Error::Config { .. } => "config",
        Error::Cursor { .. } => "cursor",
        Error::Argument { .. } => "argument",
    }
}
