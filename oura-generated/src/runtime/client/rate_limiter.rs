//! Rate limits that the client keeps: the trait, and the limiter in memory.
//!
//! Invariant of the latter: no window of the given length has more calls in it than the limit,
//! and a call that stops waiting leaves nothing behind.

use std::collections::VecDeque;
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::Route;

/// The future of a [`RateLimiter`].
pub type PermitFuture<'a> = Pin<Box<dyn Future<Output = Result<(), RateLimiterError>> + Send + 'a>>;

/// Permits calls one by one, so that an application stays below the server's limit.
///
/// [`ClientBuilder::rate_limit`](crate::ClientBuilder::rate_limit) sets one that counts in
/// memory. Implement it to share a limit with other processes. It is asked right before each
/// attempt, since the server counts attempts; the request is sent once it has the permit. An
/// implementation must expect that it is asked by many calls at once, and that a call is cancelled
/// while it waits: a permit that nobody took should not be lost for long.
pub trait RateLimiter: Send + Sync + 'static {
    /// Waits until the call may begin.
    ///
    /// # Errors
    ///
    /// [`RateLimiterError::full`] when the wait would not end within
    /// [`PermitRequest::within`]: fail at once then. [`RateLimiterError::unavailable`] when the
    /// limiter has failed. Nothing is sent in either case.
    fn acquire(&self, request: PermitRequest) -> PermitFuture<'_>;

    /// The server responded with 429 (too many calls) nevertheless, and asked for this wait; it is
    /// zero when the server did not say. It is not called when the server says that the limit is
    /// that of the call's access token, since other users' calls may go on. By default nothing is
    /// done: the call itself waits as its [`RetryPolicy`](crate::RetryPolicy) says.
    fn limited(&self, retry_after: Duration) {
        let _ = retry_after;
    }
}

/// A call that asks for a permit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PermitRequest {
    /// The route; `None` for a raw call.
    pub route: Option<Route>,
    /// How long the call can wait: what is left of its total timeout, if it has one.
    pub within: Option<Duration>,
}

impl<T: RateLimiter + ?Sized> RateLimiter for Arc<T> {
    fn acquire(&self, request: PermitRequest) -> PermitFuture<'_> {
        (**self).acquire(request)
    }

    fn limited(&self, retry_after: Duration) {
        (**self).limited(retry_after);
    }
}

/// Why a [`RateLimiter`] grants no permit.
#[derive(Debug)]
pub struct RateLimiterError {
    /// `None` when there is no permit in time.
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl RateLimiterError {
    /// There is no permit in time. The call fails with
    /// [`TimeLimit::RateLimit`](crate::TimeLimit::RateLimit).
    pub fn full() -> Self {
        Self { cause: None }
    }

    /// The limiter has failed: its database is not available, for example. The call fails with
    /// [`Error::RateLimiter`](crate::Error::RateLimiter). The text of the cause must not contain
    /// secrets.
    pub fn unavailable(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            cause: Some(cause.into()),
        }
    }

    /// Whether there is no permit in time.
    pub fn is_full(&self) -> bool {
        self.cause.is_none()
    }
}

impl fmt::Display for RateLimiterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.cause {
            None => "the rate limit has no permit for the call in time",
            Some(_) => "the rate limiter is not available; nothing was sent",
        })
    }
}

impl StdError for RateLimiterError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

/// At most `limit` calls begin in any `window`, counted in memory.
#[derive(Debug)]
pub(crate) struct MemoryLimiter {
    limit: usize,
    window: Duration,
    /// The turn to wait for a permit. The lock is fair: first come, first served.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<Calls>,
}

#[derive(Debug, Default)]
struct Calls {
    /// When each of the last calls began, in order, at most `limit` of them.
    calls: VecDeque<Instant>,
    /// How many calls wait for a permit.
    waiting: usize,
}

/// No permit is free before the deadline.
#[derive(Debug, PartialEq)]
pub(crate) struct Full;

