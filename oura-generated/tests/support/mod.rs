//! Requests and responses of tests, a server in memory, and a server that misbehaves.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(unreachable_pub, reason = "each test binary is its own crate")]

mod server;

use std::sync::atomic::{AtomicUsize, Ordering};

use oura_generated::bytes::Bytes;
use oura_generated::{Client, ClientBuilder, MemoryTransport, http};

#[allow(unused_imports, reason = "each test file uses a part of it")]
pub use server::{Script, Server};

/// A request that a server received.
pub type Request = http::Request<Bytes>;

/// A response that a server sends.
pub type Response = http::Response<Bytes>;

/// The parts of a request that tests read.
pub trait Sent {
    /// The value of a header.
    fn header(&self, name: &str) -> Option<&str>;
    /// The path and the query, still encoded.
    fn target(&self) -> &str;
    /// The value of a parameter of the query, still encoded.
    fn parameter(&self, name: &str) -> Option<&str>;
    /// The value of a field of the form in the body, still encoded.
    fn field(&self, name: &str) -> Option<&str>;
}

impl Sent for Request {
    fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers().get(name)?;
        Some(value.to_str().expect("headers of tests are text"))
    }

    fn target(&self) -> &str {
        let target = self.uri().path_and_query();
        target.expect("a request has a path").as_str()
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        value_of(self.uri().query()?, name)
    }

    fn field(&self, name: &str) -> Option<&str> {
        value_of(
            std::str::from_utf8(self.body()).expect("forms are text"),
            name,
        )
    }
}

fn value_of<'t>(pairs: &'t str, name: &str) -> Option<&'t str> {
    let mut pairs = pairs.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(known, _)| *known == name)?;
    Some(value)
}

/// A response with a body of JSON.
pub fn response(status: u16, body: impl Into<Bytes>) -> Response {
    let builder = http::Response::builder().status(status);
    let response = builder.header("content-type", "application/json");
    response.body(body.into()).expect("it is well-formed")
}

/// The response 200 with a body of JSON.
pub fn json(body: impl Into<Bytes>) -> Response {
    response(200, body)
}

/// Sets a header of a response.
pub fn with_header(mut response: Response, name: &'static str, value: &str) -> Response {
    let value = value.parse().expect("a header can carry it");
    response.headers_mut().insert(name, value);
    response
}

/// A server in memory that responds by a function. A client that does not stop fails its test.
pub fn memory(respond: impl Fn(&Request) -> Response + Send + Sync + 'static) -> MemoryTransport {
    let server = MemoryTransport::new();
    let requests = AtomicUsize::new(0);
    server.answer_by(move |request| {
        let number = requests.fetch_add(1, Ordering::Relaxed);
        assert!(number < 10_000, "the client does not stop");
        Some(respond(request))
    });
    server
}

/// A server in memory whose responses are all the same.
pub fn always(response: Response) -> MemoryTransport {
    memory(move |_| response.clone())
}

/// The settings of a client of a server in memory, with an access token.
pub fn builder_of(server: &MemoryTransport) -> ClientBuilder {
    let builder = Client::builder().transport(server.clone());
    builder.access_token("token-1")
}

/// A client of a server in memory, with an access token and the credentials of an application.
pub fn client_of(server: &MemoryTransport) -> Client {
    let builder = builder_of(server).client_credentials("id-1", "secret-1");
    builder.build().expect("it is set up right")
}

/// The only request to a server in memory.
pub fn only(server: &MemoryTransport) -> Request {
    let requests = server.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    requests.into_iter().next().expect("there is one")
}

/// A day of sleep as the server writes it.
pub fn daily_sleep(id: &str, day: &str) -> String {
    format!(
        r#"{{"id":"{id}","contributors":{{"deep_sleep":90}},"day":"{day}","score":83,"timestamp":"{day}T00:00:00+00:00"}}"#
    )
}

/// A page of documents.
pub fn page(documents: &[String], next_token: Option<&str>) -> String {
    let next = next_token.map_or("null".to_owned(), |token| format!("\"{token}\""));
    format!(
        r#"{{"data":[{}],"next_token":{next}}}"#,
        documents.join(",")
    )
}
