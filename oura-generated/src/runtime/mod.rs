//! Everything that is the same for every document: how a request is made, sent and decoded.
//!
//! Invariant: of the generated code only `API`, `Route`, `Resource`, and of the models
//! `Document` and `Scope`, are named here.

pub(crate) mod api_error;
pub(crate) mod base_url;
#[cfg(feature = "blocking")]
pub(crate) mod blocking;
pub(crate) mod body;
pub(crate) mod builder;
pub(crate) mod call;
pub(crate) mod client;
pub(crate) mod credentials;
pub(crate) mod date_or_date_time;
pub(crate) mod decode;
pub(crate) mod documents;
#[cfg(feature = "drift-report")]
pub(crate) mod drift;
pub(crate) mod error;
mod headers;
pub(crate) mod history;
pub(crate) mod json_problem;
mod lenient;
pub(crate) mod macros;
pub(crate) mod memory;
mod missing_scope;
pub(crate) mod one_line;
pub(crate) mod page;
pub(crate) mod pager;
pub(crate) mod partial;
pub(crate) mod path;
pub(crate) mod query;
pub(crate) mod rate_limiter;
pub(crate) mod reply;
pub(crate) mod request;
#[cfg(feature = "reqwest")]
pub(crate) mod reqwest_transport;
pub(crate) mod resource;
pub(crate) mod retry;
pub(crate) mod route;
mod route_index;
mod salvage;
mod scope;
pub(crate) mod secret;
pub(crate) mod series;
pub(crate) mod token;
mod trace;
pub(crate) mod transport;
pub(crate) mod union;
pub(crate) mod user_agent;
mod window;
pub(crate) mod wire;

/// What generated code needs, all of it and nothing else.
#[allow(
    unused_imports,
    reason = "which of them are used depends on the document"
)]
pub(crate) mod prelude {
    pub(crate) use std::collections::BTreeMap;
    pub(crate) use std::fmt::Display;

    pub(crate) use bytes::Bytes;
    pub(crate) use serde::de::DeserializeOwned;
    pub(crate) use serde::{Deserialize, Serialize};
    pub(crate) use time::{Date, OffsetDateTime};
    pub(crate) use uuid::Uuid;

    pub(crate) use super::client::Client;
    pub(crate) use super::date_or_date_time::DateOrDateTime;
    pub(crate) use super::error::Error;
    pub(crate) use super::macros::{
        debug, document_from, integer_enum, operation, optional, optional_field, paged, resources,
        routes, string_enum, tagged_union, union,
    };
    pub(crate) use super::page::{Page, Paged, Ranged};
    pub(crate) use super::partial::Partial;
    pub(crate) use super::query::{ListStyle, QueryValue};
    pub(crate) use super::reply::Reply;
    pub(crate) use super::request::Request;
    pub(crate) use super::route::{ApiInfo, Never, Status};
    pub(crate) use super::wire::utc;
    pub(crate) use super::wire::{FieldValue, field_values};
    pub(crate) use super::{decode, series, wire};
    pub(crate) use crate::Route;
}
