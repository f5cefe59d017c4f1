//! A session refreshes its token when it is due, one refresh at a time, and never loses it.

use std::fmt::Debug;
use std::future::{pending, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::oauth_support::{
    AuthServer, Directory, HOLD, Writes, access_token, field, refresh_token, token,
};
use crate::support::Answer;
use oura_generated::models::Scope;
use oura_generated::oauth::{
    AuthorizationCode, Ended, FileStore, LockedStore, MemoryStore, MemoryStores, OAuth, OAuthError,
    Session, Sessions, StoreError, StoreFuture, Token, TokenStore,
};
use oura_generated::{
    Client, Error, Route, TokenSource, Transport, TransportFuture, bytes::Bytes, http,
};

fn client(server: &AuthServer, session: &Session) -> Client {
    let builder = server.client_builder().token_source(session.clone());
    builder.build().expect("it is set up right")
}

/// The access token in a store.
async fn stored(store: &impl TokenStore) -> Option<String> {
    let token = store.load().await.expect("it is readable");
    token.map(|token| token.access.expose().to_owned())
}

/// Waits until a condition holds, for at most ten seconds.
async fn until(mut is_so: impl FnMut() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), wait).await;
    in_time.expect("the condition holds in time");
}

/// A store whose lock excludes nobody, and which fails on request.
#[derive(Clone, Default)]
struct PlainStore {
    token: Arc<Mutex<Option<Token>>>,
    failures: Arc<AtomicUsize>,
    /// Tokens that `load` returns first, the last one first.
    older: Arc<Mutex<Vec<Token>>>,
}

impl PlainStore {
    fn set(&self, token: Option<Token>) {
        *self.token.lock().expect("no test panics with it") = token;
    }

    fn number(&self) -> Option<String> {
        let token = self.token.lock().expect("no test panics with it");
        token.as_ref().map(|token| token.access.expose().to_owned())
    }

    fn fail(&self, times: usize) {
        self.failures.store(times, Ordering::SeqCst);
    }

    fn attempt(&self, token: Option<Token>) -> Result<(), StoreError> {
        let fails = |left: usize| left.checked_sub(1);
        if self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails)
            .is_ok()
        {
            let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
            return Err(StoreError::new("the disk is full", full));
        }
        self.set(token);
        Ok(())
    }
}

impl TokenStore for PlainStore {
    fn load(&self) -> StoreFuture<'_, Option<Token>> {
        let next = self.older.lock().expect("no test panics with it").pop();
        if next.is_some() {
            return Box::pin(ready(Ok(next)));
        }
        let token = self.token.lock().expect("no test panics with it").clone();
        Box::pin(ready(Ok(token)))
    }

    fn lock(&self, _: Duration) -> StoreFuture<'_, Box<dyn LockedStore>> {
        let everybody = Box::new(self.clone());
        Box::pin(ready(Ok(everybody as _)))
    }
}

impl LockedStore for PlainStore {
    fn load(&mut self) -> StoreFuture<'_, Option<Token>> {
        TokenStore::load(self)
    }

    fn save<'a>(&'a mut self, token: &'a Token) -> StoreFuture<'a, ()> {
        Box::pin(ready(self.attempt(Some(token.clone()))))
    }

    fn remove(&mut self) -> StoreFuture<'_, ()> {
        Box::pin(ready(self.attempt(None)))
    }

    fn release(self: Box<Self>) -> StoreFuture<'static, ()> {
        Box::pin(ready(Ok(())))
    }
}

#[tokio::test]
async fn a_valid_token_is_not_refreshed() {
    let server = AuthServer::start();
    let session = server.oauth().session(token(1, 3600), MemoryStore::new());
    let client = client(&server, &session);
    client.get_personal_info().await.expect("an answer");
    client.get_personal_info().await.expect("an answer");
    assert_eq!(server.token_requests().len(), 0);
}

