//! An endpoint of axum with its subscriptions, with the embedded Oura; and the example service.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use axum::Router;
use oura_generated::models::{DailySleep, WebhookDataType, WebhookOperation};
use oura_generated::testing::{Fault, FaultHandle, Oura};
use oura_generated::time::{Duration, OffsetDateTime};
use oura_generated::webhook::{
    Document, Endpoint, Event, MAX_BODY_BYTES, SeenInMemory, Subscriptions, Topic, Verifier, once,
};
use oura_generated::{Client, Route};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The client secret of the embedded Oura.
const SECRET: &str = "embedded-client-secret";

/// The settings of the server.
struct Settings {
    client_id: String,
    client_secret: String,
    access_token: String,
    verification_token: String,
    callback_url: String,
    base_url: String,
}

type Failure = Box<dyn Error + Send + Sync>;

/// Serves the endpoint and, once that is up, keeps the subscriptions. It ends when the server
/// fails.
async fn run(
    settings: Settings,
    listener: TcpListener,
    lines: UnboundedSender<String>,
) -> Result<(), Failure> {
    let client = Client::builder()
        .access_token(&*settings.access_token)
        .client_credentials(&settings.client_id, &settings.client_secret)
        .base_url(&settings.base_url)
        .build()?;
    let verifier = Verifier::new(&settings.client_secret);
    let endpoint = Endpoint::new(verifier, &*settings.verification_token);
    let (reader, out) = (client.clone(), lines.clone());
    let handler = once(SeenInMemory::new(10_000), move |event| {
        let (client, out) = (reader.clone(), out.clone());
        async move {
            // The receiver of the lines may be dropped already.
            let _ = out.send(handle(&client, &event).await);
        }
    });
    let app = Router::new().route("/oura", endpoint.into_route(handler));
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    // Connections are accepted by now: Oura sends the challenge while it creates a subscription.
    let token = &*settings.verification_token;
    let subscriptions = Subscriptions::new(&client, &settings.callback_url, token);
    let report = subscriptions.reconcile(topics()).await?;
    let _ = lines.send(report.to_string().trim_end().to_owned());
    Ok(server.await??)
}

/// All events of the daily sleep scores.
fn topics() -> impl Iterator<Item = Topic> {
    use WebhookDataType::{DailyActivity, DailyReadiness, DailySleep};

    [DailyActivity, DailyReadiness, DailySleep]
        .into_iter()
        .flat_map(|data_type| {
            let events = WebhookOperation::KNOWN.iter();
            events.map(move |event| Topic::new(data_type.clone(), event.clone()))
        })
}

/// Describes an event and its document.
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

/// The server under test and the Oura that it works with.
struct Game {
    oura: Oura,
    address: SocketAddr,
    lines: UnboundedReceiver<String>,
    /// Delays documents until the test releases them.
    gate: Option<FaultHandle>,
}

impl Game {
    /// Starts both sides and waits for the subscriptions.
    async fn start(documents_wait: bool) -> Self {
        let oura = Oura::start().await.expect("a port is free");
        assert_eq!(oura.client_secret(), SECRET);
        let user = oura.add_user("user-1");
        let mut night = DailySleep::example();
        night.id = "night-1".to_owned();
        night.score = Some(83);
        user.put(night);
        let gate = documents_wait.then(|| oura.fail(Route::GetDailySleep, Fault::Hold));
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let settings = Settings {
            client_id: oura.client_id().to_owned(),
            client_secret: SECRET.to_owned(),
            access_token: user.token().access.expose().to_owned(),
            verification_token: "verification-1".to_owned(),
            callback_url: format!("http://{address}/oura"),
            base_url: oura.url().to_owned(),
        };
        let (sender, lines) = unbounded_channel();
        tokio::spawn(run(settings, listener, sender));
        let mut game = Self {
            oura,
            address,
            lines,
            gate,
        };
        let report = game.line().await;
        assert!(
            report.contains("daily_sleep/update: created, until "),
            "{report}"
        );
        assert!(!report.contains("failed"), "{report}");
        game
    }

    async fn line(&mut self) -> String {
        next(&mut self.lines).await
    }

    /// Sends bytes and returns the status of the response, if there is any.
    async fn send(&self, bytes: impl Into<Vec<u8>>) -> Option<u16> {
        let (address, bytes) = (self.address, bytes.into());
        let response = tokio::task::spawn_blocking(move || exchange(address, &bytes)).await;
        status(&response.expect("no panic"))
    }

