//! The deserializer of the cold path, which accepts two deviations from the spec.
//!
//! Input: a deserializer. Output: one that reads a whole number written as `50.0` or `5e1`
//! as an integer, and a time without an offset as UTC where the spec says UTC. Users
//! reported both for the live server.
//! Invariant: what decodes without it decodes to the same value with it.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::dates::parse_date_time;

/// The name of the newtype that holds times in UTC.
pub(crate) const UTC: &str = "$oura_generated::Utc";

/// Above it, several whole numbers are one `f64`: which one was meant is not known.
const LAST_EXACT: f64 = 9_007_199_254_740_992.0;

/// A lenient deserializer, and the wrapper of the visitors, seeds and accesses that it passes
/// to the inner one.
pub(crate) struct Lenient<T> {
    inner: T,
    /// Whether the value is a time in UTC.
    is_utc: bool,
    /// Whether an integer was asked for.
    is_integer: bool,
}

impl<T> Lenient<T> {
    pub(crate) fn new(inner: T) -> Self {
        Self {
            inner,
            is_utc: false,
            is_integer: false,
        }
    }

    /// The wrapper of a part.
    fn part<U>(&self, inner: U) -> Lenient<U> {
        Lenient {
            inner,
            is_utc: self.is_utc,
            is_integer: false,
        }
    }
}

