//! Lets JSONPath query the tree.

use jsonpath_rust::query::queryable::Queryable;

use super::tree::{Node, Number, Value};
use crate::pointer::Origin;

impl Queryable for Node {
    fn get(&self, key: &str) -> Option<&Self> {
        self.get(key)
    }

    fn as_array(&self) -> Option<&Vec<Self>> {
        match &self.value {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    fn as_object(&self) -> Option<Vec<(&str, &Self)>> {
        let members = self.as_object()?.iter();
        Some(members.map(|(key, node)| (key.as_str(), node)).collect())
    }

    fn as_str(&self) -> Option<&str> {
        self.as_str()
    }

    fn as_i64(&self) -> Option<i64> {
        match self.value {
            Value::Number(Number::Signed(value)) => Some(value),
            Value::Number(Number::Unsigned(value)) => value.try_into().ok(),
            _ => None,
        }
    }

    fn as_f64(&self) -> Option<f64> {
        self.as_number().map(Number::as_f64)
    }

    fn as_bool(&self) -> Option<bool> {
        self.as_bool()
    }

    fn null() -> Self {
        Self::default()
    }
}

/// Null, which comes from no file.
impl Default for Node {
    fn default() -> Self {
        Value::Null.into()
    }
}

/// A value that comes from no file, such as a literal in a query.
impl<T: Into<Value>> From<T> for Node {
    fn from(value: T) -> Self {
        Self::new(value, Origin::default())
    }
}