impl MemoryLimiter {
    /// `Err` says why the limit cannot work.
    pub(crate) fn new(limit: usize, window: Duration) -> Result<Self, &'static str> {
        if limit == 0 {
            return Err("a rate limit of zero calls would stop every call");
        }
        if Instant::now().checked_add(window).is_none() {
            return Err("the window of the rate limit would never end");
        }
        Ok(Self {
            limit,
            window,
            turn: tokio::sync::Mutex::default(),
            state: Mutex::default(),
        })
    }

    /// Waits for a permit. Permits are granted in the order in which they are asked
    /// for. When the wait would not end before `deadline`, it is not begun.
    pub(crate) async fn take_permit(&self, deadline: Option<Instant>) -> Result<(), Full> {
        let (_waiter, ahead) = self.queue();
        self.next_permit(ahead, deadline)?;
        let _turn = self.turn.lock().await;
        // Nobody else takes a permit meanwhile, so that the one found now stays free.
        let at = self.next_permit(0, deadline)?;
        tokio::time::sleep_until(at).await;
        let mut state = self.state();
        let now = Instant::now();
        while state
            .calls
            .front()
            .is_some_and(|first| now - *first >= self.window)
        {
            state.calls.pop_front();
        }
        state.calls.push_back(now);
        Ok(())
    }

    /// When a call with `ahead` others before it may begin.
    fn next_permit(&self, ahead: usize, deadline: Option<Instant>) -> Result<Instant, Full> {
        let now = Instant::now();
        let calls = &self.state().calls;
        let Some(over) = (calls.len() + ahead).checked_sub(self.limit) else {
            return Ok(now);
        };
        let before = calls.get(over % self.limit).copied().unwrap_or(now);
        let windows = u32::try_from(over / self.limit + 1).unwrap_or(u32::MAX);
        let at = before
            .checked_add(self.window.saturating_mul(windows))
            .ok_or(Full)?;
        match deadline {
            Some(deadline) if at >= deadline && at > now => Err(Full),
            _ => Ok(at),
        }
    }

    /// Joins the queue, and returns the number of calls ahead.
    fn queue(&self) -> (Waiter<'_>, usize) {
        let mut state = self.state();
        state.waiting += 1;
        (Waiter(self), state.waiting - 1)
    }

    fn state(&self) -> MutexGuard<'_, Calls> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RateLimiter for MemoryLimiter {
    fn acquire(&self, request: PermitRequest) -> PermitFuture<'_> {
        Box::pin(async move {
            // A deadline that is too far for the clock means no deadline.
            let now = Instant::now();
            let deadline = request.within.and_then(|within| now.checked_add(within));
            let permit = self.take_permit(deadline).await;
            permit.map_err(|Full| RateLimiterError::full())
        })
    }
}

/// A waiting call, until it is dropped.
struct Waiter<'a>(&'a MemoryLimiter);

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.state().waiting -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);

    fn limiter(limit: usize) -> MemoryLimiter {
        MemoryLimiter::new(limit, WINDOW).expect("it is a limit")
    }

    #[tokio::test(start_paused = true)]
    async fn no_window_has_more_calls_than_the_limit() {
        let limiter = limiter(3);
        let start = Instant::now();
        let mut places = Vec::new();
        for second in [0, 1, 2, 3, 3, 3, 3, 60, 60] {
            tokio::time::sleep_until(start + Duration::from_secs(second)).await;
            limiter
                .take_permit(None)
                .await
                .expect("there is no deadline");
            places.push(start.elapsed().as_secs());
        }
        assert_eq!(places, [0, 1, 2, 10, 11, 12, 20, 60, 60]);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_stop_waiting_leave_nothing_behind() {
        let limiter = limiter(2);
        let start = Instant::now();
        for _ in 0..2 {
            limiter.take_permit(None).await.expect("a permit is free");
        }
        let impatient = (0..50)
            .map(|_| tokio::time::timeout(Duration::from_secs(1), limiter.take_permit(None)));
        let outcomes = futures_util::future::join_all(impatient).await;
        assert!(outcomes.iter().all(Result::is_err), "the window is full");
        limiter
            .take_permit(None)
            .await
            .expect("there is no deadline");
        assert_eq!(start.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_past_the_deadline_is_not_begun() {
        let limiter = limiter(1);
        limiter.take_permit(None).await.expect("a permit is free");
        let deadline = |seconds| Some(Instant::now() + Duration::from_secs(seconds));
        assert_eq!(limiter.take_permit(deadline(9)).await, Err(Full));
        let start = Instant::now();
        // The second of two waits for two windows.
        let (first, second) = tokio::join!(limiter.take_permit(deadline(15)), async {
            let outcome = limiter.take_permit(deadline(15)).await;
            (outcome, start.elapsed())
        });
        assert_eq!((first, second), (Ok(()), (Err(Full), Duration::ZERO)));
    }

    #[test]
    fn limits_that_cannot_work_are_refused() {
        assert!(MemoryLimiter::new(0, WINDOW).is_err());
        assert!(MemoryLimiter::new(1, Duration::MAX).is_err());
    }
}
