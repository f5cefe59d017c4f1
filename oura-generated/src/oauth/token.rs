//! A token: what a call carries, what renews it, and when it ends.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::secret::RefreshToken;
use crate::models::Scope;
use crate::runtime::credentials::check_token;
use crate::runtime::secret::AccessToken;

/// What the authorization server gives for a code or a refresh token.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Token {
    /// What calls carry.
    pub access: AccessToken,
    /// What the next token is had for, once.
    pub refresh: Option<RefreshToken>,
    /// When `access` ends, if the server says so.
    pub expires_at: Option<OffsetDateTime>,
    /// What the user allowed, if the server says so; else empty.
    pub scopes: Vec<Scope>,
    /// How long `access` was good for when it was given.
    pub(crate) lifetime: Option<Duration>,
}

/// The form of a token that lasts.
#[derive(Serialize, Deserialize)]
struct Stored<'t> {
    #[serde(borrow)]
    access_token: Cow<'t, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Cow<'t, str>>,
    /// Seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    scope: Cow<'t, str>,
}

impl Token {
    /// A token that was had elsewhere. Its fields say the rest.
    pub fn new(access: impl Into<AccessToken>) -> Self {
        Self {
            access: access.into(),
            refresh: None,
            expires_at: None,
            scopes: Vec::new(),
            lifetime: None,
        }
    }

    /// Whether the access token has ended at that time.
    pub fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// The token as JSON, secrets included: what a [`TokenStore`](super::TokenStore) keeps.
    pub fn to_json(&self) -> Zeroizing<String> {
        let stored = Stored {
            access_token: self.access.expose().into(),
            refresh_token: self.refresh.as_ref().map(|token| token.expose().into()),
            expires_at: self.expires_at.map(OffsetDateTime::unix_timestamp),
            expires_in: self.lifetime.map(|lifetime| lifetime.as_secs()),
            scope: join(&self.scopes).into(),
        };
        // Room for all of it, so that no part is left behind by a move to a larger place.
        let refresh_length = stored.refresh_token.as_deref().map_or(0, str::len);
        let length = stored.access_token.len() + refresh_length + stored.scope.len();
        let mut json = Vec::with_capacity(2 * length + 256);
        serde_json::to_writer(&mut json, &stored).expect("strings and numbers have a JSON form");
        Zeroizing::new(String::from_utf8(json).expect("JSON is UTF-8"))
    }

    /// Reads what [`to_json`](Self::to_json) wrote. `None` when it is something else, which
    /// is not shown.
    pub fn from_json(json: &str) -> Option<Self> {
        let stored: Stored<'_> = serde_json::from_str(json).ok()?;
        let expires_at = match stored.expires_at {
            Some(at) => Some(OffsetDateTime::from_unix_timestamp(at).ok()?),
            None => None,
        };
        let access = AccessToken::new(stored.access_token);
        check_token(&access).ok()?;
        if stored.refresh_token.as_deref().is_some_and(str::is_empty) {
            return None;
        }
        Some(Self {
            access,
            refresh: stored.refresh_token.map(RefreshToken::new),
            expires_at,
            scopes: split(&stored.scope),
            lifetime: stored.expires_in.map(Duration::from_secs),
        })
    }

    /// Whether this is that very token.
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

    /// Whether this was given later than the other, and can be kept alive. Where the length of
    /// a life is not known, that which ends later was given later.
    pub(crate) fn replaces(&self, other: &Self) -> bool {
        let start = |token: &Self| {
            let lifetime = time::Duration::try_from(token.lifetime?).ok()?;
            token.expires_at?.checked_sub(lifetime)
        };
        let is_later = match (start(self), start(other)) {
            (Some(this), Some(other)) => this > other,
            // It was not had by this crate, so that it cannot come of one that was.
            (None, Some(_)) => false,
            (_, None) => {
                let ends = self.expires_at.zip(other.expires_at);
                ends.is_some_and(|(this, other)| this > other)
            }
        };
        is_later && self.refresh.is_some()
    }

    /// Whether it is time to refresh. A short life is not spent on refreshing: the margin is
    /// a quarter of it at most. What cannot be refreshed is good to its end.
    pub(crate) fn is_due(&self, now: OffsetDateTime, margin: Duration) -> bool {
        let margin = match (&self.refresh, self.lifetime) {
            (None, _) => Duration::ZERO,
            (Some(_), None) => margin,
            (Some(_), Some(lifetime)) => margin.min(lifetime / 4),
        };
        // A margin too long for the clock is always there.
        let end = time::Duration::try_from(margin)
            .ok()
            .and_then(|margin| now.checked_add(margin));
        self.expires_at
            .is_some_and(|at| end.is_none_or(|end| at <= end))
    }
}

/// The scopes of a list with spaces in between.
pub(crate) fn split(scopes: &str) -> Vec<Scope> {
    scopes.split_ascii_whitespace().map(Scope::from).collect()
}

/// A list with spaces in between.
pub(crate) fn join(scopes: &[Scope]) -> String {
    let names: Vec<_> = scopes.iter().map(Scope::as_str).collect();
    names.join(" ")
}
