//! A rate limit that all processes of an application share.
//!
//! A process leases permits for a few seconds and spends them without a query. It returns unused
//! permits with its next lease; permits that it cannot return count as spent.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::database::{Database, SqlError, millis, on_pool, statement};
use super::permits::{Demand, Grant, Limit, Slot};
use super::random::with_jitter;
use super::shared::ApplicationStore;
use crate::runtime::client::rate_limiter::MemoryLimiter;
use crate::{Error, PermitFuture, PermitRequest, RateLimiter, RateLimiterError};

/// A query of the limiter that takes longer counts as failed.
const QUERY_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause after a query that failed, so that calls do not wait for the database one after
/// another.
const REST: Duration = Duration::from_secs(10);
/// How long the next queries may take in all after that.
const TRIAL: Duration = Duration::from_secs(1);
/// A process that waits asks again after this time, since others return permits.
const LONGEST_WAIT: i64 = 2_000;
/// A longer wait is not shared, whatever the server says: one wrong `Retry-After` could stop all
/// processes forever.
const LONGEST_CLOSURE: Duration = Duration::from_secs(60 * 60);
const SHORTEST_WINDOW: Duration = Duration::from_secs(1);
const LONGEST_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

statement!(BEGIN: "BEGIN" immediate);

statement!(ADD:
    "INSERT INTO oura_rate_limits (application, slots, closed_until) VALUES ($1, '[]', 0)
     ON CONFLICT DO NOTHING");

statement!(READ:
    "SELECT slots, closed_until FROM oura_rate_limits WHERE application = $1" for_update);

// A separate statement: a statement that waited for the row would have the time before the wait.
statement!(NOW: "SELECT " now);

statement!(WRITE:
    "UPDATE oura_rate_limits SET slots = $2, closed_until = $3 WHERE application = $1");

/// What the limiter does while the database is not available.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WhenUnavailable {
    /// Each process applies the whole limit in memory. Several processes together can then
    /// exceed it.
    LimitInMemory,
    /// Calls fail until the database is available again.
    Fail,
}

/// A rate limit that all processes of an application share: [`Stores::rate_limiter`]. Clones
/// share their permits.
///
/// [`Stores::rate_limiter`]: super::Stores::rate_limiter
#[derive(Clone)]
pub struct SharedRateLimiter {
    inner: Arc<Inner>,
    unavailable: WhenUnavailable,
}

struct Inner {
    shared: Arc<ApplicationStore>,
    limit: Limit,
    /// The same limit for one process, for the time without a database.
    memory: MemoryLimiter,
    /// The permits of this process. The lock is fair: first come, first served.
    lease: tokio::sync::Mutex<Lease>,
    closed: Mutex<Closed>,
}

/// Permits that this process may spend until their time is over.
#[derive(Default)]
struct Lease {
    slot: i64,
    left: i64,
    granted: i64,
    /// When the query that brought them was sent.
    from: Option<Instant>,
    /// How long calls waited for the database since its last response, including calls that were
    /// cancelled.
    silence: Duration,
    /// The database is not asked before this.
    rest_until: Option<Instant>,
}

/// Adds the time of a query to the silence of the database, even if the query is cancelled.
struct Listening<'a> {
    from: Instant,
    silence: &'a mut Duration,
}

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        *self.silence = self.silence.saturating_add(self.from.elapsed());
    }
}

/// A time without calls, because the server returned 429.
#[derive(Clone, Copy, Default)]
struct Closed {
    until: Option<Instant>,
    /// Whether the database, and so the other processes, know about it.
    is_shared: bool,
}

/// The answer of the database to a demand.
struct Granted {
    grant: Grant,
    /// Milliseconds until the server takes calls again.
    closed_for: i64,
}

enum Failure {
    /// There is no permit before the deadline.
    Full,
    Database(SqlError),
}

