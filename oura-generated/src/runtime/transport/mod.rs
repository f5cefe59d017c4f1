//! How requests reach a server: the trait, its errors, the transport of reqwest, and one in
//! memory for tests.

pub(crate) mod memory;
#[cfg(feature = "reqwest")]
pub(crate) mod reqwest;
#[cfg(feature = "reqwest")]
mod tls;

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

/// The future of [`Transport::send`].
pub type TransportFuture<'a> =
    Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, TransportError>> + Send + 'a>>;

/// Sends one request and reads its response.
///
/// The client has put everything into the request: URL, credentials, body. Implement it to
/// use another HTTP client, or to respond from memory in tests. A transport must not follow
/// redirects or change the headers: both would pass credentials on.
///
/// The client enforces the time limits; a transport only has to stop when its future is dropped.
/// A body may be gzip-compressed if its `content-encoding` says so.
pub trait Transport: Send + Sync + 'static {
    /// Sends `request` and reads the whole response, whatever its status.
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_>;
}

impl<T: Transport + ?Sized> Transport for std::sync::Arc<T> {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        (**self).send(request)
    }
}

/// Why a transport returned no response.
#[derive(Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    /// The problem that the client itself found.
    message: Option<&'static str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What happened to the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection: the server has not seen the request.
    Connect,
    /// No connection within the connect timeout: the server has not seen the request.
    ConnectTimeout,
    /// The connection broke: the server may have processed the request.
    Interrupted,
    /// The body is longer than the client accepts.
    BodyTooLarge,
    /// Anything else.
    Other,
}

impl TransportError {
    /// An error with its cause, whose text must not contain secrets.
    pub fn new(
        kind: TransportErrorKind,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            kind,
            message: None,
            source: Some(source.into()),
        }
    }

    /// What happened to the request.
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    pub(crate) fn body_too_large() -> Self {
        Self {
            kind: TransportErrorKind::BodyTooLarge,
            message: None,
            source: None,
        }
    }

    /// A response that arrived, but cannot be read. Retrying would not help.
    pub(crate) fn unreadable(message: &'static str, source: Option<std::io::Error>) -> Self {
        Self {
            kind: TransportErrorKind::Other,
            message: Some(message),
            source: source.map(Into::into),
        }
    }

    /// Whether the same request may work later.
    pub(crate) fn is_transient(&self) -> bool {
        use TransportErrorKind::{Connect, ConnectTimeout, Interrupted};
        matches!(self.kind, Connect | ConnectTimeout | Interrupted)
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(message) = self.message {
            return f.write_str(message);
        }
        f.write_str(match self.kind {
            TransportErrorKind::Connect => {
                "no connection to the server; check the network, the base URL and the proxy"
            }
            TransportErrorKind::ConnectTimeout => {
                "no connection to the server in time; see `ClientBuilder::connect_timeout`"
            }
            TransportErrorKind::Interrupted => {
                "the connection broke; try again, but the server may have processed the request"
            }
            TransportErrorKind::BodyTooLarge => {
                "the response is too large; see `ClientBuilder::max_body_bytes`"
            }
            TransportErrorKind::Other => "the transport failed; its source says why",
        })
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
