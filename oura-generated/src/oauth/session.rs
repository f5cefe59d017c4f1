//! One user's token over time: refreshed when it is due, stored when it is new.
//!
//! Input: a token, a store, and the calls that ask for a token. Output: a token that is good
//! for a call, or why there is none.
//!
//! Invariants: a refresh token is sent once, as far as this process and its store's lock
//! reach; what the server gave is in memory before anything else is done with it; and no
//! caller that goes away stops the work it started, since the work is a task of its own.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::Instant;

use super::bounded::{BoundedLock, BoundedStore};
use super::error::{Ended, OAuthError};
use super::flow::OAuth;
use super::store::{StoreError, TokenStore};
use super::token::Token;
use crate::Route;
use crate::runtime::secret::AccessToken;
use crate::runtime::token::{TokenFuture, TokenSource};

/// After a refresh failed and the token is still good: no further attempt before this.
const REST: Duration = Duration::from_secs(30);
/// After the store was read for a missing scope: it is not read again before this.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);

/// The authorization of one user: a [`TokenSource`] that keeps its token good and stored.
/// Clones are the same session.
///
/// It is made by [`OAuth::session`] and [`OAuth::resume`].
#[derive(Clone)]
pub struct Session {
    shared: Arc<Shared>,
}

struct Shared {
    oauth: OAuth,
    store: BoundedStore,
    state: Mutex<State>,
}

struct State {
    /// The newest token that is known here.
    token: Token,
    /// What the store held when it was last read or written. `None` for a token that was had
    /// elsewhere, and replaces what is there, unless that was had later.
    stored: Option<Token>,
    /// Why the last attempt to store `token` failed.
    save_error: Option<OAuthError>,
    /// Why `token` is of no more use.
    ended: Option<Ended>,
    /// Whether this session itself was logged out: no later authorization revives it.
    is_closed: bool,
    /// What a logout has still to revoke.
    unrevoked: Option<Token>,
    /// No refresh before this, while `token` is good.
    rest_until: Option<Instant>,
    /// The store is not read for a missing scope before this.
    look_after: Option<Instant>,
    /// When a call last asked for a token, or [`Sessions`](super::Sessions) gave the session.
    used: Instant,
    /// The last task that was started, and its outcome.
    task: Option<watch::Receiver<Option<Outcome>>>,
}

/// A token that is good for a call.
type Outcome = Result<Token, OAuthError>;

/// What a task does.
enum Job {
    /// Gets a token that is not due, and not the one that the server refused.
    Renew { rejected: Option<AccessToken> },
    /// Reads the store for a token with more scopes than the one that the server refused.
    Look { refused: AccessToken },
    /// Stores the token.
    Save,
    /// Takes the token of a later login, and stores it in place of whatever is stored.
    Replace { token: Token },
    /// Removes the token from the store.
    Forget,
    /// Does that, and revokes it.
    Logout,
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
        let state = State {
            token,
            stored,
            save_error: None,
            ended: None,
            is_closed: false,
            unrevoked: None,
            rest_until: None,
            look_after: None,
            used: Instant::now(),
            task: None,
        };
        let shared = Shared {
            oauth,
            store,
            state: Mutex::new(state),
        };
        let shared = Arc::new(shared);
        Self { shared }
    }

    /// The newest token that is known here, whether it is still good or not.
    pub fn current_token(&self) -> Token {
        self.shared.state().token.clone()
    }

    /// Whether the user has granted what a route needs, as far as the server said: `None` when
    /// it is not known what was granted. A route without a scope needs nothing.
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

    /// Removes the token from its store, and makes it useless where
    /// [`revocation_url`](super::OAuthBuilder::revocation_url) is set. This session gives no
    /// token any more. What a refresh of another process brings back later is not stored.
    ///
    /// # Errors
    ///
    /// [`OAuthError::Store`] when the token is still stored; any other error when it is
    /// removed, but may not be revoked. Both are tried again by a further `logout`.
    pub async fn logout(&self) -> Result<(), OAuthError> {
        self.shared.run(Job::Logout).await.map(drop)
    }

    /// A token for a call; not `rejected`.
    async fn good_token(&self, rejected: Option<&AccessToken>) -> Result<AccessToken, OAuthError> {
        self.touch();
        if let Some(token) = self.shared.token_at_hand(rejected) {
            self.shared.save_in_passing();
            return Ok(token);
        }
        let rejected = rejected.cloned();
        let token = self.shared.run(Job::Renew { rejected }).await?;
        Ok(token.access.clone())
    }

    /// The token of the store, if it is another than `refused` and good; else `refused`.
    async fn stored_token(&self, refused: &AccessToken) -> Result<AccessToken, OAuthError> {
        if self.shared.should_look(refused) {
            let refused = refused.clone();
            self.shared.run(Job::Look { refused }).await?;
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

    /// As [`save`](Self::save), where that is not in vain: what has ended is not stored.
    pub(super) async fn save_if_open(&self) -> Result<(), OAuthError> {
        // A refresh that is under way brings a token that is to be stored too.
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

    /// Whether no logout is known, by whatever process.
    pub(super) fn is_of_use(&self) -> bool {
        self.shared.state().ended != Some(Ended::LoggedOut)
    }

    pub(super) fn touch(&self) {
        self.shared.state().used = Instant::now();
    }

    /// Whether nobody else has this session, nor used it for so long, and there is nothing to
    /// be stored or revoked. A task that runs has it too.
    pub(super) fn is_idle(&self, since: Duration) -> bool {
        let state = self.shared.state();
        Arc::strong_count(&self.shared) == 1
            && state.used.elapsed() >= since
            && state.unsaved().is_none()
            && state.unrevoked.is_none()
    }
}

/// Empties a record that holds no token that can be read.
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
        Box::pin(async { Ok(self.good_token(None).await?) })
    }

    fn fresh_token<'a>(&'a self, rejected: &'a AccessToken) -> TokenFuture<'a> {
        Box::pin(async { Ok(self.good_token(Some(rejected)).await?) })
    }

    fn newer_token<'a>(&'a self, refused: &'a AccessToken) -> TokenFuture<'a> {
        Box::pin(async { Ok(self.stored_token(refused).await?) })
    }
}