impl SharedRateLimiter {
    pub(super) fn new(
        shared: Arc<ApplicationStore>,
        limit: u32,
        window: Duration,
    ) -> Result<Self, Error> {
        if !(SHORTEST_WINDOW..=LONGEST_WINDOW).contains(&window) {
            let message = "the window of a shared rate limit is between a second and a day";
            return Err(Error::config(message));
        }
        let calls = usize::try_from(limit).unwrap_or(usize::MAX);
        let inner = Inner {
            shared,
            limit: Limit::new(limit, window),
            memory: MemoryLimiter::new(calls, window).map_err(Error::config)?,
            lease: tokio::sync::Mutex::default(),
            closed: Mutex::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
            unavailable: WhenUnavailable::LimitInMemory,
        })
    }

    /// Sets what happens for ten seconds after the database failed, or did not respond for five
    /// seconds. Default: [`WhenUnavailable::LimitInMemory`].
    #[must_use]
    pub fn when_unavailable(self, then: WhenUnavailable) -> Self {
        Self {
            unavailable: then,
            ..self
        }
    }
}

impl RateLimiter for SharedRateLimiter {
    fn acquire(&self, request: PermitRequest) -> PermitFuture<'_> {
        Box::pin(self.acquire_permit(request))
    }

    fn limited(&self, retry_after: Duration) {
        let until = Instant::now().checked_add(retry_after.min(LONGEST_CLOSURE));
        let mut closed = self.inner.closed();
        if until > closed.until {
            *closed = Closed {
                until,
                is_shared: false,
            };
        }
    }
}

impl SharedRateLimiter {
    async fn acquire_permit(&self, request: PermitRequest) -> Result<(), RateLimiterError> {
        // A time that is too long for the clock means no limit.
        let deadline = request
            .within
            .and_then(|within| Instant::now().checked_add(within));
        let permit = self.inner.take_permit(deadline);
        let taken = match deadline {
            Some(deadline) => tokio::time::timeout_at(deadline, permit).await,
            None => Ok(permit.await),
        };
        let error = match taken {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(Failure::Full)) | Err(_) => return Err(RateLimiterError::full()),
            Ok(Err(Failure::Database(error))) => error,
        };
        match self.unavailable {
            WhenUnavailable::LimitInMemory => {
                tracing::warn!(%error, "the shared rate limit is kept in memory for now");
                self.acquire_in_memory(request, deadline).await
            }
            WhenUnavailable::Fail => Err(RateLimiterError::unavailable(error)),
        }
    }

    async fn acquire_in_memory(
        &self,
        mut request: PermitRequest,
        deadline: Option<Instant>,
    ) -> Result<(), RateLimiterError> {
        // The wait that the server asked for applies without the database too.
        if let Some(until) = self.inner.closed_until()
            && sleep_until(until, deadline).await.is_err()
        {
            return Err(RateLimiterError::full());
        }
        request.within =
            deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        self.inner.memory.acquire(request).await
    }
}

impl Inner {
    async fn take_permit(&self, deadline: Option<Instant>) -> Result<(), Failure> {
        let mut lease = self.lease.lock().await;
        loop {
            if let Some(until) = self.closed_until() {
                let is_shared = self.closed().is_shared;
                if !is_shared {
                    self.renew(&mut lease).await?;
                }
                sleep_until(until, deadline).await?;
            }
            if lease.take(self.limit) {
                return Ok(());
            }
            let wait = self.renew(&mut lease).await?;
            if let Some(wait) = wait {
                sleep_until(Instant::now() + wait, deadline).await?;
            }
        }
    }

    /// Leases permits, or says how long to wait for some.
    async fn renew(&self, lease: &mut Lease) -> Result<Option<Duration>, Failure> {
        let from = Instant::now();
        if lease.rest_until.is_some_and(|until| from < until) {
            return Err(Failure::Database(SqlError::timed_out(QUERY_TIMEOUT)));
        }
        let demand = lease.demand(self.limit);
        // If this is dropped meanwhile, it is not known what the database did: then the remaining
        // permits count as spent.
        lease.left = 0;
        let closed_for = self
            .closed()
            .until
            .map_or(0, |until| millis(until.saturating_duration_since(from)));
        let timeout = QUERY_TIMEOUT.saturating_sub(lease.silence);
        let silence = &mut lease.silence;
        let listening = Listening { from, silence };
        let asked = self.shared.ask(self.limit, demand, closed_for);
        let granted = tokio::time::timeout(timeout, asked).await;
        drop(listening);
        let Ok(granted) = granted else {
            lease.rest_until = Some(Instant::now() + REST);
            lease.silence = QUERY_TIMEOUT - TRIAL;
            return Err(Failure::Database(SqlError::timed_out(QUERY_TIMEOUT)));
        };
        lease.silence = Duration::ZERO;
        let granted = granted.map_err(|error| Failure::Database(SqlError::new(&error)))?;
        self.close_for(granted.closed_for);
        match granted.grant {
            Grant::Permits { count, slot } => {
                *lease = Lease {
                    slot,
                    left: count,
                    granted: count,
                    from: Some(from),
                    ..Lease::default()
                };
                Ok(None)
            }
            Grant::Wait(wait) => Ok(Some(with_jitter(Duration::from_millis(
                wait.min(LONGEST_WAIT).unsigned_abs(),
            )))),
        }
    }

