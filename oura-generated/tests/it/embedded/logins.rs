//! The authorization server.

use std::time::Duration;

use oura_generated::Route;
use oura_generated::models::Scope;
use oura_generated::oauth::{MemoryStore, MemoryStores, OAuthError, Sessions};
use oura_generated::testing::{Fault, Oura, User};

use super::server;

async fn log_in(oura: &Oura, alice: &User, scopes: &[Scope]) -> oura_generated::oauth::Token {
    let oauth = oura.oauth().build().expect("settings");
    let authorization = oauth.authorize(scopes.iter().cloned()).expect("a URL");
    let redirect = alice
        .authorize(&authorization.url)
        .await
        .expect("it is of this server");
    let code = oauth
        .check_redirect(&redirect, &authorization.state)
        .expect("a code");
    oauth.exchange(code).await.expect("a token")
}

#[tokio::test]
async fn the_token_of_a_login_has_the_scopes_that_were_requested() {
    let (oura, alice) = server();
    let scopes = [Scope::Daily, Scope::from("no_such_scope")];
    let token = log_in(&oura, &alice, &scopes).await;
    let client = oura.client().with_access_token(token.access.clone());
    client.list_sleep().await.expect("it is of `daily`");
    client
        .list_workout()
        .await
        .expect_err("it is not of `daily`");
    let names: Vec<_> = token.scopes.iter().map(Scope::as_str).collect();
    assert!(names == ["daily"] || names == ["extapi:daily"], "{names:?}");
}

#[tokio::test]
async fn codes_and_refresh_tokens_work_once() {
    let (oura, alice) = server();
    let oauth = oura.oauth().build().expect("settings");
    let authorization = oauth.authorize([Scope::Daily]).expect("a URL");
    let redirect = alice
        .authorize(&authorization.url)
        .await
        .expect("a redirect");
    let code = || {
        oauth
            .check_redirect(&redirect, &authorization.state)
            .expect("a code")
    };
    let token = oauth.exchange(code()).await.expect("a token");
    oauth
        .exchange(code())
        .await
        .expect_err("the code is used up");

    let next = oauth.refresh(&token).await.expect("a token");
    assert_ne!(next.access, token.access);
    let error = oauth
        .refresh(&token)
        .await
        .expect_err("the refresh token is used up");
    assert!(matches!(error, OAuthError::AuthorizeAgain(_)), "{error}");
    oauth.refresh(&next).await.expect("the new one is good");
}

#[tokio::test]
async fn a_session_refreshes_a_token_that_expired_and_ends_with_one_that_was_revoked() {
    let (oura, alice) = server();
    let oauth = oura.oauth().build().expect("settings");
    let session = oauth.session(alice.token(), MemoryStore::new());
    let client = oura.client().with_token_source(session);
    client.list_sleep().await.expect("the token is good");
    alice.expire_token();
    client.list_sleep().await.expect("it is refreshed");
    let refreshes = |oura: &Oura| {
        let asked = oura.requests().into_iter();
        asked.filter(|asked| asked.path == "/oauth/token").count()
    };
    assert_eq!(refreshes(&oura), 1);
    alice.revoke();
    let error = client
        .list_sleep()
        .await
        .expect_err("there is nothing left");
    assert!(error.is_unauthorized(), "{error}");
}

#[tokio::test]
async fn other_urls_and_other_applications_are_refused() {
    let (oura, alice) = server();
    for url in [
        "https://cloud.ouraring.com/oauth/authorize?client_id=1",
        "nonsense",
    ] {
        let error = alice
            .authorize(url)
            .await
            .expect_err("it is of another server");
        assert!(error.to_string().contains("Oura::oauth"), "{error}");
    }
    let url = format!(
        "{}/oauth/authorize?client_id=x&response_type=code&redirect_uri=y",
        oura.url()
    );
    alice
        .authorize(&url)
        .await
        .expect_err("it is of another application");
}

