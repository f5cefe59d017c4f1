//! Token stores: their promises, and what a session does when a store breaks one.
//!
//! Time is paused where the store allows it, so that time limits pass at once.

use std::future::pending;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::FutureExt;
use oura_generated::oauth::{
    Ended, FileStore, FileStores, LockedStore, MemoryStore, MemoryStores, OAuth, OAuthError,
    Session, Sessions, StoreError, StoreFuture, Token, TokenStore, TokenStores,
};
use oura_generated::testing::{Fault, Target, check_store};
use oura_generated::time::OffsetDateTime;
use oura_generated::{Error, MemoryTransport, TokenSource};
use tokio::time::Instant;

use super::{access_token, ending, flow, new_token, scripted, server, token, token_url, unsent};
use crate::support::response;

fn access(token: &Token) -> &str {
    token.access.expose()
}

/// What is wrong with a [`Lease`].
#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    None,
    /// Like `BEGIN IMMEDIATE` for the lock, and other connections for the rest.
    WritesByAnotherConnection,
    /// Like `SELECT .. FOR UPDATE` when there is no row yet.
    LocksOnlyARow,
    CommitsAtRelease,
    AcceptsLateWrites,
    KeepsADroppedLock,
    ForgetsTheAge,
    FailsInsteadOfWaiting,
}

/// A store that works like a table with a lease: another holder can take the lock when it expires.
#[derive(Clone)]
struct Lease {
    flaw: Flaw,
    record: Arc<Mutex<Record>>,
    loads: Arc<AtomicUsize>,
    hangs: Arc<Mutex<&'static str>>,
}

#[derive(Default)]
struct Record {
    token: Option<Token>,
    holder: Option<(u64, Instant)>,
    holders: u64,
}

impl Lease {
    fn new(flaw: Flaw) -> Self {
        Self {
            flaw,
            record: Arc::default(),
            loads: Arc::default(),
            hangs: Arc::default(),
        }
    }

    fn with(token: Token) -> Self {
        let store = Self::new(Flaw::None);
        store.record().token = Some(token);
        store
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().expect("no test panics with it")
    }

    fn stored(&self) -> Option<String> {
        self.record()
            .token
            .as_ref()
            .map(|token| access(token).to_owned())
    }

    /// From now on this operation never ends.
    fn hang(&self, operation: &'static str) {
        *self.hangs.lock().expect("no test panics with it") = operation;
    }

    async fn pass(&self, operation: &str) {
        if *self.hangs.lock().expect("no test panics with it") == operation {
            pending::<()>().await;
        }
    }

    fn try_lock(&self, hold: Duration) -> Option<Leased> {
        let mut record = self.record();
        let is_unlocked = self.flaw == Flaw::LocksOnlyARow && record.token.is_none();
        let now = Instant::now();
        if !is_unlocked {
            if record.holder.is_some_and(|(_, until)| until > now) {
                return None;
            }
            record.holders += 1;
            record.holder = Some((record.holders, now + hold));
        }
        Some(Leased {
            store: self.clone(),
            holder: (!is_unlocked).then_some(record.holders),
            pending: None,
        })
    }

    async fn read(&self) -> Result<Option<Token>, StoreError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.pass("load").await;
        let mut token = self.record().token.clone();
        if self.flaw == Flaw::ForgetsTheAge
            && let Some(token) = &mut token
        {
            token.issued_at = None;
        }
        Ok(token)
    }
}

