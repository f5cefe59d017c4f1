//! A day or a moment, where the document takes either.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::{Date, OffsetDateTime};

use super::wire::{self, FieldValue};

/// A day or a moment: what parameters that take `date` or `date-time` are given.
///
/// Nothing is padded or cut: a day is sent as `2024-03-01`, a moment with its time and
/// offset, as `2024-03-01T22:15:00+02:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DateOrDateTime {
    /// A day.
    Date(Date),
    /// A moment.
    DateTime(OffsetDateTime),
}

impl From<Date> for DateOrDateTime {
    fn from(date: Date) -> Self {
        Self::Date(date)
    }
}

impl From<OffsetDateTime> for DateOrDateTime {
    fn from(date_time: OffsetDateTime) -> Self {
        Self::DateTime(date_time)
    }
}

/// As in JSON and in URLs.
impl fmt::Display for DateOrDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Date(date) => wire::format_date(*date),
            Self::DateTime(date_time) => wire::format_date_time(*date_time),
        };
        f.pad(&text.map_err(|_| fmt::Error)?)
    }
}

impl Serialize for DateOrDateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Date(date) => date.serialize_field(serializer),
            Self::DateTime(date_time) => date_time.serialize_field(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for DateOrDateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Visitor)
    }
}

struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = DateOrDateTime;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date or an RFC 3339 date and time")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<DateOrDateTime, E> {
        let date = wire::parse_date(text).map(DateOrDateTime::Date);
        date.or_else(|| wire::parse_date_time(text).map(DateOrDateTime::DateTime))
            .ok_or_else(|| wire::not_understood(&self))
    }
}
