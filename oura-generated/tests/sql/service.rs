//! A small application as several processes: 50 users, sessions, webhook events, syncs and a
//! shared rate limit, while processes are killed.
//!
//! The test starts itself again as the processes of the application.

use std::collections::BTreeMap;
use std::error::Error;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::Router;
use futures_util::TryStreamExt;
use oura_generated::models::Workout;
use oura_generated::oauth::{OAuth, Sessions, TokenStores};
use oura_generated::sql::{EventQueue, Stores};
use oura_generated::testing::{Oura, User};
use oura_generated::time::{Date, OffsetDateTime};
use oura_generated::webhook::{Endpoint, Verifier};
use oura_generated::{Client, Resource};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::databases::TestDatabase;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The variable that makes a process of the application of this test.
const PROCESS: &str = "OURA_TEST_PROCESS";
const USERS: usize = 50;
/// How often a document of each user changes.
const ROUNDS: u8 = 4;
/// Calls in a window, of all processes. The server is given some more, since a request arrives
/// later than it was permitted.
const LIMIT: u32 = 120;
const SERVER_LIMIT: usize = 160;
const WINDOW: Duration = Duration::from_secs(2);

/// The settings of a process.
#[derive(Serialize, Deserialize)]
struct Settings {
    name: String,
    database: String,
    oura: String,
    client_id: String,
    client_secret: String,
    port: u16,
    users: Vec<String>,
    /// As a Julian day number.
    first_day: i32,
}

/// The application itself, in a process that the test starts. In the test's process, it does
/// nothing.
#[test]
fn process_of_the_application() {
    if let Ok(settings) = std::env::var(PROCESS) {
        let settings = serde_json::from_str(&settings).expect("settings");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime
            .block_on(serve(settings))
            .expect("it serves until it is killed");
    }
}

async fn serve(settings: Settings) -> Outcome<()> {
    let database = TestDatabase::of_url(&settings.database);
    let stores = database.stores(3).await.application(&settings.client_id);
    let token_url = format!("{}/oauth/token", settings.oura);
    let oauth = OAuth::builder(
        &settings.client_id,
        &settings.client_secret,
        "http://localhost/",
    )
    .token_url(token_url)
    .build()?;
    let sessions = Sessions::new(oauth, stores.clone());
    let client = Client::builder()
        .base_url(&settings.oura)
        .rate_limiter(stores.rate_limiter(LIMIT, WINDOW)?)
        .build()?;
    let queue = stores.events();
    let endpoint = Endpoint::new(Verifier::new(&settings.client_secret), "verification token");
    let pushed = queue.clone();
    let route = endpoint.into_queue_route(move |event| {
        let queue = pushed.clone();
        async move { queue.push(&event).await }
    });
    let listener = TcpListener::bind(("127.0.0.1", settings.port)).await?;
    let app: Router = Router::new().route("/oura", route);
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let worker = Worker {
        name: settings.name.clone(),
        stores,
        sessions,
        client,
    };
    let handling = tokio::spawn(worker.clone().handle(queue, database));
    worker.sync(&settings).await?;
    handling.await??;
    server.await??;
    Ok(())
}

#[derive(Clone)]
struct Worker {
    name: String,
    stores: Stores,
    sessions: Sessions,
    client: Client,
}

impl Worker {
    /// A client with the token of a user.
    async fn client(&self, user: &str) -> Outcome<Client> {
        let session = self.sessions.get(user).await?.ok_or("not logged in")?;
        Ok(self.client.with_token_source(session))
    }

    /// Handles events one by one, as long as it lives.
    async fn handle(self, queue: EventQueue, database: TestDatabase) -> Outcome<()> {
        loop {
            let Some(taken) = queue.take(Duration::from_secs(3)).await? else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let event = taken.event.clone();
            let documents = self.stores.documents(&event.user_id);
            let client = self.client(&event.user_id).await?;
            documents.apply_event(&client, &event).await?;
            let log = "INSERT INTO handled VALUES ($1, $2) RETURNING process";
            database
                .column_of(log, &[&event.fingerprint(), &self.name])
                .await;
            taken.done().await?;
        }
    }