    /// Sends a signed event.
    async fn deliver(&self, event: &Event, at: OffsetDateTime) -> Option<u16> {
        self.send(signed(&body(event), at)).await
    }

    /// The documents that were requested.
    fn fetched(&self) -> Vec<String> {
        let requests = self.oura.requests().into_iter();
        let documents = requests.filter(|request| request.path.contains("/usercollection/"));
        documents.map(|request| request.path).collect()
    }
}

/// The next text of a channel, within a minute.
async fn next(texts: &mut UnboundedReceiver<String>) -> String {
    let minute = std::time::Duration::from_secs(60);
    let text = tokio::time::timeout(minute, texts.recv()).await;
    text.expect("it comes in time").expect("the server runs")
}

fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    // A server that refuses early does not read all of it.
    let _ = stream.write_all(bytes);
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response);
    String::from_utf8_lossy(&response).into_owned()
}

fn status(response: &str) -> Option<u16> {
    response.split_whitespace().nth(1)?.parse().ok()
}

fn event(event_type: &str, object_id: &str) -> Event {
    let time = OffsetDateTime::from_unix_timestamp(1_700_000_000).expect("a time");
    Event::new(event_type, "daily_sleep", object_id, time, "user-1")
}

fn body(event: &Event) -> Vec<u8> {
    serde_json::to_vec(event).expect("JSON")
}

/// A delivery as Oura sends it.
fn signed(body: &[u8], at: OffsetDateTime) -> Vec<u8> {
    let headers = Verifier::new(SECRET).sign(body, at);
    let text = |name: &str| headers[name].to_str().expect("digits").to_owned();
    let (time, signature) = (text("x-oura-timestamp"), text("x-oura-signature"));
    post(
        &format!("x-oura-timestamp: {time}\r\nx-oura-signature: {signature}\r\n"),
        body,
    )
}

