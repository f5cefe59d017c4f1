//! Error responses of the server.

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use time::OffsetDateTime;

use super::message::{Length, OneLine, Prefix};
use super::missing_scope::find_missing_scope;
use crate::Route;
use crate::models::Scope;
use crate::runtime::auth::secret::redact;
use crate::runtime::call::reply::Reply;
use crate::runtime::decode::wire::OpenEnum;
use crate::runtime::oura;
use crate::runtime::route::Auth;

/// The longest body of an error that is kept, and the longest that is read as JSON.
const BODY_LIMIT: usize = 64 * 1024;
/// The longest `detail`, in bytes.
const DETAIL_LIMIT: usize = 4 * 1024;
/// The member of a validation issue that quotes what was sent.
const INPUT: &str = "input";
/// The longest `detail` that a message quotes.
const QUOTE_LIMIT: usize = 200;

/// An error response of the server.
#[derive(Clone)]
#[non_exhaustive]
pub struct ApiError {
    /// The route that was called; `None` for a raw call.
    pub route: Option<Route>,
    /// The status.
    pub status: StatusCode,
    /// What the status means on this route.
    pub kind: ApiErrorKind,
    /// The server's explanation: `detail` of a JSON body as text, cut after 4 KiB;
    /// `None` when there is none or the body is longer than 64 KiB.
    pub detail: Option<String>,
    /// The server's id of the call (`x-trace-id`): quote it when you report a problem to Oura.
    pub trace_id: Option<String>,
    /// The headers of the response.
    pub headers: HeaderMap,
    /// The body of the response, JSON or not, cut after 64 KiB. If the body did not end, this is
    /// the part that arrived within two seconds.
    pub body: Bytes,
    pub(crate) cursor: Option<Box<str>>,
}

/// The meaning of an error response, and what to do about it.
///
/// | what to do | kinds |
/// |---|---|
/// | let the user log in again | `Unauthorized` |
/// | request a scope | `MissingScope` |
/// | let the user renew the membership | `MembershipRequired` |
/// | wait, and call again | `RateLimited`, `Server` |
/// | correct the call | `BadRequest`, `Validation` |
/// | continue without the document | `NotFound` |
/// | report it, with [`ApiError::trace_id`] | `Forbidden`, `Other`, and `Server` if it persists |
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum ApiErrorKind {
    /// 400: the request is malformed. Compare the arguments with the documentation of the
    /// method. The sandbox also responds with 400 to a call without a token.
    BadRequest,
    /// 401: the token is expired, revoked or wrong, and the token source has no better one.
    /// The user has to log in again. On routes that take the application's id and secret, the
    /// id or the secret is wrong.
    Unauthorized,
    /// 401 or 403: the token is valid, but the user has not granted this scope. Request it, with
    /// those that the token has, in another authorization. A refresh does not add scopes.
    MissingScope(Scope),
    /// 403 or 426: usually the user's Oura membership has lapsed, and its data is not available
    /// over the API until the user renews it. The server is known to refuse a request without a
    /// `User-Agent` with 403 too, which a proxy can cause.
    MembershipRequired,
    /// 403 for another reason: the credentials do not allow this. Report it if they should.
    Forbidden,
    /// 404, and 403 where the spec says that it means this: there is no such document or
    /// subscription. It may have been deleted.
    NotFound,
    /// 422: arguments were refused. Correct them.
    Validation(Vec<ValidationIssue>),
    /// 429: too many calls. Wait for [`RateLimit::retry_after`], and see
    /// [`ClientBuilder::rate_limit`](crate::ClientBuilder::rate_limit).
    RateLimited(RateLimit),
    /// 5xx: the server failed. Wait and try again; report it if it persists.
    Server,
    /// Any other status. Redirects are among them: they are never followed.
    Other,
}

impl ApiErrorKind {
    pub(crate) fn missing_scope(&self) -> Option<&Scope> {
        match self {
            Self::MissingScope(scope) => Some(scope),
            _ => None,
        }
    }
}

