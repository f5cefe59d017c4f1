//! Errors of calls: one type for all, the error responses of the server, and the parts of their
//! messages.
//!
//! Invariant: neither `Display` nor `Debug` shows a secret, a body or a value of a document.

pub(crate) mod api;
pub(crate) mod message;
pub(crate) mod missing_scope;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::StatusCode;

use crate::Route;
use crate::models::Scope;
use crate::runtime::client::rate_limiter::RateLimiterError;
use crate::runtime::decode::json_problem::JsonProblem;
use crate::runtime::transport::TransportError;
use api::{ApiError, ApiErrorKind};
use message::{Length, OneLine, Prefix, unshown_cause};

/// The longest JSON path or trace id that a message quotes.
const QUOTE_LIMIT: usize = 200;

/// An error of another crate, kept as a cause.
pub(crate) type Cause = Box<dyn StdError + Send + Sync>;

/// What can go wrong with a call.
///
/// `Display` is one line, which says what to do if something can be done. Neither it nor
/// `Debug` shows secrets, bodies or health data; these are in the fields.
#[non_exhaustive]
pub enum Error {
    /// The request did not reach the server, or the response did not reach the client.
    #[non_exhaustive]
    Transport {
        /// The route; `None` for a raw call.
        route: Option<Route>,
        /// What happened.
        source: TransportError,
        /// In a list: the cursor to resume from.
        cursor: Option<Box<str>>,
    },

    /// The call took too long.
    #[non_exhaustive]
    Timeout {
        /// The route; `None` for a raw call.
        route: Option<Route>,
        /// Which limit was reached.
        limit: TimeLimit,
        /// The value of the limit, if it is known.
        after: Option<Duration>,
        /// In a list: the cursor to resume from.
        cursor: Option<Box<str>>,
    },

    /// The server responded with an error.
    Api(Box<ApiError>),

    /// The response differs from the spec.
    #[non_exhaustive]
    Decode {
        /// The route; `None` for a raw call and for a value of a [`Partial`](crate::Partial).
        route: Option<Route>,
        /// The place in the body: `data[3].score`, or `.` for the whole body.
        path: String,
        /// The JSON around that place: the document of a list, or else the body. A long
        /// one is cut.
        raw: String,
        /// The status of the response.
        status: StatusCode,
        /// The server's id of the call (`x-trace-id`).
        trace_id: Option<Box<str>>,
        /// What was expected there.
        source: Box<JsonProblem>,
        /// In a list: the cursor to resume from.
        cursor: Option<Box<str>>,
    },

    /// The credentials for this route are missing, or the token source has no token.
    #[non_exhaustive]
    Credentials {
        /// The route; `None` for a raw call.
        route: Option<Route>,
        /// What to do.
        message: String,
        /// Why there are no credentials.
        problem: CredentialsProblem,
        /// The cause of the token source's [`TokenError`](crate::TokenError).
        source: Option<Cause>,
        /// In a list: the cursor to resume from.
        cursor: Option<Box<str>>,
    },

    /// A setting of the client cannot work.
    #[non_exhaustive]
    Config {
        /// What is wrong, and what to do.
        message: String,
        /// The error of another crate that caused it.
        source: Option<Cause>,
    },

    /// A list does not end.
    #[non_exhaustive]
    Cursor {
        /// The route.
        route: Option<Route>,
        /// The last cursor; `None` in a history, where a cursor belongs to one window.
        cursor: Option<Box<str>>,
        /// What shows that the list does not end.
        reason: CursorProblem,
    },

    /// The rate limiter failed. Nothing was sent.
    #[non_exhaustive]
    RateLimiter {
        /// The route; `None` for a raw call.
        route: Option<Route>,
        /// The error of the limiter that
        /// [`ClientBuilder::rate_limiter`](crate::ClientBuilder::rate_limiter) has set.
        source: RateLimiterError,
        /// In a list: the cursor to resume from.
        cursor: Option<Box<str>>,
    },

    /// An argument cannot be sent. Nothing was sent.
    #[non_exhaustive]
    Argument {
        /// The route; `None` for a raw call.
        route: Option<Route>,
        /// The argument's name.
        name: String,
        /// What is wrong with it.
        message: String,
    },
}

