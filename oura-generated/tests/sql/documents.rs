//! Documents in tables: batches of a sync, and webhook events.

use futures_util::TryStreamExt;
use oura_generated::models::Workout;
use oura_generated::sql::{ApplyError, Documents};
use oura_generated::testing::{Fault, Oura, User};
use oura_generated::time::{Date, Month, OffsetDateTime};
use oura_generated::webhook::Event;
use oura_generated::{Checkpoint, Resource, Route};

use crate::databases::TestDatabase;

fn day(number: u8) -> Date {
    Date::from_calendar_date(2025, Month::March, number).expect("a date")
}

/// A server in memory, and a user with ten days.
fn server() -> (Oura, User) {
    let oura = Oura::builder()
        .today(day(20))
        .in_memory()
        .expect("the spec can be read");
    let alice = oura.add_user("alice");
    alice.days(day(11)..=day(20));
    (oura, alice)
}

/// Syncs once, and returns how many documents were written, removed, and found unchanged.
async fn sync(user: &User, documents: &Documents) -> [usize; 3] {
    let checkpoints = documents.checkpoints().await.expect("checkpoints");
    let sync = user
        .client()
        .sync()
        .since(day(1))
        .until(day(22))
        .resume(checkpoints);
    let mut batches = sync.batches();
    let mut counts = [0; 3];
    while let Some(batch) = batches.try_next().await.expect("a batch") {
        let applied = documents.apply(&batch).await.expect("it is stored");
        let changes = [applied.written, applied.removed, applied.unchanged];
        counts = std::array::from_fn(|at| counts[at] + changes[at]);
    }
    counts
}

async fn keys(documents: &Documents, resource: Resource) -> Vec<String> {
    let records = documents
        .records(resource, day(1)..day(31))
        .await
        .expect("records");
    records.into_iter().map(|record| record.key).collect()
}

fn workout(id: &str, on: Date) -> Workout {
    let mut workout = Workout::example();
    workout.id = id.to_owned();
    workout.day = on;
    workout
}

fn event(kind: &str, id: &str) -> Event {
    Event::new(kind, "workout", id, OffsetDateTime::UNIX_EPOCH, "alice")
}

#[tokio::test]
async fn a_second_sync_writes_only_changes() {
    TestDatabase::each(async |database| {
        let (_oura, alice) = server();
        let documents = database.migrated(1).await.documents("alice");
        let [written, removed, unchanged] = sync(&alice, &documents).await;
        assert!(written > 1_000, "{written}");
        assert_eq!([removed, unchanged], [0, 0]);
        let beats = keys(&documents, Resource::HeartRate).await.len();
        let [written, removed, unchanged] = sync(&alice, &documents).await;
        assert_eq!([written, removed], [0, 0]);
        assert!(unchanged > 1_000, "{unchanged}");
        alice.put(workout("new", day(19)));
        let nights = keys(&documents, Resource::Sleep).await;
        alice.remove(Resource::Sleep, &nights[0]);
        let [written, removed, _] = sync(&alice, &documents).await;
        assert_eq!([written, removed], [1, 1]);
        assert!(
            keys(&documents, Resource::Workout)
                .await
                .contains(&"new".to_owned())
        );
        assert_eq!(keys(&documents, Resource::Sleep).await, nights[1..]);
        assert_eq!(keys(&documents, Resource::HeartRate).await.len(), beats);
    })
    .await;
}

#[tokio::test]
async fn the_stored_json_is_that_of_the_server() {
    TestDatabase::each(async |database| {
        let (_oura, alice) = server();
        let mut odd = serde_json::to_value(workout("odd", day(15))).expect("JSON");
        odd["newer_than_this_crate"] = serde_json::json!({"a": [1, "ü"]});
        alice.put_json("workout", &odd);
        let documents = database.migrated(1).await.documents("alice");
        sync(&alice, &documents).await;
        let records = documents.records(Resource::Workout, day(15)..day(16)).await;
        let records = records.expect("records");
        let record = records
            .iter()
            .find(|record| record.key == "odd")
            .expect("it is stored");
        let json: serde_json::Value = serde_json::from_str(record.json.get()).expect("JSON");
        assert_eq!(json, odd);
        assert_eq!(record.document().expect("a workout").id(), Some("odd"));
        let latest = documents
            .latest(Resource::DailySleep)
            .await
            .expect("records");
        let latest = latest.expect("there are nights");
        let list = alice
            .client()
            .list_daily_sleep()
            .start_date(day(1))
            .end_date(day(21))
            .await;
        let days = list
            .expect("a list")
            .data
            .into_iter()
            .map(|sleep| sleep.day);
        assert_eq!(latest.day(), days.max());
    })
    .await;
}

