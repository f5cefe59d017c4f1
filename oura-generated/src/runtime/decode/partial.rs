//! Documents of which only some fields were requested.

use std::fmt;
use std::marker::PhantomData;

use http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::json_problem::JsonProblem;
use super::lenient::Lenient;
use super::wire::FieldValue;
use crate::runtime::error::Error;

/// A document of which only some fields were requested, read one field at a time.
///
/// The server leaves out required fields too when they are not selected, so such a document
/// is not one of the models.
pub struct Partial<F> {
    values: Map<String, Value>,
    fields: PhantomData<fn() -> F>,
}

impl<F: AsRef<str>> Partial<F> {
    /// The value of a field; `None` when it is absent or null. A whole number written as `50.0`
    /// can be read as an integer.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] when the value is not a `V`.
    pub fn get<V: FieldValue>(&self, field: F) -> Result<Option<V>, Error> {
        let Some(value) = self.raw(field.as_ref()).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        V::deserialize_field(Lenient::new(value))
            .map(Some)
            .map_err(|error| Error::Decode {
                route: None,
                path: field.as_ref().to_owned(),
                raw: value.to_string(),
                status: StatusCode::OK,
                trace_id: None,
                source: Box::new(JsonProblem::of(&error)),
                cursor: None,
            })
    }

    /// Whether the document has the field, even if it is null.
    pub fn contains(&self, field: F) -> bool {
        self.values.contains_key(field.as_ref())
    }

    /// The JSON of a field, by the field or by its name; `None` when it is absent.
    pub fn raw(&self, field: impl AsRef<str>) -> Option<&Value> {
        self.values.get(field.as_ref())
    }
}

impl<F> Partial<F> {
    /// The whole document.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.values
    }
}

// The derives would require these traits of `F`, although it has no value here.

impl<F> Clone for Partial<F> {
    fn clone(&self) -> Self {
        Self {
            values: self.values.clone(),
            fields: PhantomData,
        }
    }
}

impl<F> PartialEq for Partial<F> {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl<F> fmt::Debug for Partial<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Partial").field(&self.values).finish()
    }
}

impl<F> Serialize for Partial<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.values.serialize(serializer)
    }
}

impl<'de, F> Deserialize<'de> for Partial<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(|values| Self {
            values,
            fields: PhantomData,
        })
    }
}
