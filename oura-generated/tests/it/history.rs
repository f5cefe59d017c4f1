//! Long ranges in windows, against servers that interpret bounds differently.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration as Wait;

use crate::support::{Request, Sent, always, client_of, daily_sleep, json, memory, page, response};
use futures_util::{StreamExt, TryStreamExt};
use oura_generated::bytes::Bytes;
use oura_generated::models::DailySleepField;
use oura_generated::time::format_description::well_known::Rfc3339;
use oura_generated::time::{Date, Duration, Month, OffsetDateTime};
use oura_generated::{Client, DateOrDateTime, Error, History, Transport, TransportFuture, http};

fn day(month: Month, day: u8) -> Date {
    Date::from_calendar_date(2024, month, day).expect("a day")
}

/// Whether the range includes documents at the first and at the last bound. If it includes
/// neither, windows without an overlap would lose documents between them.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    first: bool,
    last: bool,
}

const BOUNDS: [Bounds; 4] = [
    Bounds::new(true, true),
    Bounds::new(true, false),
    Bounds::new(false, true),
    Bounds::new(false, false),
];

impl Bounds {
    const fn new(first: bool, last: bool) -> Self {
        Self { first, last }
    }

    fn contain<T: PartialOrd>(self, (first, last): (T, T), at: T) -> bool {
        (at > first || self.first && at == first) && (at < last || self.last && at == last)
    }
}

/// All days of the year that the request means to this server, with two documents a day, in pages
/// of seven.
fn days(request: &Request, bounds: Bounds) -> String {
    let bound = |name| {
        request
            .parameter(name)
            .expect("both bounds are set")
            .to_owned()
    };
    let (first, last) = (bound("start_date"), bound("end_date"));
    let documents: Vec<_> = (1..=366)
        .filter_map(|ordinal| Date::from_ordinal_date(2024, ordinal).ok())
        .map(|day| day.to_string())
        .filter(|day| bounds.contain((&first, &last), day))
        .flat_map(|day| ["a", "b"].map(|half| daily_sleep(&format!("{day}{half}"), &day)))
        .collect();
    let at: usize = request
        .parameter("next_token")
        .map_or(0, |at| at.parse().expect("a number"));
    let next = (at + 7 < documents.len()).then(|| (at + 7).to_string());
    let end = documents.len().min(at + 7);
    page(&documents[at..end], next.as_deref())
}

#[tokio::test]
async fn no_document_comes_twice_and_none_is_lost() {
    for bounds in BOUNDS {
        for window in [1, 2, 10, 30, 400] {
            let server = memory(move |request| json(days(request, bounds)));
            let (first, last) = (day(Month::January, 5), day(Month::March, 20));
            let history = client_of(&server).list_daily_sleep().history(first, last);
            let ids: Vec<_> = history
                .window_days(window)
                .map_ok(|document| document.id)
                .try_collect()
                .await
                .expect("they decode");
            let expected: Vec<_> = std::iter::successors(Some(first), |day| day.next_day())
                .take_while(|day| *day <= last)
                .filter(|day| bounds.contain((first, last), *day))
                .flat_map(|day| ["a", "b"].map(|half| format!("{day}{half}")))
                .collect();
            assert_eq!(ids, expected, "{bounds:?}, windows of {window} days");
        }
    }
}

#[tokio::test]
async fn a_bound_may_be_a_day_and_the_other_a_moment() {
    let (first, last) = (day(Month::January, 5), day(Month::March, 20));
    let morning = |day: Date| day.midnight().assume_utc() + Duration::hours(6);
    let cases: [[DateOrDateTime; 2]; 2] = [
        [first.into(), morning(last).into()],
        [morning(first).into(), last.into()],
    ];
    for ([start, end], bounds) in cases.into_iter().flat_map(|case| BOUNDS.map(|b| (case, b))) {
        let server = memory(move |request| json(days(request, bounds)));
        let ids = async |window| {
            let history = client_of(&server).list_daily_sleep().history(start, end);
            let ids = history.window_days(window).map_ok(|document| document.id);
            ids.try_collect::<Vec<_>>().await.expect("they decode")
        };
        let at_once = ids(400).await;
        let request = server.requests().swap_remove(0);
        let sent = ["start_date", "end_date"].map(|name| request.parameter(name));
        let meant = [start, end].map(|bound| bound.to_string().replace(':', "%3A"));
        assert_eq!(sent, meant.each_ref().map(|bound| Some(bound.as_str())));
        assert!(at_once.len() >= 2 * 74, "{}", at_once.len());
        for window in [7, 30] {
            let at = format!("{start} to {end}, {bounds:?}, windows of {window} days");
            assert_eq!(ids(window).await, at_once, "{at}");
        }
    }
}

