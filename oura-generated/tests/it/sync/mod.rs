//! Copies of users' data: the store has the same documents as the server in the end, whatever
//! servers do at the bounds of a list and wherever a run is interrupted.

#[cfg(feature = "testing")]
mod embedded;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use futures_util::stream::FusedStream;
use futures_util::{Stream, TryStreamExt};
use oura_generated::bytes::Bytes;
use oura_generated::models::{Document, Scope};
use oura_generated::serde_json::value::RawValue;
use oura_generated::serde_json::{self, Value, json};
use oura_generated::time::format_description::well_known::Rfc3339;
use oura_generated::time::{Date, Duration, Month, OffsetDateTime};
use oura_generated::{
    Batch, Batches, Checkpoint, Client, DateOrDateTime, Error, Record, Resource, RetryPolicy,
    Route, Span, Transport, TransportFuture, http,
};

/// A server with documents of some resources.
#[derive(Clone)]
struct Server(Arc<Mutex<State>>);

struct State {
    documents: BTreeMap<Resource, Vec<Value>>,
    /// Whether a list includes its last bound.
    is_inclusive: bool,
    /// Whether a list excludes its first bound.
    is_exclusive: bool,
    page: usize,
    /// The error responses to the next requests.
    faults: BTreeMap<usize, u16>,
    refused: BTreeMap<Resource, (u16, &'static str)>,
    requests: Vec<(Resource, BTreeMap<String, String>)>,
}

impl Server {
    fn new(documents: BTreeMap<Resource, Vec<Value>>) -> Self {
        Self(Arc::new(Mutex::new(State {
            documents,
            is_inclusive: true,
            is_exclusive: false,
            page: 50,
            faults: BTreeMap::new(),
            refused: BTreeMap::new(),
            requests: Vec::new(),
        })))
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().expect("no test panicked with it"))
    }

    fn client(&self) -> Client {
        let client = Client::builder()
            .access_token("token")
            .retry(RetryPolicy::none())
            .transport(self.clone());
        client.build().expect("it is set up right")
    }

    fn requests(&self) -> Vec<(Resource, BTreeMap<String, String>)> {
        self.with(|state| std::mem::take(&mut state.requests))
    }
}

impl Transport for Server {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let (status, body) = self.with(|state| state.respond(&request));
        let mut response = http::Response::new(Bytes::from(body));
        *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
        Box::pin(std::future::ready(Ok(response)))
    }
}

impl State {
    fn respond(&mut self, request: &http::Request<Bytes>) -> (u16, String) {
        let route = Route::find(request.method(), request.uri().path()).expect("a route");
        let mut resources = Resource::ALL.iter();
        let resource = resources.find(|it| it.list_route() == Some(route.route));
        let resource = *resource.expect("a list");
        let query: BTreeMap<String, String> = request
            .uri()
            .query()
            .unwrap_or_default()
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.replace("%3A", ":")))
            .collect();
        let number = self.requests.len();
        self.requests.push((resource, query.clone()));
        if let Some((status, detail)) = self.refused.get(&resource) {
            return (*status, json!({ "detail": detail }).to_string());
        }
        if let Some(status) = self.faults.remove(&number) {
            return (status, "{}".to_owned());
        }
        (200, self.page(resource, &query))
    }

    fn page(&self, resource: Resource, query: &BTreeMap<String, String>) -> String {
        let bound = |name: &str| {
            let mut names = query.iter();
            names
                .find(|(it, _)| it.starts_with(name))
                .map(|(_, v)| v.as_str())
        };
        let (start, end) = (bound("start_"), bound("end_"));
        let all = self.documents.get(&resource).into_iter().flatten();
        let found: Vec<&Value> = all.filter(|it| self.lies_between(it, start, end)).collect();
        let from = query
            .get("next_token")
            .map_or(0, |at| at.parse().expect("a number"));
        let to = found.len().min(from + self.page);
        let next = (to < found.len()).then(|| to.to_string());
        json!({ "data": found[from..to], "next_token": next }).to_string()
    }

    fn lies_between(&self, document: &Value, start: Option<&str>, end: Option<&str>) -> bool {
        let Some(place) = place(document) else {
            return true;
        };
        let bound = |text: &str| match OffsetDateTime::parse(text, &Rfc3339) {
            Ok(moment) => moment.unix_timestamp(),
            Err(_) => place_of_day(text),
        };
        let after = start
            .map(bound)
            .is_none_or(|start| match self.is_exclusive {
                true => place > start,
                false => place >= start,
            });
        let before = end.map(bound).is_none_or(|end| match self.is_inclusive {
            true => place <= end,
            false => place < end,
        });
        after && before
    }
}

