//! Builds an [`OAuth`] from its settings, or says which setting is wrong.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;

use super::bounded::Limits;
use super::endpoint::Endpoint;
use super::error::OAuthError;
use super::flow::{OAuth, OAuthSettings, SaveHook};
use crate::generated::API;
use crate::runtime::auth::secret::SecretText;
use crate::runtime::call::base_url::BaseUrl;
use crate::runtime::client::retry::RetryPolicy;
use crate::runtime::client::user_agent::UserAgent;
use crate::runtime::error::Error;
use crate::runtime::transport::Transport;

/// Builds an [`OAuth`] from settings.
#[must_use = "`build` makes the flow"]
pub struct OAuthBuilder {
    client_id: String,
    client_secret: SecretText,
    redirect_uri: String,
    authorization_url: Option<String>,
    token_url: Option<String>,
    revocation_url: Option<String>,
    allow_plain_http: bool,
    user_agent: UserAgent,
    timeout: Duration,
    retry: RetryPolicy,
    refresh_margin: Duration,
    limits: Limits,
    login_timeout: Duration,
    base_url: Option<String>,
    on_save_error: Option<SaveHook>,
    transport: Option<Arc<dyn Transport>>,
    #[cfg(feature = "reqwest")]
    proxy: Option<String>,
    #[cfg(feature = "reqwest")]
    roots: Vec<Vec<u8>>,
}

impl OAuthBuilder {
    pub(super) fn new(client_id: String, client_secret: String, redirect_uri: String) -> Self {
        Self {
            client_id,
            client_secret: SecretText::new(client_secret),
            redirect_uri,
            authorization_url: API.authorization_url.map(str::to_owned),
            token_url: API.token_url.map(str::to_owned),
            revocation_url: None,
            allow_plain_http: false,
            user_agent: UserAgent::default(),
            timeout: Duration::from_secs(30),
            retry: RetryPolicy::default()
                .max_retries(2)
                .max_delay(Duration::from_secs(5)),
            refresh_margin: Duration::from_secs(5 * 60),
            limits: Limits {
                refresh: Duration::from_secs(30),
                store: Duration::from_secs(10),
            },
            login_timeout: Duration::from_secs(5 * 60),
            base_url: None,
            on_save_error: None,
            transport: None,
            #[cfg(feature = "reqwest")]
            proxy: None,
            #[cfg(feature = "reqwest")]
            roots: Vec::new(),
        }
    }

    /// Sets the URL where users authorize the application, instead of the spec's URL.
    pub fn authorization_url(mut self, url: impl Into<String>) -> Self {
        self.authorization_url = Some(url.into());
        self
    }

    /// Sets the URL where codes and refresh tokens are exchanged, instead of the spec's URL.
    /// Applications of the newer developer portal are said to need another one.
    pub fn token_url(mut self, url: impl Into<String>) -> Self {
        self.token_url = Some(url.into());
        self
    }

    /// Sets the URL where tokens are revoked (RFC 7009). The spec names no such URL.
    pub fn revocation_url(mut self, url: impl Into<String>) -> Self {
        self.revocation_url = Some(url.into());
        self
    }

    /// Allows URLs with plain `http` to another machine. Secrets are then sent without
    /// encryption. Plain `http` to this machine is always allowed.
    pub fn allow_plain_http(mut self, allow: bool) -> Self {
        self.allow_plain_http = allow;
        self
    }

    /// Names the application in the `User-Agent`, in front of this crate: `my-app/1.2` gives
    /// `my-app/1.2 oura-generated/0.1.0`. Oura requires a name in every request, also to the token
    /// URL, and may refuse a request without one with 403.
    pub fn app_name(mut self, app_name: impl Into<String>) -> Self {
        self.user_agent.app_name = Some(app_name.into());
        self
    }