/// A heart rate every six hours of March and April, two rows at each time.
fn rows(request: &Request, bounds: Bounds) -> String {
    let bound = |name| {
        let text = request
            .parameter(name)
            .expect("both bounds are set")
            .replace("%3A", ":");
        OffsetDateTime::parse(&text, &Rfc3339).expect("a moment")
    };
    let (first, last) = (bound("start_datetime"), bound("end_datetime"));
    let rows: Vec<_> = (0..244)
        .map(|n| day(Month::March, 1).midnight().assume_utc() + Duration::hours(n * 6))
        .filter(|at| bounds.contain((first, last), *at))
        .flat_map(|at| [60, 61].map(|bpm| (at, bpm)))
        .map(|(at, bpm)| {
            let (unix, at) = (
                at.unix_timestamp(),
                at.format(&Rfc3339).expect("it has a form"),
            );
            format!(r#"{{"timestamp":"{at}","timestamp_unix":{unix},"bpm":{bpm},"source":"rest"}}"#)
        })
        .collect();
    page(&rows, None)
}

#[tokio::test]
async fn rows_of_a_time_series_are_identified_by_their_time() {
    for bounds in BOUNDS {
        let server = memory(move |request| json(rows(request, bounds)));
        let start = day(Month::March, 2).midnight().assume_utc();
        let last = start + Duration::days(50);
        let history = client_of(&server)
            .list_heartrate()
            .history(start, last)
            .window_days(7);
        let rows: Vec<_> = history.try_collect().await.expect("they decode");
        let at_bounds = usize::from(bounds.first) + usize::from(bounds.last);
        assert_eq!(rows.len(), 2 * (50 * 4 - 1 + at_bounds), "{bounds:?}");
        assert!(rows.is_sorted_by_key(|row| row.timestamp));
    }
}

#[tokio::test]
async fn a_bad_document_is_one_error_and_a_bad_page_ends_the_history() {
    let server = memory(|request| {
        let body = days(request, BOUNDS[0]);
        let is_broken = request.parameter("start_date") > Some("2024-02-20");
        let bad = daily_sleep("2024-01-31a", "2024-01-31");
        let worse = bad.replace("\"day\":\"2024-01-31\"", "\"day\":null");
        if is_broken {
            response(500, "{}")
        } else {
            json(body.replace(&bad, &worse))
        }
    });
    let request = client_of(&server).list_daily_sleep();
    let all: Vec<_> = request
        .history(day(Month::January, 1), day(Month::June, 1))
        .collect()
        .await;
    let errors: Vec<_> = all.iter().filter_map(|item| item.as_ref().err()).collect();
    let [Error::Decode { path, .. }, Error::Api(_)] = &errors[..] else {
        panic!("{errors:?}")
    };
    assert!(path.ends_with(".day"), "{path}");
    assert!(
        all.last().is_some_and(Result::is_err),
        "nothing comes after the end"
    );
}

#[tokio::test]
async fn undecodable_documents_can_be_skipped() {
    // Two of the bad ones come in two windows each, but are one document each.
    let bad = ["2024-01-10a", "2024-01-30b", "2024-01-31a", "2024-03-05b"];
    let server = memory(move |request| {
        let spoil = |body: String, id: &str| {
            let document = daily_sleep(id, &id[..10]);
            body.replace(&document, &document.replace("83", "\"high\""))
        };
        let body = days(request, BOUNDS[0]);
        json(bad.into_iter().fold(body, spoil))
    });
    let (first, last) = (day(Month::January, 1), day(Month::March, 20));
    let (report, reports) = std::sync::mpsc::channel();
    let request = client_of(&server).list_daily_sleep();
    let history = request
        .history(first, last)
        .skip_undecodable(move |error| report.send(error).expect("it is read below"));
    let ids: Vec<_> = history
        .map_ok(|document| document.id)
        .try_collect()
        .await
        .expect("documents that do not decode are skipped");
    let days = std::iter::successors(Some(first), |day| day.next_day());
    let expected: Vec<_> = days
        .take_while(|day| *day <= last)
        .flat_map(|day| ["a", "b"].map(|half| format!("{day}{half}")))
        .filter(|id| !bad.contains(&id.as_str()))
        .collect();
    assert_eq!(ids, expected);
    let reports: Vec<_> = reports.into_iter().collect();
    for (error, id) in reports.iter().zip(bad) {
        let Error::Decode { path, raw, .. } = error else {
            panic!("{error:?}")
        };
        assert!(path.ends_with(".score"), "{path}");
        assert!(raw.contains(id), "{error}");
    }
    assert_eq!(reports.len(), bad.len(), "{reports:?}");
}

#[tokio::test]
async fn a_window_that_does_not_end_ends_the_history() {
    let loops = page(&[daily_sleep("1", "2024-01-03")], Some("again"));
    let server = always(json(loops));
    let request = client_of(&server).list_daily_sleep();
    let history = request.history(day(Month::January, 1), day(Month::January, 9));
    let all: Vec<_> = history.collect().await;
    let [Ok(_), Ok(_), Err(error @ Error::Cursor { .. })] = &all[..] else {
        panic!("{all:?}")
    };
    assert_eq!(error.cursor(), None, "a cursor is that of a window");
}

#[tokio::test]
async fn ranges_that_cannot_work_are_refused() {
    let server = always(json(page(&[], None)));
    let (first, last) = (day(Month::January, 1), day(Month::June, 1));
    let list = || client_of(&server).list_daily_sleep();
    for history in [
        list().history(last, first),
        list().history(last, first.midnight().assume_utc()),
        list().history(last.midnight().assume_utc(), first),
        list().next_token("x").history(first, last),
    ] {
        let all: Vec<_> = history.collect().await;
        assert!(matches!(&all[..], [Err(Error::Argument { .. })]), "{all:?}");
    }
    let latest = client_of(&server).list_heartrate().latest(true);
    let [first, last] = [first, last].map(|day| day.midnight().assume_utc());
    let all: Vec<_> = latest.history(first, last).collect().await;
    assert!(matches!(&all[..], [Err(Error::Argument { .. })]), "{all:?}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn documents_without_a_key_are_not_deduplicated() {
    let server = always(json(r#"{"data":[{"score":1}],"next_token":null}"#));
    let list = || {
        client_of(&server)
            .list_daily_sleep()
            .fields([DailySleepField::Score])
    };
    let long = list().history(day(Month::January, 1), day(Month::June, 1));
    let all: Vec<_> = long.collect().await;
    let [Err(error @ Error::Config { .. })] = &all[..] else {
        panic!("{all:?}")
    };
    let message = error.to_string();
    assert!(
        message.starts_with("ListDailySleep: ") && message.contains("`id`"),
        "{message}"
    );
    let short = list().history(day(Month::January, 1), day(Month::January, 9));
    assert_eq!(short.collect::<Vec<_>>().await.len(), 1);
}

/// A server whose responses take time in two steps, like those of a connection: each has to be
/// polled.
#[derive(Clone)]
struct Slow {
    /// How long each step takes for a window that starts on this day.
    step: fn(&str) -> u64,
    /// The number of requests without a response, now and at most.
    waiting: Arc<[AtomicUsize; 2]>,
}

impl Slow {
    fn new(step: fn(&str) -> u64) -> Self {
        let waiting = Arc::default();
        Self { step, waiting }
    }

    fn client(&self) -> Client {
        let builder = Client::builder().access_token("token");
        let builder = builder.transport(self.clone());
        let client = builder.timeout(Wait::from_secs(1)).build();
        client.expect("it is set up right")
    }
}

impl Transport for Slow {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        Box::pin(async move {
            let [now, most] = &*self.waiting;
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let start = request.parameter("start_date").expect("it has bounds");
            for _ in 0..2 {
                tokio::time::sleep(Wait::from_millis((self.step)(start))).await;
            }
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(json(page(&[daily_sleep(start, start)], None)))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn windows_are_fetched_side_by_side_within_the_limit_and_come_in_order() {
    // The responses of early windows come last.
    let server = Slow::new(|start| if start < "2024-03" { 60 } else { 20 });
    let history = server
        .client()
        .list_daily_sleep()
        .history(day(Month::January, 1), day(Month::July, 1));
    let days: Vec<_> = history
        .concurrency(4)
        .map_ok(|d| d.day)
        .try_collect()
        .await
        .expect("they decode");
    assert_eq!(days.len(), 7);
    assert!(days.is_sorted());
    assert_eq!(server.waiting[1].load(Ordering::SeqCst), 4);
}

#[tokio::test(start_paused = true)]
async fn a_slow_consumer_does_not_make_fetches_time_out() {
    // The first window has arrived while the others are being fetched.
    let server = Slow::new(|start| if start == "2024-01-01" { 1 } else { 100 });
    let list = server.client().list_daily_sleep();
    let mut history = list.history(day(Month::January, 1), day(Month::July, 1));
    let first = history.next().await.expect("there is a document");
    first.expect("it decodes");
    tokio::time::sleep(Wait::from_secs(10)).await;
    let others: Vec<_> = history.try_collect().await.expect("no fetch timed out");
    assert_eq!(others.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_history_sends_no_more_requests() {
    let server = memory(|request| {
        let start = request
            .parameter("start_date")
            .expect("both bounds are set");
        json(page(&[daily_sleep(start, start)], None))
    });
    let list = client_of(&server).list_daily_sleep();
    let mut history = list
        .history(day(Month::January, 1), day(Month::December, 1))
        .window_days(1);
    history
        .next()
        .await
        .expect("there is one")
        .expect("it decodes");
    drop(history);
    tokio::time::sleep(Wait::from_millis(200)).await;
    assert!(
        server.requests().len() <= 3,
        "{:?}",
        server.requests().len()
    );
}

#[tokio::test]
async fn a_failed_history_resumes_where_it_failed() {
    let broken = Arc::new(AtomicUsize::new(1));
    let is_broken = Arc::clone(&broken);
    let server = memory(move |request| {
        let is_second_page = request.parameter("next_token").is_some();
        let is_late = request.parameter("start_date") > Some("2024-02-20");
        if is_broken.load(Ordering::SeqCst) == 1 && is_late && is_second_page {
            response(500, "{}")
        } else {
            json(days(request, BOUNDS[0]))
        }
    });
    let (first, last) = (day(Month::January, 1), day(Month::June, 1));
    let mut ids = Vec::new();
    let mut history = client_of(&server).list_daily_sleep().history(first, last);
    assert_eq!(history.resume_from(), Some(DateOrDateTime::Date(first)));
    let error = collect_into(&mut ids, &mut history)
        .await
        .expect_err("it breaks");
    assert_eq!(error.cursor(), None, "a cursor is that of a window");
    let resume = history.resume_from().expect("not all windows are finished");
    assert!(resume.to_string().starts_with("2024-02-2"), "{resume}");
    broken.store(0, Ordering::SeqCst);
    let mut rest = client_of(&server).list_daily_sleep().history(resume, last);
    collect_into(&mut ids, &mut rest)
        .await
        .expect("it works again");
    assert_eq!(rest.resume_from(), None);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 2 * 153, "each half of 153 days");
}

async fn collect_into(
    ids: &mut Vec<String>,
    history: &mut History<oura_generated::models::DailySleep>,
) -> Result<(), Error> {
    while let Some(document) = history.try_next().await? {
        ids.push(document.id);
    }
    Ok(())
}

#[tokio::test]
async fn a_history_of_moments_resumes_with_a_moment() {
    let server = always(json(page(&[], None)));
    let start = day(Month::March, 1).midnight().assume_utc();
    let request = client_of(&server).list_heartrate();
    let history = request.clone().history(start, start + Duration::days(3));
    let resume: OffsetDateTime = history.resume_from().expect("nothing is finished");
    assert_eq!(resume, start);
    // It is what `history` takes.
    let rest = request.history(resume, start + Duration::days(3));
    assert!(
        rest.try_collect::<Vec<_>>()
            .await
            .expect("an empty list")
            .is_empty()
    );
}

#[tokio::test]
async fn a_range_of_over_50_years_is_not_sent() {
    let server = always(json(page(&[], None)));
    let last = day(Month::March, 1);
    let first = Date::from_calendar_date(24, Month::March, 1).expect("a day");
    let mut days = client_of(&server).list_daily_sleep().history(first, last);
    let error = days
        .next()
        .await
        .expect("an error")
        .expect_err("it is too long");
    assert!(
        matches!(&error, Error::Argument { name, .. } if name == "start_date"),
        "{error:?}"
    );
    assert!(error.to_string().contains("50 years"), "{error}");
    assert!(days.next().await.is_none());
    assert!(server.requests().is_empty());
}
