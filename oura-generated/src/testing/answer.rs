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

use super::documents::Documents;
use super::faults::Fault;
use super::list::Query;
use super::record::{Asked, Complaint};
use super::schema::{self, Issue};
use super::spec::{Bounds, Found, Kind, Operation, Resource};
use super::state::Shared;
use super::{data, oauth, webhooks};
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
    if let Some(Fault::Delay(delay)) = fault {
        tokio::time::sleep(delay).await;
    }
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
        spoil(shared, &request, fault, &mut answer);
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

/// The answer of a route over data; `user` is `None` for the sandbox.
fn data_reply(
    shared: &Shared,
    request: &Request,
    operation: &Operation,
    user: Option<usize>,
    arguments: &[String],
) -> Reply {
    match operation.kind {
        Kind::List(resource) => list_reply(shared, request, operation, user, resource),
        Kind::Document(resource) => {
            check_query(shared, request, operation);
            let key = arguments.last().map(String::as_str).unwrap_or_default();
            let find = |documents: &mut Documents| documents.get(key).map(str::to_owned);
            let found = match user {
                Some(user) => shared.with_documents(user, resource, find),
                None => shared.with_sandbox(resource, find),
            };
            match (found, user) {
                // The sandbox does not find what it listed itself.
                (Some(_), None) => failure(500, "Internal Server Error"),
                (Some(json), Some(_)) => success(200, json),
                (None, _) => failure(404, "Document not found."),
            }
        }
        Kind::Single => {
            check_query(shared, request, operation);
            let name = operation.template.rsplit('/').next().unwrap_or_default();
            let schema = operation.success.1.clone().unwrap_or_default();
            let name = name.to_ascii_lowercase();
            let json = shared.with(|state| {
                user.and_then(|user| state.users.get(user))
                    .map(|user| user.single(shared, &name, &schema))
            });
            match json {
                Some(json) => success(operation.success.0, json),
                None => other_reply(shared, request, operation),
            }
        }
        Kind::Subscription | Kind::Other => other_reply(shared, request, operation),
    }
}

fn list_reply(
    shared: &Shared,
    request: &Request,
    operation: &Operation,
    user: Option<usize>,
    index: usize,
) -> Reply {
    let resource = &shared.spec.resources[index];
    let mut query = match read_query(shared, request, operation, resource, user.is_none()) {
        Ok(query) => query,
        Err(refusal) => return *refusal,
    };
    if !operation.selects_fields {
        query.fields = None;
    }
    // The sandbox has one page.
    let size = if user.is_some() {
        shared.page_size
    } else {
        usize::MAX
    };
    let now = data::now(shared.today);
    let page = |documents: &mut Documents| query.page(resource, documents, now, size);
    let page = match user {
        Some(user) => shared.with_documents(user, index, page),
        None => shared.with_sandbox(index, page),
    };
    let next = json!(page.next);
    success(
        200,
        format!(
            r#"{{"data":[{}],"next_token":{next}}}"#,
            page.documents.join(",")
        ),
    )
}

/// Reads the query of a list. Dates that are none give an empty list, in the sandbox 422.
fn read_query(
    shared: &Shared,
    request: &Request,
    operation: &Operation,
    resource: &Resource,
    is_sandbox: bool,
) -> Result<Query, Refusal> {
    let mut query = Query::default();
    let known = check_query(shared, request, operation);
    for (name, value) in known {
        let Err(message) = query.read(resource, name, value) else {
            continue;
        };
        request.complain(shared, format!("the value of `{name}` {message}"));
        match name {
            "next_token" => return Err(Box::new(failure(400, "Invalid next_token."))),
            _ if is_sandbox => {
                let place = [json!("query"), json!(name)];
                let issue = Issue::new(
                    &place,
                    "datetime_from_date_parsing",
                    "Input should be a valid datetime",
                );
                return Err(refuse(issue));
            }
            _ => query.is_nonsense = true,
        }
    }
    let is_foreign_date = |(name, _): &(String, String)| {
        resource.bounds == Bounds::Moments && ["start_date", "end_date"].contains(&&**name)
    };
    query.is_nonsense |= request.query.iter().any(is_foreign_date);
    if let Some(fields) = &query.fields {
        for field in fields
            .iter()
            .filter(|field| operation.selects_fields && !resource.has(field))
        {
            request.complain(
                shared,
                format!("`fields` names `{field}`, which documents do not have"),
            );
        }
    }
    for (name, schema, _) in &operation.query {
        let value = request
            .query
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value);
        let is_read = ["next_token", "fields"].contains(&&**name) || name.contains("date");
        if let Some(Err(message)) = value
            .filter(|_| !is_read)
            .map(|value| schema::check_text(schema, value))
        {
            request.complain(
                shared,
                format!("the value of `{name}` is not valid: {message}"),
            );
            return Err(refuse(Issue::new(
                &[json!("query"), json!(name)],
                "value",
                message,
            )));
        }
    }
    Ok(query)
}

