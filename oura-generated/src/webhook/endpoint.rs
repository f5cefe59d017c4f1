//! A webhook endpoint for any framework: answers challenges and verifies events.
//!
//! Invariant: no response is 410, which would make Oura cancel the subscription, and none waits
//! until an event is handled.

use std::fmt;

use bytes::Bytes;
use http::header::ALLOW;
use http::{HeaderValue, Method, StatusCode};
use time::OffsetDateTime;

use super::challenge::{ChallengeError, VerificationToken};
use super::event::Event;
use super::verify::{Verifier, VerifyError};

/// A callback URL: it answers challenges and verifies deliveries.
///
/// ```
/// use oura_generated::bytes::Bytes;
/// use oura_generated::http::{Request, Response};
/// use oura_generated::time::OffsetDateTime;
/// use oura_generated::webhook::{Endpoint, Event, Verifier};
///
/// fn receive(endpoint: &Endpoint, request: Request<Bytes>, queue: &mut Vec<Event>) -> Response<Bytes> {
///     let received = endpoint.receive(&request, OffsetDateTime::now_utc());
///     match received.outcome {
///         Ok(event) => queue.extend(event),
///         Err(refusal) => eprintln!("{refusal}"),
///     }
///     received.response
/// }
///
/// let endpoint = Endpoint::new(Verifier::new("client secret"), "verification token");
/// let uri = "https://example.com/oura?verification_token=verification%20token&challenge=abc";
/// let request = Request::get(uri).body(Bytes::new()).expect("a request");
/// assert_eq!(receive(&endpoint, request, &mut Vec::new()).body(), r#"{"challenge":"abc"}"#);
/// ```
#[derive(Clone, Debug)]
pub struct Endpoint {
    verifier: Verifier,
    token: VerificationToken,
}

/// The event of a request, and the response to it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Received {
    /// The event of a delivery; `None` when the request was a challenge. Respond first, then
    /// work on it: Oura waits for ten seconds.
    pub outcome: Result<Option<Event>, Refusal>,
    /// The response to send.
    pub response: http::Response<Bytes>,
}

/// Why a request is refused. It shows no secrets and no part of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// A challenge that is refused.
    Challenge(ChallengeError),
    /// A delivery that is not verified, or holds no event.
    Delivery(VerifyError),
    /// Neither a challenge nor a delivery.
    Method,
    /// The body was incomplete or came too late.
    Interrupted,
}

impl Endpoint {
    /// An endpoint for subscriptions that were created with `token`.
    pub fn new(verifier: Verifier, token: impl Into<VerificationToken>) -> Self {
        Self {
            verifier,
            token: token.into(),
        }
    }

    /// Processes a request to the callback URL.
    pub fn receive<B: AsRef<[u8]>>(
        &self,
        request: &http::Request<B>,
        now: OffsetDateTime,
    ) -> Received {
        match *request.method() {
            Method::GET => match self.token.answer(request.uri().query().unwrap_or_default()) {
                Ok(response) => Received {
                    outcome: Ok(None),
                    response,
                },
                Err(error) => Received::refused(Refusal::Challenge(error)),
            },
            Method::POST => match self.verifier.verify(request.headers(), request.body(), now) {
                Ok(event) => Received {
                    outcome: Ok(Some(event)),
                    response: http::Response::new(Bytes::new()),
                },
                Err(error) => Received::refused(Refusal::Delivery(error)),
            },
            _ => Received::refused(Refusal::Method),
        }
    }
}

impl Received {
    pub(super) fn refused(refusal: Refusal) -> Self {
        let mut response = http::Response::new(Bytes::new());
        *response.status_mut() = refusal.status();
        if refusal == Refusal::Method {
            let methods = HeaderValue::from_static("GET, POST");
            response.headers_mut().insert(ALLOW, methods);
        }
        Self {
            outcome: Err(refusal),
            response,
        }
    }
}

impl Refusal {
    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Challenge(error) => error.status(),
            Self::Delivery(error) => error.status(),
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Interrupted => StatusCode::BAD_REQUEST,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Challenge(error) => write!(f, "the challenge is refused: {error}"),
            Self::Delivery(error) => write!(f, "the delivery is refused: {error}"),
            Self::Method => f.write_str("the request is neither a challenge nor a delivery"),
            Self::Interrupted => f.write_str("the body was incomplete or came too late"),
        }
    }
}

impl std::error::Error for Refusal {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The message shows the source already.
        None
    }
}
