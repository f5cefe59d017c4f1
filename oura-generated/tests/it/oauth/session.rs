//! A session refreshes its token when it is due, one refresh at a time, and never loses it.

use std::fmt::Debug;
use std::future::{pending, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use oura_generated::http::Method;
use oura_generated::models::Scope;
use oura_generated::oauth::{
    AuthorizationCode, Ended, FileStore, LockedStore, MemoryStore, OAuth, OAuthError, Session,
    StoreError, StoreFuture, Token, TokenStore,
};
use oura_generated::testing::{Fault, Oura, Target, User};
use oura_generated::{
    Client, Error, MemoryTransport, Route, TokenSource, Transport, TransportFuture, bytes::Bytes,
    http,
};

use super::{
    Directory, HOLD, Writes, access_token, client, ending, fields, flow, new_token, oauth,
    refresh_token, requests_of, requests_to, scripted, server, token, token_requests, token_url,
    unsent,
};
use crate::support::response;

/// The newest access token of a user.
fn newest(user: &User) -> String {
    user.token().access.expose().to_owned()
}

/// A client of a session whose authorization server sends these responses; all calls succeed.
fn client_of_script(
    server: &MemoryTransport,
    token: Token,
    store: impl TokenStore,
) -> (Session, Client) {
    server.respond(Route::GetPersonalInfo, response(200, r#"{"id":"me"}"#));
    let oauth = flow(server);
    let session = oauth.session(token, store);
    let builder = Client::builder().transport(server.clone());
    let client = builder.token_source(session.clone()).build();
    (session, client.expect("it is set up right"))
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

    fn access(&self) -> Option<String> {
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
    let (oura, alice) = server();
    let session = oauth(&oura).session(ending(alice.token(), 3600), MemoryStore::new());
    let client = client(&oura, &session);
    client.get_personal_info().await.expect("a response");
    client.get_personal_info().await.expect("a response");
    assert_eq!(token_requests(&oura), 0);
}

#[tokio::test]
async fn a_token_is_refreshed_before_it_ends() {
    let (oura, alice) = server();
    let first = alice.token();
    let store = MemoryStore::new();
    // The margin is five minutes.
    let session = oauth(&oura).session(ending(first.clone(), 240), store.clone());
    let client = client(&oura, &session);
    client.get_personal_info().await.expect("a response");
    client.get_personal_info().await.expect("a response");
    // The server has taken the application's credentials and the refresh token.
    assert_eq!(token_requests(&oura), 1);
    assert_ne!(alice.token().access, first.access);
    let calls = requests_of(&oura, Route::GetPersonalInfo.path_template());
    assert_eq!(calls, 2, "a call was refused");
    assert_eq!(stored(&store).await, Some(newest(&alice)));
}

#[tokio::test]
async fn the_margin_before_the_end_can_be_set() {
    for (margin, seconds, refreshes) in [(60, 240, 0), (7200, 3600, 1)] {
        let (oura, alice) = server();
        let oauth = oura.oauth().refresh_margin(Duration::from_secs(margin));
        let oauth = oauth.build().expect("it is set up right");
        let session = oauth.session(ending(alice.token(), seconds), MemoryStore::new());
        let me = client(&oura, &session).get_personal_info().await;
        me.expect("a response");
        assert_eq!(token_requests(&oura), refreshes, "{margin}");
    }
}

#[tokio::test]
async fn a_short_lived_token_is_not_refreshed_at_each_call() {
    let short = response(200, r#"{"access_token":"short","expires_in":60}"#);
    let server = token_url([short]);
    let (_, client) = client_of_script(&server, token(1, -5), MemoryStore::new());
    for _ in 0..3 {
        client.get_personal_info().await.expect("a response");
    }
    assert_eq!(requests_to(&server, "/oauth/token").len(), 1);
}

#[tokio::test]
async fn a_refused_call_refreshes_the_token_once() {
    let (oura, alice) = server();
    let session = oauth(&oura).session(ending(alice.token(), 3600), MemoryStore::new());
    alice.expire_token();
    let client = client(&oura, &session);
    client.get_personal_info().await.expect("a response");
    assert_eq!(token_requests(&oura), 1);
    assert_eq!(session.current_token().access.expose(), newest(&alice));
}

/// The number of refreshes for 20 concurrent calls of two clients of one session.
async fn refreshes_of_many_calls(token: impl FnOnce(&User) -> Token) -> usize {
    let (oura, alice) = server();
    let delay = Fault::Delay(Duration::from_millis(100));
    let _slow = oura.fail(Target::TokenUrl, delay);
    // The store has no lock: the session itself allows one refresh at a time.
    let session = oauth(&oura).session(token(&alice), PlainStore::default());
    let clients = [(); 2].map(|()| client(&oura, &session));
    let calls = (0..20).map(|number| {
        let client = clients[number % 2].clone();
        tokio::spawn(async move { client.get_personal_info().await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.expect("no panic").expect("a response");
    }
    token_requests(&oura)
}

#[tokio::test(start_paused = true)]
async fn concurrent_calls_refresh_once() {
    let ended = |alice: &User| ending(alice.token(), -5);
    assert_eq!(refreshes_of_many_calls(ended).await, 1);
}

#[tokio::test(start_paused = true)]
async fn concurrent_refused_calls_refresh_once() {
    let refused = |alice: &User| {
        alice.expire_token();
        ending(alice.token(), 3600)
    };
    assert_eq!(refreshes_of_many_calls(refused).await, 1);
}

#[tokio::test(start_paused = true)]
async fn concurrent_calls_fail_after_one_refresh_attempt() {
    let (oura, alice) = server();
    let hold = oura.fail(Target::TokenUrl, Fault::Hold);
    let session = oauth(&oura).session(ending(alice.token(), -5), MemoryStore::new());
    let client = client(&oura, &session);
    let calls = (0..5).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.get_personal_info().await })
    });
    for call in calls.collect::<Vec<_>>() {
        let error = call.await.expect("no panic").expect_err("no token");
        assert!(matches!(error, Error::Credentials { .. }), "{error:?}");
        assert!(error.is_retryable() && !error.is_unauthorized(), "{error}");
    }
    assert_eq!(hold.count(), 1);
    drop(hold);
    let me = client.get_personal_info().await;
    me.expect("the server is back");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_does_not_lose_the_refreshed_token() {
    let (oura, alice) = server();
    let delay = Fault::Delay(Duration::from_millis(300));
    let _slow = oura.fail(Target::TokenUrl, delay);
    let store = MemoryStore::new();
    let session = oauth(&oura).session(ending(alice.token(), -5), store.clone());
    let client = client(&oura, &session);
    let call = tokio::spawn(client.get_personal_info().send());
    // The server has exchanged the token, but its response is not there yet.
    until(|| token_requests(&oura) == 1).await;
    call.abort();
    assert!(call.await.is_err_and(|error| error.is_cancelled()));
    client.get_personal_info().await.expect("the new token");
    session.save().await.expect("memory has room");
    assert_eq!(token_requests(&oura), 1);
    assert_eq!(stored(&store).await, Some(newest(&alice)));
}

#[tokio::test]
async fn a_newer_token_in_the_store_is_adopted() {
    let (oura, alice) = server();
    let store = MemoryStore::new();
    let one = oauth(&oura).session(ending(alice.token(), 240), store.clone());
    one.save().await.expect("memory has room");
    let two = oauth(&oura).resume(store.clone()).await;
    let two = two.expect("it is readable").expect("a token");
    for session in [&one, &two] {
        let me = client(&oura, session).get_personal_info().await;
        me.expect("a response");
    }
    assert_eq!(token_requests(&oura), 1);
}

#[tokio::test]
async fn a_used_up_token_does_not_replace_a_newer_one() {
    // Due at once, and due only for the session whose call is refused.
    for (seconds, is_refused) in [(240, false), (3600, true)] {
        let (oura, alice) = server();
        let store = MemoryStore::new();
        let oauth = oauth(&oura);
        let first = ending(alice.token(), seconds);
        let [one, two] = [(); 2].map(|()| oauth.session(first.clone(), store.clone()));
        if is_refused {
            alice.expire_token();
            one.fresh_token(&first.access).await.expect("a token");
        }
        for session in [&one, &two] {
            let me = client(&oura, session).get_personal_info().await;
            me.expect("a response");
        }
        two.save().await.expect("memory has room");
        assert_eq!(token_requests(&oura), 1);
        assert_ne!(newest(&alice), first.access.expose());
        assert_eq!(stored(&store).await, Some(newest(&alice)));
        assert_eq!(two.current_token().access.expose(), newest(&alice));
    }
}

#[tokio::test]
async fn an_authorization_replaces_an_older_token() {
    let server = token_url([new_token(2)]);
    let oauth = flow(&server);
    let store = MemoryStore::new();
    store.save(&token(9, 60)).await.expect("memory has room");
    let session = oauth.session(token(1, 3600), store.clone());
    session.save().await.expect("memory has room");
    assert_eq!(stored(&store).await, Some(access_token(1)));
    // It also replaces one that expires later, but was not issued to this crate.
    store.save(&token(9, 900_000)).await.expect("room");
    let code = AuthorizationCode::new("c");
    let new = oauth.exchange(code).await.expect("a token");
    let session = oauth.session(new, store.clone());
    session.save().await.expect("memory has room");
    assert_eq!(stored(&store).await, Some(access_token(2)));
}

#[tokio::test]
async fn the_old_refresh_token_is_kept_only_if_no_new_one_came() {
    let alone = response(200, r#"{"access_token":"SECRET-access-2"}"#);
    for (response, refresh) in [(alone, 1), (new_token(2), 2)] {
        let mut first = token(1, -5);
        first.scopes = vec![Scope::Daily];
        let server = token_url([response]);
        let (session, client) = client_of_script(&server, first, MemoryStore::new());
        client.get_personal_info().await.expect("a response");
        let current = session.current_token();
        assert_eq!(current.access.expose(), access_token(2));
        // The scopes are kept too.
        assert_eq!(current.scopes, [Scope::Daily]);
        let kept = current.refresh.expect("there is one");
        assert_eq!(kept.expose(), refresh_token(refresh));
    }
}

#[tokio::test]
async fn a_failing_store_does_not_lose_the_token() {
    let (oura, alice) = server();
    let first = ending(alice.token(), -5);
    let failures = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&failures);
    let oauth = oura.oauth().on_save_error(move |error| {
        assert_eq!(error.to_string(), "the disk is full");
        count.fetch_add(1, Ordering::SeqCst);
    });
    let oauth = oauth.build().expect("it is set up right");
    let store = PlainStore::default();
    store.set(Some(first.clone()));
    let session = oauth.resume(store.clone()).await;
    let session = session.expect("it is readable").expect("a token");
    store.fail(2);
    let client = client(&oura, &session);
    // The token is in memory: the call goes on.
    client.get_personal_info().await.expect("a response");
    assert_eq!(failures.load(Ordering::SeqCst), 1);
    assert_eq!(store.access().as_deref(), Some(first.access.expose()));
    let error = session.save().await.expect_err("the disk is still full");
    assert!(matches!(error, OAuthError::Store(_)), "{error:?}");
    // The next call stores it, without waiting for it.
    client.get_personal_info().await.expect("a response");
    until(|| store.access() == Some(newest(&alice))).await;
    session.save().await.expect("there is room");
    assert_eq!(failures.load(Ordering::SeqCst), 2);
    assert_eq!(token_requests(&oura), 1);
}

#[tokio::test]
async fn an_unsaved_token_survives_the_rejection_of_the_stored_one() {
    let (oura, alice) = server();
    let first = ending(alice.token(), -5);
    let store = PlainStore::default();
    store.set(Some(first.clone()));
    let session = oauth(&oura).resume(store.clone()).await;
    let session = session.expect("it is readable").expect("a token");
    store.fail(1);
    let client = client(&oura, &session);
    client.get_personal_info().await.expect("a response");
    // Another process was refused the used token, and has stored it without its refresh token.
    let mut refused = first;
    refused.refresh = None;
    store.set(Some(refused));
    session.save().await.expect("there is room");
    assert_eq!(store.access(), Some(newest(&alice)));
    client.get_personal_info().await.expect("a response");
}

#[tokio::test]
async fn an_unsaved_token_is_refreshed_too() {
    let short = r#"{"access_token":"SECRET-access-2","expires_in":1}"#;
    let server = token_url([response(200, short), new_token(3)]);
    let store = PlainStore::default();
    store.set(Some(token(1, -5)));
    let (_, client) = client_of_script(&server, token(1, -5), store.clone());
    store.fail(1);
    client.get_personal_info().await.expect("a response");
    // The stored token is older, not newer.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    client.get_personal_info().await.expect("a response");
    assert_eq!(store.access(), Some(access_token(3)));
}

/// The first token of a user, which has expired and was refreshed elsewhere, and the newer one.
async fn use_up(oura: &Oura, user: &User) -> (Token, Token) {
    let used = ending(user.token(), -5);
    let newer = oauth(oura).refresh(&used).await.expect("a token");
    (used, newer)
}

#[tokio::test]
async fn a_rejected_refresh_is_final() {
    let (oura, alice) = server();
    let store = MemoryStore::new();
    let (used, newer) = use_up(&oura, &alice).await;
    let session = oauth(&oura).session(used, store.clone());
    session.save().await.expect("memory has room");
    let client = client(&oura, &session);
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
    assert_eq!(token_requests(&oura), 1 + 1, "it was sent again");
    // A later authorization, by any process.
    store.save(&newer).await.expect("memory has room");
    client.get_personal_info().await.expect("a response");
}

#[tokio::test]
async fn a_refused_refresh_token_is_not_sent_again_after_a_restart() {
    let (oura, alice) = server();
    let (used, newer) = use_up(&oura, &alice).await;
    let directory = Directory::new();
    let store = FileStore::new(directory.file());
    store.save(&used).await.expect("there is room");
    for _ in 0..3 {
        let session = oauth(&oura).resume(store.clone()).await;
        let session = session.expect("it is readable").expect("a token");
        let error = client(&oura, &session).get_personal_info().await;
        let error = error.expect_err("no token");
        assert!(error.is_unauthorized(), "{error:?}");
    }
    assert_eq!(token_requests(&oura), 1 + 1, "it was sent again");
    let left = store.load().await.expect("it is readable");
    let left = left.expect("a token");
    assert_eq!(left.refresh, None);
    assert_eq!(left.access, used.access);
    // The user authorizes again.
    let session = oauth(&oura).session(newer, store.clone());
    session.save().await.expect("there is room");
    let session = oauth(&oura).resume(store.clone()).await;
    let session = session.expect("it is readable").expect("a token");
    let me = client(&oura, &session).get_personal_info().await;
    me.expect("the new token");
}

#[tokio::test]
async fn a_rejected_refresh_without_a_known_code_is_final() {
    for refusal in [
        response(400, r#"{"detail":"x"}"#),
        response(401, r#"{"error":"token_is_gone"}"#),
        response(400, r#"{"error":{"code":7}}"#),
    ] {
        let server = token_url([refusal]);
        let (_, client) = client_of_script(&server, token(1, -5), MemoryStore::new());
        for _ in 0..3 {
            let error = client.get_personal_info().await.expect_err("no token");
            assert!(error.is_unauthorized(), "{error:?}");
        }
        let requests = requests_to(&server, "/oauth/token");
        assert_eq!(requests.len(), 1, "it was sent again");
    }
}

#[tokio::test]
async fn an_error_not_about_the_token_is_not_final() {
    for refusal in [
        response(400, r#"{"error":"temporarily_unavailable"}"#),
        response(401, r#"{"error":"invalid_client"}"#),
        response(400, "<html></html>"),
        response(403, r#"{"detail":"x"}"#),
    ] {
        let server = token_url([refusal, new_token(2)]);
        let (_, client) = client_of_script(&server, token(1, -5), MemoryStore::new());
        let error = client.get_personal_info().await.expect_err("no token");
        assert!(!error.is_unauthorized(), "{error:?}");
        client.get_personal_info().await.expect("a later refresh");
    }
}

#[tokio::test]
async fn without_a_lock_the_token_of_the_faster_session_is_adopted() {
    let (oura, alice) = server();
    let (used, newer) = use_up(&oura, &alice).await;
    let store = PlainStore::default();
    store.set(Some(used.clone()));
    let session = oauth(&oura).resume(store.clone()).await;
    let session = session.expect("it is readable").expect("a token");
    // Another process has refreshed, and stores its token while ours is refused.
    store.set(Some(newer));
    *store.older.lock().expect("no test panics with it") = vec![used];
    let me = client(&oura, &session).get_personal_info().await;
    me.expect("the other's token");
}

#[tokio::test]
async fn a_token_without_a_refresh_token_expires() {
    let (oura, alice) = server();
    let mut last = ending(alice.token(), 60);
    last.refresh = None;
    let session = oauth(&oura).session(last.clone(), MemoryStore::new());
    let me = client(&oura, &session).get_personal_info().await;
    me.expect("it is valid for another minute");
    let session = oauth(&oura).session(ending(last, -5), MemoryStore::new());
    let error = client(&oura, &session).get_personal_info().await;
    let error = error.expect_err("it has ended");
    assert!(error.is_unauthorized(), "{error:?}");
    assert_eq!(token_requests(&oura), 0);
}

#[tokio::test]
async fn a_failed_refresh_is_not_reported_while_the_token_is_valid() {
    for failure in [
        response(503, ""),
        response(200, "<html>SECRET</html>"),
        response(200, r#"{"access_token":"SECRET","expires_in":-1}"#),
        response(401, r#"{"error":"invalid_client"}"#),
    ] {
        // Due, but valid for another minute.
        let server = token_url([failure]);
        let (_, client) = client_of_script(&server, token(1, 60), MemoryStore::new());
        client.get_personal_info().await.expect("a response");
        client.get_personal_info().await.expect("a response");
        let requests = requests_to(&server, "/oauth/token");
        assert_eq!(requests.len(), 1, "it was repeated at once");
    }
}

#[tokio::test]
async fn an_invalid_token_response_is_refused_and_never_shown() {
    for body in [
        "<html>SECRET</html>".to_owned(),
        r#"{"access_token":""}"#.to_owned(),
        r#"{"access_token":"SECRET","refresh_token":""}"#.to_owned(),
        "SECRET".repeat(1 << 18),
    ] {
        let server = token_url([response(200, body)]);
        let (session, client) = client_of_script(&server, token(1, -5), MemoryStore::new());
        let error = client.get_personal_info().await.expect_err("no token");
        assert!(!error.is_unauthorized(), "{error:?}");
        let shown = format!("{error} {error:?} {session:?}");
        assert!(!shown.contains("SECRET"), "{shown}");
        assert_eq!(session.current_token().access.expose(), access_token(1));
    }
}

#[tokio::test]
async fn a_logout_removes_and_revokes_the_token() {
    let (oura, alice) = server();
    let (oauth, store) = (oauth(&oura), MemoryStore::new());
    let session = oauth.session(alice.token(), store.clone());
    session.save().await.expect("memory has room");
    session.logout().await.expect("it is revoked");
    assert_eq!(stored(&store).await, None);
    assert_eq!(requests_of(&oura, "/oauth/revoke"), 2);
    let refused = alice.client().get_personal_info().await;
    assert!(refused.is_err_and(|error| error.is_unauthorized()));
    oauth
        .refresh(&alice.token())
        .await
        .expect_err("it is revoked");
    let client = client(&oura, &session);
    let error = client.get_personal_info().await;
    let error = error.expect_err("the user has logged out");
    assert!(error.is_unauthorized(), "{error:?}");
    // The session does not touch another user's authorization.
    let bob = oura.add_user("bob");
    store.save(&bob.token()).await.expect("memory has room");
    let error = client.get_personal_info().await;
    assert!(error.is_err());
    session.logout().await.expect("there is nothing to do");
    assert_eq!(stored(&store).await, Some(newest(&bob)));
    bob.client().get_personal_info().await.expect("it is valid");
}

#[tokio::test]
async fn a_failed_revocation_is_repeated_by_the_next_logout() {
    let server = MemoryTransport::new();
    let responses = [response(503, ""), response(503, ""), response(200, "")];
    for response in responses {
        server.respond_path(Method::POST, "/oauth/revoke", response);
    }
    let oauth = scripted(&server).revocation_url("https://auth.invalid/oauth/revoke");
    let oauth = oauth.build().expect("it is set up right");
    let store = MemoryStore::new();
    let session = oauth.session(token(1, 3600), store.clone());
    session.save().await.expect("memory has room");
    for _ in 0..2 {
        let error = session.logout().await.expect_err("the server is down");
        assert!(matches!(error, OAuthError::Unavailable { .. }), "{error}");
        assert_eq!(stored(&store).await, None);
    }
    // Meanwhile the user has come back.
    store.save(&token(5, 3600)).await.expect("memory has room");
    session.logout().await.expect("it is revoked");
    let revoked = fields(&requests_to(&server, "/oauth/revoke"), "token");
    let (refresh, access) = (refresh_token(1), access_token(1));
    assert_eq!(revoked, [&*refresh, &refresh, &refresh, &access]);
    session.logout().await.expect("there is nothing to do");
    assert_eq!(requests_to(&server, "/oauth/revoke").len(), 4);
    assert_eq!(stored(&store).await, Some(access_token(5)));
}

#[tokio::test]
async fn a_slow_revocation_does_not_hold_the_lock() {
    let requests = Arc::new(AtomicUsize::new(0));
    let oauth = OAuth::builder("id", "secret", "http://localhost/callback");
    let oauth = oauth.transport(HangsOnce(Arc::clone(&requests)));
    let oauth = oauth.revocation_url("https://auth.invalid/oauth/revoke");
    let oauth = oauth.timeout(Duration::from_secs(60)).build();
    let oauth = oauth.expect("it is set up right");
    let store = MemoryStore::new();
    let session = oauth.session(token(1, 3600), store.clone());
    let logout = tokio::spawn(async move { session.logout().await });
    until(|| requests.load(Ordering::SeqCst) > 0).await;
    let lock = tokio::time::timeout(Duration::from_secs(10), store.lock(HOLD)).await;
    let _lock = lock.expect("a revocation keeps it").expect("it is free");
    logout.abort();
}

/// Refreshes a token while `logout` deletes its record.
async fn refresh_during<S: TokenStore + Clone>(store: S, logout: impl AsyncFnOnce(OAuth, S)) {
    let (oura, alice) = server();
    let delay = Fault::Delay(Duration::from_millis(300));
    let _slow = oura.fail(Target::TokenUrl, delay);
    let first = ending(alice.token(), 10);
    let session = oauth(&oura).session(first.clone(), store.clone());
    session.save().await.expect("there is room");
    let client = client(&oura, &session);
    let call = tokio::spawn(client.get_personal_info().send());
    until(|| token_requests(&oura) == 1).await;
    logout(oauth(&oura), store.clone()).await;
    let _ = call.await.expect("no panic");
    assert_eq!(stored(&store).await, None, "the token is back");
    // Neither a further call nor a further save stores it again.
    let _ = client.get_personal_info().await;
    let _ = session.save().await;
    assert_eq!(stored(&store).await, None, "the token is back");
    // The discarded token is revoked.
    assert_ne!(newest(&alice), first.access.expose());
    let refused = alice.client().get_personal_info().await;
    assert!(refused.is_err_and(|error| error.is_unauthorized()));
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

/// A transport that never responds to the first request, and counts them all.
struct HangsOnce(Arc<AtomicUsize>);

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

    let oauth = unsent();
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
    let oauth = oauth.transport(HangsOnce(Arc::default())).build();
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
