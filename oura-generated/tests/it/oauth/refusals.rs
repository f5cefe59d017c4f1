//! What the server refuses to a session, and what it costs: a refresh where that helps, none
//! where it does not.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::oauth_support::{
    AuthServer, Directory, Writes, access_token, issued, refresh_token, token,
};
use crate::support::Answer;
use oura_generated::http::{Request, StatusCode};
use oura_generated::models::Scope;
use oura_generated::oauth::{
    AuthorizationCode, FileStore, LockedStore, MemoryStore, OAuth, Session, StoreFuture, Token,
    TokenStore,
};
use oura_generated::{
    ApiErrorKind, Client, Error, MemoryTransport, Route, Transport, TransportFuture, bytes::Bytes,
};
use serde_json::json;

const LACKS_SPO2: &str = r#"{"detail":"Token is not authorized access spo2 scope."}"#;

/// A store that counts how often it is read.
#[derive(Clone, Default)]
struct Counted {
    store: MemoryStore,
    loads: Arc<AtomicUsize>,
}

impl Counted {
    fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }
}

impl TokenStore for Counted {
    fn load(&self) -> StoreFuture<'_, Option<Token>> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.store.load()
    }

    fn lock(&self, hold: Duration) -> StoreFuture<'_, Box<dyn LockedStore>> {
        self.store.lock(hold)
    }
}

async fn resume(oauth: &OAuth, store: impl TokenStore) -> Session {
    let session = oauth.resume(store).await.expect("it is readable");
    session.expect("a token")
}

fn client(server: &AuthServer, session: &Session) -> Client {
    let builder = server.client_builder().token_source(session.clone());
    builder.build().expect("it is set up right")
}

#[tokio::test]
async fn a_missing_scope_refreshes_nothing() {
    for status in [401, 403] {
        let server = AuthServer::start();
        server.state().refusal = Some(Answer::status(status, LACKS_SPO2));
        let store = Counted::default();
        store.save(&issued(1, 3600)).await.expect("memory has room");
        let session = resume(&server.oauth(), store.clone()).await;
        let client = client(&server, &session);
        let before = store.loads();
        for _ in 0..10 {
            let error = client
                .list_daily_spo2()
                .await
                .expect_err("a scope is missing");
            assert_eq!(error.missing_scope(), Some(&Scope::from("spo2")));
            assert!(!error.is_unauthorized() && !error.is_retryable(), "{error}");
            let text = error.to_string();
            assert!(text.contains("the scope `spo2`; request it"), "{text}");
            let Error::Api(error) = &error else {
                panic!("{error:?}")
            };
            let detail = "Token is not authorized access spo2 scope.";
            assert_eq!(error.detail.as_deref(), Some(detail));
        }
        assert_eq!(server.token_requests().len(), 0);
        let calls = server.requests(Route::ListDailySpo2.path_template());
        assert_eq!(calls.len(), 10);
        assert!(store.loads() - before <= 1, "the store is read each time");
    }
}

/// Never answers: no request may reach it.
struct Unreachable;

