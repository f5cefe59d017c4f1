//! Tokens in a table, each with a lease as its lock.
//!
//! Invariant: no connection and no transaction is held while a token is exchanged. The lock is
//! the pair `holder`, `held_until` in the user's row, by the clock of the database: a process
//! that has ended, or takes longer than it said, loses it.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::database::{Database, SqlError, millis, on_pool, statement};
use super::random::{random_name, with_jitter};
use super::shared::ApplicationStore;
use crate::oauth::{LockedStore, StoreError, StoreFuture, Token, TokenStore};

/// The wait between two attempts to take a lock that another process holds, at first and at most.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_millis(250);

statement!(LOAD: "SELECT token FROM oura_tokens WHERE application = $1 AND user_id = $2");

statement!(LOCK:
    "INSERT INTO oura_tokens (application, user_id, holder, held_until)
     VALUES ($1, $2, $3, " now " + $4)
     ON CONFLICT (application, user_id) DO UPDATE
     SET holder = excluded.holder, held_until = excluded.held_until
     WHERE oura_tokens.held_until IS NULL OR oura_tokens.held_until < " now "
     RETURNING token");

statement!(SAVE:
    "UPDATE oura_tokens SET token = $4
     WHERE application = $1 AND user_id = $2 AND holder = $3");

statement!(RELEASE:
    "UPDATE oura_tokens SET holder = NULL, held_until = NULL
     WHERE application = $1 AND user_id = $2 AND holder = $3");

statement!(USERS:
    "SELECT user_id FROM oura_tokens WHERE application = $1 AND token IS NOT NULL
     ORDER BY user_id");

/// The users who have a token.
pub(super) async fn users(shared: &ApplicationStore) -> Result<Vec<String>, SqlError> {
    let text = shared.database.text(USERS);
    on_pool!(&shared.database, pool => {
        sqlx::query_scalar(text).bind(&*shared.application).fetch_all(pool).await
    })
    .map_err(|error| SqlError::new(&error))
}

/// The record of one user.
#[derive(Clone)]
pub(super) struct UserStore {
    pub(super) shared: Arc<ApplicationStore>,
    pub(super) user: Arc<str>,
}

/// The lease of a user's row. It ends when it is released, when it expires, or soon after this is
/// dropped, even if the database has not confirmed the lease yet.
struct Lease {
    store: UserStore,
    holder: String,
    is_held: bool,
}

impl UserStore {
    async fn load_token(&self) -> Result<Option<Token>, StoreError> {
        let database = &self.shared.database;
        let text: Option<Option<String>> = on_pool!(database, pool => {
            sqlx::query_scalar(database.text(LOAD))
                .bind(&*self.shared.application)
                .bind(&*self.user)
                .fetch_optional(pool)
                .await
        })
        .map_err(|error| self.failure("read", &error))?;
        text.flatten().map(|text| self.open(&text)).transpose()
    }

    /// Takes the lease, unless another process has it.
    async fn try_lock(&self, holder: &str, hold: Duration) -> Result<bool, StoreError> {
        let database = &self.shared.database;
        on_pool!(database, pool => {
            sqlx::query(database.text(LOCK))
                .bind(&*self.shared.application)
                .bind(&*self.user)
                .bind(holder)
                .bind(millis(hold))
                .fetch_optional(pool)
                .await
                .map(|row| row.is_some())
        })
        .map_err(|error| self.failure("locked", &error))
    }

    async fn release(&self, holder: &str) -> Result<(), StoreError> {
        let database = &self.shared.database;
        on_pool!(database, pool => {
            sqlx::query(database.text(RELEASE))
                .bind(&*self.shared.application)
                .bind(&*self.user)
                .bind(holder)
                .execute(pool)
                .await
                .map(drop)
        })
        .map_err(|error| self.failure("unlocked", &error))
    }

    fn open(&self, text: &str) -> Result<Token, StoreError> {
        let opened = self.shared.seal.open(text)?;
        Token::from_json(&opened).ok_or_else(|| {
            StoreError::corrupt(format!(
                "the token of user `{}` in the table oura_tokens is not one that was stored \
                 here: authorize again, which replaces it",
                self.user
            ))
        })
    }

    fn failure(&self, what: &str, error: &sqlx::Error) -> StoreError {
        self.failed(what, SqlError::new(error))
    }

    fn failed(&self, what: &str, error: SqlError) -> StoreError {
        let database = self.shared.database.name();
        let message = format!(
            "the token of user `{}` cannot be {what} in {database}",
            self.user
        );
        StoreError::new(message, error)
    }
}

impl TokenStore for UserStore {
    fn load(&self) -> StoreFuture<'_, Option<Token>> {
        Box::pin(self.load_token())
    }

    fn lock(&self, hold: Duration) -> StoreFuture<'_, Box<dyn LockedStore>> {
        Box::pin(async move {
            // If this is dropped while the query runs, the lease may exist: it is released then
            // too.
            let lease = Lease {
                store: self.clone(),
                holder: random_name()?,
                is_held: true,
            };
            let mut wait = FIRST_WAIT;
            while !self.try_lock(&lease.holder, hold).await? {
                tokio::time::sleep(with_jitter(wait)).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
            Ok(Box::new(lease) as Box<dyn LockedStore>)
        })
    }
}

impl LockedStore for Lease {
    fn load(&mut self) -> StoreFuture<'_, Option<Token>> {
        Box::pin(self.store.load_token())
    }

    fn save<'a>(&'a mut self, token: &'a Token) -> StoreFuture<'a, ()> {
        Box::pin(async {
            let json = token.to_json();
            let sealed = self.store.shared.seal.seal(&json)?;
            self.write(Some(&sealed)).await
        })
    }

    fn remove(&mut self) -> StoreFuture<'_, ()> {
        // The row stays: the next lock of this user is taken on it.
        Box::pin(self.write(None))
    }

    fn release(mut self: Box<Self>) -> StoreFuture<'static, ()> {
        Box::pin(async move {
            self.is_held = false;
            self.store.release(&self.holder).await
        })
    }
}

impl Lease {
    async fn write(&self, token: Option<&str>) -> Result<(), StoreError> {
        let store = &self.store;
        let database = &store.shared.database;
        let rows = on_pool!(database, pool => {
            sqlx::query(database.text(SAVE))
                .bind(&*store.shared.application)
                .bind(&*store.user)
                .bind(&self.holder)
                .bind(token)
                .execute(pool)
                .await
                .map(|done| done.rows_affected())
        })
        .map_err(|error| {
            let error = SqlError::new(&error);
            store.failed("written", token.into_iter().fold(error, SqlError::hide))
        })?;
        match rows {
            0 => Err(StoreError::lock_lost()),
            _ => Ok(()),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Without a runtime, the lease ends when it expires.
        if !self.is_held {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            let (store, holder) = (self.store.clone(), std::mem::take(&mut self.holder));
            runtime.spawn(async move {
                if let Err(error) = store.release(&holder).await {
                    tracing::debug!(%error, "a lock was not released; it ends when it expires");
                }
            });
        }
    }
}