/// What callers see.
impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token, if nothing must be done for it.
    fn token_at_hand(&self, rejected: Option<&AccessToken>) -> Option<AccessToken> {
        let state = self.state();
        let is_resting = state.rest_until.is_some_and(|until| Instant::now() < until);
        let is_good = state.ended.is_none() && Some(&state.token.access) != rejected;
        let now = OffsetDateTime::now_utc();
        let is_timely = match is_resting {
            true => !state.token.is_expired(now),
            false => !state.token.is_due(now, self.margin()),
        };
        (is_good && is_timely).then(|| state.token.access.clone())
    }

    /// Whether the server refuses a token that was issued just now: the next one would not be
    /// better, and cost a refresh token.
    fn is_refused_young(&self, rejected: Option<&AccessToken>) -> bool {
        let state = self.state();
        let is_refused = Some(&state.token.access) == rejected;
        is_refused && state.token.is_young(OffsetDateTime::now_utc())
    }

    /// What a renewal ends with, if there is nothing to refresh.
    fn settled(&self, rejected: Option<&AccessToken>) -> Option<Outcome> {
        let outcome = self.current();
        let is_settled = outcome.is_err()
            || self.token_at_hand(rejected).is_some()
            || self.is_refused_young(rejected);
        is_settled.then_some(outcome)
    }

    /// Whether the store may have a token with more scopes, and was not asked lately.
    fn should_look(&self, refused: &AccessToken) -> bool {
        let state = self.state();
        let is_early = state.look_after.is_some_and(|after| Instant::now() < after);
        state.token.access == *refused && !is_early
    }

    fn margin(&self) -> Duration {
        self.oauth.settings().refresh_margin
    }

    /// Stores what is not stored, without waiting for it.
    fn save_in_passing(self: &Arc<Self>) {
        if self.state().unsaved().is_some() && OAuthError::check_runtime().is_ok() {
            self.start_or_join(Job::Save);
        }
    }

    /// Has a job done, by a task that this may wait for in vain: it ends by itself. A renewal
    /// that is under way serves all who want one.
    async fn run(self: &Arc<Self>, mut job: Job) -> Outcome {
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
                    if self.token_at_hand(rejected.as_ref()).is_some() {
                        return self.current();
                    }
                }
                Job::Look { refused } if !self.should_look(refused) => return self.current(),
                Job::Look { .. } | Job::Save | Job::Replace { .. } | Job::Forget | Job::Logout => {}
            }
            job = left;
        }
    }

    /// Starts a task, unless there is one: then `job` is given back.
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
impl Shared {
    async fn work(&self, job: Job) -> Outcome {
        match job {
            Job::Renew { rejected } => {
                let outcome = self.renew(rejected.as_ref()).await;
                self.rest_after(outcome, rejected.as_ref())
            }
            Job::Look { refused } => self.look(&refused).await,
            Job::Save => self.save().await,
            Job::Replace { token } => self.replace(token).await,
            Job::Forget => self.close().await,
            Job::Logout => self.logout().await,
        }
    }

