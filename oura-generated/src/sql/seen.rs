//! Webhook events that were seen, in a table that all processes share.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::database::{Database, SqlError, millis, on_pool, statement};
use super::{Shared, Stores};
use crate::webhook::{Event, SeenEvents, SeenFuture};

/// How long an event is remembered: Oura repeats a delivery for about an hour.
const MEMORY: Duration = Duration::from_secs(24 * 60 * 60);
/// The time between two removals of old rows by one process.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

statement!(INSERT:
    "INSERT INTO oura_seen_events (application, fingerprint, seen_at)
     VALUES ($1, $2, " now ") ON CONFLICT DO NOTHING");

statement!(SWEEP: "DELETE FROM oura_seen_events WHERE seen_at < " now " - $1");

/// Events are remembered for a day. When the database fails, the event counts as new, and the
/// failure is logged.
impl SeenEvents for Stores {
    fn is_new<'a>(&'a self, event: &'a Event) -> SeenFuture<'a> {
        Box::pin(async {
            let shared = &*self.shared;
            match shared.insert(&event.fingerprint()).await {
                Ok(is_new) => {
                    shared.sweep().await;
                    is_new
                }
                Err(error) => {
                    let error = SqlError::new(&error);
                    tracing::warn!(%error, "a webhook event counts as new: the database fails");
                    true
                }
            }
        })
    }
}

impl Shared {
    async fn insert(&self, fingerprint: &str) -> Result<bool, sqlx::Error> {
        let text = self.database.text(INSERT);
        on_pool!(&self.database, pool => {
            sqlx::query(text)
                .bind(&*self.application)
                .bind(fingerprint)
                .execute(pool)
                .await
                .map(|done| done.rows_affected() > 0)
        })
    }

    /// Removes old rows, once in a while. Rows that stay do no harm.
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
            tracing::debug!(%error, "old rows of oura_seen_events stay for now");
        }
    }
}
