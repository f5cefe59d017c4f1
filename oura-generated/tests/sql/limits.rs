//! A rate limit that several processes share.

use std::time::{Duration, Instant};

use oura_generated::sql::{SharedRateLimiter, WhenUnavailable};
use oura_generated::time::OffsetDateTime;
use oura_generated::{PermitRequest, RateLimiter};
use tokio::task::JoinSet;

use crate::databases::TestDatabase;

const LIMIT: usize = 40;
const WINDOW: Duration = Duration::from_secs(2);

/// Calls as fast as allowed, and returns when each call began.
async fn call(limiter: SharedRateLimiter, until: Instant) -> Vec<Instant> {
    let mut calls = Vec::new();
    while Instant::now() < until {
        let mut request = PermitRequest::default();
        request.within = Some(until.saturating_duration_since(Instant::now()));
        match limiter.acquire(request).await {
            Ok(()) => calls.push(Instant::now()),
            Err(error) => assert!(error.is_full(), "{error}"),
        }
    }
    calls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_window_has_more_calls_than_the_limit() {
    TestDatabase::each(async |database| {
        database.migrated(1).await;
        let until = Instant::now() + 3 * WINDOW;
        let mut processes = Vec::new();
        for _ in 0..3 {
            let stores = database.stores(1).await;
            let limit = u32::try_from(LIMIT).expect("a small number");
            let limiter = stores.rate_limiter(limit, WINDOW).expect("a limit");
            for _ in 0..3 {
                processes.push(tokio::spawn(call(limiter.clone(), until)));
            }
        }
        let mut calls = Vec::new();
        for process in processes {
            calls.extend(process.await.expect("no panic"));
        }
        calls.sort_unstable();
        assert!(calls.len() > LIMIT, "only {} calls", calls.len());
        for (from, first) in calls.iter().enumerate() {
            let inside = calls[from..].iter().take_while(|at| **at - *first < WINDOW);
            assert!(inside.count() <= LIMIT, "a window has too many calls");
        }
    })
    .await;
}

#[tokio::test]
async fn a_wait_beyond_the_time_of_the_call_is_not_begun() {
    TestDatabase::each(async |database| {
        let stores = database.migrated(1).await;
        let hour = Duration::from_secs(3600);
        let limiter = stores.rate_limiter(1, hour).expect("a limit");
        let mut request = PermitRequest::default();
        request.within = Some(Duration::from_secs(60));
        limiter.acquire(request).await.expect("the first call");
        request.within = Some(Duration::from_millis(500));
        let error = limiter
            .acquire(request)
            .await
            .expect_err("the limit is used up");
        assert!(error.is_full(), "{error}");
    })
    .await;
}

#[tokio::test]
async fn all_processes_wait_when_the_server_says_so() {
    TestDatabase::each(async |database| {
        let one = database
            .migrated(1)
            .await
            .rate_limiter(100, WINDOW)
            .expect("a limit");
        let other = database
            .stores(1)
            .await
            .rate_limiter(100, WINDOW)
            .expect("a limit");
        let mut request = PermitRequest::default();
        request.within = Some(Duration::from_secs(5));
        one.limited(Duration::from_secs(600));
        let error = one
            .acquire(request)
            .await
            .expect_err("the server is closed");
        assert!(error.is_full(), "{error}");
        let error = other
            .acquire(request)
            .await
            .expect_err("the server is closed");
        assert!(error.is_full(), "{error}");
    })
    .await;
}

#[tokio::test]
async fn without_the_database_the_limit_is_kept_in_memory_or_calls_fail() {
    TestDatabase::each(async |database| {
        // The tables were never made.
        let limiter = database
            .stores(1)
            .await
            .rate_limiter(2, Duration::from_secs(3600));
        let limiter = limiter.expect("a limit");
        let mut request = PermitRequest::default();
        request.within = Some(Duration::from_secs(30));
        for _ in 0..2 {
            limiter.acquire(request).await.expect("the limit in memory");
        }
        assert!(
            limiter
                .acquire(request)
                .await
                .expect_err("it is used up")
                .is_full()
        );
        let strict = limiter.when_unavailable(WhenUnavailable::Fail);
        let error = strict
            .acquire(request)
            .await
            .expect_err("there is no table");
        assert!(!error.is_full(), "{error}");
    })
    .await;
}

#[tokio::test]
async fn no_response_of_the_server_stops_all_processes_forever() {
    TestDatabase::each(async |database| {
        let limiter = database.migrated(1).await.rate_limiter(100, WINDOW);
        let limiter = limiter.expect("a limit");
        limiter.limited(Duration::from_secs(100 * 365 * 24 * 60 * 60));
        let mut request = PermitRequest::default();
        request.within = Some(Duration::from_secs(5));
        let error = limiter.acquire(request).await;
        assert!(error.expect_err("the server is closed").is_full());
        let closed = "SELECT CAST(closed_until AS TEXT) FROM oura_rate_limits";
        let closed = database.column(closed).await.remove(0).expect("a time");
        let closed: i128 = closed.parse().expect("milliseconds");
        let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
        let day = 24 * 60 * 60 * 1_000;
        assert!(now < closed && closed < now + day, "{closed}");
    })
    .await;
}

#[tokio::test]
async fn calls_do_not_wait_in_turn_for_a_database_that_hangs() {
    TestDatabase::each(async |database| {
        let stores = database.migrated(1).await;
        let limiter = stores.rate_limiter(1_000, WINDOW).expect("a limit");
        let _hangs = database.hang().await;
        let mut calls = JoinSet::new();
        for _ in 0..20 {
            let limiter = limiter.clone();
            // As long as six queries that are cancelled.
            let mut request = PermitRequest::default();
            request.within = Some(Duration::from_secs(30));
            calls.spawn(async move { limiter.acquire(request).await });
        }
        while let Some(call) = calls.join_next().await {
            call.expect("no panic").expect("the limit in memory");
        }
        let strict = limiter.when_unavailable(WhenUnavailable::Fail);
        let error = strict.acquire(PermitRequest::default()).await;
        assert!(!error.expect_err("there is no response").is_full());
    })
    .await;
}

#[tokio::test]
async fn calls_with_little_time_notice_that_the_database_hangs() {
    TestDatabase::each(async |database| {
        let stores = database.migrated(1).await;
        let limiter = stores.rate_limiter(1_000, WINDOW).expect("a limit");
        let _hangs = database.hang().await;
        let mut request = PermitRequest::default();
        request.within = Some(Duration::from_millis(600));
        let mut served = false;
        for _ in 0..30 {
            served = served || limiter.acquire(request).await.is_ok();
        }
        assert!(
            served,
            "each call waits for the database until its time is over"
        );
    })
    .await;
}

#[tokio::test]
async fn a_wait_of_the_server_applies_without_the_database() {
    TestDatabase::each(async |database| {
        // The tables were never made.
        let limiter = database.stores(1).await.rate_limiter(100, WINDOW);
        let limiter = limiter.expect("a limit");
        limiter.limited(Duration::from_secs(600));
        let mut request = PermitRequest::default();
        request.within = Some(Duration::from_secs(5));
        let error = limiter.acquire(request).await;
        assert!(error.expect_err("the server is closed").is_full());
    })
    .await;
}

#[tokio::test]
async fn limits_that_cannot_work_are_refused() {
    let database = TestDatabase::all().await.remove(0);
    let stores = database.migrated(1).await;
    assert!(stores.rate_limiter(0, WINDOW).is_err());
    assert!(stores.rate_limiter(1, Duration::from_millis(10)).is_err());
    assert!(stores.rate_limiter(1, Duration::MAX).is_err());
}
