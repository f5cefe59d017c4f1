//! What can go wrong between a user, the authorization server and a store.
//!
//! Invariant: no error holds a token, a code, a secret or the body of a response.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{StatusCode, Uri};

use super::store::StoreError;
use crate::runtime::auth::token::TokenError;
use crate::runtime::decode::wire::OpenEnum;
use crate::runtime::error::message::OneLine;
use crate::runtime::error::{CredentialsProblem, Error};
use crate::runtime::prelude::string_enum;

/// The longest text of the server that a message quotes.
const QUOTE_LIMIT: usize = 200;

/// Why there is no token.
///
/// Neither `Display` nor `Debug` shows the response of the token URL.
#[derive(Clone)]
#[non_exhaustive]
pub enum OAuthError {
    /// The settings cannot work, or do not allow this.
    #[non_exhaustive]
    Config {
        /// What is wrong, and what to do.
        message: String,
    },

    /// The redirect does not belong to this authorization: its `state` is another one.
    /// Someone may have sent the user here.
    State,

    /// The user or the server denied the authorization: the redirect carries an error.
    #[non_exhaustive]
    Denied {
        /// The error code.
        code: OAuthErrorCode,
        /// The server's description.
        description: Option<String>,
    },

    /// The redirect carries neither a code nor an error.
    NoCode,

    /// The authorization server refused the request.
    #[non_exhaustive]
    Refused {
        /// The status of the response.
        status: StatusCode,
        /// The error code, if the server sent one.
        code: Option<OAuthErrorCode>,
        /// The server's description. It is not part of the message.
        description: Option<String>,
        /// The token URL, if the request went there.
        url: Option<String>,
    },

    /// There is no valid token until the user authorizes the application again.
    AuthorizeAgain(Ended),

    /// The authorization server returned something that is not a token.
    #[non_exhaustive]
    Reply {
        /// The status of the response.
        status: StatusCode,
        /// The problem.
        problem: &'static str,
    },

    /// The authorization server cannot be reached, or is overloaded.
    #[non_exhaustive]
    Unavailable {
        /// The cause.
        source: Arc<Error>,
    },

    /// A refresh took too long.
    #[non_exhaustive]
    RefreshTimeout {
        /// [`OAuthBuilder::refresh_timeout`](super::OAuthBuilder::refresh_timeout).
        after: Duration,
    },

    /// No browser came back from a login.
    #[non_exhaustive]
    LoginTimeout {
        /// [`OAuthBuilder::login_timeout`](super::OAuthBuilder::login_timeout).
        after: Duration,
    },

    /// The token store failed.
    Store(StoreError),

    /// The runtime stopped while a token was refreshed or stored.
    Interrupted,
}

/// Why a token cannot be used any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ended {
    /// The server refused the code or the refresh token: it is expired, used or revoked.
    Rejected,
    /// The token has expired, and it came without a refresh token, or with one that the server
    /// has refused before.
    NotRefreshable,
    /// The token was removed from its store: the user has logged out.
    LoggedOut,
}

/// An error code of OAuth2.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum OAuthErrorCode {
    /// The user or the server denied the authorization.
    AccessDenied,
    /// The client id or the client secret is wrong.
    InvalidClient,
    /// The code or the refresh token is expired, used or revoked.
    InvalidGrant,
    /// The redirect URI is not the registered one.
    InvalidRedirectUri,
    /// The request is malformed.
    InvalidRequest,
    /// A scope is unknown, or more than the application may ask for.
    InvalidScope,
    /// The server failed.
    ServerError,
    /// The server is overloaded.
    TemporarilyUnavailable,
    /// The application may not do this.
    UnauthorizedClient,
    /// The server does not support this `grant_type`.
    UnsupportedGrantType,
    /// The server does not support this `response_type`.
    UnsupportedResponseType,
    /// A code that this crate does not know.
    Unrecognized(String),
}

string_enum!(OAuthErrorCode {
    AccessDenied = "access_denied",
    InvalidClient = "invalid_client",
    InvalidGrant = "invalid_grant",
    InvalidRedirectUri = "invalid_redirect_uri",
    InvalidRequest = "invalid_request",
    InvalidScope = "invalid_scope",
    ServerError = "server_error",
    TemporarilyUnavailable = "temporarily_unavailable",
    UnauthorizedClient = "unauthorized_client",
    UnsupportedGrantType = "unsupported_grant_type",
    UnsupportedResponseType = "unsupported_response_type",
});

impl OAuthError {
    /// Whether the user has to authorize the application again.
    pub fn needs_authorization(&self) -> bool {
        match self {
            Self::AuthorizeAgain(_) => true,
            Self::Store(error) => error.is_corrupt(),
            _ => false,
        }
    }

