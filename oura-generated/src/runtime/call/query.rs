//! Values as they are written in URLs and headers.

use std::fmt::Write;

use percent_encoding::utf8_percent_encode;
use serde::Serialize;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::path::ENCODED;
use crate::generated::API;
use crate::runtime::auth::scheme::Sends;
use crate::runtime::decode::date_or_date_time::DateOrDateTime;
use crate::runtime::decode::dates;

/// A value of a parameter.
pub(crate) trait QueryValue {
    /// Its text, not yet encoded, or why it has none.
    fn query_value(&self) -> Result<String, &'static str>;
}

/// How the elements of a list are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "which of them occur depends on the spec")]
pub(crate) enum ListStyle {
    /// `a=1&a=2`.
    Repeat,
    /// `a=1,2`.
    Comma,
    /// `a=1 2`.
    Space,
    /// `a=1|2`.
    Pipe,
    /// `a[b]=1`, for objects.
    Deep,
    /// JSON.
    Json,
}

impl ListStyle {
    /// The texts of the parameter: one for each value, or one for all. A value that contains the
    /// separator is refused, since the server would read it as several.
    pub(crate) fn join(self, values: Vec<String>) -> Result<Vec<String>, &'static str> {
        let separator = match self {
            Self::Repeat | Self::Deep | Self::Json => return Ok(values),
            Self::Comma => ",",
            Self::Space => " ",
            Self::Pipe => "|",
        };
        if values.iter().any(|value| value.contains(separator)) {
            return Err("has a value with the character that separates values");
        }
        Ok(match values.is_empty() {
            true => values,
            false => vec![values.join(separator)],
        })
    }
}

/// Whether a parameter carries the credentials of a security scheme.
pub(crate) fn is_credential(name: &str) -> bool {
    API.schemes
        .iter()
        .any(|scheme| matches!(scheme.sends, Sends::Query(own) if own == name))
}

/// Appends `?a=1&b=2`.
pub(crate) fn push_query<'a>(url: &mut String, pairs: impl Iterator<Item = (&'a str, &'a str)>) {
    for (at, (name, value)) in pairs.enumerate() {
        url.push(if at == 0 { '?' } else { '&' });
        url.extend(utf8_percent_encode(name, ENCODED));
        url.push('=');
        url.extend(utf8_percent_encode(value, ENCODED));
    }
}

/// Appends pairs that are encoded.
pub(crate) fn push_encoded<'a>(url: &mut String, pairs: impl Iterator<Item = &'a str>) {
    for pair in pairs {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(pair);
    }
}

/// A value that is written as JSON.
#[allow(dead_code, reason = "whether it is used depends on the spec")]
pub(crate) struct JsonText<T>(pub(crate) T);

impl<T: Serialize> QueryValue for JsonText<T> {
    fn query_value(&self) -> Result<String, &'static str> {
        serde_json::to_string(&self.0).map_err(|_| "has a value that JSON cannot express")
    }
}

macro_rules! by_display {
    ($($ty:ty),*) => {$(
        impl QueryValue for $ty {
            fn query_value(&self) -> Result<String, &'static str> {
                let mut text = String::new();
                write!(text, "{self}").map_err(|_| "cannot be written")?;
                Ok(text)
            }
        }
    )*};
}

by_display!(String, bool, i32, i64, u32, u64, f32, f64, Uuid);

impl QueryValue for Date {
    fn query_value(&self) -> Result<String, &'static str> {
        dates::format_date(*self)
    }
}

impl QueryValue for OffsetDateTime {
    fn query_value(&self) -> Result<String, &'static str> {
        dates::format_date_time(*self)
    }
}

impl QueryValue for DateOrDateTime {
    fn query_value(&self) -> Result<String, &'static str> {
        match self {
            Self::Date(date) => date.query_value(),
            Self::DateTime(date_time) => date_time.query_value(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_encoded() {
        let mut url = String::from("/a");
        let pairs = [
            ("start_datetime", "2024-03-01T00:00:00+02:00"),
            ("a b", "å&="),
        ];
        push_query(&mut url, pairs.into_iter());
        assert_eq!(
            url,
            "/a?start_datetime=2024-03-01T00%3A00%3A00%2B02%3A00&a%20b=%C3%A5%26%3D"
        );
    }

    #[test]
    fn lists_have_their_styles() {
        let list = || vec!["1".to_owned(), "2".to_owned()];
        let join = |style: ListStyle, list| style.join(list).map(|texts| texts.join("&"));
        assert_eq!(join(ListStyle::Repeat, list()).as_deref(), Ok("1&2"));
        assert_eq!(join(ListStyle::Comma, list()).as_deref(), Ok("1,2"));
        assert_eq!(join(ListStyle::Space, list()).as_deref(), Ok("1 2"));
        assert_eq!(join(ListStyle::Pipe, list()).as_deref(), Ok("1|2"));
        assert_eq!(ListStyle::Comma.join(Vec::new()), Ok(Vec::new()));
        assert!(join(ListStyle::Comma, vec!["1,2".to_owned()]).is_err());
        assert!(join(ListStyle::Pipe, vec!["1,2".to_owned()]).is_ok());
    }

    #[test]
    fn dates_before_our_era_are_refused() {
        let date = Date::from_calendar_date(-1, time::Month::March, 1).expect("a date");
        assert!(date.query_value().is_err());
    }
}
