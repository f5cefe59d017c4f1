//! Webhooks: Oura notifies your server when a user has new data (feature `webhook`).
//!
//! To receive the first event:
//!
//! 1. **Register an application** in Oura's developer portal. It has a client id and a client
//!    secret. Oura signs every delivery with the secret, which the [`Verifier`] takes.
//! 2. **Choose a verification token**, long and random. Oura sends it with the challenge that
//!    checks whether a callback URL is yours.
//! 3. **Run an [`Endpoint`]** that can be reached from the internet by HTTPS. With axum it is a
//!    route (`Endpoint::into_route`, feature `axum`); with another framework, pass each request to
//!    [`Endpoint::receive`] and send the response that it returns. Behind a proxy, make sure that
//!    the URL never returns 410 (Gone), also not while the endpoint is down: Oura then cancels the
//!    subscription.
//! 4. **Subscribe** with [`Subscriptions`], once the endpoint is up: Oura sends the challenge while
//!    the subscription is being created. Run it again at each start and once a day: subscriptions
//!    end when they are not renewed.
//! 5. **Let users authorize** the application, and store their access tokens by the user id of
//!    the events ([`Event::user_id`]).
//! 6. **Handle events**: an [`Event`] comes about half a minute after a user's app has
//!    synchronized. It has no data: [`Client::fetch`](crate::Client::fetch) with that user's token
//!    returns the [`Document`].
//!
//! ```no_run
//! # #[cfg(feature = "axum")]
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use axum::Router;
//! use oura_generated::models::{WebhookDataType, WebhookOperation};
//! use oura_generated::webhook::{Endpoint, SeenInMemory, Subscriptions, Topic, Verifier, once};
//! use oura_generated::Client;
//!
//! let (id, secret, token) = ("client id", "client secret", "verification token");
//! let client = Client::builder().client_credentials(id, secret).build()?;
//! let users = client.clone();
//!
//! let endpoint = Endpoint::new(Verifier::new(secret), token);
//! let handler = once(SeenInMemory::new(10_000), move |event| {
//!     // Look up the token of `event.user_id`.
//!     let user = users.with_access_token("an access token");
//!     async move {
//!         match user.fetch(&event).await {
//!             Ok(Some(document)) => println!("{document:?}"),
//!             Ok(None) => println!("nothing to fetch: {} of {}", event.event_type, event.data_type),
//!             Err(error) => eprintln!("{error}"),
//!         }
//!     }
//! });
//! let app: Router = Router::new().route("/oura", endpoint.into_route(handler));
//! let listener = tokio::net::TcpListener::bind("0.0.0.0:8080").await?;
//! let server = tokio::spawn(async move { axum::serve(listener, app).await });
//!
//! // The endpoint is up: connections wait from `bind` on.
//! let subscriptions = Subscriptions::new(&client, "https://example.com/oura", token);
//! let wanted = WebhookOperation::KNOWN
//!     .iter()
//!     .map(|event| Topic::new(WebhookDataType::DailySleep, event.clone()));
//! let report = subscriptions.reconcile(wanted).await?;
//! print!("{report}");
//! server.await??;
//! # Ok(())
//! # }
//! ```
//!
//! # What to expect
//!
//! - Oura waits for a response for ten seconds and repeats a delivery ten times in about an
//!   hour. Respond first and work afterwards. [`once`] skips events that come twice.
//! - Events come out of order. That does no harm as long as you store what `fetch` returns:
//!   the current document, for any event, or `None` once it is deleted.
//! - A server that is down for long misses events. Fetch the lists for that time afterwards
//!   ([`history`](crate::Request::history)).
//! - Sleep and readiness come when the user opens the app; activity and stress in between.
//! - Where it is not known what Oura does, both ways are accepted: the signature may be over the
//!   body as it came or as JavaScript would write it, and the timestamp in seconds or
//!   milliseconds. It is not known whether a repeated delivery has a new signature, see
//!   [`Verifier::tolerance`].
//!
//! # Your tests
//!
//! [`Event::new`] makes events, [`Verifier::sign`] the headers of a delivery.
//!
//! ```
//! use oura_generated::serde_json;
//! use oura_generated::time::OffsetDateTime;
//! use oura_generated::webhook::{Event, Verifier};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = OffsetDateTime::now_utc();
//! let event = Event::new("update", "sleep", "12345abc", now, "user123");
//! let body = serde_json::to_vec(&event)?;
//! let verifier = Verifier::new("client secret");
//! assert_eq!(verifier.verify(&verifier.sign(&body, now), &body, now)?, event);
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "axum")]
mod axum;
mod challenge;
mod endpoint;
mod event;
mod plan;
mod seen;
mod stringify;
mod subscriptions;
mod verify;

pub use challenge::{ChallengeError, VerificationToken};
pub use endpoint::{Endpoint, Received, Refusal};
pub use event::{Document, Event};
pub use plan::{Plan, Step, Topic};
pub use seen::{SeenEvents, SeenFuture, SeenInMemory, once};
pub use subscriptions::{Outcome, Report, Subscriptions};
pub use verify::{MAX_BODY_BYTES, Verifier, VerifyError};
