//! Every operation, end to end: each client method against a server that knows the
//! operations from the document, not from the generated code.
//!
//! Each method is called with every parameter set and with none, and what goes over the wire
//! is compared with what the document says should. The answers have all properties, then the
//! required ones alone, then null wherever it is allowed.

mod calls;
mod document;
mod models;
mod sample;
#[path = "../../oura-generated/tests/support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use calls::{Call, ID, call_operations};
use document::{Operation, Security, read_operations};
use oura_generated::{Client, ClientBuilder, Error, RetryPolicy, Route};
use serde_json::Value;
use support::{Answer, Received, Server};

const USER_AGENT: &str = concat!("oura-generated/", env!("CARGO_PKG_VERSION"));

/// Whether all parameters are set in the calls of an operation, one for each of its answers.
const CALLS: [bool; 3] = [true, false, false];

/// A server that answers as the document promises, in one form after the other, and 599 to
/// what it does not know.
fn serve(operations: Arc<Vec<Operation>>) -> Server {
    Server::start(move |number, request| {
        let found = operations
            .iter()
            .find(|operation| is_meant(operation, request));
        match found {
            Some(Operation { status: 204, .. }) => Answer::status(204, ""),
            Some(operation) => {
                let answer = &operation.answers[number % CALLS.len()];
                Answer::status(operation.status, answer.sent.to_string())
            }
            None => Answer::status(599, format!("{request:?}")),
        }
    })
}

fn is_meant(operation: &Operation, request: &Received) -> bool {
    let path = request.target.split('?').next();
    request.method == operation.method && path == Some(encoded_path(operation).as_str())
}

/// The path with the test's id in it, as it must arrive.
fn encoded_path(operation: &Operation) -> String {
    let place = operation
        .template
        .find('{')
        .map(|at| &operation.template[at..]);
    place.map_or(operation.template.clone(), |place| {
        operation.template.replace(place, "2%2F5%20%C3%A5")
    })
}

fn find_call<'c>(calls: &'c [Call], operation: &Operation) -> &'c Call {
    let is_it =
        |call: &&Call| call.method == operation.method && call.template == operation.template;
    let found = calls.iter().find(is_it);
    found.unwrap_or_else(|| panic!("no call of {} {}", operation.method, operation.template))
}

fn client(url: &str) -> Client {
    let builder = Client::builder().base_url(url).access_token("token-1");
    builder
        .client_credentials("id-1", "secret-1")
        .build()
        .expect("it is set up right")
}

fn check_request(operation: &Operation, request: &Received, all: bool, url: &str) {
    let at = format!(
        "{} {} ({all}): {request:?}",
        operation.method, operation.template
    );
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    assert_eq!(
        (&request.method, path),
        (&operation.method, encoded_path(operation).as_str()),
        "{at}"
    );
    check_query(operation, query, all, &at);
    let body = if all {
        &operation.body
    } else {
        &operation.least_body
    };
    if body.is_null() {
        assert!(request.body.is_empty(), "{at}");
    } else {
        let sent: Value = serde_json::from_slice(&request.body).expect(&at);
        assert_eq!(sent, *body, "{at}");
    }
    let mut headers = request.headers.clone();
    headers.sort();
    assert_eq!(headers, expected_headers(operation, request, url), "{at}");
}

fn check_query(operation: &Operation, query: &str, all: bool, at: &str) {
    let sent: Vec<_> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    let names = operation.query.iter().filter(|_| all);
    let expected: BTreeSet<_> = names.map(|name| expected_pair(operation, name)).collect();
    assert_eq!(
        BTreeSet::from_iter(sent.iter().map(|pair| with_sorted_fields(pair))),
        expected,
        "{at}"
    );
    assert_eq!(sent.len(), expected.len(), "{at}");
}

fn expected_pair(operation: &Operation, name: &str) -> String {
    let value = match name {
        "start_date" => "2024-03-01",
        "end_date" | "end_datetime" => "2024-03-31T23%3A59%3A59.5%2B02%3A00",
        "start_datetime" => "2024-03-01T00%3A00%3A00Z",
        "next_token" => "a%2Fb%20%26c%3D",
        "latest" => "true",
        "fields" => &all_fields(operation),
        other => panic!("the test knows no value for `{other}`"),
    };
    format!("{name}={value}")
}

/// The names of all properties of a document of the list, sorted.
fn all_fields(operation: &Operation) -> String {
    let document = operation.answers[0].sent.pointer("/data/0");
    let properties = document.and_then(Value::as_object).expect("a document");
    let mut names: Vec<&str> = properties.keys().map(String::as_str).collect();
    names.sort_unstable();
    names.join("%2C")
}

