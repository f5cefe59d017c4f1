//! A small service for many users: they log in with a browser, webhook events and syncs keep
//! their documents in a database.
//!
//! Everything is in the SQLite file `oura-service.db`, or in PostgreSQL if `DATABASE_URL` is
//! set: then the service may run on several machines. With the variables of [`Settings`] in the
//! environment it uses Oura. Without them it runs a demonstration with the embedded Oura server: a
//! user logs in, a document is created, changed and deleted, and the program ends.
//!
//! ```sh
//! cargo run -p oura-generated --features axum,sqlx-sqlite,sqlx-postgres,testing --example webhook_server
//! ```

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State as Shared;
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use axum::routing::get;
use futures_util::TryStreamExt;
use oura_generated::models::{DailySleep, Scope, WebhookOperation};
use oura_generated::oauth::{OAuth, Sessions, State};
use oura_generated::sql::{ApplyError, Stores};
use oura_generated::testing::{Oura, User};
use oura_generated::time::{self, OffsetDateTime};
use oura_generated::webhook::{Endpoint, Event, Subscriptions, Topic, Verifier};
use oura_generated::{Client, ClientBuilder, Resource, Route};
use sqlx::PgPool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The address that the service listens on; the public URL leads here.
const ADDRESS: &str = "127.0.0.1:8080";
/// Calls in five minutes, below the limit that Oura sets for an application.
const RATE_LIMIT: u32 = 4_500;
/// How long handling an event may take.
const HOLD: Duration = Duration::from_secs(60);
/// How many days the first sync of a user goes back.
const DAYS: i64 = 30;
/// The routes that are called: their scopes are requested.
const CALLED: [Route; 3] = [
    Route::ListDailySleep,
    Route::ListWorkout,
    Route::GetPersonalInfo,
];
/// The resources that are kept.
const KEPT: [Resource; 2] = [Resource::DailySleep, Resource::Workout];

/// The settings of the service. Set these variables, in upper case and with `OURA_` in
/// front: `OURA_CLIENT_ID`.
struct Settings {
    /// The client id of the application.
    client_id: String,
    /// The client secret of the application.
    client_secret: String,
    /// A long random text of your choice.
    verification_token: String,
    /// The public URL that leads to this service, for example through a tunnel. Register
    /// `{public_url}/callback` as a redirect URI.
    public_url: String,
}

/// What all parts of the service share.
#[derive(Clone)]
struct Service {
    settings: Arc<Settings>,
    oauth: OAuth,
    stores: Stores,
    sessions: Sessions,
    client: Client,
    log: UnboundedSender<String>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let (log, mut lines) = unbounded_channel();
    let work = match from_environment()? {
        Some(settings) => tokio::spawn(serve(settings, log)),
        None => tokio::spawn(serve_made_up(log)),
    };
    while let Some(line) = lines.recv().await {
        println!("{line}");
    }
    work.await?
}

/// All settings, or none of them.
fn from_environment() -> Result<Option<Settings>> {
    let get = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let need = |name: &str| get(name).with_context(|| format!("set {name} too"));
    let Some(client_id) = get("OURA_CLIENT_ID") else {
        return Ok(None);
    };
    Ok(Some(Settings {
        client_id,
        client_secret: need("OURA_CLIENT_SECRET")?,
        verification_token: need("OURA_VERIFICATION_TOKEN")?,
        public_url: need("OURA_PUBLIC_URL")?.trim_end_matches('/').to_owned(),
    }))
}

async fn serve(settings: Settings, log: UnboundedSender<String>) -> Result<()> {
    let Settings {
        client_id,
        client_secret,
        public_url,
        ..
    } = &settings;
    let redirect = format!("{public_url}/callback");
    let oauth = OAuth::builder(client_id, client_secret, redirect).build()?;
    let client = Client::builder().client_credentials(client_id, client_secret);
    log.send(format!("Open {public_url}/login"))?;
    let listener = TcpListener::bind(ADDRESS).await?;
    let stores = open_database("oura-service.db").await?;
    let service = Service::new(settings, oauth, stores, client, log).await?;
    service.run(listener).await
}

/// The tables: in PostgreSQL if `DATABASE_URL` is set, else in an SQLite file.
async fn open_database(file: &str) -> Result<Stores> {
    if let Ok(url) = std::env::var("DATABASE_URL") {
        let pool = PgPool::connect(&url).await;
        return Ok(Stores::postgres(
            pool.context("cannot connect to the database of DATABASE_URL")?,
        ));
    }
    let options: SqliteConnectOptions = file.parse()?;
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(Duration::from_secs(10));
    // One connection is enough: none is held during a call.
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None);
    Ok(Stores::sqlite(pool.connect_with(options).await?))
}

