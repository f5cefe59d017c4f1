//! A table of a user's documents with their JSON as it came, kept by sync and webhook events.
//!
//! Invariant: a batch and its checkpoint are in one transaction, so that a checkpoint never covers
//! documents that are not stored.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde_json::value::RawValue;
#[cfg(feature = "sqlx-postgres")]
use sqlx::PgPool;
#[cfg(feature = "sqlx-sqlite")]
use sqlx::SqlitePool;
use time::Date;

use super::database::{Database, SqlError, on_pool, statement};
use super::schema;
use crate::runtime::decode::dates;
use crate::webhook::Event;
use crate::{Batch, Checkpoint, Client, DateOrDateTime, Error, Record, Resource, Span};

/// Rows that one statement writes: all databases take so many parameters.
const ROWS_A_STATEMENT: usize = 500;

statement!(BEGIN: "BEGIN" immediate);

statement!(CHECKPOINTS: "SELECT checkpoint FROM oura_checkpoints WHERE user_id = $1");

statement!(SAVE_CHECKPOINT:
    "INSERT INTO oura_checkpoints (user_id, resource, checkpoint) VALUES ($1, $2, $3)
     ON CONFLICT (user_id, resource) DO UPDATE SET checkpoint = excluded.checkpoint");

statement!(IN_ALL:
    "SELECT record_key, json FROM oura_documents WHERE user_id = $1 AND resource = $2");

statement!(IN_DAYS:
    "SELECT record_key, json FROM oura_documents
     WHERE user_id = $1 AND resource = $2 AND day >= $3 AND day < $4");

statement!(IN_MOMENTS:
    "SELECT record_key, json FROM oura_documents
     WHERE user_id = $1 AND resource = $2 AND moment >= $3 AND moment < $4");

statement!(DELETE:
    "DELETE FROM oura_documents WHERE user_id = $1 AND resource = $2 AND record_key = $3");

statement!(READ:
    "SELECT record_key, json FROM oura_documents
     WHERE user_id = $1 AND resource = $2 AND day >= $3 AND day < $4
     ORDER BY day, moment, record_key");

statement!(READ_LATEST:
    "SELECT record_key, json FROM oura_documents
     WHERE user_id = $1 AND resource = $2 AND day IS NOT NULL
     ORDER BY day DESC, moment DESC, record_key DESC LIMIT 1");

/// The documents of one user in the tables `oura_documents` and `oura_checkpoints` of
/// [`SCHEMA`](super::SCHEMA). Clones use the same tables.
///
/// [`apply`](Self::apply) takes the batches of a [`sync`](crate::Client::sync), and
/// [`apply_event`](Self::apply_event) the events of webhooks, in any order and repeatedly. The JSON
/// is stored as the server sent it, so that fields which this version of the crate does not know
/// are kept. It is health data, and not encrypted: protect the database.
///
/// ```no_run
/// use futures_util::TryStreamExt;
/// use oura_generated::sql::Documents;
/// use oura_generated::time::{Date, Month};
///
/// # async fn example(client: oura_generated::Client, documents: Documents)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// documents.migrate().await?;
/// let since = Date::from_calendar_date(2024, Month::January, 1)?;
/// let checkpoints = documents.checkpoints().await?;
/// let mut batches = client.sync().since(since).resume(checkpoints).batches();
/// while let Some(batch) = batches.try_next().await? {
///     documents.apply(&batch).await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Documents {
    database: Database,
    user: Arc<str>,
}

/// Counts the rows that a batch or an event changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Applied {
    /// Documents that are new in the table, or whose JSON changed.
    pub written: usize,
    /// Documents that were in the table and are not on the server any more.
    pub removed: usize,
    /// Documents that were in the table already, with the same JSON.
    pub unchanged: usize,
}

/// Why an event could not be applied.
#[derive(Debug)]
#[non_exhaustive]
pub enum ApplyError {
    /// The document could not be fetched.
    Fetch(Error),
    /// The database failed.
    Database(SqlError),
}

impl Documents {
    /// A table in an SQLite file.
    #[cfg(feature = "sqlx-sqlite")]
    #[must_use]
    pub fn sqlite(pool: SqlitePool) -> Self {
        Self::new(Database::Sqlite(pool))
    }

    /// A table in a PostgreSQL database.
    #[cfg(feature = "sqlx-postgres")]
    #[must_use]
    pub fn postgres(pool: PgPool) -> Self {
        Self::new(Database::Postgres(pool))
    }

    pub(super) fn new(database: Database) -> Self {
        let user = "".into();
        Self { database, user }
    }

    /// The user whose documents these are: a part of every key. Default: the empty name, for a
    /// program with one user.
    #[must_use]
    pub fn user(self, id: &str) -> Self {
        Self {
            user: id.into(),
            ..self
        }
    }

    /// Creates the tables that are missing.
    ///
    /// # Errors
    ///
    /// [`SqlError`] when a statement fails.
    pub async fn migrate(&self) -> Result<(), SqlError> {
        schema::migrate(&self.database).await
    }

    /// Where a sync resumes: a checkpoint for each resource of which a batch was applied.
    ///
    /// # Errors
    ///
    /// [`SqlError`] when the statement fails. A checkpoint that was not written by this crate is
    /// left out, so that its resource is fetched from the start.
    pub async fn checkpoints(&self) -> Result<Vec<Checkpoint>, SqlError> {
        let text = self.database.text(CHECKPOINTS);
        let rows: Vec<String> = on_pool!(&self.database, pool => {
            sqlx::query_scalar(text).bind(&*self.user).fetch_all(pool).await
        })
        .map_err(|error| SqlError::new(&error))?;
        let checkpoints = rows.iter().filter_map(|row| row.parse().ok());
        Ok(checkpoints.collect())
    }

    /// Writes the records of a batch, removes documents that are no longer in its span, and stores
    /// its checkpoint, all in one transaction. Documents that did not change are not written.
    ///
    /// # Errors
    ///
    /// [`SqlError`] when a statement fails; then no part of the batch is in the table.
    pub async fn apply(&self, batch: &Batch) -> Result<Applied, SqlError> {
        let applied = self.try_apply(batch).await;
        applied.map_err(|error| SqlError::new(&error))
    }

    async fn try_apply(&self, batch: &Batch) -> Result<Applied, sqlx::Error> {
        let resource = batch.resource.as_str();
        let text = |statement| self.database.text(statement);
        on_pool!(&self.database, pool => {
            let mut tx = pool.begin_with(text(BEGIN)).await?;
            let query = match &batch.span {
                Span::All => sqlx::query_as(text(IN_ALL)).bind(&*self.user).bind(resource),
                Span::Days(days) => sqlx::query_as(text(IN_DAYS))
                    .bind(&*self.user)
                    .bind(resource)
                    .bind(day_text(days.start))
                    .bind(day_text(days.end)),
                Span::Moments(moments) => sqlx::query_as(text(IN_MOMENTS))
                    .bind(&*self.user)
                    .bind(resource)
                    .bind(micros(moments.start))
                    .bind(micros(moments.end)),
            };
            let stored: Vec<(String, String)> = query.fetch_all(&mut *tx).await?;
            let changes = Changes::new(stored, &batch.records);
            for rows in changes.written.chunks(ROWS_A_STATEMENT) {
                write_rows!(self, resource, rows, &mut *tx)?;
            }
            for key in &changes.removed {
                let delete = sqlx::query(text(DELETE)).bind(&*self.user).bind(resource).bind(key);
                delete.execute(&mut *tx).await?;
            }
            sqlx::query(text(SAVE_CHECKPOINT))
                .bind(&*self.user)
                .bind(batch.checkpoint.resource_name())
                .bind(batch.checkpoint.to_string())
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(changes.summary())
        })
    }

    /// Applies a webhook event: fetches its document and writes it, or removes it when Oura no
    /// longer has it. `client` has the token of the event's user, whose documents these must be. An
    /// event of a data type that is not a resource, or is newer than this version of the crate,
    /// changes nothing.
    ///
    /// Events may come late and out of order: the current document is written.
    ///
    /// # Errors
    ///
    /// [`ApplyError`] when the document cannot be fetched, or the database fails. Then the table is
    /// unchanged, and the event can be applied again.
    pub async fn apply_event(&self, client: &Client, event: &Event) -> Result<Applied, ApplyError> {
        let Some(resource) = event.resource() else {
            return Ok(Applied::default());
        };
        let record = match event.route() {
            Some(route) => fetch(client, resource, route, &event.object_id).await?,
            None => None,
        };
        let applied = match &record {
            Some(record) => self.write(record).await,
            None => self.remove(resource, &event.object_id).await,
        };
        applied.map_err(|error| ApplyError::Database(SqlError::new(&error)))
    }

    async fn write(&self, record: &Record) -> Result<Applied, sqlx::Error> {
        let rows = [record];
        on_pool!(&self.database, pool => {
            write_rows!(self, record.resource.as_str(), &rows, pool)?;
        });
        let written = 1;
        Ok(Applied {
            written,
            ..Applied::default()
        })
    }

    async fn remove(&self, resource: Resource, key: &str) -> Result<Applied, sqlx::Error> {
        let text = self.database.text(DELETE);
        let removed = on_pool!(&self.database, pool => {
            sqlx::query(text)
                .bind(&*self.user)
                .bind(resource.as_str())
                .bind(key)
                .execute(pool)
                .await?
                .rows_affected()
        });
        let removed = usize::try_from(removed).unwrap_or(usize::MAX);
        Ok(Applied {
            removed,
            ..Applied::default()
        })
    }

    /// The records of a resource whose day is in a range, which does not include its end, in
    /// order of time.
    ///
    /// # Errors
    ///
    /// [`SqlError`] when a statement fails.
    pub async fn records(
        &self,
        resource: Resource,
        days: Range<Date>,
    ) -> Result<Vec<Record>, SqlError> {
        let text = self.database.text(READ);
        let rows = on_pool!(&self.database, pool => {
            sqlx::query_as(text)
                .bind(&*self.user)
                .bind(resource.as_str())
                .bind(day_text(days.start))
                .bind(day_text(days.end))
                .fetch_all(pool)
                .await
        });
        read_rows(resource, rows)
    }

    /// The last record of a resource.
    ///
    /// # Errors
    ///
    /// [`SqlError`] when a statement fails.
    pub async fn latest(&self, resource: Resource) -> Result<Option<Record>, SqlError> {
        let text = self.database.text(READ_LATEST);
        let rows = on_pool!(&self.database, pool => {
            sqlx::query_as(text)
                .bind(&*self.user)
                .bind(resource.as_str())
                .fetch_all(pool)
                .await
        });
        Ok(read_rows(resource, rows)?.pop())
    }
}

/// The changes of a batch.
struct Changes<'b> {
    written: Vec<&'b Record>,
    removed: Vec<String>,
    unchanged: usize,
}

impl<'b> Changes<'b> {
    /// `stored` has the keys and the JSON of the rows in the span of the batch.
    fn new(stored: Vec<(String, String)>, records: &'b [Record]) -> Self {
        let mut stored: HashMap<_, _> = stored.into_iter().collect();
        let is_new =
            |record: &&Record| stored.remove(&record.key).as_deref() != Some(record.json.get());
        let mut written: Vec<_> = records.iter().filter(is_new).collect();
        let mut removed: Vec<_> = stored.into_keys().collect();
        // Always in the same order, so that two processes do not wait for each other's rows.
        written.sort_by(|one, other| one.key.cmp(&other.key));
        removed.sort();
        let unchanged = records.len() - written.len();
        Self {
            written,
            removed,
            unchanged,
        }
    }

    fn summary(&self) -> Applied {
        Applied {
            written: self.written.len(),
            removed: self.removed.len(),
            unchanged: self.unchanged,
        }
    }
}

/// Writes records in one statement, and replaces rows with the same keys.
macro_rules! write_rows {
    ($documents:expr, $resource:expr, $rows:expr, $executor:expr) => {{
        let mut statement = sqlx::QueryBuilder::new(
            "INSERT INTO oura_documents (user_id, resource, record_key, day, moment, json) ",
        );
        statement.push_values($rows.iter(), |mut row, record| {
            row.push_bind(&*$documents.user)
                .push_bind($resource)
                .push_bind(&record.key)
                .push_bind(record.day().map(day_text))
                .push_bind(record.at.and_then(moment))
                .push_bind(record.json.get());
        });
        statement.push(
            " ON CONFLICT (user_id, resource, record_key) DO UPDATE
              SET day = excluded.day, moment = excluded.moment, json = excluded.json",
        );
        statement.build().execute($executor).await
    }};
}
use write_rows;

/// The current document; `None` when Oura no longer has it.
async fn fetch(
    client: &Client,
    resource: Resource,
    route: crate::Route,
    id: &str,
) -> Result<Option<Record>, ApplyError> {
    let path = route.url_path(&[id]).map_err(ApplyError::Fetch)?;
    let request = client.raw(route.method(), path).decode::<Box<RawValue>>();
    match request.send().await {
        Ok(json) => Ok(Some(Record::new(resource, json))),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(ApplyError::Fetch(error)),
    }
}

fn read_rows(
    resource: Resource,
    rows: Result<Vec<(String, String)>, sqlx::Error>,
) -> Result<Vec<Record>, SqlError> {
    let rows = rows.map_err(|error| SqlError::new(&error))?;
    let read = |(key, json): (String, String)| {
        let json = RawValue::from_string(json).map_err(|_| SqlError::not_json(resource, &key))?;
        let mut record = Record::new(resource, json);
        record.key = key;
        Ok(record)
    };
    rows.into_iter().map(read).collect()
}

/// A day as text that sorts by time.
fn day_text(day: Date) -> String {
    dates::format_date(day).unwrap_or_else(|_| day.to_string())
}

/// Microseconds since 1970.
fn moment(at: DateOrDateTime) -> Option<i64> {
    match at {
        DateOrDateTime::Date(_) => None,
        DateOrDateTime::DateTime(at) => Some(micros(at)),
    }
}

fn micros(at: time::OffsetDateTime) -> i64 {
    let micros = at.unix_timestamp_nanos().div_euclid(1_000);
    i64::try_from(micros).expect("the years of a date-time fit in microseconds")
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fetch(_) => f.write_str("the document of the event cannot be fetched"),
            Self::Database(_) => f.write_str("the document of the event cannot be stored"),
        }
    }
}

impl std::error::Error for ApplyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Fetch(error) => Some(error),
            Self::Database(error) => Some(error),
        }
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents")
            .field("database", &self.database.name())
            .field("user", &self.user)
            .finish()
    }
}
