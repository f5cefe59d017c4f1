//! A day or a moment, where the spec takes either.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use time::{Date, OffsetDateTime};

use super::dates;

/// A day or a moment, for parameters that take a `date` or a `date-time`.
///
/// Both are sent as they are: a day as `2024-03-01`, a moment with its time and
/// offset, as `2024-03-01T22:15:00+02:00`. Both forms are parsed too:
///
/// ```
/// use oura_generated::DateOrDateTime;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let day: DateOrDateTime = "2024-03-01".parse()?;
/// assert_eq!(day.to_string(), "2024-03-01");
/// # Ok(())
/// # }
/// ```
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

impl TryFrom<DateOrDateTime> for Date {
    type Error = WrongKind;

    fn try_from(value: DateOrDateTime) -> Result<Self, WrongKind> {
        match value {
            DateOrDateTime::Date(date) => Ok(date),
            DateOrDateTime::DateTime(_) => Err(WrongKind("a moment where a day is needed")),
        }
    }
}

impl TryFrom<DateOrDateTime> for OffsetDateTime {
    type Error = WrongKind;

    fn try_from(value: DateOrDateTime) -> Result<Self, WrongKind> {
        match value {
            DateOrDateTime::DateTime(date_time) => Ok(date_time),
            DateOrDateTime::Date(_) => Err(WrongKind("a day where a moment is needed")),
        }
    }
}

/// The error of converting a [`DateOrDateTime`] of the other kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongKind(&'static str);

impl fmt::Display for WrongKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for WrongKind {}

/// Parses `2024-03-01`, or RFC 3339 with an offset.
impl FromStr for DateOrDateTime {
    type Err = ParseDateOrDateTimeError;

    fn from_str(text: &str) -> Result<Self, ParseDateOrDateTimeError> {
        let date = dates::parse_date(text).map(Self::Date);
        date.or_else(|| dates::parse_date_time(text).map(Self::DateTime))
            .ok_or(ParseDateOrDateTimeError(()))
    }
}

/// The error of text that is neither a day nor a moment. It does not quote the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseDateOrDateTimeError(());

impl fmt::Display for ParseDateOrDateTimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "neither a date nor a date and time with an offset; write `2024-03-01` or \
             `2024-03-01T22:15:00+02:00`",
        )
    }
}

impl std::error::Error for ParseDateOrDateTimeError {}

/// The form of JSON and URLs. A value without such a form (a year before 0, or an offset with
/// seconds) is shown in the form of the `time` crate; it cannot be sent.
impl fmt::Display for DateOrDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Date(date) => dates::format_date(*date),
            Self::DateTime(date_time) => dates::format_date_time(*date_time),
        };
        match (text, self) {
            (Ok(text), _) => f.pad(&text),
            (Err(_), Self::Date(date)) => date.fmt(f),
            (Err(_), Self::DateTime(date_time)) => date_time.fmt(f),
        }
    }
}

impl Serialize for DateOrDateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = match self {
            Self::Date(date) => dates::format_date(*date),
            Self::DateTime(date_time) => dates::format_date_time(*date_time),
        };
        serializer.serialize_str(&text.map_err(ser::Error::custom)?)
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
        text.parse().map_err(|_| dates::not_understood(&self))
    }
}

#[cfg(test)]
mod tests {
    use time::{Month, Time, UtcOffset};

    use super::*;
    use crate::runtime::call::query::QueryValue;

    #[test]
    fn both_forms_are_parsed_and_written_alike() {
        for text in [
            "2024-03-01",
            "2024-03-01T22:15:00Z",
            "2024-03-01T22:15:00.5+02:00",
        ] {
            let value: DateOrDateTime = text.parse().expect(text);
            assert_eq!(value.to_string(), text);
        }
        for text in ["", "2024-03", "2024-03-01T22:15:00", "my day"] {
            let error = text.parse::<DateOrDateTime>().expect_err(text);
            assert!(error.to_string().contains("`2024-03-01`"), "{error}");
        }
    }

    #[test]
    fn a_day_is_no_moment() {
        let day: DateOrDateTime = "2024-03-01".parse().expect("a day");
        assert!(Date::try_from(day).is_ok());
        assert!(OffsetDateTime::try_from(day).is_err());
    }

    #[test]
    fn a_value_without_a_form_in_the_api_is_shown_but_not_sent() {
        let day = |year| Date::from_calendar_date(year, Month::March, 1).expect("a day");
        let offset = UtcOffset::from_hms(1, 2, 3).expect("an offset");
        let moment = OffsetDateTime::new_in_offset(day(2024), Time::MIDNIGHT, offset);
        for (value, shown) in [
            (DateOrDateTime::from(day(-1)), "-0001-03-01"),
            (moment.into(), "2024-03-01 0:00:00.0 +01:02:03"),
        ] {
            assert_eq!(value.to_string(), shown);
            assert!(value.query_value().is_err(), "{value}");
            assert!(serde_json::to_string(&value).is_err(), "{value}");
        }
    }
}
