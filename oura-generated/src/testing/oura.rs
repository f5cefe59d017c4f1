//! The server that a test starts, and its settings.

use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use time::{Date, OffsetDateTime};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::fault_handle::FaultHandle;
use super::faults::{Fault, Target};
use super::oauth;
use super::record::{Complaint, RecordedRequest};
use super::serve::{MEMORY_URL, Memory, client_builder, serve, uses_memory};
use super::spec::{EMBEDDED, Spec};
use super::state::{Server, ServerSettings, UserState};
use super::user::User;
use super::webhooks::send_outbox;
use crate::oauth::{OAuth, OAuthBuilder};
use crate::{Client, ClientBuilder, Error};

/// Where the browser goes after consent, by default.
const REDIRECT_URI: &str = "http://localhost:8080/callback";

/// An Oura server in the same process. It stops when it is dropped.
///
/// The [module](super) shows how to use it.
pub struct Oura {
    shared: Arc<Server>,
    /// The thread of `start_blocking`, and what ends it.
    thread: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

/// Builds an [`Oura`] from settings.
#[derive(Clone, Debug)]
#[must_use = "`start` or `in_memory` makes the server"]
pub struct OuraBuilder {
    today: Option<Date>,
    seed: u64,
    page_size: usize,
    port: u16,
    rate_limit: Option<(usize, Duration)>,
    spec: Option<String>,
}

impl Default for OuraBuilder {
    fn default() -> Self {
        Self {
            today: None,
            seed: 1,
            page_size: 1_000,
            port: 0,
            rate_limit: None,
            spec: None,
        }
    }
}

impl OuraBuilder {
    /// Sets the day up to which there are data; they end at its noon in UTC. Default: today in
    /// UTC. Daylight-saving time begins and ends on the last Sundays of March and October.
    pub fn today(mut self, today: Date) -> Self {
        self.today = Some(today);
        self
    }

    /// Sets the seed of the made-up data, which also depend on the day and the users' names.
    /// Default: 1.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets how many documents a page has at most. Default: 1,000.
    pub fn page_size(mut self, size: usize) -> Self {
        self.page_size = size.max(1);
        self
    }

    /// Sets the port to listen on. Default: one that is free.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Refuses calls with 429 after `calls` of them in any `window`, by the clock of tokio.
    /// Default: no limit.
    pub fn rate_limit(mut self, calls: usize, window: Duration) -> Self {
        self.rate_limit = Some((calls, window));
        self
    }

    /// Sets another spec to serve than that of this crate, as
    /// `cargo xtask effective --format json` prints it.
    pub fn spec(mut self, json: impl Into<String>) -> Self {
        self.spec = Some(json.into());
        self
    }

    /// Starts the server on 127.0.0.1, as tasks of the runtime that calls this.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when the port is taken or the spec cannot be read.
    pub async fn start(self) -> Result<Oura, Error> {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await;
        let listener = listener.map_err(|error| no_listener(self.port, &error))?;
        let address = listener
            .local_addr()
            .map_err(|error| no_listener(self.port, &error))?;
        let shared = self.share(format!("http://{address}"))?;
        let task = tokio::spawn(serve(listener, Arc::clone(&shared)));
        shared.with(|state| state.tasks.push(task.abort_handle()));
        let thread = None;
        Ok(Oura { shared, thread })
    }

    /// Makes a server without a socket: its clients pass requests to it in memory.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when the spec cannot be read.
    pub fn in_memory(self) -> Result<Oura, Error> {
        let shared = self.share(MEMORY_URL.to_owned())?;
        let thread = None;
        Ok(Oura { shared, thread })
    }

    /// Starts the server on a thread, for programs without a runtime.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when the port is taken, the spec cannot be read or no thread can be
    /// started.
    pub fn start_blocking(self) -> Result<Oura, Error> {
        let (started, result) = std::sync::mpsc::channel();
        let (end, ended) = oneshot::channel::<()>();
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => return drop(started.send(Err(Error::config(error.to_string())))),
            };
            runtime.block_on(async move {
                let oura = self.start().await;
                let shared = oura.as_ref().map(|oura| Arc::clone(&oura.shared)).ok();
                if started.send(oura).is_ok() && shared.is_some() {
                    // An error says that the server was dropped.
                    let _ = ended.await;
                }
            });
        };
        let thread = std::thread::Builder::new()
            .name("embedded-oura".to_owned())
            .spawn(run);
        let thread =
            thread.map_err(|error| Error::config(format!("no thread can be started: {error}")))?;
        let oura = result
            .recv()
            .map_err(|_| Error::config("the thread of the server ended"))?;
        let mut oura = oura?;
        oura.thread = Some((end, thread));
        Ok(oura)
    }

    fn share(self, url: String) -> Result<Arc<Server>, Error> {
        let spec = Spec::parse(self.spec.as_deref().unwrap_or(EMBEDDED));
        let spec =
            spec.map_err(|error| Error::config(format!("the spec cannot be read: {error}")))?;
        Ok(Arc::new(Server::new(ServerSettings {
            spec,
            url,
            today: self
                .today
                .unwrap_or_else(|| OffsetDateTime::now_utc().date()),
            seed: self.seed,
            page_size: self.page_size,
            rate_limit: self.rate_limit,
        })))
    }
}