    /// Syncs the documents of all users, again and again.
    async fn sync(&self, settings: &Settings) -> Outcome<()> {
        let first_day = Date::from_julian_day(settings.first_day)?;
        loop {
            for user in &settings.users {
                let documents = self.stores.documents(user);
                let sync = self.client(user).await?.sync();
                let mut batches = sync
                    .resources([Resource::Workout])
                    .since(first_day)
                    .resume(documents.checkpoints().await?)
                    .batches();
                while let Some(batch) = batches.try_next().await? {
                    documents.apply(&batch).await?;
                }
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
}

/// A process that ends when this is dropped.
struct Process(Child);

impl Process {
    fn start(settings: &Settings) -> Self {
        let test = std::env::current_exe().expect("it has a path");
        let child = Command::new(test)
            .args([
                "--exact",
                "service::process_of_the_application",
                "--nocapture",
            ])
            .env(PROCESS, serde_json::to_string(settings).expect("JSON"))
            .stdout(Stdio::null())
            .spawn();
        Self(child.expect("the test can be run"))
    }

    /// Kills the process while no token is exchanged: another test covers a crash between the
    /// server's response and the save.
    async fn kill(self, database: &TestDatabase) {
        for _ in 0..200 {
            self.signal("-STOP");
            let held = "SELECT user_id FROM oura_tokens WHERE holder IS NOT NULL";
            if database.column(held).await.is_empty() {
                return;
            }
            self.signal("-CONT");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("a token is exchanged all the time");
    }

    fn signal(&self, signal: &str) {
        let mut kill = Command::new("kill");
        let sent = kill.args([signal, &self.0.id().to_string()]).status();
        assert!(sent.expect("`kill` runs").success());
    }

    fn assert_alive(&mut self) {
        let ended = self.0.try_wait().expect("it can be asked");
        assert!(
            ended.is_none(),
            "a process of the application ended: {ended:?}"
        );
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, which `assert_alive` reports.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The parts of the test besides the processes.
struct Setting {
    oura: Oura,
    users: Vec<User>,
    database: TestDatabase,
    settings: [Settings; 2],
}

impl Setting {
    async fn new(database: TestDatabase) -> Self {
        let oura = Oura::builder()
            .rate_limit(SERVER_LIMIT, WINDOW)
            .start()
            .await;
        let oura = oura.expect("a server");
        let users: Vec<_> = (0..USERS)
            .map(|number| oura.add_user(&format!("user-{number}")))
            .collect();
        for user in &users {
            user.days(oura.today()..=oura.today());
        }
        let stores = database.migrated(2).await.application(oura.client_id());
        database
            .column("CREATE TABLE handled (fingerprint TEXT, process TEXT)")
            .await;
        log_in(&oura, &users, &stores).await;
        let url = database.url();
        let settings = ["one", "two"].map(|name| Settings {
            name: name.to_owned(),
            database: url.clone(),
            oura: oura.url().to_owned(),
            client_id: oura.client_id().to_owned(),
            client_secret: oura.client_secret().to_owned(),
            port: free_port(),
            users: users.iter().map(|user| user.id().to_owned()).collect(),
            first_day: oura.today().to_julian_day(),
        });
        for settings in &settings {
            oura.deliver_to(format!("http://127.0.0.1:{}/oura", settings.port));
        }
        Self {
            oura,
            users,
            database,
            settings,
        }
    }

    /// Changes a document of each user: one event each.
    fn change_documents(&self, round: u8) {
        for user in &self.users {
            let mut workout = Workout::example();
            workout.id = format!("{}-{}", user.id(), round % 2);
            workout.day = self.oura.today();
            workout.calories = Some(f64::from(round));
            user.put(workout);
        }
    }

    /// The exchanges of refresh tokens and codes: all, and those that were refused.
    fn exchanges(&self) -> (usize, usize) {
        let asked = self.oura.requests();
        let exchanges = asked
            .iter()
            .filter(|asked| asked.path.ends_with("/oauth/token"));
        let refused = exchanges.clone().filter(|asked| asked.status != 200);
        (exchanges.count(), refused.count())
    }

    async fn queue_is_empty(&self) -> bool {
        let waiting = "SELECT fingerprint FROM oura_events WHERE event IS NOT NULL";
        self.database.column(waiting).await.is_empty()
    }
}

/// Logs all users in. Their tokens are stored as if they had expired, so that each must be
/// refreshed.
async fn log_in(oura: &Oura, users: &[User], stores: &Stores) {
    let oauth = oura.oauth().build().expect("settings");
    for user in users {
        let begun = oauth
            .authorize(oura_generated::models::Scope::KNOWN.to_vec())
            .expect("a URL");
        let redirect = user.authorize(&begun.url).await.expect("the user agrees");
        let code = oauth
            .check_redirect(&redirect, &begun.state)
            .expect("a code");
        let mut token = oauth.exchange(code).await.expect("a token");
        token.expires_at = Some(OffsetDateTime::UNIX_EPOCH);
        token.issued_at = Some(OffsetDateTime::UNIX_EPOCH);
        let store = stores.store(user.id());
        let mut locked = store.lock(Duration::from_secs(9)).await.expect("a lock");
        locked.save(&token).await.expect("it is stored");
        locked.release().await.expect("it is free");
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_lose_and_repeat_nothing_while_they_are_killed() {
    TestDatabase::each(async |database| {
        let setting = Setting::new(database).await;
        run(&setting).await;
        check(&setting).await;
    })
    .await;
}

/// Runs the application for a while, and kills each process once.
async fn run(setting: &Setting) {
    let [first, second] = &setting.settings;
    let (mut one, mut two) = (Process::start(first), Process::start(second));
    let pause = Duration::from_millis(1_500);
    for round in 0..ROUNDS {
        tokio::time::sleep(pause).await;
        setting.change_documents(round);
        one.assert_alive();
        two.assert_alive();
        match round {
            1 => {
                one.kill(&setting.database).await;
                one = Process::start(first);
            }
            2 => {
                two.kill(&setting.database).await;
                two = Process::start(second);
            }
            _ => {}
        }
    }
    let delivered = tokio::time::timeout(Duration::from_secs(60), setting.oura.delivered()).await;
    delivered.expect("an event is left to deliver");
    for _ in 0..1_200 {
        if setting.queue_is_empty().await {
            break;
        }
        one.assert_alive();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    one.assert_alive();
    two.assert_alive();
}

async fn check(setting: &Setting) {
    assert!(setting.queue_is_empty().await, "events were not handled");
    // A login and a refresh each, however many processes wanted one; no token was sent twice.
    assert_eq!(setting.exchanges(), (2 * USERS, 0));
    let limited = setting
        .oura
        .requests()
        .iter()
        .filter(|asked| asked.status == 429)
        .count();
    assert_eq!(limited, 0, "the limit does not hold");
    let handled = setting
        .database
        .column("SELECT fingerprint FROM handled")
        .await;
    let mut counts = BTreeMap::<_, usize>::new();
    for fingerprint in &handled {
        *counts.entry(fingerprint).or_default() += 1;
    }
    let events = setting
        .database
        .column("SELECT fingerprint FROM oura_events")
        .await;
    assert_eq!(events.len(), USERS * usize::from(ROUNDS));
    assert_eq!(counts.len(), events.len(), "events were lost");
    // A process handles one event at a time, so that a kill repeats one.
    let repeated = handled.len() - counts.len();
    assert!(repeated <= 2, "{repeated} events were handled twice");
    for user in &setting.users {
        let stores = setting.database.stores(1).await;
        let today = setting.oura.today();
        let tomorrow = today.next_day().expect("a day");
        let stored = stores
            .documents(user.id())
            .records(Resource::Workout, today..tomorrow)
            .await;
        let stored = stored.expect("records");
        let stored = stored
            .iter()
            .map(|record| record.document().expect("a workout"));
        let mut stored: Vec<_> = stored
            .map(|it| serde_json::to_value(it).expect("JSON"))
            .collect();
        let list = user
            .client()
            .list_workout()
            .start_date(today)
            .end_date(tomorrow)
            .await;
        let served = list.expect("a list").data.into_iter();
        let mut served: Vec<_> = served
            .map(|it| serde_json::to_value(it).expect("JSON"))
            .collect();
        for list in [&mut stored, &mut served] {
            list.sort_by_key(|workout| workout["id"].to_string());
        }
        assert_eq!(stored, served, "{}", user.id());
    }
}
