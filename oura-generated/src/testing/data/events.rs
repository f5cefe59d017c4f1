//! Documents that do not exist for every day: workouts, sessions, tags, rest mode. And those that
//! exist once.

use serde_json::{Value, json};
use time::{Date, Duration, OffsetDateTime};

use super::person::{Day, Person};
use super::values::{precise_text, sample, text};

/// A workout, before it is a document.
pub(super) struct Training {
    pub(super) start: OffsetDateTime,
    pub(super) end: OffsetDateTime,
    activity: &'static str,
}

/// The workout of a day: on two of five days, not when ill.
pub(super) fn training(person: &Person, day: Date) -> Option<Training> {
    let mut rng = person.rng("training", day);
    let is_able = matches!(person.kind(day), Day::Usual | Day::WithNap);
    if !is_able || !rng.chance(0.42) {
        return None;
    }
    let start = person.moment(day, 17 * 60 + rng.between(0, 80));
    let end = start + Duration::minutes(rng.between(25, 75));
    let activities = ["running", "cycling", "strength_training", "yoga", "walking"];
    Some(Training {
        end,
        start,
        activity: activities[rng.below(activities.len())],
    })
}

/// `workout`.
pub(super) fn workouts(person: &Person, day: Date, now: OffsetDateTime) -> Vec<Value> {
    let training = training(person, day).filter(|training| training.end <= now);
    let documents = training.into_iter().map(|training| {
        let mut rng = person.rng("workout", day);
        let minutes = (training.end - training.start).whole_minutes() as f64;
        let speed = match training.activity {
            "running" => Some(165.0),
            "cycling" => Some(390.0),
            "walking" => Some(85.0),
            _ => None,
        };
        let sources = ["autodetected", "confirmed", "manual", "workout_heart_rate"];
        let intensities = ["easy", "moderate", "hard"];
        json!({
            "id": rng.uuid(),
            "day": day.to_string(),
            "activity": training.activity,
            "start_datetime": text(training.start),
            "end_datetime": text(training.end),
            "intensity": intensities[rng.below(intensities.len())],
            "source": sources[rng.below(sources.len())],
            "label": Value::Null,
            "calories": (minutes * (7.0 + rng.around(2.0)) * 10.0).round() / 10.0,
            "distance": speed.map(|speed| (minutes * speed).round() + 0.5),
        })
    });
    documents.collect()
}

/// `session`: a breathing exercise every fifth day or so.
pub(super) fn sessions(person: &Person, day: Date, now: OffsetDateTime) -> Vec<Value> {
    let mut rng = person.rng("session", day);
    let start = person.moment(day, 8 * 60 + rng.between(0, 90));
    let end = start + Duration::minutes(rng.between(5, 15));
    if person.kind(day) == Day::WithoutRing || !rng.chance(0.2) || end > now {
        return Vec::new();
    }
    let steps = (end - start).whole_seconds() / 5;
    let mut curve = |base: f64, spread: f64| -> Vec<Option<f64>> {
        let values = (0..steps).map(|_| {
            let value = (base + rng.around(spread)).round();
            (!rng.chance(0.03)).then_some(value)
        });
        values.collect()
    };
    let heart_rate = curve(person.resting_heart_rate + 10.0, 4.0);
    let hrv = curve(person.hrv, 10.0);
    let motion = curve(1.0, 1.0);
    let moods = ["same", "good", "great"];
    let kinds = ["breathing", "meditation", "relaxation"];
    vec![json!({
        "id": rng.uuid(),
        "day": day.to_string(),
        "type": kinds[rng.below(kinds.len())],
        "start_datetime": text(start),
        "end_datetime": text(end),
        "mood": rng.chance(0.6).then(|| moods[rng.below(moods.len())]),
        "heart_rate": sample(start, 5, &heart_rate),
        "heart_rate_variability": sample(start, 5, &hrv),
        "motion_count": sample(start, 5, &motion),
    })]
}

/// The tag that the user noted on a day.
fn note(person: &Person, day: Date) -> Option<(&'static str, Option<&'static str>)> {
    match person.kind(day) {
        Day::WithoutRing => None,
        Day::AfterLateNight => Some(("tag_generic_alcohol", Some("a birthday"))),
        Day::WithNap => Some(("tag_generic_coffee", None)),
        Day::Ill => Some(("tag_generic_fever", Some("stayed at home"))),
        Day::Usual => person
            .rng("note", day)
            .chance(0.15)
            .then_some(("tag_generic_latemeal", None)),
    }
}

/// When the user noted it: in the evening, or at noon after the night before.
fn note_time(person: &Person, day: Date) -> OffsetDateTime {
    person.moment(day, person.rng("note_time", day).between(7 * 60, 11 * 60))
}

/// `tag`.
pub(super) fn tags(person: &Person, day: Date, now: OffsetDateTime) -> Vec<Value> {
    let at = note_time(person, day);
    let notes = note(person, day).filter(|_| at <= now).into_iter();
    let documents = notes.map(|(code, comment)| {
        json!({
            "id": person.rng("tag", day).uuid(),
            "day": day.to_string(),
            "text": comment,
            "timestamp": text(at),
            "tags": [code],
        })
    });
    documents.collect()
}

/// `enhanced_tag`.
pub(super) fn enhanced_tags(person: &Person, day: Date, now: OffsetDateTime) -> Vec<Value> {
    let at = note_time(person, day);
    let notes = note(person, day).filter(|_| at <= now).into_iter();
    let documents = notes.map(|(code, comment)| {
        let mut rng = person.rng("enhanced_tag", day);
        let end = (code == "tag_generic_fever").then(|| at + Duration::hours(9));
        json!({
            "id": rng.uuid(),
            "tag_type_code": code,
            "start_time": text(at),
            "end_time": end.map(text),
            "start_day": day.to_string(),
            "end_day": end.map(|end| end.date().to_string()),
            "comment": comment,
            "custom_name": Value::Null,
        })
    });
    documents.collect()
}

/// `rest_mode_period`: from the day of the illness on, over two days.
pub(super) fn rest_mode_periods(person: &Person, day: Date) -> Vec<Value> {
    if person.kind(day) != Day::Ill {
        return Vec::new();
    }
    let start = person.moment(day, 9 * 60 + 30);
    let end = person.moment(day, 9 * 60 + 30) + Duration::days(2);
    let end = person.in_zone(end.date(), end);
    vec![json!({
        "id": person.rng("rest_mode_period", day).uuid(),
        "start_day": day.to_string(),
        "start_time": text(start),
        "end_day": end.date().to_string(),
        "end_time": text(end),
        "episodes": [
            { "tags": ["tag_generic_fever"], "timestamp": precise_text(start) },
            { "tags": [], "timestamp": precise_text(end) },
        ],
    })]
}

/// `ring_configuration`.
pub(super) fn ring_configuration(person: &Person) -> Value {
    json!({
        "id": person.ring,
        "color": "brushed_silver",
        "design": "horizon",
        "firmware_version": "2.9.32",
        "hardware_type": "gen3",
        "set_up_at": "2023-11-04T09:12:45+00:00",
        "size": 8 + person.age % 5,
    })
}

/// `personal_info`.
pub(super) fn personal_info(person: &Person) -> Value {
    let is_female = person.age % 2 == 0;
    json!({
        "id": person.id,
        "age": person.age,
        "weight": 58.5 + (person.age % 30) as f64,
        "height": if is_female { 1.68 } else { 1.81 },
        "biological_sex": if is_female { "female" } else { "male" },
        "email": format!("user-{}@example.com", &person.id[..8]),
    })
}
