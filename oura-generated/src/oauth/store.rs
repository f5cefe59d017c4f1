//! Where tokens are kept: the traits, and stores in memory.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;

use super::token::Token;

/// The future of a [`TokenStore`] and a [`LockedStore`].
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps the token of one user.
///
/// Implement it to keep tokens in a database, or encrypted. [`Token::to_json`] and
/// [`Token::from_json`] give the form to store. What a session does with it:
///
/// - It loads the token without a lock first. It takes the lock to refresh, to save and to log
///   out; then it reads and writes by the [`LockedStore`] alone.
/// - It bounds each operation by [`OAuthBuilder::store_timeout`](super::OAuthBuilder::store_timeout)
///   and then drops the future: this must leave the store usable, and no write may follow later
///   that the lock does not cover.
///
/// `testing::check_store` (feature `testing`) checks a store for what is promised here.
pub trait TokenStore: Send + Sync + 'static {
    /// The token, or `None` when there is none (any more).
    fn load(&self) -> StoreFuture<'_, Option<Token>>;

    /// Waits until nobody else has the lock of this record, other processes included, and takes
    /// it. A record without a token must be lockable too: a database cannot lock a row that does
    /// not exist.
    ///
    /// The holder is done within `hold`. After that the lock may be given to another process, so
    /// that a process that was killed does not keep it; then writes of the late holder fail with
    /// [`StoreError::lock_lost`]. The wait needs no time limit: the session sets one.
    fn lock(&self, hold: Duration) -> StoreFuture<'_, Box<dyn LockedStore>>;
}

/// A [`TokenStore`] whose lock is held. Only this trait writes.
///
/// If a database connection holds the lock, read and write with that connection: another one might
/// wait for the lock. Dropping it without [`release`](Self::release) releases the lock too, at the
/// latest when it expires. That may happen outside of a runtime, and must not panic there.
pub trait LockedStore: Send + 'static {
    /// The token, or `None` when there is none (any more).
    fn load(&mut self) -> StoreFuture<'_, Option<Token>>;

    /// Replaces the token. When it returns `Ok`, the token is stored durably, before
    /// [`release`](Self::release): a store that locks by a transaction commits here. When it
    /// fails, the old token is still there.
    ///
    /// After an `Ok` only `release` follows. After an `Err` the same call may follow.
    ///
    /// # Errors
    ///
    /// [`StoreError::lock_lost`] when the lock has expired: nothing was written.
    fn save<'a>(&'a mut self, token: &'a Token) -> StoreFuture<'a, ()>;

    /// Removes the token, if there is one. The rules of [`save`](Self::save) hold here too.
    ///
    /// # Errors
    ///
    /// As for `save`.
    fn remove(&mut self) -> StoreFuture<'_, ()>;

    /// Releases the lock. It writes nothing.
    fn release(self: Box<Self>) -> StoreFuture<'static, ()>;
}

/// The token stores of all users.
///
/// A closure from a user's id to a store is one too.
pub trait TokenStores: Send + Sync + 'static {
    /// The record of one user, whether it holds a token or not. `user` may be any text: different
    /// texts must not lead to the same record.
    fn store(&self, user: &str) -> Arc<dyn TokenStore>;
}

impl<T: TokenStore + ?Sized> TokenStore for Arc<T> {
    fn load(&self) -> StoreFuture<'_, Option<Token>> {
        (**self).load()
    }

    fn lock(&self, hold: Duration) -> StoreFuture<'_, Box<dyn LockedStore>> {
        (**self).lock(hold)
    }
}

impl<T: TokenStores + ?Sized> TokenStores for Arc<T> {
    fn store(&self, user: &str) -> Arc<dyn TokenStore> {
        (**self).store(user)
    }
}

impl<F, S> TokenStores for F
where
    F: Fn(&str) -> S + Send + Sync + 'static,
    S: TokenStore,
{
    fn store(&self, user: &str) -> Arc<dyn TokenStore> {
        Arc::new(self(user))
    }
}