fn post(headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST /oura HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_leads_to_its_document_once() {
    let mut game = Game::start(false).await;
    let good = signed(&body(&event("update", "night-1")), now());
    assert_eq!(game.send(good.clone()).await, Some(200));
    assert_eq!(
        game.line().await,
        "update of daily_sleep: the sleep score of 2025-03-01 is 83"
    );
    // Replayed, and repeated by Oura with a new signature.
    assert_eq!(game.send(good).await, Some(200));
    let later = now() + Duration::seconds(1);
    assert_eq!(
        game.deliver(&event("update", "night-1"), later).await,
        Some(200)
    );
    assert_eq!(
        game.deliver(&event("create", "night-1"), now()).await,
        Some(200)
    );
    assert_eq!(
        game.line().await,
        "create of daily_sleep: the sleep score of 2025-03-01 is 83"
    );
    assert_eq!(game.fetched().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_requests_are_refused_and_the_login_goes_on() {
    let mut game = Game::start(false).await;
    let (event, now) = (event("update", "night-1"), now());
    let forged = signed(&body(&event), now)
        .iter()
        .rev()
        .copied()
        .collect::<Vec<_>>();
    assert_eq!(game.send(forged).await, Some(400), "it is not even HTTP");
    let other = body(&event)
        .iter()
        .map(u8::to_ascii_uppercase)
        .collect::<Vec<_>>();
    let mut forged = signed(&body(&event), now);
    let at = forged.len() - other.len();
    forged[at..].copy_from_slice(&other);
    let half = &body(&event)[..40];
    let huge = vec![b' '; MAX_BODY_BYTES + 1];
    let chunked =
        "POST /oura HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for (what, bytes, expected) in [
        ("forged", forged, 401),
        ("unsigned", post("", &body(&event)), 400),
        ("late", signed(&body(&event), now - Duration::hours(1)), 401),
        (
            "early",
            signed(&body(&event), now + Duration::hours(1)),
            401,
        ),
        ("not UTF-8", signed(b"\xff\xfe\xfd", now), 400),
        ("cut before it was signed", signed(half, now), 400),
    ] {
        assert_eq!(game.send(bytes).await, Some(expected), "{what}");
    }
    // The server does not read these to their end, so the response may be lost.
    let huge = signed(&huge, now);
    for bytes in [huge, [chunked, &chunk, &chunk].concat().into_bytes()] {
        let status = game.send(bytes).await;
        assert!(status.is_none_or(|status| status == 413), "{status:?}");
    }
    let mut cut = signed(&body(&event), now);
    cut.truncate(cut.len() - 10);
    let mut stream = TcpStream::connect(game.address).expect("it listens");
    stream.write_all(&cut).expect("it is read");
    stream.shutdown(Shutdown::Both).expect("it is open");
    assert_eq!(game.deliver(&event, now).await, Some(200));
    assert_eq!(
        game.line().await,
        "update of daily_sleep: the sleep score of 2025-03-01 is 83"
    );
    assert_eq!(game.fetched().len(), 1);
}

/// The update of a document that was deleted since may come after its deletion.
#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_events_does_no_harm() {
    let mut game = Game::start(false).await;
    assert_eq!(
        game.deliver(&event("delete", "night-2"), now()).await,
        Some(200)
    );
    assert_eq!(
        game.line().await,
        "delete of daily_sleep: there is nothing to fetch"
    );
    assert_eq!(game.fetched(), [""; 0]);
    assert_eq!(
        game.deliver(&event("create", "night-2"), now()).await,
        Some(200)
    );
    assert_eq!(
        game.line().await,
        "create of daily_sleep: there is nothing to fetch"
    );
    assert_eq!(game.fetched(), ["/v2/usercollection/daily_sleep/night-2"]);
}

/// The document comes only after the response to the delivery: a server that fetched it first
/// would never respond.
#[tokio::test(flavor = "multi_thread")]
async fn the_response_does_not_wait_for_the_work() {
    let mut game = Game::start(true).await;
    assert_eq!(
        game.deliver(&event("update", "night-1"), now()).await,
        Some(200)
    );
    drop(game.gate.take());
    assert_eq!(
        game.line().await,
        "update of daily_sleep: the sleep score of 2025-03-01 is 83"
    );
}

/// A 410 would make Oura cancel the subscription.
#[tokio::test(flavor = "multi_thread")]
async fn neither_a_handler_that_panics_nor_a_wrong_path_is_410() {
    let endpoint = Endpoint::new(Verifier::new(SECRET), "verification-1");
    let calls = Arc::new(Mutex::new(0));
    let count = Arc::clone(&calls);
    let (sender, mut handled) = unbounded_channel();
    let route = endpoint.into_route(move |event: Event| {
        *count.lock().expect("no panic with it") += 1;
        // The first call panics before there is a future, the second one inside of it.
        assert_ne!(event.object_id, "bad-1", "a handler that fails");
        let sender = sender.clone();
        async move {
            assert_ne!(event.object_id, "bad-2", "a handler that fails");
            sender.send(event.object_id).expect("somebody listens");
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let app: Router = Router::new().route("/oura", route);
    tokio::spawn(async move { axum::serve(listener, app).await });

    let send = |bytes: Vec<u8>| async move {
        let response = tokio::task::spawn_blocking(move || exchange(address, &bytes)).await;
        status(&response.expect("no panic"))
    };
    for id in ["bad-1", "bad-2", "good"] {
        assert_eq!(
            send(signed(&body(&event("update", id)), now())).await,
            Some(200),
            "{id}"
        );
    }
    assert_eq!(next(&mut handled).await, "good");
    assert_eq!(*calls.lock().expect("no panic with it"), 3);
    for (line, expected) in [
        (
            "GET /oura?verification_token=verification-1&challenge=a",
            200,
        ),
        ("GET /oura", 400),
        ("GET /oura?verification_token=x&challenge=a", 401),
        ("HEAD /oura", 405),
        ("PUT /oura", 405),
        ("DELETE /oura", 405),
        ("POST /", 404),
        ("POST /oura/", 404),
    ] {
        let request = format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        assert_eq!(send(request.into_bytes()).await, Some(expected), "{line}");
    }
}

#[test]
fn the_example_runs_without_settings() {
    let output = program()
        .env_remove("OURA_CLIENT_ID")
        .env_remove("DATABASE_URL")
        .output();
    let output = output.expect("it runs");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    for line in [
        "daily_sleep/update: created",
        ": logged in",
        "documents are new or changed",
        ": update of daily_sleep: 1 written, 0 removed",
        ": delete of daily_sleep: 0 written, 1 removed",
    ] {
        assert!(printed.contains(line), "{printed}");
    }
}

#[test]
fn the_example_asks_for_the_settings_that_are_missing() {
    let output = program().env("OURA_CLIENT_ID", "id-1").output();
    let output = output.expect("it runs");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{output:?}");
    assert!(complaint.contains("OURA_CLIENT_SECRET"), "{complaint}");
}

/// The example, which cargo builds before the tests of its package run.
fn program() -> std::process::Command {
    let test = std::env::current_exe().expect("it has a path");
    let directory = test.ancestors().nth(2).expect("a directory");
    std::process::Command::new(directory.join("examples/webhook_server"))
}
