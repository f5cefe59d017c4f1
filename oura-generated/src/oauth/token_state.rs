//! The state of a session: its token, and the last known contents of its store.
//!
//! Invariant: the token in memory is replaced by one from the store only if that is a later one.

use tokio::sync::watch;
use tokio::time::Instant;

use super::error::{Ended, OAuthError};
use super::token::Token;

/// A token that is valid for a call.
pub(super) type Outcome = Result<Token, OAuthError>;

/// A token in memory, and what is known about its store.
pub(super) struct TokenState {
    /// The newest token that is known here.
    pub(super) token: Token,
    /// What the store held when it was last read or written. `None` for a token from
    /// elsewhere, which replaces the stored one, unless that was issued later.
    pub(super) stored: Option<Token>,
    /// Why the last attempt to store `token` failed.
    pub(super) save_error: Option<OAuthError>,
    /// Why `token` cannot be used any more.
    pub(super) ended: Option<Ended>,
    /// Whether this session itself was logged out: no later authorization revives it.
    pub(super) is_closed: bool,
    /// The token that a logout has yet to revoke.
    pub(super) unrevoked: Option<Token>,
    /// No refresh before this, while `token` is valid.
    pub(super) paused_until: Option<Instant>,
    /// The store is not read for a missing scope before this.
    pub(super) reload_after: Option<Instant>,
    /// When a call last asked for a token, or [`Sessions`](super::Sessions) gave the session.
    pub(super) used: Instant,
    /// The last task that was started, and its outcome.
    pub(super) task: Option<watch::Receiver<Option<Outcome>>>,
}

impl TokenState {
    pub(super) fn new(token: Token, stored: Option<Token>) -> Self {
        Self {
            token,
            stored,
            save_error: None,
            ended: None,
            is_closed: false,
            unrevoked: None,
            paused_until: None,
            reload_after: None,
            used: Instant::now(),
            task: None,
        }
    }

    /// The token, if the store does not have it and should.
    pub(super) fn unsaved(&self) -> Option<Token> {
        let is_stored = |stored: &Token| stored.is_same(&self.token);
        let is_unsaved = self.ended.is_none() && !self.stored.as_ref().is_some_and(is_stored);
        is_unsaved.then(|| self.token.clone())
    }

    /// Updates the state by what the store now holds.
    pub(super) fn reconcile(&mut self, found: Option<Token>) {
        if self.is_closed {
            return;
        }
        match (&self.stored, found) {
            (None, None) => {}
            (Some(_), None) => self.end(Ended::LoggedOut),
            (None, Some(found)) if found.is_same(&self.token) => self.stored = Some(found),
            // Another session was given the same token, and may have used it up.
            (None, Some(found)) if found.replaces(&self.token) => self.adopt(found),
            (None, Some(_)) => {}
            (Some(stored), Some(found)) if found.is_same(stored) => {}
            // Another was refused the refresh token that was exchanged for ours.
            (Some(stored), Some(found)) if found.is_stripped(stored) && self.is_ahead() => {}
            (Some(_), Some(found)) => self.adopt(found),
        }
    }

    /// Whether the token replaces the one that is stored.
    pub(super) fn is_ahead(&self) -> bool {
        let is_other = |stored: &Token| !stored.is_same(&self.token);
        self.stored.as_ref().is_some_and(is_other)
    }

    fn adopt(&mut self, found: Token) {
        self.replace(found.clone());
        self.stored = Some(found);
    }

    /// Continues with a token that came from elsewhere, and is not known to be stored.
    pub(super) fn replace(&mut self, token: Token) {
        self.token = token;
        self.stored = None;
        self.ended = None;
        self.save_error = None;
        self.paused_until = None;
    }

    pub(super) fn end(&mut self, ended: Ended) {
        self.ended = Some(ended);
        self.save_error = None;
    }
}
