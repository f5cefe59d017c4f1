//! Values as the API writes them in JSON: what serde does for most types, and dates and
//! times as text, in lists, maps and options too.
//!
//! The serde support of `time` is not enabled on purpose: its text forms come with a feature
//! that would change how users' types are written.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::date_or_date_time::DateOrDateTime;
use super::dates::{format_date, format_date_time, not_understood, parse_date, parse_date_time};
use super::lenient;

/// A value as this API writes it in JSON.
///
/// It is what [`Partial::get`](crate::Partial::get) can return: the types of this crate's
/// models, numbers, text, dates and times, and options, lists and maps of them. Implement it for
/// a type of yours by calling its serde implementations.
pub trait FieldValue: Sized {
    /// Writes the value.
    ///
    /// # Errors
    ///
    /// Those of the serializer, and dates that the API's formats cannot express.
    fn serialize_field<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads a value.
    ///
    /// # Errors
    ///
    /// Those of the deserializer, and values of another form.
    fn deserialize_field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// For `#[serde(with = "wire")]`.
pub(crate) fn serialize<T: FieldValue, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.serialize_field(serializer)
}

/// For `#[serde(with = "wire")]`.
#[allow(dead_code, reason = "for specs with times")]
pub(crate) fn deserialize<'de, T: FieldValue, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    T::deserialize_field(deserializer)
}

/// For `#[serde(deserialize_with = "..")]` of an optional value that may be null, which is then
/// `Some(None)`: serde alone reads null as an absent value.
#[allow(dead_code, reason = "for specs with such bodies of PATCH")]
pub(crate) fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The same for types that are read by [`FieldValue`].
#[allow(dead_code, reason = "for specs with such bodies of PATCH")]
pub(crate) fn deserialize_nullable<'de, T: FieldValue, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize_field(deserializer).map(Some)
}

/// For `#[serde(with = "utc")]`: times that are in UTC by the spec. They are read like others, but
/// inside of a newtype by which the second reading of a body recognizes them.
#[allow(dead_code, unused_imports, reason = "for specs with such times")]
pub(crate) mod utc {
    use super::*;

    pub(crate) use super::serialize;

    pub(crate) fn deserialize<'de, T: FieldValue, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        deserializer.deserialize_newtype_struct(lenient::UTC, UtcVisitor(PhantomData))
    }

    pub(crate) fn deserialize_nullable<'de, T: FieldValue, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        deserialize(deserializer).map(Some)
    }

    struct UtcVisitor<T>(PhantomData<T>);

    impl<'de, T: FieldValue> Visitor<'de> for UtcVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a time in UTC")
        }

        fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<T, D::Error> {
            T::deserialize_field(inner)
        }
    }
}

/// A value in its JSON form, for serde's own entry points.
pub(crate) struct Wire<T>(pub(crate) T);

impl<T: FieldValue> Serialize for Wire<&T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_field(serializer)
    }
}

impl<T: FieldValue> Serialize for Wire<&[T]> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Wire))
    }
}

impl<'de, T: FieldValue> Deserialize<'de> for Wire<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize_field(deserializer).map(Wire)
    }
}

impl FieldValue for Date {
    fn serialize_field<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_date(*self).map_err(serde::ser::Error::custom)?)
    }

    fn deserialize_field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text {
            parse: parse_date,
            expected: "a date as YYYY-MM-DD",
        })
    }
}

impl FieldValue for OffsetDateTime {
    fn serialize_field<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_date_time(*self).map_err(serde::ser::Error::custom)?)
    }

    fn deserialize_field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "an RFC 3339 date and time with an offset";
        deserializer.deserialize_str(Text {
            parse: parse_date_time,
            expected,
        })
    }
}

/// Reads text by a function. It is a type parameter, so that it can be inlined.
struct Text<F> {
    parse: F,
    expected: &'static str,
}

impl<T, F: Fn(&str) -> Option<T>> Visitor<'_> for Text<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).ok_or_else(|| not_understood(&self))
    }
}

impl<T: FieldValue> FieldValue for Box<T> {
    fn serialize_field<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize_field(serializer)
    }

    fn deserialize_field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize_field(deserializer).map(Box::new)
    }
}

