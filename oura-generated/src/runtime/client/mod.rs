//! The client and its settings: how it is built, when it repeats calls, and how it limits
//! their rate.

pub(crate) mod builder;
pub(crate) mod rate_limiter;
pub(crate) mod retry;
pub(crate) mod user_agent;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

use crate::runtime::auth::credentials::Credentials;
use crate::runtime::auth::secret::AccessToken;
use crate::runtime::auth::token::TokenSource;
use crate::runtime::call::base_url::BaseUrl;
use crate::runtime::error::Error;
use crate::runtime::transport::Transport;
use builder::ClientBuilder;
use rate_limiter::RateLimiter;
use retry::RetryPolicy;

/// A client of the API. Clones are cheap and share connections, limits and settings.
#[derive(Clone)]
pub struct Client {
    /// If the settings are wrong, every call fails with this message.
    settings: Result<Arc<ClientSettings>, Arc<str>>,
    credentials: Arc<Credentials>,
}

/// What all calls of a client share.
pub(crate) struct ClientSettings {
    pub(crate) base_url: BaseUrl,
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) user_agent: HeaderValue,
    pub(crate) timeout: Duration,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) total_timeout: Option<Duration>,
    pub(crate) max_body_bytes: usize,
    pub(crate) retry: RetryPolicy,
    pub(crate) rate_limiter: Option<Box<dyn RateLimiter>>,
    #[cfg(feature = "drift-report")]
    pub(crate) drift: Option<crate::runtime::decode::drift::DriftHook>,
}

impl Client {
    /// A client with an access token and otherwise the defaults of
    /// [`builder`](Self::builder).
    ///
    /// This does not fail. If the token cannot be sent, or the client cannot be set up, calls fail
    /// with that error.
    pub fn new(token: impl Into<AccessToken>) -> Self {
        // As a source, the token is checked by each call: one that cannot be sent does not fail
        // calls that need no token.
        let builder = Self::builder().token_source(token.into());
        builder.build().unwrap_or_else(|error| Self {
            settings: Err(error.to_string().into()),
            credentials: Arc::default(),
        })
    }

    /// A client whose settings are chosen one by one.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// The same client for another user: connections, limits and settings are shared.
    pub fn with_access_token(&self, token: impl Into<AccessToken>) -> Self {
        self.with_token_source(token.into())
    }

    /// The same client for another user, whose tokens come from a source, for example one
    /// that refreshes them: connections, limits and settings are shared.
    pub fn with_token_source(&self, source: impl TokenSource) -> Self {
        let credentials = Credentials {
            token: Some(Arc::new(source)),
            values: self.credentials.values.clone(),
        };
        Self {
            settings: self.settings.clone(),
            credentials: Arc::new(credentials),
        }
    }

    pub(crate) fn from_parts(settings: ClientSettings, credentials: Credentials) -> Self {
        Self {
            settings: Ok(Arc::new(settings)),
            credentials: Arc::new(credentials),
        }
    }

    pub(crate) fn settings(&self) -> Result<&ClientSettings, Error> {
        self.settings
            .as_deref()
            .map_err(|message| Error::config(&**message))
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base_url = self.settings.as_deref().map(|settings| &settings.base_url);
        f.debug_struct("Client")
            .field("base_url", &base_url)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}
