//! The challenge by which Oura verifies that an endpoint expects its events.
//!
//! Input: the query of a GET request. Output: the response that quotes the challenge, if the
//! query has the verification token.

use std::fmt;

use bytes::Bytes;
use hmac::Mac;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::json;

use super::verify::mac;
use crate::runtime::auth::secret::SecretText;

const TOKEN: &str = "verification_token";
const CHALLENGE: &str = "challenge";

/// The verification token of subscriptions: a text that only you and Oura know.
///
/// You choose it, long and random. Oura sends it with each challenge of an endpoint.
/// `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct VerificationToken(SecretText);

/// Why a challenge is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChallengeError {
    /// A parameter of the query is missing.
    MissingParameter(&'static str),
    /// A parameter came more than once.
    RepeatedParameter(&'static str),
    /// A parameter is not text.
    BadParameter(&'static str),
    /// The token is wrong.
    WrongToken,
}

impl VerificationToken {
    /// A token. With an empty one, no challenge is answered.
    pub fn new(token: impl Into<String>) -> Self {
        Self(SecretText::new(token))
    }

    /// The token itself.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The response to a challenge. `query` is the query of the GET request.
    ///
    /// # Errors
    ///
    /// See [`ChallengeError`].
    pub fn answer(&self, query: &str) -> Result<http::Response<Bytes>, ChallengeError> {
        let token = only_parameter(query, TOKEN)?;
        let challenge = only_parameter(query, CHALLENGE)?;
        if !self.is(&token) {
            return Err(ChallengeError::WrongToken);
        }
        let body = json!({ CHALLENGE: challenge }).to_string();
        let mut response = http::Response::new(body.into());
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        Ok(response)
    }

    /// Compares in constant time for texts of any length, because it compares digests.
    fn is(&self, token: &str) -> bool {
        let digest = |token: &str| mac(TOKEN.as_bytes()).chain_update(token);
        let own = digest(self.expose()).finalize().into_bytes();
        digest(token).verify(&own).is_ok() && !self.expose().is_empty()
    }
}

impl ChallengeError {
    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::MissingParameter(_) | Self::RepeatedParameter(_) | Self::BadParameter(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::WrongToken => StatusCode::UNAUTHORIZED,
        }
    }
}

/// The only value of a parameter in a query, decoded.
fn only_parameter(query: &str, name: &'static str) -> Result<String, ChallengeError> {
    let pairs = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let mut values = pairs.filter(|(known, _)| *known == name);
    let (_, value) = values
        .next()
        .ok_or(ChallengeError::MissingParameter(name))?;
    if values.next().is_some() {
        return Err(ChallengeError::RepeatedParameter(name));
    }
    let value = value.replace('+', " ");
    let text = percent_decode_str(&value).decode_utf8();
    text.map(String::from)
        .map_err(|_| ChallengeError::BadParameter(name))
}

impl fmt::Display for ChallengeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingParameter(name) => write!(f, "the parameter `{name}` is missing"),
            Self::RepeatedParameter(name) => {
                write!(f, "the parameter `{name}` came more than once")
            }
            Self::BadParameter(name) => write!(f, "the parameter `{name}` is not text"),
            Self::WrongToken => f.write_str(
                "the verification token is not that of this endpoint; they must be the same \
                 here and where subscriptions are created",
            ),
        }
    }
}

impl std::error::Error for ChallengeError {}

impl From<&str> for VerificationToken {
    fn from(token: &str) -> Self {
        Self::new(token)
    }
}

impl From<String> for VerificationToken {
    fn from(token: String) -> Self {
        Self::new(token)
    }
}
