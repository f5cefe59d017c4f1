//! Subscriptions and deliveries.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use oura_generated::Resource;
use oura_generated::models::{
    CreateWebhookSubscriptionRequest, Tag, UpdateWebhookSubscriptionRequest, WebhookDataType,
    WebhookOperation,
};
use oura_generated::testing::Oura;
use oura_generated::time::OffsetDateTime;
use oura_generated::webhook::{Event, VerificationToken, Verifier};

use super::server;

const TOKEN: &str = "a verification token";

const MINUTE: Duration = Duration::from_secs(60);

/// An endpoint that verifies events, and responds with the given statuses.
#[derive(Clone, Default)]
struct Endpoint {
    secret: String,
    /// The statuses of the next responses; without any, 200.
    statuses: Arc<Mutex<Vec<u16>>>,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Endpoint {
    /// The endpoint and its URL.
    async fn start(secret: &str) -> (Self, String) {
        let endpoint = Self {
            secret: secret.to_owned(),
            ..Self::default()
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let url = format!(
            "http://{}/oura?from=oura",
            listener.local_addr().expect("it is bound")
        );
        let app = Router::new().route("/oura", get(challenge).post(receive));
        let app = app.with_state(endpoint.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (endpoint, url)
    }

    fn respond_with(&self, statuses: &[u16]) {
        *self.statuses.lock().expect("no test panics with it") = statuses.to_vec();
    }

    fn events(&self) -> Vec<Event> {
        self.events.lock().expect("no test panics with it").clone()
    }
}

async fn challenge(RawQuery(query): RawQuery) -> (StatusCode, String) {
    let query = query.unwrap_or_default();
    match VerificationToken::new(TOKEN).answer(&query) {
        Ok(response) => (
            StatusCode::OK,
            String::from_utf8_lossy(response.body()).into_owned(),
        ),
        Err(error) => (error.status(), String::new()),
    }
}

async fn receive(State(endpoint): State<Endpoint>, headers: HeaderMap, body: String) -> StatusCode {
    let verifier = Verifier::new(&endpoint.secret);
    let event = verifier
        .verify(&headers, &body, OffsetDateTime::now_utc())
        .expect("it is signed");
    endpoint
        .events
        .lock()
        .expect("no test panics with it")
        .push(event);
    let mut statuses = endpoint.statuses.lock().expect("no test panics with it");
    let status = match statuses.is_empty() {
        true => 200,
        false => statuses.remove(0),
    };
    StatusCode::from_u16(status).expect("a status")
}

fn subscription(
    url: &str,
    token: &str,
    event: WebhookOperation,
) -> CreateWebhookSubscriptionRequest {
    CreateWebhookSubscriptionRequest::new(url, token, event, WebhookDataType::Tag)
}

/// Waits until no event is left to deliver. A repetition may take an hour by a paused clock.
async fn delivered(oura: &Oura, limit: Duration) {
    let delivered = tokio::time::timeout(limit, oura.delivered()).await;
    delivered.expect("an event is left to deliver");
}

#[tokio::test]
async fn a_subscription_is_created_when_the_challenge_is_answered() {
    let (oura, _) = server();
    let (_, url) = Endpoint::start(oura.client_secret()).await;
    let client = oura.client();
    let wrong = subscription(&url, "another token", WebhookOperation::Create);
    client
        .create_webhook_subscription(&wrong)
        .await
        .expect_err("the endpoint refuses");
    let right = subscription(&url, TOKEN, WebhookOperation::Create);
    let created = client
        .create_webhook_subscription(&right)
        .await
        .expect("a subscription");
    client
        .create_webhook_subscription(&right)
        .await
        .expect_err("there is one already");
    let id = created.id;
    let all = client.list_webhook_subscriptions().await.expect("a list");
    assert!(all.contains(&created) && all.len() == 1);
    assert_eq!(
        client
            .get_webhook_subscription(id)
            .await
            .expect("it is there"),
        created
    );
    let renewed = client
        .renew_webhook_subscription(id)
        .await
        .expect("it is there");
    assert!(renewed.expiration_time >= created.expiration_time);
    let change = UpdateWebhookSubscriptionRequest::new(TOKEN).event_type(WebhookOperation::Delete);
    let changed = client
        .update_webhook_subscription(id, &change)
        .await
        .expect("it is there");
    assert_eq!(changed.event_type, WebhookOperation::Delete);
    client
        .delete_webhook_subscription(id)
        .await
        .expect("it is there");
    assert!(
        client
            .get_webhook_subscription(id)
            .await
            .expect_err("it is gone")
            .is_not_found()
    );
    assert!(oura.complaints().is_empty(), "{:?}", oura.complaints());
}

#[tokio::test]
async fn bodies_that_the_spec_does_not_allow_are_422() {
    let (oura, _) = server();
    let client = oura.client();
    let wrong = CreateWebhookSubscriptionRequest::new(
        "http://127.0.0.1:1/",
        TOKEN,
        WebhookOperation::Create,
        WebhookDataType::from("dreams"),
    );
    let error = client
        .create_webhook_subscription(&wrong)
        .await
        .expect_err("no such data");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(422));
    assert!(
        oura.complaints()[0].message.contains("data_type"),
        "{:?}",
        oura.complaints()
    );
}

#[tokio::test]
async fn events_go_to_their_subscriptions() {
    let (oura, alice) = server();
    let (endpoint, url) = Endpoint::start(oura.client_secret()).await;
    let body = subscription(&url, TOKEN, WebhookOperation::Update);
    oura.client()
        .create_webhook_subscription(&body)
        .await
        .expect("a subscription");
    let mut tag = Tag::example();
    alice.put(tag.clone());
    tag.text = Some("changed".to_owned());
    alice.put(tag.clone());
    alice.remove(Resource::Tag, &tag.id);
    delivered(&oura, MINUTE).await;
    let events = endpoint.events();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0].event_type, WebhookOperation::Update);
    assert_eq!(
        (&*events[0].object_id, &*events[0].user_id),
        (&*tag.id, alice.id())
    );
}

#[tokio::test]
async fn a_url_gets_every_event_and_the_documents_are_there() {
    let (oura, alice) = server();
    let (endpoint, url) = Endpoint::start(oura.client_secret()).await;
    oura.deliver_to(url);
    let tag = Tag::example();
    alice.put(tag.clone());
    delivered(&oura, MINUTE).await;
    let events = endpoint.events();
    assert_eq!(events.len(), 1);
    let document = alice.client().fetch(&events[0]).await.expect("it is there");
    assert!(
        matches!(document, Some(oura_generated::webhook::Document::Tag(known)) if known == tag)
    );
}

#[tokio::test(start_paused = true)]
async fn deliveries_are_repeated_and_410_ends_the_subscription() {
    let (oura, alice) = server();
    let (endpoint, url) = Endpoint::start(oura.client_secret()).await;
    oura.deliver_to(url);
    endpoint.respond_with(&[500, 500, 200]);
    alice.put(Tag::example());
    delivered(&oura, 120 * MINUTE).await;
    assert_eq!(endpoint.events().len(), 3);
    endpoint.respond_with(&[500; 20]);
    alice.put(Tag::example());
    delivered(&oura, 120 * MINUTE).await;
    assert_eq!(endpoint.events().len(), 3 + 11, "ten repetitions");
    endpoint.respond_with(&[410]);
    alice.put(Tag::example());
    delivered(&oura, 120 * MINUTE).await;
    endpoint.respond_with(&[]);
    alice.put(Tag::example());
    delivered(&oura, 120 * MINUTE).await;
    assert_eq!(endpoint.events().len(), 15, "nothing comes after 410");
}