fn place_of_day(text: &str) -> i64 {
    let day = serde_json::from_value::<DateOrDateTime>(json!(text)).expect("a day");
    match day {
        DateOrDateTime::Date(day) => day.midnight().assume_utc().unix_timestamp(),
        DateOrDateTime::DateTime(_) => panic!("{text} is not a day"),
    }
}

/// The place of a document, in seconds.
fn place(document: &Value) -> Option<i64> {
    if let Some(day) = document.get("day").or(document.get("start_day")) {
        return day.as_str().map(place_of_day);
    }
    let moment = document.get("timestamp")?.as_str()?;
    Some(
        OffsetDateTime::parse(moment, &Rfc3339)
            .expect("a moment")
            .unix_timestamp(),
    )
}

/// A store that applies batches as the docs say.
#[derive(Default)]
struct Store {
    rows: BTreeMap<(Resource, String), (Option<DateOrDateTime>, String)>,
    checkpoints: BTreeMap<Resource, Checkpoint>,
}

impl Store {
    fn apply(&mut self, batch: Batch) {
        let Batch {
            resource,
            span,
            records,
            checkpoint,
            ..
        } = batch;
        let keys: BTreeSet<&str> = records.iter().map(|record| record.key.as_str()).collect();
        assert_eq!(keys.len(), records.len(), "keys are unique: {records:?}");
        self.rows.retain(|(of, key), (at, _)| {
            *of != resource || !span.contains(*at) || keys.contains(key.as_str())
        });
        for record in records {
            let row = (record.at, record.json.get().to_owned());
            self.rows.insert((record.resource, record.key), row);
        }
        self.checkpoints.insert(resource, checkpoint);
    }

    async fn apply_all(&mut self, batches: &mut Batches) -> Result<(), Error> {
        while let Some(batch) = batches.try_next().await? {
            self.apply(batch);
        }
        Ok(())
    }

    /// The JSON of all documents of a resource, sorted.
    fn json(&self, resource: Resource) -> Vec<String> {
        let rows = self.rows.iter().filter(|((of, _), _)| *of == resource);
        let mut rows: Vec<String> = rows.map(|(_, (_, json))| json.clone()).collect();
        rows.sort();
        rows
    }

    fn checkpoints(&self) -> Vec<Checkpoint> {
        self.checkpoints.values().cloned().collect()
    }
}

fn march(day: u8) -> Date {
    Date::from_calendar_date(2025, Month::March, day).expect("a day")
}

fn today() -> Date {
    OffsetDateTime::now_utc().date()
}

fn text(day: Date) -> String {
    DateOrDateTime::from(day).to_string()
}

fn nap(id: &str, day: Date) -> Value {
    json!({ "id": id, "day": text(day) })
}

fn row(at: &str) -> Value {
    json!({ "timestamp": at, "bpm": 60, "source": "rest" })
}

async fn collect(batches: Batches) -> Vec<Batch> {
    batches.try_collect().await.expect("all of it comes")
}

fn keys(batch: &Batch) -> Vec<&str> {
    batch
        .records
        .iter()
        .map(|record| record.key.as_str())
        .collect()
}