impl TokenStore for Lease {
    fn load(&self) -> StoreFuture<'_, Option<Token>> {
        Box::pin(self.read())
    }

    fn lock(&self, hold: Duration) -> StoreFuture<'_, Box<dyn LockedStore>> {
        Box::pin(async move {
            self.pass("lock").await;
            loop {
                if let Some(leased) = self.try_lock(hold) {
                    return Ok(Box::new(leased) as _);
                }
                if self.flaw == Flaw::FailsInsteadOfWaiting {
                    return Err(StoreError::new("the database is locked", "code 5"));
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
    }
}

struct Leased {
    store: Lease,
    holder: Option<u64>,
    pending: Option<Option<Token>>,
}

impl Leased {
    fn is_held(&self) -> bool {
        let holder = self.store.record().holder;
        self.holder.is_none() || holder.is_some_and(|(holder, _)| Some(holder) == self.holder)
    }

    async fn write(&mut self, token: Option<Token>) -> Result<(), StoreError> {
        self.store.pass("save").await;
        match self.store.flaw {
            Flaw::WritesByAnotherConnection => {
                tokio::time::sleep(Duration::from_millis(2200)).await;
                return Err(StoreError::new("the database is locked", "code 5"));
            }
            Flaw::CommitsAtRelease => self.pending = Some(token),
            flaw if self.is_held() || flaw == Flaw::AcceptsLateWrites => {
                self.store.record().token = token;
            }
            _ => return Err(StoreError::lock_lost()),
        }
        Ok(())
    }
}

impl LockedStore for Leased {
    fn load(&mut self) -> StoreFuture<'_, Option<Token>> {
        Box::pin(self.store.read())
    }

    fn save<'a>(&'a mut self, token: &'a Token) -> StoreFuture<'a, ()> {
        Box::pin(self.write(Some(token.clone())))
    }

    fn remove(&mut self) -> StoreFuture<'_, ()> {
        Box::pin(self.write(None))
    }

    fn release(mut self: Box<Self>) -> StoreFuture<'static, ()> {
        Box::pin(async move {
            if let Some(token) = self.pending.take() {
                self.store.record().token = token;
            }
            self.store.pass("release").await;
            let mut record = self.store.record();
            record.holder = record
                .holder
                .filter(|(holder, _)| Some(*holder) != self.holder);
            Ok(())
        })
    }
}

impl Drop for Leased {
    fn drop(&mut self) {
        let mut record = self.store.record();
        let is_mine = |(holder, _): &(u64, Instant)| Some(*holder) == self.holder;
        if self.store.flaw == Flaw::KeepsADroppedLock {
            if let Some((_, until)) = record.holder.as_mut().filter(|held| is_mine(held)) {
                *until += Duration::from_secs(86_400);
            }
            return;
        }
        record.holder = record.holder.filter(|held| !is_mine(held));
    }
}

#[tokio::test(start_paused = true)]
async fn the_stores_in_memory_keep_their_promises() {
    let store = MemoryStore::new();
    check_store(store.clone(), store).await;
    let stores = MemoryStores::new();
    check_store(stores.store("alice"), stores.clone().store("alice")).await;
    let lease = Lease::new(Flaw::None);
    check_store(lease.clone(), lease).await;
}

#[tokio::test]
async fn a_file_keeps_its_promises() {
    let directory = tempfile::tempdir().expect("there is room");
    let path = directory.path().join("token.json");
    check_store(FileStore::new(&path), FileStore::new(&path)).await;
    let stores = Arc::new(FileStores::new(directory.path()));
    let [one, other] = [(); 2].map(|()| stores.store("../../x"));
    check_store(one, other).await;
}

#[tokio::test(start_paused = true)]
async fn stores_that_break_a_promise_are_detected() {
    for (flaw, problem) in [
        (Flaw::WritesByAnotherConnection, "another connection"),
        (Flaw::LocksOnlyARow, "a row that does not exist"),
        (Flaw::CommitsAtRelease, "before `release`"),
        (Flaw::AcceptsLateWrites, "after the lock has expired"),
        (Flaw::KeepsADroppedLock, "locked after its time"),
        (Flaw::ForgetsTheAge, "store each of its fields"),
        (Flaw::FailsInsteadOfWaiting, "fails instead of waiting"),
    ] {
        let store = Lease::new(flaw);
        let check = AssertUnwindSafe(check_store(store.clone(), store));
        let panic = check.catch_unwind().await.expect_err(problem);
        let message = panic.downcast_ref::<String>().expect("it is formatted");
        assert!(message.contains(problem), "{message}");
    }
}