impl<T: FieldValue> FieldValue for Option<T> {
    fn serialize_field<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => serializer.serialize_some(&Wire(value)),
            None => serializer.serialize_none(),
        }
    }

    fn deserialize_field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::<Wire<T>>::deserialize(deserializer)?;
        Ok(value.map(|Wire(value)| value))
    }
}

impl<T: FieldValue> FieldValue for Vec<T> {
    fn serialize_field<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire(&**self).serialize(serializer)
    }

    fn deserialize_field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: FieldValue> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(Wire(item)) = access.next_element()? {
            if list.is_empty() {
                list.reserve(first_room::<T>());
            }
            list.push(item);
        }
        Ok(list)
    }
}

impl<T: FieldValue> FieldValue for BTreeMap<String, T> {
    fn serialize_field<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (key, value) in self {
            map.serialize_entry(key, &Wire(value))?;
        }
        map.end()
    }

    fn deserialize_field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MapVisitor(PhantomData))
    }
}

/// The capacity of a list whose length is not known. Numbers come as the samples of a
/// night, a hundred or so: growing the list step by step would cost more than reading them.
const fn first_room<T>() -> usize {
    if size_of::<T>() <= 16 { 128 } else { 4 }
}

struct MapVisitor<T>(PhantomData<T>);

impl<'de, T: FieldValue> Visitor<'de> for MapVisitor<T> {
    type Value = BTreeMap<String, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((key, Wire(value))) = access.next_entry()? {
            map.insert(key, value);
        }
        Ok(map)
    }
}

/// An enum with a variant for values that the spec does not list.
pub(crate) trait OpenEnum {
    /// Whether the spec lists the value.
    fn is_known(&self) -> bool;
}

/// Reads an open string enum without a copy of the text.
pub(crate) fn deserialize_string_enum<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: OpenEnum + for<'a> From<&'a str>,
    D: Deserializer<'de>,
{
    let parse = |text: &str| {
        let value = T::from(text);
        note_drift(&value, &text);
        Some(value)
    };
    deserializer.deserialize_str(Text {
        parse,
        expected: "a string",
    })
}

/// Reads an open integer enum.
#[allow(dead_code, reason = "for specs with such enums")]
pub(crate) fn deserialize_integer_enum<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: OpenEnum + From<i64>,
    D: Deserializer<'de>,
{
    let number = i64::deserialize(deserializer)?;
    let value = T::from(number);
    note_drift(&value, &number);
    Ok(value)
}

/// Notes a value that the spec does not list, for a drift report.
fn note_drift<T: OpenEnum>(value: &T, text: &dyn fmt::Display) {
    #[cfg(feature = "drift-report")]
    if !value.is_known() {
        super::drift::note_value::<T>(text);
    }
    #[cfg(not(feature = "drift-report"))]
    let _ = (value.is_known(), text);
}

/// Implements [`FieldValue`] by serde's traits.
macro_rules! field_values {
    ($($name:ident $(<$param:ident>)?),* $(,)?) => {$(
        impl $(<$param: serde::Serialize + serde::de::DeserializeOwned>)?
            $crate::runtime::decode::wire::FieldValue for $name $(<$param>)?
        {
            fn serialize_field<S: serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serde::Serialize::serialize(self, serializer)
            }

            fn deserialize_field<'de, D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                serde::Deserialize::deserialize(deserializer)
            }
        }
    )*};
}
pub(crate) use field_values;

/// The JSON value of anything, as a type of this module.
pub(crate) type Json = serde_json::Value;

