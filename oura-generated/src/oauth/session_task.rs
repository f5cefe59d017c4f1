//! The work of a session: one task at a time, which continues when its caller is dropped.
//!
//! Input: jobs. Output: a token that is valid for a call, or why there is none. Invariants: a
//! refresh token is sent once among the processes that share the store's lock; a token from the
//! server is in memory before anything else is done with it; and dropping a caller does not stop
//! the work that it started.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::Instant;

use super::bounded::{BoundedLock, BoundedStore};
use super::error::{Ended, OAuthError};
use super::flow::OAuth;
use super::store::StoreError;
use super::token::Token;
use super::token_state::{Outcome, TokenState};
use crate::runtime::auth::secret::AccessToken;

/// The pause after a failed refresh while the token is still valid.
const REFRESH_PAUSE: Duration = Duration::from_secs(30);
/// The pause before the store is read again for a missing scope.
const RELOAD_INTERVAL: Duration = Duration::from_secs(30);

/// The state that the clones of a session share.
pub(super) struct SessionState {
    oauth: OAuth,
    store: BoundedStore,
    state: Mutex<TokenState>,
}

/// The work of a task.
pub(super) enum Job {
    /// Refreshes the token if it is due, or if it is the one that the server refused.
    Renew { rejected: Option<AccessToken> },
    /// Reads the store for a token with more scopes than the one that the server refused.
    Reload { refused: AccessToken },
    /// Stores the token.
    Save,
    /// Takes the token of a later login, and stores it in place of the stored one.
    Replace { token: Token },
    /// Removes the token from the store.
    Forget,
    /// Removes the token from the store, and revokes it.
    Logout,
}

/// The state that callers see.
impl SessionState {
    pub(super) fn new(
        oauth: OAuth,
        store: BoundedStore,
        token: Token,
        stored: Option<Token>,
    ) -> Self {
        Self {
            oauth,
            store,
            state: Mutex::new(TokenState::new(token, stored)),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, TokenState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token, if it can be used without any work.
    pub(super) fn usable_token(&self, rejected: Option<&AccessToken>) -> Option<AccessToken> {
        let state = self.state();
        let is_paused = state
            .paused_until
            .is_some_and(|until| Instant::now() < until);
        let is_good = state.ended.is_none() && Some(&state.token.access) != rejected;
        let now = OffsetDateTime::now_utc();
        let is_timely = match is_paused {
            true => !state.token.is_expired(now),
            false => !state.token.is_due(now, self.margin()),
        };
        (is_good && is_timely).then(|| state.token.access.clone())
    }

    /// Whether the server refuses a token that was issued just now: the next one would be refused
    /// too, and would use up a refresh token.
    fn is_refused_young(&self, rejected: Option<&AccessToken>) -> bool {
        let state = self.state();
        let is_refused = Some(&state.token.access) == rejected;
        is_refused && state.token.is_young(OffsetDateTime::now_utc())
    }

    /// The outcome of a renewal, if there is nothing to refresh.
    fn settled(&self, rejected: Option<&AccessToken>) -> Option<Outcome> {
        let outcome = self.current();
        let is_settled = outcome.is_err()
            || self.usable_token(rejected).is_some()
            || self.is_refused_young(rejected);
        is_settled.then_some(outcome)
    }

    /// Whether the store may have a token with more scopes, and was not asked lately.
    pub(super) fn should_reload(&self, refused: &AccessToken) -> bool {
        let state = self.state();
        let is_early = state
            .reload_after
            .is_some_and(|after| Instant::now() < after);
        state.token.access == *refused && !is_early
    }

    fn margin(&self) -> Duration {
        self.oauth.settings().refresh_margin
    }

    /// Stores what is not stored, without waiting for it.
    pub(super) fn save_in_background(self: &Arc<Self>) {
        if self.state().unsaved().is_some() && OAuthError::check_runtime().is_ok() {
            self.start_or_join(Job::Save);
        }
    }

    /// Starts a task for a job, and waits for it. The task continues if the caller stops waiting. A
    /// running renewal serves all callers that need one.
    pub(super) async fn run(self: &Arc<Self>, mut job: Job) -> Outcome {
        OAuthError::check_runtime()?;
        loop {
            let (mut task, left) = self.start_or_join(job);
            let outcome = match task.wait_for(Option::is_some).await {
                Ok(outcome) => outcome.clone(),
                // The runtime of the task was shut down.
                Err(_) => None,
            };
            let Some(left) = left else {
                return outcome.unwrap_or(Err(OAuthError::Interrupted));
            };
            match &left {
                Job::Renew { rejected } => {
                    outcome.transpose()?;
                    if self.usable_token(rejected.as_ref()).is_some() {
                        return self.current();
                    }
                }
                Job::Reload { refused } if !self.should_reload(refused) => return self.current(),
                Job::Reload { .. }
                | Job::Save
                | Job::Replace { .. }
                | Job::Forget
                | Job::Logout => {}
            }
            job = left;
        }
    }

    /// Starts a task, unless one is running: then `job` is returned.
    fn start_or_join(
        self: &Arc<Self>,
        job: Job,
    ) -> (watch::Receiver<Option<Outcome>>, Option<Job>) {
        let mut state = self.state();
        // A runtime that is shut down drops its tasks, and with them their end of the channel.
        let running = state
            .task
            .clone()
            .filter(|task| task.borrow().is_none() && task.has_changed().is_ok());
        if let Some(task) = running {
            return (task, Some(job));
        }
        let (done, task) = watch::channel(None);
        state.task = Some(task.clone());
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            let outcome = shared.work(job).await;
            done.send_replace(Some(outcome));
        });
        (task, None)
    }
}