impl Service {
    async fn new(
        settings: Settings,
        oauth: OAuth,
        stores: Stores,
        client: ClientBuilder,
        log: UnboundedSender<String>,
    ) -> Result<Self> {
        let stores = stores.application(&settings.client_id);
        stores.migrate().await?;
        let limiter = stores.rate_limiter(RATE_LIMIT, Duration::from_secs(300))?;
        Ok(Self {
            settings: Arc::new(settings),
            sessions: Sessions::new(oauth.clone(), stores.clone()),
            oauth,
            stores,
            client: client.rate_limiter(limiter).build()?,
            log,
        })
    }

    /// Runs until a part of the service fails.
    async fn run(self, listener: TcpListener) -> Result<()> {
        let server = axum::serve(listener, self.clone().into_router());
        tokio::select! {
            served = server.into_future() => Ok(served?),
            handled = self.handle_events() => handled,
            kept = self.sync_daily() => kept,
        }
    }

    fn into_router(self) -> Router {
        let Settings {
            client_secret,
            verification_token,
            ..
        } = &*self.settings;
        let queue = self.stores.events();
        let endpoint = Endpoint::new(Verifier::new(client_secret), &**verification_token);
        let endpoint = endpoint.into_queue_route(move |event| {
            let queue = queue.clone();
            async move { queue.push(&event).await }
        });
        Router::new()
            .route("/login", get(login))
            .route("/callback", get(callback))
            .route("/oura", endpoint)
            .with_state(self)
    }

    /// Handles the events that wait in the queue, including those of a process that was killed.
    async fn handle_events(&self) -> Result<()> {
        let queue = self.stores.events();
        loop {
            let Some(taken) = queue.take(HOLD).await? else {
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            };
            let what = format!("{} of {}", taken.event.event_type, taken.event.data_type);
            match self.handle(&taken.event).await {
                Ok(change) => {
                    self.say(format!("{}: {what}: {change}", taken.event.user_id));
                    taken.done().await?;
                }
                Err(error) => {
                    self.say(format!("{what} is tried again later: {error}"));
                    tokio::time::sleep(Duration::from_secs(5)).await;
                    taken.give_back().await?;
                }
            }
        }
    }

    /// Applies an event to the tables. After an error, it is worth trying again.
    async fn handle(&self, event: &Event) -> Result<String> {
        let Some(session) = self.sessions.get(&event.user_id).await? else {
            return Ok("the user is not logged in".to_owned());
        };
        let client = self.client.with_token_source(session);
        let documents = self.stores.documents(&event.user_id);
        match documents.apply_event(&client, event).await {
            Ok(applied) => Ok(format!(
                "{} written, {} removed",
                applied.written, applied.removed
            )),
            Err(ApplyError::Fetch(error)) if !error.is_retryable() => Ok(error.to_string()),
            Err(error) => Err(error.into()),
        }
    }

    /// Renews the subscriptions and syncs all users, once a day, to find changes without an event.
    async fn sync_daily(&self) -> Result<()> {
        let Settings {
            public_url,
            verification_token,
            ..
        } = &*self.settings;
        let url = format!("{public_url}/oura");
        let subscriptions = Subscriptions::new(&self.client, &url, &**verification_token);
        let mut a_day = tokio::time::interval(Duration::from_secs(24 * 60 * 60));
        loop {
            a_day.tick().await;
            self.say(match subscriptions.reconcile(topics()).await {
                Ok(report) => report.to_string().trim_end().to_owned(),
                Err(error) => format!("the subscriptions were not changed: {error}"),
            });
            for user in self.stores.users().await? {
                self.sync(&user).await;
            }
        }
    }

    async fn sync(&self, user: &str) {
        self.say(match self.try_sync(user).await {
            Ok(count) => format!("{user}: {count} documents are new or changed"),
            Err(error) => format!("{user}: the sync is tried again tomorrow: {error}"),
        });
    }

    async fn try_sync(&self, user: &str) -> Result<usize> {
        let session = self.sessions.get(user).await?.context("not logged in")?;
        let documents = self.stores.documents(user);
        let first_day = OffsetDateTime::now_utc().date() - time::Duration::days(DAYS);
        let client = self.client.with_token_source(session);
        let sync = client.sync().resources(KEPT).since(first_day);
        let mut batches = sync.resume(documents.checkpoints().await?).batches();
        let mut count = 0;
        while let Some(batch) = batches.try_next().await? {
            count += documents.apply(&batch).await?.written;
        }
        Ok(count)
    }

