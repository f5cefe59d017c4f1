//! Builds a client from its settings, or says which setting is wrong.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::rate_limiter::{MemoryLimiter, RateLimiter};
use super::retry::RetryPolicy;
use super::user_agent::UserAgent;
use crate::generated::API;
use crate::runtime::auth::credentials::{Credentials, Value, check_token};
use crate::runtime::auth::secret::AccessToken;
use crate::runtime::auth::token::TokenSource;
use crate::runtime::call::base_url::BaseUrl;
use crate::runtime::client::{Client, ClientSettings};
use crate::runtime::error::Error;
use crate::runtime::transport::Transport;

/// Builds a [`Client`] from settings.
#[must_use = "`build` makes the client"]
pub struct ClientBuilder {
    credentials: Credentials,
    /// A token that is known now is checked by `build`.
    token: Option<AccessToken>,
    base_url: Option<String>,
    allow_plain_http: bool,
    user_agent: UserAgent,
    timeout: Duration,
    connect_timeout: Duration,
    total_timeout: Option<Duration>,
    max_body_bytes: usize,
    retry: RetryPolicy,
    /// The limiter, or why its settings cannot work.
    rate_limiter: Option<Result<Box<dyn RateLimiter>, &'static str>>,
    transport: Option<Box<dyn Transport>>,
    #[cfg(feature = "drift-report")]
    drift: Option<crate::runtime::decode::drift::DriftHook>,
    #[cfg(feature = "reqwest")]
    http: crate::runtime::transport::reqwest::HttpSettings,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            credentials: Credentials::default(),
            token: None,
            base_url: API.server.map(str::to_owned),
            allow_plain_http: false,
            user_agent: UserAgent::default(),
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            total_timeout: None,
            max_body_bytes: 64 * 1024 * 1024,
            retry: RetryPolicy::default(),
            rate_limiter: None,
            transport: None,
            #[cfg(feature = "drift-report")]
            drift: None,
            #[cfg(feature = "reqwest")]
            http: crate::runtime::transport::reqwest::HttpSettings::default(),
        }
    }
}

impl ClientBuilder {
    /// Sets the access token of routes that take one.
    pub fn access_token(mut self, token: impl Into<AccessToken>) -> Self {
        let token = token.into();
        self.credentials.token = Some(Arc::new(token.clone()));
        self.token = Some(token);
        self
    }

    /// Sets where the access token of each call comes from.
    pub fn token_source(mut self, source: impl TokenSource) -> Self {
        self.credentials.token = Some(Arc::new(source));
        self.token = None;
        self
    }

    /// Sets the id and the secret of the application, for routes that take those.
    pub fn client_credentials(self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        let [id_scheme, secret_scheme] = match API.client {
            [id, secret] => [id.name, secret.name],
            // `build` says that there are none.
            _ => ["client id", "client secret"],
        };
        self.credential(id_scheme, id)
            .credential(secret_scheme, secret)
    }

    /// Sets the value of a security scheme of the spec, by the scheme's name: an API key, for
    /// example. Schemes that take an access token are set with
    /// [`access_token`](Self::access_token) or [`token_source`](Self::token_source).
    ///
    /// A route names alternatives, each a set of schemes. A call sends the values of the first
    /// alternative for which the client has all, and nothing of the others; it sends none if
    /// the route also takes calls without credentials and the client has none for it. Otherwise
    /// it fails with [`Error::Credentials`]. [`build`](Self::build) refuses a name that the spec
    /// does not have.
    pub fn credential(mut self, scheme: impl Into<String>, value: impl Into<String>) -> Self {
        let value = Value::text(value.into());
        self.credentials.values.insert(scheme.into(), value);
        self
    }

    /// Sets the user name and the password of a security scheme for HTTP's basic
    /// authentication, by the scheme's name in the spec.
    pub fn basic_auth(
        mut self,
        scheme: impl Into<String>,
        user: impl AsRef<str>,
        password: impl Into<String>,
    ) -> Self {
        let value = Value::password(user.as_ref(), password.into());
        self.credentials.values.insert(scheme.into(), value);
        self
    }

    /// Sets the URL in front of every path, instead of the spec's server. Plain `http`
    /// is allowed only to this machine, see [`allow_plain_http`](Self::allow_plain_http).
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Allows a base URL with plain `http` to another machine. Credentials and health data
    /// are then sent without encryption.
    pub fn allow_plain_http(mut self, allow: bool) -> Self {
        self.allow_plain_http = allow;
        self
    }

    /// Names the application in the `User-Agent`, in front of this crate: `my-app/1.2` gives
    /// `my-app/1.2 oura-generated/0.1.0`. Oura requires a name in every request, and may
    /// refuse a request without one with 403.
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

    /// Sets the time limit of one attempt, from the connection to the last byte. Default:
    /// 30 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the time limit for connecting. Default: 10 seconds. It has no effect on a
    /// [`transport`](Self::transport) that you set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the time limit of a call with all its attempts and the waits between them.
    /// Default: none beyond those of the attempts and the retry policy.
    pub fn total_timeout(mut self, timeout: Duration) -> Self {
        self.total_timeout = Some(timeout);
        self
    }

