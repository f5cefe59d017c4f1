//! One user's token over time: refreshed when it is due, stored when it is new.
//!
//! Input: a token, a store, and the calls that need a token. Output: a token that is valid
//! for a call, or why there is none. The work is done by the tasks of `session_task.rs`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;

use super::bounded::BoundedStore;
use super::error::{Ended, OAuthError};
use super::flow::OAuth;
use super::session_task::{Job, SessionState};
use super::store::TokenStore;
use super::token::Token;
use crate::Route;
use crate::runtime::auth::secret::AccessToken;
use crate::runtime::auth::token::{TokenFuture, TokenSource};

/// The authorization of one user: a [`TokenSource`] that keeps its token valid and stored.
/// Clones are the same session.
///
/// It is made by [`OAuth::session`] and [`OAuth::resume`].
#[derive(Clone)]
pub struct Session {
    shared: Arc<SessionState>,
}

impl OAuth {
    /// A session with a token that was just issued. The token replaces the stored one, unless that
    /// was issued later: then another session has refreshed the same token, and this session uses
    /// the stored one. [`Session::save`] stores the token, or else the first call does.
    pub fn session(&self, token: Token, store: impl TokenStore) -> Session {
        Session::start(self.clone(), token, Arc::new(store))
    }

    /// The session whose token is in the store; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`OAuthError::Store`] when the store cannot be read.
    /// If [`OAuthError::needs_authorization`] is true for it, the store works but holds something
    /// other than a token, which may be overwritten.
    pub async fn resume(&self, store: impl TokenStore) -> Result<Option<Session>, OAuthError> {
        Session::resume(self.clone(), Arc::new(store)).await
    }
}

impl Session {
    pub(super) fn start(oauth: OAuth, token: Token, store: Arc<dyn TokenStore>) -> Self {
        let store = BoundedStore::new(store, oauth.settings().limits);
        Self::new(oauth, store, token, None)
    }

    pub(super) async fn resume(
        oauth: OAuth,
        store: Arc<dyn TokenStore>,
    ) -> Result<Option<Self>, OAuthError> {
        let store = BoundedStore::new(store, oauth.settings().limits);
        let token = store.load().await?;
        Ok(token.map(|token| Self::new(oauth, store, token.clone(), Some(token))))
    }

    fn new(oauth: OAuth, store: BoundedStore, token: Token, stored: Option<Token>) -> Self {
        let shared = Arc::new(SessionState::new(oauth, store, token, stored));
        Self { shared }
    }

    /// The newest token that is known here, whether it is still valid or not.
    pub fn current_token(&self) -> Token {
        self.shared.state().token.clone()
    }

    /// Whether the user has granted the scope that a route needs. `None` when the server did not
    /// say what was granted; `true` for a route without a scope.
    pub fn granted(&self, route: Route) -> Option<bool> {
        let Some(scope) = route.scope() else {
            return Some(true);
        };
        let state = self.shared.state();
        let scopes = &state.token.scopes;
        (!scopes.is_empty()).then(|| scopes.contains(&scope))
    }

    /// Waits until the newest token is stored. Call it after an authorization, and before the
    /// program ends.
    ///
    /// # Errors
    ///
    /// Why the token is not stored. It is still in memory: try again.
    pub async fn save(&self) -> Result<(), OAuthError> {
        self.shared.run(Job::Save).await?;
        self.shared.saved()
    }

    /// Removes the token from its store, and revokes it where
    /// [`revocation_url`](super::OAuthBuilder::revocation_url) is set. After that this session
    /// provides no token, and another process does not store the token of a refresh that is under
    /// way.
    ///
    /// # Errors
    ///
    /// [`OAuthError::Store`] when the token is still stored; any other error when it is
    /// removed, but may not be revoked. A further `logout` tries both again.
    pub async fn logout(&self) -> Result<(), OAuthError> {
        self.shared.run(Job::Logout).await.map(drop)
    }

    /// A token for a call; not `rejected`.
    async fn valid_token(&self, rejected: Option<&AccessToken>) -> Result<AccessToken, OAuthError> {
        self.touch();
        if let Some(token) = self.shared.usable_token(rejected) {
            self.shared.save_in_background();
            return Ok(token);
        }
        let rejected = rejected.cloned();
        let token = self.shared.run(Job::Renew { rejected }).await?;
        Ok(token.access.clone())
    }

    /// The token of the store, if it is another than `refused` and valid; else `refused`.
    async fn stored_token(&self, refused: &AccessToken) -> Result<AccessToken, OAuthError> {
        if self.shared.should_reload(refused) {
            let refused = refused.clone();
            self.shared.run(Job::Reload { refused }).await?;
        }
        let token = self.shared.current()?;
        let is_good = !token.is_expired(OffsetDateTime::now_utc());
        Ok(if is_good {
            token.access.clone()
        } else {
            refused.clone()
        })
    }
}

/// What [`Sessions`](super::Sessions) needs.
impl Session {
    /// Takes the token of a later login, and waits until it is stored.
    pub(super) async fn replace(&self, token: Token) -> Result<(), OAuthError> {
        self.touch();
        self.shared.run(Job::Replace { token }).await?;
        self.shared.saved()
    }

    /// As [`save`](Self::save), but succeeds for a session that has ended, which is not stored.
    pub(super) async fn save_if_open(&self) -> Result<(), OAuthError> {
        // The token of a refresh that is under way is to be stored too.
        let saved = self.save().await;
        match self.shared.state().ended {
            Some(_) => Ok(()),
            None => saved,
        }
    }

    /// Removes the token from the store, but does not revoke it yet.
    pub(super) async fn forget(&self) -> Result<(), OAuthError> {
        self.shared.run(Job::Forget).await.map(drop)
    }

    /// Whether this session was logged out.
    pub(super) fn is_closed(&self) -> bool {
        self.shared.state().is_closed
    }

    /// Whether no logout by any process is known.
    pub(super) fn is_of_use(&self) -> bool {
        self.shared.state().ended != Some(Ended::LoggedOut)
    }

    pub(super) fn touch(&self) {
        self.shared.state().used = Instant::now();
    }

    /// Whether nobody else holds this session, it was not used for that long, and nothing is left
    /// to store or revoke. A running task holds it too.
    pub(super) fn is_idle(&self, since: Duration) -> bool {
        let state = self.shared.state();
        Arc::strong_count(&self.shared) == 1
            && state.used.elapsed() >= since
            && state.unsaved().is_none()
            && state.unrevoked.is_none()
    }
}

/// Empties a record that holds something other than a token.
pub(super) async fn remove_stored(
    oauth: &OAuth,
    store: Arc<dyn TokenStore>,
) -> Result<(), OAuthError> {
    let mut lock = BoundedStore::new(store, oauth.settings().limits)
        .lock()
        .await?;
    lock.remove().await?;
    lock.release().await;
    Ok(())
}

impl TokenSource for Session {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async { Ok(self.valid_token(None).await?) })
    }

    fn fresh_token<'a>(&'a self, rejected: &'a AccessToken) -> TokenFuture<'a> {
        Box::pin(async { Ok(self.valid_token(Some(rejected)).await?) })
    }

    fn newer_token<'a>(&'a self, refused: &'a AccessToken) -> TokenFuture<'a> {
        Box::pin(async { Ok(self.stored_token(refused).await?) })
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.state();
        f.debug_struct("Session")
            .field("token", &state.token)
            .field("ended", &state.ended)
            .finish_non_exhaustive()
    }
}