/// One refused argument.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ValidationIssue {
    /// Where it is: `["query", "start_date"]`.
    pub loc: Vec<String>,
    /// What is wrong with it.
    pub msg: String,
    /// The kind of problem, as the server names it.
    pub kind: String,
}

/// What the server says about a rate limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// How long to wait, by `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The number of calls that a window allows.
    pub limit: Option<u64>,
    /// The length of the window.
    pub window: Option<Duration>,
    /// When the window ends.
    pub reset: Option<OffsetDateTime>,
    /// Whose limit it was: that of the token or that of the application.
    pub tier: Option<String>,
}

impl ApiError {
    /// Reads a response; `secrets` must not occur in messages.
    pub(crate) fn from_reply(reply: &Reply, secrets: &[&str]) -> Self {
        let body = reply.body();
        let is_short = body.len() <= BODY_LIMIT;
        // Fields are read before redaction: a secret may be a common word of a response.
        let json: Option<Value> = is_short
            .then(|| serde_json::from_slice(body).ok())
            .flatten();
        let detail = json.as_ref().and_then(find_detail);
        let detail = detail.map(|detail| cut(redact(&detail, secrets)));
        let documented = reply
            .route()
            .and_then(|route| route.error_description(reply.status()));
        Self {
            route: reply.route(),
            status: reply.status(),
            kind: find_kind(reply, documented, json.as_ref(), secrets),
            detail,
            trace_id: reply.trace_id().map(str::to_owned),
            headers: reply.headers().clone(),
            // A copy: a slice would keep the whole body in memory.
            body: Bytes::copy_from_slice(&body[..body.len().min(BODY_LIMIT)]),
            cursor: None,
        }
    }

    /// Writes what the status means, by the spec if it says so, and what to do.
    fn fmt_meaning(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let ApiErrorKind::MissingScope(scope) = &self.kind {
            let scope = OneLine::cut(scope.as_str(), QUOTE_LIMIT);
            return write!(
                f,
                ": the user has not granted the scope `{scope}`; request it in another \
                 authorization"
            );
        }
        let documented = self
            .route
            .and_then(|route| route.error_description(self.status));
        let meaning = documented
            .unwrap_or_else(|| self.advice())
            .trim_end_matches('.');
        if !meaning.is_empty() && self.status.canonical_reason() != Some(meaning) {
            write!(f, ": {}", OneLine::of(meaning))?;
        }
        match self.kind {
            ApiErrorKind::MembershipRequired if self.status == StatusCode::FORBIDDEN => f
                .write_str(
                    "; a proxy that removes the header `User-Agent` is another possible cause",
                ),
            ApiErrorKind::Unauthorized if documented.is_some() && self.is_of_user() => {
                f.write_str("; log in again")
            }
            ApiErrorKind::RateLimited(_) if documented.is_some() => {
                f.write_str("; wait and call less often")
            }
            _ => Ok(()),
        }
    }

    /// Whether the call had a user's token.
    fn is_of_user(&self) -> bool {
        self.route.is_some_and(|route| route.auth() == Auth::Bearer)
    }

    /// What the status means or what to do, if the spec does not say.
    fn advice(&self) -> &'static str {
        match self.kind {
            ApiErrorKind::Unauthorized => "the credentials are expired, revoked or wrong",
            ApiErrorKind::Forbidden => "the credentials do not allow this",
            ApiErrorKind::MembershipRequired => "usually the user's Oura membership has lapsed",
            ApiErrorKind::NotFound => "nothing was found at this path",
            ApiErrorKind::RateLimited(_) => "too many calls; wait and call less often",
            ApiErrorKind::Server => "the server failed; try again later",
            // `304 Not Modified` is not a redirect.
            ApiErrorKind::Other
                if self.status.is_redirection() && self.status != StatusCode::NOT_MODIFIED =>
            {
                "redirects are not followed; check the base URL"
            }
            _ => "",
        }
    }
}