    /// Stores the token of a user who comes back from Oura's page, and returns the user's id.
    async fn finish_login(&self, redirect: &str, state: &State) -> Result<String> {
        let code = self.oauth.check_redirect(redirect, state)?;
        let token = self.oauth.exchange(code).await?;
        let client = self.client.with_access_token(token.access.clone());
        let user = client.get_personal_info().await?.id;
        self.sessions.insert(&user, token).await?;
        Ok(user)
    }

    fn say(&self, line: String) {
        // The receiver of the lines may be dropped already.
        let _ = self.log.send(line);
    }
}

/// Sends a browser to Oura's page. The state is in a cookie, so that any process can check it.
async fn login(Shared(service): Shared<Service>) -> impl IntoResponse {
    match service.oauth.authorize(Scope::needed_by(CALLED)) {
        Ok(begun) => {
            let state = begun.state.expose();
            let cookie = format!("state={state}; HttpOnly; SameSite=Lax; Path=/callback");
            let headers = [(LOCATION, begun.url), (SET_COOKIE, cookie)];
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn callback(
    Shared(service): Shared<Service>,
    headers: HeaderMap,
    uri: Uri,
) -> impl IntoResponse {
    let cookies = headers.get(COOKIE).and_then(|value| value.to_str().ok());
    let mut cookies = cookies.unwrap_or_default().split("; ");
    let state = cookies.find_map(|cookie| cookie.strip_prefix("state="));
    let state = State::new(state.unwrap_or_default());
    match service.finish_login(&uri.to_string(), &state).await {
        Ok(user) => {
            service.say(format!("{user}: logged in"));
            tokio::spawn(async move { service.sync(&user).await });
            (StatusCode::OK, "You are logged in.".to_owned())
        }
        Err(error) => (
            StatusCode::BAD_REQUEST,
            format!("The login failed: {error}"),
        ),
    }
}

fn topics() -> impl Iterator<Item = Topic> {
    KEPT.into_iter().flat_map(|resource| {
        let events = WebhookOperation::KNOWN.iter();
        events.map(move |event| Topic::new(resource.as_str(), event.clone()))
    })
}

/// Runs the service with the embedded Oura server: a user logs in, and a night is created, changed
/// and deleted.
async fn serve_made_up(lines: UnboundedSender<String>) -> Result<()> {
    lines.send("OURA_CLIENT_ID is not set: using the embedded Oura server.".to_owned())?;
    let oura = Oura::start().await?;
    let alice = oura.add_user("alice");
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let settings = Settings {
        client_id: oura.client_id().to_owned(),
        client_secret: oura.client_secret().to_owned(),
        verification_token: "made-up token".to_owned(),
        public_url: format!("http://{}", listener.local_addr()?),
    };
    let public_url = settings.public_url.clone();
    let oauth = oura
        .oauth_with_redirect(format!("{public_url}/callback"))
        .build()?;
    let (log, mut logged) = unbounded_channel();
    let stores = open_database("sqlite::memory:").await?;
    let service = Service::new(settings, oauth, stores, oura.client_builder(), log).await?;
    let server = tokio::spawn(service.run(listener));
    pass_on(&mut logged, &lines, 1).await?;
    play_browser(&alice, &public_url).await?;
    pass_on(&mut logged, &lines, 2).await?;
    let mut night = DailySleep::example();
    for score in [83, 85] {
        night.score = Some(score);
        alice.put(night.clone());
        pass_on(&mut logged, &lines, 1).await?;
    }
    alice.remove(Resource::DailySleep, &night.id);
    pass_on(&mut logged, &lines, 1).await?;
    server.abort();
    Ok(())
}

/// Passes on so many lines of the service.
async fn pass_on(
    logged: &mut UnboundedReceiver<String>,
    lines: &UnboundedSender<String>,
    count: usize,
) -> Result<()> {
    for _ in 0..count {
        let line = tokio::time::timeout(Duration::from_secs(60), logged.recv()).await;
        let line = line.context("the service logged nothing for a minute")?;
        lines.send(line.context("the service ended")?)?;
    }
    Ok(())
}

/// Logs a user in, as a browser would.
async fn play_browser(user: &User, public_url: &str) -> Result<()> {
    // `reqwest` needs it even for plain HTTP; another part of the process may have set it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let browser = reqwest::Client::builder().no_proxy();
    let browser = browser
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let sent_on = browser.get(format!("{public_url}/login")).send().await?;
    let header = |name| {
        sent_on
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let (url, cookie) = header(LOCATION)
        .zip(header(SET_COOKIE))
        .context("no redirect")?;
    let cookie = cookie.split(';').next().unwrap_or_default();
    let redirect = user.authorize(url).await?;
    let page = browser.get(redirect).header(COOKIE, cookie).send().await?;
    page.error_for_status()?;
    Ok(())
}
