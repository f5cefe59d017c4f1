//! A token: its access token, refresh token, expiry and scopes.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::models::Scope;
use crate::runtime::auth::credentials::check_token;
use crate::runtime::auth::secret::{AccessToken, SecretText};

/// The prefix of granted scopes. A request for a scope with it is refused.
const SCOPE_PREFIX: &str = "extapi:";
/// A token younger than this was refused for another reason than its age, so that the next one
/// would be refused too.
const YOUNG: time::Duration = time::Duration::minutes(10);

/// A token that the authorization server issued for a code or a refresh token.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Token {
    /// The access token, which calls carry.
    pub access: AccessToken,
    /// The refresh token, which can be used once.
    pub refresh: Option<RefreshToken>,
    /// When `access` was issued, if it is known: set by
    /// [`OAuth::exchange`](super::OAuth::exchange) and [`OAuth::refresh`](super::OAuth::refresh).
    pub issued_at: Option<OffsetDateTime>,
    /// When `access` expires, if the server says so.
    pub expires_at: Option<OffsetDateTime>,
    /// The scopes that the user granted, without the server's prefix `extapi:`; empty if the
    /// server does not name them.
    pub scopes: Vec<Scope>,
}

/// A refresh token, which can be used once. `Debug` does not show it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RefreshToken(SecretText);

impl RefreshToken {
    /// A token as the server sent it.
    pub fn new(token: impl Into<String>) -> Self {
        Self(SecretText::new(token))
    }

    /// The token itself.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// The stored form of a token.
#[derive(Serialize, Deserialize)]
struct Stored<'t> {
    #[serde(borrow)]
    access_token: Cow<'t, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Cow<'t, str>>,
    /// Seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issued_at: Option<i64>,
    /// Seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    /// Seconds from `issued_at` to `expires_at`, which earlier versions wrote instead of the
    /// former.
    #[serde(default, skip_serializing)]
    expires_in: Option<i64>,
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    scope: Cow<'t, str>,
}

impl Token {
    /// Creates a token that this crate did not receive itself. Set the fields that you know.
    pub fn new(access: impl Into<AccessToken>) -> Self {
        Self {
            access: access.into(),
            refresh: None,
            issued_at: None,
            expires_at: None,
            scopes: Vec::new(),
        }
    }

    /// Whether the access token has expired at that time.
    pub fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// The token as JSON, secrets included: what a [`TokenStore`](super::TokenStore) keeps.
    pub fn to_json(&self) -> Zeroizing<String> {
        let stored = Stored {
            access_token: self.access.expose().into(),
            refresh_token: self.refresh.as_ref().map(|token| token.expose().into()),
            issued_at: self.issued_at.map(OffsetDateTime::unix_timestamp),
            expires_at: self.expires_at.map(OffsetDateTime::unix_timestamp),
            expires_in: None,
            scope: join(&self.scopes).into(),
        };
        // Room for all of it: a reallocation would leave a copy of the secrets in memory.
        let refresh_length = stored.refresh_token.as_deref().map_or(0, str::len);
        let length = stored.access_token.len() + refresh_length + stored.scope.len();
        let mut json = Vec::with_capacity(2 * length + 256);
        serde_json::to_writer(&mut json, &stored).expect("strings and numbers have a JSON form");
        Zeroizing::new(String::from_utf8(json).expect("JSON is UTF-8"))
    }

    /// Reads what [`to_json`](Self::to_json) wrote. `None` when it is something else.
    pub fn from_json(json: &str) -> Option<Self> {
        let stored: Stored<'_> = serde_json::from_str(json).ok()?;
        let before_end = |lifetime| stored.expires_at?.checked_sub(lifetime);
        let issued_at = stored.issued_at;
        let issued_at = issued_at.or_else(|| before_end(stored.expires_in?));
        let access = AccessToken::new(stored.access_token);
        check_token(&access).ok()?;
        if stored.refresh_token.as_deref().is_some_and(str::is_empty) {
            return None;
        }
        Some(Self {
            access,
            refresh: stored.refresh_token.map(RefreshToken::new),
            issued_at: read_moment(issued_at)?,
            expires_at: read_moment(stored.expires_at)?,
            scopes: split(&stored.scope),
        })
    }