#[test]
fn every_users_file_is_in_the_directory() {
    let directory = tempfile::tempdir().expect("there is room");
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().expect("a runtime");
    let stores = FileStores::new(directory.path().join("tokens"));
    let users = [
        "../../x",
        "/etc/x",
        "",
        ".",
        "..",
        "alice",
        "Alice",
        "a b",
        "å",
        "alice.json",
    ];
    runtime.block_on(async {
        for (number, user) in users.iter().enumerate() {
            let mut lock = stores
                .store(user)
                .lock(Duration::from_secs(9))
                .await
                .expect("free");
            lock.save(&token(number, 60)).await.expect("there is room");
        }
        for (number, user) in users.iter().enumerate() {
            let found = stores.store(user).load().await.expect("it is readable");
            assert_eq!(
                access(&found.expect("a token")),
                access_token(number),
                "{user}"
            );
        }
    });
    let names = std::fs::read_dir(directory.path().join("tokens")).expect("it is there");
    let names = names.map(|entry| entry.expect("readable").file_name());
    let names: Vec<_> = names
        .map(|name| name.to_string_lossy().to_lowercase())
        .collect();
    // Each has a file and its lock, also on a file system that ignores case.
    let different: std::collections::HashSet<_> = names.iter().collect();
    assert_eq!(different.len(), 2 * users.len());
    let beside = std::fs::read_dir(directory.path())
        .expect("it is there")
        .count();
    assert_eq!(beside, 1, "a file is elsewhere");
}

#[test]
fn closures_and_shared_stores_are_stores_too() {
    fn takes(stores: impl TokenStores) -> Arc<dyn TokenStore> {
        stores.store("alice")
    }

    takes(|_: &str| MemoryStore::new());
    takes(|user: &str| -> Arc<dyn TokenStore> { Arc::new(FileStore::new(user)) });
    let shared: Arc<dyn TokenStores> = Arc::new(MemoryStores::new());
    takes(Arc::clone(&shared));
    takes(shared);
}

async fn resume(oauth: &OAuth, store: &Lease) -> Session {
    let session = oauth.resume(store.clone()).await.expect("it is readable");
    session.expect("a token")
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_stops_no_call_while_the_token_is_valid() {
    let server = MemoryTransport::new();
    for operation in ["load", "lock"] {
        // Valid and due, or valid and not yet stored.
        for (seconds, is_resumed) in [(60, true), (3600, false)] {
            let store = Lease::with(token(0, seconds));
            let session = match is_resumed {
                true => resume(&flow(&server), &store).await,
                false => flow(&server).session(token(0, seconds), store.clone()),
            };
            store.hang(operation);
            let given = session.token().await.expect("it is good");
            assert_eq!(given.expose(), "SECRET-access-0");
        }
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_ends_a_call_in_time() {
    // `hold` is 30 + 3 * 10 seconds, and the wait for a lock is 10 seconds longer.
    for (operation, seconds) in [("load", 10), ("lock", 70)] {
        let server = token_url([new_token(1)]);
        let store = Lease::with(token(0, -5));
        let session = resume(&flow(&server), &store).await;
        store.hang(operation);
        let start = Instant::now();
        let error = session.token().await.expect_err("it has ended");
        assert_eq!(start.elapsed().as_secs(), seconds, "{operation}");
        assert!(error.is_retryable() && !error.needs_authorization());
        assert!(
            error.to_string().contains("`OAuthBuilder::store_timeout`"),
            "{error}"
        );
        assert_eq!(server.requests().len(), 0, "a refresh could not be stored");
        store.hang("");
        session.token().await.expect("the store is back");
    }
}

#[tokio::test(start_paused = true)]
async fn limits_can_be_set() {
    let (oura, alice) = server();
    let oauth = oura.oauth().store_timeout(Duration::from_secs(2));
    let oauth = oauth.refresh_timeout(Duration::from_secs(5)).build();
    let oauth = oauth.expect("it is set up right");
    let store = Lease::with(ending(alice.token(), -5));
    let session = resume(&oauth, &store).await;
    let _hold = oura.fail(Target::TokenUrl, Fault::Hold);
    let start = Instant::now();
    let error = session.token().await.expect_err("the server is silent");
    assert_eq!(start.elapsed().as_secs(), 5);
    assert!(error.is_retryable(), "{error}");
    assert!(
        error
            .to_string()
            .contains("`OAuthBuilder::refresh_timeout`"),
        "{error}"
    );
    let _held = store
        .lock(Duration::from_secs(3600))
        .await
        .expect("it is free");
    let start = Instant::now();
    session.token().await.expect_err("another has the lock");
    assert_eq!(start.elapsed().as_secs(), 5 + 3 * 2 + 2);
}

#[tokio::test(start_paused = true)]
async fn a_save_or_a_release_that_hangs_loses_nothing() {
    for operation in ["save", "release"] {
        let server = token_url([new_token(1)]);
        let failures = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&failures);
        let oauth = scripted(&server).on_save_error(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        });
        let oauth = oauth.build().expect("it is set up right");
        let store = Lease::with(token(0, -5));
        let session = resume(&oauth, &store).await;
        store.hang(operation);
        let given = session.token().await.expect("it is in memory");
        assert_eq!(given.expose(), "SECRET-access-1");
        let is_saved = operation == "release";
        assert_eq!(failures.load(Ordering::SeqCst), usize::from(!is_saved));
        assert_eq!(
            store.stored().as_deref() == Some("SECRET-access-1"),
            is_saved
        );
        store.hang("");
        session.save().await.expect("the store is back");
        assert_eq!(store.stored().as_deref(), Some("SECRET-access-1"));
        assert_eq!(server.requests().len(), 1);
    }
}

/// A lease that is taken over before the first save.
#[derive(Clone)]
struct Stolen {
    lease: Lease,
    /// The token that the next holder stores, once.
    loot: Arc<Mutex<Option<Option<Token>>>>,
}

impl TokenStore for Stolen {
    fn load(&self) -> StoreFuture<'_, Option<Token>> {
        self.lease.load()
    }

    fn lock(&self, hold: Duration) -> StoreFuture<'_, Box<dyn LockedStore>> {
        Box::pin(async move {
            let inner = self.lease.lock(hold).await?;
            let store = self.clone();
            Ok(Box::new(LockedStolen { store, inner }) as _)
        })
    }
}

