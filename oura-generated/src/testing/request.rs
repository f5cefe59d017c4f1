//! A request that the server reads.

use bytes::Bytes;
use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, Method};

use super::record::Complaint;
use super::state::Server;
use crate::Route;

/// A request with the values that are read from it once.
pub(super) struct Request {
    pub(super) route: Option<Route>,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Request {
    pub(super) fn new(request: http::Request<Bytes>) -> Self {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().to_owned();
        Self {
            route: Route::find(&parts.method, &path).map(|found| found.route),
            query: pairs(parts.uri.query().unwrap_or_default()),
            method: parts.method,
            path,
            headers: parts.headers,
            body,
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether the program names itself, which the API requires of every request.
    pub(super) fn has_agent(&self) -> bool {
        self.headers
            .get(USER_AGENT)
            .is_some_and(|agent| !agent.is_empty())
    }

    /// The access token.
    pub(super) fn token(&self) -> Option<&str> {
        let header = self.header(AUTHORIZATION.as_str())?;
        let (scheme, token) = header.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token)
    }

    /// The value of a parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let mut query = self.query.iter();
        query
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Keeps a complaint about this request.
    pub(super) fn complain(&self, shared: &Server, message: impl Into<String>) {
        let complaint = Complaint {
            route: self.route,
            method: self.method.clone(),
            path: self.path.clone(),
            message: message.into(),
        };
        shared.with(|state| state.complaints.push(complaint));
    }
}

/// The decoded pairs of a query or a form.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = form_urlencoded::parse(text.as_bytes());
    pairs
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}