    /// Adopts the time until which the server is closed, as the database says.
    fn close_for(&self, millis: i64) {
        let open = Instant::now() + Duration::from_millis(millis.max(0).unsigned_abs());
        let mut closed = self.closed();
        closed.until = closed.until.max(Some(open));
        closed.is_shared = true;
    }

    /// When the server takes calls again, if it does not now.
    fn closed_until(&self) -> Option<Instant> {
        self.closed().until.filter(|until| *until > Instant::now())
    }

    fn closed(&self) -> MutexGuard<'_, Closed> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    /// Spends a permit, if there is one that is still valid.
    fn take(&mut self, limit: Limit) -> bool {
        let is_good = self
            .from
            .is_some_and(|from| from.elapsed() <= limit.lease());
        let can_take = is_good && self.left > 0;
        self.left -= i64::from(can_take);
        can_take
    }

    /// The next demand: as many permits as would have been spent in a whole lease at the pace of
    /// the last one.
    fn demand(&self, limit: Limit) -> Demand {
        let spent = self.granted - self.left;
        let wanted = self.from.map_or(0, |from| {
            let elapsed = i64::try_from(from.elapsed().as_millis())
                .unwrap_or(i64::MAX)
                .max(1);
            spent.saturating_mul(limit.lease) / elapsed
        });
        let returned: Slot = (self.slot, self.left);
        Demand { wanted, returned }
    }
}

impl ApplicationStore {
    /// Leases permits in one transaction, which holds the row of the application.
    async fn ask(
        &self,
        limit: Limit,
        demand: Demand,
        closed_for: i64,
    ) -> Result<Granted, sqlx::Error> {
        let text = |statement| self.database.text(statement);
        on_pool!(&self.database, pool => {
            let mut tx = pool.begin_with(text(BEGIN)).await?;
            let mut row = None;
            while row.is_none() {
                row = sqlx::query_as::<_, (String, i64)>(text(READ))
                    .bind(&*self.application)
                    .fetch_optional(&mut *tx)
                    .await?;
                if row.is_none() {
                    let add = sqlx::query(text(ADD)).bind(&*self.application);
                    add.execute(&mut *tx).await?;
                }
            }
            let (slots, closed_until) = row.unwrap_or_default();
            let now: i64 = sqlx::query_scalar(text(NOW)).fetch_one(&mut *tx).await?;
            let closed_until = closed_until.max(now + closed_for);
            // A text that is not a list of slots was not written by this crate: it is ignored.
            let mut slots: Vec<Slot> = serde_json::from_str(&slots).unwrap_or_default();
            let closed_for = closed_until - now;
            let grant = match closed_for > 0 {
                true => Grant::Wait(closed_for),
                false => limit.grant(&mut slots, now, demand),
            };
            let slots = serde_json::to_string(&slots).unwrap_or_default();
            sqlx::query(text(WRITE))
                .bind(&*self.application)
                .bind(slots)
                .bind(closed_until)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(Granted { grant, closed_for })
        })
    }
}

async fn sleep_until(until: Instant, deadline: Option<Instant>) -> Result<(), Failure> {
    // A wait past the deadline is not begun.
    if deadline.is_some_and(|deadline| until >= deadline) {
        return Err(Failure::Full);
    }
    tokio::time::sleep_until(until).await;
    Ok(())
}

impl fmt::Debug for SharedRateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedRateLimiter")
            .field("limit", &self.inner.limit)
            .finish_non_exhaustive()
    }
}
