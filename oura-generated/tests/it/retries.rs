//! Which calls are retried, when, and with which token. Time is paused, so that waits take no time,
//! except where the server names a time of the clock.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use crate::support::{Response, Sent, builder_of, client_of, memory, response, with_header};
use oura_generated::bytes::Bytes;
use oura_generated::http::StatusCode;
use oura_generated::models::{CreateWebhookSubscriptionRequest, WebhookDataType, WebhookOperation};
use oura_generated::{
    AccessToken, ApiErrorKind, Client, Error, MemoryTransport, RetryPolicy, Route, TimeLimit,
    TokenError, TokenFuture, TokenSource, Transport, TransportErrorKind, TransportFuture,
};
use serde_json::json;
use tokio::time::Instant;

const ROUTE: Route = Route::GetPersonalInfo;

fn fail_once(server: &MemoryTransport, status: u16) {
    let status = StatusCode::from_u16(status).expect("a status");
    server.answer_with(ROUTE, status, json!({}));
    server.answer(ROUTE, json!({ "id": "me" }));
}

fn retry_after(value: &str) -> Response {
    with_header(response(429, ""), "retry-after", value)
}

fn subscription() -> CreateWebhookSubscriptionRequest {
    let (event, data) = (WebhookOperation::Create, WebhookDataType::DailySleep);
    CreateWebhookSubscriptionRequest::new("https://a.b", "verify", event, data)
}

