//! Answers: a request in, what the server sends back out.
//!
//! Invariant: what the spec does not allow is answered as Oura answers it, and kept as a
//! complaint.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::content::{data_reply, other_reply};
use super::faults::Fault;
use super::record::{Asked, Complaint};
use super::schema::Issue;
use super::spec::{Found, Operation};
use super::state::Shared;
use super::{faults, oauth, webhooks};
use crate::Route;
use crate::runtime::route::Auth;

pub(super) type Reply = http::Response<Bytes>;

/// A reply that ends the work on a request.
pub(super) type Refusal = Box<Reply>;

/// What the server sends.
pub(super) struct Answer {
    pub(super) reply: Reply,
    pub(super) manner: Manner,
}

/// How an answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Whole,
    /// The connection ends in the middle of the body.
    Cut,
    /// The connection ends without an answer.
    Dropped,
}

/// A request with what is read from it once.
pub(super) struct Request {
    pub(super) route: Option<Route>,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Request {
    pub(super) fn new(request: http::Request<Bytes>) -> Self {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().to_owned();
        Self {
            route: Route::find(&parts.method, &path).map(|found| found.route),
            query: pairs(parts.uri.query().unwrap_or_default()),
            method: parts.method,
            path,
            headers: parts.headers,
            body,
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether the program names itself, which the API asks of every request.
    pub(super) fn has_agent(&self) -> bool {
        self.headers
            .get(USER_AGENT)
            .is_some_and(|agent| !agent.is_empty())
    }

    /// The access token.
    fn token(&self) -> Option<&str> {
        let header = self.header(AUTHORIZATION.as_str())?;
        let (scheme, token) = header.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token)
    }

    /// The value of a parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let mut query = self.query.iter();
        query
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Keeps a complaint about this request.
    pub(super) fn complain(&self, shared: &Shared, message: impl Into<String>) {
        let complaint = Complaint {
            route: self.route,
            method: self.method.clone(),
            path: self.path.clone(),
            message: message.into(),
        };
        shared.with(|state| state.complaints.push(complaint));
    }
}

/// The decoded pairs of a query or a form.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = form_urlencoded::parse(text.as_bytes());
    pairs
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// Answers a request.
pub(super) async fn answer(shared: &Arc<Shared>, request: http::Request<Bytes>) -> Answer {
    webhooks::send_outbox(shared);
    let request = Request::new(request);
    let is_oauth = request.path.starts_with(oauth::PREFIX);
    let is_token_url = request.path == oauth::TOKEN_PATH;
    let fault = match request.route.is_some() || is_token_url {
        true => shared.with(|state| state.faults.take(request.route, is_token_url)),
        false => None,
    };
    if let Some((id, fault)) = &fault {
        faults::wait(shared, *id, fault).await;
    }
    let fault = fault.map(|(_, fault)| fault);
    let mut answer = Answer {
        reply: match (&fault, is_oauth) {
            (Some(Fault::Status(status)), _) => failure(*status, "A fault that the test set."),
            (Some(Fault::RateLimited), _) => {
                limited(Duration::from_secs(1), (5_000, Duration::from_secs(300)))
            }
            (_, true) => oauth::reply(shared, &request),
            (_, false) => api_reply(shared, &request).await,
        },
        manner: Manner::Whole,
    };
    if let Some(fault) = &fault {
        faults::spoil(shared, &request, fault, &mut answer);
    }
    finish(shared, &request, is_oauth, &mut answer);
    answer
}

/// Gives the answer its headers and keeps what was asked.
fn finish(shared: &Shared, request: &Request, is_oauth: bool, answer: &mut Answer) {
    let query = if is_oauth {
        Vec::new()
    } else {
        request.query.clone()
    };
    let asked = Asked {
        route: request.route,
        method: request.method.clone(),
        path: request.path.clone(),
        query,
        status: answer.reply.status().as_u16(),
    };
    let number = shared.with(|state| {
        state.asked.push(asked);
        state.number("answer")
    });
    if let Ok(id) = HeaderValue::try_from(format!("trace-{number}")) {
        answer.reply.headers_mut().insert("x-trace-id", id);
    }
}

async fn api_reply(shared: &Arc<Shared>, request: &Request) -> Reply {
    if !request.has_agent() {
        request.complain(shared, "the header `User-Agent` is missing");
        return failure(403, "Forbidden");
    }
    let (operation, arguments) = match shared.spec.find(&request.method, &request.path) {
        Found::Operation(operation, arguments) => (operation, arguments),
        Found::OtherMethod => {
            request.complain(shared, "the path has no such method");
            return failure(405, "Method Not Allowed");
        }
        Found::Nothing => {
            request.complain(shared, "the spec has no such path");
            return failure(404, "Not Found");
        }
    };
    if let Some(reply) = check_limit(shared) {
        return reply;
    }
    match operation.auth {
        Auth::None => other_reply(shared, request, operation),
        Auth::ClientSecret => match webhooks::check_application(shared, request) {
            Some(refusal) => refusal,
            None => webhooks::reply(shared, request, operation, &arguments).await,
        },
        Auth::Bearer if operation.is_sandbox => match request.headers.contains_key(AUTHORIZATION) {
            true => data_reply(shared, request, operation, None, &arguments),
            false => {
                request.complain(shared, "the header `Authorization` is missing");
                failure(400, "Missing Authorization header.")
            }
        },
        Auth::Bearer => match user_of(shared, request, operation) {
            Ok(user) => data_reply(shared, request, operation, Some(user), &arguments),
            Err(refusal) => *refusal,
        },
    }
}

/// The user whose token a request carries, or the refusal.
fn user_of(shared: &Shared, request: &Request, operation: &Operation) -> Result<usize, Refusal> {
    if request.headers.contains_key("x-client-secret") {
        request.complain(
            shared,
            "the client secret is sent to a route that takes a token",
        );
    }
    let Some(token) = request.token() else {
        request.complain(
            shared,
            "there is no `Authorization: Bearer` with an access token",
        );
        return Err(Box::new(failure(401, "Not authenticated")));
    };
    let granted = shared.with(|state| state.authorizations.access(token));
    let Some((user, scopes)) = granted else {
        return Err(Box::new(failure(401, "Invalid or expired access token.")));
    };
    match &operation.scope {
        Some(scope) if !scopes.contains(scope) => {
            let detail = format!("Token is not authorized access {scope} scope.");
            Err(Box::new(failure(401, &detail)))
        }
        _ => Ok(user),
    }
}

/// A refusal when there were too many calls.
fn check_limit(shared: &Shared) -> Option<Reply> {
    let (limit, window) = shared.rate_limit?;
    let now = Instant::now();
    shared.with(|state| {
        while state
            .calls
            .front()
            .is_some_and(|first| now.duration_since(*first) >= window)
        {
            state.calls.pop_front();
        }
        if state.calls.len() < limit {
            state.calls.push_back(now);
            return None;
        }
        let first = state.calls.front().copied().unwrap_or(now);
        Some(limited(
            window.saturating_sub(now.duration_since(first)),
            (limit, window),
        ))
    })
}

/// 429 with its headers.
fn limited(wait: Duration, (limit, window): (usize, Duration)) -> Reply {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let reset = OffsetDateTime::now_utc().unix_timestamp().unsigned_abs() + seconds;
    let mut reply = failure(429, "Rate limit exceeded.");
    let numbers = [
        ("x-ratelimit-limit", limit as u64),
        ("x-ratelimit-window", window.as_secs()),
        ("x-ratelimit-reset", reset),
        (RETRY_AFTER.as_str(), seconds),
    ];
    for (name, number) in numbers {
        if let Ok(name) = http::HeaderName::try_from(name) {
            reply.headers_mut().insert(name, number.into());
        }
    }
    reply
        .headers_mut()
        .insert("x-ratelimit-tier", HeaderValue::from_static("application"));
    reply
}

/// An error as the API sends it.
pub(super) fn failure(status: u16, detail: &str) -> Reply {
    success(status, json!({ "detail": detail }).to_string())
}

/// 422 as FastAPI sends it.
pub(super) fn invalid(issues: &[Issue]) -> Reply {
    let issues: Vec<Value> = issues.iter().map(Issue::to_json).collect();
    success(422, json!({ "detail": issues }).to_string())
}

/// A JSON body.
pub(super) fn success(status: u16, json: impl Into<Cow<'static, str>>) -> Reply {
    with_type(status, "application/json", json)
}

/// No body.
pub(super) fn empty(status: u16) -> Reply {
    let mut reply = Reply::default();
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply
}

/// A body of a type.
pub(super) fn with_type(
    status: u16,
    kind: &'static str,
    body: impl Into<Cow<'static, str>>,
) -> Reply {
    let mut reply = empty(status);
    *reply.body_mut() = Bytes::from(body.into().into_owned());
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    reply
}
