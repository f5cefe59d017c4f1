//! Headers that users set.
//!
//! Invariant: no header of a user carries credentials or changes how a request is sent.

use http::{HeaderName, HeaderValue, header};

use crate::generated::API;
use crate::runtime::auth::scheme::Sends;

/// The message about a header for credentials.
pub(crate) const FOR_CREDENTIALS: &str =
    "is for credentials, which the client sends itself; see `ClientBuilder`";

/// The headers that carry credentials.
const CREDENTIALS: [HeaderName; 3] = [
    header::AUTHORIZATION,
    header::PROXY_AUTHORIZATION,
    header::COOKIE,
];

/// The headers that the transport sets.
const OF_THE_CONNECTION: [HeaderName; 9] = [
    header::ACCEPT_ENCODING,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Checks a header before it is sent.
pub(crate) fn check(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), &'static str> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "is not a header name")?;
    let is_of_scheme = API.schemes.iter().any(|scheme| match scheme.sends {
        Sends::Header(own) => name.as_str().eq_ignore_ascii_case(own),
        _ => false,
    });
    if is_of_scheme || CREDENTIALS.contains(&name) {
        return Err(FOR_CREDENTIALS);
    }
    if OF_THE_CONNECTION.contains(&name) {
        return Err("is a header of the connection, which the transport sets; leave it out");
    }
    let value =
        HeaderValue::from_str(value).map_err(|_| "has characters that a header cannot carry")?;
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_and_the_connection_are_not_for_users() {
        for name in [
            "Authorization",
            "proxy-authorization",
            "COOKIE",
            "X-Client-Id",
            "x-client-secret",
            "Host",
            "content-length",
            "Transfer-Encoding",
            "accept-encoding",
            "a b",
            "",
        ] {
            assert!(check(name, "x").is_err(), "{name:?}");
        }
        assert!(check("x-request-id", "a\nb").is_err());
        assert!(check("X-Request-Id", "7").is_ok());
    }
}
