//! Authorization of users, and tokens that refresh themselves (OAuth2).
//!
//! # Once: register an application
//!
//! Register an application in Oura's developer portal. It gives you a client id and a client
//! secret; you give it a redirect URI: where the user's browser goes after the user has
//! agreed. It must be the same text, to the letter, here and there. A program on the user's
//! own machine takes one such as `http://localhost:8080/callback`. If the portal names
//! other URLs than the document, see [`OAuthBuilder::authorization_url`] and
//! [`OAuthBuilder::token_url`].
//!
//! # Once a user: authorize
//!
//! Show the user [`Authorization::url`] and ask for as few [`Scope`](crate::models::Scope)s
//! as will do. The browser comes back to the redirect URI with a code, which is good for one
//! token, and for minutes only. [`OAuth::check_redirect`] makes sure that it is the answer to
//! *this* question: keep [`Authorization::state`] with the user's browser session, never
//! with the server as a whole.
//!
//! ```no_run
//! use oura_generated::Client;
//! use oura_generated::models::Scope;
//! use oura_generated::oauth::{FileStore, OAuth};
//!
//! # async fn wait_for_the_browser() -> String { String::new() }
//! # async fn example() -> Result<(), oura_generated::Error> {
//! let redirect_uri = "http://localhost:8080/callback";
//! let oauth = OAuth::builder("client id", "client secret", redirect_uri).build()?;
//! let authorization = oauth.authorize([Scope::Daily, Scope::Personal])?;
//! println!("Open {}", authorization.url);
//!
//! let redirect = wait_for_the_browser().await; // "/callback?code=..&state=.."
//! let code = oauth.check_redirect(&redirect, &authorization.state)?;
//! let token = oauth.exchange(code).await?;
//!
//! let session = oauth.session(token, FileStore::new("oura-token.json"));
//! session.save().await?;
//! let client = Client::builder().token_source(session).build()?;
//! # Ok(())
//! # }
//! ```
//!
//! # Every other time: resume
//!
//! [`OAuth::resume`] takes the token from its [`TokenStore`]: a file ([`FileStore`]), memory
//! ([`MemoryStore`]) or a place of your own, one a user. A [`Session`] is the client's
//! [`TokenSource`](crate::TokenSource), also for
//! [`Client::with_token_source`](crate::Client::with_token_source).
//!
//! ```no_run
//! use oura_generated::oauth::{FileStore, OAuth};
//!
//! # async fn example(oauth: OAuth, client: oura_generated::Client) -> Result<(), oura_generated::Error> {
//! match oauth.resume(FileStore::new("oura-token.json")).await? {
//!     Some(session) => {
//!         let client = client.with_token_source(session);
//!         match client.get_personal_info().await {
//!             Err(error) if error.is_unauthorized() => println!("authorize again"),
//!             answer => println!("{:?}", answer?.age),
//!         }
//!     }
//!     None => println!("authorize first"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What a session does
//!
//! - It refreshes its token shortly before it ends ([`OAuthBuilder::refresh_margin`]), and
//!   once for a call that the server refuses with 401. The store is read before that: another
//!   process may have a newer token. A token that was issued less than ten minutes ago
//!   ([`Token::issued_at`]) is not refreshed for a 401, because the next one would be refused
//!   too; the call then ends with the server's answer.
//! - It does not refresh for a scope that the user has not granted: that call fails with
//!   [`ApiErrorKind::MissingScope`](crate::ApiErrorKind::MissingScope). Request the scope in
//!   another authorization. When that is stored, by whatever process, the session finds it: it
//!   reads its store after a missing scope, at most every 30 seconds. [`Session::granted`] says
//!   beforehand what will be refused.
//! - A refresh token is good for one refresh. However many clones and tasks ask, one refresh
//!   is under way; it goes on when the call that needed it is cancelled; and before it the
//!   store is locked and read again, so that processes which share a store share its tokens.
//! - A new token is in memory before it is stored. If it cannot be stored,
//!   [`OAuthBuilder::on_save_error`] hears of it, calls go on, and each further call tries to
//!   store it again. [`Session::save`] waits until it is stored: call it before the program
//!   ends.
//! - A refresh token that the server refuses is refused for good:
//!   [`OAuthError::AuthorizeAgain`]. It is not sent again, and a store that has a lock forgets
//!   it, so that a restart does not send it either. The same error says that the token
//!   was taken out of its store by a logout. Calls fail with it as
//!   [`Error::Credentials`](crate::Error::Credentials), for which
//!   [`Error::is_unauthorized`](crate::Error::is_unauthorized) holds; they work again when a
//!   later authorization is in the store.
//! - Whatever else the authorization server answers is refused without being shown.
//!
//! A program that is killed after the server has answered and before the token is stored
//! loses that token: the stored one is used up, and the user has to authorize again.
//!
//! # Without `async`
//!
//! With the feature `blocking` a session serves `send_blocking()` as it serves `send()`, and
//! `exchange`, `resume`, `save`, `logout` and `revoke` have variants that end in `_blocking`.
//!
//! # Secrets
//!
//! Tokens, codes, states and the client secret are wrapped: `Debug` does not show them, no
//! error holds them, and their memory is overwritten when they are dropped. Copies that the
//! HTTP client makes to send them are out of this crate's reach. In a [`FileStore`] tokens are
//! as they are, readable for the owner of the file.

// Why this is not built on the crate `oauth2` (5.0): it would add 22 packages where this adds
// 2, among them further versions of base64, getrandom and syn, and a second library for dates.
// Its types for tokens are not overwritten when they are dropped. Its errors keep the body of
// an answer but not its status, so that the 503 of a gateway cannot be told from a refusal.
// What it would save is the encoding of five fields and the reading of five members.

mod authorization;
#[cfg(feature = "blocking")]
mod blocking;
mod bounded;
mod builder;
mod endpoint;
mod error;
mod file_store;
mod flow;
mod reply;
mod secret;
mod session;
mod store;
mod token;

pub use self::authorization::{Authorization, AuthorizationCode};
pub use self::builder::OAuthBuilder;
pub use self::error::{Ended, OAuthError, OAuthErrorCode};
pub use self::file_store::{FileStore, FileStores};
pub use self::flow::OAuth;
pub use self::secret::{RefreshToken, State};
pub use self::session::Session;
pub use self::store::{
    LockedStore, MemoryStore, MemoryStores, StoreError, StoreFuture, TokenStore, TokenStores,
};
pub use self::token::Token;
