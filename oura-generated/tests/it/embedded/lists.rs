//! Bounds, pages, selections and the sandbox.

use futures_util::TryStreamExt;
use oura_generated::Resource;
use oura_generated::models::{DailySleepField, Sleep};
use oura_generated::testing::{Oura, User};
use oura_generated::time::Duration;
use serde_json::Value;

use super::{day, get, server, today};

async fn days_of(user: &User, resource: &str, query: &[(&str, &str)]) -> Vec<String> {
    let (status, body) = get(user, &format!("/v2/usercollection/{resource}"), query).await;
    assert_eq!(status, 200, "{resource}: {body}");
    let documents = body["data"].as_array().expect("a list").iter();
    documents
        .map(|document| document["day"].as_str().expect("a day").to_owned())
        .collect()
}

#[tokio::test]
async fn the_last_day_is_included_where_it_was_seen() {
    let (_oura, alice) = server();
    let query = [("start_date", "2025-04-01"), ("end_date", "2025-04-02")];
    let both = [
        "daily_sleep",
        "daily_readiness",
        "daily_spo2",
        "daily_stress",
        "daily_resilience",
    ];
    for resource in both {
        assert_eq!(
            days_of(&alice, resource, &query).await,
            ["2025-04-01", "2025-04-02"],
            "{resource}"
        );
    }
    for resource in ["daily_activity", "sleep_time", "daily_cardiovascular_age"] {
        assert_eq!(
            days_of(&alice, resource, &query).await,
            ["2025-04-01"],
            "{resource}"
        );
    }
}

#[tokio::test]
async fn moments_are_half_open_and_default_to_22_hours() {
    let (oura, alice) = server();
    let client = alice.client();
    let rows = client.list_ring_battery_level().await.expect("rows").data;
    let (first, last) = (rows[0].timestamp, rows[rows.len() - 1].timestamp);
    assert!(last - first <= Duration::hours(22) && last - first > Duration::hours(20));
    let request = client
        .list_ring_battery_level()
        .start_datetime(first)
        .end_datetime(last);
    let inner = request.await.expect("rows").data;
    assert_eq!(inner, rows[..rows.len() - 1]);
    let newest = client
        .list_ring_battery_level()
        .latest(true)
        .await
        .expect("a row")
        .data;
    assert_eq!(newest, rows[rows.len() - 1..]);
    assert!(oura.complaints().is_empty());

    // These lists have no date parameters.
    let query = [("start_date", "2025-04-01")];
    let (status, body) = get(&alice, "/v2/usercollection/heartrate", &query).await;
    assert_eq!(
        (status, body["data"].as_array().map(Vec::len)),
        (200, Some(0))
    );
    assert_eq!(oura.complaints().len(), 1);
}

#[tokio::test]
async fn pages_hold_everything_once_though_documents_come_and_go() {
    let oura = Oura::builder()
        .today(today())
        .page_size(7)
        .in_memory()
        .expect("a server");
    let alice = oura.add_user("alice");
    let client = alice.client();
    let all: Vec<Sleep> = client
        .list_sleep()
        .stream()
        .try_collect()
        .await
        .expect("nights");
    let asked = oura.requests().len();
    assert_eq!(asked, all.len().div_ceil(7));

    let mut pages = client.list_sleep().pages();
    let first = pages
        .try_next()
        .await
        .expect("a page")
        .expect("a page")
        .data;
    assert!(alice.remove(Resource::Sleep, &first[6].id));
    assert!(alice.remove(Resource::Sleep, &all[10].id));
    let mut rest = Vec::new();
    while let Some(page) = pages.try_next().await.expect("a page") {
        rest.extend(page.data);
    }
    let expected: Vec<_> = all[7..]
        .iter()
        .filter(|sleep| sleep.id != all[10].id)
        .collect();
    assert_eq!(rest.iter().collect::<Vec<_>>(), expected);
    assert!(oura.complaints().is_empty(), "{:?}", oura.complaints());
}

#[tokio::test]
async fn selected_fields_come_alone_where_selection_works() {
    let (oura, alice) = server();
    let client = alice.client();
    let fields = [DailySleepField::Day, DailySleepField::Score];
    let page = client
        .list_daily_sleep()
        .fields(fields)
        .await
        .expect("a page");
    assert_eq!(page.data[0].as_map().len(), 2);
    let (_, body) = get(&alice, "/v2/usercollection/tag", &[("fields", "day")]).await;
    assert!(
        body["data"][0].get("id").is_some(),
        "it does not work there"
    );
    assert!(oura.complaints().is_empty());
    get(
        &alice,
        "/v2/usercollection/daily_sleep",
        &[("fields", "day,nonsense")],
    )
    .await;
    assert!(oura.complaints()[0].to_string().contains("nonsense"));
}

#[tokio::test]
async fn nonsense_dates_are_an_empty_list_and_422_in_the_sandbox() {
    let (oura, alice) = server();
    let query = [("start_date", "1")];
    let (status, body) = get(&alice, "/v2/usercollection/sleep", &query).await;
    assert_eq!((status, &body["data"]), (200, &Value::Array(Vec::new())));
    let (status, body) = get(&alice, "/v2/sandbox/usercollection/sleep", &query).await;
    assert_eq!(
        (status, &body["detail"][0]["loc"][1]),
        (422, &"start_date".into())
    );
    assert_eq!(oura.complaints().len(), 2);
}

#[tokio::test]
async fn the_sandbox_differs_as_the_live_one_does() {
    let (_oura, alice) = server();
    let client = alice.client();
    let sandbox = client.sandbox();
    let nights = sandbox.list_sleep().await.expect("nights");
    assert_eq!(nights.next_token, None);
    let curve = nights
        .data
        .iter()
        .find_map(|night| night.heart_rate.as_ref())
        .expect("a curve");
    assert_eq!((curve.interval, curve.items.len()), (60.0, 10));
    assert_eq!(
        curve.timestamp,
        day(1, 1)
            .replace_year(2021)
            .expect("a date")
            .midnight()
            .assume_utc()
    );
    let ages = sandbox
        .list_daily_cardiovascular_age()
        .await
        .expect("ages")
        .data;
    assert!(ages.len() > 1 && ages.iter().all(|age| age.day == ages[0].day));
    let rings = sandbox.list_ring_configuration().await.expect("rings").data;
    assert_eq!(rings.len(), 1);

    let own = sandbox
        .get_sleep(&nights.data[0].id)
        .await
        .expect_err("it is not found");
    assert_eq!(own.status().map(|status| status.as_u16()), Some(500));
    assert!(
        sandbox
            .get_sleep("other")
            .await
            .expect_err("it is not there")
            .is_not_found()
    );
    let path = "/v2/sandbox/usercollection/personal_info";
    assert_eq!(get(&alice, path, &[]).await.0, 404);
}
