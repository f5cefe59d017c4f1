//! An authorization server on this machine whose refresh tokens are good for one time, and
//! which answers calls that carry its newest access token.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(unreachable_pub, reason = "each test file is a crate of its own")]

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use oura_generated::oauth::{OAuth, OAuthBuilder, RefreshToken, StoreError, Token, TokenStore};
use oura_generated::time::OffsetDateTime;
use oura_generated::{Client, ClientBuilder, RetryPolicy};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Answer, Received, Server};

pub struct AuthServer {
    pub url: String,
    server: Server,
    state: Arc<Mutex<State>>,
}

pub struct State {
    /// The newest tokens are `SECRET-access-N` and `SECRET-refresh-N`.
    pub number: usize,
    /// Instead of the next answers of the token URL.
    pub scripted: VecDeque<Answer>,
    /// Instead of the next answers of the revocation URL.
    pub revocation: VecDeque<Answer>,
    /// How long a token's answer takes.
    pub delay: Duration,
    /// What a token's answer holds besides the access token.
    pub expires_in: serde_json::Value,
    /// Instead of the answer to any call.
    pub refusal: Option<Answer>,
    pub gives_refresh_token: bool,
}

impl AuthServer {
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State {
            number: 1,
            scripted: VecDeque::new(),
            revocation: VecDeque::new(),
            delay: Duration::ZERO,
            expires_in: json!(86400),
            refusal: None,
            gives_refresh_token: true,
        }));
        let shared = Arc::clone(&state);
        let server = Server::start(move |_, request| {
            let mut state = shared.lock().expect("no test panics with it");
            match request.target.split('?').next() {
                Some("/oauth/token") => state.answer_token(request),
                Some("/oauth/revoke") => state.revocation.pop_front().unwrap_or(Answer::json("")),
                _ => state.answer_call(request),
            }
        });
        let url = server.url.clone();
        Self { url, server, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics with it")
    }

    /// The next answer of the token URL.
    pub fn script(&self, answer: Answer) {
        self.state().scripted.push_back(answer);
    }

    /// The forms that the token URL was sent.
    pub fn token_requests(&self) -> Vec<Received> {
        self.requests("/oauth/token")
    }

    pub fn requests(&self, path: &str) -> Vec<Received> {
        let mut requests = self.server.received();
        requests.retain(|request| request.target.split('?').next() == Some(path));
        requests
    }

    pub fn oauth_builder(&self) -> OAuthBuilder {
        OAuth::builder("id-1", "SECRET-client", "http://localhost:8080/callback")
            .authorization_url(format!("{}/oauth/authorize", self.url))
            .token_url(format!("{}/oauth/token", self.url))
            .retry(RetryPolicy::none())
    }

    pub fn oauth(&self) -> OAuth {
        self.oauth_builder().build().expect("it is set up right")
    }

    pub fn client_builder(&self) -> ClientBuilder {
        Client::builder().base_url(&self.url)
    }
}

impl State {
    fn answer_token(&mut self, request: &Received) -> Answer {
        if let Some(answer) = self.scripted.pop_front() {
            return answer;
        }
        let refresh = field(request, "refresh_token");
        if refresh.is_some_and(|token| token != refresh_token(self.number)) {
            return Answer::status(400, r#"{"error":"invalid_grant"}"#);
        }
        self.number += 1;
        let mut token = json!({
            "access_token": access_token(self.number), "token_type": "Bearer",
            "expires_in": self.expires_in,
        });
        if self.gives_refresh_token {
            token["refresh_token"] = json!(refresh_token(self.number));
        }
        Answer::json(token.to_string()).after(self.delay)
    }

    fn answer_call(&self, request: &Received) -> Answer {
        if let Some(refusal) = &self.refusal {
            return refusal.clone();
        }
        let is_newest = |header: &str| header == format!("Bearer {}", access_token(self.number));
        match request.header("authorization") {
            Some(header) if is_newest(header) => match &request.target {
                target if target.contains("/sleep") => Answer::json(page_of_a_night()),
                target if target.contains("/daily_") => {
                    Answer::json(r#"{"data":[],"next_token":null}"#)
                }
                _ => Answer::json(r#"{"id":"me"}"#),
            },
            _ => Answer::status(401, r#"{"detail":"expired"}"#),
        }
    }
}

fn page_of_a_night() -> String {
    let night = json!({
        "id": "1", "day": "2025-03-02", "type": "long_sleep", "period": 0,
        "bedtime_start": "2025-03-01T23:12:00+02:00", "bedtime_end": "2025-03-02T07:03:00+02:00",
        "low_battery_alert": false, "time_in_bed": 28260, "total_sleep_duration": 26040,
    });
    json!({"data": [night], "next_token": null}).to_string()
}

/// A field of a form, still encoded.
pub fn field<'r>(request: &'r Received, name: &str) -> Option<&'r str> {
    let form = std::str::from_utf8(&request.body).expect("forms are text");
    form.split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

pub fn access_token(number: usize) -> String {
    format!("SECRET-access-{number}")
}

pub fn refresh_token(number: usize) -> String {
    format!("SECRET-refresh-{number}")
}

/// A token of that number which ends in so many seconds.
pub fn token(number: usize, seconds: i64) -> Token {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let mut token = Token::new(access_token(number));
    token.refresh = Some(RefreshToken::new(refresh_token(number)));
    token.expires_at = OffsetDateTime::from_unix_timestamp(now + seconds).ok();
    token
}

/// A token of that number which was issued so many seconds ago, and is good for 30 days.
pub fn issued(number: usize, seconds_ago: i64) -> Token {
    let mut token = token(number, 30 * 86_400 - seconds_ago);
    token.issued_at = Some(OffsetDateTime::now_utc() - Duration::from_secs(seconds_ago as u64));
    token
}

/// How long tests may hold a lock.
pub const HOLD: Duration = Duration::from_secs(60);

/// Writes as another process does: under the lock.
pub trait Writes: TokenStore {
    async fn save(&self, token: &Token) -> Result<(), StoreError> {
        let mut lock = self.lock(HOLD).await?;
        lock.save(token).await?;
        lock.release().await
    }

    async fn remove(&self) -> Result<(), StoreError> {
        let mut lock = self.lock(HOLD).await?;
        lock.remove().await?;
        lock.release().await
    }
}

impl<S: TokenStore> Writes for S {}

/// A temporary directory for a token file.
pub struct Directory(TempDir);

impl Directory {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("there is room"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self) -> PathBuf {
        self.path().join("token.json")
    }

    /// The names of its files.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).expect("it is there");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("it can be read").file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}
