//! Measures how fast the runtime is, compared with the same work written by hand.
//!
//! The functions that are compared run in turns within one process, so that a slow moment of the
//! machine affects all of them: read the ratios, not the times. `cargo bench -p oura-generated`.

mod bodies;
mod contest;
mod plain;
#[path = "../../tests/support/mod.rs"]
mod support;
#[cfg(feature = "testing")]
mod year;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use contest::Contest;
use oura_generated::bytes::Bytes;
use oura_generated::models::{DailySleep, MultiDocumentResponse};
use oura_generated::{Client, MemoryTransport, Route, http};
use serde::de::DeserializeOwned;
use support::{daily_sleep, page};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime");
    decode_sleep(&runtime);
    decode_heart_rate(&runtime);
    #[cfg(feature = "testing")]
    sync_a_year(&runtime);
    one_call(&runtime);
    find_route();
    #[cfg(feature = "webhook")]
    verify_event();
}

/// A client that has the body already.
fn client_of(route: Route, body: &Bytes) -> Client {
    let transport = MemoryTransport::new();
    transport.respond(route, http::Response::new(body.clone()));
    let builder = Client::builder().access_token("token").transport(transport);
    builder.build().expect("it is set up right")
}

fn from_slice<T: DeserializeOwned>(body: &[u8]) -> T {
    serde_json::from_slice(body).expect("it decodes")
}

fn from_str<T: DeserializeOwned>(body: &[u8]) -> T {
    serde_json::from_str(std::str::from_utf8(body).expect("it is UTF-8")).expect("it decodes")
}

fn decode_sleep(runtime: &Runtime) {
    let body = Bytes::from(bodies::sleep_page(5_000_000));
    let client = client_of(Route::ListSleep, &body);
    Contest::new(format!("a page of sleep, {} kB", body.len() / 1000), 60)
        .entry("plain structs, String times, from_slice", || {
            from_slice::<plain::SleepPage>(&body)
        })
        .entry("plain structs, String times, from_str", || {
            from_str::<plain::SleepPage>(&body)
        })
        .entry("list_sleep()", || {
            runtime
                .block_on(client.list_sleep().send())
                .expect("it decodes")
        })
        .run();
}

fn decode_heart_rate(runtime: &Runtime) {
    let body = Bytes::from(bodies::heart_rate_page(50_000));
    let client = client_of(Route::ListHeartrate, &body);
    Contest::new(format!("50,000 heart rates, {} kB", body.len() / 1000), 60)
        .entry("plain structs, String times, from_slice", || {
            from_slice::<plain::RatePage>(&body)
        })
        .entry("plain structs, String times, from_str", || {
            from_str::<plain::RatePage>(&body)
        })
        .entry("list_heartrate()", || {
            runtime
                .block_on(client.list_heartrate().send())
                .expect("it decodes")
        })
        .run();
}

/// The baseline decodes the same bodies into models. A synchronization decodes a document only on
/// request: it splits pages, finds keys and places, and copies each document.
#[cfg(feature = "testing")]
fn sync_a_year(runtime: &Runtime) {
    let year = year::Year::new(runtime);
    let client = year.client();
    let bytes: usize = year.bodies.iter().map(|(_, body)| body.len()).sum();
    Contest::new(format!("a year of all resources, {} kB", bytes / 1000), 20)
        .entry("typed decoding alone", || year.decode())
        .entry("sync()", || year.sync(runtime, &client))
        .run();
}

