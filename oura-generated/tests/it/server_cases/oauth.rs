//! Cases of the authorization server, and what a session gets.

use std::time::Duration;

use oura_generated::Client;
use oura_generated::models::Scope;
use oura_generated::oauth::{MemoryStore, OAuth, RefreshToken, Session, Token, TokenStore};
use oura_generated::time::OffsetDateTime;

use super::play::{Play, play};

/// A session with the tokens A1 and R1, issued an hour ago, and its client.
fn session(server: &Play, expires_in_days: i64) -> (Session, MemoryStore, Client) {
    let now = OffsetDateTime::now_utc();
    let mut token = Token::new("A1");
    token.refresh = Some(RefreshToken::new("R1"));
    token.issued_at = Some(now - Duration::from_secs(3600));
    token.expires_at = Some(now + oura_generated::time::Duration::days(expires_in_days));
    let oauth = OAuth::builder(
        "client-id",
        "client-secret",
        "http://localhost:8080/callback",
    );
    let oauth = oauth
        .transport(server.clone())
        .build()
        .expect("it is set up right");
    let store = MemoryStore::default();
    let session = oauth.session(token, store.clone());
    let client = server.builder().token_source(session.clone()).build();
    (session, store, client.expect("it is set up right"))
}

fn refreshes(server: &Play) -> usize {
    let requests = server.requests();
    requests
        .iter()
        .filter(|line| line.starts_with("POST"))
        .count()
}

#[tokio::test]
async fn expired_token_401() {
    let server = play!("expired_token_401");
    let (_session, _, client) = session(&server, 30);
    let page = client.list_daily_sleep().await.expect("the second time");
    assert!(page.data.is_empty());
    assert_eq!((refreshes(&server), server.requests().len()), (1, 3));
}

#[tokio::test]
async fn missing_scope_401() {
    let server = play!("missing_scope_401");
    let (_session, _, client) = session(&server, 30);
    for _ in 0..10 {
        let error = client
            .list_daily_spo2()
            .await
            .expect_err("a scope is missing");
        assert_eq!(error.missing_scope(), Some(&Scope::Spo2));
        assert!(!error.is_unauthorized() && !error.is_retryable());
        assert!(error.to_string().contains("`spo2`"), "{error}");
    }
    assert_eq!((refreshes(&server), server.requests().len()), (0, 10));
}

#[tokio::test]
async fn token_url_refused_400() {
    let server = play!("token_url_refused_400");
    let (session, store, client) = session(&server, -1);
    session.save().await.expect("memory takes it");
    let error = client.get_personal_info().await.expect_err("no token");
    let message = error.to_string();
    assert!(
        message.contains("https://api.ouraring.com/oauth/token"),
        "{message}"
    );
    assert!(message.contains("OAuthBuilder::token_url"), "{message}");
    assert!(!error.is_unauthorized() && !error.is_retryable());
    let stored = store.load().await.expect("memory has it");
    let stored = stored.expect("it is still there");
    assert_eq!(stored.refresh, Some(RefreshToken::new("R1")));
    assert_eq!(refreshes(&server), 1);
}

#[tokio::test]
async fn token_refused_invalid_grant() {
    let server = play!("token_refused_invalid_grant");
    let (_session, _, client) = session(&server, -1);
    let error = client.get_personal_info().await.expect_err("no token");
    assert!(error.is_unauthorized() && !error.is_retryable());
    assert!(error.to_string().contains("authorize again"), "{error}");
    assert_eq!(refreshes(&server), 1);
}
