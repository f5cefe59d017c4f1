//! Resources, and the documents of all of them as one type.

use std::collections::BTreeSet;

use futures_util::StreamExt;
use oura_generated::bytes::Bytes;
use oura_generated::models::{
    DailySleep, Document, HeartRate, RestModePeriod, RingConfiguration, Scope,
};
use oura_generated::time::{Date, Month};
use oura_generated::{Client, Error, MemoryTransport, Resource, Route, http, serde_json};

const SLEEP: &str = r#"{
    "id": "1", "contributors": {}, "day": "2025-03-02", "score": 83,
    "timestamp": "2025-03-01T23:00:00-02:00"
}"#;

fn march(day: u8) -> Date {
    Date::from_calendar_date(2025, Month::March, day).expect("a day")
}

#[test]
fn every_list_of_documents_is_a_resource() {
    let listed = Route::ALL
        .iter()
        .filter(|route| !route.is_sandbox() && route.query_params().contains(&"next_token"));
    let listed: BTreeSet<Route> = listed.copied().collect();
    let lists = Resource::ALL.iter().filter_map(|it| it.list_route());
    assert_eq!(lists.collect::<BTreeSet<Route>>(), listed);
    assert!(Resource::ALL.is_sorted());
}

#[test]
fn names_are_those_of_webhooks() {
    for resource in Resource::ALL {
        let name = resource.to_string();
        assert_eq!(name, resource.as_str());
        assert_eq!(name.parse::<Resource>().ok(), Some(*resource));
    }
    assert_eq!(Resource::Vo2Max.as_str(), "vo2_max");
    assert_eq!(Resource::Vo2Max.get_route(), Some(Route::GetVo2Max));
    assert_eq!(Resource::HeartRate.as_str(), "heartrate");
    assert_eq!(Resource::HeartRate.get_route(), None);
    assert_eq!(Resource::DailySpo2.scope(), Some(Scope::Spo2));
    let error = "no_resource".parse::<Resource>().expect_err("it is none");
    assert_eq!(
        error.to_string(),
        "`resource` is `no_resource`, which this version of the crate does not know; \
         `Resource::ALL` has those that it knows"
    );
}

#[test]
fn a_document_is_read_and_written_as_it_is() {
    let document = Document::from_json(Resource::DailySleep, SLEEP).expect("it decodes");
    assert_eq!(document.resource(), Resource::DailySleep);
    assert_eq!(document.id(), Some("1"));
    assert_eq!(document.day(), Some(march(2)), "not that of the timestamp");
    let sleep: DailySleep = serde_json::from_str(SLEEP).expect("it decodes");
    assert_eq!(
        serde_json::to_value(&document).expect("it encodes"),
        serde_json::to_value(&sleep).expect("it encodes")
    );
    assert_eq!(Document::from(sleep), document);
}

#[test]
fn days_are_those_that_a_document_has() {
    let row = r#"{"timestamp": "2025-03-02T01:00:00+02:00", "timestamp_unix": 1740870000000,
        "bpm": 60, "source": "rest"}"#;
    let row: HeartRate = serde_json::from_str(row).expect("it decodes");
    let row = Document::from(row);
    assert_eq!((row.id(), row.day()), (None, Some(march(2))));

    let period = r#"{"id": "2", "start_day": "2025-03-03", "episodes": []}"#;
    let period: RestModePeriod = serde_json::from_str(period).expect("it decodes");
    assert_eq!(Document::from(period).day(), Some(march(3)));

    let ring: RingConfiguration = serde_json::from_str(r#"{"id": "3"}"#).expect("it decodes");
    let ring = Document::from(ring);
    assert_eq!((ring.id(), ring.day()), (Some("3"), None));
}

#[test]
fn the_error_of_an_undecodable_document_has_its_place() {
    let bad = SLEEP.replace("83", "\"high\"");
    let error = Document::from_json(Resource::DailySleep, &bad).expect_err("a text");
    let Error::Decode { path, raw, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!((path.as_str(), raw), ("score", &bad));
    assert_eq!(error.route(), Some(Route::ListDailySleep));
}

#[tokio::test]
async fn a_list_gives_documents_with_their_json() {
    let server = MemoryTransport::new();
    let body = |rows: &str, next: &str| {
        let body = format!(r#"{{"data": [{rows}], "next_token": {next}}}"#);
        http::Response::new(Bytes::from(body))
    };
    let newer = SLEEP.replacen('{', r#"{ "newer":  [1.50],"#, 1);
    let bad = SLEEP.replace("83", "\"high\"");
    server.respond(Route::ListDailySleep, body(&newer, r#""2""#));
    server.respond(
        Route::ListDailySleep,
        body(&format!("{bad}, {newer}"), "null"),
    );
    let client = Client::builder().access_token("token").transport(server);
    let client = client.build().expect("it is set up right");
    let list = || client.list_daily_sleep().stream_json();
    let all: Vec<_> = list().collect().await;
    let [first, second, third] = &all[..] else {
        panic!("{all:?}");
    };
    for document in [first, third] {
        let document = document.as_ref().expect("it decodes");
        assert_eq!(document.json.get(), newer, "as it came");
        assert_eq!(document.document.score, Some(83));
    }
    let error = second.as_ref().expect_err("a score is a number");
    let Error::Decode { path, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(path, "data[0].score");
}
