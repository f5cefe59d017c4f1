//! Webhooks: subscriptions, the challenge, and deliveries that are signed and repeated.

use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use percent_encoding::utf8_percent_encode;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use super::check::read_body;
use super::content::other_response;
use super::data::Rng;
use super::request::Request;
use super::response::{Response, empty, failure, success};
use super::spec::Operation;
use super::state::{Server, ServerState};
use super::subscriptions::{Delivery, Pending, Subscription};
use crate::runtime::call::path::ENCODED;
use crate::runtime::decode::dates::format_date_time;
use crate::webhook::Verifier;

/// How long an endpoint may take to respond.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Seconds before each repetition of a delivery: ten of them, over an hour.
const WAITS: [u64; 10] = [5, 10, 20, 40, 80, 160, 320, 640, 900, 1425];

/// How long a subscription lasts.
const LIFETIME: time::Duration = time::Duration::days(90);

/// The longest response of an endpoint that is read, in bytes.
const RESPONSE_LIMIT: usize = 64 * 1024;

/// Refuses a request without the credentials of the application.
pub(super) fn check_application(shared: &Server, request: &Request) -> Option<Response> {
    let wanted = [
        ("x-client-id", &*shared.client_id),
        ("x-client-secret", shared.client_secret.expose()),
    ];
    for (name, value) in wanted {
        match request.header(name) {
            Some(known) if known == value => {}
            Some(_) => return Some(failure(401, "Invalid client credentials.")),
            None => {
                request.complain(shared, format!("the header `{name}` is missing"));
                return Some(failure(401, "Missing client credentials."));
            }
        }
    }
    if request.headers.contains_key("authorization") {
        request.complain(
            shared,
            "an access token is sent to a route of the application",
        );
    }
    None
}

/// Processes a request to a route of subscriptions.
pub(super) async fn respond(
    shared: &Arc<Server>,
    request: &Request,
    operation: &Operation,
    arguments: &[String],
) -> Response {
    let path = operation.template.strip_prefix("/v2/webhook/subscription");
    let id = arguments.last().map(String::as_str).unwrap_or_default();
    match (&request.method, path) {
        (&Method::GET, Some("")) => {
            let all = shared.with(|state| {
                let all = state.subscriptions.iter().map(Subscription::to_json);
                Value::Array(all.collect())
            });
            success(200, all.to_string())
        }
        (&Method::POST, Some("")) => create(shared, request, operation).await,
        (&Method::GET, Some("/{id}")) => change(shared, id, |_| {}),
        (&Method::PUT, Some("/{id}")) => update(shared, request, operation, id).await,
        (&Method::PUT, Some("/renew/{id}")) => change(shared, id, |subscription| {
            subscription.ends = OffsetDateTime::now_utc() + LIFETIME;
        }),
        (&Method::DELETE, Some("/{id}")) => match shared.with(|state| state.cancel(id)) {
            true => empty(204),
            false => unknown(),
        },
        _ => other_response(shared, request, operation),
    }
}

async fn create(shared: &Arc<Server>, request: &Request, operation: &Operation) -> Response {
    let schema = operation.body.clone().unwrap_or_default();
    let body = match read_body(shared, request, &schema) {
        Ok(body) => body,
        Err(refusal) => return *refusal,
    };
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let mut created = Subscription {
        id: String::new(),
        callback_url: text("callback_url"),
        event_type: text("event_type"),
        data_type: text("data_type"),
        ends: OffsetDateTime::now_utc() + LIFETIME,
    };
    let is_taken = |state: &mut ServerState| {
        let mut known = state.subscriptions.iter();
        known.any(|known| {
            known.data_type == created.data_type && known.event_type == created.event_type
        })
    };
    if shared.with(is_taken) {
        return failure(
            400,
            "There is a subscription of this data type and event type.",
        );
    }
    if let Err(message) =
        challenge(shared, &created.callback_url, &text("verification_token")).await
    {
        return failure(400, &message);
    }
    let number = shared.with(|state| state.number("subscription"));
    created.id = Rng::new(shared.seed, &format!("subscription/{number}")).uuid();
    shared.with(|state| state.subscriptions.push(created.clone()));
    success(operation.success.0, created.to_json().to_string())
}

