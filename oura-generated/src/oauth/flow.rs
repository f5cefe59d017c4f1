//! The steps of the authorization code flow. They are stateless.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::utf8_percent_encode;
use time::OffsetDateTime;

use super::authorization::{Authorization, AuthorizationCode, read_redirect};
use super::bounded::Limits;
use super::builder::OAuthBuilder;
use super::endpoint::{Endpoint, Form};
use super::error::{Ended, OAuthError};
use super::reply::{ReadToken, read_acceptance, read_next_token, read_token};
use super::state::State;
use super::token::{RefreshToken, Token, join};
use crate::models::Scope;
use crate::runtime::auth::secret::SecretText;
use crate::runtime::call::path::ENCODED;

/// An application, registered with the authorization server. Clones are cheap, and one serves
/// all users.
#[derive(Clone)]
pub struct OAuth {
    settings: Arc<OAuthSettings>,
}

/// Called when a token cannot be stored.
pub(super) type SaveHook = Arc<dyn Fn(&OAuthError) + Send + Sync>;

/// The settings, checked.
pub(super) struct OAuthSettings {
    pub(super) client_id: String,
    pub(super) client_secret: SecretText,
    pub(super) redirect_uri: String,
    pub(super) authorization_url: String,
    pub(super) token: Endpoint,
    pub(super) revocation: Option<Endpoint>,
    pub(super) refresh_margin: Duration,
    pub(super) limits: Limits,
    pub(super) login_timeout: Duration,
    /// The API that knows the user of a token, unless it is the spec's server.
    pub(super) base_url: Option<String>,
    pub(super) allow_plain_http: bool,
    pub(super) on_save_error: Option<SaveHook>,
}

impl OAuth {
    /// Returns a builder for an application with this id, secret and redirect URI, which must be
    /// the registered one.
    pub fn builder(
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
        redirect_uri: impl Into<String>,
    ) -> OAuthBuilder {
        OAuthBuilder::new(client_id.into(), client_secret.into(), redirect_uri.into())
    }

    /// The URL where the user grants `scopes` to the application, with a new random state. Without
    /// scopes the server chooses.
    ///
    /// # Errors
    ///
    /// [`OAuthError::Config`] when the operating system has no random numbers.
    pub fn authorize(
        &self,
        scopes: impl IntoIterator<Item = Scope>,
    ) -> Result<Authorization, OAuthError> {
        let state = State::random()?;
        let url = self.authorization_url(scopes, &state);
        Ok(Authorization { url, state })
    }

    /// The same URL with an existing state.
    pub fn authorization_url(
        &self,
        scopes: impl IntoIterator<Item = Scope>,
        state: &State,
    ) -> String {
        let scopes: Vec<Scope> = scopes.into_iter().collect();
        let scope = join(&scopes);
        let parameters = [
            ("response_type", "code"),
            ("client_id", &self.settings.client_id),
            ("redirect_uri", &self.settings.redirect_uri),
            ("scope", &scope),
            ("state", state.expose()),
        ];
        let mut url = self.settings.authorization_url.clone();
        for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(name);
            url.push('=');
            url.extend(utf8_percent_encode(value, ENCODED));
        }
        url
    }

    /// Checks what the browser sent to the redirect URI, and returns the code. `redirect` is the
    /// whole URL, its path and query, or its query alone.
    ///
    /// # Errors
    ///
    /// [`OAuthError::State`] when it does not belong to this authorization,
    /// [`OAuthError::Denied`] when the user declined, [`OAuthError::NoCode`] when there is
    /// neither a code nor an error.
    pub fn check_redirect(
        &self,
        redirect: &str,
        state: &State,
    ) -> Result<AuthorizationCode, OAuthError> {
        read_redirect(redirect, state)
    }

    /// Exchanges an authorization code for a token. A code can be used once, within a few minutes.
    ///
    /// # Errors
    ///
    /// [`OAuthError::AuthorizeAgain`] when the code is expired or used; see [`OAuthError`]
    /// for what else can go wrong.
    pub async fn exchange(&self, code: AuthorizationCode) -> Result<Token, OAuthError> {
        let mut token = self
            .ask_for_token(
                read_token,
                &[
                    ("grant_type", "authorization_code"),
                    ("code", code.expose()),
                    ("redirect_uri", &self.settings.redirect_uri),
                    ("client_id", &self.settings.client_id),
                    ("client_secret", self.settings.client_secret.expose()),
                ],
            )
            .await?;
        if token.scopes.is_empty() {
            token.scopes = code.scopes;
        }
        Ok(token)
    }

    /// Exchanges a refresh token, which is then used up, for the next token. A
    /// [`Session`](super::Session) does this when it is time.
    ///
    /// # Errors
    ///
    /// [`OAuthError::AuthorizeAgain`] when the refresh token is missing, expired, used or
    /// revoked; see [`OAuthError`] for what else can go wrong.
    pub async fn refresh(&self, token: &Token) -> Result<Token, OAuthError> {
        let refresh = token.refresh.as_ref();
        let refresh = refresh.ok_or(OAuthError::AuthorizeAgain(Ended::NotRefreshable))?;
        let mut next = self
            .ask_for_token(
                read_next_token,
                &[
                    ("grant_type", "refresh_token"),
                    ("refresh_token", refresh.expose()),
                    ("client_id", &self.settings.client_id),
                    ("client_secret", self.settings.client_secret.expose()),
                ],
            )
            .await?;
        // If the server sends no new one, the old one is still valid.
        next.refresh.get_or_insert_with(|| refresh.clone());
        if next.scopes.is_empty() {
            next.scopes.clone_from(&token.scopes);
        }
        Ok(next)
    }

    /// Revokes a token, its refresh token first.
    ///
    /// # Errors
    ///
    /// [`OAuthError::Config`] without [`OAuthBuilder::revocation_url`]; see [`OAuthError`]
    /// for what else can go wrong.
    pub async fn revoke(&self, token: &Token) -> Result<(), OAuthError> {
        let endpoint = self.settings.revocation.as_ref().ok_or_else(|| {
            OAuthError::config("there is no revocation URL: set `OAuthBuilder::revocation_url`")
        })?;
        let refresh = token.refresh.as_ref().map(RefreshToken::expose);
        let refresh = refresh.map(|token| ("refresh_token", token));
        let access = ("access_token", token.access.expose());
        for (hint, token) in refresh.into_iter().chain([access]) {
            let reply = endpoint
                .post(&[
                    ("token", token),
                    ("token_type_hint", hint),
                    ("client_id", &self.settings.client_id),
                    ("client_secret", self.settings.client_secret.expose()),
                ])
                .await?;
            read_acceptance(&reply)?;
        }
        Ok(())
    }

    pub(super) fn from_settings(settings: OAuthSettings) -> Self {
        let settings = Arc::new(settings);
        Self { settings }
    }

    pub(super) fn settings(&self) -> &OAuthSettings {
        &self.settings
    }

    async fn ask_for_token(&self, read: ReadToken, form: &Form<'_>) -> Result<Token, OAuthError> {
        let endpoint = &self.settings.token;
        let reply = endpoint.post(form).await?;
        read(&reply, OffsetDateTime::now_utc()).map_err(|error| error.at_token_url(&endpoint.url))
    }
}

impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth")
            .field("client_id", &self.settings.client_id)
            .field("redirect_uri", &self.settings.redirect_uri)
            .finish_non_exhaustive()
    }
}
