//! Reads the responses of the authorization server.
//!
//! Input: any response. Output: a token that can be used and kept, or an error that shows
//! nothing of the response but its status and a code that this crate knows.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::error::{Ended, OAuthError, OAuthErrorCode};
use super::token::{RefreshToken, Token, split};
use crate::runtime::auth::credentials::check_token;
use crate::runtime::auth::secret::AccessToken;
use crate::runtime::decode::wire::OpenEnum;

/// The longest lifetime of an access token, in seconds: ten years.
const LONGEST_LIFETIME: f64 = (10 * 366 * 24 * 60 * 60) as f64;
/// The longest token, in bytes.
const TOKEN_LIMIT: usize = 16 * 1024;

/// The members of a response. All are optional, so that an error can name the missing one.
#[derive(Deserialize)]
struct TokenResponse {
    access_token: Option<String>,
    refresh_token: Option<String>,
    token_type: Option<Value>,
    expires_in: Option<Value>,
    scope: Option<Value>,
    error: Option<Value>,
    error_description: Option<Value>,
}

/// Reads the token of a response that came at that time.
pub(super) type ReadToken = fn(&http::Response<Bytes>, OffsetDateTime) -> Result<Token, OAuthError>;

/// Reads the response to a refresh that came at `now`.
pub(super) fn read_next_token(
    reply: &http::Response<Bytes>,
    now: OffsetDateTime,
) -> Result<Token, OAuthError> {
    read_token(reply, now).map_err(|error| match error {
        OAuthError::Refused { status, code, .. }
            if is_rejection(status, code.as_ref()) && is_object(reply.body()) =>
        {
            OAuthError::AuthorizeAgain(Ended::Rejected)
        }
        error => error,
    })
}

/// Reads the token of a response that came at `now`.
pub(super) fn read_token(
    reply: &http::Response<Bytes>,
    now: OffsetDateTime,
) -> Result<Token, OAuthError> {
    let status = reply.status();
    let response = serde_json::from_slice::<TokenResponse>(reply.body()).ok();
    if !status.is_success() {
        return Err(refusal(status, response));
    }
    let refuse = |problem| OAuthError::Reply { status, problem };
    let response = response.ok_or_else(|| refuse("is not the JSON of a token"))?;
    if response.error.is_some() && response.access_token.is_none() {
        return Err(refusal(status, Some(response)));
    }
    token_of(response, now).map_err(refuse)
}

/// Reads a response without content: success or an error.
pub(super) fn read_acceptance(reply: &http::Response<Bytes>) -> Result<(), OAuthError> {
    let status = reply.status();
    if status.is_success() {
        return Ok(());
    }
    Err(refusal(status, serde_json::from_slice(reply.body()).ok()))
}

/// Whether a refusal can only be about the refresh token. A server that names no reason, or
/// an unknown one, would refuse the same token every time.
fn is_rejection(status: StatusCode, code: Option<&OAuthErrorCode>) -> bool {
    let is_of_the_request = matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED);
    is_of_the_request && !code.is_some_and(OpenEnum::is_known)
}

/// Whether the token URL itself sent the response: gateways send HTML pages.
fn is_object(body: &[u8]) -> bool {
    serde_json::from_slice::<Map<String, Value>>(body).is_ok()
}

fn refusal(status: StatusCode, response: Option<TokenResponse>) -> OAuthError {
    if status.is_redirection() {
        let problem = "is a redirect, which is not followed; check the URL";
        return OAuthError::Reply { status, problem };
    }
    let text = |value: Option<Value>| match value {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let (code, description) = response.map_or((None, None), |response| {
        (text(response.error), text(response.error_description))
    });
    match code.map(OAuthErrorCode::from) {
        Some(OAuthErrorCode::InvalidGrant) => OAuthError::AuthorizeAgain(Ended::Rejected),
        code => OAuthError::Refused {
            status,
            code,
            description,
            url: None,
        },
    }
}

fn token_of(mut response: TokenResponse, now: OffsetDateTime) -> Result<Token, &'static str> {
    let access = response.access_token.take().map(AccessToken::new);
    let refresh = response.refresh_token.take().map(RefreshToken::new);
    let access = access.ok_or("has no access token")?;
    if access.expose().len() > TOKEN_LIMIT || check_token(&access).is_err() {
        return Err("has an access token that is empty or that no header can carry");
    }
    if refresh.as_ref().is_some_and(|token| !is_sane(token)) {
        return Err("has a refresh token that is empty or unreadable");
    }
    let is_bearer = match &response.token_type {
        None | Some(Value::Null) => true,
        Some(Value::String(kind)) => kind.eq_ignore_ascii_case("bearer"),
        Some(_) => false,
    };
    if !is_bearer {
        return Err("has a token of another type than `Bearer`");
    }
    let lifetime = match response.expires_in {
        None | Some(Value::Null) => None,
        Some(value) => Some(lifetime_of(&value).ok_or("has an `expires_in` that makes no sense")?),
    };
    let scopes = match &response.scope {
        Some(Value::String(scopes)) => split(scopes),
        _ => Vec::new(),
    };
    // Whole seconds, as they are stored.
    let now = now.replace_nanosecond(0).unwrap_or(now);
    Ok(Token {
        access,
        refresh,
        issued_at: Some(now),
        expires_at: lifetime.map(|lifetime| now + lifetime),
        scopes,
    })
}

