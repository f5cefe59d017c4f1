//! The hand-written part of the client: how a request is made, sent and decoded, whatever the
//! spec.
//!
//! Invariant: of the generated code only `API`, `Route`, `Resource`, and of the models
//! `Document` and `Scope`, are named here.

pub(crate) mod auth;
#[cfg(feature = "blocking")]
pub(crate) mod blocking;
pub(crate) mod call;
pub(crate) mod client;
pub(crate) mod decode;
pub(crate) mod error;
pub(crate) mod list;
pub(crate) mod macros;
mod oura;
pub(crate) mod route;
pub(crate) mod transport;

/// Everything that generated code uses.
#[allow(unused_imports, reason = "which of them are used depends on the spec")]
pub(crate) mod prelude {
    pub(crate) use std::collections::BTreeMap;
    pub(crate) use std::fmt::Display;

    pub(crate) use bytes::Bytes;
    pub(crate) use serde::de::DeserializeOwned;
    pub(crate) use serde::{Deserialize, Serialize};
    pub(crate) use time::{Date, OffsetDateTime};
    pub(crate) use uuid::Uuid;

    pub(crate) use super::auth::scheme::{Scheme, Sends};
    pub(crate) use super::call::multipart::{self, File};
    pub(crate) use super::call::query::{JsonText, ListStyle, QueryValue};
    pub(crate) use super::call::reply::Reply;
    pub(crate) use super::call::request::Request;
    pub(crate) use super::client::Client;
    pub(crate) use super::decode;
    pub(crate) use super::decode::date_or_date_time::DateOrDateTime;
    pub(crate) use super::decode::partial::Partial;
    pub(crate) use super::decode::wire::utc;
    pub(crate) use super::decode::wire::{FieldValue, field_values, nullable};
    pub(crate) use super::decode::{series, wire};
    pub(crate) use super::error::Error;
    pub(crate) use super::list::page::{Page, Paged, Ranged};
    pub(crate) use super::macros::{
        debug, document_from, integer_enum, optional, optional_field, or_empty, paged, resources,
        routes, string_enum, tagged_union, takes, union,
    };
    pub(crate) use super::route::{ApiInfo, Auth, Never, RouteSecurity, Status};
    pub(crate) use crate::Route;
}
