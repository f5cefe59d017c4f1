//! The retry policy: whether a call is repeated, and when.
//!
//! Input: a policy, the call's method and its error. Output: how long to wait, or nothing.
//! Invariant: a call that may have changed something is never repeated.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use http::{Method, StatusCode};
use time::OffsetDateTime;

use crate::runtime::error::api::{ApiError, RateLimit};
use crate::runtime::error::{Error, TimeLimit};
use crate::runtime::transport::TransportErrorKind;

/// No wait is longer than this, whatever a policy says.
const LONGEST_DELAY: Duration = Duration::from_secs(24 * 60 * 60);

/// When and how often failed calls are retried.
///
/// A failed connection and the status 429 (too many calls) mean that nothing was done: every
/// call is retried after them. After 502, 503, 504 and a connection that broke, only reads
/// are. Waits grow exponentially, with jitter; if the server says how long to wait
/// (`Retry-After`, `X-RateLimit-Reset`), the call waits that long. A wait that would be
/// longer than the policy allows is not begun: the error is returned at once.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    max_retries: usize,
    base_delay: Duration,
    max_delay: Duration,
    max_total_delay: Duration,
}

/// Three retries, after about 0.5, 1 and 2 seconds; no wait above 60 seconds, no more
/// than 2 minutes of waiting in all.
impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 3,
            base_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(60),
            max_total_delay: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// A policy without retries.
    pub fn none() -> Self {
        Self::default().max_retries(0)
    }

    /// Sets how often a call is retried at most.
    pub fn max_retries(mut self, retries: usize) -> Self {
        self.max_retries = retries;
        self
    }

    /// Sets the first wait; each further one is twice as long.
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// Sets the longest wait. If the server asks for a longer one, its error is returned
    /// at once.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// Sets the longest time that a call spends waiting, over all its attempts.
    pub fn max_total_delay(mut self, delay: Duration) -> Self {
        self.max_total_delay = delay;
        self
    }

    pub(crate) fn start(&self) -> Retries {
        let longest = self.max_delay.min(LONGEST_DELAY);
        let backoff = ExponentialBuilder::new()
            .with_min_delay(self.base_delay.min(longest))
            .with_max_delay(longest)
            .with_factor(2.0)
            .with_max_times(self.max_retries)
            .with_jitter()
            .build();
        Retries {
            backoff,
            longest,
            left: self.max_total_delay,
        }
    }
}

/// The retries that one call has left.
pub(crate) struct Retries {
    backoff: ExponentialBackoff,
    longest: Duration,
    left: Duration,
}

impl Retries {
    /// How long to wait before the call is repeated; `None` when it is not.
    pub(crate) fn next_wait(&mut self, method: &Method, error: &Error) -> Option<Duration> {
        if !may_repeat(method, error) {
            return None;
        }
        // Jitter may add to a wait, but not beyond the longest.
        let backoff = self.backoff.next()?.min(self.longest);
        let asked = server_wait(error, OffsetDateTime::now_utc()).unwrap_or_default();
        let wait = backoff.max(asked);
        if wait > self.longest || wait > self.left {
            return None;
        }
        self.left -= wait;
        Some(wait)
    }
}

fn may_repeat(method: &Method, error: &Error) -> bool {
    match error {
        Error::Timeout {
            limit: TimeLimit::Connect,
            ..
        } => true,
        Error::Transport { source, .. } => match source.kind() {
            TransportErrorKind::Connect | TransportErrorKind::ConnectTimeout => true,
            TransportErrorKind::Interrupted => method.is_safe(),
            TransportErrorKind::BodyTooLarge | TransportErrorKind::Other => false,
        },
        Error::Api(error) => match error.status.as_u16() {
            429 => true,
            502..=504 => method.is_safe(),
            _ => false,
        },
        _ => false,
    }
}

/// How long the server asks to wait after too many calls of the application, zero where it does
/// not say; `None` for other errors.
pub(crate) fn limited_for(error: &Error) -> Option<Duration> {
    let is_limited = error.status() == Some(StatusCode::TOO_MANY_REQUESTS);
    // The limit of one user's token is not that of the others.
    let is_limited = is_limited && !is_of_one_token(error);
    is_limited.then(|| server_wait(error, OffsetDateTime::now_utc()).unwrap_or_default())
}

/// Whether the limit was that of an access token, by `X-RateLimit-Tier`. The spec has two tiers,
/// "per-access-token" and "per-application", and not how the header spells them.
fn is_of_one_token(error: &Error) -> bool {
    let Error::Api(error) = error else {
        return false;
    };
    let tier = RateLimit::from_headers(&error.headers).tier;
    tier.is_some_and(|tier| {
        let tier = tier.to_ascii_lowercase();
        tier.contains("token") && !tier.contains("app")
    })
}