    /// Whether both are the same token.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.access == other.access && self.refresh == other.refresh
    }

    /// The token without its refresh token, if it has one.
    pub(crate) fn stripped(&self) -> Option<Self> {
        self.refresh.as_ref()?;
        let token = self.clone();
        Some(Self {
            refresh: None,
            ..token
        })
    }

    /// Whether this is that token without its refresh token.
    pub(crate) fn is_stripped(&self, other: &Self) -> bool {
        self.access == other.access && self.refresh.is_none() && other.refresh.is_some()
    }

    /// Whether this was issued later than the other, and can be refreshed. If an issue time is
    /// not known, the token that expires later counts as issued later.
    pub(crate) fn replaces(&self, other: &Self) -> bool {
        let is_later = match (self.issued_at, other.issued_at) {
            (Some(this), Some(other)) => this > other,
            // This token was not issued to this crate, so it is not from a refresh of the other.
            (None, Some(_)) => false,
            (_, None) => {
                let ends = self.expires_at.zip(other.expires_at);
                ends.is_some_and(|(this, other)| this > other)
            }
        };
        is_later && self.refresh.is_some()
    }

    /// Whether a refusal of the token cannot be due to its age. A token of unknown age is not
    /// young, nor is one whose issue time is far in the future, because clocks differ.
    pub(crate) fn is_young(&self, now: OffsetDateTime) -> bool {
        self.issued_at.is_some_and(|at| (now - at).abs() < YOUNG)
    }

    /// Whether it is time to refresh. The margin is at most a quarter of the lifetime, so that a
    /// short one is not spent on refreshing. A token that cannot be refreshed is used to its end.
    pub(crate) fn is_due(&self, now: OffsetDateTime, margin: Duration) -> bool {
        let margin = match (&self.refresh, self.lifetime()) {
            (None, _) => Duration::ZERO,
            (Some(_), None) => margin,
            (Some(_), Some(lifetime)) => margin.min(lifetime / 4),
        };
        // With a margin that is too long for the clock, the token is always due.
        let end = time::Duration::try_from(margin)
            .ok()
            .and_then(|margin| now.checked_add(margin));
        self.expires_at
            .is_some_and(|at| end.is_none_or(|end| at <= end))
    }

    /// The lifetime of the access token, from its issue.
    fn lifetime(&self) -> Option<Duration> {
        let lifetime = self.expires_at? - self.issued_at?;
        Duration::try_from(lifetime).ok()
    }
}

/// Seconds since 1970, if any. `None` when the calendar does not reach so far.
fn read_moment(seconds: Option<i64>) -> Option<Option<OffsetDateTime>> {
    let moment = seconds.map(OffsetDateTime::from_unix_timestamp);
    moment.transpose().ok()
}

/// The scopes of a list with spaces in between, each once, without the server's prefix.
pub(crate) fn split(scopes: &str) -> Vec<Scope> {
    let mut list = Vec::new();
    for name in scopes.split_ascii_whitespace() {
        let scope = Scope::from(without_prefix(name));
        if !list.contains(&scope) {
            list.push(scope);
        }
    }
    list
}

/// A list with spaces in between, of names without the server's prefix.
pub(crate) fn join(scopes: &[Scope]) -> String {
    let names: Vec<_> = scopes
        .iter()
        .map(|scope| without_prefix(scope.as_str()))
        .collect();
    names.join(" ")
}

fn without_prefix(name: &str) -> &str {
    name.strip_prefix(SCOPE_PREFIX).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_refresh_token() {
        assert_eq!(
            format!("{:?}", RefreshToken::new("r-1")),
            "RefreshToken(..)"
        );
    }
}
