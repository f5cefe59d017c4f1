//! One call, from its parts to the bytes of its answer.
//!
//! Nothing here is generic: every operation takes this path, and types enter only when the
//! answer is decoded.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Uri};

use super::api_error::ApiError;
use super::body;
use super::client::{Client, Settings};
use super::error::{Error, TimeLimit};
use super::path;
use super::query;
use super::reply::Reply;
use super::route::Auth;
use super::secret::AccessToken;
use super::transport::TransportErrorKind;
use crate::Route;

/// Everything that one call says.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) client: Client,
    /// `None` for a raw call.
    pub(crate) route: Option<Route>,
    pub(crate) method: Method,
    pub(crate) auth: Auth,
    pub(crate) path: CallPath,
    pub(crate) query: Vec<(Cow<'static, str>, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Instead of the client's timeout.
    pub(crate) timeout: Option<Duration>,
    /// The first argument that cannot be sent.
    pub(crate) problem: Option<ArgumentProblem>,
}

/// The path of a call.
#[derive(Clone)]
pub(crate) enum CallPath {
    /// That of a route, with its arguments.
    Template(&'static str, Vec<(&'static str, String)>),
    /// That of a raw call.
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
        Self::new(client, Some(route), route.method(), route.auth(), path)
    }

    pub(crate) fn raw(client: &Client, method: Method, path: String) -> Self {
        // A path that the document knows takes the credentials that it asks for.
        let auth = Route::find(&method, &path).map_or(Auth::Bearer, |found| found.route.auth());
        let problem = path::check_raw_path(&path).err();
        let mut call = Self::new(client, None, method, auth, CallPath::Raw(path));
        if let Some(message) = problem {
            call.refuse("path", message);
        }
        call
    }

    fn new(
        client: &Client,
        route: Option<Route>,
        method: Method,
        auth: Auth,
        path: CallPath,
    ) -> Self {
        Self {
            client: client.clone(),
            route,
            method,
            auth,
            path,
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            timeout: None,
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

    /// Gives a parameter its only values.
    pub(crate) fn set_query(&mut self, name: &'static str, values: Vec<String>) {
        self.query.retain(|(known, _)| known != name);
        self.query
            .extend(values.into_iter().map(|value| (Cow::Borrowed(name), value)));
    }

    /// Sends the call and reads the answer. Any status but a success is an error.
    pub(crate) async fn send(self) -> Result<Reply, Error> {
        let client = self.client.clone();
        let settings = client.settings()?;
        match settings.total_timeout {
            Some(total) => tokio::time::timeout(total, self.authorized(settings))
                .await
                .unwrap_or_else(|_| Err(self.timed_out(TimeLimit::Total, Some(total)))),
            None => self.authorized(settings).await,
        }
    }

    async fn authorized(&self, settings: &Settings) -> Result<Reply, Error> {
        let mut request = self.to_http(settings)?;
        let credentials = self.client.credentials();
        let token = credentials
            .apply(self.route, self.auth, None, request.headers_mut())
            .await?;
        let reply = self.attempt(settings, request).await?;
        if reply.status().is_success() {
            return Ok(reply);
        }
        Err(self.api_error(&reply, token.as_ref()))
    }

    fn to_http(&self, settings: &Settings) -> Result<http::Request<Bytes>, Error> {
        let mut request = http::Request::new(self.body.clone());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.to_uri(settings)?;
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, settings.user_agent.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(body::ACCEPTED));
        headers.extend(self.headers.clone());
        Ok(request)
    }

    fn to_uri(&self, settings: &Settings) -> Result<Uri, Error> {
        if let Some(problem) = &self.problem {
            return Err(Error::argument(self.route, &problem.name, &problem.message));
        }
        let mut url = settings.base_url.as_str().to_owned();
        match &self.path {
            CallPath::Template(template, args) => {
                let args: Vec<_> = args
                    .iter()
                    .map(|(name, arg)| (*name, arg.as_str()))
                    .collect();
                let path = path::fill_template(template, &args).map_err(|problem| {
                    Error::argument(self.route, problem.name, problem.message)
                })?;
                url.push_str(&path);
            }
            CallPath::Raw(path) => url.push_str(path),
        }
        query::push_query(
            &mut url,
            self.query.iter().map(|(name, value)| (&**name, &**value)),
        );
        url.parse()
            .map_err(|_| Error::argument(self.route, "path", "is not part of a URL"))
    }

    async fn attempt(
        &self,
        settings: &Settings,
        request: http::Request<Bytes>,
    ) -> Result<Reply, Error> {
        let limit = self.timeout.unwrap_or(settings.timeout);
        let sent = tokio::time::timeout(limit, settings.transport.send(request)).await;
        let response = sent
            .map_err(|_| self.timed_out(TimeLimit::Attempt, Some(limit)))?
            .and_then(|response| {
                let (parts, body) = response.into_parts();
                let body = body::decode(&parts.headers, body, settings.max_body_bytes)?;
                Ok(http::Response::from_parts(parts, body))
            })
            .map_err(|source| match source.kind() {
                TransportErrorKind::ConnectTimeout => {
                    self.timed_out(TimeLimit::Connect, settings.connect_timeout)
                }
                _ => Error::Transport {
                    route: self.route,
                    source,
                    cursor: None,
                },
            })?;
        Ok(Reply::new(self.route, response))
    }

    fn timed_out(&self, limit: TimeLimit, after: Option<Duration>) -> Error {
        Error::Timeout {
            route: self.route,
            limit,
            after,
            cursor: None,
        }
    }

    fn api_error(&self, reply: &Reply, token: Option<&AccessToken>) -> Error {
        let client = self
            .client
            .credentials()
            .client
            .as_ref()
            .map(|client| client.secret());
        let secrets: Vec<_> = token
            .map(AccessToken::expose)
            .into_iter()
            .chain(client)
            .collect();
        Error::Api(Box::new(ApiError::from_reply(reply, &secrets)))
    }
}
