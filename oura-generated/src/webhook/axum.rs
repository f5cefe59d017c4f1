//! An endpoint as a route of axum.
//!
//! Invariant: no handler can delay the response beyond Oura's time limit, or make it a 410.

use std::fmt::Display;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use ::axum::body::Body;
use ::axum::extract::Request;
use ::axum::routing::{MethodRouter, any};
use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::{Response, StatusCode};
use time::OffsetDateTime;

use super::endpoint::{Endpoint, Received, Refusal};
use super::event::Event;
use super::verify::{MAX_BODY_BYTES, VerifyError};

/// How long a body may take: Oura stops waiting by then.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an event may take to be stored.
const ENQUEUE_TIMEOUT: Duration = Duration::from_secs(8);

impl Endpoint {
    /// The endpoint as a route, which passes each event to `handler`.
    ///
    /// The handler runs in a separate task after the response: even if it takes long, fails
    /// or panics, Oura gets the response that the event arrived. If no event may be lost when the
    /// process ends, use a persistent queue: see [`into_queue_route`](Self::into_queue_route).
    /// Refused requests are logged by `tracing`.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use axum::Router;
    /// use oura_generated::webhook::{Endpoint, SeenInMemory, Verifier, once};
    ///
    /// let endpoint = Endpoint::new(Verifier::new("client secret"), "verification token");
    /// let handler = once(SeenInMemory::new(10_000), |event| async move {
    ///     println!("{} of {}", event.event_type, event.data_type);
    /// });
    /// let app: Router = Router::new().route("/oura", endpoint.into_route(handler));
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    /// axum::serve(listener, app).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_route<S, H, F>(self, handler: H) -> MethodRouter<S>
    where
        S: Clone + Send + Sync + 'static,
        H: Fn(Event) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let shared = Arc::new((self, handler));
        any(move |request: Request| {
            let shared = Arc::clone(&shared);
            async move {
                let received = shared.0.receive_from_axum(request).await;
                match received.outcome {
                    Ok(Some(event)) => {
                        // The task begins with the handler itself, which may panic too.
                        let shared = Arc::clone(&shared);
                        tokio::spawn(async move { (shared.1)(event).await });
                    }
                    Ok(None) => tracing::debug!("answered a webhook challenge"),
                    Err(refusal) => tracing::warn!(%refusal, "refused a webhook request"),
                }
                received.response.map(Body::from)
            }
        })
    }

    /// The endpoint as a route that responds when `enqueue` has stored the event: Oura repeats a
    /// delivery that fails, so that no event is lost when the process ends.
    ///
    /// `enqueue` only stores the event in a persistent queue (with the features `sqlx-sqlite` and
    /// `sqlx-postgres` an `EventQueue` of the module `sql`), and must be done within 8 seconds,
    /// because Oura waits for 10. If it fails or takes longer, the response is 503 and the problem
    /// is logged.
    ///
    /// ```no_run
    /// # async fn store(_: oura_generated::webhook::Event) -> Result<(), std::io::Error> { Ok(()) }
    /// use oura_generated::webhook::{Endpoint, Verifier};
    ///
    /// let endpoint = Endpoint::new(Verifier::new("client secret"), "verification token");
    /// let app: axum::Router = axum::Router::new().route("/oura", endpoint.into_queue_route(store));
    /// ```
    pub fn into_queue_route<S, H, F, T, E>(self, enqueue: H) -> MethodRouter<S>
    where
        S: Clone + Send + Sync + 'static,
        H: Fn(Event) -> F + Send + Sync + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Display + Send + 'static,
    {
        let shared = Arc::new((self, enqueue));
        any(move |request: Request| {
            let shared = Arc::clone(&shared);
            async move {
                let received = shared.0.receive_from_axum(request).await;
                let event = match received.outcome {
                    Ok(Some(event)) => event,
                    Ok(None) => return received.response.map(Body::from),
                    Err(refusal) => {
                        tracing::warn!(%refusal, "refused a webhook request");
                        return received.response.map(Body::from);
                    }
                };
                let stored = tokio::time::timeout(ENQUEUE_TIMEOUT, (shared.1)(event)).await;
                let problem = match stored {
                    Ok(Ok(_)) => return received.response.map(Body::from),
                    Ok(Err(error)) => error.to_string(),
                    Err(_) => format!("it took more than {ENQUEUE_TIMEOUT:?}"),
                };
                tracing::warn!(%problem, "a webhook event was not stored; Oura will repeat it");
                let mut refused = Response::new(Body::empty());
                *refused.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                refused
            }
        })
    }

    async fn receive_from_axum(&self, request: Request) -> Received {
        let (parts, body) = request.into_parts();
        match tokio::time::timeout(BODY_TIMEOUT, read_body(body)).await {
            Ok(Ok(body)) => {
                let request = http::Request::from_parts(parts, body);
                self.receive(&request, OffsetDateTime::now_utc())
            }
            Ok(Err(refusal)) => Received::refused(refusal),
            Err(_) => Received::refused(Refusal::Interrupted),
        }
    }
}

async fn read_body(body: Body) -> Result<Bytes, Refusal> {
    let mut chunks = pin!(body.into_data_stream());
    let mut bytes = BytesMut::new();
    while let Some(chunk) = poll_fn(|context| chunks.as_mut().poll_next(context)).await {
        let chunk = chunk.map_err(|_| Refusal::Interrupted)?;
        if bytes.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(Refusal::Delivery(VerifyError::BodyTooLarge));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}
