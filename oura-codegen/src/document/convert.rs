//! The tree as input and output of serde: printing, and reading typed values out of it.

use serde::de::DeserializeOwned;
use serde::ser::{Serialize, Serializer};
use serde_path_to_error::Segment;

use super::tree::{Document, Node, Number, Value};
use crate::error::Error;

impl Document {
    /// The tree as YAML.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        serde_yaml::to_string(self).expect("a tree with string keys is YAML")
    }

    /// The tree as indented JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a tree with string keys is JSON")
    }
}

impl Node {
    /// Reads a typed value.
    ///
    /// # Errors
    ///
    /// The value does not fit the type: the error is at the node that does not fit. (For untagged
    /// enums, it is at the whole value.)
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Error> {
        // Unlike the value of serde_json, that of serde_yaml keeps the order of members.
        let value = serde_yaml::to_value(self).expect("a tree with string keys is YAML");
        serde_path_to_error::deserialize(value).map_err(|error| {
            let mut refused = self;
            for segment in error.path() {
                let below = match segment {
                    Segment::Map { key } => refused.get(key),
                    Segment::Seq { index } => refused.as_array().and_then(|it| it.get(*index)),
                    Segment::Enum { .. } | Segment::Unknown => None,
                };
                refused = below.unwrap_or(refused);
            }
            Error::at(&refused.origin, error.inner().to_string())
        })
    }

    /// A copy without origins; the order of members is lost.
    #[must_use]
    pub fn to_json_value(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("a tree with string keys is JSON")
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.root.serialize(serializer)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(Number::Signed(value)) => serializer.serialize_i64(*value),
            Value::Number(Number::Unsigned(value)) => serializer.serialize_u64(*value),
            Value::Number(Number::Float(value)) => serializer.serialize_f64(*value),
            Value::Number(number @ Number::Large(_)) => serializer.serialize_f64(number.as_f64()),
            Value::String(text) => serializer.serialize_str(text),
            Value::Array(items) => serializer.collect_seq(items),
            Value::Object(members) => serializer.collect_map(members),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::document::parse_document;

    #[test]
    fn order_survives_printing() {
        let text = "z: 1\na:\n- -2\n- 1.5\n- null\n- '200'\n- true\n'404': {}\n";
        let document = parse_document("a.yaml", text).unwrap();
        let again = parse_document("a.yaml", &document.to_yaml()).unwrap();
        assert_eq!(document, again);
        let again = parse_document("a.yaml", &document.to_json()).unwrap();
        assert_eq!(document, again);
        let keys: Vec<_> = again.root.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["z", "a", "404"]);
    }

    #[test]
    fn typed_values_name_the_node_that_is_wrong() {
        let read = |text: &str| {
            let document = parse_document("a.yaml", text).unwrap();
            let read = document.root.deserialize::<openapiv3::Server>();
            read.map_err(|error| error.to_string())
        };
        let server = read("url: /\nvariables: {a: {default: b, enum: [b, c]}}").unwrap();
        assert_eq!(server.variables.unwrap()["a"].enumeration, ["b", "c"]);
        assert_eq!(
            read("url: /\nvariables: {a: {default: b, enum: [b, 3]}}").unwrap_err(),
            "a.yaml#/variables/a/enum/1: invalid type: integer `3`, expected a string"
        );
        assert_eq!(
            read("variables: {a: {}}").unwrap_err(),
            "a.yaml#/variables/a: missing field `default`"
        );
    }
}