/// A time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeLimit {
    /// For connecting.
    Connect,
    /// For one attempt, from the connection to the last byte.
    Attempt,
    /// For the call with all its attempts and the waits between them.
    Total,
    /// For the call, as `Total`, but known in advance: the client's rate limit has no permit for
    /// the call within that time. Nothing was sent.
    RateLimit,
}

/// What shows that a list does not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CursorProblem {
    /// The server sent a cursor that it had sent before.
    Repeated,
    /// The server sent new cursors again and again, but no documents.
    EmptyPages,
}

/// Why there are no credentials for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialsProblem {
    /// The client was not given any, or they cannot be sent.
    Missing,
    /// The token source has no token until the user authorizes the application again.
    AuthorizeAgain,
    /// The token source has no token for now; the same may work later.
    Temporary,
    /// The token source failed for another reason.
    Other,
}

impl TimeLimit {
    /// The setting of the limit.
    fn setting(self) -> &'static str {
        match self {
            Self::Connect => "ClientBuilder::connect_timeout",
            Self::Attempt => "ClientBuilder::timeout",
            Self::Total | Self::RateLimit => "ClientBuilder::total_timeout",
        }
    }
}

impl Error {
    /// The route that was called, unless the call was raw or no call was made.
    pub fn route(&self) -> Option<Route> {
        match self {
            Self::Transport { route, .. }
            | Self::Timeout { route, .. }
            | Self::Decode { route, .. }
            | Self::Credentials { route, .. }
            | Self::Cursor { route, .. }
            | Self::RateLimiter { route, .. }
            | Self::Argument { route, .. } => *route,
            Self::Api(error) => error.route,
            Self::Config { .. } => None,
        }
    }

    /// The status of the response, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(error) => Some(error.status),
            Self::Decode { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The server's id of the call (`x-trace-id`): quote it when you report a problem to Oura.
    pub fn trace_id(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.trace_id.as_deref(),
            Self::Decode { trace_id, .. } => trace_id.as_deref(),
            _ => None,
        }
    }

    /// In a list: the cursor of the page that could not be fetched, to resume from with
    /// `next_token`. `None` when that is the first page.
    pub fn cursor(&self) -> Option<&str> {
        match self {
            Self::Transport { cursor, .. }
            | Self::Timeout { cursor, .. }
            | Self::Decode { cursor, .. }
            | Self::Credentials { cursor, .. }
            | Self::RateLimiter { cursor, .. }
            | Self::Cursor { cursor, .. } => cursor.as_deref(),
            Self::Api(error) => error.cursor.as_deref(),
            Self::Config { .. } | Self::Argument { .. } => None,
        }
    }