struct LockedStolen {
    store: Stolen,
    inner: Box<dyn LockedStore>,
}

impl LockedStore for LockedStolen {
    fn load(&mut self) -> StoreFuture<'_, Option<Token>> {
        self.inner.load()
    }

    fn save<'a>(&'a mut self, token: &'a Token) -> StoreFuture<'a, ()> {
        let loot = self
            .store
            .loot
            .lock()
            .expect("no test panics with it")
            .take();
        if let Some(loot) = loot {
            let mut record = self.store.lease.record();
            record.holder = None;
            record.token = loot.or(record.token.take());
        }
        self.inner.save(token)
    }

    fn remove(&mut self) -> StoreFuture<'_, ()> {
        self.inner.remove()
    }

    fn release(self: Box<Self>) -> StoreFuture<'static, ()> {
        self.inner.release()
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_whose_lock_has_expired_is_compared_with_the_store_again() {
    let mut newer = token(7, 3600);
    newer.issued_at = Some(OffsetDateTime::now_utc() + Duration::from_secs(60));
    for (loot, expected) in [(None, "SECRET-access-1"), (Some(newer), "SECRET-access-7")] {
        let server = token_url([new_token(1)]);
        let lease = Lease::with(token(0, -5));
        let store = Stolen {
            lease: lease.clone(),
            loot: Arc::new(Mutex::new(Some(loot))),
        };
        let session = flow(&server).resume(store).await.expect("it is readable");
        let session = session.expect("a token");
        session.token().await.expect("a token");
        assert_eq!(lease.stored().as_deref(), Some(expected));
        assert_eq!(access(&session.current_token()), expected);
        session.save().await.expect("it is stored");
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn a_crash_between_the_response_and_the_save_asks_for_another_authorization() {
    let used_up = response(400, r#"{"error":"invalid_grant"}"#);
    let server = token_url([new_token(1), used_up]);
    let store = Lease::with(token(0, -5));
    let run = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime")
    };
    let killed = run();
    killed.block_on(async {
        let session = resume(&flow(&server), &store).await;
        store.hang("save");
        let call = tokio::spawn(async move { session.token().await });
        while server.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        call.abort();
    });
    drop(killed);
    store.hang("");
    run().block_on(async {
        for _ in 0..2 {
            let session = resume(&flow(&server), &store).await;
            let error = session
                .token()
                .await
                .expect_err("the stored one is used up");
            assert!(error.needs_authorization(), "{error}");
        }
        assert_eq!(
            server.requests().len(),
            2,
            "the used token was sent again and again"
        );
        // The user logs in.
        let session = flow(&server).session(token(1, 3600), store.clone());
        session.save().await.expect("the store is free");
        assert_eq!(store.stored().as_deref(), Some("SECRET-access-1"));
    });
}

/// The leases of all users.
#[derive(Clone, Default)]
struct Leases(Arc<Mutex<std::collections::HashMap<String, Lease>>>);

impl Leases {
    fn of(&self, user: &str) -> Lease {
        let mut leases = self.0.lock().expect("no test panics with it");
        let lease = leases.entry(user.to_owned());
        lease.or_insert_with(|| Lease::new(Flaw::None)).clone()
    }
}

impl TokenStores for Leases {
    fn store(&self, user: &str) -> Arc<dyn TokenStore> {
        Arc::new(self.of(user))
    }
}

async fn get(sessions: &Sessions, user: &str) -> Option<Session> {
    sessions.get(user).await.expect("the store works")
}

#[tokio::test(start_paused = true)]
async fn a_user_has_one_session_however_many_ask() {
    let (server, leases) = (token_url([new_token(1)]), Leases::default());
    leases.of("alice").record().token = Some(token(0, -5));
    let sessions = Sessions::new(flow(&server), leases.clone());
    let gets = (0..20).map(|_| {
        let sessions = sessions.clone();
        tokio::spawn(async move {
            let session = get(&sessions, "alice").await.expect("she is logged in");
            session.token().await.expect("a token").expose().to_owned()
        })
    });
    for given in gets.collect::<Vec<_>>() {
        assert_eq!(given.await.expect("no panic"), "SECRET-access-1");
    }
    assert_eq!(server.requests().len(), 1);
    // Read for the session, before the lock, under it, and before the save.
    assert_eq!(leases.of("alice").loads.load(Ordering::SeqCst), 4);
    assert!(get(&sessions, "bob").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn all_callers_share_one_wait_for_a_store_that_hangs() {
    let leases = Leases::default();
    let alice = leases.of("alice");
    alice.record().token = Some(token(0, 3600));
    alice.hang("load");
    let sessions = Sessions::new(unsent(), leases.clone());
    let gets = (0..20).map(|_| {
        let sessions = sessions.clone();
        tokio::spawn(async move { sessions.get("alice").await })
    });
    for given in gets.collect::<Vec<_>>() {
        let error = given.await.expect("no panic").expect_err("it hangs");
        assert!(matches!(error, OAuthError::Store(_)), "{error}");
    }
    assert_eq!(alice.loads.load(Ordering::SeqCst), 1);
    // A later caller reads the store again.
    alice.hang("");
    assert!(get(&sessions, "alice").await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_login_reaches_all_clones_of_the_session() {
    let leases = Leases::default();
    let sessions = Sessions::new(unsent(), leases.clone());
    sessions
        .insert("alice", token(0, 3600))
        .await
        .expect("it is stored");
    let held = get(&sessions, "alice").await.expect("she is logged in");
    // Also one that ends earlier, as after a consent to more scopes.
    sessions
        .insert("alice", token(5, 1800))
        .await
        .expect("it is stored");
    assert_eq!(
        held.token().await.expect("a token").expose(),
        "SECRET-access-5"
    );
    assert_eq!(
        leases.of("alice").stored().as_deref(),
        Some("SECRET-access-5")
    );
    // A store that fails loses neither.
    leases.of("alice").hang("save");
    let error = sessions.insert("alice", token(6, 3600)).await;
    assert!(matches!(error, Err(OAuthError::Store(_))), "{error:?}");
    assert_eq!(
        held.token().await.expect("a token").expose(),
        "SECRET-access-6"
    );
    leases.of("alice").hang("");
    sessions.save_all().await.expect("the store is back");
    assert_eq!(
        leases.of("alice").stored().as_deref(),
        Some("SECRET-access-6")
    );
}

#[tokio::test(start_paused = true)]
async fn save_all_tries_all() {
    let leases = Leases::default();
    let sessions = Sessions::new(unsent(), leases.clone());
    for user in ["alice", "bob", "carol"] {
        leases.of(user).hang("save");
        let unsaved = sessions.insert(user, token(0, 3600)).await;
        assert!(unsaved.is_err());
    }
    leases.of("alice").hang("");
    leases.of("carol").hang("");
    let start = Instant::now();
    let error = sessions.save_all().await.expect_err("bob's store hangs");
    assert!(matches!(error, OAuthError::Store(_)), "{error}");
    assert_eq!(start.elapsed().as_secs(), 10, "one after another");
    for (user, stored) in [
        ("alice", Some("SECRET-access-0")),
        ("bob", None),
        ("carol", Some("SECRET-access-0")),
    ] {
        assert_eq!(leases.of(user).stored().as_deref(), stored, "{user}");
    }
}

#[tokio::test(start_paused = true)]
async fn sessions_that_are_idle_are_freed() {
    let leases = Leases::default();
    let sessions = Sessions::new(unsent(), leases.clone());
    let mut held = None;
    for user in ["held", "idle", "unsaved"] {
        let session = sessions.insert(user, token(0, 86_400)).await;
        held = held.or(session.ok());
    }
    leases.of("unsaved").hang("lock");
    sessions
        .insert("unsaved", token(1, 86_400))
        .await
        .expect_err("it hangs");
    // How often the session was made again.
    let loads = |user: &str| leases.of(user).loads.load(Ordering::SeqCst);
    for (minutes, made) in [(8, 0), (8, 0), (11, 1)] {
        tokio::time::sleep(Duration::from_secs(minutes * 60)).await;
        let idle = get(&sessions, "idle").await.expect("she is logged in");
        assert_eq!(loads("idle"), made);
        // A session that is used is not idle.
        idle.token().await.expect("a token");
    }
    get(&sessions, "held").await.expect("she is logged in");
    assert_eq!(loads("held"), 0);
    drop(held);
    let unsaved = get(&sessions, "unsaved").await.expect("she is logged in");
    assert_eq!(access(&unsaved.current_token()), "SECRET-access-1");
}

#[tokio::test(start_paused = true)]
async fn a_logout_does_not_race_a_get() {
    let leases = Leases::default();
    let sessions = Sessions::new(unsent(), leases.clone());
    sessions
        .insert("alice", token(0, 3600))
        .await
        .expect("it is stored");
    let held = get(&sessions, "alice").await.expect("she is logged in");
    // Another process has the lock for a moment, so that the logout takes a while.
    let lease = leases.of("alice");
    let lock = lease
        .lock(Duration::from_secs(5))
        .await
        .expect("it is free");
    let logout = {
        let sessions = sessions.clone();
        tokio::spawn(async move { sessions.logout("alice").await })
    };
    tokio::time::sleep(Duration::from_secs(1)).await;
    // A logout goes on when its caller stops waiting.
    logout.abort();
    assert!(get(&sessions, "alice").await.is_none());
    drop(lock);
    let error = held.token().await.expect_err("she has logged out");
    assert!(error.needs_authorization(), "{error}");
    assert_eq!(lease.stored(), None);
    sessions
        .logout("alice")
        .await
        .expect("there is nothing to do");
    // She logs in again; the earlier session stays logged out.
    sessions
        .insert("alice", token(3, 3600))
        .await
        .expect("it is stored");
    let back = get(&sessions, "alice").await.expect("she is logged in");
    assert_eq!(
        back.token().await.expect("a token").expose(),
        "SECRET-access-3"
    );
    held.token().await.expect_err("it was logged out");
}

#[tokio::test(start_paused = true)]
async fn a_logout_that_fails_can_be_repeated() {
    let leases = Leases::default();
    let sessions = Sessions::new(unsent(), leases.clone());
    sessions
        .insert("alice", token(0, 3600))
        .await
        .expect("it is stored");
    leases.of("alice").hang("save");
    let error = sessions.logout("alice").await.expect_err("it hangs");
    assert!(matches!(error, OAuthError::Store(_)), "{error}");
    assert!(get(&sessions, "alice").await.is_some());
    leases.of("alice").hang("");
    sessions.logout("alice").await.expect("the store is back");
    assert!(get(&sessions, "alice").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_logout_by_another_process_is_noticed() {
    let leases = Leases::default();
    let [one, other] = [(); 2].map(|()| Sessions::new(unsent(), leases.clone()));
    one.insert("alice", token(0, -5))
        .await
        .expect("it is stored");
    let session = get(&one, "alice").await.expect("she is logged in");
    other.logout("alice").await.expect("it is removed");
    let error = Error::from(match session.token().await {
        Err(error) if error.needs_authorization() => OAuthError::AuthorizeAgain(Ended::LoggedOut),
        outcome => panic!("{outcome:?}"),
    });
    assert!(error.is_unauthorized());
    assert!(get(&one, "alice").await.is_none());
    other
        .insert("alice", token(0, 3600))
        .await
        .expect("it is stored");
    assert!(get(&one, "alice").await.is_some());
}
