//! Responses that go wrong.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use oura_generated::testing::{Fault, Oura, Target};
use oura_generated::{Error, RetryPolicy, Route};

use super::{server, today};

#[tokio::test]
async fn a_fault_ends_after_its_times_or_with_its_handle() {
    let (oura, alice) = server();
    let client = alice
        .client_builder()
        .retry(RetryPolicy::none())
        .build()
        .expect("settings");
    oura.fail(Route::ListSleep, Fault::Status(503)).times(2);
    for _ in 0..2 {
        let error = client.list_sleep().await.expect_err("a fault");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(503));
        client.list_workout().await.expect("another route");
    }
    client.list_sleep().await.expect("it is over");

    let fault = oura.fail(Target::AnyRoute, Fault::RateLimited);
    let error = client.list_sleep().await.expect_err("a fault");
    assert!(
        matches!(&error, Error::Api(error) if error.status.as_u16() == 429),
        "{error}"
    );
    assert_eq!(fault.count(), 1);
    drop(fault);
    client.list_sleep().await.expect("it is over");
}

#[tokio::test]
async fn broken_responses_are_broken_over_http_and_in_memory() {
    let over_http = Oura::builder()
        .today(today())
        .start()
        .await
        .expect("a port is free");
    let (in_memory, _) = server();
    for oura in [over_http, in_memory] {
        let client = oura
            .add_user("alice")
            .client_builder()
            .retry(RetryPolicy::none());
        let client = client.build().expect("settings");
        for fault in [Fault::Reset, Fault::Truncate] {
            oura.fail(Route::ListSleep, fault).times(1);
            let error = client.list_sleep().await.expect_err("a fault");
            assert!(matches!(error, Error::Transport { .. }), "{error}");
        }
        oura.fail(Route::ListSleep, Fault::Html).times(1);
        let error = client.list_sleep().await.expect_err("a fault");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(504));
        for fault in [Fault::InvalidJson, Fault::BadDocument] {
            oura.fail(Route::ListSleep, fault).times(1);
            let error = client.list_sleep().await.expect_err("a fault");
            assert!(matches!(error, Error::Decode { .. }), "{error}");
        }
        let _repeating = oura.fail(Route::ListSleep, Fault::RepeatCursor);
        let nights = client.list_sleep().stream().take(1_000).map_ok(drop);
        let end = nights.try_collect::<Vec<_>>().await;
        let error = end.expect_err("it would never end");
        assert!(matches!(error, Error::Cursor { .. }), "{error}");
        assert!(oura.complaints().is_empty(), "{:?}", oura.complaints());
    }
}

#[tokio::test]
async fn one_bad_document_is_one_error() {
    let (oura, alice) = server();
    let client = alice.client();
    let all = client.list_sleep().await.expect("nights").data.len();
    oura.fail(Route::ListSleep, Fault::BadDocument).times(1);
    let rest = client.list_sleep().stream().skip_undecodable(|_| {});
    assert_eq!(
        rest.try_collect::<Vec<_>>()
            .await
            .expect("the others")
            .len(),
        all - 1
    );
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_by_the_clock_of_the_runtime() {
    let (oura, alice) = server();
    let client = alice.client_builder().timeout(Duration::from_secs(5));
    let client = client.retry(RetryPolicy::none()).build().expect("settings");
    oura.fail(Route::ListSleep, Fault::Delay(Duration::from_secs(6)))
        .times(1);
    let error = client.list_sleep().await.expect_err("it takes too long");
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    client.list_sleep().await.expect("it is over");
}

#[tokio::test]
async fn a_request_that_is_held_is_processed_when_the_fault_is_over() {
    let (oura, alice) = server();
    let client = alice.client();
    let hold = oura.fail(Route::ListSleep, Fault::Hold);
    let call = tokio::spawn(async move { client.list_sleep().await.map(|page| page.data.len()) });
    while hold.count() == 0 {
        tokio::task::yield_now().await;
    }
    assert!(oura.requests().is_empty());
    drop(hold);
    assert!(call.await.expect("no panic").expect("nights") > 28);
}

#[tokio::test]
async fn the_token_url_fails_too() {
    let (oura, alice) = server();
    let oauth = oura
        .oauth()
        .retry(RetryPolicy::none())
        .build()
        .expect("settings");
    oura.fail(Target::TokenUrl, Fault::Status(503)).times(1);
    oauth.refresh(&alice.token()).await.expect_err("a fault");
    // It was not processed, so the refresh token is still valid.
    oauth.refresh(&alice.token()).await.expect("a token");
}