/// Forwards a method to the inner deserializer, with a wrapped visitor.
macro_rules! forward {
    ($($method:ident($($name:ident: $ty:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(
            self,
            $($name: $ty,)*
            visitor: V,
        ) -> Result<V::Value, D::Error> {
            let visitor = self.part(visitor);
            self.inner.$method($($name,)* visitor)
        }
    )*};
}

macro_rules! forward_integers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            let is_integer = true;
            self.inner.$method(Lenient { is_integer, ..Lenient::new(visitor) })
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Lenient<D> {
    type Error = D::Error;

    forward_integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    forward! {
        deserialize_any()
        deserialize_bool()
        deserialize_f32()
        deserialize_f64()
        deserialize_char()
        deserialize_str()
        deserialize_string()
        deserialize_bytes()
        deserialize_byte_buf()
        deserialize_option()
        deserialize_unit()
        deserialize_unit_struct(name: &'static str)
        deserialize_seq()
        deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_map()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
        deserialize_identifier()
        deserialize_ignored_any()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.is_utc |= name == UTC;
        let visitor = self.part(visitor);
        self.inner.deserialize_newtype_struct(name, visitor)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// Forwards a value to the inner visitor unchanged.
macro_rules! visit {
    ($($method:ident($($value:ident: $ty:ty)?))*) => {$(
        fn $method<E: Error>(self, $($value: $ty)?) -> Result<V::Value, E> {
            self.inner.$method($($value)?)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Lenient<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    visit! {
        visit_bool(value: bool)
        visit_i8(value: i8)
        visit_i16(value: i16)
        visit_i32(value: i32)
        visit_i64(value: i64)
        visit_i128(value: i128)
        visit_u8(value: u8)
        visit_u16(value: u16)
        visit_u32(value: u32)
        visit_u64(value: u64)
        visit_u128(value: u128)
        visit_f32(value: f32)
        visit_char(value: char)
        visit_bytes(value: &[u8])
        visit_borrowed_bytes(value: &'de [u8])
        visit_byte_buf(value: Vec<u8>)
        visit_none()
        visit_unit()
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        let is_whole = value.fract() == 0.0 && value.abs() <= LAST_EXACT;
        match self.is_integer && is_whole {
            #[allow(clippy::cast_possible_truncation, reason = "it is whole and in range")]
            true => self.inner.visit_i64(value as i64),
            false => self.inner.visit_f64(value),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        match self.with_offset(text) {
            Some(text) => self.inner.visit_string(text),
            None => self.inner.visit_str(text),
        }
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<V::Value, E> {
        match self.with_offset(text) {
            Some(text) => self.inner.visit_string(text),
            None => self.inner.visit_borrowed_str(text),
        }
    }

    fn visit_string<E: Error>(self, text: String) -> Result<V::Value, E> {
        let with_offset = self.with_offset(&text);
        self.inner.visit_string(with_offset.unwrap_or(text))
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        let value = self.part(value);
        self.inner.visit_some(value)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        let value = self.part(value);
        self.inner.visit_newtype_struct(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let access = self.part(access);
        self.inner.visit_seq(access)
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let access = self.part(access);
        self.inner.visit_map(access)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let access = self.part(access);
        self.inner.visit_enum(access)
    }
}

impl<V> Lenient<V> {
    /// Adds the offset to a time in UTC that lacks it.
    fn with_offset(&self, text: &str) -> Option<String> {
        if !self.is_utc || parse_date_time(text).is_some() {
            return None;
        }
        let text = format!("{text}Z");
        parse_date_time(&text).is_some().then_some(text)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Lenient<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        let deserializer = self.part(deserializer);
        self.inner.deserialize(deserializer)
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Lenient<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let seed = self.part(seed);
        self.inner.next_element_seed(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Lenient<A> {
    type Error = A::Error;

    // Names of members are read strictly.
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.inner.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let seed = self.part(seed);
        self.inner.next_value_seed(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Lenient<A> {
    type Error = A::Error;
    type Variant = Lenient<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.inner.variant_seed(seed)?;
        Ok((value, Lenient::new(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Lenient<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        let seed = self.part(seed);
        self.inner.newtype_variant_seed(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        let visitor = self.part(visitor);
        self.inner.tuple_variant(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let visitor = self.part(visitor);
        self.inner.struct_variant(fields, visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde::de::DeserializeOwned;
    use serde_json::Value;
    use serde_json::value::RawValue;
    use time::OffsetDateTime;

    use super::*;
    use crate::runtime::decode::{dates, wire};

    #[derive(Debug, PartialEq, Deserialize)]
    struct Times {
        #[serde(with = "wire::utc", default)]
        utc: Option<OffsetDateTime>,
        #[serde(with = "wire::utc", default)]
        list: Vec<Option<OffsetDateTime>>,
        #[serde(with = "wire", default)]
        local: Option<OffsetDateTime>,
        #[serde(default)]
        text: String,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    enum Shape {
        Point,
        Circle(i64),
        Line(u8, i8),
        Box { width: i32 },
    }

    fn read<T: DeserializeOwned>(json: &str) -> Result<T, String> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        T::deserialize(Lenient::new(&mut deserializer)).map_err(|error| error.to_string())
    }

    #[test]
    fn whole_numbers_are_integers() {
        for json in ["50", "50.0", "5e1", "500E-1"] {
            assert_eq!(read(json), Ok(50_i64), "{json}");
            assert_eq!(read(json), Ok(50_u8), "{json}");
            assert_eq!(read(json), Ok(Some(50_i32)), "{json}");
        }
        assert_eq!(read("[-0.0, -2e0]"), Ok(vec![0_i64, -2]));
        assert_eq!(read("9007199254740992.0"), Ok(9_007_199_254_740_992_i64));
        for json in ["50.5", "1e300", "9007199254740994.0", "\"50.0\"", "-1.5e-9"] {
            assert!(read::<i64>(json).is_err(), "{json}");
        }
        assert!(read::<u64>("-1.0").is_err());
        assert!(read::<u8>("256.0").is_err());
    }

    #[test]
    fn times_in_utc_need_no_offset() {
        let json = r#"{"utc":"2026-08-01T00:00:00","text":"2026-08-01T00:00:00",
            "list":["2026-08-01T00:00:00.5",null,"2026-08-01T00:00:00+02:00"]}"#;
        let times: Times = read(json).expect("they are in UTC");
        let midnight = dates::parse_date_time("2026-08-01T00:00:00Z").expect("a time");
        assert_eq!(times.utc, Some(midnight));
        let list: Vec<_> = times
            .list
            .iter()
            .flatten()
            .map(|time| time.offset())
            .collect();
        assert_eq!(
            list.iter().map(|o| o.whole_hours()).collect::<Vec<_>>(),
            [0, 2]
        );
        assert_eq!(times.text, "2026-08-01T00:00:00", "it is no time");
        for json in [
            r#"{"local":"2026-08-01T00:00:00"}"#,
            r#"{"utc":"2026-08-01"}"#,
            r#"{"utc":"tomorrow"}"#,
        ] {
            assert!(read::<Times>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn what_decodes_anyway_is_the_same() {
        let json = r#"{"a":[1,2.0,"x",null,true,{"b":1e300}],"c":-7}"#;
        let value: Value = serde_json::from_str(json).expect("it is JSON");
        assert_eq!(read(json), Ok(value));
        let raw: Box<RawValue> = read(json).expect("it is JSON");
        assert_eq!(raw.get(), json);
        let numbers: BTreeMap<String, f64> = read(r#"{"a":50.0,"b":5}"#).expect("numbers");
        assert_eq!(numbers.values().copied().collect::<Vec<_>>(), [50.0, 5.0]);
    }

    #[test]
    fn variants_are_read_too() {
        let json = r#"["Point",{"Circle":2.0},{"Line":[1.0,-1.0]},{"Box":{"width":3e0}}]"#;
        let shapes: Vec<Shape> = read(json).expect("shapes");
        let expected = [
            Shape::Point,
            Shape::Circle(2),
            Shape::Line(1, -1),
            Shape::Box { width: 3 },
        ];
        assert_eq!(shapes, expected);
    }
}
