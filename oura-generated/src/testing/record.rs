//! The requests that a test reads afterwards.

use std::fmt;

use http::Method;

use crate::Route;

/// A request that the server processed. Headers and bodies are not kept: they hold secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The route; `None` for a request to another path, such as the token URL.
    pub route: Option<Route>,
    /// The method.
    pub method: Method,
    /// The path as it was sent.
    pub path: String,
    /// The parameters of the query, decoded, in their order. Those of the authorization server
    /// are left out.
    pub query: Vec<(String, String)>,
    /// The status of the response. A fault that ends the connection leaves it as it was.
    pub status: u16,
}

impl RecordedRequest {
    /// Returns the value of a parameter of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        let mut query = self.query.iter();
        query
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A request that the spec does not allow. The response was the one that Oura would send.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Complaint {
    /// The route; `None` for a request to another path.
    pub route: Option<Route>,
    /// The method.
    pub method: Method,
    /// The path as it was sent.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            path,
            message,
            ..
        } = self;
        write!(f, "{method} {path}: {message}")
    }
}
