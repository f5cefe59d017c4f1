//! Memory is bounded: a list of any length streams in the memory of a page or two, in chunks or
//! compressed; a history of any length in that of the windows that are fetched side by side, and a
//! synchronization of all rows in that of a few batches.
//!
//! The test is a separate binary, because it measures all that the process allocates.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::{Stream, TryStreamExt};
use oura_generated::bytes::Bytes;
use oura_generated::models::HeartRate;
use oura_generated::time::format_description::well_known::Rfc3339;
use oura_generated::time::{Date, Duration, Month, OffsetDateTime};
use oura_generated::{Client, ClientBuilder, Error, Resource, Transport, TransportFuture, http};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const ROWS: usize = 2_000;
/// The memory of a connection: it reads ahead up to about 400 kB, whatever the size of a page.
const CONNECTION: usize = 512 * 1024;

#[tokio::test]
async fn lists_and_histories_need_the_memory_of_pages_and_not_of_all_rows() {
    let page = page_size();
    let memory = Client::builder().transport(Pages::new(100));
    for (from, builder, pages, connection) in [
        ("memory", memory, 100, 0),
        ("a server", serve(50, announced), 50, CONNECTION),
        (
            "a server, in chunks",
            serve(50, chunked),
            50,
            2 * page + CONNECTION,
        ),
        (
            "a server, compressed",
            serve(50, compressed),
            50,
            2 * page + CONNECTION,
        ),
    ] {
        let stream = client(builder).list_heartrate().stream();
        let peak = measure(stream, pages * ROWS, connection).await;
        println!("{pages} pages of {page} bytes from {from}: a peak of {peak} bytes");
        assert!(
            peak < 2 * page + connection,
            "from {from}: {peak} bytes for pages of {page} bytes"
        );
    }
    let peak = measure_sync().await;
    assert!(
        peak < BATCHES,
        "{peak} bytes for a quarter of a million rows in batches"
    );
    let (short, long) = (measure_history(10).await, measure_history(50).await);
    assert!(
        long < short + page,
        "{short} bytes for 10 windows, {long} for 50"
    );
    assert!(
        long < 3 * 2 * page,
        "{long} bytes for 3 windows of {page} bytes at once"
    );
}

/// A batch has a megabyte and a half of JSON at most, which its records double; one is applied
/// and one waits, beside the page that is read.
const BATCHES: usize = 6 << 20;

/// The most memory that a sync of a quarter of a million rows takes. Each batch is dropped before
/// the next one comes. The rows are closer together than those of a real user.
async fn measure_sync() -> usize {
    let first = Date::from_calendar_date(2024, Month::January, 1).expect("a day");
    let last = first + Duration::days(86);
    let client = client(Client::builder().transport(Series));
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let sync = client.sync().resources([Resource::HeartRate]);
    let mut batches = sync.since(first).until(last).batches();
    let mut rows = 0;
    while let Some(batch) = batches.try_next().await.expect("a batch") {
        rows += batch.records.len();
    }
    // Every thirty seconds of 87 days, from the earliest start of the first day in any time zone
    // to the latest end of the last one.
    assert_eq!(rows, 87 * 2_880 + 26 * 120);
    let peak = MEMORY.peak_usage() - before;
    println!("{rows} rows in batches: a peak of {peak} bytes");
    peak
}

/// Has a row every thirty seconds.
struct Series;

impl Transport for Series {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let query = request.uri().query().unwrap_or_default();
        let value = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let value = pairs.find(|(known, _)| *known == name);
            value.map(|(_, value)| value.replace("%3A", ":"))
        };
        let bound = |name| {
            let moment = value(name).expect("both bounds are set");
            let moment = OffsetDateTime::parse(&moment, &Rfc3339).expect("a moment");
            moment.unix_timestamp()
        };
        let (start, end) = (bound("start_datetime"), bound("end_datetime"));
        let from = value("next_token").map_or(0, |at| at.parse().expect("a number"));
        let first = (start.div_euclid(30) + 1) * 30 + from * 30;
        let mut rows = String::new();
        let mut moments = (first..end).step_by(30);
        for unix in moments.by_ref().take(ROWS) {
            let at = OffsetDateTime::from_unix_timestamp(unix).expect("a moment");
            let comma = if rows.is_empty() { "" } else { "," };
            let (date, (hour, minute, second)) = (at.date(), at.time().as_hms());
            write!(
                rows,
                r#"{comma}{{"timestamp":"{date}T{hour:02}:{minute:02}:{second:02}Z","timestamp_unix":{unix},"bpm":61,"source":"rest"}}"#
            )
            .expect("memory takes it");
        }
        let next = moments.next().map(|_| from as usize + ROWS);
        let body = whole(&rows, next);
        drop(rows);
        Box::pin(std::future::ready(Ok(http::Response::new(body.into()))))
    }
}

