//! Where access tokens come from.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use super::secret::AccessToken;
use crate::Route;
use crate::runtime::error::message::unshown_cause;
use crate::runtime::error::{Cause, CredentialsProblem, Error};

/// The future of a [`TokenSource`].
pub type TokenFuture<'a> =
    Pin<Box<dyn Future<Output = Result<AccessToken, TokenError>> + Send + 'a>>;

/// Provides the access token for each call.
///
/// An [`AccessToken`] is a source that always returns itself. Implement it to take tokens from a
/// store that other processes write, or to refresh them. An implementation must expect that
///
/// - it is asked by several calls at once, also for a fresh token in place of the same
///   rejected one: let one of them refresh and the others wait for it, because a refresh
///   token can be used once;
/// - a call is cancelled while it waits: use a separate task for work that must not be lost (a
///   refresh, and storing its outcome);
/// - only a total timeout ends a call that waits for a token: set a time limit yourself.
///
/// It fails with a [`TokenError`], which decides what
/// [`Error::is_unauthorized`](crate::Error::is_unauthorized) and
/// [`Error::is_retryable`](crate::Error::is_retryable) say about the call. The text of its
/// cause becomes part of [`Error::Credentials`](crate::Error::Credentials) and must not
/// contain secrets.
///
/// ```
/// use oura_generated::{AccessToken, TokenError, TokenFuture, TokenSource};
///
/// struct Vault;
///
/// impl Vault {
///     async fn read(&self) -> Result<Option<String>, std::io::Error> {
///         Ok(None)
///     }
/// }
///
/// impl TokenSource for Vault {
///     fn token(&self) -> TokenFuture<'_> {
///         Box::pin(async {
///             let token = self.read().await.map_err(TokenError::temporary)?;
///             let token = token.ok_or_else(|| TokenError::authorize_again("no token is stored"))?;
///             Ok(AccessToken::new(token))
///         })
///     }
/// }
/// ```
pub trait TokenSource: Send + Sync + 'static {
    /// The token for the next call.
    fn token(&self) -> TokenFuture<'_>;

    /// A fresh token, after the server refused `rejected` with 401. It is asked for once per
    /// call, and the call is repeated if this returns another token. The default asks
    /// [`token`](Self::token) again, which is right for a source that reads a store.
    fn fresh_token<'a>(&'a self, rejected: &'a AccessToken) -> TokenFuture<'a> {
        let _ = rejected;
        self.token()
    }

    /// The newest token, after the server said that `refused` lacks a scope: the user may have
    /// granted it since, to another process. The call is repeated once if this returns another
    /// token. It must not refresh `refused`: a refresh returns the same scopes. If it fails, the
    /// call fails with the server's response. The default asks [`token`](Self::token) again.
    fn newer_token<'a>(&'a self, refused: &'a AccessToken) -> TokenFuture<'a> {
        let _ = refused;
        self.token()
    }
}

impl TokenSource for AccessToken {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(std::future::ready(Ok(self.clone())))
    }
}

impl<T: TokenSource + ?Sized> TokenSource for std::sync::Arc<T> {
    fn token(&self) -> TokenFuture<'_> {
        (**self).token()
    }

    fn fresh_token<'a>(&'a self, rejected: &'a AccessToken) -> TokenFuture<'a> {
        (**self).fresh_token(rejected)
    }

    fn newer_token<'a>(&'a self, refused: &'a AccessToken) -> TokenFuture<'a> {
        (**self).newer_token(refused)
    }
}

/// Why a [`TokenSource`] has no token, and what can be done about it.
///
/// There is no conversion from other errors, so that `?` does not choose by accident:
/// name the constructor, as in `.map_err(TokenError::temporary)?`. Only an error of the module
/// `oauth` converts, since it knows which of the three it is.
pub struct TokenError {
    problem: CredentialsProblem,
    message: String,
    cause: Cause,
}

impl TokenError {
    /// The user has to authorize the application again. The
    /// [`is_unauthorized`](crate::Error::is_unauthorized) of the call's error is true.
    pub fn authorize_again(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let message = "there is no access token until the user authorizes the application again";
        Self::new(CredentialsProblem::AuthorizeAgain, message, cause.into())
    }

    /// The same may work later. The [`is_retryable`](crate::Error::is_retryable) of the call's
    /// error is true.
    pub fn temporary(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let message = "the token source has no access token for now; try again later";
        Self::new(CredentialsProblem::Temporary, message, cause.into())
    }

    /// Neither a new authorization nor a retry can help: a setting is wrong, for example.
    pub fn other(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let message = "the token source has no access token";
        Self::new(CredentialsProblem::Other, message, cause.into())
    }

    pub(crate) fn new(
        problem: CredentialsProblem,
        message: impl Into<String>,
        cause: Cause,
    ) -> Self {
        Self {
            problem,
            message: message.into(),
            cause,
        }
    }

    /// Whether the user has to authorize the application again.
    pub fn needs_authorization(&self) -> bool {
        self.problem == CredentialsProblem::AuthorizeAgain
    }

    /// Whether the same may work later.
    pub fn is_retryable(&self) -> bool {
        self.problem == CredentialsProblem::Temporary
    }

    /// The error of a call that had no token.
    pub(crate) fn into_error(self, route: Option<Route>) -> Error {
        Error::Credentials {
            route,
            message: self.message,
            problem: self.problem,
            source: Some(self.cause),
            cursor: None,
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenError")
            .field("problem", &self.problem)
            .field("cause", &self.cause)
            .finish()
    }
}

impl StdError for TokenError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        unshown_cause(&self.message, &*self.cause)
    }
}
