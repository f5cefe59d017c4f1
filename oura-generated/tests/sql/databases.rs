//! An empty database for a test: SQLite always, and PostgreSQL if there is a server.

use futures_util::future::join_all;
use std::any::Any;
use std::path::PathBuf;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use oura_generated::sql::Stores;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;

/// The URL of a PostgreSQL server whose user may create databases.
const SERVER: &str = "OURA_TEST_POSTGRES";

/// An empty database, and as many pools of it as a test needs: each acts as a process.
pub(crate) enum TestDatabase {
    /// The folder is removed by the process that made it.
    Sqlite {
        file: PathBuf,
        _folder: Option<TempDir>,
    },
    Postgres(Box<PgConnectOptions>),
}

impl TestDatabase {
    /// Runs a test on one database of each kind, side by side, since it mostly waits.
    pub(crate) async fn each(test: impl AsyncFn(Self)) {
        let all = Self::all().await.into_iter();
        join_all(all.map(|database| test(database))).await;
    }

    /// One database of each kind.
    pub(crate) async fn all() -> Vec<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("oura.db");
        let mut all = vec![Self::Sqlite {
            file,
            _folder: Some(folder),
        }];
        match std::env::var(SERVER) {
            Ok(url) => all.push(Self::create(&url).await),
            Err(_) => say_that_postgres_is_left_out(),
        }
        all
    }

    async fn create(url: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);

        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("oura_test_{}_{count}", std::process::id());
        let options: PgConnectOptions = url.parse().expect("a URL");
        let server = PgConnection::connect_with(&options).await;
        let mut server = server.expect("a server");
        for statement in ["DROP DATABASE IF EXISTS", "CREATE DATABASE"] {
            let statement = sqlx::AssertSqlSafe(format!("{statement} {name}"));
            let done = sqlx::query(statement).execute(&mut server).await;
            done.expect("a database");
        }
        Self::Postgres(Box::new(options.database(&name)))
    }

    /// The database as text, for another process.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite { file, .. } => file.display().to_string(),
            Self::Postgres(options) => options.to_url_lossy().to_string(),
        }
    }

    /// The database of another process.
    pub(crate) fn of_url(url: &str) -> Self {
        match url.parse::<PgConnectOptions>() {
            Ok(options) => Self::Postgres(Box::new(options)),
            Err(_) => Self::Sqlite {
                file: url.into(),
                _folder: None,
            },
        }
    }

    /// A new pool.
    pub(crate) async fn stores(&self, connections: u32) -> Stores {
        match self {
            Self::Sqlite { file, .. } => {
                let pool = SqlitePoolOptions::new().max_connections(connections);
                let pool = pool.connect_with(sqlite(file)).await;
                Stores::sqlite(pool.expect("a pool"))
            }
            Self::Postgres(options) => {
                let pool = PgPoolOptions::new().max_connections(connections);
                let pool = pool.connect_with((**options).clone()).await;
                Stores::postgres(pool.expect("a pool"))
            }
        }
    }

    /// A new pool, with the tables made.
    pub(crate) async fn migrated(&self, connections: u32) -> Stores {
        let stores = self.stores(connections).await;
        stores.migrate().await.expect("tables");
        stores
    }

    /// Keeps the limiter's queries without a response until the value is dropped.
    pub(crate) async fn hang(&self) -> Box<dyn Any> {
        match self {
            Self::Sqlite { file, .. } => {
                let connection = SqliteConnection::connect_with(&sqlite(file)).await;
                let mut connection = connection.expect("a connection");
                let begun = sqlx::query("BEGIN IMMEDIATE")
                    .execute(&mut connection)
                    .await;
                begun.expect("a transaction");
                Box::new(connection)
            }
            Self::Postgres(options) => {
                let connection = PgConnection::connect_with(options).await;
                let mut connection = connection.expect("a connection");
                for statement in ["BEGIN", "LOCK TABLE oura_rate_limits"] {
                    let done = sqlx::query(statement).execute(&mut connection).await;
                    done.expect("a lock");
                }
                Box::new(connection)
            }
        }
    }

    /// All values of a column, as text.
    pub(crate) async fn column(&self, query: &'static str) -> Vec<Option<String>> {
        self.column_of(query, &[]).await
    }

    /// All values of a column, as text, of a statement with parameters.
    pub(crate) async fn column_of(
        &self,
        query: &'static str,
        parameters: &[&str],
    ) -> Vec<Option<String>> {
        macro_rules! fetch {
            ($connection:expr) => {{
                let mut connection = $connection.await.expect("a connection");
                let mut statement = sqlx::query_scalar(query);
                for parameter in parameters {
                    statement = statement.bind(parameter.to_string());
                }
                statement.fetch_all(&mut connection).await.expect("rows")
            }};
        }

        match self {
            Self::Sqlite { file, .. } => fetch!(SqliteConnection::connect_with(&sqlite(file))),
            Self::Postgres(options) => fetch!(PgConnection::connect_with(options)),
        }
    }
}

fn sqlite(file: &PathBuf) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // Processes are killed here, not machines.
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(Duration::from_secs(20))
}

fn say_that_postgres_is_left_out() {
    static SAID: Once = Once::new();

    SAID.call_once(|| {
        eprintln!("PostgreSQL is skipped: set {SERVER} to the URL of a server to test with it");
    });
}