field_values!(
    String,
    bool,
    i32,
    i64,
    u32,
    u64,
    f32,
    f64,
    Uuid,
    DateOrDateTime,
    Json
);

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::{Month, UtcOffset};

    use super::*;

    fn read<T: FieldValue>(value: Json) -> Result<T, serde_json::Error> {
        T::deserialize_field(value)
    }

    fn write<T: FieldValue>(value: &T) -> Json {
        serde_json::to_value(Wire(value)).expect("it has a JSON form")
    }

    #[test]
    fn timestamps_keep_their_offset_and_fraction() {
        for text in [
            "2024-03-01T22:15:00Z",
            "2024-03-01T22:15:00+02:00",
            "2024-03-01T22:15:00.123-08:00",
            "2024-03-01T22:15:00.123456+05:30",
            "2024-03-01T22:15:00.123456789Z",
        ] {
            let moment: OffsetDateTime = read(json!(text)).expect(text);
            assert_eq!(write(&moment), json!(text));
        }
        let utc: OffsetDateTime = read(json!("2024-03-01T22:15:00+00:00")).expect("a moment");
        assert_eq!(utc.offset(), UtcOffset::UTC);
    }

    #[test]
    fn dates_are_read_strictly() {
        let day: Date = read(json!("2024-02-29")).expect("a leap day");
        assert_eq!(
            (day.year(), day.month(), day.day()),
            (2024, Month::February, 29)
        );
        assert_eq!(write(&day), json!("2024-02-29"));
        for text in [
            "2023-02-29",
            "2024-1-01",
            "2024-01-01T00:00:00Z",
            "+024-01-01",
            "",
            "å",
        ] {
            assert!(read::<Date>(json!(text)).is_err(), "{text:?}");
        }
    }

    #[test]
    fn times_work_in_any_nesting() {
        type Nested = BTreeMap<String, Option<Vec<Box<Option<Date>>>>>;
        let json = json!({ "a": ["2024-03-01", null], "b": null });
        let nested: Nested = read(json.clone()).expect("the form fits");
        assert_eq!(nested["a"].as_ref().map(Vec::len), Some(2));
        let slice = nested["a"].as_deref().map(Wire);
        assert_eq!(
            serde_json::to_value(slice).expect("it has a JSON form"),
            json["a"]
        );
        assert_eq!(write(&nested), json);
    }

    /// As the generated code declares the body of a PATCH.
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Note {
        #[serde(
            default,
            deserialize_with = "nullable",
            skip_serializing_if = "Option::is_none"
        )]
        text: Option<Option<String>>,
        #[serde(
            default,
            serialize_with = "serialize",
            deserialize_with = "deserialize_nullable",
            skip_serializing_if = "Option::is_none"
        )]
        days: Option<Option<Vec<Date>>>,
        #[serde(
            default,
            serialize_with = "utc::serialize",
            deserialize_with = "utc::deserialize_nullable",
            skip_serializing_if = "Option::is_none"
        )]
        read_at: Option<Option<OffsetDateTime>>,
    }

    #[test]
    fn null_nothing_and_a_value_are_three_states() {
        let null = json!({ "text": null, "days": null, "read_at": null });
        let nothing = json!({});
        let values = json!({
            "text": "a",
            "days": ["2024-03-01"],
            "read_at": "2024-03-01T22:15:00Z",
        });
        for json in [&null, &nothing, &values] {
            let note: Note = serde_json::from_value(json.clone()).expect("a note");
            assert_eq!(serde_json::to_value(&note).expect("JSON"), *json);
        }
        let note: Note = serde_json::from_value(null).expect("a note");
        assert_eq!(note.text, Some(None));
        assert!(format!("{note:?}").starts_with("Note { text: Some(None), days: Some(None)"));
        let client = crate::Client::builder().transport(crate::MemoryTransport::new());
        let request = client
            .build()
            .expect("a client")
            .raw(http::Method::PATCH, "/note");
        assert_eq!(
            request.json(&note).into_call().body,
            r#"{"text":null,"days":null,"read_at":null}"#
        );
    }

    #[test]
    fn a_date_and_a_moment_are_distinguished() {
        let day: DateOrDateTime = read(json!("2024-03-01")).expect("a day");
        assert!(matches!(day, DateOrDateTime::Date(_)));
        let moment: DateOrDateTime = read(json!("2024-03-01T00:00:00Z")).expect("a moment");
        assert!(matches!(moment, DateOrDateTime::DateTime(_)));
        assert!(read::<DateOrDateTime>(json!("yesterday")).is_err());
        assert_eq!(moment.to_string(), "2024-03-01T00:00:00Z");
    }

    #[test]
    fn errors_do_not_quote_values() {
        let error = read::<Date>(json!("my secret day")).expect_err("no date");
        assert_eq!(
            error.to_string(),
            "invalid value: string, expected a date as YYYY-MM-DD"
        );
    }
}
