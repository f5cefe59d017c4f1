//! Seen events, and the queue of events to be handled, with several processes.

use std::time::Duration;

use oura_generated::time::OffsetDateTime;
use oura_generated::webhook::{Event, SeenEvents};

use crate::databases::TestDatabase;

fn event(id: &str) -> Event {
    Event::new("create", "sleep", id, OffsetDateTime::UNIX_EPOCH, "alice")
}

#[tokio::test]
async fn an_event_is_new_once_for_all_processes() {
    TestDatabase::each(async |database| {
        let (one, other) = (database.migrated(2).await, database.stores(2).await);
        let (first, second) = (event("1"), event("2"));
        let (a, b) = tokio::join!(one.is_new(&first), other.is_new(&first));
        assert!(a != b, "both say {a}");
        assert!(!one.is_new(&first).await);
        assert!(other.is_new(&second).await);
        let elsewhere = one.application("another application");
        assert!(elsewhere.is_new(&first).await);
    })
    .await;
}

#[tokio::test]
async fn events_of_over_a_day_are_removed() {
    TestDatabase::each(async |database| {
        let stores = database.migrated(1).await;
        database
            .column("INSERT INTO oura_events (application, fingerprint, seen_at) VALUES ('', 'old', 1000) RETURNING fingerprint")
            .await;
        assert!(stores.is_new(&event("1")).await);
        let rows = database.column("SELECT fingerprint FROM oura_events").await;
        assert_eq!(rows, [Some(event("1").fingerprint())]);
    })
    .await;
}

#[tokio::test]
async fn without_the_tables_an_event_counts_as_new() {
    TestDatabase::each(async |database| {
        let stores = database.stores(1).await;
        assert!(stores.is_new(&event("1")).await);
        assert!(stores.is_new(&event("1")).await);
    })
    .await;
}

#[test]
fn a_fingerprint_covers_all_parts() {
    let names = [
        event("1"),
        event("2"),
        Event::new("update", "sleep", "1", OffsetDateTime::UNIX_EPOCH, "alice"),
        Event::new(
            "create",
            "workout",
            "1",
            OffsetDateTime::UNIX_EPOCH,
            "alice",
        ),
        Event::new("create", "sleep", "1", OffsetDateTime::now_utc(), "alice"),
        Event::new("create", "sleep", "1", OffsetDateTime::UNIX_EPOCH, "bob"),
    ]
    .map(|event| event.fingerprint());
    let different: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(different.len(), names.len());
    assert_eq!(event("1").fingerprint(), names[0]);
    assert_eq!(names[0].len(), 64);
}

const HOLD: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_queued_event_is_taken_once_in_order() {
    TestDatabase::each(async |database| {
        let one = database.migrated(1).await.events();
        let other = database.stores(1).await.events();
        assert_eq!(
            one.take(HOLD)
                .await
                .expect("a queue")
                .map(|taken| taken.event),
            None
        );
        assert!(one.push(&event("1")).await.expect("a queue"));
        assert!(!other.push(&event("1")).await.expect("a queue"));
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(other.push(&event("2")).await.expect("a queue"));
        let (first, second) = tokio::join!(one.take(HOLD), other.take(HOLD));
        let first = first.expect("a queue").expect("an event");
        let second = second.expect("a queue").expect("an event");
        assert_ne!(first.event, second.event);
        assert!(one.take(HOLD).await.expect("a queue").is_none());
        assert!(first.done().await.expect("a queue"));
        second.give_back().await.expect("a queue");
        let again = one
            .take(HOLD)
            .await
            .expect("a queue")
            .expect("it was given back");
        assert!(again.done().await.expect("a queue"));
        assert!(one.take(HOLD).await.expect("a queue").is_none());
        // Handled events are remembered.
        assert!(!one.push(&event("1")).await.expect("a queue"));
    })
    .await;
}

#[tokio::test]
async fn an_event_of_a_slow_process_is_taken_by_another() {
    TestDatabase::each(async |database| {
        let queue = database.migrated(1).await.events();
        queue.push(&event("1")).await.expect("a queue");
        let slow = queue.take(Duration::from_millis(1)).await.expect("a queue");
        tokio::time::sleep(Duration::from_millis(20)).await;
        let next = queue
            .take(HOLD)
            .await
            .expect("a queue")
            .expect("another takes it");
        assert!(!slow.expect("an event").done().await.expect("a queue"));
        assert!(next.done().await.expect("a queue"));
    })
    .await;
}
