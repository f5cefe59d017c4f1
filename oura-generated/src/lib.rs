//! A typed client for the Oura API v2.

#[rustfmt::skip]
mod generated;
mod runtime;

pub use generated::*;

pub use runtime::api_error::{ApiError, ApiErrorKind, RateLimit, ValidationIssue};
#[cfg(feature = "blocking")]
pub use runtime::blocking::Blocking;
pub use runtime::builder::ClientBuilder;
pub use runtime::client::Client;
pub use runtime::date_or_date_time::DateOrDateTime;
pub use runtime::documents::{Documents, Pages};
#[cfg(feature = "drift-report")]
pub use runtime::drift::DriftReport;
pub use runtime::error::{CursorProblem, Error, TimeLimit};
pub use runtime::history::History;
pub use runtime::json_problem::JsonProblem;
pub use runtime::memory::MemoryTransport;
pub use runtime::page::{Page, Paged, Ranged};
pub use runtime::partial::Partial;
pub use runtime::reply::Response;
pub use runtime::request::{Raw, Request, RequestFuture};
pub use runtime::retry::RetryPolicy;
pub use runtime::route::{Auth, RouteMatch};
pub use runtime::secret::AccessToken;
pub use runtime::token::{TokenFuture, TokenSource};
pub use runtime::transport::{Transport, TransportError, TransportErrorKind, TransportFuture};
pub use runtime::wire::FieldValue;

// The crates whose types stand in signatures, for users who have no need of their own copy.
pub use {bytes, http, serde_json, time, uuid};
