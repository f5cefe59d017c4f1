//! Calls of a session that the server refuses: a refresh follows if that helps, and none if it does
//! not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use oura_generated::http::StatusCode;
use oura_generated::models::Scope;
use oura_generated::oauth::{
    AuthorizationCode, FileStore, LockedStore, MemoryStore, OAuth, Session, StoreFuture, Token,
    TokenStore,
};
use oura_generated::testing::{Fault, Target};
use oura_generated::{ApiErrorKind, Client, Error, MemoryTransport, Route};
use serde_json::json;

use super::{
    Directory, Writes, access_token, client, flow, issued, new_token, oauth, refresh_token,
    requests_to, scripted, server, token, token_requests, token_url, unsent,
};
use crate::support::response;

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

fn scripted_client(server: &MemoryTransport, session: &Session) -> Client {
    let client = Client::builder().transport(server.clone());
    let client = client.token_source(session.clone()).build();
    client.expect("it is set up right")
}

#[tokio::test]
async fn a_missing_scope_refreshes_nothing() {
    for status in [401, 403] {
        let server = MemoryTransport::new();
        server.respond(Route::ListDailySpo2, response(status, LACKS_SPO2));
        let oauth = flow(&server);
        let store = Counted::default();
        let old = issued(token(1, 0), 3600);
        store.save(&old).await.expect("memory has room");
        let session = resume(&oauth, store.clone()).await;
        let client = scripted_client(&server, &session);
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
        let calls = requests_to(&server, Route::ListDailySpo2.path_template());
        assert_eq!((calls.len(), server.requests().len()), (10, 10));
        assert!(store.loads() - before <= 1, "the store is read each time");
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
    let oauth = unsent();
    let store = Counted::default();
    let old = issued(token(1, 0), 3600);
    store.save(&old).await.expect("memory has room");
    let session = resume(&oauth, store.clone()).await;
    let client = scripted_client(&server, &session);
    client
        .list_daily_spo2()
        .await
        .expect_err("the store has no other");
    let new = issued(token(2, 0), 0);
    store.save(&new).await.expect("memory has room");
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
    let (oura, alice) = server();
    let _refusal = oura.fail(Target::AnyRoute, Fault::Status(401));
    let oauth = oauth(&oura);
    let directory = Directory::new();
    let file = FileStore::new(directory.file());
    let first = issued(alice.token(), 3600);
    file.save(&first).await.expect("there is room");
    // Two sessions with two stores on one file, like two processes.
    let one = resume(&oauth, FileStore::new(directory.file())).await;
    let two = resume(&oauth, FileStore::new(directory.file())).await;
    for _ in 0..5 {
        for session in [&one, &two] {
            let error = client(&oura, session).get_personal_info().await;
            let error = error.expect_err("it is refused");
            assert!(
                matches!(&error, Error::Api(e) if e.kind == ApiErrorKind::Unauthorized),
                "{error:?}"
            );
            assert!(error.is_unauthorized());
        }
    }
    // Nor does a third one that starts later.
    let three = resume(&oauth, file).await;
    let error = client(&oura, &three).get_personal_info().await;
    assert!(error.is_err_and(|error| error.is_unauthorized()));
    assert_eq!(token_requests(&oura), 1);
    assert_ne!(alice.token().access, first.access);
    for session in [one, two] {
        assert_eq!(session.current_token().access, alice.token().access);
    }
}

#[tokio::test]
async fn the_store_is_read_before_a_refused_token_is_refreshed() {
    // Young or old: a token that another process has stored since is used.
    for age in [0, 3600] {
        let (oura, alice) = server();
        let oauth = oauth(&oura);
        let store = MemoryStore::new();
        let old = issued(alice.token(), age);
        store.save(&old).await.expect("memory has room");
        let session = resume(&oauth, store.clone()).await;
        alice.expire_token();
        let new = oauth.refresh(&old).await.expect("a token");
        store.save(&new).await.expect("memory has room");
        let me = client(&oura, &session).get_personal_info().await;
        me.expect("the stored token");
        assert_eq!(token_requests(&oura), 1, "that of the other process");
    }
}

#[tokio::test]
async fn an_age_survives_the_store() {
    let server = token_url([new_token(2), new_token(3)]);
    let oauth = flow(&server);
    let exchanged = oauth.exchange(AuthorizationCode::new("c")).await;
    let exchanged = exchanged.expect("a token");
    let refreshed = oauth.refresh(&exchanged).await.expect("a token");
    for token in [exchanged, refreshed] {
        assert!(token.issued_at.is_some());
        assert_eq!(Token::from_json(&token.to_json()), Some(token));
    }
    // Earlier versions wrote the lifetime of the token.
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
    let body = r#"{"access_token":"a","scope":"extapi:heartrate extapi:daily"}"#;
    let server = token_url([response(200, body)]);
    let oauth = flow(&server);
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
    let oauth = unsent();
    let granted = |scopes: &[Scope], route| {
        let mut token = token(1, 3600);
        token.scopes = scopes.to_vec();
        oauth.session(token, MemoryStore::new()).granted(route)
    };
    let daily = [Scope::Daily];
    assert_eq!(granted(&daily, Route::ListDailySleep), Some(true));
    assert_eq!(granted(&daily, Route::ListWorkout), Some(false));
    // The route accepts any token.
    assert_eq!(granted(&daily, Route::GetPersonalInfo), Some(true));
    assert_eq!(granted(&[], Route::GetPersonalInfo), Some(true));
    // The server did not say which scopes were granted.
    assert_eq!(granted(&[], Route::ListDailySleep), None);
}

#[tokio::test]
async fn a_wrong_token_url_is_named() {
    let body = r#"{"error":"invalid_request","error_description":"SECRET"}"#;
    // Then a page that is not a token URL at all.
    let server = token_url([response(400, body), response(404, "<html>SECRET</html>")]);
    let url = "https://auth.invalid/oauth/token";
    let oauth = scripted(&server).token_url(url).build();
    let oauth = oauth.expect("it is set up right");
    let store = MemoryStore::new();
    store.save(&token(1, -5)).await.expect("memory has room");
    let session = resume(&oauth, store.clone()).await;
    let error = scripted_client(&server, &session).get_personal_info().await;
    let error = error.expect_err("no token");
    let text = error.to_string();
    for part in [url, "newer developer portal", "`OAuthBuilder::token_url`"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("SECRET"), "{text}");
    assert!(!error.is_unauthorized() && !error.is_retryable());
    let left = store.load().await.expect("it is readable");
    let left = left.expect("a token").refresh.expect("it is not spent");
    assert_eq!(left.expose(), refresh_token(1));
    assert_eq!(server.requests().len(), 1);
    let error = oauth.exchange(AuthorizationCode::new("c")).await;
    let error = error.expect_err("no token");
    assert!(error.to_string().contains(url), "{error}");
}

#[tokio::test]
async fn a_store_that_is_down_hides_no_refusal_of_a_young_token() {
    let (oura, alice) = server();
    let _refusal = oura.fail(Target::AnyRoute, Fault::Status(401));
    let directory = Directory::new();
    let store = FileStore::new(directory.file());
    let young = issued(alice.token(), 60);
    store.save(&young).await.expect("there is room");
    let session = resume(&oauth(&oura), store).await;
    std::fs::remove_file(directory.file()).expect("it is there");
    // A directory cannot be read as a file.
    std::fs::create_dir(directory.file()).expect("there is room");
    let error = client(&oura, &session).get_personal_info().await;
    let error = error.expect_err("it is refused");
    assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED), "{error:?}");
}
