//! Values as Oura writes them.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::runtime::decode::dates::format_date_time;

/// Values at the same distance in time, as Oura writes them.
pub(super) fn sample(start: OffsetDateTime, every: i64, values: &[Option<f64>]) -> Value {
    json!({
        "interval": every as f64,
        "items": values,
        "timestamp": precise_text(start),
    })
}

/// A moment as Oura writes it, with the user's offset.
pub(super) fn text(at: OffsetDateTime) -> Value {
    format_date_time(at).unwrap_or_default().into()
}

/// A moment with three digits of fraction, as samples have it.
pub(super) fn precise_text(at: OffsetDateTime) -> Value {
    let text = format_date_time(at).unwrap_or_default();
    match text.split_at_checked(19) {
        Some((clock, offset)) => format!("{clock}.000{offset}").into(),
        None => text.into(),
    }
}

/// One digit behind the point.
pub(super) fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A contribution or a score: 1 to 100.
pub(super) fn score(value: f64) -> i64 {
    value.round().clamp(1.0, 100.0) as i64
}

/// Contributors from 1 to 100, and the score that they make.
pub(super) fn weighed(contributors: &[(&str, f64)]) -> (Map<String, Value>, i64) {
    let values = contributors
        .iter()
        .map(|(name, value)| (*name, score(*value)));
    let values: Vec<(&str, i64)> = values.collect();
    let sum: i64 = values.iter().map(|(_, value)| value).sum();
    let members = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)));
    let mean = sum as f64 / values.len().max(1) as f64;
    (members.collect(), score(mean))
}

pub(super) fn hundredth(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
