//! One call: its path, query, headers and body, how it is sent, and the reply.
//!
//! Nothing here but [`request`] is generic: every operation takes this path, and types enter
//! only when the reply is decoded.

pub(crate) mod base_url;
pub(crate) mod body;
pub(crate) mod form;
pub(crate) mod headers;
pub(crate) mod multipart;
pub(crate) mod path;
pub(crate) mod query;
pub(crate) mod reply;
pub(crate) mod request;
mod send;
mod trace;

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};

use super::auth::scheme::{BEARER, Scheme};
use super::auth::secret::SecretText;
use super::client::Client;
use crate::Route;
use crate::generated::API;

/// The parts of a call.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) client: Client,
    /// `None` for a raw call.
    pub(crate) route: Option<Route>,
    pub(crate) method: Method,
    /// The security schemes that it may use.
    pub(crate) security: Cow<'static, [&'static [&'static Scheme]]>,
    pub(crate) path: CallPath,
    pub(crate) query: Vec<(Cow<'static, str>, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// A secret in the body, which no message may contain.
    pub(crate) hidden: Option<SecretText>,
    /// Instead of the client's timeout.
    pub(crate) timeout: Option<Duration>,
    /// Instead of the client's total timeout.
    pub(crate) total_timeout: Option<Duration>,
    /// The first argument that cannot be sent.
    pub(crate) problem: Option<ArgumentProblem>,
}

/// The path of a call.
#[derive(Clone)]
pub(crate) enum CallPath {
    /// The path of a route, with its arguments.
    Template(&'static str, Vec<(&'static str, String)>),
    /// The path of a raw call.
    Raw(String),
}

/// An argument that cannot be sent.
#[derive(Clone)]
pub(crate) struct ArgumentProblem {
    pub(crate) name: String,
    pub(crate) message: String,
}

impl Call {
    pub(crate) fn of_route(client: &Client, route: Route) -> Self {
        let path = CallPath::Template(route.path_template(), Vec::new());
        let security = Cow::Borrowed(route.info().security);
        Self::new(client, Some(route), route.method(), security, path)
    }

    pub(crate) fn raw(client: &Client, method: Method, path: String) -> Self {
        // A path of the spec takes the credentials that the spec asks for.
        let security = Route::find(&method, &path).map_or(BEARER, |it| it.route.info().security);
        let problem = path::check_raw_path(&path).err();
        let mut call = Self::new(client, None, method, security.into(), CallPath::Raw(path));
        if let Some(message) = problem {
            call.refuse("path", message);
        }
        call
    }

    fn new(
        client: &Client,
        route: Option<Route>,
        method: Method,
        security: Cow<'static, [&'static [&'static Scheme]]>,
        path: CallPath,
    ) -> Self {
        Self {
            client: client.clone(),
            route,
            method,
            security,
            path,
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            hidden: None,
            timeout: None,
            total_timeout: None,
            problem: None,
        }
    }

    /// Keeps the first problem; the call then fails before anything is sent.
    pub(crate) fn refuse(&mut self, name: impl Into<String>, message: impl Into<String>) {
        self.problem.get_or_insert_with(|| ArgumentProblem {
            name: name.into(),
            message: message.into(),
        });
    }

    /// Sets the values of a parameter, in place of any others.
    pub(crate) fn set_query(&mut self, name: &'static str, values: Vec<String>) {
        self.query.retain(|(known, _)| known != name);
        self.query
            .extend(values.into_iter().map(|value| (Cow::Borrowed(name), value)));
    }

    /// Removes the bounds of a list, and returns whether there were any.
    pub(crate) fn drop_bounds(&mut self) -> bool {
        let count = self.query.len();
        let is_bound = |name: &str| {
            let mut ranges = API.ranges.iter();
            ranges.any(|(start, end)| name == *start || name == *end)
        };
        self.query.retain(|(name, _)| !is_bound(name));
        self.query.len() < count
    }

    /// The value of a parameter that was set.
    pub(crate) fn query_value(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}