#[tokio::test(start_paused = true)]
async fn reads_are_repeated_after_failures_that_may_pass() {
    for status in [429, 502, 503, 504] {
        let server = MemoryTransport::new();
        fail_once(&server, status);
        assert_eq!(
            client_of(&server)
                .get_personal_info()
                .await
                .expect("the second time")
                .id,
            "me"
        );
        assert_eq!(server.requests().len(), 2, "{status}");
    }
    for kind in [TransportErrorKind::Connect, TransportErrorKind::Interrupted] {
        let server = MemoryTransport::new();
        server.fail(ROUTE, kind);
        server.answer(ROUTE, json!({ "id": "me" }));
        client_of(&server)
            .get_personal_info()
            .await
            .expect("the second time");
    }
    for status in [400, 403, 404, 422, 500] {
        let server = MemoryTransport::new();
        fail_once(&server, status);
        client_of(&server)
            .get_personal_info()
            .await
            .expect_err("it is not repeated");
        assert_eq!(server.requests().len(), 1, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn writes_are_not_repeated_once_they_may_have_been_done() {
    let route = Route::CreateWebhookSubscription;
    let server = MemoryTransport::new();
    server.answer_with(route, StatusCode::SERVICE_UNAVAILABLE, json!({}));
    let error = client_of(&server)
        .create_webhook_subscription(&subscription())
        .await;
    assert_eq!(
        error.expect_err("503").status(),
        Some(StatusCode::SERVICE_UNAVAILABLE)
    );
    assert_eq!(server.requests().len(), 1);
    let server = MemoryTransport::new();
    server.fail(route, TransportErrorKind::Interrupted);
    client_of(&server)
        .create_webhook_subscription(&subscription())
        .await
        .expect_err("it broke");
    assert_eq!(server.requests().len(), 1);
    let server = MemoryTransport::new();
    server.fail(route, TransportErrorKind::Connect);
    client_of(&server)
        .create_webhook_subscription(&subscription())
        .await
        .expect_err("no connection");
    assert_eq!(
        server.requests().len(),
        4,
        "no connection means that nothing was done"
    );
}

#[tokio::test(start_paused = true)]
async fn a_policy_can_be_none() {
    let server = MemoryTransport::new();
    fail_once(&server, 503);
    let client = builder_of(&server)
        .retry(RetryPolicy::none())
        .build()
        .expect("it is set up right");
    client.get_personal_info().await.expect_err("503");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_server_says_how_long_to_wait() {
    let server = MemoryTransport::new();
    server.respond(ROUTE, retry_after("42"));
    server.answer(ROUTE, json!({ "id": "me" }));
    let start = Instant::now();
    client_of(&server)
        .get_personal_info()
        .await
        .expect("the second time");
    assert_eq!(start.elapsed().as_secs(), 42);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_too_says_how_long_to_wait() {
    let server = MemoryTransport::new();
    let mut overloaded = retry_after("42");
    *overloaded.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    server.respond(ROUTE, overloaded);
    server.answer(ROUTE, json!({ "id": "me" }));
    let start = Instant::now();
    let outcome = client_of(&server).get_personal_info().await;
    outcome.expect("the second time");
    assert_eq!(start.elapsed().as_secs(), 42);
}

#[tokio::test(start_paused = true)]
async fn a_longer_wait_than_allowed_fails_at_once() {
    let server = MemoryTransport::new();
    server.respond(ROUTE, retry_after("3600"));
    let start = Instant::now();
    let error = client_of(&server)
        .get_personal_info()
        .await
        .expect_err("an hour is too long");
    assert_eq!(
        (start.elapsed(), server.requests().len()),
        (Duration::ZERO, 1)
    );
    assert!(error.is_retryable());
    assert!(error.to_string().contains("retry after 3600 s"), "{error}");
    let Error::Api(error) = error else {
        panic!("a response of the server")
    };
    let ApiErrorKind::RateLimited(limit) = error.kind else {
        panic!("{error:?}")
    };
    assert_eq!(limit.retry_after, Some(Duration::from_secs(3600)));
}

#[tokio::test(start_paused = true)]
async fn a_storm_that_does_not_end_is_an_error() {
    for status in [429, 503] {
        let server = MemoryTransport::new();
        let mut refusal = retry_after("1");
        *refusal.status_mut() = StatusCode::from_u16(status).expect("a status");
        server.respond(ROUTE, refusal);
        let start = Instant::now();
        let error = client_of(&server).get_personal_info().await;
        let error = error.expect_err("it never ends");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert_eq!(server.requests().len(), 4);
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}

/// Refuses each user three times, with the time of the next attempt.
#[derive(Default)]
struct Storm {
    /// The number of requests of each user, and the time from which the next one is accepted.
    users: Mutex<HashMap<String, (usize, Option<SystemTime>)>>,
    hasty: AtomicUsize,
}

impl Storm {
    fn respond(&self, user: &str) -> Response {
        let now = SystemTime::now();
        let mut users = self.users.lock().expect("no test panics with it");
        let (requests, welcome) = users.entry(user.to_owned()).or_default();
        if welcome.is_some_and(|welcome| now < welcome) {
            self.hasty.fetch_add(1, Ordering::SeqCst);
        }
        *requests += 1;
        let since_epoch = now.duration_since(SystemTime::UNIX_EPOCH);
        let reset = since_epoch.expect("it is after 1970").as_secs() + 2;
        let limited = |name, value: &str| with_header(response(429, "{}"), name, value);
        let (response, next) = match *requests {
            1 => (
                limited("retry-after", "1"),
                Some(now + Duration::from_secs(1)),
            ),
            2 => (response(503, "{}"), None),
            3 => (
                limited("x-ratelimit-reset", &reset.to_string()),
                Some(SystemTime::UNIX_EPOCH + Duration::from_secs(reset)),
            ),
            _ => (response(200, r#"{"id":"me"}"#), None),
        };
        *welcome = next;
        response
    }
}

#[tokio::test]
async fn a_storm_is_waited_out() {
    let storm = Arc::new(Storm::default());
    let seen = Arc::clone(&storm);
    let server = memory(move |request| seen.respond(request.header("authorization").expect("one")));
    let policy = RetryPolicy::default().base_delay(Duration::from_millis(1));
    let client = builder_of(&server).retry(policy).build();
    let client = client.expect("it is set up right");
    let calls = (0..8).map(|user| {
        let user = client.with_access_token(format!("token-{user}"));
        async move { user.get_personal_info().await }
    });
    for outcome in futures_util::future::join_all(calls).await {
        assert_eq!(outcome.expect("the fourth time").id, "me");
    }
    assert_eq!(server.requests().len(), 8 * 4);
    assert_eq!(storm.hasty.load(Ordering::SeqCst), 0, "it came too early");
}

#[tokio::test(start_paused = true)]
async fn a_wait_past_the_total_timeout_is_not_begun() {
    let server = MemoryTransport::new();
    server.respond(ROUTE, retry_after("30"));
    let total = Duration::from_secs(20);
    let client = builder_of(&server)
        .total_timeout(total)
        .build()
        .expect("it is set up right");
    let start = Instant::now();
    let error = client
        .get_personal_info()
        .await
        .expect_err("30 seconds are too long");
    assert_eq!(
        (error.status(), start.elapsed()),
        (Some(StatusCode::TOO_MANY_REQUESTS), Duration::ZERO)
    );
    let relaxed = client
        .get_personal_info()
        .total_timeout(Duration::from_secs(100))
        .await;
    relaxed.expect_err("429 again and again");
    assert!(start.elapsed() >= Duration::from_secs(90));
}

#[tokio::test(start_paused = true)]
async fn the_client_keeps_the_limit_for_all_its_users() {
    let server = MemoryTransport::new();
    server.answer(ROUTE, json!({ "id": "me" }));
    let window = Duration::from_secs(300);
    let client = builder_of(&server)
        .rate_limit(5, window)
        .build()
        .expect("it is set up right");
    let start = Instant::now();
    let calls = (0..15).map(|user| {
        let client = client.with_access_token(format!("token-{user}"));
        async move {
            client.get_personal_info().await.expect("a response");
            start.elapsed().as_secs()
        }
    });
    let times = futures_util::future::join_all(calls).await;
    assert_eq!(
        times,
        [
            0, 0, 0, 0, 0, 300, 300, 300, 300, 300, 600, 600, 600, 600, 600
        ]
    );
    let impatient = client
        .get_personal_info()
        .total_timeout(Duration::from_secs(1))
        .await;
    let error = impatient.expect_err("the window is full");
    assert!(
        matches!(
            error,
            Error::Timeout {
                limit: TimeLimit::RateLimit,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn cancelled_calls_do_not_use_up_the_limit() {
    let server = MemoryTransport::new();
    server.answer(ROUTE, json!({ "id": "me" }));
    let client = builder_of(&server)
        .rate_limit(2, Duration::from_secs(300))
        .build()
        .expect("it is set up right");
    let start = Instant::now();
    for _ in 0..2 {
        client.get_personal_info().await.expect("there is a permit");
    }
    for _ in 0..100 {
        let call = client.get_personal_info().send();
        let given_up = tokio::time::timeout(Duration::from_secs(1), call).await;
        given_up.expect_err("the window is full");
    }
    client.get_personal_info().await.expect("there is a permit");
    assert_eq!(start.elapsed().as_secs(), 300);
}

#[tokio::test(start_paused = true)]
async fn a_call_does_not_wait_for_a_permit_past_the_total_timeout() {
    let server = MemoryTransport::new();
    server.answer(ROUTE, json!({ "id": "me" }));
    let client = builder_of(&server)
        .rate_limit(1, Duration::from_secs(300))
        .build()
        .expect("it is set up right");
    client.get_personal_info().await.expect("there is a permit");
    let start = Instant::now();
    let hurried = client
        .get_personal_info()
        .total_timeout(Duration::from_secs(20));
    let error = hurried.await.expect_err("the window is full");
    assert!(
        matches!(
            error,
            Error::Timeout {
                limit: TimeLimit::RateLimit,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.to_string().contains("rate limit"), "{error}");
    assert_eq!(
        (start.elapsed(), server.requests().len()),
        (Duration::ZERO, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_token_takes_no_permit() {
    let server = MemoryTransport::new();
    server.answer(ROUTE, json!({ "id": "me" }));
    let client = builder_of(&server)
        .rate_limit(1, Duration::from_secs(300))
        .build()
        .expect("it is set up right");
    let start = Instant::now();
    let nobody = client.with_access_token("").get_personal_info().await;
    nobody.expect_err("there is no token");
    client.get_personal_info().await.expect("there is a permit");
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn absurd_settings_do_not_panic() {
    let server = MemoryTransport::new();
    server.answer(ROUTE, json!({ "id": "me" }));
    let client = builder_of(&server)
        .timeout(Duration::MAX)
        .connect_timeout(Duration::MAX)
        .total_timeout(Duration::MAX)
        .rate_limit(usize::MAX, Duration::from_secs(1))
        .build()
        .expect("it is set up right");
    client.get_personal_info().await.expect("a response");
    for (calls, window) in [(0, Duration::from_secs(1)), (1, Duration::MAX)] {
        let refused = builder_of(&server).rate_limit(calls, window).build();
        assert!(
            matches!(refused, Err(Error::Config { .. })),
            "{calls} in {window:?}"
        );
    }
}

/// Never responds.
struct Silent;

impl Transport for Silent {
    fn send(&self, _: oura_generated::http::Request<Bytes>) -> TransportFuture<'_> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_a_silent_server_until_its_timeout() {
    let request = |total| {
        let builder = Client::builder().access_token("token").transport(Silent);
        let builder = builder.total_timeout(Duration::from_secs(total));
        builder
            .build()
            .expect("it is set up right")
            .get_personal_info()
    };
    let hasty = request(100).timeout(Duration::from_secs(2));
    for (request, expected, after) in [
        (request(5), TimeLimit::Total, 5),
        (request(100), TimeLimit::Attempt, 30),
        (hasty, TimeLimit::Attempt, 2),
    ] {
        let start = Instant::now();
        let error = request.await;
        let Err(Error::Timeout {
            limit,
            after: given,
            ..
        }) = error
        else {
            panic!("{error:?}")
        };
        assert_eq!(limit, expected);
        assert_eq!(given, Some(Duration::from_secs(after)));
        assert_eq!(start.elapsed().as_secs(), after);
    }
}

#[tokio::test(start_paused = true)]
async fn a_custom_transport_has_its_own_connect_timeout() {
    let server = MemoryTransport::new();
    server.fail(ROUTE, TransportErrorKind::ConnectTimeout);
    let error = client_of(&server).get_personal_info().await;
    let Err(Error::Timeout { limit, after, .. }) = error else {
        panic!("{error:?}")
    };
    assert_eq!((limit, after), (TimeLimit::Connect, None));
    assert_eq!(
        server.requests().len(),
        4,
        "nothing was sent, so it is repeated"
    );
}

/// Gives `token-1`, then a new token after each refusal.
#[derive(Default)]
struct Refreshing {
    refreshes: AtomicUsize,
    is_broken: bool,
}

impl TokenSource for Refreshing {
    fn token(&self) -> TokenFuture<'_> {
        let number = 1 + self.refreshes.load(Ordering::SeqCst);
        Box::pin(async move { Ok(AccessToken::new(format!("token-{number}"))) })
    }

    fn fresh_token<'a>(&'a self, rejected: &'a AccessToken) -> TokenFuture<'a> {
        assert!(rejected.expose().starts_with("token-"));
        if self.is_broken {
            return Box::pin(async { Err(TokenError::authorize_again("log in again")) });
        }
        self.refreshes.fetch_add(1, Ordering::SeqCst);
        self.token()
    }
}

fn tokens(server: &MemoryTransport) -> Vec<String> {
    let value = |request: &oura_generated::http::Request<_>| {
        request.headers()["authorization"]
            .to_str()
            .expect("it is text")
            .to_owned()
    };
    server.requests().iter().map(value).collect()
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_refreshed_once() {
    let server = MemoryTransport::new();
    fail_once(&server, 401);
    let source = Arc::new(Refreshing::default());
    let client = builder_of(&server)
        .token_source(Arc::clone(&source))
        .build()
        .expect("good");
    client.get_personal_info().await.expect("the second time");
    assert_eq!(tokens(&server), ["Bearer token-1", "Bearer token-2"]);

    let server = MemoryTransport::new();
    let quoted = json!({ "detail": "neither token-2 nor token-3" });
    server.answer_with(ROUTE, StatusCode::UNAUTHORIZED, quoted);
    let client = builder_of(&server)
        .token_source(Arc::clone(&source))
        .build()
        .expect("good");
    let error = client.get_personal_info().await.expect_err("401 again");
    assert!(error.is_unauthorized() && !error.is_retryable());
    let text = error.to_string();
    assert!(text.contains("neither [redacted] nor [redacted]"), "{text}");
    assert_eq!(tokens(&server), ["Bearer token-2", "Bearer token-3"]);
    assert_eq!(source.refreshes.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fresh_token_stays_for_the_other_attempts_of_the_call() {
    let server = MemoryTransport::new();
    server.answer_with(ROUTE, StatusCode::UNAUTHORIZED, json!({}));
    fail_once(&server, 503);
    let client = builder_of(&server)
        .token_source(Refreshing::default())
        .build()
        .expect("good");
    client.get_personal_info().await.expect("the third time");
    assert_eq!(
        tokens(&server),
        ["Bearer token-1", "Bearer token-2", "Bearer token-2"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_static_token_is_not_tried_twice() {
    let server = MemoryTransport::new();
    server.answer_with(ROUTE, StatusCode::UNAUTHORIZED, json!({}));
    client_of(&server)
        .get_personal_info()
        .await
        .expect_err("401");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_says_why() {
    let server = MemoryTransport::new();
    server.answer_with(ROUTE, StatusCode::UNAUTHORIZED, json!({}));
    let source = Refreshing {
        is_broken: true,
        ..Refreshing::default()
    };
    let client = builder_of(&server)
        .token_source(source)
        .build()
        .expect("good");
    let error = client.get_personal_info().await.expect_err("no token");
    assert!(
        matches!(
            error,
            Error::Credentials {
                route: Some(ROUTE),
                ..
            }
        ),
        "{error:?}"
    );
    let cause = std::error::Error::source(&error).expect("it has a cause");
    assert_eq!(cause.to_string(), "log in again");
}

/// Fails with the given error.
struct Failing(fn(std::io::Error) -> TokenError);

impl TokenSource for Failing {
    fn token(&self) -> TokenFuture<'_> {
        let failure = self.0(std::io::Error::other("the vault is closed"));
        Box::pin(std::future::ready(Err(failure)))
    }
}

#[tokio::test]
async fn a_custom_source_decides_the_kind_of_the_error() {
    type Make = fn(std::io::Error) -> TokenError;
    let cases: [(Make, bool, bool); 3] = [
        (|cause| TokenError::authorize_again(cause), true, false),
        (|cause| TokenError::temporary(cause), false, true),
        (|cause| TokenError::other(cause), false, false),
    ];
    for (make, is_unauthorized, is_retryable) in cases {
        let failure = make(std::io::Error::other("x"));
        assert_eq!(failure.needs_authorization(), is_unauthorized);
        assert_eq!(failure.is_retryable(), is_retryable);
        let server = MemoryTransport::new();
        let client = builder_of(&server).token_source(Arc::new(Failing(make)));
        let error = client.build().expect("good").get_personal_info().await;
        let error = error.expect_err("no token");
        assert_eq!(error.is_unauthorized(), is_unauthorized, "{error}");
        assert_eq!(error.is_retryable(), is_retryable, "{error}");
        let cause = std::error::Error::source(&error).expect("it has a cause");
        assert!(
            cause.is::<std::io::Error>(),
            "the cause is another: {cause:?}"
        );
        assert_eq!(server.requests().len(), 0);
    }
}

/// Has a token with the missing scope, and must not be asked for a fresh one.
struct Consented {
    newer: Result<&'static str, fn() -> TokenError>,
}

impl TokenSource for Consented {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async { Ok(AccessToken::new("token-1")) })
    }

    fn fresh_token<'a>(&'a self, _: &'a AccessToken) -> TokenFuture<'a> {
        panic!("a refresh does not add scopes")
    }

    fn newer_token<'a>(&'a self, refused: &'a AccessToken) -> TokenFuture<'a> {
        assert_eq!(refused.expose(), "token-1");
        let newer = self.newer.map(AccessToken::new).map_err(|make| make());
        Box::pin(std::future::ready(newer))
    }
}

#[tokio::test]
async fn a_newer_token_is_asked_for_after_a_missing_scope() {
    let refusal = json!({"detail": "Token is not authorized access personal scope."});
    let broken: fn() -> TokenError = || TokenError::temporary("the vault is closed");
    for (newer, sent) in [
        (Ok("token-2"), &["Bearer token-1", "Bearer token-2"][..]),
        (Ok("token-1"), &["Bearer token-1"]),
        (Err(broken), &["Bearer token-1"]),
    ] {
        let server = MemoryTransport::new();
        server.answer_with(ROUTE, StatusCode::FORBIDDEN, &refusal);
        let source = Arc::new(Consented { newer });
        let client = builder_of(&server).token_source(source).build();
        let error = client.expect("good").get_personal_info().await;
        let error = error.expect_err("both lack it");
        assert_eq!(
            error.missing_scope().map(|scope| scope.as_str()),
            Some("personal")
        );
        assert_eq!(tokens(&server), sent);
    }
}
