//! Every operation, end to end: each client method against a server that knows the
//! operations from the spec, not from the generated code.
//!
//! Each method is called with every parameter set and with none, and the request is compared with
//! the spec. The responses have all properties, then the required ones alone, then null wherever
//! it is allowed. `regen` writes the calls of all methods, setters and models
//! (`generated/calls.rs`); the expected requests and responses are read from the spec (`spec.rs`,
//! `sample.rs`), so that no list is kept by hand.

mod calls;
#[rustfmt::skip]
mod generated {
    pub(crate) mod calls;
}
mod models;
mod sample;
mod spec;
#[path = "../../oura-generated/tests/support/mod.rs"]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use calls::{Call, ID, Set};
use generated::calls::CALLS;
use oura_generated::{Client, ClientBuilder, Error, RetryPolicy, Route, http};
use serde_json::Value;
use spec::{Operation, Security, read_operations};
use support::{Request, Server, json, response};

const USER_AGENT: &str = concat!("oura-generated/", env!("CARGO_PKG_VERSION"));

/// The parameters of an operation's calls, one set for each of its responses. Responses with nulls
/// are for calls without a selection of fields, which would keep the nulls.
const SETS: [Set; 4] = [Set::Days, Set::Nothing, Set::Nothing, Set::Moments];

/// A server that sends the responses of the spec, one form after the other, and 599 to unknown
/// requests.
fn serve(operations: Arc<Vec<Operation>>) -> Server {
    Server::start(move |number, request| {
        let found = operations
            .iter()
            .find(|operation| is_meant(operation, request));
        match found {
            Some(Operation { status: 204, .. }) => response(204, ""),
            Some(operation) => {
                let sample = &operation.samples[number % SETS.len()];
                response(operation.status, sample.sent.to_string())
            }
            None => response(599, format!("{request:?}")),
        }
    })
}

fn is_meant(operation: &Operation, request: &Request) -> bool {
    request.method() == &*operation.method && request.uri().path() == operation.encoded_path()
}

fn find_call(operation: &Operation) -> &'static Call {
    let found = CALLS.iter().find(|call| operation.is_called_by(call));
    found.unwrap_or_else(|| panic!("no call of {} {}", operation.method, operation.template))
}

fn client(url: &str) -> Client {
    let builder = Client::builder().base_url(url).access_token("token-1");
    builder
        .client_credentials("id-1", "secret-1")
        .build()
        .expect("it is set up right")
}

fn check_request(operation: &Operation, request: &Request, set: Set, url: &str) {
    let at = format!(
        "{} {} ({set:?}): {request:?}",
        operation.method, operation.template
    );
    assert!(is_meant(operation, request), "{at}");
    let query = request.uri().query().unwrap_or_default();
    check_query(operation, query, set, &at);
    let body = operation.body(set);
    if body.is_null() {
        assert!(request.body().is_empty(), "{at}");
    } else {
        let sent: Value = serde_json::from_slice(request.body()).expect(&at);
        assert_eq!(sent, *body, "{at}");
    }
    let headers = request.headers().iter();
    let text = |value: &http::HeaderValue| value.to_str().expect("it is text").to_owned();
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect();
    headers.sort();
    let expected = expected_headers(operation, request, set, url);
    assert_eq!(headers, expected, "{at}");
}

fn check_query(operation: &Operation, query: &str, set: Set, at: &str) {
    let mut pairs: Vec<_> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    for (parameter, value) in operation.sent("query", set) {
        let expected = parameter.pair(value);
        let found = pairs
            .iter()
            .position(|pair| parameter.comparable(pair) == expected);
        let found = found.unwrap_or_else(|| panic!("no {expected}: {at}"));
        pairs.remove(found);
    }
    assert!(pairs.is_empty(), "{pairs:?} is not in the spec: {at}");
}

/// All headers of a request, sorted. Any other header is an error.
fn expected_headers(
    operation: &Operation,
    request: &Request,
    set: Set,
    url: &str,
) -> Vec<(String, String)> {
    let length = request.body().len().to_string();
    let mut headers = vec![
        ("accept", "application/json"),
        ("accept-encoding", "gzip"),
        ("host", url.trim_start_matches("http://")),
        ("user-agent", USER_AGENT),
    ];
    match operation.security {
        Security::None => {}
        Security::Bearer => headers.push(("authorization", "Bearer token-1")),
        Security::Client => {
            headers.extend([("x-client-id", "id-1"), ("x-client-secret", "secret-1")]);
        }
    }
    if !operation.body(set).is_null() {
        headers.push(("content-type", "application/json"));
    }
    // Methods that usually have a body send a length of 0 without one.
    if ["PATCH", "POST", "PUT"].contains(&operation.method.as_str()) {
        headers.push(("content-length", &length));
    }
    let owned = |(name, value): (&str, &str)| (name.to_lowercase(), value.to_owned());
    let parameters = operation.sent("header", set);
    let parameters = parameters.map(|(parameter, value)| (parameter.name.as_str(), value));
    let mut headers: Vec<_> = headers.into_iter().chain(parameters).map(owned).collect();
    headers.sort();
    headers
}

