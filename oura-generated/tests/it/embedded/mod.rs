//! The embedded Oura server: its responses follow the spec and the live server.

mod contract;
mod faults;
mod lists;
mod logins;
mod nights;
mod strict;
mod webhooks;

use oura_generated::RetryPolicy;
use oura_generated::testing::{Oura, User};
use oura_generated::time::{Date, Month};
use serde_json::Value;

/// A day whose month has the night in which daylight-saving time begins.
pub(crate) fn today() -> Date {
    Date::from_calendar_date(2025, Month::April, 5).expect("a date")
}

pub(crate) fn day(month: u8, day: u8) -> Date {
    let month = Month::try_from(month).expect("a month");
    Date::from_calendar_date(2025, month, day).expect("a date")
}

/// A server in memory, and a user.
pub(crate) fn server() -> (Oura, User) {
    let oura = Oura::builder()
        .today(today())
        .in_memory()
        .expect("the spec can be read");
    let alice = oura.add_user("alice");
    (oura, alice)
}

/// The settings of an HTTP client that is not ours.
pub(crate) fn http_client() -> reqwest::ClientBuilder {
    // It needs this even for plain HTTP; another test may have set it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}

/// Status and JSON of a request that is sent as it is.
pub(crate) async fn get(user: &User, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
    let client = user
        .client_builder()
        .retry(RetryPolicy::none())
        .build()
        .expect("settings");
    let mut request = client.raw(http::Method::GET, path);
    for (name, value) in query {
        request = request.query(*name, *value);
    }
    match request.send().await {
        Ok(body) => (200, body),
        Err(oura_generated::Error::Api(error)) => {
            let body = serde_json::from_slice(&error.body).unwrap_or(Value::Null);
            (error.status.as_u16(), body)
        }
        Err(error) => panic!("{path}: {error}"),
    }
}