fn find_kind(
    reply: &Reply,
    documented: Option<&str>,
    json: Option<&Value>,
    secrets: &[&str],
) -> ApiErrorKind {
    match reply.status().as_u16() {
        400 => ApiErrorKind::BadRequest,
        401 | 403 => find_refusal(reply, documented, json, secrets),
        426 => ApiErrorKind::MembershipRequired,
        404 => ApiErrorKind::NotFound,
        422 => {
            let issues = json.map(find_issues).unwrap_or_default();
            let issues = issues.into_iter().map(|issue| issue.redacted(secrets));
            ApiErrorKind::Validation(issues.collect())
        }
        429 => {
            let mut limit = RateLimit::from_headers(reply.headers());
            limit.tier = limit.tier.map(|tier| redact(&tier, secrets));
            ApiErrorKind::RateLimited(limit)
        }
        500..=599 => ApiErrorKind::Server,
        _ => ApiErrorKind::Other,
    }
}

/// What a 401 or 403 refuses: the credentials, a scope, a membership or something else.
fn find_refusal(
    reply: &Reply,
    documented: Option<&str>,
    json: Option<&Value>,
    secrets: &[&str],
) -> ApiErrorKind {
    let detail = json.and_then(find_detail).unwrap_or_default();
    let text = refusal_text(reply, json, &detail);
    let of_route = reply.route().and_then(Route::scope);
    if let Some(scope) = find_missing_scope(&text, of_route) {
        return ApiErrorKind::MissingScope(redact(scope.as_str(), secrets).into());
    }
    if reply.status() == StatusCode::UNAUTHORIZED {
        return ApiErrorKind::Unauthorized;
    }
    let documented = documented.unwrap_or_default();
    if documented.contains("does not exist") {
        return ApiErrorKind::NotFound;
    }
    // On other routes the word "subscription" means one to webhooks.
    let is_of_a_user = reply
        .route()
        .is_none_or(|route| route.auth() == Auth::Bearer);
    match is_of_a_user && [&detail, documented].into_iter().any(is_about_membership) {
        true => ApiErrorKind::MembershipRequired,
        false => ApiErrorKind::Forbidden,
    }
}

/// The texts that may say that a scope is missing: the detail, the error code, and the challenge.
fn refusal_text(reply: &Reply, json: Option<&Value>, detail: &str) -> String {
    let code = json.and_then(|json| json.get("error")?.as_str());
    let challenge = reply.headers().get(WWW_AUTHENTICATE);
    let challenge = challenge.and_then(|challenge| challenge.to_str().ok());
    // RFC 6750, section 3. With another code it may name the scopes that the token has.
    let challenge = challenge.filter(|challenge| challenge.contains("insufficient_scope"));
    let texts = [Some(detail), code, challenge];
    texts.map(Option::unwrap_or_default).join(" ")
}

fn is_about_membership(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("subscription") || text.contains("membership")
}

/// Frameworks disagree about where the text is: `detail` here, `message` or `error` at the
/// gateways in front of the server.
fn find_detail(json: &Value) -> Option<String> {
    let detail = ["detail", "message", "error_description", "error"]
        .iter()
        .find_map(|name| json.get(name).filter(|value| !value.is_null()))?;
    let text = describe(detail);
    (!text.is_empty()).then_some(text)
}

/// Cuts a detail, which is redacted before: otherwise a part of a secret could be left.
fn cut(mut detail: String) -> String {
    let mut ends = (0..=DETAIL_LIMIT.min(detail.len())).rev();
    let end = ends.find(|at| detail.is_char_boundary(*at));
    detail.truncate(end.unwrap_or_default());
    detail
}

/// A detail as text: the texts of its parts if its form is known, or else its JSON.
fn describe(detail: &Value) -> String {
    match detail {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => {
            let lines: Vec<_> = list.iter().map(describe).collect();
            lines.join("; ")
        }
        Value::Object(members) => match members.get("message").and_then(Value::as_str) {
            Some(message) => message.to_owned(),
            None if members.contains_key("msg") => read_issue(detail).to_string(),
            None if members.is_empty() => String::new(),
            None => {
                let is_quote = |name: &String| name == INPUT;
                let rest = members.iter().filter(|(name, _)| !is_quote(name));
                let rest = rest.map(|(name, value)| (name.clone(), value.clone()));
                Value::Object(rest.collect()).to_string()
            }
        },
        Value::Bool(_) | Value::Number(_) => detail.to_string(),
    }
}

