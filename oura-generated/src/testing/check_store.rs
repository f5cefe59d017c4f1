//! Checks a token store for what sessions rely on.
//!
//! Input: two handles of one empty record. Output: nothing, or a panic that says what is wrong.
//! Each step has a limit, so that a store that hangs is reported too.

use std::future::Future;
use std::time::Duration;

use time::OffsetDateTime;

use crate::models::Scope;
use crate::oauth::{LockedStore, RefreshToken, StoreError, Token, TokenStore};

/// How long the lock may be held by a step.
const HOLD: Duration = Duration::from_secs(4);
/// How long one operation may take.
const LIMIT: Duration = Duration::from_secs(8);
/// How long to wait for a lock that is held, to see that it is not given.
const GLANCE: Duration = Duration::from_millis(300);
/// How often each of two tasks counts, to see that no write is lost.
const ROUNDS: u32 = 5;

/// Checks that a [`TokenStore`] keeps its promises. `one` and `other` are two handles of the
/// same record, as two processes have them: with separate connections. The record must be empty,
/// and is empty in the end.
///
/// It takes some seconds, and longer if a dropped lock is only released when it expires. Do not use
/// it in a test with paused time, unless the store follows tokio's clock.
///
/// # Panics
///
/// When a promise is broken. The message says what is wrong, and the likely reason:
///
/// - the lock of an empty record is given twice (a database cannot lock a row that does not exist);
/// - `save` hangs or fails while the lock is held (it uses another connection than the lock);
/// - a token is not loaded as it was saved, or only after `release`;
/// - a dropped lock, or a dropped wait for one, leaves the record locked;
/// - a write is accepted after the lock has expired and another process has taken it;
/// - a write of one of two writers is lost.
///
/// ```
/// use oura_generated::oauth::MemoryStore;
/// use oura_generated::testing::check_store;
///
/// # async fn example() {
/// let store = MemoryStore::new();
/// check_store(store.clone(), store).await;
/// # }
/// ```
pub async fn check_store(one: impl TokenStore, other: impl TokenStore) {
    let (one, other) = (&one as &dyn TokenStore, &other as &dyn TokenStore);
    check_empty_record(one, other).await;
    check_saved_token(one, other).await;
    check_freed_locks(one, other).await;
    check_late_holder(one, other).await;
    check_two_writers(one, other).await;
    check_removal(one, other).await;
}

async fn check_empty_record(one: &dyn TokenStore, other: &dyn TokenStore) {
    for store in [one, other] {
        let found = in_time("load of an empty record", store.load()).await;
        assert!(found.is_none(), "the record must be empty at first");
    }
    let mut held = lock(one).await;
    assert_locked(other, "an empty record").await;
    let found = in_time("load under the lock", held.load()).await;
    assert!(
        found.is_none(),
        "an empty record holds a token under its lock"
    );
    in_time("release", held.release()).await;
}

/// Checks `save` and `load`, and leaves a token in the record.
async fn check_saved_token(one: &dyn TokenStore, other: &dyn TokenStore) {
    for number in 1..=2 {
        let token = token(number);
        let mut held = lock(one).await;
        in_time(
            "save under the lock (does it use another connection than the lock?)",
            held.save(&token),
        )
        .await;
        let found = in_time("load by another while the lock is held", other.load()).await;
        assert_is(found, &token, "after `save`, before `release`");
        assert_locked(other, "a record, after `save`").await;
        in_time("release", held.release()).await;
        let mut held = lock(other).await;
        let found = in_time("load under the lock", held.load()).await;
        assert_is(found, &token, "under the next lock");
        // This lock wrote nothing.
        in_time("release", held.release()).await;
        let found = in_time("load", one.load()).await;
        assert_is(found, &token, "after a `release` without a write");
    }
}

/// Checks a lock that is dropped without a release, and a wait for a lock that is dropped.
async fn check_freed_locks(one: &dyn TokenStore, other: &dyn TokenStore) {
    drop(lock(one).await);
    let held = lock_after_hold(other, "a lock that was dropped").await;
    // A cancelled wait must not get the lock later, and keep it.
    assert_locked(one, "a record").await;
    in_time("release", held.release()).await;
    let held = lock_after_hold(other, "a wait for the lock that was cancelled").await;
    in_time("release", held.release()).await;
    let found = in_time("load", one.load()).await;
    assert_is(found, &token(2), "after a lock was dropped");
}

/// Checks that a late holder writes nothing. A lock may expire when its time is over, or not.
async fn check_late_holder(one: &dyn TokenStore, other: &dyn TokenStore) {
    let hold = Duration::from_secs(1);
    let mut late = in_time("lock", one.lock(hold)).await;
    tokio::time::sleep(hold + GLANCE).await;
    let Ok(next) = tokio::time::timeout(HOLD / 2, other.lock(HOLD)).await else {
        in_time("release", late.release()).await;
        return;
    };
    let next = next.unwrap_or_else(|error| fail("lock", &error));
    for what in ["save", "remove"] {
        let outcome = match what {
            "save" => tokio::time::timeout(LIMIT, late.save(&token(3))).await,
            _ => tokio::time::timeout(LIMIT, late.remove()).await,
        };
        match outcome {
            Ok(Err(error)) if error.is_lock_lost() => {}
            Ok(Err(error)) => panic!(
                "`{what}` after the lock has expired fails with another error than \
                 `StoreError::lock_lost()`: {error}"
            ),
            Ok(Ok(())) => panic!("`{what}` is accepted after the lock has expired"),
            Err(_) => panic!("`{what}` after the lock has expired takes longer than {LIMIT:?}"),
        }
    }
    drop(late);
    in_time("release", next.release()).await;
    let found = in_time("load", one.load()).await;
    assert_is(found, &token(2), "after writes of a late holder");
}