/// Why a store failed.
#[derive(Clone, Debug)]
pub struct StoreError {
    message: String,
    kind: Kind,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Unavailable,
    Corrupt,
    LockLost,
}

impl StoreError {
    /// The store cannot be used now; the record may be valid. Neither `message` nor
    /// the text of `source` may contain a token.
    pub fn new(
        message: impl Into<String>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            message: message.into(),
            kind: Kind::Unavailable,
            source: Some(source.into().into()),
        }
    }

    /// The record holds something other than a token. It may be overwritten.
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            kind: Kind::Corrupt,
            source: None,
        }
    }

    /// The lock expired before the write, and nothing was written. The session keeps the token
    /// in memory, and compares it with the store again.
    pub fn lock_lost() -> Self {
        Self {
            message: "the lock of the token store expired before the write".to_owned(),
            kind: Kind::LockLost,
            source: None,
        }
    }

    /// Whether the record holds something other than a token.
    pub fn is_corrupt(&self) -> bool {
        self.kind == Kind::Corrupt
    }

    /// Whether the lock expired before the write.
    pub fn is_lock_lost(&self) -> bool {
        self.kind == Kind::LockLost
    }

    pub(super) fn without_runtime(what: &str) -> Self {
        Self {
            message: format!(
                "the token store cannot {what} outside of a tokio runtime; call it inside of one"
            ),
            kind: Kind::Unavailable,
            source: None,
        }
    }

    pub(super) fn timed_out(what: &str, limit: Duration) -> Self {
        Self {
            message: format!(
                "the token store did not {what} within {limit:?}; to wait longer, see \
                 `OAuthBuilder::store_timeout`"
            ),
            kind: Kind::Unavailable,
            source: None,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// Keeps a token in memory. Clones share it.
#[derive(Clone, Default)]
pub struct MemoryStore {
    token: Arc<Mutex<Option<Token>>>,
    lock: Arc<tokio::sync::Mutex<()>>,
}

impl MemoryStore {
    /// A store without a token.
    pub fn new() -> Self {
        Self::default()
    }

    fn token(&self) -> MutexGuard<'_, Option<Token>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenStore for MemoryStore {
    fn load(&self) -> StoreFuture<'_, Option<Token>> {
        Box::pin(ready(Ok(self.token().clone())))
    }

    /// The lock never expires: its holder is in the same process as the store.
    fn lock(&self, _: Duration) -> StoreFuture<'_, Box<dyn LockedStore>> {
        Box::pin(async {
            let lock = Arc::clone(&self.lock).lock_owned().await;
            let store = self.clone();
            Ok(Box::new(LockedMemory { store, _lock: lock }) as _)
        })
    }
}

/// A [`MemoryStore`] whose lock is held.
struct LockedMemory {
    store: MemoryStore,
    _lock: OwnedMutexGuard<()>,
}

impl LockedStore for LockedMemory {
    fn load(&mut self) -> StoreFuture<'_, Option<Token>> {
        self.store.load()
    }

    fn save<'a>(&'a mut self, token: &'a Token) -> StoreFuture<'a, ()> {
        *self.store.token() = Some(token.clone());
        Box::pin(ready(Ok(())))
    }

    fn remove(&mut self) -> StoreFuture<'_, ()> {
        *self.store.token() = None;
        Box::pin(ready(Ok(())))
    }

    fn release(self: Box<Self>) -> StoreFuture<'static, ()> {
        Box::pin(ready(Ok(())))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}

/// Keeps the tokens of all users in memory. Clones share them.
#[derive(Clone, Default)]
pub struct MemoryStores {
    stores: Arc<Mutex<HashMap<String, MemoryStore>>>,
}

impl MemoryStores {
    /// Stores without tokens.
    pub fn new() -> Self {
        Self::default()
    }
}

impl TokenStores for MemoryStores {
    fn store(&self, user: &str) -> Arc<dyn TokenStore> {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::new(stores.entry(user.to_owned()).or_default().clone())
    }
}

impl fmt::Debug for MemoryStores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStores")
    }
}