/// How long the server asks to wait. `Retry-After` comes first. The reset of a rate limit counts
/// only for 429, because gateways add it to every response.
fn server_wait(error: &Error, now: OffsetDateTime) -> Option<Duration> {
    let Error::Api(error) = error else {
        return None;
    };
    let ApiError {
        status, headers, ..
    } = &**error;
    let RateLimit {
        retry_after, reset, ..
    } = RateLimit::from_headers(headers);
    let reset = reset.filter(|_| *status == StatusCode::TOO_MANY_REQUESTS);
    retry_after.or_else(|| Some((reset? - now).try_into().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use bytes::Bytes;

    use super::*;
    use crate::runtime::call::reply::Reply;
    use crate::runtime::transport::TransportError;

    fn failure(status: u16, headers: &[(&'static str, String)]) -> Error {
        let mut response = http::Response::new(Bytes::new());
        *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
        for (name, value) in headers {
            response
                .headers_mut()
                .insert(*name, value.parse().expect("a header"));
        }
        Error::Api(Box::new(ApiError::from_reply(
            &Reply::new(None, response),
            &[],
        )))
    }

    fn transport(kind: TransportErrorKind) -> Error {
        Error::Transport {
            route: None,
            source: TransportError::new(kind, "x"),
            cursor: None,
        }
    }

    #[test]
    fn writes_are_repeated_only_when_nothing_was_done() {
        for (error, reads, writes) in [
            (failure(429, &[]), true, true),
            (failure(503, &[]), true, false),
            (failure(500, &[]), false, false),
            (failure(404, &[]), false, false),
            (transport(TransportErrorKind::Connect), true, true),
            (transport(TransportErrorKind::Interrupted), true, false),
            (transport(TransportErrorKind::BodyTooLarge), false, false),
        ] {
            assert_eq!(may_repeat(&Method::GET, &error), reads, "GET {error}");
            for method in [Method::POST, Method::PUT, Method::DELETE] {
                assert_eq!(may_repeat(&method, &error), writes, "{method} {error}");
            }
        }
    }

    #[test]
    fn waits_grow_and_end() {
        let mut retries = RetryPolicy::default().start();
        let waits: Vec<_> =
            std::iter::from_fn(|| retries.next_wait(&Method::GET, &failure(503, &[]))).collect();
        let bounds = [(500, 1000), (1000, 2000), (2000, 4000)];
        assert_eq!(waits.len(), bounds.len());
        for (wait, (low, high)) in waits.iter().zip(bounds) {
            assert!((low..=high).contains(&wait.as_millis()), "{wait:?}");
        }
        assert_eq!(
            RetryPolicy::none()
                .start()
                .next_wait(&Method::GET, &failure(503, &[])),
            None
        );
    }

    #[test]
    fn the_server_says_how_long_to_wait() {
        let wait = |headers: &[(&'static str, String)]| {
            RetryPolicy::default()
                .start()
                .next_wait(&Method::GET, &failure(429, headers))
        };
        let reset = |seconds: i64| {
            let at = OffsetDateTime::now_utc().unix_timestamp() + seconds;
            ("x-ratelimit-reset", at.to_string())
        };
        assert_eq!(
            wait(&[("retry-after", "7".to_owned()), reset(50)]),
            Some(Duration::from_secs(7))
        );
        let until_reset = wait(&[reset(20)]).expect("it is short enough");
        assert!(
            (18..=20).contains(&until_reset.as_secs()),
            "{until_reset:?}"
        );
        assert!(wait(&[reset(-20)]).is_some_and(|wait| wait < Duration::from_secs(1)));
        assert_eq!(wait(&[("retry-after", "61".to_owned())]), None);
    }

    #[test]
    fn calls_that_fail_together_do_not_come_back_together() {
        let error = failure(503, &[]);
        let first_wait = |_| {
            let mut retries = RetryPolicy::default().start();
            retries.next_wait(&Method::GET, &error)
        };
        let waits: HashSet<_> = (0..20).map(first_wait).collect();
        assert!(waits.len() > 1, "{waits:?}");
    }

    #[test]
    fn the_reset_of_a_rate_limit_is_for_429_alone() {
        let at = OffsetDateTime::now_utc().unix_timestamp() + 3600;
        let headers = [("x-ratelimit-reset", at.to_string())];
        let wait = |status| {
            let mut retries = RetryPolicy::default().start();
            retries.next_wait(&Method::GET, &failure(status, &headers))
        };
        assert_eq!(wait(429), None, "an hour is longer than allowed");
        assert!(wait(503).is_some_and(|wait| wait <= Duration::from_secs(1)));
    }

    #[test]
    fn a_number_too_large_is_a_long_wait() {
        let headers = [("retry-after", "99999999999999999999999".to_owned())];
        let mut retries = RetryPolicy::default().start();
        assert_eq!(
            retries.next_wait(&Method::GET, &failure(429, &headers)),
            None
        );
    }

    #[test]
    fn the_waits_of_a_call_are_bounded_together() {
        let policy = RetryPolicy::default().max_total_delay(Duration::from_secs(12));
        let mut retries = policy.start();
        let error = failure(429, &[("retry-after", "5".to_owned())]);
        let waits: Vec<_> =
            std::iter::from_fn(|| retries.next_wait(&Method::GET, &error)).collect();
        assert_eq!(waits, [Duration::from_secs(5); 2]);
    }

    #[test]
    fn absurd_policies_do_not_panic() {
        let policy = RetryPolicy::default()
            .base_delay(Duration::MAX)
            .max_delay(Duration::MAX)
            .max_total_delay(Duration::MAX);
        let wait = policy.start().next_wait(&Method::GET, &failure(503, &[]));
        assert_eq!(wait, Some(LONGEST_DELAY));
    }
}