/// The list under `detail`.
fn find_issues(json: &Value) -> Vec<ValidationIssue> {
    let detail = json.get("detail").and_then(Value::as_array);
    let issues = detail.into_iter().flatten();
    issues
        .filter(|issue| issue.is_object() || issue.is_string())
        .map(read_issue)
        .collect()
}

/// Reads an issue, without the input that the server quotes.
fn read_issue(issue: &Value) -> ValidationIssue {
    let text = |name: &str| issue.get(name).and_then(Value::as_str).unwrap_or_default();
    let step = |step: &Value| {
        step.as_str()
            .map_or_else(|| step.to_string(), str::to_owned)
    };
    let loc = issue.get("loc").and_then(Value::as_array);
    ValidationIssue {
        loc: loc.into_iter().flatten().map(step).collect(),
        msg: issue.as_str().unwrap_or_else(|| text("msg")).to_owned(),
        kind: text("type").to_owned(),
    }
}

impl ValidationIssue {
    /// Removes the secrets of the request.
    fn redacted(self, secrets: &[&str]) -> Self {
        let redacted = |text: String| redact(&text, secrets);
        Self {
            loc: self.loc.into_iter().map(redacted).collect(),
            msg: redacted(self.msg),
            kind: redacted(self.kind),
        }
    }
}

impl RateLimit {
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let number = |name: &str| text(name).and_then(|text| text.trim().parse::<u64>().ok());
        Self {
            retry_after: text("retry-after").and_then(parse_retry_after),
            limit: number(oura::RATE_LIMIT),
            window: number(oura::RATE_LIMIT_WINDOW).map(Duration::from_secs),
            reset: number(oura::RATE_LIMIT_RESET).and_then(read_reset),
            tier: text(oura::RATE_LIMIT_TIER).map(str::to_owned),
        }
    }
}

/// Reads a moment in seconds since 1970, as the spec says. A number that is too small for this
/// century is the number of seconds from now, which gateways send.
fn read_reset(number: u64) -> Option<OffsetDateTime> {
    const THIS_CENTURY: u64 = 1_000_000_000;

    if number < THIS_CENTURY {
        let wait = time::Duration::seconds(number.try_into().ok()?);
        return OffsetDateTime::now_utc().checked_add(wait);
    }
    OffsetDateTime::from_unix_timestamp(number.try_into().ok()?).ok()
}

/// Reads seconds, or an HTTP date in one of its three forms; a date in the past means now.
fn parse_retry_after(text: &str) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Digits that are too many for a number are still a long time.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    Some(at.duration_since(SystemTime::now()).unwrap_or_default())
}

impl fmt::Display for ValidationIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.loc.is_empty() {
            write!(f, "{}: ", self.loc.join("."))?;
        }
        f.write_str(&self.msg)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Prefix(self.route), self.status)?;
        self.fmt_meaning(f)?;
        if let Some(detail) = &self.detail {
            write!(
                f,
                "; the server says: {}",
                OneLine::cut(detail, QUOTE_LIMIT)
            )?;
        }
        if let ApiErrorKind::RateLimited(limit) = &self.kind {
            match (limit.retry_after, limit.reset) {
                (Some(wait), _) => write!(f, "; retry after {} s", wait.as_secs())?,
                (None, Some(reset)) => write!(f, "; retry at {reset}")?,
                (None, None) => {}
            }
        }
        self.trace_id.as_ref().map_or(Ok(()), |id| {
            write!(f, " (trace {})", OneLine::cut(id, QUOTE_LIMIT))
        })
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.keys().map(http::HeaderName::as_str).collect();
        f.debug_struct("ApiError")
            .field("route", &self.route)
            .field("status", &self.status)
            .field("kind", &self.kind)
            .field(
                "detail",
                &self.detail.as_ref().map(|detail| Length(detail.len())),
            )
            .field("trace_id", &self.trace_id)
            .field("headers", &names)
            .field("body", &Length(self.body.len()))
            .finish_non_exhaustive()
    }
}