/// Checks two tasks that count by reading and writing under the lock.
async fn check_two_writers(one: &dyn TokenStore, other: &dyn TokenStore) {
    let mut held = lock(one).await;
    in_time("save", held.save(&token(0))).await;
    in_time("release", held.release()).await;
    let count = async |store: &dyn TokenStore| {
        for _ in 0..ROUNDS {
            let mut held = lock(store).await;
            let found = in_time("load under the lock", held.load()).await;
            let next = found
                .as_ref()
                .and_then(number)
                .map(|number| token(number + 1));
            let next = next.unwrap_or_else(|| panic!("a token is gone while two write in turn"));
            in_time("save under the lock", held.save(&next)).await;
            in_time("release", held.release()).await;
        }
    };
    both(count(one), count(other)).await;
    let found = in_time("load", one.load()).await;
    assert_is(found, &token(2 * ROUNDS), "after two wrote in turn");
}

async fn check_removal(one: &dyn TokenStore, other: &dyn TokenStore) {
    for times in 1..=2 {
        let mut held = lock(one).await;
        in_time("remove under the lock", held.remove()).await;
        let found = in_time("load by another while the lock is held", other.load()).await;
        assert!(
            found.is_none(),
            "a token is there after `remove` ({times} times), before `release`"
        );
        assert_locked(other, "a record that was emptied").await;
        in_time("release", held.release()).await;
    }
    let found = in_time("load", one.load()).await;
    assert!(
        found.is_none(),
        "a token is there after `remove` and `release`"
    );
}

/// Waits for two futures that borrow. No dependency is needed for that.
async fn both(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (std::pin::pin!(one), std::pin::pin!(other));
    let mut done = [false; 2];
    std::future::poll_fn(|context| {
        done[0] = done[0] || one.as_mut().poll(context).is_ready();
        done[1] = done[1] || other.as_mut().poll(context).is_ready();
        match done {
            [true, true] => std::task::Poll::Ready(()),
            _ => std::task::Poll::Pending,
        }
    })
    .await;
}

async fn lock(store: &dyn TokenStore) -> Box<dyn LockedStore> {
    in_time("lock", store.lock(HOLD)).await
}

/// Takes the lock, which another holder has not released.
async fn lock_after_hold(store: &dyn TokenStore, of: &str) -> Box<dyn LockedStore> {
    match tokio::time::timeout(HOLD + LIMIT, store.lock(HOLD)).await {
        Ok(Ok(held)) => held,
        Ok(Err(error)) => fail("lock", &error),
        Err(_) => panic!("{of} keeps the record locked after its time"),
    }
}

async fn assert_locked(store: &dyn TokenStore, what: &str) {
    match tokio::time::timeout(GLANCE, store.lock(HOLD)).await {
        Err(_) => {}
        Ok(Ok(_)) => panic!(
            "the lock of {what} is given twice at once (a database cannot lock a row that does \
             not exist)"
        ),
        Ok(Err(error)) => {
            panic!("`lock` fails instead of waiting for the lock of {what}: {error}")
        }
    }
}

async fn in_time<T>(what: &str, work: impl Future<Output = Result<T, StoreError>>) -> T {
    match tokio::time::timeout(LIMIT, work).await {
        Ok(Ok(value)) => value,
        Ok(Err(error)) => fail(what, &error),
        Err(_) => panic!("{what}: it does not end within {LIMIT:?}"),
    }
}

fn fail(what: &str, error: &StoreError) -> ! {
    let cause = std::error::Error::source(error).map(|cause| format!(" ({cause})"));
    panic!("{what}: it fails: {error}{}", cause.unwrap_or_default())
}

/// Does not print the tokens: somebody may pass a store with real tokens by mistake.
fn assert_is(found: Option<Token>, expected: &Token, when: &str) {
    let found = found.unwrap_or_else(|| panic!("the token is not there {when}"));
    assert!(
        found == *expected,
        "the token is different {when}: store each of its fields, as `Token::to_json` does"
    );
}

/// A made-up token; every second one has all fields.
fn token(number: u32) -> Token {
    let mut token = Token::new(format!("check-store-access-{number}"));
    if number % 2 == 1 {
        token.refresh = Some(RefreshToken::new(format!("'\"\\ $1 {number} %s;--")));
        let issued = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_750_000_000);
        token.issued_at = Some(issued);
        token.expires_at = Some(issued + Duration::from_secs(86_400));
        token.scopes = vec![Scope::from("daily"), Scope::from("a-scope-to-come")];
    }
    token
}

fn number(token: &Token) -> Option<u32> {
    let number = token.access.expose().rsplit('-').next()?;
    number.parse().ok()
}
