//! The tables, as text. Both databases take the same text.

use super::database::{Database, SqlError, on_pool, statement};

statement!(BEGIN: "BEGIN" immediate);

// If two processes create one table at once, PostgreSQL fails one of them. The number is the name
// of a lock against that.
statement!(LOCK: "SELECT " advisory_lock);

/// The statements that create the tables, separated by semicolons. Tables that exist are not
/// changed. Times are milliseconds since 1970, by the clock of the database, except where
/// noted.
///
/// - `oura_tokens`: one row for each user. `token` is the JSON of [`Token::to_json`], sealed if
///   [`Stores::sealed`] is set, and null after a logout. `holder` and `held_until` are the lease of
///   the process that refreshes it.
/// - `oura_events`: one row for each webhook event of the last day, by [`Event::fingerprint`].
///   `event` is its JSON while it waits in the [`EventQueue`](super::EventQueue), then null.
/// - `oura_rate_limits`: one row for each application. `slots` is a JSON list of
///   `[start, permits]`.
/// - `oura_documents`: one row for each document of a user, with its JSON as the server sent it.
///   `day` is its day (`YYYY-MM-DD`), and `moment` the microseconds since 1970 of a row of a time
///   series.
/// - `oura_checkpoints`: one row for each user and resource: where a sync resumes.
///
/// [`Token::to_json`]: crate::oauth::Token::to_json
/// [`Stores::sealed`]: super::Stores::sealed
/// [`Event::fingerprint`]: crate::webhook::Event::fingerprint
pub const SCHEMA: &str = include_str!("schema.sql");

/// Creates the tables that are missing.
pub(super) async fn migrate(database: &Database) -> Result<(), SqlError> {
    make(database).await.map_err(|error| SqlError::new(&error))
}

async fn make(database: &Database) -> Result<(), sqlx::Error> {
    on_pool!(database, pool => {
        let mut tx = pool.begin_with(database.text(BEGIN)).await?;
        sqlx::query(database.text(LOCK)).execute(&mut *tx).await?;
        sqlx::raw_sql(SCHEMA).execute(&mut *tx).await?;
        tx.commit().await
    })
}