fn is_sane(token: &RefreshToken) -> bool {
    let token = token.expose();
    !token.is_empty()
        && token.len() <= TOKEN_LIMIT
        && token.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Reads whole seconds, also if they are written as text or with a fraction of zero.
fn lifetime_of(value: &Value) -> Option<Duration> {
    let seconds: f64 = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }?;
    let is_sane = seconds.fract() == 0.0 && (1.0..=LONGEST_LIFETIME).contains(&seconds);
    is_sane.then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Result<Token, OAuthError> {
        let mut reply = http::Response::new(Bytes::copy_from_slice(body.as_bytes()));
        *reply.status_mut() = StatusCode::from_u16(status).expect("a status");
        read_token(&reply, OffsetDateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_token_is_read() {
        let body = r#"{"access_token":"a","refresh_token":"r","token_type":"bearer",
            "expires_in":86400,"scope":"extapi:daily mood daily"}"#;
        let token = read(200, body).expect("a token");
        assert_eq!(token.access.expose(), "a");
        assert_eq!(token.refresh, Some(RefreshToken::new("r")));
        let ends = token.expires_at.expect("an end");
        assert_eq!(ends.unix_timestamp(), 86400);
        assert_eq!(super::super::token::join(&token.scopes), "daily mood");
        for lifetime in ["60", "60.0", "6e1", "\"60\"", "\"60.0\""] {
            let body = format!(r#"{{"access_token":"a","expires_in":{lifetime}}}"#);
            let token = read(200, &body).expect("a token");
            let end = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(60);
            assert_eq!(token.expires_at, Some(end), "{body}");
            assert_eq!(token.issued_at, Some(OffsetDateTime::UNIX_EPOCH));
        }
    }

    #[test]
    fn what_is_no_token_is_refused_without_being_shown() {
        for body in [
            "",
            "<html>SECRET</html>",
            "[1]",
            "{}",
            r#"{"access_token":""}"#,
            r#"{"access_token":"SECRET\nx"}"#,
            r#"{"access_token":["SECRET"]}"#,
            r#"{"access_token":"a","access_token":"SECRET"}"#,
            r#"{"access_token":"SECRET","refresh_token":""}"#,
            r#"{"access_token":"SECRET","refresh_token":"\u0000"}"#,
            r#"{"access_token":"SECRET","token_type":"mac"}"#,
            r#"{"access_token":"SECRET","token_type":7}"#,
            r#"{"access_token":"SECRET","expires_in":-1}"#,
            r#"{"access_token":"SECRET","expires_in":0}"#,
            r#"{"access_token":"SECRET","expires_in":99999999999999}"#,
            r#"{"access_token":"SECRET","expires_in":1e300}"#,
            r#"{"access_token":"SECRET","expires_in":60.5}"#,
            r#"{"access_token":"SECRET","expires_in":"inf"}"#,
            r#"{"access_token":"SECRET","expires_in":"NaN"}"#,
            r#"{"access_token":"SECRET","expires_in":"soon"}"#,
        ] {
            let error = read(200, body).expect_err(body);
            assert!(matches!(error, OAuthError::Reply { .. }), "{body}: {error}");
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("SECRET"), "{shown}");
        }
        let long = format!(r#"{{"access_token":"{}"}}"#, "x".repeat(TOKEN_LIMIT + 1));
        assert!(read(200, &long).is_err());
    }

    #[test]
    fn refusals_are_distinguished() {
        let error = read(400, r#"{"error":"invalid_grant"}"#).expect_err("refused");
        assert!(
            error.needs_authorization() && !error.is_retryable(),
            "{error}"
        );
        let error = read(401, r#"{"error":"invalid_client"}"#).expect_err("refused");
        assert!(!error.needs_authorization(), "{error}");
        assert!(error.to_string().contains("check client id"), "{error}");
        let error = read(400, r#"{"error":"SECRET"}"#).expect_err("refused");
        assert!(!error.to_string().contains("SECRET"), "{error}");
        let error = read(200, r#"{"error":"invalid_grant"}"#).expect_err("refused");
        assert!(error.needs_authorization(), "{error}");
        let error = read(302, "").expect_err("refused");
        assert!(error.to_string().contains("redirect"), "{error}");
    }
}