async fn update(
    shared: &Arc<Server>,
    request: &Request,
    operation: &Operation,
    id: &str,
) -> Response {
    let schema = operation.body.clone().unwrap_or_default();
    let body = match read_body(shared, request, &schema) {
        Ok(body) => body,
        Err(refusal) => return *refusal,
    };
    let known = shared.with(|state| state.subscriptions.iter().find(|s| s.id == id).cloned());
    let Some(known) = known else {
        return unknown();
    };
    let text = |name: &str, old: &str| body[name].as_str().unwrap_or(old).to_owned();
    let url = text("callback_url", &known.callback_url);
    if let Err(message) = challenge(shared, &url, &text("verification_token", "")).await {
        return failure(400, &message);
    }
    change(shared, id, |subscription| {
        subscription.event_type = text("event_type", &known.event_type);
        subscription.data_type = text("data_type", &known.data_type);
        subscription.callback_url = url;
    })
}

/// Changes a subscription and returns it.
fn change(shared: &Server, id: &str, change: impl FnOnce(&mut Subscription)) -> Response {
    let changed = shared.with(|state| {
        let subscription = state
            .subscriptions
            .iter_mut()
            .find(|known| known.id == id)?;
        change(subscription);
        Some(subscription.to_json().to_string())
    });
    changed.map_or_else(unknown, |json| success(200, json))
}

fn unknown() -> Response {
    failure(403, "Webhook with specified id does not exist.")
}

/// Sends a challenge to a callback URL.
async fn challenge(shared: &Server, url: &str, token: &str) -> Result<(), String> {
    let number = shared.with(|state| state.number("challenge"));
    let challenge = Rng::new(shared.seed, &format!("challenge/{number}")).uuid();
    let mark = if url.contains('?') { '&' } else { '?' };
    let token = utf8_percent_encode(token, ENCODED);
    let url = format!("{url}{mark}verification_token={token}&challenge={challenge}");
    let request = http::Request::get(&*url).body(Full::default());
    let request = request.map_err(|_| "The callback URL is not a URL.".to_owned())?;
    let (status, body) = send(request).await?;
    let response: Value = serde_json::from_slice(&body).unwrap_or_default();
    match (200..300).contains(&status) && response["challenge"] == *challenge {
        true => Ok(()),
        false => Err(format!(
            "The callback URL does not answer the challenge: status {status}."
        )),
    }
}

impl ServerState {
    /// Ends a subscription. Returns whether there was one.
    fn cancel(&mut self, id: &str) -> bool {
        let before = self.subscriptions.len();
        self.subscriptions.retain(|known| known.id != id);
        self.subscriptions.len() < before
    }
}

/// Sends an event to its subscriptions.
pub(super) fn announce(shared: &Arc<Server>, event: &str, data_type: &str, id: &str, user: &str) {
    if !shared
        .spec
        .subscription_values("data_type")
        .iter()
        .any(|known| known == data_type)
    {
        return;
    }
    let body = json!({
        "event_type": event,
        "data_type": data_type,
        "object_id": id,
        "event_time": format_date_time(OffsetDateTime::now_utc()).unwrap_or_default(),
        "user_id": user,
    });
    let body = body.to_string();
    shared.with(|state| {
        let subscriptions = state
            .subscriptions
            .iter()
            .filter(|known| known.data_type == data_type && known.event_type == event);
        let subscriptions =
            subscriptions.map(|known| (known.callback_url.clone(), Some(known.id.clone())));
        let receivers = state.receivers.iter().map(|url| (url.clone(), None));
        let deliveries = subscriptions
            .chain(receivers)
            .map(|(url, subscription)| Delivery {
                url,
                body: body.clone(),
                subscription,
                _pending: Pending::new(&shared.pending),
            });
        let deliveries: Vec<_> = deliveries.collect();
        state.outbox.extend(deliveries);
    });
    send_outbox(shared);
}

