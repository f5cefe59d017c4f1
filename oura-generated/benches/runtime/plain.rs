//! Models as one would write them by hand: closed structs with times as text.

#![allow(dead_code, reason = "the fields are only decoded")]

use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct SleepPage {
    data: Vec<Sleep>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct Sleep {
    id: String,
    average_breath: Option<f64>,
    average_heart_rate: Option<f64>,
    average_hrv: Option<i64>,
    awake_time: Option<i64>,
    bedtime_end: String,
    bedtime_start: String,
    day: String,
    deep_sleep_duration: Option<i64>,
    efficiency: Option<i64>,
    heart_rate: Option<Sample>,
    hrv: Option<Sample>,
    latency: Option<i64>,
    light_sleep_duration: Option<i64>,
    low_battery_alert: bool,
    lowest_heart_rate: Option<i64>,
    movement_30_sec: Option<String>,
    period: i64,
    readiness: Option<Readiness>,
    readiness_score_delta: Option<i64>,
    rem_sleep_duration: Option<i64>,
    restless_periods: Option<i64>,
    sleep_algorithm_version: Option<String>,
    sleep_analysis_reason: Option<String>,
    sleep_phase_30_sec: Option<String>,
    sleep_phase_5_min: Option<String>,
    sleep_score_delta: Option<i64>,
    time_in_bed: i64,
    total_sleep_duration: Option<i64>,
    r#type: Option<String>,
    ring_id: Option<String>,
    app_sleep_phase_5_min: Option<String>,
}

#[derive(Deserialize)]
struct Sample {
    interval: f64,
    items: Vec<Option<f64>>,
    timestamp: String,
}

#[derive(Deserialize)]
struct Readiness {
    contributors: Contributors,
    score: Option<i64>,
    temperature_deviation: Option<f64>,
    temperature_trend_deviation: Option<f64>,
}

#[derive(Deserialize)]
struct Contributors {
    activity_balance: Option<i64>,
    body_temperature: Option<i64>,
    hrv_balance: Option<i64>,
    previous_day_activity: Option<i64>,
    previous_night: Option<i64>,
    recovery_index: Option<i64>,
    resting_heart_rate: Option<i64>,
    sleep_balance: Option<i64>,
    sleep_regularity: Option<i64>,
}

#[derive(Deserialize)]
pub(crate) struct RatePage {
    data: Vec<Rate>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct Rate {
    timestamp: String,
    timestamp_unix: i64,
    bpm: i64,
    source: String,
}
