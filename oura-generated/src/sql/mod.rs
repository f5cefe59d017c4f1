//! Tokens, webhook events that were seen, a shared rate limit and documents in a database.
//!
//! With the features `sqlx-sqlite` and `sqlx-postgres`, by [sqlx](https://docs.rs/sqlx) 0.9.
//! Both are outside semantic versioning, because the major version of sqlx is not ours, and need
//! the Rust version that sqlx needs (1.94).
//!
//! [`Stores`] is made of a pool of the application: [`Stores::migrate`] makes the tables (or run
//! [`SCHEMA`] by other means), and the same value is the [`TokenStores`] of a
//! [`Sessions`](crate::oauth::Sessions), the [`SeenEvents`](crate::webhook::SeenEvents) of a
//! webhook endpoint, and gives the [rate limiter](Stores::rate_limiter) that all processes share
//! and the [queue of events](EventQueue) that are still to be handled.
//! [`Documents`] copies users' data into a table.
//!
//! No connection is held while a token is exchanged or a call is made: each statement takes one
//! from the pool and gives it back. A pool of one connection is enough.

mod database;
mod documents;
mod events;
mod limiter;
mod permits;
mod random;
mod schema;
mod seal;
mod tokens;

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[cfg(feature = "sqlx-postgres")]
use sqlx::PgPool;
#[cfg(feature = "sqlx-sqlite")]
use sqlx::SqlitePool;

use database::Database;
use seal::Seal;
use tokens::UserStore;

use crate::oauth::{TokenStore, TokenStores};

pub use database::SqlError;
pub use documents::{Applied, ApplyError, Documents};
pub use events::{EventQueue, QueuedEvent};
pub use limiter::{SharedRateLimiter, WhenUnavailable};
pub use schema::SCHEMA;

/// The tables of one application in a database. Clones are the same.
///
/// Clone it after the settings are made: each setting gives a new value.
#[derive(Clone)]
pub struct Stores {
    shared: Arc<Shared>,
}

struct Shared {
    database: Database,
    application: Arc<str>,
    seal: Seal,
    last_sweep: Mutex<Option<Instant>>,
}

impl Stores {
    /// Tables in an SQLite file, which processes of one machine can share. It needs SQLite 3.42 or
    /// later, such as the one that sqlx brings.
    ///
    /// Give the pool a busy timeout of some seconds, and the file the journal mode WAL
    /// (`SqliteConnectOptions::journal_mode`): in the other modes a process that reads keeps
    /// others from writing.
    #[cfg(feature = "sqlx-sqlite")]
    #[must_use]
    pub fn sqlite(pool: SqlitePool) -> Self {
        Self::new(Database::Sqlite(pool), "".into(), Seal::default())
    }

    /// Tables in a PostgreSQL database. It needs PostgreSQL 9.5 or later.
    #[cfg(feature = "sqlx-postgres")]
    #[must_use]
    pub fn postgres(pool: PgPool) -> Self {
        Self::new(Database::Postgres(pool), "".into(), Seal::default())
    }

    /// The application that tokens, events and the rate limit belong to: a part of their keys. Its
    /// client id is a good name. Default: the empty name. Documents belong to their user alone.
    #[must_use]
    pub fn application(self, client_id: &str) -> Self {
        let shared = &self.shared;
        Self::new(
            shared.database.clone(),
            client_id.into(),
            shared.seal.clone(),
        )
    }

    /// Functions that seal a token before it is stored (encrypt it, and make text of it), and open
    /// it again. Neither error may contain the token.
    #[must_use]
    pub fn sealed<S, O, E, F>(self, seal: S, open: O) -> Self
    where
        S: Fn(&str) -> Result<String, E> + Send + Sync + 'static,
        O: Fn(&str) -> Result<String, F> + Send + Sync + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: Into<Box<dyn StdError + Send + Sync>>,
    {
        let shared = &self.shared;
        let (database, application) = (shared.database.clone(), Arc::clone(&shared.application));
        Self::new(database, application, Seal::new(seal, open))
    }

    fn new(database: Database, application: Arc<str>, seal: Seal) -> Self {
        let shared = Shared {
            database,
            application,
            seal,
            last_sweep: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Makes the tables of [`SCHEMA`] that are missing. Several processes may do so at once.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn migrate(&self) -> Result<(), SqlError> {
        schema::migrate(&self.shared.database).await
    }

    /// The ids of the users who have a token, in order.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn users(&self) -> Result<Vec<String>, SqlError> {
        tokens::users(&self.shared).await
    }

    /// The documents of one user, in the same database.
    #[must_use]
    pub fn documents(&self, user: &str) -> Documents {
        Documents::new(self.shared.database.clone()).user(user)
    }

    /// A queue of webhook events, in the same database.
    #[must_use]
    pub fn events(&self) -> EventQueue {
        EventQueue::new(Arc::clone(&self.shared))
    }

    /// A rate limit of `limit` calls in any `window` that all processes share which use this
    /// database and [application](Self::application).
    ///
    /// Use it with [`ClientBuilder::rate_limiter`](crate::ClientBuilder::rate_limiter). A process
    /// leases permits for up to five seconds and spends them without a query.
    /// [`SharedRateLimiter::when_unavailable`] says what happens while the database fails.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) for a limit of 0, or a window of less than a
    /// second or longer than a day.
    pub fn rate_limiter(
        &self,
        limit: u32,
        window: Duration,
    ) -> Result<SharedRateLimiter, crate::Error> {
        SharedRateLimiter::new(Arc::clone(&self.shared), limit, window)
    }
}

impl TokenStores for Stores {
    fn store(&self, user: &str) -> Arc<dyn TokenStore> {
        Arc::new(UserStore {
            shared: Arc::clone(&self.shared),
            user: user.into(),
        })
    }
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores")
            .field("database", &self.shared.database.name())
            .field("application", &self.shared.application)
            .finish_non_exhaustive()
    }
}
