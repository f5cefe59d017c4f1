//! A transport that plays the exchanges of a case.

use std::sync::{Arc, Mutex};

use oura_generated::bytes::Bytes;
use oura_generated::http::{Request, Response, StatusCode};
use oura_generated::{
    Client, ClientBuilder, Transport, TransportError, TransportErrorKind, TransportFuture,
};
use serde_json::Value;

/// The exchanges of a case, as a server. Clones share it.
#[derive(Clone)]
pub(crate) struct Play(Arc<Mutex<State>>);

struct State {
    exchanges: Vec<Exchange>,
    requests: Vec<String>,
}

struct Exchange {
    /// `GET /path?query`, and for a form the fields that it must have.
    request: String,
    status: StatusCode,
    body: Bytes,
    was_played: bool,
}

/// The server of a case: `play!("cursor_followed")`.
macro_rules! play {
    ($name:literal) => {
        $crate::server_cases::play::Play::of(include_str!(concat!($name, ".json")))
    };
}
pub(crate) use play;

impl Play {
    pub(crate) fn of(case: &str) -> Self {
        let case: Value = serde_json::from_str(case).expect("the case is JSON");
        let exchanges = case.get("exchanges").unwrap_or(&case);
        let exchanges = exchanges.as_array().expect("a list of exchanges");
        Self(Arc::new(Mutex::new(State {
            exchanges: exchanges.iter().map(Exchange::of).collect(),
            requests: Vec::new(),
        })))
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder().transport(self.clone())
    }

    /// A client with an access token and the credentials of an application.
    pub(crate) fn client(&self) -> Client {
        let builder = self.builder().access_token("an-access-token");
        let builder = builder.client_credentials("client-id", "client-secret");
        builder.build().expect("it is set up right")
    }

    /// The requests so far: `GET /path?query`.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.0
            .lock()
            .expect("no test panics with it")
            .requests
            .clone()
    }
}

impl Exchange {
    fn of(json: &Value) -> Self {
        let response = &json["response"];
        let status = response["status"].as_u64().and_then(|s| s.try_into().ok());
        let status = status.and_then(|status: u16| StatusCode::from_u16(status).ok());
        Self {
            request: json["request"].as_str().expect("a request").to_owned(),
            status: status.expect("a status"),
            body: body_of(response).into(),
            was_played: false,
        }
    }

    fn fits(&self, line: &str, body: &[u8]) -> bool {
        let body = String::from_utf8_lossy(body);
        let has = |field: &str| body.split('&').any(|sent| sent == field);
        match self.request.splitn(3, ' ').collect::<Vec<_>>()[..] {
            [method, target, form] => {
                line == format!("{method} {target}") && form.split('&').all(has)
            }
            _ => line == self.request,
        }
    }
}

/// A body as JSON, as text, or as the rule for a long body: a repeated text, a text, and another
/// repeated text.
fn body_of(response: &Value) -> Vec<u8> {
    if let Some(text) = response["body_text"].as_str() {
        return text.into();
    }
    if let Some(rule) = response["body_text_rule"].as_array() {
        let text = |at: usize| rule[at].as_str().expect("a text");
        let times = |at: usize| text(at).split(' ').next().and_then(|n| n.parse().ok());
        let (open, close) = (times(1).expect("a number"), times(5).expect("a number"));
        return [
            text(0).repeat(open),
            text(2).to_owned(),
            text(4).repeat(close),
        ]
        .concat()
        .into();
    }
    response["body"].to_string().into()
}

impl State {
    /// The response of the first exchange of this request that was not played, else of the last.
    fn respond(&mut self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let uri = request.uri();
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let line = format!("{} {target}", request.method());
        self.requests.push(line.clone());
        let fits = |exchange: &&mut Exchange| exchange.fits(&line, request.body());
        let mut fitting: Vec<_> = self.exchanges.iter_mut().filter(fits).collect();
        let next = fitting.iter().position(|exchange| !exchange.was_played);
        let last = fitting.len().checked_sub(1)?;
        let exchange = &mut fitting[next.unwrap_or(last)];
        exchange.was_played = true;
        let mut response = Response::new(exchange.body.clone());
        *response.status_mut() = exchange.status;
        let json = "application/json".parse().expect("a value");
        response.headers_mut().insert("content-type", json);
        Some(response)
    }
}

impl Transport for Play {
    fn send(&self, request: Request<Bytes>) -> TransportFuture<'_> {
        let mut state = self.0.lock().expect("no test panics with it");
        let response = state.respond(&request);
        let message = "the case has no such request";
        let response = response.ok_or(TransportError::new(TransportErrorKind::Other, message));
        Box::pin(std::future::ready(response))
    }
}
