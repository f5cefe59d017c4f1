//! Authorization: its steps, the sessions that follow it, and where tokens are stored.
//!
//! Most tests use the embedded Oura server. A server in memory sends responses that it never would.

#[cfg(feature = "blocking")]
mod blocking;
mod file;
mod flow;
mod login;
#[cfg(unix)]
mod login_example;
mod refusals;
mod session;
mod stores;

use std::path::{Path, PathBuf};
use std::time::Duration;

use oura_generated::http::Method;
use oura_generated::oauth::{
    OAuth, OAuthBuilder, RefreshToken, Session, StoreError, Token, TokenStore,
};
use oura_generated::testing::{Oura, User};
use oura_generated::time::OffsetDateTime;
use oura_generated::{Client, MemoryTransport, RetryPolicy};
use tempfile::TempDir;

use crate::support::{Request, Response, Sent, response};

const REDIRECT_URI: &str = "http://localhost:8080/callback";

/// A server and a user of it.
fn server() -> (Oura, User) {
    let oura = Oura::in_memory();
    let alice = oura.add_user("alice");
    (oura, alice)
}

/// The flow of an application of that server, without retries.
fn oauth(oura: &Oura) -> OAuth {
    let builder = oura.oauth().retry(RetryPolicy::none());
    builder.build().expect("it is set up right")
}

fn client(oura: &Oura, session: &Session) -> Client {
    oura.client().with_token_source(session.clone())
}

/// The number of requests of the token URL so far.
fn token_requests(oura: &Oura) -> usize {
    requests_of(oura, "/oauth/token")
}

fn requests_of(oura: &Oura, path: &str) -> usize {
    let requests = oura.requests();
    requests.iter().filter(|known| known.path == path).count()
}

/// The settings of [`flow`].
fn scripted(server: &MemoryTransport) -> OAuthBuilder {
    OAuth::builder("id-1", "SECRET-client", REDIRECT_URI)
        .transport(server.clone())
        .retry(RetryPolicy::none())
}

/// A server whose token URL sends these responses, the last one again and again.
fn token_url(responses: impl IntoIterator<Item = Response>) -> MemoryTransport {
    let server = MemoryTransport::new();
    for response in responses {
        server.respond_path(Method::POST, "/oauth/token", response);
    }
    server
}

/// The flow of an application that sends nothing.
fn unsent() -> OAuth {
    flow(&MemoryTransport::new())
}

/// The flow of an application whose authorization server is this one, without retries.
fn flow(server: &MemoryTransport) -> OAuth {
    scripted(server).build().expect("it is set up right")
}

/// A response with the tokens of a number.
fn new_token(number: usize) -> Response {
    let (access, refresh) = (access_token(number), refresh_token(number));
    let token =
        format!(r#"{{"access_token":"{access}","refresh_token":"{refresh}","expires_in":86400}}"#);
    response(200, token)
}

/// The requests of a path so far.
fn requests_to(server: &MemoryTransport, path: &str) -> Vec<Request> {
    let mut requests = server.requests();
    requests.retain(|request| request.uri().path() == path);
    requests
}

/// The values of a field of forms.
fn fields(requests: &[Request], name: &str) -> Vec<String> {
    let values = requests.iter().filter_map(|request| request.field(name));
    values.map(str::to_owned).collect()
}

fn access_token(number: usize) -> String {
    format!("SECRET-access-{number}")
}

fn refresh_token(number: usize) -> String {
    format!("SECRET-refresh-{number}")
}

/// The tokens of a number, which expire in so many seconds.
fn token(number: usize, seconds: i64) -> Token {
    let mut token = Token::new(access_token(number));
    token.refresh = Some(RefreshToken::new(refresh_token(number)));
    ending(token, seconds)
}

/// A token that expires in so many seconds.
fn ending(mut token: Token, seconds: i64) -> Token {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    token.expires_at = OffsetDateTime::from_unix_timestamp(now + seconds).ok();
    token
}

/// A token that was issued so many seconds ago and expires 30 days later.
fn issued(token: Token, seconds_ago: i64) -> Token {
    let mut token = ending(token, 30 * 86_400 - seconds_ago);
    let age = oura_generated::time::Duration::seconds(seconds_ago);
    token.issued_at = Some(OffsetDateTime::now_utc() - age);
    token
}

/// How long tests may hold a lock.
const HOLD: Duration = Duration::from_secs(60);

/// Writes as another process does: under the lock.
trait Writes: TokenStore {
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
struct Directory(TempDir);

impl Directory {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("there is room"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self) -> PathBuf {
        self.path().join("token.json")
    }

    /// The names of its files.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).expect("it is there");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("it can be read").file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}