    /// Sets the whole `User-Agent`, instead of [`app_name`](Self::app_name) and the name and
    /// version of this crate.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent.whole = Some(user_agent.into());
        self
    }

    /// Sets the time limit of one request. Default: 30 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the retries of requests that the server cannot have acted on. Default: two retries,
    /// after waits of no more than 5 seconds.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets how long before its expiry an access token is refreshed. Default: 5 minutes, but
    /// never more than a quarter of the token's lifetime.
    pub fn refresh_margin(mut self, margin: Duration) -> Self {
        self.refresh_margin = margin;
        self
    }

    /// Sets the time limit of a refresh, with its retries, after which a session gives up.
    /// Default: 30 seconds.
    ///
    /// A session holds the lock of its store for this time and three times that of
    /// [`store_timeout`](Self::store_timeout) at most.
    pub fn refresh_timeout(mut self, timeout: Duration) -> Self {
        self.limits.refresh = timeout;
        self
    }

    /// Sets the time limit of one operation of a token store. Default: 10 seconds. A session waits
    /// for the lock of a store as long as another process may hold it, and this time on top.
    pub fn store_timeout(mut self, timeout: Duration) -> Self {
        self.limits.store = timeout;
        self
    }

    /// Sets how long [`OAuth::login`] waits for the browser. Default: 5 minutes.
    pub fn login_timeout(mut self, timeout: Duration) -> Self {
        self.login_timeout = timeout;
        self
    }

    /// Sets the server that [`OAuth::login`] asks for the user of a token, instead of the spec's.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Sets a function that is called each time a session cannot store its token. The token stays
    /// in memory, and a later attempt stores it.
    pub fn on_save_error(mut self, hook: impl Fn(&OAuthError) + Send + Sync + 'static) -> Self {
        self.on_save_error = Some(Arc::new(hook));
        self
    }

    /// Sets the transport of requests to the authorization server, instead of the default one.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Builds the flow.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] says which setting cannot work.
    pub fn build(self) -> Result<OAuth, Error> {
        self.check_application().map_err(Error::config)?;
        let authorization_url = self.authorization_url.as_deref().ok_or_else(|| {
            Error::config("the spec names no authorization URL: set `authorization_url`")
        })?;
        if authorization_url.contains('#') {
            // The parameters would become part of the fragment, which browsers do not send.
            let message = "the authorization URL must not contain `#`";
            return Err(Error::config(message));
        }
        let plain = authorization_url.split('?').next().unwrap_or_default();
        BaseUrl::parse("the authorization URL", plain, self.allow_plain_http)
            .map_err(Error::config)?;
        let token_url = self
            .token_url
            .as_deref()
            .ok_or_else(|| Error::config("the spec names no token URL: set `token_url`"))?;
        let revocation = self.revocation_url.as_deref();
        let revocation = revocation
            .map(|url| self.endpoint("the revocation URL", url))
            .transpose()?;
        let settings = OAuthSettings {
            authorization_url: authorization_url.to_owned(),
            token: self.endpoint("the token URL", token_url)?,
            revocation,
            client_id: self.client_id,
            client_secret: self.client_secret,
            redirect_uri: self.redirect_uri,
            refresh_margin: self.refresh_margin,
            limits: self.limits,
            login_timeout: self.login_timeout,
            base_url: self.base_url,
            allow_plain_http: self.allow_plain_http,
            on_save_error: self.on_save_error,
        };
        Ok(OAuth::from_settings(settings))
    }

    fn check_application(&self) -> Result<(), &'static str> {
        if self.client_id.is_empty() || self.client_secret.expose().is_empty() {
            return Err("the client id or the client secret is empty");
        }
        let uri = &self.redirect_uri;
        let is_unfit = |c: char| c.is_whitespace() || c.is_control() || c == '#';
        if !uri.contains(':') || uri.contains(is_unfit) {
            return Err("the redirect URI is not an absolute URI without a fragment");
        }
        Ok(())
    }

    fn endpoint(&self, name: &str, url: &str) -> Result<Endpoint, Error> {
        let checked = BaseUrl::parse(name, url, self.allow_plain_http).map_err(Error::config)?;
        let transport = match &self.transport {
            Some(transport) => Arc::clone(transport),
            None => self.default_transport(&checked)?,
        };
        let url: Uri = url
            .parse()
            .map_err(|_| Error::config(format!("{name} is not a URL")))?;
        Ok(Endpoint {
            url,
            transport,
            user_agent: self.user_agent.header()?,
            timeout: self.timeout,
            retry: self.retry.clone(),
        })
    }

    #[cfg(feature = "reqwest")]
    fn default_transport(&self, url: &BaseUrl) -> Result<Arc<dyn Transport>, Error> {
        #[allow(clippy::needless_update, reason = "a feature adds a field")]
        let settings = crate::runtime::transport::reqwest::HttpSettings {
            proxy: self.proxy.clone(),
            roots: self.roots.clone(),
            ..Default::default()
        };
        let connect_timeout = self.timeout.min(Duration::from_secs(10));
        settings
            .connect(url, connect_timeout, super::endpoint::BODY_LIMIT)
            .map(Arc::from)
    }

    #[cfg(not(feature = "reqwest"))]
    fn default_transport(&self, _: &BaseUrl) -> Result<Arc<dyn Transport>, Error> {
        let message = "set `OAuthBuilder::transport`, or use the feature `reqwest`";
        Err(Error::config(message))
    }
}

/// Settings of the default transport.
#[cfg(feature = "reqwest")]
impl OAuthBuilder {
    /// Sends requests through a proxy: `http://host:port`, with credentials if it takes any.
    /// Without it the proxy of the environment is used (`HTTPS_PROXY` and the like).
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Trusts one more root certificate, or several in one file, in PEM.
    pub fn add_root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }
}

impl fmt::Debug for OAuthBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthBuilder")
            .field("client_id", &self.client_id)
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}