/// Shows the name of the kind, and only the length of what the server wrote.
impl fmt::Debug for ApiErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadRequest => f.write_str("BadRequest"),
            Self::Unauthorized => f.write_str("Unauthorized"),
            Self::MissingScope(scope) if scope.is_known() => {
                f.debug_tuple("MissingScope").field(scope).finish()
            }
            Self::MissingScope(scope) => {
                write!(f, "MissingScope({:?})", Length(scope.as_str().len()))
            }
            Self::MembershipRequired => f.write_str("MembershipRequired"),
            Self::Forbidden => f.write_str("Forbidden"),
            Self::NotFound => f.write_str("NotFound"),
            Self::Validation(issues) => write!(f, "Validation(<{} issues>)", issues.len()),
            Self::RateLimited(limit) => f.debug_tuple("RateLimited").field(limit).finish(),
            Self::Server => f.write_str("Server"),
            Self::Other => f.write_str("Other"),
        }
    }
}

impl std::error::Error for ApiError {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn details_come_in_many_forms() {
        let detail = |json: Value| find_detail(&json);
        assert_eq!(
            detail(json!({"detail": "Document not found."})).as_deref(),
            Some("Document not found.")
        );
        let issue =
            json!({"loc": ["query", "start_date", 0], "msg": "bad date", "type": "t", "input": 72});
        assert_eq!(
            detail(json!({"detail": [issue]})).as_deref(),
            Some("query.start_date.0: bad date")
        );
        assert_eq!(
            detail(json!({"detail": {"message": "no"}})).as_deref(),
            Some("no")
        );
        assert_eq!(
            detail(json!({"message": "Forbidden"})).as_deref(),
            Some("Forbidden")
        );
        for nothing in [
            json!({"detail": null}),
            json!({"detail": ""}),
            json!({"detail": []}),
            json!({"detail": {}}),
            json!([]),
            json!("x"),
        ] {
            assert_eq!(detail(nothing), None);
        }
    }

    #[test]
    fn details_of_no_known_form_are_not_lost() {
        let detail = |json: Value| cut(find_detail(&json!({ "detail": json })).expect("a detail"));
        assert_eq!(
            detail(json!(["start_date is required", "too long"])),
            "start_date is required; too long"
        );
        assert_eq!(
            detail(json!({"code": 5, "input": "72", "at": ["x"]})),
            r#"{"at":["x"],"code":5}"#
        );
        assert_eq!(detail(json!([1, {"msg": "a"}, true])), "1; a; true");
        let long = detail(json!("å".repeat(DETAIL_LIMIT)));
        assert_eq!(long.len(), DETAIL_LIMIT);
        let issues = find_issues(&json!({"detail": ["a", {"msg": "b"}]}));
        let messages: Vec<_> = issues.iter().map(|issue| issue.msg.as_str()).collect();
        assert_eq!(messages, ["a", "b"]);
    }

    fn refused(status: u16, header: (&'static str, &str), body: Bytes) -> ApiError {
        refused_with("s3cret", status, header, body)
    }

    fn refused_with(
        secret: &str,
        status: u16,
        header: (&'static str, &str),
        body: Bytes,
    ) -> ApiError {
        let mut response = http::Response::new(body);
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        let value = http::HeaderValue::from_str(header.1).expect("a value");
        response.headers_mut().insert(header.0, value);
        let (mut reply, secrets) = (Reply::new(None, response), [secret]);
        reply.redact_trace_id(&secrets);
        ApiError::from_reply(&reply, &secrets)
    }

    #[test]
    fn debug_shows_neither_secrets_nor_the_text_of_the_server() {
        let body = r#"{"detail":[{"loc":["header","s3cret"],"msg":"your s3cret","type":"s3cret"},
                       {"loc":[],"msg":"other","type":"t"}]}"#;
        let error = refused(422, ("x-trace-id", "t"), body.into());
        let debug = format!("{error:?} {error:#?}");
        assert!(debug.contains("Validation(<2 issues>)"), "{debug}");
        assert!(!debug.contains("other"), "{debug}");
        let ApiErrorKind::Validation(issues) = &error.kind else {
            panic!("{error:?}")
        };
        let limited = refused(429, ("x-ratelimit-tier", "s3cret"), Bytes::new());
        for text in [
            debug,
            error.to_string(),
            format!("{issues:?}"),
            format!("{limited:?}"),
        ] {
            assert!(!text.contains("s3cret"), "{text}");
        }
        assert_eq!(issues[0].msg, "your [redacted]");
    }

