//! Handles a request: finds its user and its operation, and applies the faults that a test set.
//!
//! Invariant: a request that the spec does not allow gets the response that Oura would send, and is
//! recorded as a complaint.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http::header::{AUTHORIZATION, RETRY_AFTER};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::content::{data_response, other_response};
use super::faults::Fault;
use super::record::RecordedRequest;
use super::request::Request;
use super::response::{Refusal, Response, Served, Transmission, failure};
use super::spec::{Found, Operation};
use super::state::Server;
use super::{inject, oauth, webhooks};
use crate::runtime::route::Auth;

/// Processes a request.
pub(super) async fn respond(shared: &Arc<Server>, request: http::Request<Bytes>) -> Served {
    webhooks::send_outbox(shared);
    let request = Request::new(request);
    let is_oauth = request.path.starts_with(oauth::PREFIX);
    let is_token_url = request.path == oauth::TOKEN_PATH;
    let fault = match request.route.is_some() || is_token_url {
        true => shared.with(|state| state.faults.take(request.route, is_token_url)),
        false => None,
    };
    if let Some((id, Fault::Hold)) = fault {
        inject::hold(shared, id).await;
    }
    let fault = fault.map(|(_, fault)| fault);
    let mut served = Served {
        response: match (&fault, is_oauth) {
            (Some(Fault::Status(status)), _) => failure(*status, "A fault that the test set."),
            (Some(Fault::RateLimited), _) => {
                limited(Duration::from_secs(1), (5_000, Duration::from_secs(300)))
            }
            (_, true) => oauth::respond(shared, &request),
            (_, false) => api_response(shared, &request).await,
        },
        transmission: Transmission::Whole,
    };
    if let Some(fault) = &fault {
        inject::spoil(shared, &request, fault, &mut served);
    }
    finish(shared, &request, is_oauth, &mut served.response);
    if let Some(Fault::Delay(delay)) = fault {
        tokio::time::sleep(delay).await;
    }
    served
}

/// Adds the trace id to a response and records the request.
fn finish(shared: &Server, request: &Request, is_oauth: bool, response: &mut Response) {
    let query = if is_oauth {
        Vec::new()
    } else {
        request.query.clone()
    };
    let recorded = RecordedRequest {
        route: request.route,
        method: request.method.clone(),
        path: request.path.clone(),
        query,
        status: response.status().as_u16(),
    };
    let number = shared.with(|state| {
        state.requests.push(recorded);
        state.number("response")
    });
    if let Ok(id) = HeaderValue::try_from(format!("trace-{number}")) {
        response.headers_mut().insert("x-trace-id", id);
    }
}

async fn api_response(shared: &Arc<Server>, request: &Request) -> Response {
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
    if let Some(response) = check_limit(shared) {
        return response;
    }
    match operation.auth {
        Auth::None | Auth::Other => other_response(shared, request, operation),
        Auth::ClientSecret => match webhooks::check_application(shared, request) {
            Some(refusal) => refusal,
            None => webhooks::respond(shared, request, operation, &arguments).await,
        },
        Auth::Bearer if operation.is_sandbox => match request.headers.contains_key(AUTHORIZATION) {
            true => data_response(shared, request, operation, None, &arguments),
            false => {
                request.complain(shared, "the header `Authorization` is missing");
                failure(400, "Missing Authorization header.")
            }
        },
        Auth::Bearer => match user_of(shared, request, operation) {
            Ok(user) => data_response(shared, request, operation, Some(user), &arguments),
            Err(refusal) => *refusal,
        },
    }
}

/// Returns the user whose token a request carries, or the refusal.
fn user_of(shared: &Server, request: &Request, operation: &Operation) -> Result<usize, Refusal> {
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

/// Refuses a request when there were too many of them.
fn check_limit(shared: &Server) -> Option<Response> {
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
fn limited(wait: Duration, (limit, window): (usize, Duration)) -> Response {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let reset = OffsetDateTime::now_utc().unix_timestamp().unsigned_abs() + seconds;
    let mut response = failure(429, "Rate limit exceeded.");
    let numbers = [
        ("x-ratelimit-limit", limit as u64),
        ("x-ratelimit-window", window.as_secs()),
        ("x-ratelimit-reset", reset),
        (RETRY_AFTER.as_str(), seconds),
    ];
    for (name, number) in numbers {
        if let Ok(name) = http::HeaderName::try_from(name) {
            response.headers_mut().insert(name, number.into());
        }
    }
    response
        .headers_mut()
        .insert("x-ratelimit-tier", HeaderValue::from_static("application"));
    response
}
