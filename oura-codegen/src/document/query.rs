//! The tree as what JSONPath queries.

use jsonpath_rust::query::queryable::Queryable;

use super::{Node, Number, Value};
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

/// What a query says itself comes from no file.
fn of_query(value: impl Into<Value>) -> Node {
    Node::new(value, Origin::default())
}

impl Default for Node {
    fn default() -> Self {
        of_query(Value::Null)
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        of_query(text)
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        of_query(text)
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        of_query(value)
    }
}

impl From<i64> for Node {
    fn from(value: i64) -> Self {
        of_query(match u64::try_from(value) {
            Ok(value) => Number::Unsigned(value),
            Err(_) => Number::Signed(value),
        })
    }
}

impl From<f64> for Node {
    fn from(value: f64) -> Self {
        of_query(Number::Float(value))
    }
}

impl From<Vec<Self>> for Node {
    fn from(items: Vec<Self>) -> Self {
        of_query(items)
    }
}
