//! Responses of the live server that differ from its spec, and what a caller gets.
//!
//! Each file beside this one holds the requests and responses of a case, as users of other clients
//! reported them or as they were recorded.

#[cfg(feature = "oauth")]
mod oauth;
mod play;

use futures_util::TryStreamExt;
use oura_generated::http::Method;
use oura_generated::models::{HeartRateSource, WebhookOperation};
use oura_generated::time::{Date, Month, OffsetDateTime};
use oura_generated::{Client, Error};
use play::play;

fn day(day: u8) -> Date {
    Date::from_calendar_date(2026, Month::June, day).expect("a day")
}

/// The ids of the days of stress from the eleventh to the thirteenth.
async fn stress_ids(client: Client) -> Vec<String> {
    let request = client.list_daily_stress();
    let days = request.start_date(day(11)).end_date(day(13)).stream();
    let ids = days.map_ok(|day| day.id).try_collect().await;
    ids.expect("both pages come")
}

#[tokio::test]
async fn cursor_followed() {
    let server = play!("cursor_followed");
    assert_eq!(stress_ids(server.client()).await, ["a", "b"]);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn cursor_with_dates_422() {
    let server = play!("cursor_with_dates_422");
    assert_eq!(stress_ids(server.client()).await, ["a", "b"]);
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(
        requests[2],
        "GET /v2/usercollection/daily_stress?next_token=n1"
    );
}

#[tokio::test]
async fn expiration_time_without_offset() {
    let server = play!("expiration_time_without_offset");
    let subscriptions = server.client().list_webhook_subscriptions().await;
    let subscriptions = subscriptions.expect("both decode");
    let midnight = Date::from_calendar_date(2026, Month::August, 1).expect("a day");
    let midnight: OffsetDateTime = midnight.midnight().assume_utc();
    let times: Vec<_> = subscriptions.iter().map(|s| s.expiration_time).collect();
    assert_eq!(times, [midnight, midnight]);
    assert_eq!(subscriptions[0].event_type, WebhookOperation::Create);
}

#[cfg(feature = "webhook")]
#[tokio::test]
async fn expiration_time_without_offset_reconciles() {
    use oura_generated::models::WebhookDataType;
    use oura_generated::webhook::{Step, Subscriptions, Topic};

    let server = play!("expiration_time_without_offset");
    let subscriptions = Subscriptions::new(&server.client(), "https://hook.oura.test/h", "a-token");
    let wanted = [WebhookOperation::Create, WebhookOperation::Update]
        .map(|operation| Topic::new(WebhookDataType::Sleep, operation));
    let plan = subscriptions.plan(wanted).await.expect("a plan");
    let is_known = |step: &Step| matches!(step, Step::Keep(_) | Step::Renew(_));
    assert_eq!(plan.steps.len(), 2);
    assert!(plan.steps.iter().all(is_known), "{plan}");
}

#[tokio::test]
async fn rows_without_timestamp_unix() {
    let client = play!("rows_without_timestamp_unix").client();
    let sandbox = client.sandbox().list_heartrate().await;
    let of_2024 = client.list_heartrate().await;
    for (page, bpm, source) in [
        (sandbox, 61, HeartRateSource::Sleep),
        (of_2024, 78, HeartRateSource::Rest),
    ] {
        let rows = page.expect("rows").data;
        assert_eq!((rows.len(), rows[0].bpm), (1, bpm));
        assert_eq!(rows[0].source, source);
        assert_eq!(rows[0].timestamp_unix, None);
    }
    let page = client.sandbox().list_ring_battery_level().await;
    let rows = page.expect("rows").data;
    assert_eq!((rows.len(), rows[0].level), (1, 61));
    assert_eq!(rows[0].timestamp_unix, None);
}

#[tokio::test]
async fn vo2_max_number_or_null() {
    let client = play!("vo2_max_number_or_null").client();
    for expected in [Some(45.2), None, Some(45.0)] {
        let page = client.list_vo2_max().await.expect("a page");
        assert_eq!(page.data.len(), 1);
        assert_eq!(page.data[0].vo2_max, expected);
    }
}

#[tokio::test]
async fn unknown_members() {
    let server = play!("unknown_members");
    let page = server.client().list_daily_cardiovascular_age().await;
    let ages: Vec<_> = page.expect("a page").data;
    let ages: Vec<_> = ages.iter().map(|document| document.vascular_age).collect();
    assert_eq!(ages, [Some(38)]);
}

/// The place of a decode error, and its message.
fn undecodable(error: &Error) -> (&str, String) {
    match error {
        Error::Decode { path, source, .. } => (path, source.to_string()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn number_out_of_range() {
    let server = play!("number_out_of_range");
    let error = server.client().get_personal_info().await;
    let error = error.expect_err("no number of Rust is so large");
    let (path, message) = undecodable(&error);
    assert_eq!(path, "weight");
    assert!(message.contains("out of range"), "{message}");
    assert!(error.to_string().contains(&message), "{error}");
}

#[tokio::test]
async fn nested_too_deep() {
    let server = play!("nested_too_deep");
    let request = server.client().raw(Method::GET, "/v2/usercollection/new");
    let error = request.send().await.expect_err("it is too deep");
    let (_, message) = undecodable(&error);
    assert!(message.contains("nested too deep"), "{message}");
}
