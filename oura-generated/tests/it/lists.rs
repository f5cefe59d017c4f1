//! Lists over several pages, and what goes wrong in them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::support::{
    Request, Script, Sent, Server, always, client_of, daily_sleep, json, memory, page, response,
    with_header,
};
use futures_util::{StreamExt, TryStreamExt};
use oura_generated::http::Method;
use oura_generated::models::{DailySleep, DailySleepField};
use oura_generated::time::{Date, Month};
use oura_generated::{CursorProblem, Error, MemoryTransport, RetryPolicy, Route};

/// A server with three pages of two documents, at cursors `p1` and `p2`.
fn three_pages() -> MemoryTransport {
    memory(|request| json(page_of_three(request)))
}

fn page_of_three(request: &Request) -> String {
    let (first, next) = match request.parameter("next_token") {
        None => (1, Some("p1")),
        Some("p1") => (3, Some("p2")),
        Some("p2") => (5, Some("")),
        Some(other) => panic!("no such page: {other}"),
    };
    let documents = [first, first + 1].map(|n| daily_sleep(&n.to_string(), "2024-03-01"));
    page(&documents, next)
}

#[tokio::test]
async fn streams_follow_the_cursor_as_far_as_they_are_read() {
    let server = three_pages();
    let mut stream = client_of(&server)
        .list_daily_sleep()
        .query("x", "y")
        .stream();
    assert!(server.requests().is_empty());
    for id in ["1", "2"] {
        assert_eq!(
            stream
                .next()
                .await
                .expect("a document")
                .expect("it decodes")
                .id,
            id
        );
    }
    assert_eq!(server.requests().len(), 1);
    let rest: Vec<_> = stream
        .by_ref()
        .map_ok(|d| d.id)
        .try_collect()
        .await
        .expect("they decode");
    assert_eq!(rest, ["3", "4", "5", "6"]);
    assert!(stream.next().await.is_none() && stream.next().await.is_none());
    let requests = server.requests();
    let targets: Vec<_> = requests.iter().map(|request| request.target()).collect();
    assert_eq!(
        targets,
        ["?x=y", "?x=y&next_token=p1", "?x=y&next_token=p2"]
            .map(|query| format!("/v2/usercollection/daily_sleep{query}"))
    );
}

#[tokio::test]
async fn pages_come_whole() {
    let server = three_pages();
    let pages: Vec<_> = client_of(&server)
        .list_daily_sleep()
        .pages()
        .try_collect()
        .await
        .expect("they decode");
    let cursors: Vec<_> = pages
        .iter()
        .map(|page| page.next_token.as_deref())
        .collect();
    assert_eq!(cursors, [Some("p1"), Some("p2"), Some("")]);
    assert!(pages.iter().all(|page| page.data.len() == 2));
}

