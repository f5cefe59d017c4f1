//! The same requests without `async`.

use crate::support::{Answer, Server, daily_sleep, page};
use oura_generated::Error;
use oura_generated::time::{Date, Month};

fn two_pages() -> Server {
    Server::start(|_, request| {
        let (id, next) = match request.query("next_token") {
            None => ("1", Some("p1")),
            Some(_) => ("2", None),
        };
        Answer::json(page(&[daily_sleep(id, "2024-03-01")], next)).header("x-trace-id", "t")
    })
}

#[test]
fn calls_wait_for_their_answer() {
    let server = two_pages();
    let client = server.client();
    let list = client
        .list_daily_sleep()
        .send_blocking()
        .expect("an answer");
    assert_eq!(list.data[0].id, "1");
    let both = client
        .list_daily_sleep()
        .send_with_response_blocking()
        .expect("an answer");
    assert_eq!(both.trace_id.as_deref(), Some("t"));
}

#[test]
fn lists_are_iterators() {
    let server = two_pages();
    let list = || server.client().list_daily_sleep();
    let ids = |documents: Vec<oura_generated::models::DailySleep>| -> Vec<String> {
        documents.into_iter().map(|document| document.id).collect()
    };
    let documents = list()
        .stream_blocking()
        .collect::<Result<_, _>>()
        .expect("they decode");
    assert_eq!(ids(documents), ["1", "2"]);
    let pages: Vec<_> = list()
        .pages_blocking()
        .collect::<Result<_, _>>()
        .expect("they decode");
    assert_eq!(pages.len(), 2);
    let day = Date::from_calendar_date(2024, Month::March, 1).expect("a day");
    let history = list().history(day, day).blocking();
    assert_eq!(
        ids(history.collect::<Result<_, _>>().expect("they decode")),
        ["1", "2"]
    );
}

#[tokio::test]
async fn inside_a_task_they_are_an_error_and_no_deadlock() {
    let server = two_pages();
    let error = server
        .client()
        .list_daily_sleep()
        .send_blocking()
        .expect_err("use `send`");
    assert!(matches!(error, Error::Config { .. }), "{error:?}");
    let all: Vec<_> = server
        .client()
        .list_daily_sleep()
        .stream_blocking()
        .collect();
    assert!(matches!(&all[..], [Err(Error::Config { .. })]), "{all:?}");
}

#[tokio::test]
async fn where_blocking_is_allowed_they_work() {
    let server = two_pages();
    let client = server.client();
    client.list_daily_sleep().await.expect("an answer");
    let blocking = move || {
        let list = client.list_daily_sleep().send_blocking()?;
        let day = list.data[0].day;
        let all: Result<Vec<_>, _> = client.list_daily_sleep().stream_blocking().collect();
        let history = client.list_daily_sleep().history(day, day).blocking();
        Ok::<_, Error>((all?.len(), history.collect::<Result<Vec<_>, _>>()?.len()))
    };
    let counts = tokio::task::spawn_blocking(blocking).await;
    assert_eq!(counts.expect("no panic").expect("they decode"), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_task_of_several_threads_is_a_task_too() {
    let server = two_pages();
    let client = server.client();
    let inside = client.clone();
    let refused = tokio::spawn(async move { inside.list_daily_sleep().send_blocking() }).await;
    let error = refused.expect("no panic").expect_err("use `send`");
    assert!(matches!(error, Error::Config { .. }), "{error:?}");
    tokio::task::block_in_place(|| client.list_daily_sleep().send_blocking())
        .expect("blocking is allowed in there");
}

#[tokio::test]
async fn outside_of_a_task_blocking_calls_work_and_do_not_panic() {
    let server = two_pages();
    let client = server.client();
    let call = async move { client.list_daily_sleep().send_blocking() };
    let list = tokio::task::unconstrained(call).await;
    assert_eq!(list.expect("an answer").data[0].id, "1");
}
