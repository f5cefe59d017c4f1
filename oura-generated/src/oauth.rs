//! Authorization of users, and tokens that refresh themselves (OAuth2).
//!
//! # Once: register an application
//!
//! Register an application in Oura's developer portal. You get a client id and a client
//! secret; you give it a redirect URI: where the user's browser goes after the user has
//! agreed. Pass the same text to [`OAuth::builder`], character for character. A program on the
//! user's own machine uses one such as `http://localhost:8080/callback`. If the portal names
//! other URLs than the spec, see [`OAuthBuilder::authorization_url`] and
//! [`OAuthBuilder::token_url`].
//!
//! # Once for each user: authorize
//!
//! Show the user [`Authorization::url`] and request only the [`Scope`](crate::models::Scope)s
//! that you need: [`Scope::needed_by`](crate::models::Scope::needed_by) collects those of the
//! routes that the application calls. The authorization page silently drops a scope that it does
//! not know, and a call without its scope is refused. Oura sends the browser to the
//! redirect URI with a code, which can be exchanged once, within minutes.
//! [`OAuth::check_redirect`] makes sure that it belongs to *this* authorization: keep
//! [`Authorization::state`] in the user's browser session, never in a place that users share.
//!
//! ```no_run
//! use oura_generated::models::Scope;
//! use oura_generated::oauth::{FileStore, OAuth};
//! use oura_generated::{Client, Route};
//!
//! # async fn wait_for_the_browser() -> String { String::new() }
//! # async fn example() -> Result<(), oura_generated::Error> {
//! let redirect_uri = "http://localhost:8080/callback";
//! let oauth = OAuth::builder("client id", "client secret", redirect_uri).build()?;
//! let scopes = Scope::needed_by([Route::ListSleep, Route::ListWorkout]);
//! let authorization = oauth.authorize(scopes)?;
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
//! A program on the user's own machine need not do these steps itself: [`OAuth::login`] listens at
//! the redirect URI and does them all.
//!
//! # Every other time: resume
//!
//! [`OAuth::resume`] takes the token from its [`TokenStore`]: a file ([`FileStore`]), memory
//! ([`MemoryStore`]) or one that you implement, one for each user. A [`Session`] is the client's
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
//!             response => println!("{:?}", response?.age),
//!         }
//!     }
//!     None => println!("authorize first"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Many users
//!
//! An application with many users keeps one [`Sessions`] in its state. It has one session for each
//! user, however many requests of the user are served at once, and frees sessions that are idle.
//! The tokens are in a [`TokenStores`]: a directory ([`FileStores`]), memory ([`MemoryStores`]), or
//! a closure from a user's id to a store.
//!
//! ```no_run
//! use oura_generated::oauth::{FileStores, OAuth, Sessions, Token};
//!
//! # async fn example(oauth: OAuth, client: oura_generated::Client, token: Token) -> Result<(), oura_generated::Error> {
//! let sessions = Sessions::new(oauth, FileStores::new("tokens"));
//!
//! // After a login. A token does not contain the user's id: ask the server.
//! let user = client.with_access_token(token.access.expose()).get_personal_info().await?.id;
//! sessions.insert(&user, token).await?;
//!
//! // For each request that needs the user's data.
//! if let Some(session) = sessions.get(&user).await? {
//!     let client = client.with_token_source(session);
//!     println!("{:?}", client.get_personal_info().await?.age);
//! }
//!
//! sessions.logout(&user).await?;
//! sessions.save_all().await?; // before the program ends
//! # Ok(())
//! # }
//! ```
//!
//! # What a session does
//!
//! - It refreshes its token shortly before it expires ([`OAuthBuilder::refresh_margin`]), and
//!   once for a call that the server refuses with 401. The store is read before that: another
//!   process may have stored a newer token. A token that was issued less than ten minutes ago
//!   ([`Token::issued_at`]) is not refreshed for a 401, because the next one would be refused
//!   too; the call then fails with the server's response.
//! - It does not refresh for a scope that the user has not granted: that call fails with
//!   [`ApiErrorKind::MissingScope`](crate::ApiErrorKind::MissingScope). Request the scope in
//!   another authorization. When any process stores that, the session finds it: it reads its
//!   store after a missing scope, at most every 30 seconds. [`Session::granted`] says
//!   beforehand whether a route will be refused.
//! - A refresh token can be used once. However many clones and tasks need a token, there is one
//!   refresh at a time. It continues when the call that needed it is cancelled. Before a refresh
//!   the store is read, then locked and read again, so that processes which share a store share its
//!   tokens.
//! - A new token is in memory before it is stored. If it cannot be stored,
//!   [`OAuthBuilder::on_save_error`] is called, calls continue, and each further call tries to
//!   store it again. [`Session::save`] waits until it is stored: call it before the program
//!   ends.
//! - A refresh token that the server refuses stays refused:
//!   [`OAuthError::AuthorizeAgain`]. It is not sent again, and it is removed from the store, so
//!   that a restart does not send it either. The error is the same when a logout removed the
//!   token from its store. Calls then fail with
//!   [`Error::Credentials`](crate::Error::Credentials), for which
//!   [`Error::is_unauthorized`](crate::Error::is_unauthorized) is true; they work again when a
//!   later authorization is in the store.
//! - Any other response of the authorization server is an error that does not show the response.
//!
//! # When a store fails
//!
//! A refresh takes the store's lock, reads the token, exchanges it, and saves the next one. Each
//! step has a time limit: [`OAuthBuilder::refresh_timeout`] (30 seconds) for the exchange, and
//! [`OAuthBuilder::store_timeout`] (10 seconds) for each operation of the store. The lock lasts for
//! `refresh_timeout` plus three times `store_timeout`.
//!
//! | what happens | what follows |
//! |---|---|
//! | the store is down or hangs, and the token is valid | calls continue with it; a refresh that is due is tried every 30 seconds, and the call that tries it waits for the store's limits |
//! | the same, and the token has expired | calls fail with [`OAuthError::Store`], which [`is_retryable`](OAuthError::is_retryable); no refresh token is sent, since the next one could not be stored |
//! | the lock is held by another process | the session waits as long as that process may hold it, and then for `store_timeout` |
//! | the save fails or hangs | the token is in memory, [`OAuthBuilder::on_save_error`] is called, and each further call tries to save it |
//! | the lock has expired before the save ([`StoreError::lock_lost`]) | the store is locked and read again: a newer token there is used, else this one is saved |
//! | the release fails or hangs | nothing; the lock expires |
//! | the record holds something other than a token | a session that has a token overwrites it; [`OAuth::resume`] fails with an error that [`needs_authorization`](OAuthError::needs_authorization) |
//! | the program is killed while it has the lock | the lock of a file ends at once; other stores keep it until it expires |
//! | the program is killed between the server's response and the save | the stored token is used up: the next refresh is refused, and the user has to authorize again |
//!
//! For a store that you implement, [`TokenStore`] and [`LockedStore`] say what is expected, and
//! `testing::check_store` (feature `testing`) checks it.
//!
//! # Without `async`
//!
//! With the feature `blocking` a session serves `send_blocking()` as it serves `send()`, and
//! `exchange`, `resume`, `save`, `logout` and `revoke` have variants that end in `_blocking`, as
//! have the methods of [`Sessions`].
//!
//! # Secrets
//!
//! Tokens, codes, states and the client secret are wrapped: `Debug` does not show them, no
//! error holds them, and their memory is overwritten when they are dropped. Copies that the
//! HTTP client makes to send them are out of this crate's reach. In a [`FileStore`] tokens are
//! not encrypted; only the owner of the file can read them.

// Why this is not built on the crate `oauth2` (5.0): it would add 22 packages where this adds
// 2, among them further versions of base64, getrandom and syn, and a second library for dates.
// Its types for tokens are not overwritten when they are dropped. Its errors keep the body of
// a response but not its status, so that the 503 of a gateway cannot be distinguished from a refusal.
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
mod login;
mod reply;
mod session;
mod session_task;
mod sessions;
mod state;
mod store;
mod token;
mod token_state;

pub use self::authorization::{Authorization, AuthorizationCode};
pub use self::builder::OAuthBuilder;
pub use self::error::{Ended, OAuthError, OAuthErrorCode};
pub use self::file_store::{FileStore, FileStores};
pub use self::flow::OAuth;
pub use self::login::Login;
pub use self::session::Session;
pub use self::sessions::Sessions;
pub use self::state::State;
pub use self::store::{
    LockedStore, MemoryStore, MemoryStores, StoreError, StoreFuture, TokenStore, TokenStores,
};
pub use self::token::{RefreshToken, Token};
