//! The tables of one application, and the stores that use them.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[cfg(feature = "sqlx-postgres")]
use sqlx::PgPool;
#[cfg(feature = "sqlx-sqlite")]
use sqlx::SqlitePool;

use super::database::{Database, SqlError};
use super::documents::Documents;
use super::events::EventQueue;
use super::limiter::SharedRateLimiter;
use super::schema;
use super::seal::Seal;
use super::shared::ApplicationStore;
use super::tokens::{self, UserStore};
use crate::oauth::{TokenStore, TokenStores};
use crate::webhook::{Event, SeenEvents, SeenFuture};

/// The tables of one application in a database. Clones use the same tables.
///
/// Each setting returns a new value, so clone it after the settings.
#[derive(Clone)]
pub struct Stores {
    shared: Arc<ApplicationStore>,
}

impl Stores {
    /// Tables in an SQLite file, which processes of one machine can share. It needs SQLite 3.42 or
    /// later, such as the one that sqlx brings.
    ///
    /// Set a busy timeout of some seconds for the pool, and the journal mode WAL for the file
    /// (`SqliteConnectOptions::journal_mode`): in the other modes a process that reads prevents
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

    /// Sets the application that tokens, events and the rate limit belong to: a part of their keys.
    /// Its client id is a good name. Default: the empty name. Documents belong only to their user.
    #[must_use]
    pub fn application(self, client_id: &str) -> Self {
        let shared = &self.shared;
        Self::new(
            shared.database.clone(),
            client_id.into(),
            shared.seal.clone(),
        )
    }

    /// Sets functions that seal a token before it is stored (encrypt it and encode it as text), and
    /// open it again. Neither error may contain the token.
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
        let shared = ApplicationStore {
            database,
            application,
            seal,
            last_sweep: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Creates the tables of [`SCHEMA`](super::SCHEMA) that are missing. Several processes may do
    /// so at once.
    ///
    /// # Errors
    ///
    /// [`SqlError`] when a statement fails.
    pub async fn migrate(&self) -> Result<(), SqlError> {
        schema::migrate(&self.shared.database).await
    }

    /// The ids of the users who have a token, in order.
    ///
    /// # Errors
    ///
    /// [`SqlError`] when a statement fails.
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

    /// A rate limit of `limit` calls in any `window`, shared by all processes that use this
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

/// An event counts as handled when `is_new` says that it is new: one that is being handled when
/// the process ends is not handled again. If that must not happen, use an [`EventQueue`].
/// When the database fails, the event counts as new, and the failure is logged.
impl SeenEvents for Stores {
    fn is_new<'a>(&'a self, event: &'a Event) -> SeenFuture<'a> {
        Box::pin(async {
            match self.shared.insert(event, None).await {
                Ok(is_new) => is_new,
                Err(error) => {
                    tracing::warn!(%error, "a webhook event counts as new: the database fails");
                    true
                }
            }
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