#[tokio::test]
async fn a_browser_finds_a_page_with_the_users() {
    let oura = Oura::start().await.expect("a port is free");
    oura.add_user("alice");
    let redirect_uri = "http://127.0.0.1:1/callback";
    let oauth = oura
        .oauth_with_redirect(redirect_uri)
        .build()
        .expect("settings");
    let authorization = oauth.authorize([Scope::Daily]).expect("a URL");
    let redirects = reqwest::redirect::Policy::none();
    let browser = super::http_client()
        .redirect(redirects)
        .user_agent("browser");
    let browser = browser.build().expect("settings");
    let page = browser
        .get(&authorization.url)
        .send()
        .await
        .expect("a page");
    let page = page.text().await.expect("text");
    let (_, link) = page.split_once("href=\"").expect("a link");
    let (link, _) = link.split_once('"').expect("its end");
    assert!(link.ends_with("&user=alice"), "{page}");
    let consent = browser.get(format!("{}/oauth/authorize{link}", oura.url()));
    let response = consent.send().await.expect("a redirect");
    let location = response.headers()["location"].to_str().expect("text");
    assert!(location.starts_with(redirect_uri));
    let code = oauth
        .check_redirect(location, &authorization.state)
        .expect("a code");
    let token = oauth.exchange(code).await.expect("a token");
    oura.client()
        .with_access_token(token.access)
        .list_sleep()
        .await
        .expect("it is good");
    oauth
        .revoke(&oura.add_user("alice").token())
        .await
        .expect("the newest token ends");
}

#[tokio::test(start_paused = true)]
async fn a_scope_that_is_granted_later_reaches_the_other_process() {
    let (oura, alice) = server();
    let oauth = oura.oauth().build().expect("settings");
    // Two `Sessions` over the same stores, like two processes.
    let stores = MemoryStores::new();
    let [web, sync] = [(); 2].map(|()| Sessions::new(oauth.clone(), stores.clone()));
    let token = log_in(&oura, &alice, &[Scope::Daily]).await;
    let client = oura.client().with_access_token(token.access.clone());
    let user = client
        .get_personal_info()
        .await
        .expect("any token is accepted")
        .id;
    web.insert(&user, token).await.expect("memory has room");

    let session = sync.get(&user).await.expect("it is readable");
    let session = session.expect("she is logged in");
    let client = oura.client().with_token_source(session.clone());
    client.list_daily_sleep().await.expect("it is granted");
    assert_eq!(session.granted(Route::ListDailySpo2), Some(false));
    let error = client
        .list_daily_spo2()
        .await
        .expect_err("it is not granted");
    assert_eq!(error.missing_scope(), Some(&Scope::Spo2), "{error}");
    assert!(!error.is_unauthorized(), "{error}");

    let token = log_in(&oura, &alice, &[Scope::Daily, Scope::Spo2]).await;
    web.insert(&user, token).await.expect("memory has room");
    tokio::time::sleep(Duration::from_secs(31)).await;
    client.list_daily_spo2().await.expect("it is granted");
    assert_eq!(session.granted(Route::ListDailySpo2), Some(true));
}

#[tokio::test]
async fn a_token_that_is_refused_right_after_its_login_is_not_refreshed() {
    let (oura, alice) = server();
    let oauth = oura.oauth().build().expect("settings");
    let sessions = Sessions::new(oauth, MemoryStores::new());
    let token = log_in(&oura, &alice, &[Scope::Daily]).await;
    let session = sessions.insert("alice", token.clone()).await;
    let session = session.expect("memory has room");
    let client = oura.client().with_token_source(session.clone());
    let refusal = oura.fail(Route::GetPersonalInfo, Fault::Status(401));
    for _ in 0..10 {
        let error = client.get_personal_info().await.expect_err("it is refused");
        assert!(error.is_unauthorized(), "{error}");
    }
    assert_eq!(refusal.count(), 10);
    assert_eq!(session.current_token(), token);
    drop(refusal);
    client
        .get_personal_info()
        .await
        .expect("the token was good");
}
