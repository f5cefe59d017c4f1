//! The resources with one document a day: scores and their contributors.

use serde_json::{Value, json};
use time::{Date, Duration, OffsetDateTime};

use super::events;
use super::night::{Night, Phase};
use super::person::{Day, Person};
use super::rng::Rng;
use super::values::{hundredth, sample, tenth, text, weighed};

/// `daily_sleep`.
pub(super) fn sleep(person: &Person, day: Date) -> Option<Value> {
    let night = Night::of(person, day)?;
    let mut rng = person.rng("daily_sleep", day);
    let id = rng.uuid();
    let hours = |seconds: i64| seconds as f64 / 3600.0;
    let late = night.start.hour() < 12;
    let contributors = [
        ("deep_sleep", 62.0 * hours(night.seconds(Phase::Deep)) + 4.0),
        ("efficiency", 3.0 * night.efficiency() as f64 - 190.0),
        ("latency", 98.0 - night.latency() as f64 / 40.0),
        ("rem_sleep", 42.0 * hours(night.seconds(Phase::Rem)) + 4.0),
        ("restfulness", 82.0 + rng.around(14.0)),
        ("timing", if late { 46.0 } else { 91.0 } + rng.around(9.0)),
        (
            "total_sleep",
            100.0 - 14.0 * (8.0 - hours(night.asleep())).max(0.0).powf(1.3),
        ),
    ];
    let (contributors, score) = weighed(&contributors);
    Some(json!({
        "id": id,
        "day": day.to_string(),
        "score": score,
        "contributors": contributors,
        "timestamp": text(person.moment(day, 0)),
    }))
}

/// `daily_readiness`.
pub(super) fn readiness(person: &Person, day: Date) -> Option<Value> {
    let night = Night::of(person, day)?;
    let mut document = readiness_details(person, &night);
    document["id"] = person.rng("daily_readiness", day).uuid().into();
    document["day"] = day.to_string().into();
    document["timestamp"] = text(person.moment(day, 0));
    Some(document)
}

/// The readiness of a night, for `daily_readiness` and `sleep`.
pub(super) fn readiness_details(person: &Person, night: &Night) -> Value {
    let mut rng = person.rng("readiness", night.day);
    let is_ill = person.kind(night.day) == Day::Ill;
    let warmth = if is_ill { 0.9 } else { 0.0 } + rng.around(0.25);
    let lowest = night.lowest_heart_rate().unwrap_or_default() as f64;
    let hrv = night.average_hrv().unwrap_or(person.hrv);
    let hours = night.asleep() as f64 / 3600.0;
    let contributors = [
        ("activity_balance", 80.0 + rng.around(16.0)),
        ("body_temperature", 98.0 - 60.0 * warmth.abs()),
        ("hrv_balance", 78.0 + 1.6 * (hrv - person.hrv)),
        ("previous_day_activity", 79.0 + rng.around(20.0)),
        ("previous_night", 100.0 - 13.0 * (8.0 - hours).abs()),
        ("recovery_index", 76.0 + rng.around(28.0)),
        (
            "resting_heart_rate",
            96.0 - 5.0 * (lowest - person.resting_heart_rate).abs(),
        ),
        ("sleep_balance", 84.0 + rng.around(12.0)),
        ("sleep_regularity", 80.0 + rng.around(14.0)),
    ];
    let (contributors, score) = weighed(&contributors);
    json!({
        "score": score,
        "contributors": contributors,
        "temperature_deviation": hundredth(warmth),
        "temperature_trend_deviation": hundredth(warmth / 2.0),
    })
}

