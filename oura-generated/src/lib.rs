//! A typed client for the Oura API v2: sleep, readiness, activity, heart rate, workouts and
//! webhook subscriptions.
//!
//! Models, routes and client methods are generated from the OpenAPI document that Oura
//! publishes; behaviour (transport, credentials, paging, retries, errors) is written by
//! hand. The client stays calm when the server is ahead of the document: enums are open,
//! unknown fields are ignored, and a record that does not decode costs only itself.
//!
//! ```no_run
//! use oura_generated::{Client, models};
//!
//! # async fn example() -> Result<(), oura_generated::Error> {
//! let client = Client::new("an access token");
//! let me: models::PersonalInfo = client.get_personal_info().send().await?;
//! println!("{:?}", me.age);
//! # Ok(())
//! # }
//! ```
//!
//! Each operation of the document is a method of [`Client`]. Required parameters are its
//! arguments; optional ones are setters of the [`Request`] that it gives. Awaiting a request
//! sends it, as `send()` does; `send_with_response()` adds status, headers and the trace id.
//! Calls need a Tokio runtime with IO and timers (`enable_all`). The examples with streams
//! take `TryStreamExt` from the crate `futures-util`. WebAssembly is not supported for now.
//!
//! # Credentials
//!
//! Users' data takes an access token, webhook subscriptions take the application's id and
//! secret. Each route gets what it asks for and nothing else; a missing credential is
//! [`Error::Credentials`] before anything is sent. For tokens that are refreshed, see the
//! feature `oauth`, or implement [`TokenSource`]: it is asked before each call, and once more
//! after a 401 or a missing scope. Its [`TokenError`] says whether the user has to log in again.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use oura_generated::{Client, RetryPolicy, models};
//!
//! # async fn example() -> Result<(), oura_generated::Error> {
//! let client = Client::builder()
//!     .app_name("my-app/1.2") // Oura asks for a name in each request
//!     .access_token("an access token")
//!     .client_credentials("client id", "client secret")
//!     .timeout(Duration::from_secs(10))
//!     .retry(RetryPolicy::default().max_retries(5))
//!     .build()?;
//! let body = models::CreateWebhookSubscriptionRequest::new(
//!     "https://example.com/hook",
//!     "verification token",
//!     models::WebhookOperation::Update,
//!     models::WebhookDataType::Sleep,
//! );
//! let subscription = client.create_webhook_subscription(&body).send().await?;
//! client.renew_webhook_subscription(subscription.id).send().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Users who log in
//!
//! The feature `oauth` has tokens by OAuth2: the URL that a user opens, the token for what the
//! browser brings back, and a session that keeps it good. Its module `oauth` is the guide, from
//! registering an application on; the example `login` does all of it. The documentation of each
//! method names the scope that it needs; [`models::Scope::needed_by`] collects them.
//!
//! # Lists
//!
//! `send()` fetches one page. `stream()` follows the cursor and yields documents, `pages()`
//! yields pages, both as they are needed. A document that does not decode is one `Err` with its JSON path, and the
//! rest of its page still comes; `skip_undecodable` reports such documents elsewhere, so
//! that `try_collect` goes on. Where a route supports it, `fields(..)` selects fields, and
//! the documents are [`Partial`].
//!
//! ```no_run
//! use futures_util::TryStreamExt;
//! use oura_generated::models::{DailySleepField, Sleep};
//! use oura_generated::time::{Date, Month};
//!
//! # async fn example(client: oura_generated::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let day = Date::from_calendar_date(2025, Month::March, 1)?;
//! let nights: Vec<Sleep> = client
//!     .list_sleep()
//!     .start_date(day)
//!     .stream()
//!     .skip_undecodable(|error| eprintln!("{error}"))
//!     .try_collect()
//!     .await?;
//!
//! let fields = [DailySleepField::Day, DailySleepField::Score];
//! let page = client.list_daily_sleep().start_date(day).fields(fields).send().await?;
//! if let Some(first) = page.data.first() {
//!     let score: Option<i64> = first.get(DailySleepField::Score)?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A stream that ended with an error goes on where it was: [`Error::cursor`] is the cursor of
//! the page that is missing.
//!
//! ```no_run
//! use futures_util::TryStreamExt;
//! use oura_generated::models::Session;
//!
//! # async fn example(client: oura_generated::Client) -> Result<(), oura_generated::Error> {
//! let mut sessions: Vec<Session> = Vec::new();
//! let mut stream = client.list_session().stream();
//! let mut failures = 0;
//! loop {
//!     match stream.try_next().await {
//!         Ok(Some(session)) => sessions.push(session),
//!         Ok(None) => break,
//!         Err(error) if error.is_retryable() && failures < 5 => {
//!             failures += 1;
//!             let request = client.list_session();
//!             stream = match error.cursor() {
//!                 Some(cursor) => request.next_token(cursor).stream(),
//!                 None => request.stream(),
//!             };
//!         }
//!         Err(error) => return Err(error),
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # History
//!
//! `history(from, to)` splits a long range into windows of a month, fetches some side by
//! side, and yields the documents in order. Routes differ in whether they include the last
//! day, so windows overlap by a day, and what both hold comes once. See
//! [`History::window_days`] and [`History::concurrency`]; after an error,
//! [`History::resume_from`] says where to begin again.
//!
//! ```no_run
//! use futures_util::TryStreamExt;
//! use oura_generated::time::{Date, Month};
//!
//! # async fn example(client: oura_generated::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let from = Date::from_calendar_date(2022, Month::January, 1)?;
//! let to = Date::from_calendar_date(2024, Month::December, 31)?;
//! let mut days = client.list_daily_readiness().history(from, to);
//! while let Some(day) = days.try_next().await? {
//!     println!("{}: {:?}", day.day, day.score);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # A copy of all of it
//!
//! [`Client::sync`] fetches all documents of a user in batches, and the next time what is new,
//! with the JSON as it came; see the module [`sync`], and `guide::sync` for a table in SQLite.
//! [`stream_json`](Request::stream_json) keeps the JSON of the documents of one list.
//! [`Resource`] names the lists, and [`models::Document`] is a document of any of them.
//!
//! # What Oura really does
//!
//! The live server differs from its spec: in scopes, in what the last day of a range means, in
//! documents that come late or change afterwards. [The guide](guide::what_oura_really_does) says
//! how, and how sure that is.
//!
//! # Errors
//!
//! Every call fails with [`Error`]. It knows its route, the status and the trace id that
//! Oura's support asks for; its message quotes what the document says of the status. What it
//! prints holds neither secrets nor health data. [`ApiErrorKind`] lists what to do about each
//! kind of refusal: log in again, request a scope, renew the membership, wait, or report it.
//!
//! ```no_run
//! use oura_generated::{ApiErrorKind, Error};
//!
//! # async fn example(client: oura_generated::Client) -> Result<(), Error> {
//! match client.get_workout("some id").send().await {
//!     Ok(workout) => println!("{}", workout.activity),
//!     Err(error) if error.is_not_found() => println!("it is gone"),
//!     Err(Error::Api(error)) if matches!(error.kind, ApiErrorKind::RateLimited(_)) => {
//!         println!("too fast: {error}");
//!     }
//!     Err(error) if error.is_unauthorized() => println!("log in again: {error}"),
//!     Err(error) => match error.missing_scope() {
//!         Some(scope) => println!("authorize again, with the scope {scope}"),
//!         None => return Err(error),
//!     },
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Retries and limits
//!
//! Reads are repeated after connection errors, 429, 502, 503 and 504, with exponential
//! waits and as the server asks; see [`RetryPolicy`]. Writes are repeated only when the
//! server cannot have processed them. [`ClientBuilder::rate_limit`] keeps all users of a
//! client below the application's limit together, and [`RetryPolicy::none`] repeats nothing.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use oura_generated::{Client, RetryPolicy};
//!
//! # fn example() -> Result<(), oura_generated::Error> {
//! let patient = RetryPolicy::default()
//!     .max_retries(6)
//!     .base_delay(Duration::from_millis(250))
//!     .max_delay(Duration::from_secs(60))
//!     .max_total_delay(Duration::from_secs(300));
//! let client = Client::builder()
//!     .access_token("an access token")
//!     .retry(patient)
//!     .rate_limit(5_000, Duration::from_secs(300))
//!     .build()?;
//! # Ok(())
//! # }
//! ```
//!
//! # Timeouts and bounds
//!
//! An attempt may take 30 seconds ([`ClientBuilder::timeout`]), of which the connection may
//! take 10 ([`ClientBuilder::connect_timeout`]); a call with all its attempts and waits may
//! take as long as it needs, unless [`ClientBuilder::total_timeout`] is set. A request has
//! timeouts of its own too. A body may have 64 MiB, also after decompression
//! ([`ClientBuilder::max_body_bytes`]). Redirects are not followed, because they would hand
//! credentials on, and plain `http` is for this machine unless
//! [`ClientBuilder::allow_plain_http`] asks for it.
//!
//! # Observability
//!
//! Each call is a [`tracing`](https://docs.rs/tracing) span `oura.call` with the fields of
//! OpenTelemetry's conventions: `http.request.method`, `url.template`,
//! `http.response.status_code`, `http.request.resend_count` and `error.type`. Attempts and
//! waits are events of level `DEBUG` in it. None of them holds an id, a token or health data.
//! The feature `drift-report` tells of fields and values that are newer than this crate.
//!
//! # Without async
//!
//! With the feature `blocking` the same requests have `send_blocking()`, and lists are
//! iterators.
//!
//! ```no_run
//! # #[cfg(feature = "blocking")]
//! # fn example(client: oura_generated::Client) -> Result<(), oura_generated::Error> {
//! println!("{:?}", client.get_personal_info().send_blocking()?.age);
//! for workout in client.list_workout().stream_blocking() {
//!     println!("{}", workout?.activity);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Many users
//!
//! [`Client::with_access_token`] gives a client for another user that shares connections,
//! limits and settings. `oauth::Sessions` (feature `oauth`) keeps the tokens of all users good
//! and stored. [`ClientBuilder::rate_limiter`] takes a [`RateLimiter`] that counts elsewhere, so
//! that several processes can share the application's limit. The module `sql` (features
//! `sqlx-sqlite` and `sqlx-postgres`) has both in a database, and the guide page `many_users` says
//! what one process, one machine and several machines need.
//!
//! ```no_run
//! # async fn example(client: oura_generated::Client) -> Result<(), oura_generated::Error> {
//! for token in ["token of one user", "token of another"] {
//!     let me = client.with_access_token(token).get_personal_info().send().await?;
//!     println!("{}", me.id);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # The sandbox
//!
//! [`Client::sandbox`] has the same methods on made-up data of a user who does not exist.
//!
//! ```no_run
//! # async fn example(client: oura_generated::Client) -> Result<(), oura_generated::Error> {
//! let page = client.sandbox().list_daily_activity().send().await?;
//! println!("{} days", page.data.len());
//! # Ok(())
//! # }
//! ```
//!
//! # Webhooks
//!
//! With the feature `webhook`, Oura calls you when a user has new data: the module
//! `webhook` explains set-up from registering an application to the first event, and
//! verifies what comes. With the feature `axum` an endpoint is one route.
//!
//! ```
//! # #[cfg(feature = "webhook")]
//! # async fn example(client: oura_generated::Client) -> Result<(), Box<dyn std::error::Error>> {
//! # let (headers, body) = (oura_generated::http::HeaderMap::new(), "");
//! use oura_generated::time::OffsetDateTime;
//! use oura_generated::webhook::Verifier;
//!
//! let verifier = Verifier::new("client secret");
//! let event = verifier.verify(&headers, body, OffsetDateTime::now_utc())?;
//! if let Some(document) = client.fetch(&event).await? {
//!     println!("{document:?}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Tests of your own
//!
//! The feature `testing` has an Oura for tests, with users, made-up data, logins, webhooks and
//! faults, and an example of each model: see the module `guide::testing`.
//!
//! Without it, models have all fields public but gain new ones with the spec, so each of them
//! is built from JSON with the fields that are no `Option`. [`MemoryTransport`] answers with them
//! from memory:
//!
//! ```
//! use oura_generated::models::DailySleep;
//! use oura_generated::serde_json::{from_value, json};
//! use oura_generated::{Client, MemoryTransport, Route};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let mut day: DailySleep = from_value(json!({
//!     "id": "1", "contributors": {}, "day": "2025-03-01",
//!     "timestamp": "2025-03-01T00:00:00+02:00",
//! }))?;
//! day.score = Some(83);
//!
//! let server = MemoryTransport::new();
//! server.answer(Route::ListDailySleep, json!({ "data": [day], "next_token": null }));
//! let client = Client::builder().access_token("token").transport(server).build()?;
//! assert_eq!(client.list_daily_sleep().await?.data, [day]);
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(example()).unwrap();
//! ```
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `reqwest` (default) | the default transport; without it, set [`ClientBuilder::transport`] |
//! | `http2` | HTTP/2 for the default transport |
//! | `blocking` | `send_blocking()` and iterators, for programs without `async` |
//! | `oauth` | module `oauth`: authorization of users, tokens that refresh and store themselves |
//! | `drift-report` | `ClientBuilder::on_drift`: hear of fields and values newer than this crate |
//! | `webhook` | `webhook`: events and their signatures, the challenge, subscriptions |
//! | `axum` | a webhook endpoint as a route of axum |
//! | `testing` | `testing`: an Oura inside your tests, and an example of each model |
//! | `sqlx-sqlite`, `sqlx-postgres` | module `sql`: tokens, events, a shared rate limit and documents in a database; outside semantic versioning, Rust 1.94 |
//! | `unstable-reqwest` | `ClientBuilder::configure_http`, outside semantic versioning |

