//! A transport that responds from memory, for users' tests.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;

use crate::Route;
use crate::runtime::transport::{Transport, TransportError, TransportErrorKind, TransportFuture};

/// A [`Transport`] that responds from memory and records the requests.
///
/// Each route has a queue of responses; the last one is repeated. A route without responses
/// responds with 404. The base URL may have a path.
/// Clones share everything, so keep one to look at the requests:
///
/// ```
/// use oura_generated::{Client, MemoryTransport, Route};
/// use serde_json::json;
///
/// # async fn example() -> Result<(), oura_generated::Error> {
/// let server = MemoryTransport::new();
/// server.answer(Route::GetPersonalInfo, json!({ "id": "me", "age": 31 }));
/// let client = Client::builder().access_token("token").transport(server.clone()).build()?;
///
/// assert_eq!(client.get_personal_info().await?.age, Some(31));
/// assert_eq!(server.requests()[0].uri().path(), "/v2/usercollection/personal_info");
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Clone, Default)]
pub struct MemoryTransport {
    state: Arc<Mutex<MemoryState>>,
}

#[derive(Default)]
struct MemoryState {
    queues: HashMap<Key, VecDeque<Queued>>,
    /// Called before the queues are used, the last one first.
    functions: Vec<Arc<Function>>,
    requests: Vec<http::Request<Bytes>>,
}

/// What a queue belongs to.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Route(Route),
    Path(Method, String),
}

type Function = dyn Fn(&http::Request<Bytes>) -> Option<http::Response<Bytes>> + Send + Sync;
type Queued = Result<http::Response<Bytes>, TransportErrorKind>;

impl MemoryTransport {
    /// A transport without responses.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the response 200 with a JSON body: a `serde_json::json!` value, or a model.
    ///
    /// # Panics
    ///
    /// When the body has no JSON form.
    pub fn answer(&self, route: Route, body: impl Serialize) {
        self.answer_with(route, StatusCode::OK, body);
    }

    /// Adds a response with a status and a JSON body.
    ///
    /// # Panics
    ///
    /// When the body has no JSON form.
    pub fn answer_with(&self, route: Route, status: StatusCode, body: impl Serialize) {
        self.respond(route, json(status, body));
    }

    /// Adds the response 200 with a JSON body for a path that the spec does not have yet,
    /// to test what [`Client::raw`](crate::Client::raw) is used for. The path is compared as
    /// it is sent, without its query.
    ///
    /// # Panics
    ///
    /// When the body has no JSON form.
    pub fn answer_path(&self, method: Method, path: impl Into<String>, body: impl Serialize) {
        self.respond_path(method, path, json(StatusCode::OK, body));
    }

    /// Adds a response as it is for a path that the spec does not have yet.
    pub fn respond_path(
        &self,
        method: Method,
        path: impl Into<String>,
        response: http::Response<Bytes>,
    ) {
        self.push(Key::Path(method, path.into()), Ok(response));
    }

    /// Adds a response as it is.
    pub fn respond(&self, route: Route, response: http::Response<Bytes>) {
        self.push(Key::Route(route), Ok(response));
    }

    /// Adds a function that responds: it sees the whole request, its query included. If it
    /// returns `None`, the functions that were added before it are called, and then the queues are
    /// used.
    ///
    /// ```
    /// use oura_generated::{Client, MemoryTransport, http};
    ///
    /// # async fn example() -> Result<(), oura_generated::Error> {
    /// let server = MemoryTransport::new();
    /// server.answer_by(|request| {
    ///     let is_second = request.uri().query()?.contains("next_token=2");
    ///     let page = match is_second {
    ///         true => r#"{"data": [], "next_token": null}"#,
    ///         false => r#"{"data": [], "next_token": "2"}"#,
    ///     };
    ///     Some(http::Response::new(page.into()))
    /// });
    /// # Ok(())
    /// # }
    /// ```
    pub fn answer_by(
        &self,
        respond: impl Fn(&http::Request<Bytes>) -> Option<http::Response<Bytes>> + Send + Sync + 'static,
    ) {
        self.with_state(|state| state.functions.push(Arc::new(respond)));
    }

    /// Adds a failure instead of a response.
    pub fn fail(&self, route: Route, kind: TransportErrorKind) {
        self.push(Key::Route(route), Err(kind));
    }

    /// The requests so far, credentials included.
    pub fn requests(&self) -> Vec<http::Request<Bytes>> {
        self.with_state(|state| state.requests.clone())
    }

    fn push(&self, key: Key, outcome: Queued) {
        self.with_state(|state| state.queues.entry(key).or_default().push_back(outcome));
    }

    fn with_state<R>(&self, use_state: impl FnOnce(&mut MemoryState) -> R) -> R {
        use_state(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn json(status: StatusCode, body: impl Serialize) -> http::Response<Bytes> {
    let body = serde_json::to_vec(&body).expect("the body of a response has a JSON form");
    let mut response = http::Response::new(body.into());
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

impl MemoryState {
    fn respond(&mut self, request: http::Request<Bytes>) -> Queued {
        let key = self.key(request.method(), request.uri().path());
        self.requests.push(request);
        let queue = key.and_then(|key| self.queues.get_mut(&key));
        match queue {
            Some(queue) if queue.len() > 1 => queue.pop_front(),
            Some(queue) => queue.front().cloned(),
            None => None,
        }
        .unwrap_or_else(|| {
            let body = r#"{"detail": "the test has no response for this route"}"#;
            let mut response = http::Response::new(Bytes::from_static(body.as_bytes()));
            *response.status_mut() = StatusCode::NOT_FOUND;
            Ok(response)
        })
    }

    /// The key of the queue for a request. The path of the base URL, which may have several
    /// segments, precedes the route's own.
    fn key(&self, method: &Method, path: &str) -> Option<Key> {
        path.match_indices('/').find_map(|(at, _)| {
            let path = &path[at..];
            let key = Key::Path(method.clone(), path.to_owned());
            let route = || Route::find(method, path).map(|found| Key::Route(found.route));
            self.queues.contains_key(&key).then_some(key).or_else(route)
        })
    }
}

impl Transport for MemoryTransport {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let functions = self.with_state(|state| state.functions.clone());
        // Not while the state is locked: a function may add responses.
        let response = functions.iter().rev().find_map(|respond| respond(&request));
        let outcome = self.with_state(|state| match response {
            Some(response) => {
                state.requests.push(request);
                Ok(response)
            }
            None => state.respond(request),
        });
        let outcome = outcome.map_err(|kind| TransportError::new(kind, "set by the test"));
        Box::pin(std::future::ready(outcome))
    }
}

impl fmt::Debug for MemoryTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requests = self.with_state(|state| state.requests.len());
        f.debug_struct("MemoryTransport")
            .field("requests", &requests)
            .finish_non_exhaustive()
    }
}