    /// Sets how long the body of a response may be, also after decompression. Default:
    /// 64 MiB.
    pub fn max_body_bytes(mut self, limit: usize) -> Self {
        self.max_body_bytes = limit;
        self
    }

    /// Sets the retries of calls that fail for a reason that may pass.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Makes no more than `calls` calls in any `window`, over all clones of the client and
    /// all users: further calls wait for their turn. Each attempt counts, as it does on the
    /// server. Default: no limit. [`build`](Self::build) refuses a limit of zero calls and a
    /// window without end.
    ///
    /// A call that would have to wait beyond its total timeout fails at once.
    ///
    /// The server limits each application as a whole; this keeps many users of one client
    /// from running into that limit together.
    pub fn rate_limit(mut self, calls: usize, window: Duration) -> Self {
        let limiter = MemoryLimiter::new(calls, window);
        self.rate_limiter = Some(limiter.map(|limiter| Box::new(limiter) as _));
        self
    }

    /// Sets a rate limiter that is asked before each attempt, instead of a
    /// [`rate_limit`](Self::rate_limit) in memory: one that several processes share, for example.
    pub fn rate_limiter(mut self, limiter: impl RateLimiter) -> Self {
        self.rate_limiter = Some(Ok(Box::new(limiter)));
        self
    }

    /// Sets a function that is called when a response has fields or values that this crate does
    /// not know.
    /// Each response is then read a second time.
    #[cfg(feature = "drift-report")]
    pub fn on_drift(
        mut self,
        report: impl Fn(&crate::runtime::decode::drift::DriftReport) + Send + Sync + 'static,
    ) -> Self {
        self.drift = Some(crate::runtime::decode::drift::DriftHook(Arc::new(report)));
        self
    }

    /// Sets the transport, instead of the default one.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Box::new(transport));
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] says which setting cannot work.
    pub fn build(mut self) -> Result<Client, Error> {
        let base_url = self.check_base_url()?;
        self.check_credentials().map_err(Error::config)?;
        let user_agent = self.user_agent.header()?;
        let rate_limiter = self
            .rate_limiter
            .take()
            .transpose()
            .map_err(Error::config)?;
        // The connect timeout of the user's transport is not known here.
        let connect_timeout = self.transport.is_none().then_some(self.connect_timeout);
        let transport = match self.transport.take() {
            Some(transport) => transport,
            None => self.default_transport(&base_url)?,
        };
        let settings = ClientSettings {
            base_url,
            transport,
            user_agent,
            timeout: self.timeout,
            connect_timeout,
            total_timeout: self.total_timeout,
            max_body_bytes: self.max_body_bytes,
            retry: self.retry,
            rate_limiter,
            #[cfg(feature = "drift-report")]
            drift: self.drift,
        };
        Ok(Client::from_parts(settings, self.credentials))
    }

    fn check_base_url(&self) -> Result<BaseUrl, Error> {
        let base_url = self.base_url.as_deref().ok_or_else(|| {
            Error::config("the spec names no server: set `ClientBuilder::base_url`")
        })?;
        BaseUrl::parse("the base URL", base_url, self.allow_plain_http).map_err(Error::config)
    }

    fn check_credentials(&self) -> Result<(), String> {
        if let Some(token) = &self.token {
            check_token(token)?;
        }
        self.credentials.check()
    }

    #[cfg(feature = "reqwest")]
    fn default_transport(&mut self, base_url: &BaseUrl) -> Result<Box<dyn Transport>, Error> {
        std::mem::take(&mut self.http).connect(base_url, self.connect_timeout, self.max_body_bytes)
    }

    #[cfg(not(feature = "reqwest"))]
    fn default_transport(&mut self, _: &BaseUrl) -> Result<Box<dyn Transport>, Error> {
        let message = "set `ClientBuilder::transport`, or use the feature `reqwest`";
        Err(Error::config(message))
    }
}

/// Settings of the default transport.
#[cfg(feature = "reqwest")]
impl ClientBuilder {
    /// Sends calls through a proxy: `http://host:port`, with credentials if it takes any.
    /// Without it the proxy of the environment is used (`HTTPS_PROXY` and the like).
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.http.proxy = Some(url.into());
        self
    }

    /// Trusts one more root certificate, or several in one file, in PEM.
    pub fn add_root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.http.roots.push(pem.into());
        self
    }

    /// Changes the settings of the HTTP client. The safety settings of this crate (no
    /// redirects, no plain `http` unless allowed) are applied afterwards. TLS is set up before:
    /// reqwest's TLS settings take effect only after `tls_backend_rustls` or `tls_backend_native`.
    ///
    /// Any version of this crate may use a new major version of reqwest: with this feature, your
    /// program may not compile after an update.
    #[cfg(feature = "unstable-reqwest")]
    pub fn configure_http(
        mut self,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + 'static,
    ) -> Self {
        self.http.configure = Some(Box::new(configure));
        self
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("credentials", &self.credentials)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