#[tokio::test]
async fn selected_fields_stream_too() {
    let server = always(json(r#"{"data":[{"score":7}],"next_token":null}"#));
    let request = client_of(&server)
        .list_daily_sleep()
        .fields([DailySleepField::Score]);
    let documents: Vec<_> = request.stream().try_collect().await.expect("they decode");
    assert_eq!(
        documents[0]
            .get::<i64>(DailySleepField::Score)
            .expect("a number"),
        Some(7)
    );
}

#[tokio::test]
async fn a_list_resumes_at_the_cursor_of_its_error() {
    let server = three_pages();
    let is_broken = AtomicBool::new(true);
    server.answer_by(move |request| {
        let is_second = request.parameter("next_token").is_some();
        let fails = is_second && is_broken.swap(false, Ordering::SeqCst);
        fails.then(|| response(500, "{}"))
    });
    let client = client_of(&server);
    let mut stream = client.list_daily_sleep().stream();
    let mut ids = Vec::new();
    let error = loop {
        match stream.next().await.expect("the error comes first") {
            Ok(document) => ids.push(document.id),
            Err(error) => break error,
        }
    };
    assert!(
        stream.next().await.is_none(),
        "after an error of a page the stream ends"
    );
    assert_eq!((ids.len(), error.cursor()), (2, Some("p1")));
    let rest = client
        .list_daily_sleep()
        .next_token(error.cursor().expect("a cursor"))
        .stream();
    ids.extend(
        rest.map_ok(|d| d.id)
            .try_collect::<Vec<_>>()
            .await
            .expect("they decode"),
    );
    assert_eq!(ids, ["1", "2", "3", "4", "5", "6"]);
}

#[tokio::test]
async fn a_cursor_that_repeats_is_an_error_after_its_documents() {
    let loops = page(&[daily_sleep("1", "2024-03-01")], Some("again"));
    let server = always(json(loops));
    let all: Vec<_> = client_of(&server)
        .list_daily_sleep()
        .stream()
        .collect()
        .await;
    let [Ok(_), Ok(_), Err(error)] = &all[..] else {
        panic!("{all:?}")
    };
    assert!(
        matches!(
            error,
            Error::Cursor {
                reason: CursorProblem::Repeated,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(
        (error.route(), error.cursor()),
        (Some(Route::ListDailySleep), Some("again"))
    );
    let pages: Vec<_> = client_of(&server)
        .list_daily_sleep()
        .pages()
        .collect()
        .await;
    assert!(
        matches!(&pages[..], [Ok(_), Ok(_), Err(Error::Cursor { .. })]),
        "{pages:?}"
    );
    let resumed = client_of(&server)
        .list_daily_sleep()
        .next_token("again")
        .stream();
    assert_eq!(
        resumed.collect::<Vec<_>>().await.len(),
        2,
        "the first cursor counts as seen"
    );
}

/// A server whose pages all have a cursor to another one.
fn endless(documents: impl Fn(&str) -> Vec<String> + Send + Sync + 'static) -> MemoryTransport {
    let last = AtomicUsize::new(0);
    memory(move |_| {
        let number = last.fetch_add(1, Ordering::SeqCst).to_string();
        json(page(&documents(&number), Some(&number)))
    })
}

#[tokio::test]
async fn endless_empty_pages_are_an_error() {
    let server = endless(|_| Vec::new());
    let all: Vec<_> = client_of(&server)
        .list_daily_sleep()
        .stream()
        .collect()
        .await;
    let [Err(error @ Error::Cursor { reason, .. })] = &all[..] else {
        panic!("{all:?}")
    };
    assert_eq!(*reason, CursorProblem::EmptyPages);
    assert!(!error.to_string().contains("twice"), "{error}");
    assert_eq!(server.requests().len(), 100);
}

fn one_bad_document() -> (MemoryTransport, String) {
    let bad = daily_sleep("bad", "2024-03-02").replace("\"deep_sleep\":90", "\"deep_sleep\":\"x\"");
    let document = bad.clone();
    let server = memory(move |request| {
        let good = |id| daily_sleep(id, "2024-03-01");
        let body = match request.parameter("next_token") {
            None => page(&[good("1"), good("2")], Some("p1")),
            Some(_) => page(&[good("3"), bad.clone(), good("4")], None),
        };
        let body = body.replace("\"data\"", "\n  \"data\"");
        with_header(json(body), "x-trace-id", "t")
    });
    (server, document)
}

#[tokio::test]
async fn a_document_that_does_not_decode_is_one_error() {
    let (server, bad) = one_bad_document();
    let all: Vec<_> = client_of(&server)
        .list_daily_sleep()
        .stream()
        .collect()
        .await;
    let ids: Vec<_> = all
        .iter()
        .flatten()
        .map(|document| document.id.as_str())
        .collect();
    assert_eq!(ids, ["1", "2", "3", "4"]);
    let error = all[3].as_ref().expect_err("the bad one comes in its place");
    let Error::Decode {
        route, path, raw, ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(*route, Some(Route::ListDailySleep));
    assert_eq!(
        (path.as_str(), raw),
        ("data[1].contributors.deep_sleep", &bad)
    );
    assert_eq!((error.cursor(), error.trace_id()), (Some("p1"), Some("t")));
}

#[tokio::test]
async fn a_page_of_only_bad_documents_is_as_many_errors() {
    let server = memory(|request| {
        let bad = |id: &str| daily_sleep(id, "2024-03-01").replace("83", "\"x\"");
        json(match request.parameter("next_token") {
            None => page(&[bad("1"), "7".to_owned(), bad("3")], Some("p1")),
            Some(_) => page(&[daily_sleep("4", "2024-03-01")], None),
        })
    });
    let all: Vec<_> = client_of(&server)
        .list_daily_sleep()
        .stream()
        .collect()
        .await;
    let paths: Vec<_> = all[..3]
        .iter()
        .map(|item| match item {
            Err(Error::Decode { path, .. }) => path.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(paths, ["data[0].score", "data[1]", "data[2].score"]);
    let [Ok(last)] = &all[3..] else {
        panic!("the next page comes nevertheless: {all:?}")
    };
    assert_eq!(last.id, "4");
}

#[tokio::test]
async fn lists_may_be_longer_than_anyone_reads() {
    let server = endless(|id| vec![daily_sleep(id, "2024-03-01")]);
    let stream = client_of(&server).list_daily_sleep().stream().take(300);
    let documents: Vec<_> = stream.try_collect().await.expect("they decode");
    assert_eq!(documents.len(), 300);
    assert_eq!(server.requests().len(), 300, "no page is fetched ahead");
}

#[tokio::test]
async fn sending_a_page_with_a_bad_document_fails_with_the_same_detail() {
    let (server, _) = one_bad_document();
    let whole = client_of(&server)
        .list_daily_sleep()
        .next_token("p1")
        .send()
        .await;
    let whole = whole.expect_err("a bad document");
    let all: Vec<_> = client_of(&server)
        .list_daily_sleep()
        .stream()
        .collect()
        .await;
    let one = all[3].as_ref().expect_err("the bad one");
    assert_eq!(whole.to_string(), one.to_string());
    assert!(whole.to_string().contains("at line 2 column"), "{whole}");
    match (&whole, one) {
        (Error::Decode { raw: a, .. }, Error::Decode { raw: b, .. }) => assert_eq!(a, b),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn undecodable_documents_can_be_skipped() {
    let (server, _) = one_bad_document();
    let (report, reports) = std::sync::mpsc::channel();
    let stream = client_of(&server).list_daily_sleep().stream();
    let documents: Vec<_> = stream
        .skip_undecodable(move |error| report.send(error.to_string()).expect("it is read below"))
        .try_collect()
        .await
        .expect("nothing else is wrong");
    assert_eq!(documents.len(), 4);
    assert_eq!(reports.iter().count(), 1);
}

#[tokio::test]
async fn a_page_of_another_form_is_one_error() {
    for body in [
        "{}",
        "[]",
        r#"{"data":{},"next_token":null}"#,
        "null",
        "",
        "<html>",
        r#"{"data":[],"next_token":5}"#,
    ] {
        let server = always(json(body));
        let all: Vec<_> = client_of(&server)
            .list_daily_sleep()
            .stream()
            .collect()
            .await;
        assert!(
            matches!(&all[..], [Err(Error::Decode { .. })]),
            "{body}: {all:?}"
        );
    }
}

#[tokio::test]
async fn half_a_page_is_an_error_and_not_a_shorter_list() {
    let body = page(
        &[
            daily_sleep("1", "2024-03-01"),
            daily_sleep("2", "2024-03-01"),
        ],
        None,
    );
    let half = &body[..body.len() / 2];
    let cut = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{half}",
        body.len()
    );
    let server = Server::always(Script::Raw(cut.into()));
    let builder = server.builder().retry(RetryPolicy::none());
    let client = builder.build().expect("it is set up right");
    let all: Vec<_> = client.list_daily_sleep().stream().collect().await;
    assert!(
        matches!(&all[..], [Err(Error::Transport { .. })]),
        "{all:?}"
    );
    let server = always(json(half.to_owned()));
    let all: Vec<_> = client_of(&server)
        .list_daily_sleep()
        .stream()
        .collect()
        .await;
    assert!(matches!(&all[..], [Err(Error::Decode { .. })]), "{all:?}");
}

#[tokio::test]
async fn a_list_of_nothing_but_bad_documents_ends() {
    let server = endless(|id| vec![daily_sleep(id, "2024-03-01").replace("83", "{}")]);
    let list = client_of(&server).list_daily_sleep().stream();
    let all: Vec<_> = list.skip_undecodable(drop).collect().await;
    let [Err(Error::Cursor { reason, .. })] = &all[..] else {
        panic!("{all:?}")
    };
    assert_eq!(*reason, CursorProblem::EmptyPages);
}

#[tokio::test]
async fn empty_pages_without_end_are_an_error_of_pages_too() {
    let server = endless(|_| Vec::new());
    let pages = client_of(&server).list_daily_sleep().pages();
    let all: Result<Vec<_>, _> = pages.try_collect().await;
    assert!(matches!(all, Err(Error::Cursor { .. })), "{all:?}");
}

#[tokio::test]
async fn arguments_are_checked_before_the_first_page() {
    let server = three_pages();
    let stream = client_of(&server).list_daily_sleep().fields([]).stream();
    let all: Vec<_> = stream.collect().await;
    assert!(matches!(&all[..], [Err(Error::Argument { .. })]), "{all:?}");
    assert!(server.requests().is_empty());
}

#[test]
fn streams_are_send_static_unpin_and_fused() {
    fn check<T: Send + Unpin + 'static + futures_util::stream::FusedStream>(_: &T) {}
    let client = oura_generated::Client::new("token");
    check(&client.list_daily_sleep().stream());
    check(&client.list_daily_sleep().stream().skip_undecodable(drop));
    check(&client.list_daily_sleep().pages());
    let day = time::Date::from_calendar_date(2024, time::Month::March, 1).expect("a day");
    check(&client.list_daily_sleep().history(day, day));
}

/// Three pages; requests with a cursor and bounds are refused.
fn strict_about_bounds(detail: &'static str) -> MemoryTransport {
    memory(move |request| {
        let has_bounds = ["start_date", "end_date"]
            .iter()
            .any(|name| request.parameter(name).is_some());
        match request.parameter("next_token") {
            Some(_) if has_bounds => response(422, detail),
            _ => json(page_of_three(request)),
        }
    })
}

const REFUSED: &str = r#"{"detail":[{"loc":["query","next_token"],"msg":"not with dates"}]}"#;

fn march(day: u8) -> Date {
    Date::from_calendar_date(2024, Month::March, day).expect("a day")
}

#[tokio::test]
async fn a_cursor_that_is_refused_with_bounds_is_sent_alone() {
    for refusal in [
        REFUSED,
        r#"{"detail":[{"loc":["query","start_date"],"msg":"cannot go with next_token"}]}"#,
    ] {
        let server = strict_about_bounds(refusal);
        let request = client_of(&server).list_daily_sleep().query("x", "y");
        let request = request.start_date(march(1)).end_date(march(3));
        let ids = request.clone().stream().map_ok(|day| day.id).try_collect();
        let ids: Vec<_> = ids.await.expect("all pages come");
        assert_eq!(ids, ["1", "2", "3", "4", "5", "6"]);
        let requests = server.requests();
        let targets: Vec<_> = requests.iter().map(|request| request.target()).collect();
        let bounds = "start_date=2024-03-01&end_date=2024-03-03";
        let expected = [
            format!("?x=y&{bounds}"),
            format!("?x=y&{bounds}&next_token=p1"),
            // The pages after that one are not requested.
            "?x=y&next_token=p1".to_owned(),
            "?x=y&next_token=p2".to_owned(),
        ];
        let path = "/v2/usercollection/daily_sleep";
        assert_eq!(targets, expected.map(|query| format!("{path}{query}")));
        let pages: Vec<_> = request.pages().try_collect().await.expect("all pages come");
        assert_eq!(pages.len(), 3);
    }
}

#[tokio::test]
async fn a_cursor_is_sent_alone_for_no_other_reason() {
    let other = r#"{"detail":[{"loc":["query","start_date"],"msg":"in the future"}]}"#;
    let server = strict_about_bounds(other);
    let stream = client_of(&server)
        .list_daily_sleep()
        .start_date(march(1))
        .stream();
    let error = stream
        .try_collect::<Vec<_>>()
        .await
        .expect_err("it is refused");
    assert_eq!((error.cursor(), server.requests().len()), (Some("p1"), 2));

    // Without bounds there is nothing to remove, and one attempt without them is enough.
    for with_bounds in [false, true] {
        let server = memory(|request| match request.parameter("next_token") {
            Some(_) => response(422, REFUSED),
            None => json(page_of_three(request)),
        });
        let mut request = client_of(&server).list_daily_sleep();
        if with_bounds {
            request = request.start_date(march(1));
        }
        let error = request.stream().try_collect::<Vec<_>>().await;
        let error = error.expect_err("it is refused");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(422));
        assert_eq!(server.requests().len(), 2 + usize::from(with_bounds));
    }
}

#[tokio::test]
async fn windows_of_a_history_leave_out_refused_bounds_too() {
    let server = strict_about_bounds(REFUSED);
    let days = client_of(&server)
        .list_daily_sleep()
        .history(march(1), march(20));
    let ids: Vec<_> = days
        .map_ok(|day| day.id)
        .try_collect()
        .await
        .expect("they come");
    assert_eq!(ids, ["1", "2", "3", "4", "5", "6"]);
}

/// Half of the numbers as integers, half with a fraction of zero.
fn day_with_score(id: &str, score: &str) -> String {
    daily_sleep(id, "2024-03-01").replace(r#""score":83"#, &format!(r#""score":{score}"#))
}

#[tokio::test]
async fn whole_numbers_are_integers_however_they_are_written() {
    let documents = ["50", "50.0", "5e1"].map(|score| day_with_score(score, score));
    let server = always(json(page(&documents, None)));
    let request = client_of(&server).list_daily_sleep();
    let scores = |days: &[DailySleep]| days.iter().map(|day| day.score).collect::<Vec<_>>();
    let whole = request.clone().await.expect("the page decodes");
    assert_eq!(scores(&whole.data), [Some(50); 3]);
    let streamed: Vec<_> = request
        .clone()
        .stream()
        .try_collect()
        .await
        .expect("they decode");
    assert_eq!(streamed, whole.data);
    let pages: Vec<_> = request
        .clone()
        .pages()
        .try_collect()
        .await
        .expect("they decode");
    assert_eq!(pages[0].data, whole.data);
    let history = request.clone().history(march(1), march(2));
    let history: Vec<_> = history.try_collect().await.expect("they decode");
    assert_eq!(history, whole.data);
    let fields = [DailySleepField::Score];
    let partial = request.fields(fields).await.expect("the page decodes");
    for document in &partial.data {
        assert_eq!(
            document.get::<i64>(DailySleepField::Score).ok(),
            Some(Some(50))
        );
    }
}

#[tokio::test]
async fn an_undecodable_document_keeps_its_index() {
    let documents = ["50.0", "50.5", "\"50\""].map(|score| day_with_score("1", score));
    let server = always(json(page(&documents, None)));
    let request = client_of(&server).list_daily_sleep();
    let error = request
        .clone()
        .await
        .expect_err("half a point is not an integer");
    let Error::Decode { path, source, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(path, "data[1].score");
    assert!(source.to_string().contains("floating point"), "{source}");
    let results: Vec<_> = request.stream().collect().await;
    let paths = results.iter().map(|result| match result {
        Ok(day) => format!("{:?}", day.score),
        Err(Error::Decode { path, .. }) => path.clone(),
        Err(other) => panic!("{other:?}"),
    });
    assert_eq!(
        paths.collect::<Vec<_>>(),
        ["Some(50)", "data[1].score", "data[2].score"]
    );
}

#[tokio::test]
async fn a_time_without_an_offset_is_in_utc_only_where_the_spec_says_utc() {
    let row = r#"{"bpm":61,"source":"awake","timestamp":"2024-03-01T22:15:00","timestamp_unix":1}"#;
    let server = always(json(page(&[row.to_owned()], None)));
    let page_of_rates = client_of(&server)
        .list_heartrate()
        .await
        .expect("it is in UTC");
    let time = page_of_rates.data[0].timestamp;
    assert_eq!(
        (time.unix_timestamp(), time.offset().whole_hours()),
        (1_709_331_300, 0)
    );

    let local = daily_sleep("1", "2024-03-01").replace("+00:00", "");
    let server = always(json(page(&[local], None)));
    let error = client_of(&server).list_daily_sleep().await;
    let error = error.expect_err("whose midnight that is, is not known");
    assert!(matches!(&error, Error::Decode { path, .. } if path == "data[0].timestamp"));
}

#[tokio::test]
async fn a_range_that_ends_before_it_starts_is_not_sent() {
    let server = always(json(page(&[], None)));
    let request = client_of(&server).list_daily_sleep();
    let request = request.start_date(march(2)).end_date(march(1));
    for error in [
        request.clone().await.expect_err("backwards"),
        request
            .clone()
            .stream()
            .next()
            .await
            .expect("an error")
            .expect_err("backwards"),
        request
            .pages()
            .next()
            .await
            .expect("an error")
            .expect_err("backwards"),
    ] {
        assert!(
            matches!(&error, Error::Argument { name, .. } if name == "start_date"),
            "{error:?}"
        );
        assert!(error.to_string().contains("after the end"), "{error}");
    }
    assert!(server.requests().is_empty());
    // A raw call is sent as it is.
    let raw = client_of(&server).raw(Method::GET, "/v3/new");
    let raw = raw
        .query("start_date", "2024-03-02")
        .query("end_date", "2024-03-01");
    raw.await.expect("a response");
    let same = client_of(&server).list_daily_sleep();
    let same = same.start_date(march(1)).end_date(march(1)).await;
    same.expect("one day is a range");
}
