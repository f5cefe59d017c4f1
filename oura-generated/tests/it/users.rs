//! One client, many users; and connections that are not made.

use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{Sent, Server, always, client_of, only, response};
use oura_generated::http::{HeaderValue, Method, StatusCode};
use oura_generated::{
    AccessToken, Client, Error, MemoryTransport, PermitFuture, PermitRequest, RateLimiter,
    RateLimiterError, RetryPolicy, Route, TimeLimit, TokenFuture, TokenSource, bytes, http,
};
use serde_json::json;
use tokio::time::Instant;

/// A source of one token.
struct Store(&'static str);

impl TokenSource for Store {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async { Ok(AccessToken::new(self.0)) })
    }
}

#[tokio::test]
async fn all_users_share_the_connections() {
    let server = Server::always(response(200, r#"{"id":"me"}"#));
    let client = server.builder().build().expect("it is set up right");
    for user in 0..5 {
        let user = client.with_access_token(format!("token-{user}"));
        user.get_personal_info().await.expect("a response");
    }
    let user = client.with_token_source(Store("token-6"));
    user.get_personal_info().await.expect("a response");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_source_for_another_user_is_asked_for_the_token() {
    let server = always(response(200, r#"{"id":"me"}"#));
    let user = client_of(&server).with_token_source(Store("token-7"));
    user.get_personal_info().await.expect("a response");
    assert_eq!(
        only(&server).header("authorization"),
        Some("Bearer token-7")
    );
}

#[tokio::test]
async fn a_bad_first_token_does_not_affect_other_users() {
    // `Client::new` is for the API itself, which a test does not call: nothing is sent here.
    let bad = Client::new("").get_personal_info().await;
    assert!(matches!(bad, Err(Error::Credentials { .. })), "{bad:?}");
    let debug = format!("{:?}", Client::new("").with_access_token("good"));
    assert_eq!(debug, format!("{:?}", Client::new("good")));
    assert!(debug.contains("base_url: Ok("), "{debug}");
}

/// A listener that accepts no connection and whose queue is full, and the connections in the queue.
fn full_listener() -> (tokio::net::TcpListener, Vec<TcpStream>) {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket
        .bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .expect("a port is free");
    let listener = socket.listen(1).expect("it listens");
    let address = listener.local_addr().expect("it is bound");
    let wait = Duration::from_millis(200);
    let waiting: Vec<_> = (0..64)
        .map_while(|_| TcpStream::connect_timeout(&address, wait).ok())
        .collect();
    assert!(waiting.len() < 64, "there is room for ever more");
    (listener, waiting)
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_not_made_is_the_connect_timeout() {
    let (listener, _waiting) = full_listener();
    let address = listener.local_addr().expect("it is bound");
    let builder = || {
        let builder = Client::builder().base_url(format!("http://{address}"));
        builder.access_token("token").retry(RetryPolicy::none())
    };
    let set = Duration::from_millis(200);
    for (builder, expected) in [
        (builder(), Duration::from_secs(10)),
        (builder().connect_timeout(set), set),
    ] {
        let client = builder.build().expect("it is set up right");
        let start = Instant::now();
        let error = client.get_personal_info().await;
        let Err(Error::Timeout { limit, after, .. }) = &error else {
            panic!("{error:?}")
        };
        assert_eq!((*limit, *after), (TimeLimit::Connect, Some(expected)));
        // Timers have a resolution of a millisecond.
        assert_eq!(start.elapsed().as_millis() / 10, expected.as_millis() / 10);
    }
}

#[tokio::test]
async fn memory_responds_to_newer_paths_and_below_the_path_of_a_base_url() {
    let server = MemoryTransport::new();
    server.answer(Route::GetPersonalInfo, json!({ "id": "me" }));
    server.answer_path(Method::GET, "/v3/mood", json!({ "mood": "good" }));
    for base_url in ["https://a.b", "https://a.b/proxy/oura"] {
        let builder = Client::builder().access_token("token").base_url(base_url);
        let client = builder.transport(server.clone()).build().expect("good");
        let me = client.get_personal_info().await.expect("a response");
        assert_eq!(me.id, "me");
        let mood = client
            .raw(Method::GET, "/v3/mood")
            .query("day", "today")
            .await;
        assert_eq!(mood.expect("a response"), json!({ "mood": "good" }));
        let other = client.raw(Method::POST, "/v3/mood").await;
        assert!(other.expect_err("there is no response").is_not_found());
    }
}

/// A limiter that grants all permits or none, and records the requests for them.
#[derive(Default)]
struct Recorder {
    failure: Option<fn() -> RateLimiterError>,
    acquired: Mutex<Vec<PermitRequest>>,
    limited: Mutex<Vec<Duration>>,
}

impl RateLimiter for Recorder {
    fn acquire(&self, request: PermitRequest) -> PermitFuture<'_> {
        self.acquired
            .lock()
            .expect("no test panics with it")
            .push(request);
        let permit = self.failure.map_or(Ok(()), |failure| Err(failure()));
        Box::pin(std::future::ready(permit))
    }

    fn limited(&self, retry_after: Duration) {
        self.limited
            .lock()
            .expect("no test panics with it")
            .push(retry_after);
    }
}

#[tokio::test(start_paused = true)]
async fn a_custom_limiter_is_used_before_each_attempt() {
    let server = MemoryTransport::new();
    let mut refusal = http::Response::new(bytes::Bytes::from_static(b"{}"));
    *refusal.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    server.respond(Route::GetPersonalInfo, refusal.clone());
    let header = HeaderValue::from_static("7");
    refusal.headers_mut().insert("retry-after", header);
    server.respond(Route::GetPersonalInfo, refusal.clone());
    // This limit is that of the call's token.
    let tier = HeaderValue::from_static("access_token");
    refusal.headers_mut().insert("x-ratelimit-tier", tier);
    server.respond(Route::GetPersonalInfo, refusal);
    server.answer(Route::GetPersonalInfo, json!({"id": "me"}));
    let limiter = Arc::new(Recorder::default());
    let builder = Client::builder().access_token("t").transport(server);
    let client = builder.rate_limiter(Arc::clone(&limiter)).build();
    let client = client.expect("it is set up right");
    client.get_personal_info().await.expect("the fourth time");
    let request = client.raw(Method::GET, "/v2/new");
    let total = Duration::from_secs(60);
    request
        .total_timeout(total)
        .await
        .expect_err("there is none");
    let acquired = limiter.acquired.lock().expect("no test panics with it");
    let routes: Vec<_> = acquired.iter().map(|request| request.route).collect();
    let known = Some(Route::GetPersonalInfo);
    assert_eq!(routes, [known, known, known, known, None]);
    assert_eq!(acquired[0].within, None);
    assert_eq!(acquired[4].within, Some(total));
    // The server named no wait, named one, and named one for the token, which is not passed on.
    let limited = limiter.limited.lock().expect("no test panics with it");
    assert_eq!(*limited, [Duration::ZERO, Duration::from_secs(7)]);
}

#[tokio::test]
async fn without_a_permit_nothing_is_sent() {
    let failures: [fn() -> RateLimiterError; 2] = [RateLimiterError::full, || {
        RateLimiterError::unavailable("the database is not available")
    }];
    for failure in failures {
        let server = MemoryTransport::new();
        let limiter = Recorder {
            failure: Some(failure),
            ..Recorder::default()
        };
        let builder = Client::builder()
            .access_token("t")
            .transport(server.clone());
        let client = builder
            .rate_limiter(limiter)
            .build()
            .expect("it is set up right");
        let error = client.get_personal_info().await.expect_err("no permit");
        assert!(error.is_retryable(), "{error}");
        assert_eq!(error.route(), Some(Route::GetPersonalInfo));
        match failure().is_full() {
            true => {
                let is_limit = matches!(&error, Error::Timeout { limit, .. }
                    if *limit == TimeLimit::RateLimit);
                assert!(is_limit, "{error:?}");
            }
            false => {
                assert!(matches!(error, Error::RateLimiter { .. }), "{error:?}");
                let cause = std::error::Error::source(&error).expect("it has a cause");
                assert_eq!(cause.to_string(), "the database is not available");
            }
        }
        assert!(server.requests().is_empty());
    }
}