/// `daily_activity`, which starts at four in the morning. Minutes that are not over yet are
/// not in it.
pub(super) fn activity(person: &Person, day: Date, now: OffsetDateTime) -> Option<Value> {
    if person.kind(day) == Day::WithoutRing {
        return None;
    }
    let mut rng = person.rng("daily_activity", day);
    let id = rng.uuid();
    let start = person.moment(day, 4 * 60);
    let minutes = (now - start).whole_minutes().clamp(0, 24 * 60) as usize;
    let mets = mets(person, day, start, minutes, &mut rng);
    let classes = Classes::of(&mets);
    let active = classes.met_minutes(3) + classes.met_minutes(4) + classes.met_minutes(5);
    let steps = (active * 14.0).round() as i64;
    let meters = (steps as f64 * 0.78).round() as i64;
    let target = 9_000;
    let moved = (active / 6.0).min(100.0);
    let contributors = [
        ("meet_daily_targets", moved),
        ("move_every_hour", 84.0 + rng.around(16.0)),
        ("recovery_time", 86.0 + rng.around(12.0)),
        ("stay_active", 76.0 + rng.around(18.0)),
        ("training_frequency", 80.0 + rng.around(18.0)),
        ("training_volume", 78.0 + rng.around(20.0)),
    ];
    let (contributors, score) = weighed(&contributors);
    let items: Vec<Option<f64>> = mets.iter().map(|met| Some(*met)).collect();
    let average = mets.iter().sum::<f64>() / (mets.len().max(1) as f64);
    Some(json!({
        "id": id,
        "day": day.to_string(),
        "timestamp": text(start),
        "score": score,
        "contributors": contributors,
        "class_5_min": classes.five_minutes(),
        "met": sample(start, 60, &items),
        "average_met_minutes": hundredth(average),
        "steps": steps,
        "equivalent_walking_distance": meters,
        "target_meters": target,
        "meters_to_target": target - meters,
        "target_calories": 450,
        "active_calories": (active * 0.9).round() as i64,
        "total_calories": 1_500 * minutes as i64 / (24 * 60) + (active * 0.9).round() as i64,
        "high_activity_met_minutes": classes.met_minutes(5).round() as i64,
        "high_activity_time": classes.seconds(5),
        "medium_activity_met_minutes": classes.met_minutes(4).round() as i64,
        "medium_activity_time": classes.seconds(4),
        "low_activity_met_minutes": classes.met_minutes(3).round() as i64,
        "low_activity_time": classes.seconds(3),
        "sedentary_met_minutes": classes.met_minutes(2).round() as i64,
        "sedentary_time": classes.seconds(2),
        "resting_time": classes.seconds(1),
        "non_wear_time": classes.seconds(0),
        "inactivity_alerts": rng.between(0, 3),
    }))
}

/// The effort of each minute, as a multiple of the effort at rest.
fn mets(
    person: &Person,
    day: Date,
    start: OffsetDateTime,
    minutes: usize,
    rng: &mut Rng,
) -> Vec<f64> {
    let nights = [
        Night::of(person, day),
        day.next_day().and_then(|next| Night::of(person, next)),
    ];
    let workout = events::training(person, day);
    let charging = super::rows::charging(person, day);
    let mut walk = 0;
    let mets = (0..minutes).map(|minute| {
        let at = start + Duration::minutes(minute as i64);
        let is_asleep = nights
            .iter()
            .flatten()
            .any(|night| night.start <= at && at < night.end);
        let is_training = workout
            .as_ref()
            .is_some_and(|w| w.start <= at && at < w.end);
        if !is_asleep && walk == 0 && rng.chance(0.02) {
            walk = rng.between(4, 18);
        }
        tenth(match (is_asleep, is_training) {
            (true, _) => 0.9,
            _ if charging.contains(&at) => 0.1,
            (_, true) => 6.2 + rng.around(1.2),
            _ if walk > 0 => {
                walk -= 1;
                3.1 + rng.around(0.9)
            }
            _ => 1.3 + rng.around(0.3),
        })
    });
    mets.collect()
}

/// The kind of activity of each minute.
struct Classes {
    minutes: Vec<(u8, f64)>,
}

impl Classes {
    fn of(mets: &[f64]) -> Self {
        let class = |met: f64| match met {
            ..0.5 => 0,
            ..1.05 => 1,
            ..2.0 => 2,
            ..3.0 => 3,
            ..6.0 => 4,
            _ => 5,
        };
        let minutes = mets.iter().map(|met| (class(*met), *met)).collect();
        Self { minutes }
    }

    fn of_class(&self, class: u8) -> impl Iterator<Item = f64> {
        let minutes = self.minutes.iter();
        minutes
            .filter(move |(known, _)| *known == class)
            .map(|(_, met)| *met)
    }

    fn seconds(&self, class: u8) -> i64 {
        60 * self.of_class(class).count() as i64
    }

    fn met_minutes(&self, class: u8) -> f64 {
        self.of_class(class).sum()
    }

    /// The class that each five minutes end with.
    fn five_minutes(&self) -> String {
        let last = self.minutes.chunks(5).filter_map(|minutes| minutes.last());
        last.map(|(class, _)| char::from(b'0' + class)).collect()
    }
}