    /// Whether the same may work later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::RefreshTimeout { .. } | Self::Interrupted => true,
            Self::Store(error) => !error.is_corrupt(),
            Self::Reply { .. } => true,
            _ => false,
        }
    }

    /// The same error of a request to the token URL, which can be shown: the builder takes none
    /// with a query or user information.
    pub(super) fn at_token_url(mut self, token_url: &Uri) -> Self {
        if let Self::Refused { url, .. } = &mut self {
            *url = Some(token_url.to_string());
        }
        self
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::Config {
            message: message.into(),
        }
    }

    /// Without a runtime, time limits and tasks would panic.
    pub(crate) fn check_runtime() -> Result<(), Self> {
        let runtime = tokio::runtime::Handle::try_current();
        let missing = |_| Self::config("this needs a tokio runtime; call it inside of one");
        runtime.map(drop).map_err(missing)
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config { message } => OneLine::of(message).fmt(f),
            Self::State => f.write_str(
                "the redirect does not belong to this authorization (its `state` differs): \
                 authorize again",
            ),
            Self::Denied { code, description } => {
                let code = OneLine::cut(code.as_str(), QUOTE_LIMIT);
                write!(f, "the authorization was denied: {code}")?;
                description.as_deref().map_or(Ok(()), |text| {
                    write!(f, " ({})", OneLine::cut(text, QUOTE_LIMIT))
                })
            }
            Self::NoCode => f.write_str("the redirect carries neither a code nor an error"),
            Self::Refused {
                status, code, url, ..
            } => fmt_refused(f, *status, code.as_ref(), url.as_deref()),
            Self::AuthorizeAgain(ended) => write!(f, "{ended}: authorize again"),
            Self::Reply { status, problem } => write!(
                f,
                "the authorization server's response (status {}) {problem}",
                status.as_u16()
            ),
            Self::Unavailable { .. } => {
                f.write_str("the authorization server sent no usable response")
            }
            Self::RefreshTimeout { after } => write!(
                f,
                "the authorization server sent no token within {after:?}; to wait longer, see \
                 `OAuthBuilder::refresh_timeout`"
            ),
            Self::LoginTimeout { after } => write!(
                f,
                "no browser came back within {after:?}: log in again; to wait longer, see \
                 `OAuthBuilder::login_timeout`"
            ),
            Self::Store(error) => error.fmt(f),
            Self::Interrupted => {
                f.write_str("the runtime stopped while the token was refreshed or stored")
            }
        }
    }
}

/// Shows only codes that this crate knows: an unknown one may contain anything.
fn fmt_refused(
    f: &mut fmt::Formatter<'_>,
    status: StatusCode,
    code: Option<&OAuthErrorCode>,
    token_url: Option<&str>,
) -> fmt::Result {
    let status = status.as_u16();
    write!(
        f,
        "the authorization server refused the request (status {status}"
    )?;
    match code {
        Some(code) if code.is_known() => write!(f, ", {code})"),
        _ => f.write_str(")"),
    }?;
    match (code, token_url) {
        (Some(OAuthErrorCode::InvalidClient), _) => f.write_str("; check client id and secret"),
        (Some(OAuthErrorCode::InvalidRedirectUri), _) => {
            f.write_str("; the redirect URI must be the registered one, character for character")
        }
        // The server does not say that the client, the token or the scopes are wrong.
        (
            None | Some(OAuthErrorCode::InvalidRequest | OAuthErrorCode::Unrecognized(_)),
            Some(url),
        ) => {
            write!(
                f,
                "; is {} the right token URL? Applications of the newer developer portal need \
                 another one than the spec's: see `OAuthBuilder::token_url`",
                OneLine::cut(url, QUOTE_LIMIT)
            )
        }
        _ => Ok(()),
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rejected => "the server refused the code or the refresh token",
            Self::NotRefreshable => "the token has expired and cannot be refreshed",
            Self::LoggedOut => "the user has logged out",
        })
    }
}

impl fmt::Debug for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config { message } => f.debug_tuple("Config").field(message).finish(),
            Self::State => f.write_str("State"),
            Self::Denied { code, description } => {
                let mut out = f.debug_struct("Denied");
                out.field("code", code).field("description", description);
                out.finish()
            }
            Self::NoCode => f.write_str("NoCode"),
            Self::Refused {
                status, code, url, ..
            } => {
                let known = code.as_ref().filter(|code| code.is_known());
                let mut out = f.debug_struct("Refused");
                out.field("status", status).field("code", &known);
                out.field("url", url);
                out.finish_non_exhaustive()
            }
            Self::AuthorizeAgain(ended) => f.debug_tuple("AuthorizeAgain").field(ended).finish(),
            Self::Reply { status, problem } => {
                let mut out = f.debug_struct("Reply");
                out.field("status", status).field("problem", problem);
                out.finish()
            }
            Self::Unavailable { source } => f.debug_tuple("Unavailable").field(source).finish(),
            Self::RefreshTimeout { after } => f
                .debug_struct("RefreshTimeout")
                .field("after", after)
                .finish(),
            Self::LoginTimeout { after } => f
                .debug_struct("LoginTimeout")
                .field("after", after)
                .finish(),
            Self::Store(error) => f.debug_tuple("Store").field(error).finish(),
            Self::Interrupted => f.write_str("Interrupted"),
        }
    }
}

impl std::error::Error for OAuthError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unavailable { source } => Some(&**source),
            Self::Store(error) => std::error::Error::source(error),
            _ => None,
        }
    }
}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Used by token sources that wrap a session.
impl From<OAuthError> for TokenError {
    fn from(error: OAuthError) -> Self {
        let problem = match &error {
            error if error.needs_authorization() => CredentialsProblem::AuthorizeAgain,
            error if error.is_retryable() => CredentialsProblem::Temporary,
            _ => CredentialsProblem::Other,
        };
        Self::new(problem, error.to_string(), Box::new(error))
    }
}

/// Lets programs that log in and call the API use one type of error.
impl From<OAuthError> for Error {
    fn from(error: OAuthError) -> Self {
        TokenError::from(error).into_error(None)
    }
}
