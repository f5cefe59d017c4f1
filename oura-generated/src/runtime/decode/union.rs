//! Functions that the unions of schemas share.

#![allow(dead_code, reason = "for specs with such unions")]

use serde::{Serialize, Serializer, de, ser};
use serde_json::Value;

use super::lenient::Lenient;
use super::wire::{FieldValue, Wire};

/// Writes a variant with its tag, unless the value itself has the property.
pub(crate) fn serialize_tagged<T: FieldValue, S: Serializer>(
    value: &T,
    tag: &str,
    name: &str,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut json = serde_json::to_value(Wire(value)).map_err(ser::Error::custom)?;
    if let Value::Object(members) = &mut json {
        members.entry(tag).or_insert_with(|| Value::from(name));
    }
    json.serialize(serializer)
}

/// Reads the variant that the tag has chosen: from here on a value of another form is an
/// error.
pub(crate) fn deserialize_variant<T: FieldValue, E: de::Error>(value: Value) -> Result<T, E> {
    T::deserialize_field(Lenient::new(value)).map_err(E::custom)
}

/// Reads a variant leniently, as the second reading of a body does, which does not see the parts
/// of a union.
pub(crate) fn deserialize_leniently<T: FieldValue>(value: &Value) -> Option<T> {
    T::deserialize_field(Lenient::new(value)).ok()
}
