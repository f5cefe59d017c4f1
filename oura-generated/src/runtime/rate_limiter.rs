//! A limit on the calls of a client, kept on this side.
//!
//! Invariant: no window of the given length has more calls in it than the limit.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// At most `limit` calls begin in any `window`.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    limit: usize,
    window: Duration,
    /// When each of the last calls began or will begin, in order, at most `limit` of them.
    calls: Mutex<VecDeque<Instant>>,
}

impl RateLimiter {
    /// A limit of zero would stop everything, so it counts as one.
    pub(crate) fn new(limit: usize, window: Duration) -> Self {
        Self {
            limit: limit.max(1),
            window,
            calls: Mutex::default(),
        }
    }

    /// Takes the next free place, which may lie ahead, and gives its time. Places are given
    /// in the order in which they are asked for; one that is given up stays taken, which
    /// errs on the safe side.
    pub(crate) fn reserve(&self, now: Instant) -> Instant {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let earliest = calls.back().map_or(now, |last| now.max(*last));
        let at = match calls.front() {
            Some(first) if calls.len() == self.limit => earliest.max(*first + self.window),
            _ => earliest,
        };
        if calls.len() == self.limit {
            calls.pop_front();
        }
        calls.push_back(at);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_window_has_more_calls_than_the_limit() {
        let limiter = RateLimiter::new(3, Duration::from_secs(10));
        let start = Instant::now();
        let places: Vec<_> = [0, 1, 2, 3, 3, 3, 3, 60, 60]
            .map(|second| limiter.reserve(start + Duration::from_secs(second)))
            .iter()
            .map(|at| at.duration_since(start).as_secs())
            .collect();
        assert_eq!(places, [0, 1, 2, 10, 11, 12, 20, 60, 60]);
    }
}
