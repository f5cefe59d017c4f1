//! Where a token is kept: the trait, and a store in memory.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use super::token::Token;

/// The future of a [`TokenStore`].
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps the token of one user.
///
/// Implement it to keep tokens in a database, or encrypted. [`Token::to_json`] and
/// [`Token::from_json`] give a form that lasts.
pub trait TokenStore: Send + Sync + 'static {
    /// The token, or `None` when there is none (any more).
    fn load(&self) -> StoreFuture<'_, Option<Token>>;

    /// Replaces the token. When it returns, the token is stored for good; when it fails, what
    /// was there before still is.
    fn save<'a>(&'a self, token: &'a Token) -> StoreFuture<'a, ()>;

    /// Forgets the token.
    fn remove(&self) -> StoreFuture<'_, ()>;

    /// Keeps others from the store until the lock is dropped. A session holds it from before
    /// it loads a token until after it has saved the next one.
    ///
    /// By default there is none. It is needed where two processes, or two sessions, use one
    /// store: without it both may use up the same refresh token.
    fn lock(&self) -> StoreFuture<'_, StoreLock> {
        Box::pin(ready(Ok(StoreLock::none())))
    }
}

impl<T: TokenStore + ?Sized> TokenStore for Arc<T> {
    fn load(&self) -> StoreFuture<'_, Option<Token>> {
        (**self).load()
    }

    fn save<'a>(&'a self, token: &'a Token) -> StoreFuture<'a, ()> {
        (**self).save(token)
    }

    fn remove(&self) -> StoreFuture<'_, ()> {
        (**self).remove()
    }

    fn lock(&self) -> StoreFuture<'_, StoreLock> {
        (**self).lock()
    }
}

/// The lock of a [`TokenStore`], which ends when this is dropped.
#[must_use = "the lock ends when this is dropped"]
pub struct StoreLock {
    held: Option<Box<dyn Any + Send>>,
}

impl StoreLock {
    /// A lock that is held by a value: a file, a guard, a transaction.
    pub fn new(held: impl Any + Send) -> Self {
        Self {
            held: Some(Box::new(held)),
        }
    }

    /// The lock of a store that has none.
    pub fn none() -> Self {
        Self { held: None }
    }

    pub(crate) fn is_held(&self) -> bool {
        self.held.is_some()
    }
}

impl fmt::Debug for StoreLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreLock")
    }
}

/// Why a store fails.
#[derive(Clone, Debug)]
pub struct StoreError {
    message: String,
    is_corrupt: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl StoreError {
    /// The store cannot be used now, and what it keeps may be good. Neither `message` nor
    /// the text of `source` may contain a token.
    pub fn new(
        message: impl Into<String>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            message: message.into(),
            is_corrupt: false,
            source: Some(source.into().into()),
        }
    }

    /// What the store keeps is not a token. It may be overwritten.
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_corrupt: true,
            source: None,
        }
    }

    /// Whether what the store keeps is not a token.
    pub fn is_corrupt(&self) -> bool {
        self.is_corrupt
    }

    pub(crate) fn busy(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_corrupt: false,
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

/// Keeps a token in memory. Clones keep the same.
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

    fn with<R>(&self, use_token: impl FnOnce(&mut Option<Token>) -> R) -> R {
        use_token(&mut self.token.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl TokenStore for MemoryStore {
    fn load(&self) -> StoreFuture<'_, Option<Token>> {
        Box::pin(ready(Ok(self.with(|token| token.clone()))))
    }

    fn save<'a>(&'a self, token: &'a Token) -> StoreFuture<'a, ()> {
        self.with(|kept| *kept = Some(token.clone()));
        Box::pin(ready(Ok(())))
    }

    fn remove(&self) -> StoreFuture<'_, ()> {
        self.with(|token| *token = None);
        Box::pin(ready(Ok(())))
    }

    fn lock(&self) -> StoreFuture<'_, StoreLock> {
        let lock = Arc::clone(&self.lock).lock_owned();
        Box::pin(async { Ok(StoreLock::new(lock.await)) })
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}