/// `daily_spo2`.
pub(super) fn spo2(person: &Person, day: Date) -> Option<Value> {
    Night::of(person, day)?;
    let mut rng = person.rng("daily_spo2", day);
    let id = rng.uuid();
    // A night now and then gives too few measurements.
    let is_known = !rng.chance(0.08);
    // The average is missing at times, as users report.
    let average = (!rng.chance(0.05)).then(|| tenth(97.2 + rng.around(0.9)));
    Some(json!({
        "id": id,
        "day": day.to_string(),
        "spo2_percentage": is_known.then(|| json!({ "average": average })),
        "breathing_disturbance_index": is_known.then(|| rng.between(0, 12)),
    }))
}

/// `daily_stress`.
pub(super) fn stress(person: &Person, day: Date) -> Option<Value> {
    Night::of(person, day)?;
    let mut rng = person.rng("daily_stress", day);
    let id = rng.uuid();
    let (stress, recovery) = (900 * rng.between(1, 16), 900 * rng.between(1, 14));
    let summary = match stress - recovery {
        _ if rng.chance(0.1) => Value::Null,
        5_400.. => json!("stressful"),
        ..=-5_400 => json!("restored"),
        _ => json!("normal"),
    };
    Some(json!({
        "id": id,
        "day": day.to_string(),
        "day_summary": summary,
        "stress_high": stress,
        "recovery_high": recovery,
    }))
}

/// `daily_resilience`.
pub(super) fn resilience(person: &Person, day: Date) -> Option<Value> {
    Night::of(person, day)?;
    let mut rng = person.rng("daily_resilience", day);
    let id = rng.uuid();
    let mut part = || tenth(66.0 + rng.around(30.0));
    let (sleep, daytime, stress) = (part(), part(), part());
    let level = match (sleep + daytime + stress) / 3.0 {
        ..50.0 => "limited",
        ..60.0 => "adequate",
        ..72.0 => "solid",
        ..84.0 => "strong",
        _ => "exceptional",
    };
    Some(json!({
        "id": id,
        "day": day.to_string(),
        "level": level,
        "contributors": {
            "sleep_recovery": sleep, "daytime_recovery": daytime, "stress": stress,
        },
    }))
}

/// `daily_cardiovascular_age`.
pub(super) fn cardiovascular_age(person: &Person, day: Date) -> Option<Value> {
    Night::of(person, day)?;
    let mut rng = person.rng("daily_cardiovascular_age", day);
    let age = person.age + rng.between(-4, 2);
    Some(json!({
        "id": rng.uuid(),
        "day": day.to_string(),
        "vascular_age": age,
        "pulse_wave_velocity": tenth(4.6 + 0.06 * age as f64),
    }))
}

/// `vO2_max`: once a week.
pub(super) fn vo2_max(person: &Person, day: Date) -> Option<Value> {
    if day.to_julian_day() % 7 != 0 || person.kind(day) == Day::WithoutRing {
        return None;
    }
    let mut rng = person.rng("vo2_max", day);
    let value = 58.0 - 0.35 * person.age as f64 + rng.around(1.5);
    Some(json!({
        "id": rng.uuid(),
        "day": day.to_string(),
        "timestamp": text(person.moment(day, 0)),
        "vo2_max": (!rng.chance(0.1)).then(|| tenth(value)),
    }))
}

/// `sleep_time`.
pub(super) fn sleep_time(person: &Person, day: Date) -> Option<Value> {
    Night::of(person, day)?;
    let mut rng = person.rng("sleep_time", day);
    let id = rng.uuid();
    let start = -60 * person.bedtime - 900;
    let (window, status, recommendation) = match rng.below(4) {
        0 => (Value::Null, "not_enough_recent_nights", Value::Null),
        choice => {
            let offset = person.moment(day, 0).offset().whole_seconds();
            let window = json!({
                "day_tz": offset, "start_offset": start, "end_offset": start + 2_700,
            });
            let advice = [
                "follow_optimal_bedtime",
                "earlier_bedtime",
                "improve_efficiency",
            ];
            (window, "optimal_found", json!(advice[choice - 1]))
        }
    };
    Some(json!({
        "id": id,
        "day": day.to_string(),
        "optimal_bedtime": window,
        "recommendation": recommendation,
        "status": status,
    }))
}