    /// Reads the store, so that a token of a later authorization is found.
    async fn look(&self, refused: &AccessToken) -> Outcome {
        if self.should_look(refused) {
            let found = self.adopt_stored().await;
            self.state().look_after = Some(Instant::now() + LOOK_INTERVAL);
            found?;
        }
        self.current()
    }

    /// Refreshes the token, unless the store has one that is good, or the token is too young to
    /// be refused for its age: then it is given as it is.
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
                state.rest_until = None;
            }
            Err(OAuthError::AuthorizeAgain(ended)) => {
                // If the lock has passed on, another may have been faster.
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

    /// Takes the refresh token that was refused out of the store, so that no further process
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
            // The token is of no use, wherever it is: this is not an error of the call.
            Err(error) => tracing::warn!(%error, "the store keeps a refresh token that is refused"),
        }
    }

    /// A failure is nobody's business while the token is good: it is tried again later.
    fn rest_after(&self, outcome: Outcome, rejected: Option<&AccessToken>) -> Outcome {
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
        state.rest_until = Some(Instant::now() + REST);
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

    /// Compares the token with what whoever got the lock has stored, and stores it if it should
    /// be. If the lock is lost again, the next call tries.
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
        // The store is free meanwhile: a server that is slow to revoke keeps nobody else from a
        // later authorization.
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
        // The newest token is the one to revoke. A store that cannot say it is emptied all the
        // same.
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
    fn saved(&self) -> Result<(), OAuthError> {
        match &self.state().save_error {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    fn current(&self) -> Outcome {
        let state = self.state();
        match state.ended {
            Some(ended) => Err(OAuthError::AuthorizeAgain(ended)),
            None => Ok(state.token.clone()),
        }
    }

    /// Takes over what others have stored since the store was last seen.
    async fn adopt_stored(&self) -> Result<(), OAuthError> {
        self.adopt(self.store.load().await)
    }

    fn adopt(&self, loaded: Result<Option<Token>, StoreError>) -> Result<(), OAuthError> {
        match loaded {
            // It holds nothing newer, and will be overwritten.
            Err(error) if error.is_corrupt() => {
                tracing::warn!(%error, "the stored token is overwritten");
            }
            loaded => self.state().meet(loaded?),
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

    /// Revokes a token that came back after a logout, where that can be done. The store is free
    /// meanwhile.
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

impl State {
    /// The token, if the store does not have it and should.
    fn unsaved(&self) -> Option<Token> {
        let is_stored = |stored: &Token| stored.is_same(&self.token);
        let is_unsaved = self.ended.is_none() && !self.stored.as_ref().is_some_and(is_stored);
        is_unsaved.then(|| self.token.clone())
    }

    /// Compares what the store holds with what it held.
    fn meet(&mut self, found: Option<Token>) {
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
            // Another was refused what ours was had for.
            (Some(stored), Some(found)) if found.is_stripped(stored) && self.is_ahead() => {}
            (Some(_), Some(found)) => self.adopt(found),
        }
    }

    /// Whether the token replaces the one that is stored.
    fn is_ahead(&self) -> bool {
        let is_other = |stored: &Token| !stored.is_same(&self.token);
        self.stored.as_ref().is_some_and(is_other)
    }

    fn adopt(&mut self, found: Token) {
        self.replace(found.clone());
        self.stored = Some(found);
    }

    /// Goes on with a token that came from elsewhere, and is not known to be stored.
    fn replace(&mut self, token: Token) {
        self.token = token;
        self.stored = None;
        self.ended = None;
        self.save_error = None;
        self.rest_until = None;
    }

    fn end(&mut self, ended: Ended) {
        self.ended = Some(ended);
        self.save_error = None;
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