fn no_listener(port: u16, error: &std::io::Error) -> Error {
    Error::config(format!(
        "cannot listen on port {port} of 127.0.0.1: {error}"
    ))
}

impl Oura {
    /// Starts a server on a free port of 127.0.0.1, as tasks of the runtime that calls this.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when no port is free.
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// Makes a server without a socket: its clients pass requests to it in memory. Works
    /// with and without a runtime, and without the feature `reqwest`.
    pub fn in_memory() -> Self {
        Self::builder()
            .in_memory()
            .expect("the embedded spec can be read")
    }

    /// Starts a server on a thread, for programs without a runtime.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when no port is free or no thread can be started.
    pub fn start_blocking() -> Result<Self, Error> {
        Self::builder().start_blocking()
    }

    /// Returns a builder to change settings before the start.
    pub fn builder() -> OuraBuilder {
        OuraBuilder::default()
    }

    /// Returns the base URL. That of a server in memory cannot be reached over the network.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// Returns the id of the application.
    pub fn client_id(&self) -> &str {
        &self.shared.client_id
    }

    /// Returns the secret of the application, which also signs deliveries.
    pub fn client_secret(&self) -> &str {
        self.shared.client_secret.expose()
    }

    /// Returns the day up to which there are data.
    pub fn today(&self) -> Date {
        self.shared.today
    }

    /// Adds a user with thirty days of made-up data, up to today, and a token with all scopes;
    /// or returns the user that already has this name.
    pub fn add_user(&self, name: &str) -> User {
        let (index, id) = self.shared.with(|state| {
            if let Some(index) = state.users.iter().position(|user| user.name == name) {
                return (index, state.users[index].person.id.clone());
            }
            let user = UserState::new(name, self.shared.seed, self.shared.today);
            let id = user.person.id.clone();
            state.users.push(user);
            let index = state.users.len() - 1;
            state
                .authorizations
                .grant(index, self.shared.spec.scopes.clone());
            (index, id)
        });
        User::new(&self.shared, index, id)
    }

    /// Returns the settings of a client of this server with the credentials of the application
    /// and no token.
    pub fn client_builder(&self) -> ClientBuilder {
        client_builder(&self.shared)
    }

    /// Returns a client with the credentials of the application and no token, for webhook
    /// subscriptions and [`Client::with_token_source`].
    ///
    /// # Panics
    ///
    /// When the HTTP client of the default transport cannot be made.
    pub fn client(&self) -> Client {
        let client = self.client_builder().build();
        client.expect("the server and its credentials are valid settings")
    }

    /// Returns the settings of the authorization flow of this server, with the redirect URI
    /// `http://localhost:8080/callback`.
    pub fn oauth(&self) -> OAuthBuilder {
        self.oauth_with_redirect(REDIRECT_URI)
    }

    /// Returns the settings of the authorization flow of this server with another redirect URI.
    pub fn oauth_with_redirect(&self, redirect_uri: impl Into<String>) -> OAuthBuilder {
        let url = |path: &str| format!("{}{path}", self.shared.url);
        let builder = OAuth::builder(self.client_id(), self.client_secret(), redirect_uri)
            .authorization_url(url(oauth::AUTHORIZE_PATH))
            .token_url(url(oauth::TOKEN_PATH))
            .revocation_url(url(oauth::REVOKE_PATH))
            .base_url(&*self.shared.url);
        match uses_memory(&self.shared) {
            true => builder.transport(Memory::new(&self.shared)),
            false => builder,
        }
    }

    /// Makes responses go wrong until the handle is dropped, or as often as
    /// [`times`](FaultHandle::times) says. Of several faults the first one set is used.
    #[must_use = "the fault ends when its handle is dropped; see `times`"]
    pub fn fail(&self, target: impl Into<Target>, fault: Fault) -> FaultHandle {
        FaultHandle::new(&self.shared, target.into(), fault)
    }

    /// Returns the requests so far, those of the authorization server included.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.with(|state| state.requests.clone())
    }

    /// Returns the requests so far that the spec does not allow.
    pub fn complaints(&self) -> Vec<Complaint> {
        self.shared.with(|state| state.complaints.clone())
    }

    /// Delivers the events of all users and data types to a URL with `http://`, without a
    /// subscription and without a challenge.
    pub fn deliver_to(&self, url: impl Into<String>) {
        let url = url.into();
        self.shared.with(|state| state.receivers.push(url));
    }

    /// Waits until no event is left to deliver. A delivery that fails is repeated ten times in
    /// an hour of tokio's clock, which a test can pause.
    pub async fn delivered(&self) {
        send_outbox(&self.shared);
        let mut pending = self.shared.pending.subscribe();
        // The sender lives as long as the server.
        let _ = pending.wait_for(|count| *count == 0).await;
    }
}

impl Drop for Oura {
    fn drop(&mut self) {
        self.shared.close();
        if let Some((end, thread)) = self.thread.take() {
            drop(end);
            // A panic of the thread was printed there.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Oura {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Oura")
            .field("url", &self.shared.url)
            .finish_non_exhaustive()
    }
}
