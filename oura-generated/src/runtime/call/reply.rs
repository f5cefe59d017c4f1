//! A response of the server, before and after it is decoded.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::Route;
use crate::runtime::auth::secret::redact;
use crate::runtime::oura::TRACE_ID;

/// A response: its decoded value, status and headers. `Debug` shows only the names of the headers.
#[derive(Clone)]
#[non_exhaustive]
pub struct Response<T> {
    /// The decoded body.
    pub value: T,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The server's id of the call (`x-trace-id`): quote it when you report a problem to Oura.
    pub trace_id: Option<String>,
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.keys().map(http::HeaderName::as_str).collect();
        f.debug_struct("Response")
            .field("value", &self.value)
            .field("status", &self.status)
            .field("headers", &names)
            .field("trace_id", &self.trace_id)
            .finish()
    }
}

/// A response whose body is not decoded, but decompressed and within the size limit.
#[derive(Clone)]
pub(crate) struct Reply {
    route: Option<Route>,
    status: StatusCode,
    headers: HeaderMap,
    /// The redacted trace id, if that of the headers contains a secret.
    trace_id: Option<Box<str>>,
    body: Bytes,
    #[cfg(feature = "drift-report")]
    drift: Option<crate::runtime::decode::drift::DriftHook>,
}

impl Reply {
    pub(crate) fn new(route: Option<Route>, response: http::Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            route,
            status: parts.status,
            headers: parts.headers,
            trace_id: None,
            body,
            #[cfg(feature = "drift-report")]
            drift: None,
        }
    }

    #[cfg(feature = "drift-report")]
    pub(crate) fn with_drift_hook(
        mut self,
        hook: Option<crate::runtime::decode::drift::DriftHook>,
    ) -> Self {
        self.drift = hook;
        self
    }

    /// Reports to the hook, if there is one, the fields and values of `text` that a `T` does not
    /// have. `prefix` is the path of `text` in the body.
    pub(crate) fn report_drift<T: DeserializeOwned>(&self, prefix: &str, text: &str) {
        #[cfg(feature = "drift-report")]
        if let Some(hook) = &self.drift {
            crate::runtime::decode::drift::inspect::<T>(hook, self.route, prefix, text);
        }
        #[cfg(not(feature = "drift-report"))]
        let _ = (prefix, text, std::marker::PhantomData::<T>);
    }

    pub(crate) fn route(&self) -> Option<Route> {
        self.route
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(crate) fn body(&self) -> &Bytes {
        &self.body
    }

    pub(crate) fn trace_id(&self) -> Option<&str> {
        let given = || self.headers.get(TRACE_ID).and_then(|id| id.to_str().ok());
        self.trace_id.as_deref().or_else(given)
    }

    /// Removes the secrets of the call from the trace id. The headers stay as they came.
    pub(crate) fn redact_trace_id(&mut self, secrets: &[&str]) {
        if let Some(id) = self.trace_id() {
            let redacted = redact(id, secrets);
            self.trace_id = (redacted != id).then(|| redacted.into());
        }
    }

    pub(crate) fn into_response<T>(self, value: T) -> Response<T> {
        let trace_id = self.trace_id().map(str::to_owned);
        Response {
            value,
            status: self.status,
            headers: self.headers,
            trace_id,
        }
    }
}
