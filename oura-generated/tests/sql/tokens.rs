//! Tokens in tables, and the lease that is their lock.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use oura_generated::oauth::{RefreshToken, Sessions, Token, TokenStore, TokenStores};
use oura_generated::sql::Stores;
use oura_generated::testing::{Fault, Oura, Target, check_store};
use oura_generated::time::OffsetDateTime;
use tokio::task::JoinSet;

use crate::databases::TestDatabase;

const HOLD: Duration = Duration::from_secs(30);
const SECRETS: [&str; 2] = ["an-access-token", "a-refresh-token"];

fn token() -> Token {
    let mut token = Token::new(SECRETS[0]);
    token.refresh = Some(RefreshToken::new(SECRETS[1]));
    token
}

async fn save(store: &dyn TokenStore, token: &Token) {
    let mut locked = store.lock(HOLD).await.expect("a lock");
    locked.save(token).await.expect("it is stored");
    locked.release().await.expect("it is free");
}

#[tokio::test]
async fn a_token_is_stored_for_its_user_and_application() {
    TestDatabase::each(async |database| {
        let stores = database.migrated(1).await;
        let (alice, bob) = (stores.store("alice"), stores.store("bob"));
        let elsewhere = stores
            .clone()
            .application("another application")
            .store("alice");
        save(&*alice, &token()).await;
        assert_eq!(alice.load().await.expect("a table"), Some(token()));
        assert_eq!(
            database
                .migrated(1)
                .await
                .store("alice")
                .load()
                .await
                .expect("a table"),
            Some(token())
        );
        assert_eq!(bob.load().await.expect("a table"), None);
        assert_eq!(elsewhere.load().await.expect("a table"), None);
        let mut locked = alice.lock(HOLD).await.expect("a lock");
        locked.remove().await.expect("it is removed");
        assert_eq!(locked.load().await.expect("a table"), None);
        locked.release().await.expect("it is free");
        assert_eq!(alice.load().await.expect("a table"), None);
        assert_eq!(
            database
                .column("SELECT token FROM oura_tokens WHERE application = ''")
                .await,
            [None]
        );
    })
    .await;
}

#[tokio::test]
async fn a_lock_keeps_other_processes_out_but_holds_no_connection() {
    TestDatabase::each(async |database| {
        let (one, other) = (database.migrated(1).await, database.stores(1).await);
        let locked = one.store("alice").lock(HOLD).await.expect("a lock");
        let store = other.store("alice");
        let second = tokio::time::timeout(Duration::from_millis(400), store.lock(HOLD)).await;
        assert!(second.is_err(), "two have the lock");
        // The only connection of the pool is free, and the other users are.
        assert_eq!(one.store("alice").load().await.expect("a table"), None);
        save(&*one.store("bob"), &token()).await;
        locked.release().await.expect("it is free");
        save(&*store, &token()).await;
    })
    .await;
}

#[tokio::test]
async fn a_dropped_lock_is_free() {
    TestDatabase::each(async |database| {
        let stores = database.migrated(2).await;
        let store = stores.store("alice");
        drop(store.lock(HOLD).await.expect("a lock"));
        let second = tokio::time::timeout(HOLD / 3, store.lock(HOLD)).await;
        second.expect("it is free before its time").expect("a lock");
    })
    .await;
}

