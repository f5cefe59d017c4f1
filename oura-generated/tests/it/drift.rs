//! Reports of fields and values that this crate does not know.

use std::sync::mpsc::{Receiver, channel};

use futures_util::StreamExt;
use oura_generated::{Client, DriftReport, MemoryTransport, Route};
use serde_json::{Value, json};

fn client(route: Route, body: Value) -> (Client, Receiver<DriftReport>) {
    let server = MemoryTransport::new();
    server.answer(route, body);
    let (send, receive) = channel();
    let builder = Client::builder().access_token("token").transport(server);
    let client = builder.on_drift(move |report| send.send(report.clone()).expect("it is read"));
    (client.build().expect("it is set up right"), receive)
}

fn row(source: &str) -> Value {
    json!({ "timestamp": "2024-03-01T00:00:00Z", "timestamp_unix": 1, "bpm": 60, "source": source })
}

#[tokio::test]
async fn unknown_fields_and_values_are_reported_once_per_response() {
    let mut new = row("on the moon");
    new["gravity"] = json!(1.62);
    let body = json!({ "data": [new, row("rest"), new], "next_token": null, "total": 3 });
    let (client, reports) = client(Route::ListHeartrate, body);
    client
        .list_heartrate()
        .await
        .expect("it decodes nevertheless");
    let report = reports.try_recv().expect("there is news");
    assert_eq!(report.route, Some(Route::ListHeartrate));
    assert_eq!(
        Vec::from_iter(report.unknown_fields),
        ["data[].gravity", "total"]
    );
    let value = ("HeartRateSource".to_owned(), "on the moon".to_owned());
    assert_eq!(Vec::from_iter(report.unrecognized_values), [value]);
    assert!(reports.try_recv().is_err());
}

#[tokio::test]
async fn streams_report_too_and_only_what_is_new() {
    let mut new = row("rest");
    new["gravity"] = json!(1.62);
    let (talkative, reports) = client(
        Route::ListHeartrate,
        json!({ "data": [new, { "bpm": null }], "next_token": null }),
    );
    assert_eq!(
        talkative
            .list_heartrate()
            .stream()
            .collect::<Vec<_>>()
            .await
            .len(),
        2
    );
    let report = reports.try_recv().expect("there is news");
    assert_eq!(Vec::from_iter(report.unknown_fields), ["data[].gravity"]);
    let (quiet, reports) = client(
        Route::ListHeartrate,
        json!({ "data": [row("rest")], "next_token": null }),
    );
    quiet.list_heartrate().await.expect("it decodes");
    assert!(reports.try_recv().is_err());
}