/// What tasks do.
impl SessionState {
    async fn work(&self, job: Job) -> Outcome {
        match job {
            Job::Renew { rejected } => {
                let outcome = self.renew(rejected.as_ref()).await;
                self.pause_after(outcome, rejected.as_ref())
            }
            Job::Reload { refused } => self.reload(&refused).await,
            Job::Save => self.save().await,
            Job::Replace { token } => self.replace(token).await,
            Job::Forget => self.close().await,
            Job::Logout => self.logout().await,
        }
    }

    /// Reads the store, so that a token of a later authorization is found.
    async fn reload(&self, refused: &AccessToken) -> Outcome {
        if self.should_reload(refused) {
            let found = self.adopt_stored().await;
            self.state().reload_after = Some(Instant::now() + RELOAD_INTERVAL);
            found?;
        }
        self.current()
    }

    /// Refreshes the token, unless the store has a valid one, or the token is too young to
    /// be refused for its age: then it is returned as it is.
    async fn renew(&self, rejected: Option<&AccessToken>) -> Outcome {
        if self.state().is_closed {
            return Err(OAuthError::AuthorizeAgain(Ended::LoggedOut));
        }
        let found = self.adopt_stored().await;
        if !self.is_refused_young(rejected) {
            found?;
        }
        if let Some(outcome) = self.settled(rejected) {
            return outcome;
        }
        let mut lock = self.store.lock().await?;
        let outcome = self.renew_locked(&mut lock, rejected).await;
        lock.release().await;
        self.drop_refused().await;
        self.save_if_lock_was_lost().await;
        outcome
    }

    async fn renew_locked(
        &self,
        lock: &mut BoundedLock,
        rejected: Option<&AccessToken>,
    ) -> Outcome {
        self.adopt(lock.load().await)?;
        if let Some(outcome) = self.settled(rejected) {
            if outcome.is_ok() {
                self.store_token(lock).await;
            }
            return outcome;
        }
        let token = self.current()?;
        match self.exchange(&token).await {
            Ok(next) => {
                tracing::debug!("the access token was refreshed");
                let mut state = self.state();
                state.token = next;
                state.paused_until = None;
            }
            Err(OAuthError::AuthorizeAgain(ended)) => {
                // If the lock has expired, another process may have been faster.
                self.state().ended = Some(ended);
                self.adopt(lock.load().await)?;
                self.strip_stored(lock).await;
                return self.current();
            }
            Err(error) => return Err(error),
        }
        self.store_token(lock).await;
        self.current()
    }

    /// Exchanges the refresh token, within the time for which the lock was taken.
    async fn exchange(&self, token: &Token) -> Outcome {
        let after = self.oauth.settings().limits.refresh;
        tokio::time::timeout(after, self.oauth.refresh(token))
            .await
            .unwrap_or(Err(OAuthError::RefreshTimeout { after }))
    }

    /// Removes the refresh token that was refused from the store, so that no other process
    /// sends it again.
    async fn strip_stored(&self, lock: &mut BoundedLock) {
        let stripped = {
            let state = self.state();
            let is_refused = state.ended.is_some() && !state.is_ahead();
            let stored = state.stored.as_ref().filter(|_| is_refused);
            stored.and_then(Token::stripped)
        };
        let Some(stripped) = stripped else {
            return;
        };
        match lock.save(&stripped).await {
            Ok(()) => self.state().stored = Some(stripped),
            // The token is useless, stored or not: this is not an error of the call.
            Err(error) => tracing::warn!(%error, "the store keeps a refresh token that is refused"),
        }
    }

    /// A failure is not reported while the token is valid: the refresh is tried again later.
    fn pause_after(&self, outcome: Outcome, rejected: Option<&AccessToken>) -> Outcome {
        let Err(error) = &outcome else {
            return outcome;
        };
        let mut state = self.state();
        let is_good = state.ended.is_none()
            && Some(&state.token.access) != rejected
            && !state.token.is_expired(OffsetDateTime::now_utc());
        if !is_good {
            return outcome;
        }
        tracing::warn!(%error, "the access token is not refreshed yet");
        state.paused_until = Some(Instant::now() + REFRESH_PAUSE);
        Ok(state.token.clone())
    }

