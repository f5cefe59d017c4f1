//! A call of each client method, with all of its parameters or with none.

use std::future::Future;
use std::pin::Pin;

use oura_generated::models::*;
use oura_generated::time::{Date, Month, OffsetDateTime, Time, UtcOffset};
use oura_generated::{Client, Error, Request};
use serde::Serialize;
use serde_json::Value;

/// The id of all calls that take one: it must arrive as one segment.
pub(crate) const ID: &str = "2/5 å";

/// How to call an operation.
pub(crate) struct Call {
    pub(crate) method: &'static str,
    /// The path of the operation in the document.
    pub(crate) template: &'static str,
    /// Sends the call, with all parameters or none, and gives the answer as JSON again.
    pub(crate) send: fn(Client, bool) -> Answer,
}

pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Value, Error>>>>;

fn first_day() -> Date {
    Date::from_calendar_date(2024, Month::March, 1).expect("a day")
}

fn first_moment() -> OffsetDateTime {
    first_day().midnight().assume_utc()
}

fn last_moment() -> OffsetDateTime {
    let day = Date::from_calendar_date(2024, Month::March, 31).expect("a day");
    let time = Time::from_hms_milli(23, 59, 59, 500).expect("a time");
    OffsetDateTime::new_in_offset(day, time, UtcOffset::from_hms(2, 0, 0).expect("an offset"))
}

const CURSOR: &str = "a/b &c=";

fn send<O: 'static, T: Serialize + 'static>(request: Request<O, T>) -> Answer {
    Box::pin(async move {
        let answer = request.send().await?;
        Ok(serde_json::to_value(answer).expect("an answer has a JSON form"))
    })
}

/// One call: `call!(GET "/path", |client| client.method().setter(value))`, where the setters
/// are left out when nothing is to be set.
macro_rules! call {
    ($method:ident $template:expr, |$client:ident| $request:expr $(, $setter:ident($value:expr))*) => {
        Call {
            method: stringify!($method),
            template: $template,
            send: |$client, all| match all {
                true => send($request$(.$setter($value))*),
                false => send($request),
            },
        }
    };
}

/// The list and the get of a resource, and their twins.
macro_rules! days {
    ($calls:ident: $($path:literal $list:ident $get:ident $($field:ident)?),* $(,)?) => {$(
        $calls.extend([
            call!(GET concat!("/v2/usercollection/", $path), |client| client.$list(),
                start_date(first_day()), end_date(last_moment()), next_token(CURSOR)
                $(, fields($field::KNOWN.iter().cloned()))?),
            call!(GET concat!("/v2/sandbox/usercollection/", $path),
                |client| client.sandbox().$list(),
                start_date(first_day()), end_date(last_moment()), next_token(CURSOR)),
        ]);
        documents!($calls: $path $get);
    )*};
}

macro_rules! documents {
    ($calls:ident: $path:literal $get:ident) => {
        $calls.extend([
            call!(GET concat!("/v2/usercollection/", $path, "/{document_id}"),
                |client| client.$get(ID)),
            call!(GET concat!("/v2/sandbox/usercollection/", $path, "/{document_id}"),
                |client| client.sandbox().$get(ID)),
        ]);
    };
}

/// The lists of a time series.
macro_rules! rows {
    ($calls:ident: $($path:literal $list:ident $field:ident),* $(,)?) => {$(
        $calls.extend([
            call!(GET concat!("/v2/usercollection/", $path), |client| client.$list(),
                start_datetime(first_moment()), end_datetime(last_moment()), next_token(CURSOR),
                latest(true), fields($field::KNOWN.iter().cloned())),
            call!(GET concat!("/v2/sandbox/usercollection/", $path),
                |client| client.sandbox().$list(),
                start_datetime(first_moment()), end_datetime(last_moment()), next_token(CURSOR)),
        ]);
    )*};
}

/// All of them.
pub(crate) fn call_operations() -> Vec<Call> {
    let mut calls = Vec::new();
    days!(calls:
        "daily_activity" list_daily_activity get_daily_activity DailyActivityField,
        "daily_cardiovascular_age" list_daily_cardiovascular_age get_daily_cardiovascular_age
            DailyCardiovascularAgeField,
        "daily_readiness" list_daily_readiness get_daily_readiness DailyReadinessField,
        "daily_resilience" list_daily_resilience get_daily_resilience,
        "daily_sleep" list_daily_sleep get_daily_sleep DailySleepField,
        "daily_spo2" list_daily_spo2 get_daily_spo2 DailySpo2Field,
        "daily_stress" list_daily_stress get_daily_stress DailyStressField,
        "enhanced_tag" list_enhanced_tag get_enhanced_tag,
        "rest_mode_period" list_rest_mode_period get_rest_mode_period RestModePeriodField,
        "session" list_session get_session SessionField,
        "sleep" list_sleep get_sleep SleepField,
        "sleep_time" list_sleep_time get_sleep_time SleepTimeField,
        "tag" list_tag get_tag,
        "vO2_max" list_vo2_max get_vo2_max Vo2MaxField,
        "workout" list_workout get_workout WorkoutField,
    );
    documents!(calls: "ring_configuration" get_ring_configuration);
    rows!(calls:
        "heartrate" list_heartrate HeartRateField,
        "ring_battery_level" list_ring_battery_level RingBatteryLevelField,
    );
    calls.extend([
        call!(GET "/v2/usercollection/personal_info", |client| client.get_personal_info()),
        call!(GET "/v2/usercollection/ring_configuration",
            |client| client.list_ring_configuration(),
            next_token(CURSOR), fields(RingConfigurationField::KNOWN.iter().cloned())),
        call!(GET "/v2/sandbox/usercollection/ring_configuration",
            |client| client.sandbox().list_ring_configuration(), next_token(CURSOR)),
    ]);
    calls.extend(subscription_calls());
    calls
}

fn subscription_calls() -> [Call; 6] {
    [
        call!(GET "/v2/webhook/subscription", |client| client.list_webhook_subscriptions()),
        call!(POST "/v2/webhook/subscription",
            |client| client.create_webhook_subscription(&create_body())),
        call!(GET "/v2/webhook/subscription/{id}", |client| client.get_webhook_subscription(ID)),
        Call {
            method: "PUT",
            template: "/v2/webhook/subscription/{id}",
            send: |client, all| send(client.update_webhook_subscription(ID, &update_body(all))),
        },
        call!(DELETE "/v2/webhook/subscription/{id}",
            |client| client.delete_webhook_subscription(ID)),
        call!(PUT "/v2/webhook/subscription/renew/{id}",
            |client| client.renew_webhook_subscription(ID)),
    ]
}

const TEXT: &str = "a \"text\" å";

/// The value that samples of the document have, whichever comes first there.
fn first<T: Clone>(known: &[T]) -> T {
    known[0].clone()
}

fn create_body() -> CreateWebhookSubscriptionRequest {
    CreateWebhookSubscriptionRequest::new(
        TEXT,
        TEXT,
        first(WebhookOperation::KNOWN),
        first(WebhookDataType::KNOWN),
    )
}

fn update_body(all: bool) -> UpdateWebhookSubscriptionRequest {
    let body = UpdateWebhookSubscriptionRequest::new(TEXT);
    match all {
        true => body
            .callback_url(TEXT)
            .event_type(first(WebhookOperation::KNOWN))
            .data_type(first(WebhookDataType::KNOWN)),
        false => body,
    }
}