#[tokio::test]
async fn spans_are_half_open_and_requests_go_beyond_them() {
    let days = (1..=9)
        .map(|day| nap(&day.to_string(), march(day)))
        .collect();
    let server = Server::new(BTreeMap::from([(Resource::Workout, days)]));
    let sync = server.client().sync().resources([Resource::Workout]);
    let batches = collect(sync.since(march(3)).until(march(5)).batches()).await;
    let [batch] = &batches[..] else {
        panic!("{batches:?}");
    };
    assert_eq!(batch.span, Span::Days(march(3)..march(6)));
    assert_eq!(keys(batch), ["3", "4", "5"]);
    assert_eq!(batch.checkpoint.to_string(), "workout 2025-03-06");
    let requests = server.requests();
    let [(Resource::Workout, query)] = &requests[..] else {
        panic!("{requests:?}");
    };
    let expected = [("end_date", "2025-03-07"), ("start_date", "2025-03-02")];
    let query: Vec<_> = query
        .iter()
        .map(|(name, v)| (name.as_str(), v.as_str()))
        .collect();
    assert_eq!(query, expected);
}

#[tokio::test]
async fn a_time_series_is_fetched_by_moments() {
    // The first day begins at +14, the last one ends at -12.
    let inside = [
        "2025-03-02T10:00:00Z",
        "2025-03-02T23:30:00-12:00",
        "2025-03-04T11:59:59.9Z",
    ];
    let outside = ["2025-03-02T09:59:59.9Z", "2025-03-04T12:00:00Z"];
    let rows = inside.iter().chain(&outside).map(|at| row(at)).collect();
    let server = Server::new(BTreeMap::from([(Resource::HeartRate, rows)]));
    let sync = server.client().sync().resources([Resource::HeartRate]);
    let batches = collect(sync.since(march(3)).until(march(3)).batches()).await;
    let [batch] = &batches[..] else {
        panic!("{batches:?}");
    };
    assert_eq!(
        keys(batch),
        [
            "2025-03-02T10:00:00Z",
            "2025-03-03T11:30:00Z",
            "2025-03-04T11:59:59.9Z"
        ]
    );
    assert_eq!(batch.records[1].day(), Some(march(2)), "in its own offset");
    let (_, query) = &server.requests()[0];
    assert_eq!(query["start_datetime"], "2025-03-02T09:59:59Z");
    assert_eq!(query["end_datetime"], "2025-03-04T12:00:01Z");
    assert_eq!(batch.checkpoint.to_string(), "heartrate 2025-03-04");
}

#[tokio::test]
async fn a_list_without_bounds_is_one_span() {
    let rings = vec![
        json!({ "id": "1", "hardware_type": "gen3" }),
        json!({ "size": 8 }),
    ];
    let server = Server::new(BTreeMap::from([(Resource::RingConfiguration, rings)]));
    let sync = server
        .client()
        .sync()
        .resources([Resource::RingConfiguration]);
    let batches = collect(sync.batches()).await;
    let [batch] = &batches[..] else {
        panic!("{batches:?}");
    };
    assert_eq!(batch.span, Span::All);
    assert_eq!(keys(batch), ["1", "#2"]);
    assert_eq!(server.requests()[0].1, BTreeMap::new());
}