impl Transport for Unreachable {
    fn send(&self, _: Request<Bytes>) -> TransportFuture<'_> {
        Box::pin(pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_consent_of_another_process_is_found() {
    let server = MemoryTransport::new();
    let spo2 = Route::ListDailySpo2;
    let refusal: serde_json::Value = serde_json::from_str(LACKS_SPO2).expect("it is JSON");
    for _ in 0..3 {
        server.answer_with(spo2, StatusCode::UNAUTHORIZED, &refusal);
    }
    server.answer(spo2, json!({"data": [], "next_token": null}));
    let oauth = OAuth::builder("id", "secret", "http://localhost/callback");
    let oauth = oauth.transport(Unreachable).build();
    let oauth = oauth.expect("it is set up right");
    let store = Counted::default();
    store.save(&issued(1, 3600)).await.expect("memory has room");
    let session = resume(&oauth, store.clone()).await;
    let client = Client::builder().transport(server.clone());
    let client = client.token_source(session.clone()).build();
    let client = client.expect("it is set up right");
    client
        .list_daily_spo2()
        .await
        .expect_err("the store has no other");
    store.save(&issued(2, 0)).await.expect("memory has room");
    client
        .list_daily_spo2()
        .await
        .expect_err("it was read just now");
    tokio::time::sleep(Duration::from_secs(31)).await;
    client.list_daily_spo2().await.expect("the new token");
    assert_eq!(session.current_token().access.expose(), access_token(2));
    assert_eq!(server.requests().len(), 4);
    assert_eq!(store.loads(), 3);
}

#[tokio::test]
async fn a_token_that_is_refused_even_when_fresh_costs_one_refresh() {
    let server = AuthServer::start();
    server.state().refusal = Some(Answer::status(401, r#"{"detail":"Unauthorized"}"#));
    let directory = Directory::new();
    let file = FileStore::new(directory.file());
    file.save(&issued(1, 3600)).await.expect("there is room");
    // As two processes have it: two sessions of two stores in one file.
    let one = resume(&server.oauth(), FileStore::new(directory.file())).await;
    let two = resume(&server.oauth(), FileStore::new(directory.file())).await;
    for _ in 0..5 {
        for session in [&one, &two] {
            let error = client(&server, session).get_personal_info().await;
            let error = error.expect_err("it is refused");
            assert!(
                matches!(&error, Error::Api(e) if e.kind == ApiErrorKind::Unauthorized),
                "{error:?}"
            );
            assert!(error.is_unauthorized());
        }
    }
    // Nor does a third one that starts later.
    let three = resume(&server.oauth(), file).await;
    let error = client(&server, &three).get_personal_info().await;
    assert!(error.is_err_and(|error| error.is_unauthorized()));
    assert_eq!(server.token_requests().len(), 1);
    for session in [one, two] {
        assert_eq!(session.current_token().access.expose(), access_token(2));
    }
}

#[tokio::test]
async fn the_store_is_read_before_a_refused_token_is_refreshed() {
    // Young or old: what another process has stored since is taken.
    for age in [0, 3600] {
        let server = AuthServer::start();
        server.state().number = 2;
        let store = MemoryStore::new();
        store.save(&issued(1, age)).await.expect("memory has room");
        let session = resume(&server.oauth(), store.clone()).await;
        store.save(&issued(2, 0)).await.expect("memory has room");
        let me = client(&server, &session).get_personal_info().await;
        me.expect("the stored token");
        assert_eq!(server.token_requests().len(), 0);
    }
}

#[tokio::test]
async fn an_age_survives_the_store() {
    let server = AuthServer::start();
    let oauth = server.oauth();
    let exchanged = oauth.exchange(AuthorizationCode::new("c")).await;
    let exchanged = exchanged.expect("a token");
    let refreshed = oauth.refresh(&exchanged).await.expect("a token");
    for token in [exchanged, refreshed] {
        assert!(token.issued_at.is_some());
        assert_eq!(Token::from_json(&token.to_json()), Some(token));
    }
    // Earlier versions wrote how long the token is good for.
    let old = r#"{"access_token":"a","expires_at":1000,"expires_in":400}"#;
    let old = Token::from_json(old).expect("a token");
    let issued_at = old.issued_at.expect("it follows").unix_timestamp();
    assert_eq!(issued_at, 600);
    let elsewhere = Token::from_json(r#"{"access_token":"a","expires_at":1000}"#);
    assert_eq!(elsewhere.expect("a token").issued_at, None);
}

#[tokio::test]
async fn scopes_are_read_without_the_servers_prefix_and_sent_without_it() {
    let stored = r#"{"access_token":"a","scope":"extapi:daily extapi:spo2 workout daily"}"#;
    let stored = Token::from_json(stored).expect("a token");
    let names: Vec<_> = stored.scopes.iter().map(Scope::as_str).collect();
    assert_eq!(names, ["daily", "spo2", "workout"]);
    let server = AuthServer::start();
    let body = r#"{"access_token":"a","scope":"extapi:heartrate extapi:daily"}"#;
    server.script(Answer::json(body));
    let oauth = server.oauth();
    let token = oauth.exchange(AuthorizationCode::new("c")).await;
    let token = token.expect("a token");
    assert_eq!(token.scopes, [Scope::Heartrate, Scope::Daily]);
    let url = oauth
        .authorize([Scope::from("extapi:daily")])
        .expect("a URL")
        .url;
    assert!(url.contains("scope=daily&"), "{url}");
}

#[tokio::test]
async fn a_session_says_what_was_granted() {
    let oauth = AuthServer::start().oauth();
    let granted = |scopes: &[Scope], route| {
        let mut token = token(1, 3600);
        token.scopes = scopes.to_vec();
        oauth.session(token, MemoryStore::new()).granted(route)
    };
    let daily = [Scope::Daily];
    assert_eq!(granted(&daily, Route::ListDailySleep), Some(true));
    assert_eq!(granted(&daily, Route::ListWorkout), Some(false));
    // Any token will do.
    assert_eq!(granted(&daily, Route::GetPersonalInfo), Some(true));
    assert_eq!(granted(&[], Route::GetPersonalInfo), Some(true));
    // The server said nothing.
    assert_eq!(granted(&[], Route::ListDailySleep), None);
}

#[tokio::test]
async fn a_wrong_token_url_is_named() {
    let server = AuthServer::start();
    let body = r#"{"error":"invalid_request","error_description":"SECRET"}"#;
    server.script(Answer::status(400, body));
    let store = MemoryStore::new();
    store.save(&token(1, -5)).await.expect("memory has room");
    let session = resume(&server.oauth(), store.clone()).await;
    let error = client(&server, &session).get_personal_info().await;
    let error = error.expect_err("no token");
    let text = error.to_string();
    let url = format!("{}/oauth/token", server.url);
    for part in [&*url, "newer developer portal", "`OAuthBuilder::token_url`"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("SECRET"), "{text}");
    assert!(!error.is_unauthorized() && !error.is_retryable());
    let left = store.load().await.expect("it is readable");
    let left = left.expect("a token").refresh.expect("it is not spent");
    assert_eq!(left.expose(), refresh_token(1));
    assert_eq!(server.token_requests().len(), 1);
    // A page that is no token URL at all.
    server.script(Answer::status(404, "<html>SECRET</html>"));
    let error = server.oauth().exchange(AuthorizationCode::new("c")).await;
    let error = error.expect_err("no token");
    assert!(error.to_string().contains(&url), "{error}");
}

#[tokio::test]
async fn a_store_that_is_down_hides_no_refusal_of_a_young_token() {
    let server = AuthServer::start();
    server.state().refusal = Some(Answer::status(401, "{}"));
    let directory = Directory::new();
    let store = FileStore::new(directory.file());
    store.save(&issued(1, 60)).await.expect("there is room");
    let session = resume(&server.oauth(), store).await;
    std::fs::remove_file(directory.file()).expect("it is there");
    // What cannot be read as a file.
    std::fs::create_dir(directory.file()).expect("there is room");
    let error = client(&server, &session).get_personal_info().await;
    let error = error.expect_err("it is refused");
    assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED), "{error:?}");
}
