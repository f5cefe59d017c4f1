//! Which scope a route asks for, and which to request of a user.

use std::collections::BTreeSet;

use oura_generated::models::Scope;
use oura_generated::{Auth, Route};
use serde::Deserialize;

#[derive(Deserialize)]
struct ScopeNames {
    scopes_that_the_server_enforces: BTreeSet<String>,
}

#[test]
fn the_scopes_that_the_server_enforces_are_known() {
    let case = include_str!("server_cases/scope_names.json");
    let case: ScopeNames = serde_json::from_str(case).expect("a case");
    let known: BTreeSet<String> = Scope::KNOWN.iter().map(Scope::to_string).collect();
    assert_eq!(known, case.scopes_that_the_server_enforces);
    for name in &known {
        let scope: Scope = name.parse().expect("infallible");
        assert!(!matches!(scope, Scope::Unrecognized(_)), "{name}");
    }
}

#[test]
fn routes_ask_for_the_scopes_that_the_server_was_seen_to_enforce() {
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

#[test]
fn every_other_route_takes_any_token_or_none() {
    for route in Route::ALL {
        let takes_any = route.is_sandbox() || *route == Route::GetPersonalInfo;
        let asks = route.auth() == Auth::Bearer && !takes_any;
        assert_eq!(route.scope().is_some(), asks, "{route}");
        let is_known = !matches!(route.scope(), Some(Scope::Unrecognized(_)));
        assert!(is_known, "{route}");
    }
}

#[test]
fn needed_scopes_are_sorted_and_each_is_there_once() {
    let routes = [
        Route::ListWorkout,
        Route::ListSleep,
        Route::GetPersonalInfo,
        Route::ListDailySleep,
        Route::SandboxListDailySpo2,
    ];
    assert_eq!(Scope::needed_by(routes), [Scope::Daily, Scope::Workout]);
    assert_eq!(Scope::needed_by(Route::ALL.iter().copied()).len(), 9);
    assert_eq!(Scope::needed_by([]), []);
}
