//! What is repeated, when, and with which token. Time is paused: waits cost nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use oura_generated::http::{Response, StatusCode};
use oura_generated::models::{CreateWebhookSubscriptionRequest, WebhookDataType, WebhookOperation};
use oura_generated::{
    AccessToken, ApiErrorKind, Client, ClientBuilder, Error, MemoryTransport, RetryPolicy, Route,
    TimeLimit, TokenFuture, TokenSource, TransportErrorKind,
};
use serde_json::json;
use tokio::time::Instant;

const ROUTE: Route = Route::GetPersonalInfo;

fn builder(server: &MemoryTransport) -> ClientBuilder {
    Client::builder()
        .access_token("token-1")
        .client_credentials("id-1", "secret-1")
        .transport(server.clone())
}

fn client(server: &MemoryTransport) -> Client {
    builder(server).build().expect("it is set up right")
}

fn fail_once(server: &MemoryTransport, status: u16) {
    let status = StatusCode::from_u16(status).expect("a status");
    server.answer_with(ROUTE, status, json!({}));
    server.answer(ROUTE, json!({ "id": "me" }));
}

fn retry_after(value: &str) -> Response<oura_generated::bytes::Bytes> {
    let response = Response::builder().status(429).header("retry-after", value);
    response
        .body(Default::default())
        .expect("the headers are good")
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
            client(&server)
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
        client(&server)
            .get_personal_info()
            .await
            .expect("the second time");
    }
    for status in [400, 403, 404, 422, 500] {
        let server = MemoryTransport::new();
        fail_once(&server, status);
        client(&server)
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
    let error = client(&server)
        .create_webhook_subscription(&subscription())
        .await;
    assert_eq!(
        error.expect_err("503").status(),
        Some(StatusCode::SERVICE_UNAVAILABLE)
    );
    assert_eq!(server.requests().len(), 1);
    let server = MemoryTransport::new();
    server.fail(route, TransportErrorKind::Interrupted);
    client(&server)
        .create_webhook_subscription(&subscription())
        .await
        .expect_err("it broke");
    assert_eq!(server.requests().len(), 1);
    let server = MemoryTransport::new();
    server.fail(route, TransportErrorKind::Connect);
    client(&server)
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
    let client = builder(&server)
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
    client(&server)
        .get_personal_info()
        .await
        .expect("the second time");
    assert_eq!(start.elapsed().as_secs(), 42);
}

#[tokio::test(start_paused = true)]
async fn a_longer_wait_than_allowed_fails_at_once() {
    let server = MemoryTransport::new();
    server.respond(ROUTE, retry_after("3600"));
    let start = Instant::now();
    let error = client(&server)
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
        panic!("an answer of the server")
    };
    let ApiErrorKind::RateLimited(limit) = error.kind else {
        panic!("{error:?}")
    };
    assert_eq!(limit.retry_after, Some(Duration::from_secs(3600)));
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_429_ends() {
    let server = MemoryTransport::new();
    server.respond(ROUTE, retry_after("1"));
    let start = Instant::now();
    client(&server)
        .get_personal_info()
        .await
        .expect_err("it never ends");
    assert_eq!(server.requests().len(), 4);
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_wait_past_the_total_timeout_is_not_begun() {
    let server = MemoryTransport::new();
    server.respond(ROUTE, retry_after("30"));
    let total = Duration::from_secs(20);
    let client = builder(&server)
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
    let client = builder(&server)
        .rate_limit(5, window)
        .build()
        .expect("it is set up right");
    let start = Instant::now();
    let calls = (0..15).map(|user| {
        let client = client.with_access_token(format!("token-{user}"));
        async move {
            client.get_personal_info().await.expect("an answer");
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
                limit: TimeLimit::Total,
                ..
            }
        ),
        "{error:?}"
    );
}

/// Gives `token-1`, then a new one each time that it is told of a refusal.
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
            return Box::pin(async { Err("log in again".into()) });
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
    let client = builder(&server)
        .token_source(Arc::clone(&source))
        .build()
        .expect("good");
    client.get_personal_info().await.expect("the second time");
    assert_eq!(tokens(&server), ["Bearer token-1", "Bearer token-2"]);

    let server = MemoryTransport::new();
    server.answer_with(ROUTE, StatusCode::UNAUTHORIZED, json!({}));
    let client = builder(&server)
        .token_source(Arc::clone(&source))
        .build()
        .expect("good");
    let error = client.get_personal_info().await.expect_err("401 again");
    assert!(error.is_unauthorized() && !error.is_retryable());
    assert_eq!(tokens(&server), ["Bearer token-2", "Bearer token-3"]);
    assert_eq!(source.refreshes.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fresh_token_stays_for_the_other_attempts_of_the_call() {
    let server = MemoryTransport::new();
    server.answer_with(ROUTE, StatusCode::UNAUTHORIZED, json!({}));
    fail_once(&server, 503);
    let client = builder(&server)
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
    client(&server).get_personal_info().await.expect_err("401");
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
    let client = builder(&server).token_source(source).build().expect("good");
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
