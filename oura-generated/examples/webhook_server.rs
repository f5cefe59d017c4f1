//! A server that subscribes to events, verifies them, fetches their documents and prints
//! them.
//!
//! With the settings below in the environment it works with Oura. Without them it works with the
//! embedded Oura, which asks the challenge and delivers events.
//!
//! ```sh
//! cargo run -p oura-generated --features axum,testing --example webhook_server
//! ```

use std::error::Error;

use axum::Router;
use oura_generated::models::{DailySleep, WebhookDataType, WebhookOperation};
use oura_generated::testing::Oura;
use oura_generated::webhook::{
    Document, Endpoint, Event, SeenInMemory, Subscriptions, Topic, Verifier, once,
};
use oura_generated::{Client, Resource};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// What the server listens to; the callback URL leads here.
const ADDRESS: &str = "127.0.0.1:8080";

/// Whatever ends the server.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// What the server needs to know. Set these variables, in upper case and with `OURA_` in
/// front: `OURA_CLIENT_ID`.
pub(crate) struct Settings {
    /// Of the application.
    pub(crate) client_id: String,
    /// Of the application.
    pub(crate) client_secret: String,
    /// Of the user: a server of many users looks it up by the user of an event.
    pub(crate) access_token: String,
    /// A long random text of your choice.
    pub(crate) verification_token: String,
    /// The public URL that leads to this server, for example through a tunnel.
    pub(crate) callback_url: String,
    /// Instead of Oura's.
    pub(crate) base_url: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // It prints an error with its causes.
    serve().await.map_err(anyhow::Error::from_boxed)
}

async fn serve() -> Result<(), Failure> {
    let (sender, mut lines) = unbounded_channel();
    let work = match from_environment()? {
        Some(settings) => {
            let listener = TcpListener::bind(ADDRESS).await?;
            println!("Listening on {ADDRESS} for {}", settings.callback_url);
            tokio::spawn(async move { run(settings, listener, sender).await })
        }
        None => {
            println!("OURA_CLIENT_ID is not set: this Oura is made up.");
            tokio::spawn(made_up(sender))
        }
    };
    while let Some(line) = lines.recv().await {
        println!("{line}");
    }
    work.await?
}

/// All settings, or none of them.
fn from_environment() -> Result<Option<Settings>, Failure> {
    let get = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let need = |name: &str| get(name).ok_or_else(|| format!("set {name} too"));
    let Some(client_id) = get("OURA_CLIENT_ID") else {
        return Ok(None);
    };
    Ok(Some(Settings {
        client_id,
        client_secret: need("OURA_CLIENT_SECRET")?,
        access_token: need("OURA_ACCESS_TOKEN")?,
        verification_token: need("OURA_VERIFICATION_TOKEN")?,
        callback_url: need("OURA_CALLBACK_URL")?,
        base_url: get("OURA_BASE_URL"),
    }))
}

/// Serves the endpoint and, once that is up, keeps the subscriptions. It ends when the server
/// fails.
pub(crate) async fn run(
    settings: Settings,
    listener: TcpListener,
    lines: UnboundedSender<String>,
) -> Result<(), Failure> {
    let mut builder = Client::builder()
        .access_token(&*settings.access_token)
        .client_credentials(&settings.client_id, &settings.client_secret);
    if let Some(url) = &settings.base_url {
        builder = builder.base_url(url);
    }
    let client = builder.build()?;

    let path = callback_path(&settings.callback_url).to_owned();
    let verifier = Verifier::new(&settings.client_secret);
    let endpoint = Endpoint::new(verifier, &*settings.verification_token);
    let (reader, out) = (client.clone(), lines.clone());
    let handler = once(SeenInMemory::new(10_000), move |event| {
        let (client, out) = (reader.clone(), out.clone());
        async move {
            // Whoever reads the lines may be gone.
            let _ = out.send(handle(&client, &event).await);
        }
    });
    let app = Router::new().route(&path, endpoint.into_route(handler));
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    // Connections are taken by now: Oura asks the challenge while it creates a subscription.
    let token = &*settings.verification_token;
    let subscriptions = Subscriptions::new(&client, &settings.callback_url, token);
    tokio::select! {
        served = server => Ok(served??),
        () = keep_subscriptions(&subscriptions, &lines) => Ok(()),
    }
}

/// Sees to the subscriptions once a day.
async fn keep_subscriptions(subscriptions: &Subscriptions, lines: &UnboundedSender<String>) {
    let mut a_day = tokio::time::interval(std::time::Duration::from_secs(24 * 60 * 60));
    loop {
        a_day.tick().await;
        let _ = lines.send(match subscriptions.reconcile(topics()).await {
            Ok(report) => report.to_string().trim_end().to_owned(),
            Err(error) => format!("the subscriptions are as they were: {error}"),
        });
    }
}

/// The scores of each day, from their first version to their end.
fn topics() -> impl Iterator<Item = Topic> {
    use WebhookDataType::{DailyActivity, DailyReadiness, DailySleep};

    [DailyActivity, DailyReadiness, DailySleep]
        .into_iter()
        .flat_map(|data_type| {
            let events = WebhookOperation::KNOWN.iter();
            events.map(move |event| Topic::new(data_type.clone(), event.clone()))
        })
}

/// The path of a URL, as axum takes it.
fn callback_path(url: &str) -> &str {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = behind_scheme
        .find('/')
        .map_or("/", |at| &behind_scheme[at..]);
    path.split(['?', '#']).next().unwrap_or(path)
}

/// What there is to say of an event.
async fn handle(client: &Client, event: &Event) -> String {
    let what = format!("{} of {}", event.event_type, event.data_type);
    match client.fetch(event).await {
        Ok(Some(document)) => format!("{what}: {}", describe(&document)),
        Ok(None) => format!("{what}: there is nothing to fetch"),
        Err(error) => format!("{what}: {error}"),
    }
}

fn describe(document: &Document) -> String {
    let (name, day, score) = match document {
        Document::DailyActivity(document) => ("activity", document.day, document.score),
        Document::DailyReadiness(document) => ("readiness", document.day, document.score),
        Document::DailySleep(document) => ("sleep", document.day, document.score),
        other => return format!("{other:?}"),
    };
    let score = score.map_or_else(|| "none yet".to_owned(), |score| score.to_string());
    format!("the {name} score of {day} is {score}")
}

/// Runs the server against the embedded Oura, in which a document comes and goes, and ends.
async fn made_up(lines: UnboundedSender<String>) -> Result<(), Failure> {
    let oura = Oura::start().await?;
    let user = oura.add_user("somebody");
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let settings = Settings {
        client_id: oura.client_id().to_owned(),
        client_secret: oura.client_secret().to_owned(),
        access_token: user.token().access.expose().to_owned(),
        verification_token: "made-up token".to_owned(),
        callback_url: format!("http://{}/oura", listener.local_addr()?),
        base_url: Some(oura.url().to_owned()),
    };
    let (sender, mut said) = unbounded_channel();
    let server = tokio::spawn(run(settings, listener, sender));
    // The report of the subscriptions, and then what is said of the events.
    lines.send(said.recv().await.ok_or("the server ended")?)?;
    let mut night = DailySleep::example();
    for score in [83, 85] {
        night.score = Some(score);
        user.put(night.clone());
        lines.send(said.recv().await.ok_or("the server ended")?)?;
    }
    user.remove(Resource::DailySleep, &night.id);
    lines.send(said.recv().await.ok_or("the server ended")?)?;
    server.abort();
    Ok(())
}