#[tokio::test]
async fn every_operation_is_called_as_the_spec_says() {
    let operations = Arc::new(read_operations());
    assert_eq!(operations.len(), Route::ALL.len());
    assert_eq!(CALLS.len(), operations.len(), "one call an operation");
    let server = serve(Arc::clone(&operations));
    let client = client(&server.url);
    for operation in operations.iter() {
        let before = server.requests().len();
        let call = find_call(operation);
        for (set, sample) in SETS.into_iter().zip(&operation.samples) {
            let read = (call.send)(client.clone(), set).await;
            let at = format!("{} {}", operation.method, operation.template);
            let read = read.unwrap_or_else(|error| panic!("{at}: {error}"));
            if call.rewrite.is_some() {
                assert_eq!(read, sample.read, "{at}, {:?}", sample.form);
            }
        }
        let requests = server.requests();
        assert_eq!(requests.len() - before, SETS.len());
        for (request, set) in requests[before..].iter().zip(SETS) {
            check_request(operation, request, set, &server.url);
        }
    }
}

#[tokio::test]
async fn a_missing_credential_is_an_error_before_anything_is_sent() {
    let server = Server::always(json("{}"));
    let build = |builder: ClientBuilder| builder.build().expect("nothing is wrong yet");
    let builder = || Client::builder().base_url(&server.url);
    let without_token = build(builder().client_credentials("id-1", "secret-1"));
    let without_secret = build(builder().access_token("token-1"));
    for operation in read_operations() {
        let client = match operation.security {
            Security::None => continue,
            Security::Bearer => without_token.clone(),
            Security::Client => without_secret.clone(),
        };
        let error = (find_call(&operation).send)(client, Set::Days)
            .await
            .expect_err("missing");
        assert!(
            matches!(error, Error::Credentials { route: Some(_), .. }),
            "{error:?}"
        );
        let route = error.route().expect("it was just there");
        assert_eq!(
            (route.method().as_str(), route.path_template()),
            (&*operation.method, &*operation.template)
        );
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn every_documented_error_has_its_description() {
    let wanted = Arc::new(AtomicU16::new(0));
    let status = Arc::clone(&wanted);
    let server = Server::start(move |_, _| response(status.load(Ordering::SeqCst), "{}"));
    let builder = Client::builder()
        .base_url(&server.url)
        .access_token("token-1");
    let builder = builder.client_credentials("id-1", "secret-1");
    let builder = builder.retry(RetryPolicy::none());
    let client = builder.build().expect("it is set up right");
    for operation in read_operations() {
        for (status, description) in &operation.errors {
            wanted.store(*status, Ordering::SeqCst);
            let outcome = (find_call(&operation).send)(client.clone(), Set::Nothing).await;
            let error = outcome.expect_err("an error");
            assert_eq!(error.status().map(|status| status.as_u16()), Some(*status));
            let quoted = description.trim_end_matches('.');
            assert!(
                error.to_string().contains(quoted),
                "{error} does not say {quoted:?}"
            );
            let is_absent = *status == 404 || quoted.contains("does not exist");
            assert_eq!(error.is_not_found(), is_absent, "{error}");
        }
    }
}

#[test]
fn routes_match_the_spec() {
    for operation in read_operations() {
        let method = operation.method.parse().expect("a method");
        let found = Route::find(&method, &operation.encoded_path()).expect("the spec has it");
        let route = found.route;
        assert_eq!(route.path_template(), operation.template);
        let places = operation.template.matches('{').count();
        assert_eq!(found.args, vec![ID; places]);
        assert_eq!(route.operation_id(), operation.id);
        let args: Vec<_> = found.args.iter().map(String::as_str).collect();
        assert_eq!(
            route.url_path(&args).expect("good arguments"),
            operation.encoded_path()
        );
        assert_eq!(route.is_sandbox(), operation.template.contains("/sandbox/"));
    }
}
