//! Reads realistic bodies into models, and writes models back.

use oura_generated::models::{
    DailyStress, EnhancedTag, HeartRate, HeartRateSource, MultiDocumentResponse, RingConfiguration,
    Sleep, SleepPhase, SleepType, Tag, TimeSeriesResponse, UpdateWebhookSubscriptionRequest,
    ValidationError, ValidationErrorLocItem, WebhookDataType, WebhookOperation,
    WebhookSubscription, Workout,
};
use oura_generated::serde_json::{self, Value, json};
use oura_generated::time::{Date, Duration, Month, UtcOffset};

fn decode<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    let text = value.to_string();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

fn sleep() -> Value {
    json!({
        "id": "8f9a5221-639e-4a85-81cb-4065ef23f979",
        "average_breath": 12.625,
        "average_heart_rate": 51.5,
        "average_hrv": null,
        "bedtime_end": "2024-03-01T07:12:08.123456+02:00",
        "bedtime_start": "2024-02-29T23:30:10+02:00",
        "day": "2024-03-01",
        "heart_rate": {
            "interval": 300.0,
            "items": [null, 52.0, null, 49.5],
            "timestamp": "2024-02-29T23:30:10.000+02:00"
        },
        "hrv": null,
        "low_battery_alert": false,
        "period": 0,
        "time_in_bed": 27718,
        "type": "long_sleep"
    })
}

