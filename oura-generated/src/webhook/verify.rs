//! Verifies that a delivery is from Oura.
//!
//! Input: headers and body of a request, and the time. Output: its event, or why it is refused.
//! Invariant: no part of a body is used before its signature is checked, and no
//! error shows a secret, a signature or a body.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::Sha256;
use time::{Duration, OffsetDateTime};

use super::event::Event;
use super::stringify::stringify;
use crate::{JsonProblem, hex};

/// The longest body of a delivery. An event has some hundred bytes.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

const SIGNATURE: &str = "x-oura-signature";
const TIMESTAMP: &str = "x-oura-timestamp";

/// From this number on, a timestamp is in milliseconds: in seconds it would be the year 5138.
const FIRST_MILLISECONDS: i64 = 100_000_000_000;

/// Verifies deliveries: that they are from Oura, and not from long ago.
///
/// Oura signs each delivery with the client secret of the application: HMAC-SHA256 over the
/// timestamp and the body, in hexadecimal digits.
///
/// ```
/// use oura_generated::time::OffsetDateTime;
/// use oura_generated::webhook::Verifier;
///
/// # fn example(request: oura_generated::http::Request<Vec<u8>>) {
/// let verifier = Verifier::new("client secret");
/// match verifier.verify(request.headers(), request.body(), OffsetDateTime::now_utc()) {
///     Ok(event) => println!("{} of {}", event.event_type, event.data_type),
///     Err(error) => eprintln!("not an event of ours: {error}"),
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Verifier {
    /// An HMAC for each secret, initialized with it.
    keys: Vec<Hmac<Sha256>>,
    tolerance: Duration,
}

/// Why a delivery is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// A header is missing.
    MissingHeader(&'static str),
    /// A header came more than once, so that it is not clear which one counts.
    RepeatedHeader(&'static str),
    /// The timestamp is not a number of seconds.
    BadTimestamp,
    /// The signature is right, but the timestamp is too old or too early: the delivery was delayed
    /// or replayed, or a clock is wrong.
    #[non_exhaustive]
    Stale {
        /// How old the delivery is; negative when it is from the future.
        age: Duration,
    },
    /// The signature is not that of Oura over this timestamp and body.
    BadSignature,
    /// The body is longer than [`MAX_BODY_BYTES`].
    BodyTooLarge,
    /// The delivery is from Oura, but its body is not an event.
    NotAnEvent(JsonProblem),
    /// The verifier has no secret, or an empty one: with that, anybody could sign.
    NoSecret,
}

impl Verifier {
    /// A verifier with the client secret of the application (not the verification token).
    /// Deliveries may be five minutes old or early.
    pub fn new(secret: impl AsRef<[u8]>) -> Self {
        let verifier = Self {
            keys: Vec::new(),
            tolerance: Duration::minutes(5),
        };
        verifier.also(secret)
    }

    /// Accepts another secret too, while the application's secret is replaced.
    pub fn also(mut self, secret: impl AsRef<[u8]>) -> Self {
        let secret = secret.as_ref();
        // Anybody can sign with an empty key.
        if !secret.is_empty() {
            self.keys.push(mac(secret));
        }
        self
    }

    /// Sets how far a timestamp may be from now, in both directions.
    ///
    /// It is not known whether a repeated delivery carries the time of the first one. Oura repeats
    /// for about an hour: to accept all repetitions in either case, allow two hours, and
    /// detect replays with [`SeenEvents`](super::SeenEvents).
    pub fn tolerance(mut self, tolerance: std::time::Duration) -> Self {
        self.tolerance = Duration::try_from(tolerance).unwrap_or(Duration::MAX);
        self
    }

    /// The event of a delivery. `body` is the body as it came, before anybody parsed it.
    ///
    /// The samples in Oura's documentation sign the parsed body as `JSON.stringify` writes
    /// it. If the signature is not of the body as it came, that form is checked too.
    ///
    /// # Errors
    ///
    /// See [`VerifyError`].
    pub fn verify(
        &self,
        headers: &HeaderMap,
        body: impl AsRef<[u8]>,
        now: OffsetDateTime,
    ) -> Result<Event, VerifyError> {
        self.verify_bytes(headers, body.as_ref(), now)
    }

    /// The headers of a delivery that Oura sends at this time with this body, for tests. Empty if
    /// the verifier has no secret.
    pub fn sign(&self, body: impl AsRef<[u8]>, at: OffsetDateTime) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(key) = self.keys.first() {
            let timestamp = at.unix_timestamp().to_string();
            let signed = key.clone().chain_update(&timestamp).chain_update(body);
            let digits = signed.finalize().into_bytes();
            let digits: String = digits.iter().map(|byte| format!("{byte:02X}")).collect();
            for (name, text) in [(TIMESTAMP, timestamp), (SIGNATURE, digits)] {
                // Digits are valid in every header.
                headers.extend(
                    HeaderValue::try_from(text)
                        .ok()
                        .map(|value| (http::HeaderName::from_static(name), value)),
                );
            }
        }
        headers
    }

    fn verify_bytes(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: OffsetDateTime,
    ) -> Result<Event, VerifyError> {
        if self.keys.is_empty() {
            return Err(VerifyError::NoSecret);
        }
        let signature = only_header(headers, SIGNATURE)?;
        let timestamp = only_header(headers, TIMESTAMP)?;
        if body.len() > MAX_BODY_BYTES {
            return Err(VerifyError::BodyTooLarge);
        }
        let sent_at = parse_timestamp(timestamp).ok_or(VerifyError::BadTimestamp)?;
        // The server sends capital letters.
        let signature = hex::decode(signature).ok_or(VerifyError::BadSignature)?;
        if !self.has_signed(&signature, timestamp, body) {
            return Err(VerifyError::BadSignature);
        }
        let age = now - sent_at;
        if age.abs() > self.tolerance {
            return Err(VerifyError::Stale { age });
        }
        let event = serde_json::from_slice(body);
        event.map_err(|error| VerifyError::NotAnEvent(JsonProblem::of(&error)))
    }

    fn has_signed(&self, signature: &[u8], timestamp: &[u8], body: &[u8]) -> bool {
        let has_signed = |body: &[u8]| {
            self.keys.iter().any(|key| {
                let signed = key.clone().chain_update(timestamp).chain_update(body);
                // In constant time.
                signed.verify_slice(signature).is_ok()
            })
        };
        has_signed(body)
            || std::str::from_utf8(body).is_ok_and(|json| has_signed(stringify(json).as_bytes()))
    }
}

