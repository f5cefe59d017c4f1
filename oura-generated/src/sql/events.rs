//! Webhook events in a table that all processes share: the events that were seen, and a queue of
//! those that are still to be handled.
//!
//! Invariant: an event has one row, by its fingerprint, for a day or until it is handled,
//! whichever is later. A row with an event waits; a row without one is done.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::database::{Database, SqlError, millis, on_pool, statement};
use super::random::random_name;
use super::shared::ApplicationStore;
use crate::webhook::Event;

/// How long an event is remembered: Oura repeats a delivery for about an hour.
const MEMORY: Duration = Duration::from_secs(24 * 60 * 60);
/// The time between two removals of old rows by one process.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

statement!(INSERT:
    "INSERT INTO oura_events (application, fingerprint, event, seen_at)
     VALUES ($1, $2, $3, " now ") ON CONFLICT DO NOTHING");

statement!(TAKE:
    "UPDATE oura_events SET holder = $2, held_until = " now " + $3
     WHERE application = $1 AND fingerprint = (
         SELECT fingerprint FROM oura_events
         WHERE application = $1 AND event IS NOT NULL
             AND (held_until IS NULL OR held_until < " now ")
         ORDER BY seen_at, fingerprint LIMIT 1" for_update_skip_locked
     ") RETURNING event");

statement!(DONE:
    "UPDATE oura_events SET event = NULL, holder = NULL, held_until = NULL
     WHERE application = $1 AND fingerprint = $2 AND holder = $3");

statement!(GIVE_BACK:
    "UPDATE oura_events SET holder = NULL, held_until = NULL
     WHERE application = $1 AND fingerprint = $2 AND holder = $3");

statement!(SWEEP: "DELETE FROM oura_events WHERE event IS NULL AND seen_at < " now " - $1");

/// A persistent queue of webhook events: [`Stores::events`](super::Stores::events). Clones use the
/// same queue.
///
/// [`push`](Self::push) an event before the response to the delivery (see
/// [`Endpoint::into_queue_route`](crate::webhook::Endpoint::into_queue_route), with the feature
/// `axum`), and let any process [`take`](Self::take) it. An event that is delivered twice is
/// queued once. It is handled once too, unless a process ends, or takes longer than it said, while
/// it handles the event: then another process handles it again.
#[derive(Clone)]
pub struct EventQueue {
    shared: Arc<ApplicationStore>,
}

/// An event that this process handles. Call [`done`](Self::done) within the time of
/// [`EventQueue::take`], or another process may take it; [`give_back`](Self::give_back) lets
/// others take it at once.
#[derive(Clone, Debug)]
pub struct QueuedEvent {
    queue: EventQueue,
    holder: String,
    /// The event.
    pub event: Event,
}

impl EventQueue {
    pub(super) fn new(shared: Arc<ApplicationStore>) -> Self {
        Self { shared }
    }

    /// Adds an event; `false` when it was added or seen before.
    ///
    /// # Errors
    ///
    /// [`SqlError`] when the statement fails. Then refuse the delivery, so that Oura repeats it.
    pub async fn push(&self, event: &Event) -> Result<bool, SqlError> {
        let json = serde_json::to_string(event).map_err(|_| SqlError::no_form_of_event())?;
        self.shared.insert(event, Some(json)).await
    }

    /// Takes the oldest event that no other process handles. `None` when there is none: call this
    /// again after a while, or after a [`push`](Self::push). If the event is not handled within
    /// `hold`, another process may take it.
    ///
    /// # Errors
    ///
    /// [`SqlError`] when the statement fails.
    pub async fn take(&self, hold: Duration) -> Result<Option<QueuedEvent>, SqlError> {
        let holder = random_name().map_err(|_| SqlError::no_random_numbers())?;
        let database = &self.shared.database;
        let taken: Option<String> = on_pool!(database, pool => {
            sqlx::query_scalar(database.text(TAKE))
                .bind(&*self.shared.application)
                .bind(&holder)
                .bind(millis(hold))
                .fetch_optional(pool)
                .await
        })
        .map_err(|error| SqlError::new(&error))?;
        let Some(json) = taken else {
            return Ok(None);
        };
        let event = serde_json::from_str(&json).map_err(|_| SqlError::no_form_of_event())?;
        let queue = self.clone();
        Ok(Some(QueuedEvent {
            queue,
            holder,
            event,
        }))
    }
}

impl QueuedEvent {
    /// Removes the event from the queue. `false` when its time was over and another process has
    /// taken it: then it is handled twice.
    ///
    /// # Errors
    ///
    /// [`SqlError`] when the statement fails. The event stays in the queue and is handled again.
    pub async fn done(self) -> Result<bool, SqlError> {
        self.finish(DONE).await
    }

    /// Lets the next process take the event, because it could not be handled now.
    ///
    /// # Errors
    ///
    /// [`SqlError`] when the statement fails. The event can be taken when its time is over.
    pub async fn give_back(self) -> Result<(), SqlError> {
        self.finish(GIVE_BACK).await.map(drop)
    }

    async fn finish(self, statement: super::database::Statement) -> Result<bool, SqlError> {
        let shared = &*self.queue.shared;
        let text = shared.database.text(statement);
        let rows = on_pool!(&shared.database, pool => {
            sqlx::query(text)
                .bind(&*shared.application)
                .bind(self.event.fingerprint())
                .bind(&self.holder)
                .execute(pool)
                .await
                .map(|done| done.rows_affected())
        });
        rows.map(|rows| rows > 0)
            .map_err(|error| SqlError::new(&error))
    }
}

impl ApplicationStore {
    /// Adds a row, with the event if it is still to be handled.
    pub(super) async fn insert(
        &self,
        event: &Event,
        json: Option<String>,
    ) -> Result<bool, SqlError> {
        let text = self.database.text(INSERT);
        let is_new = on_pool!(&self.database, pool => {
            sqlx::query(text)
                .bind(&*self.application)
                .bind(event.fingerprint())
                .bind(json)
                .execute(pool)
                .await
                .map(|done| done.rows_affected() > 0)
        })
        .map_err(|error| SqlError::new(&error))?;
        self.sweep().await;
        Ok(is_new)
    }

    /// Removes old rows from time to time. Rows that stay do no harm.
    async fn sweep(&self) {
        {
            let mut last = self
                .last_sweep
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if last.is_some_and(|last| last.elapsed() < SWEEP_INTERVAL) {
                return;
            }
            *last = Some(Instant::now());
        }
        let text = self.database.text(SWEEP);
        let done = on_pool!(&self.database, pool => {
            sqlx::query(text).bind(millis(MEMORY)).execute(pool).await.map(drop)
        });
        if let Err(error) = done {
            let error = SqlError::new(&error);
            tracing::debug!(%error, "old rows of oura_events stay for now");
        }
    }
}

impl fmt::Debug for EventQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventQueue")
            .field("database", &self.shared.database.name())
            .field("application", &self.shared.application)
            .finish()
    }
}