#[tokio::test]
async fn a_token_is_refreshed_before_it_ends() {
    let server = AuthServer::start();
    let store = MemoryStore::new();
    // The margin is five minutes.
    let session = server.oauth().session(token(1, 240), store.clone());
    let client = client(&server, &session);
    client.get_personal_info().await.expect("an answer");
    client.get_personal_info().await.expect("an answer");
    let requests = server.token_requests();
    let [request] = &requests[..] else {
        panic!("{requests:?}")
    };
    assert_eq!(field(request, "grant_type"), Some("refresh_token"));
    assert_eq!(field(request, "refresh_token"), Some("SECRET-refresh-1"));
    assert_eq!(field(request, "client_id"), Some("id-1"));
    assert_eq!(field(request, "client_secret"), Some("SECRET-client"));
    let calls = server.requests(Route::GetPersonalInfo.path_template());
    assert_eq!(calls.len(), 2, "a call was refused");
    assert_eq!(stored(&store).await, Some(access_token(2)));
}

#[tokio::test]
async fn the_margin_before_the_end_can_be_set() {
    for (margin, seconds, refreshes) in [(60, 240, 0), (7200, 3600, 1)] {
        let server = AuthServer::start();
        let oauth = server.oauth_builder();
        let oauth = oauth.refresh_margin(Duration::from_secs(margin)).build();
        let oauth = oauth.expect("it is set up right");
        let session = oauth.session(token(1, seconds), MemoryStore::new());
        let answer = client(&server, &session).get_personal_info().await;
        answer.expect("an answer");
        assert_eq!(server.token_requests().len(), refreshes, "{margin}");
    }
}

#[tokio::test]
async fn a_short_lived_token_is_not_refreshed_at_each_call() {
    let server = AuthServer::start();
    server.state().expires_in = 60.into();
    let session = server.oauth().session(token(1, -5), MemoryStore::new());
    let client = client(&server, &session);
    for _ in 0..3 {
        client.get_personal_info().await.expect("an answer");
    }
    assert_eq!(server.token_requests().len(), 1);
}

#[tokio::test]
async fn a_refused_call_refreshes_the_token_once() {
    let server = AuthServer::start();
    server.state().number = 7;
    let mut revoked = token(7, 3600);
    revoked.access = "revoked".into();
    let session = server.oauth().session(revoked, MemoryStore::new());
    let client = client(&server, &session);
    client.get_personal_info().await.expect("an answer");
    assert_eq!(server.token_requests().len(), 1);
    assert_eq!(session.current_token().access.expose(), access_token(8));
}