#[tokio::test]
async fn a_batch_and_its_checkpoint_are_stored_together() {
    TestDatabase::each(async |database| {
        let (_oura, alice) = server();
        let documents = database.migrated(1).await.documents("alice");
        let sync = alice
            .client()
            .sync()
            .resources([Resource::Sleep])
            .since(day(1));
        let batch = sync
            .batches()
            .try_next()
            .await
            .expect("a batch")
            .expect("a batch");
        database
            .column("ALTER TABLE oura_checkpoints RENAME TO elsewhere")
            .await;
        let error = documents
            .apply(&batch)
            .await
            .expect_err("there is no table");
        assert!(error.to_string().contains("oura_checkpoints"), "{error}");
        assert!(keys(&documents, Resource::Sleep).await.is_empty());
        database
            .column("ALTER TABLE elsewhere RENAME TO oura_checkpoints")
            .await;
        let applied = documents.apply(&batch).await.expect("it is stored");
        assert_eq!(applied.written, batch.records.len());
        assert_eq!(
            documents.checkpoints().await.expect("checkpoints"),
            [batch.checkpoint]
        );
    })
    .await;
}

#[tokio::test]
async fn the_documents_of_users_are_separate() {
    TestDatabase::each(async |database| {
        let (oura, alice) = server();
        let bob = oura.add_user("bob");
        bob.days(day(20)..=day(20));
        let stores = database.migrated(1).await;
        let (hers, his) = (stores.documents("alice"), stores.documents("bob"));
        sync(&alice, &hers).await;
        let nights = keys(&hers, Resource::DailySleep).await;
        assert_eq!(
            his.checkpoints().await.expect("checkpoints"),
            [] as [Checkpoint; 0]
        );
        sync(&bob, &his).await;
        assert_eq!(keys(&hers, Resource::DailySleep).await, nights);
        assert!(keys(&his, Resource::DailySleep).await.len() < nights.len());
    })
    .await;
}

#[tokio::test]
async fn events_write_and_remove_documents() {
    TestDatabase::each(async |database| {
        let (oura, alice) = server();
        let client = alice.client();
        let documents = database.migrated(1).await.documents("alice");
        alice.put(workout("1", day(12)));
        let applied = documents.apply_event(&client, &event("create", "1")).await;
        assert_eq!(applied.expect("it is stored").written, 1);
        assert_eq!(keys(&documents, Resource::Workout).await, ["1"]);
        alice.put(workout("1", day(13)));
        documents
            .apply_event(&client, &event("update", "1"))
            .await
            .expect("it is stored");
        let records = documents.records(Resource::Workout, day(13)..day(14)).await;
        assert_eq!(records.expect("records").len(), 1);
        {
            let _fault = oura.fail(Route::GetWorkout, Fault::Status(500));
            let error = documents.apply_event(&client, &event("update", "1")).await;
            assert!(matches!(error, Err(ApplyError::Fetch(_))), "{error:?}");
        }
        let unknown = Event::new("create", "mood", "9", OffsetDateTime::UNIX_EPOCH, "alice");
        let applied = documents
            .apply_event(&client, &unknown)
            .await
            .expect("nothing to do");
        assert_eq!(applied.written, 0);
        // The document is gone by the time that a late event arrives.
        alice.remove(Resource::Workout, "1");
        let applied = documents.apply_event(&client, &event("update", "1")).await;
        assert_eq!(applied.expect("it is removed").removed, 1);
        alice.put(workout("2", day(12)));
        documents
            .apply_event(&client, &event("create", "2"))
            .await
            .expect("it is stored");
        let applied = documents.apply_event(&client, &event("delete", "2")).await;
        assert_eq!(applied.expect("it is removed").removed, 1);
        assert!(keys(&documents, Resource::Workout).await.is_empty());
    })
    .await;
}