#![cfg_attr(docsrs, feature(doc_cfg))]

/// The programs of the README are compiled with those of the documentation.
#[cfg(all(doctest, feature = "sqlx-sqlite", feature = "testing"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[rustfmt::skip]
mod generated;
pub mod guide;
#[cfg(feature = "oauth")]
pub mod oauth;
mod runtime;
#[cfg(any(feature = "sqlx-sqlite", feature = "sqlx-postgres"))]
pub mod sql;
pub mod sync;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "webhook")]
pub mod webhook;

pub use generated::*;

pub use runtime::auth::secret::AccessToken;
pub use runtime::auth::token::{TokenError, TokenFuture, TokenSource};
#[cfg(feature = "blocking")]
pub use runtime::blocking::Blocking;
pub use runtime::call::reply::Response;
pub use runtime::call::request::{Raw, Request, RequestFuture};
pub use runtime::client::Client;
pub use runtime::client::builder::ClientBuilder;
pub use runtime::client::rate_limiter::{
    PermitFuture, PermitRequest, RateLimiter, RateLimiterError,
};
pub use runtime::client::retry::RetryPolicy;
pub use runtime::decode::date_or_date_time::{DateOrDateTime, ParseDateOrDateTimeError, WrongKind};
#[cfg(feature = "drift-report")]
pub use runtime::decode::drift::DriftReport;
pub use runtime::decode::json_problem::JsonProblem;
pub use runtime::decode::partial::Partial;
pub use runtime::decode::wire::FieldValue;
pub use runtime::error::api::{ApiError, ApiErrorKind, RateLimit, ValidationIssue};
pub use runtime::error::{CredentialsProblem, CursorProblem, Error, TimeLimit};
pub use runtime::list::history::History;
pub use runtime::list::page::{Page, Paged, Ranged, WithJson};
pub use runtime::list::stream::{Documents, Pages};
pub use runtime::route::Auth;
pub use runtime::route::paths::RouteMatch;
pub use runtime::transport::memory::MemoryTransport;
pub use runtime::transport::{Transport, TransportError, TransportErrorKind, TransportFuture};
#[doc(no_inline)]
pub use sync::{Batch, Batches, Checkpoint, Record, Span, SyncBuilder};

// The crates whose types stand in signatures, for users who have no need of their own copy.
#[cfg(feature = "oauth")]
pub use zeroize;
pub use {bytes, http, serde_json, time, uuid};
