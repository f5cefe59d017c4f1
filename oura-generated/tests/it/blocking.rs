//! Requests without `async`.

use oura_generated::Error;
use oura_generated::testing::{Oura, User};
use oura_generated::time::Duration;

/// A server with two pages of days.
fn two_pages() -> (Oura, User) {
    let oura = Oura::builder().page_size(20).in_memory();
    let oura = oura.expect("the spec can be read");
    let alice = oura.add_user("alice");
    (oura, alice)
}

#[test]
fn calls_wait_for_their_response() {
    let (_oura, alice) = two_pages();
    let client = alice.client();
    let list = client.list_daily_sleep().send_blocking();
    assert_eq!(list.expect("a response").data.len(), 20);
    let both = client.list_daily_sleep().send_with_response_blocking();
    let both = both.expect("a response");
    assert_eq!(both.trace_id.as_deref(), Some("trace-2"));
}

#[test]
fn lists_are_iterators() {
    let (oura, alice) = two_pages();
    let client = alice.client();
    let list = || client.list_daily_sleep();
    let documents: Result<Vec<_>, _> = list().stream_blocking().collect();
    let documents = documents.expect("they decode");
    assert_eq!(documents.len(), 29);
    let pages: Result<Vec<_>, _> = list().pages_blocking().collect();
    let pages = pages.expect("they decode");
    assert_eq!([pages[0].data.len(), pages[1].data.len()], [20, 9]);
    let today = oura.today();
    let history = list().history(today - Duration::days(40), today);
    let history: Result<Vec<_>, _> = history.blocking().collect();
    assert_eq!(history.expect("they decode"), documents);
}

#[tokio::test]
async fn a_blocking_call_inside_a_task_is_an_error_and_no_deadlock() {
    let (_oura, alice) = two_pages();
    let client = alice.client();
    let error = client.list_daily_sleep().send_blocking();
    let error = error.expect_err("use `send`");
    assert!(matches!(error, Error::Config { .. }), "{error:?}");
    let all: Vec<_> = client.list_daily_sleep().stream_blocking().collect();
    assert!(matches!(&all[..], [Err(Error::Config { .. })]), "{all:?}");
}

#[tokio::test]
async fn blocking_calls_work_where_blocking_is_allowed() {
    let (oura, alice) = two_pages();
    let client = alice.client();
    client.list_daily_sleep().await.expect("a response");
    let (first, last) = (oura.today() - Duration::days(40), oura.today());
    let blocking = move || {
        let list = client.list_daily_sleep().send_blocking()?.data;
        let all: Result<Vec<_>, _> = client.list_daily_sleep().stream_blocking().collect();
        let history = client.list_daily_sleep().history(first, last).blocking();
        let history: Result<Vec<_>, _> = history.collect();
        Ok::<_, Error>((list.len(), all?.len(), history?.len()))
    };
    let counts = tokio::task::spawn_blocking(blocking).await;
    let counts = counts.expect("no panic").expect("they decode");
    assert_eq!(counts, (20, 29, 29));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_task_of_several_threads_is_a_task_too() {
    let (_oura, alice) = two_pages();
    let client = alice.client();
    let inside = client.clone();
    let refused = tokio::spawn(async move { inside.list_daily_sleep().send_blocking() }).await;
    let error = refused.expect("no panic").expect_err("use `send`");
    assert!(matches!(error, Error::Config { .. }), "{error:?}");
    tokio::task::block_in_place(|| client.list_daily_sleep().send_blocking())
        .expect("blocking is allowed in there");
}

#[tokio::test]
async fn blocking_calls_outside_of_a_task_work_and_do_not_panic() {
    let (_oura, alice) = two_pages();
    let client = alice.client();
    let call = async move { client.list_daily_sleep().send_blocking() };
    let list = tokio::task::unconstrained(call).await;
    assert_eq!(list.expect("a response").data.len(), 20);
}
