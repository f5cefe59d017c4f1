//! Subscriptions against a server that keeps one for each data type and event type.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use oura_generated::bytes::Bytes;
use oura_generated::http::{Method, Request, Response, StatusCode};
use oura_generated::models::{WebhookDataType, WebhookOperation};
use oura_generated::time::OffsetDateTime;
use oura_generated::time::format_description::well_known::Rfc3339;
use oura_generated::uuid::Uuid;
use oura_generated::webhook::{Endpoint, Outcome, Report, Step, Subscriptions, Topic, Verifier};
use oura_generated::{Client, RetryPolicy, Route, Transport, TransportFuture};
use serde_json::{Value, json};

const OURS: &str = "https://ours.example/oura";
const THEIRS: &str = "https://theirs.example/hook?key=their-secret";

/// The response of a gateway instead of that of the server.
const LOST: (u16, &str) = (504, "<html>504 Gateway Timeout</html>");

/// The server's side. Clones share it.
#[derive(Clone, Default)]
struct Oura(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    subscriptions: BTreeMap<Uuid, Value>,
    /// The requests that changed something, in order: `POST sleep/update`.
    writes: Vec<String>,
    /// The requests with this in them fail, before anything is done.
    broken: Option<(&'static str, StatusCode)>,
    /// Another machine creates this before the next creation.
    faster: Option<Value>,
    /// The response to the next change is lost.
    loses_response: Option<(u16, &'static str)>,
    /// The gateway ends creations before the challenge is answered.
    waiting: Option<Vec<Value>>,
    /// Another machine removes the subscription of the next change.
    vanishes: bool,
    created: u128,
}

impl Oura {
    fn with<R>(&self, run: impl FnOnce(&mut State) -> R) -> R {
        run(&mut self.0.lock().expect("no test panics with it"))
    }

    /// A subscription that ends in so many days.
    fn add(&self, url: &str, topic: &str, days: i64) -> Uuid {
        let (data_type, event_type) = topic.split_once('/').expect("two words");
        self.with(|state| {
            state.insert(
                json!({ "callback_url": url, "data_type": data_type, "event_type": event_type }),
                days,
            )
        })
    }

    fn client(&self) -> Client {
        let builder = Client::builder().client_credentials("id-1", "secret-1");
        let builder = builder.retry(RetryPolicy::none()).transport(self.clone());
        builder.build().expect("it is set up right")
    }

    fn ours(&self) -> Subscriptions {
        Subscriptions::new(&self.client(), OURS, "token-1")
    }

    fn writes(&self) -> Vec<String> {
        self.with(|state| std::mem::take(&mut state.writes))
    }

    /// `sleep/update ours`, sorted.
    fn held(&self) -> Vec<String> {
        let line = |subscription: &Value| {
            let is_ours = subscription["callback_url"] == OURS;
            format!(
                "{} {}",
                topic_of(subscription),
                if is_ours { "ours" } else { "theirs" }
            )
        };
        let mut lines: Vec<_> = self.with(|state| state.subscriptions.values().map(line).collect());
        lines.sort();
        lines
    }
}

fn topic_of(subscription: &Value) -> String {
    let word = |name: &str| subscription[name].as_str().unwrap_or_default().to_owned();
    format!("{}/{}", word("data_type"), word("event_type"))
}

impl State {
    fn insert(&mut self, mut subscription: Value, days: i64) -> Uuid {
        self.created += 1;
        let id = Uuid::from_u128(self.created);
        let ends = OffsetDateTime::now_utc() + oura_generated::time::Duration::days(days);
        subscription["id"] = json!(id);
        subscription["expiration_time"] = json!(ends.format(&Rfc3339).expect("a time"));
        self.subscriptions.insert(id, subscription);
        id
    }

    fn respond(&mut self, request: &Request<Bytes>) -> (StatusCode, Value) {
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let found = Route::find(request.method(), request.uri().path()).expect("a route");
        let id = found.args.first().map(|id| id.parse().expect("an id"));
        if let Some(id) = id
            && std::mem::take(&mut self.vanishes)
        {
            self.subscriptions.remove(&id);
        }
        let known = id.and_then(|id: Uuid| self.subscriptions.get(&id).cloned());
        let topic = topic_of(known.as_ref().unwrap_or(&body));
        if *request.method() != Method::GET {
            self.writes.push(format!("{:?} {topic}", found.route));
        }
        let line = format!("{:?} {topic}", found.route);
        if let Some((broken, status)) = self.broken
            && line.contains(broken)
        {
            return (status, json!({ "detail": "broken by token-1" }));
        }
        match (found.route, id, known) {
            (Route::ListWebhookSubscriptions, ..) => (
                StatusCode::OK,
                self.subscriptions.values().cloned().collect(),
            ),
            (Route::CreateWebhookSubscription, ..) => self.create(body),
            (_, Some(id), Some(known)) => {
                (StatusCode::OK, self.change(found.route, id, known, &body))
            }
            _ => (
                StatusCode::FORBIDDEN,
                json!({ "detail": "no such webhook" }),
            ),
        }
    }

    fn create(&mut self, body: Value) -> (StatusCode, Value) {
        if let Some(other) = self.faster.take() {
            self.insert(other, 90);
        }
        assert_eq!(body["verification_token"], "token-1");
        let topic = topic_of(&body);
        if self
            .subscriptions
            .values()
            .any(|known| topic_of(known) == topic)
        {
            return (
                StatusCode::BAD_REQUEST,
                json!({ "detail": "there is one already" }),
            );
        }
        if let Some(waiting) = &mut self.waiting {
            waiting.push(body);
            return (StatusCode::GATEWAY_TIMEOUT, json!("<html>504</html>"));
        }
        let id = self.insert(body, 90);
        (StatusCode::CREATED, self.subscriptions[&id].clone())
    }

    fn change(&mut self, route: Route, id: Uuid, mut known: Value, body: &Value) -> Value {
        self.subscriptions.remove(&id);
        match route {
            Route::DeleteWebhookSubscription => return Value::Null,
            Route::UpdateWebhookSubscription => {
                known["callback_url"] = body["callback_url"].clone();
            }
            Route::RenewWebhookSubscription => {
                let ends = OffsetDateTime::now_utc() + oura_generated::time::Duration::days(90);
                known["expiration_time"] = json!(ends.format(&Rfc3339).expect("a time"));
            }
            other => panic!("{other:?}"),
        }
        self.subscriptions.insert(id, known.clone());
        known
    }
}

impl Transport for Oura {
    fn send(&self, request: Request<Bytes>) -> TransportFuture<'_> {
        assert_eq!(request.headers()["x-client-id"], "id-1");
        assert!(!request.headers().contains_key("authorization"));
        let (mut status, mut body) = self.with(|state| state.respond(&request));
        let is_change = *request.method() != Method::GET;
        if is_change && let Some((instead, page)) = self.with(|state| state.loses_response.take()) {
            status = StatusCode::from_u16(instead).expect("a status");
            body = page.into();
        }
        let text = body
            .as_str()
            .map_or_else(|| body.to_string(), str::to_owned);
        let mut response = Response::new(Bytes::from(text));
        *response.status_mut() = status;
        Box::pin(std::future::ready(Ok(response)))
    }
}

fn wanted(topics: &[&str]) -> Vec<Topic> {
    let topics = topics
        .iter()
        .map(|topic| topic.split_once('/').expect("two words"));
    topics
        .map(|(data_type, event_type)| Topic::new(data_type, event_type))
        .collect()
}

async fn reconcile(subscriptions: &Subscriptions, topics: &[&str]) -> Report {
    let report = subscriptions.reconcile(wanted(topics)).await;
    report.expect("the list is there")
}

#[tokio::test]
async fn a_plan_says_what_would_be_done_and_does_nothing() {
    let oura = Oura::default();
    oura.add(OURS, "sleep/update", 30);
    oura.add(OURS, "sleep/create", 5);
    oura.add(OURS, "tag/update", 30);
    oura.add(THEIRS, "workout/update", 30);
    oura.add(THEIRS, "session/update", 30);
    let before = oura.held();
    let topics = [
        "sleep/update",
        "sleep/create",
        "daily_sleep/delete",
        "workout/update",
    ];
    let plan = oura
        .ours()
        .plan(wanted(&topics))
        .await
        .expect("the list is there");
    let words: Vec<_> = plan.steps.iter().map(|step| step.to_string()).collect();
    let starts = [
        "remove    tag/update (",
        "renew     sleep/create, which ends ",
        "keep      sleep/update, until ",
        "create    daily_sleep/delete",
        "conflict  workout/update is with https://theirs.example/hook",
    ];
    for start in starts {
        assert!(
            words.iter().any(|word| word.starts_with(start)),
            "{start}: {words:?}"
        );
    }
    assert_eq!(words.len(), 5, "another URL is left alone: {words:?}");
    assert!(!plan.to_string().contains("their-secret"), "{plan}");
    assert_eq!(plan.to_string().lines().count(), 5);
    assert!(plan.steps.is_sorted_by_key(|step| step.topic()), "{plan}");
    assert!(!plan.is_empty());
    assert_eq!((oura.held(), oura.writes()), (before, Vec::new()));
    // Data types and event types are distinguished by their types.
    let pairs = [(WebhookDataType::Sleep, WebhookOperation::Update)];
    let plan = oura.ours().plan(pairs).await.expect("the list is there");
    assert!(
        plan.to_string().contains("keep      sleep/update"),
        "{plan}"
    );
}

#[tokio::test]
async fn apply_creates_missing_renews_expiring_and_deletes_unwanted_subscriptions() {
    let oura = Oura::default();
    oura.add(OURS, "sleep/create", 5);
    oura.add(OURS, "tag/update", 30);
    oura.add(THEIRS, "session/update", 1);
    let topics = ["sleep/create", "sleep/update"];
    let report = reconcile(&oura.ours(), &topics).await;
    assert!(report.is_complete(), "{report}");
    let expected = [
        "session/update theirs",
        "sleep/create ours",
        "sleep/update ours",
    ];
    assert_eq!(oura.held(), expected);
    let mut writes = oura.writes();
    writes.sort();
    assert_eq!(
        writes,
        [
            "CreateWebhookSubscription sleep/update",
            "DeleteWebhookSubscription tag/update",
            "RenewWebhookSubscription sleep/create"
        ]
    );
    let text = report.to_string();
    for line in [
        "sleep/create: renewed, until 2",
        "sleep/update: created, until 2",
        "tag/update: removed",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    // Again, there is nothing to do.
    let again = reconcile(&oura.ours(), &topics).await;
    assert!(again.is_complete() && oura.writes().is_empty(), "{again}");
    assert!(
        oura.ours()
            .plan(wanted(&topics))
            .await
            .expect("a list")
            .is_empty()
    );
    // With nothing wanted, ours go and theirs stays.
    assert!(reconcile(&oura.ours(), &[]).await.is_complete());
    assert_eq!(oura.held(), ["session/update theirs"]);
}

#[tokio::test]
async fn the_margin_decides_what_is_renewed() {
    let oura = Oura::default();
    oura.add(OURS, "sleep/create", 5);
    let day = Duration::from_secs(24 * 60 * 60);
    let plan = |margin| {
        let subscriptions = oura.ours().renew_within(margin);
        async move {
            subscriptions
                .plan(wanted(&["sleep/create"]))
                .await
                .expect("a list")
                .steps
        }
    };
    assert!(matches!(plan(4 * day).await[..], [Step::Keep(_)]));
    assert!(matches!(plan(6 * day).await[..], [Step::Renew(_)]));
    assert!(matches!(plan(Duration::MAX).await[..], [Step::Renew(_)]));
}

#[tokio::test]
async fn a_subscription_deleted_meanwhile_is_created_again_or_reported() {
    let oura = Oura::default();
    oura.add(OURS, "tag/create", -1);
    oura.with(|state| state.vanishes = true);
    let report = reconcile(&oura.ours(), &["tag/create"]).await;
    assert!(
        matches!(report.results[..], [(Step::Renew(_), Outcome::Created(_))]),
        "{report}"
    );
    oura.with(|state| state.vanishes = true);
    let report = reconcile(&oura.ours(), &[]).await;
    assert!(
        matches!(report.results[..], [(Step::Remove(_), Outcome::Removed)]),
        "{report}"
    );
    oura.add(THEIRS, "tag/create", 30);
    oura.with(|state| state.vanishes = true);
    let report = reconcile(&oura.ours().take_over(true), &["tag/create"]).await;
    assert!(
        matches!(
            report.results[..],
            [(Step::TakeOver(_), Outcome::Created(_))]
        ),
        "{report}"
    );
    // A subscription that can be neither renewed nor created is not a success, although the list
    // has it.
    let oura = Oura::default();
    oura.add(OURS, "tag/create", 1);
    oura.with(|state| state.broken = Some(("RenewWebhookSubscription", StatusCode::FORBIDDEN)));
    let report = reconcile(&oura.ours(), &["tag/create"]).await;
    assert!(
        matches!(report.results[..], [(Step::Renew(_), Outcome::Failed(_))]),
        "{report}"
    );
}

#[tokio::test]
async fn subscriptions_of_another_url_are_taken_over_only_on_request() {
    let oura = Oura::default();
    oura.add(THEIRS, "sleep/update", 3);
    let report = reconcile(&oura.ours(), &["sleep/update"]).await;
    assert!(!report.is_complete());
    assert!(
        matches!(
            report.results[..],
            [(Step::Conflict(_), Outcome::Conflict(_))]
        ),
        "{report}"
    );
    let text = report.to_string();
    assert!(
        text.contains("https://theirs.example/hook") && text.contains("take_over"),
        "{text}"
    );
    assert!(!text.contains("their-secret"), "{text}");
    assert_eq!(
        (oura.held(), oura.writes().len()),
        (vec!["sleep/update theirs".to_owned()], 0)
    );

    let bold = oura.ours().take_over(true);
    let report = reconcile(&bold, &["sleep/update"]).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!(oura.held(), ["sleep/update ours"]);
    // It would have ended soon.
    assert_eq!(
        oura.writes(),
        [
            "UpdateWebhookSubscription sleep/update",
            "RenewWebhookSubscription sleep/update"
        ]
    );
    // A renewal that fails does not undo it.
    oura.add(THEIRS, "tag/delete", 3);
    oura.with(|state| state.broken = Some(("RenewWebhookSubscription", StatusCode::FORBIDDEN)));
    let report = reconcile(&bold, &["sleep/update", "tag/delete"]).await;
    let is_taken = |(_, outcome): &(Step, Outcome)| matches!(outcome, Outcome::TakenOver(_));
    assert!(report.results.iter().any(is_taken), "{report}");
    assert_eq!(oura.held(), ["sleep/update ours", "tag/delete ours"]);
    oura.with(|state| state.broken = None);
    reconcile(&bold, &["sleep/update"]).await;
    // A subscription that is not wanted is not taken over, even on request.
    oura.add(THEIRS, "tag/update", 30);
    assert!(reconcile(&bold, &["sleep/update"]).await.is_complete());
    assert_eq!(oura.held(), ["sleep/update ours", "tag/update theirs"]);
}

#[tokio::test]
async fn two_machines_do_not_get_in_each_others_way() {
    let oura = Oura::default();
    let topic =
        |url: &str| json!({ "callback_url": url, "data_type": "sleep", "event_type": "update" });
    oura.with(|state| state.faster = Some(topic(OURS)));
    let report = reconcile(&oura.ours(), &["sleep/update"]).await;
    assert!(report.is_complete(), "{report}");
    assert!(
        matches!(report.results[..], [(Step::Create(_), Outcome::Met(_))]),
        "{report}"
    );
    assert_eq!(oura.held(), ["sleep/update ours"]);

    let oura = Oura::default();
    oura.with(|state| state.faster = Some(topic(THEIRS)));
    let report = reconcile(&oura.ours(), &["sleep/update"]).await;
    assert!(
        matches!(
            report.results[..],
            [(Step::Create(_), Outcome::Conflict(_))]
        ),
        "{report}"
    );
    assert_eq!(oura.held(), ["sleep/update theirs"]);
}

#[tokio::test]
async fn a_creation_whose_response_is_lost_is_found() {
    let page = "<html>Please wait</html>";
    for response in [
        (502, r#"{"detail":"lost"}"#),
        (504, page),
        (500, page),
        (200, page),
    ] {
        let oura = Oura::default();
        oura.with(|state| state.loses_response = Some(response));
        let report = reconcile(&oura.ours(), &["sleep/update"]).await;
        assert!(report.is_complete(), "{report}");
        assert_eq!(oura.held(), ["sleep/update ours"]);
        assert!(
            matches!(report.results[..], [(Step::Create(_), Outcome::Created(_))]),
            "{report}"
        );
        assert_eq!(oura.writes().len(), 1, "it is not created twice");
    }
}

#[tokio::test]
async fn other_changes_whose_response_is_lost_are_found() {
    let oura = Oura::default();
    oura.add(OURS, "sleep/update", 1);
    oura.with(|state| state.loses_response = Some(LOST));
    let report = reconcile(&oura.ours(), &["sleep/update"]).await;
    assert!(
        matches!(report.results[..], [(_, Outcome::Renewed(_))]),
        "{report}"
    );
    oura.with(|state| state.loses_response = Some(LOST));
    let report = reconcile(&oura.ours(), &[]).await;
    assert!(
        matches!(report.results[..], [(_, Outcome::Removed)]),
        "{report}"
    );
    oura.add(THEIRS, "sleep/update", 30);
    oura.with(|state| state.loses_response = Some(LOST));
    let report = reconcile(&oura.ours().take_over(true), &["sleep/update"]).await;
    assert!(
        matches!(report.results[..], [(_, Outcome::TakenOver(_))]),
        "{report}"
    );
    assert_eq!(oura.held(), ["sleep/update ours"]);

    // A step that was not done does not count as done.
    let gateway = StatusCode::GATEWAY_TIMEOUT;
    oura.with(|state| state.broken = Some(("DeleteWebhookSubscription", gateway)));
    let report = reconcile(&oura.ours(), &[]).await;
    assert!(
        matches!(report.results[..], [(_, Outcome::Unconfirmed(_))]),
        "{report}"
    );
    assert!(!report.is_complete());
}

/// The gateway ends the creation while the server still waits for its challenge.
#[tokio::test]
async fn a_challenge_that_comes_late_is_answered() {
    let oura = Oura::default();
    oura.with(|state| state.waiting = Some(Vec::new()));
    let report = reconcile(&oura.ours(), &["sleep/update"]).await;
    assert!(
        matches!(report.results[..], [(_, Outcome::Unconfirmed(_))]),
        "{report}"
    );
    assert!(!report.is_complete());
    let text = report.to_string();
    assert!(text.contains("look again in a few minutes"), "{text}");

    let endpoint = Endpoint::new(Verifier::new("secret-1"), "token-1");
    let challenge = Request::get("/oura?verification_token=token-1&challenge=late");
    let challenge = challenge.body(Bytes::new()).expect("a request");
    let received = endpoint.receive(&challenge, OffsetDateTime::now_utc());
    assert_eq!(&received.response.body()[..], br#"{"challenge":"late"}"#);
    oura.with(|state| {
        let waiting = state.waiting.take().unwrap_or_default();
        waiting
            .into_iter()
            .for_each(|body| _ = state.insert(body, 90));
    });
    let report = reconcile(&oura.ours(), &["sleep/update"]).await;
    assert!(
        matches!(report.results[..], [(Step::Keep(_), Outcome::Unchanged)]),
        "{report}"
    );
    assert_eq!(oura.held(), ["sleep/update ours"]);
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_takes_too_long_is_looked_for() {
    let oura = Oura::default();
    let builder = Client::builder().client_credentials("id-1", "secret-1");
    let builder = builder
        .retry(RetryPolicy::none())
        .transport(Slow(oura.clone()));
    let client = builder.build().expect("it is set up right");
    let subscriptions = Subscriptions::new(&client, OURS, "token-1");
    let report = reconcile(&subscriptions, &["sleep/update"]).await;
    assert!(
        matches!(report.results[..], [(_, Outcome::Created(_))]),
        "{report}"
    );
    assert_eq!(oura.writes().len(), 1, "it is not created twice");
}

/// A server whose responses to creations come after every time limit.
struct Slow(Oura);

impl Transport for Slow {
    fn send(&self, request: Request<Bytes>) -> TransportFuture<'_> {
        let is_slow = *request.method() == Method::POST;
        let response = self.0.send(request);
        Box::pin(async move {
            if is_slow {
                tokio::time::sleep(Duration::from_secs(300)).await;
            }
            response.await
        })
    }
}

#[tokio::test]
async fn of_two_of_ours_all_machines_keep_the_same() {
    let oura = Oura::default();
    oura.add(OURS, "sleep/update", 20);
    let longest = oura.add(OURS, "sleep/update", 30);
    oura.add(OURS, "sleep/update", 10);
    let report = reconcile(&oura.ours(), &["sleep/update"]).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!(
        oura.with(|state| state.subscriptions.keys().copied().collect::<Vec<_>>()),
        [longest]
    );
}

#[tokio::test]
async fn after_a_step_that_fails_the_others_are_done() {
    let oura = Oura::default();
    oura.add(OURS, "tag/update", 30);
    oura.with(|state| state.broken = Some(("sleep/update", StatusCode::INTERNAL_SERVER_ERROR)));
    let report = reconcile(&oura.ours(), &["sleep/update", "workout/update"]).await;
    assert!(!report.is_complete());
    assert_eq!(oura.held(), ["workout/update ours"]);
    let text = report.to_string();
    assert!(
        text.contains("sleep/update: failed: CreateWebhookSubscription: 500"),
        "{text}"
    );
    assert!(
        text.contains("tag/update: removed") && text.contains("workout/update: created"),
        "{text}"
    );
    // The server repeats the token.
    assert!(text.contains("broken by [redacted]"), "{text}");
    assert!(!format!("{text}{report:?}{:?}", oura.ours()).contains("token-1"));

    oura.with(|state| state.broken = Some(("List", StatusCode::UNAUTHORIZED)));
    let error = oura.ours().reconcile(wanted(&["sleep/update"])).await;
    assert!(error.expect_err("there is no list").is_unauthorized());
}