    /// Whether the same call may work later: true for errors of the network, the time limits, the
    /// rate limit and the server's gateways. Before you repeat a write, check whether it was done:
    /// after a broken connection or a timeout the client does not know.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Transport { source, .. } => source.is_transient(),
            Self::Timeout { .. } | Self::RateLimiter { .. } => true,
            Self::Api(error) => matches!(error.status.as_u16(), 429 | 502 | 503 | 504),
            Self::Credentials { problem, .. } => *problem == CredentialsProblem::Temporary,
            _ => false,
        }
    }

    /// Whether the server says that there is no such document or subscription.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Api(error) if matches!(error.kind, ApiErrorKind::NotFound))
    }

    /// Whether the server refused the credentials: the user has to log in again or, on a route that
    /// takes the application's id and secret, these are wrong. Also true when the
    /// [`TokenSource`](crate::TokenSource) says that the user has to authorize the application
    /// again. False when a scope is missing: see [`missing_scope`](Self::missing_scope).
    pub fn is_unauthorized(&self) -> bool {
        match self {
            Self::Credentials { problem, .. } => *problem == CredentialsProblem::AuthorizeAgain,
            Self::Api(error) => matches!(error.kind, ApiErrorKind::Unauthorized),
            _ => false,
        }
    }

    /// The scope that the token lacks for this call, if that is why the server refused it. Ask
    /// the user for another authorization that includes it; a refresh does not add scopes.
    pub fn missing_scope(&self) -> Option<&Scope> {
        match self {
            Self::Api(error) => error.kind.missing_scope(),
            _ => None,
        }
    }

    /// Sets the cursor of the page that the error belongs to.
    pub(crate) fn at_cursor(mut self, at: Option<&str>) -> Self {
        match &mut self {
            Self::Transport { cursor, .. }
            | Self::Timeout { cursor, .. }
            | Self::Decode { cursor, .. }
            | Self::Credentials { cursor, .. }
            | Self::RateLimiter { cursor, .. }
            | Self::Cursor { cursor, .. } => *cursor = at.map(Box::from),
            Self::Api(error) => error.cursor = at.map(Box::from),
            Self::Config { .. } | Self::Argument { .. } => {}
        }
        self
    }

    pub(crate) fn argument(
        route: Option<Route>,
        name: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::Argument {
            route,
            name: name.into(),
            message: message.into(),
        }
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::Config {
            message: message.into(),
            source: None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Api(error) = self {
            return error.fmt(f);
        }
        write!(f, "{}", Prefix(self.route()))?;
        match self {
            Self::Api(error) => error.fmt(f),
            Self::Transport { source, .. } => source.fmt(f),
            Self::RateLimiter { source, .. } => source.fmt(f),
            Self::Timeout { limit, after, .. } => fmt_timeout(f, *limit, *after),
            Self::Decode { path, source, .. } => fmt_undecodable(f, path, source, self.trace_id()),
            Self::Credentials { message, .. } | Self::Config { message, .. } => {
                OneLine::of(message).fmt(f)
            }
            Self::Cursor { reason, .. } => write!(
                f,
                "the list does not end: {reason}; the documents before that are valid; try a \
                 narrower range"
            ),
            Self::Argument { name, message, .. } => {
                write!(f, "`{}` {}", OneLine::of(name), OneLine::of(message))
            }
        }
    }
}

fn fmt_timeout(
    f: &mut fmt::Formatter<'_>,
    limit: TimeLimit,
    after: Option<Duration>,
) -> fmt::Result {
    if limit == TimeLimit::RateLimit {
        return f.write_str(
            "the client's rate limit has no permit for the call within the total timeout; call \
             less often, or see `ClientBuilder::rate_limit`",
        );
    }
    write!(f, "{limit}")?;
    after.map_or(Ok(()), |after| write!(f, " of {after:?}"))?;
    write!(f, " was reached; to wait longer, see `{}`", limit.setting())
}

fn fmt_undecodable(
    f: &mut fmt::Formatter<'_>,
    path: &str,
    source: &JsonProblem,
    trace_id: Option<&str>,
) -> fmt::Result {
    let path = OneLine::cut(path, QUOTE_LIMIT);
    let problem = source.to_string();
    let problem = OneLine::of(&problem);
    write!(f, "the response does not decode at `{path}`: {problem}")?;
    if source.is_other_form() {
        f.write_str(
            "; a newer version of this crate may decode it; to skip such documents in a stream, \
             use `skip_undecodable`",
        )?;
    }
    trace_id.map_or(Ok(()), |id| {
        write!(f, " (trace {})", OneLine::cut(id, QUOTE_LIMIT))
    })
}

impl fmt::Display for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "the connect timeout",
            Self::Attempt => "the timeout",
            Self::Total => "the total timeout",
            Self::RateLimit => "the rate limit",
        })
    }
}

impl fmt::Display for CursorProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Repeated => "a cursor came twice",
            Self::EmptyPages => "page after page came without a document",
        })
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Api(error) = self {
            return f.debug_tuple("Api").field(error).finish();
        }
        let mut out = f.debug_struct(self.variant_name());
        if let Some(route) = self.route() {
            out.field("route", &route);
        }
        self.debug_fields(&mut out);
        out.finish_non_exhaustive()
    }
}

