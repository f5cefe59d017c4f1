//! Logs a user in by the browser, keeps the token in a file, and prints last night's sleep.
//!
//! With `OURA_CLIENT_ID` and `OURA_CLIENT_SECRET` it uses Oura: register an application with
//! the redirect URI `http://localhost:8080/callback`, or set another one of this machine in
//! `OURA_REDIRECT_URI`. The token is stored in `oura-token.json`, or in the file of
//! `OURA_TOKEN_FILE`: the next run needs no login. Without these variables it logs in a made-up
//! user of the embedded Oura server, and acts as the browser too.
//!
//! ```sh
//! cargo run -p oura-generated --features testing --example login
//! ```
//!
//! `OURA_AUTHORIZATION_URL`, `OURA_TOKEN_URL` and `OURA_BASE_URL` set other servers.

use std::error::Error;
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;

use oura_generated::models::{Scope, Sleep, SleepType};
use oura_generated::oauth::{FileStore, MemoryStore, OAuth, Session, TokenStore};
use oura_generated::testing::{Oura, User};
use oura_generated::{Client, Route};
use time::OffsetDateTime;

const REDIRECT_URI: &str = "http://localhost:8080/callback";

/// The routes that are called: their scopes are requested.
const CALLED: [Route; 1] = [Route::ListSleep];

/// The settings of the environment, or made-up ones.
struct Setup {
    oauth: OAuth,
    client: Client,
    store: Arc<dyn TokenStore>,
    /// The embedded server and its user.
    made_up: Option<(Oura, User)>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Err(error) = run().await else {
        return ExitCode::SUCCESS;
    };
    eprintln!("{error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

async fn run() -> Result<(), Box<dyn Error>> {
    let setup = match std::env::var("OURA_CLIENT_ID") {
        Ok(client_id) => set_up(client_id)?,
        Err(_) => make_up().await?,
    };
    let session = match setup.oauth.resume(Arc::clone(&setup.store)).await {
        Ok(Some(session)) => session,
        Ok(None) => log_in(&setup).await?,
        Err(error) if error.needs_authorization() => {
            println!("{error}");
            log_in(&setup).await?
        }
        Err(error) => return Err(error.into()),
    };
    let (session, night) = match last_night(&setup, &session).await {
        Err(error) if error.is_unauthorized() => {
            println!("{error}");
            let session = log_in(&setup).await?;
            let night = last_night(&setup, &session).await?;
            (session, night)
        }
        night => (session, night?),
    };
    print_night(night.as_ref());
    // A token that was refreshed meanwhile must not be lost.
    session.save().await?;
    Ok(())
}

fn set_up(client_id: String) -> Result<Setup, Box<dyn Error>> {
    let variable = |name| std::env::var(name).ok();
    let redirect_uri = variable("OURA_REDIRECT_URI").unwrap_or_else(|| REDIRECT_URI.to_owned());
    let secret = variable("OURA_CLIENT_SECRET").ok_or("set OURA_CLIENT_SECRET")?;
    let mut oauth = OAuth::builder(client_id, secret, &*redirect_uri)
        .on_save_error(|error| eprintln!("the token is not stored yet: {error}"));
    if let Some(url) = variable("OURA_AUTHORIZATION_URL") {
        oauth = oauth.authorization_url(url);
    }
    if let Some(url) = variable("OURA_TOKEN_URL") {
        oauth = oauth.token_url(url);
    }
    let mut client = Client::builder();
    if let Some(url) = variable("OURA_BASE_URL") {
        oauth = oauth.base_url(&*url);
        client = client.base_url(url);
    }
    let file = variable("OURA_TOKEN_FILE").unwrap_or_else(|| "oura-token.json".to_owned());
    Ok(Setup {
        oauth: oauth.build()?,
        client: client.build()?,
        store: Arc::new(FileStore::new(file)),
        made_up: None,
    })
}

async fn log_in(setup: &Setup) -> Result<Session, Box<dyn Error>> {
    let open = |url: &str| {
        println!("Open this in a browser:\n{url}");
        if let Some((_, user)) = &setup.made_up {
            tokio::spawn(play_browser(user.clone(), url.to_owned()));
        }
    };
    let login = setup.oauth.login(Scope::needed_by(CALLED), open).await?;
    println!("Logged in.\n");
    let session = setup.oauth.session(login.token, Arc::clone(&setup.store));
    session.save().await?;
    Ok(session)
}

/// Agrees as the user, and follows the redirect as a browser does.
async fn play_browser(user: User, url: String) {
    let redirect = user.authorize(&url).await;
    let redirect = redirect.expect("the URL is of the embedded Oura");
    // `reqwest` needs it even for plain HTTP; another part of the process may have set it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let browser = reqwest::Client::builder().no_proxy().build();
    let browser = browser.expect("there is nothing wrong with its settings");
    let page = browser.get(redirect).send().await;
    page.expect("the program listens");
}

/// The longest sleep that ended today or yesterday.
async fn last_night(
    setup: &Setup,
    session: &Session,
) -> Result<Option<Sleep>, oura_generated::Error> {
    let client = setup.client.with_token_source(session.clone());
    let today = OffsetDateTime::now_utc().date();
    // Days are in the user's time zone, which may be ahead of UTC or behind it.
    let page = client
        .list_sleep()
        .start_date(today - time::Duration::days(1))
        .end_date(today + time::Duration::days(2))
        .await?;
    let nights = page.data.into_iter();
    let nights = nights.filter(|sleep| sleep.r#type == Some(SleepType::LongSleep));
    Ok(nights.max_by_key(|sleep| sleep.bedtime_end))
}

fn print_night(night: Option<&Sleep>) {
    let Some(night) = night else {
        println!("Oura has no sleep of last night yet.");
        return;
    };
    let duration = |seconds: Option<i64>| match seconds {
        Some(seconds) => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
        None => "-".to_owned(),
    };
    let clock = |at: OffsetDateTime| format!("{:02}:{:02}", at.hour(), at.minute());
    let (from, to) = (clock(night.bedtime_start), clock(night.bedtime_end));
    println!("Night to {}: {from} to {to}", night.day);
    println!("  asleep  {}", duration(night.total_sleep_duration));
    println!("  deep    {}", duration(night.deep_sleep_duration));
    println!("  REM     {}", duration(night.rem_sleep_duration));
}

/// The embedded Oura server and a user of it.
async fn make_up() -> Result<Setup, Box<dyn Error>> {
    println!("OURA_CLIENT_ID is not set: user and night are made up.\n");
    let oura = Oura::start().await?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let redirect_uri = format!("http://127.0.0.1:{port}/callback");
    let user = oura.add_user("somebody");
    Ok(Setup {
        oauth: oura.oauth_with_redirect(redirect_uri).build()?,
        client: oura.client(),
        store: Arc::new(MemoryStore::new()),
        made_up: Some((oura, user)),
    })
}
