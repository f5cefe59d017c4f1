//! A typed client for the Oura API v2: sleep, readiness, activity, heart rate, workouts and
//! webhook subscriptions.
//!
//! Models, routes and client methods are generated from the OpenAPI spec that Oura publishes. The
//! client copes with a server that is newer than the spec: enums are open, unknown fields are
//! ignored, and a stream continues after a document that does not decode.
//!
//! # A first program
//!
//! ```toml
//! [dependencies]
//! anyhow = "1"
//! futures-util = "0.3" # for streams
//! oura-generated = { path = "path/of/the/checkout/oura-generated" }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! ```no_run
//! use anyhow::Context;
//! use futures_util::TryStreamExt;
//! use oura_generated::Client;
//! use oura_generated::time::{Duration, OffsetDateTime};
//!
//! #[tokio::main]
//! async fn main() -> anyhow::Result<()> {
//!     let token = std::env::var("OURA_ACCESS_TOKEN").context("set OURA_ACCESS_TOKEN")?;
//!     let client = Client::new(token);
//!     let me = client.get_personal_info().send().await?;
//!     println!("{:?} years old", me.age);
//!
//!     let week_ago = OffsetDateTime::now_utc().date() - Duration::days(7);
//!     let mut days = client.list_daily_sleep().start_date(week_ago).stream();
//!     while let Some(day) = days.try_next().await? {
//!         println!("{}: {:?}", day.day, day.score);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! A token comes from a login, see [`oauth`]. Each operation of the spec is a method of [`Client`].
//! Its docs list the optional parameters, which are setters of the [`Request`] that it returns.
//! Awaiting a request sends it, as `send()` does.
//!
//! # Where to find what
//!
//! | topic | see |
//! |---|---|
//! | credentials, requests, time limits, tracing, calls without `async` | [`guide::requests`] |
//! | lists: streams, [`Request::fields`], long ranges | [`guide::lists`] |
//! | errors, retries, rate limits | [`guide::errors`] |
//! | users who log in: OAuth2, tokens that refresh and store themselves | [`oauth`] |
//! | a copy of a user's data that stays up to date | [`sync`], [`guide::sync`] |
//! | samples and sleep phases of a night as points in time | [`guide::series`] |
//! | webhooks: events, signatures, subscriptions, an endpoint | [`webhook`] |
//! | many users, several processes, a database | [`guide::many_users`], [`sql`] |
//! | tests against an embedded Oura server | [`guide::testing`], [`testing`] |
//! | where the live server differs from its spec | [`guide::what_oura_really_does`] |
//! | all models, all routes | [`models`], [`Route`] |
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `reqwest` (default) | the default transport; without it, set [`ClientBuilder::transport`] |
//! | `rustls-ring` (default) | TLS for the default transport: rustls with `ring`, which builds fastest |
//! | `rustls-aws-lc-rs` | rustls with `aws-lc-rs` instead; takes precedence over `rustls-ring` |
//! | `native-tls` | the TLS of the operating system (OpenSSL on Linux) instead; takes precedence over both |
//! | `http2` | HTTP/2 for the default transport |
//! | `blocking` | `send_blocking()` and iterators, for programs without `async` |
//! | `oauth` | [`oauth`]: authorization of users, tokens that refresh and store themselves |
//! | `drift-report` | `ClientBuilder::on_drift`: reports fields and values newer than this crate |
//! | `webhook` | [`webhook`]: events and their signatures, the challenge, subscriptions |
//! | `axum` | a webhook endpoint as a route of axum |
//! | `testing` | [`testing`]: an Oura server inside your tests, and an example of each model |
//! | `sqlx-sqlite`, `sqlx-postgres` | [`sql`]: tokens, events, a shared rate limit and documents in a database; outside semantic versioning, Rust 1.94 |
//! | `unstable-reqwest` | `ClientBuilder::configure_http`, outside semantic versioning |
//!
//! Calls need a Tokio runtime. WebAssembly is not supported for now.
//!

// Without its feature a module has no page; its links then lead to the list of features.
#![cfg_attr(feature = "oauth", doc = "[`oauth`]: crate::oauth")]
#![cfg_attr(not(feature = "oauth"), doc = "[`oauth`]: #features")]
#![cfg_attr(feature = "webhook", doc = "[`webhook`]: crate::webhook")]
#![cfg_attr(not(feature = "webhook"), doc = "[`webhook`]: #features")]
#![cfg_attr(feature = "testing", doc = "[`testing`]: crate::testing")]
#![cfg_attr(not(feature = "testing"), doc = "[`testing`]: #features")]
#![cfg_attr(
    any(feature = "sqlx-sqlite", feature = "sqlx-postgres"),
    doc = "[`sql`]: crate::sql"
)]
#![cfg_attr(
    not(any(feature = "sqlx-sqlite", feature = "sqlx-postgres")),
    doc = "[`sql`]: #features"
)]
#![cfg_attr(feature = "testing", doc = "[`guide::series`]: crate::guide::series")]
#![cfg_attr(not(feature = "testing"), doc = "[`guide::series`]: #features")]
#![cfg_attr(feature = "testing", doc = "[`guide::testing`]: crate::guide::testing")]
#![cfg_attr(not(feature = "testing"), doc = "[`guide::testing`]: #features")]
#![cfg_attr(
    all(feature = "sqlx-sqlite", feature = "testing"),
    doc = "[`guide::sync`]: crate::guide::sync"
)]
#![cfg_attr(
    not(all(feature = "sqlx-sqlite", feature = "testing")),
    doc = "[`guide::sync`]: #features"
)]
#![cfg_attr(
    all(feature = "sqlx-sqlite", feature = "testing"),
    doc = "[`guide::many_users`]: crate::guide::many_users"
)]
#![cfg_attr(
    not(all(feature = "sqlx-sqlite", feature = "testing")),
    doc = "[`guide::many_users`]: #features"
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

/// Compiles the programs of the README with those of the documentation.
#[cfg(all(doctest, feature = "sqlx-sqlite", feature = "testing"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[rustfmt::skip]
mod generated;
pub mod guide;
#[cfg(any(feature = "oauth", feature = "webhook"))]
mod hex;
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
pub use runtime::call::multipart::File;
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

// The crates whose types are in public signatures, so that users need not depend on them.
#[cfg(feature = "oauth")]
pub use zeroize;
pub use {bytes, http, serde_json, time, uuid};
