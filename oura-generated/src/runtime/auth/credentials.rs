//! Sets the headers that carry the credentials of a route.
//!
//! Invariant: a request carries the credentials that its route takes and no others.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::secret::{AccessToken, SecretText};
use super::token::TokenSource;
use crate::Route;
use crate::generated::API;
use crate::runtime::error::{CredentialsProblem, Error};
use crate::runtime::route::Auth;

/// The credentials of a client.
#[derive(Clone, Default)]
pub(crate) struct Credentials {
    /// For [`Auth::Bearer`].
    pub(crate) token: Option<Arc<dyn TokenSource>>,
    /// For [`Auth::ClientSecret`].
    pub(crate) client: Option<ClientCredentials>,
}

/// The id and the secret of an application.
#[derive(Clone)]
pub(crate) struct ClientCredentials {
    id: String,
    secret: SecretText,
}

impl ClientCredentials {
    pub(crate) fn new(id: String, secret: String) -> Self {
        Self {
            id,
            secret: SecretText::new(secret),
        }
    }

    pub(crate) fn secret(&self) -> &str {
        self.secret.expose()
    }

    /// The two headers. `Err` says which of the two cannot be sent.
    pub(crate) fn headers(&self) -> Result<[(HeaderName, HeaderValue); 2], &'static str> {
        // Settings of the environment that are not set come as nothing.
        if self.id.is_empty() || self.secret().is_empty() {
            return Err("the client id or the client secret is empty");
        }
        let header = |name: &'static str, value: &str| {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            Some((name, sensitive(value)?))
        };
        Ok([
            header(API.client_id_header, &self.id).ok_or("the client id cannot be a header")?,
            header(API.client_secret_header, self.secret())
                .ok_or("the client secret cannot be a header")?,
        ])
    }
}

/// Checks a token before it is used.
pub(crate) fn check_token(token: &AccessToken) -> Result<HeaderValue, &'static str> {
    let token = token.expose();
    if token.is_empty() {
        return Err("the access token is empty");
    }
    let is_good = token.bytes().all(|byte| byte.is_ascii_graphic());
    is_good
        .then(|| sensitive(&format!("Bearer {token}")))
        .flatten()
        .ok_or("the access token has characters that a header cannot carry (a line break?)")
}

fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl Credentials {
    /// The access token for a call, where it takes one; `fresh` instead of the source's.
    pub(crate) async fn find_token(
        &self,
        route: Option<Route>,
        auth: Auth,
        fresh: Option<&AccessToken>,
    ) -> Result<Option<AccessToken>, Error> {
        if auth != Auth::Bearer {
            return Ok(None);
        }
        if let Some(fresh) = fresh {
            return Ok(Some(fresh.clone()));
        }
        let Some(source) = &self.token else {
            let message = "set an access token with `Client::new` or `ClientBuilder::access_token`";
            return Err(missing(route, message));
        };
        source
            .token()
            .await
            .map(Some)
            .map_err(|error| error.into_error(route))
    }

    /// A fresh token of the source, after the server refused `rejected`.
    pub(crate) async fn fresh_token(
        &self,
        route: Option<Route>,
        rejected: &AccessToken,
    ) -> Result<Option<AccessToken>, Error> {
        let Some(source) = &self.token else {
            return Ok(None);
        };
        source
            .fresh_token(rejected)
            .await
            .map(Some)
            .map_err(|error| error.into_error(route))
    }

    /// The newest token of the source, in place of one that lacks a scope; `None` when the
    /// source has no other, or fails: then the server's answer says more.
    pub(crate) async fn newer_token(&self, refused: &AccessToken) -> Option<AccessToken> {
        match self.token.as_ref()?.newer_token(refused).await {
            Ok(newer) => Some(newer).filter(|newer| newer != refused),
            Err(error) => {
                let cause = StdError::source(&error).map(tracing::field::display);
                tracing::warn!(%error, cause, "the token source failed when asked for a newer token");
                None
            }
        }
    }

    /// Adds the credentials that `auth` asks for, and no others, to `headers`.
    pub(crate) fn apply(
        &self,
        route: Option<Route>,
        auth: Auth,
        token: Option<&AccessToken>,
        headers: &mut HeaderMap,
    ) -> Result<(), Error> {
        match (auth, token) {
            (Auth::ClientSecret, _) => {
                let client = self.client.as_ref().ok_or_else(|| {
                    let message =
                        "set the client id and secret with `ClientBuilder::client_credentials`";
                    missing(route, message)
                })?;
                headers.extend(
                    client
                        .headers()
                        .map_err(|message| missing(route, message))?,
                );
            }
            (_, Some(token)) => {
                let value = check_token(token).map_err(|message| missing(route, message))?;
                headers.insert(AUTHORIZATION, value);
            }
            (_, None) => {}
        }
        Ok(())
    }
}

fn missing(route: Option<Route>, message: &str) -> Error {
    Error::Credentials {
        route,
        message: message.to_owned(),
        problem: CredentialsProblem::Missing,
        source: None,
        cursor: None,
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("token", &self.token.is_some())
            .field("client", &self.client.is_some())
            .finish()
    }
}