    async fn save(&self) -> Outcome {
        self.save_once().await;
        self.save_if_lock_was_lost().await;
        self.current()
    }

    async fn save_once(&self) {
        if self.state().unsaved().is_none() {
            return;
        }
        match self.store.lock().await {
            Ok(mut lock) => {
                self.store_token(&mut lock).await;
                lock.release().await;
                self.drop_refused().await;
            }
            Err(error) => self.report_unsaved(error.into()),
        }
    }

    /// Compares the token with what the other holder of the lock has stored, and stores it if it
    /// is newer. If the lock is lost again, the next call tries again.
    async fn save_if_lock_was_lost(&self) {
        let is_lost =
            |error: &OAuthError| matches!(error, OAuthError::Store(e) if e.is_lock_lost());
        let was_lost = self.state().save_error.as_ref().is_some_and(is_lost);
        if was_lost {
            self.save_once().await;
        }
    }

    async fn replace(&self, token: Token) -> Outcome {
        self.state().replace(token.clone());
        match self.store.lock().await {
            Ok(mut lock) => {
                self.write_token(&mut lock, token).await;
                lock.release().await;
            }
            Err(error) => self.report_unsaved(error.into()),
        }
        self.save_if_lock_was_lost().await;
        self.current()
    }

    async fn logout(&self) -> Outcome {
        let token = self.close().await?;
        // The store is not locked meanwhile: a slow revocation does not block a later
        // authorization.
        let unrevoked = self.state().unrevoked.clone();
        if let Some(unrevoked) = unrevoked {
            self.oauth.revoke(&unrevoked).await?;
            self.state().unrevoked = None;
        }
        Ok(token)
    }

    /// Removes the token from the store, unless that was done.
    async fn close(&self) -> Outcome {
        if self.state().is_closed {
            return Ok(self.state().token.clone());
        }
        let mut lock = self.store.lock().await?;
        // The newest token is the one to revoke. A store that cannot be read is emptied
        // nevertheless.
        let _ = self.adopt(lock.load().await);
        lock.remove().await?;
        lock.release().await;
        let can_revoke = self.oauth.settings().revocation.is_some();
        let mut state = self.state();
        state.is_closed = true;
        state.end(Ended::LoggedOut);
        state.unrevoked = can_revoke.then(|| state.token.clone());
        Ok(state.token.clone())
    }

    /// Why the token is not stored, if it is not.
    pub(super) fn saved(&self) -> Result<(), OAuthError> {
        match &self.state().save_error {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    pub(super) fn current(&self) -> Outcome {
        let state = self.state();
        match state.ended {
            Some(ended) => Err(OAuthError::AuthorizeAgain(ended)),
            None => Ok(state.token.clone()),
        }
    }

    /// Adopts what others have stored since the store was last read.
    async fn adopt_stored(&self) -> Result<(), OAuthError> {
        self.adopt(self.store.load().await)
    }

    fn adopt(&self, loaded: Result<Option<Token>, StoreError>) -> Result<(), OAuthError> {
        match loaded {
            // It holds nothing newer, and will be overwritten.
            Err(error) if error.is_corrupt() => {
                tracing::warn!(%error, "the stored token is overwritten");
            }
            loaded => self.state().reconcile(loaded?),
        }
        Ok(())
    }

    /// Stores the token in place of the one that it replaces. A failure is reported, and the
    /// token is stored later.
    async fn store_token(&self, lock: &mut BoundedLock) {
        // What the store holds now decides: a logout must not be undone, nor a later
        // authorization be overwritten.
        if let Err(error) = self.adopt(lock.load().await) {
            return self.report_unsaved(error);
        }
        let unsaved = self.state().unsaved();
        if let Some(token) = unsaved {
            self.write_token(lock, token).await;
        }
    }

    async fn write_token(&self, lock: &mut BoundedLock, token: Token) {
        match lock.save(&token).await {
            Ok(()) => {
                let mut state = self.state();
                state.stored = Some(token);
                state.save_error = None;
            }
            Err(error) => self.report_unsaved(error.into()),
        }
    }

    /// Revokes a token that arrived after a logout, if there is a revocation URL. The store is not
    /// locked meanwhile.
    async fn drop_refused(&self) {
        let dropped = {
            let state = self.state();
            let is_dropped = state.ended == Some(Ended::LoggedOut) && state.is_ahead();
            is_dropped.then(|| state.token.clone())
        };
        if let Some(token) = dropped
            && self.oauth.settings().revocation.is_some()
        {
            // Nobody waits for it, and the token is in no store.
            let _ = self.oauth.revoke(&token).await;
        }
    }

    fn report_unsaved(&self, error: OAuthError) {
        tracing::warn!(%error, "the token is not stored yet");
        if let Some(hook) = &self.oauth.settings().on_save_error {
            hook(&error);
        }
        self.state().save_error = Some(error);
    }
}