#[test]
fn a_night_keeps_its_offset_and_its_gaps() {
    let night: Sleep = decode(&sleep());
    assert_eq!(
        night.day,
        Date::from_calendar_date(2024, Month::March, 1).unwrap()
    );
    assert_eq!(
        night.bedtime_start.offset(),
        UtcOffset::from_hms(2, 0, 0).unwrap()
    );
    assert_eq!(night.bedtime_start.day(), 29);
    assert_eq!(night.bedtime_end.microsecond(), 123_456);
    let heart_rate = night.heart_rate.unwrap();
    assert_eq!(heart_rate.items, [None, Some(52.0), None, Some(49.5)]);
    assert_eq!(night.hrv, None);
    assert_eq!(night.r#type, Some(SleepType::LongSleep));
}

#[test]
fn samples_and_phases_of_a_night_are_points_in_time() {
    let mut json = sleep();
    json["sleep_phase_5_min"] = json!("41?");
    json["movement_30_sec"] = json!(null);
    let night: Sleep = decode(&json);
    let heart_rate = night.heart_rate.as_ref().unwrap();
    let points: Vec<_> = heart_rate.points().collect();
    assert_eq!(points.len(), 4);
    assert_eq!(points[0], (heart_rate.timestamp, None));
    let interval = Duration::seconds_f64(heart_rate.interval);
    assert_eq!(points[3], (heart_rate.timestamp + interval * 3, Some(49.5)));
    let phases: Vec<_> = night.sleep_phase_5_min_points().collect();
    let start = night.bedtime_start;
    let unknown = SleepPhase::Unrecognized("?".to_owned());
    let expected = [
        (start, SleepPhase::Awake),
        (start + Duration::minutes(5), SleepPhase::Deep),
        (start + Duration::minutes(10), unknown),
    ];
    assert_eq!(phases, expected);
    assert_eq!(phases[2].0.offset(), start.offset());
    assert_eq!(SleepPhase::Rem.as_str(), "3");
    assert_eq!(night.movement_30_sec_points().count(), 0);
}

#[test]
fn a_document_is_written_as_it_was_read() {
    let mut expected = sleep();
    let night: Sleep = decode(&expected);
    // Optional fields that are null are left out, and fractions are as short as they can be.
    let members = expected.as_object_mut().unwrap();
    members.retain(|_, value| !value.is_null());
    members["heart_rate"]["timestamp"] = json!("2024-02-29T23:30:10+02:00");
    assert_eq!(serde_json::to_value(&night).unwrap(), expected);
    assert_eq!(decode::<Sleep>(&expected), night);
}

#[test]
fn timestamps_have_0_3_6_or_9_digits_and_any_offset() {
    for text in [
        "2024-03-01T07:12:08Z",
        "2024-03-01T07:12:08+00:00",
        "2024-03-01T07:12:08.123Z",
        "2024-03-01T07:12:08.123456-11:30",
        "2024-03-01T07:12:08.123456789+14:00",
    ] {
        let row: HeartRate = decode(&json!({
            "timestamp": text, "timestamp_unix": 1, "bpm": 60, "source": "awake"
        }));
        assert_eq!(row.timestamp.second(), 8, "{text}");
    }
}

#[test]
fn a_bad_date_is_refused() {
    for day in ["2024-13-01", "2024-3-1", "yesterday", "", "20240301"] {
        let text = json!({"id": "1", "day": day}).to_string();
        assert!(serde_json::from_str::<DailyStress>(&text).is_err(), "{day}");
    }
}

#[test]
fn an_enum_value_from_the_future_survives() {
    let row: HeartRate = decode(&json!({
        "timestamp": "2024-03-01T07:12:08Z", "timestamp_unix": 1, "bpm": 60, "source": "dreaming"
    }));
    assert_eq!(
        row.source,
        HeartRateSource::Unrecognized("dreaming".to_owned())
    );
    assert_eq!(row.source.as_str(), "dreaming");
    assert_eq!(serde_json::to_value(&row).unwrap()["source"], "dreaming");
}

#[test]
fn open_enums_read_and_write_as_text() {
    assert_eq!(HeartRateSource::from("awake"), HeartRateSource::Awake);
    let parsed: HeartRateSource = "live".parse().unwrap();
    assert_eq!(parsed, HeartRateSource::Live);
    assert_eq!(parsed.to_string(), "live");
    assert_eq!(HeartRateSource::KNOWN.len(), 6);
    for known in HeartRateSource::KNOWN {
        assert_eq!(HeartRateSource::from(known.as_str()), *known);
    }
}

#[test]
fn fields_from_the_future_are_ignored() {
    let workout: Workout = decode(&json!({
        "id": "1", "activity": "running", "day": "2024-03-01", "intensity": "hard",
        "source": "manual", "start_datetime": "2024-03-01T07:00:00+01:00",
        "end_datetime": "2024-03-01T08:00:00+01:00", "mood": {"score": 5}
    }));
    assert_eq!(workout.calories, None);
}

#[test]
fn required_and_nullable_is_written_as_null_and_may_be_absent() {
    let tag: Tag = decode(&json!({
        "id": "1", "day": "2024-03-01", "text": null, "timestamp": "2024-03-01T07:00:00+01:00", "tags": []
    }));
    assert_eq!(tag.text, None);
    assert_eq!(serde_json::to_value(&tag).unwrap()["text"], Value::Null);
    let absent: Tag = decode(&json!({
        "id": "1", "day": "2024-03-01", "timestamp": "2024-03-01T07:00:00+01:00", "tags": []
    }));
    assert_eq!(absent, tag);
}

#[test]
fn an_optional_time_may_be_null_or_absent() {
    for end_time in [json!(null), json!("2024-03-01T08:00:00.000+01:00")] {
        let tag: EnhancedTag = decode(&json!({
            "id": "1", "start_time": "2024-03-01T07:00:00+01:00", "start_day": "2024-03-01",
            "end_time": end_time
        }));
        assert_eq!(tag.end_time.is_some(), !end_time.is_null());
        assert_eq!(tag.end_day, None);
    }
    let ring: RingConfiguration = decode(&json!({"id": "1"}));
    assert_eq!(ring.set_up_at, None);
}

#[test]
fn pages_of_both_kinds() {
    let page: MultiDocumentResponse<DailyStress> = decode(&json!({
        "data": [{"id": "1", "day": "2024-03-01", "day_summary": null}], "next_token": null
    }));
    assert_eq!((page.data.len(), page.next_token), (1, None));
    let rows: TimeSeriesResponse<HeartRate> = decode(&json!({"data": []}));
    assert_eq!((rows.data.len(), rows.next_token), (0, None));
}

#[test]
fn a_validation_error_names_places_by_text_and_number() {
    let error: ValidationError = decode(&json!({
        "loc": ["query", 0, {"new": true}], "msg": "bad", "type": "value_error"
    }));
    assert_eq!(
        error.loc,
        [
            ValidationErrorLocItem::String("query".to_owned()),
            ValidationErrorLocItem::Integer(0),
            ValidationErrorLocItem::Unrecognized(json!({"new": true})),
        ]
    );
    assert_eq!(
        serde_json::to_value(&error).unwrap()["loc"],
        json!(["query", 0, {"new": true}])
    );
}

#[test]
fn a_request_body_holds_what_was_set() {
    let body = UpdateWebhookSubscriptionRequest::new("token")
        .event_type(WebhookOperation::Delete)
        .data_type("something_new");
    let value = serde_json::to_value(&body).unwrap();
    assert_eq!(
        value,
        json!({"verification_token": "token", "event_type": "delete", "data_type": "something_new"})
    );
    assert_eq!(
        body.data_type,
        Some(WebhookDataType::Unrecognized("something_new".to_owned()))
    );
}

#[test]
fn a_subscription_has_a_typed_id_and_expiry() {
    let subscription: WebhookSubscription = decode(&json!({
        "id": "0bd9ae52-8a9f-4e1c-9f4e-4fdc5ad0cb1c", "callback_url": "https://example.com/hook",
        "event_type": "update", "data_type": "sleep", "expiration_time": "2024-12-01T00:00:00Z"
    }));
    assert_eq!(subscription.id.get_version_num(), 4);
    assert_eq!(subscription.expiration_time.month(), Month::December);
}
