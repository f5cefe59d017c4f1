//! Time series: the heart rate and the battery of the ring, row by row.

use std::ops::Range;

use serde_json::{Value, json};
use time::{Date, Duration, OffsetDateTime, UtcOffset};

use super::events;
use super::night::{Night, STEP};
use super::person::{Day, Person};
use super::values::text;

/// Minutes after midnight at which the ring goes into its charger, and leaves it.
const CHARGING: Range<i64> = 19 * 60..19 * 60 + 40;

/// When the ring is in its charger.
pub(super) fn charging(person: &Person, day: Date) -> Range<OffsetDateTime> {
    person.moment(day, CHARGING.start)..person.moment(day, CHARGING.end)
}

/// The rows of `heartrate` from the bedtime before a day to that of its evening.
pub(super) fn heart_rates(person: &Person, day: Date, now: OffsetDateTime) -> Vec<Value> {
    let Some(night) = Night::of(person, day) else {
        return Vec::new();
    };
    let asleep = night
        .heart_rate
        .iter()
        .enumerate()
        .filter_map(|(step, rate)| {
            let at = night.start + Duration::seconds(STEP * step as i64);
            Some((at, (*rate)? as i64, "sleep"))
        });
    let mut rows: Vec<_> = asleep.collect();
    rows.extend(daytime(person, &night));
    rows.retain(|(at, ..)| *at <= now);
    let rows = rows.into_iter().map(|(at, bpm, source)| {
        json!({
            "timestamp": utc_text(at),
            "timestamp_unix": at.unix_timestamp() * 1000,
            "bpm": bpm,
            "source": source,
        })
    });
    rows.collect()
}

/// From waking up to going to bed: a value each five minutes, with gaps.
fn daytime(person: &Person, night: &Night) -> Vec<(OffsetDateTime, i64, &'static str)> {
    let day = night.day;
    let mut rng = person.rng("heartrate", day);
    let next = day.next_day().and_then(|next| Night::of(person, next));
    let end = next.map_or_else(|| person.moment(day, 22 * 60), |next| next.start);
    let training = events::training(person, day);
    let nap = Night::nap(person, day);
    let charging = charging(person, day);
    let steps = ((end - night.end).whole_seconds() / STEP).max(0);
    let rows = (0..steps).filter_map(|step| {
        let at = night.end + Duration::seconds(STEP * step);
        let within = |start, end| start <= at && at < end;
        let lift = rng.around(9.0);
        if rng.chance(0.08) || charging.contains(&at) {
            return None;
        }
        let is_training = training.as_ref().is_some_and(|t| within(t.start, t.end));
        let is_nap = nap.as_ref().is_some_and(|nap| within(nap.start, nap.end));
        let (base, source) = match (is_training, is_nap) {
            (true, _) => (person.resting_heart_rate + 78.0, "workout"),
            (_, true) => (person.resting_heart_rate + 6.0, "rest"),
            _ => (person.resting_heart_rate + 21.0, "awake"),
        };
        Some((at, (base + lift).round() as i64, source))
    });
    rows.collect()
}

/// The rows of `ring_battery_level` of a day by the user's clock.
pub(super) fn battery_levels(person: &Person, day: Date, now: OffsetDateTime) -> Vec<Value> {
    if person.kind(day) == Day::WithoutRing {
        return Vec::new();
    }
    // Full in the evening, at half a day later.
    let level = |minute: i64| match minute {
        ..1_140 => 83 - minute * 38 / 1_140,
        1_140..1_180 => 45 + (minute - 1_140) * 55 / 40,
        _ => 100 - (minute - 1_180) * 17 / 260,
    };
    let rows = (0..24 * 6).filter_map(|step| {
        let minute = step * 10;
        let is_charging = CHARGING.contains(&minute);
        let at = person.moment(day, 0) + Duration::minutes(minute);
        let is_row = at <= now && (is_charging || minute % 30 == 0);
        is_row.then(|| {
            json!({
                "timestamp": utc_text(at),
                "timestamp_unix": at.unix_timestamp() * 1000,
                "level": level(minute),
                "charging": is_charging,
                "in_charger": is_charging,
            })
        })
    });
    rows.collect()
}

/// A moment in UTC with the offset written in full, as the server does.
fn utc_text(at: OffsetDateTime) -> Value {
    let text = text(at.to_offset(UtcOffset::UTC));
    match text.as_str().and_then(|text| text.strip_suffix('Z')) {
        Some(clock) => format!("{clock}+00:00").into(),
        None => text,
    }
}
