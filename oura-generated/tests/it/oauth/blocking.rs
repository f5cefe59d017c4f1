//! Sessions without `async`.

use futures_util::FutureExt;
use oura_generated::models::Scope;
use oura_generated::oauth::{FileStore, MemoryStore, MemoryStores, OAuthError, Sessions};

use super::{Directory, client, oauth, server};

#[test]
fn sessions_work_with_blocking_calls() {
    let (oura, alice) = server();
    let directory = Directory::new();
    let oauth = oauth(&oura);
    let authorization = oauth.authorize([Scope::Personal]).expect("a URL");
    let redirect = alice.authorize(&authorization.url).now_or_never();
    let redirect = redirect.expect("she is asked at once").expect("a redirect");
    let code = oauth.check_redirect(&redirect, &authorization.state);
    let token = oauth.exchange_blocking(code.expect("a code"));
    let session = oauth.session(token.expect("a token"), FileStore::new(directory.file()));
    session.save_blocking().expect("there is room");
    let me = client(&oura, &session).get_personal_info().send_blocking();
    assert_eq!(me.expect("a response").id, alice.id());
    let next = oauth
        .refresh_blocking(&session.current_token())
        .expect("a token");
    assert_eq!(next.access, alice.token().access);
    let session = oauth.resume_blocking(FileStore::new(directory.file()));
    let session = session.expect("it is readable").expect("a token");
    session.logout_blocking().expect("it is removed");
    assert_eq!(directory.names(), ["token.json.lock"]);
}

#[test]
fn sessions_of_many_users_work_with_blocking_calls() {
    let (oura, alice) = server();
    let sessions = Sessions::new(oauth(&oura), MemoryStores::new());
    let inserted = sessions.insert_blocking("alice", alice.token());
    inserted.expect("memory has room");
    let session = sessions.get_blocking("alice").expect("it is readable");
    let client = client(&oura, &session.expect("she is logged in"));
    let me = client.get_personal_info().send_blocking();
    assert_eq!(me.expect("a response").id, alice.id());
    sessions.save_all_blocking().expect("memory has room");
    sessions.logout_blocking("alice").expect("it is removed");
    let session = sessions.get_blocking("alice").expect("it is readable");
    assert!(session.is_none());
}

#[tokio::test]
async fn a_blocking_call_inside_a_task_is_an_error_and_no_deadlock() {
    let (oura, alice) = server();
    let session = oauth(&oura).session(alice.token(), MemoryStore::new());
    let error = session.save_blocking().expect_err("use `save`");
    assert!(matches!(error, OAuthError::Config { .. }), "{error:?}");
}