/// HMAC-SHA256 with a key.
pub(super) fn mac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

impl VerifyError {
    /// The status of the response. It is never 410, which would make Oura cancel the
    /// subscription.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::MissingHeader(_)
            | Self::RepeatedHeader(_)
            | Self::BadTimestamp
            | Self::NotAnEvent(_) => StatusCode::BAD_REQUEST,
            Self::Stale { .. } | Self::BadSignature => StatusCode::UNAUTHORIZED,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoSecret => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

fn only_header<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<&'h [u8], VerifyError> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(VerifyError::MissingHeader(name))?;
    match values.next() {
        Some(_) => Err(VerifyError::RepeatedHeader(name)),
        None => Ok(value.as_bytes()),
    }
}

/// Reads seconds, as in the spec's sample, or milliseconds. It is not known which of them the
/// server sends; their sizes differ enough to tell.
fn parse_timestamp(text: &[u8]) -> Option<OffsetDateTime> {
    let is_number = text.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(text).ok().filter(|_| is_number)?;
    let seconds = match text.parse::<i64>().ok()? {
        milliseconds @ FIRST_MILLISECONDS.. => milliseconds / 1000,
        seconds => seconds,
    };
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingHeader(name) => write!(f, "the header `{name}` is missing"),
            Self::RepeatedHeader(name) => write!(f, "the header `{name}` came more than once"),
            Self::BadTimestamp => write!(f, "`{TIMESTAMP}` is not a number of seconds"),
            Self::Stale { age } => {
                let (seconds, side) = match age.whole_seconds() {
                    early @ ..0 => (early.unsigned_abs(), "early"),
                    late => (late.unsigned_abs(), "old"),
                };
                write!(
                    f,
                    "the delivery is {seconds} s {side}; check the clock, or see \
                     `Verifier::tolerance`"
                )
            }
            Self::BadSignature => f.write_str(
                "the signature is not Oura's; the key is the client secret of the application, \
                 and the body is signed as it came",
            ),
            Self::BodyTooLarge => write!(f, "the body is longer than {MAX_BODY_BYTES} bytes"),
            Self::NotAnEvent(problem) => {
                write!(
                    f,
                    "the delivery is Oura's, but its body is not an event: {problem}"
                )
            }
            Self::NoSecret => f.write_str("the client secret of the verifier is empty"),
        }
    }
}

impl std::error::Error for VerifyError {}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("secrets", &self.keys.len())
            .field("tolerance", &self.tolerance)
            .finish()
    }
}
