//! A login by the browser of this machine, from the authorization URL to a token.
//!
//! Invariant: nothing that a browser sends is used before its `state` is checked, and no page shows
//! any of it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::{Method, Uri};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::authorization::AuthorizationCode;
use super::error::OAuthError;
use super::flow::OAuth;
use super::state::State;
use super::token::Token;
use crate::Client;
use crate::models::Scope;

/// The route that returns the user of a token. It takes any token.
const WHO: &str = "/v2/usercollection/personal_info";
/// The longest head of a browser's request, in bytes.
const REQUEST_LIMIT: usize = 16 * 1024;
/// How long a request may take: a browser connects ahead of time, and may then send nothing.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// A user who has logged in. See [`OAuth::login`].
#[derive(Clone)]
#[non_exhaustive]
pub struct Login {
    /// The token.
    pub token: Token,
    /// The user's id: that of webhook events, and of
    /// [`PersonalInfo`](crate::models::PersonalInfo).
    pub user_id: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("token", &self.token)
            .field("user_id", &self.user_id)
            .finish()
    }
}

/// A request of a browser: what it asks for, and where the response goes.
struct Visit {
    /// Path and query.
    target: String,
    stream: TcpStream,
}

impl OAuth {
    /// Logs a user in by the browser of this machine, for programs that run on it.
    ///
    /// `open` is given the URL to open in the browser: print it, or start a browser. The
    /// redirect URI has to be `http` on this machine, such as `http://localhost:8080/callback`:
    /// this listens there until the browser comes back, checks the redirect, exchanges the
    /// code, asks the API for the user of the token, and shows a page with the outcome. The
    /// token is not stored: see [`session`](Self::session).
    ///
    /// ```no_run
    /// use oura_generated::models::Scope;
    /// use oura_generated::oauth::{FileStore, OAuth};
    ///
    /// # async fn example() -> Result<(), oura_generated::Error> {
    /// let redirect_uri = "http://localhost:8080/callback";
    /// let oauth = OAuth::builder("client id", "client secret", redirect_uri).build()?;
    /// let login = oauth.login([Scope::Daily], |url| println!("Open {url}")).await?;
    /// let session = oauth.session(login.token, FileStore::new("oura-token.json"));
    /// session.save().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`OAuthError::Config`] when the redirect URI is not of this machine, or its port is in
    /// use; [`OAuthError::Denied`] when the user declined; [`OAuthError::LoginTimeout`] when no
    /// browser came back in the time of
    /// [`OAuthBuilder::login_timeout`](super::OAuthBuilder::login_timeout);
    /// [`OAuthError::Unavailable`] when the server cannot be reached, or does not name the
    /// user of the token; and those of [`exchange`](Self::exchange).
    pub async fn login(
        &self,
        scopes: impl IntoIterator<Item = Scope>,
        open: impl FnOnce(&str),
    ) -> Result<Login, OAuthError> {
        OAuthError::check_runtime()?;
        let redirect: Uri = self
            .settings()
            .redirect_uri
            .parse()
            .map_err(|_| not_here())?;
        // Listens before a browser can come.
        let listeners = listen(&redirect).await?;
        let authorization = self.authorize(scopes)?;
        open(&authorization.url);
        let after = self.settings().login_timeout;
        let waiting = self.wait_for_code(listeners, redirect.path(), &authorization.state);
        let waited = tokio::time::timeout(after, waiting).await;
        let (code, stream) = waited.map_err(|_| OAuthError::LoginTimeout { after })??;
        let login = match code {
            Ok(code) => self.log_in(code).await,
            Err(error) => Err(error),
        };
        respond(stream, page(&login)).await;
        login
    }

    /// Responds to browsers until one brings a code or a refusal.
    async fn wait_for_code(
        &self,
        listeners: Vec<TcpListener>,
        path: &str,
        state: &State,
    ) -> Result<(Result<AuthorizationCode, OAuthError>, TcpStream), OAuthError> {
        let mut tasks = JoinSet::new();
        let (tell, mut visits) = tokio::sync::mpsc::channel(8);
        for listener in listeners {
            tasks.spawn(accept(listener, tell.clone()));
        }
        while let Some(Visit { target, stream }) = visits.recv().await {
            if target.split('?').next() != Some(path) {
                respond(stream, ("404 Not Found", "There is nothing here.")).await;
                continue;
            }
            match self.check_redirect(&target, state) {
                // The redirect of another login: ours may still come.
                Err(OAuthError::State) => {
                    let text = "This is not the login that is under way.";
                    respond(stream, ("400 Bad Request", text)).await;
                }
                code => return Ok((code, stream)),
            }
        }
        Err(OAuthError::Interrupted)
    }