/// The order of selected fields means nothing.
fn with_sorted_fields(pair: &str) -> String {
    let Some(fields) = pair.strip_prefix("fields=") else {
        return pair.to_owned();
    };
    let mut names: Vec<&str> = fields.split("%2C").collect();
    names.sort_unstable();
    format!("fields={}", names.join("%2C"))
}

/// All headers of a request, sorted: whatever else is sent would be too much.
fn expected_headers(operation: &Operation, request: &Received, url: &str) -> Vec<(String, String)> {
    let length = request.body.len().to_string();
    let mut headers = vec![
        ("accept", "application/json"),
        ("accept-encoding", "gzip"),
        ("host", url.trim_start_matches("http://")),
        ("user-agent", USER_AGENT),
    ];
    match operation.security {
        Security::Bearer => headers.push(("authorization", "Bearer token-1")),
        Security::Client => {
            headers.extend([("x-client-id", "id-1"), ("x-client-secret", "secret-1")]);
        }
    }
    if !operation.body.is_null() {
        headers.push(("content-type", "application/json"));
    }
    // A method that is made for bodies says so when there is none.
    if ["PATCH", "POST", "PUT"].contains(&operation.method.as_str()) {
        headers.push(("content-length", &length));
    }
    headers.sort_unstable();
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    headers.into_iter().map(owned).collect()
}

#[tokio::test]
async fn every_operation_is_called_and_answered_as_the_document_says() {
    let operations = Arc::new(read_operations());
    assert_eq!(operations.len(), Route::ALL.len());
    let calls = call_operations();
    assert_eq!(calls.len(), operations.len(), "one call an operation");
    let server = serve(Arc::clone(&operations));
    let client = client(&server.url);
    for operation in operations.iter() {
        let before = server.received().len();
        for (all, answer) in CALLS.into_iter().zip(&operation.answers) {
            let read = (find_call(&calls, operation).send)(client.clone(), all).await;
            let at = format!("{} {}", operation.method, operation.template);
            let read = read.unwrap_or_else(|error| panic!("{at}: {error}"));
            assert_eq!(read, answer.read, "{at}, {:?}", answer.form);
        }
        let received = server.received();
        assert_eq!(received.len() - before, CALLS.len());
        for (request, all) in received[before..].iter().zip(CALLS) {
            check_request(operation, request, all, &server.url);
        }
    }
}

#[tokio::test]
async fn a_missing_credential_is_told_before_anything_is_sent() {
    let server = Server::always(Answer::json("{}"));
    let calls = call_operations();
    let build = |builder: ClientBuilder| builder.build().expect("nothing is wrong yet");
    let builder = || Client::builder().base_url(&server.url);
    let without_token = build(builder().client_credentials("id-1", "secret-1"));
    let without_secret = build(builder().access_token("token-1"));
    for operation in read_operations() {
        let client = match operation.security {
            Security::Bearer => without_token.clone(),
            Security::Client => without_secret.clone(),
        };
        let error = (find_call(&calls, &operation).send)(client, true)
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
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn every_documented_error_has_its_description() {
    let calls = call_operations();
    let wanted = Arc::new(AtomicU16::new(0));
    let status = Arc::clone(&wanted);
    let server = Server::start(move |_, _| Answer::status(status.load(Ordering::SeqCst), "{}"));
    let builder = Client::builder()
        .base_url(&server.url)
        .access_token("token-1");
    let builder = builder.client_credentials("id-1", "secret-1");
    let builder = builder.retry(RetryPolicy::none());
    let client = builder.build().expect("it is set up right");
    for operation in read_operations() {
        for (status, description) in &operation.errors {
            wanted.store(*status, Ordering::SeqCst);
            let answer = (find_call(&calls, &operation).send)(client.clone(), false).await;
            let error = answer.expect_err("an error");
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
fn routes_know_what_the_document_knows() {
    for operation in read_operations() {
        let method = operation.method.parse().expect("a method");
        let found = Route::find(&method, &encoded_path(&operation)).expect("the document has it");
        let route = found.route;
        assert_eq!(route.path_template(), operation.template);
        assert_eq!(
            found.args,
            if operation.template.contains('{') {
                vec![ID]
            } else {
                vec![]
            }
        );
        assert_eq!(route.operation_id(), operation.id);
        let args: Vec<_> = found.args.iter().map(String::as_str).collect();
        assert_eq!(
            route.url_path(&args).expect("good arguments"),
            encoded_path(&operation)
        );
        assert_eq!(route.is_sandbox(), operation.template.contains("/sandbox/"));
    }
}
