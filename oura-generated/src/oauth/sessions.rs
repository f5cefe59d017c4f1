//! The sessions of all users of an application.
//!
//! Input: users' ids, and tokens after their logins. Output: the session of each. Invariant:
//! no user has two sessions at once that are in use, so that no refresh token is sent twice.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::error::OAuthError;
use super::flow::OAuth;
use super::session::{Session, remove_stored};
use super::store::TokenStores;
use super::token::Token;

/// How long a session is idle before it is freed.
const IDLE: Duration = Duration::from_secs(10 * 60);
/// How often idle sessions are freed.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// The sessions of all users of an application, one for each user. Clones share them: keep one in
/// the application's state.
///
/// [`get`](Self::get) makes a session from the user's record in the [`TokenStores`]. It is
/// freed when nobody else holds it, it was not used for ten minutes, its token is stored and
/// no refresh is under way; a later `get` makes it again.
///
/// ```no_run
/// use oura_generated::oauth::{FileStores, OAuth, Sessions, Token};
/// use oura_generated::{Client, Error};
///
/// async fn after_login(sessions: &Sessions, client: &Client, token: Token) -> Result<String, Error> {
///     // A token does not contain the user's id.
///     let access = token.access.clone();
///     let user = client.with_access_token(access.expose()).get_personal_info().await?.id;
///     sessions.insert(&user, token).await?;
///     Ok(user)
/// }
///
/// async fn age(sessions: &Sessions, client: &Client, user: &str) -> Result<Option<i64>, Error> {
///     let Some(session) = sessions.get(user).await? else {
///         return Ok(None); // not logged in
///     };
///     let client = client.with_token_source(session);
///     Ok(client.get_personal_info().await?.age)
/// }
///
/// # async fn example(oauth: OAuth) -> Result<(), Error> {
/// let sessions = Sessions::new(oauth, FileStores::new("tokens"));
/// // ...and when the program ends:
/// sessions.save_all().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Sessions {
    shared: Arc<SessionPool>,
}

struct SessionPool {
    oauth: OAuth,
    stores: Box<dyn TokenStores>,
    users: Mutex<Users>,
}

struct Users {
    slots: HashMap<String, Slot>,
    swept: Instant,
}

/// The slot of a user's session. Its lock is held while the session is made or ended.
type Slot = Arc<tokio::sync::Mutex<SlotState>>;

#[derive(Default)]
struct SlotState {
    session: Option<Session>,
    /// The last failure to read the store, and its time.
    failure: Option<(Instant, OAuthError)>,
}

impl Sessions {
    /// The sessions whose tokens are in `stores`. Nothing is read yet.
    pub fn new(oauth: OAuth, stores: impl TokenStores) -> Self {
        let users = Users {
            slots: HashMap::new(),
            swept: Instant::now(),
        };
        let shared = Arc::new(SessionPool {
            oauth,
            stores: Box::new(stores),
            users: Mutex::new(users),
        });
        Self { shared }
    }

    /// Stores the token of a user who has just logged in, in place of a stored one, and returns
    /// the user's session. Existing clones of that session use the new token from then on.
    ///
    /// # Errors
    ///
    /// Why the token is not stored. The session uses it nevertheless: it is in memory, and each
    /// call, or [`save_all`](Self::save_all), tries to store it again.
    pub async fn insert(&self, user: &str, token: Token) -> Result<Session, OAuthError> {
        OAuthError::check_runtime()?;
        let mut slot = self.shared.lock_slot(user).await;
        if let Some(session) = slot.session.as_ref().filter(|session| !session.is_closed()) {
            session.replace(token).await?;
            return Ok(session.clone());
        }
        let store = self.shared.stores.store(user);
        let session = Session::start(self.shared.oauth.clone(), token.clone(), store);
        slot.session = Some(session.clone());
        session.replace(token).await?;
        Ok(session)
    }

