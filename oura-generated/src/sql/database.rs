//! One of the two databases, and the differences of their SQL.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

#[cfg(feature = "sqlx-postgres")]
use sqlx::PgPool;
#[cfg(feature = "sqlx-sqlite")]
use sqlx::SqlitePool;

use crate::Resource;

/// A pool of connections of the application.
#[derive(Clone)]
pub(super) enum Database {
    #[cfg(feature = "sqlx-sqlite")]
    Sqlite(SqlitePool),
    #[cfg(feature = "sqlx-postgres")]
    Postgres(PgPool),
}

/// Runs an expression with the pool of either database. `$pool` is the pool, and `$now` the
/// SQL of the current time in milliseconds, by the clock of the database.
macro_rules! on_pool {
    ($database:expr, $pool:ident => $body:expr) => {
        match $database {
            #[cfg(feature = "sqlx-sqlite")]
            Database::Sqlite($pool) => $body,
            #[cfg(feature = "sqlx-postgres")]
            Database::Postgres($pool) => $body,
        }
    };
}
pub(super) use on_pool;

/// One statement in the dialects of both databases: `now()` is the current time in milliseconds
/// since 1970, by the clock of the database.
macro_rules! statement {
    ($name:ident: $($part:tt)*) => {
        const $name: $crate::sql::database::Statement = $crate::sql::database::Statement {
            #[cfg(feature = "sqlx-sqlite")]
            sqlite: $crate::sql::database::statement!(@sqlite [] $($part)*),
            #[cfg(feature = "sqlx-postgres")]
            postgres: $crate::sql::database::statement!(@postgres [] $($part)*),
        };
    };
    (@sqlite [$($done:tt)*]) => { concat!($($done)*) };
    (@sqlite [$($done:tt)*] now $($rest:tt)*) => {
        $crate::sql::database::statement!(
            @sqlite [$($done)* "CAST(unixepoch('subsec') * 1000 AS INTEGER)",] $($rest)*
        )
    };
    (@sqlite [$($done:tt)*] for_update $($rest:tt)*) => {
        $crate::sql::database::statement!(@sqlite [$($done)*] $($rest)*)
    };
    (@sqlite [$($done:tt)*] advisory_lock $($rest:tt)*) => {
        $crate::sql::database::statement!(@sqlite [$($done)* "1",] $($rest)*)
    };
    (@sqlite [$($done:tt)*] for_update_skip_locked $($rest:tt)*) => {
        $crate::sql::database::statement!(@sqlite [$($done)* ] $($rest)*)
    };
    (@sqlite [$($done:tt)*] immediate $($rest:tt)*) => {
        $crate::sql::database::statement!(@sqlite [$($done)* " IMMEDIATE",] $($rest)*)
    };
    (@sqlite [$($done:tt)*] $text:literal $($rest:tt)*) => {
        $crate::sql::database::statement!(@sqlite [$($done)* $text, ] $($rest)*)
    };
    (@postgres [$($done:tt)*]) => { concat!($($done)*) };
    (@postgres [$($done:tt)*] now $($rest:tt)*) => {
        $crate::sql::database::statement!(
            @postgres
            [$($done)* "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",]
            $($rest)*
        )
    };
    (@postgres [$($done:tt)*] for_update $($rest:tt)*) => {
        $crate::sql::database::statement!(@postgres [$($done)* " FOR UPDATE",] $($rest)*)
    };
    (@postgres [$($done:tt)*] advisory_lock $($rest:tt)*) => {
        $crate::sql::database::statement!(@postgres [$($done)* "pg_advisory_xact_lock(3689057214)",] $($rest)*)
    };
    (@postgres [$($done:tt)*] for_update_skip_locked $($rest:tt)*) => {
        $crate::sql::database::statement!(@postgres [$($done)* " FOR UPDATE SKIP LOCKED",] $($rest)*)
    };
    (@postgres [$($done:tt)*] immediate $($rest:tt)*) => {
        $crate::sql::database::statement!(@postgres [$($done)*] $($rest)*)
    };
    (@postgres [$($done:tt)*] $text:literal $($rest:tt)*) => {
        $crate::sql::database::statement!(@postgres [$($done)* $text, ] $($rest)*)
    };
}
pub(super) use statement;

/// One statement in the dialects of both databases. Parameters are `$1`, `$2`, .. in both.
#[derive(Clone, Copy)]
pub(super) struct Statement {
    #[cfg(feature = "sqlx-sqlite")]
    pub(super) sqlite: &'static str,
    #[cfg(feature = "sqlx-postgres")]
    pub(super) postgres: &'static str,
}

impl Database {
    /// The text for this database.
    pub(super) fn text(&self, statement: Statement) -> &'static str {
        match self {
            #[cfg(feature = "sqlx-sqlite")]
            Self::Sqlite(_) => statement.sqlite,
            #[cfg(feature = "sqlx-postgres")]
            Self::Postgres(_) => statement.postgres,
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            #[cfg(feature = "sqlx-sqlite")]
            Self::Sqlite(_) => "SQLite",
            #[cfg(feature = "sqlx-postgres")]
            Self::Postgres(_) => "PostgreSQL",
        }
    }
}

/// A duration in the unit of the tables.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

/// Why a statement failed, in the words of the database. It never contains a value that was bound
/// to a statement, since that may be a token.
#[derive(Clone, Debug)]
pub struct SqlError {
    message: String,
}

impl SqlError {
    pub(super) fn new(error: &sqlx::Error) -> Self {
        let message = match error {
            // The message quotes no values but those of the statement itself; `Debug` and the
            // detail of PostgreSQL may quote the row.
            sqlx::Error::Database(error) => match error.code() {
                Some(code) => format!("{} (code {code})", error.message()),
                None => error.message().to_owned(),
            },
            // These may quote a value or a connection string.
            sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => {
                "a column has an unexpected type; create the tables with `migrate`".to_owned()
            }
            sqlx::Error::Encode(_) => "a value cannot be sent to the database".to_owned(),
            sqlx::Error::Configuration(_) => "the configuration of the pool is wrong".to_owned(),
            other => other.to_string(),
        };
        Self { message }
    }

    pub(super) fn timed_out(after: Duration) -> Self {
        Self {
            message: format!("the database did not respond within {after:?}"),
        }
    }

    pub(super) fn not_json(resource: Resource, key: &str) -> Self {
        Self {
            message: format!("the row `{key}` of {resource} in oura_documents is not JSON"),
        }
    }

    pub(super) fn no_form_of_event() -> Self {
        Self {
            message: "a row of oura_events is not an event".to_owned(),
        }
    }

    pub(super) fn no_random_numbers() -> Self {
        Self {
            message: "the operating system has no random numbers".to_owned(),
        }
    }

    /// Leaves the message out if it contains a secret.
    pub(super) fn hide(self, secret: &str) -> Self {
        match self.message.contains(secret) {
            true => Self {
                message: "the message of the database contains a secret and is left out".to_owned(),
            },
            false => self,
        }
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for SqlError {}
