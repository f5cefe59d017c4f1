//! From a route's demand to headers.
//!
//! Invariant: a request carries the credentials that its route takes and no others.

use std::fmt;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::error::{Cause, Error};
use super::route::Auth;
use super::secret::AccessToken;
use super::token::TokenSource;
use crate::Route;
use crate::generated::API;

/// What a client can identify itself with.
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
    secret: AccessToken,
}

impl ClientCredentials {
    pub(crate) fn new(id: String, secret: String) -> Self {
        Self {
            id,
            secret: AccessToken::new(secret),
        }
    }

    pub(crate) fn secret(&self) -> &str {
        self.secret.expose()
    }

    /// The two headers. `Err` says which of the two cannot be sent.
    pub(crate) fn headers(&self) -> Result<[(HeaderName, HeaderValue); 2], &'static str> {
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
    /// Adds the credentials of `auth` to `headers`; gives the token that was used.
    pub(crate) async fn apply(
        &self,
        route: Option<Route>,
        auth: Auth,
        rejected: Option<&AccessToken>,
        headers: &mut HeaderMap,
    ) -> Result<Option<AccessToken>, Error> {
        let fail = |message: &str, source| Error::Credentials {
            route,
            message: message.to_owned(),
            source,
            cursor: None,
        };
        match auth {
            Auth::None => Ok(None),
            Auth::Bearer => {
                let token = self
                    .find_token(rejected)
                    .await
                    .map_err(|(m, source)| fail(m, source))?;
                let value = check_token(&token).map_err(|message| fail(message, None))?;
                headers.insert(AUTHORIZATION, value);
                Ok(Some(token))
            }
            Auth::ClientSecret => {
                let client = self.client.as_ref().ok_or_else(|| {
                    fail(
                        "set the client id and secret with `ClientBuilder::client_credentials`",
                        None,
                    )
                })?;
                headers.extend(client.headers().map_err(|message| fail(message, None))?);
                Ok(None)
            }
        }
    }

    async fn find_token(
        &self,
        rejected: Option<&AccessToken>,
    ) -> Result<AccessToken, (&'static str, Option<Cause>)> {
        const MISSING: &str =
            "set an access token with `Client::new` or `ClientBuilder::access_token`";
        let source = self.token.as_ref().ok_or((MISSING, None))?;
        let token = match rejected {
            Some(rejected) => source.fresh_token(rejected).await,
            None => source.token().await,
        };
        token.map_err(|cause| ("the token source has no access token", Some(cause)))
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