fn one_call(runtime: &Runtime) {
    let documents = [1, 2, 3, 4, 5, 6, 7].map(|n| daily_sleep(&n.to_string(), "2024-03-01"));
    let body = page(&documents, None);
    let base_url = runtime.block_on(serve_on_this_thread(body));
    let builder = Client::builder().base_url(&base_url);
    let client = builder
        .access_token("token-1")
        .build()
        .expect("it is set up right");
    // `reqwest` needs it even for plain HTTP; another part of the process may have set it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let by_hand = reqwest::Client::builder()
        .timeout(Duration::from_secs(30))
        .user_agent("by-hand/1.0")
        .build()
        .expect("it is set up right");
    let url = format!("{base_url}/v2/usercollection/daily_sleep");
    Contest::new("one call on loopback, a week of daily sleep", 500)
        .calls(40)
        .entry("reqwest and serde_json by hand", || {
            runtime.block_on(async {
                let query = "start_date=2024-03-01&end_date=2024-03-07";
                let request = by_hand.get(format!("{url}?{query}")).bearer_auth("token-1");
                let response = request.send().await.expect("a response");
                let response = response.error_for_status().expect("a success");
                let body = response.bytes().await.expect("a body");
                from_slice::<MultiDocumentResponse<DailySleep>>(&body)
            })
        })
        .entry("list_daily_sleep()", || {
            let (first, last) = bodies::week();
            let request = client.list_daily_sleep().start_date(first).end_date(last);
            runtime.block_on(request.send()).expect("a response")
        })
        .run();
}

/// Starts a server on the thread of the runtime: with separate threads, the result would depend on
/// where the system puts them.
async fn serve_on_this_thread(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length:";
    let response = Arc::new(format!("{head} {}\r\n\r\n{body}", body.len()));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let response = Arc::clone(&response);
            tokio::spawn(async move {
                let mut request = [0; 4096];
                // Requests without a body come in one piece here.
                while let Ok(1..) = stream.read(&mut request).await {
                    if stream.write_all(response.as_bytes()).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    url
}

fn find_route() {
    let templates: Vec<_> = Route::ALL
        .iter()
        .map(|route| route.path_template())
        .collect();
    let mut router = matchit::Router::new();
    for template in &templates {
        // Routes with the same path and different methods are one route for `matchit`.
        let _ = router.insert(*template, *template);
    }
    let paths: Vec<_> = templates
        .iter()
        .map(|t| {
            t.replace("{document_id}", "2-5daccc09")
                .replace("{id}", "5d3f")
        })
        .collect();
    let calls: Vec<_> = Route::ALL
        .iter()
        .map(|route| route.method())
        .zip(&paths)
        .collect();
    Contest::new(
        format!("a route by its path, {} routes in turn", paths.len()),
        2_000,
    )
    .calls(10)
    .entry("matchit (paths alone)", || {
        for path in &paths {
            let found = router.at(path).expect("it is there");
            black_box(found.params.iter().next());
        }
    })
    .entry("Route::find (methods too)", || {
        for (method, path) in &calls {
            black_box(Route::find(method, path).expect("it is there"));
        }
    })
    .run();
}

/// The baseline is the signature alone, which every implementation needs.
#[cfg(feature = "webhook")]
fn verify_event() {
    use hmac::{Hmac, KeyInit, Mac};
    use oura_generated::time::OffsetDateTime;
    use oura_generated::webhook::Verifier;

    let (secret, now) = (
        "0123456789ABCDEF0123456789ABCDEF",
        OffsetDateTime::now_utc(),
    );
    let body = concat!(
        r#"{"event_type":"update","data_type":"daily_sleep","#,
        r#""object_id":"2-5daccc09-2224-4d01-a43b-8b4d3a1a5f4c","#,
        r#""event_time":"2024-03-01T08:00:00+00:00","#,
        r#""user_id":"8b4d3a1a-5f4c-4d01-a43b-5daccc092224"}"#
    );
    let spaced = body
        .replace(':', ": ")
        .replace("T08: 00: 00+00: 00", "T08:00:00+00:00");
    let key = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).expect("any key is good");
    let verifier = Verifier::new(secret);
    let headers = verifier.sign(body, now);
    let timestamp = headers["x-oura-timestamp"].as_bytes();
    let signature = key.clone().chain_update(timestamp).chain_update(body);
    let signature = signature.finalize().into_bytes();
    Contest::new(format!("a webhook event, {} bytes", body.len()), 2_000)
        .calls(100)
        .entry("HMAC-SHA256 alone, key prepared", || {
            let signed = key.clone().chain_update(timestamp).chain_update(body);
            signed.verify(&signature).expect("it is signed")
        })
        .entry("Verifier::verify", || {
            verifier.verify(&headers, body, now).expect("it is signed")
        })
        .entry("Verifier::verify, signed without its spaces", || {
            verifier
                .verify(&headers, &spaced, now)
                .expect("it is signed")
        })
        .run();
}