/// Starts the deliveries that wait, if there is a runtime for them.
pub(super) fn send_outbox(shared: &Arc<Server>) {
    let Some(runtime) = Handle::try_current()
        .ok()
        .or_else(|| shared.runtime.clone())
    else {
        return;
    };
    shared.with(|state| {
        state.tasks.retain(|task| !task.is_finished());
        for delivery in std::mem::take(&mut state.outbox) {
            let shared = Arc::downgrade(shared);
            let task = runtime.spawn(async move { deliver(&shared, &delivery).await });
            state.tasks.push(task.abort_handle());
        }
    });
}

/// Delivers an event, and repeats it until the endpoint accepts it.
async fn deliver(shared: &Weak<Server>, delivery: &Delivery) {
    for wait in [0].into_iter().chain(WAITS) {
        tokio::time::sleep(Duration::from_secs(wait)).await;
        let Some(shared) = shared.upgrade().filter(|shared| !shared.is_closed()) else {
            return;
        };
        if !is_wanted(&shared, delivery) {
            return;
        }
        match attempt(&shared, delivery).await {
            Ok(410) => return unsubscribe(&shared, delivery),
            Ok(200..300) => return,
            _ => {}
        }
    }
}

/// Whether the subscription of a delivery still exists.
fn is_wanted(shared: &Server, delivery: &Delivery) -> bool {
    shared.with(|state| match &delivery.subscription {
        Some(id) => state.subscriptions.iter().any(|known| known.id == *id),
        None => state.receivers.contains(&delivery.url),
    })
}

/// 410 ends a subscription.
fn unsubscribe(shared: &Server, delivery: &Delivery) {
    shared.with(|state| match &delivery.subscription {
        Some(id) => drop(state.cancel(id)),
        None => state.receivers.retain(|url| *url != delivery.url),
    });
}

async fn attempt(shared: &Server, delivery: &Delivery) -> Result<u16, String> {
    let now = OffsetDateTime::now_utc();
    let mut request = http::Request::post(&*delivery.url)
        .header("content-type", "application/json")
        .body(Full::from(delivery.body.clone()))
        .map_err(|_| "it is not a URL".to_owned())?;
    let signature = Verifier::new(shared.client_secret.expose()).sign(&delivery.body, now);
    request.headers_mut().extend(signature);
    send(request).await.map(|(status, _)| status)
}

/// Sends a request to an endpoint of the test: status and body, or why there are none.
async fn send(request: http::Request<Full<Bytes>>) -> Result<(u16, Bytes), String> {
    let result = tokio::time::timeout(TIMEOUT, exchange(request)).await;
    result
        .unwrap_or_else(|_| Err("The callback URL does not respond within 10 seconds.".to_owned()))
}

async fn exchange(mut request: http::Request<Full<Bytes>>) -> Result<(u16, Bytes), String> {
    let uri = request.uri().clone();
    if uri.scheme_str() != Some("http") {
        return Err("The callback URL must start with `http://` in tests.".to_owned());
    }
    let host = uri.host().ok_or("The callback URL has no host.")?;
    let host = host.trim_matches(['[', ']']);
    let address = (host, uri.port_u16().unwrap_or(80));
    let unreachable =
        |error: &dyn std::fmt::Display| format!("The callback URL cannot be reached: {error}");
    let stream = TcpStream::connect(address)
        .await
        .map_err(|error| unreachable(&error))?;
    let authority = uri.authority().map(|authority| authority.as_str());
    let authority = authority.and_then(|text| http::HeaderValue::try_from(text).ok());
    request
        .headers_mut()
        .extend(authority.map(|value| (http::header::HOST, value)));
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    *request.uri_mut() = target.parse::<Uri>().map_err(|error| unreachable(&error))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| unreachable(&error))?;
    // It ends with the sender.
    tokio::spawn(connection);
    let response = sender
        .send_request(request)
        .await
        .map_err(|error| unreachable(&error))?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), RESPONSE_LIMIT)
        .collect()
        .await;
    let body = body.map_err(|error| unreachable(&error))?;
    Ok((status, body.to_bytes()))
}
