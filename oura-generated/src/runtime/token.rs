//! Where access tokens come from.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;

use super::secret::AccessToken;

/// The future of a [`TokenSource`].
pub type TokenFuture<'a> =
    Pin<Box<dyn Future<Output = Result<AccessToken, Box<dyn StdError + Send + Sync>>> + Send + 'a>>;

/// Gives the access token for each call.
///
/// An [`AccessToken`] is one that always gives itself. Implement it to take tokens from a
/// store that other processes write, or to refresh them. An implementation must expect that
///
/// - it is asked by several calls at once, also for a fresh token in place of the same
///   rejected one: let one of them refresh and the others wait for it, because a refresh
///   token works once;
/// - a call is given up while it waits: do what must not be lost (a refresh, the storing of
///   its outcome) in a task of its own;
/// - nothing but a total timeout ends a call that waits for a token: bound the time yourself.
///
/// The text of its errors becomes part of [`Error::Credentials`](crate::Error::Credentials)
/// and must not contain secrets.
pub trait TokenSource: Send + Sync + 'static {
    /// The token for the next call.
    fn token(&self) -> TokenFuture<'_>;

    /// A fresh token, after the server refused `rejected` with 401. It is asked for once a
    /// call, and the call is repeated if the answer is another token. By default the source
    /// is asked again, which is right for one that reads a store.
    fn fresh_token<'a>(&'a self, rejected: &'a AccessToken) -> TokenFuture<'a> {
        let _ = rejected;
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
}