#[tokio::test]
async fn a_lock_that_is_cancelled_while_it_is_taken_is_free() {
    TestDatabase::each(async |database| {
        let store = database.migrated(1).await.store("alice");
        for polls in 1..8 {
            let mut lock = store.lock(HOLD);
            for _ in 0..polls {
                if poll_fn(|context| Poll::Ready(lock.as_mut().poll(context)))
                    .await
                    .is_ready()
                {
                    break;
                }
                // The database goes on meanwhile.
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            drop(lock);
            let next = tokio::time::timeout(HOLD / 3, store.lock(HOLD)).await;
            let next = next.expect("it is free before its time").expect("a lock");
            next.release().await.expect("it is free");
        }
    })
    .await;
}

#[tokio::test]
async fn one_connection_serves_fifty_users_whose_tokens_expire_together() {
    const USERS: usize = 50;

    TestDatabase::each(async |database| {
        let oura = Oura::in_memory();
        let stores = database.migrated(1).await;
        let sessions = Sessions::new(oura.oauth().build().expect("settings"), stores.clone());
        for number in 0..USERS {
            let user = oura.add_user(&format!("user-{number:02}"));
            let mut token = user.token();
            token.expires_at = Some(OffsetDateTime::UNIX_EPOCH);
            let inserted = sessions.insert(user.id(), token).await;
            inserted.expect("it is stored");
        }
        let users = stores.users().await.expect("a table");
        let held = oura.fail(Target::TokenUrl, Fault::Hold);
        let mut calls = JoinSet::new();
        for user in users.clone() {
            let (sessions, client) = (sessions.clone(), oura.client());
            calls.spawn(async move {
                let session = sessions.get(&user).await.expect("a table");
                let client = client.with_token_source(session.expect("a login"));
                client.get_personal_info().await.map(|me| me.id)
            });
        }
        // All exchanges are under way at once, and the only connection is free.
        for _ in 0..3_000 {
            if held.count() == USERS as u64 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(held.count(), USERS as u64);
        let query = tokio::time::timeout(Duration::from_secs(10), stores.users()).await;
        let query = query.expect("a query waits for the exchanges");
        assert_eq!(query.expect("a table"), users);
        drop(held);
        let mut served = Vec::new();
        while let Some(call) = calls.join_next().await {
            served.push(call.expect("no panic").expect("a person"));
        }
        served.sort();
        assert_eq!(served, users);
        let requests = oura.requests();
        let exchanges = requests.iter().filter(|asked| asked.path == "/oauth/token");
        assert_eq!(exchanges.count(), USERS);
    })
    .await;
}

#[test]
fn a_lock_that_is_dropped_without_a_runtime_does_not_panic() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (stores, locks) = runtime.block_on(async {
        let (mut stores, mut locks) = (Vec::new(), Vec::new());
        for database in TestDatabase::all().await {
            let migrated = database.migrated(1).await;
            locks.push(migrated.store("alice").lock(HOLD).await.expect("a lock"));
            stores.push((database, migrated));
        }
        (stores, locks)
    });
    drop(locks);
    runtime.block_on(async { drop(stores) });
}

#[tokio::test]
async fn another_process_takes_a_lock_that_has_expired() {
    TestDatabase::each(async |database| {
        let (one, other) = (database.migrated(1).await, database.stores(1).await);
        let mut late = one
            .store("alice")
            .lock(Duration::from_millis(1))
            .await
            .expect("a lock");
        let mut next = other
            .store("alice")
            .lock(HOLD)
            .await
            .expect("the lock has expired");
        let error = late.save(&token()).await.expect_err("the lock is lost");
        assert!(error.is_lock_lost(), "{error}");
        assert!(
            late.remove()
                .await
                .expect_err("the lock is lost")
                .is_lock_lost()
        );
        // The late holder does not release the lock of the other.
        late.release().await.expect("nothing is done");
        next.save(&token()).await.expect("it still holds the lock");
        next.release().await.expect("it is free");
    })
    .await;
}

#[tokio::test]
async fn sealed_tokens_are_not_readable_in_the_table() {
    fn sealed(stores: Stores) -> Stores {
        let turn = |text: &str| Ok::<_, String>(text.chars().rev().collect::<String>());
        stores.sealed(turn, turn)
    }

    TestDatabase::each(async |database| {
        let plain = database.migrated(1).await;
        let stores = sealed(plain.clone());
        save(&*stores.store("alice"), &token()).await;
        let stored = database.column("SELECT token FROM oura_tokens").await;
        let stored = stored[0].as_deref().expect("a token");
        assert!(
            !SECRETS.iter().any(|secret| stored.contains(secret)),
            "{stored}"
        );
        assert_eq!(
            stores.store("alice").load().await.expect("a table"),
            Some(token())
        );
        let error = plain.store("alice").load().await.expect_err("it is sealed");
        assert!(error.is_corrupt(), "{error}");
        let wrong = plain.sealed(
            |_| Err::<String, _>("no key"),
            |_| Err::<String, _>("no key"),
        );
        let error = wrong
            .store("alice")
            .load()
            .await
            .expect_err("the key is wrong");
        assert!(
            !error.is_corrupt(),
            "a wrong key must not cost the token: {error}"
        );
    })
    .await;
}

#[tokio::test]
async fn errors_do_not_contain_tokens() {
    TestDatabase::each(async |database| {
        let stores = database.migrated(1).await;
        let mut locked = stores.store("alice").lock(HOLD).await.expect("a lock");
        database.column("DROP TABLE oura_tokens").await;
        let error = locked.save(&token()).await.expect_err("there is no table");
        let mut texts = vec![format!("{error:?}"), error.to_string()];
        let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(&error);
        while let Some(error) = cause {
            texts.push(format!("{error} {error:?}"));
            cause = error.source();
        }
        let text = texts.join("\n");
        assert!(
            !SECRETS.iter().any(|secret| text.contains(secret)),
            "{text}"
        );
        assert!(text.contains("oura_tokens"), "{text}");
        // A NUL is a value that PostgreSQL refuses.
        let mut odd = Token::new("x");
        odd.refresh = Some(RefreshToken::new("a-\0-refresh-token"));
        let error = locked.save(&odd).await.expect_err("there is no table");
        assert!(!format!("{error:?}").contains("refresh-token"), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn tables_are_made_once_by_many_processes() {
    TestDatabase::each(async |database| {
        let mut processes = Vec::new();
        for _ in 0..6 {
            let stores = database.stores(1).await;
            processes.push(tokio::spawn(async move { stores.migrate().await }));
        }
        for process in processes {
            process.await.expect("no panic").expect("tables");
        }
        let stores = database.migrated(1).await;
        save(&*stores.store("alice"), &token()).await;
        stores.migrate().await.expect("tables");
        assert_eq!(
            stores.store("alice").load().await.expect("a table"),
            Some(token())
        );
    })
    .await;
}

#[tokio::test]
async fn stores_keep_their_promises() {
    TestDatabase::each(async |database| {
        let (one, other) = (database.migrated(1).await, database.stores(1).await);
        check_store(one.store("alice"), other.store("alice")).await;
    })
    .await;
}
