//! Made-up data that look real.
//!
//! Input: a person, a resource and days. Output: documents. Invariant: a document depends only on
//! the seed, the person and its day, so it is the same whichever range of days is made.

mod clock;
mod daily;
mod events;
mod night;
mod person;
mod rng;
mod rows;
mod sleep;
mod values;

use serde_json::Value;
use time::{Date, Duration, OffsetDateTime};

pub(super) use person::Person;
pub(super) use rng::Rng;

use super::schema;
use super::spec::{Bounds, Resource, Spec};

/// The documents of a resource from `first` to `last`, both included.
pub(super) fn documents(
    spec: &Spec,
    resource: &Resource,
    person: &Person,
    (first, last): (Date, Date),
    today: Date,
) -> Vec<Value> {
    let days = days(first, last.min(today));
    if resource.name == "ring_configuration" {
        return vec![events::ring_configuration(person)];
    }
    let now = now(today);
    let documents = days.flat_map(|day| match &*resource.name {
        "sleep" => sleep::documents(person, day),
        "daily_sleep" => daily::sleep(person, day).into_iter().collect(),
        "daily_readiness" => daily::readiness(person, day).into_iter().collect(),
        "daily_activity" => daily::activity(person, day, now).into_iter().collect(),
        "daily_spo2" => daily::spo2(person, day).into_iter().collect(),
        "daily_stress" => daily::stress(person, day).into_iter().collect(),
        "daily_resilience" => daily::resilience(person, day).into_iter().collect(),
        "daily_cardiovascular_age" => daily::cardiovascular_age(person, day).into_iter().collect(),
        "vo2_max" => daily::vo2_max(person, day).into_iter().collect(),
        "sleep_time" => daily::sleep_time(person, day).into_iter().collect(),
        "workout" => events::workouts(person, day, now),
        "session" => events::sessions(person, day, now),
        "tag" => events::tags(person, day, now),
        "enhanced_tag" => events::enhanced_tags(person, day, now),
        "rest_mode_period" => events::rest_mode_periods(person, day),
        "heartrate" => rows::heart_rates(person, day, now),
        "ring_battery_level" => rows::battery_levels(person, day, now),
        _ => vec![unknown(spec, resource, person, day)],
    });
    documents.collect()
}

/// The document of a user that is not a list: `personal_info`, or what a later spec adds.
pub(super) fn single(spec: &Spec, name: &str, schema: &Value, person: &Person, day: Date) -> Value {
    match name {
        "personal_info" => events::personal_info(person),
        _ => schema::make(spec, schema, name, day, &mut person.rng(name, day)),
    }
}

/// A document of a resource for which there is no code: it is made from the schema.
fn unknown(spec: &Spec, resource: &Resource, person: &Person, day: Date) -> Value {
    let mut rng = person.rng(&resource.name, day);
    let mut document = schema::make(spec, &resource.schema, &resource.name, day, &mut rng);
    for name in ["day", "start_day"] {
        if resource.has(name) {
            document[name] = day.to_string().into();
        }
    }
    if resource.bounds == Bounds::Moments {
        document["timestamp"] = format!("{day}T08:00:00+00:00").into();
    }
    document
}

/// The moment up to which there are data: noon in UTC.
pub(super) fn now(today: Date) -> OffsetDateTime {
    today.midnight().assume_utc() + Duration::hours(12)
}

fn days(first: Date, last: Date) -> impl Iterator<Item = Date> {
    let first = Some(first).filter(|first| *first <= last);
    std::iter::successors(first, move |day| {
        day.next_day().filter(|next| *next <= last)
    })
}