/// The number of refreshes for 20 concurrent calls of two clients of one session.
async fn refreshes_of_many_calls(token: Token) -> usize {
    let server = AuthServer::start();
    server.state().delay = Duration::from_millis(100);
    // The store has no lock: the session itself allows one refresh at a time.
    let session = server.oauth().session(token, PlainStore::default());
    let clients = [(); 2].map(|()| client(&server, &session.clone()));
    let calls = (0..20).map(|number| {
        let client = clients[number % 2].clone();
        tokio::spawn(async move { client.get_personal_info().await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.expect("no panic").expect("an answer");
    }
    server.token_requests().len()
}

#[tokio::test]
async fn concurrent_calls_refresh_once() {
    assert_eq!(refreshes_of_many_calls(token(1, -5)).await, 1);
}

#[tokio::test]
async fn concurrent_refused_calls_refresh_once() {
    let mut revoked = token(1, 3600);
    revoked.access = "revoked".into();
    assert_eq!(refreshes_of_many_calls(revoked).await, 1);
}

#[tokio::test]
async fn concurrent_calls_fail_after_one_refresh_attempt() {
    let server = AuthServer::start();
    server.script(Answer::status(503, "").after(Duration::from_millis(200)));
    let session = server.oauth().session(token(1, -5), MemoryStore::new());
    let all = client(&server, &session);
    let calls = (0..5).map(|_| {
        let client = all.clone();
        tokio::spawn(async move { client.get_personal_info().await })
    });
    for call in calls.collect::<Vec<_>>() {
        let error = call.await.expect("no panic").expect_err("no token");
        assert!(matches!(error, Error::Credentials { .. }), "{error:?}");
        assert!(error.is_retryable() && !error.is_unauthorized(), "{error}");
    }
    assert_eq!(server.token_requests().len(), 1);
    let answer = client(&server, &session).get_personal_info().await;
    answer.expect("the server is back");
}

#[tokio::test]
async fn a_cancelled_call_does_not_lose_the_refreshed_token() {
    let server = AuthServer::start();
    server.state().delay = Duration::from_millis(300);
    let store = MemoryStore::new();
    let session = server.oauth().session(token(1, -5), store.clone());
    let client = client(&server, &session);
    let call = tokio::spawn(client.get_personal_info().send());
    // The server has rotated the token, but not answered yet.
    until(|| server.state().number == 2).await;
    call.abort();
    assert!(call.await.is_err_and(|error| error.is_cancelled()));
    client.get_personal_info().await.expect("the rotated token");
    session.save().await.expect("memory has room");
    assert_eq!(server.token_requests().len(), 1);
    assert_eq!(stored(&store).await, Some(access_token(2)));
}

#[tokio::test]
async fn a_newer_token_in_the_store_is_adopted() {
    let server = AuthServer::start();
    let store = MemoryStore::new();
    let one = server.oauth().session(token(1, 240), store.clone());
    one.save().await.expect("memory has room");
    let two = server.oauth().resume(store.clone()).await;
    let two = two.expect("it is readable").expect("a token");
    client(&server, &one)
        .get_personal_info()
        .await
        .expect("an answer");
    client(&server, &two)
        .get_personal_info()
        .await
        .expect("an answer");
    assert_eq!(server.token_requests().len(), 1);
}

#[tokio::test]
async fn a_used_up_token_does_not_replace_a_newer_one() {
    // Due at once, and due only for the session whose call is refused.
    for (seconds, is_refused) in [(240, false), (3600, true)] {
        let server = AuthServer::start();
        let store = MemoryStore::new();
        let oauth = server.oauth();
        let [one, two] = [(); 2].map(|()| oauth.session(token(1, seconds), store.clone()));
        if is_refused {
            let rejected = one.current_token().access;
            one.fresh_token(&rejected).await.expect("a token");
        }
        client(&server, &one)
            .get_personal_info()
            .await
            .expect("an answer");
        client(&server, &two)
            .get_personal_info()
            .await
            .expect("an answer");
        two.save().await.expect("memory has room");
        assert_eq!(server.token_requests().len(), 1);
        assert_eq!(stored(&store).await, Some(access_token(2)));
        assert_eq!(two.current_token().access.expose(), access_token(2));
    }
}

#[tokio::test]
async fn an_authorization_replaces_an_older_token() {
    let server = AuthServer::start();
    let store = MemoryStore::new();
    store.save(&token(9, 60)).await.expect("memory has room");
    let session = server.oauth().session(token(1, 3600), store.clone());
    session.save().await.expect("memory has room");
    assert_eq!(stored(&store).await, Some(access_token(1)));
    // It also replaces one that expires later, but was not issued to this crate.
    store.save(&token(9, 900_000)).await.expect("room");
    let code = AuthorizationCode::new("c");
    let new = server.oauth().exchange(code).await.expect("a token");
    let session = server.oauth().session(new, store.clone());
    session.save().await.expect("memory has room");
    assert_eq!(stored(&store).await, Some(access_token(2)));
}

#[tokio::test]
async fn the_old_refresh_token_is_kept_only_if_no_new_one_came() {
    let server = AuthServer::start();
    server.state().gives_refresh_token = false;
    let mut first = token(1, -5);
    first.scopes = vec![Scope::Daily];
    let session = server.oauth().session(first, MemoryStore::new());
    client(&server, &session)
        .get_personal_info()
        .await
        .expect("an answer");
    assert_eq!(session.current_token().access.expose(), access_token(2));
    // The scopes are kept too.
    assert_eq!(session.current_token().scopes, [Scope::Daily]);
    let refresh = |session: &Session| {
        session
            .current_token()
            .refresh
            .expect("one")
            .expose()
            .to_owned()
    };
    assert_eq!(refresh(&session), refresh_token(1));
    let server = AuthServer::start();
    let session = server.oauth().session(token(1, -5), MemoryStore::new());
    client(&server, &session)
        .get_personal_info()
        .await
        .expect("an answer");
    assert_eq!(refresh(&session), refresh_token(2));
}

#[tokio::test]
async fn a_failing_store_does_not_lose_the_token() {
    let server = AuthServer::start();
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let oauth = server.oauth_builder().on_save_error(move |error| {
        assert_eq!(error.to_string(), "the disk is full");
        count.fetch_add(1, Ordering::SeqCst);
    });
    let oauth = oauth.build().expect("it is set up right");
    let store = PlainStore::default();
    store.set(Some(token(1, -5)));
    let session = oauth.resume(store.clone()).await;
    let session = session.expect("it is readable").expect("a token");
    store.fail(2);
    let client = client(&server, &session);
    // The token is in memory: the call goes on.
    client.get_personal_info().await.expect("an answer");
    assert_eq!(told.load(Ordering::SeqCst), 1);
    assert_eq!(stored(&store).await, Some(access_token(1)));
    let error = session.save().await.expect_err("the disk is still full");
    assert!(matches!(error, OAuthError::Store(_)), "{error:?}");
    // The next call stores it, without waiting for it.
    client.get_personal_info().await.expect("an answer");
    until(|| store.number() == Some(access_token(2))).await;
    session.save().await.expect("there is room");
    assert_eq!(told.load(Ordering::SeqCst), 2);
    assert_eq!(server.token_requests().len(), 1);
}

#[tokio::test]
async fn an_unsaved_token_survives_the_rejection_of_the_stored_one() {
    let server = AuthServer::start();
    let store = PlainStore::default();
    store.set(Some(token(1, -5)));
    let session = server.oauth().resume(store.clone()).await;
    let session = session.expect("it is readable").expect("a token");
    store.fail(1);
    let client = client(&server, &session);
    client.get_personal_info().await.expect("an answer");
    // Another process was refused the used token, and has stored it without its refresh token.
    let mut refused = token(1, -5);
    refused.refresh = None;
    store.set(Some(refused));
    session.save().await.expect("there is room");
    assert_eq!(stored(&store).await, Some(access_token(2)));
    client.get_personal_info().await.expect("an answer");
}

#[tokio::test]
async fn an_unsaved_token_is_refreshed_too() {
    let server = AuthServer::start();
    server.state().expires_in = 1.into();
    let store = PlainStore::default();
    store.set(Some(token(1, -5)));
    let session = server.oauth().resume(store.clone()).await;
    let session = session.expect("it is readable").expect("a token");
    store.fail(1);
    let client = client(&server, &session);
    client.get_personal_info().await.expect("an answer");
    // The stored token is older, not newer.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    client.get_personal_info().await.expect("an answer");
    assert_eq!(stored(&store).await, Some(access_token(3)));
}

#[tokio::test]
async fn a_rejected_refresh_is_final() {
    let server = AuthServer::start();
    server.state().number = 9;
    let store = MemoryStore::new();
    let session = server.oauth().session(token(1, -5), store.clone());
    session.save().await.expect("memory has room");
    let client = client(&server, &session);
    for _ in 0..3 {
        let error = client.get_personal_info().await.expect_err("no token");
        assert!(
            error.is_unauthorized() && !error.is_retryable(),
            "{error:?}"
        );
        assert!(error.to_string().contains("authorize again"), "{error}");
        let Error::Credentials {
            source: Some(source),
            ..
        } = &error
        else {
            panic!("{error:?}")
        };
        let error = source.downcast_ref().expect("an error of the session");
        assert!(matches!(error, OAuthError::AuthorizeAgain(Ended::Rejected)));
    }
    assert_eq!(server.token_requests().len(), 1, "it was sent again");
    // A later authorization, by any process.
    store.save(&token(9, 3600)).await.expect("memory has room");
    client.get_personal_info().await.expect("an answer");
}

#[tokio::test]
async fn a_refused_refresh_token_is_not_sent_again_after_a_restart() {
    let server = AuthServer::start();
    server.state().number = 9;
    let directory = Directory::new();
    let store = FileStore::new(directory.file());
    store.save(&token(1, -5)).await.expect("there is room");
    for _ in 0..3 {
        let session = server.oauth().resume(store.clone()).await;
        let session = session.expect("it is readable").expect("a token");
        let error = client(&server, &session).get_personal_info().await;
        let error = error.expect_err("no token");
        assert!(error.is_unauthorized(), "{error:?}");
    }
    assert_eq!(server.token_requests().len(), 1, "it was sent again");
    let left = store
        .load()
        .await
        .expect("it is readable")
        .expect("a token");
    assert_eq!(left.refresh, None);
    assert_eq!(left.access.expose(), access_token(1));
    // The user authorizes again.
    let session = server.oauth().session(token(9, 3600), store.clone());
    session.save().await.expect("there is room");
    let session = server.oauth().resume(store.clone()).await;
    let session = session.expect("it is readable").expect("a token");
    let answer = client(&server, &session).get_personal_info().await;
    answer.expect("the new token");
}

#[tokio::test]
async fn a_rejected_refresh_without_a_known_code_is_final() {
    for answer in [
        Answer::status(400, r#"{"detail":"x"}"#),
        Answer::status(401, r#"{"error":"token_is_gone"}"#),
        Answer::status(400, r#"{"error":{"code":7}}"#),
    ] {
        let server = AuthServer::start();
        server.script(answer);
        let session = server.oauth().session(token(1, -5), MemoryStore::new());
        let client = client(&server, &session);
        for _ in 0..3 {
            let error = client.get_personal_info().await.expect_err("no token");
            assert!(error.is_unauthorized(), "{error:?}");
        }
        assert_eq!(server.token_requests().len(), 1, "it was sent again");
    }
}

#[tokio::test]
async fn an_error_not_about_the_token_is_not_final() {
    for answer in [
        Answer::status(400, r#"{"error":"temporarily_unavailable"}"#),
        Answer::status(401, r#"{"error":"invalid_client"}"#),
        Answer::status(400, "<html></html>"),
        Answer::status(403, r#"{"detail":"x"}"#),
    ] {
        let server = AuthServer::start();
        server.script(answer);
        let session = server.oauth().session(token(1, -5), MemoryStore::new());
        let client = client(&server, &session);
        let error = client.get_personal_info().await.expect_err("no token");
        assert!(!error.is_unauthorized(), "{error:?}");
        client.get_personal_info().await.expect("a later refresh");
    }
}

#[tokio::test]
async fn without_a_lock_the_token_of_the_faster_session_is_adopted() {
    let server = AuthServer::start();
    server.state().number = 2;
    let store = PlainStore::default();
    store.set(Some(token(1, -5)));
    let session = server.oauth().resume(store.clone()).await;
    let session = session.expect("it is readable").expect("a token");
    // Another process has refreshed, and stores its token while ours is refused.
    store.set(Some(token(2, 3600)));
    *store.older.lock().expect("no test panics with it") = vec![token(1, -5)];
    let answer = client(&server, &session).get_personal_info().await;
    answer.expect("the other's token");
}

#[tokio::test]
async fn a_token_without_a_refresh_token_expires() {
    let server = AuthServer::start();
    let mut last = token(1, 60);
    last.refresh = None;
    let session = server.oauth().session(last, MemoryStore::new());
    let answer = client(&server, &session).get_personal_info().await;
    answer.expect("it is valid for another minute");
    let mut token = token(1, -5);
    token.refresh = None;
    let session = server.oauth().session(token, MemoryStore::new());
    let error = client(&server, &session).get_personal_info().await;
    let error = error.expect_err("it has ended");
    assert!(error.is_unauthorized(), "{error:?}");
    assert_eq!(server.token_requests().len(), 0);
}

#[tokio::test]
async fn a_failed_refresh_is_not_reported_while_the_token_is_valid() {
    let server = AuthServer::start();
    for answer in [
        Answer::status(503, ""),
        Answer::json("<html>SECRET</html>"),
        Answer::json(r#"{"access_token":"SECRET","expires_in":-1}"#),
        Answer::status(401, r#"{"error":"invalid_client"}"#),
    ] {
        server.script(answer);
        // Due, but valid for another minute.
        let session = server.oauth().session(token(1, 60), MemoryStore::new());
        let client = client(&server, &session);
        let before = server.token_requests().len();
        client.get_personal_info().await.expect("an answer");
        client.get_personal_info().await.expect("an answer");
        assert_eq!(
            server.token_requests().len() - before,
            1,
            "it was repeated at once"
        );
    }
}

#[tokio::test]
async fn an_invalid_token_response_is_refused_and_never_shown() {
    let server = AuthServer::start();
    for answer in [
        Answer::json("<html>SECRET</html>"),
        Answer::json(r#"{"access_token":""}"#),
        Answer::json(r#"{"access_token":"SECRET","refresh_token":""}"#),
        Answer::json("SECRET".repeat(1 << 18)),
    ] {
        server.script(answer);
        let session = server.oauth().session(token(1, -5), MemoryStore::new());
        let error = client(&server, &session).get_personal_info().await;
        let error = error.expect_err("no token");
        assert!(!error.is_unauthorized(), "{error:?}");
        let shown = format!("{error} {error:?} {session:?}");
        assert!(!shown.contains("SECRET"), "{shown}");
        assert_eq!(session.current_token().access.expose(), access_token(1));
    }
}

#[tokio::test]
async fn a_logout_removes_and_revokes_the_token() {
    let server = AuthServer::start();
    let oauth = server.oauth_builder();
    let oauth = oauth.revocation_url(format!("{}/oauth/revoke", server.url));
    let oauth = oauth.build().expect("it is set up right");
    let store = MemoryStore::new();
    let session = oauth.session(token(1, 3600), store.clone());
    session.save().await.expect("memory has room");
    session.logout().await.expect("it is revoked");
    assert_eq!(stored(&store).await, None);
    assert_eq!(server.requests("/oauth/revoke").len(), 2);
    let error = client(&server, &session).get_personal_info().await;
    let error = error.expect_err("the user has logged out");
    assert!(error.is_unauthorized(), "{error:?}");
    // The session does not touch another user's authorization.
    store.save(&token(1, 3600)).await.expect("memory has room");
    let error = client(&server, &session).get_personal_info().await;
    assert!(error.is_err());
    session.logout().await.expect("there is nothing to do");
    assert_eq!(stored(&store).await, Some(access_token(1)));
}

#[tokio::test]
async fn a_failed_revocation_is_repeated_by_the_next_logout() {
    let server = AuthServer::start();
    let oauth = server.oauth_builder();
    let oauth = oauth.revocation_url(format!("{}/oauth/revoke", server.url));
    let oauth = oauth.build().expect("it is set up right");
    let store = MemoryStore::new();
    let session = oauth.session(token(1, 3600), store.clone());
    session.save().await.expect("memory has room");
    let failures = [(); 2].map(|()| Answer::status(503, ""));
    server.state().revocation.extend(failures);
    for _ in 0..2 {
        let error = session.logout().await.expect_err("the server is down");
        assert!(matches!(error, OAuthError::Unavailable { .. }), "{error}");
        assert_eq!(stored(&store).await, None);
    }
    // Meanwhile the user has come back.
    store.save(&token(5, 3600)).await.expect("memory has room");
    session.logout().await.expect("it is revoked");
    let revoked = server.requests("/oauth/revoke");
    let revoked: Vec<_> = revoked.iter().filter_map(|r| field(r, "token")).collect();
    let (refresh, access) = (refresh_token(1), access_token(1));
    assert_eq!(revoked, [&refresh, &refresh, &refresh, &access]);
    session.logout().await.expect("there is nothing to do");
    assert_eq!(server.requests("/oauth/revoke").len(), 4);
    assert_eq!(stored(&store).await, Some(access_token(5)));
}

#[tokio::test]
async fn a_slow_revocation_does_not_hold_the_lock() {
    let server = AuthServer::start();
    let oauth = server.oauth_builder();
    let oauth = oauth.revocation_url(format!("{}/oauth/revoke", server.url));
    let oauth = oauth.timeout(Duration::from_secs(60)).build();
    let oauth = oauth.expect("it is set up right");
    let slow = Answer::json("").after(Duration::from_secs(60));
    server.state().revocation.push_back(slow);
    let store = MemoryStore::new();
    let session = oauth.session(token(1, 3600), store.clone());
    let logout = tokio::spawn(async move { session.logout().await });
    until(|| !server.requests("/oauth/revoke").is_empty()).await;
    let lock = tokio::time::timeout(Duration::from_secs(10), store.lock(HOLD)).await;
    let _lock = lock.expect("a revocation keeps it").expect("it is free");
    logout.abort();
}

/// Refreshes a token while `logout` deletes its record.
async fn refresh_during<S: TokenStore + Clone>(store: S, logout: impl AsyncFnOnce(OAuth, S)) {
    let server = AuthServer::start();
    server.state().delay = Duration::from_millis(300);
    let oauth = server.oauth_builder();
    let oauth = oauth.revocation_url(format!("{}/oauth/revoke", server.url));
    let oauth = oauth.build().expect("it is set up right");
    let session = oauth.session(token(1, 10), store.clone());
    session.save().await.expect("there is room");
    let call = {
        let client = client(&server, &session);
        tokio::spawn(async move { client.get_personal_info().await })
    };
    until(|| !server.token_requests().is_empty()).await;
    logout(oauth, store.clone()).await;
    let _ = call.await.expect("no panic");
    assert_eq!(stored(&store).await, None, "the token is back");
    // Neither a further call nor a further save stores it again.
    let _ = client(&server, &session).get_personal_info().await;
    let _ = session.save().await;
    assert_eq!(stored(&store).await, None, "the token is back");
    // The discarded token is revoked.
    let revoked = server.requests("/oauth/revoke");
    let revoked: Vec<_> = revoked.iter().filter_map(|r| field(r, "token")).collect();
    assert!(revoked.contains(&&*refresh_token(2)), "{revoked:?}");
}

#[tokio::test]
async fn a_refresh_that_ends_after_a_logout_is_discarded() {
    let log_out = async |oauth: OAuth, store: MemoryStore| {
        let session = oauth.resume(store).await.expect("it is readable");
        session.expect("a token").logout().await.expect("done");
    };
    // With a lock the logout waits for the refresh. It knows only the token that it replaced,
    // but removes the newer one.
    let store = MemoryStore::new();
    refresh_during(store, log_out).await;
}

#[tokio::test]
async fn without_a_lock_a_logout_is_not_undone_either() {
    refresh_during(PlainStore::default(), async |_, store: PlainStore| {
        store.remove().await.expect("it is removed");
    })
    .await;
}

#[tokio::test]
async fn removing_the_file_is_a_logout() {
    let directory = Directory::new();
    let store = FileStore::new(directory.file());
    refresh_during(store, async |_, store: FileStore| {
        std::fs::remove_file(store.path()).expect("it is there");
    })
    .await;
}

/// A transport that never answers the first request.
struct HangsOnce(AtomicUsize);

impl Transport for HangsOnce {
    fn send(&self, _: http::Request<Bytes>) -> TransportFuture<'_> {
        if self.0.fetch_add(1, Ordering::SeqCst) == 0 {
            return Box::pin(pending());
        }
        let body = Bytes::from_static(br#"{"access_token":"new","expires_in":86400}"#);
        Box::pin(ready(Ok(http::Response::new(body))))
    }
}

#[test]
fn without_a_runtime_there_is_an_error_and_no_panic() {
    fn outcome<T: Debug>(future: impl Future<Output = T>) -> T {
        let mut context = Context::from_waker(Waker::noop());
        match pin!(future).poll(&mut context) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => panic!("the future is never woken"),
        }
    }

    let server = AuthServer::start();
    let oauth = server.oauth();
    let directory = Directory::new();
    let file = FileStore::new(directory.file());
    let stored = outcome(oauth.resume(file)).expect_err("nothing can wait for a disk");
    assert!(matches!(stored, OAuthError::Store(_)), "{stored:?}");
    let session = oauth.session(token(1, 3600), MemoryStore::new());
    outcome(session.token()).expect("it is in memory");
    for error in [
        outcome(session.save()).expect_err("no task can store it"),
        outcome(oauth.exchange(AuthorizationCode::new("c"))).expect_err("no time limit"),
    ] {
        assert!(matches!(error, OAuthError::Config { .. }), "{error:?}");
    }
}

#[test]
fn a_session_outlives_a_runtime() {
    let oauth = OAuth::builder("id", "secret", "http://localhost/callback");
    let oauth = oauth.transport(HangsOnce(AtomicUsize::new(0))).build();
    let oauth = oauth.expect("it is set up right");
    let session = oauth.session(token(1, -5), MemoryStore::new());
    let run = |wait| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build().expect("a runtime");
        let token = async { tokio::time::timeout(wait, session.token()).await };
        runtime.block_on(token)
    };
    assert!(run(Duration::from_millis(50)).is_err(), "the server hangs");
    let token = run(Duration::from_secs(10))
        .expect("in time")
        .expect("a token");
    assert_eq!(token.expose(), "new");
}

#[cfg(feature = "blocking")]
#[test]
fn sessions_work_with_blocking_calls() {
    let server = AuthServer::start();
    let directory = Directory::new();
    let oauth = server.oauth();
    let code = AuthorizationCode::new("c");
    let token = oauth.exchange_blocking(code).expect("a token");
    let session = oauth.session(token, FileStore::new(directory.file()));
    session.save_blocking().expect("there is room");
    let me = client(&server, &session)
        .get_personal_info()
        .send_blocking();
    assert_eq!(me.expect("an answer").id, "me");
    let next = oauth
        .refresh_blocking(&session.current_token())
        .expect("a token");
    assert_eq!(next.access.expose(), access_token(3));
    let session = oauth.resume_blocking(FileStore::new(directory.file()));
    let session = session.expect("it is readable").expect("a token");
    session.logout_blocking().expect("it is removed");
    assert_eq!(directory.names(), ["token.json.lock"]);
}

#[cfg(feature = "blocking")]
#[test]
fn sessions_of_many_users_work_with_blocking_calls() {
    let server = AuthServer::start();
    let sessions = Sessions::new(server.oauth(), MemoryStores::new());
    let inserted = sessions.insert_blocking("alice", token(1, 3600));
    inserted.expect("memory has room");
    let session = sessions.get_blocking("alice").expect("it is readable");
    let client = client(&server, &session.expect("she is logged in"));
    let me = client.get_personal_info().send_blocking();
    assert_eq!(me.expect("an answer").id, "me");
    sessions.save_all_blocking().expect("memory has room");
    sessions.logout_blocking("alice").expect("it is removed");
    let session = sessions.get_blocking("alice").expect("it is readable");
    assert!(session.is_none());
}

#[cfg(feature = "blocking")]
#[tokio::test]
async fn a_blocking_call_inside_a_task_is_an_error_and_no_deadlock() {
    let server = AuthServer::start();
    let session = server.oauth().session(token(1, 60), MemoryStore::new());
    let error = session.save_blocking().expect_err("use `save`");
    assert!(matches!(error, OAuthError::Config { .. }), "{error:?}");
}