#[test]
fn a_key_is_the_id_or_the_timestamp_or_the_day() {
    let key = |json: &str| {
        let json = RawValue::from_string(json.to_owned()).expect("it is JSON");
        let record = Record::new(Resource::Sleep, json);
        (record.key, record.at.map(|at| at.to_string()))
    };
    let of = |key: &str, at: Option<&str>| (key.to_owned(), at.map(str::to_owned));
    for (json, expected) in [
        (
            r#"{"id":"a","timestamp":"2025-03-01T00:00:00Z","day":"2025-03-02"}"#,
            of("a", Some("2025-03-02")),
        ),
        (r#"{"id":"a\u0062"}"#, of("ab", None)),
        (r#"{"id":7}"#, of("7", None)),
        (
            r#"{"id":null,"timestamp":"2025-03-01T01:00:00+00:00"}"#,
            of("2025-03-01T01:00:00Z", Some("2025-03-01T01:00:00Z")),
        ),
        (
            r#"{"timestamp":"2025-03-01T01:00:00+02:00"}"#,
            of("2025-02-28T23:00:00Z", Some("2025-03-01T01:00:00+02:00")),
        ),
        (
            r#"{"timestamp":"1969-12-31T23:59:59.120500+00:00"}"#,
            of(
                "1969-12-31T23:59:59.1205Z",
                Some("1969-12-31T23:59:59.1205Z"),
            ),
        ),
        (r#"{"timestamp":"yesterday"}"#, of("yesterday", None)),
        (
            r#"{"id":"","day":"2025-03-02"}"#,
            of("2025-03-02", Some("2025-03-02")),
        ),
        (
            r#"{"start_day":"2025-03-02","day":null}"#,
            of("2025-03-02", Some("2025-03-02")),
        ),
        ("{}", of("#1", None)),
        (r#"["a"]"#, of("#1", None)),
        ("null", of("#1", None)),
    ] {
        assert_eq!(key(json), expected, "{json}");
    }
}

#[tokio::test]
async fn documents_of_one_key_are_numbered() {
    let mut other = nap("a", march(2));
    other["score"] = json!(1);
    let naps = vec![
        nap("a", march(1)),
        nap("a", march(2)),
        json!({}),
        nap("b", march(2)),
        other,
    ];
    let server = Server::new(BTreeMap::from([(Resource::Session, naps)]));
    let sync = server.client().sync().resources([Resource::Session]);
    let batches = collect(sync.since(march(2)).until(march(3)).batches()).await;
    assert_eq!(keys(&batches[0]), ["a", "#2", "b", "a#2"]);
}

#[tokio::test]
async fn a_record_keeps_its_json_and_may_not_decode() {
    let server = Server::new(BTreeMap::from([(
        Resource::DailySleep,
        vec![
            json!({
                "id": "1", "contributors": {}, "day": "2025-03-02", "newer": { "than": "this" },
                "timestamp": "2025-03-02T00:00:00Z",
            }),
            json!({ "id": "2", "day": "2025-03-02", "score": "high" }),
        ],
    )]));
    let sync = server.client().sync().resources([Resource::DailySleep]);
    let batches = collect(sync.since(march(1)).until(march(3)).batches()).await;
    let [good, bad] = &batches[0].records[..] else {
        panic!("{batches:?}");
    };
    assert!(good.json.get().contains(r#""newer":{"than":"this"}"#));
    let document = good.document().expect("it decodes");
    assert!(matches!(document, Document::DailySleep(_)), "{document:?}");
    let error = bad.document().expect_err("a score is a number");
    assert!(matches!(error, Error::Decode { .. }), "{error:?}");
    assert!(!format!("{bad:?}").contains("high"), "{bad:?}");
}

#[tokio::test]
async fn resources_that_cannot_be_fetched_are_skipped() {
    let server = Server::new(BTreeMap::from([(Resource::Tag, vec![nap("1", march(2))])]));
    let scope = "Token is not authorized access spo2 scope.";
    server.with(|state| {
        state.refused = BTreeMap::from([
            (Resource::DailySpo2, (401, scope)),
            (Resource::DailyStress, (403, "no")),
            (Resource::Sleep, (404, "no")),
            (Resource::Vo2Max, (426, "no")),
        ]);
    });
    let refused = server.with(|state| state.refused.keys().copied().collect::<Vec<_>>());
    let client = server.client();
    let sync = |resources: Vec<Resource>| client.sync().resources(resources).since(march(1));
    let all = [&refused[..], &[Resource::Tag]].concat();
    let mut batches = sync(all).until(march(3)).batches();
    let mut store = Store::default();
    store
        .apply_all(&mut batches)
        .await
        .expect("a resource is left");
    assert_eq!(store.json(Resource::Tag).len(), 1);
    let skipped: BTreeSet<Resource> = batches.skipped().iter().map(|(it, _)| *it).collect();
    assert_eq!(skipped, refused.iter().copied().collect());

    let mut batches = sync(refused).concurrency(1).until(march(3)).batches();
    let error = batches.try_next().await.expect_err("nothing is left");
    assert_eq!(error.missing_scope(), Some(&Scope::Spo2));
    assert!(batches.is_terminated() && batches.try_next().await.expect("it is over").is_none());

    server.with(|state| state.refused = BTreeMap::from([(Resource::Sleep, (500, "oh"))]));
    let mut batches = sync(vec![Resource::Sleep, Resource::Tag])
        .until(march(3))
        .batches();
    let mut store = Store::default();
    let error = store
        .apply_all(&mut batches)
        .await
        .expect_err("the server is broken");
    assert_eq!(error.status().map(|it| it.as_u16()), Some(500));
}

#[tokio::test]
async fn a_range_that_cannot_work_is_an_error_before_anything_is_sent() {
    let server = Server::new(BTreeMap::new());
    let client = server.client();
    let sync = || client.sync().resources([Resource::Sleep]);
    let since = |day, until| sync().since(day).until(until);
    let old = march(1) - Duration::days(51 * 366);
    for (sync, expected) in [
        (
            sync(),
            "ListSleep: `since` is missing, and `sleep` has no checkpoint: set the first day, or \
             resume from checkpoints",
        ),
        (
            since(march(3), march(2)),
            "ListSleep: `since` is 2025-03-03, after the last day, 2025-03-02",
        ),
        (
            since(old, march(2)),
            "ListSleep: `since` is more than 50 years before the last day",
        ),
        (
            sync().resources([]),
            "`resources` has no resource; leave it out to get all",
        ),
    ] {
        let mut batches = sync.batches();
        let error = batches.try_next().await.expect_err(expected);
        assert!(matches!(error, Error::Argument { .. }), "{error:?}");
        assert_eq!(error.to_string(), expected);
        assert!(batches.try_next().await.expect("it is over").is_none());
    }
    assert!(server.requests().is_empty());
}

#[test]
fn checkpoints_are_text() {
    let checkpoint = Checkpoint::new(Resource::Vo2Max, march(1));
    assert_eq!(checkpoint.to_string(), "vo2_max 2025-03-01");
    let json = serde_json::to_string(&checkpoint).expect("it is text");
    assert_eq!(json, "\"vo2_max 2025-03-01\"");
    assert_eq!(
        serde_json::from_str::<Checkpoint>(&json).expect("it is one"),
        checkpoint
    );
    let newer: Checkpoint = "glucose 2025-03-01".parse().expect("it is kept");
    assert_eq!((newer.resource(), newer.resource_name()), (None, "glucose"));
    assert_eq!(newer.to_string(), "glucose 2025-03-01");
    for text in [
        "",
        "sleep",
        " 2025-03-01",
        "sleep 2025-3-1",
        "sleep2025-03-01",
    ] {
        assert!(text.parse::<Checkpoint>().is_err(), "{text:?}");
    }
}

#[tokio::test]
async fn a_sync_resumes_from_its_checkpoint() {
    let server = Server::new(BTreeMap::new());
    let client = server.client();
    let asked = async |sync: oura_generated::SyncBuilder| {
        let batches = collect(sync.resources([Resource::Sleep]).until(march(20)).batches()).await;
        let spans = batches.iter().map(|batch| match &batch.span {
            Span::Days(days) => (days.start.day(), days.end.day()),
            span => panic!("{span:?}"),
        });
        spans.collect::<Vec<_>>()
    };
    let resumed = |day| {
        client
            .sync()
            .resume([Checkpoint::new(Resource::Sleep, march(day))])
    };
    assert_eq!(asked(resumed(18)).await, [(4, 21)]);
    assert_eq!(asked(resumed(18).lookback_days(0)).await, [(18, 21)]);
    assert_eq!(
        asked(resumed(18).since(march(10))).await,
        [(10, 21)],
        "nothing is before it"
    );
    assert_eq!(
        asked(resumed(18).since(march(19))).await,
        [(4, 21)],
        "there is a checkpoint"
    );
    assert_eq!(
        asked(resumed(21).lookback_days(0)).await,
        [],
        "all of it is there"
    );
    let newer: Checkpoint = "glucose 2025-03-01".parse().expect("it is kept");
    let sync = client.sync().since(march(19)).resume([newer]);
    assert_eq!(asked(sync).await, [(19, 21)]);
    // Stored documents stay, although the first days are fetched again.
    let sync = resumed(30).resources([Resource::Sleep]).until(march(20));
    let batches = collect(sync.batches()).await;
    assert_eq!(batches[0].checkpoint.to_string(), "sleep 2025-03-30");
}

#[tokio::test]
async fn a_second_run_sends_one_request_for_each_resource() {
    let server = Server::new(BTreeMap::new());
    let mut store = Store::default();
    let since = today() - Duration::days(364);
    let mut batches = server.client().sync().since(since).batches();
    store.apply_all(&mut batches).await.expect("a batch");
    let mut counts = BTreeMap::<Resource, usize>::new();
    for (resource, _) in server.requests() {
        *counts.entry(resource).or_default() += 1;
    }
    // A year and tomorrow, by 90 and by 33 days.
    for (resource, count) in &counts {
        let expected = match resource {
            Resource::HeartRate | Resource::RingBatteryLevel => 12,
            Resource::RingConfiguration => 1,
            _ => 5,
        };
        assert_eq!(*count, expected, "{resource}");
    }
    assert_eq!(counts.len(), Resource::ALL.len());

    let mut batches = server.client().sync().resume(store.checkpoints()).batches();
    store.apply_all(&mut batches).await.expect("a batch");
    let again: Vec<Resource> = server.requests().into_iter().map(|(it, _)| it).collect();
    assert_eq!(again.len(), Resource::ALL.len(), "{again:?}");
    assert_eq!(
        again.into_iter().collect::<BTreeSet<_>>().len(),
        Resource::ALL.len()
    );
}

#[tokio::test]
async fn a_dense_series_is_fetched_in_shorter_spans() {
    let first = march(1).midnight().assume_utc();
    let rows = (0..30_000_i64).map(|second| {
        let at = (first + Duration::seconds(20 * second))
            .format(&Rfc3339)
            .expect("a moment");
        row(&at)
    });
    let rows: Vec<Value> = rows.collect();
    let server = Server::new(BTreeMap::from([(Resource::HeartRate, rows)]));
    server.with(|state| state.page = 1000);
    let sync = server.client().sync().resources([Resource::HeartRate]);
    let mut batches = sync.since(march(1)).until(march(10)).batches();
    let mut store = Store::default();
    let mut largest = 0;
    while let Some(batch) = batches.try_next().await.expect("a batch") {
        largest = largest.max(batch.records.len());
        store.apply(batch);
    }
    assert_eq!(store.rows.len(), 30_000);
    assert!(largest < 20_000, "{largest} rows in one batch");
    let requests = server.requests().len();
    assert!(requests < 30 + 30, "{requests} requests for 30 pages");
}

/// A small generator of random numbers.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn is(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize].clone()
    }
}

const TESTED: [Resource; 4] = [
    Resource::Sleep,
    Resource::EnhancedTag,
    Resource::HeartRate,
    Resource::RingConfiguration,
];

/// A document of any of them on a day.
fn document(resource: Resource, day: Date, chance: &mut Chance) -> Value {
    let (id, score) = (chance.below(1 << 40), chance.below(100));
    match resource {
        Resource::HeartRate => {
            let offset = chance.of(&["Z", "+00:00", "+14:00", "-12:00"]);
            let (hour, minute) = (chance.below(24), chance.below(60));
            let at = format!("{}T{hour:02}:{minute:02}:00{offset}", text(day));
            json!({ "timestamp": at, "bpm": score, "source": "rest" })
        }
        Resource::EnhancedTag => {
            json!({ "id": id.to_string(), "start_day": text(day), "score": score })
        }
        Resource::RingConfiguration => json!({ "id": id.to_string(), "size": score }),
        _ => json!({ "id": id.to_string(), "day": text(day), "score": score }),
    }
}

/// Changes, removes and adds documents of the last two weeks.
fn change(server: &Server, chance: &mut Chance) {
    server.with(|state| {
        for resource in TESTED {
            let all = state.documents.entry(resource).or_default();
            let recent = |it: &Value| {
                place(it).is_none_or(|at| at >= place_of_day(&text(today() - Duration::days(13))))
            };
            all.retain(|it| !recent(it) || !chance.is(5));
            for it in all.iter_mut().filter(|it| recent(it)) {
                if chance.is(5) {
                    it["score"] = json!(chance.below(100));
                }
                // Within the days that are fetched again.
                if chance.is(8) && it.get("day").is_some() {
                    it["day"] = json!(text(today() - Duration::days(chance.below(13) as i64)));
                }
            }
            for _ in 0..chance.below(4) {
                let day = today() - Duration::days(chance.below(13) as i64);
                all.push(document(resource, day, chance));
            }
        }
    });
}

fn simulated(chance: &mut Chance) -> Server {
    let mut documents = BTreeMap::new();
    for resource in TESTED {
        let count = match resource {
            Resource::RingConfiguration => 2,
            _ => 150,
        };
        let day = |chance: &mut Chance| {
            today() + Duration::DAY - Duration::days(chance.below(160) as i64)
        };
        let mut all: Vec<Value> = (0..count)
            .map(|_| {
                let day = day(chance);
                document(resource, day, chance)
            })
            .collect();
        // The spec does not say that lists are in order.
        if chance.is(2) {
            all.sort_by_key(place);
        }
        documents.insert(resource, all);
    }
    let server = Server::new(documents);
    server.with(|state| {
        state.is_inclusive = chance.is(2);
        state.is_exclusive = chance.is(2);
        state.page = chance.of(&[1, 7, 50, 1000]);
    });
    server
}

/// The documents of a resource on the server, in the form of the store.
fn expected(server: &Server, resource: Resource) -> Vec<String> {
    let mut all: Vec<String> = server.with(|state| {
        let all = state.documents.get(&resource).into_iter().flatten();
        all.map(Value::to_string).collect()
    });
    all.sort();
    all
}

#[tokio::test]
async fn the_store_has_what_the_server_has() {
    for seed in 0..60 {
        let chance = &mut Chance(seed);
        let server = simulated(chance);
        let client = server.client();
        let since = today() - Duration::days(170);
        let mut store = Store::default();
        for _ in 0..4 {
            // A run that a crash or an error interrupts, at any point.
            server.with(|state| {
                if chance.is(2) {
                    let status = chance.of(&[500, 401, 503]);
                    state.faults = BTreeMap::from([(chance.below(20) as usize, status)]);
                }
            });
            let sync = client
                .sync()
                .resources(TESTED)
                .since(since)
                .resume(store.checkpoints());
            let mut batches = sync.concurrency(chance.below(4) as usize).batches();
            for _ in 0..chance.below(12) {
                match batches.try_next().await {
                    Ok(Some(batch)) => store.apply(batch),
                    Ok(None) | Err(_) => break,
                }
            }
            drop(batches);
            change(&server, chance);
            server.with(|state| {
                state.faults.clear();
                state.requests.clear();
            });
        }
        let sync = client
            .sync()
            .resources(TESTED)
            .since(since)
            .resume(store.checkpoints());
        store
            .apply_all(&mut sync.batches())
            .await
            .expect("nothing is in the way");
        for resource in TESTED {
            let (store, server) = (store.json(resource), expected(&server, resource));
            let wrong = store.iter().filter(|it| !server.contains(it));
            let missing = server.iter().filter(|it| !store.contains(it));
            let different: Vec<&String> = wrong.chain(missing).collect();
            assert!(
                different.is_empty(),
                "{resource} with seed {seed}: {different:?}"
            );
            assert_eq!(store.len(), server.len(), "{resource} with seed {seed}");
        }
    }
}

#[test]
fn batches_have_the_traits_of_streams() {
    fn is_stream<T: Stream + FusedStream + Send + Unpin + 'static>(_: &T) {}

    let batches = Server::new(BTreeMap::new()).client().sync().batches();
    is_stream(&batches);
}

#[test]
fn without_a_runtime_there_is_an_error() {
    let server = Server::new(BTreeMap::new());
    let mut batches = server.client().sync().since(march(1)).batches();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::Pin::new(&mut batches).poll_next(&mut context) {
        std::task::Poll::Ready(Some(Err(error))) => assert_eq!(
            error.to_string(),
            "a synchronization needs a tokio runtime; poll it inside of one"
        ),
        other => panic!("{other:?}"),
    }
}