async fn measure_history(windows: u16) -> usize {
    let start = OffsetDateTime::UNIX_EPOCH;
    let end = start + Duration::days(30) * windows;
    let list = client(Client::builder().transport(Windows)).list_heartrate();
    let peak = measure(list.history(start, end), usize::from(windows) * ROWS, 0).await;
    println!("{windows} windows of a page: a peak of {peak} bytes");
    peak
}

fn client(builder: ClientBuilder) -> Client {
    builder
        .access_token("token")
        .build()
        .expect("it is set up right")
}

/// The most memory that reading a stream of so many rows takes. In the end all of it is freed,
/// except for the connection.
async fn measure(
    rows: impl Stream<Item = Result<HeartRate, Error>>,
    expected: usize,
    connection: usize,
) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let count = rows.try_fold(0, |count, _| async move { Ok(count + 1) });
    assert_eq!(count.await.expect("all rows decode"), expected);
    let left = MEMORY.current_usage().saturating_sub(before);
    assert!(
        left < page_size() / 10 + connection,
        "{left} bytes are left"
    );
    MEMORY.peak_usage() - before
}

/// The memory of a page, which exists as text and as rows.
fn page_size() -> usize {
    page(None).len() + ROWS * size_of::<HeartRate>()
}

fn page(next: Option<usize>) -> String {
    let row = r#"{"timestamp":"2024-03-01T22:15:00.000Z","timestamp_unix":1709331300000,"bpm":61,"source":"rest"}"#;
    whole(&vec![row; ROWS].join(","), next)
}

fn whole(rows: &str, next: Option<usize>) -> String {
    let next = next.map_or("null".to_owned(), |next| format!("\"{next}\""));
    [r#"{"data":["#, rows, &format!(r#"],"next_token":{next}}}"#)].concat()
}

/// The cursor after a page.
fn next(number: usize, pages: usize) -> Option<usize> {
    (number + 1 < pages).then_some(number + 1)
}

/// Makes each page when it is requested.
struct Pages {
    pages: usize,
    sent: AtomicUsize,
}

impl Pages {
    fn new(pages: usize) -> Self {
        let sent = AtomicUsize::new(0);
        Self { pages, sent }
    }
}

impl Transport for Pages {
    fn send(&self, _: http::Request<Bytes>) -> TransportFuture<'_> {
        let number = self.sent.fetch_add(1, Ordering::SeqCst);
        let body = page(next(number, self.pages));
        Box::pin(std::future::ready(Ok(http::Response::new(body.into()))))
    }
}

/// Responds to each window with a page of rows that no other window has.
struct Windows;

impl Transport for Windows {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let query = request.uri().query().unwrap_or_default();
        let start = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("start_datetime="));
        let start = start.expect("both bounds are set").replace("%3A", ":");
        let start = OffsetDateTime::parse(&start, &Rfc3339).expect("a moment");
        // The first day of a window may be the last of the one before.
        let rows = (0..ROWS as i64).map(|row| start + Duration::DAY + Duration::minutes(20 * row));
        let rows: Vec<_> = rows
            .map(|at| {
                let (unix, at) = (
                    at.unix_timestamp(),
                    at.format(&Rfc3339).expect("it has a form"),
                );
                format!(
                    r#"{{"timestamp":"{at}","timestamp_unix":{unix},"bpm":61,"source":"rest"}}"#
                )
            })
            .collect();
        let body = whole(&rows.join(","), None);
        drop(rows);
        Box::pin(std::future::ready(Ok(http::Response::new(body.into()))))
    }
}

/// A client of a server on this machine, which has all of its responses before the first request.
fn serve(pages: usize, respond: fn(&str) -> Vec<u8>) -> ClientBuilder {
    let responses = (0..pages).map(|number| respond(&page(next(number, pages))));
    let responses: Arc<Vec<_>> = Arc::new(responses.collect());
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let responses = Arc::clone(&responses);
            std::thread::spawn(move || send_all(&stream, &responses));
        }
    });
    Client::builder().base_url(url)
}

fn send_all(mut stream: &TcpStream, responses: &[Vec<u8>]) {
    let mut responses = responses.iter();
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if !line.is_empty() {
            continue;
        }
        let Some(response) = responses.next() else {
            return;
        };
        if stream.write_all(response).is_err() {
            return;
        }
    }
}

fn announced(body: &str) -> Vec<u8> {
    with_length("", body.as_bytes())
}

fn compressed(body: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body.as_bytes()).expect("memory takes it");
    let body = encoder.finish().expect("memory takes it");
    with_length("content-encoding: gzip\r\n", &body)
}

fn with_length(header: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 200 X\r\n{header}content-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn chunked(body: &str) -> Vec<u8> {
    let mut response = b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.as_bytes().chunks(10_000) {
        response.extend(format!("{:x}\r\n", chunk.len()).bytes());
        response.extend(chunk);
        response.extend(b"\r\n");
    }
    response.extend(b"0\r\n\r\n");
    response
}