impl Error {
    fn variant_name(&self) -> &'static str {
        match self {
            Self::Api(_) => "Api",
            Self::Transport { .. } => "Transport",
            Self::Timeout { .. } => "Timeout",
            Self::Decode { .. } => "Decode",
            Self::Credentials { .. } => "Credentials",
            Self::Config { .. } => "Config",
            Self::Cursor { .. } => "Cursor",
            Self::RateLimiter { .. } => "RateLimiter",
            Self::Argument { .. } => "Argument",
        }
    }

    fn debug_fields(&self, out: &mut fmt::DebugStruct<'_, '_>) {
        match self {
            Self::Transport { source, .. } => out.field("source", source),
            Self::RateLimiter { source, .. } => out.field("source", source),
            Self::Timeout { limit, after, .. } => out.field("limit", limit).field("after", after),
            Self::Decode {
                path,
                raw,
                status,
                trace_id,
                source,
                ..
            } => out
                .field("path", path)
                .field("raw", &Length(raw.len()))
                .field("status", status)
                .field("trace_id", trace_id)
                .field("source", source),
            Self::Credentials {
                message,
                problem,
                source,
                ..
            } => out
                .field("message", message)
                .field("problem", problem)
                .field("source", source),
            Self::Config { message, source } => {
                out.field("message", message).field("source", source)
            }
            Self::Argument { name, message, .. } => {
                out.field("name", name).field("message", message)
            }
            Self::Cursor { reason, .. } => out.field("reason", reason),
            Self::Api(error) => out.field("error", error),
        };
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            // `Display` shows the transport error and the JSON problem already; their cause is the
            // next error of the chain.
            Self::Transport { source, .. } => source.source(),
            Self::RateLimiter { source, .. } => source.source(),
            Self::Credentials {
                message, source, ..
            } => unshown_cause(message, source.as_deref()?),
            Self::Config { source, .. } => source.as_deref().map(|source| source as _),
            Self::Timeout { .. }
            | Self::Api(_)
            | Self::Decode { .. }
            | Self::Cursor { .. }
            | Self::Argument { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::transport::TransportErrorKind;

    fn undecodable(path: &str, source: JsonProblem) -> Error {
        Error::Decode {
            route: None,
            path: path.to_owned(),
            raw: String::new(),
            status: StatusCode::OK,
            trace_id: Some("t\nt".into()),
            source: Box::new(source),
            cursor: None,
        }
    }

    fn cursor(reason: CursorProblem) -> String {
        let error = Error::Cursor {
            route: None,
            cursor: Some("c".into()),
            reason,
        };
        error.to_string()
    }

    #[test]
    fn messages_are_one_line() {
        let error = serde_json::from_str::<i64>("\"x\"").expect_err("no number");
        let errors = [
            undecodable("data[0].a\nb\u{2028}", JsonProblem::of(&error)),
            undecodable(".", JsonProblem::of_body("a\r\nb")),
            Error::argument(None, "a\nb", "is\nbad"),
            Error::config("a\nb"),
            Error::Credentials {
                route: None,
                message: "a\nb".to_owned(),
                problem: CredentialsProblem::Missing,
                source: None,
                cursor: None,
            },
        ];
        for error in errors {
            let text = error.to_string();
            let is_whole = !text.contains(|c: char| c.is_control() || c == '\u{2028}');
            assert!(is_whole, "{text:?}");
        }
    }

    #[test]
    fn messages_say_what_to_do() {
        let timeout = |limit| Error::Timeout {
            route: None,
            limit,
            after: Some(Duration::from_secs(30)),
            cursor: None,
        };
        assert_eq!(
            timeout(TimeLimit::Attempt).to_string(),
            "the timeout of 30s was reached; to wait longer, see `ClientBuilder::timeout`"
        );
        let total = timeout(TimeLimit::Total).to_string();
        assert!(total.contains("ClientBuilder::total_timeout"), "{total}");
        let error = serde_json::from_str::<i64>("\"x\"").expect_err("no number");
        let text = undecodable("data[0].score", JsonProblem::of(&error)).to_string();
        assert!(text.contains("newer version"), "{text}");
        assert!(text.contains("`skip_undecodable`"), "{text}");
        let html = undecodable(".", JsonProblem::of_body("the body is empty")).to_string();
        assert!(!html.contains("newer version"), "{html}");
        let repeated = cursor(CursorProblem::Repeated);
        assert!(repeated.contains("a cursor came twice"), "{repeated}");
        let empty = cursor(CursorProblem::EmptyPages);
        assert!(empty.contains("without a document"), "{empty}");
        assert!(!empty.contains("twice"), "{empty}");
    }

    #[test]
    fn a_failure_of_a_response_is_not_shown_as_one_of_the_request() {
        let other = TransportError::new(TransportErrorKind::Other, "x").to_string();
        assert!(!other.contains("could not be sent"), "{other}");
    }
}