/// Complains of parameters that the operation does not have, and gives those that it has.
fn check_query<'r>(
    shared: &Shared,
    request: &'r Request,
    operation: &Operation,
) -> Vec<(&'r str, &'r str)> {
    let mut known: Vec<(&str, &str)> = Vec::new();
    for (name, value) in &request.query {
        if !operation.query.iter().any(|(known, ..)| known == name) {
            request.complain(
                shared,
                format!("the parameter `{name}` is none of this route"),
            );
        } else if known.iter().any(|(other, _)| other == name) {
            request.complain(shared, format!("the parameter `{name}` is sent twice"));
        } else {
            known.push((name, value));
        }
    }
    known
}

/// The answer of an operation that nothing is known of but its schemas.
pub(super) fn other_reply(shared: &Shared, request: &Request, operation: &Operation) -> Reply {
    check_query(shared, request, operation);
    if let Some(schema) = &operation.body
        && let Err(refusal) = read_body(shared, request, schema)
    {
        return *refusal;
    }
    let mut rng = data::Rng::new(shared.seed, &operation.template);
    let (status, schema) = &operation.success;
    match schema {
        Some(schema) => {
            let value = schema::make(&shared.spec, schema, "value", shared.today, &mut rng);
            success(*status, value.to_string())
        }
        None => empty(*status),
    }
}

/// Reads the JSON body of a request, or refuses it with 422.
pub(super) fn read_body(
    shared: &Shared,
    request: &Request,
    schema: &Value,
) -> Result<Value, Refusal> {
    let is_json = request
        .header(CONTENT_TYPE.as_str())
        .is_some_and(|kind| kind.contains("json"));
    let at = [json!("body")];
    let body = match serde_json::from_slice::<Value>(&request.body) {
        Ok(body) if is_json => body,
        Ok(_) => {
            request.complain(shared, "the body is not sent as JSON: see `Content-Type`");
            let message = "Input should be a valid dictionary or object to extract fields from";
            return Err(refuse(Issue::new(&at, "model_attributes_type", message)));
        }
        Err(_) => {
            request.complain(shared, "the body is not JSON");
            return Err(refuse(Issue::new(&at, "json_invalid", "JSON decode error")));
        }
    };
    let issues = schema::check(&shared.spec, schema, &body, &at);
    match issues.is_empty() {
        true => Ok(body),
        false => {
            let texts: Vec<_> = issues.iter().map(Issue::text).collect();
            request.complain(
                shared,
                format!("the body is not valid: {}", texts.join("; ")),
            );
            Err(Box::new(invalid(&issues)))
        }
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

/// Applies a fault to an answer.
fn spoil(shared: &Shared, request: &Request, fault: &Fault, answer: &mut Answer) {
    let body = |reply: &Reply| String::from_utf8_lossy(reply.body()).into_owned();
    match fault {
        Fault::Status(_) | Fault::RateLimited | Fault::Delay(_) => {}
        Fault::Reset => answer.manner = Manner::Dropped,
        Fault::Truncate => answer.manner = Manner::Cut,
        Fault::Html => {
            let page = "<html><body><h1>504 Gateway Time-out</h1></body></html>\n";
            answer.reply = with_type(504, "text/html", page);
        }
        Fault::InvalidJson => {
            let text = body(&answer.reply);
            let cut: String = text.chars().take(text.chars().count() / 2).collect();
            *answer.reply.body_mut() = cut.into();
        }
        Fault::BadDocument => {
            if let Ok(mut value) = serde_json::from_slice::<Value>(answer.reply.body()) {
                spoil_document(&mut value);
                *answer.reply.body_mut() = value.to_string().into();
            }
        }
        Fault::RepeatCursor => repeat_cursor(shared, request, &mut answer.reply),
    }
}

/// Gives a required member of a document a value of another type.
fn spoil_document(value: &mut Value) {
    let document = match value.get_mut("data").and_then(Value::as_array_mut) {
        Some(documents) => documents.first_mut(),
        None => Some(value),
    };
    let members = document.and_then(Value::as_object_mut).into_iter();
    for (name, member) in members.flatten() {
        if ["id", "timestamp"].contains(&name.as_str()) {
            *member = json!([{ "not": "what the spec says" }]);
        }
    }
}

fn repeat_cursor(shared: &Shared, request: &Request, reply: &mut Reply) {
    let Found::Operation(operation, _) = shared.spec.find(&request.method, &request.path) else {
        return;
    };
    let (Kind::List(index), Ok(mut page)) = (
        operation.kind,
        serde_json::from_slice::<Value>(reply.body()),
    ) else {
        return;
    };
    let resource = &shared.spec.resources[index];
    let mut query = Query::default();
    for (name, value) in &request.query {
        // What is wrong with a value was said before.
        let _ = query.read(resource, name, value);
    }
    page["next_token"] = query.same_again(resource, data::now(shared.today)).into();
    *reply.body_mut() = page.to_string().into();
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

/// The refusal of a request in which one thing is wrong.
fn refuse(issue: Issue) -> Refusal {
    Box::new(invalid(&[issue]))
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
