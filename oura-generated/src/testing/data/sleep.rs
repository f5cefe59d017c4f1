//! The documents of `sleep`.

use serde_json::{Value, json};
use time::Date;

use super::daily;
use super::night::{Night, Phase, STEP, average};
use super::person::Person;
use super::rng::Rng;
use super::values::{sample, tenth, text};

/// The documents of `sleep` of a day: its night, and its nap.
pub(super) fn documents(person: &Person, day: Date) -> Vec<Value> {
    let periods = [Night::of(person, day), Night::nap(person, day)];
    let documents = periods.iter().flatten().enumerate();
    documents
        .map(|(period, night)| document(person, night, period))
        .collect()
}

fn document(person: &Person, night: &Night, period: usize) -> Value {
    let mut rng = person.rng("sleep", night.day);
    let id = (0..=period).map(|_| rng.uuid()).last();
    let mut document = measured(night);
    let mut set = |name: &str, value: Value| document[name] = value;
    set("id", json!(id));
    set("period", json!(period));
    set("ring_id", json!(person.ring));
    set("average_breath", json!(tenth(14.0 + rng.around(1.5))));
    // Naps, and some nights, have no samples.
    let has_curves = !night.is_nap && !rng.chance(0.12);
    let curve =
        |values: &[Option<f64>]| json!(has_curves.then(|| sample(night.start, STEP, values)));
    set("heart_rate", curve(&night.heart_rate));
    set("hrv", curve(&night.hrv));
    let movement = movement(&night.phases, &mut rng);
    let tossing = movement.chars().filter(|code| *code == '3').count();
    set("restless_periods", json!(tossing));
    set("movement_30_sec", json!(movement));
    let readiness = (!night.is_nap).then(|| daily::readiness_details(person, night));
    set("readiness", json!(readiness));
    set("readiness_score_delta", json!(night.is_nap.then_some(1)));
    set("sleep_score_delta", json!(night.is_nap.then_some(2)));
    document
}

/// The members that follow from a night alone.
fn measured(night: &Night) -> Value {
    let phases: String = night.phases.iter().map(|phase| phase.code()).collect();
    let fine = phases
        .chars()
        .flat_map(|code| std::iter::repeat_n(code, 10));
    json!({
        "day": night.day.to_string(),
        "type": if night.is_nap { "late_nap" } else { "long_sleep" },
        "bedtime_start": text(night.start),
        "bedtime_end": text(night.end),
        "time_in_bed": night.in_bed(),
        "total_sleep_duration": night.asleep(),
        "deep_sleep_duration": night.seconds(Phase::Deep),
        "light_sleep_duration": night.seconds(Phase::Light),
        "rem_sleep_duration": night.seconds(Phase::Rem),
        "awake_time": night.seconds(Phase::Awake),
        "latency": night.latency(),
        "efficiency": night.efficiency(),
        "average_heart_rate": average(&night.heart_rate).map(tenth),
        "average_hrv": night.average_hrv().map(|value| value.round() as i64),
        "lowest_heart_rate": night.lowest_heart_rate(),
        "sleep_phase_30_sec": fine.collect::<String>(),
        "sleep_phase_5_min": phases,
        "app_sleep_phase_5_min": phases,
        "low_battery_alert": false,
        "sleep_algorithm_version": "v2",
        "sleep_analysis_reason": "foreground_sleep_analysis",
    })
}

/// Movement in steps of 30 seconds: little in sleep, more while awake.
fn movement(phases: &[Phase], rng: &mut Rng) -> String {
    let fine = phases
        .iter()
        .flat_map(|phase| std::iter::repeat_n(phase, 10));
    let codes = fine.map(|phase| match (phase, rng.unit()) {
        (Phase::Awake, 0.0..0.3) => '4',
        (Phase::Awake, 0.3..0.7) => '3',
        (_, 0.0..0.02) => '3',
        (_, 0.02..0.12) => '2',
        (Phase::Awake, _) => '2',
        _ => '1',
    });
    codes.collect()
}
