//! An empty database for a test: SQLite always, and PostgreSQL where there is a server.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use oura_generated::sql::Stores;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

/// The URL of a PostgreSQL server whose user may create databases.
const SERVER: &str = "OURA_TEST_POSTGRES";

/// An empty database, and as many pools of it as a test wants: each is a process.
pub(crate) enum TestDatabase {
    Sqlite(TempDir),
    Postgres(Box<PgConnectOptions>),
}

impl TestDatabase {
    /// One of each kind that there is.
    pub(crate) async fn all() -> Vec<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut all = vec![Self::Sqlite(folder)];
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
        let mut server = PgConnection::connect_with(&options)
            .await
            .expect("a server");
        for statement in ["DROP DATABASE IF EXISTS", "CREATE DATABASE"] {
            let statement = sqlx::AssertSqlSafe(format!("{statement} {name}"));
            sqlx::query(statement)
                .execute(&mut server)
                .await
                .expect("a database");
        }
        Self::Postgres(Box::new(options.database(&name)))
    }

    /// A new pool.
    pub(crate) async fn stores(&self, connections: u32) -> Stores {
        match self {
            Self::Sqlite(folder) => {
                let options = SqliteConnectOptions::new()
                    .filename(folder.path().join("oura.db"))
                    .create_if_missing(true)
                    .busy_timeout(Duration::from_secs(20));
                let pool = SqlitePoolOptions::new().max_connections(connections);
                Stores::sqlite(pool.connect_with(options).await.expect("a pool"))
            }
            Self::Postgres(options) => {
                let pool = PgPoolOptions::new().max_connections(connections);
                let pool = pool
                    .connect_with((**options).clone())
                    .await
                    .expect("a pool");
                Stores::postgres(pool)
            }
        }
    }

    /// A new pool, with the tables made.
    pub(crate) async fn migrated(&self, connections: u32) -> Stores {
        let stores = self.stores(connections).await;
        stores.migrate().await.expect("tables");
        stores
    }

    /// All values of a column, as text.
    pub(crate) async fn column(&self, query: &'static str) -> Vec<Option<String>> {
        match self {
            Self::Sqlite(folder) => {
                let path = folder.path().join("oura.db");
                let options = SqliteConnectOptions::new().filename(path);
                let pool = SqlitePoolOptions::new().connect_with(options).await;
                let rows = sqlx::query_scalar(query)
                    .fetch_all(&pool.expect("a pool"))
                    .await;
                rows.expect("rows")
            }
            Self::Postgres(options) => {
                let mut connection = PgConnection::connect_with(options).await.expect("a server");
                let rows = sqlx::query_scalar(query).fetch_all(&mut connection).await;
                rows.expect("rows")
            }
        }
    }
}

fn say_that_postgres_is_left_out() {
    static SAID: Once = Once::new();

    SAID.call_once(|| {
        eprintln!("PostgreSQL is left out: set {SERVER} to the URL of a server to test with it");
    });
}
