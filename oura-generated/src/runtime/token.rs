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
/// store that other processes write, or to refresh them.
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
