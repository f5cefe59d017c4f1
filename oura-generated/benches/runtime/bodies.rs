//! Bodies of the forms that the server was seen to send.

use std::fmt::Write;

use oura_generated::time::{Date, Month};

/// The range of the week that is requested.
pub(crate) fn week() -> (Date, Date) {
    let day = |day| Date::from_calendar_date(2024, Month::March, day).expect("a day");
    (day(1), day(7))
}

/// Numbers that look random and are the same in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// Nights until the page has `length` bytes. A third of them have no samples.
pub(crate) fn sleep_page(length: usize) -> String {
    let mut noise = Noise(7);
    let mut page = String::from(r#"{"data":["#);
    while page.len() < length {
        if !page.ends_with('[') {
            page.push(',');
        }
        push_night(&mut page, &mut noise);
    }
    page.push_str(r#"],"next_token":null}"#);
    page
}

fn push_night(page: &mut String, noise: &mut Noise) {
    let day = format!("2024-{:02}-{:02}", 1 + noise.next(12), 1 + noise.next(28));
    let minutes = 400 + noise.next(120);
    let (rates, variations) = if noise.next(3) == 0 {
        ("null".to_owned(), "null".to_owned())
    } else {
        (
            sample(noise, &day, 48, minutes / 5),
            sample(noise, &day, 30, minutes / 5),
        )
    };
    let mut phases = |count| -> String {
        (0..count)
            .map(|_| char::from(b'1' + noise.next(4) as u8))
            .collect()
    };
    let (five, thirty, movement) = (
        phases(minutes / 5),
        phases(minutes * 2),
        phases(minutes * 2),
    );
    write!(
        page,
        r#"{{"id":"2-5daccc095220cc5493a4e9c2b681ca941e","average_breath":14.25,"average_heart_rate":55.375,"average_hrv":48,"awake_time":3390,"bedtime_end":"{day}T07:22:05.000+02:00","bedtime_start":"{day}T23:11:35.000+02:00","day":"{day}","deep_sleep_duration":5430,"efficiency":89,"heart_rate":{rates},"hrv":{variations},"latency":540,"light_sleep_duration":13980,"low_battery_alert":false,"lowest_heart_rate":48,"movement_30_sec":"{movement}","period":0,"readiness":{{"contributors":{{"activity_balance":77,"body_temperature":100,"hrv_balance":null,"previous_day_activity":86,"previous_night":90,"recovery_index":80,"resting_heart_rate":98,"sleep_balance":88,"sleep_regularity":83}},"score":83,"temperature_deviation":-0.1,"temperature_trend_deviation":0.05}},"readiness_score_delta":0,"rem_sleep_duration":5310,"restless_periods":211,"sleep_algorithm_version":"v2","sleep_analysis_reason":"foreground_sleep_analysis","sleep_phase_30_sec":"{thirty}","sleep_phase_5_min":"{five}","sleep_score_delta":0,"time_in_bed":28110,"total_sleep_duration":24720,"type":"long_sleep","ring_id":"5d3fe17b-f880-4d93-b9b6-afbfb76c1e78","app_sleep_phase_5_min":"{five}"}}"#
    )
    .expect("memory takes it");
}

fn sample(noise: &mut Noise, day: &str, low: u64, count: u64) -> String {
    let items: Vec<_> = (0..count)
        .map(|_| match noise.next(8) {
            0 => "null".to_owned(),
            _ => format!("{}.0", low + noise.next(30)),
        })
        .collect();
    let items = items.join(",");
    format!(r#"{{"interval":300.0,"items":[{items}],"timestamp":"{day}T23:11:35.000+02:00"}}"#)
}

/// Rows of a heart rate, five minutes apart.
pub(crate) fn heart_rate_page(rows: usize) -> String {
    let mut noise = Noise(11);
    let sources = ["awake", "workout", "rest", "sleep", "live", "session"];
    let rows: Vec<_> = (0..rows)
        .map(|row| {
            let (bpm, source) = (48 + noise.next(90), sources[noise.next(6) as usize]);
            let (day, hour, minute) = (1 + row / 288 % 28, row / 12 % 24, row % 12 * 5);
            let unix = 1_709_251_200_000_u64 + row as u64 * 300_000;
            format!(
                r#"{{"timestamp":"2024-03-{day:02}T{hour:02}:{minute:02}:00.000Z","timestamp_unix":{unix},"bpm":{bpm},"source":"{source}"}}"#
            )
        })
        .collect();
    format!(r#"{{"data":[{}],"next_token":null}}"#, rows.join(","))
}
