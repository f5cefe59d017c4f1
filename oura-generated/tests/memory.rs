//! A million rows stream in the memory of a page or two.
//!
//! Alone in its file: it measures all that the process allocates.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::TryStreamExt;
use oura_generated::bytes::Bytes;
use oura_generated::{Client, Transport, TransportFuture, http};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const PAGES: usize = 500;
const ROWS: usize = 2_000;

/// Makes each page when it is asked for it.
struct Rows {
    page: String,
    sent: AtomicUsize,
}

impl Rows {
    fn new() -> Self {
        let row = r#"{"timestamp":"2024-03-01T22:15:00.000Z","timestamp_unix":1709331300000,"bpm":61,"source":"rest"}"#;
        Self {
            page: vec![row; ROWS].join(","),
            sent: AtomicUsize::new(0),
        }
    }
}

impl Transport for Rows {
    fn send(&self, _: http::Request<Bytes>) -> TransportFuture<'_> {
        let number = self.sent.fetch_add(1, Ordering::SeqCst) + 1;
        let next = if number < PAGES {
            format!("\"{number}\"")
        } else {
            "null".to_owned()
        };
        let end = format!(r#"],"next_token":{next}}}"#);
        let body = [r#"{"data":["#, &self.page, &end].concat();
        Box::pin(std::future::ready(Ok(http::Response::new(body.into()))))
    }
}

#[tokio::test]
async fn a_million_rows_need_the_memory_of_two_pages() {
    let rows = Rows::new();
    // A page is there as text and as rows.
    let page = rows.page.len() + ROWS * size_of::<oura_generated::models::HeartRate>();
    let client = Client::builder()
        .access_token("token")
        .transport(rows)
        .build()
        .expect("good");
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let stream = client.list_heartrate().stream();
    let count = stream
        .try_fold(0, |count, _| async move { Ok(count + 1) })
        .await;
    assert_eq!(count.expect("all rows decode"), PAGES * ROWS);
    let peak = MEMORY.peak_usage() - before;
    println!(
        "{} rows, a page of {page} bytes, a peak of {peak} bytes",
        PAGES * ROWS
    );
    assert!(
        peak < 2 * page,
        "a peak of {peak} bytes for pages of {page} bytes"
    );
    assert!(
        MEMORY.current_usage() < before + page / 10,
        "what was read is gone"
    );
}