    async fn log_in(&self, code: AuthorizationCode) -> Result<Login, OAuthError> {
        #[derive(Deserialize)]
        struct User {
            id: String,
        }

        let token = self.exchange(code).await?;
        let settings = self.settings();
        let mut client = Client::builder()
            .access_token(token.access.clone())
            .allow_plain_http(settings.allow_plain_http)
            .transport(settings.token.transport.clone())
            .timeout(settings.token.timeout);
        if let Some(url) = &settings.base_url {
            client = client.base_url(url);
        }
        let client = client
            .build()
            .map_err(|error| OAuthError::config(error.to_string()))?;
        let user = client.raw(Method::GET, WHO).decode::<User>().await;
        let user = user.map_err(|error| OAuthError::Unavailable {
            source: std::sync::Arc::new(error),
        })?;
        Ok(Login {
            token,
            user_id: user.id,
        })
    }
}

/// Listens where the redirect URI says. `localhost` may be either of two addresses.
async fn listen(redirect: &Uri) -> Result<Vec<TcpListener>, OAuthError> {
    let host = redirect.host().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let addresses = match bare.parse::<IpAddr>() {
        Ok(address) if address.is_loopback() => vec![address],
        Err(_) if bare.eq_ignore_ascii_case("localhost") => {
            vec![[127, 0, 0, 1].into(), [0, 0, 0, 0, 0, 0, 0, 1].into()]
        }
        _ => return Err(not_here()),
    };
    if redirect.scheme_str() != Some("http") {
        return Err(not_here());
    }
    let port = redirect.port_u16().unwrap_or(80);
    let (mut listeners, mut problem) = (Vec::new(), None);
    for address in addresses {
        match TcpListener::bind(SocketAddr::new(address, port)).await {
            Ok(listener) => listeners.push(listener),
            Err(error) => problem = problem.or(Some(error)),
        }
    }
    match problem {
        Some(error) if listeners.is_empty() => Err(OAuthError::config(format!(
            "cannot listen on port {port} for the browser: {error}"
        ))),
        _ => Ok(listeners),
    }
}

fn not_here() -> OAuthError {
    OAuthError::config(
        "the redirect URI is not `http` on this machine, where a login listens: register and use \
         one such as `http://localhost:8080/callback`",
    )
}

/// Reads the requests of browsers, side by side: some connect and send nothing.
async fn accept(listener: TcpListener, tell: tokio::sync::mpsc::Sender<Visit>) {
    let mut tasks = JoinSet::new();
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let tell = tell.clone();
            tasks.spawn(async move {
                let visit = tokio::time::timeout(REQUEST_TIMEOUT, read(stream)).await;
                if let Ok(Some(visit)) = visit {
                    let _ = tell.send(visit).await;
                }
            });
        } else {
            // Perhaps there are too many open files: without a pause this loop would use all of a
            // processor.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        while tasks.try_join_next().is_some() {}
    }
}

/// Reads the head of a request.
async fn read(mut stream: TcpStream) -> Option<Visit> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() > REQUEST_LIMIT || stream.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.lines().next()?.split(' ');
    let target = match (words.next()?, words.next()?) {
        ("GET", target) => target.to_owned(),
        // A redirect is always a `GET`.
        _ => String::new(),
    };
    Some(Visit { target, stream })
}

/// The status and the text of the page at the end.
fn page(login: &Result<Login, OAuthError>) -> (&'static str, &'static str) {
    match login {
        Ok(_) => ("200 OK", "You are logged in. You can close this window."),
        Err(OAuthError::Denied { .. }) => ("200 OK", "You said no. You can close this window."),
        Err(_) => (
            "500 Internal Server Error",
            "The login failed. The program says why.",
        ),
    }
}

/// Sends a page. It does not matter if the browser has gone away. The URL of the page has the code
/// in it, so the headers keep it from caches and other sites.
async fn respond(mut stream: TcpStream, (status, text): (&str, &str)) {
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Login</title>\
         <body style=\"font: 1.2em sans-serif; margin: 4em\"><p>{text}</p></body></html>\n"
    );
    let length = body.len();
    let response = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {length}\r\n\
         cache-control: no-store\r\nreferrer-policy: no-referrer\r\nconnection: close\r\n\r\n{body}"
    );
    let sent = async {
        stream.write_all(response.as_bytes()).await?;
        stream.shutdown().await
    };
    let _ = tokio::time::timeout(REQUEST_TIMEOUT, sent).await;
}
