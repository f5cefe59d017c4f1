//! A store whose operations have time limits.
//!
//! Invariant: whatever a store does, a lock is held no longer than [`Limits::hold`] by this
//! session, and no future of the store is waited for without a limit.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::store::{LockedStore, StoreError, TokenStore};
use super::token::Token;

/// Time limits.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// The exchange of a refresh token, with its repeats.
    pub(super) refresh: Duration,
    /// One operation of a store.
    pub(super) store: Duration,
}

impl Limits {
    /// How long a lock is held at most: the store is read, the token is exchanged, and the store
    /// is read and written again.
    fn hold(self) -> Duration {
        self.refresh.saturating_add(self.store.saturating_mul(3))
    }

    /// How long to wait for another holder of the lock.
    fn lock(self) -> Duration {
        self.hold().saturating_add(self.store)
    }
}

/// A store with time limits.
pub(super) struct BoundedStore {
    store: Arc<dyn TokenStore>,
    limits: Limits,
}

impl BoundedStore {
    pub(super) fn new(store: Arc<dyn TokenStore>, limits: Limits) -> Self {
        Self { store, limits }
    }

    pub(super) async fn load(&self) -> Result<Option<Token>, StoreError> {
        bounded("read the token", self.limits.store, self.store.load()).await
    }

    pub(super) async fn lock(&self) -> Result<BoundedLock, StoreError> {
        let lock = self.store.lock(self.limits.hold());
        let store = bounded("grant its lock", self.limits.lock(), lock).await?;
        let limit = self.limits.store;
        Ok(BoundedLock { store, limit })
    }
}

/// A store whose lock is held.
pub(super) struct BoundedLock {
    store: Box<dyn LockedStore>,
    limit: Duration,
}

impl BoundedLock {
    pub(super) async fn load(&mut self) -> Result<Option<Token>, StoreError> {
        bounded("read the token", self.limit, self.store.load()).await
    }

    pub(super) async fn save(&mut self, token: &Token) -> Result<(), StoreError> {
        bounded("save the token", self.limit, self.store.save(token)).await
    }

    pub(super) async fn remove(&mut self) -> Result<(), StoreError> {
        bounded("remove the token", self.limit, self.store.remove()).await
    }

    /// Releases the lock. If that fails, the lock expires.
    pub(super) async fn release(self) {
        if let Err(error) = bounded("release its lock", self.limit, self.store.release()).await {
            tracing::warn!(%error, "the lock of the token store is not released yet");
        }
    }
}

async fn bounded<T>(
    what: &str,
    limit: Duration,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    // Without a runtime a time limit would panic.
    if Handle::try_current().is_err() {
        return Err(StoreError::without_runtime(what));
    }
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(StoreError::timed_out(what, limit)))
}