    #[test]
    fn long_bodies_are_neither_kept_nor_read() {
        let body = format!(r#"{{"detail":"{}"}}"#, "x".repeat(1_000_000));
        let body = Bytes::from(body);
        let error = refused(500, ("x-trace-id", "t"), body.clone());
        assert_eq!((error.body.len(), error.detail), (BODY_LIMIT, None));
        assert!(body.is_unique(), "a part of the body keeps all of it");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(parse_retry_after(" 30 "), Some(Duration::from_secs(30)));
        assert_eq!(
            parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(Duration::ZERO)
        );
        for older in ["Friday, 06-Nov-37 08:49:37 GMT", "Fri Nov  6 08:49:37 2037"] {
            let wait = parse_retry_after(older);
            assert!(wait.is_some_and(|wait| !wait.is_zero()), "{older}");
        }
        let later = parse_retry_after("Fri, 01 Jan 2100 00:00:00 GMT").expect("a date");
        assert!(later > Duration::from_secs(86_400));
        assert_eq!(parse_retry_after("soon"), None);
    }

    #[test]
    fn a_reset_is_a_moment_or_the_seconds_until_it() {
        let at = read_reset(1_900_000_000).expect("a moment");
        assert_eq!(at.unix_timestamp(), 1_900_000_000);
        let soon = read_reset(30).expect("a moment") - OffsetDateTime::now_utc();
        assert!((28..=30).contains(&soon.whole_seconds()), "{soon}");
        assert_eq!(read_reset(u64::MAX), None);
    }

    /// The words of responses may be secrets of a test, or a part of one.
    #[test]
    fn secrets_do_not_damage_what_is_read() {
        let body = r#"{"detail":"Document not found.","code":404}"#;
        for secret in ["t", "detail", "404", "Document", "x-trace-id"] {
            let error = refused_with(secret, 404, ("x-trace-id", "trace-404"), body.into());
            assert!(matches!(error.kind, ApiErrorKind::NotFound), "{secret}");
            assert_eq!(&error.body[..], body.as_bytes(), "{secret}");
            assert_eq!(error.headers["x-trace-id"], "trace-404", "{secret}");
            assert_eq!(error.trace_id.as_deref(), Some("trace-404"), "{secret}");
            let expected = match secret {
                "Document" => "[redacted] not found.",
                _ => "Document not found.",
            };
            assert_eq!(error.detail.as_deref(), Some(expected), "{secret}");
        }
        for secret in ["t", "access", "token", "access_token_1"] {
            let header = ("x-ratelimit-tier", "access_token");
            let error = refused_with(secret, 429, header, Bytes::new());
            let ApiErrorKind::RateLimited(limit) = &error.kind else {
                panic!("{error:?}")
            };
            assert_eq!(limit.tier.as_deref(), Some("access_token"), "{secret}");
        }
    }

    #[test]
    fn a_detail_is_redacted_before_it_is_cut() {
        let secret = "a-secret-of-some-length";
        let body = format!(r#"{{"detail":"{}{secret}"}}"#, " ".repeat(DETAIL_LIMIT - 5));
        let error = refused_with(secret, 400, ("x-trace-id", "t"), body.into());
        let detail = error.detail.expect("a detail");
        assert!(!detail.contains("a-sec"), "{detail}");
    }
}
