//! Tokens in files.

use std::fs;
use std::time::Duration;

use oura_generated::models::Scope;
use oura_generated::oauth::{FileStore, OAuthError, RefreshToken, TokenStore};
use oura_generated::testing::{Fault, Target};

use super::{
    Directory, HOLD, Writes, access_token, client, ending, oauth, server, token, token_requests,
};

#[tokio::test]
async fn a_stored_token_is_read_unchanged() {
    let directory = Directory::new();
    let store = FileStore::new(directory.path().join("a/b/token.json"));
    assert_eq!(store.load().await.expect("it is readable"), None);
    let mut token = token(1, 600);
    token.scopes = vec![Scope::Daily, Scope::from("mood")];
    token.refresh = Some(RefreshToken::new("quote \" and \\"));
    store.save(&token).await.expect("there is room");
    assert_eq!(store.load().await.expect("it is readable"), Some(token));
    store.remove().await.expect("it is there");
    store
        .remove()
        .await
        .expect("removing nothing is not an error");
    assert_eq!(store.load().await.expect("it is readable"), None);
}

#[tokio::test]
async fn only_the_owner_can_read_the_file_and_no_temporary_file_is_left() {
    let directory = Directory::new();
    let store = FileStore::new(directory.file());
    fs::write(directory.file(), "{}").expect("there is room");
    store.save(&token(1, 600)).await.expect("there is room");
    assert_eq!(directory.names(), ["token.json", "token.json.lock"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(directory.file())
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_use_a_directory_that_is_created() {
    use std::os::unix::fs::PermissionsExt;

    let directory = Directory::new();
    let made = directory.path().join("of/mine");
    let store = FileStore::new(made.join("token.json"));
    store.save(&token(1, 600)).await.expect("there is room");
    let made = fs::metadata(made).expect("it is there");
    assert_eq!(made.permissions().mode() & 0o777, 0o700);
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_stays_a_link() {
    let directory = Directory::new();
    let real = directory.path().join("real/token.json");
    for (from, to) in [("one.json", "two.json"), ("two.json", "real/token.json")] {
        let from = directory.path().join(from);
        std::os::unix::fs::symlink(to, from).expect("there is room");
    }
    let linked = FileStore::new(directory.path().join("one.json"));
    // Whether the file exists or not.
    for number in 1..=2 {
        linked.save(&token(number, 600)).await.expect("room");
        let stored = FileStore::new(&real).load().await.expect("it is readable");
        assert_eq!(
            stored.expect("a token").access.expose(),
            access_token(number)
        );
    }
    let held = linked.lock(HOLD).await.expect("it is free");
    let real_store = FileStore::new(&real);
    let waited = tokio::time::timeout(Duration::from_millis(200), real_store.lock(HOLD)).await;
    assert!(waited.is_err(), "two have the lock");
    drop(held);
    linked.remove().await.expect("it is there");
    assert!(!real.exists());
    assert_eq!(directory.names(), ["one.json", "real", "two.json"]);
}

#[tokio::test]
async fn a_failed_save_keeps_the_old_token() {
    let directory = Directory::new();
    let file = directory.file();
    // A directory cannot be replaced by a file.
    fs::create_dir_all(file.join("x")).expect("there is room");
    let error = FileStore::new(&file).save(&token(1, 600)).await;
    let error = error.expect_err("it is a directory");
    assert!(error.to_string().contains("cannot be written"), "{error}");
    assert!(!error.is_corrupt());
    assert_eq!(directory.names(), ["token.json", "token.json.lock"]);
}

#[tokio::test]
async fn the_lock_has_one_holder_at_a_time() {
    let directory = Directory::new();
    let [one, two] = [(); 2].map(|()| FileStore::new(directory.file()));
    let held = one.lock(HOLD).await.expect("it is free");
    let waited = tokio::time::timeout(Duration::from_millis(200), two.lock(HOLD)).await;
    assert!(waited.is_err(), "two have the lock");
    drop(held);
    let _held = two.lock(HOLD).await.expect("it is free");
}

#[tokio::test]
async fn temporary_files_of_a_crash_are_removed() {
    let directory = Directory::new();
    for name in [
        "token.json.12-3.tmp",
        "token.json.mine.tmp",
        "other.json.1-2.tmp",
    ] {
        fs::write(directory.path().join(name), "half a tok").expect("there is room");
    }
    let store = FileStore::new(directory.file());
    drop(store.lock(HOLD).await.expect("it is free"));
    assert_eq!(
        directory.names(),
        [
            "other.json.1-2.tmp",
            "token.json.lock",
            "token.json.mine.tmp"
        ]
    );
}

#[tokio::test]
async fn a_corrupt_file_asks_for_another_authorization() {
    let directory = Directory::new();
    let (oura, _) = server();
    let oauth = oauth(&oura);
    for content in [
        &b"SECRET"[..],
        b"",
        b"{\"access_token\":\"SECRET",
        br#"{"access_token":"SECRET","refresh_token":""}"#,
        b"\xff\xfe",
        b"[]",
    ] {
        fs::write(directory.file(), content).expect("there is room");
        let error = oauth.resume(FileStore::new(directory.file())).await;
        let error = error.expect_err("it is not a token");
        assert!(matches!(error, OAuthError::Store(_)), "{error:?}");
        assert!(
            error.needs_authorization() && !error.is_retryable(),
            "{error}"
        );
        let shown = format!("{error} {error:?}");
        assert!(
            shown.contains("token.json") && !shown.contains("SECRET"),
            "{shown}"
        );
    }
    let session = oauth.session(token(1, 600), FileStore::new(directory.file()));
    session.save().await.expect("it replaces the corrupt file");
    let session = oauth.resume(FileStore::new(directory.file())).await;
    assert!(session.expect("it is readable").is_some());
}

#[tokio::test]
async fn a_file_that_is_damaged_meanwhile_is_overwritten() {
    let directory = Directory::new();
    let (oura, alice) = server();
    let store = FileStore::new(directory.file());
    let session = oauth(&oura).session(ending(alice.token(), -5), store.clone());
    session.save().await.expect("there is room");
    fs::write(directory.file(), "{").expect("there is room");
    let me = client(&oura, &session).get_personal_info().await;
    me.expect("the token in memory is good");
    session.save().await.expect("there is room");
    let stored = store.load().await.expect("it is whole again");
    assert_eq!(stored.expect("a token").access, alice.token().access);
}

#[tokio::test]
async fn two_sessions_on_one_file_refresh_once() {
    let directory = Directory::new();
    let (oura, alice) = server();
    let delay = Fault::Delay(Duration::from_millis(100));
    let _slow = oura.fail(Target::TokenUrl, delay);
    let store = FileStore::new(directory.file());
    let ended = ending(alice.token(), -5);
    store.save(&ended).await.expect("there is room");
    let call = async || {
        let session = oauth(&oura).resume(FileStore::new(directory.file())).await;
        let session = session.expect("it is readable").expect("a token");
        client(&oura, &session).get_personal_info().await
    };
    let (one, two, three) = tokio::join!(call(), call(), call());
    for me in [one, two, three] {
        me.expect("a response");
    }
    assert_eq!(token_requests(&oura), 1);
}