    /// The session of a user; `None` when the user is not logged in. Concurrent callers get the
    /// same session, or the same error, and the store is read once.
    ///
    /// A logout in another process is noticed when the session reads the store the
    /// next time, which is at its next refresh.
    ///
    /// # Errors
    ///
    /// [`OAuthError::Store`] when the store cannot be read; see [`OAuth::resume`].
    pub async fn get(&self, user: &str) -> Result<Option<Session>, OAuthError> {
        self.shared.sweep();
        let asked = Instant::now();
        let mut slot = self.shared.lock_slot(user).await;
        if let Some(session) = slot.session.as_ref().filter(|session| session.is_of_use()) {
            session.touch();
            return Ok(Some(session.clone()));
        }
        // If the store hangs, all callers wait for the same read, not one after another.
        if let Some((at, error)) = &slot.failure
            && *at > asked
        {
            return Err(error.clone());
        }
        // The user may have logged out, or in again, in another process: the store knows.
        let store = self.shared.stores.store(user);
        let found = Session::resume(self.shared.oauth.clone(), store).await;
        slot.failure = found
            .as_ref()
            .err()
            .map(|error| (Instant::now(), error.clone()));
        let found = found?;
        let kept = slot.session.take().filter(|session| !session.is_closed());
        slot.session = found.map(|found| kept.unwrap_or(found));
        Ok(slot.session.clone())
    }

    /// Logs a user out: removes the token from its store, and revokes it where
    /// [`revocation_url`](super::OAuthBuilder::revocation_url) is set. Existing clones of the
    /// session provide no token after that. The logout continues when the caller stops waiting.
    ///
    /// # Errors
    ///
    /// As for [`Session::logout`].
    pub async fn logout(&self, user: &str) -> Result<(), OAuthError> {
        OAuthError::check_runtime()?;
        let slot = self.shared.lock_slot(user);
        let (slot, shared, user) = (slot.await, Arc::clone(&self.shared), user.to_owned());
        let logout = tokio::spawn(async move { shared.log_out(slot, &user).await });
        logout.await.unwrap_or(Err(OAuthError::Interrupted))
    }

    /// Waits until the tokens of all sessions are stored. Call it before the program ends.
    ///
    /// # Errors
    ///
    /// The first reason why a token is not stored, after all have been tried.
    pub async fn save_all(&self) -> Result<(), OAuthError> {
        OAuthError::check_runtime()?;
        let slots: Vec<Slot> = self.shared.users().slots.values().cloned().collect();
        let mut saves = JoinSet::new();
        for slot in slots {
            saves.spawn(async move {
                let session = slot.lock().await.session.clone();
                match session {
                    Some(session) => session.save_if_open().await,
                    None => Ok(()),
                }
            });
        }
        let mut outcome = Ok(());
        while let Some(saved) = saves.join_next().await {
            outcome = outcome.and(saved.unwrap_or(Err(OAuthError::Interrupted)));
        }
        outcome
    }
}

impl SessionPool {
    fn users(&self) -> MutexGuard<'_, Users> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn lock_slot(&self, user: &str) -> OwnedMutexGuard<SlotState> {
        let slot = {
            let mut users = self.users();
            Slot::clone(users.slots.entry(user.to_owned()).or_default())
        };
        slot.lock_owned().await
    }

    /// Empties the store first, so that the user can log in again during the revocation, which may
    /// take long.
    async fn log_out(
        &self,
        mut slot: OwnedMutexGuard<SlotState>,
        user: &str,
    ) -> Result<(), OAuthError> {
        let store = self.stores.store(user);
        let known = slot.session.clone().filter(|session| !session.is_closed());
        let session = match known {
            Some(session) => session,
            None => match Session::resume(self.oauth.clone(), Arc::clone(&store)).await {
                Ok(Some(session)) => session,
                Ok(None) => return Ok(()),
                Err(error) if error.needs_authorization() => {
                    return remove_stored(&self.oauth, store).await;
                }
                Err(error) => return Err(error),
            },
        };
        session.forget().await?;
        slot.session = None;
        drop(slot);
        session.logout().await
    }

    /// Frees the sessions that are idle.
    fn sweep(&self) {
        let mut users = self.users();
        let now = Instant::now();
        if now.duration_since(users.swept) < SWEEP_INTERVAL {
            return;
        }
        users.swept = now;
        users.slots.retain(|_, slot| {
            // Another holder of the slot is about to make or to end the session.
            if Arc::strong_count(slot) > 1 {
                return true;
            }
            slot.try_lock().map_or(true, |slot| {
                let session = slot.session.as_ref();
                session.is_some_and(|session| !session.is_idle(IDLE))
            })
        });
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.shared.users().slots.len();
        f.debug_struct("Sessions")
            .field("users", &count)
            .finish_non_exhaustive()
    }
}
