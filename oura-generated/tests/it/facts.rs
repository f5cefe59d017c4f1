//! Differences between the server and the spec, which the overlay describes: scopes, values that
//! are missing, values that are newer.

use std::collections::BTreeSet;

use oura_generated::models::{
    DailyCardiovascularAge, DailySpo2, RingColor, RingHardwareType, Scope, SleepAnalysisReason,
    ValidationError, WebhookDataType, WorkoutSource,
};
use oura_generated::{Auth, Route};
use serde::Deserialize;
use serde_json::{from_value, json};

#[test]
fn fields_that_the_spec_requires_may_be_missing_or_null() {
    let night = json!({ "id": "s", "day": "2024-03-01", "spo2_percentage": { "average": null } });
    let night: DailySpo2 = from_value(night).expect("a document");
    assert_eq!(night.spo2_percentage.expect("an aggregate").average, None);
    let age = json!({ "day": "2024-03-01", "vascular_age": 38 });
    let age: DailyCardiovascularAge = from_value(age).expect("a document");
    assert_eq!((age.id, age.vascular_age), (None, Some(38)));
}

#[test]
fn newer_values_have_names() {
    assert_eq!(RingColor::from("deep_rose"), RingColor::DeepRose);
    assert_eq!(RingHardwareType::from("or5"), RingHardwareType::Or5);
    for reason in [
        "background_sleep_analysis",
        "background_created_foreground_updated",
    ] {
        assert!(
            SleepAnalysisReason::KNOWN.contains(&reason.into()),
            "{reason}"
        );
    }
    for source in ["live_third_party_heart_rate", "live_oura_heart_rate"] {
        assert!(WorkoutSource::KNOWN.contains(&source.into()), "{source}");
    }
    let meal = WebhookDataType::from("meal");
    assert_eq!(meal, WebhookDataType::Unrecognized("meal".to_owned()));
}

#[test]
fn validation_errors_say_what_was_refused() {
    let error = json!({
        "loc": ["query", "start_date"], "msg": "too early", "type": "date_too_early",
        "input": "0001-01-01", "ctx": { "limit": 1970 },
    });
    let error: ValidationError = from_value(error).expect("an error");
    assert_eq!(error.input, Some(json!("0001-01-01")));
    assert_eq!(error.ctx.expect("a context")["limit"], json!(1970));
}

#[derive(Deserialize)]
struct ScopeNames {
    scopes_that_the_server_enforces: BTreeSet<String>,
}

#[test]
fn the_scopes_that_the_server_enforces_are_known() {
    let case = include_str!("server_cases/scope_names.json");
    let case: ScopeNames = serde_json::from_str(case).expect("a case");
    for name in &case.scopes_that_the_server_enforces {
        let scope: Scope = name.parse().expect("infallible");
        assert!(Scope::KNOWN.contains(&scope), "{name}");
    }
    // The spec's name of `spo2`, which the server refuses.
    let misnamed = Scope::from("spo2Daily");
    assert!(matches!(misnamed, Scope::Unrecognized(_)));
}

#[test]
fn routes_need_the_scopes_that_the_server_was_seen_to_enforce() {
    for (routes, scope) in [
        (
            "ListDailySleep GetDailyStress ListSleep GetSleepTime",
            Scope::Daily,
        ),
        (
            "ListDailyActivity ListDailyReadiness ListRestModePeriod",
            Scope::Daily,
        ),
        ("ListHeartrate", Scope::Heartrate),
        ("ListWorkout GetWorkout", Scope::Workout),
        ("ListTag ListEnhancedTag GetEnhancedTag", Scope::Tag),
        ("ListSession", Scope::Session),
        ("ListDailySpo2 GetDailySpo2", Scope::Spo2),
        ("ListDailyResilience GetDailyResilience", Scope::Stress),
        (
            "ListDailyCardiovascularAge ListVo2Max GetVo2Max",
            Scope::HeartHealth,
        ),
        (
            "ListRingConfiguration ListRingBatteryLevel",
            Scope::RingConfiguration,
        ),
    ] {
        for name in routes.split(' ') {
            let route = Route::ALL.iter().find(|route| route.to_string() == name);
            let route = route.unwrap_or_else(|| panic!("{name} is a route"));
            assert_eq!(route.scope(), Some(scope.clone()), "{name}");
        }
    }
}

/// The scope of a route that the spec adds is known only when the overlay says it: until then
/// the route takes any token.
#[test]
fn routes_that_take_any_token_or_none_need_no_scope() {
    for route in Route::ALL {
        let takes_any = route.is_sandbox() || *route == Route::GetPersonalInfo;
        let may_ask = route.auth() == Auth::Bearer && !takes_any;
        assert!(may_ask || route.scope().is_none(), "{route}");
        let is_known = !matches!(route.scope(), Some(Scope::Unrecognized(_)));
        assert!(is_known, "{route}");
    }
}

#[test]
fn needed_scopes_are_sorted_and_unique() {
    let routes = [
        Route::ListWorkout,
        Route::ListSleep,
        Route::GetPersonalInfo,
        Route::ListDailySleep,
        Route::SandboxListDailySpo2,
    ];
    assert_eq!(Scope::needed_by(routes), [Scope::Daily, Scope::Workout]);
    let all = Scope::needed_by(Route::ALL.iter().copied());
    assert!(all.is_sorted_by(|one, other| one < other), "{all:?}");
    assert_eq!(Scope::needed_by([]), []);
}
